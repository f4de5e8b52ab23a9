/* rulelists.c: lists of rules and keys for the tests. Contract in rulelists.h. */
#include "rulelists.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

uint64_t chance_next(struct chance *chance)
{
	uint64_t x = chance->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint32_t chance_below(struct chance *chance, uint32_t limit)
{
	return (uint32_t)((chance_next(chance) >> 32) * limit >> 32);
}

/* ---- schemas ------------------------------------------------------------------------------- */

static void schema_word(struct rpol_rules_schema *schema, uint8_t kind, uint8_t bits)
{
	schema->word[schema->words++] = (struct rpol_rules_word){.kind = kind, .bits = bits};
}

void schema_make(int kind, struct rpol_rules_schema *schema)
{
	*schema = (struct rpol_rules_schema){0};
	for (int i = 0; i < (kind == KEY_V6 ? 8 : kind == KEY_V4 ? 2 : 1); i++)
		schema_word(schema, RPOL_WORD_RANGE, 32);
	if (kind != KEY_ONE) {
		schema_word(schema, RPOL_WORD_RANGE, 16);
		schema_word(schema, RPOL_WORD_RANGE, 16);
		schema_word(schema, RPOL_WORD_RANGE, 8);
		schema_word(schema, RPOL_WORD_MASK, 8);
	}
	rpol_rules_schema_lay(schema);
}

void schema_random(struct chance *chance, uint32_t most, struct rpol_rules_schema *schema)
{
	uint32_t words = 1 + chance_below(chance, most);

	*schema = (struct rpol_rules_schema){0};
	for (uint32_t i = 0; i < words; i++) {
		uint32_t bits = chance_below(chance, 3) ? 8U << chance_below(chance, 3)
							: 1 + chance_below(chance, 32);

		schema_word(schema, chance_below(chance, 5) ? RPOL_WORD_RANGE : RPOL_WORD_MASK,
			    (uint8_t)bits);
	}
	rpol_rules_schema_lay(schema);
}

/* ---- adversarial lists --------------------------------------------------------------------- */

static uint32_t word_max(const struct rpol_rules_word *word)
{
	return word->bits == 32 ? UINT32_MAX : (1U << word->bits) - 1;
}

static struct rpol_rules_test any(const struct rpol_rules_word *word)
{
	return word->kind == RPOL_WORD_MASK ? RPOL_RULES_ANY_MASK : RPOL_RULES_ANY_RANGE;
}

static struct rpol_rules_test prefix(uint32_t value, uint32_t length, uint32_t bits)
{
	uint32_t host = length >= bits		? 0
			: bits == 32 && !length ? UINT32_MAX
						: (1U << (bits - length)) - 1;

	return (struct rpol_rules_test){value & ~host, value | host};
}

static struct rpol_rules_test test_random(struct chance *chance, enum list_kind kind,
					  const struct rpol_rules_word *word, size_t rule,
					  uint64_t pool)
{
	struct chance pooled = {pool + chance_below(chance, kind == LIST_NESTED ? 3 : 12)};
	uint32_t max = word_max(word), value = (uint32_t)chance_next(&pooled) & max;
	uint32_t other = (uint32_t)chance_next(&pooled) & max;

	if (word->kind == RPOL_WORD_MASK)
		return chance_below(chance, 2) ? RPOL_RULES_ANY_MASK
					       : (struct rpol_rules_test){value & other, other};
	switch (kind) {
	case LIST_NESTED:
		return prefix(value, chance_below(chance, word->bits + 1U), word->bits);
	case LIST_ANY:
		return chance_below(chance, 20) ? RPOL_RULES_ANY_RANGE
						: (struct rpol_rules_test){value, value};
	case LIST_ADJACENT: {
		uint32_t step = max / 64 + 1, low = (uint32_t)(rule % 64) * step;

		return low > max ? RPOL_RULES_ANY_RANGE
				 : (struct rpol_rules_test){low, low + (step - 1)};
	}
	case LIST_HALVES:
		if (chance_below(chance, 3))
			return RPOL_RULES_ANY_RANGE;
		return chance_below(chance, 2) ? (struct rpol_rules_test){0, max / 2}
					       : (struct rpol_rules_test){max / 2 + 1, UINT32_MAX};
	default:
		break;
	}
	switch (chance_below(chance, 4)) {
	case 0:
		return RPOL_RULES_ANY_RANGE;
	case 1:
		return prefix(value, chance_below(chance, word->bits + 1U), word->bits);
	case 2:
		return (struct rpol_rules_test){value < other ? value : other,
						value < other ? other : value};
	default:
		return (struct rpol_rules_test){value, value};
	}
}

void list_make(struct chance *chance, enum list_kind kind, const struct rpol_rules_schema *schema,
	       size_t count, struct rpol_rules *out)
{
	struct rpol_rules_test *tests = calloc(count * schema->words, sizeof(*tests));
	uint32_t only = chance_below(chance, schema->words);
	uint64_t pool = chance_next(chance);

	assert(tests);
	for (size_t rule = 0; rule < count; rule++) {
		struct rpol_rules_test *test = tests + rule * schema->words;

		if (kind == LIST_DUPLICATE && rule >= 5) {
			memcpy(test, tests + chance_below(chance, 5) * schema->words,
			       schema->words * sizeof(*test));
			continue;
		}
		for (uint32_t w = 0; w < schema->words; w++)
			test[w] = kind == LIST_FIELD && w != only
					  ? any(&schema->word[w])
					  : test_random(chance, kind, &schema->word[w], rule,
							pool + 100 * w);
	}
	*out = (struct rpol_rules){.schema = *schema, .count = count, .tests = tests};
}

/* ---- lists like ClassBench's --------------------------------------------------------------- */

/* An address's prefix: networks by a skewed choice, then the bits below by another. */
static struct rpol_rules_test address(struct chance *chance, uint64_t pool, uint32_t networks,
				      uint32_t least, uint32_t most)
{
	uint32_t skewed = chance_below(chance, 1 + chance_below(chance, networks));
	struct chance network = {pool + skewed};
	uint32_t high = (uint32_t)chance_next(&network);
	struct chance inside = {high + chance_below(chance, 1 + chance_below(chance, 24))};
	uint32_t length = least + chance_below(chance, most - least + 1);
	uint32_t value = (high & 0xffff0000) | ((uint32_t)chance_next(&inside) & 0xff00) |
			 ((uint32_t)chance_next(chance) & 0xff);

	return prefix(value, length, 32);
}

static struct rpol_rules_test port(struct chance *chance, uint32_t any_of_100, uint32_t range)
{
	static const uint16_t known[] = {80,  443,  22,	  25,	53,   110,  143,  161,
					 389, 1433, 1521, 3306, 5432, 8080, 123,  514,
					 21,  23,   69,	  179,	445,  993,  1723, 5060};
	uint32_t what = chance_below(chance, 100);

	if (what < any_of_100)
		return RPOL_RULES_ANY_RANGE;
	if (what < any_of_100 + range) {
		uint32_t low = chance_below(chance, 60) * 1000;

		return chance_below(chance, 2) ? (struct rpol_rules_test){1024, 65535}
					       : (struct rpol_rules_test){low, low + 99};
	}
	uint32_t value = chance_below(chance, 4) ? known[chance_below(chance, 24)]
						 : 1024 + chance_below(chance, 120) * 17;

	return (struct rpol_rules_test){value, value};
}

void list_bench(struct chance *chance, enum bench_kind kind, size_t count, struct rpol_rules *out)
{
	struct rpol_rules_schema schema;
	struct rpol_rules_test *tests = calloc(count * 6, sizeof(*tests));
	uint32_t networks = kind == BENCH_OVERLAP ? 12 : 4 + (uint32_t)count / 16;
	uint64_t pool = chance_next(chance), other = chance_next(chance);

	assert(tests);
	schema_make(KEY_V4, &schema);
	for (size_t rule = 0; rule < count; rule++) {
		struct rpol_rules_test *test = tests + rule * 6;
		uint32_t sort = chance_below(chance, 100);
		uint32_t proto = chance_below(chance, 100);

		test[0] = test[1] = test[2] = test[3] = RPOL_RULES_ANY_RANGE;
		switch (kind) {
		case BENCH_ACL:
			if (sort >= 30)
				test[0] = address(chance, other, networks, 16, 32);
			test[1] = address(chance, pool, networks, sort < 30 ? 24 : 20, 32);
			test[3] = port(chance, 20, 12);
			break;
		case BENCH_FW:
			if (sort >= 35)
				test[0] = address(chance, other, networks, sort < 50 ? 8 : 24, 32);
			if (sort < 75)
				test[1] = address(chance, pool, networks, 16, 32);
			test[2] = port(chance, 75, 20);
			test[3] = port(chance, 25, 35);
			break;
		case BENCH_IPC:
			if (sort >= 10)
				test[0] = address(chance, other, networks, 8, 32);
			if (sort < 95)
				test[1] = address(chance, pool, networks, 8, 32);
			test[2] = port(chance, 50, 20);
			test[3] = port(chance, 40, 20);
			break;
		default:
			test[0] = address(chance, other, networks, 0, 32);
			test[1] = address(chance, pool, networks, 0, 32);
			test[3] = port(chance, 30, 20);
			break;
		}
		test[4] = proto < 70   ? (struct rpol_rules_test){6, 6}
			  : proto < 92 ? (struct rpol_rules_test){17, 17}
				       : RPOL_RULES_ANY_RANGE;
		test[5] = proto < 5 ? (struct rpol_rules_test){2, 18} : RPOL_RULES_ANY_MASK;
	}
	*out = (struct rpol_rules){.schema = schema, .count = count, .tests = tests};
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void key_make(struct chance *chance, const struct rpol_rules *list, bool edges,
		     uint32_t *key)
{
	const struct rpol_rules_test *test =
		list->tests + chance_below(chance, (uint32_t)list->count) * list->schema.words;

	for (uint32_t w = 0; w < list->schema.words; w++) {
		const struct rpol_rules_word *word = &list->schema.word[w];
		uint32_t max = word_max(word), value = (uint32_t)chance_next(chance);
		uint32_t high = test[w].high < max ? test[w].high : max;

		if (word->kind == RPOL_WORD_MASK)
			value = test[w].low | (value & ~test[w].high);
		else
			value = test[w].low +
				(uint32_t)(((uint64_t)high - test[w].low + 1) * value >> 32);
		if (edges)
			switch (chance_below(chance, 8)) {
			case 0:
				value = test[w].low;
				break;
			case 1:
				value = high;
				break;
			case 2:
				value = high + 1;
				break;
			case 3:
				value = test[w].low - 1;
				break;
			}
		key[w] = value & max;
	}
}

void key_near(struct chance *chance, const struct rpol_rules *list, uint32_t *key)
{
	key_make(chance, list, true, key);
}

void key_in(struct chance *chance, const struct rpol_rules *list, uint32_t *key)
{
	key_make(chance, list, false, key);
}

void key_across(struct chance *chance, const struct rpol_rules *list, uint32_t *key)
{
	uint32_t other[RPOL_RULES_WORDS];

	for (uint32_t w = 0; w < list->schema.words; w++) {
		key_make(chance, list, false, other);
		key[w] = other[w];
	}
}

void key_anywhere(struct chance *chance, const struct rpol_rules *list, uint32_t *key)
{
	for (uint32_t w = 0; w < list->schema.words; w++)
		key[w] = (uint32_t)chance_next(chance) & word_max(&list->schema.word[w]);
}
