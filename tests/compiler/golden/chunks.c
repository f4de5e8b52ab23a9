/* The policy `chunks` as a program for the kernel, made by rpol 0.1.0.
 *
 * Per policy: rules_… decides, policy_… reads the packet, has it decided and carries
 * the decision out, entry_… is what is attached and goes to the policy in force. */
#define RPOL_COUNTERS 100
#define RPOL_INTERFACES 1
#define RPOL_NEXTHOPS 1
#define RPOL_GROUPS 1
#define RPOL_NEEDS_XDP (RPOL_IP4 | RPOL_TCP | RPOL_ADDRS)

#include "rpol/program.h"
#include "rpol/forward.h"
#include "rpol/xdp.h"

static const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {
};

/* table t */

static __always_inline __u32 lookup_t(__u32 has, __u32 a, __u32 b, __u32 c, __u32 d)
{
	const struct rpol_addr addr = {{a, b, c, d}};

	if (has & RPOL_IP4) {
		if (RPOL_IN4(addr, 8, IP4(10, 0, 0, 0)))
			return RPOL_DROP;
	}
	return RPOL_NOTHING;
}

/* ---- policy p at xdp ---- */

__noinline __u64 rules0_p(const volatile struct rpol_pkt *p)
{
	__u32 verdict;

	if (!p)
		return RPOL_NEXT;

	/* r1: src in 10.1.0.0/16 and tcp.dport in 10..15 => pass; */
#line 10 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 1, 0, 0))
#line 10
	    && RPOL_RANGE(p->dport, 10, 15))
#line 10
		return RPOL_DECIDE(0, RPOL_PASS);
#line 48 "/rpol/chunks.c"

	/* r2: src in 10.2.0.0/16 and tcp.dport in 20..25 => continue; */
#line 11 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 2, 0, 0))
#line 11
	    && RPOL_RANGE(p->dport, 20, 25))
#line 11
		rpol_count(1, p->bytes);
#line 57 "/rpol/chunks.c"

	/* r3: src in 10.3.0.0/16 and tcp.dport in 30..35 => lookup t; */
#line 12 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 3, 0, 0))
#line 12
	    && RPOL_RANGE(p->dport, 30, 35)) {
#line 12
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(2, verdict);
	}
#line 69 "/rpol/chunks.c"

	/* r4: src in 10.4.0.0/16 and tcp.dport in 40..45 => drop; */
#line 13 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 4, 0, 0))
#line 13
	    && RPOL_RANGE(p->dport, 40, 45))
#line 13
		return RPOL_DECIDE(3, RPOL_DROP);
#line 78 "/rpol/chunks.c"

	/* r5: src in 10.5.0.0/16 and tcp.dport in 50..55 => pass; */
#line 14 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 5, 0, 0))
#line 14
	    && RPOL_RANGE(p->dport, 50, 55))
#line 14
		return RPOL_DECIDE(4, RPOL_PASS);
#line 87 "/rpol/chunks.c"

	/* r6: src in 10.6.0.0/16 and tcp.dport in 60..65 => continue; */
#line 15 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 6, 0, 0))
#line 15
	    && RPOL_RANGE(p->dport, 60, 65))
#line 15
		rpol_count(5, p->bytes);
#line 96 "/rpol/chunks.c"

	/* r7: src in 10.7.0.0/16 and tcp.dport in 70..75 => lookup t; */
#line 16 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 7, 0, 0))
#line 16
	    && RPOL_RANGE(p->dport, 70, 75)) {
#line 16
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(6, verdict);
	}
#line 108 "/rpol/chunks.c"

	/* r8: src in 10.8.0.0/16 and tcp.dport in 80..85 => drop; */
#line 17 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 8, 0, 0))
#line 17
	    && RPOL_RANGE(p->dport, 80, 85))
#line 17
		return RPOL_DECIDE(7, RPOL_DROP);
#line 117 "/rpol/chunks.c"

	/* r9: src in 10.9.0.0/16 and tcp.dport in 90..95 => pass; */
#line 18 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 9, 0, 0))
#line 18
	    && RPOL_RANGE(p->dport, 90, 95))
#line 18
		return RPOL_DECIDE(8, RPOL_PASS);
#line 126 "/rpol/chunks.c"

	/* r10: src in 10.10.0.0/16 and tcp.dport in 100..105 => continue; */
