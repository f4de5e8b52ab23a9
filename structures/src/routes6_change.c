/* routes6_change.c: changes to an image that programs read. The smallest entry that has the whole
 * prefix, or the entries of a page that the prefix covers, are made anew from the prefixes below.
 * All new nodes are written first, where no entry leads yet; then the entries are stored, each by
 * one aligned store; then the old nodes wait for a grace period. Contract in rpol/routes6.h. */
#include "routes6_table.h"

#include <errno.h>
#include <stdlib.h>

/* Neighbouring entries to be made anew: those of the address and of so many after it. */
struct target {
	uint32_t *entries;
	uint32_t count;
	unsigned bits; /* of the address that lead to one entry */
	addr128 address;
};

static struct target target_of(const struct rpol_routes6 *table, const struct rpol_route6 *route)
{
	uint32_t *entries = (uint32_t *)(table->image + RPOL_ROUTES6_ROOT);
	addr128 address = address_of(route);
	unsigned bits = 16;

	entries += route->high >> 48;
	while (route->length > bits + 8 && (*entries & RPOL_ROUTES6_NODE) &&
	       (*entries & RPOL_ROUTES6_KIND) == RPOL_ROUTES6_PAGE) {
		entries = node_at(table->pool.bytes, *entries) + (uint8_t)(address >> (120 - bits));
		bits += 8;
	}
	return (struct target){.entries = entries,
			       .count = route->length < bits ? 1u << (bits - route->length) : 1,
			       .bits = bits,
			       .address = address & ~tail_mask(bits)};
}

/* The entry of address/bits as the prefixes are now. */
static uint32_t make(struct rpol_routes6 *table, struct sink *sink, addr128 address, unsigned bits)
{
	size_t n = set_inside(&table->set, address, bits, table->scratch, table->scratch_room);

	if (n > table->scratch_room) {
		struct rpol_route6 *more = realloc(table->scratch, n * 2 * sizeof(*more));

		if (!more) {
			sink->error = -ENOMEM;
			return 0;
		}
		table->scratch = more;
		table->scratch_room = n * 2;
		set_inside(&table->set, address, bits, more, n);
	}
	return node_make(sink, table->scratch, n, bits, set_find(&table->set, address, bits));
}

struct leaving {
	struct pool *pool;
	size_t n;
	bool counting;
};

static void leave(void *arg, uint32_t granule, uint32_t granules)
{
	struct leaving *leaving = arg;

	leaving->n++;
	if (!leaving->counting)
		pool_defer(leaving->pool, granule, granules);
}

/* The image's entries are as the table is; on failure they are as they were. */
static int remake(struct rpol_routes6 *table, const struct target *target)
{
	struct sink sink = {.bytes = table->pool.bytes, .pool = &table->pool};
	struct leaving leaving = {.pool = &table->pool, .counting = true};
	uint32_t *made = malloc(target->count * sizeof(*made));

	if (!made)
		return -ENOMEM;
	for (uint32_t i = 0; i < target->count && !sink.error; i++) {
		addr128 address = target->address + ((addr128)i << (128 - target->bits));

		made[i] = make(table, &sink, address, target->bits);
		node_each(table->pool.bytes, target->entries[i], leave, &leaving);
	}
	if (!sink.error)
		sink.error = pool_reserve(&table->pool, leaving.n);
	leaving.counting = false;
	for (uint32_t i = 0; i < target->count && !sink.error; i++) {
		uint32_t old = target->entries[i];

		__atomic_store_n(&target->entries[i], made[i], __ATOMIC_RELEASE);
		node_each(table->pool.bytes, old, leave, &leaving);
	}
	for (size_t i = 0; i < sink.ntaken && sink.error; i++)
		pool_give(&table->pool, sink.taken[i].granule, sink.taken[i].granules);
	if (!sink.error)
		pool_settle(&table->pool);
	free(sink.taken);
	free(made);
	return sink.error;
}

int routes6_remake(struct rpol_routes6 *table, uint32_t block)
{
	struct target target = {.entries = (uint32_t *)(table->image + RPOL_ROUTES6_ROOT) + block,
				.count = 1,
				.bits = 16,
				.address = (addr128)block << 112};

	return remake(table, &target);
}

/* The image follows the table, where the route is. */
static int follow(struct rpol_routes6 *table, const struct rpol_route6 *route)
{
	if (!table->image)
		return 0;
	struct target target = target_of(table, route);

	return remake(table, &target);
}

int rpol_routes6_set(struct rpol_routes6 *table, const struct rpol_route6 *route)
{
	struct rpol_route6 *there;
	int rc;

	if (!route6_valid(route))
		return -EINVAL;
	there = set_get(&table->set, route);
	if (there) {
		uint16_t old = there->value;

		there->value = route->value;
		rc = old == route->value ? 0 : follow(table, route);
		if (rc)
			there->value = old;
		return rc;
	}
	rc = set_add(&table->set, route);
	if (rc)
		return rc;
	rc = follow(table, route);
	if (rc)
		set_drop(&table->set, route);
	return rc;
}

int rpol_routes6_remove(struct rpol_routes6 *table, const struct rpol_route6 *route)
{
	struct rpol_route6 *there = set_get(&table->set, route);
	uint16_t old;
	int rc;

	if (!there)
		return -ENOENT;
	old = there->value;
	there->value = 0;
	rc = follow(table, route);
	if (rc)
		there->value = old;
	else
		set_drop(&table->set, route);
	return rc;
}
