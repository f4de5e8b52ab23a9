/* routes6_set.c: the prefixes of a table in order, in leaves of at most LEAF_MAX, so that a change
 * moves few of them. Contract in routes6_table.h. */
#include "routes6_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LEAF_FILL = LEAF_MAX * 3 / 4 };

/* ---- filling -------------------------------------------------------------------------------- */

struct item {
	uint64_t high;
	uint32_t index; /* of the route */
};

/* By the first 64 bits, equal ones in their order: a counting sort of 16 bits at a time. Returns
 * the one of the two arrays that the sorted items are in. */
static struct item *sort_high(struct item *items, struct item *other, size_t count)
{
	for (unsigned shift = 0; shift < 64; shift += 16) {
		uint32_t *at = calloc(65536, sizeof(*at));
		struct item *swap = items;
		uint32_t sum = 0;

		if (!at)
			return NULL;
		for (size_t i = 0; i < count; i++)
			at[items[i].high >> shift & 0xffff]++;
		for (uint32_t digit = 0; digit < 65536; digit++) {
			uint32_t n = at[digit];

			at[digit] = sum;
			sum += n;
		}
		for (size_t i = 0; i < count; i++)
			other[at[items[i].high >> shift & 0xffff]++] = items[i];
		free(at);
		items = other;
		other = swap;
	}
	return items;
}

/* Those of one run with equal first bits, by the rest: a merge sort, which keeps equal ones in
 * their order. other: as large. */
static void sort_rest(const struct rpol_route6 *routes, struct item *items, size_t count,
		      struct item *other)
{
	size_t half = count / 2, left = 0, right = half, n = 0;

	if (count < 2)
		return;
	sort_rest(routes, items, half, other);
	sort_rest(routes, items + half, count - half, other);
	memcpy(other, items, half * sizeof(*items));
	while (left < half) {
		bool second = right < count && route6_before(&routes[items[right].index],
							     &routes[other[left].index]);

		items[n++] = second ? items[right++] : other[left++];
	}
}

static int new_leaf(struct set *set, size_t at)
{
	struct leaf *leaf;

	if (set->nleaves == set->room) {
		size_t room = set->room * 2 + 16;
		struct leaf **more = realloc(set->leaves, room * sizeof(struct leaf *));

		if (!more)
			return -ENOMEM;
		set->leaves = more;
		set->room = room;
	}
	leaf = malloc(sizeof(*leaf));
	if (!leaf)
		return -ENOMEM;
	leaf->count = 0;
	memmove(&set->leaves[at + 1], &set->leaves[at],
		(set->nleaves - at) * sizeof(struct leaf *));
	set->leaves[at] = leaf;
	set->nleaves++;
	return 0;
}

/* Appends the route, or puts it in the place of the equal one at the end. */
static int append(struct set *set, const struct rpol_route6 *route)
{
	struct leaf *leaf = set->nleaves ? set->leaves[set->nleaves - 1] : NULL;

	if (leaf && !route6_before(&leaf->routes[leaf->count - 1], route)) {
		leaf->routes[leaf->count - 1] = *route;
		return 0;
	}
	if (!leaf || leaf->count == LEAF_FILL) {
		if (new_leaf(set, set->nleaves))
			return -ENOMEM;
		leaf = set->leaves[set->nleaves - 1];
	}
	leaf->routes[leaf->count++] = *route;
	set->count++;
	return 0;
}

int set_fill(struct set *set, const struct rpol_route6 *routes, size_t count)
{
	struct rpol_memory memory;
	struct item *items, *other;
	int rc = 0;

	if (count > UINT32_MAX || rpol_memory_new(&memory, count * 2 * sizeof(*items)))
		return -ENOMEM;
	items = memory.bytes;
	other = items + count;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct item){routes[i].high, (uint32_t)i};
	items = sort_high(items, other, count);
	if (!items)
		rc = -ENOMEM;
	other = items == memory.bytes ? other : memory.bytes;
	for (size_t i = 0, n; i < count && !rc; i += n) {
		for (n = 1; i + n < count && items[i + n].high == items[i].high;)
			n++;
		sort_rest(routes, items + i, n, other);
		for (size_t k = i; k < i + n && !rc; k++)
			rc = append(set, &routes[items[k].index]);
	}
	rpol_memory_free(&memory);
	return rc;
}

void set_fini(struct set *set)
{
	for (size_t i = 0; i < set->nleaves; i++)
		free(set->leaves[i]);
	free(set->leaves);
	*set = (struct set){0};
}

/* ---- places --------------------------------------------------------------------------------- */

struct place {
	size_t leaf; /* nleaves: past all routes */
	uint32_t at; /* in the leaf */
};

/* Where the first route is that is not before the asked one. */
static struct place place_of(const struct set *set, const struct rpol_route6 *asked)
{
	size_t low = 0, high = set->nleaves;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct leaf *leaf = set->leaves[mid];