#line 19 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 10, 0, 0))
#line 19
	    && RPOL_RANGE(p->dport, 100, 105))
#line 19
		rpol_count(9, p->bytes);
#line 135 "/rpol/chunks.c"

	/* r11: src in 10.11.0.0/16 and tcp.dport in 110..115 => lookup t; */
#line 20 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 11, 0, 0))
#line 20
	    && RPOL_RANGE(p->dport, 110, 115)) {
#line 20
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(10, verdict);
	}
#line 147 "/rpol/chunks.c"

	/* r12: src in 10.12.0.0/16 and tcp.dport in 120..125 => drop; */
#line 21 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 12, 0, 0))
#line 21
	    && RPOL_RANGE(p->dport, 120, 125))
#line 21
		return RPOL_DECIDE(11, RPOL_DROP);
#line 156 "/rpol/chunks.c"

	/* r13: src in 10.13.0.0/16 and tcp.dport in 130..135 => pass; */
#line 22 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 13, 0, 0))
#line 22
	    && RPOL_RANGE(p->dport, 130, 135))
#line 22
		return RPOL_DECIDE(12, RPOL_PASS);
#line 165 "/rpol/chunks.c"

	/* r14: src in 10.14.0.0/16 and tcp.dport in 140..145 => continue; */
#line 23 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 14, 0, 0))
#line 23
	    && RPOL_RANGE(p->dport, 140, 145))
#line 23
		rpol_count(13, p->bytes);
#line 174 "/rpol/chunks.c"

	/* r15: src in 10.15.0.0/16 and tcp.dport in 150..155 => lookup t; */
#line 24 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 15, 0, 0))
#line 24
	    && RPOL_RANGE(p->dport, 150, 155)) {
#line 24
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(14, verdict);
	}
#line 186 "/rpol/chunks.c"

	/* r16: src in 10.16.0.0/16 and tcp.dport in 160..165 => drop; */
#line 25 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 16, 0, 0))
#line 25
	    && RPOL_RANGE(p->dport, 160, 165))
#line 25
		return RPOL_DECIDE(15, RPOL_DROP);
#line 195 "/rpol/chunks.c"

	/* r17: src in 10.17.0.0/16 and tcp.dport in 170..175 => pass; */
#line 26 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 17, 0, 0))
#line 26
	    && RPOL_RANGE(p->dport, 170, 175))
#line 26
		return RPOL_DECIDE(16, RPOL_PASS);
#line 204 "/rpol/chunks.c"

	/* r18: src in 10.18.0.0/16 and tcp.dport in 180..185 => continue; */
#line 27 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 18, 0, 0))
#line 27
	    && RPOL_RANGE(p->dport, 180, 185))
#line 27
		rpol_count(17, p->bytes);
#line 213 "/rpol/chunks.c"

	/* r19: src in 10.19.0.0/16 and tcp.dport in 190..195 => lookup t; */
#line 28 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 19, 0, 0))
#line 28
	    && RPOL_RANGE(p->dport, 190, 195)) {
#line 28
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(18, verdict);
	}
#line 225 "/rpol/chunks.c"

	/* r20: src in 10.20.0.0/16 and tcp.dport in 200..205 => drop; */
#line 29 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 20, 0, 0))
#line 29
	    && RPOL_RANGE(p->dport, 200, 205))
#line 29
		return RPOL_DECIDE(19, RPOL_DROP);
#line 234 "/rpol/chunks.c"

	/* r21: src in 10.21.0.0/16 and tcp.dport in 210..215 => pass; */
#line 30 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 21, 0, 0))
#line 30
	    && RPOL_RANGE(p->dport, 210, 215))
#line 30
		return RPOL_DECIDE(20, RPOL_PASS);
#line 243 "/rpol/chunks.c"

	/* r22: src in 10.22.0.0/16 and tcp.dport in 220..225 => continue; */
#line 31 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 22, 0, 0))
#line 31
	    && RPOL_RANGE(p->dport, 220, 225))
#line 31
		rpol_count(21, p->bytes);
#line 252 "/rpol/chunks.c"

	/* r23: src in 10.23.0.0/16 and tcp.dport in 230..235 => lookup t; */
#line 32 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 23, 0, 0))
#line 32
	    && RPOL_RANGE(p->dport, 230, 235)) {
#line 32
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(22, verdict);
	}
