/* The policy `fields` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 18
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_ETH | RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_UDP | RPOL_ICMP | RPOL_FRAGMENT | RPOL_FRAGMENT_LATER | RPOL_MALFORMED | RPOL_ADDRS | RPOL_OPAQUE)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* set 7: { 1, 5, 9, 100..200, 999 } */

static __always_inline int in_7(__u32 value)
{
	return value == 1 ||
	       value == 5 ||
	       value == 9 ||
	       RPOL_RANGE(value, 100, 200) ||
	       value == 999;
}

/* ---- policy p at xdp ---- */

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	/* r1: iface == lan and eth.type == ipv4 => drop; */
#line 9 "fields.rpol"
	if (RPOL_HAS(p, RPOL_ETH) && p->ifindex == rpol_ifindex[0 /* lan */]
#line 9
	    && p->eth_type == 2048)
#line 9
		return RPOL_DECIDE(0, RPOL_DROP);
#line 41 "/rpol/fields.c"

	/* r2: iface in { lan, wan } and vlan.id in 1..100 => drop; */
#line 10 "fields.rpol"
	if (RPOL_HAS(p, RPOL_VLAN) && (p->ifindex == rpol_ifindex[0 /* lan */]
#line 10
	    || p->ifindex == rpol_ifindex[1 /* wan */]) && RPOL_RANGE(p->vlan, 1, 100))
#line 10
		return RPOL_DECIDE(1, RPOL_DROP);
#line 50 "/rpol/fields.c"

	/* r3: vlan.inner > 9 => drop; */
#line 11 "fields.rpol"
	if (RPOL_HAS(p, RPOL_VLAN2) && p->vlan_inner > 9)
#line 11
		return RPOL_DECIDE(2, RPOL_DROP);
#line 57 "/rpol/fields.c"

	/* r4: src == 10.0.0.1 and dst == 2001:db8::1 => drop; */
#line 12 "fields.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_IP6) && RPOL_IN4(p->src, 32, IP4(10, 0, 0, 1))
#line 12
	    && RPOL_IN6(p->dst, 128, IP6(2001, db8, 0, 0, 0, 0, 0, 1)))
#line 12
		return RPOL_DECIDE(3, RPOL_DROP);
#line 66 "/rpol/fields.c"

	/* r5: src in { 10.0.0.0/8, 2001:db8::/32 } => drop; */
#line 13 "fields.rpol"
	if (RPOL_HAS(p, RPOL_IP)
#line 13
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 8, IP4(10, 0, 0, 0)) :
#line 13
	    RPOL_IN6(p->src, 32, IP6(2001, db8, 0, 0, 0, 0, 0, 0))))
#line 13
		return RPOL_DECIDE(4, RPOL_DROP);
#line 77 "/rpol/fields.c"

	/* r6: not src in { 10.0.0.0/8, 192.168.0.0/16 } => drop; */
#line 14 "fields.rpol"
	if (!(RPOL_HAS(p, RPOL_IP4) && (RPOL_IN4(p->src, 8, IP4(10, 0, 0, 0))
#line 14
	    || RPOL_IN4(p->src, 16, IP4(192, 168, 0, 0)))))
#line 14
		return RPOL_DECIDE(5, RPOL_DROP);
#line 86 "/rpol/fields.c"

	/* r7: proto == tcp and src in 0.0.0.0/0 and src != 10.0.0.2 => drop; */
#line 15 "fields.rpol"
	if (RPOL_HAS(p, RPOL_IP4) && p->proto == 6 && RPOL_IN4(p->src, 0, IP4(0, 0, 0, 0))
#line 15
	    && !RPOL_IN4(p->src, 32, IP4(10, 0, 0, 2)))
#line 15
		return RPOL_DECIDE(6, RPOL_DROP);
#line 95 "/rpol/fields.c"

	/* r8: proto in { udp, icmp, 100..120 } and ttl <= 1 => drop; */
#line 16 "fields.rpol"
	if (RPOL_HAS(p, RPOL_PROTO) && (p->proto == 1 || p->proto == 17
#line 16
	    || RPOL_RANGE(p->proto, 100, 120)) && p->ttl <= 1)
