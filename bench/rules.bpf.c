/* rules.bpf.c: the first rule that matches a packet's addresses, ports and protocol, in each
 * structure that rpol has for lists of rules. IPv4, or IPv6 where BENCH_IPV6 is defined. Class
 * tables have their shape as a constant, as a compiled policy does, where BENCH_SHAPE names a file
 * with it. Forms in forms.h. */
#include "rpol/kernel.h"

#include "forms.h"
#include "rules.h"

__u64 rules_memory[BENCH_RULES / 8] SEC(".bss.rules");

/* As rpol_rules_schema_lay lays it; the bench compares. */
#define ADDRESS(at) {RPOL_WORD_RANGE, 32, 4, at}
#define PORTS(at)                                                                                  \
	{RPOL_WORD_RANGE, 16, 2, at}, {RPOL_WORD_RANGE, 16, 2, (at) + 4},                          \
		{RPOL_WORD_RANGE, 8, 1, (at) + 8}

#ifdef BENCH_IPV6
enum { WORDS = 11 };
const struct rpol_rules_schema schema = {WORDS,
					 80,
					 {ADDRESS(4), ADDRESS(12), ADDRESS(20), ADDRESS(28),
					  ADDRESS(36), ADDRESS(44), ADDRESS(52), ADDRESS(60),
					  PORTS(68)}};
#define ADDRESSES(input)                                                                           \
	(input)->src[0], (input)->src[1], (input)->src[2], (input)->src[3], (input)->dst[0] ^ mix, \
		(input)->dst[1], (input)->dst[2], (input)->dst[3]
#else
enum { WORDS = 5 };
const struct rpol_rules_schema schema = {WORDS, 32, {ADDRESS(4), ADDRESS(12), PORTS(20)}};
#define ADDRESSES(input) (input)->src[0], (input)->dst[0] ^ mix
#endif

#ifdef BENCH_SHAPE
#include "shape.h" /* static const struct rpol_classes_shape shape */
#define THE_SHAPE &shape
#else
#define THE_SHAPE (const void *)rules_memory
#endif

struct key {
	__u32 word[WORDS];
};

__noinline __u32 scan(const struct key *key, __u64 bucket, __u32 best)
{
	if (!key)
		return 0;
	return rpol_bucket_scan(rules_memory, BENCH_RULES, &schema, key->word, bucket, best);
}

static __always_inline __u32 call(const __u32 *key, __u64 bucket, __u32 best)
{
	return scan((const struct key *)key, bucket, best);
}

#define KEY __u32 key[] = {ADDRESSES(input), input->sport, input->dport, input->proto}

static __always_inline __u32 find_classes(const struct input *input, __u32 mix)
{
	KEY;
	return rpol_classes_find(rules_memory, BENCH_RULES, &schema, THE_SHAPE, key);
}

static __always_inline __u32 find_tuples(const struct input *input, __u32 mix)
{
	KEY;
	return rpol_tuples_find(rules_memory, BENCH_RULES, &schema, call, key);
}

static __always_inline __u32 find_tree(const struct input *input, __u32 mix)
{
	KEY;
	return rpol_tree_find(rules_memory, BENCH_RULES, &schema, call, key);
}

BOTH(classes, find_classes(input, mix))
BOTH(tuples, find_tuples(input, mix))
BOTH(tree, find_tree(input, mix))
