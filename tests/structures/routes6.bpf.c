/* routes6.bpf.c: an IPv6 longest-prefix table read in the kernel. Each run of routes6_next looks up
 * one key more, routes6_empty does the same without the lookup, and routes6_trie asks the kernel's
 * own trie. */
#include "rpol/kernel.h"

#include "routes6.h"
#include "routes6_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u8 routes6_memory[ROUTES6_MEMORY] SEC(".bss.routes6") __attribute__((aligned(64)));
struct routes6_keys routes6_keys SEC(".bss.keys");

struct trie_key {
	__u32 length;
	__u8 address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct trie_key);
	__type(value, __u32);
} routes6_lpm SEC(".maps");

SEC("tc")
int routes6_next(struct __sk_buff *skb)
{
	__u32 i = routes6_keys.next++ & (ROUTES6_KEYS - 1);

	(void)skb;
	routes6_keys.answers[i] =
		(__u16)routes6_lookup(routes6_memory, sizeof(routes6_memory),
				      routes6_keys.addresses[i][0], routes6_keys.addresses[i][1]);
	return 0;
}

SEC("tc")
int routes6_empty(struct __sk_buff *skb)
{
	__u32 i = routes6_keys.next++ & (ROUTES6_KEYS - 1);

	(void)skb;
	routes6_keys.answers[i] =
		(__u16)(routes6_keys.addresses[i][0] ^ routes6_keys.addresses[i][1]);
	return 0;
}

SEC("tc")
int routes6_trie(struct __sk_buff *skb)
{
	__u32 i = routes6_keys.next++ & (ROUTES6_KEYS - 1);
	struct trie_key key = {.length = 128};
	__u32 *value;

	(void)skb;
	*(__u32 *)(key.address + 0) = be32(routes6_keys.addresses[i][0] >> 32);
	*(__u32 *)(key.address + 4) = be32(routes6_keys.addresses[i][0]);
	*(__u32 *)(key.address + 8) = be32(routes6_keys.addresses[i][1] >> 32);
	*(__u32 *)(key.address + 12) = be32(routes6_keys.addresses[i][1]);
	value = bpf_map_lookup_elem(&routes6_lpm, &key);
	routes6_keys.answers[i] = value ? (__u16)*value : 0;
	return 0;
}
