/* rules_tree.c: builds the multi-bit trees. Contract in rpol/rules.h.
 *
 * A rule that is wide along a word by which others are told apart would be copied into many parts,
 * so rules get trees of their own by how wide they are along the two words that tell most: any
 * value, more than half of the bits open, or less. Trees are then joined, two at a time, while a
 * lookup gets cheaper by it. */
#include "rules_tree_node.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	KINDS = 9,     /* of rules: three along each of two words */
	SAMPLE = 4096, /* rules by which joining is judged */
	GROWTH = 3,
	COPIES = 24, /* of a rule, on average, at most */
	WORK = 4000, /* tests looked at, a rule */
};

/* What twice the memory is worth, at least; and how many loads then wait longer. */
static const double TWICE_NS = 0.8, LOADS = 0.2;

/* ---- kinds --------------------------------------------------------------------------------- */

/* A word by which rules are told apart, and the first of the words that it goes on from: an
 * address's. */
struct telling {
	uint32_t word, first;
};

/* How wide the rule is along the word: 2 any value of it and of those before, 1 more than half of
 * the bits open, else 0. */
static uint32_t rule_width(const struct rpol_rules *list, size_t rule,
			   const struct telling *telling)
{
	const struct rpol_rules_word *word = &list->schema.word[telling->word];
	const struct rpol_rules_test *test = &rpol_rule(list, rule)[telling->word];
	uint32_t before = telling->word;

	if (!rpol_test_any(word, test))
		return word->kind == RPOL_WORD_MASK
			       ? __builtin_popcount(test->high) < word->bits / 2
			       : test->high - test->low >= rpol_open_bits(word->bits / 2U);
	while (before-- > telling->first)
		if (!rpol_test_any(&list->schema.word[before], &rpol_rule(list, rule)[before]))
			return 1;
	return 2;
}

/* Is the word tested only where the one before is one value, like an address's second quarter? */
static bool word_continues(const struct rpol_rules *list, uint32_t w)
{
	const struct rpol_rules_word *word = &list->schema.word[w];

	if (!w || word->bits != 32 || word[-1].bits != 32 || word[-1].kind != RPOL_WORD_RANGE)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct rpol_rules_test *test = rpol_rule(list, i) + w;

		if (!rpol_test_any(word, test) && test[-1].low != test[-1].high)
			return false;
	}
	return true;
}

static int number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The two words along which most different tests begin, of different addresses. */
static int words_telling(const struct rpol_rules *list, struct telling out[2])
{
	uint32_t *lows = malloc(list->count * sizeof(*lows)), first = 0;
	size_t most[2] = {0};

	if (!lows)
		return -ENOMEM;
	out[0] = out[1] = (struct telling){0};
	for (uint32_t w = 0; w < list->schema.words; w++) {
		size_t different = 1;

		if (!word_continues(list, w))
			first = w;
		for (size_t i = 0; i < list->count; i++)
			lows[i] = rpol_rule(list, i)[w].low;
		qsort(lows, list->count, sizeof(*lows), number_order);
		for (size_t i = 1; i < list->count; i++)
			different += lows[i] != lows[i - 1];

		/* Of one address's words the better one counts. */
		uint32_t at = most[0] && out[0].first == first ? 0 : 1;

		if (different <= most[at])
			continue;
		most[at] = different;
		out[at] = (struct telling){w, first};
		if (most[1] > most[0]) {
			struct telling better = out[1];

			out[1] = out[0];
			out[0] = better;
			most[1] = most[0];
			most[0] = different;
		}
	}
	free(lows);
	return 0;
}

/* The live rules of the kinds, a bit each. */
static uint32_t rules_of(const struct rpol_rules *list, const struct telling by[2], uint32_t kinds,
			 uint32_t *rules)
{
	uint32_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (kinds >> (rule_width(list, i, &by[0]) + 3 * rule_width(list, i, &by[1])) & 1)
			rules[count++] = (uint32_t)i;
	return count;
}

/* ---- trees --------------------------------------------------------------------------------- */

static uint32_t count_long(struct rpol_counting *counting, const uint32_t *key, uint64_t node,
			   uint32_t best)
{
	size_t at = (node & UINT32_MAX) * RPOL_BUCKET_UNIT;
	uint32_t found = best;
	uint64_t bucket;

	for (;; at += 8) {
		memcpy(&bucket, counting->bytes + at, 8);
		if (!bucket || found != best)
			return found;
		found = rpol_counting_scan(counting, key, bucket, best);
	}
}

