/* rules_tuples.c: builds the tuple space. Rules that fix the same bits make a group, found by a
 * hash of these bits; groups are merged, fixing only what all their rules fix, while that makes
 * lookups cheaper and until there are few enough. Contract in rpol/rules.h. */
#include "rules_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The very hash the programs use. */
#include "../../runtime-bpf/src/rules.h"

enum {
	GROUPS = 192,  /* to begin with */
	SAMPLE = 3072, /* rules that merging looks at */
	KEYS = 96,     /* keys that it looks up */
	PROBE_NS = 4,  /* one more tuple */
	RECORD_NS = 3, /* one more record */
};

struct group {
	uint32_t mask[RPOL_RULES_WORDS];
	uint32_t *rules; /* of the sample */
	uint32_t count;
	double scanned; /* records a lookup goes through in it */
};

struct space {
	const struct rpol_live *live;
	const struct rpol_rules *list;	     /* the live ones */
	uint32_t (*masks)[RPOL_RULES_WORDS]; /* by rule: the bits it fixes */
	struct group group[GROUPS];
	uint32_t groups;
	uint32_t key[KEYS][RPOL_RULES_WORDS];
	uint32_t *slots; /* for counting */
	double scale;	 /* rules a sampled one stands for */
};

/* ---- what rules fix ------------------------------------------------------------------------ */

static uint32_t fixed_bits(const struct rpol_rules_word *word, const struct rpol_rules_test *test)
{
	uint32_t max = rpol_word_max(word);

	if (word->kind == RPOL_WORD_MASK)
		return test->high;
	uint32_t differ = test->low ^ (test->high < max ? test->high : max);

	return differ ? max & ~(UINT32_MAX >> __builtin_clz(differ)) : max;
}

/* Prefixes rounded to lengths that are multiples of step; a short word is fixed whole or not. */
static uint32_t coarse(const struct rpol_rules_word *word, uint32_t mask, uint32_t step)
{
	if (step == 1 || word->kind == RPOL_WORD_MASK)
		return mask;
	if (word->bits <= 16)
		return mask == rpol_word_max(word) ? mask : 0;
	uint32_t length = (uint32_t)__builtin_popcount(mask);

	length -= length % step;
	return rpol_word_max(word) & ~(uint32_t)((1ULL << (word->bits - length)) - 1);
}

static uint64_t masks_hash(const uint32_t *mask, uint32_t words)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < words; i++)
		hash = rpol_mix(hash + mask[i]);
	return hash;
}

/* ---- groups -------------------------------------------------------------------------------- */

/* How many records a lookup of the keys goes through, were the rules one group by this mask. */
static double scans(struct space *space, const uint32_t *mask, const struct group *a,
		    const struct group *b)
{
	const struct rpol_rules *list = space->list;
	size_t count = a->count + (b ? b->count : 0), room = 64;
	double all = 0;

	while (room < 4 * count)
		room *= 2;
	memset(space->slots, 0, room * sizeof(*space->slots));
	for (size_t i = 0; i < count; i++) {
		uint32_t rule = i < a->count ? a->rules[i] : b->rules[i - a->count];
		uint32_t key[RPOL_RULES_WORDS];

		for (uint32_t w = 0; w < list->schema.words; w++)
			key[w] = rpol_rule(list, rule)[w].low;
		space->slots[rpol_tuple_hash(&list->schema, mask, key) & (room - 1)]++;
	}
	for (size_t k = 0; k < KEYS; k++)
		all += space->slots[rpol_tuple_hash(&list->schema, mask, space->key[k]) &
				    (room - 1)];
	return all * space->scale / KEYS;
}

/* The group of the mask, new while there is room; else the last, which then fixes less. */
static int group_add(struct space *space, const uint32_t *mask, uint32_t rule)
{
	uint32_t words = space->list->schema.words, at = 0;

	while (at < space->groups &&
	       memcmp(space->group[at].mask, mask, words * sizeof(*mask)) != 0)
		at++;
	if (at == GROUPS)
		at--;
	struct group *group = &space->group[at];

	if (at == space->groups) {
		group->rules = malloc(SAMPLE * sizeof(*group->rules));
		if (!group->rules)
			return -ENOMEM;
		memcpy(group->mask, mask, words * sizeof(*mask));
		space->groups++;
	}
	for (uint32_t w = 0; w < words; w++)
		group->mask[w] &= mask[w];
	group->rules[group->count++] = rule;
	return 0;
}

