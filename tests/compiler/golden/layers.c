/* The policy `layers` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 10
#define RPOL_INTERFACES 1
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_VLAN | RPOL_IP4 | RPOL_IP6 | RPOL_OPTIONS | RPOL_ARP | RPOL_MPLS | RPOL_DF | RPOL_EXT | RPOL_OPAQUE)
#define RPOL_NEEDS_TC (RPOL_IP4 | RPOL_IP6 | RPOL_ICMP6 | RPOL_GRE | RPOL_GRE_KEY | RPOL_VXLAN | RPOL_META)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* ---- policy shallow at xdp ---- */

static __always_inline __u64 rules_shallow(const struct rpol_pkt *p)
{
	/* r1: vlan.pcp == 5 => drop; */
#line 6 "layers.rpol"
	if (RPOL_HAS(p, RPOL_VLAN) && p->vlan_pcp == 5)
#line 6
		return RPOL_DECIDE(0, RPOL_DROP);
#line 30 "/rpol/layers.c"

	/* r2: arp.op == request or mpls.label in 16..100 => drop; */
#line 7 "layers.rpol"
	if (RPOL_HAS(p, RPOL_ETH) && ((RPOL_HAS(p, RPOL_ARP) && p->arp_op == 1)
#line 7
	    || (RPOL_HAS(p, RPOL_MPLS) && RPOL_RANGE(p->label, 16, 100))))
#line 7
		return RPOL_DECIDE(1, RPOL_DROP);
#line 39 "/rpol/layers.c"

	/* r3: ecn == ce and ip4.id == 7 and not ip4.df => drop; */
#line 8 "layers.rpol"
	if (RPOL_HAS(p, RPOL_IP4) && (p->tos & 3) == 3 && p->ip4_id == 7
#line 8
	    && !(p->has & RPOL_DF))
#line 8
		return RPOL_DECIDE(2, RPOL_DROP);
#line 48 "/rpol/layers.c"

	/* r4: ip4.options or ip6.ext => drop; */
#line 9 "layers.rpol"
	if ((RPOL_HAS(p, RPOL_IP4 | RPOL_OPTIONS)) || (p->has & RPOL_EXT))
#line 9
		return RPOL_DECIDE(3, RPOL_DROP);
#line 55 "/rpol/layers.c"

	/* r5: ip6.flow in { 1, 3, 500..600 } => drop; */
#line 10 "layers.rpol"
	if (RPOL_HAS(p, RPOL_IP6) && (p->label == 1 || p->label == 3
#line 10
	    || RPOL_RANGE(p->label, 500, 600)))
#line 10
		return RPOL_DECIDE(4, RPOL_DROP);
#line 64 "/rpol/layers.c"

	/* default: pass */
#line 5 "layers.rpol"
	return RPOL_DECIDE(5, RPOL_PASS);
#line 69 "/rpol/layers.c"
}

SEC("xdp")
int policy_shallow(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_VLAN | RPOL_IP4 | RPOL_IP6 | RPOL_OPTIONS | RPOL_ARP | RPOL_MPLS | RPOL_DF | RPOL_EXT | RPOL_OPAQUE))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_shallow(&p), 0);
}

RPOL_SLOTS(slots_shallow);

SEC("xdp")
int entry_shallow(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_shallow);
	return XDP_PASS;
}

/* ---- policy deep at tc ingress ---- */

static __always_inline __u64 rules_deep(const struct rpol_pkt *p)
{
	/* r1: icmp6.type == echo_request and icmp6.code == 0 => drop; */
#line 15 "layers.rpol"
	if (RPOL_HAS(p, RPOL_ICMP6) && p->icmp_type == 128 && p->icmp_code == 0)
#line 15
		return RPOL_DECIDE(6, RPOL_DROP);
#line 100 "/rpol/layers.c"

	/* r2: gre.proto == ipv6 and gre.key > 100 => drop; */
#line 16 "layers.rpol"
	if (RPOL_HAS(p, RPOL_GRE_KEY) && p->gre_proto == 34525 && p->gre_key > 100)
#line 16
		return RPOL_DECIDE(7, RPOL_DROP);
#line 107 "/rpol/layers.c"

	/* r3: vxlan.vni in { 7, 42 } or mark == 3 and priority < 6 => drop; */
#line 17 "layers.rpol"
	if ((RPOL_HAS(p, RPOL_VXLAN) && (p->vni == 7 || p->vni == 42)) || (p->mark == 3
#line 17
	    && p->priority < 6))
#line 17
		return RPOL_DECIDE(8, RPOL_DROP);
#line 116 "/rpol/layers.c"

	/* default: pass */
#line 14 "layers.rpol"
	return RPOL_DECIDE(9, RPOL_PASS);
#line 121 "/rpol/layers.c"
}

SEC("tc")
int policy_deep(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_ICMP6 | RPOL_GRE | RPOL_GRE_KEY | RPOL_VXLAN | RPOL_META))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_deep(&p), 0);
}

RPOL_SLOTS(slots_deep);

SEC("tc")
int entry_deep(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_deep);
	return TC_ACT_UNSPEC;
}
