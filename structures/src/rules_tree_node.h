/* rules_tree_node.h: cutting the keys into ever smaller parts until few rules are left in each.
 * Used by rules_tree.c only. */
#ifndef RULES_TREE_NODE_H
#define RULES_TREE_NODE_H

#include "rules_image.h"

#define RPOL_TREE_CUT_BITS 12 /* of one cut, at most */

/* A part of the keys: of each word the values that differ from base in the lowest `open` bits. */
struct rpol_tree_part {
	uint32_t base[RPOL_RULES_WORDS];
	uint8_t open[RPOL_RULES_WORDS];
};

struct rpol_tree {
	const struct rpol_rules *list;
	struct rpol_image image;
	double twice_ns;
	uint64_t work; /* that is left: tests looked at */
	/* Buckets by their rules' hash, each held once: a slot is free when it is 0. */
	uint64_t *bucket, *hash;
	size_t room, used;
	/* Where rules begin and end along a cut. */
	uint32_t begins[1 << RPOL_TREE_CUT_BITS], ends[1 << RPOL_TREE_CUT_BITS];
};

static inline uint32_t rpol_open_bits(uint32_t open)
{
	return (uint32_t)((1ULL << open) - 1);
}

static inline uint32_t rpol_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The node for these rules, by ascending number, in this part of the keys, depth inner nodes below
 * the root: the whole subtree is in the image. -E2BIG: the image is full, the work is done, or the
 * rules overlap too much; -ENOMEM. */
int rpol_tree_node(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
		   struct rpol_tree_part part, uint32_t depth, uint64_t *out);

/* Frees what the tree owns. */
void rpol_tree_free(struct rpol_tree *tree);

#endif