static int mask_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* How many different masks the sample has, rounded by step. */
static size_t masks_count(const struct space *space, size_t sampled, uint32_t step,
			  uint64_t *hashes)
{
	const struct rpol_rules *list = space->list;
	size_t different = 0;

	for (size_t i = 0; i < sampled; i++) {
		size_t rule = i * list->count / sampled;
		uint32_t mask[RPOL_RULES_WORDS];

		for (uint32_t w = 0; w < list->schema.words; w++)
			mask[w] = coarse(&list->schema.word[w], space->masks[rule][w], step);
		hashes[i] = masks_hash(mask, list->schema.words);
	}
	qsort(hashes, sampled, sizeof(*hashes), mask_order);
	for (size_t i = 0; i < sampled; i++)
		different += !i || hashes[i] != hashes[i - 1];
	return different;
}

static int groups_make(struct space *space)
{
	const struct rpol_rules *list = space->list;
	size_t sampled = list->count < SAMPLE ? list->count : SAMPLE;
	uint64_t *hashes = malloc(sampled * sizeof(*hashes));
	uint32_t step = 1;
	int rc = hashes ? 0 : -ENOMEM;

	space->scale = (double)list->count / (double)sampled;
	while (!rc && step < 16 && masks_count(space, sampled, step, hashes) > GROUPS)
		step *= 2;
	free(hashes);
	for (size_t i = 0; !rc && i < sampled; i++) {
		size_t rule = i * list->count / sampled;
		uint32_t mask[RPOL_RULES_WORDS];

		for (uint32_t w = 0; w < list->schema.words; w++)
			mask[w] = coarse(&list->schema.word[w], space->masks[rule][w], step);
		rc = group_add(space, mask, (uint32_t)rule);
	}
	for (uint32_t i = 0; i < space->groups; i++)
		space->group[i].scanned =
			scans(space, space->group[i].mask, &space->group[i], NULL);
	return rc;
}

/* What merging a and b costs a lookup, in records; the merged one's in *scanned. */
static double merge_cost(struct space *space, uint32_t a, uint32_t b, double *scanned)
{
	uint32_t mask[RPOL_RULES_WORDS];

	for (uint32_t w = 0; w < space->list->schema.words; w++)
		mask[w] = space->group[a].mask[w] & space->group[b].mask[w];
	*scanned = scans(space, mask, &space->group[a], &space->group[b]);
	return *scanned - space->group[a].scanned - space->group[b].scanned;
}

/* Merges the pair that costs least, again and again. cost[a][b], a > b, is kept. */
static int groups_merge(struct space *space)
{
	struct pair {
		double cost, scanned;
	}(*pairs)[GROUPS] = malloc(sizeof(*pairs) * GROUPS);

	if (!pairs)
		return -ENOMEM;
	for (uint32_t a = 0; a < space->groups; a++)
		for (uint32_t b = 0; b < a; b++)
			pairs[a][b].cost = merge_cost(space, a, b, &pairs[a][b].scanned);
	while (space->groups > 1) {
		uint32_t a = 1, b = 0, last = space->groups - 1;

		for (uint32_t i = 0; i < space->groups; i++)
			for (uint32_t j = 0; j < i; j++)
				if (pairs[i][j].cost < pairs[a][b].cost) {
					a = i;
					b = j;
				}
		if (space->groups <= RPOL_TUPLES && pairs[a][b].cost * RECORD_NS > PROBE_NS)
			break;
		/* b takes a in, the last takes a's place. */
		struct group *into = &space->group[b], *from = &space->group[a];

		into->scanned = pairs[a][b].scanned;
		memcpy(into->rules + into->count, from->rules, from->count * sizeof(*from->rules));
		into->count += from->count;
		for (uint32_t w = 0; w < space->list->schema.words; w++)
			into->mask[w] &= from->mask[w];
		free(from->rules);
		*from = space->group[last];
		space->group[last].rules = NULL;
		space->groups--;
		for (uint32_t i = 0; i < space->groups && a != last; i++) {
			if (i < a)
				pairs[a][i] = pairs[last][i];
			else if (i > a)
				pairs[i][a] = pairs[last][i];
		}
		for (uint32_t i = 0; i < space->groups; i++) {
			uint32_t high = i > b ? i : b, low = i > b ? b : i;

			if (i != b)
				pairs[high][low].cost =
					merge_cost(space, high, low, &pairs[high][low].scanned);
		}
	}
	free(pairs);
	return 0;
}

