/* routes4.c: an IPv4 longest-prefix table is made of a list of prefixes, and an image of a table.
 * Changes to an image are routes4_change.c. Contract in rpol/routes4.h. */
#include "routes4_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- the table ------------------------------------------------------------------------------ */

/* Memory of the size or more, in large pages where the system has them: it is filled in no order.
 */
static void *bulk_new(size_t size)
{
	enum { LARGE = 2 << 20 };
	size_t whole = (size + LARGE - 1) / LARGE * LARGE;

	if (size < LARGE)
		return malloc(size + 1);
	void *bytes = aligned_alloc(LARGE, whole);

	if (bytes)
		(void)madvise(bytes, whole, MADV_HUGEPAGE);
	return bytes;
}

static inline uint32_t order(const struct rpol_route4 *r)
{
	return (r->address & 0xffff) << 8 | r->length;
}

/* Sorts the prefixes of one /16; equal ones stay in their order. Quick when little is out of it.
 * other: as large. */
static void sort(struct rpol_route4 *routes, size_t count, struct rpol_route4 *other)
{
	size_t half = count / 2, left = 0, right = half, n = 0;

	if (count <= 48) {
		for (size_t i = 1; i < count; i++) {
			struct rpol_route4 r = routes[i];
			size_t at = i;

			for (; at && order(&routes[at - 1]) > order(&r); at--)
				routes[at] = routes[at - 1];
			routes[at] = r;
		}
		return;
	}
	sort(routes, half, other);
	sort(routes + half, count - half, other);
	if (order(&routes[half - 1]) <= order(&routes[half]))
		return;
	memcpy(other, routes, half * sizeof(*routes));
	while (left < half)
		routes[n++] = right == count || order(&other[left]) <= order(&routes[right])
				      ? other[left++]
				      : routes[right++];
}

/* Of equal prefixes, which are beside each other, keeps the last. */
static void keep_last(struct block *block)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < block->count; i++) {
		if (i + 1 == block->count ||
		    order(&block->routes[i]) != order(&block->routes[i + 1]))
			block->routes[n++] = block->routes[i];
	}
	block->count = n;
}

/* Puts the prefixes where they belong, into bulk those past /16, and counts them. */
static int spread(struct rpol_routes4 *table, const struct rpol_route4 *routes, size_t count)
{
	uint32_t *end = calloc(BLOCKS, sizeof(*end)); /* of each block in bulk, as far as filled */
	struct rpol_route4 *other = NULL;
	uint32_t sum = 0, largest = 0;

	if (!end)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (routes[i].length > 16)
			end[routes[i].address >> 16]++;
		else
			*routes4_shorter(table, routes[i].address, routes[i].length) =
				routes[i].value;
	}
	for (uint32_t i = 0; i < BLOCKS; i++) {
		struct block *block = &table->blocks[i];

		block->routes = table->bulk + sum;
		block->count = block->room = end[i];
		end[i] = sum;
		sum += block->count;
		largest = block->count > largest ? block->count : largest;
	}
	for (size_t i = 0; i < count; i++)
		if (routes[i].length > 16)
			table->bulk[end[routes[i].address >> 16]++] = routes[i];
	free(end);
	other = malloc((largest + 1) * sizeof(*other));
	if (!other)
		return -ENOMEM;
	for (uint32_t i = 0; i < BLOCKS; i++) {
		sort(table->blocks[i].routes, table->blocks[i].count, other);
		keep_last(&table->blocks[i]);
		table->count += table->blocks[i].count;
	}
	for (uint32_t i = 1; i < 2 * BLOCKS; i++)
		table->count += !!table->shorter[i];
	free(other);
	return 0;
}

int rpol_routes4_new(struct rpol_routes4 **out, const struct rpol_route4 *routes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!route4_valid(&routes[i]))
			return -EINVAL;
	struct rpol_routes4 *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->bulk = bulk_new(count * sizeof(*routes));
	table->bulk_count = count;
	if (count > UINT32_MAX || !table->bulk || spread(table, routes, count)) {
		rpol_routes4_free(table);
		return -ENOMEM;
	}
	*out = table;
	return 0;
}

void routes4_forget(struct rpol_routes4 *table)
{
	table->image = NULL;
	pool_fini(&table->pool);
}

void rpol_routes4_free(struct rpol_routes4 *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < BLOCKS; i++)
		if (routes4_owns(table, &table->blocks[i]))
			free(table->blocks[i].routes);
	free(table->bulk);
	routes4_forget(table);
	routes4_change_free(table);
	free(table);
}

uint16_t routes4_inherited(const struct rpol_routes4 *table, uint32_t block)
{
	for (uint32_t at = BLOCKS + block; at; at >>= 1)
		if (table->shorter[at])
			return table->shorter[at];
	return 0;
}

size_t rpol_routes4_count(const struct rpol_routes4 *table)
{
	return table->count;
}