#line 264 "/rpol/chunks.c"

	/* r24: src in 10.24.0.0/16 and tcp.dport in 240..245 => drop; */
#line 33 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 24, 0, 0))
#line 33
	    && RPOL_RANGE(p->dport, 240, 245))
#line 33
		return RPOL_DECIDE(23, RPOL_DROP);
#line 273 "/rpol/chunks.c"

	/* r25: src in 10.25.0.0/16 and tcp.dport in 250..255 => pass; */
#line 34 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 25, 0, 0))
#line 34
	    && RPOL_RANGE(p->dport, 250, 255))
#line 34
		return RPOL_DECIDE(24, RPOL_PASS);
#line 282 "/rpol/chunks.c"

	/* r26: src in 10.26.0.0/16 and tcp.dport in 260..265 => continue; */
#line 35 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 26, 0, 0))
#line 35
	    && RPOL_RANGE(p->dport, 260, 265))
#line 35
		rpol_count(25, p->bytes);
#line 291 "/rpol/chunks.c"

	/* r27: src in 10.27.0.0/16 and tcp.dport in 270..275 => lookup t; */
#line 36 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 27, 0, 0))
#line 36
	    && RPOL_RANGE(p->dport, 270, 275)) {
#line 36
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(26, verdict);
	}
#line 303 "/rpol/chunks.c"

	/* r28: src in 10.28.0.0/16 and tcp.dport in 280..285 => drop; */
#line 37 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 28, 0, 0))
#line 37
	    && RPOL_RANGE(p->dport, 280, 285))
#line 37
		return RPOL_DECIDE(27, RPOL_DROP);
#line 312 "/rpol/chunks.c"

	/* r29: src in 10.29.0.0/16 and tcp.dport in 290..295 => pass; */
#line 38 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 29, 0, 0))
#line 38
	    && RPOL_RANGE(p->dport, 290, 295))
#line 38
		return RPOL_DECIDE(28, RPOL_PASS);
#line 321 "/rpol/chunks.c"

	/* r30: src in 10.30.0.0/16 and tcp.dport in 300..305 => continue; */
#line 39 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 30, 0, 0))
#line 39
	    && RPOL_RANGE(p->dport, 300, 305))
#line 39
		rpol_count(29, p->bytes);
#line 330 "/rpol/chunks.c"

	/* r31: src in 10.31.0.0/16 and tcp.dport in 310..315 => lookup t; */
#line 40 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 31, 0, 0))
#line 40
	    && RPOL_RANGE(p->dport, 310, 315)) {
#line 40
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(30, verdict);
	}
#line 342 "/rpol/chunks.c"

	/* r32: src in 10.32.0.0/16 and tcp.dport in 320..325 => drop; */
#line 41 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 32, 0, 0))
#line 41
	    && RPOL_RANGE(p->dport, 320, 325))
#line 41
		return RPOL_DECIDE(31, RPOL_DROP);
#line 351 "/rpol/chunks.c"

	/* r33: src in 10.33.0.0/16 and tcp.dport in 330..335 => pass; */
#line 42 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 33, 0, 0))
#line 42
	    && RPOL_RANGE(p->dport, 330, 335))
#line 42
		return RPOL_DECIDE(32, RPOL_PASS);
#line 360 "/rpol/chunks.c"

	/* r34: src in 10.34.0.0/16 and tcp.dport in 340..345 => continue; */
#line 43 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 34, 0, 0))
#line 43
	    && RPOL_RANGE(p->dport, 340, 345))
#line 43
		rpol_count(33, p->bytes);
#line 369 "/rpol/chunks.c"

	/* r35: src in 10.35.0.0/16 and tcp.dport in 350..355 => lookup t; */
#line 44 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 35, 0, 0))
#line 44
	    && RPOL_RANGE(p->dport, 350, 355)) {
#line 44
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(34, verdict);
	}
#line 381 "/rpol/chunks.c"

	/* r36: src in 10.36.0.0/16 and tcp.dport in 360..365 => drop; */
#line 45 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 36, 0, 0))
#line 45
	    && RPOL_RANGE(p->dport, 360, 365))
#line 45
		return RPOL_DECIDE(35, RPOL_DROP);
#line 390 "/rpol/chunks.c"

	/* r37: src in 10.37.0.0/16 and tcp.dport in 370..375 => pass; */
#line 46 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 37, 0, 0))
#line 46
	    && RPOL_RANGE(p->dport, 370, 375))
