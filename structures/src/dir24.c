/* dir24.c: the large form of an IPv4 table, painted as the small one is. Contract in rpol/dir24.h.
 */
#include "rpol/dir24.h"

#include "routes4_table.h"
#include "rpol/dir24_layout.h"

#include <errno.h>

struct pages {
	uint16_t *to; /* NULL: count only */
	size_t room;
	size_t count;
};

/* All 256 of them. */
static void spread(const struct paint *paint, uint16_t *values)
{
	uint32_t value = 0;

	for (uint32_t byte = 0; byte < 256; byte++) {
		if (paint->edges[byte / 32] >> byte % 32 & 1)
			value = paint->value[byte];
		values[byte] = (uint16_t)value;
	}
}

/* The value of a /24: one, or a page's number. */
static uint32_t add_page(void *arg, uint32_t byte, const struct paint *paint)
{
	struct pages *pages = arg;
	struct node node;
	size_t number;

	(void)byte;
	node_of(&node, paint);
	if (node.count == 1)
		return node.value[0];
	number = pages->count++;
	if (number < pages->room)
		spread(paint, pages->to + number * 256);
	return RPOL_DIR24_PAGE | (uint32_t)number;
}

static bool in_range(const struct rpol_routes4 *table)
{
	for (uint32_t i = 0; i < 2 * BLOCKS; i++)
		if (table->shorter[i] > RPOL_DIR24_VALUE_MAX)
			return false;
	for (uint32_t i = 0; i < BLOCKS; i++)
		for (uint32_t n = 0; n < table->blocks[i].count; n++)
			if (table->blocks[i].routes[n].value > RPOL_DIR24_VALUE_MAX)
				return false;
	return true;
}

/* values: NULL to count only. */
static void paint_all_blocks(const struct rpol_routes4 *table, struct pages *pages,
			     uint16_t *values)
{
	for (uint32_t i = 0; i < BLOCKS; i++) {
		const struct block *block = &table->blocks[i];
		struct paint paint;

		if (!values && !block->count)
			continue;
		paint_block(&paint, block, routes4_inherited(table, i), add_page, pages);
		if (values)
			spread(&paint, values + i * 256);
	}
}

int rpol_dir24_size(const struct rpol_routes4 *table, size_t *size)
{
	struct pages pages = {0};

	if (!in_range(table))
		return -ERANGE;
	paint_all_blocks(table, &pages, NULL);
	if (pages.count > RPOL_DIR24_PAGE_MAX)
		return -ERANGE;
	*size = RPOL_DIR24_PAGES + pages.count * RPOL_DIR24_PAGE_SIZE;
	return 0;
}

int rpol_dir24_write(const struct rpol_routes4 *table, struct rpol_memory memory)
{
	struct pages pages = {0};

	if (!in_range(table))
		return -ERANGE;
	if (memory.size < RPOL_DIR24_PAGES)
		return -ENOSPC;
	pages.to = (uint16_t *)((unsigned char *)memory.bytes + RPOL_DIR24_PAGES);
	pages.room = (memory.size - RPOL_DIR24_PAGES) / RPOL_DIR24_PAGE_SIZE;
	paint_all_blocks(table, &pages, memory.bytes);
	if (pages.count > RPOL_DIR24_PAGE_MAX)
		return -ERANGE;
	return pages.count > pages.room ? -ENOSPC : 0;
}
