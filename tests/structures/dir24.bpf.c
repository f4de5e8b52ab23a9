/* dir24.bpf.c: an IPv4 table in its large form read in the kernel, one key a run. */
#include "rpol/kernel.h"

#include "dir24.h"
#include "dir24_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u8 dir24_memory[DIR24_MEMORY] SEC(".bss.dir24") __attribute__((aligned(64)));
struct dir24_keys dir24_keys SEC(".bss.keys");

SEC("tc")
int dir24_next(struct __sk_buff *skb)
{
	__u32 i = dir24_keys.next++ & (DIR24_KEYS - 1);

	(void)skb;
	dir24_keys.answers[i] =
		(__u16)dir24_lookup(dir24_memory, sizeof(dir24_memory), dir24_keys.addresses[i]);
	return 0;
}
