/* forms.h: a program that looks one input up a run, in two forms. NAME_packet: the next input; what
 * a processor can do for several packets at once, it does. NAME_latency: an input that depends on
 * the last answer. `empty` does all but the lookup: it is subtracted. For BPF. */
#ifndef BENCH_FORMS_H
#define BENCH_FORMS_H

#include "inputs.h"

char LICENSE[] SEC("license") = "GPL";

struct inputs inputs SEC(".bss.inputs");

#define BOTH(name, find)                                                                           \
	SEC("tc") int name##_packet(struct __sk_buff *skb)                                         \
	{                                                                                          \
		__u32 i = inputs.next++ & (INPUTS - 1);                                            \
		const struct input *input = &inputs.list[i];                                       \
		__u32 mix = 0;                                                                     \
                                                                                                   \
		(void)skb;                                                                         \
		inputs.answers[i] = find;                                                          \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int name##_latency(struct __sk_buff *skb)                                        \
	{                                                                                          \
		__u32 mix = inputs.last & inputs.zero;                                             \
		__u32 i = (inputs.next++ + mix) & (INPUTS - 1);                                    \
		const struct input *input = &inputs.list[i];                                       \
                                                                                                   \
		(void)skb;                                                                         \
		inputs.last = inputs.answers[i] = find;                                            \
		return 0;                                                                          \
	}

BOTH(empty, (__u16)(input->dst[0] ^ mix))

#endif
