/* program.h: the frame of a generated program: maps, variables, counting, looking up. The text that
 * includes it says first how many RPOL_COUNTERS, RPOL_INTERFACES, RPOL_NEXTHOPS and RPOL_GROUPS
 * there are (an array's size: 1 where there is none). */
#ifndef RPOL_PROGRAM_H
#define RPOL_PROGRAM_H

#include "rpol/kernel.h"
#include "rpol/abi.h"
#include "rpol/packet.h"
#include "rpol/parse.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* ---- what the loader sets before loading ------------------------------------------------- */

volatile const __u32 rpol_tracing = 0;
volatile const __u32 rpol_tai_offset = 0;
volatile const __u32 rpol_ifindex[RPOL_INTERFACES] = {};

/* ---- maps --------------------------------------------------------------------------------- */

/* Which slot judges, in its bit 0: a map of its own that programs read without a call. */
volatile __u32 rpol_active SEC(RPOL_MAP_ACTIVE) = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RPOL_COUNTERS);
	__type(key, __u32);
	__type(value, struct rpol_counter);
} rpol_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RPOL_GROUPS *RPOL_GROUP_SIZE);
	__type(key, __u32);
	__type(value, __u16);
} rpol_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} rpol_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rpol_trace);
} rpol_trace SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rpol_dry);
} rpol_dry SEC(".maps");

/* The program array of a policy: two slots, of which rpol_active names one. */
#define RPOL_SLOTS(name)                                                                           \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, 2);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} name SEC(".maps")

/* What changes at run time. Entries take memory when they come. */
#define RPOL_DYNAMIC(name, map_type, key_type, value_type, count)                                  \
	struct {                                                                                   \
		__uint(type, map_type);                                                            \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__uint(max_entries, count);                                                        \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

/* ---- using them ----------------------------------------------------------------------------- */

/* Goes to the active slot's program and does not come back; falls through when it is empty. */
#define RPOL_ENTER(ctx, slots)                                                                     \
	do {                                                                                       \
		if (rpol_active & 1)                                                               \
			RPOL_TAIL_CALL(ctx, slots, 1);                                             \
		else                                                                               \
			RPOL_TAIL_CALL(ctx, slots, 0);                                             \
	} while (0)

static __always_inline void rpol_count(__u32 counter, __u32 bytes)
{
	struct rpol_counter *c = bpf_map_lookup_elem(&rpol_counters, &counter);

	if (c) {
		c->packets++;
		c->bytes += bytes;
	}
}

/* ---- keys of several fields --------------------------------------------------------------------
 */

/* An address as a key has it: an IPv4 one as ::ffff:a.b.c.d. */
static __always_inline struct rpol_addr rpol_mapped(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	struct rpol_addr six = {{a, b, c, d}}, four = {{0, 0, be32(0xffff), a}};

	return has & RPOL_IP4 ? four : six;
}

static __always_inline void rpol_key_addr(__u8 *to, struct rpol_addr addr)
{
	__builtin_memcpy(to, &addr, sizeof(addr));
}

static __always_inline void rpol_key_number(__u8 *to, __u32 number)
{
	number = be32(number);
	__builtin_memcpy(to, &number, sizeof(number));
}

static __always_inline void rpol_key_mac(__u8 *to, __u64 mac)
{
	__u16 words[3] = {be16((__u16)(mac >> 32)), be16((__u16)(mac >> 16)), be16((__u16)mac)};

	__builtin_memcpy(to, words, sizeof(words));
}

/* The interface's index in the policy plus one, or that of the first device with its name; 0: none
 * of them. others: bit i is set when interface i is not the first with its name. */
static __always_inline __u32 rpol_iface_number(__u32 ifindex, __u64 others)
{
	__u32 first = 0;

	for (__u32 i = 0; i < RPOL_INTERFACES; i++) {
		if (!(others >> i & 1))
			first = i + 1;
		if (rpol_ifindex[i] == ifindex)
			return first;
	}
	return 0;
}

/* ---- what changes at run time ------------------------------------------------------------------
 */

/* True when the element is there and its time has not come. */
static __always_inline int rpol_lives(const struct rpol_element *element)
{
	return element && (!element->expires_ns || element->expires_ns > bpf_ktime_get_boot_ns());
}

static __always_inline void rpol_dynamic_key(struct rpol_prefix_key *key, __u32 has, __u32 a,
					     __u32 b, __u32 c, __u32 d)
{
	struct rpol_addr addr = {{a, b, c, d}};

	key->length = has & RPOL_IP4 ? 64 : 160;
	key->family = has & RPOL_IP4 ? be32(4) : be32(6);
	__builtin_memcpy(key->addr, &addr, sizeof(addr));
}

/* The trie finds the longest prefix. When that has expired, a shorter one may still live. */
static __always_inline int rpol_in_dynamic(void *set, __u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	struct rpol_prefix_key key;

	if (!(has & RPOL_IP))
		return 0;
	rpol_dynamic_key(&key, has, a, b, c, d);
	for (int i = 0; i < 8; i++) {
		const struct rpol_element *element = bpf_map_lookup_elem(set, &key);

		if (!element)
			return 0;
		if (rpol_lives(element))
			return 1;
		if (element->length <= 32 || element->length > 160)
			return 0;
		key.length = element->length - 1;
	}
	return 0;
}

/* A word of a dynamic table as a verdict. Whatever is in the map, only what the hooks of those who
 * look it up have comes out: kinds has a bit for each. */
static __always_inline __u32 rpol_word_verdict(const __u32 *word, __u32 kinds)
{
	__u32 kind, index;

	if (!word)
		return RPOL_NOTHING;
	kind = RPOL_WORD_KIND(*word);
	index = RPOL_WORD_INDEX(*word);
	if (kind > 31 || !(kinds >> kind & 1) || (kind == RPOL_SEND && index >= RPOL_INTERFACES))
		return RPOL_NOTHING;
	if (kind == RPOL_ROUTE && index & RPOL_WORD_GROUP)
		return RPOL_VERDICT(RPOL_GROUP, index & ~RPOL_WORD_GROUP);
	return RPOL_VERDICT(kind, kind == RPOL_ROUTE || kind == RPOL_SEND ? index : 0);
}

/* ---- groups --------------------------------------------------------------------------------- */

static __always_inline __u32 rpol_bucket(__u32 group, __u32 bucket)
{
	__u32 key = group * RPOL_GROUP_SIZE + bucket;
	const __u16 *nexthop = bpf_map_lookup_elem(&rpol_buckets, &key);

	return nexthop ? *nexthop : RPOL_NO_NEXTHOP;
}

/* Either every bucket of a group has a member or none has. */
static __always_inline int rpol_group_lives(__u32 group)
{
	return rpol_bucket(group, 0) != RPOL_NO_NEXTHOP;
}

static __always_inline void rpol_murmur(__u32 *hash, __u32 word)
{
	word *= 0xcc9e2d51;
	word = word << 15 | word >> 17;
	*hash ^= word * 0x1b873593;
	*hash = *hash << 13 | *hash >> 19;
	*hash = *hash * 5 + 0xe6546b64;
}

static __always_inline __u32 rpol_murmur_end(__u32 hash, __u32 length)
{
	hash ^= length;
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	return hash ^ hash >> 16;
}

/* flow.h, of programs that ask for it. */
__noinline __u32 rpol_flow_hash(const struct rpol_pkt *p);

/* The member that a packet's flow belongs to: the hash's first 8 bits choose the bucket. */
static __always_inline __u32 rpol_group_member(const struct rpol_pkt *p, __u32 group)
{
	return rpol_bucket(group, rpol_flow_hash(p) >> 24);
}

/* ---- time and chance ------------------------------------------------------------------------- */

static __always_inline const struct rpol_dry *rpol_dry_inputs(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rpol_dry, &zero);
}

