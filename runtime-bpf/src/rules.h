/* rules.h: the first rule of a list that a key matches, in memory as rules_layout.h says. Each
 * answers the rule's number, 0 when none matches; whatever the memory holds, nothing outside of it
 * is read. `size` and `schema` are constants in a program. The key has as many words as the schema.
 *
 * Without CAP_PERFMON only class tables load: of a loop, which scanning a bucket is, the verifier
 * then follows the exit that is not taken, and finds no end. And unless their shape is a constant,
 * the key must be in a map, not on the stack, for its words are picked by number. Buckets are
 * scanned by a function of the caller's (`scan`), which calls rpol_bucket_scan and is `__noinline`
 * and global in a program: it is then verified once. Verifying takes some 15,000 instructions for
 * tuples and 60,000 for a tree, a tenth of that more for IPv6: of several in a program, each had
 * better be in a function like that, too. */
#ifndef RPOL_RULES_READER_H
#define RPOL_RULES_READER_H

#include "rpol/rules_layout.h"

#ifdef __bpf__
#define RPOL_UNROLL _Pragma("unroll")
/* Keeps clang from comparing something else than what is then used: the verifier would not know. */
#define RPOL_HIDDEN(number) asm volatile("" : "+r"(number))
/* Keeps clang from reading ahead what then has to lie on the stack. */
#define RPOL_IN_TURN(number) asm volatile("" : "+r"(number)::"memory")
#else
#define RPOL_UNROLL
#define RPOL_HIDDEN(number)
#define RPOL_IN_TURN(number)
#endif

/* The number in the bucket of the reference that is below best (0: any), or best. */
typedef __u32 (*rpol_bucket_scanner)(const __u32 *key, __u64 bucket, __u32 best);

/* ---- buckets ------------------------------------------------------------------------------- */

static __always_inline __u32 rpol_record_number(const void *at, __u32 size)
{
	return size == 1 ? *(const __u8 *)at : size == 2 ? *(const __u16 *)at : *(const __u32 *)at;
}

/* 1 when the key fails one of the record's tests. Without branches: which test fails is chance. */
static __always_inline __u32 rpol_record_fails(const void *record,
					       const struct rpol_rules_schema *schema,
					       const __u32 *key)
{
	__u64 fails = 0;

	RPOL_UNROLL
	for (__u32 i = 0; i < RPOL_RULES_WORDS; i++) {
		if (i >= schema->words)
			break;
		const struct rpol_rules_word *word = &schema->word[i];
		const void *at = (const __u8 *)record + word->at;
		__u32 first = rpol_record_number(at, word->size);
		__u32 second = rpol_record_number((const __u8 *)at + word->size, word->size);

		if (word->kind == RPOL_WORD_RANGE)
			fails |= (__u64)second - (__u32)(key[i] - first);
		else
			fails |= 0 - (__u64)((key[i] ^ first) & second);
		RPOL_IN_TURN(fails);
	}
	return (__u32)(fails >> 63);
}

static __always_inline __u32 rpol_bucket_scan(const void *memory, __u32 size,
					      const struct rpol_rules_schema *schema,
					      const __u32 *key, __u64 bucket, __u32 best)
{
	__u64 at = (bucket & 0xffffffff) * RPOL_BUCKET_UNIT;
	__u32 count = bucket >> RPOL_BUCKET_COUNT & 0xffff;

	for (__u32 i = 0; i < RPOL_BUCKET_MOST; i++) {
		if (i >= count || at > size - schema->stride)
			break;
		const void *record = (const __u8 *)memory + at;
		__u32 number = *(const __u32 *)record;

		if (best && number >= best)
			break;
		if (!rpol_record_fails(record, schema, key))
			return number;
		at += schema->stride;
	}
	return best;
}

/* ---- class tables -------------------------------------------------------------------------- */

/* A cell outside, which no builder makes, is answered with any number: a constant would go into
 * where the next cell is, and without CAP_PERFMON one addition may not be of a constant on one way
 * and of a variable on another. */
static __always_inline __u32 rpol_classes_cell(const void *memory, __u32 size, __u32 table,
					       __u32 cell)
{
	__u64 at = table + (__u64)cell * 2;

	RPOL_HIDDEN(at);
	return at > size - 2 ? cell & 0xffff : *(const __u16 *)((const __u8 *)memory + at);
}

static __always_inline __u32 rpol_classes_of(const void *memory, __u32 size,
					     const struct rpol_classes_step *step, __u32 word)
{
	__u32 class = rpol_classes_cell(memory, size, step->map, word >> step->shift);

	RPOL_UNROLL
	for (__u32 down = 8; down <= 24; down += 8) {
		if (down > step->shift || !(class & RPOL_CLASSES_PAGE))
			break;
		class = rpol_classes_cell(memory, size, step->pages,
					  (class & ~RPOL_CLASSES_PAGE) << 8 |
						  ((word >> ((step->shift - down) & 31)) & 255));
	}
	return class;
}

