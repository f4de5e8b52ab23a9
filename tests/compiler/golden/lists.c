/* The policy `lists` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 30
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 2
#define RPOL_GROUPS 1
#define RPOL_NEEDS_TC (RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_UDP | RPOL_ICMP | RPOL_FRAGMENT | RPOL_FRAGMENT_LATER | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ICMP6 | RPOL_ARP | RPOL_L2 | RPOL_ADDRS | RPOL_META | RPOL_OPAQUE)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/flow.h"
#include "rpol/lookup.h"
#include "rpol/list.h"
#include "rpol/tc.h"
#include "rpol/rewrite.h"
#include "rpol/rewrite_tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
	{RPOL_VIA4(IP4(192, 0, 2, 1)), 1}, /* a: lan */
	{RPOL_VIA4(IP4(192, 0, 2, 2)), 1}, /* b: lan */
};

/* set office */

static __always_inline int in_office(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4)
		return RPOL_IN4(addr, 16, IP4(10, 1, 0, 0)) ||
		       RPOL_IN4(addr, 16, IP4(10, 2, 0, 0));
	if (has & RPOL_IP6)
		return RPOL_IN6(addr, 48, IP6(2001, db8, 1, 0, 0, 0, 0, 0)) ||
		       RPOL_IN6(addr, 48, IP6(2001, db8, 2, 0, 0, 0, 0, 0));
	return 0;
}

/* set banned */
RPOL_DYNAMIC(set_banned, BPF_MAP_TYPE_HASH, __u8[16], struct rpol_element, 1000);

static __always_inline int in_banned(__u32 has, __u32 a0, __u32 b0, __u32 c0, __u32 d0)
{
	__u8 key[16] __attribute__((aligned(8)));
	const struct rpol_addr k0 = rpol_mapped(has, a0, b0, c0, d0);

	rpol_key_addr(key + 0, k0);
	return rpol_lives(bpf_map_lookup_elem(&set_banned, key));
}

/* table pinned */

static __always_inline __u32 lookup_pinned(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4) {
		if (RPOL_IN4(addr, 24, IP4(198, 51, 100, 0)))
			return RPOL_VERDICT(RPOL_ROUTE, 0 /* a */);
	}
	if (has & RPOL_IP6) {
		if (RPOL_IN6(addr, 48, IP6(2001, db8, 9, 0, 0, 0, 0, 0)))
			return RPOL_VERDICT(RPOL_ROUTE, 1 /* b */);
	}
	return RPOL_NOTHING;
}

/* ---- policy edge at tc ingress ---- */

