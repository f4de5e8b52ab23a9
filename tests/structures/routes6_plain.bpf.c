/* routes6_plain.bpf.c: routes6_next for those without CAP_PERFMON. */
#include "rpol/kernel.h"

#include "routes6.h"
#include "routes6_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u8 routes6_memory[ROUTES6_MEMORY] SEC(".bss.routes6") __attribute__((aligned(64)));
struct routes6_keys routes6_keys SEC(".bss.keys");

struct routes6_walk routes6_walk SEC(".bss.walk"); /* one program runs at a time */

static long step(__u64 number, void *unused)
{
	(void)number;
	(void)unused;
	return routes6_step(&routes6_walk, routes6_memory, sizeof(routes6_memory));
}

SEC("tc")
int routes6_next(struct __sk_buff *skb)
{
	__u32 i = routes6_keys.next++ & (ROUTES6_KEYS - 1);
	__u64 nothing = 0;

	(void)skb;
	routes6_begin(&routes6_walk, routes6_memory, routes6_keys.addresses[i][0],
		      routes6_keys.addresses[i][1]);
	bpf_loop(RPOL_ROUTES6_STEPS, step, &nothing, 0);
	routes6_keys.answers[i] = (__u16)routes6_walk.entry;
	return 0;
}
