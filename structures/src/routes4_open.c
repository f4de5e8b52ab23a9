/* routes4_open.c: taking over an image that programs read: which of its pool is in use is found by
 * walking it, so that nothing beside the image and the prefixes need be kept. Contract in
 * rpol/routes4.h. */
#include "routes4_table.h"

#include <errno.h>
#include <stdlib.h>

/* Claims the node's granules; wide ones' entries lead to narrow nodes, which are claimed too. */
static int claim(const struct rpol_routes4 *table, uint64_t *claimed, uint32_t entry)
{
	const struct rpol_routes4_node *node = node_at(table, entry);
	bool wide = entry & RPOL_ROUTES4_WIDE;
	uint32_t at = entry & RPOL_ROUTES4_GRANULE, count = 0, room = table->pool.granules;

	if (entry & ~(RPOL_ROUTES4_NODE | RPOL_ROUTES4_WIDE | RPOL_ROUTES4_GRANULE))
		return -EBADMSG;
	if (at >= room || room - at < node_granules(0, false) || !(node->starts[0] & 1))
		return -EBADMSG;
	for (uint32_t word = 0; word < 8; word++) {
		if (node->before[word] != count)
			return -EBADMSG;
		count += bits_in(node->starts[word]);
	}
	if (node_granules(count, wide) > room - at)
		return -EBADMSG;
	for (uint32_t end = at + node_granules(count, wide); at < end; at++) {
		if (claimed[at / 64] >> at % 64 & 1)
			return -EBADMSG;
		claimed[at / 64] |= 1ull << at % 64;
	}
	for (uint32_t byte = 0; wide && byte < 256; byte++) {
		uint32_t next = node_value(node, true, index_of(node, byte));

		/* A node shared by two bytes is found claimed. */
		if (!(next & RPOL_ROUTES4_NODE) ? next > 0xffff : next & RPOL_ROUTES4_WIDE)
			return -EBADMSG;
		int rc = next & RPOL_ROUTES4_NODE ? claim(table, claimed, next) : 0;

		if (rc)
			return rc;
	}
	return 0;
}

static int claim_all(const struct rpol_routes4 *table, uint64_t *claimed)
{
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint32_t entry = *root(table, block);
		int rc = entry & RPOL_ROUTES4_NODE ? claim(table, claimed, entry)
			 : entry > 0xffff	   ? -EBADMSG
						   : 0;

		if (rc)
			return rc;
	}
	return 0;
}

int rpol_routes4_open(struct rpol_routes4 *table, struct rpol_memory memory,
		      const struct rpol_grace *grace)
{
	const struct rpol_routes4_header *header = memory.bytes;
	uint64_t *claimed;
	int rc;

	routes4_forget(table);
	if (memory.size < RPOL_ROUTES4_SIZE_MIN || memory.size > RPOL_ROUTES4_SIZE_MAX ||
	    header->magic != RPOL_ROUTES4_MAGIC || header->version != RPOL_ROUTES4_VERSION ||
	    header->granules != (memory.size - RPOL_ROUTES4_SIZE_MIN) / POOL_GRANULE)
		return -EBADMSG;
	table->image = memory.bytes;
	rc = pool_init(&table->pool, table->image + RPOL_ROUTES4_POOL, header->granules, grace);
	claimed = calloc(header->granules / 64 + 1, sizeof(*claimed));
	if (!rc)
		rc = claimed ? claim_all(table, claimed) : -ENOMEM;
	/* The last owner's nodes that it just had taken out may still be read. */
	if (!rc && grace && grace->wait)
		rc = grace->wait(grace->arg);
	if (!rc)
		pool_give_rest(&table->pool, claimed);
	free(claimed);
	for (uint32_t block = 0; !rc && block < BLOCKS; block++)
		rc = routes4_follow_block(table, block);
	if (rc)
		routes4_forget(table);
	return rc;
}
