/* test_packet.c: the reading of frames, against docs/packets.md: Ethernet, tags, IP. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "frames.h"
#include "rpol/packet.h"

#define A4 "10.1.2.3"
#define B4 "192.0.2.9"
#define A6 "2001:db8::1"
#define B6 "2001:db8:ffff::2"

enum { V4 = 0x0800, V6 = 0x86dd, VLAN = 0x8100, QINQ = 0x88a8 };
enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, DCCP = 33, SCTP = 132, UDPLITE = 136 };
enum { MF = 0x2000, DF = 0x4000 };

static void assert_no_l4(const struct rpol_packet *packet)
{
	assert_false(packet->has_ports || packet->has_tcp || packet->has_udp || packet->has_icmp);
}

static void assert_addr(const struct rpol_addr *addr, uint8_t family, uint8_t first, uint8_t last)
{
	assert_int_equal(addr->family, family);
	assert_int_equal(addr->bytes[0], first);
	assert_int_equal(addr->bytes[family == 4 ? 3 : 15], last);
}

/* ---- Ethernet and tags ------------------------------------------------------------------ */

static void test_ethernet(void **state)
{
	(void)state;
	struct frame f;
	struct rpol_packet p;

	rpol_packet_read(NULL, 0, &p);
	assert_true(p.malformed);
	assert_false(p.has_eth);
	frame_eth(&f, 0x88cc);
	for (size_t i = 0; i < 14; i++) {
		p = frame_read_cut(&f, i);
		assert_true(p.malformed);
		assert_false(p.has_eth);
	}
	p = frame_read(&f);
	assert_false(p.malformed);
	assert_true(p.has_eth);
	assert_int_equal(p.eth_type, 0x88cc);
	assert_int_equal(p.ntags, 0);
	assert_false(p.has_ip);
}

static void test_tags(void **state)
{
	(void)state;
	struct frame f;

	/* every pair of tag types */
	for (int outer = 0; outer < 2; outer++) {
		for (int inner = 0; inner < 2; inner++) {
			frame_eth(&f, outer ? QINQ : VLAN);
			frame_tag(&f, 0x123, inner ? QINQ : VLAN);
			frame_tag(&f, 0xfff, V4);
			frame_ipv4(&f, A4, B4, 0xfd, 0, 0);
			frame_finish(&f);
			struct rpol_packet p = frame_read(&f);
			assert_false(p.malformed);
			assert_int_equal(p.ntags, 2);
			assert_int_equal(p.vlan[0], 0x123);
			assert_int_equal(p.vlan[1], 0xfff);
			assert_int_equal(p.eth_type, V4);
			assert_true(p.has_ip);
			assert_int_equal(p.ip_offset, 22);
			p = frame_read_cut(&f, 21); /* second tag cut */
			assert_true(p.malformed);
			assert_false(p.has_eth);
			assert_int_equal(p.ntags, 1);
			p = frame_read_cut(&f, 17); /* first tag cut */
			assert_true(p.malformed);
			assert_false(p.has_eth);
			assert_int_equal(p.ntags, 0);
		}
	}
	/* a third tag is not read, nor is what would follow it */
	frame_eth(&f, QINQ);
	frame_tag(&f, 1, VLAN);
	frame_tag(&f, 2, VLAN);
	frame_tag(&f, 3, V4);
	frame_ipv4(&f, A4, B4, 0xfd, 0, 0);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_false(p.malformed);
	assert_int_equal(p.ntags, 2);
	assert_int_equal(p.eth_type, VLAN);
	assert_false(p.has_ip);
	p = frame_read_cut(&f, 22); /* the third may be cut: nobody looks */
	assert_false(p.malformed);
}

/* ---- IPv4 ------------------------------------------------------------------------------- */

static struct frame ipv4_udp(size_t options)
{
	struct frame f;
	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, UDP, options, DF);
	frame_udp(&f, 1000, 53, 12);
	frame_zeros(&f, 4);
	frame_finish(&f);
	return f;
}

static void test_ipv4(void **state)
{
	(void)state;
	for (size_t options = 0; options <= 40; options += 4) {
		struct frame f = ipv4_udp(options);
		struct rpol_packet p = frame_read(&f);
		assert_false(p.malformed);
		assert_true(p.has_ip);
		assert_int_equal(p.family, 4);
		assert_int_equal(p.ip_offset, 14);
		assert_int_equal(p.ip_length, 32 + options);
		assert_addr(&p.src, 4, 10, 3);
		assert_addr(&p.dst, 4, 192, 9);
		assert_int_equal(p.ttl, 64);
		assert_int_equal(p.dscp, 46);
		assert_int_equal(p.options, options > 0);
		assert_false(p.fragment || p.fragment_later);
		assert_true(p.has_proto);
		assert_int_equal(p.proto, UDP);
		assert_true(p.has_ports && p.has_udp);
		assert_false(p.has_tcp || p.has_icmp);
		assert_int_equal(p.sport, 1000);
		assert_int_equal(p.dport, 53);
		assert_int_equal(p.udp_len, 12);
	}
}

