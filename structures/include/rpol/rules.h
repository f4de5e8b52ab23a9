/* rules.h: lists of rules, of which the first that matches a key is wanted, in the structure that
 * answers soonest within a budget of memory. Readers: runtime-bpf/src/rules.h; layouts and what a
 * key is: rpol/rules_layout.h. The same list and budget give the same bytes. */
#ifndef RPOL_RULES_H
#define RPOL_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "rpol/memory.h"
#include "rpol/rules_layout.h"

/* One rule's test of one word. RANGE: low <= key <= high (a high beyond the word's bits counts as
 * its largest value). MASK: (key & high) == low, and low has no bit that high lacks. */
struct rpol_rules_test {
	uint32_t low, high;
};

#define RPOL_RULES_ANY_RANGE ((struct rpol_rules_test){0, UINT32_MAX})
#define RPOL_RULES_ANY_MASK ((struct rpol_rules_test){0, 0})

/* Rules of a list, at most. */
#define RPOL_RULES_MOST (RPOL_BUCKET_MOST * RPOL_TREE_PARTS) /* 131,072 */

/* A list, the caller's: count rules (at least one), first match wins, tests[rule * schema.words +
 * word]. Rule i's number is i + 1. */
struct rpol_rules {
	struct rpol_rules_schema schema;
	size_t count;
	const struct rpol_rules_test *tests;
};

/* Fills in where a record has each word and the stride, from `words`, and each word's kind and
 * bits. */
void rpol_rules_schema_lay(struct rpol_rules_schema *schema);

/* The four tests of an address in a prefix of 0..128 bits. address: in network order. */
void rpol_rules_prefix6(struct rpol_rules_test tests[4], const uint8_t address[16],
			unsigned length);

/* The first rule that matches, one after the other: what every structure must answer. */
uint32_t rpol_rules_linear(const struct rpol_rules *list, const uint32_t *key);

/* ---- structures ------------------------------------------------------------------------------ */

enum rpol_rules_structure {
	RPOL_RULES_CLASSES, /* class tables: rpol_classes_find. The memory begins with the shape,
			     * which the program should have as a constant: half the time */
	RPOL_RULES_TUPLES,  /* tuple space: rpol_tuples_find */
	RPOL_RULES_TREE,    /* multi-bit tree: rpol_tree_find */
	RPOL_RULES_STRUCTURES
};

/* "classes", "tuples", "tree". */
const char *rpol_rules_structure_name(enum rpol_rules_structure structure);

/* What a structure costs. The counts are of one lookup, on average over keys made from the list:
 * `hit` when a rule matches, `none` when, as a rule, none does. */
struct rpol_rules_cost {
	const char *refused; /* why the list cannot have it, a static text; NULL: it can */
	size_t bytes;
	struct rpol_rules_lookup {
		double loads;	     /* dependent, from anywhere in the memory */
		double near;	     /* dependent, of what most lookups load */
		double branches;     /* mispredicted */
		double instructions; /* BPF's */
		double ns;	     /* predicted from these */
	} hit, none;
};

/* Builds the structure in new memory of the caller's, of at most budget bytes. -E2BIG: the list
 * cannot have it, cost->refused says why; -ENOMEM. A tree can have any list whose records fit, up
 * to RPOL_RULES_MOST rules; rules that an earlier one covers are in no structure. On failure *out
 * is untouched. */
int rpol_rules_build(const struct rpol_rules *list, enum rpol_rules_structure structure,
		     size_t budget, struct rpol_memory *out, struct rpol_rules_cost *cost);

/* The structure that is predicted to answer soonest, built, with the costs of all: an index that is
 * refused says why. out->memory is the caller's. */
struct rpol_rules_choice {
	enum rpol_rules_structure structure;
	struct rpol_memory memory;
	struct rpol_rules_cost cost[RPOL_RULES_STRUCTURES];
};

/* -E2BIG when all are refused, with the costs filled in, memory {NULL, 0}; -ENOMEM. */
int rpol_rules_choose(const struct rpol_rules *list, size_t budget, struct rpol_rules_choice *out);

#endif
