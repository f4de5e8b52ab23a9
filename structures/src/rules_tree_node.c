/* rules_tree_node.c: the nodes of the multi-bit tree. Contract in rules_tree_node.h.
 *
 * Of all cuts of a part along all words, the one is taken that promises the soonest lookup, memory
 * being worth time. A part is looked at as the smallest block around its rules: a key beyond it
 * leads to some bucket, whose rules all fail. */
#include "rules_tree_node.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FEW = 12, /* rules of a bucket that is not cut further */
	CUT_BITS = RPOL_TREE_CUT_BITS,
	MASK_BITS = 8,
};

/* A level down; a record; half as many rules. */
static const double LEVEL_NS = 6, RECORD_NS = 2.5, SPLIT_NS = 8;

/* ---- rules and parts ----------------------------------------------------------------------- */

static bool test_covers(const struct rpol_rules_word *word, const struct rpol_rules_test *test,
			uint32_t base, uint32_t open)
{
	if (word->kind == RPOL_WORD_MASK)
		return !((base ^ test->low) & test->high & ~rpol_open_bits(open)) &&
		       !(test->high & rpol_open_bits(open));
	return test->low <= base &&
	       rpol_least(test->high, rpol_word_max(word)) >= (base | rpol_open_bits(open));
}

static bool mask_meets(const struct rpol_rules_test *test, uint32_t base, uint32_t open)
{
	return !((base ^ test->low) & test->high & ~rpol_open_bits(open));
}

/* The smallest block that holds what the rules have of the part. */
static void part_tighten(const struct rpol_rules *list, const uint32_t *rules, uint32_t count,
			 struct rpol_tree_part *part)
{
	for (uint32_t w = 0; w < list->schema.words; w++) {
		uint32_t high = part->base[w] | rpol_open_bits(part->open[w]), from = UINT32_MAX,
			 to = 0;

		if (list->schema.word[w].kind == RPOL_WORD_MASK || !part->open[w])
			continue;
		for (uint32_t i = 0; i < count; i++) {
			const struct rpol_rules_test *test = &rpol_rule(list, rules[i])[w];
			uint32_t low = test->low > part->base[w] ? test->low : part->base[w];
			uint32_t end = rpol_least(test->high, high);

			from = rpol_least(from, low);
			to = end > to ? end : to;
		}
		part->open[w] = from == to ? 0 : (uint8_t)(32 - __builtin_clz(from ^ to));
		part->base[w] = from & ~rpol_open_bits(part->open[w]);
	}
}

/* The children of a cut by `bits` that the rule has a part in: first to last; of a mask, those in
 * between that it meets. */
static void rule_children(const struct rpol_rules_word *word, const struct rpol_rules_test *test,
			  const struct rpol_tree_part *part, uint32_t w, uint32_t bits,
			  uint32_t *first, uint32_t *last)
{
	uint32_t shift = part->open[w] - bits, high = part->base[w] | rpol_open_bits(part->open[w]);

	*first = 0;
	*last = (1U << bits) - 1;
	if (word->kind == RPOL_WORD_MASK)
		return;
	if (test->low > part->base[w])
		*first = (test->low - part->base[w]) >> shift;
	if (test->high < high)
		*last = (test->high - part->base[w]) >> shift;
}

static bool child_meets(const struct rpol_rules_word *word, const struct rpol_rules_test *test,
			const struct rpol_tree_part *part, uint32_t w, uint32_t bits,
			uint32_t child)
{
	uint32_t shift = part->open[w] - bits;

	return word->kind != RPOL_WORD_MASK ||
	       mask_meets(test, part->base[w] | child << shift, shift);
}

/* ---- cuts ---------------------------------------------------------------------------------- */

struct cut {
	uint32_t word, bits;
	double ns; /* a lookup from here on, and what the memory is worth */
};

/* What finding one of so many rules takes, roughly. */
static double rules_ns(uint32_t count)
{
	return count <= FEW ? RECORD_NS * count
			    : RECORD_NS * FEW + SPLIT_NS * log2(count / (double)FEW);
}

/* Judges the cuts of a word by all numbers of bits. */
static void cuts_of_word(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
			 const struct rpol_tree_part *part, uint32_t w, size_t room,
			 struct cut *best)
{
	const struct rpol_rules_word *word = &tree->list->schema.word[w];
	bool mask = word->kind == RPOL_WORD_MASK, splits = false;
	uint32_t most = rpol_least(part->open[w], mask ? MASK_BITS : CUT_BITS);
	double stride = tree->list->schema.stride;