#line 46
		return RPOL_DECIDE(36, RPOL_PASS);
#line 399 "/rpol/chunks.c"

	/* r38: src in 10.38.0.0/16 and tcp.dport in 380..385 => continue; */
#line 47 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 38, 0, 0))
#line 47
	    && RPOL_RANGE(p->dport, 380, 385))
#line 47
		rpol_count(37, p->bytes);
#line 408 "/rpol/chunks.c"
	return RPOL_NEXT;
}

__noinline __u64 rules1_p(const volatile struct rpol_pkt *p)
{
	__u32 verdict;

	if (!p)
		return RPOL_NEXT;

	/* r39: src in 10.39.0.0/16 and tcp.dport in 390..395 => lookup t; */
#line 48 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 39, 0, 0))
#line 48
	    && RPOL_RANGE(p->dport, 390, 395)) {
#line 48
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(38, verdict);
	}
#line 429 "/rpol/chunks.c"

	/* r40: src in 10.40.0.0/16 and tcp.dport in 400..405 => drop; */
#line 49 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 40, 0, 0))
#line 49
	    && RPOL_RANGE(p->dport, 400, 405))
#line 49
		return RPOL_DECIDE(39, RPOL_DROP);
#line 438 "/rpol/chunks.c"

	/* r41: src in 10.41.0.0/16 and tcp.dport in 410..415 => pass; */
#line 50 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 41, 0, 0))
#line 50
	    && RPOL_RANGE(p->dport, 410, 415))
#line 50
		return RPOL_DECIDE(40, RPOL_PASS);
#line 447 "/rpol/chunks.c"

	/* r42: src in 10.42.0.0/16 and tcp.dport in 420..425 => continue; */
#line 51 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 42, 0, 0))
#line 51
	    && RPOL_RANGE(p->dport, 420, 425))
#line 51
		rpol_count(41, p->bytes);
#line 456 "/rpol/chunks.c"

	/* r43: src in 10.43.0.0/16 and tcp.dport in 430..435 => lookup t; */
#line 52 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 43, 0, 0))
#line 52
	    && RPOL_RANGE(p->dport, 430, 435)) {
#line 52
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(42, verdict);
	}
#line 468 "/rpol/chunks.c"

	/* r44: src in 10.44.0.0/16 and tcp.dport in 440..445 => drop; */
#line 53 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 44, 0, 0))
#line 53
	    && RPOL_RANGE(p->dport, 440, 445))
#line 53
		return RPOL_DECIDE(43, RPOL_DROP);
#line 477 "/rpol/chunks.c"

	/* r45: src in 10.45.0.0/16 and tcp.dport in 450..455 => pass; */
#line 54 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 45, 0, 0))
#line 54
	    && RPOL_RANGE(p->dport, 450, 455))
#line 54
		return RPOL_DECIDE(44, RPOL_PASS);
#line 486 "/rpol/chunks.c"

	/* r46: src in 10.46.0.0/16 and tcp.dport in 460..465 => continue; */
#line 55 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 46, 0, 0))
#line 55
	    && RPOL_RANGE(p->dport, 460, 465))
#line 55
		rpol_count(45, p->bytes);
#line 495 "/rpol/chunks.c"

	/* r47: src in 10.47.0.0/16 and tcp.dport in 470..475 => lookup t; */
#line 56 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 47, 0, 0))
#line 56
	    && RPOL_RANGE(p->dport, 470, 475)) {
#line 56
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(46, verdict);
	}
#line 507 "/rpol/chunks.c"

	/* r48: src in 10.48.0.0/16 and tcp.dport in 480..485 => drop; */
#line 57 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 48, 0, 0))
#line 57
	    && RPOL_RANGE(p->dport, 480, 485))
#line 57
		return RPOL_DECIDE(47, RPOL_DROP);
#line 516 "/rpol/chunks.c"

	/* r49: src in 10.49.0.0/16 and tcp.dport in 490..495 => pass; */
#line 58 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 49, 0, 0))
#line 58
	    && RPOL_RANGE(p->dport, 490, 495))
#line 58
		return RPOL_DECIDE(48, RPOL_PASS);
#line 525 "/rpol/chunks.c"

	/* r50: src in 10.50.0.0/16 and tcp.dport in 500..505 => continue; */
