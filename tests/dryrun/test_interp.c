/* test_interp.c: verdicts, their chains, counting, and the frames that leave. */
#include <string.h>

#include "judge.h"

#define POLICY(body) "policy p on lan at xdp { default drop; " body "}\n"

static const char devices[] =
	"interface lan = eth1; interface wan = eth2; interface dmz = eth3;\n"
	"nexthop a { via 203.0.113.1 dev wan; }\n"
	"nexthop b { via 203.0.113.5 dev dmz; }\n"
	"nexthop c { via 2001:db8:ffff::1 dev dmz; }\n"
	"group both { hash flow; a weight 3; b weight 1; else bounce; }\n"
	"group bare { hash flow; a weight 1; b weight 1; }\n"
	"group first { prefer b, c; }\n"
	"table t : lpm dst {\n"
	"  10.0.0.0/8 => pass; 10.1.0.0/16 => send wan; 10.1.1.0/24 => continue;\n"
	"  10.2.0.0/16 => route both; 10.3.0.0/16 => fib; ::/0 => bounce; }\n"
	"table s : lpm src { 10.0.0.0/8 => send dmz; }\n";

static void open_policy(struct judge *judge, const char *policy)
{
	static char text[4096];

	strcpy(text, devices);
	strcat(text, policy);
	judge_open(judge, text);
}

static struct frame udp4(const char *dst)
{
	struct frame f;
	frame_eth(&f, 0x0800);
	frame_ipv4(&f, "10.9.9.9", dst, 17, 0, 0);
	frame_udp(&f, 1000, 53, 8);
	frame_finish(&f);
	return f;
}

static struct frame udp6(const char *dst)
{
	struct frame f;
	frame_eth(&f, 0x86dd);
	frame_ipv6(&f, "2001:db8::1", dst, 17);
	frame_udp(&f, 1000, 53, 8);
	frame_finish(&f);
	return f;
}

static void assert_is(const struct judge *judge, const char *label, enum rpol_verdict_kind verdict,
		      uint32_t egress, const char *handed)
{
	assert_string_equal(judge->is.rule->label, label);
	assert_int_equal(judge->is.verdict, verdict);
	assert_int_equal(judge->is.egress, egress);
	assert_int_equal(judge->is.handed, judge_handed(handed));
}

/* ---- verdicts --------------------------------------------------------------------------- */

static void test_plain(void **state)
{
	(void)state;
	struct judge j;
	struct frame f = udp4("192.0.2.1");

	open_policy(&j, POLICY("r: any => pass;"));
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	judge_close(&j);

	open_policy(&j, POLICY("r: malformed => pass;"));
	judge_frame(&j, &f, NULL);
	assert_is(&j, "default", RPOL_VERDICT_DROP, RPOL_EGRESS_NONE, "");
	judge_close(&j);

	/* send puts out what came in, tags and all, whole or not */
	open_policy(&j, POLICY("r: any => send dmz;"));
	frame_eth(&f, 0x8100);
	frame_tag(&f, 5, 0x0806);
	for (f.length = 0; f.length <= 18; f.length++) {
		judge_frame(&j, &f, NULL);
		assert_is(&j, "r", RPOL_VERDICT_SEND, judge_iface(&j, "dmz"), "");
		assert_int_equal(j.is.out_length, f.length);
		assert_memory_equal(j.out, f.bytes, f.length);
	}
	judge_close(&j);
}

/* Only what was decided: where `spread` comes to is the host's business. */
static void test_cpu(void **state)
{
	(void)state;
	struct judge j;
	struct frame found = udp4("10.1.0.1"), lost = udp4("192.0.2.1");

	open_policy(&j, POLICY("r: dst == 10.1.0.1 => cpu 1023; s: any => cpu spread;"));
	judge_frame(&j, &found, NULL);
	assert_is(&j, "r", RPOL_VERDICT_CPU, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.is.cpu, 1023);
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "s", RPOL_VERDICT_CPU, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.is.cpu, RPOL_CPU_SPREAD);
	assert_memory_equal(j.out, lost.bytes, lost.length);
	judge_close(&j);
}

static void test_bounce(void **state)
{
	(void)state;
	struct judge j;
	struct frame f;

	open_policy(&j, "policy p on lan, wan at xdp { default bounce; }\n");
	frame_eth(&f, 0x8100);
	frame_tag(&f, 5, 0x0806);
	for (f.length = 0; f.length < 14; f.length++) {
		judge_frame(&j, &f, NULL);
		assert_is(&j, "default", RPOL_VERDICT_BOUNCE, RPOL_EGRESS_NONE, "not-ip");
	}
	for (; f.length <= 18; f.length++) {
		judge_frame(&j, &f, "wan");
		assert_is(&j, "default", RPOL_VERDICT_BOUNCE, judge_iface(&j, "wan"), "");
		assert_int_equal(j.is.out_length, f.length);
		assert_memory_equal(j.out, f.bytes + 6, 6);
		assert_memory_equal(j.out + 6, f.bytes, 6);
		assert_memory_equal(j.out + 12, f.bytes + 12, f.length - 12);
	}
	judge_close(&j);
}

