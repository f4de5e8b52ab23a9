/* routes6.h: the value of the longest prefix that an IPv6 address is in. The image is described in
 * rpol/routes6_layout.h; it may be changed by user space while it is read, and whatever stands in
 * it, no read leaves the memory. One loop of few steps over nodes, no call; ranges are counted
 * without branches. Plain C, which also compiles for user space. */
#ifndef RPOL_ROUTES6_READER_H
#define RPOL_ROUTES6_READER_H

#ifdef __bpf__
#include "rpol/kernel.h"
#endif
#include "rpol/routes6_layout.h"

/* How many of n numbers, n a constant, are less than the key; 0 to n - 1, for the last is not
 * looked at. */
static __attribute__((always_inline)) inline __u64 routes6_less(const volatile __u32 *last,
								__u64 key, const __u32 n)
{
	__u64 less = 0;

#ifdef __clang__
#pragma clang loop unroll(full)
#endif
	for (__u32 i = 0; i < n - 1; i++) {
		__u64 difference = last[i] - key;

		/* Else clang sees a comparison, and makes a branch of it. */
		asm volatile("" : "+r"(difference));
		less += difference >> 63;
	}
	return less;
}

/* memory: the image, aligned to 8 bytes; size: of the memory, a constant, at least
 * RPOL_ROUTES6_SIZE_MIN. high, low: the address in host order. 0 when no prefix has it. */
static __attribute__((always_inline)) inline __u32 routes6_lookup(const void *memory, __u32 size,
								  __u64 high, __u64 low)
{
	__u32 entry = *((const volatile __u32 *)((const char *)memory + RPOL_ROUTES6_ROOT) +
			(high >> 48));

	high = high << 16 | low >> 48;
	low <<= 16;
	for (__u32 step = 0; step < RPOL_ROUTES6_STEPS; step++) {
		__u64 granule = entry & RPOL_ROUTES6_GRANULE, key = high >> 32, at;
		__u32 kind = entry & RPOL_ROUTES6_KIND;

		if (!(entry & RPOL_ROUTES6_NODE))
			return entry & 0xffff;
		if (granule > (size - RPOL_ROUTES6_SIZE_MIN) / 8)
			return 0;
		const char *node = (const char *)memory + RPOL_ROUTES6_POOL + granule * 8;

		if (kind == RPOL_ROUTES6_PAGE) {
			entry = *((const volatile __u32 *)node + (high >> 56));
			high = high << 8 | low >> 56;
			low <<= 8;
			continue;
		}
		if (kind == RPOL_ROUTES6_MANY) {
			at = routes6_less((const volatile __u32 *)node, key, 16) & 15;
			node += RPOL_ROUTES6_INDEX + at * (entry & RPOL_ROUTES6_WIDE
								   ? RPOL_ROUTES6_BROAD
								   : RPOL_ROUTES6_NARROW);
		}
		if (kind == RPOL_ROUTES6_FEW) {
			at = routes6_less((const volatile __u32 *)node, key, 8) & 7;
			node += 8 * sizeof(__u32);
		} else {
			at = routes6_less((const volatile __u32 *)node, key, 16) & 15;
			node += 16 * sizeof(__u32);
		}
		if (!(entry & RPOL_ROUTES6_WIDE))
			return *((const volatile __u16 *)node + at);
		entry = *((const volatile __u32 *)node + at);
		high = high << 32 | low >> 32;
		low <<= 32;
	}
	return entry & RPOL_ROUTES6_NODE ? 0 : entry & 0xffff;
}

#endif