	while (most > 1 && 1U << most > 4 * count)
		most--;
	tree->work += count + (mask ? (uint64_t)count << most : 1U << most >> 2);
	if (!mask) {
		memset(tree->begins, 0, sizeof(*tree->begins) << most);
		memset(tree->ends, 0, sizeof(*tree->ends) << most);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct rpol_rules_test *test = &rpol_rule(tree->list, rules[i])[w];
		uint32_t first, last;

		splits |= !test_covers(word, test, part->base[w], part->open[w]);
		if (mask)
			continue;
		rule_children(word, test, part, w, most, &first, &last);
		tree->begins[first]++;
		tree->ends[last]++;
	}
	for (uint32_t bits = most; splits && bits; bits--) {
		double ns = 0, total = 0;
		uint32_t inside = 0, children = 1U << bits, filled = 0;

		for (uint32_t child = 0; child < children; child++) {
			uint32_t here = 0;

			if (mask) {
				for (uint32_t i = 0; i < count; i++)
					here += child_meets(word,
							    &rpol_rule(tree->list, rules[i])[w],
							    part, w, bits, child);
			} else {
				here = inside += tree->begins[child];
				inside -= tree->ends[child];
				/* Halve for the next number of bits. */
				uint32_t begins = tree->begins[child], ends = tree->ends[child];

				tree->begins[child] = tree->ends[child] = 0;
				tree->begins[child / 2] += begins;
				tree->ends[child / 2] += ends;
			}
			ns += here * rules_ns(here);
			total += here;
			filled += !!here;
		}
		if (total * stride + filled * 64.0 + children * 8.0 + 128 > (double)room)
			continue;
		double memory = (total * stride + children * 8.0) / (count * stride);

		ns = LEVEL_NS + ns / total + tree->twice_ns * fmax(log2(memory), 0);
		if (ns < best->ns)
			*best = (struct cut){w, bits, ns};
	}
}

/* ---- nodes that are there already ----------------------------------------------------------- */

static int nodes_grow(struct rpol_tree *tree)
{
	size_t room = tree->room ? tree->room * 2 : 1024;
	uint64_t *node = calloc(room, sizeof(*node)), *hash = calloc(room, sizeof(*hash));

	if (!node || !hash) {
		free(node);
		free(hash);
		return -ENOMEM;
	}
	for (size_t i = 0; i < tree->room; i++) {
		size_t at = tree->hash[i] & (room - 1);

		if (!tree->node[i])
			continue;
		while (node[at])
			at = (at + 1) & (room - 1);
		node[at] = tree->node[i];
		hash[at] = tree->hash[i];
	}
	free(tree->node);
	free(tree->hash);
	tree->node = node;
	tree->hash = hash;
	tree->room = room;
	return 0;
}

/* Takes back what the new node has at the image's end when a node with the same contents, of `size`
 * bytes, is there already: *node is that one then. */
static int node_share(struct rpol_tree *tree, size_t start, size_t size, uint64_t *node)
{
	const uint8_t *bytes = tree->image.bytes;
	uint64_t hash = *node >> RPOL_BUCKET_COUNT, chunk;
	int rc = tree->used * 2 >= tree->room ? nodes_grow(tree) : 0;

	if (rc)
		return rc;
	for (size_t i = 0; i < size; i += sizeof(chunk)) {
		memcpy(&chunk, bytes + start + i, sizeof(chunk));
		hash = rpol_mix(hash + chunk);
	}
	size_t at = hash & (tree->room - 1);

	for (; tree->node[at]; at = (at + 1) & (tree->room - 1)) {
		uint64_t other = tree->node[at];

		if (tree->hash[at] != hash || (other ^ *node) >> RPOL_BUCKET_COUNT ||
		    memcmp(bytes + (other & UINT32_MAX) * RPOL_BUCKET_UNIT, bytes + start, size))
			continue;
		*node = other;
		if (start + size == tree->image.size)
			tree->image.size = start;
		return 0;
	}
	tree->node[at] = *node;
	tree->hash[at] = hash;
	tree->used++;
	return 0;
}

/* Adds a bucket's records; *out is its reference. */
static int records_add(struct rpol_tree *tree, const uint32_t *rules, uint32_t count, uint64_t *out)
{
	uint32_t stride = tree->list->schema.stride, start;
	size_t size = (size_t)count * stride;
	/* One that fits into a cache line is not to lie across two. */
	int rc = rpol_image_add(&tree->image, size, size <= 32 ? 32 : 64, &start);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < count; i++)
		rpol_record_write(tree->list, rules[i], tree->live->number[rules[i]],
				  tree->image.bytes + start + i * stride);
	*out = start / RPOL_BUCKET_UNIT | (uint64_t)count << RPOL_BUCKET_COUNT;
	return 0;
}

