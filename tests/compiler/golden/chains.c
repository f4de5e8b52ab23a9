/* The policy `chains` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 47
#define RPOL_INTERFACES 2
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_UDP | RPOL_ADDRS)
#define RPOL_NEEDS_TC (RPOL_IP4 | RPOL_IP6)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"
#include "rpol/tc.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* ---- policy p at xdp ---- */

/* chain small */
static __always_inline __u64 chain0_p(const volatile struct rpol_pkt *p)
{
	/* small.ttl: ttl < 2 => drop; */
#line 6 "chains.rpol"
	if (RPOL_HAS(p, RPOL_IP) && p->ttl < 2)
#line 6
		return RPOL_DECIDE(6, RPOL_DROP);
#line 31 "/rpol/chains.c"

	/* small.next: any => continue; */
#line 7 "chains.rpol"
	rpol_count(7, p->bytes);
#line 36 "/rpol/chains.c"
	return RPOL_NEXT;
}

/* chain medium */
__noinline __u64 chain1_p(const volatile struct rpol_pkt *p)
{
	__u64 decision;

	if (!p)
		return RPOL_NEXT;

	/* medium.a: src in { 10.0.0.0/8, 10.128.0.1, 192.0.2.0/24, 198.51.100.0/24 } and dport in { 1, 3, 5, 7 } => drop; */
#line 11 "chains.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_PORTS) && (RPOL_IN4(p->src, 8, IP4(10, 0, 0, 0))
#line 11
	    || RPOL_IN4(p->src, 24, IP4(192, 0, 2, 0))
#line 11
	    || RPOL_IN4(p->src, 24, IP4(198, 51, 100, 0))) && (p->dport == 1 || p->dport == 3
#line 11
	    || p->dport == 5 || p->dport == 7))
#line 11
		return RPOL_DECIDE(8, RPOL_DROP);
#line 59 "/rpol/chains.c"

	/* medium.b: dst in { 10.0.0.0/8, 10.128.0.1, 192.0.2.0/24, 198.51.100.0/24 } and sport in { 1, 3, 5, 7 } => drop; */
#line 12 "chains.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_PORTS) && (RPOL_IN4(p->dst, 8, IP4(10, 0, 0, 0))
#line 12
	    || RPOL_IN4(p->dst, 24, IP4(192, 0, 2, 0))
#line 12
	    || RPOL_IN4(p->dst, 24, IP4(198, 51, 100, 0))) && (p->sport == 1 || p->sport == 3
#line 12
	    || p->sport == 5 || p->sport == 7))
#line 12
		return RPOL_DECIDE(9, RPOL_DROP);
#line 72 "/rpol/chains.c"

	/* medium.c: proto == tcp => jump small; */
#line 13 "chains.rpol"
	if (RPOL_HAS(p, RPOL_PROTO) && p->proto == 6) {
#line 13
		rpol_count(10, p->bytes);
		decision = chain0_p(p);
		if (decision != RPOL_NEXT)
			return decision;
	}
#line 83 "/rpol/chains.c"
	return RPOL_NEXT;
}

/* chain large */
__noinline __u64 chain2_0_p(const volatile struct rpol_pkt *p)
{
	if (!p)
		return RPOL_NEXT;

	/* large.r0: src in { 2001:db8:0::/48, 2001:db8:7:1::2, 10.0.0.0/16 } and udp.dport == 0 => drop; */
#line 17 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 17
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 0, 0, 0)) :
#line 17
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 0, 0, 0, 0, 0, 0))
#line 17
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 7, 1, 0, 0, 0, 2)))) && p->dport == 0)
#line 17
		return RPOL_DECIDE(11, RPOL_DROP);
#line 104 "/rpol/chains.c"

	/* large.r1: src in { 2001:db8:1::/48, 2001:db8:8:1::2, 10.1.0.0/16 } and udp.dport == 1 => drop; */
#line 18 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 18
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 1, 0, 0)) :
#line 18
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 1, 0, 0, 0, 0, 0))
#line 18
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 8, 1, 0, 0, 0, 2)))) && p->dport == 1)
#line 18
		return RPOL_DECIDE(12, RPOL_DROP);
#line 117 "/rpol/chains.c"

	/* large.r2: src in { 2001:db8:2::/48, 2001:db8:9:1::2, 10.2.0.0/16 } and udp.dport == 2 => drop; */
#line 19 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 19
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 2, 0, 0)) :
#line 19
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 2, 0, 0, 0, 0, 0))
#line 19
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 9, 1, 0, 0, 0, 2)))) && p->dport == 2)
#line 19
		return RPOL_DECIDE(13, RPOL_DROP);
