/* exact.bpf.c: each run of find_WORDS looks up one key, the next of those asked, and notes the
 * answer; nothing_WORDS does all but the lookup, and hash_1 and hash_4 ask a hash of the kernel's.
 */
#include "rpol/kernel.h"

#include "exact.h"
#include "exact_sizes.h"

char memory[EXACT_MEMORY] SEC(".bss.exact") __attribute__((aligned(64)));
__u32 asked[EXACT_ASKED * EXACT_LONGEST] SEC(".bss.asked");
__u32 answers[EXACT_ASKED] SEC(".bss.answers");
__u32 turn SEC(".bss.turn");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, __u32);
	__type(value, __u32);
} hash1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, __u32[4]);
	__type(value, __u32);
} hash4 SEC(".maps");

#define ASK(name, words, answer)                                                                   \
	SEC("tc") int name(struct __sk_buff *skb)                                                  \
	{                                                                                          \
		__u32 at = turn++ & (EXACT_ASKED - 1), key[words];                                 \
		for (__u32 i = 0; i < words; i++)                                                  \
			key[i] = asked[at * words + i];                                            \
		(void)skb;                                                                         \
		answers[at] = (answer);                                                            \
		return 0;                                                                          \
	}

#define PROGRAMS(words)                                                                            \
	ASK(find_##words, words, rpol_exact_find(memory, EXACT_MEMORY, key, words))                \
	ASK(nothing_##words, words, key[0] ^ key[words - 1])

PROGRAMS(1)
PROGRAMS(2)
PROGRAMS(3)
PROGRAMS(4)
PROGRAMS(5)
PROGRAMS(9)
PROGRAMS(16)

static __always_inline __u32 found(const __u32 *value)
{
	return value ? *value : 0;
}

ASK(hash_1, 1, found(bpf_map_lookup_elem(&hash1, key)))
ASK(hash_4, 4, found(bpf_map_lookup_elem(&hash4, key)))

char gpl[] SEC("license") = "GPL";
