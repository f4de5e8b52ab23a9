/* routes6.c: an IPv6 longest-prefix table is made of a list of prefixes, and an image of a table.
 * Changes to an image are routes6_change.c. Contract in rpol/routes6.h. */
#include "routes6_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = RPOL_ROUTES6_BLOCKS };

int rpol_routes6_new(struct rpol_routes6 **out, const struct rpol_route6 *routes, size_t count)
{
	struct rpol_routes6 *table;
	int rc;

	for (size_t i = 0; i < count; i++)
		if (!route6_valid(&routes[i]))
			return -EINVAL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	rc = set_fill(&table->set, routes, count);
	if (rc)
		rpol_routes6_free(table);
	else
		*out = table;
	return rc;
}

void rpol_routes6_free(struct rpol_routes6 *table)
{
	if (!table)
		return;
	set_fini(&table->set);
	pool_fini(&table->pool);
	free(table->scratch);
	free(table);
}

uint16_t rpol_routes6_find(const struct rpol_routes6 *table, const struct rpol_route6 *route)
{
	const struct rpol_route6 *there = set_get(&table->set, route);

	return there ? there->value : 0;
}

size_t rpol_routes6_count(const struct rpol_routes6 *table)
{
	return table->set.count;
}

void rpol_routes6_list(const struct rpol_routes6 *table, struct rpol_route6 *out)
{
	for (size_t i = 0; i < table->set.nleaves; i++) {
		const struct leaf *leaf = table->set.leaves[i];

		memcpy(out, leaf->routes, leaf->count * sizeof(*out));
		out += leaf->count;
	}
}

/* ---- the image ------------------------------------------------------------------------------ */

int routes6_write_all(const struct rpol_routes6 *table, struct sink *sink, uint32_t *root)
{
	size_t count = table->set.count;
	struct rpol_route6 *routes;
	struct rpol_memory memory;
	uint32_t *entries;

	if (rpol_memory_new(&memory, BLOCKS * sizeof(*entries) + count * sizeof(*routes)))
		return -ENOMEM;
	entries = memory.bytes;
	routes = (void *)(entries + BLOCKS);
	rpol_routes6_list(table, routes);
	for (size_t i = 0; i < count;) {
		uint32_t block = (uint32_t)(routes[i].high >> 48);
		size_t n = 0;

		if (routes[i].length <= 16) {
			for (uint32_t k = 0; k < 1u << (16 - routes[i].length); k++)
				entries[block + k] = routes[i].value;
			i++;
			continue;
		}
		while (i + n < count && routes[i + n].length > 16 &&
		       routes[i + n].high >> 48 == block)
			n++;
		entries[block] = node_make(sink, &routes[i], n, 16, entries[block]);
		i += n;
	}
	if (root)
		memcpy(root, entries, BLOCKS * sizeof(*entries));
	rpol_memory_free(&memory);
	return 0;
}

size_t rpol_routes6_size(const struct rpol_routes6 *table, unsigned headroom)
{
	struct sink sink = {0};

	if (routes6_write_all(table, &sink, NULL))
		return 0;
	uint64_t granules = sink.granules + (sink.granules * headroom + 99) / 100;

	return RPOL_ROUTES6_SIZE_MIN + granules * POOL_GRANULE;
}

size_t rpol_routes6_plan(uint32_t routes)
{
	/* Alone, a prefix is a node or two; the more there are, the more share one. */
	enum { ALONE = 128, AMONG = 12, FEW = 8192 };
	size_t few = routes < FEW ? routes : FEW;
	size_t pool = (ALONE * few + (size_t)AMONG * routes) / 2 * 5;

	if (pool > RPOL_ROUTES6_SIZE_MAX - RPOL_ROUTES6_SIZE_MIN)
		return RPOL_ROUTES6_SIZE_MAX;
	return RPOL_ROUTES6_SIZE_MIN + pool;
}

int rpol_routes6_write(struct rpol_routes6 *table, struct rpol_memory memory,
		       const struct rpol_grace *grace)
{
	struct rpol_routes6_header *header = memory.bytes;
	unsigned char *bytes = memory.bytes;
	struct sink sink = {0};
	struct pool pool;

	if (memory.size > RPOL_ROUTES6_SIZE_MAX)
		return -EFBIG;
	if (memory.size < RPOL_ROUTES6_SIZE_MIN)
		return -ENOSPC;
	uint32_t granules = (uint32_t)((memory.size - RPOL_ROUTES6_SIZE_MIN) / POOL_GRANULE);

	sink.bytes = bytes + RPOL_ROUTES6_POOL;
	sink.room = granules;
	int rc = pool_init(&pool, sink.bytes, granules, grace);

	if (rc)
		return rc;
	*header = (struct rpol_routes6_header){
		RPOL_ROUTES6_MAGIC, RPOL_ROUTES6_VERSION, granules, {0}};
	rc = routes6_write_all(table, &sink, (uint32_t *)(bytes + RPOL_ROUTES6_ROOT));
	if (!rc && sink.granules > granules)
		rc = -ENOSPC;
	if (rc) {
		pool_fini(&pool);
		return rc;
	}
	pool_give(&pool, (uint32_t)sink.granules, granules - (uint32_t)sink.granules);
	pool_fini(&table->pool);
	table->pool = pool;
	table->image = bytes;
	return 0;
}

void rpol_routes6_room(const struct rpol_routes6 *table, struct rpol_room *out)
{
	pool_room(&table->pool, out);
}