#line 130 "/rpol/chains.c"

	/* large.r3: src in { 2001:db8:3::/48, 2001:db8:a:1::2, 10.3.0.0/16 } and udp.dport == 3 => drop; */
#line 20 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 20
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 3, 0, 0)) :
#line 20
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 3, 0, 0, 0, 0, 0))
#line 20
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, a, 1, 0, 0, 0, 2)))) && p->dport == 3)
#line 20
		return RPOL_DECIDE(14, RPOL_DROP);
#line 143 "/rpol/chains.c"

	/* large.r4: src in { 2001:db8:4::/48, 2001:db8:b:1::2, 10.4.0.0/16 } and udp.dport == 4 => drop; */
#line 21 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 21
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 4, 0, 0)) :
#line 21
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 4, 0, 0, 0, 0, 0))
#line 21
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, b, 1, 0, 0, 0, 2)))) && p->dport == 4)
#line 21
		return RPOL_DECIDE(15, RPOL_DROP);
#line 156 "/rpol/chains.c"

	/* large.r5: src in { 2001:db8:5::/48, 2001:db8:c:1::2, 10.5.0.0/16 } and udp.dport == 5 => drop; */
#line 22 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 22
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 5, 0, 0)) :
#line 22
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 5, 0, 0, 0, 0, 0))
#line 22
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, c, 1, 0, 0, 0, 2)))) && p->dport == 5)
#line 22
		return RPOL_DECIDE(16, RPOL_DROP);
#line 169 "/rpol/chains.c"

	/* large.r6: src in { 2001:db8:6::/48, 2001:db8:d:1::2, 10.6.0.0/16 } and udp.dport == 6 => drop; */
#line 23 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 23
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 6, 0, 0)) :
#line 23
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 6, 0, 0, 0, 0, 0))
#line 23
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, d, 1, 0, 0, 0, 2)))) && p->dport == 6)
#line 23
		return RPOL_DECIDE(17, RPOL_DROP);
#line 182 "/rpol/chains.c"

	/* large.r7: src in { 2001:db8:7::/48, 2001:db8:e:1::2, 10.7.0.0/16 } and udp.dport == 7 => drop; */
#line 24 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 24
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 7, 0, 0)) :
#line 24
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 7, 0, 0, 0, 0, 0))
#line 24
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, e, 1, 0, 0, 0, 2)))) && p->dport == 7)
#line 24
		return RPOL_DECIDE(18, RPOL_DROP);
#line 195 "/rpol/chains.c"

	/* large.r8: src in { 2001:db8:8::/48, 2001:db8:f:1::2, 10.8.0.0/16 } and udp.dport == 8 => drop; */
#line 25 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 25
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 8, 0, 0)) :
#line 25
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 8, 0, 0, 0, 0, 0))
#line 25
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, f, 1, 0, 0, 0, 2)))) && p->dport == 8)
#line 25
		return RPOL_DECIDE(19, RPOL_DROP);
#line 208 "/rpol/chains.c"

	/* large.r9: src in { 2001:db8:9::/48, 2001:db8:10:1::2, 10.9.0.0/16 } and udp.dport == 9 => drop; */
#line 26 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 26
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 9, 0, 0)) :
#line 26
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 9, 0, 0, 0, 0, 0))
#line 26
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 10, 1, 0, 0, 0, 2)))) && p->dport == 9)
#line 26
		return RPOL_DECIDE(20, RPOL_DROP);
#line 221 "/rpol/chains.c"

	/* large.r10: src in { 2001:db8:a::/48, 2001:db8:11:1::2, 10.10.0.0/16 } and udp.dport == 10 => drop; */
#line 27 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 27
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 10, 0, 0)) :
#line 27
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, a, 0, 0, 0, 0, 0))
#line 27
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 11, 1, 0, 0, 0, 2)))) && p->dport == 10)
#line 27
		return RPOL_DECIDE(21, RPOL_DROP);
#line 234 "/rpol/chains.c"

	/* large.r11: src in { 2001:db8:b::/48, 2001:db8:12:1::2, 10.11.0.0/16 } and udp.dport == 11 => drop; */
#line 28 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 28
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 11, 0, 0)) :
#line 28
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, b, 0, 0, 0, 0, 0))
#line 28
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 12, 1, 0, 0, 0, 2)))) && p->dport == 11)
#line 28
		return RPOL_DECIDE(22, RPOL_DROP);
#line 247 "/rpol/chains.c"

	/* large.r12: src in { 2001:db8:c::/48, 2001:db8:13:1::2, 10.12.0.0/16 } and udp.dport == 12 => drop; */
