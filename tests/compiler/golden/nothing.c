/* The policy `nothing` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 4
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (0)
#define RPOL_NEEDS_TC (RPOL_ETH | RPOL_VLAN | RPOL_VLAN2)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* ---- policy p at xdp ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	/* default: drop */
#line 6 "nothing.rpol"
	return RPOL_DECIDE(0, RPOL_DROP);
#line 28 "/rpol/nothing.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, 0))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_p(&p), 0);
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
	/* arp: eth.type == arp => continue; */
#line 11 "nothing.rpol"
	if (RPOL_HAS(p, RPOL_ETH) && p->eth_type == 2054)
#line 11
		rpol_count(1, p->bytes);
#line 59 "/rpol/nothing.c"

	/* tags: vlan.id == 5 and vlan.inner == 7 => send lan; */
#line 12 "nothing.rpol"
	if (RPOL_HAS(p, RPOL_VLAN2) && p->vlan == 5 && p->vlan_inner == 7)
#line 12
		return RPOL_DECIDE(2, RPOL_VERDICT(RPOL_SEND, 0 /* lan */));
#line 66 "/rpol/nothing.c"

	/* default: pass */
#line 10 "nothing.rpol"
	return RPOL_DECIDE(3, RPOL_PASS);
#line 71 "/rpol/nothing.c"
}

SEC("tc")
int policy_q(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_ETH | RPOL_VLAN | RPOL_VLAN2))
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