static __always_inline void rpol_read_time(struct rpol_pkt *p)
{
	__u64 seconds;

	if (rpol_tracing) {
		const struct rpol_dry *dry = rpol_dry_inputs();

		seconds = dry ? dry->time_ns / 1000000000 : 0;
	} else {
		seconds = bpf_ktime_get_tai_ns() / 1000000000 - rpol_tai_offset;
	}
	p->second = seconds % 86400;
	/* The epoch began on a Thursday. */
	p->weekday = (seconds / 86400 + 3) % 7 + 1;
}

/* True of one in n. */
static __always_inline int rpol_random(__u32 n)
{
	const struct rpol_dry *dry = rpol_tracing ? rpol_dry_inputs() : 0;

	return (dry ? dry->random : bpf_get_prandom_u32()) % n == 0;
}

/* ---- hashes of fields ------------------------------------------------------------------------ */

/* Values of fields one after the other, as docs/packets.md says. The place of each is a constant.
 */
struct rpol_hashed {
	__u32 words[16];
};

static __always_inline void rpol_hashed_bytes(struct rpol_hashed *key, __u32 at, const void *from,
					      __u32 size)
{
	for (__u32 i = 0; i < size; i++)
		((__u8 *)key)[at + i] = ((const __u8 *)from)[i];
}

static __always_inline void rpol_hashed_number(struct rpol_hashed *key, __u32 at, int there,
					       __u32 number)
{
	number = there ? be32(number) : 0;
	rpol_hashed_bytes(key, at, &number, 4);
}

static __always_inline void rpol_hashed_mac(struct rpol_hashed *key, __u32 at, int there, __u16 a,
					    __u16 b, __u16 c)
{
	__u16 mac[3] = {there ? a : 0, there ? b : 0, there ? c : 0};

	rpol_hashed_bytes(key, at, mac, 6);
}

static __always_inline void rpol_hashed_addr(struct rpol_hashed *key, __u32 at, __u32 has, __u32 a,
					     __u32 b, __u32 c, __u32 d)
{
	int six = has & RPOL_IP6, four = has & RPOL_IP4;
	__u32 words[4] = {six ? a : 0, six ? b : 0,
			  six	 ? c
			  : four ? be32(0xffff)
				 : 0,
			  six	 ? d
			  : four ? a
				 : 0};

	rpol_hashed_bytes(key, at, words, 16);
}

/* Its bucket: the first 8 bits of the hash of its first `length` bytes (a constant). */
static __always_inline __u32 rpol_hashed_bucket(const struct rpol_hashed *key, __u32 length)
{
	__u32 hash = 0, tail = 0;

	for (__u32 i = 0; i < length / 4; i++)
		rpol_murmur(&hash, key->words[i]);
	if (length % 4) {
		/* The bytes after these are zero. */
		tail = key->words[length / 4] * 0xcc9e2d51;
		hash ^= (tail << 15 | tail >> 17) * 0x1b873593;
	}
	return rpol_murmur_end(hash, length) >> 24;
}

#endif
