/* inputs.h: what the bench and its programs share: the keys a program looks up, one a run, and the
 * answers it gives. Compiled for BPF after rpol/kernel.h and for user space. */
#ifndef BENCH_INPUTS_H
#define BENCH_INPUTS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define INPUTS 65536

/* Host order, most significant word first; IPv4 uses the first word of an address. */
struct input {
	__u32 src[4], dst[4];
	__u16 sport, dport;
	__u32 proto;
};

struct inputs {
	__u32 next;	 /* the input of the next run */
	__u32 last;	 /* the last answer */
	__u32 zero;	 /* nobody but us knows that it is 0 */
	__u32 interface; /* for bpf_fib_lookup */
	__u32 answers[INPUTS];
	struct input list[INPUTS];
};

/* The images' memory. */
#define BENCH_ROUTES4 (16u << 20)
#define BENCH_ROUTES6 (16u << 20)
#define BENCH_RULES (64u << 20)

#endif
