/* rules_image.h: what the builders of rule lists share: an image that grows up to a limit, records,
 * keys to count costs with. */
#ifndef RULES_IMAGE_H
#define RULES_IMAGE_H

#include <stdbool.h>

#include "rpol/rules.h"

/* Bytes that become a structure's memory. Offsets stay when it grows, addresses do not. */
struct rpol_image {
	uint8_t *bytes;
	size_t size, room, limit;
};

/* Adds zeroed bytes at a multiple of align (a power of two); their offset in *at. -E2BIG past the
 * limit, -ENOMEM. */
int rpol_image_add(struct rpol_image *image, size_t size, size_t align, uint32_t *at);

/* A copy of the image as memory of its own. */
int rpol_image_take(const struct rpol_image *image, struct rpol_memory *out);

static inline const struct rpol_rules_test *rpol_rule(const struct rpol_rules *list, size_t rule)
{
	return list->tests + rule * list->schema.words;
}

/* The largest value of a word. */
static inline uint32_t rpol_word_max(const struct rpol_rules_word *word)
{
	return word->bits >= 32 ? UINT32_MAX : (1U << word->bits) - 1;
}

/* Is the test true of every value? */
static inline bool rpol_test_any(const struct rpol_rules_word *word,
				 const struct rpol_rules_test *test)
{
	return word->kind == RPOL_WORD_MASK ? !test->high
					    : !test->low && test->high >= rpol_word_max(word);
}

static inline uint64_t rpol_mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

/* Writes the rule's record, schema.stride bytes. */
void rpol_record_write(const struct rpol_rules *list, size_t rule, void *to);

/* Keys to count with: number i of them lies in a rule picked by i (hit), or anywhere (none). */
void rpol_rules_sample(const struct rpol_rules *list, uint64_t i, bool hit, uint32_t *key);

/* Nanoseconds from the counts. */
double rpol_rules_predict(const struct rpol_rules_lookup *lookup, size_t bytes);

/* The builders: rpol_rules_build's, by structure. */
int rpol_classes_build(const struct rpol_rules *list, size_t budget, struct rpol_memory *out,
		       struct rpol_rules_cost *cost);
int rpol_tuples_build(const struct rpol_rules *list, size_t budget, struct rpol_memory *out,
		      struct rpol_rules_cost *cost);
int rpol_tree_build(const struct rpol_rules *list, size_t budget, struct rpol_memory *out,
		    struct rpol_rules_cost *cost);

#endif
