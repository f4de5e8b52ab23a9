/* generate_parts.h: what the generators of routes and of rules share. */
#ifndef BENCH_GENERATE_PARTS_H
#define BENCH_GENERATE_PARTS_H

#include "generate.h"

#include <stdbool.h>
#include <stdlib.h>

/* Memory that was asked for; there is no going on without it. */
void *must(void *memory);

struct prefix prefix_cut(struct address address, unsigned length);
struct address prefix_host(const struct prefix *prefix, struct random *random);
bool prefix_has(const struct prefix *prefix, const struct address *address);

/* Below bound; the smaller, the more often. */
size_t random_skewed(struct random *random, size_t bound);

#endif