/* list edge_0: the 28 rules from ban to default */
RPOL_MEMORY(list4_edge_0, 388736);
static const struct rpol_rules_schema schema_list4_edge_0 = {
	12,
	56,
	{{RPOL_WORD_RANGE, 32, 4, 4}, {RPOL_WORD_RANGE, 32, 4, 12}, {RPOL_WORD_RANGE, 8, 1, 36}, {RPOL_WORD_RANGE, 8, 1, 38}, {RPOL_WORD_RANGE, 17, 4, 20}, {RPOL_WORD_RANGE, 6, 1, 40}, {RPOL_WORD_RANGE, 16, 2, 28}, {RPOL_WORD_RANGE, 16, 2, 32}, {RPOL_WORD_MASK, 8, 1, 42}, {RPOL_WORD_RANGE, 8, 1, 44}, {RPOL_WORD_MASK, 4, 1, 46}, {RPOL_WORD_MASK, 4, 1, 48}},
};
static const struct rpol_classes_shape shape_list4_edge_0 = {
	12,
	0,
	{
		{141696, 272768, 0, 0, 0, 0, 7, 0, 3, 0},
		{273792, 273824, 0, 0, 273920, 16, 10, 0, 7, 0},
		{8384, 8896, 0, 0, 0, 0, 3, 0, 1, 0},
		{8896, 8900, 274496, 2, 0, 0, 4, 24, 0, 0},
		{272768, 273280, 274560, 2, 0, 0, 8, 0, 0, 0},
		{273280, 273792, 274624, 2, 0, 0, 9, 0, 0, 0},
		{7872, 8384, 274688, 3, 0, 0, 2, 0, 0, 0},
		{10496, 10624, 274752, 3, 0, 0, 5, 0, 0, 0},
		{10624, 141696, 274944, 5, 0, 0, 6, 0, 0, 0},
		{3264, 3776, 275328, 9, 0, 0, 1, 24, 0, 0},
		{273856, 273888, 276864, 9, 0, 0, 11, 0, 0, 0},
		{704, 1216, 279104, 11, 282880, 600, 0, 24, 6, 0},
	},
};
__noinline __u64 find_list4_edge_0(const volatile struct rpol_pkt *p)
{
	if (!p)
		return RPOL_NEXT;
	__u32 key[12] = {
		be32(p->src.w[0]),
		be32(p->dst.w[0]),
		p->proto,
		p->ttl,
		p->len,
		p->tos >> 2,
		p->sport,
		p->dport,
		p->tcp_flags,
		p->icmp_type,
		p->has >> 7 & 0xf,
		RPOL_UNKNOWN(p, !!(RPOL_HAS(p, RPOL_IP) && in_banned(p->has, RPOL_WORDS(p->src))) << 0 |
			!!(p->ifindex == rpol_ifindex[1 /* lan */]) << 1 |
			!!(p->has & RPOL_FRAGMENT_LATER) << 2 |
			!!(RPOL_HAS(p, RPOL_L2) && RPOL_MAC_IS(p->eth_src, 0x0200, 0x5e00, 0x5301)) << 3),
	};

	return RPOL_DECISION(list4_edge_0, 388480,
			     rpol_classes_find(rpol_memory(list4_edge_0), 388480, &schema_list4_edge_0, &shape_list4_edge_0, key));
}
RPOL_MEMORY(list6_edge_0, 200432);
static const struct rpol_rules_schema schema_list6_edge_0 = {
	15,
	80,
	{{RPOL_WORD_RANGE, 32, 4, 4}, {RPOL_WORD_RANGE, 32, 4, 12}, {RPOL_WORD_RANGE, 32, 4, 20}, {RPOL_WORD_RANGE, 32, 4, 28}, {RPOL_WORD_RANGE, 32, 4, 36}, {RPOL_WORD_RANGE, 32, 4, 44}, {RPOL_WORD_RANGE, 8, 1, 68}, {RPOL_WORD_RANGE, 8, 1, 70}, {RPOL_WORD_RANGE, 17, 4, 52}, {RPOL_WORD_RANGE, 6, 1, 72}, {RPOL_WORD_RANGE, 16, 2, 60}, {RPOL_WORD_MASK, 8, 1, 74}, {RPOL_WORD_RANGE, 8, 1, 76}, {RPOL_WORD_MASK, 11, 2, 64}, {RPOL_WORD_MASK, 4, 1, 78}},
};
static const struct rpol_classes_shape shape_list6_edge_0 = {
	15,
	0,
	{
		{147328, 151424, 0, 0, 0, 0, 13, 0, 3, 0},
		{151424, 151456, 0, 0, 151488, 9, 14, 0, 7, 0},
		{12480, 12992, 0, 0, 0, 0, 6, 0, 1, 0},
		{12992, 13504, 152064, 2, 0, 0, 7, 0, 0, 0},
		{13504, 13508, 152128, 2, 0, 0, 8, 24, 0, 0},
		{146304, 146816, 152192, 2, 0, 0, 11, 0, 0, 0},
		{146816, 147328, 152256, 2, 0, 0, 12, 0, 0, 0},
		{15104, 15232, 152320, 3, 0, 0, 9, 0, 0, 0},
		{704, 1216, 152448, 2, 0, 0, 0, 24, 0, 0},
		{2752, 3264, 152576, 5, 0, 0, 1, 24, 0, 0},
		{15232, 146304, 153088, 7, 0, 0, 10, 0, 0, 0},
		{4288, 4800, 154816, 2, 0, 0, 2, 24, 0, 0},
		{6336, 6848, 155712, 2, 0, 0, 3, 24, 0, 0},
		{8384, 8896, 156608, 2, 0, 0, 4, 24, 0, 0},
		{10432, 10944, 157504, 2, 158400, 216, 5, 24, 6, 0},
	},
};
__noinline __u64 find_list6_edge_0(const volatile struct rpol_pkt *p)
{
	if (!p)
		return RPOL_NEXT;
	__u32 key[15] = {
		be32(p->src.w[0]),
		be32(p->src.w[1]),
		be32(p->dst.w[0]),
		be32(p->dst.w[1]),
		be32(p->dst.w[2]),
		be32(p->dst.w[3]),
		p->proto,
		p->ttl,
		p->len,
		p->tos >> 2,
		p->dport,
		p->tcp_flags,
		p->icmp_type,
		p->has >> 6 & 0x7ff,
		RPOL_UNKNOWN(p, !!(RPOL_HAS(p, RPOL_IP) && in_banned(p->has, RPOL_WORDS(p->src))) << 0 |
			!!(p->ifindex == rpol_ifindex[1 /* lan */]) << 1 |
			!!(p->has & RPOL_FRAGMENT_LATER) << 2 |
			!!(RPOL_HAS(p, RPOL_L2) && RPOL_MAC_IS(p->eth_src, 0x0200, 0x5e00, 0x5301)) << 3),
	};

	return RPOL_DECISION(list6_edge_0, 200304,
			     rpol_classes_find(rpol_memory(list6_edge_0), 200304, &schema_list6_edge_0, &shape_list6_edge_0, key));
}
RPOL_MEMORY(list0_edge_0, 132024);
static const struct rpol_rules_schema schema_list0_edge_0 = {
	3,
	16,
	{{RPOL_WORD_RANGE, 16, 2, 4}, {RPOL_WORD_MASK, 1, 1, 8}, {RPOL_WORD_MASK, 2, 1, 10}},
};
static const struct rpol_classes_shape shape_list0_edge_0 = {
	3,
	0,
	{
		{131840, 131848, 0, 0, 0, 0, 2, 0, 3, 0},
		{131776, 131780, 0, 0, 131904, 2, 1, 0, 7, 0},
		{704, 131776, 0, 0, 131968, 2, 0, 0, 7, 0},
	},
};
__noinline __u64 find_list0_edge_0(const volatile struct rpol_pkt *p)
{
	if (!p)
		return RPOL_NEXT;
	__u32 key[3] = {
		p->arp_op,
		p->has >> 20 & 0x1,
		RPOL_UNKNOWN(p, !!(RPOL_HAS(p, RPOL_IP) && in_banned(p->has, RPOL_WORDS(p->src))) << 0 |
			!!(RPOL_HAS(p, RPOL_L2) && RPOL_MAC_IS(p->eth_src, 0x0200, 0x5e00, 0x5301)) << 1),
	};

	return RPOL_DECISION(list0_edge_0, 131984,
			     rpol_classes_find(rpol_memory(list0_edge_0), 131984, &schema_list0_edge_0, &shape_list0_edge_0, key));
}
static __always_inline __u64 list_edge_0(const volatile struct rpol_pkt *p)
{
	if (RPOL_HAS(p, RPOL_IP4))
		return find_list4_edge_0(p);
	if (RPOL_HAS(p, RPOL_IP6))
		return find_list6_edge_0(p);
	return find_list0_edge_0(p);
}

