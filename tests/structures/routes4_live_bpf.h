/* routes4_live_bpf.h: what routes4_live.bpf.c and its user-space side share. After kernel.h for
 * BPF. */
#ifndef ROUTES4_LIVE_BPF_H
#define ROUTES4_LIVE_BPF_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define LIVE_MEMORY (32 << 20)
#define LIVE_KEYS (1 << 18)

struct live {
	__u32 first; /* keys from here are looked up, as many as mask + 1 */
	__u32 mask;
	__u64 runs;
	__u64 wrong;
	__u64 changed;	 /* right answers of addresses whose answer is changing: the new one */
	__u64 unchanged; /* the old one */
	__u32 address, answer, early, late; /* of the first wrong one */
	__u32 addresses[LIVE_KEYS];
	__u32 right[LIVE_KEYS]; /* before, and after << 16 */
};

#endif
