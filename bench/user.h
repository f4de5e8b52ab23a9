/* user.h: the same readers compiled for user space, over the same memory and inputs: what a program
 * in the kernel could reach at best. */
#ifndef BENCH_USER_H
#define BENCH_USER_H

#include "inputs.h"

struct user {
	struct inputs *inputs;
	const void *memory;
	__u32 size;
};

/* Contenders' runs; arg: a struct user. */
void user_empty_packet(const void *arg, unsigned n);
void user_empty_latency(const void *arg, unsigned n);
void user_routes4_packet(const void *arg, unsigned n);
void user_routes4_latency(const void *arg, unsigned n);
void user_routes6_packet(const void *arg, unsigned n);
void user_routes6_latency(const void *arg, unsigned n);

#endif
