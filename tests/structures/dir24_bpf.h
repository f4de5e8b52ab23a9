/* dir24_bpf.h: what dir24.bpf.c and its user-space side share. After kernel.h for BPF. */
#ifndef DIR24_BPF_H
#define DIR24_BPF_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "rpol/dir24_layout.h"

#define DIR24_MEMORY (RPOL_DIR24_PAGES + 4096 * RPOL_DIR24_PAGE_SIZE)
#define DIR24_KEYS (1 << 18)

struct dir24_keys {
	__u64 next;
	__u32 addresses[DIR24_KEYS];
	__u16 answers[DIR24_KEYS];
};

#endif
