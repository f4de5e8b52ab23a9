/* exact.h: looks up a key in a table of exact keys (layout: rpol/exact_layout.h). Straight-line
 * code without loops or helpers; verifies on any kernel with CAP_BPF. Compiles for user space, too.
 */
#ifndef RPOL_READ_EXACT_H
#define RPOL_READ_EXACT_H

#include "rpol/exact_layout.h"

/* The value of the key, or 0. memory: the table, of `size` bytes; size and words are constants.
 * key: `words` words as they lie in memory, so that byte order is the caller's affair. Whatever the
 * memory holds, nothing outside it is read. */
static inline __attribute__((always_inline)) __u32 rpol_exact_find(const void *memory,
								   const __u64 size,
								   const __u32 *key,
								   const __u32 words)
{
	const struct rpol_exact_header *header = memory;
	__u64 hash = rpol_exact_hash(header, key, words);
	__u64 at = RPOL_EXACT_PILOTS + (__u64)rpol_exact_group(header, hash) * sizeof(__u16);

	/* The verifier must see the very offset that is added compared. */
	asm volatile("" : "+r"(at));
	if (at > size - sizeof(__u16))
		return 0;
	__u32 pilot = *(const volatile __u16 *)((const char *)memory + at);

	at = (header->first & ~3u) +
	     (__u64)rpol_exact_slot(header, hash, pilot) * ((words + 1) * sizeof(__u32));
	asm volatile("" : "+r"(at));
	if (at > size - (words + 1) * sizeof(__u32))
		return 0;
	const volatile __u32 *slot = (const volatile __u32 *)((const char *)memory + at);
	/* The value before the key: a slot that is filled anew gets its value last. */
	__u32 value = slot[words], different = 0;

	for (__u32 i = 0; i < words; i++)
		different |= slot[i] ^ key[i];
	return different ? 0 : value;
}

#endif