#line 29 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 29
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 12, 0, 0)) :
#line 29
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, c, 0, 0, 0, 0, 0))
#line 29
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 13, 1, 0, 0, 0, 2)))) && p->dport == 12)
#line 29
		return RPOL_DECIDE(23, RPOL_DROP);
#line 260 "/rpol/chains.c"

	/* large.r13: src in { 2001:db8:d::/48, 2001:db8:14:1::2, 10.13.0.0/16 } and udp.dport == 13 => drop; */
#line 30 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 30
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 13, 0, 0)) :
#line 30
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, d, 0, 0, 0, 0, 0))
#line 30
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 14, 1, 0, 0, 0, 2)))) && p->dport == 13)
#line 30
		return RPOL_DECIDE(24, RPOL_DROP);
#line 273 "/rpol/chains.c"

	/* large.r14: src in { 2001:db8:e::/48, 2001:db8:15:1::2, 10.14.0.0/16 } and udp.dport == 14 => drop; */
#line 31 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 31
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 14, 0, 0)) :
#line 31
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, e, 0, 0, 0, 0, 0))
#line 31
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 15, 1, 0, 0, 0, 2)))) && p->dport == 14)
#line 31
		return RPOL_DECIDE(25, RPOL_DROP);
#line 286 "/rpol/chains.c"

	/* large.r15: src in { 2001:db8:f::/48, 2001:db8:16:1::2, 10.15.0.0/16 } and udp.dport == 15 => drop; */
#line 32 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 32
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 15, 0, 0)) :
#line 32
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, f, 0, 0, 0, 0, 0))
#line 32
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 16, 1, 0, 0, 0, 2)))) && p->dport == 15)
#line 32
		return RPOL_DECIDE(26, RPOL_DROP);
#line 299 "/rpol/chains.c"

	/* large.r16: src in { 2001:db8:10::/48, 2001:db8:17:1::2, 10.16.0.0/16 } and udp.dport == 16 => drop; */
#line 33 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 33
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 16, 0, 0)) :
#line 33
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 10, 0, 0, 0, 0, 0))
#line 33
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 17, 1, 0, 0, 0, 2)))) && p->dport == 16)
#line 33
		return RPOL_DECIDE(27, RPOL_DROP);
#line 312 "/rpol/chains.c"

	/* large.r17: src in { 2001:db8:11::/48, 2001:db8:18:1::2, 10.17.0.0/16 } and udp.dport == 17 => drop; */
#line 34 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 34
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 17, 0, 0)) :
#line 34
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 11, 0, 0, 0, 0, 0))
#line 34
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 18, 1, 0, 0, 0, 2)))) && p->dport == 17)
#line 34
		return RPOL_DECIDE(28, RPOL_DROP);
#line 325 "/rpol/chains.c"

	/* large.r18: src in { 2001:db8:12::/48, 2001:db8:19:1::2, 10.18.0.0/16 } and udp.dport == 18 => drop; */
#line 35 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 35
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 18, 0, 0)) :
#line 35
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 12, 0, 0, 0, 0, 0))
#line 35
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 19, 1, 0, 0, 0, 2)))) && p->dport == 18)
#line 35
		return RPOL_DECIDE(29, RPOL_DROP);
#line 338 "/rpol/chains.c"

	/* large.r19: src in { 2001:db8:13::/48, 2001:db8:1a:1::2, 10.19.0.0/16 } and udp.dport == 19 => drop; */
#line 36 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 36
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 19, 0, 0)) :
#line 36
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 13, 0, 0, 0, 0, 0))
#line 36
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1a, 1, 0, 0, 0, 2)))) && p->dport == 19)
#line 36
		return RPOL_DECIDE(30, RPOL_DROP);
#line 351 "/rpol/chains.c"

	/* large.r20: src in { 2001:db8:14::/48, 2001:db8:1b:1::2, 10.20.0.0/16 } and udp.dport == 20 => drop; */
#line 37 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 37
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 20, 0, 0)) :
#line 37
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 14, 0, 0, 0, 0, 0))
#line 37
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1b, 1, 0, 0, 0, 2)))) && p->dport == 20)
#line 37
		return RPOL_DECIDE(31, RPOL_DROP);
#line 364 "/rpol/chains.c"

	/* large.r21: src in { 2001:db8:15::/48, 2001:db8:1c:1::2, 10.21.0.0/16 } and udp.dport == 21 => drop; */
#line 38 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 38
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 21, 0, 0)) :
#line 38
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 15, 0, 0, 0, 0, 0))
#line 38
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1c, 1, 0, 0, 0, 2)))) && p->dport == 21)
#line 38
		return RPOL_DECIDE(32, RPOL_DROP);
