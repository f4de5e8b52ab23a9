/* rules_tree.c: builds the multi-bit tree: the space of keys is cut into equal parts along one word
 * after another until few rules are left in each. Contract in rpol/rules.h.
 *
 * Rules that are wide along the words that matter are copied into many parts, so they may get trees
 * of their own (groups): each way of grouping is built, the best is taken. A part may be looked at
 * as the smallest block around its rules: a key beyond it leads to some bucket, whose rules all
 * fail. */
#include "rules_image.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime-bpf/src/rules.h"

enum {
	FEW = 8,       /* rules of a bucket that is not cut further */
	CUT_BITS = 12, /* of one cut, at most */
	GROUPINGS = 4,
	TRIES = 3,   /* with ever less memory */
	COPIES = 20, /* of a rule, on average, at most */
	WORK = 600,  /* tests looked at, a rule and word */
};

/* A level down; a record; half as many rules; twice the memory, at first. */
static const double LEVEL_NS = 6, RECORD_NS = 2.5, SPLIT_NS = 3, TWICE_NS = 3;

/* A part of the keys: of each word the values that differ from base in the lowest `open` bits. */
struct part {
	uint32_t base[RPOL_RULES_WORDS];
	uint8_t open[RPOL_RULES_WORDS];
};

struct tree {
	const struct rpol_rules *list;
	struct rpol_image image;
	double twice_ns;
	uint64_t work; /* that is left: tests looked at */
	/* Buckets by their rules' hash, each held once: a slot is free when it is 0. */
	uint64_t *bucket, *hash;
	size_t room, used;
	/* Where rules begin and end along a cut. */
	uint32_t begins[1 << CUT_BITS], ends[1 << CUT_BITS];
};

static uint32_t open_bits(uint32_t open)
{
	return (uint32_t)((1ULL << open) - 1);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- rules and parts ------------------------------------------------------------------------- */

static bool test_covers(const struct rpol_rules_word *word, const struct rpol_rules_test *test,
			uint32_t base, uint32_t open)
{
	if (word->kind == RPOL_WORD_MASK)
		return !((base ^ test->low) & test->high & ~open_bits(open)) &&
		       !(test->high & open_bits(open));
	return test->low <= base &&
	       least(test->high, rpol_word_max(word)) >= (base | open_bits(open));
}

static bool mask_meets(const struct rpol_rules_test *test, uint32_t base, uint32_t open)
{
	return !((base ^ test->low) & test->high & ~open_bits(open));
}

static bool rule_covers(const struct rpol_rules *list, uint32_t rule, const struct part *part)
{
	for (uint32_t w = 0; w < list->schema.words; w++)
		if (!test_covers(&list->schema.word[w], &rpol_rule(list, rule)[w], part->base[w],
				 part->open[w]))
			return false;
	return true;
}

/* The smallest block that holds what the rules have of the part. */
static void part_tighten(const struct rpol_rules *list, const uint32_t *rules, uint32_t count,
			 struct part *part)
{
	for (uint32_t w = 0; w < list->schema.words; w++) {
		uint32_t high = part->base[w] | open_bits(part->open[w]), from = UINT32_MAX, to = 0;

		if (list->schema.word[w].kind == RPOL_WORD_MASK || !part->open[w])
			continue;
		for (uint32_t i = 0; i < count; i++) {
			const struct rpol_rules_test *test = &rpol_rule(list, rules[i])[w];
			uint32_t low = test->low > part->base[w] ? test->low : part->base[w];
			uint32_t end = least(test->high, high);

			from = least(from, low);
			to = end > to ? end : to;
		}
		part->open[w] = from == to ? 0 : (uint8_t)(32 - __builtin_clz(from ^ to));
		part->base[w] = from & ~open_bits(part->open[w]);
	}
}

/* The children of a cut by `bits` that the rule has a part in: first to last; of a mask, those in
 * between that it meets. */
static void rule_children(const struct rpol_rules_word *word, const struct rpol_rules_test *test,
			  const struct part *part, uint32_t w, uint32_t bits, uint32_t *first,
			  uint32_t *last)
{
	uint32_t shift = part->open[w] - bits, high = part->base[w] | open_bits(part->open[w]);

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
			const struct part *part, uint32_t w, uint32_t bits, uint32_t child)
{
	uint32_t shift = part->open[w] - bits;

	return word->kind != RPOL_WORD_MASK ||
	       mask_meets(test, part->base[w] | child << shift, shift);
}

/* ---- cuts --------------------------------------------------------------------------------------
 */

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
static void cuts_of_word(struct tree *tree, const uint32_t *rules, uint32_t count,
			 const struct part *part, uint32_t w, struct cut *best)
{
	const struct rpol_rules_word *word = &tree->list->schema.word[w];
	bool mask = word->kind == RPOL_WORD_MASK, splits = false;
	uint32_t most = least(part->open[w], mask ? 3 : CUT_BITS);
	double stride = tree->list->schema.stride;

	while (most > 1 && 1U << most > 4 * count)
		most--;
	tree->work -= count < tree->work ? count : tree->work;
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
		uint32_t inside = 0, children = 1U << bits;

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
		}
		double memory = (total * stride + children * 8.0) / (count * stride);

		ns = LEVEL_NS + ns / total + tree->twice_ns * fmax(log2(memory), 0);
		if (ns < best->ns)
			*best = (struct cut){w, bits, ns};
	}
}

