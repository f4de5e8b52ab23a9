/* routes4_bpf.h: what routes4.bpf.c and its user-space side share. After kernel.h for BPF. */
#ifndef ROUTES4_BPF_H
#define ROUTES4_BPF_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define ROUTES4_MEMORY (32 << 20)
#define ROUTES4_KEYS (1 << 22)

struct routes4_keys {
	__u64 next; /* key of the next run, modulo ROUTES4_KEYS */
	__u32 addresses[ROUTES4_KEYS];
	__u16 answers[ROUTES4_KEYS];
};

#endif
