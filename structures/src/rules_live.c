/* rules_live.c: the rules of a list that can be the first to match. Contract in rules_image.h.
 *
 * A rule is dead when an earlier one covers it: in all words, what the earlier one demands is
 * implied. The rules are halved again and again, by where their tests begin or end along the word
 * that tells most; a half keeps, of the rules that might cover one of it, those that meet the
 * bounds around its tests. */
#include "rules_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BRUTE = 24,  /* rules that are not halved any more */
	TRIED = 40,  /* rules by which ways to halve are told apart */
	WORK = 3000, /* tests looked at, a rule */
};

/* What a rule must imply to cover one of some: bounds of their tests. */
struct bounds {
	struct rpol_rules_test test[RPOL_RULES_WORDS]; /* RANGE: most low, least high. MASK: the
							 values all have, any one's mask */
	uint32_t agreed[RPOL_RULES_WORDS];	       /* MASK: bits that all fix alike */
	uint32_t last;				       /* of them */
};

struct killing {
	const struct rpol_rules *list;
	bool *dead;
	uint64_t work; /* that is left */
};

static void bounds_of(const struct killing *k, const uint32_t *rules, size_t count,
		      struct bounds *out)
{
	const struct rpol_rules_schema *schema = &k->list->schema;

	out->last = 0;
	for (size_t i = 0; i < count; i++)
		out->last = rules[i] > out->last ? rules[i] : out->last;
	for (uint32_t w = 0; w < schema->words; w++) {
		struct rpol_rules_test all = rpol_rule(k->list, rules[0])[w];
		uint32_t agreed = all.high;

		for (size_t i = 1; i < count; i++) {
			const struct rpol_rules_test *test = rpol_rule(k->list, rules[i]) + w;

			if (schema->word[w].kind == RPOL_WORD_MASK) {
				agreed &= test->high & ~(test->low ^ all.low);
				all.high |= test->high;
			} else {
				all.low = test->low > all.low ? test->low : all.low;
				all.high = test->high < all.high ? test->high : all.high;
			}
		}
		out->test[w] = all;
		out->agreed[w] = agreed;
	}
}

/* Might the rule cover one of those in the bounds? When they are one rule: it does. */
static bool bounds_meet(const struct rpol_rules *list, const struct bounds *bounds, uint32_t rule)
{
	const struct rpol_rules_test *test = rpol_rule(list, rule);

	if (rule >= bounds->last)
		return false;
	for (uint32_t w = 0; w < list->schema.words; w++) {
		const struct rpol_rules_test *bound = &bounds->test[w];

		if (list->schema.word[w].kind == RPOL_WORD_MASK) {
			if (test[w].high & ~bound->high ||
			    (test[w].low ^ bound->low) & test[w].high & bounds->agreed[w])
				return false;
		} else if (test[w].low > bound->low || test[w].high < bound->high) {
			return false;
		}
	}
	return true;
}

/* ---- halving ------------------------------------------------------------------------------- */

/* A way to halve rules: those whose number (low or high) of the word is below `pivot`, and the
 * others. */
struct halving {
	uint32_t word;
	bool high;
	uint32_t pivot;
};

static uint32_t number_of(const struct rpol_rules *list, uint32_t rule, const struct halving *by)
{
	const struct rpol_rules_test *test = rpol_rule(list, rule) + by->word;

	return by->high ? test->high : test->low;
}

static int number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The way that leaves the fewest pairs, judged by some of both. False: all rules are alike. */
static bool halving_find(const struct killing *k, const uint32_t *rules, size_t count,
			 const uint32_t *others, size_t other_count, struct halving *best)
{
	size_t step = count / TRIED + 1, other_step = other_count / TRIED + 1;
	double least = -1;

	for (uint32_t which = 0; which < 2 * k->list->schema.words; which++) {
		struct halving by = {.word = which / 2, .high = which & 1};
		uint32_t numbers[TRIED], n = 0, below = 0;
		double left = 0, right = 0;

		for (size_t i = 0; i < count; i += step)
			numbers[n++] = number_of(k->list, rules[i], &by);
		qsort(numbers, n, sizeof(*numbers), number_order);
		by.pivot = numbers[n / 2];
		if (by.pivot == numbers[0]) {
			/* More than half are the least. */
			uint32_t i = n / 2;

			while (i < n && numbers[i] == by.pivot)
				i++;
			if (i == n)
				continue;
			by.pivot = numbers[i];
		}
		while (numbers[below] < by.pivot)
			below++;
		bool mask = k->list->schema.word[by.word].kind == RPOL_WORD_MASK;

		for (size_t i = 0; i < other_count; i += other_step) {
			const struct rpol_rules_test *test =
				rpol_rule(k->list, others[i]) + by.word;

			left += mask || by.high || test->low < by.pivot;
			right += mask || test->high >= by.pivot;
		}
		double pairs = left * below + right * (n - below);

		if (least < 0 || pairs < least) {
			least = pairs;
			*best = by;
		}
	}
	return least >= 0;
}

