/* rules_classes_node.c: equivalence classes and their merging. Contract in rules_classes_node.h.
 *
 * Lists are compared by a 128-bit sum of random numbers, one a rule. A row of a merge is made by
 * adding each rule's number where its run of classes begins and taking it away behind the end, so
 * a row costs its rules and its cells, not their product. */
#include "rules_classes_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_MERGED = 0xffff,		   /* classes of a merge: cells are u16 */
	MOST_WORD = RPOL_CLASSES_PAGE - 1, /* classes of a word */
	MOST_ENTRIES = 24 << 20,	   /* of all lists of a node */
	WORK = 8 << 20,			   /* steps of all that is done */
};

/* ---- rules --------------------------------------------------------------------------------- */

int rpol_classes_rules_new(struct rpol_classes_rules *rules, const struct rpol_live *live)
{
	const struct rpol_rules *list = &live->list;

	*rules = (struct rpol_classes_rules){
		.list = list,
		.number = live->number,
		.tested = calloc(list->count, sizeof(*rules->tested)),
		.mark = malloc(list->count * sizeof(*rules->mark)),
		.work = WORK,
	};
	if (!rules->tested || !rules->mark) {
		rpol_classes_rules_free(rules);
		return -ENOMEM;
	}
	for (size_t i = 0; i < list->count; i++) {
		for (uint32_t w = 0; w < list->schema.words; w++)
			if (!rpol_test_any(&list->schema.word[w], rpol_rule(list, i) + w))
				rules->tested[i] |= 1U << w;
		rules->mark[i][0] = rpol_mix(2 * i + 1);
		rules->mark[i][1] = rpol_mix(rules->mark[i][0] + i);
	}
	return 0;
}

void rpol_classes_rules_free(struct rpol_classes_rules *rules)
{
	free(rules->tested);
	free(rules->mark);
}

void rpol_classes_node_free(struct rpol_classes_node *node)
{
	free(node->start);
	free(node->rules);
	*node = (struct rpol_classes_node){0};
}

void rpol_classes_axis_free(struct rpol_classes_axis *axis)
{
	free(axis->from);
	free(axis->class);
	*axis = (struct rpol_classes_axis){0};
}

/* ---- signatures ---------------------------------------------------------------------------- */

struct signatures {
	struct signature {
		uint64_t sum[2];
		uint32_t class; /* + 1; 0: free */
	} *slot;
	size_t room, used; /* room: a power of two */
};

/* The signature's slot, new when its class is 0. NULL: no memory. */
static struct signature *signature_find(struct signatures *all, const uint64_t sum[2])
{
	if (all->used * 2 >= all->room) {
		size_t room = all->room ? all->room * 2 : 1024;
		struct signature *slot = calloc(room, sizeof(*slot));

		if (!slot)
			return NULL;
		for (size_t i = 0; i < all->room; i++) {
			size_t at = all->slot[i].sum[0] & (room - 1);

			if (!all->slot[i].class)
				continue;
			while (slot[at].class)
				at = (at + 1) & (room - 1);
			slot[at] = all->slot[i];
		}
		free(all->slot);
		all->slot = slot;
		all->room = room;
	}
	size_t at = sum[0] & (all->room - 1);

	while (all->slot[at].class &&
	       (all->slot[at].sum[0] != sum[0] || all->slot[at].sum[1] != sum[1]))
		at = (at + 1) & (all->room - 1);
	if (!all->slot[at].class) {
		all->slot[at].sum[0] = sum[0];
		all->slot[at].sum[1] = sum[1];
		all->used++;
	}
	return &all->slot[at];
}

/* ---- nodes that grow ----------------------------------------------------------------------- */

struct growing {
	struct rpol_classes_rules *rules;
	struct rpol_classes_node node;
	struct signatures full, cut; /* lists as they are, and cut */
	size_t entries, room, starts;
	uint32_t most;
};

static void growing_end(struct growing *grow)
{
	free(grow->full.slot);
	free(grow->cut.slot);
}

