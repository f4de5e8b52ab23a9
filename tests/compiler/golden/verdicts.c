/* The policy `verdicts` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 15
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 2
#define RPOL_GROUPS 2
#define RPOL_NEEDS_TC (RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_FRAGMENT | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ADDRS | RPOL_OPAQUE)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/flow.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
	{RPOL_VIA4(IP4(203, 0, 113, 1)), 1}, /* a: wan */
	{RPOL_VIA6(IP6(2001, db8, 0, 0, 0, 0, 0, 1)), 1}, /* b: wan */
};

/* table t */

static __always_inline __u32 lookup_t(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4) {
		if (RPOL_IN4(addr, 32, IP4(10, 1, 2, 3))) {
			if (rpol_group_lives(0 /* plain */))
				return RPOL_VERDICT(RPOL_GROUP, 0 /* plain */);
			return RPOL_BOUNCE;
		}
		if (RPOL_IN4(addr, 24, IP4(10, 1, 2, 0)))
			return RPOL_CONTINUE;
		if (RPOL_IN4(addr, 16, IP4(10, 1, 0, 0)))
			return RPOL_VERDICT(RPOL_ROUTE, 0 /* a */);
		if (RPOL_IN4(addr, 8, IP4(10, 0, 0, 0)))
			return RPOL_FIB;
	}
	if (has & RPOL_IP6) {
		if (RPOL_IN6(addr, 48, IP6(2001, db8, 1, 0, 0, 0, 0, 0)))
			return RPOL_VERDICT(RPOL_SEND, 1 /* wan */);
		if (RPOL_IN6(addr, 32, IP6(2001, db8, 0, 0, 0, 0, 0, 0))) {
			if (rpol_group_lives(1 /* first */))
				return RPOL_VERDICT(RPOL_GROUP, 1 /* first */);
			return RPOL_DROP;
		}
	}
	return RPOL_NOTHING;
}

/* table s */

static __always_inline __u32 lookup_s(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4) {
		if (RPOL_IN4(addr, 24, IP4(192, 0, 2, 0)))
			return RPOL_DROP;
	}
	return RPOL_NOTHING;
}

/* ---- policy p at tc ingress ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	__u32 verdict;

	/* fragments: drop */
#line 24 "verdicts.rpol"
	if (p->has & RPOL_FRAGMENT)
#line 24
		return RPOL_DECIDE(0, RPOL_DROP);
#line 77 "/rpol/verdicts.c"

	/* r1: tcp.dport == 1 => drop; */
#line 26 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 1)
#line 26
		return RPOL_DECIDE(1, RPOL_DROP);
#line 84 "/rpol/verdicts.c"

	/* r2: tcp.dport == 2 => pass; */
#line 27 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 2)
#line 27
		return RPOL_DECIDE(2, RPOL_PASS);
#line 91 "/rpol/verdicts.c"

	/* r3: tcp.dport == 3 => continue; */
#line 28 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 3)
#line 28
		rpol_count(3, p->bytes);
#line 98 "/rpol/verdicts.c"

	/* r4: tcp.dport == 4 => send wan; */
#line 29 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 4)
#line 29
		return RPOL_DECIDE(4, RPOL_VERDICT(RPOL_SEND, 1 /* wan */));
#line 105 "/rpol/verdicts.c"

	/* r5: tcp.dport == 5 => bounce; */
#line 30 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 5)
#line 30
		return RPOL_DECIDE(5, RPOL_BOUNCE);
#line 112 "/rpol/verdicts.c"

	/* r6: tcp.dport == 6 => route a; */
#line 31 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 6)
#line 31
		return RPOL_DECIDE(6, RPOL_VERDICT(RPOL_ROUTE, 0 /* a */));
#line 119 "/rpol/verdicts.c"

	/* r7: tcp.dport == 7 => route plain; */
#line 32 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 7)
#line 32
		return RPOL_DECIDE(7, RPOL_VERDICT(RPOL_GROUP, 0 /* plain */));
#line 126 "/rpol/verdicts.c"

	/* r8: tcp.dport == 8 => route first; */
#line 33 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 8) {
#line 33
		if (rpol_group_lives(1 /* first */))
			return RPOL_DECIDE(8, RPOL_VERDICT(RPOL_GROUP, 1 /* first */));
		return RPOL_DECIDE(8, RPOL_DROP);
	}
#line 136 "/rpol/verdicts.c"

	/* r9: tcp.dport == 9 => route plain else route first; */
#line 34 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 9) {
#line 34
		if (rpol_group_lives(0 /* plain */))
			return RPOL_DECIDE(9, RPOL_VERDICT(RPOL_GROUP, 0 /* plain */));
		if (rpol_group_lives(1 /* first */))
			return RPOL_DECIDE(9, RPOL_VERDICT(RPOL_GROUP, 1 /* first */));
		return RPOL_DECIDE(9, RPOL_DROP);
	}
#line 148 "/rpol/verdicts.c"

	/* r10: tcp.dport == 10 => lookup t; */
#line 35 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 10) {
#line 35
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict == RPOL_CONTINUE)
			rpol_count(10, p->bytes);
		else if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(10, verdict);
	}
#line 160 "/rpol/verdicts.c"

	/* r11: tcp.dport == 11 => lookup s else continue; */
#line 36 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 11) {
#line 36
		verdict = lookup_s(p->has, RPOL_WORDS(p->src));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(11, verdict);
		rpol_count(11, p->bytes);
	}
#line 171 "/rpol/verdicts.c"

	/* r12: tcp.dport == 12 => lookup t else route plain else pass; */
#line 37 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 12) {
#line 37
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict == RPOL_CONTINUE)
			rpol_count(12, p->bytes);
		else if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(12, verdict);
		else {
			if (rpol_group_lives(0 /* plain */))
				return RPOL_DECIDE(12, RPOL_VERDICT(RPOL_GROUP, 0 /* plain */));
			return RPOL_DECIDE(12, RPOL_PASS);
		}
	}
#line 188 "/rpol/verdicts.c"

	/* r13: tcp.dport == 13 => lookup s; */
#line 38 "verdicts.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && p->dport == 13) {
#line 38
		verdict = lookup_s(p->has, RPOL_WORDS(p->src));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(13, verdict);
	}
#line 198 "/rpol/verdicts.c"

	/* default: fib */
#line 25 "verdicts.rpol"
	return RPOL_DECIDE(14, RPOL_FIB);
#line 203 "/rpol/verdicts.c"
}

SEC("tc")
int policy_p(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_FRAGMENT | RPOL_OPTIONS | RPOL_GROUP_MAC | RPOL_ADDRS | RPOL_OPAQUE))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_p(&p), RPOL_USES_FIB | RPOL_USES_ROUTE | RPOL_USES_GROUP | RPOL_USES_SEND | RPOL_USES_BOUNCE);
}

RPOL_SLOTS(slots_p);

SEC("tc")
int entry_p(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return TC_ACT_UNSPEC;
}
