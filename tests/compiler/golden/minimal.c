/* The policy `minimal` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 2
#define RPOL_INTERFACES 1
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_IP4 | RPOL_IP6 | RPOL_TCP)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* ---- policy p at xdp ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	/* ssh: tcp.dport == 22 => drop; */
#line 6 "minimal.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 22)
#line 6
		return RPOL_DECIDE(0, RPOL_DROP);
#line 28 "/rpol/minimal.c"

	/* default: pass */
#line 5 "minimal.rpol"
	return RPOL_DECIDE(1, RPOL_PASS);
#line 33 "/rpol/minimal.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_TCP))
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