/* shape: the memory's own, or a constant that equals it. */
static __always_inline __u32 rpol_classes_find(const void *memory, __u32 size,
					       const struct rpol_rules_schema *schema,
					       const struct rpol_classes_shape *shape,
					       const __u32 *key)
{
	__u32 total = 0, chain = 0;

	RPOL_UNROLL
	for (__u32 i = 0; i < RPOL_RULES_WORDS; i++) {
		if (i >= schema->words || i >= shape->steps)
			break;
		const struct rpol_classes_step *step = &shape->step[i];
		__u32 word = step->word;

		if (word >= schema->words)
			break;
		__u32 class = rpol_classes_of(memory, size, step, key[word]);

		if (step->flags & RPOL_CLASSES_STARTS)
			chain = class;
		else
			chain = rpol_classes_cell(memory, size, step->merge,
						  chain * step->stride + class);
		if (step->flags & RPOL_CLASSES_JOINS)
			total = rpol_classes_cell(memory, size, step->join,
						  total * step->join_stride + chain);
		else if (step->flags & RPOL_CLASSES_ENDS)
			total = chain;
	}
	return total;
}

/* ---- tuples -------------------------------------------------------------------------------- */

/* The bits that a tuple fixes, hashed. Its low half is the place, its high bits the filter's. */
static __always_inline __u64 rpol_tuple_hash(const struct rpol_rules_schema *schema,
					     const __u32 *mask, const __u32 *key)
{
	__u64 hash = 0;

	RPOL_UNROLL
	for (__u32 i = 0; i < RPOL_RULES_WORDS; i++) {
		if (i >= schema->words)
			break;
		hash += (__u64)(key[i] & mask[i]) * (0x9e3779b97f4a7c15ULL * (2 * i + 1));
		hash = hash << 23 | hash >> 41;
	}
	hash *= 0xd6e8feb86659fd93ULL;
	return hash >> 32 | hash << 32;
}

static __always_inline __u32 rpol_tuples_find(const void *memory, __u32 size,
					      const struct rpol_rules_schema *schema,
					      rpol_bucket_scanner scan, const __u32 *key)
{
	const struct rpol_tuples_head *head = memory;
	__u32 best = 0;

	for (__u32 i = 0; i < RPOL_TUPLES; i++) {
		const struct rpol_tuple *tuple = &head->tuple[i];

		if (i >= head->tuples || (best && tuple->best >= best))
			break;
		__u64 hash = rpol_tuple_hash(schema, tuple->mask, key);
		__u64 at = tuple->table + (hash & tuple->most) * 8;

		RPOL_HIDDEN(at);
		if (at > size - 8)
			break;
		__u64 bucket = *(const __u64 *)((const __u8 *)memory + at);

		if (bucket >> RPOL_BUCKET_FILTER >> (hash >> 60) & 1)
			best = scan(key, bucket, best);
	}
	return best;
}

/* ---- tree ---------------------------------------------------------------------------------- */

/* The bucket below the root that the key leads to. */
static __always_inline __u64 rpol_tree_walk(const void *memory, __u32 size,
					    const struct rpol_rules_schema *schema, __u64 node,
					    const __u32 *key)
{
	for (__u32 i = 0; i < RPOL_TREE_DEPTH; i++) {
		if (!(node & RPOL_TREE_INNER))
			return node;
		__u64 word = (node >> RPOL_TREE_WORD) & 31;

		RPOL_HIDDEN(word);
		if (word >= schema->words)
			return 0;
		__u64 child = (key[word] >> ((node >> RPOL_TREE_SHIFT) & 31)) &
			      ((node >> RPOL_TREE_MASK) & 0xffff);
		__u64 at = ((node & 0xffffffff) + child) * 8;

		RPOL_HIDDEN(at);
		if (at > size - 8)
			return 0;
		node = *(const __u64 *)((const __u8 *)memory + at);
	}
	return node & RPOL_TREE_INNER ? 0 : node;
}

/* A long bucket: where rules all overlap there is no other way. */
static __always_inline __u32 rpol_tree_long(const void *memory, __u32 size,
					    rpol_bucket_scanner scan, const __u32 *key, __u64 node,
					    __u32 best)
{
	__u64 at = (node & 0xffffffff) * RPOL_BUCKET_UNIT;

	for (__u32 i = 0; i < RPOL_TREE_PARTS && at <= size - 8; i++, at += 8) {
		__u64 bucket = *(const __u64 *)((const __u8 *)memory + at);
		__u32 found = bucket ? scan(key, bucket, best) : best;

		if (found != best || !bucket)
			return found;
	}
	return best;
}

static __always_inline __u32 rpol_tree_find(const void *memory, __u32 size,
					    const struct rpol_rules_schema *schema,
					    rpol_bucket_scanner scan, const __u32 *key)
{
	const struct rpol_tree_head *head = memory;
	__u64 last = 0;
	__u32 best = 0;

	for (__u32 i = 0; i < RPOL_TREE_GROUPS; i++) {
		if (i >= head->groups || (best && head->group[i].best >= best))
			break;
		__u64 node = rpol_tree_walk(memory, size, schema, head->group[i].root, key);

		if (!node || (best && (node >> RPOL_TREE_FIRST) + 1 >= best))
			continue;
		if ((node >> RPOL_BUCKET_COUNT & RPOL_TREE_LONG) == RPOL_TREE_LONG)
			last = node;
		else
			best = scan(key, node & ((1ULL << RPOL_TREE_FIRST) - 1), best);
	}
	return last ? rpol_tree_long(memory, size, scan, key, last, best) : best;
}

#endif
