/* rules_layout.h: lists of rules in memory, as the builders of structures/ write them and rules.h
 * reads them. Compiled for BPF after kernel.h, and for user space. Offsets are from the start of
 * the structure's memory; numbers are in the machine's order.
 *
 * A key is an array of u32 words in host order: an IPv6 address is four of them, the most
 * significant first. A rule's number is its index in the list + 1; 0 is "none". */
#ifndef RPOL_RULES_LAYOUT_H
#define RPOL_RULES_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_RULES_WORDS 24 /* of a key, at most */

/* ---- what a key is: a constant of the program ---------------------------------------------- */

enum rpol_word_kind {
	RPOL_WORD_RANGE, /* low <= key <= high */
	RPOL_WORD_MASK,	 /* (key & mask) == value */
};

/* One word of the key, and where a record (below) has its test: two numbers of `size` bytes. */
struct rpol_rules_word {
	__u8 kind; /* enum rpol_word_kind */
	__u8 bits; /* 1..32: the key's word is below 1 << bits */
	__u8 size; /* 1, 2, 4 */
	__u8 at;
};

struct rpol_rules_schema {
	__u32 words;
	__u32 stride; /* bytes of a record, a multiple of 8 */
	struct rpol_rules_word word[RPOL_RULES_WORDS];
};

/* ---- buckets: the rules themselves --------------------------------------------------------- */

/* A record is a rule's number (u32) and its tests at the schema's offsets: RANGE has low and
 * high - low, MASK has value and mask. A bucket is a run of records by ascending number; its
 * reference is a u64, stored whole: where it is in units of 8 bytes (bits 0-31) and how many
 * records (32-62); the tuples' have at most RPOL_BUCKET_MOST and a filter of the keys in them
 * (48-63). */
#define RPOL_BUCKET_UNIT 8
#define RPOL_BUCKET_MOST 256 /* records that are scanned at once */
#define RPOL_BUCKET_COUNT 32 /* shifts */
#define RPOL_BUCKET_FILTER 48

/* ---- class tables -------------------------------------------------------------------------- */

/* The key's words are mapped to classes; tables of u16 merge two classes into one, row by row,
 * until the last one's cell is the rule's number. The steps make chains: a step maps its word, then
 * merges the class into its chain's (or starts the chain); at the chain's end the chain's class is
 * merged into the total. */
struct rpol_classes_step {
	__u32 map;    /* of u16, by (word >> shift): a class, or with RPOL_CLASSES_PAGE a page */
	__u32 pages;  /* of 256 u16 each, by the next 8 bits */
	__u32 merge;  /* of u16, by chain * stride + class; not for a chain's first */
	__u32 stride; /* classes of this word */
	__u32 join;   /* of u16, by total * join_stride + chain; where JOINS */
	__u32 join_stride; /* classes of the chain */
	__u8 word;
	__u8 shift; /* 0, 8, 16, 24 */
	__u8 flags;
	__u8 pad;
};

#define RPOL_CLASSES_PAGE 0x8000
#define RPOL_CLASSES_STARTS 1 /* the first of its chain */
#define RPOL_CLASSES_ENDS 2   /* the last of its chain */
#define RPOL_CLASSES_JOINS                                                                         \
	4 /* ENDS, and the chain is merged into the total, not just its first                      \
	   */

/* Stands at the start of the memory. A program may hold the same as a constant, which spares it
 * the reading. */
struct rpol_classes_shape {
	__u32 steps;
	__u32 pad;
	struct rpol_classes_step step[RPOL_RULES_WORDS];
};

/* ---- tuples -------------------------------------------------------------------------------- */

#define RPOL_TUPLES 8

/* The rules that fix at least the bits of mask, by these bits' hash. */
struct rpol_tuple {
	__u32 best;  /* the least number in it */
	__u32 table; /* of u64: references of buckets, by hash & most */
	__u32 most;  /* buckets - 1: a power of two less one */
	__u32 pad;
	__u32 mask[RPOL_RULES_WORDS];
};

/* At the start of the memory; the tuples by ascending best. */
struct rpol_tuples_head {
	__u32 tuples;
	__u32 pad;
	struct rpol_tuple tuple[RPOL_TUPLES];
};

/* ---- tree ---------------------------------------------------------------------------------- */

#define RPOL_TREE_GROUPS 9
#define RPOL_TREE_DEPTH 12 /* inner nodes on a way down, at most */

/* A node is a u64, published by one store. With RPOL_TREE_INNER the array of its children in units
 * of 8 bytes (bits 0-31), which child: (key[word] >> shift) & mask, with shift in bits 32-36, mask
 * in 40-55 and word in 56-60. Else a bucket: where (0-31), how many records (32-45), and the index
 * of its first rule (46-62), which says whether it is worth looking at. A long one has
 * RPOL_TREE_LONG for the number of its records, and is an array of references of buckets that ends
 * with 0; only one of the groups has such. */
#define RPOL_TREE_INNER (1ULL << 63)
#define RPOL_TREE_SHIFT 32
#define RPOL_TREE_MASK 40
#define RPOL_TREE_WORD 56
#define RPOL_TREE_FIRST 46
#define RPOL_TREE_LONG 0x3fff

#define RPOL_TREE_PARTS 512 /* of RPOL_BUCKET_MOST records, of a bucket at most */

/* At the start of the memory; the groups by ascending best. */
struct rpol_tree_head {
	__u32 groups;
	__u32 pad;
	struct {
		__u64 root;
		__u32 best; /* the least number in it */
		__u32 pad;
	} group[RPOL_TREE_GROUPS];
};

#endif