#line 59 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 50, 0, 0))
#line 59
	    && RPOL_RANGE(p->dport, 500, 505))
#line 59
		rpol_count(49, p->bytes);
#line 534 "/rpol/chunks.c"

	/* r51: src in 10.51.0.0/16 and tcp.dport in 510..515 => lookup t; */
#line 60 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 51, 0, 0))
#line 60
	    && RPOL_RANGE(p->dport, 510, 515)) {
#line 60
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(50, verdict);
	}
#line 546 "/rpol/chunks.c"

	/* r52: src in 10.52.0.0/16 and tcp.dport in 520..525 => drop; */
#line 61 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 52, 0, 0))
#line 61
	    && RPOL_RANGE(p->dport, 520, 525))
#line 61
		return RPOL_DECIDE(51, RPOL_DROP);
#line 555 "/rpol/chunks.c"

	/* r53: src in 10.53.0.0/16 and tcp.dport in 530..535 => pass; */
#line 62 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 53, 0, 0))
#line 62
	    && RPOL_RANGE(p->dport, 530, 535))
#line 62
		return RPOL_DECIDE(52, RPOL_PASS);
#line 564 "/rpol/chunks.c"

	/* r54: src in 10.54.0.0/16 and tcp.dport in 540..545 => continue; */
#line 63 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 54, 0, 0))
#line 63
	    && RPOL_RANGE(p->dport, 540, 545))
#line 63
		rpol_count(53, p->bytes);
#line 573 "/rpol/chunks.c"

	/* r55: src in 10.55.0.0/16 and tcp.dport in 550..555 => lookup t; */
#line 64 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 55, 0, 0))
#line 64
	    && RPOL_RANGE(p->dport, 550, 555)) {
#line 64
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(54, verdict);
	}
#line 585 "/rpol/chunks.c"

	/* r56: src in 10.56.0.0/16 and tcp.dport in 560..565 => drop; */
#line 65 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 56, 0, 0))
#line 65
	    && RPOL_RANGE(p->dport, 560, 565))
#line 65
		return RPOL_DECIDE(55, RPOL_DROP);
#line 594 "/rpol/chunks.c"

	/* r57: src in 10.57.0.0/16 and tcp.dport in 570..575 => pass; */
#line 66 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 57, 0, 0))
#line 66
	    && RPOL_RANGE(p->dport, 570, 575))
#line 66
		return RPOL_DECIDE(56, RPOL_PASS);
#line 603 "/rpol/chunks.c"

	/* r58: src in 10.58.0.0/16 and tcp.dport in 580..585 => continue; */
#line 67 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 58, 0, 0))
#line 67
	    && RPOL_RANGE(p->dport, 580, 585))
#line 67
		rpol_count(57, p->bytes);
#line 612 "/rpol/chunks.c"

	/* r59: src in 10.59.0.0/16 and tcp.dport in 590..595 => lookup t; */
#line 68 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 59, 0, 0))
#line 68
	    && RPOL_RANGE(p->dport, 590, 595)) {
#line 68
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(58, verdict);
	}
#line 624 "/rpol/chunks.c"

	/* r60: src in 10.60.0.0/16 and tcp.dport in 600..605 => drop; */
#line 69 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 60, 0, 0))
#line 69
	    && RPOL_RANGE(p->dport, 600, 605))
#line 69
		return RPOL_DECIDE(59, RPOL_DROP);
#line 633 "/rpol/chunks.c"

	/* r61: src in 10.61.0.0/16 and tcp.dport in 610..615 => pass; */
#line 70 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 61, 0, 0))
#line 70
	    && RPOL_RANGE(p->dport, 610, 615))
#line 70
		return RPOL_DECIDE(60, RPOL_PASS);
#line 642 "/rpol/chunks.c"

	/* r62: src in 10.62.0.0/16 and tcp.dport in 620..625 => continue; */
#line 71 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 62, 0, 0))
#line 71
	    && RPOL_RANGE(p->dport, 620, 625))
#line 71
		rpol_count(61, p->bytes);
#line 651 "/rpol/chunks.c"

	/* r63: src in 10.63.0.0/16 and tcp.dport in 630..635 => lookup t; */
#line 72 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 63, 0, 0))
#line 72
	    && RPOL_RANGE(p->dport, 630, 635)) {
#line 72
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(62, verdict);
	}
