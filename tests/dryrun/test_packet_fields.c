/* test_packet_fields.c: fields beside addresses, protocols and ports: what tags, IP headers, ARP,
 * MPLS, ICMPv6, GRE and VXLAN say, and that a header cut anywhere says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frames.h"

#define A4 "10.0.0.1"
#define B4 "10.0.0.2"
#define A6 "2001:db8::1"
#define B6 "2001:db8::2"

enum { V4 = 0x0800, ARP = 0x0806, V6 = 0x86dd, VLAN = 0x8100, QINQ = 0x88a8, MPLS = 0x8847 };
enum { UDP = 17, GRE = 47, ICMP6 = 58 };

static void test_priority_of_the_outer_tag(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, QINQ);
	frame_tag(&f, 0xa000 | 7, VLAN);
	frame_tag(&f, 0x6000 | 8, 0x88cc);
	struct rpol_packet p = frame_read(&f);
	assert_int_equal(p.ntags, 2);
	assert_int_equal(p.vlan_pcp, 5);
	assert_int_equal(p.vlan[0], 7);
	assert_int_equal(p.vlan[1], 8);
}

static void test_ipv4_header(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, 255, 4, 0x4000);
	f.bytes[f.ip + 1] = 46 << 2 | 3;
	frame_put16(f.bytes + f.ip + 4, 0xbeef);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_int_equal(p.dscp, 46);
	assert_int_equal(p.ecn, 3);
	assert_int_equal(p.ip4_id, 0xbeef);
	assert_true(p.ip4_df && p.ip4_options);
	assert_false(p.ip6_ext || p.fragment);

	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, 255, 0, 0);
	frame_finish(&f);
	p = frame_read(&f);
	assert_false(p.ip4_df || p.ip4_options);
	p = frame_read_cut(&f, f.length - 1);
	assert_false(p.has_ip || p.ip4_df);
}

static void test_ipv6_header(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 60);
	frame_extension(&f, 60, 59, 8);
	frame_finish(&f);
	/* version 6, class dscp 10 and ect0, flow 0xabcde */
	memcpy(f.bytes + f.ip, "\x62\xaa\xbc\xde", 4);
	struct rpol_packet p = frame_read(&f);
	assert_int_equal(p.dscp, 10);
	assert_int_equal(p.ecn, 2);
	assert_int_equal(p.ip6_flow, 0xabcde);
	assert_true(p.ip6_ext);
	assert_false(p.ip4_options || p.malformed);
	/* an extension header that is not whole is one all the same */
	frame_put16(f.bytes + f.ip + 4, 4);
	p = frame_read(&f);
	assert_true(p.malformed && p.ip6_ext);
}

static void test_arp(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, ARP);
	frame_raw(&f, "\0\1\10\0\6\4\0\2", 8);
	for (size_t i = 14; i < 22; i++) {
		struct rpol_packet p = frame_read_cut(&f, i);
		assert_true(p.malformed && p.has_eth);
		assert_false(p.has_arp);
	}
	struct rpol_packet p = frame_read(&f);
	assert_true(p.has_arp);
	assert_false(p.malformed || p.has_ip || p.has_mpls);
	assert_int_equal(p.arp_op, 2);
}

static void test_mpls(void **state)
{
	(void)state;
	struct frame f;

	for (uint16_t type = MPLS; type <= MPLS + 1; type++) {
		frame_eth(&f, type);
		frame_raw(&f, "\xab\xcd\xe1\x40", 4);
		struct rpol_packet p = frame_read(&f);
		assert_true(p.has_mpls);
		assert_false(p.malformed);
		assert_int_equal(p.mpls_label, 0xabcde);
		p = frame_read_cut(&f, 17);
		assert_true(p.malformed);
		assert_false(p.has_mpls);
	}
}

static void test_icmp6(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, ICMP6);
	frame_raw(&f, "\x80\x03\0\0", 4);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_true(p.has_icmp6);
	assert_false(p.has_icmp || p.malformed);
	assert_int_equal(p.icmp6_type, 128);
	assert_int_equal(p.icmp6_code, 3);

	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 44);
	frame_fragment(&f, ICMP6, 100, false);
	frame_finish(&f);
	p = frame_read(&f);
	assert_false(p.malformed || p.has_icmp6);
}

/* Both families: GRE with these flags, and `there` bytes of it. */
static struct rpol_packet read_gre(uint8_t family, uint8_t flags, uint8_t version, size_t there)
{
	static const uint8_t rest[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
	uint8_t head[4] = {flags, version, 0x08, 0x00};
	struct frame f;

	frame_eth(&f, family == 4 ? V4 : V6);
	if (family == 4)
		frame_ipv4(&f, A4, B4, GRE, 0, 0);
	else
		frame_ipv6(&f, A6, B6, GRE);
	frame_raw(&f, head, there < 4 ? there : 4);
	frame_raw(&f, rest, there < 4 ? 0 : there - 4);
	frame_finish(&f);
	return frame_read(&f);
}

static void test_gre(void **state)
{
	(void)state;

	for (unsigned flags = 0; flags < 8; flags++) {
		size_t whole = 4 + 4 * (size_t)__builtin_popcount(flags);
		uint8_t byte = (uint8_t)((flags & 4) << 5 | (flags & 2) << 4 | (flags & 1) << 4);

		for (size_t there = 0; there <= 16; there++) {
			struct rpol_packet p = read_gre(there % 2 ? 4 : 6, byte, 0, there);
			assert_int_equal(p.malformed, there < whole);
			assert_int_equal(p.has_gre, there >= whole);
			assert_int_equal(p.has_gre_key, there >= whole && flags & 2);
			if (p.has_gre)
				assert_int_equal(p.gre_proto, 0x0800);
			if (p.has_gre_key)
				assert_int_equal(p.gre_key, flags & 4 ? 2 : 1);
		}
	}
	assert_true(read_gre(4, 0, 1, 16).malformed);
}

static void test_vxlan(void **state)
{
	(void)state;
	static const struct {
		uint16_t port, length;
		uint8_t flags;
		size_t there;
		bool is;
	} cases[] = {{4789, 16, 0x08, 8, true},	 {4789, 16, 0xff, 8, true},
		     {4788, 16, 0x08, 8, false}, {4789, 16, 0xf7, 8, false},
		     {4789, 15, 0x08, 8, false}, {4789, 15, 0x08, 7, false},
		     {4789, 20, 0x08, 12, true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t rest[12] = {cases[i].flags, 0, 0, 0, 0x12, 0x34, 0x56, 0xff};
		struct frame f;

		frame_eth(&f, V4);
		frame_ipv4(&f, A4, B4, UDP, 0, 0);
		frame_udp(&f, 1000, cases[i].port, cases[i].length);
		frame_raw(&f, rest, cases[i].there);
		frame_finish(&f);
		struct rpol_packet p = frame_read(&f);
		assert_true(p.has_udp);
		assert_false(p.malformed);
		assert_int_equal(p.has_vxlan, cases[i].is);
		if (p.has_vxlan)
			assert_int_equal(p.vxlan_vni, 0x123456);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority_of_the_outer_tag),
		cmocka_unit_test(test_ipv4_header),
		cmocka_unit_test(test_ipv6_header),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_mpls),
		cmocka_unit_test(test_icmp6),
		cmocka_unit_test(test_gre),
		cmocka_unit_test(test_vxlan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
