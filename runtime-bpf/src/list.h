/* list.h: lists of rules in memory that the compiler filled: the structure (rules_layout.h), then
 * what each number decides, from 0, which is "none of them". */
#ifndef RPOL_LIST_H
#define RPOL_LIST_H

#include "rpol/lookup.h"
#include "rpol/rules.h"

/* What a rule decides for which the program has code. */
#define RPOL_SPECIAL(decision) ((__u32)(decision) == RPOL_NOTHING)

/* A number made of outcomes, of which the verifier must not know on which way it is which: places
 * in memory follow from it, and see below. */
#define RPOL_UNKNOWN(p, number) ((__u32)rpol_opaque(number, (p)->bytes))

/* The decision of a number; no image can make one that is not there. from: where they begin. "None"
 * is asked first: its number is a constant on the ways of a lookup that leave the memory, and
 * without CAP_PERFMON one addition may not be of a constant on one way and of a variable on
 * another. */
static __always_inline __u64 rpol_decision(const void *memory, __u64 size, __u64 from, __u32 number)
{
	__u64 at = from + (__u64)number * sizeof(__u64);

	if (!number)
		return RPOL_NEXT;
	RPOL_ONE_REGISTER(at);
	return at <= size - sizeof(__u64) ? *(const __u64 *)((const __u8 *)memory + at) : RPOL_NEXT;
}

#define RPOL_DECISION(name, from, number)                                                          \
	rpol_decision(rpol_memory(name), sizeof(name), from, number)

#endif