/* Goes the reader's way and counts. */
static void count_lookup(struct rpol_counting *counting, const uint32_t *key)
{
	const struct rpol_tree_head *head = (const void *)counting->bytes;
	uint64_t last = 0;
	uint32_t best = 0;

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
		counting->all.branches += 0.5;
		if (!node || (best && (node >> RPOL_TREE_FIRST) + 1 >= best))
			continue;
		counting->all.branches += 0.8;
		if ((node >> RPOL_BUCKET_COUNT & RPOL_TREE_LONG) == RPOL_TREE_LONG)
			last = node;
		else
			best = rpol_counting_scan(counting, key,
						  node & ((1ULL << RPOL_TREE_FIRST) - 1), best);
	}
	if (last)
		count_long(counting, key, last, best);
}

/* Adds the tree of the kinds to the image, of at most `most` bytes, and to its head. */
static int tree_add(struct rpol_tree *tree, const struct telling by[2], uint32_t kinds, size_t most,
		    uint32_t *rules)
{
	uint32_t count = rules_of(tree->list, by, kinds, rules), i;
	struct rpol_tree_limit limit = {
		.size = tree->image.size + most,
		.work = tree->work + (uint64_t)WORK * count,
	};
	uint64_t root;
	int rc = rpol_tree_make(tree, rules, count, &limit, &root);

	if (rc)
		return rc;
	struct rpol_tree_head *head = (void *)tree->image.bytes;

	for (i = head->groups++; i && head->group[i - 1].best > tree->live->number[rules[0]]; i--)
		head->group[i] = head->group[i - 1];
	head->group[i].best = tree->live->number[rules[0]];
	head->group[i].root = root;
	return 0;
}

/* An image with an empty head. */
static int tree_start(struct rpol_tree *tree, const struct rpol_live *live, size_t budget)
{
	size_t about = 2 * live->list.count * live->list.schema.stride;
	double longer = rpol_rules_latency(2 * about) - rpol_rules_latency(about);
	uint32_t at;

	*tree = (struct rpol_tree){
		.live = live,
		.list = &live->list,
		.image.limit = budget < UINT32_MAX ? budget : UINT32_MAX,
		.twice_ns = fmax(TWICE_NS, LOADS * longer),
	};
	return rpol_image_add(&tree->image, sizeof(struct rpol_tree_head), 64, &at);
}

static int tree_count(struct rpol_tree *tree, struct rpol_rules_cost *cost)
{
	int rc = rpol_rules_count(tree->live, &tree->image, true, 1, count_lookup, &cost->hit);

	cost->bytes = tree->image.size;
	return rc ? rc
		  : rpol_rules_count(tree->live, &tree->image, false, 1, count_lookup, &cost->none);
}

/* Some of the live rules, evenly. */
static int live_sample(const struct rpol_live *live, size_t count, struct rpol_live *out)
{
	const struct rpol_rules *list = &live->list;
	size_t words = list->schema.words;
	struct rpol_rules_test *tests = malloc(count * words * sizeof(*tests));
	uint32_t *number = malloc(count * sizeof(*number));

	if (!tests || !number) {
		free(tests);
		free(number);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		size_t rule = i * list->count / count;

		memcpy(tests + i * words, rpol_rule(list, rule), words * sizeof(*tests));
		number[i] = live->number[rule];
	}
	*out = (struct rpol_live){
		.list = {.schema = list->schema, .count = count, .tests = tests},
		.number = number,
		.all = live->all,
	};
	return 0;
}

/* ---- joining ------------------------------------------------------------------------------- */

struct joining {
	const struct rpol_live *live;
	struct telling by[2];
	uint32_t groups, kinds[KINDS], *rules;
	double ns[1 << KINDS]; /* of a tree of the kinds; 0: not known */
	size_t bytes[1 << KINDS];
};

/* What a lookup in the tree of the kinds costs, which may take `most` bytes. */
static int kinds_ns(struct joining *joining, uint32_t kinds, size_t most, double *ns)
{
	struct rpol_rules_cost cost = {0};
	struct rpol_tree tree;
	int rc = 0;

	if (!joining->ns[kinds]) {
		rc = tree_start(&tree, joining->live, UINT32_MAX);
		if (!rc)
			rc = tree_add(&tree, joining->by, kinds, most, joining->rules);
		if (!rc)
			rc = tree_count(&tree, &cost);
		joining->ns[kinds] = cost.hit.ns + cost.none.ns;
		joining->bytes[kinds] = tree.image.size;
		rpol_tree_free(&tree);
	}
	*ns = joining->ns[kinds];
	return rc;
}

