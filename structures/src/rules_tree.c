/* rules_tree.c: builds the multi-bit tree. Contract in rpol/rules.h.
 *
 * Rules that are wide along the words that matter would be copied into many parts, so they may get
 * trees of their own: some ways of grouping are built, the best is taken. */
#include "rules_tree_node.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAMPLE = 4096, /* rules by which groupings are told apart */
	TAKEN = 3,     /* groupings that are then tried with all rules */
	TRIES = 3,     /* with ever less memory */
	COPIES = 16,   /* of a rule, on average, at most */
	WORK = 600,    /* tests looked at, a rule and word */
};

/* What twice the memory is worth, at least; and how many loads then wait longer. */
static const double TWICE_NS = 1.5, LOADS = 1;

/* ---- groups -------------------------------------------------------------------------------- */

static bool rule_wide(const struct rpol_rules *list, size_t rule, uint32_t w)
{
	const struct rpol_rules_word *word = &list->schema.word[w];
	const struct rpol_rules_test *test = &rpol_rule(list, rule)[w];

	return rpol_least(test->high, rpol_word_max(word)) - test->low >=
	       rpol_open_bits(word->bits / 2U);
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

/* Ways to group rules: the group of those that are wide along neither of the two words, along the
 * first, along the second, along both. */
static const uint8_t groupings[][4] = {
	{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}, {0, 1, 1, 1},
	{0, 1, 2, 1}, {0, 1, 2, 2}, {0, 1, 0, 2}, {0, 0, 1, 2}, {0, 1, 2, 3},
};

enum { GROUPINGS = sizeof(groupings) / sizeof(*groupings) };

/* The rules of one group. */
static uint32_t group_rules(const struct rpol_rules *list, const uint32_t word[2],
			    uint32_t grouping, uint32_t group, uint32_t *rules)
{
	uint32_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		bool first = rule_wide(list, i, word[0]), second = rule_wide(list, i, word[1]);

		if (groupings[grouping][first + 2 * second] == group)
			rules[count++] = (uint32_t)i;
	}
	return count;
}

static int trees_make(struct rpol_tree *tree, const uint32_t word[2], uint32_t grouping)
{
	const struct rpol_rules *list = tree->list;
	struct rpol_tree_head head = {0};
	struct rpol_tree_part all = {0};
	uint32_t *rules = malloc(list->count * sizeof(*rules)), at;
	int rc = rules ? rpol_image_add(&tree->image, sizeof(head), 64, &at) : -ENOMEM;

	for (uint32_t w = 0; w < list->schema.words; w++)
		all.open[w] = list->schema.word[w].bits;
	for (uint32_t group = 0; !rc && group < RPOL_TREE_GROUPS; group++) {
		uint32_t count = group_rules(list, word, grouping, group, rules), i;
		uint64_t root;

		if (!count)
			continue;
		rc = rpol_tree_node(tree, rules, count, all, 0, &root);
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

/* ---- cost ---------------------------------------------------------------------------------- */

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

/* Builds the tree of the list grouped so; tree_free is the caller's when it succeeds. */
static int grouping_build(struct rpol_tree *tree, const struct rpol_rules *list, size_t budget,
			  uint32_t grouping, struct rpol_rules_cost *cost)
{
	size_t limit = (size_t)COPIES * list->count * list->schema.stride + (64 << 10);
	size_t about = 2 * list->count * list->schema.stride;
	double longer = rpol_rules_latency(2 * about) - rpol_rules_latency(about);
	double twice_ns = fmax(TWICE_NS, LOADS * longer);
	uint32_t word[2];
	int rc = words_telling(list, word), own = -E2BIG;

	limit = limit < budget ? limit : budget;
	limit = limit < UINT32_MAX ? limit : UINT32_MAX;
	for (int try = 0; !rc && own == -E2BIG && try < TRIES; try++, twice_ns *= 5) {
		*tree = (struct rpol_tree){
			.list = list,
			.image.limit = limit,
			.twice_ns = twice_ns,
			.work = (uint64_t)WORK * list->count * list->schema.words,
		};
		own = trees_make(tree, word, grouping);
		if (own)
			rpol_tree_free(tree);
	}
	if (rc || own)
		return rc ? rc : own;
	cost->bytes = tree->image.size;
	rc = rpol_rules_count(list, &tree->image, true, 1, count_lookup, &cost->hit);
	if (!rc)
		rc = rpol_rules_count(list, &tree->image, false, 1, count_lookup, &cost->none);
	if (rc)
		rpol_tree_free(tree);
	return rc;
}

/* Some of the rules, evenly: count of them. The tests are the caller's to free. */
static int list_sample(const struct rpol_rules *list, size_t count, struct rpol_rules *out)
{
	size_t words = list->schema.words;
	struct rpol_rules_test *tests = malloc(count * words * sizeof(*tests));

	if (!tests)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		memcpy(tests + i * words, rpol_rule(list, i * list->count / count),
		       words * sizeof(*tests));
	*out = (struct rpol_rules){.schema = list->schema, .count = count, .tests = tests};
	return 0;
}

/* The groupings by what a lookup costs with some of the rules; those that are refused last. */
static int groupings_rank(struct rpol_tree *tree, const struct rpol_rules *list, size_t budget,
			  uint32_t rank[GROUPINGS])
{
	double ns[GROUPINGS];
	struct rpol_rules some;
	int rc = list_sample(list, SAMPLE, &some);

	if (rc)
		return rc;
	for (uint32_t grouping = 0; !rc && grouping < GROUPINGS; grouping++) {
		struct rpol_rules_cost cost = {0};
		double own = INFINITY;
		uint32_t at = grouping;

		rc = grouping_build(tree, &some, budget, grouping, &cost);
		if (!rc) {
			own = cost.hit.ns + cost.none.ns;
			rpol_tree_free(tree);
		} else if (rc == -E2BIG) {
			rc = 0;
		}
		for (; at && ns[at - 1] > own; at--) {
			ns[at] = ns[at - 1];
			rank[at] = rank[at - 1];
		}
		ns[at] = own;
		rank[at] = grouping;
	}
	free((void *)some.tests);
	return rc;
}

int rpol_tree_build(const struct rpol_rules *list, size_t budget, struct rpol_memory *out,
		    struct rpol_rules_cost *cost)
{
	struct rpol_tree *tree = calloc(1, sizeof(*tree));
	struct rpol_memory best = {0};
	uint32_t rank[GROUPINGS], taken = 0;
	int rc = tree ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < GROUPINGS; i++)
		rank[i] = i;
	if (!rc && list->count > SAMPLE)
		rc = groupings_rank(tree, list, budget, rank);
	for (uint32_t i = 0; !rc && i < GROUPINGS; i++) {
		struct rpol_rules_cost tried = {0};

		if (list->count > SAMPLE && taken == TAKEN)
			break;
		rc = grouping_build(tree, list, budget, rank[i], &tried);
		if (rc == -E2BIG) {
			rc = 0;
			continue;
		}
		if (rc)
			break;
		taken++;
		if (!best.bytes || tried.hit.ns + tried.none.ns < cost->hit.ns + cost->none.ns) {
			rpol_memory_free(&best);
			*cost = tried;
			rc = rpol_image_take(&tree->image, &best);
		}
		rpol_tree_free(tree);
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
