/* routes6_open.c: taking over an image that programs read: which of its pool is in use is found by
 * walking it, so that nothing beside the image and the prefixes need be kept. Contract in
 * rpol/routes6.h. */
#include "routes6_table.h"

#include <errno.h>
#include <stdlib.h>

enum { BLOCKS = RPOL_ROUTES6_BLOCKS };

/* Claims the granules of the entry's nodes; `bits` of the address lead to it. */
static int claim(const struct pool *pool, uint64_t *claimed, uint32_t entry, unsigned bits)
{
	uint32_t kind = entry & RPOL_ROUTES6_KIND, at = entry & RPOL_ROUTES6_GRANULE;
	const uint32_t *node = node_at(pool->bytes, entry);
	struct shape shape;

	if (!(entry & RPOL_ROUTES6_NODE))
		return entry > 0xffff ? -EBADMSG : 0;
	if (entry & ~(RPOL_ROUTES6_NODE | RPOL_ROUTES6_KIND | RPOL_ROUTES6_WIDE |
		      RPOL_ROUTES6_GRANULE) ||
	    bits >= 128 || at >= pool->granules ||
	    (kind == RPOL_ROUTES6_PAGE && entry & RPOL_ROUTES6_WIDE))
		return -EBADMSG;
	shape = node_shape(node, entry);
	if (shape.granules > pool->granules - at)
		return -EBADMSG;
	for (uint32_t end = at + shape.granules; at < end; at++) {
		if (claimed[at / 64] >> at % 64 & 1)
			return -EBADMSG;
		claimed[at / 64] |= 1ull << at % 64;
	}
	bits += kind == RPOL_ROUTES6_PAGE ? 8 : 32;
	for (uint32_t b = 0; b < shape.blocks; b++)
		for (uint32_t i = 0; i < shape.n; i++) {
			uint32_t next = node[shape.first + b * shape.stride + i];
			int rc = claim(pool, claimed, next, bits);

			if (rc)
				return rc;
		}
	return 0;
}

/* Finds out which granules are in use, and gives the others. */
static int take_over(struct pool *pool, const uint32_t *root, const struct rpol_grace *grace)
{
	uint64_t *claimed = calloc(pool->granules / 64 + 1, sizeof(*claimed));
	int rc = claimed ? 0 : -ENOMEM;

	for (uint32_t block = 0; !rc && block < BLOCKS; block++)
		rc = claim(pool, claimed, root[block], 16);
	/* The last owner's nodes that it just had taken out may still be read. */
	if (!rc && grace && grace->wait)
		rc = grace->wait(grace->arg);
	if (!rc)
		pool_give_rest(pool, claimed);
	free(claimed);
	return rc;
}

/* Are two entries of two images the same but for where their nodes are? */
static bool equal(const unsigned char *a, uint32_t entry_a, const unsigned char *b,
		  uint32_t entry_b)
{
	const uint32_t *node_a = node_at(a, entry_a), *node_b = node_at(b, entry_b);
	struct shape shape, other;

	if (!(entry_a & RPOL_ROUTES6_NODE))
		return entry_a == entry_b;
	if ((entry_a ^ entry_b) & ~RPOL_ROUTES6_GRANULE)
		return false;
	shape = node_shape(node_a, entry_a);
	other = node_shape(node_b, entry_b);
	if (shape.granules != other.granules)
		return false;
	for (uint32_t i = 0; i < shape.granules * 2; i++) {
		bool leads = shape.blocks && i >= shape.first &&
			     (i - shape.first) % shape.stride < shape.n;

		if (leads ? !equal(a, node_a[i], b, node_b[i]) : node_a[i] != node_b[i])
			return false;
	}
	return true;
}

/* Makes anew what is not as a new image of the prefixes would be. */
static int repair(struct rpol_routes6 *table)
{
	const uint32_t *root = (const uint32_t *)(table->image + RPOL_ROUTES6_ROOT), *right;
	struct rpol_memory memory;
	struct sink sink = {0};
	size_t size = rpol_routes6_size(table, 0);
	int rc = size ? rpol_memory_new(&memory, size) : -ENOMEM;

	if (rc)
		return rc;
	right = memory.bytes;
	sink.bytes = (unsigned char *)memory.bytes + BLOCKS * sizeof(*right);
	sink.room = (size - RPOL_ROUTES6_SIZE_MIN) / POOL_GRANULE;
	rc = routes6_write_all(table, &sink, memory.bytes);
	for (uint32_t block = 0; !rc && block < BLOCKS; block++)
		if (!equal(table->pool.bytes, root[block], sink.bytes, right[block]))
			rc = routes6_remake(table, block);
	rpol_memory_free(&memory);
	return rc;
}

int rpol_routes6_open(struct rpol_routes6 *table, struct rpol_memory memory,
		      const struct rpol_grace *grace)
{
	const struct rpol_routes6_header *header = memory.bytes;
	unsigned char *bytes = memory.bytes;
	int rc;

	pool_fini(&table->pool);
	table->image = NULL;
	if (memory.size < RPOL_ROUTES6_SIZE_MIN || memory.size > RPOL_ROUTES6_SIZE_MAX ||
	    header->magic != RPOL_ROUTES6_MAGIC || header->version != RPOL_ROUTES6_VERSION ||
	    header->granules != (memory.size - RPOL_ROUTES6_SIZE_MIN) / POOL_GRANULE)
		return -EBADMSG;
	rc = pool_init(&table->pool, bytes + RPOL_ROUTES6_POOL, header->granules, grace);
	if (rc)
		return rc;
	table->image = bytes;
	rc = take_over(&table->pool, (const uint32_t *)(bytes + RPOL_ROUTES6_ROOT), grace);
	if (!rc)
		rc = repair(table);
	if (rc) {
		pool_fini(&table->pool);
		table->image = NULL;
	}
	return rc;
}
