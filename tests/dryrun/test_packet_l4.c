/* test_packet_l4.c: the reading of L4 headers, of frames cut at every byte, and the flow hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "flow.h"
#include "frames.h"

#define A4 "10.1.2.3"
#define B4 "192.0.2.9"
#define A6 "2001:db8::1"
#define B6 "2001:db8:ffff::2"

enum { V4 = 0x0800, V6 = 0x86dd, VLAN = 0x8100, QINQ = 0x88a8 };
enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, DCCP = 33, SCTP = 132, GRE = 47, UDPLITE = 136 };
enum { MF = 0x2000 };

static struct frame ipv4_udp(size_t options)
{
	struct frame f;
	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, UDP, options, 0);
	frame_udp(&f, 1000, 53, 12);
	frame_zeros(&f, 4);
	frame_finish(&f);
	return f;
}

/* ---- L4 --------------------------------------------------------------------------------- */

/* A packet with `there` zero bytes of L4, then what change does to them. */
static struct frame with_l4(uint8_t family, uint8_t proto, size_t there)
{
	struct frame f;
	frame_eth(&f, family == 4 ? V4 : V6);
	if (family == 4)
		frame_ipv4(&f, A4, B4, proto, 0, 0);
	else
		frame_ipv6(&f, A6, B6, proto);
	frame_zeros(&f, there);
	frame_finish(&f);
	return f;
}

static void test_l4_whole(void **state)
{
	(void)state;
	static const struct {
		uint8_t proto;
		size_t least;
		bool v6, ports;
	} cases[] = {{TCP, 20, 1, 1},	 {UDP, 8, 1, 1},  {SCTP, 12, 1, 1}, {DCCP, 12, 1, 1},
		     {UDPLITE, 8, 1, 1}, {ICMP, 8, 0, 0}, {ICMP, 0, 1, 0},  {ICMP6, 4, 1, 0},
		     {GRE, 4, 1, 0},	 {50, 0, 1, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (uint8_t family = 4; family <= 6; family += 2) {
			if (family == 6 && !cases[i].v6)
				continue;
			if (family == 4 && cases[i].proto == ICMP && cases[i].v6)
				continue;
			for (size_t there = 0; there < 30; there++) {
				struct frame f = with_l4(family, cases[i].proto, there);
				uint8_t *l4 = f.bytes + f.ip + (family == 4 ? 20 : 40);
				if (cases[i].proto == TCP && there > 12)
					l4[12] = 0x50;
				if (cases[i].proto == UDP && there > 5)
					l4[5] = 8;
				struct rpol_packet p = frame_read(&f);
				/* ICMPv6 within IPv4 is nobody's concern */
				bool strange = family == 4 && cases[i].proto == ICMP6;
				bool whole = strange || there >= cases[i].least;
				assert_true(p.has_ip && p.has_proto);
				assert_int_equal(p.malformed, !whole);
				assert_int_equal(p.has_ports, whole && cases[i].ports);
				assert_int_equal(p.has_tcp, whole && cases[i].proto == TCP);
				assert_int_equal(p.has_udp, whole && cases[i].proto == UDP);
				assert_int_equal(p.has_icmp,
						 whole && family == 4 && cases[i].proto == ICMP);
			}
		}
	}
}

static void test_tcp_offset(void **state)
{
	(void)state;
	for (unsigned words = 0; words < 16; words++) {
		struct frame f = with_l4(4, TCP, 40);
		f.bytes[34 + 12] = (uint8_t)(words << 4 | 0x0f);
		struct rpol_packet p = frame_read(&f);
		assert_int_equal(p.malformed, words < 5 || words > 10);
		assert_int_equal(p.has_tcp, !p.malformed);
	}
}

static void test_udp_length(void **state)
{
	(void)state;
	static const struct {
		uint16_t length, flags;
		bool whole;
	} cases[] = {{0, 0, 0},	 {7, 0, 0},   {8, 0, 1},  {16, 0, 1},
		     {17, 0, 0}, {17, MF, 1}, {7, MF, 0}, {65535, MF, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct frame f = with_l4(4, UDP, 16);
		frame_put16(f.bytes + 14 + 6, cases[i].flags);
		frame_put16(f.bytes + 34 + 4, cases[i].length);
		struct rpol_packet p = frame_read(&f);
		assert_int_equal(p.malformed, !cases[i].whole);
		assert_int_equal(p.has_udp, cases[i].whole);
	}
}

static void test_icmp(void **state)
{
	(void)state;
	struct frame f;
	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, ICMP, 0, 0);
	frame_icmp(&f, 3, 4);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_true(p.has_icmp);
	assert_int_equal(p.icmp_type, 3);
	assert_int_equal(p.icmp_code, 4);
	assert_false(p.has_ports);
}

/* ---- cutting ---------------------------------------------------------------------------- */

/* What is there in a cut frame is there in the whole one too, with the same value. */
static void assert_less(const struct rpol_packet *cut, const struct rpol_packet *whole)
{
	assert_true(cut->has_eth <= whole->has_eth && cut->ntags <= whole->ntags);
	assert_true(cut->has_ip <= whole->has_ip && cut->has_proto <= whole->has_proto);
	assert_true(cut->has_ports <= whole->has_ports && cut->has_tcp <= whole->has_tcp);
	assert_true(cut->has_udp <= whole->has_udp && cut->has_icmp <= whole->has_icmp);
	for (unsigned i = 0; i < cut->ntags; i++)
		assert_int_equal(cut->vlan[i], whole->vlan[i]);
	if (cut->has_eth)
		assert_int_equal(cut->eth_type, whole->eth_type);
	if (cut->has_ip)
		assert_memory_equal(&cut->src, &whole->src, sizeof(cut->src));
	if (cut->has_ports)
		assert_int_equal(cut->dport, whole->dport);
}

/* Cuts the frame everywhere. Malformed wherever the IP length states more than is there. */
static void cut_everywhere(const struct frame *f)
{
	struct rpol_packet whole = frame_read(f);
	size_t end = whole.ip_offset + whole.ip_length;

	assert_true(whole.has_ip);
	for (size_t length = 0; length <= f->length; length++) {
		struct rpol_packet cut = frame_read_cut(f, length);
		assert_less(&cut, &whole);
		assert_int_equal(cut.malformed, length < end);
		assert_int_equal(cut.has_ip, length >= end);
		assert_int_equal(cut.has_eth, length >= whole.ip_offset);
	}
}

/* The same with the IP length adjusted, so that the cut goes through what is inside IP. */
static void shorten_everywhere(const struct frame *f)
{
	struct rpol_packet whole = frame_read(f);
	size_t header = whole.family == 4 ? (size_t)(f->bytes[f->ip] & 15) * 4 : 40;
	bool gone_whole = false;

	for (size_t length = f->ip + header; length <= f->length; length++) {
		struct frame shorter = *f;
		shorter.length = length;
		frame_finish(&shorter);
		struct rpol_packet cut = frame_read(&shorter);
		assert_less(&cut, &whole);
		assert_true(cut.has_ip);
		assert_true(cut.malformed || cut.has_proto);
		/* once all headers are there, what follows makes no difference */
		assert_true(!gone_whole || !cut.malformed);
		gone_whole = !cut.malformed;
	}
	assert_true(gone_whole);
}

static void test_cut(void **state)
{
	(void)state;
	struct frame f = ipv4_udp(8);
	frame_put16(f.bytes + f.ip + 28 + 4, 8);
	cut_everywhere(&f);
	shorten_everywhere(&f);

	frame_eth(&f, QINQ);
	frame_tag(&f, 5, VLAN);
	frame_tag(&f, 6, V6);
	frame_ipv6(&f, A6, B6, 0);
	frame_extension(&f, 0, 51, 8);
	frame_extension(&f, 51, 43, 24);
	frame_extension(&f, 43, 44, 16);
	frame_fragment(&f, 60, 0, false);
	frame_extension(&f, 60, TCP, 8);
	frame_tcp(&f, 1, 2, 3);
	frame_zeros(&f, 5);
	frame_finish(&f);
	cut_everywhere(&f);
	shorten_everywhere(&f);

	frame_eth(&f, VLAN);
	frame_tag(&f, 5, V4);
	frame_ipv4(&f, A4, B4, ICMP, 0, 0);
	frame_icmp(&f, 8, 0);
	frame_zeros(&f, 5);
	frame_finish(&f);
	cut_everywhere(&f);
	shorten_everywhere(&f);
}

/* ---- flow hash -------------------------------------------------------------------------- */

static void test_murmur3(void **state)
{
	(void)state;
	/* the published vectors whose length is a multiple of 4 */
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"", 0, 0), 0);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"", 0, 1), 0x514e28b7);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"", 0, 0xffffffff), 0x81f16f39);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\0\0\0\0", 4, 0), 0x2362f9de);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\xff\xff\xff\xff", 4, 0), 0x76293b50);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\x21\x43\x65\x87", 4, 0), 0xf55b516b);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\x21\x43\x65\x87", 4, 0x5082edee),
			 0x2362f9de);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"test", 4, 0), 0xba6bd213);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"test", 4, 0x9747b28c), 0x704b81dc);
}