/* ---- buckets
 * ------------------------------------------------------------------------------------- */

static int buckets_grow(struct tree *tree)
{
	size_t room = tree->room ? tree->room * 2 : 1024;
	uint64_t *bucket = calloc(room, sizeof(*bucket)), *hash = calloc(room, sizeof(*hash));

	if (!bucket || !hash) {
		free(bucket);
		free(hash);
		return -ENOMEM;
	}
	for (size_t i = 0; i < tree->room; i++) {
		size_t at = tree->hash[i] & (room - 1);

		if (!tree->bucket[i])
			continue;
		while (bucket[at])
			at = (at + 1) & (room - 1);
		bucket[at] = tree->bucket[i];
		hash[at] = tree->hash[i];
	}
	free(tree->bucket);
	free(tree->hash);
	tree->bucket = bucket;
	tree->hash = hash;
	tree->room = room;
	return 0;
}

static bool bucket_is(const struct tree *tree, uint64_t bucket, const uint32_t *rules,
		      uint32_t count)
{
	const uint8_t *at = tree->image.bytes + (bucket & UINT32_MAX) * RPOL_BUCKET_UNIT;

	if ((bucket >> RPOL_BUCKET_COUNT) != count)
		return false;
	for (uint32_t i = 0; i < count; i++, at += tree->list->schema.stride) {
		uint32_t number;

		memcpy(&number, at, sizeof(number));
		if (number != rules[i] + 1)
			return false;
	}
	return true;
}

static int bucket_make(struct tree *tree, const uint32_t *rules, uint32_t count, uint64_t *out)
{
	uint32_t stride = tree->list->schema.stride, start;
	uint64_t hash = count;
	int rc = tree->used * 2 >= tree->room ? buckets_grow(tree) : 0;

	if (rc)
		return rc;
	for (uint32_t i = 0; i < count; i++)
		hash = rpol_mix(hash + rules[i]);
	size_t at = hash & (tree->room - 1);

	for (; tree->bucket[at]; at = (at + 1) & (tree->room - 1))
		if (tree->hash[at] == hash && bucket_is(tree, tree->bucket[at], rules, count)) {
			*out = tree->bucket[at];
			return 0;
		}
	/* One that fits into a cache line is not to lie across two. */
	rc = rpol_image_add(&tree->image, (size_t)count * stride, count * stride <= 32 ? 32 : 64,
			    &start);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < count; i++)
		rpol_record_write(tree->list, rules[i], tree->image.bytes + start + i * stride);
	*out = tree->bucket[at] = start / RPOL_BUCKET_UNIT | (uint64_t)count << RPOL_BUCKET_COUNT;
	tree->hash[at] = hash;
	tree->used++;
	return 0;
}

/* ---- nodes
 * ---------------------------------------------------------------------------------------- */

static int node_make(struct tree *tree, const uint32_t *rules, uint32_t count, struct part part,
		     uint32_t depth, uint64_t *out);

/* Does the subtree of the child before it serve this one, too? When the rules are the same and none
 * of them ends within either along the word that was cut. */
static bool same_child(const struct tree *tree, const struct part *part, const struct cut *cut,
		       uint32_t child, const uint32_t *before, const uint32_t *rules,
		       uint32_t count)
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

