/* test_capture.c: reading captures of every format, byte order and link type, and damaged ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "captures.h"

/* ---- pcap ------------------------------------------------------------------------------- */

static void test_pcap(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		for (int nano = 0; nano < 2; nano++) {
			struct file file = {.swapped = swapped};
			file_pcap(&file, nano ? 0xa1b23c4d : 0xa1b2c3d4, 1);
			file_pcap_packet(&file, 1700000000, 123456, captures_frame, 20, 20);
			file_pcap_packet(&file, 0xfffffff0, 999999, captures_frame, 15, 1500);
			file_pcap_packet(&file, 0, 0, captures_frame, 0, 60);
			struct rpol_capture *capture = file_open_good(&file);
			uint64_t unit = nano ? 1 : 1000;
			assert_frame(capture, 1, 1700000000000000000 + 123456 * unit,
				     captures_frame, 20, 20, NULL);
			assert_frame(capture, 2, UINT64_C(0xfffffff0) * 1000000000 + 999999 * unit,
				     captures_frame, 15, 1500, NULL);
			assert_frame(capture, 3, 0, captures_frame, 0, 60, NULL);
			assert_end(capture);
		}
	}
}

struct link_case {
	uint16_t link;
	const char *data; /* in the file */
	uint32_t length;
	const char *expected;
	size_t expected_length;
};

#define MAC "\x02\x00\x00\x00\x00\x09"
#define NOBODY "\x02\x00\x00\x00\x00\x00"
#define SENDER "\x0a\x0b\x0c\x0d\x0e\x0f"

static const struct link_case links[] = {
	{101, "\x45xyz", 4, MAC NOBODY "\x08\x00\x45xyz", 18},
	{12, "\x45xyz", 4, MAC NOBODY "\x08\x00\x45xyz", 18},
	{14, "\x60xyz", 4, MAC NOBODY "\x86\xdd\x60xyz", 18},
	{101, "\x60xyz", 4, MAC NOBODY "\x86\xdd\x60xyz", 18},
	{101, "\x10xyz", 4, MAC NOBODY "\x08\x00\x10xyz", 18},
	{101, "", 0, MAC NOBODY "\x08\x00", 14},
	{228, "\x60x", 2, MAC NOBODY "\x08\x00\x60x", 16},
	{229, "\x45x", 2, MAC NOBODY "\x86\xdd\x45x", 16},
	/* type, hardware, length of the address, address, protocol */
	{113,
	 "\0\4\0\1\0\6" SENDER "\0\0\x08\x00"
	 "pay",
	 19,
	 MAC SENDER "\x08\x00"
		    "pay",
	 17},
	{113,
	 "\0\4\0\1\0\0" SENDER "\0\0\x00\x04"
	 "pay",
	 19,
	 MAC NOBODY "\x00\x04"
		    "pay",
	 17},
	{113, "\0\4\0\1\0\6" SENDER "\0\0\x86", 15, "", 0},
	/* protocol, reserved, index, hardware, type, length, address */
	{276, "\x86\xdd\0\0\0\0\0\2\0\1\4\6" SENDER "\0\0pay", 23, MAC SENDER "\x86\xddpay", 17},
	{276, "\x81\x00\0\0\0\0\0\2\0\1\4\7" SENDER "\0\0pay", 23, MAC NOBODY "\x81\0pay", 17},
	{276, "\x86\xdd\0\0\0\0\0\2\0\1\4\6" SENDER "\0", 19, "", 0},
	{1, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 15, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf",
	 15},
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		const struct link_case *c = &links[i];
		/* 100 bytes were cut off; with the header cut as well the file's number stays */
		size_t wire = c->expected_length ? c->expected_length + 100 : c->length + 100;
		for (int swapped = 0; swapped < 2; swapped++) {
			struct file file = {.swapped = swapped};
			file_pcap(&file, 0xa1b2c3d4, c->link);
			file_pcap_packet(&file, 1, 0, c->data, c->length, c->length + 100);
			struct rpol_capture *capture = file_open_good(&file);
			assert_frame(capture, 1, 1000000000, c->expected, c->expected_length, wire,
				     NULL);
			assert_end(capture);

			file.length = 0;
			file_section(&file, swapped);
			file_interface(&file, c->link, 0, "lan", 0, 0);
			file_packet(&file, 0, 1000000, c->data, c->length, c->length + 100);
			capture = file_open_good(&file);
			assert_frame(capture, 1, 1000000000, c->expected, c->expected_length, wire,
				     "lan");
			assert_end(capture);
		}
	}
}

