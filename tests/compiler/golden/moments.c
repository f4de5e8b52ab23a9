/* The policy `moments` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 7
#define RPOL_INTERFACES 1
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_FRAGMENT | RPOL_DF | RPOL_L2 | RPOL_ADDRS | RPOL_TIME | RPOL_OPAQUE)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/flow.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* ---- policy edge at xdp ---- */

static __always_inline __u64 rules_edge(const struct rpol_pkt *p)
{
	/* night: time in NIGHT..06:00 and weekday in sat..mon => drop; */
#line 7 "moments.rpol"
	if ((RPOL_RANGE(p->second, 0, 21600) || RPOL_RANGE(p->second, 79200, 86399))
#line 7
	    && (p->weekday == 1 || RPOL_RANGE(p->weekday, 6, 7)))
#line 7
		return RPOL_DECIDE(0, RPOL_DROP);
#line 31 "/rpol/moments.c"

	/* late: time >= NIGHT or time < 6:30:15 => drop; */
#line 8 "moments.rpol"
	if (p->second >= 79200 || p->second < 23415)
#line 8
		return RPOL_DECIDE(1, RPOL_DROP);
#line 38 "/rpol/moments.c"

	/* strange: not eth.src in { GATEWAY, 02:00:5E:00:53:02 } => drop; */
#line 9 "moments.rpol"
	if (!(RPOL_HAS(p, RPOL_L2) && (RPOL_MAC_IS(p->eth_src, 0x0200, 0x5e00, 0x5301)
#line 9
	    || RPOL_MAC_IS(p->eth_src, 0x0200, 0x5e00, 0x5302))))
#line 9
		return RPOL_DECIDE(2, RPOL_DROP);
#line 47 "/rpol/moments.c"

	/* other: eth.dst != GATEWAY and weekday != sun => drop; */
#line 10 "moments.rpol"
	if (RPOL_HAS(p, RPOL_L2) && !RPOL_MAC_IS(p->eth_dst, 0x0200, 0x5e00, 0x5301)
#line 10
	    && p->weekday != 7)
#line 10
		return RPOL_DECIDE(3, RPOL_DROP);
#line 56 "/rpol/moments.c"

	/* tenth: random(1/10) => drop; */
#line 11 "moments.rpol"
	if (rpol_random(10))
#line 11
		return RPOL_DECIDE(4, RPOL_DROP);
#line 63 "/rpol/moments.c"

	/* canary: hash(flow) < 26 or hash(src, eth.src, iface, ip4.df) in 0..9 => drop; */
#line 12 "moments.rpol"
	if ((rpol_flow_hash((const struct rpol_pkt *)p) >> 24) < 26
#line 12
	    || RPOL_RANGE(({ struct rpol_hashed key = {};
#line 12
	    rpol_hashed_addr(&key, 0, p->has, RPOL_WORDS(p->src));
#line 12
	    rpol_hashed_mac(&key, 16, RPOL_HAS(p, RPOL_L2), p->eth_src[0], p->eth_src[1], p->eth_src[2]);
#line 12
	    rpol_hashed_number(&key, 22, 1, p->ifindex == rpol_ifindex[0] ? 1 : 0);
#line 12
	    rpol_hashed_number(&key, 26, 1, !!(p->has & RPOL_DF));
#line 12
	    rpol_hashed_bucket(&key, 30); }), 0, 9))
#line 12
		return RPOL_DECIDE(5, RPOL_DROP);
#line 82 "/rpol/moments.c"

	/* default: pass */
#line 6 "moments.rpol"
	return RPOL_DECIDE(6, RPOL_PASS);
#line 87 "/rpol/moments.c"
}

SEC("xdp")
int policy_edge(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_FRAGMENT | RPOL_DF | RPOL_L2 | RPOL_ADDRS | RPOL_TIME | RPOL_OPAQUE))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_edge(&p), 0);
}

RPOL_SLOTS(slots_edge);

SEC("xdp")
int entry_edge(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_edge);
	return XDP_PASS;
}
