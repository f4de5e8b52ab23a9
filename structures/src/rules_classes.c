/* rules_classes.c: builds class tables (recursive flow classification): every word's classes,
 * merged pair by pair until a cell is the first rule. Which words are merged first decides the
 * tables' size, so a few orders are tried and the smallest taken. Contract in rpol/rules.h. */
#include "rules_classes_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ORDERS = 4,
	SMALL = 1 << 20, /* bytes: no other order is tried */
	WIDE_ROOT = 64,	 /* changes along a word from which on its root has 16 bits */
};

/* Hardly a branch is mispredicted, so packets overlap, but for what the cache has not. */
static const double WAIT = 0.25;

struct words {
	struct rpol_classes_node node[RPOL_RULES_WORDS];
	struct rpol_classes_step map[RPOL_RULES_WORDS]; /* the part of a step that maps */
	/* Words that belong together (an address), and which of them have more than one class. */
	uint32_t unit[RPOL_RULES_WORDS][RPOL_RULES_WORDS], length[RPOL_RULES_WORDS];
	uint32_t units;
};

/* ---- maps ---------------------------------------------------------------------------------- */

/* Fills slots of 1 << shift values each from `low` on with classes, or with pages below. *at walks
 * along the axis. */
static int map_fill(struct rpol_image *image, const struct rpol_classes_axis *axis, size_t *at,
		    uint32_t pages, uint32_t table, uint32_t slots, uint64_t low, uint32_t shift)
{
	for (uint32_t i = 0; i < slots; i++) {
		uint64_t from = low + ((uint64_t)i << shift), to = from + (1ULL << shift);
		uint32_t cell = 0;

		while (*at + 1 < axis->count && axis->from[*at + 1] <= from)
			++*at;
		cell = axis->class[*at];
		if (*at + 1 < axis->count && axis->from[*at + 1] < to) {
			uint32_t page;
			int rc = rpol_image_add(image, 256 * 2, 2, &page);

			cell = (page - pages) / 512;
			if (!rc && cell >= RPOL_CLASSES_PAGE)
				rc = -E2BIG;
			if (!rc)
				rc = map_fill(image, axis, at, pages, page, 256, from, shift - 8);
			if (rc)
				return rc;
			cell |= RPOL_CLASSES_PAGE;
		}
		uint16_t written = (uint16_t)cell;

		memcpy(image->bytes + table + i * 2, &written, sizeof(written));
	}
	return 0;
}

static int map_make(struct rpol_image *image, const struct rpol_rules_word *word,
		    const struct rpol_classes_axis *axis, struct rpol_classes_step *step)
{
	uint32_t root = word->bits;
	size_t at = 0;

	step->shift = 0;
	if (word->bits > 16) {
		step->shift = axis->count > WIDE_ROOT ? 16 : 24;
		root = word->bits > step->shift ? word->bits - step->shift : 1;
	}
	int rc = rpol_image_add(image, (size_t)2 << root, 64, &step->map);

	step->pages = (uint32_t)image->size;
	return rc ? rc
		  : map_fill(image, axis, &at, step->pages, step->map, 1U << root, 0, step->shift);
}

/* ---- words --------------------------------------------------------------------------------- */

/* Does the word only ever go on with the one before it, like an address's second quarter? */
static bool word_continues(struct rpol_classes_rules *rules, uint32_t w)
{
	const struct rpol_rules *list = rules->list;

	if (!w || list->schema.word[w].bits != 32 || list->schema.word[w - 1].bits != 32 ||
	    list->schema.word[w - 1].kind != RPOL_WORD_RANGE)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct rpol_rules_test *before = rpol_rule(list, i) + w - 1;

		if (rules->tested[i] >> w & 1 && before->low != before->high)
			return false;
	}
	return true;
}

static int words_make(struct rpol_classes_rules *rules, struct rpol_image *image,
		      struct words *words)
{
	const struct rpol_rules_schema *schema = &rules->list->schema;
	int rc = 0;

