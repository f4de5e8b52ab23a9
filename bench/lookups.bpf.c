/* lookups.bpf.c: one lookup a run, in every structure that is compared, in two forms. NAME_packet:
 * the next input; what a processor can do for several packets at once, it does. NAME_latency: an
 * input that depends on the last answer. `empty` does all but the lookup: it is subtracted. */
#include "rpol/kernel.h"

#include "inputs.h"
#include "routes4.h"

char LICENSE[] SEC("license") = "GPL";

struct inputs inputs SEC(".bss.inputs");
__u8 routes4_memory[BENCH_ROUTES4] SEC(".bss.routes4") __attribute__((aligned(64)));

struct key4 {
	__u32 length;
	__u32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct key4);
	__type(value, __u32);
	__uint(max_entries, 2000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} lpm4 SEC(".maps");

struct key6 {
	__u32 length;
	__u32 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct key6);
	__type(value, __u32);
	__uint(max_entries, 1000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} lpm6 SEC(".maps");

static __always_inline __u32 find_empty(const struct input *input, __u32 mix)
{
	return (__u16)(input->dst[0] ^ mix);
}

static __always_inline __u32 find_routes4(const struct input *input, __u32 mix)
{
	return routes4_lookup(routes4_memory, sizeof(routes4_memory), input->dst[0] ^ mix);
}

static __always_inline __u32 find_lpm4(const struct input *input, __u32 mix)
{
	struct key4 key = {32, be32(input->dst[0] ^ mix)};
	const __u32 *value = bpf_map_lookup_elem(&lpm4, &key);

	return value ? *value : 0;
}

static __always_inline __u32 find_lpm6(const struct input *input, __u32 mix)
{
	struct key6 key = {128,
			   {be32(input->dst[0] ^ mix), be32(input->dst[1]), be32(input->dst[2]),
			    be32(input->dst[3])}};
	const __u32 *value = bpf_map_lookup_elem(&lpm6, &key);

	return value ? *value : 0;
}

/* The neighbour is not asked for: the structures do not know it either. */
#define FIB_SKIP_NEIGH (1 << 2)

static __u32 fib(struct __sk_buff *skb, const struct input *input, __u32 mix, int family)
{
	struct bpf_fib_lookup params = {.family = family, .ifindex = inputs.interface};

	if (family == RPOL_AF_INET) {
		params.ipv4_dst = be32(input->dst[0] ^ mix);
	} else {
		params.ipv6_dst[0] = be32(input->dst[0] ^ mix);
		params.ipv6_dst[1] = be32(input->dst[1]);
		params.ipv6_dst[2] = be32(input->dst[2]);
		params.ipv6_dst[3] = be32(input->dst[3]);
	}
	return (__u32)bpf_fib_lookup(skb, &params, sizeof(params), FIB_SKIP_NEIGH);
}

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

BOTH(empty, find_empty(input, mix))
BOTH(routes4, find_routes4(input, mix))
BOTH(lpm4, find_lpm4(input, mix))
BOTH(lpm6, find_lpm6(input, mix))
BOTH(fib4, fib(skb, input, mix, RPOL_AF_INET))
BOTH(fib6, fib(skb, input, mix, RPOL_AF_INET6))