static void test_lookup(void **state)
{
	(void)state;
	struct judge j;
	struct frame f;

	open_policy(&j, POLICY("r: any => lookup t; next: any => pass;"));
	f = udp4("10.200.0.1");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	f = udp4("10.1.0.1");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_SEND, judge_iface(&j, "wan"), "");
	f = udp4("10.3.0.1");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_FIB, RPOL_WORLD_FIB, "");
	f = udp6("2001:db8::9");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_BOUNCE, judge_iface(&j, "lan"), "");
	assert_int_equal(j.counters[0].packets, 4);
	/* continue counts and goes on */
	f = udp4("10.1.1.1");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "next", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.counters[0].packets, 5);
	assert_int_equal(j.counters[1].packets, 1);
	/* nothing found: not matched, not counted; neither is a packet without address */
	f = udp4("192.0.2.1");
	judge_frame(&j, &f, NULL);
	assert_is(&j, "next", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	frame_eth(&f, 0x0806);
	judge_frame(&j, &f, NULL);
	assert_is(&j, "next", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.counters[0].packets, 5);
	assert_int_equal(j.counters[1].packets, 3);
	assert_int_equal(j.counters[2].packets, 0);
	judge_close(&j);
}

static void test_else(void **state)
{
	(void)state;
	struct judge j;
	struct frame found = udp4("10.1.0.1"), lost = udp4("192.0.2.1");

	open_policy(&j, POLICY("r: any => lookup t else lookup s else fib;"));
	judge_frame(&j, &found, NULL);
	assert_is(&j, "r", RPOL_VERDICT_SEND, judge_iface(&j, "wan"), "");
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "r", RPOL_VERDICT_SEND, judge_iface(&j, "dmz"), "");
	frame_eth(&lost, 0x0806);
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "r", RPOL_VERDICT_FIB, RPOL_EGRESS_NONE, "not-ip");
	judge_close(&j);

	open_policy(&j, POLICY("r: any => lookup t else continue; n: any => pass;"));
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "n", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.counters[0].packets, 1);
	judge_close(&j);

	/* a dead group's own else, the rule's before it, and none at all */
	lost = udp4("192.0.2.1");
	open_policy(&j, POLICY("r: any => route both;"));
	memset(j.world.alive, 0, 3);
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "r", RPOL_VERDICT_BOUNCE, judge_iface(&j, "lan"), "");
	judge_close(&j);

	open_policy(&j, POLICY("r: any => route both else lookup t; n: any => pass;"));
	memset(j.world.alive, 0, 3);
	judge_frame(&j, &found, NULL);
	assert_is(&j, "r", RPOL_VERDICT_SEND, judge_iface(&j, "wan"), "");
	judge_frame(&j, &lost, NULL); /* and then nothing found: not matched */
	assert_is(&j, "n", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.counters[0].packets, 1);
	judge_close(&j);

	open_policy(&j, POLICY("r: any => route both else continue; n: any => pass;"));
	memset(j.world.alive, 0, 3);
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "n", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.counters[0].packets, 1);
	judge_close(&j);

	open_policy(&j, POLICY("r: any => route bare;"));
	memset(j.world.alive, 0, 3);
	judge_frame(&j, &lost, NULL);
	assert_is(&j, "r", RPOL_VERDICT_ROUTE, RPOL_EGRESS_NONE, "no-neighbour");
	assert_null(j.is.nexthop);
	judge_close(&j);
}