/* Room for one more list of up to `most` rules; where to write it. */
static int growing_room(struct growing *grow, size_t most, uint32_t **list)
{
	if (grow->node.classes + 2 > grow->starts) {
		size_t starts = grow->starts ? grow->starts * 2 : 256;
		uint32_t *start = realloc(grow->node.start, starts * sizeof(*start));

		if (!start)
			return -ENOMEM;
		grow->node.start = start;
		grow->starts = starts;
	}
	if (grow->entries + most > grow->room) {
		size_t room = (grow->entries + most) * 3 / 2 + 256;
		uint32_t *rules = realloc(grow->node.rules, room * sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		grow->node.rules = rules;
		grow->room = room;
	}
	*list = grow->node.rules + grow->entries;
	return 0;
}

/* Takes `steps` of what is left; false when it does not suffice. */
static bool work_take(struct rpol_classes_rules *rules, uint64_t steps)
{
	if (steps > rules->work)
		return false;
	rules->work -= steps;
	return true;
}

/* The class of the list of `count` rules that growing_room gave place to; a list that was there
 * already takes no place. */
static int growing_class(struct growing *grow, size_t count, uint32_t *class)
{
	const uint32_t *list = grow->node.rules + grow->entries;
	uint64_t sum[2] = {0};

	if (!work_take(grow->rules, 2 * count))
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		sum[0] += grow->rules->mark[list[i]][0];
		sum[1] += grow->rules->mark[list[i]][1];
	}
	struct signature *found = signature_find(&grow->cut, sum);

	if (!found)
		return -ENOMEM;
	if (!found->class) {
		if (grow->node.classes >= grow->most || grow->entries + count > MOST_ENTRIES)
			return -E2BIG;
		grow->node.start[grow->node.classes] = (uint32_t)grow->entries;
		grow->entries += count;
		found->class = ++grow->node.classes;
		grow->node.start[grow->node.classes] = (uint32_t)grow->entries;
	}
	*class = found->class - 1;
	return 0;
}

/* ---- one word ------------------------------------------------------------------------------ */

struct event {
	uint32_t at, rule;
	bool ends;
};

static int event_order(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (int)x->rule - (int)y->rule;
}

/* Where rules begin and end to match along the word, in order. */
static int word_events(const struct rpol_classes_rules *rules, uint32_t w, struct event **out,
		       size_t *count)
{
	const struct rpol_rules *list = rules->list;
	const struct rpol_rules_word *word = &list->schema.word[w];
	uint32_t max = rpol_word_max(word);
	size_t room = 2 * list->count + 2, n = 0;
	struct event *events = malloc(room * sizeof(*events));

	if (!events)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		const struct rpol_rules_test *test = rpol_rule(list, i) + w;

		if (word->kind == RPOL_WORD_RANGE) {
			events[n++] = (struct event){test->low, (uint32_t)i, false};
			if (test->high < max)
				events[n++] = (struct event){test->high + 1, (uint32_t)i, true};
			continue;
		}
		/* A run of values for each way to set the bits that the mask leaves free above
		 * its lowest bit. */
		uint32_t low = test->high & (~test->high + 1), run = low ? low : max + 1;
		uint32_t free_bits = max & ~test->high & ~(low - 1), chosen = 0;

		do {
			uint32_t at = test->low | chosen;

			if (n + 2 > room) {
				struct event *more = realloc(events, 2 * room * sizeof(*events));

				if (!more || n > MOST_ENTRIES) {
					free(more ? more : events);
					return more ? -E2BIG : -ENOMEM;
				}
				events = more;
				room *= 2;
			}
			events[n++] = (struct event){at, (uint32_t)i, false};
			if (at + run <= max)
				events[n++] = (struct event){at + run, (uint32_t)i, true};
			chosen = (chosen - free_bits) & free_bits;
		} while (chosen);
	}
	qsort(events, n, sizeof(*events), event_order);
	*out = events;
	*count = n;
	return 0;
}

/* The class of the active rules. */
static int word_class(struct growing *grow, const uint64_t *active, uint32_t w, uint32_t *class)
{
	size_t n = grow->rules->list->count, count = 0;
	uint32_t *list;
	int rc = growing_room(grow, n, &list);

	if (rc)
		return rc;
	for (size_t block = 0; block < (n + 63) / 64; block++)
		for (uint64_t left = active[block]; left; left &= left - 1) {
			uint32_t rule = (uint32_t)(block * 64) + (uint32_t)__builtin_ctzll(left);

			list[count++] = rule;
			if (!(grow->rules->tested[rule] & ~(1U << w)))
				return growing_class(grow, count, class);
		}
	return growing_class(grow, count, class);
}