void rpol_routes4_list(const struct rpol_routes4 *table, struct rpol_route4 *out)
{
	for (uint32_t i = 0; i < BLOCKS; i++) {
		const struct block *block = &table->blocks[i];
		uint32_t zeros = i ? (uint32_t)__builtin_ctz(i) : 16; /* at the end of i */

		for (uint8_t length = (uint8_t)(16 - zeros); length <= 16; length++) {
			uint16_t value = *routes4_shorter(table, i << 16, length);

			if (value)
				*out++ = (struct rpol_route4){i << 16, value, length};
		}
		if (block->count)
			memcpy(out, block->routes, block->count * sizeof(*out));
		out += block->count;
	}
}

/* ---- the image ------------------------------------------------------------------------------ */

/* Where nodes go, one after the other: written as far as there is room, and measured beyond. */
struct image {
	unsigned char *pool;
	uint64_t room;	   /* granules */
	uint64_t granules; /* needed so far */
};

/* The entry of the painted values: one of them when they are all the same, else a new node. */
static uint32_t append(struct image *image, const struct paint *paint)
{
	struct node node;
	uint64_t at = image->granules;

	node_of(&node, paint);
	if (node.count == 1)
		return node.value[0];
	image->granules += node_granules(node.count, node.wide);
	if (image->granules <= image->room)
		node_write(&node, image->pool + at * POOL_GRANULE);
	return RPOL_ROUTES4_NODE | (node.wide ? RPOL_ROUTES4_WIDE : 0) |
	       ((uint32_t)at & RPOL_ROUTES4_GRANULE);
}

static uint32_t append_deep(void *image, uint32_t byte, const struct paint *paint)
{
	(void)byte;
	return append(image, paint);
}

static uint32_t append_block(struct image *image, const struct block *block, uint32_t inherited)
{
	struct paint paint;

	if (!block->count)
		return inherited;
	paint_block(&paint, block, inherited, append_deep, image);
	return append(image, &paint);
}

/* Writes or measures the whole image. root: NULL to measure. */
static void append_all(const struct rpol_routes4 *table, struct image *image, uint32_t *root)
{
	for (uint32_t i = 0; i < BLOCKS; i++) {
		uint32_t entry =
			append_block(image, &table->blocks[i], routes4_inherited(table, i));

		if (root)
			root[i] = entry;
	}
}

size_t rpol_routes4_size(const struct rpol_routes4 *table, unsigned headroom)
{
	struct image image = {0};

	append_all(table, &image, NULL);
	uint64_t granules = image.granules + (image.granules * headroom + 99) / 100;

	return RPOL_ROUTES4_SIZE_MIN + granules * POOL_GRANULE;
}

size_t rpol_routes4_plan(uint32_t routes)
{
	/* Alone in its /16, a prefix is two nodes; the more there are, the more share one. */
	enum { ALONE = 104, AMONG = 4, FEW = 8192 };
	size_t few = routes < FEW ? routes : FEW;
	size_t pool = 2 * (ALONE * few + (size_t)AMONG * routes);

	if (pool > RPOL_ROUTES4_SIZE_MAX - RPOL_ROUTES4_SIZE_MIN)
		return RPOL_ROUTES4_SIZE_MAX;
	return RPOL_ROUTES4_SIZE_MIN + pool;
}

int rpol_routes4_write(struct rpol_routes4 *table, struct rpol_memory memory,
		       const struct rpol_grace *grace)
{
	struct rpol_routes4_header *header = memory.bytes;
	struct image image = {0};
	struct pool pool;

	if (memory.size > RPOL_ROUTES4_SIZE_MAX)
		return -EFBIG;
	if (memory.size < RPOL_ROUTES4_SIZE_MIN)
		return -ENOSPC;
	uint32_t granules = (uint32_t)((memory.size - RPOL_ROUTES4_SIZE_MIN) / POOL_GRANULE);

	image.pool = (unsigned char *)memory.bytes + RPOL_ROUTES4_POOL;
	image.room = granules;
	int rc = pool_init(&pool, image.pool, granules, grace);

	if (rc)
		return rc;
	*header = (struct rpol_routes4_header){
		RPOL_ROUTES4_MAGIC, RPOL_ROUTES4_VERSION, granules, {0}};
	append_all(table, &image, (uint32_t *)((unsigned char *)memory.bytes + RPOL_ROUTES4_ROOT));
	if (image.granules > granules) {
		pool_fini(&pool);
		return -ENOSPC;
	}
	pool_give(&pool, (uint32_t)image.granules, granules - (uint32_t)image.granules);
	routes4_forget(table);
	table->pool = pool;
	table->image = memory.bytes;
	return 0;
}

void rpol_routes4_room(const struct rpol_routes4 *table, struct rpol_room *out)
{
	pool_room(&table->pool, out);
}
