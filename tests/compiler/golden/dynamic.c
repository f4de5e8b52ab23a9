/* The policy `dynamic` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 7
#define RPOL_INTERFACES 1
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_FRAGMENT | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_L2 | RPOL_ADDRS | RPOL_OPAQUE)
#define RPOL_NEEDS_TC (RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_ADDRS)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/flow.h"
#include "rpol/live.h"
#include "rpol/xdp.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
	{RPOL_VIA4(IP4(10, 9, 9, 9)), 0}, /* n: wan */
};

/* set banned */
RPOL_DYNAMIC(set_banned, BPF_MAP_TYPE_LPM_TRIE, struct rpol_prefix_key, struct rpol_element, 200000);

static __always_inline int in_banned(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	return rpol_in_dynamic(&set_banned, has, a, b, c, d);
}

/* set hosts */
RPOL_DYNAMIC(set_hosts, BPF_MAP_TYPE_HASH, __u8[16], struct rpol_element, 10);

static __always_inline int in_hosts(__u32 has, __u32 a0, __u32 b0, __u32 c0, __u32 d0)
{
	__u8 key[16] __attribute__((aligned(8)));
	const struct rpol_addr k0 = rpol_mapped(has, a0, b0, c0, d0);

	rpol_key_addr(key + 0, k0);
	return rpol_lives(bpf_map_lookup_elem(&set_hosts, key));
}

/* set allowed */
RPOL_DYNAMIC(set_allowed, BPF_MAP_TYPE_HASH, __u8[20], struct rpol_element, 50000);

static __always_inline int in_allowed(__u32 has, __u32 a0, __u32 b0, __u32 c0, __u32 d0, __u32 n1)
{
	__u8 key[20] __attribute__((aligned(8)));
	const struct rpol_addr k0 = rpol_mapped(has, a0, b0, c0, d0);

	rpol_key_addr(key + 0, k0);
	rpol_key_number(key + 16, n1);
	return rpol_lives(bpf_map_lookup_elem(&set_allowed, key));
}

/* set macs */
RPOL_DYNAMIC(set_macs, BPF_MAP_TYPE_HASH, __u8[10], struct rpol_element, 64);

static __always_inline int in_macs(__u32 has, __u64 n0, __u32 n1)
{
	__u8 key[10] __attribute__((aligned(8)));

	rpol_key_mac(key + 0, n0);
	rpol_key_number(key + 6, n1);
	return rpol_lives(bpf_map_lookup_elem(&set_macs, key));
}

/* set 4: { (02:00:5e:00:53:01, 80) } */

static __always_inline int in_4(__u32 has, __u64 n0, __u32 n1)
{
	return (n0 == 0x02005e005301 && n1 == 80);
}

/* table pinned */
RPOL_DYNAMIC(table_pinned, BPF_MAP_TYPE_HASH, __u8[20], __u32, 10000);

static __always_inline __u32 lookup_pinned(__u32 has, __u32 a0, __u32 b0, __u32 c0, __u32 d0, __u32 n1)
{
	__u8 key[20] __attribute__((aligned(8)));
	const struct rpol_addr k0 = rpol_mapped(has, a0, b0, c0, d0);

	rpol_key_addr(key + 0, k0);
	rpol_key_number(key + 16, n1);
	return rpol_word_verdict(bpf_map_lookup_elem(&table_pinned, key), 0xa3);
}

/* table tenants */
RPOL_HELD(table_tenants, 1000);
RPOL_LIVE(table4_tenants, 479296);
RPOL_LIVE(table6_tenants, 614320);

RPOL_LIVE6(table6_tenants)

__noinline __u32 lookup_tenants(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	__u32 found = 0;

	if (has & RPOL_IP4)
		found = RPOL_ROUTES4(table4_tenants, a);
	if (has & RPOL_IP6)
		found = find_table6_tenants(a, b, c, d);
	return rpol_value_verdict(found, 0xef);
}

/* table few */
RPOL_DYNAMIC(table_few, BPF_MAP_TYPE_LPM_TRIE, struct rpol_prefix_key, __u32, 10);