static void test_groups(void **state)
{
	(void)state;
	struct judge j;
	unsigned taken[2] = {0};

	open_policy(&j, POLICY("r: any => route both;"));
	for (unsigned port = 0; port < 4000; port++) {
		struct frame f = udp4("192.0.2.1");
		frame_put16(f.bytes + 34, (uint16_t)port);
		struct rpol_packet p = frame_read(&f);
		/* 192 buckets are a's, the others b's */
		uint32_t expected = rpol_packet_flow_hash(&p) >> 24 >= 192;
		judge_frame(&j, &f, NULL);
		assert_int_equal(j.is.nexthop->index, judge_nexthop(&j, expected ? "b" : "a"));
		assert_is(&j, "r", RPOL_VERDICT_ROUTE, judge_iface(&j, expected ? "dmz" : "wan"),
			  "");
		taken[expected]++;
	}
	assert_in_range(taken[0], 2800, 3200);
	judge_close(&j);

	open_policy(&j, POLICY("r: any => route first;"));
	struct frame f = udp4("192.0.2.1");
	judge_frame(&j, &f, NULL);
	assert_string_equal(j.is.nexthop->name, "b");
	j.world.alive[judge_nexthop(&j, "b")] = 0;
	judge_frame(&j, &f, NULL); /* an IPv4 packet by an IPv6 next hop */
	assert_string_equal(j.is.nexthop->name, "c");
	assert_is(&j, "r", RPOL_VERDICT_ROUTE, judge_iface(&j, "dmz"), "");
	judge_close(&j);

	/* a lone next hop is not asked whether it lives */
	open_policy(&j, POLICY("r: any => route a;"));
	memset(j.world.alive, 0, 3);
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_ROUTE, judge_iface(&j, "wan"), "");
	judge_close(&j);
}

static void test_counting(void **state)
{
	(void)state;
	struct judge j;
	struct frame f = udp4("192.0.2.1");

	frame_zeros(&f, 18); /* padding is the frame's bytes too */
	open_policy(&j, "policy other on wan at xdp { default pass; x: any => continue; }\n" POLICY(
				"one: any => continue; two: proto == tcp => pass;"
				"three: proto == udp => continue;"));
	/* judge_frame takes the first program; its counters come first */
	judge_frame(&j, &f, NULL);
	judge_frame(&j, &f, NULL);
	assert_int_equal(j.counters[0].packets, 2);
	assert_int_equal(j.counters[0].bytes, 2 * f.length);
	assert_int_equal(j.counters[1].packets, 2);
	const struct rpol_program *second = &j.policy->programs[1];
	rpol_interp_run(second, &j.world, NULL, f.bytes, f.length, j.counters, j.out, &j.is);
	assert_string_equal(j.is.rule->label, "default");
	static const unsigned packets[] = {2, 2, 1, 0, 1, 1};
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(j.counters[i].packets, packets[i]);
		assert_int_equal(j.counters[i].bytes, packets[i] * f.length);
	}
	judge_close(&j);
}

/* The first of the chain that decides; then on after the jump, whichever chain was left. */
static void test_chains(void **state)
{
	(void)state;
	struct judge j;
	struct frame f = udp4("192.0.2.1");
	static const char *const labels[] = {"first",	    "again",	   "after",
					     "default",	    "outer.one",   "outer.two",
					     "outer.never", "inner.count", "inner.tcp"};
	static const unsigned packets[] = {1, 1, 1, 0, 2, 2, 0, 2, 0};

	open_policy(&j,
		    "chain outer { one: any => continue; two: proto == udp => jump inner;"
		    "             never: proto == tcp => drop; }\n"
		    "chain inner { count: any => continue; tcp: proto == tcp => drop; }\n" POLICY(
			    "first: any => jump outer; again: any => jump outer;"
			    "after: any => pass;"));
	judge_frame(&j, &f, NULL);
	assert_is(&j, "after", RPOL_VERDICT_PASS, RPOL_EGRESS_NONE, "");
	assert_int_equal(j.policy->programs[0].nrules, 4);
	assert_int_equal(j.policy->programs[0].ncounted, 9);
	for (unsigned i = 0; i < 9; i++) {
		const struct rpol_rule *rule = &j.policy->programs[0].rules[i];

		assert_string_equal(rule->label, labels[i]);
		assert_int_equal(j.counters[rule->counter].packets, packets[i]);
		assert_int_equal(j.counters[rule->counter].bytes, packets[i] * f.length);
	}
	judge_close(&j);

	open_policy(&j, "chain outer { one: any => jump inner; two: any => drop; }\n"
			"chain inner { hit: proto == udp => bounce; }\n" POLICY(
				"r: any => jump outer;"));
	judge_frame(&j, &f, NULL);
	assert_is(&j, "inner.hit", RPOL_VERDICT_BOUNCE, judge_iface(&j, "lan"), "");
	judge_close(&j);
}

/* ---- forwarding ------------------------------------------------------------------------- */

