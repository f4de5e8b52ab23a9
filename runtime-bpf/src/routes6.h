/* routes6.h: the value of the longest prefix that an IPv6 address is in. The image is described in
 * rpol/routes6_layout.h; it may be changed by user space while it is read, and whatever stands in
 * it, no read leaves the memory. Ranges are counted without branches. Plain C, which also compiles
 * for user space.
 *
 * routes6_lookup is one loop without a call; the verifier follows some 12,000 instructions, so that
 * a program with many lookups has it in a function of its own. Without CAP_PERFMON the verifier
 * also follows what a mispredicted loop would do, and gives up: there the program has bpf_loop
 * walk, RPOL_ROUTES6_STEPS times at most, with a callback that is
 * routes6_step, and a walk that lies in a map, where the verifier does not know what is stored. */
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

/* The memory at an offset. Without CAP_PERFMON the verifier wants each addition to a pointer to be
 * alike on all ways to it, so clang must not make one of two: `place` is another number in each. */
#ifdef __bpf__
#define ROUTES6_AT(memory, offset, place)                                                          \
	({                                                                                         \
		const volatile void *at_ = (memory);                                               \
                                                                                                   \
		asm volatile("%0 += %1" : "+r"(at_) : "r"((__u64)(offset)), "i"(place));           \
		at_;                                                                               \
	})
#else
#define ROUTES6_AT(memory, offset, place)                                                          \
	((void)(place), (const volatile void *)((const char *)(memory) + (offset)))
#endif

/* A lookup on its way. */
struct routes6_walk {
	__u64 high, low; /* of the address, what is left of it */
	__u32 gone;	 /* bits that are not */
	__u32 entry;	 /* when the walk is over, the value */
};

static __attribute__((always_inline)) inline void
routes6_begin(struct routes6_walk *w, const void *memory, __u64 high, __u64 low)
{
	w->entry = *(const volatile __u32 *)ROUTES6_AT(
		memory, RPOL_ROUTES6_ROOT + (high >> 48) * sizeof(__u32), 0);
	w->high = high << 16 | low >> 48;
	w->low = low << 16;
	w->gone = 16;
}

static __attribute__((always_inline)) inline long routes6_end(struct routes6_walk *w, __u32 value)
{
	w->entry = value & 0xffff;
	return 1;
}

/* A block of n ranges at an offset; n and the kind of its node are constants. */
static __attribute__((always_inline)) inline long
routes6_block(struct routes6_walk *w, const void *memory, __u64 at, const __u32 n, const __u32 kind)
{
	__u64 less = routes6_less(ROUTES6_AT(memory, at, kind), w->high >> 32, n);

	at += n * sizeof(__u32);
	if (!(w->entry & RPOL_ROUTES6_WIDE)) {
		at += less * sizeof(__u16);
		return routes6_end(w, *(const volatile __u16 *)ROUTES6_AT(memory, at, kind + 1));
	}
	at += less * sizeof(__u32);
	w->entry = *(const volatile __u32 *)ROUTES6_AT(memory, at, kind + 2);
	w->high = w->high << 32 | w->low >> 32;
	w->low <<= 32;
	w->gone += 32;
	return 0;
}

/* One node, at most RPOL_ROUTES6_STEPS of them. 1: the walk is over. */
static __attribute__((always_inline)) inline long routes6_step(struct routes6_walk *w,
							       const void *memory, __u32 size)
{
	__u32 entry = w->entry, kind = entry & RPOL_ROUTES6_KIND;
	__u64 at = (__u64)(entry & RPOL_ROUTES6_GRANULE) * 8 + RPOL_ROUTES6_POOL, stride;

	if (!(entry & RPOL_ROUTES6_NODE))
		return routes6_end(w, entry);
	if (at > size - RPOL_ROUTES6_SLACK || w->gone >= 128)
		return routes6_end(w, 0);
	if (kind == RPOL_ROUTES6_PAGE) {
		at += (w->high >> 56) * sizeof(__u32);
		w->entry = *(const volatile __u32 *)ROUTES6_AT(memory, at, RPOL_ROUTES6_PAGE);
		w->high = w->high << 8 | w->low >> 56;
		w->low <<= 8;
		w->gone += 8;
		return 0;
	}
	if (kind == RPOL_ROUTES6_FEW)
		return routes6_block(w, memory, at, 8, RPOL_ROUTES6_FEW);
	if (kind == RPOL_ROUTES6_SOME)
		return routes6_block(w, memory, at, 16, RPOL_ROUTES6_SOME);
	/* The stride without a branch, for the same reason as ROUTES6_AT. */
	stride = (entry & RPOL_ROUTES6_WIDE) / RPOL_ROUTES6_WIDE;
	asm volatile("" : "+r"(stride));
	stride = RPOL_ROUTES6_NARROW + stride * (RPOL_ROUTES6_BROAD - RPOL_ROUTES6_NARROW);
	at += RPOL_ROUTES6_INDEX +
	      routes6_less(ROUTES6_AT(memory, at, 1), w->high >> 32, 16) * stride;
	return routes6_block(w, memory, at, 16, RPOL_ROUTES6_MANY);
}

/* memory: the image, aligned to 8 bytes; size: of the memory, a constant, at least
 * RPOL_ROUTES6_SIZE_MIN. high, low: the address in host order. 0 when no prefix has it. */
static __attribute__((always_inline)) inline __u32 routes6_lookup(const void *memory, __u32 size,
								  __u64 high, __u64 low)
{
	struct routes6_walk w;

	routes6_begin(&w, memory, high, low);
	while (!routes6_step(&w, memory, size))
		;
	return w.entry;
}

#endif
