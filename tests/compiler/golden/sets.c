/* The policy `sets` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 8
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_GRE_KEY | RPOL_ADDRS)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/lookup.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
	{RPOL_VIA4(IP4(203, 0, 113, 1)), 1}, /* a: wan */
};

/* set small */

static __always_inline int in_small(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4)
		return RPOL_IN4(addr, 8, IP4(10, 0, 0, 0)) ||
		       RPOL_IN4(addr, 16, IP4(192, 168, 0, 0));
	if (has & RPOL_IP6)
		return RPOL_IN6(addr, 8, IP6(fd00, 0, 0, 0, 0, 0, 0, 0));
	return 0;
}

/* set nets */
RPOL_MEMORY(set4_nets, 263296);

static __always_inline int in_nets(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4)
		return RPOL_ROUTES4(set4_nets, a) != 0;
	if (has & RPOL_IP6)
		return RPOL_IN6(addr, 32, IP6(2001, db8, 0, 0, 0, 0, 0, 0));
	return 0;
}

/* set hosts */
RPOL_MEMORY(set4_hosts, 448);
RPOL_MEMORY(set6_hosts, 832);

static __always_inline int in_hosts(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	if (has & RPOL_IP4)
		return RPOL_EXACT4(set4_hosts, a) != 0;
	if (has & RPOL_IP6)
		return RPOL_EXACT6(set6_hosts, a, b, c, d) != 0;
	return 0;
}

/* set few */

static __always_inline int in_few(__u32 value)
{
	return value == 22 ||
	       value == 80 ||
	       value == 443 ||
	       RPOL_RANGE(value, 8000, 8999) ||
	       value == 9443;
}

/* set many */

static const __u32 bits_many[2048] = {
	[3 ... 3] = 0x02040810,
	[4 ... 4] = 0x10204081,
	[5 ... 5] = 0x81020408,
	[6 ... 6] = 0x08102040,
	[7 ... 7] = 0x00000204,
	[1875 ... 2047] = 0xffffffff,
};

/* set 5: { 70000, 77919, 85838, 93757, 101676, 109595, 117514, 125433, 133352, 141271, 149190, 157109, 165028, 172947, 180866, 188785, 196704, 204623, 212542, 4000000..4 ... */

static const __u32 low_5[32] = {
	70000,
	77919,
	85838,
	93757,
	101676,
	109595,
	117514,
	125433,
	133352,
	141271,
	149190,
	157109,
	165028,
	172947,
	180866,
	188785,
	196704,
	204623,
	212542,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
	4000000,
};

static const __u32 high_5[32] = {
	70000,
	77919,
	85838,
	93757,
	101676,
	109595,
	117514,
	125433,
	133352,
	141271,
	149190,
	157109,
	165028,
	172947,
	180866,
	188785,
	196704,
	204623,
	212542,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
	4294967295,
};

static __always_inline int in_5(__u32 value)
{
	__u32 at = 0;

	at |= rpol_step(low_5[at | 16], value, 16);
	at |= rpol_step(low_5[at | 8], value, 8);
	at |= rpol_step(low_5[at | 4], value, 4);
	at |= rpol_step(low_5[at | 2], value, 2);
	at |= rpol_step(low_5[at | 1], value, 1);
	return value - low_5[at] <= high_5[at] - low_5[at];
}

/* set 6: { 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8 } */

static __always_inline int in_6(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4)
		return RPOL_IN4(addr, 8, IP4(1, 0, 0, 0)) ||
		       RPOL_IN4(addr, 8, IP4(2, 0, 0, 0)) ||
		       RPOL_IN4(addr, 8, IP4(3, 0, 0, 0)) ||
		       RPOL_IN4(addr, 8, IP4(4, 0, 0, 0)) ||
		       RPOL_IN4(addr, 8, IP4(5, 0, 0, 0));
	return 0;
}

/* table wide */
RPOL_MEMORY(table4_wide, 263296);