#line 663 "/rpol/chunks.c"

	/* r64: src in 10.64.0.0/16 and tcp.dport in 640..645 => drop; */
#line 73 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 64, 0, 0))
#line 73
	    && RPOL_RANGE(p->dport, 640, 645))
#line 73
		return RPOL_DECIDE(63, RPOL_DROP);
#line 672 "/rpol/chunks.c"

	/* r65: src in 10.65.0.0/16 and tcp.dport in 650..655 => pass; */
#line 74 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 65, 0, 0))
#line 74
	    && RPOL_RANGE(p->dport, 650, 655))
#line 74
		return RPOL_DECIDE(64, RPOL_PASS);
#line 681 "/rpol/chunks.c"

	/* r66: src in 10.66.0.0/16 and tcp.dport in 660..665 => continue; */
#line 75 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 66, 0, 0))
#line 75
	    && RPOL_RANGE(p->dport, 660, 665))
#line 75
		rpol_count(65, p->bytes);
#line 690 "/rpol/chunks.c"

	/* r67: src in 10.67.0.0/16 and tcp.dport in 670..675 => lookup t; */
#line 76 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 67, 0, 0))
#line 76
	    && RPOL_RANGE(p->dport, 670, 675)) {
#line 76
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(66, verdict);
	}
#line 702 "/rpol/chunks.c"

	/* r68: src in 10.68.0.0/16 and tcp.dport in 680..685 => drop; */
#line 77 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 68, 0, 0))
#line 77
	    && RPOL_RANGE(p->dport, 680, 685))
#line 77
		return RPOL_DECIDE(67, RPOL_DROP);
#line 711 "/rpol/chunks.c"

	/* r69: src in 10.69.0.0/16 and tcp.dport in 690..695 => pass; */
#line 78 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 69, 0, 0))
#line 78
	    && RPOL_RANGE(p->dport, 690, 695))
#line 78
		return RPOL_DECIDE(68, RPOL_PASS);
#line 720 "/rpol/chunks.c"

	/* r70: src in 10.70.0.0/16 and tcp.dport in 700..705 => continue; */
#line 79 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 70, 0, 0))
#line 79
	    && RPOL_RANGE(p->dport, 700, 705))
#line 79
		rpol_count(69, p->bytes);
#line 729 "/rpol/chunks.c"

	/* r71: src in 10.71.0.0/16 and tcp.dport in 710..715 => lookup t; */
#line 80 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 71, 0, 0))
#line 80
	    && RPOL_RANGE(p->dport, 710, 715)) {
#line 80
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(70, verdict);
	}
#line 741 "/rpol/chunks.c"

	/* r72: src in 10.72.0.0/16 and tcp.dport in 720..725 => drop; */
#line 81 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 72, 0, 0))
#line 81
	    && RPOL_RANGE(p->dport, 720, 725))
#line 81
		return RPOL_DECIDE(71, RPOL_DROP);
#line 750 "/rpol/chunks.c"

	/* r73: src in 10.73.0.0/16 and tcp.dport in 730..735 => pass; */
#line 82 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 73, 0, 0))
#line 82
	    && RPOL_RANGE(p->dport, 730, 735))
#line 82
		return RPOL_DECIDE(72, RPOL_PASS);
#line 759 "/rpol/chunks.c"

	/* r74: src in 10.74.0.0/16 and tcp.dport in 740..745 => continue; */
#line 83 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 74, 0, 0))
#line 83
	    && RPOL_RANGE(p->dport, 740, 745))
#line 83
		rpol_count(73, p->bytes);
#line 768 "/rpol/chunks.c"

	/* r75: src in 10.75.0.0/16 and tcp.dport in 750..755 => lookup t; */
#line 84 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 75, 0, 0))
#line 84
	    && RPOL_RANGE(p->dport, 750, 755)) {
#line 84
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(74, verdict);
	}
#line 780 "/rpol/chunks.c"
	return RPOL_NEXT;
}

__noinline __u64 rules2_p(const volatile struct rpol_pkt *p)
{
	__u32 verdict;

	if (!p)
		return RPOL_NEXT;

	/* r76: src in 10.76.0.0/16 and tcp.dport in 760..765 => drop; */
#line 85 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 76, 0, 0))
#line 85
	    && RPOL_RANGE(p->dport, 760, 765))
#line 85
		return RPOL_DECIDE(75, RPOL_DROP);