/* ---- the image ----------------------------------------------------------------------------- */

/* The group that the rule is put into: the one that fixes most, of those that fix what the rule
 * fixes; where there is none, the one that has most in common with it, which then fixes less. */
static uint32_t rule_group(struct space *space, size_t rule)
{
	uint32_t words = space->list->schema.words, best = 0;
	int most = -1;

	for (uint32_t g = 0; g < space->groups; g++) {
		const uint32_t *mask = space->group[g].mask;
		int common = 0, beyond = 0;

		for (uint32_t w = 0; w < words; w++) {
			common += __builtin_popcount(mask[w] & space->masks[rule][w]);
			beyond |= !!(mask[w] & ~space->masks[rule][w]);
		}
		common = beyond ? common : common + 32 * RPOL_RULES_WORDS;
		if (common > most) {
			most = common;
			best = g;
		}
	}
	for (uint32_t w = 0; w < words; w++)
		space->group[best].mask[w] &= space->masks[rule][w];
	return best;
}

struct placed {
	uint64_t hash;
	uint32_t rule, slot;
};

static int placed_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Writes the tuple of these rules; mask is its own. */
static int tuple_write(const struct rpol_live *live, struct rpol_image *image,
		       struct placed *placed, uint32_t count, struct rpol_tuple *tuple)
{
	const struct rpol_rules *list = &live->list;
	uint32_t slots = 1, key[RPOL_RULES_WORDS], records;
	int rc;

	while (slots < 2 * count)
		slots *= 2;
	tuple->most = slots - 1;
	tuple->best = UINT32_MAX;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t w = 0; w < list->schema.words; w++)
			key[w] = rpol_rule(list, placed[i].rule)[w].low;
		placed[i].hash = rpol_tuple_hash(&list->schema, tuple->mask, key);
		placed[i].slot = (uint32_t)placed[i].hash & tuple->most;
		if (live->number[placed[i].rule] < tuple->best)
			tuple->best = live->number[placed[i].rule];
	}
	qsort(placed, count, sizeof(*placed), placed_order);
	rc = rpol_image_add(image, (size_t)slots * 8, 64, &tuple->table);
	if (!rc)
		rc = rpol_image_add(image, (size_t)count * list->schema.stride, 64, &records);
	for (uint32_t i = 0; !rc && i < count;) {
		uint32_t from = i, at = records + i * list->schema.stride;
		uint64_t filter = 0;

		for (; i < count && placed[i].slot == placed[from].slot; i++) {
			filter |= 1ULL << (placed[i].hash >> 60);
			rpol_record_write(list, placed[i].rule, live->number[placed[i].rule],
					  image->bytes + records + i * list->schema.stride);
		}
		uint64_t bucket = at / RPOL_BUCKET_UNIT |
				  (uint64_t)(i - from) << RPOL_BUCKET_COUNT |
				  filter << RPOL_BUCKET_FILTER;

		if (i - from > RPOL_BUCKET_MOST)
			return -E2BIG;
		memcpy(image->bytes + tuple->table + (size_t)placed[from].slot * 8, &bucket, 8);
	}
	return rc;
}

static int tuple_order(const void *a, const void *b)
{
	const struct rpol_tuple *x = a, *y = b;

	return x->best < y->best ? -1 : x->best > y->best;
}

static int tuples_write(struct space *space, struct rpol_image *image,
			struct rpol_tuples_head *head)
{
	size_t n = space->list->count;
	struct placed *placed = malloc(n * sizeof(*placed));
	uint8_t *group = malloc(n);
	uint32_t at;
	int rc = placed && group ? rpol_image_add(image, sizeof(*head), 64, &at) : -ENOMEM;