/* ---- killing ------------------------------------------------------------------------------- */

/* Does the rule cover the other? */
static bool rule_covers(const struct rpol_rules *list, uint32_t rule, uint32_t other)
{
	const struct rpol_rules_test *test = rpol_rule(list, rule), *inner = rpol_rule(list, other);

	for (uint32_t w = 0; w < list->schema.words; w++)
		if (list->schema.word[w].kind == RPOL_WORD_MASK
			    ? test[w].high & ~inner[w].high ||
				      (test[w].low ^ inner[w].low) & test[w].high
			    : test[w].low > inner[w].low || test[w].high < inner[w].high)
			return false;
	return true;
}

/* Each with each; both ascend. */
static void kill_pairs(struct killing *k, const uint32_t *rules, size_t count,
		       const uint32_t *others, size_t other_count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < other_count && others[j] < rules[i]; j++) {
			if (k->dead[others[j]] || !rule_covers(k->list, others[j], rules[i]))
				continue;
			k->dead[rules[i]] = true;
			break;
		}
}

/* The rules that are on this side, in order, into `out`. */
static size_t half_of(const struct killing *k, const uint32_t *rules, size_t count,
		      const struct halving *by, bool upper, uint32_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if ((number_of(k->list, rules[i], by) >= by->pivot) == upper)
			out[n++] = rules[i];
	return n;
}

/* Marks those of the rules that one of the others covers. Both ascend. */
static int kill(struct killing *k, const uint32_t *rules, size_t count, const uint32_t *others,
		size_t other_count)
{
	struct halving by = {0};
	struct bounds bounds;
	uint32_t *half, *kept;
	size_t n = 0;
	int rc = 0;

	if (count <= BRUTE) {
		uint64_t pairs = (uint64_t)count * other_count;

		k->work -= pairs < k->work ? pairs : k->work;
		if (k->work)
			kill_pairs(k, rules, count, others, other_count);
		return 0;
	}
	if (k->work < other_count + count)
		k->work = 0;
	if (!k->work || !other_count)
		return 0;
	k->work -= other_count + count;
	bounds_of(k, rules, count, &bounds);
	kept = malloc((other_count + count) * sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	half = kept + other_count;
	for (size_t i = 0; i < other_count && others[i] < bounds.last; i++)
		if (!k->dead[others[i]] && bounds_meet(k->list, &bounds, others[i]))
			kept[n++] = others[i];
	if (n && halving_find(k, rules, count, kept, n, &by)) {
		for (int upper = 0; !rc && upper < 2; upper++)
			rc = kill(k, half, half_of(k, rules, count, &by, upper, half), kept, n);
	} else if (n) {
		rc = kill(k, rules, count / 2, kept, n);
		if (!rc)
			rc = kill(k, rules + count / 2, count - count / 2, kept, n);
	}
	free(kept);
	return rc;
}

int rpol_rules_kill(const struct rpol_rules *list, uint64_t *work, bool *dead)
{
	struct killing killing = {.list = list, .dead = dead, .work = *work};
	uint32_t *rules = malloc(list->count * sizeof(*rules));
	int rc;

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		rules[i] = (uint32_t)i;
	rc = kill(&killing, rules, list->count, rules, list->count);
	free(rules);
	*work = killing.work;
	return rc;
}

int rpol_live_new(const struct rpol_rules *all, struct rpol_live *out)
{
	size_t words = all->schema.words, n = 0;
	struct rpol_rules_test *tests = malloc(all->count * words * sizeof(*tests));
	uint32_t *number = malloc(all->count * sizeof(*number));
	bool *dead = calloc(all->count, sizeof(*dead));
	uint64_t work = (uint64_t)WORK * all->count;
	struct rpol_rules list = {.schema = all->schema, .count = all->count, .tests = tests};
	int rc = tests && number && dead ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < all->count * words; i++) {
		const struct rpol_rules_word *word = &all->schema.word[i % words];
		uint32_t max = rpol_word_max(word);

		tests[i] = all->tests[i];
		if (word->kind == RPOL_WORD_RANGE && tests[i].high > max)
			tests[i].high = max;
	}
	if (!rc)
		rc = rpol_rules_kill(&list, &work, dead);
	for (size_t i = 0; !rc && i < all->count; i++) {
		if (dead[i])
			continue;
		memmove(tests + n * words, tests + i * words, words * sizeof(*tests));
		number[n++] = (uint32_t)i + 1;
	}
	free(dead);
	list.count = n;
	*out = (struct rpol_live){.list = list, .number = number, .all = all};
	if (rc)
		rpol_live_free(out);
	return rc;
}

void rpol_live_free(struct rpol_live *live)
{
	free((void *)live->list.tests);
	free(live->number);
	*live = (struct rpol_live){0};
}
