/* test_match.c: conditions against packets: every field, every operator, absence and negation. */
#include <stdio.h>
#include <string.h>

#include "judge.h"

/* The packets, by the letters a case names them with. */
static struct frame packet_named(char name)
{
	struct frame f;

	switch (name) {
	case 'u': /* UDP 1000 to 53, 10.1.2.3 to 192.0.2.9 */
		frame_eth(&f, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 17, 0, 0);
		frame_udp(&f, 1000, 53, 8);
		break;
	case 't': /* TCP SYN 4000 to 22 in one VLAN */
		frame_eth(&f, 0x8100);
		frame_tag(&f, 7, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 6, 0, 0);
		frame_tcp(&f, 4000, 22, 0x02);
		break;
	case 'T': /* the same in IPv6 and two VLANs, SYN and ACK */
		frame_eth(&f, 0x88a8);
		frame_tag(&f, 7, 0x8100);
		frame_tag(&f, 9, 0x86dd);
		frame_ipv6(&f, "2001:db8::1", "2001:db8:ffff::2", 6);
		frame_tcp(&f, 4000, 22, 0x12);
		break;
	case 'i': /* ICMP echo request */
		frame_eth(&f, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 1, 0, 0);
		frame_icmp(&f, 8, 0);
		break;
	case 'f': /* first fragment of UDP */
		frame_eth(&f, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 17, 0, 0x2000);
		frame_udp(&f, 1000, 53, 2000);
		break;
	case 'l': /* a later one */
		frame_eth(&f, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 17, 0, 100);
		frame_zeros(&f, 20);
		break;
	case 'm': /* TCP that is cut */
		frame_eth(&f, 0x0800);
		frame_ipv4(&f, "10.1.2.3", "192.0.2.9", 6, 0, 0);
		frame_zeros(&f, 19);
		break;
	case 's': /* SCTP */
		frame_eth(&f, 0x86dd);
		frame_ipv6(&f, "2001:db8::1", "2001:db8:ffff::2", 132);
		frame_raw(&f, "\x0f\xa0\0\x16\0\0\0\0\0\0\0\0", 12);
		break;
	case 'a': /* ARP */
		frame_eth(&f, 0x0806);
		frame_zeros(&f, 28);
		return f;
	case 'c': /* a VLAN tag that is cut */
		frame_eth(&f, 0x8100);
		frame_zeros(&f, 3);
		return f;
	default: /* 'e': hardly anything */
		frame_eth(&f, 0x0800);
		f.length = 13;
		return f;
	}
	frame_finish(&f);
	return f;
}

#define ALL "utTiflmsace"

