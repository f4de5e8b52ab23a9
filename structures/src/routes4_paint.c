/* routes4_paint.c: 256 values of one byte of the address, painted prefix by prefix from the
 * shortest to the longest, and the node made of them. Contract in routes4_table.h. */
#include "routes4_table.h"

#include <string.h>

static void paint_all(struct paint *paint, uint32_t value)
{
	for (unsigned i = 0; i < 256; i++)
		paint->value[i] = value;
	memset(paint->edges, 0, sizeof(paint->edges));
	paint->edges[0] = 1;
}

static inline void paint_range(struct paint *paint, uint32_t first, uint32_t last, uint32_t value)
{
	for (uint32_t i = first; i <= last; i++)
		paint->value[i] = value;
	paint->edges[first / 32] |= 1u << first % 32;
	if (last < 255)
		paint->edges[(last + 1) / 32] |= 1u << (last + 1) % 32;
}

/* So many of the routes are past /24, all in the /24 of the first of them. */
static size_t run_of(const struct rpol_route4 *routes, size_t count)
{
	size_t n = 0;

	while (n < count && routes[n].length > 24 && routes[n].address >> 8 == routes->address >> 8)
		n++;
	return n;
}

void paint_block(struct paint *paint, const struct block *block, uint32_t inherited,
		 uint32_t (*deep)(void *arg, uint32_t byte, const struct paint *paint), void *arg)
{
	paint_all(paint, inherited);
	for (uint32_t i = 0; i < block->count;) {
		const struct rpol_route4 *r = &block->routes[i];
		uint32_t byte = r->address >> 8 & 255;
		struct paint below;

		if (r->length <= 24) {
			paint_range(paint, byte, byte | 255 >> (r->length - 16), r->value);
			i++;
			continue;
		}
		/* What the /24 is in was painted before. */
		paint_all(&below, paint->value[byte]);
		for (size_t run = run_of(r, block->count - i); run--; r = &block->routes[++i])
			paint_range(&below, r->address & 255,
				    (r->address & 255) | 255 >> (r->length - 24), r->value);
		paint_range(paint, byte, byte, deep(arg, byte, &below));
	}
}

void node_of(struct node *node, const struct paint *paint)
{
	uint32_t last = ~paint->value[0], links = 0;

	node->count = 0;
	for (uint32_t word = 0; word < 8; word++) {
		uint32_t starts = 0;

		node->head.before[word] = (uint8_t)node->count;
		for (uint32_t edges = paint->edges[word]; edges; edges &= edges - 1) {
			uint32_t value = paint->value[word * 32 + (uint32_t)__builtin_ctz(edges)];
			uint32_t differs = value != last;

			/* Without a branch, which would be a guess. */
			node->value[node->count] = last = value;
			node->count += differs;
			starts |= (edges & -edges) * differs;
			links |= value;
		}
		node->head.starts[word] = starts;
	}
	node->wide = links >> 31;
}

void node_write(const struct node *node, void *at)
{
	struct rpol_routes4_node *head = at;

	*head = node->head;
	if (node->wide) {
		memcpy(head + 1, node->value, node->count * sizeof(uint32_t));
		return;
	}
	uint16_t *values = (uint16_t *)(head + 1);

	for (uint32_t i = 0; i < node->count; i++)
		values[i] = (uint16_t)node->value[i];
}
