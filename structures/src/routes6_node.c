/* routes6_node.c: prefixes below one entry become nodes. Contract in routes6_table.h, bytes in
 * routes6_layout.h.
 *
 * The next 32 bits are cut into ranges of equal answers. At most 256 ranges are one node; more are
 * spread over a page by the next 8 bits, and each part begins anew. */
#include "routes6_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FEW = 8,
	SOME = 16,
	BLOCKS_NARROW = 16,
	BLOCKS_WIDE = 15, /* the pool's largest block has no room for 16 */
	RANGES = SOME * BLOCKS_NARROW,
	PAGE = 256,
};

/* Ranges of 32 bits in order: the last key of each and its entry. */
struct ranges {
	uint32_t n;
	bool wide; /* any entry leads to a node */
	uint32_t last[RANGES];
	uint32_t entry[RANGES];
	bool full; /* there were more */
};

static uint32_t key_of(const struct rpol_route6 *r, unsigned bits)
{
	return (uint32_t)(address_of(r) << bits >> 96);
}

/* Goes on to the key, included, with the entry. */
static void add_range(struct ranges *ranges, uint32_t last, uint32_t entry)
{
	uint32_t n = ranges->n;

	if (n && ranges->entry[n - 1] == entry && !(entry & RPOL_ROUTES6_NODE)) {
		ranges->last[n - 1] = last;
		return;
	}
	if (n == RANGES) {
		ranges->full = true;
		return;
	}
	ranges->last[n] = last;
	ranges->entry[n] = entry;
	ranges->wide |= entry & RPOL_ROUTES6_NODE;
	ranges->n++;
}

/* How many of the routes are past the 32 bits and agree in them with the first: 0 when that is not
 * past. */
static size_t deep_run(const struct rpol_route6 *routes, size_t count, unsigned bits)
{
	uint32_t key = key_of(routes, bits);
	size_t n = 0;

	while (n < count && routes[n].length > bits + 32 && key_of(&routes[n], bits) == key)
		n++;
	return n;
}

/* Cuts into ranges; stops when there are too many. sink: NULL to see only whether there are: what
 * is deeper counts as a node then. */
static void cut(struct ranges *ranges, struct sink *sink, const struct rpol_route6 *routes,
		size_t count, unsigned bits, uint32_t inherited)
{
	/* The prefixes that the place is in; each ends not after the one before. */
	struct {
		uint32_t last, value;
	} within[34] = {{UINT32_MAX, inherited}};
	int depth = 0;
	uint64_t at = 0; /* the first key that has no range yet */

	ranges->n = 0;
	ranges->full = ranges->wide = false;
	for (size_t i = 0; i < count && !ranges->full;) {
		const struct rpol_route6 *r = &routes[i];
		uint32_t first = key_of(r, bits);
		size_t deep = deep_run(r, count - i, bits);

		for (; within[depth].last < first; depth--)
			if (at <= within[depth].last) {
				add_range(ranges, within[depth].last, within[depth].value);
				at = (uint64_t)within[depth].last + 1;
			}
		if (at < first) {
			add_range(ranges, first - 1, within[depth].value);
			at = first;
		}
		if (!deep) {
			unsigned below = bits + 32 - r->length;

			within[++depth].value = r->value;
			within[depth].last =
				first | (below < 32 ? (uint32_t)((1ull << below) - 1) : UINT32_MAX);
			i++;
			continue;
		}
		uint32_t entry = sink ? node_make(sink, r, deep, bits + 32, within[depth].value)
				      : RPOL_ROUTES6_NODE;

		add_range(ranges, first, entry);
		at = (uint64_t)first + 1;
		i += deep;
	}
	for (; depth >= 0; depth--)
		if (at <= within[depth].last) {
			add_range(ranges, within[depth].last, within[depth].value);
			at = (uint64_t)within[depth].last + 1;
		}
	ranges->full |= ranges->wide && ranges->n > SOME * BLOCKS_WIDE;
}

/* ---- bytes of nodes ------------------------------------------------------------------------- */

/* Room for a node; its granule, or an error in the sink and any. */
static uint32_t take(struct sink *sink, uint32_t granules)
{
	uint32_t granule = (uint32_t)sink->granules & RPOL_ROUTES6_GRANULE;

	sink->granules += granules;
	if (!sink->pool || sink->error)
		return granule;
	if (sink->ntaken == sink->taken_room) {
		size_t room = sink->taken_room ? sink->taken_room * 2 : 64;
		struct pool_block *more = realloc(sink->taken, room * sizeof(*more));

		if (!more) {
			sink->error = -ENOMEM;
			return 0;
		}
		sink->taken = more;
		sink->taken_room = room;
	}
	sink->error = pool_take(sink->pool, granules, &granule);
	if (!sink->error)
		sink->taken[sink->ntaken++] = (struct pool_block){granule, granules};
	return granule;
}

static uint32_t put(struct sink *sink, const void *bytes, size_t size, uint32_t kind)
{
	uint32_t granules = (uint32_t)((size + POOL_GRANULE - 1) / POOL_GRANULE);
	uint32_t granule = take(sink, granules);

	if (!sink->error && (sink->pool || sink->granules <= sink->room))
		memcpy(sink->bytes + (size_t)granule * POOL_GRANULE, bytes, size);
	return RPOL_ROUTES6_NODE | kind | granule;
}