#line 377 "/rpol/chains.c"

	/* large.r22: src in { 2001:db8:16::/48, 2001:db8:1d:1::2, 10.22.0.0/16 } and udp.dport == 22 => drop; */
#line 39 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 39
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 22, 0, 0)) :
#line 39
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 16, 0, 0, 0, 0, 0))
#line 39
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1d, 1, 0, 0, 0, 2)))) && p->dport == 22)
#line 39
		return RPOL_DECIDE(33, RPOL_DROP);
#line 390 "/rpol/chains.c"

	/* large.r23: src in { 2001:db8:17::/48, 2001:db8:1e:1::2, 10.23.0.0/16 } and udp.dport == 23 => drop; */
#line 40 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 40
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 23, 0, 0)) :
#line 40
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 17, 0, 0, 0, 0, 0))
#line 40
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1e, 1, 0, 0, 0, 2)))) && p->dport == 23)
#line 40
		return RPOL_DECIDE(34, RPOL_DROP);
#line 403 "/rpol/chains.c"

	/* large.r24: src in { 2001:db8:18::/48, 2001:db8:1f:1::2, 10.24.0.0/16 } and udp.dport == 24 => drop; */
#line 41 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 41
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 24, 0, 0)) :
#line 41
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 18, 0, 0, 0, 0, 0))
#line 41
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 1f, 1, 0, 0, 0, 2)))) && p->dport == 24)
#line 41
		return RPOL_DECIDE(35, RPOL_DROP);
#line 416 "/rpol/chains.c"

	/* large.r25: src in { 2001:db8:19::/48, 2001:db8:20:1::2, 10.25.0.0/16 } and udp.dport == 25 => drop; */
#line 42 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 42
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 25, 0, 0)) :
#line 42
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 19, 0, 0, 0, 0, 0))
#line 42
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 20, 1, 0, 0, 0, 2)))) && p->dport == 25)
#line 42
		return RPOL_DECIDE(36, RPOL_DROP);
#line 429 "/rpol/chains.c"

	/* large.r26: src in { 2001:db8:1a::/48, 2001:db8:21:1::2, 10.26.0.0/16 } and udp.dport == 26 => drop; */
#line 43 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 43
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 26, 0, 0)) :
#line 43
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 1a, 0, 0, 0, 0, 0))
#line 43
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 21, 1, 0, 0, 0, 2)))) && p->dport == 26)
#line 43
		return RPOL_DECIDE(37, RPOL_DROP);
#line 442 "/rpol/chains.c"

	/* large.r27: src in { 2001:db8:1b::/48, 2001:db8:22:1::2, 10.27.0.0/16 } and udp.dport == 27 => drop; */
#line 44 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 44
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 27, 0, 0)) :
#line 44
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 1b, 0, 0, 0, 0, 0))
#line 44
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 22, 1, 0, 0, 0, 2)))) && p->dport == 27)
#line 44
		return RPOL_DECIDE(38, RPOL_DROP);
#line 455 "/rpol/chains.c"
	return RPOL_NEXT;
}
__noinline __u64 chain2_1_p(const volatile struct rpol_pkt *p)
{
	__u64 decision;

	if (!p)
		return RPOL_NEXT;

	/* large.r28: src in { 2001:db8:1c::/48, 2001:db8:23:1::2, 10.28.0.0/16 } and udp.dport == 28 => drop; */
#line 45 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 45
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 28, 0, 0)) :
#line 45
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 1c, 0, 0, 0, 0, 0))
#line 45
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 23, 1, 0, 0, 0, 2)))) && p->dport == 28)
#line 45
		return RPOL_DECIDE(39, RPOL_DROP);
#line 476 "/rpol/chains.c"

	/* large.r29: src in { 2001:db8:1d::/48, 2001:db8:24:1::2, 10.29.0.0/16 } and udp.dport == 29 => drop; */
#line 46 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP)
#line 46
	    && (RPOL_HAS(p, RPOL_IP4) ? RPOL_IN4(p->src, 16, IP4(10, 29, 0, 0)) :
#line 46
	    (RPOL_IN6(p->src, 48, IP6(2001, db8, 1d, 0, 0, 0, 0, 0))
#line 46
	    || RPOL_IN6(p->src, 128, IP6(2001, db8, 24, 1, 0, 0, 0, 2)))) && p->dport == 29)
#line 46
		return RPOL_DECIDE(40, RPOL_DROP);
#line 489 "/rpol/chains.c"

	/* large.m: any => jump medium; */
#line 47 "chains.rpol"
	rpol_count(41, p->bytes);
	decision = chain1_p(p);
	if (decision != RPOL_NEXT)
		return decision;