static void assert_no_ip(const struct frame *f)
{
	struct rpol_packet p = frame_read(f);
	assert_true(p.malformed);
	assert_true(p.has_eth);
	assert_false(p.has_ip || p.has_proto || p.fragment || p.fragment_later || p.options);
	assert_no_l4(&p);
}

static void test_ipv4_malformed(void **state)
{
	(void)state;
	struct frame f = ipv4_udp(0);

	for (int version = 0; version < 16; version++) {
		f.bytes[14] = (uint8_t)(version << 4 | 5);
		if (version != 4)
			assert_no_ip(&f);
	}
	for (int words = 0; words < 5; words++) {
		f.bytes[14] = (uint8_t)(0x40 | words);
		assert_no_ip(&f);
	}
	f.bytes[14] = 0x49; /* 36 of 32 bytes */
	assert_no_ip(&f);
	f.bytes[14] = 0x48; /* the header is all there is */
	struct rpol_packet p = frame_read(&f);
	assert_true(p.has_ip && p.malformed); /* no UDP in it */
	f = ipv4_udp(0);
	frame_put16(f.bytes + 16, 19);
	assert_no_ip(&f);
	frame_put16(f.bytes + 16, 33);
	assert_no_ip(&f);
	frame_put16(f.bytes + 16, 20);
	f.bytes[23] = 0xfd;
	p = frame_read(&f);
	assert_false(p.malformed);
	assert_int_equal(p.ip_length, 20);
	/* MF and offset count for nothing when the header is not whole */
	f = ipv4_udp(0);
	frame_put16(f.bytes + 20, MF | 7);
	frame_put16(f.bytes + 16, 33);
	assert_no_ip(&f);
}

static void test_padding(void **state)
{
	(void)state;
	struct frame f;

	/* what lies beyond the total length cannot make an L4 header whole */
	frame_eth(&f, V4);
	frame_ipv4(&f, A4, B4, TCP, 0, 0);
	frame_finish(&f);
	frame_tcp(&f, 1, 2, 0xff);
	struct rpol_packet p = frame_read(&f);
	assert_true(p.malformed && p.has_ip && p.has_proto);
	assert_int_equal(p.ip_length, 20);
	assert_no_l4(&p);

	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 60);
	frame_finish(&f);
	frame_extension(&f, 60, UDP, 8);
	frame_udp(&f, 1, 2, 8);
	p = frame_read(&f);
	assert_true(p.malformed && p.has_ip);
	assert_false(p.has_proto);
	assert_no_l4(&p);

	/* a whole packet with padding is whole */
	f = ipv4_udp(0);
	frame_zeros(&f, 30);
	p = frame_read(&f);
	assert_false(p.malformed);
	assert_int_equal(p.ip_length, 32);
}

static void test_ipv4_fragments(void **state)
{
	(void)state;
	static const struct {
		uint16_t bits;
		bool fragment, later;
	} cases[] = {{0, 0, 0}, {DF, 0, 0},	{0x8000, 0, 0}, {MF, 1, 0},	 {MF | 1, 1, 1},
		     {1, 1, 1}, {0x1fff, 1, 1}, {0x1000, 1, 1}, {DF | MF, 1, 0}, {DF | 8, 1, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct frame f;
		frame_eth(&f, V4);
		frame_ipv4(&f, A4, B4, TCP, 0, cases[i].bits);
		frame_tcp(&f, 1, 22, 2);
		frame_finish(&f);
		struct rpol_packet p = frame_read(&f);
		assert_false(p.malformed);
		assert_int_equal(p.fragment, cases[i].fragment);
		assert_int_equal(p.fragment_later, cases[i].later);
		assert_true(p.has_proto);
		assert_int_equal(p.has_tcp, !cases[i].later);
		assert_int_equal(p.has_ports, !cases[i].later);
	}
}

/* ---- IPv6 ------------------------------------------------------------------------------- */

static const uint8_t kinds[] = {0, 43, 60, 51, 135, 139, 140};

static void test_ipv6(void **state)
{
	(void)state;
	struct frame f;

	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, TCP);
	frame_tcp(&f, 4000, 443, 0x12);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_false(p.malformed || p.options || p.fragment);
	assert_true(p.has_ip && p.has_proto && p.has_tcp && p.has_ports);
	assert_int_equal(p.family, 6);
	assert_int_equal(p.ip_length, 60);
	assert_addr(&p.src, 6, 0x20, 1);
	assert_addr(&p.dst, 6, 0x20, 2);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.dscp, 46);
	assert_int_equal(p.proto, TCP);
	assert_int_equal(p.tcp_flags, 0x12);
	assert_int_equal(p.dport, 443);

	f.bytes[14] = 0x40;
	assert_no_ip(&f);
	f.bytes[14] = 0x60;
	frame_put16(f.bytes + 18, 21);
	assert_no_ip(&f);
	frame_put16(f.bytes + 18, 0); /* nothing after the fixed header: TCP is cut */
	p = frame_read(&f);
	assert_true(p.malformed && p.has_ip && p.has_proto);
	assert_int_equal(p.ip_length, 40);
	f.bytes[20] = 59; /* no next header */
	p = frame_read(&f);
	assert_false(p.malformed);
	assert_int_equal(p.proto, 59);
}

