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
	const struct rpol_live *live;
	const struct rpol_rules *list; /* the live ones */
	struct rpol_image image;
	double twice_ns; /* what a lookup gains when the memory is half */
	uint64_t work;	 /* done so far: tests looked at */
	uint32_t longs;	 /* long buckets */
	/* Nodes by their contents' hash, each held once: a slot is free when it is 0. */
	uint64_t *node, *hash;
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

/* What a node and all below it may take, more or less: where the image ends then at most, and the
 * work done. Where it is not enough to cut, a bucket stays as long as it is. */
struct rpol_tree_limit {
	size_t size;
	uint64_t work;
};

/* The tree of these live rules, by ascending number, in the image: its root. Needs
 * rpol_tree_least(count) bytes. -E2BIG: the image is full; -ENOMEM. */
int rpol_tree_make(struct rpol_tree *tree, const uint32_t *rules, uint32_t count,
		   const struct rpol_tree_limit *limit, uint64_t *root);

/* What the references of a long bucket's parts take. */
static inline size_t rpol_parts_size(size_t count)
{
	return ((count - 1) / RPOL_BUCKET_MOST + 2) * 8;
}

/* What so many rules take in the image, uncut. */
static inline size_t rpol_tree_least(const struct rpol_tree *tree, size_t count)
{
	size_t records = count * tree->list->schema.stride + 64;

	if (count <= RPOL_BUCKET_MOST)
		return count ? records : 0;
	return records + rpol_parts_size(count) + 64;
}

/* Frees what the tree owns. */
void rpol_tree_free(struct rpol_tree *tree);

#endif