#line 497 "/rpol/chains.c"
	return RPOL_NEXT;
}

static __always_inline __u64 rules_p(const struct rpol_pkt *p)
{
	__u64 decision;

	/* one: udp.dport == 53 => jump small; */
#line 54 "chains.rpol"
	if (RPOL_HAS(p, RPOL_UDP) && p->dport == 53) {
#line 54
		rpol_count(0, p->bytes);
		decision = chain0_p(p);
		if (decision != RPOL_NEXT)
			return decision;
	}
#line 514 "/rpol/chains.c"

	/* two: any => jump medium; */
#line 55 "chains.rpol"
	rpol_count(1, p->bytes);
	decision = chain1_p(p);
	if (decision != RPOL_NEXT)
		return decision;
#line 522 "/rpol/chains.c"

	/* three: proto == udp => jump large; */
#line 56 "chains.rpol"
	if (RPOL_HAS(p, RPOL_PROTO) && p->proto == 17) {
#line 56
		rpol_count(2, p->bytes);
		decision = chain2_0_p(p);
		if (decision == RPOL_NEXT)
			decision = chain2_1_p(p);
		if (decision != RPOL_NEXT)
			return decision;
	}
#line 535 "/rpol/chains.c"

	/* four: proto == udp => jump large; */
#line 57 "chains.rpol"
	if (RPOL_HAS(p, RPOL_PROTO) && p->proto == 17) {
#line 57
		rpol_count(3, p->bytes);
		decision = chain2_0_p(p);
		if (decision == RPOL_NEXT)
			decision = chain2_1_p(p);
		if (decision != RPOL_NEXT)
			return decision;
	}
#line 548 "/rpol/chains.c"

	/* five: any => jump nothing; */
#line 58 "chains.rpol"
	rpol_count(4, p->bytes);
#line 553 "/rpol/chains.c"

	/* default: pass */
#line 53 "chains.rpol"
	return RPOL_DECIDE(5, RPOL_PASS);
#line 558 "/rpol/chains.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt *p = rpol_packet_apart();

	if (!p)
		return XDP_ABORTED;
	if (rpol_read_xdp(ctx, p, RPOL_IP4 | RPOL_IP6 | RPOL_PROTO | RPOL_PORTS | RPOL_UDP | RPOL_ADDRS))
		return XDP_ABORTED;
	return rpol_act_xdp(ctx, p, rules_p(p), 0);
}

RPOL_SLOTS(slots_p);

SEC("xdp")
int entry_p(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return XDP_PASS;
}

/* ---- policy q at tc ingress ---- */

/* chain small */
static __always_inline __u64 chain0_q(const struct rpol_pkt *p)
{
	/* small.ttl: ttl < 2 => drop; */
#line 6 "chains.rpol"
	if (RPOL_HAS(p, RPOL_IP) && p->ttl < 2)
#line 6
		return RPOL_DECIDE(45, RPOL_DROP);
#line 592 "/rpol/chains.c"

	/* small.next: any => continue; */
#line 7 "chains.rpol"
	rpol_count(46, p->bytes);
#line 597 "/rpol/chains.c"
	return RPOL_NEXT;
}

static __always_inline __u64 rules_q(const struct rpol_pkt *p)
{
	__u64 decision;

	/* one: any => jump small; */
#line 63 "chains.rpol"
	rpol_count(42, p->bytes);
	decision = chain0_q(p);
	if (decision != RPOL_NEXT)
		return decision;
#line 611 "/rpol/chains.c"

	/* two: ttl == 9 => jump small; */
#line 64 "chains.rpol"
	if (RPOL_HAS(p, RPOL_IP) && p->ttl == 9) {
#line 64
		rpol_count(43, p->bytes);
		decision = chain0_q(p);
		if (decision != RPOL_NEXT)
			return decision;
	}
#line 622 "/rpol/chains.c"

	/* default: pass */
#line 62 "chains.rpol"
	return RPOL_DECIDE(44, RPOL_PASS);
#line 627 "/rpol/chains.c"
}

SEC("tc")
int policy_q(struct __sk_buff *ctx)
{
	struct rpol_pkt p = {};

	if (rpol_read_tc(ctx, &p, RPOL_IP4 | RPOL_IP6))
		return TC_ACT_SHOT;
	return rpol_act_tc(ctx, &p, rules_q(&p), 0);
}

RPOL_SLOTS(slots_q);

SEC("tc")
int entry_q(struct __sk_buff *ctx)
{
	RPOL_ENTER(ctx, &slots_q);
	return TC_ACT_UNSPEC;
}