#line 16
		return RPOL_DECIDE(7, RPOL_DROP);
#line 104 "/rpol/fields.c"

	/* r9: len >= 1400 and dscp == ef and ttl < 5 => drop; */
#line 17 "fields.rpol"
	if (RPOL_HAS(p, RPOL_IP) && p->len >= 1400 && (p->tos >> 2) == 46 && p->ttl < 5)
#line 17
		return RPOL_DECIDE(8, RPOL_DROP);
#line 111 "/rpol/fields.c"

	/* r10: fragment and not fragment.later => drop; */
#line 18 "fields.rpol"
	if ((p->has & RPOL_FRAGMENT) && !(p->has & RPOL_FRAGMENT_LATER))
#line 18
		return RPOL_DECIDE(9, RPOL_DROP);
#line 118 "/rpol/fields.c"

	/* r11: malformed or sport == 53 => drop; */
#line 19 "fields.rpol"
	if ((p->has & RPOL_MALFORMED) || (RPOL_HAS(p, RPOL_PORTS) && p->sport == 53))
#line 19
		return RPOL_DECIDE(10, RPOL_DROP);
#line 125 "/rpol/fields.c"

	/* r12: dport in { 1, 5, 9, 100..200, 999 } => drop; */
#line 20 "fields.rpol"
	if (RPOL_HAS(p, RPOL_PORTS) && in_7(p->dport))
#line 20
		return RPOL_DECIDE(11, RPOL_DROP);
#line 132 "/rpol/fields.c"

	/* r13: web and (tcp.flags has syn or tcp.flags == ack) and not tcp.sport < 1024 => drop; */
#line 21 "fields.rpol"
	if (RPOL_HAS(p, RPOL_TCP) && (p->dport == 80 || p->dport == 443)
#line 21
	    && ((p->tcp_flags & 0x02) || p->tcp_flags == 16) && !(p->sport < 1024))
#line 21
		return RPOL_DECIDE(12, RPOL_DROP);
#line 141 "/rpol/fields.c"

	/* r14: udp.dport == 53 or udp.sport == 53 => drop; */
#line 22 "fields.rpol"
	if (RPOL_HAS(p, RPOL_UDP) && (p->dport == 53 || p->sport == 53))
#line 22
		return RPOL_DECIDE(13, RPOL_DROP);
#line 148 "/rpol/fields.c"

	/* r15: udp.len > 512 and not (dst in 10.0.0.0/8 or dst in fe80::/10) => drop; */
#line 23 "fields.rpol"
	if (RPOL_HAS(p, RPOL_UDP) && p->udp_len > 512 && !((RPOL_HAS(p, RPOL_IP4)
#line 23
	    && RPOL_IN4(p->dst, 8, IP4(10, 0, 0, 0))) || (RPOL_HAS(p, RPOL_IP6)
#line 23
	    && RPOL_IN6(p->dst, 10, IP6(fe80, 0, 0, 0, 0, 0, 0, 0)))))
#line 23
		return RPOL_DECIDE(14, RPOL_DROP);
#line 159 "/rpol/fields.c"

	/* r16: icmp.type == echo_request and icmp.code == 0 => drop; */
#line 24 "fields.rpol"
	if (RPOL_HAS(p, RPOL_ICMP) && p->icmp_type == 8 && p->icmp_code == 0)
#line 24
		return RPOL_DECIDE(15, RPOL_DROP);
#line 166 "/rpol/fields.c"

	/* r17: any => continue; */
#line 25 "fields.rpol"
	rpol_count(16, p->bytes);
#line 171 "/rpol/fields.c"

	/* default: pass */
#line 8 "fields.rpol"
	return RPOL_DECIDE(17, RPOL_PASS);
#line 176 "/rpol/fields.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_xdp(ctx, &p, RPOL_ETH | RPOL_VLAN | RPOL_VLAN2 | RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_TCP | RPOL_UDP | RPOL_ICMP | RPOL_FRAGMENT | RPOL_FRAGMENT_LATER | RPOL_MALFORMED | RPOL_ADDRS | RPOL_OPAQUE))
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
