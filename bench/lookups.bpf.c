/* lookups.bpf.c: longest-prefix lookups, in every structure that is compared. Forms in forms.h. */
#include "rpol/kernel.h"

#include "forms.h"
#include "routes4.h"
#include "routes6.h"

__u8 routes4_memory[BENCH_ROUTES4] SEC(".bss.routes4") __attribute__((aligned(64)));

__u8 routes6_memory[BENCH_ROUTES6] SEC(".bss.routes6") __attribute__((aligned(64)));

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

static __always_inline __u32 find_routes4(const struct input *input, __u32 mix)
{
	return routes4_lookup(routes4_memory, sizeof(routes4_memory), input->dst[0] ^ mix);
}

static __always_inline __u32 find_routes6(const struct input *input, __u32 mix)
{
	__u64 high = (__u64)(input->dst[0] ^ mix) << 32 | input->dst[1];

	return routes6_lookup(routes6_memory, sizeof(routes6_memory), high,
			      (__u64)input->dst[2] << 32 | input->dst[3]);
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

BOTH(routes4, find_routes4(input, mix))
BOTH(routes6, find_routes6(input, mix))
BOTH(lpm4, find_lpm4(input, mix))
BOTH(lpm6, find_lpm6(input, mix))
BOTH(fib4, fib(skb, input, mix, RPOL_AF_INET))
BOTH(fib6, fib(skb, input, mix, RPOL_AF_INET6))