static int bucket_make(struct rpol_tree *tree, const uint32_t *rules, uint32_t count, uint64_t *out)
{
	uint64_t first = (uint64_t)(tree->live->number[rules[0]] - 1) << RPOL_TREE_FIRST, bucket;
	uint32_t parts;
	int rc;

	if (count <= RPOL_BUCKET_MOST) {
		size_t size = (size_t)count * tree->list->schema.stride;

		rc = records_add(tree, rules, count, out);
		if (rc)
			return rc;
		*out |= first;
		return node_share(tree, (*out & UINT32_MAX) * RPOL_BUCKET_UNIT, size, out);
	}
	tree->longs++;
	rc = rpol_image_add(&tree->image, rpol_parts_size(count), 8, &parts);
	for (uint32_t i = 0; !rc && i < count; i += RPOL_BUCKET_MOST) {
		rc = records_add(tree, rules + i, rpol_least(count - i, RPOL_BUCKET_MOST), &bucket);
		if (!rc)
			memcpy(tree->image.bytes + parts + i / RPOL_BUCKET_MOST * 8, &bucket, 8);
	}
	*out = parts / RPOL_BUCKET_UNIT | (uint64_t)RPOL_TREE_LONG << RPOL_BUCKET_COUNT | first;
	return rc;
}

/* ---- nodes --------------------------------------------------------------------------------- */

/* Does the subtree of the child before it serve this one, too? When the rules are the same and none
 * of them ends within either along the word that was cut. */
static bool same_child(const struct rpol_tree *tree, const struct rpol_tree_part *part,
		       const struct cut *cut, uint32_t child, const uint32_t *before,
		       const uint32_t *rules, uint32_t count)
{
	const struct rpol_rules_word *word = &tree->list->schema.word[cut->word];
	uint32_t shift = part->open[cut->word] - cut->bits, base = part->base[cut->word];

	if (memcmp(before, rules, count * sizeof(*rules)) != 0)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct rpol_rules_test *test = &rpol_rule(tree->list, rules[i])[cut->word];

		if (!test_covers(word, test, base | child << shift, shift) ||
		    !test_covers(word, test, base | (child - 1) << shift, shift))
			return false;
	}
	return true;
}

static int node_copy(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
		     const struct rpol_tree_part *part, uint32_t depth,
		     const struct rpol_tree_limit *limit, uint64_t *out);

/* The part of what is left that a child with so many of the rules that are left may take. */
static struct rpol_tree_limit child_limit(const struct rpol_tree *tree,
					  const struct rpol_tree_limit *limit, uint32_t count,
					  uint32_t left, size_t left_least)
{
	double share = count ? count / (double)left : 0;
	size_t size = tree->image.size;

	return (struct rpol_tree_limit){
		.size = size + rpol_tree_least(tree, count) +
			(limit->size > size + left_least
				 ? (size_t)(share * (double)(limit->size - size - left_least))
				 : 0),
		.work = tree->work +
			(limit->work > tree->work
				 ? (uint64_t)(share * (double)(limit->work - tree->work))
				 : 0),
	};
}

static int children_make(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
			 const struct rpol_tree_part *part, const struct cut *cut, uint32_t depth,
			 const struct rpol_tree_limit *limit, uint64_t *out)
{
	const struct rpol_rules_word *word = &tree->list->schema.word[cut->word];
	uint32_t children = 1U << cut->bits, shift = part->open[cut->word] - cut->bits, array;
	uint32_t *start = calloc(children + 2, sizeof(*start)), *lists = NULL;
	uint64_t node = 0;
	int rc = start ? rpol_image_add(&tree->image, children * 8ULL, 64, &array) : -ENOMEM;

	/* The children's lists, one behind the other: counted two places ahead, then written. */
	for (int pass = 0; !rc && pass < 2; pass++) {
		for (uint32_t i = 0; i < count; i++) {
			const struct rpol_rules_test *test =
				&rpol_rule(tree->list, rules[i])[cut->word];
			uint32_t first, last;

			rule_children(word, test, part, cut->word, cut->bits, &first, &last);
			for (uint32_t child = first; child <= last; child++) {
				if (!child_meets(word, test, part, cut->word, cut->bits, child))
					continue;
				if (pass)
					lists[start[child + 1]++] = rules[i];
				else
					start[child + 2]++;
			}
		}
		if (pass)
			break;
		for (uint32_t child = 2; child < children + 2; child++)
			start[child] += start[child - 1];
		lists = malloc(((size_t)start[children + 1] + 1) * sizeof(*lists));
		rc = lists ? 0 : -ENOMEM;
	}
	uint32_t left = rc ? 0 : start[children];
	size_t left_least = 0;

	for (uint32_t child = 0; !rc && child < children; child++)
		left_least += rpol_tree_least(tree, start[child + 1] - start[child]);
	for (uint32_t child = 0; !rc && child < children; child++) {
		const uint32_t *own = lists + start[child];
		uint32_t own_count = start[child + 1] - start[child];
		size_t own_least = rpol_tree_least(tree, own_count);
		struct rpol_tree_limit own_limit =
			child_limit(tree, limit, own_count, left, left_least);
		struct rpol_tree_part inner = *part;

		inner.base[cut->word] |= child << shift;
		inner.open[cut->word] = (uint8_t)shift;
		if (!child || start[child] - start[child - 1] != own_count ||
		    !same_child(tree, part, cut, child, lists + start[child - 1], own, own_count))
			rc = node_copy(tree, own, own_count, &inner, depth + 1, &own_limit, &node);
		left -= own_count;
		left_least -= own_least;
		if (!rc)
			memcpy(tree->image.bytes + array + child * 8ULL, &node, 8);
	}
	free(start);
	free(lists);
	if (rc)
		return rc;
	*out = RPOL_TREE_INNER | array / 8 | (uint64_t)shift << RPOL_TREE_SHIFT |
	       (uint64_t)(children - 1) << RPOL_TREE_MASK | (uint64_t)cut->word << RPOL_TREE_WORD;
	return node_share(tree, array, children * 8ULL, out);
}