#line 798 "/rpol/chunks.c"

	/* r77: src in 10.77.0.0/16 and tcp.dport in 770..775 => pass; */
#line 86 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 77, 0, 0))
#line 86
	    && RPOL_RANGE(p->dport, 770, 775))
#line 86
		return RPOL_DECIDE(76, RPOL_PASS);
#line 807 "/rpol/chunks.c"

	/* r78: src in 10.78.0.0/16 and tcp.dport in 780..785 => continue; */
#line 87 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 78, 0, 0))
#line 87
	    && RPOL_RANGE(p->dport, 780, 785))
#line 87
		rpol_count(77, p->bytes);
#line 816 "/rpol/chunks.c"

	/* r79: src in 10.79.0.0/16 and tcp.dport in 790..795 => lookup t; */
#line 88 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 79, 0, 0))
#line 88
	    && RPOL_RANGE(p->dport, 790, 795)) {
#line 88
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(78, verdict);
	}
#line 828 "/rpol/chunks.c"

	/* r80: src in 10.80.0.0/16 and tcp.dport in 800..805 => drop; */
#line 89 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 80, 0, 0))
#line 89
	    && RPOL_RANGE(p->dport, 800, 805))
#line 89
		return RPOL_DECIDE(79, RPOL_DROP);
#line 837 "/rpol/chunks.c"

	/* r81: src in 10.81.0.0/16 and tcp.dport in 810..815 => pass; */
#line 90 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 81, 0, 0))
#line 90
	    && RPOL_RANGE(p->dport, 810, 815))
#line 90
		return RPOL_DECIDE(80, RPOL_PASS);
#line 846 "/rpol/chunks.c"

	/* r82: src in 10.82.0.0/16 and tcp.dport in 820..825 => continue; */
#line 91 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 82, 0, 0))
#line 91
	    && RPOL_RANGE(p->dport, 820, 825))
#line 91
		rpol_count(81, p->bytes);
#line 855 "/rpol/chunks.c"

	/* r83: src in 10.83.0.0/16 and tcp.dport in 830..835 => lookup t; */
#line 92 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 83, 0, 0))
#line 92
	    && RPOL_RANGE(p->dport, 830, 835)) {
#line 92
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(82, verdict);
	}
#line 867 "/rpol/chunks.c"

	/* r84: src in 10.84.0.0/16 and tcp.dport in 840..845 => drop; */
#line 93 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 84, 0, 0))
#line 93
	    && RPOL_RANGE(p->dport, 840, 845))
#line 93
		return RPOL_DECIDE(83, RPOL_DROP);
#line 876 "/rpol/chunks.c"

	/* r85: src in 10.85.0.0/16 and tcp.dport in 850..855 => pass; */
#line 94 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 85, 0, 0))
#line 94
	    && RPOL_RANGE(p->dport, 850, 855))
#line 94
		return RPOL_DECIDE(84, RPOL_PASS);
#line 885 "/rpol/chunks.c"

	/* r86: src in 10.86.0.0/16 and tcp.dport in 860..865 => continue; */
#line 95 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 86, 0, 0))
#line 95
	    && RPOL_RANGE(p->dport, 860, 865))
#line 95
		rpol_count(85, p->bytes);
#line 894 "/rpol/chunks.c"

	/* r87: src in 10.87.0.0/16 and tcp.dport in 870..875 => lookup t; */
#line 96 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 87, 0, 0))
#line 96
	    && RPOL_RANGE(p->dport, 870, 875)) {
#line 96
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(86, verdict);
	}
#line 906 "/rpol/chunks.c"

	/* r88: src in 10.88.0.0/16 and tcp.dport in 880..885 => drop; */
#line 97 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 88, 0, 0))
#line 97
	    && RPOL_RANGE(p->dport, 880, 885))
#line 97
		return RPOL_DECIDE(87, RPOL_DROP);
#line 915 "/rpol/chunks.c"

	/* r89: src in 10.89.0.0/16 and tcp.dport in 890..895 => pass; */
#line 98 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 89, 0, 0))
#line 98
	    && RPOL_RANGE(p->dport, 890, 895))
#line 98
		return RPOL_DECIDE(88, RPOL_PASS);
#line 924 "/rpol/chunks.c"

	/* r90: src in 10.90.0.0/16 and tcp.dport in 900..905 => continue; */
#line 99 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 90, 0, 0))
#line 99
	    && RPOL_RANGE(p->dport, 900, 905))
