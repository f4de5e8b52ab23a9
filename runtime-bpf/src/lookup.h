/* lookup.h: looking up in memory that the compiler filled: a global variable in a section of its
 * own, which becomes a map of its own that is frozen and read without a call. An answer of 0 is
 * "not there". */
#ifndef RPOL_LOOKUP_H
#define RPOL_LOOKUP_H

#include "rpol/exact.h"
#include "rpol/packet.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"

/* Zeros for clang; the image takes their place in the object. */
#define RPOL_MEMORY(name, size)                                                                    \
	static const __u8 name[size] SEC(".rodata." #name) __attribute__((aligned(64)))

/* Where the memory is, for clang not to know that it saw zeros there. */
static __always_inline const void *rpol_memory(const void *memory)
{
	RPOL_ONE_REGISTER(memory);
	return memory;
}

/* Addresses are words as on the wire. */
#define RPOL_ROUTES4(name, a) routes4_lookup(rpol_memory(name), sizeof(name), be32(a))
#define RPOL_ROUTES6(name, a, b, c, d)                                                             \
	routes6_lookup(rpol_memory(name), sizeof(name), (__u64)be32(a) << 32 | be32(b),            \
		       (__u64)be32(c) << 32 | be32(d))

/* Keys are words in the order of their bytes. */
#define RPOL_EXACT(name, key)                                                                      \
	rpol_exact_find(rpol_memory(name), sizeof(name), key, sizeof(key) / sizeof(__u32))

static __always_inline __u32 rpol_exact4(const void *memory, __u64 size, __u32 a)
{
	return rpol_exact_find(memory, size, &a, 1);
}

static __always_inline __u32 rpol_exact6(const void *memory, __u64 size, __u32 a, __u32 b, __u32 c,
					 __u32 d)
{
	__u32 key[4] = {a, b, c, d};

	return rpol_exact_find(memory, size, key, 4);
}

#define RPOL_EXACT4(name, a) rpol_exact4(rpol_memory(name), sizeof(name), a)
#define RPOL_EXACT6(name, a, b, c, d) rpol_exact6(rpol_memory(name), sizeof(name), a, b, c, d)

/* The verdict of a number found; no image can make one that is not there. "None" is asked first: it
 * is a constant on the ways that leave the memory, and without CAP_PERFMON one addition may not be
 * of a constant on one way and of a variable on another. */
static __always_inline __u32 rpol_found(const __u32 *verdicts, __u32 count, __u32 number)
{
	__u64 at = number;

	if (!number)
		return RPOL_NOTHING;
	RPOL_ONE_REGISTER(at);
	return at < count ? verdicts[at] : RPOL_NOTHING;
}

#define RPOL_FOUND(verdicts, number) rpol_found(verdicts, sizeof(verdicts) / sizeof(__u32), number)

#endif