	for (uint32_t w = 0; !rc && w < schema->words; w++) {
		struct rpol_classes_axis axis;
		bool goes_on = words->units && words->length[words->units - 1] &&
			       words->unit[words->units - 1][words->length[words->units - 1] - 1] ==
				       w - 1 &&
			       word_continues(rules, w);

		rc = rpol_classes_of_word(rules, w, &words->node[w], &axis);
		if (rc)
			break;
		/* A word that tells nothing is not looked at; one must be. */
		if (words->node[w].classes > 1 || (w == schema->words - 1 && !words->units)) {
			words->map[w].word = (uint8_t)w;
			rc = map_make(image, &schema->word[w], &axis, &words->map[w]);
			if (!goes_on)
				words->units++;
			words->unit[words->units - 1][words->length[words->units - 1]++] = w;
		}
		rpol_classes_axis_free(&axis);
	}
	return rc;
}

static void words_free(struct words *words)
{
	for (uint32_t w = 0; w < RPOL_RULES_WORDS; w++)
		rpol_classes_node_free(&words->node[w]);
}

/* ---- orders -------------------------------------------------------------------------------- */

/* Words in the order of their steps; which of them begin a chain. */
struct order {
	uint32_t count, word[RPOL_RULES_WORDS];
	bool starts[RPOL_RULES_WORDS];
};

static void order_add(struct order *order, const struct words *words, uint32_t unit, bool starts)
{
	for (uint32_t i = 0; i < words->length[unit]; i++) {
		order->starts[order->count] = starts && !i;
		order->word[order->count++] = words->unit[unit][i];
	}
}

/* The unit's words' classes, all in all. */
static uint32_t unit_weight(const struct words *words, uint32_t unit)
{
	uint32_t weight = 0;

	for (uint32_t i = 0; i < words->length[unit]; i++)
		weight += words->node[words->unit[unit][i]].classes;
	return weight;
}

/* The units by rising weight: heaviest two (the addresses, as a rule) and the rest in one chain, in
 * one of three orders; or all in one chain. */
static void order_make(const struct words *words, uint32_t which, struct order *order)
{
	uint32_t sorted[RPOL_RULES_WORDS], n = words->units;

	*order = (struct order){0};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i;

		for (; at && unit_weight(words, sorted[at - 1]) > unit_weight(words, i); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = i;
	}
	if (which == 3 || n < 3) {
		for (uint32_t i = 0; i < n; i++)
			order_add(order, words, sorted[i], !i);
		return;
	}
	uint32_t first = sorted[n - 1], second = sorted[n - 2];

	if (which == 0) {
		order_add(order, words, first, true);
		order_add(order, words, second, true);
	}
	for (uint32_t i = 0; i < n - 2; i++)
		order_add(order, words, sorted[i], !i);
	if (which == 1) {
		order_add(order, words, second, true);
		order_add(order, words, first, true);
	} else if (which == 2) {
		order_add(order, words, first, true);
		order_add(order, words, second, true);
	}
}

/* ---- tables -------------------------------------------------------------------------------- */

/* Appends the table that merges left (whose place it takes) with right; the last one's cells are
 * numbers. */
static int table_add(struct rpol_classes_rules *rules, struct rpol_image *image,
		     struct rpol_classes_node *left, const struct rpol_classes_node *right,
		     bool last, uint32_t *at)
{
	struct rpol_classes_node merged = {0};
	size_t cells = (size_t)left->classes * right->classes;
	uint16_t *table;
	int rc = cells > rules->work ? -E2BIG : rpol_image_add(image, cells * 2, 64, at);

	if (rc)
		return rc;
	table = (uint16_t *)(void *)(image->bytes + *at);
	rc = rpol_classes_merge(rules, left, right, table, last ? NULL : &merged);
	rpol_classes_node_free(left);
	*left = merged;
	return rc;
}