static const __u32 verdicts_wide[5] = {
	RPOL_NOTHING,
	RPOL_DROP,
	RPOL_VERDICT(RPOL_ROUTE, 0 /* a */),
	RPOL_FIB,
	RPOL_PASS,
};

static __always_inline __u32 lookup_wide(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};
	__u32 found = 0;

	if (has & RPOL_IP4) {
		found = RPOL_ROUTES4(table4_wide, a);
	}
	if (has & RPOL_IP6) {
		if (RPOL_IN6(addr, 32, IP6(2001, db8, 0, 0, 0, 0, 0, 0)))
			return RPOL_PASS;
	}
	return RPOL_FOUND(verdicts_wide, found);
}

/* ---- policy p at xdp ---- */

__noinline __u64 rules0_p(const volatile struct rpol_pkt *p)
{
	__u32 verdict;

	if (!p)
		return RPOL_NEXT;

	/* a: src in small and not dst in nets => drop; */
#line 86 "sets.rpol"
	if (RPOL_HAS(p, RPOL_IP) && in_small(p->has, RPOL_WORDS(p->src))
#line 86
	    && !(in_nets(p->has, RPOL_WORDS(p->dst))))
#line 86
		return RPOL_DECIDE(0, RPOL_DROP);
#line 225 "/rpol/sets.c"

	/* b: src in hosts or dst in hosts => drop; */
#line 87 "sets.rpol"
	if (RPOL_HAS(p, RPOL_IP) && (in_hosts(p->has, RPOL_WORDS(p->src))
#line 87
	    || in_hosts(p->has, RPOL_WORDS(p->dst))))
#line 87
		return RPOL_DECIDE(1, RPOL_DROP);
#line 234 "/rpol/sets.c"

	/* c: dport in few => drop; */
#line 88 "sets.rpol"
	if (RPOL_HAS(p, RPOL_PORTS) && in_few(p->dport))
#line 88
		return RPOL_DECIDE(2, RPOL_DROP);
#line 241 "/rpol/sets.c"

	/* d: sport in many => drop; */
#line 89 "sets.rpol"
	if (RPOL_HAS(p, RPOL_PORTS) && rpol_bit(bits_many, 65535, p->sport))
#line 89
		return RPOL_DECIDE(3, RPOL_DROP);
#line 248 "/rpol/sets.c"

	/* m: gre.key in { 70000, 77919, 85838, 93757, 101676, 109595, 117514, 125433, 133352, 141271, 149190, 157109, 165028, 172947, 180866, 188785, 196704, 204623, 2125 ... */
#line 91 "sets.rpol"
	if (RPOL_HAS(p, RPOL_GRE_KEY) && in_5(p->gre_key))
#line 91
		return RPOL_DECIDE(4, RPOL_DROP);
#line 255 "/rpol/sets.c"

	/* e: src in { 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8 } => drop; */
#line 92 "sets.rpol"
	if (RPOL_HAS(p, RPOL_IP4) && in_6(p->has, RPOL_WORDS(p->src)))
#line 92
		return RPOL_DECIDE(5, RPOL_DROP);
#line 262 "/rpol/sets.c"

	/* f: any => lookup wide; */
#line 93 "sets.rpol"
	verdict = lookup_wide(p->has, RPOL_WORDS(p->src));
	if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(6, verdict);
#line 269 "/rpol/sets.c"

	/* default: pass */
#line 85 "sets.rpol"
	return RPOL_DECIDE(7, RPOL_PASS);
#line 274 "/rpol/sets.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt *p = rpol_packet_apart();
	__u64 decision;

	if (!p)
		return XDP_ABORTED;
	if (rpol_read_xdp(ctx, p, RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_GRE_KEY | RPOL_ADDRS))
		return XDP_ABORTED;
	decision = rules0_p(p);
	return rpol_act_xdp(ctx, p, decision, RPOL_USES_FIB | RPOL_USES_ROUTE);
}

RPOL_SLOTS(slots_p);

SEC("xdp")
int entry_p(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return XDP_PASS;
}