static void assert_hash(const struct frame *f, const void *bytes, size_t length)
{
	struct rpol_packet p = frame_read(f);
	assert_int_equal(rpol_packet_flow_hash(&p), rpol_murmur3_32(bytes, length, 0));
}

static void test_flow_hash(void **state)
{
	(void)state;
	struct frame f = ipv4_udp(0);
	uint8_t flow4[] = {10, 1, 2, 3, 192, 0, 2, 9, 0x03, 0xe8, 0, 53, 0, 0, 0, UDP};
	uint8_t portless4[] = {10, 1, 2, 3, 192, 0, 2, 9, 0, 0, 0, UDP};

	assert_hash(&f, flow4, sizeof(flow4));
	frame_put16(f.bytes + 20, MF); /* a first fragment hashes like the later ones */
	assert_hash(&f, portless4, sizeof(portless4));
	frame_put16(f.bytes + 20, 185);
	assert_hash(&f, portless4, sizeof(portless4));

	uint8_t flow6[40] = {0};
	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, TCP);
	frame_tcp(&f, 4000, 443, 2);
	frame_finish(&f);
	memcpy(flow6, f.bytes + 22, 32);
	memcpy(flow6 + 32, f.bytes + 54, 4);
	flow6[39] = TCP;
	assert_hash(&f, flow6, 40);
	/* a broken chain of extension headers: neither ports nor protocol */
	f.bytes[20] = 60;
	f.bytes[55] = 0xff;
	memset(flow6 + 32, 0, 8);
	assert_hash(&f, flow6, 36);

	frame_eth(&f, 0x0806);
	struct rpol_packet p = frame_read(&f);
	assert_int_equal(rpol_packet_flow_hash(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_l4_whole),   cmocka_unit_test(test_tcp_offset),
		cmocka_unit_test(test_udp_length), cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_cut),	   cmocka_unit_test(test_murmur3),
		cmocka_unit_test(test_flow_hash),
	};
	return cmocka_run_group_tests_name("packet-l4", tests, NULL, NULL);
}