/* What joining two saves a lookup; the joined tree may take GROWTH times the memory of both. */
static int join_gain(struct joining *joining, uint32_t a, uint32_t b, double *gain)
{
	size_t stride = joining->live->list.schema.stride;
	size_t most = COPIES * joining->live->list.count * stride;
	double one = 0, other = 0, both = 0;
	int rc = kinds_ns(joining, a, most, &one);

	if (!rc)
		rc = kinds_ns(joining, b, most, &other);
	if (!rc)
		rc = kinds_ns(joining, a | b, GROWTH * (joining->bytes[a] + joining->bytes[b]),
			      &both);
	*gain = one + other - both;
	return rc;
}

static int kinds_join(struct joining *joining)
{
	for (;;) {
		double most = 0;
		uint32_t a = 0, b = 0;

		for (uint32_t i = 0; i < joining->groups; i++)
			for (uint32_t j = 0; j < i; j++) {
				double gain;
				int rc = join_gain(joining, joining->kinds[i], joining->kinds[j],
						   &gain);

				if (rc)
					return rc;
				if (gain > most) {
					most = gain;
					a = i;
					b = j;
				}
			}
		if (!a)
			break;
		joining->kinds[b] |= joining->kinds[a];
		joining->kinds[a] = joining->kinds[--joining->groups];
	}
	return 0;
}

/* The kinds' trees that together cost a lookup least, judged by some of the rules. */
static int joining_make(struct joining *joining, const struct rpol_live *live)
{
	bool all = live->list.count <= SAMPLE;
	struct rpol_live some = *live;
	int rc = words_telling(&live->list, joining->by);

	joining->rules = malloc(live->list.count * sizeof(*joining->rules));
	if (!joining->rules)
		return -ENOMEM;
	for (uint32_t kind = 0; kind < KINDS; kind++)
		if (rules_of(&live->list, joining->by, 1U << kind, joining->rules))
			joining->kinds[joining->groups++] = 1U << kind;
	if (!rc && !all)
		rc = live_sample(live, SAMPLE, &some);
	joining->live = &some;
	if (!rc)
		rc = kinds_join(joining);
	if (!all)
		rpol_live_free(&some);
	return rc;
}

/* Builds the trees as joined: each has its share of the memory. *longs: those with long buckets. */
static int trees_make(struct rpol_tree *tree, const struct joining *joining, uint32_t *longs)
{
	const struct rpol_rules *list = tree->list;
	size_t left = list->count;
	int rc = 0;

	*longs = 0;
	for (uint32_t group = 0; !rc && group < joining->groups; group++) {
		uint32_t kinds = joining->kinds[group], before = tree->longs;
		uint32_t count = rules_of(list, joining->by, kinds, joining->rules);
		size_t room = tree->image.limit - tree->image.size;
		size_t least = rpol_tree_least(tree, left) + 128 * KINDS;
		size_t most = (size_t)COPIES * count * list->schema.stride + (16 << 10), share;

		if (room < least)
			return -E2BIG;
		share = rpol_tree_least(tree, count) +
			(size_t)((double)(room - least) * count / (double)left);
		rc = tree_add(tree, joining->by, kinds, most < share ? most : share,
			      joining->rules);
		left -= count;
		*longs += tree->longs != before;
	}
	return rc;
}

int rpol_tree_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		    struct rpol_rules_cost *cost)
{
	if (live->all->count > RPOL_RULES_MOST) {
		cost->refused = "more than 131,072 rules";
		return -E2BIG;
	}
	struct joining *joining = calloc(1, sizeof(*joining));
	struct rpol_tree tree = {0};
	uint32_t longs = 0;
	int rc = joining ? joining_make(joining, live) : -ENOMEM;

	if (!rc)
		rc = tree_start(&tree, live, budget);
	if (!rc)
		rc = trees_make(&tree, joining, &longs);
	if (!rc && longs > 1) {
		/* One tree of all. */
		rpol_tree_free(&tree);
		joining->groups = 1;
		joining->kinds[0] = (1 << KINDS) - 1;
		rc = tree_start(&tree, live, budget);
		if (!rc)
			rc = trees_make(&tree, joining, &longs);
	}
	if (!rc)
		rc = tree_count(&tree, cost);
	if (!rc)
		rc = rpol_image_take(&tree.image, out);
	if (rc == -E2BIG)
		cost->refused = "the rules alone are larger than the memory";
	if (joining)
		free(joining->rules);
	free(joining);
	rpol_tree_free(&tree);
	return rc;
}
