/* rules.bpf.c: lists of rules in the kernel. Each run of a program answers the next key. */
#include "rpol/kernel.h"
#include "rules.h"
#include "rules_kernel.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

__u64 memory[RULES_MEMORY / 8] SEC(".bss.memory");
__u32 keys[RULES_KEYS][RULES_KEY] SEC(".bss.keys");
__u32 answers[RULES_KEYS] SEC(".bss.answers");
__u32 next SEC(".bss.next");

#define WORD32(at) {RPOL_WORD_RANGE, 32, 4, at}
#define WORD16(at) {RPOL_WORD_RANGE, 16, 2, at}
#define WORD8(at) {RPOL_WORD_RANGE, 8, 1, at}
#define MASK8(at) {RPOL_WORD_MASK, 8, 1, at}

/* As rpol_rules_schema_lay lays them; the test compares. */
const struct rpol_rules_schema schema_v4 = {
	6, 32, {WORD32(4), WORD32(12), WORD16(20), WORD16(24), WORD8(28), MASK8(30)}};
const struct rpol_rules_schema schema_v6 = {12,
					    80,
					    {WORD32(4), WORD32(12), WORD32(20), WORD32(28),
					     WORD32(36), WORD32(44), WORD32(52), WORD32(60),
					     WORD16(68), WORD16(72), WORD8(76), MASK8(78)}};
const struct rpol_rules_schema schema_one = {1, 16, {WORD32(4)}};

#define PROGRAMS(name, key_words)                                                                  \
	struct key_##name {                                                                        \
		__u32 word[key_words];                                                             \
	};                                                                                         \
	__noinline __u32 scan_##name(const struct key_##name *key, __u64 bucket, __u32 best)       \
	{                                                                                          \
		if (!key)                                                                          \
			return 0;                                                                  \
		return rpol_bucket_scan(memory, RULES_MEMORY, &schema_##name, key->word, bucket,   \
					best);                                                     \
	}                                                                                          \
	static __always_inline __u32 call_##name(const __u32 *key, __u64 bucket, __u32 best)       \
	{                                                                                          \
		return scan_##name((const struct key_##name *)key, bucket, best);                  \
	}                                                                                          \
	static __always_inline __u32 take_##name(__u32 *key)                                       \
	{                                                                                          \
		__u32 i = next++ & (RULES_KEYS - 1);                                               \
                                                                                                   \
		for (__u32 w = 0; w < key_words; w++)                                              \
			key[w] = keys[i][w];                                                       \
		return i;                                                                          \
	}                                                                                          \
	SEC("tc") int nothing_##name(struct __sk_buff *skb)                                        \
	{                                                                                          \
		__u32 key[key_words], i = take_##name(key), all = 0;                               \
                                                                                                   \
		(void)skb;                                                                         \
		for (__u32 w = 0; w < key_words; w++)                                              \
			all ^= key[w];                                                             \
		answers[i] = all;                                                                  \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int classes_##name(struct __sk_buff *skb)                                        \
	{                                                                                          \
		__u32 key[key_words], i = take_##name(key);                                        \
                                                                                                   \
		(void)skb;                                                                         \
		answers[i] = rpol_classes_find(memory, RULES_MEMORY, &schema_##name,               \
					       (const void *)memory, key);                         \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int tuples_##name(struct __sk_buff *skb)                                         \
	{                                                                                          \
		__u32 key[key_words], i = take_##name(key);                                        \
                                                                                                   \
		(void)skb;                                                                         \
		answers[i] =                                                                       \
			rpol_tuples_find(memory, RULES_MEMORY, &schema_##name, call_##name, key);  \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int tree_##name(struct __sk_buff *skb)                                           \
	{                                                                                          \
		__u32 key[key_words], i = take_##name(key);                                        \
                                                                                                   \
		(void)skb;                                                                         \
		answers[i] =                                                                       \
			rpol_tree_find(memory, RULES_MEMORY, &schema_##name, call_##name, key);    \
		return 0;                                                                          \
	}

PROGRAMS(v4, 6)
PROGRAMS(v6, 12)
PROGRAMS(one, 1)