/* Frame with a change at one byte of it (from the IP header on, or absolute below 14). */
static void assert_handed(const char *verdict, const struct frame *f, const char *handed)
{
	struct judge j;
	char policy[128] = "policy p on lan at xdp { default drop; r: any => ";
	strcat(policy, verdict);
	strcat(policy, "; }\n");
	open_policy(&j, policy);
	judge_frame(&j, f, NULL);
	if (j.is.handed != judge_handed(handed))
		fail_msg("%s: not \"%s\" but reason %u", verdict, handed, j.is.handed);
	assert_int_equal(j.is.egress == RPOL_EGRESS_NONE, *handed != 0);
	judge_close(&j);
}

static void assert_both_handed(const struct frame *f, const char *handed)
{
	assert_handed("fib", f, handed);
	assert_handed("route a", f, handed);
}

static void test_handed(void **state)
{
	(void)state;
	/* From the last reason to the first: each is added to the frame and goes before those that
	 * were there. */
	struct frame f;
	frame_eth(&f, 0x0800);
	frame_ipv4(&f, "10.9.9.9", "192.0.2.1", 0xfd, 0, 0);
	frame_zeros(&f, 1480);
	frame_finish(&f);
	assert_both_handed(&f, "");
	frame_zeros(&f, 1);
	frame_finish(&f);
	assert_both_handed(&f, "too-big");
	f.bytes[f.ip + 8] = 1;
	assert_both_handed(&f, "ttl");
	f.bytes[f.ip + 8] = 0;
	assert_both_handed(&f, "ttl");
	f.bytes[f.ip] = 0x46;
	assert_both_handed(&f, "options");
	f.bytes[f.ip + 16] = 127;
	assert_both_handed(&f, "scope");
	f.bytes[0] |= 1;
	assert_both_handed(&f, "group-frame");
	struct frame tagged;
	frame_eth(&tagged, 0x8100);
	tagged.bytes[0] |= 1;
	frame_tag(&tagged, 5, 0x0800);
	frame_raw(&tagged, f.bytes + 14, f.length - 14);
	assert_handed("fib", &tagged, "tagged");
	assert_handed("route a", &tagged, "group-frame");
	tagged.bytes[18] = 0x66;
	assert_both_handed(&tagged, "not-ip");
	f.length = 13;
	assert_both_handed(&f, "not-ip");

	frame_eth(&f, 0x86dd);
	frame_ipv6(&f, "2001:db8::1", "2001:db8::2", 0);
	frame_extension(&f, 0, 59, 8);
	frame_finish(&f);
	assert_both_handed(&f, "options");
	f.bytes[f.ip + 6] = 60; /* only hop-by-hop options are the routers' */
	assert_both_handed(&f, "");
	f.bytes[f.ip + 7] = 1;
	assert_both_handed(&f, "ttl");
	/* L4 that is not whole is no reason */
	f = udp4("192.0.2.1");
	f.bytes[39] = 1;
	assert_both_handed(&f, "");
	assert_true(frame_read(&f).malformed);
}

static void test_scope(void **state)
{
	(void)state;
	static const struct {
		const char *addr;
		bool scoped;
	} addrs[] = {
		{"0.0.0.0", 1},
		{"0.255.255.255", 1},
		{"1.0.0.0", 0},
		{"126.255.255.255", 0},
		{"127.0.0.0", 1},
		{"128.0.0.0", 0},
		{"169.253.255.255", 0},
		{"169.254.0.0", 1},
		{"169.255.0.0", 0},
		{"223.255.255.255", 0},
		{"224.0.0.0", 1},
		{"240.0.0.1", 1},
		{"255.255.255.255", 1},
		{"::", 1},
		{"::1", 1},
		{"::2", 0},
		{"1::", 0},
		{"fe7f:ffff::1", 0},
		{"fe80::1", 1},
		{"febf::1", 1},
		{"fec0::1", 0},
		{"feff::1", 0},
		{"ff00::", 1},
		{"ff02::1", 1},
		{"::1:0", 0},
		{"fc00::1", 0},
	};

	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		bool v6 = strchr(addrs[i].addr, ':');
		for (int source = 0; source < 2; source++) {
			struct frame f;
			const char *other = v6 ? "2001:db8::1" : "192.0.2.1";
			const char *src = source ? addrs[i].addr : other;
			const char *dst = source ? other : addrs[i].addr;
			frame_eth(&f, v6 ? 0x86dd : 0x0800);
			if (v6)
				frame_ipv6(&f, src, dst, 59);
			else
				frame_ipv4(&f, src, dst, 0xfd, 0, 0);
			frame_finish(&f);
			assert_both_handed(&f, addrs[i].scoped ? "scope" : "");
		}
	}
}

static void assert_mac(const uint8_t *mac, uint8_t kind, uint8_t number)
{
	const uint8_t expected[6] = {2, 0, 0, kind, 0, number};
	assert_memory_equal(mac, expected, 6);
}