	memset(head, 0, sizeof(*head));
	for (size_t rule = 0; !rc && rule < n; rule++)
		group[rule] = (uint8_t)rule_group(space, rule);
	for (uint32_t g = 0; !rc && g < space->groups; g++) {
		struct rpol_tuple *tuple = &head->tuple[head->tuples];
		uint32_t count = 0;

		for (size_t rule = 0; rule < n; rule++)
			if (group[rule] == g)
				placed[count++].rule = (uint32_t)rule;
		if (!count)
			continue;
		memcpy(tuple->mask, space->group[g].mask, sizeof(tuple->mask));
		rc = tuple_write(space->live, image, placed, count, tuple);
		head->tuples++;
	}
	free(placed);
	free(group);
	if (rc)
		return rc;
	qsort(head->tuple, head->tuples, sizeof(*head->tuple), tuple_order);
	memcpy(image->bytes + at, head, sizeof(*head));
	return 0;
}

/* ---- cost ---------------------------------------------------------------------------------- */

/* Goes the reader's way and counts. */
static void count_lookup(struct rpol_counting *counting, const uint32_t *key)
{
	const struct rpol_tuples_head *head = (const void *)counting->bytes;
	struct rpol_rules_lookup *all = &counting->all;
	uint32_t best = 0;

	for (uint32_t i = 0; i < head->tuples; i++) {
		const struct rpol_tuple *tuple = &head->tuple[i];
		uint64_t hash = rpol_tuple_hash(&counting->list->schema, tuple->mask, key), bucket;
		size_t at = tuple->table + (hash & tuple->most) * 8;
		double near = all->near;

		if (best && tuple->best >= best)
			break;
		/* Tables are looked at side by side: of what is near, half of the wait is seen. */
		rpol_counting_load(counting, at);
		all->near = (all->near + near) / 2;
		all->instructions += 14 + 6 * counting->list->schema.words;
		memcpy(&bucket, counting->bytes + at, 8);
		if (!(bucket >> RPOL_BUCKET_FILTER >> (hash >> 60) & 1))
			continue;
		all->branches += 1.2;
		best = rpol_counting_scan(counting, key, bucket, best);
	}
}

int rpol_tuples_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		      struct rpol_rules_cost *cost)
{
	struct rpol_image image = {.limit = budget < UINT32_MAX ? budget : UINT32_MAX};
	const struct rpol_rules *list = &live->list;
	struct space *space = calloc(1, sizeof(*space));
	struct rpol_tuples_head head;
	int rc = -ENOMEM;

	if (!space)
		return rc;
	space->live = live;
	space->list = list;
	space->masks = calloc(list->count, sizeof(*space->masks));
	space->slots = malloc(8 * SAMPLE * sizeof(*space->slots));
	if (space->masks && space->slots)
		rc = 0;
	for (size_t rule = 0; !rc && rule < list->count; rule++)
		for (uint32_t w = 0; w < list->schema.words; w++)
			space->masks[rule][w] =
				fixed_bits(&list->schema.word[w], rpol_rule(list, rule) + w);
	for (uint64_t k = 0; k < KEYS; k++)
		rpol_rules_sample(live->all, k, true, space->key[k]);
	if (!rc)
		rc = groups_make(space);
	if (!rc)
		rc = groups_merge(space);
	if (!rc)
		rc = tuples_write(space, &image, &head);
	if (!rc) {
		cost->bytes = image.size;
		rc = rpol_rules_count(live, &image, true, 1, count_lookup, &cost->hit);
		if (!rc)
			rc = rpol_rules_count(live, &image, false, 1, count_lookup, &cost->none);
		if (!rc)
			rc = rpol_image_take(&image, out);
	}
	for (uint32_t i = 0; i < space->groups; i++)
		free(space->group[i].rules);
	free(space->slots);
	free(space->masks);
	free(space);
	free(image.bytes);
	if (rc == -E2BIG)
		cost->refused = "too many rules that differ in ranges only, for the memory";
	return rc;
}
