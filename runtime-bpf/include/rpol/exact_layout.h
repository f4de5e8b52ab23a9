/* exact_layout.h: the bytes of a table of exact keys, a perfect hash that can be changed in place.
 *
 *     struct rpol_exact_header
 *     __u16 pilots[groups]             aligned to a cache line
 *     { __u32 key[words], value; } slots[slots], at `first`, aligned to a cache line
 *
 * A key's hash chooses its group; the group's pilot and the hash choose its one slot. The builder
 * finds pilots that send no two keys to one slot, so that a lookup is two loads that depend on each
 * other, one comparison, and no search. A slot whose value is 0 is empty; zeroed memory is a table
 * that holds nothing.
 *
 * Publishing: a key that finds its slot empty is there with the store of its value (32 bits); a
 * group that must move is copied to empty slots and is there with the store of its pilot (16 bits).
 * A slot that was left keeps its bytes until no reader can still be at it.
 *
 * Compiled for BPF (after kernel.h) and for user space. */
#ifndef RPOL_EXACT_LAYOUT_H
#define RPOL_EXACT_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_EXACT_WORDS 16	  /* 32-bit words of the longest key */
#define RPOL_EXACT_PILOTS 128	  /* offset of the pilots */
#define RPOL_EXACT_NO_PILOT 65536 /* one past the last */

struct rpol_exact_header {
	__u32 mix[RPOL_EXACT_WORDS]; /* the hash's multipliers, odd, made from its seed */
	__u32 groups;
	__u32 slots;
	__u32 first;	/* offset of slot 0 */
	__u32 words;	/* of a key */
	__u32 capacity; /* keys it was measured for */
};

/* Hash of a key: multilinear in pairs of words, so that the products do not wait for each other,
 * then mixed. words is a constant in a program. */
static inline __attribute__((always_inline)) __u64
rpol_exact_hash(const struct rpol_exact_header *header, const __u32 *key, const __u32 words)
{
	__u64 sum = 0;

	for (__u32 i = 0; i + 1 < words; i += 2)
		sum += (__u64)(__u32)(key[i] + header->mix[i]) *
		       (__u32)(key[i + 1] + header->mix[i + 1]);
	if (words & 1)
		sum += (__u64)(__u32)(key[words - 1] + header->mix[words - 1]) *
		       header->mix[words & (RPOL_EXACT_WORDS - 1)];
	return (sum ^ sum >> 32) * 0x9e3779b97f4a7c15ULL;
}

static inline __attribute__((always_inline)) __u32
rpol_exact_group(const struct rpol_exact_header *header, __u64 hash)
{
	return (__u32)((hash >> 32) * header->groups >> 32);
}

static inline __attribute__((always_inline)) __u32
rpol_exact_slot(const struct rpol_exact_header *header, __u64 hash, __u32 pilot)
{
	__u64 mixed = (hash ^ pilot * 0xd6e8feb86659fd93ULL) * 0xff51afd7ed558ccdULL;

	return (__u32)((mixed >> 32) * header->slots >> 32);
}

#endif
