/* routes4_live.bpf.c: reads an IPv4 table while user space changes it. Each run looks up one
 * address of which two answers are right, that of before the changes under way and that of after
 * them, and counts what was neither. */
#include "rpol/kernel.h"

#include "routes4.h"
#include "routes4_live_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u8 routes4_memory[LIVE_MEMORY] SEC(".bss.routes4") __attribute__((aligned(64)));
struct live live SEC(".bss.live");

SEC("tc")
int routes4_watch(struct __sk_buff *skb)
{
	__u32 i = (live.first + (live.runs++ * 0x9e3779b1u & live.mask)) & (LIVE_KEYS - 1);
	__u32 early = *(volatile __u32 *)&live.right[i];
	__u32 answer = routes4_lookup(routes4_memory, sizeof(routes4_memory), live.addresses[i]);
	__u32 late = *(volatile __u32 *)&live.right[i];

	(void)skb;
	/* Between the two, changes may have ended, and others begun. */
	if (answer != (early & 0xffff) && answer != early >> 16 && answer != (late & 0xffff) &&
	    answer != late >> 16) {
		if (!live.wrong++) {
			live.address = live.addresses[i];
			live.answer = answer;
			live.early = early;
			live.late = late;
		}
	} else if ((early & 0xffff) != early >> 16) {
		if (answer == early >> 16)
			live.changed++;
		else
			live.unchanged++;
	}
	return 0;
}
