/* routes6_table.h: what routes6*.c share: prefixes in order, and the nodes made of them. */
#ifndef ROUTES6_TABLE_H
#define ROUTES6_TABLE_H

#include "pool.h"
#include "rpol/routes6.h"
#include "rpol/routes6_layout.h"

#include <stdbool.h>

__extension__ typedef unsigned __int128 addr128;

static inline addr128 address_of(const struct rpol_route6 *r)
{
	return (addr128)r->high << 64 | r->low;
}

/* Bits past a length: ones. */
static inline addr128 tail_mask(unsigned length)
{
	return length < 128 ? ~(addr128)0 >> length : 0;
}

static inline bool route6_valid(const struct rpol_route6 *r)
{
	return r->value && r->length <= 128 && !(address_of(r) & tail_mask(r->length));
}

/* By address, then length: so a prefix comes after all that it is in. */
static inline bool route6_before(const struct rpol_route6 *a, const struct rpol_route6 *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	return a->low != b->low ? a->low < b->low : a->length < b->length;
}

/* ---- prefixes in order (routes6_set.c) ---------------------------------------------------- */

enum { LEAF_MAX = 256 };

struct leaf {
	uint32_t count; /* never 0 */
	struct rpol_route6 routes[LEAF_MAX];
};

struct set {
	struct leaf **leaves;
	size_t nleaves, room; /* of leaves */
	size_t count;	      /* of routes */
};

/* Fills an empty set, with routes in any order; of equal ones the last counts. -ENOMEM leaves a
 * part in the set. */
int set_fill(struct set *set, const struct rpol_route6 *routes, size_t count);
void set_fini(struct set *set);

/* This very prefix; NULL when it is not in. With its value set to 0, set_find and set_inside do as
 * if it were not. */
struct rpol_route6 *set_get(const struct set *set, const struct rpol_route6 *route);

/* Puts in the route, which is not in. -ENOMEM. */
int set_add(struct set *set, const struct rpol_route6 *route);

/* Takes out the prefix, which is in. */
void set_drop(struct set *set, const struct rpol_route6 *route);

/* The value of the longest prefix up to the length that the address is in. */
uint16_t set_find(const struct set *set, addr128 address, unsigned length);

/* The prefixes longer than the length inside of address/length: how many, and up to `room` of them
 * to out. */
size_t set_inside(const struct set *set, addr128 address, unsigned length, struct rpol_route6 *out,
		  size_t room);

/* ---- nodes (routes6_node.c) --------------------------------------------------------------- */

/* Where nodes go. With a pool: taken there, and listed. Without: one after the other, written as
 * far as there is room, and measured beyond. */
struct sink {
	unsigned char *bytes; /* of the pool's granules */
	uint64_t room, granules;
	struct pool *pool;
	struct pool_block *taken;
	size_t ntaken, taken_room;
	int error; /* the first: -ENOSPC, -ENOMEM, or what the grace period said */
};

/* The entry of address/bits, whose prefixes longer than `bits` are the routes, in order, and which
 * has the inherited value where none of them is. bits: 16, 24 … 120. Without meaning after an
 * error. */
uint32_t node_make(struct sink *sink, const struct rpol_route6 *routes, size_t count, unsigned bits,
		   uint32_t inherited);

static inline uint32_t *node_at(const unsigned char *bytes, uint32_t entry)
{
	return (uint32_t *)(bytes + (size_t)(entry & RPOL_ROUTES6_GRANULE) * POOL_GRANULE);
}

/* Where the entries of a node are: in `blocks` groups of n, the first of them at number `first`,
 * each group `stride` numbers after the one before. blocks is 0 when there are only values. Of a
 * damaged node nothing beyond its first 64 bytes is looked at. */
struct shape {
	uint32_t granules, blocks, n, first, stride;
};

struct shape node_shape(const uint32_t *node, uint32_t entry);

/* Calls back with each node that the entry leads to, deepest first. */
void node_each(const unsigned char *bytes, uint32_t entry,
	       void (*each)(void *arg, uint32_t granule, uint32_t granules), void *arg);

struct rpol_routes6 {
	struct set set;
	unsigned char *image; /* NULL: none */
	struct pool pool;
	struct rpol_route6 *scratch; /* the prefixes below one entry, during a change */
	size_t scratch_room;
};

/* Writes or measures the whole image. root: its entries; NULL to measure. -ENOMEM. (routes6.c) */
int routes6_write_all(const struct rpol_routes6 *table, struct sink *sink, uint32_t *root);

/* Makes the entry of the /16 anew, from the prefixes. (routes6_change.c) */
int routes6_remake(struct rpol_routes6 *table, uint32_t block);

#endif