static int children_make(struct tree *tree, const uint32_t *rules, uint32_t count,
			 const struct part *part, const struct cut *cut, uint32_t depth,
			 uint64_t *out)
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
	for (uint32_t child = 0; !rc && child < children; child++) {
		const uint32_t *own = lists + start[child];
		uint32_t own_count = start[child + 1] - start[child];
		struct part inner = *part;

		inner.base[cut->word] |= child << shift;
		inner.open[cut->word] = (uint8_t)shift;
		if (!child || start[child] - start[child - 1] != own_count ||
		    !same_child(tree, part, cut, child, lists + start[child - 1], own, own_count))
			rc = node_make(tree, own, own_count, inner, depth + 1, &node);
		if (!rc)
			memcpy(tree->image.bytes + array + child * 8ULL, &node, 8);
	}
	free(start);
	free(lists);
	*out = RPOL_TREE_INNER | array / 8 | (uint64_t)shift << RPOL_TREE_SHIFT |
	       (uint64_t)(children - 1) << RPOL_TREE_MASK | (uint64_t)cut->word << RPOL_TREE_WORD;
	return rc;
}

/* The node for these rules in this part of the keys. */
static int node_make(struct tree *tree, const uint32_t *rules, uint32_t count, struct part part,
		     uint32_t depth, uint64_t *out)
{
	*out = 0;
	if (!count)
		return 0;
	part_tighten(tree->list, rules, count, &part);
	for (uint32_t i = 0; i < count; i++)
		if (rule_covers(tree->list, rules[i], &part)) {
			count = i + 1;
			break;
		}
	if (count <= FEW)
		return bucket_make(tree, rules, count, out);

	struct cut cut = {.ns = count <= RPOL_BUCKET_MOST ? RECORD_NS * count : INFINITY};

	if (!tree->work)
		return -E2BIG;
	for (uint32_t w = 0; depth < RPOL_TREE_DEPTH && w < tree->list->schema.words; w++)
		if (part.open[w])
			cuts_of_word(tree, rules, count, &part, w, &cut);
	if (cut.bits)
		return children_make(tree, rules, count, &part, &cut, depth, out);
	return count <= RPOL_BUCKET_MOST ? bucket_make(tree, rules, count, out) : -E2BIG;
}

/* ---- groups
 * ----------------------------------------------------------------------------------------- */

static bool rule_wide(const struct rpol_rules *list, size_t rule, uint32_t w)
{
	const struct rpol_rules_word *word = &list->schema.word[w];
	const struct rpol_rules_test *test = &rpol_rule(list, rule)[w];

	return least(test->high, rpol_word_max(word)) - test->low >= open_bits(word->bits / 2U);
}

static int number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The two words along which most different tests begin. */
static int words_telling(const struct rpol_rules *list, uint32_t word[2])
{
	uint32_t *lows = malloc(list->count * sizeof(*lows));
	size_t most[2] = {0};

	if (!lows)
		return -ENOMEM;
	word[0] = word[1] = 0;
	for (uint32_t w = 0; w < list->schema.words; w++) {
		size_t different = 1;

		if (list->schema.word[w].kind == RPOL_WORD_MASK)
			continue;
		for (size_t i = 0; i < list->count; i++)
			lows[i] = rpol_rule(list, i)[w].low;
		qsort(lows, list->count, sizeof(*lows), number_order);
		for (size_t i = 1; i < list->count; i++)
			different += lows[i] != lows[i - 1];
		if (different > most[0]) {
			most[1] = most[0];
			word[1] = word[0];
			most[0] = different;
			word[0] = w;
		} else if (different > most[1]) {
			most[1] = different;
			word[1] = w;
		}
	}
	free(lows);
	return 0;
}

/* The rules of one group: `grouping` says by which of the two words they are told apart. */
static uint32_t group_rules(const struct rpol_rules *list, const uint32_t word[2],
			    uint32_t grouping, uint32_t group, uint32_t *rules)
{
	uint32_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t own = 0;

		for (uint32_t b = 0; b < 2; b++)
			if (grouping >> b & 1)
				own |= (uint32_t)rule_wide(list, i, word[b]) << b;
		if (own == group)
			rules[count++] = (uint32_t)i;
	}
	return count;
}

static void tree_free(struct tree *tree)
{
	free(tree->image.bytes);
	free(tree->bucket);
	free(tree->hash);
}

