/* chain.h: a list of rules as a linear chain of comparisons in C for BPF, which is what one writes
 * without a compiler for policies. */
#ifndef BENCH_CHAIN_H
#define BENCH_CHAIN_H

#include "generate.h"

/* Writes the program `chain_packet` and `chain_latency` of forms.h to the file, and has clang make
 * the object of it. */
void chain_build(const char *source, const char *work, const char *object, const struct rule *rules,
		 size_t count);

#endif