static void test_wire_length(void **state)
{
	(void)state;
	struct file file = {0};

	/* a wire length below what is there cannot be */
	file_section(&file, false);
	file_interface(&file, 1, 0, NULL, 0, 0);
	file_interface(&file, 101, 0, NULL, 0, 0);
	file_packet(&file, 0, 0, captures_frame, 20, 3);
	file_packet(&file, 1, 0, "\x45", 1, 0);
	struct rpol_capture *capture = file_open_good(&file);
	assert_frame(capture, 1, 0, captures_frame, 20, 20, NULL);
	assert_frame(capture, 2, 0, MAC NOBODY "\x08\0\x45", 15, 15, NULL);
	assert_end(capture);
}

/* ---- pcapng ----------------------------------------------------------------------------- */

static void test_pcapng(void **state)
{
	(void)state;
	for (int order = 0; order < 4; order++) {
		struct file file = {0};
		file_section(&file, order & 1);
		file_interface(&file, 1, 0, "lan", 9, 0);
		file_interface(&file, 101, 0, NULL, 0, 0);
		file_interface(&file, 1, 0, "", 0, 0);
		file_packet(&file, 0, 77, captures_frame, 20, 20);
		file_begin(&file, 5); /* statistics */
		file_put32(&file, 0);
		file_end(&file);
		file_packet(&file, 1, 5, "\x60", 1, 1);
		file_packet(&file, 2, 5, captures_frame, 17, 17);
		file_section(&file, order & 2);
		file_interface(&file, 1, 10, "uplink", 0x80 | 10, 7);
		file_packet(&file, 0, 512, captures_frame, 18, 18);
		file_begin(&file, 3); /* simple: cut by the interface's snaplen of 10 */
		file_put32(&file, 20);
		file_put(&file, captures_frame, 10);
		file_end(&file);
		file_begin(&file, 2); /* obsolete */
		file_put16(&file, 0);
		file_put16(&file, 3);
		file_put32(&file, 0);
		file_put32(&file, 1024);
		file_put32(&file, 19);
		file_put32(&file, 20);
		file_put(&file, captures_frame, 19);
		file_end(&file);

		struct rpol_capture *capture = file_open_good(&file);
		assert_frame(capture, 1, 77, captures_frame, 20, 20, "lan");
		assert_frame(capture, 2, 5000, MAC NOBODY "\x86\xdd\x60", 15, 15, NULL);
		assert_frame(capture, 3, 5000, captures_frame, 17, 17, NULL);
		assert_frame(capture, 4, 7500000000, captures_frame, 18, 18, "uplink");
		assert_frame(capture, 5, 0, captures_frame, 10, 20, "uplink");
		assert_frame(capture, 6, 8000000000, captures_frame, 19, 20, "uplink");
		assert_end(capture);
	}
}