static int trees_make(struct tree *tree, const uint32_t word[2], uint32_t grouping)
{
	const struct rpol_rules *list = tree->list;
	struct rpol_tree_head head = {0};
	struct part all = {0};
	uint32_t *rules = malloc(list->count * sizeof(*rules)), at;
	int rc = rules ? rpol_image_add(&tree->image, sizeof(head), 64, &at) : -ENOMEM;

	for (uint32_t w = 0; w < list->schema.words; w++)
		all.open[w] = list->schema.word[w].bits;
	for (uint32_t group = 0; !rc && group < RPOL_TREE_GROUPS; group++) {
		uint32_t count = group_rules(list, word, grouping, group, rules), i;
		uint64_t root;

		if (!count)
			continue;
		rc = node_make(tree, rules, count, all, 0, &root);
		for (i = head.groups++; i && head.group[i - 1].best > rules[0] + 1; i--)
			head.group[i] = head.group[i - 1];
		head.group[i].best = rules[0] + 1;
		head.group[i].root = root;
	}
	free(rules);
	if (!rc)
		memcpy(tree->image.bytes + at, &head, sizeof(head));
	return rc;
}

/* ---- cost
 * --------------------------------------------------------------------------------------------- */

/* Goes the reader's way and counts. */
static void count_lookup(struct rpol_counting *counting, const uint32_t *key)
{
	const struct rpol_tree_head *head = (const void *)counting->bytes;
	uint32_t best = 0;

	/* Where the way down ends and which record it is are chance. */
	counting->all.branches += 0.5;
	for (uint32_t i = 0; i < head->groups; i++) {
		uint64_t node = head->group[i].root;

		if (best && head->group[i].best >= best)
			break;
		while (node & RPOL_TREE_INNER) {
			uint32_t child =
				key[node >> RPOL_TREE_WORD & 31] >> (node >> RPOL_TREE_SHIFT & 31) &
				(node >> RPOL_TREE_MASK & 0xffff);
			size_t at = ((node & UINT32_MAX) + child) * 8;

			rpol_counting_load(counting, at);
			counting->all.instructions += 14;
			memcpy(&node, counting->bytes + at, 8);
		}
		if (!node)
			continue;
		counting->all.branches += 1.3;
		best = rpol_counting_scan(counting, key, node, best);
	}
}

int rpol_tree_build(const struct rpol_rules *list, size_t budget, struct rpol_memory *out,
		    struct rpol_rules_cost *cost)
{
	size_t most = (size_t)COPIES * list->count * list->schema.stride + (64 << 10);
	size_t limit = budget < most ? budget : most;
	struct tree *tree = calloc(1, sizeof(*tree));
	struct rpol_memory best = {0};
	uint32_t word[2];

	limit = limit < UINT32_MAX ? limit : UINT32_MAX;
	int rc = tree ? words_telling(list, word) : -ENOMEM;

	for (uint32_t grouping = 0; !rc && grouping < GROUPINGS; grouping++) {
		double twice_ns = TWICE_NS;
		int own = -E2BIG;

		for (int try = 0; own == -E2BIG && try < TRIES; try++, twice_ns *= 2.5) {
			*tree = (struct tree){
				.list = list,
				.image.limit = limit,
				.twice_ns = twice_ns,
				.work = (uint64_t)WORK * list->count * list->schema.words,
			};
			own = trees_make(tree, word, grouping);
			if (own)
				tree_free(tree);
		}
		if (own == -E2BIG)
			continue;
		rc = own;
		if (rc)
			break;
		struct rpol_rules_cost tried = {.bytes = tree->image.size};

		rc = rpol_rules_count(list, &tree->image, true, 1, count_lookup, &tried.hit);
		if (!rc)
			rc = rpol_rules_count(list, &tree->image, false, 1, count_lookup,
					      &tried.none);
		if (!rc &&
		    (!best.bytes || tried.hit.ns + tried.none.ns < cost->hit.ns + cost->none.ns)) {
			rpol_memory_free(&best);
			*cost = tried;
			rc = rpol_image_take(&tree->image, &best);
		}
		tree_free(tree);
	}
	free(tree);
	if (!rc && !best.bytes) {
		cost->refused = "rules overlap too much for the memory";
		rc = -E2BIG;
	}
	if (rc)
		rpol_memory_free(&best);
	else
		*out = best;
	return rc;
}
