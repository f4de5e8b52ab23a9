/* bench.h: the suites. Each measures and adds rows (measure.h). */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

struct options {
	bool quick;	      /* under a minute, sizes and rounds to match */
	bool full;	      /* a million routes in the kernel's own table, too */
	const char *programs; /* the folder of the BPF objects */
	const char *source;   /* the folder of this file */
	const char *rpol;     /* the program */
	const char *work;     /* a folder for what is made on the way */
};

unsigned options_rounds(const struct options *options);

void bench_routes(const struct options *options);
void bench_policy(const struct options *options);
void bench_rules(const struct options *options);
void bench_nft(const struct options *options);

/* Prints how the rows stand to the pinned ratios; false when one of them is lost by more than a
 * factor of two. What was not measured is no loss. */
bool pins_hold(void);

#endif