/* Writes the ranges from the one given on as a block of n; its bytes. */
static size_t write_block(void *at, const struct ranges *ranges, uint32_t from, uint32_t n)
{
	uint32_t *last = at;

	for (uint32_t i = 0; i < n; i++) {
		bool there = from + i < ranges->n;
		uint32_t entry = there ? ranges->entry[from + i] : 0;

		last[i] = there ? ranges->last[from + i] : UINT32_MAX;
		if (ranges->wide)
			last[n + i] = entry;
		else
			((uint16_t *)(last + n))[i] = (uint16_t)entry;
	}
	return n * (ranges->wide ? 8 : 6);
}

static uint32_t put_ranges(struct sink *sink, const struct ranges *ranges)
{
	uint32_t wide = ranges->wide ? RPOL_ROUTES6_WIDE : 0, node[RPOL_ROUTES6_SLACK / 4];
	size_t size = RPOL_ROUTES6_INDEX;

	if (ranges->n == 1 && !wide)
		return ranges->entry[0];
	if (ranges->n <= FEW)
		return put(sink, node, write_block(node, ranges, 0, FEW), RPOL_ROUTES6_FEW | wide);
	if (ranges->n <= SOME)
		return put(sink, node, write_block(node, ranges, 0, SOME),
			   RPOL_ROUTES6_SOME | wide);
	for (uint32_t i = 0; i < BLOCKS_NARROW; i++) {
		uint32_t end = (i + 1) * SOME;

		node[i] = end < ranges->n ? ranges->last[end - 1] : UINT32_MAX;
		if (i * SOME < ranges->n)
			size += write_block((char *)node + size, ranges, i * SOME, SOME);
	}
	return put(sink, node, size, RPOL_ROUTES6_MANY | wide);
}

static uint32_t put_page(struct sink *sink, const struct rpol_route6 *routes, size_t count,
			 unsigned bits, uint32_t inherited)
{
	uint32_t values[PAGE];

	for (uint32_t i = 0; i < PAGE; i++)
		values[i] = inherited;
	for (size_t i = 0; i < count;) {
		uint32_t slot = key_of(&routes[i], bits) >> 24;
		size_t n = 0;

		if (routes[i].length <= bits + 8) {
			uint32_t covers = 1u << (bits + 8 - routes[i].length);

			for (uint32_t s = slot; s < slot + covers; s++)
				values[s] = routes[i].value;
			i++;
			continue;
		}
		while (i + n < count && routes[i + n].length > bits + 8 &&
		       key_of(&routes[i + n], bits) >> 24 == slot)
			n++;
		values[slot] = node_make(sink, &routes[i], n, bits + 8, values[slot]);
		i += n;
	}
	return put(sink, values, sizeof(values), RPOL_ROUTES6_PAGE);
}

uint32_t node_make(struct sink *sink, const struct rpol_route6 *routes, size_t count, unsigned bits,
		   uint32_t inherited)
{
	struct ranges ranges;

	if (!count)
		return inherited;
	cut(&ranges, NULL, routes, count, bits, inherited);
	if (ranges.full) {
		assert(bits < 120);
		return put_page(sink, routes, count, bits, inherited);
	}
	if (ranges.wide)
		cut(&ranges, sink, routes, count, bits, inherited);
	return put_ranges(sink, &ranges);
}

/* ---- nodes that are there ------------------------------------------------------------------- */

struct shape node_shape(const uint32_t *node, uint32_t entry)
{
	bool wide = entry & RPOL_ROUTES6_WIDE;
	uint32_t n = SOME, index = 0, blocks = 1;

	switch (entry & RPOL_ROUTES6_KIND) {
	case RPOL_ROUTES6_PAGE:
		return (struct shape){PAGE * 4 / POOL_GRANULE, 1, PAGE, 0, PAGE};
	case RPOL_ROUTES6_FEW:
		n = FEW;
		break;
	case RPOL_ROUTES6_MANY:
		index = SOME;
		while (blocks < BLOCKS_NARROW && node[blocks - 1] != UINT32_MAX)
			blocks++;
		break;
	default:
		break;
	}
	return (struct shape){(index * 4 + blocks * n * (wide ? 8 : 6)) / POOL_GRANULE,
			      wide ? blocks : 0, n, index + n, 2 * n};
}

void node_each(const unsigned char *bytes, uint32_t entry,
	       void (*each)(void *arg, uint32_t granule, uint32_t granules), void *arg)
{
	const uint32_t *node = node_at(bytes, entry);
	struct shape shape;

	if (!(entry & RPOL_ROUTES6_NODE))
		return;
	shape = node_shape(node, entry);
	for (uint32_t b = 0; b < shape.blocks; b++)
		for (uint32_t i = 0; i < shape.n; i++)
			node_each(bytes, node[shape.first + b * shape.stride + i], each, arg);
	each(arg, entry & RPOL_ROUTES6_GRANULE, shape.granules);
}
