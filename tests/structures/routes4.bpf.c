/* routes4.bpf.c: an IPv4 longest-prefix table read in the kernel. Each run of routes4_next looks up
 * one key more; routes4_watch does so for ever, and says which answer was neither of two. */
#include "rpol/kernel.h"

#include "routes4.h"
#include "routes4_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u8 routes4_memory[ROUTES4_MEMORY] SEC(".bss.routes4") __attribute__((aligned(64)));
struct routes4_keys routes4_keys SEC(".bss.keys");

SEC("tc")
int routes4_next(struct __sk_buff *skb)
{
	__u32 i = routes4_keys.next++ & (ROUTES4_KEYS - 1);

	(void)skb;
	routes4_keys.answers[i] = (__u16)routes4_lookup(routes4_memory, sizeof(routes4_memory),
							routes4_keys.addresses[i]);
	return 0;
}

/* The same without the lookup: what a measurement subtracts. */
SEC("tc")
int routes4_empty(struct __sk_buff *skb)
{
	__u32 i = routes4_keys.next++ & (ROUTES4_KEYS - 1);

	(void)skb;
	routes4_keys.answers[i] = (__u16)routes4_keys.addresses[i];
	return 0;
}
