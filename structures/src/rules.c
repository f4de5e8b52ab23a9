/* rules.c: what the structures for rule lists share, and the choice between them. Contracts in
 * rpol/rules.h and rules_image.h. */
#include "rules_image.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime-bpf/src/rules.h"

/* ---- keys and records ---------------------------------------------------------------------- */

void rpol_rules_schema_lay(struct rpol_rules_schema *schema)
{
	uint32_t at = sizeof(uint32_t);

	assert(schema->words && schema->words <= RPOL_RULES_WORDS);
	/* The widest first: each is aligned. */
	for (uint32_t size = 4; size; size /= 2)
		for (uint32_t i = 0; i < schema->words; i++) {
			struct rpol_rules_word *word = &schema->word[i];
			uint32_t own = word->bits > 16 ? 4 : word->bits > 8 ? 2 : 1;

			assert(word->bits && word->bits <= 32);
			if (own != size)
				continue;
			word->size = (uint8_t)size;
			word->at = (uint8_t)at;
			at += 2 * size;
		}
	schema->stride = (at + RPOL_BUCKET_UNIT - 1) / RPOL_BUCKET_UNIT * RPOL_BUCKET_UNIT;
}

void rpol_rules_prefix6(struct rpol_rules_test tests[4], const uint8_t address[16], unsigned length)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned bits = length > 32 * i ? length - 32 * i : 0;
		uint32_t host = bits >= 32 ? 0 : UINT32_MAX >> bits;
		const uint8_t *at = address + 4 * i;
		uint32_t word = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
				(uint32_t)at[2] << 8 | at[3];

		tests[i] = (struct rpol_rules_test){word & ~host, word | host};
	}
}

uint32_t rpol_rules_linear(const struct rpol_rules *list, const uint32_t *key)
{
	for (size_t rule = 0; rule < list->count; rule++) {
		const struct rpol_rules_test *test = rpol_rule(list, rule);
		bool fits = true;

		for (uint32_t i = 0; fits && i < list->schema.words; i++)
			fits = list->schema.word[i].kind == RPOL_WORD_MASK
				       ? (key[i] & test[i].high) == test[i].low
				       : key[i] >= test[i].low && key[i] <= test[i].high;
		if (fits)
			return (uint32_t)rule + 1;
	}
	return 0;
}

void rpol_record_write(const struct rpol_rules *list, size_t rule, uint32_t number, void *to)
{
	const struct rpol_rules_test *test = rpol_rule(list, rule);
	uint8_t *record = to;

	memset(record, 0, list->schema.stride);
	memcpy(record, &number, sizeof(number));
	for (uint32_t i = 0; i < list->schema.words; i++) {
		const struct rpol_rules_word *word = &list->schema.word[i];
		uint32_t max = rpol_word_max(word);
		uint32_t high = test[i].high < max ? test[i].high : max;
		uint32_t second = word->kind == RPOL_WORD_MASK ? high : high - test[i].low;

		/* Little endian: the low bytes are the number. */
		memcpy(record + word->at, &test[i].low, word->size);
		memcpy(record + word->at + word->size, &second, word->size);
	}
}

/* ---- images -------------------------------------------------------------------------------- */

int rpol_image_add(struct rpol_image *image, size_t size, size_t align, uint32_t *at)
{
	size_t start = (image->size + align - 1) & ~(align - 1);
	size_t end = start + size;

	if (end < size || end > image->limit)
		return -E2BIG;
	if (end > image->room) {
		size_t room = end + end / 2 + 4096;
		uint8_t *bytes = realloc(image->bytes, room);

		if (!bytes)
			return -ENOMEM;
		image->bytes = bytes;
		image->room = room;
	}
	memset(image->bytes + image->size, 0, end - image->size);
	image->size = end;
	*at = (uint32_t)start;
	return 0;
}

int rpol_image_take(const struct rpol_image *image, struct rpol_memory *out)
{
	struct rpol_memory memory;
	int rc = rpol_memory_new(&memory, image->size);

	if (rc)
		return rc;
	memcpy(memory.bytes, image->bytes, image->size);
	*out = memory;
	return 0;
}

/* ---- the cost model ------------------------------------------------------------------------ */

void rpol_rules_sample(const struct rpol_rules *list, uint64_t i, bool hit, uint32_t *key)
{
	for (uint32_t w = 0; w < list->schema.words; w++) {
		const struct rpol_rules_word *word = &list->schema.word[w];
		uint64_t pick = rpol_mix(hit ? 2 * i + 1 : 64 * i + 2 * w);
		const struct rpol_rules_test *test = rpol_rule(list, pick % list->count) + w;
		uint32_t max = rpol_word_max(word), high = test->high < max ? test->high : max;
		uint32_t chance = (uint32_t)rpol_mix(i << 6 | w << 1 | hit) & max;

		if (word->kind == RPOL_WORD_MASK)
			key[w] = test->low | (chance & ~test->high);
		else
			key[w] = test->low + (uint32_t)(chance % ((uint64_t)high - test->low + 1));
	}
}

/* One dependent load from memory of this size, measured. */
double rpol_rules_latency(size_t bytes)
{
	static const struct {
		double bytes, ns;
	} at[] = {{16e3, 2.5}, {1e6, 7.6}, {4e6, 21}, {16e6, 86}, {64e6, 130}};
	size_t n = sizeof(at) / sizeof(*at), i = 1;

	if ((double)bytes <= at[0].bytes)
		return at[0].ns;
	while (i < n - 1 && (double)bytes > at[i].bytes)
		i++;
	double along = log((double)bytes / at[i - 1].bytes) / log(at[i].bytes / at[i - 1].bytes);

	return at[i - 1].ns + along * (at[i].ns - at[i - 1].ns);
}