#line 99
		rpol_count(89, p->bytes);
#line 933 "/rpol/chunks.c"

	/* r91: src in 10.91.0.0/16 and tcp.dport in 910..915 => lookup t; */
#line 100 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 91, 0, 0))
#line 100
	    && RPOL_RANGE(p->dport, 910, 915)) {
#line 100
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(90, verdict);
	}
#line 945 "/rpol/chunks.c"

	/* r92: src in 10.92.0.0/16 and tcp.dport in 920..925 => drop; */
#line 101 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 92, 0, 0))
#line 101
	    && RPOL_RANGE(p->dport, 920, 925))
#line 101
		return RPOL_DECIDE(91, RPOL_DROP);
#line 954 "/rpol/chunks.c"

	/* r93: src in 10.93.0.0/16 and tcp.dport in 930..935 => pass; */
#line 102 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 93, 0, 0))
#line 102
	    && RPOL_RANGE(p->dport, 930, 935))
#line 102
		return RPOL_DECIDE(92, RPOL_PASS);
#line 963 "/rpol/chunks.c"

	/* r94: src in 10.94.0.0/16 and tcp.dport in 940..945 => continue; */
#line 103 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 94, 0, 0))
#line 103
	    && RPOL_RANGE(p->dport, 940, 945))
#line 103
		rpol_count(93, p->bytes);
#line 972 "/rpol/chunks.c"

	/* r95: src in 10.95.0.0/16 and tcp.dport in 950..955 => lookup t; */
#line 104 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 95, 0, 0))
#line 104
	    && RPOL_RANGE(p->dport, 950, 955)) {
#line 104
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(94, verdict);
	}
#line 984 "/rpol/chunks.c"

	/* r96: src in 10.96.0.0/16 and tcp.dport in 960..965 => drop; */
#line 105 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 96, 0, 0))
#line 105
	    && RPOL_RANGE(p->dport, 960, 965))
#line 105
		return RPOL_DECIDE(95, RPOL_DROP);
#line 993 "/rpol/chunks.c"

	/* r97: src in 10.97.0.0/16 and tcp.dport in 970..975 => pass; */
#line 106 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 97, 0, 0))
#line 106
	    && RPOL_RANGE(p->dport, 970, 975))
#line 106
		return RPOL_DECIDE(96, RPOL_PASS);
#line 1002 "/rpol/chunks.c"

	/* r98: src in 10.98.0.0/16 and tcp.dport in 980..985 => continue; */
#line 107 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 98, 0, 0))
#line 107
	    && RPOL_RANGE(p->dport, 980, 985))
#line 107
		rpol_count(97, p->bytes);
#line 1011 "/rpol/chunks.c"

	/* r99: src in 10.99.0.0/16 and tcp.dport in 990..995 => lookup t; */
#line 108 "chunks.rpol"
	if (RPOL_HAS(p, RPOL_IP4 | RPOL_TCP) && RPOL_IN4(p->src, 16, IP4(10, 99, 0, 0))
#line 108
	    && RPOL_RANGE(p->dport, 990, 995)) {
#line 108
		verdict = lookup_t(p->has, RPOL_WORDS(p->dst));
		if (verdict != RPOL_NOTHING)
			return RPOL_DECIDE(98, verdict);
	}
#line 1023 "/rpol/chunks.c"

	/* default: pass */
#line 9 "chunks.rpol"
	return RPOL_DECIDE(99, RPOL_PASS);
#line 1028 "/rpol/chunks.c"
}

SEC("xdp")
int policy_p(struct xdp_md *ctx)
{
	struct rpol_pkt *p = rpol_packet_apart();
	__u64 decision;

	if (!p)
		return XDP_ABORTED;
	if (rpol_read_xdp(ctx, p, RPOL_IP4 | RPOL_TCP | RPOL_ADDRS))
		return XDP_ABORTED;
	decision = rules0_p(p);
	if (decision == RPOL_NEXT)
		decision = rules1_p(p);
	if (decision == RPOL_NEXT)
		decision = rules2_p(p);
	return rpol_act_xdp(ctx, p, decision, 0);
}

RPOL_SLOTS(slots_p);

SEC("xdp")
int entry_p(struct xdp_md *ctx)
{
	RPOL_ENTER(ctx, &slots_p);
	return XDP_PASS;
}