static void test_extensions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds); i++) {
		for (size_t size = 8; size <= 64; size += kinds[i] == 51 ? 4 : 8) {
			struct frame f;
			frame_eth(&f, V6);
			frame_ipv6(&f, A6, B6, kinds[i]);
			frame_extension(&f, kinds[i], UDP, size);
			frame_udp(&f, 7, 8, 8);
			frame_finish(&f);
			struct rpol_packet p = frame_read(&f);
			assert_false(p.malformed);
			assert_int_equal(p.options, kinds[i] == 0);
			assert_int_equal(p.proto, UDP);
			assert_true(p.has_udp);
			assert_int_equal(p.dport, 8);
			/* one byte more than there is; the fields after it are gone */
			f.bytes[55] = 0xff;
			p = frame_read(&f);
			assert_true(p.malformed && p.has_ip);
			assert_false(p.has_proto);
			assert_no_l4(&p);
		}
	}
}

static void chain(struct frame *f, unsigned count, uint8_t last)
{
	frame_eth(f, V6);
	frame_ipv6(f, A6, B6, count ? 60 : last);
	for (unsigned i = 1; i <= count; i++)
		frame_extension(f, 60, i == count ? last : 60, 8);
	frame_udp(f, 7, 8, 8);
	frame_finish(f);
}

static void test_extension_bound(void **state)
{
	(void)state;
	for (unsigned count = 0; count <= 10; count++) {
		struct frame f;
		chain(&f, count, UDP);
		struct rpol_packet p = frame_read(&f);
		assert_int_equal(p.malformed, count > 8);
		assert_int_equal(p.has_proto, count <= 8);
		assert_int_equal(p.has_udp, count <= 8);
		assert_true(p.has_ip);
	}
}

static void test_ipv6_fragments(void **state)
{
	(void)state;
	static const struct {
		uint16_t offset;
		bool more, fragment, later;
	} cases[] = {{0, 0, 0, 0}, {0, 1, 1, 0}, {1, 0, 1, 1}, {0x1fff, 1, 1, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct frame f;
		frame_eth(&f, V6);
		frame_ipv6(&f, A6, B6, 44);
		frame_fragment(&f, UDP, cases[i].offset, cases[i].more);
		frame_udp(&f, 7, 8, 8);
		frame_finish(&f);
		struct rpol_packet p = frame_read(&f);
		assert_false(p.malformed);
		assert_int_equal(p.fragment, cases[i].fragment);
		assert_int_equal(p.fragment_later, cases[i].later);
		assert_int_equal(p.proto, UDP);
		assert_int_equal(p.has_udp, !cases[i].later);
	}

	/* a later fragment's next header is the protocol, be it an extension header */
	struct frame f;
	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 44);
	frame_fragment(&f, 60, 9, true);
	frame_finish(&f);
	struct rpol_packet p = frame_read(&f);
	assert_false(p.malformed);
	assert_true(p.fragment && p.fragment_later && p.has_proto);
	assert_int_equal(p.proto, 60);

	/* a walk that breaks off later keeps what the fragment header said */
	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 44);
	frame_fragment(&f, 60, 0, true);
	frame_raw(&f, "\x11\xff", 2);
	frame_finish(&f);
	p = frame_read(&f);
	assert_true(p.malformed && p.fragment);
	assert_false(p.fragment_later || p.has_proto);

	/* an atomic fragment behind a first fragment does not unsay it */
	frame_eth(&f, V6);
	frame_ipv6(&f, A6, B6, 44);
	frame_fragment(&f, 44, 0, true);
	frame_fragment(&f, UDP, 0, false);
	frame_udp(&f, 7, 8, 8);
	frame_finish(&f);
	p = frame_read(&f);
	assert_true(p.fragment && p.has_udp);
	assert_false(p.malformed || p.fragment_later);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv4_malformed),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_extension_bound),
		cmocka_unit_test(test_ipv6_fragments),
	};
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
