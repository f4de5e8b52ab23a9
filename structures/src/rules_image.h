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

/* The rules of a list that can be the first to match. */
struct rpol_live {
	struct rpol_rules list;	      /* in order; its tests are its own */
	uint32_t *number;	      /* by rule: in the whole list */
	const struct rpol_rules *all; /* the caller's */
};

/* -ENOMEM. */
int rpol_live_new(const struct rpol_rules *all, struct rpol_live *out);
void rpol_live_free(struct rpol_live *live);

/* Marks rules that an earlier one covers, all of them unless that takes longer than `work` tests
 * that are looked at; returns what is left of these. What is marked is not looked at. -ENOMEM. */
int rpol_rules_kill(const struct rpol_rules *list, uint64_t *work, bool *dead);

/* Writes the rule's record, schema.stride bytes. */
void rpol_record_write(const struct rpol_rules *list, size_t rule, uint32_t number, void *to);

/* Keys to count with: number i of them lies in a rule picked by i (hit), or has each word out of a
 * rule of its own (none): seldom in any, and not far from many. */
void rpol_rules_sample(const struct rpol_rules *list, uint64_t i, bool hit, uint32_t *key);

/* Nanoseconds of one dependent load from anywhere in memory of this size. */
double rpol_rules_latency(size_t bytes);

/* Lookups that are gone through to count what one costs. */
struct rpol_counting {
	const struct rpol_rules *list;
	const uint8_t *bytes; /* the image */
	size_t size;
	struct rpol_rules_lookup all; /* summed up */
	uint32_t lines[1 << 14];      /* cache lines that were loaded, + 1 */
};

enum { RPOL_COUNTED = 512 };

/* A load that another waits for: near when it is from a line that was loaded before. */
void rpol_counting_load(struct rpol_counting *counting, size_t at);

/* Counts a bucket's scan, as rpol_bucket_scan does it. */
uint32_t rpol_counting_scan(struct rpol_counting *counting, const uint32_t *key, uint64_t bucket,
			    uint32_t best);

/* Goes through RPOL_COUNTED lookups of keys of the sample. wait: the part of a near
 * load's time that is not hidden behind the packets before and after. */
int rpol_rules_count(const struct rpol_live *live, const struct rpol_image *image, bool hit,
		     double wait,
		     void (*lookup)(struct rpol_counting *counting, const uint32_t *key),
		     struct rpol_rules_lookup *out);

/* The builders: rpol_rules_build's, by structure. */
int rpol_classes_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		       struct rpol_rules_cost *cost);
int rpol_tuples_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		      struct rpol_rules_cost *cost);
int rpol_tree_build(const struct rpol_live *live, size_t budget, struct rpol_memory *out,
		    struct rpol_rules_cost *cost);

#endif