void rpol_counting_load(struct rpol_counting *counting, size_t at)
{
	size_t room = sizeof(counting->lines) / sizeof(*counting->lines);
	uint32_t line = (uint32_t)(at / 64) + 1;
	size_t slot = rpol_mix(line) & (room - 1), tries = 0;

	while (counting->lines[slot] && counting->lines[slot] != line && tries++ < 64)
		slot = (slot + 1) & (room - 1);
	if (counting->lines[slot] == line)
		counting->all.near++;
	else
		counting->all.loads++;
	counting->lines[slot] = line;
}

uint32_t rpol_counting_scan(struct rpol_counting *counting, const uint32_t *key, uint64_t bucket,
			    uint32_t best)
{
	const struct rpol_rules_schema *schema = &counting->list->schema;
	size_t at = (bucket & UINT32_MAX) * RPOL_BUCKET_UNIT,
	       count = bucket >> RPOL_BUCKET_COUNT & 0xffff;
	uint32_t got = best;

	rpol_counting_load(counting, at);
	for (size_t i = 0; got == best && i < count; i++, at += schema->stride) {
		uint64_t one = at / RPOL_BUCKET_UNIT | 1ULL << RPOL_BUCKET_COUNT;

		got = rpol_bucket_scan(counting->bytes, (uint32_t)counting->size, schema, key, one,
				       best);
		counting->all.instructions += 10 + 6 * schema->words;
	}
	counting->all.instructions += 12;
	return got;
}

int rpol_rules_count(const struct rpol_live *live, const struct rpol_image *image, bool hit,
		     double wait,
		     void (*lookup)(struct rpol_counting *counting, const uint32_t *key),
		     struct rpol_rules_lookup *out)
{
	struct rpol_counting *counting = calloc(1, sizeof(*counting));
	uint32_t key[RPOL_RULES_WORDS];

	if (!counting)
		return -ENOMEM;
	counting->list = &live->list;
	counting->bytes = image->bytes;
	counting->size = image->size;
	for (uint64_t i = 0; i < RPOL_COUNTED; i++) {
		rpol_rules_sample(live->all, i, hit, key);
		lookup(counting, key);
	}
	*out = (struct rpol_rules_lookup){
		.loads = counting->all.loads / RPOL_COUNTED,
		.near = counting->all.near / RPOL_COUNTED,
		.branches = counting->all.branches / RPOL_COUNTED,
		.instructions = counting->all.instructions / RPOL_COUNTED,
	};
	out->ns = out->loads * rpol_rules_latency(image->size) +
		  wait * out->near * rpol_rules_latency(0) + out->branches * 6 +
		  out->instructions * 0.1;
	free(counting);
	return 0;
}

static int (*const builders[RPOL_RULES_STRUCTURES])(const struct rpol_live *, size_t,
						    struct rpol_memory *,
						    struct rpol_rules_cost *) = {
	[RPOL_RULES_CLASSES] = rpol_classes_build,
	[RPOL_RULES_TUPLES] = rpol_tuples_build,
	[RPOL_RULES_TREE] = rpol_tree_build,
};

const char *rpol_rules_structure_name(enum rpol_rules_structure structure)
{
	static const char *const names[] = {"classes", "tuples", "tree"};

	return names[structure];
}

static int live_build(const struct rpol_live *live, enum rpol_rules_structure structure,
		      size_t budget, struct rpol_memory *out, struct rpol_rules_cost *cost)
{
	*cost = (struct rpol_rules_cost){0};
	int rc = builders[structure](live, budget, out, cost);

	assert(rc != -E2BIG || cost->refused);
	return rc;
}

int rpol_rules_build(const struct rpol_rules *list, enum rpol_rules_structure structure,
		     size_t budget, struct rpol_memory *out, struct rpol_rules_cost *cost)
{
	struct rpol_live live;
	int rc = rpol_live_new(list, &live);

	if (rc)
		return rc;
	rc = live_build(&live, structure, budget, out, cost);
	rpol_live_free(&live);
	return rc;
}

int rpol_rules_choose(const struct rpol_rules *list, size_t budget, struct rpol_rules_choice *out)
{
	struct rpol_live live;
	int chosen = -1, rc;

	*out = (struct rpol_rules_choice){0};
	rc = rpol_live_new(list, &live);
	if (rc)
		return rc;
	for (int s = 0; !rc && s < RPOL_RULES_STRUCTURES; s++) {
		enum rpol_rules_structure structure = (enum rpol_rules_structure)s;
		struct rpol_rules_cost *cost = &out->cost[s];
		struct rpol_memory memory;

		rc = live_build(&live, structure, budget, &memory, cost);
		if (rc == -E2BIG) {
			rc = 0;
			continue;
		}
		if (!rc && chosen >= 0 &&
		    cost->hit.ns + cost->none.ns >=
			    out->cost[chosen].hit.ns + out->cost[chosen].none.ns) {
			rpol_memory_free(&memory);
			continue;
		}
		rpol_memory_free(&out->memory);
		if (rc)
			break;
		out->memory = memory;
		out->structure = structure;
		chosen = s;
	}
	rpol_live_free(&live);
	return rc ? rc : chosen < 0 ? -E2BIG : 0;
}