static void test_rewriting(void **state)
{
	(void)state;
	struct judge j;

	for (unsigned tags = 0; tags <= 2; tags++) {
		for (uint8_t family = 4; family <= 6; family += 2) {
			uint16_t type = family == 4 ? 0x0800 : 0x86dd;
			struct frame f;
			frame_eth(&f, tags ? 0x88a8 : type);
			for (unsigned i = 0; i < tags; i++)
				frame_tag(&f, 5, i + 1 == tags ? type : 0x8100);
			if (family == 4)
				frame_ipv4(&f, "10.9.9.9", "192.0.2.1", 17, 0, 0);
			else
				frame_ipv6(&f, "2001:db8::1", "2001:db8::2", 17);
			frame_udp(&f, 1, 2, 9);
			frame_raw(&f, "x", 1);
			frame_finish(&f);
			frame_raw(&f, "padding", 7);

			open_policy(&j, POLICY("r: any => route c;"));
			judge_frame(&j, &f, NULL);
			assert_is(&j, "r", RPOL_VERDICT_ROUTE, judge_iface(&j, "dmz"), "");
			assert_string_equal(j.is.nexthop->name, "c");
			assert_int_equal(j.is.out_length, f.length - 4 * tags);
			assert_mac(j.out, 1, 3);
			assert_mac(j.out + 6, 0, 3);
			assert_int_equal(frame_get16(j.out + 12), type);
			uint8_t *ip = f.bytes + f.ip;
			ip[family == 4 ? 8 : 7] = 63;
			if (family == 4)
				frame_put16(ip + 10, frame_checksum(ip));
			assert_memory_equal(j.out + 14, ip, f.length - f.ip);
			judge_close(&j);
		}
	}

	struct frame f = udp4("192.0.2.1");
	open_policy(&j, POLICY("r: any => fib;"));
	judge_frame(&j, &f, NULL);
	assert_is(&j, "r", RPOL_VERDICT_FIB, RPOL_WORLD_FIB, "");
	assert_mac(j.out, 2, 2);
	assert_mac(j.out + 6, 2, 1);
	judge_close(&j);
}

/* The incremental checksum is what a whole recomputation gives, for every TTL and for checksums
 * about the turn from 0 to 0xffff. */
static void test_checksum(void **state)
{
	(void)state;
	struct judge j;
	struct frame f = udp4("192.0.2.1");

	open_policy(&j, POLICY("r: any => fib;"));
	for (unsigned ttl = 2; ttl < 256; ttl++) {
		for (unsigned id = 0; id < 65536; id += id % 0x400 < 0x20 ? 1 : 0x3e0) {
			uint8_t *ip = f.bytes + f.ip;
			ip[8] = (uint8_t)ttl;
			frame_put16(ip + 4, (uint16_t)id);
			frame_put16(ip + 10, frame_checksum(ip));
			judge_frame(&j, &f, NULL);
			assert_int_equal(j.out[14 + 8], ttl - 1);
			assert_int_equal(frame_get16(j.out + 14 + 10), frame_checksum(j.out + 14));
		}
	}
	/* every checksum once */
	for (unsigned id = 0; id < 65536; id++) {
		frame_put16(f.bytes + f.ip + 4, (uint16_t)id);
		frame_put16(f.bytes + f.ip + 10, frame_checksum(f.bytes + f.ip));
		judge_frame(&j, &f, NULL);
		assert_int_equal(frame_get16(j.out + 24), frame_checksum(j.out + 14));
	}
	judge_close(&j);
}

static void test_world(void **state)
{
	(void)state;
	struct judge j;

	open_policy(&j, POLICY(""));
	assert_int_equal(j.world.mtu, 1500);
	for (uint8_t i = 0; i < 3; i++) {
		assert_mac(j.world.iface_macs[i], 0, i + 1);
		assert_mac(j.world.nexthop_macs[i], 1, i + 1);
		assert_int_equal(j.world.alive[i], 1);
	}
	judge_close(&j);
	judge_open(&j, "interface lan = eth1; policy p on lan at xdp { default pass; }\n");
	judge_close(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	  cmocka_unit_test(test_bounce),
		cmocka_unit_test(test_lookup),	  cmocka_unit_test(test_else),
		cmocka_unit_test(test_groups),	  cmocka_unit_test(test_counting),
		cmocka_unit_test(test_handed),	  cmocka_unit_test(test_scope),
		cmocka_unit_test(test_rewriting), cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_world),	  cmocka_unit_test(test_chains),
		cmocka_unit_test(test_cpu),
	};
	return cmocka_run_group_tests_name("interp", tests, NULL, NULL);
}
