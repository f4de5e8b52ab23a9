/* rules_classes_node.h: equivalence classes of parts of a key, with the rules that are left in
 * each. Used by rules_classes.c only.
 *
 * Two keys are in one class of some words when the same rules match both in these words; so a class
 * is its list of rules. Of the list, what stands behind a rule that tests no other word is cut off:
 * it can never be the first. */
#ifndef RULES_CLASSES_NODE_H
#define RULES_CLASSES_NODE_H

#include "rules_image.h"

struct rpol_classes_node {
	uint32_t classes;
	uint32_t *start; /* [classes + 1], into rules */
	uint32_t *rules; /* ascending */
	uint32_t words;	 /* the words it speaks of, a bit each */
};

/* What the rules are to the classes. */
struct rpol_classes_rules {
	const struct rpol_rules *list;
	const uint32_t *number; /* by rule: what a last cell has */
	uint32_t *tested;	/* by rule: the words that it tests, a bit each */
	uint64_t (*mark)[2];	/* by rule: a list's signature is the sum of its rules' */
	uint64_t work;		/* steps that are left, of all */
};

/* Where along a word the classes change: class[i] from from[i] up to from[i + 1]. */
struct rpol_classes_axis {
	size_t count;
	uint32_t *from;
	uint32_t *class;
};

int rpol_classes_rules_new(struct rpol_classes_rules *rules, const struct rpol_live *live);
void rpol_classes_rules_free(struct rpol_classes_rules *rules);
void rpol_classes_node_free(struct rpol_classes_node *node);
void rpol_classes_axis_free(struct rpol_classes_axis *axis);

/* The classes of one word. -E2BIG: too many, or too much work; -ENOMEM. */
int rpol_classes_of_word(struct rpol_classes_rules *rules, uint32_t word,
			 struct rpol_classes_node *out, struct rpol_classes_axis *axis);

/* The classes of the words of both, and table[l * right->classes + r], which is the class that a
 * and b make; or, when out is NULL, the number of the first rule in both lists. */
int rpol_classes_merge(struct rpol_classes_rules *rules, const struct rpol_classes_node *left,
		       const struct rpol_classes_node *right, uint16_t *table,
		       struct rpol_classes_node *out);

#endif