static __always_inline __u32 lookup_few(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	struct rpol_prefix_key key;

	if (!(has & RPOL_IP))
		return RPOL_NOTHING;
	rpol_dynamic_key(&key, has, a, b, c, d);
	return rpol_word_verdict(bpf_map_lookup_elem(&table_few, &key), 0xef);
}

/* ---- policy p at xdp ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	__u32 verdict;

	/* a: src in banned or dst in hosts => drop; */
#line 13 "dynamic.rpol"
	if (RPOL_HAS(p, RPOL_IP) && (in_banned(p->has, RPOL_WORDS(p->src))
#line 13
	    || in_hosts(p->has, RPOL_WORDS(p->dst))))
#line 13
		return RPOL_DECIDE(0, RPOL_DROP);
#line 133 "/rpol/dynamic.c"

	/* b: not (src, dport) in allowed and ttl < 5 => lookup tenants; */
#line 14 "dynamic.rpol"
	if (RPOL_HAS(p, RPOL_IP) && !(RPOL_HAS(p, RPOL_PORTS)
#line 14
	    && in_allowed(p->has, RPOL_WORDS(p->src), p->dport)) && p->ttl < 5) {
#line 14
		verdict = lookup_tenants(p->has, RPOL_WORDS(p->src));
		if (verdict == RPOL_CONTINUE)
			rpol_count(1, p->bytes);
		else if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(1, verdict);
	}
#line 147 "/rpol/dynamic.c"

	/* f: any => lookup few; */
#line 15 "dynamic.rpol"
	verdict = lookup_few(p->has, RPOL_WORDS(p->dst));
	if (verdict == RPOL_CONTINUE)
		rpol_count(2, p->bytes);
	else if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(2, verdict);
#line 156 "/rpol/dynamic.c"

	/* c: (eth.src, vlan.id) in macs or (eth.dst, dport) in { (02:00:5e:00:53:01, 80) } => drop; */
#line 16 "dynamic.rpol"
	if (RPOL_HAS(p, RPOL_L2) && ((RPOL_HAS(p, RPOL_VLAN)
#line 16
	    && in_macs(p->has, RPOL_MAC(p->eth_src), p->vlan)) || (RPOL_HAS(p, RPOL_PORTS)
#line 16
	    && in_4(p->has, RPOL_MAC(p->eth_dst), p->dport))))
#line 16
		return RPOL_DECIDE(3, RPOL_DROP);
#line 167 "/rpol/dynamic.c"

	/* default: pass */
#line 12 "dynamic.rpol"
	return RPOL_DECIDE(4, RPOL_PASS);
#line 172 "/rpol/dynamic.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_FRAGMENT | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_L2 | RPOL_ADDRS | RPOL_OPAQUE))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_p(&p), RPOL_USES_FIB | RPOL_USES_ROUTE | RPOL_USES_GROUP | RPOL_USES_SEND | RPOL_USES_BOUNCE);
}

RPOL_SLOTS(slots_p);

SEC("xdp")
int entry_p(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return XDP_PASS;
}

/* ---- policy q at tc egress ---- */

static __always_inline __u64 rules_q(const struct rpol_pkt *p)
{
	__u32 verdict;

	/* a: any => lookup pinned; */
#line 18 "dynamic.rpol"
	verdict = RPOL_HAS(p, RPOL_PORTS) ? lookup_pinned(p->has, RPOL_WORDS(p->dst), p->dport) : RPOL_NOTHING;
	if (verdict == RPOL_CONTINUE)
		rpol_count(5, p->bytes);
	else if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(5, verdict);
#line 207 "/rpol/dynamic.c"

	/* default: pass */
#line 18 "dynamic.rpol"
	return RPOL_DECIDE(6, RPOL_PASS);
#line 212 "/rpol/dynamic.c"
}

SEC("tc")
int policy_q(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_ADDRS))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_q(&p), RPOL_USES_SEND);
}

RPOL_SLOTS(slots_q);

SEC("tc")
int entry_q(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_q);
	return TC_ACT_UNSPEC;
}
