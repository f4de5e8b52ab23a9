/* routes6_model.h: IPv6 prefixes as plainly as they can be held, and lists of them for tests: a
 * hash table of prefixes, asked for each length from the longest. */
#ifndef ROUTES6_MODEL_H
#define ROUTES6_MODEL_H

#include "rpol/routes6.h"

struct model6;

/* An empty one with room for so many different prefixes, gone ones too. Never fails. */
struct model6 *model6_new(size_t room);
void model6_free(struct model6 *model);

/* value 0: take it out. */
void model6_set(struct model6 *model, const struct rpol_route6 *route);
uint16_t model6_find(const struct model6 *model, const struct rpol_route6 *route);
uint16_t model6_lookup(const struct model6 *model, uint64_t high, uint64_t low);

/* Pseudo-random numbers, the same for the same seed. */
uint64_t random6(uint64_t *seed);

/* Any prefix: address cut to its length. */
struct rpol_route6 route6(uint64_t high, uint64_t low, unsigned length, uint32_t value);

/* The last address of the prefix. */
void last6(const struct rpol_route6 *r, uint64_t *high, uint64_t *low);

/* So many prefixes with the lengths, the crowding and the runs of equal next hops of the Internet's
 * table, unsorted, few of them equal. The caller frees them. */
struct rpol_route6 *internet6(size_t count, uint64_t seed);

#endif