static int word_sweep(struct growing *grow, const struct event *events, size_t count, uint32_t w,
		      struct rpol_classes_axis *axis)
{
	size_t n = grow->rules->list->count;
	uint64_t *active = calloc((n + 63) / 64, sizeof(*active)), sum[2] = {0};
	int rc = active ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && (i < count || !axis->count);) {
		uint32_t from = axis->count ? events[i].at : 0, class = 0;

		for (; i < count && events[i].at == from; i++) {
			uint64_t sign = events[i].ends ? UINT64_MAX : 1;
			const uint64_t *mark = grow->rules->mark[events[i].rule];

			active[events[i].rule / 64] ^= 1ULL << events[i].rule % 64;
			sum[0] += sign * mark[0];
			sum[1] += sign * mark[1];
		}
		struct signature *found = signature_find(&grow->full, sum);

		if (!found) {
			rc = -ENOMEM;
			break;
		}
		if (!found->class) {
			rc = word_class(grow, active, w, &class);
			found->class = class + 1;
		}
		class = found->class - 1;
		if (axis->count && axis->class[axis->count - 1] == class)
			continue;
		axis->from[axis->count] = from;
		axis->class[axis->count++] = class;
	}
	free(active);
	return rc;
}

int rpol_classes_of_word(struct rpol_classes_rules *rules, uint32_t word,
			 struct rpol_classes_node *out, struct rpol_classes_axis *axis)
{
	const struct rpol_rules_word *own = &rules->list->schema.word[word];
	struct growing grow = {.rules = rules, .most = MOST_WORD};
	struct event *events = NULL;
	size_t count;

	*axis = (struct rpol_classes_axis){0};
	if (own->kind == RPOL_WORD_MASK && own->bits > 16)
		return -E2BIG;
	int rc = word_events(rules, word, &events, &count);

	if (rc)
		return rc;
	axis->from = malloc((count + 1) * sizeof(*axis->from));
	axis->class = malloc((count + 1) * sizeof(*axis->class));
	rc = axis->from && axis->class ? word_sweep(&grow, events, count, word, axis) : -ENOMEM;
	free(events);
	growing_end(&grow);
	if (rc) {
		rpol_classes_axis_free(axis);
		rpol_classes_node_free(&grow.node);
		return rc;
	}
	grow.node.words = 1U << word;
	*out = grow.node;
	return 0;
}

/* ---- merging ------------------------------------------------------------------------------- */

/* Per rule, the runs of consecutive classes that have it. */
struct runs {
	uint32_t *start;    /* [rules + 2], the last one spare */
	uint32_t (*run)[2]; /* first, behind the last */
};

static void runs_free(struct runs *runs)
{
	free(runs->start);
	free(runs->run);
}

static int runs_make(const struct rpol_classes_node *node, size_t rules, struct runs *runs)
{
	uint32_t *last = calloc(rules, sizeof(*last)); /* the last class with it, + 1 */

	*runs = (struct runs){.start = calloc(rules + 2, sizeof(*runs->start))};
	if (!last || !runs->start)
		goto fail;
	/* Count two places ahead, so that filling in leaves each start where it belongs. */
	for (uint32_t c = 0; c < node->classes; c++)
		for (uint32_t i = node->start[c]; i < node->start[c + 1]; i++) {
			uint32_t rule = node->rules[i];

			runs->start[rule + 2] += !last[rule] || last[rule] != c;
			last[rule] = c + 1;
		}
	for (size_t i = 2; i <= rules + 1; i++)
		runs->start[i] += runs->start[i - 1];
	runs->run = malloc(((size_t)runs->start[rules + 1] + 1) * sizeof(*runs->run));
	if (!runs->run)
		goto fail;
	memset(last, 0, rules * sizeof(*last));
	for (uint32_t c = 0; c < node->classes; c++)
		for (uint32_t i = node->start[c]; i < node->start[c + 1]; i++) {
			uint32_t rule = node->rules[i];

			if (!last[rule] || last[rule] != c)
				runs->run[runs->start[rule + 1]++][0] = c;
			runs->run[runs->start[rule + 1] - 1][1] = c + 1;
			last[rule] = c + 1;
		}
	free(last);
	return 0;
fail:
	free(last);
	runs_free(runs);
	return -ENOMEM;
}

