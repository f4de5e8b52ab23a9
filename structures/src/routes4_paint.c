/* routes4_paint.c: 256 values of one byte of the address, painted prefix by prefix from the
 * shortest to the longest, and the node made of them. Contract in routes4_table.h. */
#include "routes4_table.h"

#include <string.h>

/* The prefixes that the place reached is in, the shortest first. */
struct painter {
	struct paint *paint;
	unsigned depth;
	struct {
		uint32_t end, value;
	} in[10]; /* nothing, eight lengths, and a /24 with longer ones */
};

static inline void edge(struct paint *paint, uint32_t at, uint32_t value)
{
	paint->value[at] = value;
	paint->edges[at / 32] |= 1u << at % 32;
}

static void begin(struct painter *painter, struct paint *paint, uint32_t inherited)
{
	memset(paint->edges, 0, sizeof(paint->edges));
	edge(paint, 0, inherited);
	painter->paint = paint;
	painter->depth = 0;
	painter->in[0].end = 257;
	painter->in[0].value = inherited;
}

/* Goes on to the byte; the value there. */
static inline uint32_t reach(struct painter *painter, uint32_t byte)
{
	while (painter->in[painter->depth].end <= byte) {
		uint32_t end = painter->in[painter->depth--].end;

		edge(painter->paint, end, painter->in[painter->depth].value);
	}
	return painter->in[painter->depth].value;
}

static inline void put(struct painter *painter, uint32_t first, uint32_t last, uint32_t value)
{
	(void)reach(painter, first);
	painter->depth++;
	painter->in[painter->depth].end = last + 1;
	painter->in[painter->depth].value = value;
	edge(painter->paint, first, value);
}

uint32_t paint_at(const struct paint *paint, uint32_t byte)
{
	while (!(paint->edges[byte / 32] >> byte % 32 & 1))
		byte--;
	return paint->value[byte];
}

size_t paint_run(const struct rpol_route4 *routes, size_t count)
{
	size_t n = 0;

	while (n < count && routes[n].length > 24 && routes[n].address >> 8 == routes->address >> 8)
		n++;
	return n;
}

void paint_deep(struct paint *paint, const struct rpol_route4 *routes, size_t count,
		uint32_t inherited)
{
	struct painter painter;

	begin(&painter, paint, inherited);
	for (const struct rpol_route4 *r = routes; r < routes + count; r++)
		put(&painter, r->address & 255, (r->address & 255) | 255 >> (r->length - 24),
		    r->value);
	(void)reach(&painter, 256);
}

void paint_block(struct paint *paint, const struct block *block, uint32_t inherited,
		 uint32_t (*deep)(void *arg, uint32_t byte, const struct paint *paint), void *arg)
{
	struct painter painter;

	begin(&painter, paint, inherited);
	for (size_t i = 0; i < block->count;) {
		const struct rpol_route4 *r = &block->routes[i];
		uint32_t byte = r->address >> 8 & 255;
		size_t run = paint_run(r, block->count - i);
		struct paint below;

		if (run) {
			paint_deep(&below, r, run, reach(&painter, byte));
			put(&painter, byte, byte, deep(arg, byte, &below));
			i += run;
		} else {
			put(&painter, byte, byte | 255 >> (r->length - 16), r->value);
			i++;
		}
	}
	(void)reach(&painter, 256);
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