		if (route6_before(&leaf->routes[leaf->count - 1], asked))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == set->nleaves)
		return (struct place){low, 0};
	uint32_t first = 0, last = set->leaves[low]->count;

	while (first < last) {
		uint32_t mid = (first + last) / 2;

		if (route6_before(&set->leaves[low]->routes[mid], asked))
			first = mid + 1;
		else
			last = mid;
	}
	return (struct place){low, first};
}

static struct rpol_route6 *route_at(const struct set *set, struct place place)
{
	return place.leaf < set->nleaves ? &set->leaves[place.leaf]->routes[place.at] : NULL;
}

static bool is_equal(const struct rpol_route6 *a, const struct rpol_route6 *b)
{
	return a->high == b->high && a->low == b->low && a->length == b->length;
}

struct rpol_route6 *set_get(const struct set *set, const struct rpol_route6 *route)
{
	struct rpol_route6 *there = route_at(set, place_of(set, route));

	return there && is_equal(there, route) ? there : NULL;
}

/* ---- changes -------------------------------------------------------------------------------- */

/* Room for one more in the leaf of the place, which is not past all routes. */
static int split(struct set *set, struct place *place)
{
	struct leaf *leaf = set->leaves[place->leaf], *next;
	uint32_t half = LEAF_MAX / 2;

	if (leaf->count < LEAF_MAX)
		return 0;
	if (new_leaf(set, place->leaf + 1))
		return -ENOMEM;
	next = set->leaves[place->leaf + 1];
	memcpy(next->routes, leaf->routes + half, half * sizeof(*leaf->routes));
	next->count = leaf->count = half;
	if (place->at > half) {
		place->leaf++;
		place->at -= half;
	}
	return 0;
}

int set_add(struct set *set, const struct rpol_route6 *route)
{
	struct rpol_route6 *there;
	struct place place;
	struct leaf *leaf;

	if (!set->nleaves && new_leaf(set, 0))
		return -ENOMEM;
	place = set->count ? place_of(set, route) : (struct place){0, 0};
	if (place.leaf == set->nleaves) {
		place.leaf--;
		place.at = set->leaves[place.leaf]->count;
	}
	if (split(set, &place))
		return -ENOMEM;
	leaf = set->leaves[place.leaf];
	there = leaf->routes + place.at;
	memmove(there + 1, there, (leaf->count - place.at) * sizeof(*there));
	*there = *route;
	leaf->count++;
	set->count++;
	return 0;
}

void set_drop(struct set *set, const struct rpol_route6 *route)
{
	struct place place = place_of(set, route);
	struct rpol_route6 *there = route_at(set, place);
	struct leaf *leaf = set->leaves[place.leaf];

	memmove(there, there + 1, (--leaf->count - place.at) * sizeof(*there));
	set->count--;
	if (leaf->count)
		return;
	free(leaf);
	memmove(&set->leaves[place.leaf], &set->leaves[place.leaf + 1],
		(--set->nleaves - place.leaf) * sizeof(struct leaf *));
}

/* ---- questions ------------------------------------------------------------------------------ */

static struct rpol_route6 asked_of(addr128 address, unsigned length)
{
	return (struct rpol_route6){(uint64_t)(address >> 64), (uint64_t)address, 0,
				    (uint8_t)length};
}

/* The last route not after the asked one. */
static const struct rpol_route6 *floor_of(const struct set *set, const struct rpol_route6 *asked)
{
	struct place place = place_of(set, asked);
	const struct rpol_route6 *there = route_at(set, place);

	if (there && is_equal(there, asked))
		return there;
	if (place.at)
		return &set->leaves[place.leaf]->routes[place.at - 1];
	if (!place.leaf)
		return NULL;
	return &set->leaves[place.leaf - 1]->routes[set->leaves[place.leaf - 1]->count - 1];
}

static unsigned common_bits(addr128 a, addr128 b)
{
	uint64_t high = (uint64_t)((a ^ b) >> 64), low = (uint64_t)(a ^ b);

	return high ? (unsigned)__builtin_clzll(high)
		    : 64 + (low ? (unsigned)__builtin_clzll(low) : 64);
}

uint16_t set_find(const struct set *set, addr128 address, unsigned length)
{
	for (;;) {
		struct rpol_route6 asked = asked_of(address & ~tail_mask(length), length);
		const struct rpol_route6 *r = floor_of(set, &asked);

		if (!r)
			return 0;
		unsigned common = common_bits(address_of(r), address);

		if (common >= r->length && r->value)
			return r->value;
		if (common >= r->length && !r->length)
			return 0;
		/* What has the address and is before r has r, too. */
		length = common >= r->length ? r->length - 1u : common;
	}
}

size_t set_inside(const struct set *set, addr128 address, unsigned length, struct rpol_route6 *out,
		  size_t room)
{
	struct rpol_route6 asked = asked_of(address, length + 1);
	struct place place = place_of(set, &asked);
	size_t n = 0;

	for (const struct rpol_route6 *r;
	     (r = route_at(set, place)) && common_bits(address_of(r), address) >= length;) {
		if (r->length > length && r->value && n++ < room)
			out[n - 1] = *r;
		if (++place.at == set->leaves[place.leaf]->count)
			place = (struct place){place.leaf + 1, 0};
	}
	return n;
}