static __always_inline __u64 rules_edge(struct __sk_buff *ctx, struct rpol_pkt *p)
{
	__u32 verdict;
	__u64 decision;

	/* seen: vlan.id == 7 => count tagged, continue; */
#line 16 "lists.rpol"
	if (RPOL_HAS(p, RPOL_VLAN) && p->vlan == 7) {
#line 16
		rpol_count(29 /* tagged */, p->bytes);
		rpol_count(0, p->bytes);
	}
#line 227 "/rpol/lists.c"

	/* ban to default */
#line 17 "lists.rpol"
	decision = list_edge_0(p);
#line 232 "/rpol/lists.c"
	if (RPOL_SPECIAL(decision)) {
		switch (decision >> 32) {
		case 8: /* dns */
#line 24 "lists.rpol"
			RPOL_DO(8, rpol_set_mark_tc(ctx, p, 53));
			return RPOL_DECIDE(8, RPOL_FIB);
#line 239 "/rpol/lists.c"
		case 9: /* web */
#line 25 "lists.rpol"
			if (rpol_group_lives(0 /* both */))
				return RPOL_DECIDE(9, RPOL_VERDICT(RPOL_GROUP, 0 /* both */));
			return RPOL_DECIDE(9, RPOL_DROP);
#line 245 "/rpol/lists.c"
		case 10: /* via */
#line 26 "lists.rpol"
			verdict = lookup_pinned(p->has, RPOL_WORDS(p->dst));
			if (verdict != RPOL_NOTHING)
				return RPOL_DECIDE(10, verdict);
			if (rpol_group_lives(0 /* both */))
				return RPOL_DECIDE(10, RPOL_VERDICT(RPOL_GROUP, 0 /* both */));
			return RPOL_DECIDE(10, RPOL_PASS);
#line 254 "/rpol/lists.c"
		}
		return RPOL_NEXT;
	}
	if (decision != RPOL_NEXT)
		return decision;
	return RPOL_NEXT;
}

SEC("tc")
int policy_edge(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_UDP | RPOL_ICMP | RPOL_FRAGMENT | RPOL_FRAGMENT_LATER | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ICMP6 | RPOL_ARP | RPOL_L2 | RPOL_ADDRS | RPOL_META | RPOL_OPAQUE))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_edge(ctx, &p), RPOL_USES_FIB | RPOL_USES_ROUTE | RPOL_USES_GROUP | RPOL_USES_SEND | RPOL_USES_BOUNCE);
}

RPOL_SLOTS(slots_edge);

SEC("tc")
int entry_edge(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_edge);
	return TC_ACT_UNSPEC;
}
