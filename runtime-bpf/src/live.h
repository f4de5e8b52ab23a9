/* live.h: looking up prefixes in memory that the loader fills and changes while programs run: a
 * global variable in a section of its own, which becomes a map of its own that user space maps. The
 * numbers found are verdicts (rpol/abi.h, RPOL_VALUE_…). */
#ifndef RPOL_LIVE_H
#define RPOL_LIVE_H

#include "rpol/lookup.h"

/* What the table holds; programs do not look there. */
#define RPOL_HELD(name, size)                                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, (size) + 1);                                                   \
		__type(key, __u32);                                                                \
		__type(value, struct rpol_held);                                                   \
	} name SEC(".maps")

#define RPOL_LIVE(name, size) __u8 name[size] SEC(".bss." #name) __attribute__((aligned(64)))

/* An IPv6 address on its way through memory. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct routes6_walk);
} rpol_walk6 SEC(".maps");

/* bpf_loop walks, as quickly as a loop would: so the verifier takes it without CAP_PERFMON too, and
 * follows some hundred instructions. */
#define RPOL_LIVE6(name)                                                                           \
	static long step_##name(__u64 number, void *walk)                                          \
	{                                                                                          \
		(void)number;                                                                      \
		return routes6_step(*(struct routes6_walk **)walk, name, sizeof(name));            \
	}                                                                                          \
                                                                                                   \
	static __always_inline __u32 find_##name(__u32 a, __u32 b, __u32 c, __u32 d)               \
	{                                                                                          \
		__u32 zero = 0;                                                                    \
		struct routes6_walk *walk = bpf_map_lookup_elem(&rpol_walk6, &zero);               \
                                                                                                   \
		if (!walk)                                                                         \
			return 0;                                                                  \
		routes6_begin(walk, name, (__u64)be32(a) << 32 | be32(b),                          \
			      (__u64)be32(c) << 32 | be32(d));                                     \
		bpf_loop(RPOL_ROUTES6_STEPS, step_##name, &walk, 0);                               \
		return (__u16)walk->entry;                                                         \
	}

/* What a number stands for, as rpol_word_verdict. */
static __always_inline __u32 rpol_value_verdict(__u32 value, __u32 kinds)
{
	__u32 word = RPOL_VERDICT_WORD(value - 1, 0);

	if (!value)
		return RPOL_NOTHING;
	if (value >= RPOL_VALUE_GROUP)
		word = RPOL_VERDICT_WORD(RPOL_ROUTE, value);
	else if (value >= RPOL_VALUE_HOP)
		word = RPOL_VERDICT_WORD(RPOL_ROUTE, value - RPOL_VALUE_HOP);
	else if (value >= RPOL_VALUE_SEND)
		word = RPOL_VERDICT_WORD(RPOL_SEND, value - RPOL_VALUE_SEND);
	return rpol_word_verdict(&word, kinds);
}

#endif
