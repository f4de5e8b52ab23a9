/* The policy `keys` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 4
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ADDRS | RPOL_OPAQUE)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/lookup.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
	{RPOL_VIA4(IP4(10, 9, 9, 9)), 1}, /* n: lan */
};

/* set pairs */

static __always_inline int in_pairs(__u32 has, __u32 a0, __u32 b0, __u32 c0, __u32 d0, __u32 n1)
{
	const struct rpol_addr k0 = rpol_mapped(has, a0, b0, c0, d0);
	return (RPOL_IN6(k0, 128, IP6(0, 0, 0, 0, 0, ffff, a00, 1)) && n1 == 80) ||
	       (RPOL_IN6(k0, 128, IP6(2001, db8, 0, 0, 0, 0, 0, 1)) && n1 == 22);
}

/* table few */

static __always_inline __u32 lookup_few(__u32 has, __u32 n0, __u32 a1, __u32 b1, __u32 c1, __u32 d1)
{
	const struct rpol_addr k1 = rpol_mapped(has, a1, b1, c1, d1);
	if (n0 == 1 && RPOL_IN6(k1, 128, IP6(0, 0, 0, 0, 0, ffff, a00, 1))) {
		return RPOL_DROP;
	}
	if (n0 == 2 && RPOL_IN6(k1, 128, IP6(0, 0, 0, 0, 0, ffff, a00, 2))) {
		return RPOL_VERDICT(RPOL_ROUTE, 0 /* n */);
	}
	return RPOL_NOTHING;
}

/* table many */
RPOL_MEMORY(table_many, 384);

static const __u32 verdicts_many[4] = {
	RPOL_NOTHING,
	RPOL_DROP,
	RPOL_PASS,
	RPOL_BOUNCE,
};

static __always_inline __u32 verdict_many(__u32 found)
{
	return RPOL_FOUND(verdicts_many, found);
}

static __always_inline __u32 lookup_many(__u32 has, __u32 n0)
{
	__u32 key[1] = {};

	rpol_key_number((__u8 *)key + 0, n0);
	return verdict_many(RPOL_EXACT(table_many, key));
}

/* ---- policy p at xdp ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	__u32 verdict;

	/* a: (src, dport) in pairs or (dst, sport) in pairs => drop; */
#line 12 "keys.rpol"
	if (RPOL_HAS(p, RPOL_PORTS) && (in_pairs(p->has, RPOL_WORDS(p->src), p->dport)
#line 12
	    || in_pairs(p->has, RPOL_WORDS(p->dst), p->sport)))
#line 12
		return RPOL_DECIDE(0, RPOL_DROP);
#line 80 "/rpol/keys.c"

	/* b: any => lookup few; */
#line 13 "keys.rpol"
	verdict = RPOL_HAS(p, RPOL_IP) ? lookup_few(p->has, rpol_iface_number(p->ifindex, 0x0), RPOL_WORDS(p->dst)) : RPOL_NOTHING;
	if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(1, verdict);
#line 87 "/rpol/keys.c"

	/* c: any => lookup many; */
#line 14 "keys.rpol"
	verdict = RPOL_HAS(p, RPOL_PORTS) ? lookup_many(p->has, p->dport) : RPOL_NOTHING;
	if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(2, verdict);
#line 94 "/rpol/keys.c"

	/* default: pass */
#line 11 "keys.rpol"
	return RPOL_DECIDE(3, RPOL_PASS);
#line 99 "/rpol/keys.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PORTS | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ADDRS | RPOL_OPAQUE))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_p(&p), RPOL_USES_ROUTE | RPOL_USES_BOUNCE);
}

RPOL_SLOTS(slots_p);

SEC("xdp")
int entry_p(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return XDP_PASS;
}