/* Names must outlive their section. */
static void test_names_live(void **state)
{
	(void)state;
	struct file file = {0};
	struct rpol_frame first, later;
	char *error = NULL;

	file_section(&file, false);
	file_interface(&file, 1, 0, "lan", 0, 0);
	file_packet(&file, 0, 0, captures_frame, 20, 20);
	for (int i = 0; i < 20; i++) {
		file_section(&file, false);
		file_interface(&file, 1, 0, "other", 0, 0);
	}
	file_packet(&file, 0, 0, captures_frame, 20, 20);
	struct rpol_capture *capture = file_open_good(&file);
	assert_int_equal(rpol_capture_next(capture, &first, &error), 1);
	assert_int_equal(rpol_capture_next(capture, &later, &error), 1);
	assert_string_equal(first.interface, "lan");
	assert_string_equal(later.interface, "other");
	assert_end(capture);
}

static void test_resolution(void **state)
{
	(void)state;
	static const struct {
		uint8_t resolution;
		uint64_t stamp, time_ns;
	} cases[] = {
		{3, 1500, 1500000000},
		{6, 1500, 1500000},
		{9, 1500, 1500},
		{12, 1999, 1},
		{20, UINT64_MAX, 184467440},
		{127, UINT64_MAX, 0},
		{1, UINT64_MAX, UINT64_MAX},
		{0x80, 3, 3000000000},
		{0x80 | 1, 3, 1500000000},
		{0x80 | 32, UINT64_C(5) << 31, 2500000000},
		{0x80 | 64, UINT64_MAX, 999999999},
		{0xff, UINT64_MAX, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file file = {0};
		file_section(&file, false);
		file_interface(&file, 1, 0, NULL, cases[i].resolution, 0);
		file_packet(&file, 0, cases[i].stamp, captures_frame, 20, 20);
		struct rpol_capture *capture = file_open_good(&file);
		assert_frame(capture, 1, cases[i].time_ns, captures_frame, 20, 20, NULL);
		assert_end(capture);
	}
}

static void test_offset(void **state)
{
	(void)state;
	static const struct {
		int64_t offset;
		uint64_t time_ns;
	} cases[] = {
		{1, 3000000000}, {-1, 1000000000},	  {-2, 0},
		{-3, 0},	 {INT64_MAX, UINT64_MAX}, {INT64_MIN, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file file = {0};
		file_section(&file, i % 2);
		file_interface(&file, 1, 0, NULL, 0, cases[i].offset);
		file_packet(&file, 0, 2000000, captures_frame, 20, 20);
		struct rpol_capture *capture = file_open_good(&file);
		assert_frame(capture, 1, cases[i].time_ns, captures_frame, 20, 20, NULL);
		assert_end(capture);
	}
}

static void test_simple(void **state)
{
	(void)state;
	/* snaplen 0 is none; a larger one than the packet does nothing */
	for (uint32_t snaplen = 0; snaplen <= 22; snaplen++) {
		size_t length = snaplen && snaplen < 20 ? snaplen : 20;
		struct file file = {0};
		file_section(&file, false);
		file_interface(&file, 1, snaplen, NULL, 0, 0);
		file_begin(&file, 3);
		file_put32(&file, 20);
		file_put(&file, captures_frame, length);
		file_end(&file);
		struct rpol_capture *capture = file_open_good(&file);
		assert_frame(capture, 1, 0, captures_frame, length, 20, NULL);
		assert_end(capture);
	}
}

/* ---- what is refused -------------------------------------------------------------------- */

static void test_not_captures(void **state)
{
	(void)state;
	struct file file = {0};
	struct rpol_capture *capture;
	char *error = NULL;

	assert_refused(&file, -EINVAL, "trace: the file is empty");
	file_put(&file, "\x1f\x8b\x08\x00more", 8);
	assert_refused(&file, -EINVAL, "decompress it first");
	file.length = 0;
	file_put(&file, "#!/bin/sh", 9);
	assert_refused(&file, -EINVAL, "no pcap or pcapng file");
	file.length = 0;
	file_put(&file, "\n# a text that begins with an empty line\n", 40);
	assert_refused(&file, -EINVAL, "no pcapng file");
	file.length = 5;
	assert_refused(&file, -EINVAL, "ends after 5 of 12 bytes");
	file.length = 0;
	file_put(&file, "\xa1 something else altogether", 28);
	assert_refused(&file, -EINVAL, "no pcap file");
	file.length = 0;
	file_pcap(&file, 0xa1b2c3d4, 1);
	for (file.length = 23; file.length; file.length--)
		assert_refused(&file, -EINVAL, "trace: ");

	assert_int_equal(rpol_capture_open("/nonexistent/x.pcap", captures_mac, &capture, &error),
			 -ENOENT);
	assert_says(error, "/nonexistent/x.pcap: cannot be opened");
	assert_int_equal(rpol_capture_open("/", captures_mac, &capture, &error), -EISDIR);
	assert_says(error, "cannot be read: Is a directory");
}

static void test_unsupported(void **state)
{
	(void)state;
	struct file file = {0};

	file_pcap(&file, 0xa1b2c3d4, 105);
	assert_refused(&file, -ENOTSUP, "link type 105 is not one that rpol reads: Ethernet (1)");

	/* in pcapng only where a packet comes from such an interface */
	file.length = 0;
	file_section(&file, false);
	file_interface(&file, 105, 0, "wifi", 0, 0);
	file_interface(&file, 1, 0, "lan", 0, 0);
	file_packet(&file, 1, 0, captures_frame, 20, 20);
	file_packet(&file, 0, 0, captures_frame, 20, 20);
	assert_breaks(&file, 1, -ENOTSUP, "trace: packet 2: link type 105 is not");

	file.length = 0;
	file_section(&file, false);
	file.bytes[12] = 2;
	assert_refused(&file, -EINVAL, "version 2 is not known");
}

static void test_damaged(void **state)
{
	(void)state;
	struct file file = {0}, good;

	file_pcap(&file, 0xa1b2c3d4, 1);
	for (int i = 0; i < 17; i++)
		file_pcap_packet(&file, 1, 0, captures_frame, 20, 20);
	file.length -= 8;
	assert_breaks(&file, 16, -EINVAL, "trace: packet 17: ");
	assert_breaks(&file, 16, -EINVAL, "; the 16 packets before it count");

	good = (struct file){0};
	file_section(&good, false);
	file_interface(&good, 1, 0, "lan", 0, 0);
	file_packet(&good, 0, 0, captures_frame, 20, 20);
	size_t second = good.length;
	file_packet(&good, 0, 0, captures_frame, 20, 20);

	file = good;
	file.length -= 8;
	assert_breaks(&file, 1, -EINVAL,
		      "trace: packet 2: the file ends after 64 of 72 bytes (block at byte ");
	assert_breaks(&file, 1, -EINVAL, "; the packet before it counts");
	file = good;
	file.bytes[second + 4]++;
	assert_breaks(&file, 1, -EINVAL, "a block of 73 bytes cannot be");
	file = good;
	memset(file.bytes + second + 4, 0xfc, 4);
	assert_breaks(&file, 1, -EINVAL, "larger than rpol reads");
	file = good;
	memset(file.bytes + second + 4, 0, 4);
	assert_breaks(&file, 1, -EINVAL, "a block of 0 bytes cannot be");
	file = good;
	file.bytes[good.length - 4] ^= 4;
	assert_breaks(&file, 1, -EINVAL, "says that it has 72 bytes and at its end 76");
	file = good;
	file.bytes[second + 8] = 1;
	assert_breaks(&file, 1, -EINVAL, "interface 1 is not in the file");
	file = good;
	file.bytes[second + 20] = 200;
	assert_breaks(&file, 1, -EINVAL, "a packet of 200 bytes in a block with 40 for it");
	file = good;
	memset(file.bytes + second + 20, 0xff, 4);
	assert_breaks(&file, 1, -EINVAL, "a packet of 4294967295 bytes");

	static const struct {
		uint16_t code, length, claimed;
		const char *words;
	} options[] = {{9, 2, 2, "if_tsresol has 2 bytes instead of 1"},
		       {14, 4, 4, "if_tsoffset has 4 bytes instead of 8"},
		       {2, 4, 5, "option 2 of 5 bytes goes beyond its block"},
		       {99, 4, 0xffff, "option 99 of 65535 bytes goes beyond its block"}};
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		file = (struct file){0};
		file_section(&file, false);
		file_begin(&file, 1);
		file_put32(&file, 1);
		file_put32(&file, 0);
		file_put16(&file, options[i].code);
		file_put16(&file, options[i].claimed);
		file_put(&file, "abcd", options[i].length);
		file_end(&file);
		assert_breaks(&file, 0, -EINVAL, options[i].words);
		assert_breaks(&file, 0, -EINVAL, "packet 1: ");
		assert_breaks(&file, 0, -EINVAL, "; none was read before it");
	}
	for (uint32_t type = 1; type <= 6; type += type == 3 ? 3 : 1) {
		file = (struct file){0};
		file_section(&file, false);
		file_interface(&file, 1, 0, NULL, 0, 0);
		file_begin(&file, type);
		file_end(&file);
		assert_breaks(&file, 0, -EINVAL, "block of 12 bytes is too short");
	}
}

/* The number of packets read; the texts of errors are freed. Bytes are looked at, so that a
 * sanitizer sees a length that is a lie. */
static unsigned read_all(const struct file *file, bool *broken)
{
	struct rpol_capture *capture;
	struct rpol_frame frame;
	char *error;
	unsigned count = 0;
	volatile uint8_t sink = 0;
	int result;

	*broken = true;
	if (file_open(file, &capture, &error)) {
		assert_non_null(error);
		free(error);
		return 0;
	}
	while ((result = rpol_capture_next(capture, &frame, &error)) == 1) {
		for (size_t i = 0; i < frame.length; i++)
			sink ^= frame.data[i];
		assert_true(frame.wire_length >= frame.length);
		count++;
	}
	*broken = result < 0;
	if (result < 0) {
		assert_non_null(error);
		free(error);
	}
	rpol_capture_close(capture);
	return count;
}

static void damage_everywhere(const struct file *good, unsigned packets)
{
	bool broken;

	assert_int_equal(read_all(good, &broken), packets);
	assert_false(broken);
	for (size_t at = 0; at < good->length; at++) {
		struct file file = *good;
		for (unsigned bit = 0; bit < 8; bit++) {
			file.bytes[at] = good->bytes[at] ^ (uint8_t)(1 << bit);
			assert_true(read_all(&file, &broken) <= packets);
		}
		file.bytes[at] = good->bytes[at];
		file.length = at;
		assert_true(read_all(&file, &broken) <= packets);
	}
}

static void test_damage_everywhere(void **state)
{
	(void)state;
	struct file file = {0};

	for (int swapped = 0; swapped < 2; swapped++) {
		file = (struct file){.swapped = swapped};
		file_pcap(&file, 0xa1b23c4d, 113);
		file_pcap_packet(&file, 1, 2, links[8].data, 19, 19);
		file_pcap_packet(&file, 1, 2, links[8].data, 19, 19);
		damage_everywhere(&file, 2);

		file.length = 0;
		file_section(&file, swapped);
		file_interface(&file, 1, 0, "lan", 9, 5);
		file_interface(&file, 276, 64, "wan", 0, 0);
		file_packet(&file, 0, 77, captures_frame, 20, 20);
		file_packet(&file, 1, 77, links[11].data, 23, 23);
		damage_everywhere(&file, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap),	     cmocka_unit_test(test_links),
		cmocka_unit_test(test_wire_length),  cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_names_live),   cmocka_unit_test(test_resolution),
		cmocka_unit_test(test_offset),	     cmocka_unit_test(test_simple),
		cmocka_unit_test(test_not_captures), cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_damage_everywhere),
	};
	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
