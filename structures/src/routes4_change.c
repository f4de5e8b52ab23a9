/* routes4_change.c: changes to an image that programs read. A change is first prepared: new nodes
 * are written where no entry leads yet, and what is to be stored into living entries and values is
 * listed. Only when all of it is there is it stored, each number by one aligned store, in the order
 * of the list; until then it can be dropped without a trace. Contract in rpol/routes4.h. */
#include "routes4_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct store {
	uint32_t at; /* bytes into the image */
	uint32_t value;
	bool narrow; /* 2 bytes; else 4 */
};

struct routes4_change {
	struct rpol_routes4 *table;
	struct store *stores;
	struct pool_block *taken; /* for new nodes */
	struct pool_block *left;  /* of nodes that no entry leads to afterwards */
	size_t nstores, ntaken, nleft;
	size_t stores_room, taken_room, left_room;
	/* The block whose paint is asked for its past-/24 values. */
	uint32_t old, first, last;
	int failed;
};

/* Room for one item more in *items. */
static int grow(void *items, size_t *room, size_t n, size_t size)
{
	void **at = items;

	if (n < *room)
		return 0;
	size_t more = *room ? *room * 2 : 64;
	void *bigger = realloc(*at, more * size);

	if (!bigger)
		return -ENOMEM;
	*at = bigger;
	*room = more;
	return 0;
}

void routes4_change_free(struct rpol_routes4 *table)
{
	struct routes4_change *c = table->change;

	if (!c)
		return;
	free(c->stores);
	free(c->taken);
	free(c->left);
	free(c);
}

/* Where in the block the prefix is or belongs. */
static uint32_t position(const struct block *block, uint32_t address, uint8_t length)
{
	uint32_t low = 0, high = block->count;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		const struct rpol_route4 *r = &block->routes[mid];

		if (r->address < address || (r->address == address && r->length < length))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct block *block, uint32_t at, uint32_t address, uint8_t length)
{
	return at < block->count && block->routes[at].address == address &&
	       block->routes[at].length == length;
}

/* ---- what is in the image ------------------------------------------------------------------- */

/* The entry of one byte below the block's entry; a value is that of all bytes. */
static uint32_t below(const struct rpol_routes4 *table, uint32_t entry, uint32_t byte)
{
	if (!(entry & RPOL_ROUTES4_NODE))
		return entry;
	const struct rpol_routes4_node *node = node_at(table, entry);

	return node_value(node, entry & RPOL_ROUTES4_WIDE, index_of(node, byte));
}

/* ---- preparing ------------------------------------------------------------------------------ */

static int store(struct routes4_change *c, const void *at, uint32_t value, bool narrow)
{
	int rc = grow(&c->stores, &c->stores_room, c->nstores, sizeof(*c->stores));

	if (!rc)
		c->stores[c->nstores++] = (struct store){
			(uint32_t)((const unsigned char *)at - c->table->image), value, narrow};
	return rc;
}

/* The node of the entry is out of use afterwards. */
static int leave(struct routes4_change *c, uint32_t entry)
{
	int rc = grow(&c->left, &c->left_room, c->nleft, sizeof(*c->left));

	if (!rc)
		c->left[c->nleft++] =
			(struct pool_block){entry & RPOL_ROUTES4_GRANULE,
					    node_granules(node_count(node_at(c->table, entry)),
							  entry & RPOL_ROUTES4_WIDE)};
	return rc;
}

/* Can the old entry's node have these values by having its own stored into? */
static bool fits(const struct rpol_routes4 *table, uint32_t old, const struct node *node)
{
	const struct rpol_routes4_node *head = node_at(table, old);

	if (!(old & RPOL_ROUTES4_NODE) || (node->wide && !(old & RPOL_ROUTES4_WIDE)))
		return false;
	for (unsigned i = 0; i < 8; i++)
		if (node->head.starts[i] & ~head->starts[i])
			return false;
	return true;
}

static int store_values(struct routes4_change *c, uint32_t old, const struct node *node)
{
	const struct rpol_routes4_node *head = node_at(c->table, old);
	bool wide = old & RPOL_ROUTES4_WIDE;
	uint32_t index = 0, n = 0;

	for (uint32_t word = 0; word < 8; word++) {
		for (uint32_t bits = head->starts[word]; bits; bits &= bits - 1, index++) {
			n += !!(node->head.starts[word] & bits & -bits);
			uint32_t value = node->value[n - 1];

			if (value == node_value(head, wide, index))
				continue;
			const unsigned char *values = (const unsigned char *)(head + 1);
			int rc = store(c, values + index * (wide ? 4 : 2), value, !wide);

			if (rc)
				return rc;
		}
	}
	return 0;
}

/* The entry for the painted values, where the old one was: a value, the old node with other values
 * when it is of the right size or there is no room, or a new node. */
