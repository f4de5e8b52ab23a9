/* The policy `cpus` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 6
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_FRAGMENT | RPOL_ADDRS)
#define RPOL_NEEDS_TC (0)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/flow.h"
#include "rpol/cpu.h"
#include "rpol/xdp.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* table t */

static __always_inline __u32 lookup_t(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4) {
		if (RPOL_IN4(addr, 16, IP4(10, 1, 0, 0)))
			return RPOL_VERDICT(RPOL_CPU, RPOL_CPU_SPREAD);
		if (RPOL_IN4(addr, 16, IP4(10, 2, 0, 0)))
			return RPOL_VERDICT(RPOL_CPU, 3);
		if (RPOL_IN4(addr, 8, IP4(10, 0, 0, 0)))
			return RPOL_VERDICT(RPOL_CPU, 3);
	}
	return RPOL_NOTHING;
}

/* ---- policy front at xdp ---- */

static __always_inline __u64 rules_front(const struct rpol_pkt *p)
{
	__u32 verdict;

	/* web: tcp.dport == 80 => cpu 1; */
#line 11 "cpus.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 80)
#line 11
		return RPOL_DECIDE(0, RPOL_VERDICT(RPOL_CPU, 1));
#line 51 "/rpol/cpus.c"

	/* net: any => lookup t; */
#line 12 "cpus.rpol"
	verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
	if (verdict != RPOL_NOTHING)
		return RPOL_DECIDE(1, verdict);
#line 58 "/rpol/cpus.c"

	/* default: cpu spread */
#line 10 "cpus.rpol"
	return RPOL_DECIDE(2, RPOL_VERDICT(RPOL_CPU, RPOL_CPU_SPREAD));
#line 63 "/rpol/cpus.c"
}

SEC("xdp")
int policy_front(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_FRAGMENT | RPOL_ADDRS))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_front(&p), RPOL_USES_CPU);
}

RPOL_SLOTS(slots_front);

SEC("xdp")
int entry_front(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_front);
	return XDP_PASS;
}

/* ---- policy one at xdp ---- */

static __always_inline __u64 rules_one(const struct rpol_pkt *p)
{
	/* ssh: tcp.dport == 22 => cpu 0; */
#line 14 "cpus.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 22)
#line 14
		return RPOL_DECIDE(3, RPOL_VERDICT(RPOL_CPU, 0));
#line 94 "/rpol/cpus.c"

	/* default: pass */
#line 14 "cpus.rpol"
	return RPOL_DECIDE(4, RPOL_PASS);
#line 99 "/rpol/cpus.c"
}

SEC("xdp")
int policy_one(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_IP4 | RPOL_IP6 | RPOL_TCP))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, &p, rules_one(&p), RPOL_USES_CPU);
}

RPOL_SLOTS(slots_one);

SEC("xdp")
int entry_one(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_one);
	return XDP_PASS;
}

/* ---- policy back at tc ingress ---- */

static __always_inline __u64 rules_back(const struct rpol_pkt *p)
{
	/* default: pass */
#line 15 "cpus.rpol"
	return RPOL_DECIDE(5, RPOL_PASS);
#line 128 "/rpol/cpus.c"
}

SEC("tc")
int policy_back(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, 0))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_back(&p), 0);
}

RPOL_SLOTS(slots_back);

SEC("tc")
int entry_back(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_back);
	return TC_ACT_UNSPEC;
}
