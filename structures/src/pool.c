/* pool.c: best fit by lists of exact sizes; neighbours that are free become one. Contract in
 * pool.h. */
#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	LARGER = POOL_BLOCK_MAX + 1, /* the list of blocks that serve any request */
	DEFERRED_MAX = 20000, /* blocks; a grace period costs as much as thousands of changes */
};

/* The record at a free block's beginning; its size is also the block's last number. A block of one
 * granule has no more than these two, and is in no list. */
struct record {
	uint32_t size;
	uint32_t next; /* block + 1 */
	uint32_t previous;
};

static struct record *record(const struct pool *pool, uint32_t granule)
{
	return (struct record *)(pool->bytes + (size_t)granule * POOL_GRANULE);
}

static uint32_t *last_number(const struct pool *pool, uint32_t end)
{
	return (uint32_t *)(pool->bytes + (size_t)end * POOL_GRANULE) - 1;
}

static bool is_free(const struct pool *pool, uint32_t granule)
{
	return pool->free[granule / 64] >> granule % 64 & 1;
}

/* A free block's first and last granule are marked: its neighbours ask for no others. */
static void mark(struct pool *pool, uint32_t granule, bool free)
{
	uint64_t bit = 1ull << granule % 64;

	pool->free[granule / 64] =
		free ? pool->free[granule / 64] | bit : pool->free[granule / 64] & ~bit;
}

static uint32_t list_of(uint32_t granules)
{
	return granules < LARGER ? granules : LARGER;
}

static void link_block(struct pool *pool, uint32_t granule, uint32_t granules)
{
	uint32_t list = list_of(granules);
	struct record *r = record(pool, granule);

	mark(pool, granule, true);
	mark(pool, granule + granules - 1, true);
	r->size = granules;
	*last_number(pool, granule + granules) = granules;
	if (granules == 1)
		return;
	r->next = pool->first[list];
	r->previous = 0;
	if (r->next)
		record(pool, r->next - 1)->previous = granule + 1;
	pool->first[list] = granule + 1;
	pool->filled[list / 64] |= 1ull << list % 64;
}

static void unlink_block(struct pool *pool, uint32_t granule)
{
	struct record *r = record(pool, granule);
	uint32_t list = list_of(r->size);

	mark(pool, granule, false);
	mark(pool, granule + r->size - 1, false);
	if (r->size == 1)
		return;
	if (r->next)
		record(pool, r->next - 1)->previous = r->previous;
	if (r->previous)
		record(pool, r->previous - 1)->next = r->next;
	else
		pool->first[list] = r->next;
	if (!pool->first[list])
		pool->filled[list / 64] &= ~(1ull << list % 64);
}

int pool_init(struct pool *pool, void *bytes, uint32_t granules, const struct rpol_grace *grace)
{
	*pool = (struct pool){.bytes = bytes, .granules = granules};
	if (grace)
		pool->grace = *grace;
	pool->free = calloc((size_t)granules / 64 + 1, sizeof(*pool->free));
	return pool->free ? 0 : -ENOMEM;
}

void pool_fini(struct pool *pool)
{
	free(pool->free);
	free(pool->deferred);
	*pool = (struct pool){0};
}

void pool_give(struct pool *pool, uint32_t granule, uint32_t granules)
{
	uint32_t end = granule + granules;

	if (!granules)
		return;
	assert(end <= pool->granules && !is_free(pool, granule) && !is_free(pool, end - 1));
	pool->open += granules;
	if (granule && is_free(pool, granule - 1)) {
		granule -= *last_number(pool, granule);
		unlink_block(pool, granule);
	}
	if (end < pool->granules && is_free(pool, end)) {
		uint32_t more = record(pool, end)->size;

		unlink_block(pool, end);
		end += more;
	}
	link_block(pool, granule, end - granule);
}

/* Waits, then gives what was deferred. */
static int settle(struct pool *pool)
{
	int rc = pool->grace.wait ? pool->grace.wait(pool->grace.arg) : 0;

	if (rc)
		return rc;
	pool->graces++;
	for (size_t i = 0; i < pool->ndeferred; i++)
		pool_give(pool, pool->deferred[i].granule, pool->deferred[i].granules);
	pool->ndeferred = 0;
	pool->waiting = 0;
	return 0;
}

int pool_reserve(struct pool *pool, size_t blocks)
{
	size_t room = pool->ndeferred + blocks;

	if (room <= pool->room)
		return 0;
	room = room < DEFERRED_MAX + POOL_BLOCK_MAX ? DEFERRED_MAX + POOL_BLOCK_MAX : room * 2;
	struct pool_block *more = realloc(pool->deferred, room * sizeof(*more));

	if (!more)
		return -ENOMEM;
	pool->deferred = more;
	pool->room = room;
	return 0;
}

void pool_defer(struct pool *pool, uint32_t granule, uint32_t granules)
{
	assert(pool->ndeferred < pool->room);
	pool->deferred[pool->ndeferred++] = (struct pool_block){granule, granules};
	pool->waiting += granules;
}

void pool_settle(struct pool *pool)
{
	if (!pool->grace.wait || pool->ndeferred >= DEFERRED_MAX)
		(void)settle(pool);
}

static uint32_t list_with(const struct pool *pool, uint32_t granules)
{
	for (uint32_t word = granules / 64, from = granules % 64; word <= LARGER / 64;
	     word++, from = 0) {
		uint64_t lists = pool->filled[word] >> from << from;

		if (lists)
			return word * 64 + (uint32_t)__builtin_ctzll(lists);
	}
	return 0;
}

int pool_take(struct pool *pool, uint32_t granules, uint32_t *granule)
{
	uint32_t list;

	assert(granules > 1 && granules <= POOL_BLOCK_MAX);
	while (!(list = list_with(pool, granules))) {
		if (!pool->ndeferred)
			return -ENOSPC;
		int rc = settle(pool);

		if (rc)
			return rc;
	}
	uint32_t found = pool->first[list] - 1;
	uint32_t size = record(pool, found)->size;

	unlink_block(pool, found);
	if (size > granules)
		link_block(pool, found + granules, size - granules);
	pool->open -= granules;
	*granule = found;
	return 0;
}

/* Granules of the largest free block. */
static uint32_t largest(const struct pool *pool)
{
	uint32_t largest = 0;

	for (uint32_t list = LARGER; list && !largest; list--)
		for (uint32_t at = pool->first[list]; at; at = record(pool, at - 1)->next)
			largest = record(pool, at - 1)->size > largest ? record(pool, at - 1)->size
								       : largest;
	return largest;
}

void pool_give_rest(struct pool *pool, const uint64_t *used)
{
	uint32_t start = 0;

	for (uint32_t g = 0; g <= pool->granules; g++) {
		if (g < pool->granules && !(used[g / 64] >> g % 64 & 1))
			continue;
		pool_give(pool, start, g - start);
		start = g + 1;
	}
}

void pool_room(const struct pool *pool, struct rpol_room *out)
{
	*out = (struct rpol_room){
		.pool = (size_t)pool->granules * POOL_GRANULE,
		.used = (size_t)(pool->granules - pool->open - pool->waiting) * POOL_GRANULE,
		.deferred = (size_t)pool->waiting * POOL_GRANULE,
		.open = (size_t)pool->open * POOL_GRANULE,
		.largest = (size_t)largest(pool) * POOL_GRANULE,
		.graces = pool->graces,
	};
}
