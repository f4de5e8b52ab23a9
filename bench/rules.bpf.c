/* rules.bpf.c: the first rule that matches an IPv4 packet's addresses, ports and protocol, in each
 * structure that rpol has for lists of rules. Forms in forms.h. */
#include "rpol/kernel.h"

#include "forms.h"
#include "rules.h"

__u64 rules_memory[BENCH_RULES / 8] SEC(".bss.rules");

/* As rpol_rules_schema_lay lays it; the bench compares. */
const struct rpol_rules_schema schema = {5,
					 32,
					 {{RPOL_WORD_RANGE, 32, 4, 4},
					  {RPOL_WORD_RANGE, 32, 4, 12},
					  {RPOL_WORD_RANGE, 16, 2, 20},
					  {RPOL_WORD_RANGE, 16, 2, 24},
					  {RPOL_WORD_RANGE, 8, 1, 28}}};

struct key {
	__u32 word[5];
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

#define KEY                                                                                        \
	__u32 key[] = {input->src[0], input->dst[0] ^ mix, input->sport, input->dport, input->proto}

static __always_inline __u32 find_classes(const struct input *input, __u32 mix)
{
	KEY;
	return rpol_classes_find(rules_memory, BENCH_RULES, &schema, (const void *)rules_memory,
				 key);
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
