/* test_capture_write.c: what the writer writes, read again by us and by libpcap. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "captures.h"

static char *temporary(void)
{
	char *path = strdup("/tmp/rpol-capture-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return path;
}

static void test_write(void **state)
{
	(void)state;
	const char *names[] = {"lan", "uplink_a", "b"};
	struct rpol_capture_writer *writer;
	struct rpol_capture *capture;
	char *error = NULL, *path = temporary();
	uint64_t time = 1700000000123456789;

	assert_int_equal(rpol_capture_create(path, names, 3, &writer, &error), 0);
	/* every remainder of the lengths of packet, name and comment */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(rpol_capture_write(writer, i % 3, time + i, captures_frame, i,
						    i + 100, i % 5 ? &"drop by r"[i % 5] : NULL),
				 0);
	char *comment = malloc(70001);
	memset(comment, 'x', 70000);
	comment[70000] = 0;
	assert_int_equal(rpol_capture_write(writer, 0, time, captures_frame, 20, 20, comment), 0);
	free(comment);
	assert_int_equal(rpol_capture_finish(writer), 0);

	/* the comment that is too long for its option was cut, and the block is as long as it says
	 */
	uint16_t option[2];
	FILE *file = fopen(path, "rb");
	assert_int_equal(fseek(file, -(4 + 65536 + 4 + 4), SEEK_END), 0);
	assert_int_equal(fread(option, 1, sizeof(option), file), sizeof(option));
	fclose(file);
	assert_int_equal(option[0], 1);
	assert_int_equal(option[1], 65535);

	assert_int_equal(rpol_capture_open(path, captures_mac, &capture, &error), 0);
	for (unsigned i = 0; i < 20; i++)
		assert_frame(capture, i + 1, time + i, captures_frame, i, i + 100, names[i % 3]);
	assert_frame(capture, 21, time, captures_frame, 20, 20, "lan");
	assert_end(capture);
	unlink(path);
	free(path);
}

static void test_write_fails(void **state)
{
	(void)state;
	const char *names[] = {"lan"};
	struct rpol_capture_writer *writer;
	char *error = NULL;

	assert_int_equal(rpol_capture_create("/nonexistent/x", names, 1, &writer, &error), -ENOENT);
	assert_says(error, "/nonexistent/x: cannot be created: No such file");
	assert_int_equal(rpol_capture_create("/dev/full", names, 1, &writer, &error), 0);
	assert_int_equal(rpol_capture_finish(writer), -ENOSPC);
	/* more than any buffer: a write itself fails, and the first failure is what is told */
	uint8_t *big = calloc(1, 1 << 20);
	assert_int_equal(rpol_capture_create("/dev/full", names, 1, &writer, &error), 0);
	assert_int_equal(rpol_capture_write(writer, 0, 0, big, 1 << 20, 1 << 20, NULL), -ENOSPC);
	assert_int_equal(rpol_capture_write(writer, 0, 0, big, 1, 1, NULL), -ENOSPC);
	assert_int_equal(rpol_capture_finish(writer), -ENOSPC);
	free(big);
}

/* libpcap, as tcpdump uses it, agrees with what was written and with our reading of it. */
static void test_write_for_others(void **state)
{
	(void)state;
	const char *names[] = {"lan", "wan"};
	struct rpol_capture_writer *writer;
	char *error = NULL, *path = temporary(), text[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *data;

	assert_int_equal(rpol_capture_create(path, names, 2, &writer, &error), 0);
	for (unsigned i = 0; i < 8; i++)
		rpol_capture_write(writer, i % 2, 1700000000123456789 + i, captures_frame, 10 + i,
				   100 + i, "pass by x");
	assert_int_equal(rpol_capture_finish(writer), 0);
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!pcap)
		fail_msg("%s", text);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
		assert_int_equal(header->caplen, 10 + i);
		assert_int_equal(header->len, 100 + i);
		assert_int_equal(header->ts.tv_sec, 1700000000);
		assert_int_equal(header->ts.tv_usec, 123456789 + i);
		assert_memory_equal(data, captures_frame, 10 + i);
	}
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_write_for_others),
	};
	return cmocka_run_group_tests_name("capture-write", tests, NULL, NULL);
}
