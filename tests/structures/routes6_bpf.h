/* routes6_bpf.h: what routes6.bpf.c and its user-space side share. After kernel.h for BPF. */
#ifndef ROUTES6_BPF_H
#define ROUTES6_BPF_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define ROUTES6_MEMORY (8 << 20)
#define ROUTES6_KEYS (1 << 20)

struct routes6_keys {
	__u64 next; /* key of the next run, modulo ROUTES6_KEYS */
	__u64 addresses[ROUTES6_KEYS][2];
	__u16 answers[ROUTES6_KEYS];
};

#endif