/* A condition and the letters of the packets it holds for, come in on `lan`. */
static const struct {
	const char *condition, *holds;
} cases[] = {
	{"any", ALL},
	/* every field */
	{"iface == lan", ALL},
	{"iface == wan", ""},
	{"iface != lan", ""},
	{"iface != wan", ALL},
	{"iface in { wan, lan }", ALL},
	{"iface in { wan }", ""},
	{"eth.type == ipv4", "utiflm"},
	{"eth.type == 0x86dd", "Ts"},
	{"eth.type == arp", "a"},
	{"eth.type != ipv4", "Tsa"},
	{"not eth.type == ipv4", "Tsace"},
	{"vlan.id == 7", "tT"},
	{"vlan.id in { 5..8 }", "tT"},
	{"vlan.inner == 9", "T"},
	{"vlan.inner < 10", "T"},
	{"src == 10.1.2.3", "utiflm"},
	{"src == a01:203::", ""}, /* the same bytes in the other family */
	{"src in 10.0.0.0/8", "utiflm"},
	{"src in 2001:db8::/32", "Ts"},
	{"src in { 10.0.0.0/8, 2001:db8::/32 }", "utTiflms"},
	{"dst in 10.0.0.0/8", ""},
	{"dst == 2001:db8:ffff::2", "Ts"},
	{"dst in nets", "uitTflms"},
	{"proto == tcp", "tTm"},
	{"proto in { icmp, sctp, 17 }", "uifls"},
	{"ttl == 64", "utTiflms"},
	{"ttl < 64", ""},
	{"ttl <= 64", "utTiflms"},
	{"ttl > 63", "utTiflms"},
	{"ttl >= 64", "utTiflms"},
	{"ttl >= 65", ""},
	{"len == 28", "uif"},
	{"len > 59", "T"},
	{"dscp == ef", "utTiflms"},
	{"dscp < 46", ""},
	{"fragment", "fl"},
	{"fragment.later", "l"},
	{"malformed", "mce"},
	{"sport == 1000", "uf"},
	{"dport == 22", "tTs"},
	{"dport in ports", "utTfs"},
	{"dport in { 22..53 }", "utTfs"},
	{"dport in { 23..52 }", ""},
	{"tcp.sport == 4000", "tT"},
	{"tcp.dport == 22", "tT"},
	{"tcp.dport == 53", ""},
	{"tcp.flags == syn", "t"},
	{"tcp.flags has syn", "tT"},
	{"tcp.flags has ack", "T"},
	{"udp.sport == 1000", "uf"},
	{"udp.dport <= 53", "uf"},
	{"udp.len > 8", "f"},
	{"icmp.type == echo_request", "i"},
	{"icmp.code == 0", "i"},
	{"icmp.code == 1", ""},
	/* absence and negation */
	{"not tcp.dport == 22", "uiflmsace"},
	{"proto == tcp and tcp.dport != 22", ""},
	{"proto == tcp and tcp.dport != 23", "tT"},
	{"not src == 10.1.2.3", "Tsace"},
	{"eth.type == ipv4 and src != 10.1.2.4", "utiflm"},
	{"eth.type in { ipv4, ipv6 } and ttl != 64", ""},
	{"not src in 10.0.0.0/8", "Tsace"},
	{"not fragment", "utTimsace"},
	{"not malformed", "utTiflsa"},
	{"not ttl > 0", "ace"},
	{"not any", ""},
	/* and, or, not, cond */
	{"proto == tcp and dst in nets and not malformed", "tT"},
	{"proto == udp or proto == icmp", "uifl"},
	{"not (proto == udp or proto == icmp)", "tTmsace"},
	{"proto == tcp and (vlan.inner == 9 or malformed)", "Tm"},
	{"ssh", "tTs"},
	{"not ssh and proto == udp", "ufl"},
	{"ssh or not ssh", ALL},
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[1024];
		struct judge judge;
		snprintf(text, sizeof(text),
			 "interface lan = eth1;\n"
			 "interface wan = eth2;\n"
			 "set nets : prefix { 192.0.2.0/24, 2001:db8:ffff::/48 }\n"
			 "set ports : port { 22, 53 }\n"
			 "cond ssh = dport == 22;\n"
			 "policy p on lan, wan at xdp { default drop; r: %s => pass; }\n",
			 cases[i].condition);
		judge_open(&judge, text);
		for (const char *name = ALL; *name; name++) {
			struct frame f = packet_named(*name);
			bool expected = strchr(cases[i].holds, *name);
			struct rpol_packet packet = frame_read(&f);
			judge_frame(&judge, &f, NULL);
			if ((judge.is.verdict == RPOL_VERDICT_PASS) != expected)
				fail_msg("`%s` of packet %c is not %s", cases[i].condition, *name,
					 expected ? "true" : "false");
			assert_int_equal(rpol_interp_match(judge.policy->programs[0].rules[0].match,
							   &packet, &judge.policy->interfaces[0]),
					 expected);
		}
		judge_close(&judge);
	}
}

static void test_iface(void **state)
{
	(void)state;
	struct judge judge;
	struct frame f = packet_named('u');

	judge_open(&judge, "interface lan = eth1; interface wan = eth2;\n"
			   "policy p on lan, wan at tc egress {\n"
			   "  default drop; r: iface == wan => pass; }\n");
	judge_frame(&judge, &f, "wan");
	assert_int_equal(judge.is.verdict, RPOL_VERDICT_PASS);
	judge_frame(&judge, &f, "lan");
	assert_int_equal(judge.is.verdict, RPOL_VERDICT_DROP);
	judge_frame(&judge, &f, NULL);
	assert_int_equal(judge.is.verdict, RPOL_VERDICT_DROP);
	judge_close(&judge);
}

static void test_fragments(void **state)
{
	(void)state;
	static const struct {
		const char *clause;
		enum rpol_verdict_kind verdict;
	} clauses[] = {{"", RPOL_VERDICT_DROP},
		       {"fragments match;", RPOL_VERDICT_DROP},
		       {"fragments drop;", RPOL_VERDICT_DROP},
		       {"fragments pass;", RPOL_VERDICT_PASS}};

	for (size_t i = 0; i < sizeof(clauses) / sizeof(*clauses); i++) {
		char text[256];
		struct judge judge;
		snprintf(text, sizeof(text),
			 "interface lan = eth1;\n"
			 "policy p on lan at xdp { default send lan; %s r: proto == udp => drop; }",
			 clauses[i].clause);
		judge_open(&judge, text);
		for (const char *name = "fl"; *name; name++) {
			struct frame f = packet_named(*name);
			judge_frame(&judge, &f, NULL);
			assert_int_equal(judge.is.verdict, clauses[i].verdict);
			assert_string_equal(judge.is.rule->label, i < 2 ? "r" : "fragments");
		}
		struct frame f = packet_named('t');
		judge_frame(&judge, &f, NULL);
		assert_int_equal(judge.is.verdict, RPOL_VERDICT_SEND);
		judge_close(&judge);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_iface),
		cmocka_unit_test(test_fragments),
	};
	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
