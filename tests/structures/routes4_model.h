/* routes4_model.h: IPv4 prefixes as plainly as they can be held, and lists of them for tests: a
 * hash table of prefixes, asked for each length from the longest. */
#ifndef ROUTES4_MODEL_H
#define ROUTES4_MODEL_H

#include "rpol/routes4.h"

struct model;

/* An empty one with room for so many different prefixes, gone ones too. Never fails. */
struct model *model_new(size_t room);
void model_free(struct model *model);

/* value 0: take it out. */
void model_set(struct model *model, uint32_t address, uint8_t length, uint16_t value);
uint16_t model_find(const struct model *model, uint32_t address, uint8_t length);
uint16_t model_lookup(const struct model *model, uint32_t address);

/* Pseudo-random numbers, the same for the same seed. */
uint32_t rnd(uint64_t *seed);

uint32_t first_of(struct rpol_route4 r);
uint32_t last_of(struct rpol_route4 r);

/* Any prefix: address cut to its length. */
struct rpol_route4 route(uint32_t address, unsigned length, uint32_t value);

/* So many prefixes with the lengths, the crowding and the runs of equal next hops of the Internet's
 * table, unsorted, few of them equal. The caller frees them. */
struct rpol_route4 *internet(size_t count, uint64_t seed);

#endif