/* Steps that making all rows takes. */
static uint64_t merge_work(const struct rpol_classes_node *rows, const struct runs *runs,
			   uint64_t cells)
{
	uint64_t work = cells;

	for (uint32_t i = 0; i < rows->start[rows->classes]; i++)
		work += runs->start[rows->rules[i] + 1] - runs->start[rows->rules[i]];
	return work;
}

/* The class of the rules in both lists, or the first one's number. */
static int merge_class(struct growing *grow, const struct rpol_classes_node *left, uint32_t l,
		       const struct rpol_classes_node *right, uint32_t r, bool last,
		       uint32_t *class)
{
	const uint32_t *a = left->rules + left->start[l], *a_end = left->rules + left->start[l + 1];
	const uint32_t *b = right->rules + right->start[r],
		       *b_end = right->rules + right->start[r + 1];
	uint32_t words = left->words | right->words, *list = NULL;
	size_t count = 0;

	if (!work_take(grow->rules, (uint64_t)(a_end - a) + (uint64_t)(b_end - b)))
		return -E2BIG;
	if (!last) {
		size_t most = (size_t)(a_end - a < b_end - b ? a_end - a : b_end - b);
		int rc = growing_room(grow, most, &list);

		if (rc)
			return rc;
	}
	while (a < a_end && b < b_end) {
		if (*a != *b) {
			if (*a < *b)
				a++;
			else
				b++;
			continue;
		}
		if (last) {
			*class = grow->rules->number[*a];
			return 0;
		}
		list[count++] = *a;
		if (!(grow->rules->tested[*a] & ~words))
			break;
		a++;
		b++;
	}
	*class = 0;
	return last ? 0 : growing_class(grow, count, class);
}

int rpol_classes_merge(struct rpol_classes_rules *rules, const struct rpol_classes_node *left,
		       const struct rpol_classes_node *right, uint16_t *table,
		       struct rpol_classes_node *out)
{
	size_t n = rules->list->count, cols = right->classes;
	struct growing grow = {.rules = rules, .most = MOST_MERGED};
	struct runs runs;
	uint64_t(*sums)[2] = calloc(cols + 1, sizeof(*sums));
	int rc = sums ? runs_make(right, n, &runs) : -ENOMEM;

	if (rc) {
		free(sums);
		return rc;
	}
	if (!work_take(rules, merge_work(left, &runs, (uint64_t)left->classes * cols)))
		rc = -E2BIG;
	for (uint32_t l = 0; !rc && l < left->classes; l++) {
		for (uint32_t i = left->start[l]; i < left->start[l + 1]; i++) {
			uint32_t rule = left->rules[i];
			const uint64_t *mark = rules->mark[rule];

			for (uint32_t j = runs.start[rule]; j < runs.start[rule + 1]; j++) {
				sums[runs.run[j][0]][0] += mark[0];
				sums[runs.run[j][0]][1] += mark[1];
				sums[runs.run[j][1]][0] -= mark[0];
				sums[runs.run[j][1]][1] -= mark[1];
			}
		}
		uint64_t sum[2] = {0};
		struct signature *found = NULL;

		for (uint32_t r = 0; !rc && r < cols; r++) {
			if (!found || sums[r][0] || sums[r][1]) {
				sum[0] += sums[r][0];
				sum[1] += sums[r][1];
				found = signature_find(&grow.full, sum);
				if (!found) {
					rc = -ENOMEM;
					break;
				}
			}
			if (!found->class) {
				uint32_t class = 0;

				rc = merge_class(&grow, left, l, right, r, !out, &class);
				found->class = class + 1;
			}
			table[l * cols + r] = (uint16_t)(found->class - 1);
		}
		memset(sums, 0, (cols + 1) * sizeof(*sums));
	}
	runs_free(&runs);
	free(sums);
	growing_end(&grow);
	if (rc || !out) {
		rpol_classes_node_free(&grow.node);
		return rc;
	}
	grow.node.words = left->words | right->words;
	*out = grow.node;
	return 0;
}
