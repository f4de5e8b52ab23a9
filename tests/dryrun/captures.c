/* captures.c: capture files put together in memory. */
#define _GNU_SOURCE /* fmemopen */
#include "captures.h"

#include <stdlib.h>
#include <string.h>

const uint8_t captures_mac[6] = {2, 0, 0, 0, 0, 9};
const uint8_t captures_frame[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5, 15, 16};

void file_put(struct file *file, const void *bytes, size_t length)
{
	assert_true(file->length + length <= sizeof(file->bytes));
	memcpy(file->bytes + file->length, bytes, length);
	file->length += length;
}

void file_put32(struct file *file, uint32_t value)
{
	value = file->swapped ? __builtin_bswap32(value) : value;
	file_put(file, &value, 4);
}

void file_put16(struct file *file, uint16_t value)
{
	value = file->swapped ? __builtin_bswap16(value) : value;
	file_put(file, &value, 2);
}

static void pad(struct file *file)
{
	while (file->length % 4)
		file_put(file, "", 1);
}

void file_pcap(struct file *file, uint32_t magic, uint32_t link)
{
	file_put32(file, magic);
	file_put16(file, 2);
	file_put16(file, 4);
	file_put32(file, 0);
	file_put32(file, 0);
	file_put32(file, 262144);
	file_put32(file, link);
}

void file_pcap_packet(struct file *file, uint32_t seconds, uint32_t fraction, const void *data,
		      uint32_t length, uint32_t wire)
{
	file_put32(file, seconds);
	file_put32(file, fraction);
	file_put32(file, length);
	file_put32(file, wire);
	file_put(file, data, length);
}

void file_begin(struct file *file, uint32_t type)
{
	file->block = file->length;
	file_put32(file, type);
	file_put32(file, 0);
}

void file_end(struct file *file)
{
	pad(file);
	uint32_t length = (uint32_t)(file->length + 4 - file->block);
	file_put32(file, length);
	memcpy(file->bytes + file->block + 4, file->bytes + file->length - 4, 4);
}

void file_option(struct file *file, uint16_t code, const void *value, uint16_t length)
{
	file_put16(file, code);
	file_put16(file, length);
	file_put(file, value, length);
	pad(file);
}

void file_section(struct file *file, bool swapped)
{
	file->swapped = swapped;
	file_begin(file, 0x0a0d0d0a);
	file_put32(file, 0x1a2b3c4d);
	file_put16(file, 1);
	file_put16(file, 0);
	file_put32(file, 0xffffffff);
	file_put32(file, 0xffffffff);
	file_end(file);
}

void file_interface(struct file *file, uint16_t link, uint32_t snaplen, const char *name,
		    uint8_t resolution, int64_t offset)
{
	file_begin(file, 1);
	file_put16(file, link);
	file_put16(file, 0);
	file_put32(file, snaplen);
	if (name)
		file_option(file, 2, name, (uint16_t)strlen(name));
	file_option(file, 0x7777, "unknown", 7);
	if (resolution)
		file_option(file, 9, &resolution, 1);
	if (offset) {
		uint64_t value = (uint64_t)offset;
		value = file->swapped ? __builtin_bswap64(value) : value;
		file_option(file, 14, &value, 8);
	}
	file_option(file, 0, "", 0);
	file_end(file);
}

void file_packet(struct file *file, uint32_t number, uint64_t stamp, const void *data,
		 uint32_t length, uint32_t wire)
{
	file_begin(file, 6);
	file_put32(file, number);
	file_put32(file, (uint32_t)(stamp >> 32));
	file_put32(file, (uint32_t)stamp);
	file_put32(file, length);
	file_put32(file, wire);
	file_put(file, data, length);
	pad(file);
	file_option(file, 1, "a comment", 9);
	file_option(file, 0, "", 0);
	file_end(file);
}

/* ---- reading them ----------------------------------------------------------------------- */

int file_open(const struct file *file, struct rpol_capture **capture, char **error)
{
	*error = NULL;
	/* exactly the file's bytes, so that a sanitizer sees any beyond; fmemopen of 0 fails */
	FILE *stream = file->length ? fmemopen((void *)file->bytes, file->length, "rb")
				    : fopen("/dev/null", "rb");
	assert_non_null(stream);
	return rpol_capture_open_stream(stream, "trace", captures_mac, capture, error);
}

struct rpol_capture *file_open_good(const struct file *file)
{
	struct rpol_capture *capture;
	char *error;

	if (file_open(file, &capture, &error))
		fail_msg("%s", error);
	return capture;
}

void assert_frame(struct rpol_capture *capture, uint64_t index, uint64_t time_ns, const void *data,
		  size_t length, size_t wire, const char *name)
{
	struct rpol_frame frame;
	char *error = NULL;

	int result = rpol_capture_next(capture, &frame, &error);
	if (result != 1)
		fail_msg("%s", error ? error : "the end");
	assert_int_equal(frame.index, index);
	assert_int_equal(frame.time_ns, time_ns);
	assert_int_equal(frame.length, length);
	assert_memory_equal(frame.data, data, length);
	assert_int_equal(frame.wire_length, wire);
	if (name)
		assert_string_equal(frame.interface, name);
	else
		assert_null(frame.interface);
}

void assert_end(struct rpol_capture *capture)
{
	struct rpol_frame frame;
	char *error = NULL;

	assert_int_equal(rpol_capture_next(capture, &frame, &error), 0);
	assert_null(error);
	rpol_capture_close(capture);
}

void assert_says(char *error, const char *words)
{
	assert_non_null(error);
	if (!strstr(error, words))
		fail_msg("\"%s\" does not say \"%s\"", error, words);
	free(error);
}

void assert_refused(const struct file *file, int result, const char *words)
{
	struct rpol_capture *capture;
	char *error;

	assert_int_equal(file_open(file, &capture, &error), result);
	assert_says(error, words);
}

void assert_breaks(const struct file *file, unsigned good, int result, const char *words)
{
	struct rpol_capture *capture = file_open_good(file);
	struct rpol_frame frame;
	char *error = NULL;

	for (unsigned i = 0; i < good; i++)
		assert_int_equal(rpol_capture_next(capture, &frame, &error), 1);
	assert_int_equal(rpol_capture_next(capture, &frame, &error), result);
	assert_says(error, words);
	error = NULL;
	assert_end(capture);
}