static int place(struct routes4_change *c, uint32_t old, const struct paint *paint, uint32_t *entry)
{
	struct node node;
	uint32_t granules, at;

	node_of(&node, paint);
	*entry = node.value[0];
	if (node.count == 1)
		return 0;
	granules = node_granules(node.count, node.wide);
	bool can_stay = fits(c->table, old, &node);

	*entry = old;
	if (can_stay &&
	    granules == node_granules(node_count(node_at(c->table, old)), old & RPOL_ROUTES4_WIDE))
		return store_values(c, old, &node);
	int rc = grow(&c->taken, &c->taken_room, c->ntaken, sizeof(*c->taken));

	if (!rc)
		rc = pool_take(&c->table->pool, granules, &at);
	if (rc)
		return rc == -ENOSPC && can_stay ? store_values(c, old, &node) : rc;
	c->taken[c->ntaken++] = (struct pool_block){at, granules};
	*entry = RPOL_ROUTES4_NODE | (node.wide ? RPOL_ROUTES4_WIDE : 0) | at;
	node_write(&node, node_at(c->table, *entry));
	return 0;
}

/* The entry of a /24 with longer prefixes: the one it has, outside of what changes. */
static uint32_t deep_entry(void *arg, uint32_t byte, const struct paint *deep)
{
	struct routes4_change *c = arg;
	uint32_t old = below(c->table, c->old, byte), entry = old;

	if (byte >= c->first && byte <= c->last && !c->failed)
		c->failed = place(c, old, deep, &entry);
	return entry;
}

/* Prepares the /24s first to last of the block to answer as the table does. */
static int prepare_block(struct routes4_change *c, uint32_t block, uint32_t first, uint32_t last)
{
	struct rpol_routes4 *table = c->table;
	uint32_t old = *root(table, block), entry;
	struct paint paint;
	int rc;

	c->old = old;
	c->first = first;
	c->last = last;
	c->failed = 0;
	paint_block(&paint, &table->blocks[block], routes4_inherited(table, block), deep_entry, c);
	rc = c->failed;
	for (uint32_t byte = first; !rc && (old & RPOL_ROUTES4_WIDE) && byte <= last; byte++) {
		uint32_t was = below(table, old, byte);

		if ((was & RPOL_ROUTES4_NODE) && was != paint_at(&paint, byte))
			rc = leave(c, was);
	}
	if (!rc)
		rc = place(c, old, &paint, &entry);
	if (rc || entry == old)
		return rc;
	rc = store(c, root(table, block), entry, false);
	return rc || !(old & RPOL_ROUTES4_NODE) ? rc : leave(c, old);
}

/* The value of the longest prefix up to /24 that the /24 is in. */
static uint16_t above_24(const struct rpol_routes4 *table, uint32_t address)
{
	const struct block *block = &table->blocks[address >> 16];

	for (uint8_t length = 24; length > 16; length--) {
		uint32_t first = address & ~0u << (32 - length);
		uint32_t at = position(block, first, length);

		if (is_at(block, at, first, length))
			return block->routes[at].value;
	}
	return routes4_inherited(table, address >> 16);
}

/* Prepares one /24 that has and keeps a node of its own: the others of its block, which may have
 * very many prefixes, are not looked at. False: it has none, or would have none. */
static bool prepare_deep(struct routes4_change *c, uint32_t address, int *rc)
{
	struct rpol_routes4 *table = c->table;
	const struct block *block = &table->blocks[address >> 16];
	uint32_t old = *root(table, address >> 16), byte = address >> 8 & 255;
	uint32_t was = below(table, old, byte), first = address & ~255u, entry;
	uint32_t at = position(block, first, 25);
	struct paint paint;

	if (!(old & RPOL_ROUTES4_WIDE) || !(was & RPOL_ROUTES4_NODE))
		return false;
	paint_deep(&paint, &block->routes[at],
		   at < block->count && block->routes[at].address >> 8 == first >> 8
			   ? paint_run(&block->routes[at], block->count - at)
			   : 0,
		   above_24(table, first));
	*rc = place(c, was, &paint, &entry);
	if (*rc || entry == was)
		return true;
	if (!(entry & RPOL_ROUTES4_NODE))
		return false;
	const struct rpol_routes4_node *node = node_at(table, old);

	*rc = store(c, (const uint32_t *)(node + 1) + index_of(node, byte), entry, false);
	if (!*rc)
		*rc = leave(c, was);
	return true;
}

/* Drops what is prepared. */
static void drop(struct routes4_change *c)
{
	for (size_t i = 0; i < c->ntaken; i++)
		pool_give(&c->table->pool, c->taken[i].granule, c->taken[i].granules);
	c->nstores = c->ntaken = c->nleft = 0;
}

/* Does what is prepared. On failure it is dropped. */
static int commit(struct routes4_change *c)
{
	struct pool *pool = &c->table->pool;
	int rc = pool_reserve(pool, c->nleft);

	if (rc) {
		drop(c);
		return rc;
	}
	for (size_t i = 0; i < c->nstores; i++) {
		void *at = c->table->image + c->stores[i].at;

		if (c->stores[i].narrow)
			__atomic_store_n((uint16_t *)at, (uint16_t)c->stores[i].value,
					 __ATOMIC_RELEASE);
		else
			__atomic_store_n((uint32_t *)at, c->stores[i].value, __ATOMIC_RELEASE);
	}
	for (size_t i = 0; i < c->nleft; i++)
		pool_defer(pool, c->left[i].granule, c->left[i].granules);
	c->nstores = c->ntaken = c->nleft = 0;
	pool_settle(pool);
	return 0;
}