static int node_copy(const struct rpol_classes_node *node, struct rpol_classes_node *out)
{
	size_t entries = node->start[node->classes];
	struct rpol_classes_node copy = {
		.classes = node->classes,
		.words = node->words,
		.start = malloc((node->classes + 1) * sizeof(*copy.start)),
		.rules = malloc((entries + 1) * sizeof(*copy.rules)),
	};

	if (!copy.start || !copy.rules) {
		rpol_classes_node_free(&copy);
		return -ENOMEM;
	}
	memcpy(copy.start, node->start, (node->classes + 1) * sizeof(*copy.start));
	memcpy(copy.rules, node->rules, entries * sizeof(*copy.rules));
	*out = copy;
	return 0;
}

/* A class that all keys are in, with all rules: what the first chain is merged with when no table
 * would be made else. */
static int node_all(struct rpol_classes_rules *rules, struct rpol_classes_node *out)
{
	size_t n = rules->list->count;
	struct rpol_classes_node all = {
		.classes = 1,
		.start = calloc(2, sizeof(*all.start)),
		.rules = malloc(n * sizeof(*all.rules)),
	};

	if (!all.start || !all.rules) {
		rpol_classes_node_free(&all);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		all.rules[i] = (uint32_t)i;
	all.start[1] = (uint32_t)n;
	*out = all;
	return 0;
}

static int tables_make(struct rpol_classes_rules *rules, const struct words *words,
		       const struct order *order, struct rpol_image *image,
		       struct rpol_classes_shape *shape)
{
	struct rpol_classes_node total = {0}, chain = {0};
	int rc = 0;

	*shape = (struct rpol_classes_shape){.steps = order->count};
	for (uint32_t i = 0; !rc && i < order->count; i++) {
		struct rpol_classes_step *step = &shape->step[i];
		const struct rpol_classes_node *node = &words->node[order->word[i]];
		bool ends = i + 1 == order->count || order->starts[i + 1];
		bool last = i + 1 == order->count;

		*step = words->map[order->word[i]];
		if (order->starts[i]) {
			step->flags = RPOL_CLASSES_STARTS;
			rc = node_copy(node, &chain);
		} else {
			step->stride = node->classes;
			rc = table_add(rules, image, &chain, node, last && !total.classes,
				       &step->merge);
		}
		if (rc || !ends)
			continue;
		step->flags |= RPOL_CLASSES_ENDS;
		if (!total.classes && last && order->starts[i])
			rc = node_all(rules, &total);
		if (rc || !total.classes) {
			total = chain;
			chain = (struct rpol_classes_node){0};
			continue;
		}
		step->flags |= RPOL_CLASSES_JOINS;
		step->join_stride = chain.classes;
		rc = table_add(rules, image, &total, &chain, last, &step->join);
		rpol_classes_node_free(&chain);
	}
	rpol_classes_node_free(&total);
	rpol_classes_node_free(&chain);
	return rc;
}

/* ---- cost ---------------------------------------------------------------------------------- */

/* Goes the reader's way and counts: words are mapped side by side, the one that takes longest is
 * waited for. */
static void count_lookup(struct rpol_counting *counting, const uint32_t *key)
{
	const struct rpol_classes_shape *shape = (const void *)counting->bytes;
	struct rpol_rules_lookup *all = &counting->all;
	double deepest = 0;
	uint32_t total = 0, chain = 0;

	for (uint32_t i = 0; i < shape->steps; i++) {
		const struct rpol_classes_step *step = &shape->step[i];
		uint32_t word = key[step->word], shift = step->shift;
		size_t at = step->map + (size_t)(word >> shift) * 2;
		double loads = all->loads, near = all->near, depth = 1;
		uint16_t cell;

		rpol_counting_load(counting, at);
		memcpy(&cell, counting->bytes + at, sizeof(cell));
		for (; cell & RPOL_CLASSES_PAGE; depth++) {
			shift -= 8;
			at = step->pages + (size_t)(cell & ~RPOL_CLASSES_PAGE) * 512 +
			     (word >> shift & 255) * 2;
			rpol_counting_load(counting, at);
			memcpy(&cell, counting->bytes + at, sizeof(cell));
		}
		all->branches += step->shift ? 0.4 : 0;
		all->instructions += 10 * depth;
		if (depth <= deepest) {
			all->loads = loads;
			all->near = near;
		}
		deepest = depth > deepest ? depth : deepest;
		if (step->flags & RPOL_CLASSES_STARTS) {
			chain = cell;
		} else {
			at = step->merge + ((size_t)chain * step->stride + cell) * 2;
			rpol_counting_load(counting, at);
			memcpy(&cell, counting->bytes + at, sizeof(cell));
			chain = cell;
			all->instructions += 7;
		}
		if (!(step->flags & RPOL_CLASSES_ENDS))
			continue;
		if (step->flags & RPOL_CLASSES_JOINS) {
			at = step->join + ((size_t)total * step->join_stride + chain) * 2;
			rpol_counting_load(counting, at);
			memcpy(&cell, counting->bytes + at, sizeof(cell));
			chain = cell;
			all->instructions += 7;
		}
		total = chain;
	}
}

/* ---- building ------------------------------------------------------------------------------ */

static int classes_refused(int rc, struct rpol_rules_cost *cost)
{
	if (rc == -E2BIG)
		cost->refused = "too many classes for the memory, or to be told apart in time";
	return rc;
}

/* Tries the orders on the maps in *image, which is taken; leaves the smallest's image and shape. */
static int orders_try(struct rpol_classes_rules *rules, const struct words *words,
		      struct rpol_image *image, struct rpol_classes_shape *shape)
{
	size_t maps = image->size;
	int best = -1, rc = -E2BIG;

	for (uint32_t which = 0; which < ORDERS; which++) {
		struct rpol_classes_shape tried;
		struct order order;

		order_make(words, which, &order);
		image->size = maps;
		int own = tables_make(rules, words, &order, image, &tried);

		if (own == -ENOMEM)
			return own;
		if (own)
			continue;
		best = (int)which;
		*shape = tried;
		rc = 0;
		if (image->size <= maps + SMALL || words->units < 3)
			return 0;
		/* The next has to be smaller. */
		image->limit = image->size - 1;
	}
	if (rc)
		return rc;
	/* The last to succeed was not the last to be tried: once more. */
	struct order order;

	order_make(words, (uint32_t)best, &order);
	image->limit++;
	image->size = maps;
	return tables_make(rules, words, &order, image, shape);
}

int rpol_classes_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		       struct rpol_rules_cost *cost)
{
	struct rpol_image image = {.limit = budget < UINT32_MAX ? budget : UINT32_MAX};
	struct rpol_classes_shape shape;
	struct rpol_classes_rules rules;
	struct words *words;
	uint32_t head;
	int rc;

	if (live->all->count > 0xfffe) {
		cost->refused = "more than 65,534 rules";
		return -E2BIG;
	}
	words = calloc(1, sizeof(*words));
	rc = words ? rpol_classes_rules_new(&rules, live) : -ENOMEM;
	if (rc) {
		free(words);
		return rc;
	}
	rc = rpol_image_add(&image, sizeof(shape), 64, &head);
	if (!rc)
		rc = words_make(&rules, &image, words);
	if (!rc)
		rc = orders_try(&rules, words, &image, &shape);
	if (!rc) {
		memcpy(image.bytes + head, &shape, sizeof(shape));
		cost->bytes = image.size;
		rc = rpol_rules_count(live, &image, true, WAIT, count_lookup, &cost->hit);
		if (!rc)
			rc = rpol_rules_count(live, &image, false, WAIT, count_lookup, &cost->none);
		if (!rc)
			rc = rpol_image_take(&image, out);
	}
	words_free(words);
	free(words);
	rpol_classes_rules_free(&rules);
	free(image.bytes);
	return classes_refused(rc, cost);
}