/* Leaves out rules that an earlier one covers within the part. */
static int rules_prune(struct rpol_tree *tree, uint32_t *rules, uint32_t *count,
		       const struct rpol_tree_part *part, const struct rpol_tree_limit *limit)
{
	uint64_t most = limit->work - tree->work, work = most;
	uint32_t words = tree->list->schema.words, left = 0;
	struct rpol_rules_test *tests = malloc(*count * words * sizeof(*tests));
	bool *dead = calloc(*count, sizeof(*dead));
	struct rpol_rules list = {.schema = tree->list->schema, .count = *count, .tests = tests};
	int rc = tests && dead ? 0 : -ENOMEM;

	for (uint32_t i = 0; !rc && i < *count; i++)
		for (uint32_t w = 0; w < words; w++) {
			struct rpol_rules_test test = rpol_rule(tree->list, rules[i])[w];
			uint32_t open = rpol_open_bits(part->open[w]), base = part->base[w];

			if (list.schema.word[w].kind == RPOL_WORD_MASK) {
				test.low &= open;
				test.high &= open;
			} else {
				test.low = test.low > base ? test.low : base;
				test.high = rpol_least(test.high, base | open);
			}
			tests[i * words + w] = test;
		}
	if (!rc)
		rc = rpol_rules_kill(&list, &work, dead);
	tree->work += most - work;
	for (uint32_t i = 0; !rc && i < *count; i++)
		if (!dead[i])
			rules[left++] = rules[i];
	if (!rc)
		*count = left;
	free(tests);
	free(dead);
	return rc;
}

static int node_make(struct rpol_tree *tree, uint32_t *rules, uint32_t count,
		     struct rpol_tree_part part, uint32_t depth,
		     const struct rpol_tree_limit *limit, uint64_t *out)
{
	struct cut cut = {.ns = INFINITY};
	size_t room = limit->size > tree->image.size ? limit->size - tree->image.size : 0;

	if (limit->work > tree->work) {
		part_tighten(tree->list, rules, count, &part);
		int rc = rules_prune(tree, rules, &count, &part, limit);

		if (rc)
			return rc;
		part_tighten(tree->list, rules, count, &part);
		cut.ns = RECORD_NS * count;
		for (uint32_t w = 0; count > FEW && depth < RPOL_TREE_DEPTH &&
				     limit->work > tree->work && w < tree->list->schema.words;
		     w++)
			if (part.open[w])
				cuts_of_word(tree, rules, count, &part, w, room, &cut);
	}
	return cut.bits ? children_make(tree, rules, count, &part, &cut, depth, limit, out)
			: bucket_make(tree, rules, count, out);
}

static int node_copy(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
		     const struct rpol_tree_part *part, uint32_t depth,
		     const struct rpol_tree_limit *limit, uint64_t *out)
{
	uint32_t *own = malloc(count * sizeof(*own));
	int rc = own || !count ? 0 : -ENOMEM;

	*out = 0;
	if (!rc && count) {
		memcpy(own, rules, count * sizeof(*own));
		rc = node_make(tree, own, count, *part, depth, limit, out);
	}
	free(own);
	return rc;
}

int rpol_tree_make(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
		   const struct rpol_tree_limit *limit, uint64_t *root)
{
	struct rpol_tree_part all = {0};

	for (uint32_t w = 0; w < tree->list->schema.words; w++)
		all.open[w] = tree->list->schema.word[w].bits;
	return node_copy(tree, rules, count, &all, 0, limit, root);
}

void rpol_tree_free(struct rpol_tree *tree)
{
	free(tree->node);
	free(tree->hash);
	free(tree->image.bytes);
	*tree = (struct rpol_tree){0};
}
