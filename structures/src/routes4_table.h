/* routes4_table.h: what routes4*.c share: the prefixes of a table, and the painting of 256 values.
 */
#ifndef ROUTES4_TABLE_H
#define ROUTES4_TABLE_H

#include "pool.h"
#include "rpol/routes4.h"
#include "rpol/routes4_layout.h"

#include <stdbool.h>

enum { BLOCKS = RPOL_ROUTES4_BLOCKS };

/* The prefixes longer than /16 of one /16, by address, then length: so a prefix comes after all
 * that it is in. */
struct block {
	struct rpol_route4 *routes;
	uint32_t count;
	uint32_t room; /* for so many */
};

struct rpol_routes4 {
	/* The value of each prefix up to /16 at (1 << length) + its bits; 0: not in. */
	uint16_t shorter[2 * BLOCKS];
	struct block blocks[BLOCKS];
	struct rpol_route4 *bulk; /* what the table was made of, sorted; blocks are parts of it
				   * until they grow */
	size_t bulk_count;
	size_t count;

	unsigned char *image; /* NULL: none */
	struct pool pool;
	struct routes4_change *change; /* memory for changes, kept from one to the next; or NULL */
};

static inline bool route4_valid(const struct rpol_route4 *r)
{
	return r->value && r->length <= 32 &&
	       !(r->length < 32 ? r->address & (~0u >> r->length) : 0);
}

/* Is the block's memory its own? */
static inline bool routes4_owns(const struct rpol_routes4 *table, const struct block *block)
{
	return block->room &&
	       !(block->routes >= table->bulk && block->routes < table->bulk + table->bulk_count);
}

/* The table has no image afterwards. */
void routes4_forget(struct rpol_routes4 *table);

/* Frees what changes used. */
void routes4_change_free(struct rpol_routes4 *table);

/* Where the value of a prefix up to /16 is. */
static inline uint16_t *routes4_shorter(const struct rpol_routes4 *table, uint32_t address,
					uint8_t length)
{
	return (uint16_t *)&table
		->shorter[(1u << length) + (uint32_t)((uint64_t)address >> (32 - length))];
}

/* The value that the prefixes up to /16 give the addresses of the /16. */
uint16_t routes4_inherited(const struct rpol_routes4 *table, uint32_t block);

/* ---- 256 values --------------------------------------------------------------------------- */

/* Values or entries of one byte of the address: where one may differ from the one before, and
 * those. The first always counts; number 256 is past the end. */
struct paint {
	uint32_t value[257];
	uint32_t edges[9];
};

uint32_t paint_at(const struct paint *paint, uint32_t byte);

/* So many of the routes are past /24, all in the /24 of the first of them. */
size_t paint_run(const struct rpol_route4 *routes, size_t count);

/* Paints the addresses of one /24 by the routes past /24. */
void paint_deep(struct paint *paint, const struct rpol_route4 *routes, size_t count,
		uint32_t inherited);

/* Paints a block's /24s: values, and for each /24 that has longer prefixes what deep gives for its
 * addresses, painted too. */
void paint_block(struct paint *paint, const struct block *block, uint32_t inherited,
		 uint32_t (*deep)(void *arg, uint32_t byte, const struct paint *paint), void *arg);

/* Painted values as a node: each that differs from the one before it. */
struct node {
	struct rpol_routes4_node head;
	uint32_t count;
	bool wide;	     /* any is an entry that leads to a node */
	uint32_t value[257]; /* one more than there can be */
};

void node_of(struct node *node, const struct paint *paint);

/* Bytes and granules of a node with so many values. */
static inline uint32_t node_granules(uint32_t count, bool wide)
{
	return (uint32_t)(sizeof(struct rpol_routes4_node) + count * (wide ? 4 : 2) + POOL_GRANULE -
			  1) /
	       POOL_GRANULE;
}

void node_write(const struct node *node, void *at);

/* Not every processor this is compiled for has an instruction for it. */
static inline uint32_t bits_in(uint32_t bits)
{
	bits -= bits >> 1 & 0x55555555;
	bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
	return ((bits + (bits >> 4)) & 0x0f0f0f0f) * 0x01010101u >> 24;
}

/* Values of a node that is in an image. */
static inline uint32_t node_count(const struct rpol_routes4_node *head)
{
	return head->before[7] + bits_in(head->starts[7]);
}

/* The entry of a block, and the node of an entry. */
static inline uint32_t *root(const struct rpol_routes4 *table, uint32_t block)
{
	return (uint32_t *)(table->image + RPOL_ROUTES4_ROOT) + block;
}

static inline struct rpol_routes4_node *node_at(const struct rpol_routes4 *table, uint32_t entry)
{
	return (struct rpol_routes4_node *)(table->pool.bytes +
					    (size_t)(entry & RPOL_ROUTES4_GRANULE) * POOL_GRANULE);
}

/* Which of a node's values is the byte's, and what it is. */
static inline uint32_t index_of(const struct rpol_routes4_node *node, uint32_t byte)
{
	uint32_t bits = node->starts[byte / 32] & ((2u << byte % 32) - 1);

	return node->before[byte / 32] + bits_in(bits) - 1;
}

static inline uint32_t node_value(const struct rpol_routes4_node *node, bool wide, uint32_t index)
{
	return wide ? ((const uint32_t *)(node + 1))[index] : ((const uint16_t *)(node + 1))[index];
}

/* Brings all of a block's image to what the prefixes say, as a change. */
int routes4_follow_block(struct rpol_routes4 *table, uint32_t block);

#endif