static struct routes4_change *change_of(struct rpol_routes4 *table)
{
	if (!table->change)
		table->change = calloc(1, sizeof(*table->change));
	if (table->change)
		table->change->table = table;
	return table->change;
}

/* The image is as the table where the prefix is; on failure as it was. */
static int follow(struct rpol_routes4 *table, uint32_t address, uint8_t length)
{
	struct routes4_change *c;
	uint32_t block = address >> 16;
	int rc = 0;

	if (!table->image)
		return 0;
	c = change_of(table);
	if (!c)
		return -ENOMEM;
	if (length > 16) {
		uint32_t byte = address >> 8 & 255;

		if (length <= 24)
			rc = prepare_block(c, block, byte, byte | 255 >> (length - 16));
		else if (!prepare_deep(c, address, &rc))
			rc = prepare_block(c, block, byte, byte);
	} else {
		uint32_t prefix = (1u << length) + (uint32_t)((uint64_t)address >> (32 - length));
		uint32_t end = block + (1u << (16 - length));

		for (; !rc && block < end; block++) {
			uint32_t at = BLOCKS + block;

			while (at != prefix && !table->shorter[at])
				at >>= 1;
			if (at == prefix)
				rc = prepare_block(c, block, 0, 255);
		}
	}
	if (!rc)
		return commit(c);
	drop(c);
	return rc;
}

int routes4_follow_block(struct rpol_routes4 *table, uint32_t block)
{
	struct routes4_change *c = change_of(table);
	int rc = c ? prepare_block(c, block, 0, 255) : -ENOMEM;

	if (!rc)
		return commit(c);
	if (c)
		drop(c);
	return rc;
}

/* ---- the prefixes --------------------------------------------------------------------------- */

static int block_grow(struct rpol_routes4 *table, struct block *block)
{
	uint32_t room = block->count + block->count / 2 + 8;
	bool own = routes4_owns(table, block);
	struct rpol_route4 *more;

	if (block->count < block->room)
		return 0;
	more = realloc(own ? block->routes : NULL, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (!own && block->count)
		memcpy(more, block->routes, block->count * sizeof(*more));
	block->routes = more;
	block->room = room;
	return 0;
}

static void open_gap(struct block *block, uint32_t at, const struct rpol_route4 *route)
{
	memmove(&block->routes[at + 1], &block->routes[at],
		(block->count - at) * sizeof(*block->routes));
	block->routes[at] = *route;
	block->count++;
}

static void close_gap(struct block *block, uint32_t at)
{
	block->count--;
	memmove(&block->routes[at], &block->routes[at + 1],
		(block->count - at) * sizeof(*block->routes));
}

uint16_t rpol_routes4_find(const struct rpol_routes4 *table, uint32_t address, uint8_t length)
{
	struct rpol_route4 asked = {address, 1, length};

	if (!route4_valid(&asked))
		return 0;
	if (length <= 16)
		return *routes4_shorter(table, address, length);
	const struct block *block = &table->blocks[address >> 16];
	uint32_t at = position(block, address, length);

	return is_at(block, at, address, length) ? block->routes[at].value : 0;
}

/* Gives the prefix the value, 0: takes it out; and the image follows. On failure all is as before.
 */
static int change(struct rpol_routes4 *table, const struct rpol_route4 *route, uint16_t old)
{
	struct block *block = &table->blocks[route->address >> 16];
	uint16_t *value = NULL;
	uint32_t at = 0;
	int rc = 0;

	if (route->length <= 16) {
		value = routes4_shorter(table, route->address, route->length);
	} else {
		at = position(block, route->address, route->length);
		if (old && route->value)
			value = &block->routes[at].value;
		else if (old)
			close_gap(block, at);
		else if (!(rc = block_grow(table, block)))
			open_gap(block, at, route);
	}
	if (rc)
		return rc;
	if (value)
		*value = route->value;
	rc = follow(table, route->address, route->length);
	if (!rc) {
		table->count += !!route->value;
		table->count -= !!old;
	} else if (value) {
		*value = old;
	} else if (old) {
		open_gap(block, at, &(struct rpol_route4){route->address, old, route->length});
	} else {
		close_gap(block, at);
	}
	return rc;
}

int rpol_routes4_set(struct rpol_routes4 *table, const struct rpol_route4 *route)
{
	if (!route4_valid(route))
		return -EINVAL;
	uint16_t old = rpol_routes4_find(table, route->address, route->length);

	return old == route->value ? 0 : change(table, route, old);
}

int rpol_routes4_remove(struct rpol_routes4 *table, uint32_t address, uint8_t length)
{
	uint16_t old = rpol_routes4_find(table, address, length);

	return old ? change(table, &(struct rpol_route4){address, 0, length}, old) : -ENOENT;
}
