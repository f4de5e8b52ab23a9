/* rulelists.h: lists of rules and keys for the tests, from a seed. */
#ifndef RULELISTS_H
#define RULELISTS_H

#include "rpol/rules.h"

/* A generator's state; any start but 0. */
struct chance {
	uint64_t state;
};

uint64_t chance_next(struct chance *chance);
uint32_t chance_below(struct chance *chance, uint32_t limit); /* 0..limit - 1 */

/* What a key is, in rules.bpf.c too. */
enum { KEY_V4, KEY_V6, KEY_ONE, KEY_KINDS };

void schema_make(int kind, struct rpol_rules_schema *schema);

/* Any schema of up to `most` words. */
void schema_random(struct chance *chance, uint32_t most, struct rpol_rules_schema *schema);

/* Lists that structures stumble over. */
enum list_kind {
	LIST_MIXED,	/* each word any, a prefix, a range, a value, from small pools */
	LIST_NESTED,	/* prefixes of few values, every length */
	LIST_ANY,	/* nothing is tested, but in some */
	LIST_ADJACENT,	/* ranges that follow one another without a gap */
	LIST_DUPLICATE, /* few rules, many times */
	LIST_FIELD,	/* one word is tested */
	LIST_HALVES,	/* each word any, its lower or its upper half: no cut tells much */
	LIST_KINDS
};

/* The tests are the caller's to free. */
void list_make(struct chance *chance, enum list_kind kind, const struct rpol_rules_schema *schema,
	       size_t count, struct rpol_rules *out);

/* ClassBench's kinds, for KEY_V4: access lists (destinations and ports), firewalls (wildcards and
 * ranges), chains (a mix), and overlapping access lists (few long nested prefixes). */
enum bench_kind { BENCH_ACL, BENCH_FW, BENCH_IPC, BENCH_OVERLAP, BENCH_KINDS };

void list_bench(struct chance *chance, enum bench_kind kind, size_t count, struct rpol_rules *out);

/* A key in or at the edge of a random rule, or anywhere. */
void key_near(struct chance *chance, const struct rpol_rules *list, uint32_t *key);
void key_in(struct chance *chance, const struct rpol_rules *list, uint32_t *key);
/* Each word out of another rule: near many, mostly in none. */
void key_across(struct chance *chance, const struct rpol_rules *list, uint32_t *key);
void key_anywhere(struct chance *chance, const struct rpol_rules *list, uint32_t *key);

#endif
