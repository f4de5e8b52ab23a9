/* capture_write.c: writes pcapng, in this machine's byte order, one Ethernet interface a name. */
#include "rpol/capture.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

enum { OPTION_END = 0, OPTION_COMMENT = 1, IF_NAME = 2, IF_TSRESOL = 9 };

struct rpol_capture_writer {
	FILE *stream;
	uint32_t ninterfaces;
	int failed; /* -errno of the first write that failed */
};

static void put(struct rpol_capture_writer *writer, const void *bytes, size_t length)
{
	if (writer->failed || !length)
		return;
	errno = 0;
	if (fwrite(bytes, 1, length, writer->stream) != length)
		writer->failed = errno ? -errno : -EIO;
}

static void put16(struct rpol_capture_writer *writer, uint16_t value)
{
	put(writer, &value, 2);
}

static void put32(struct rpol_capture_writer *writer, uint32_t value)
{
	put(writer, &value, 4);
}

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

static void put_padded(struct rpol_capture_writer *writer, const void *bytes, size_t length)
{
	put(writer, bytes, length);
	put(writer, "\0\0\0", padded(length) - length);
}

static void put_option(struct rpol_capture_writer *writer, uint16_t code, const void *value,
		       size_t length)
{
	put16(writer, code);
	put16(writer, (uint16_t)length);
	put_padded(writer, value, length);
}

static void put_section(struct rpol_capture_writer *writer)
{
	const uint64_t unknown = UINT64_MAX;

	put32(writer, 0x0a0d0d0a);
	put32(writer, 28);
	put32(writer, 0x1a2b3c4d);
	put16(writer, 1);
	put16(writer, 0);
	put(writer, &unknown, 8);
	put32(writer, 28);
}

/* Bytes of an option's value, which its length field must hold. */
static size_t option_length(const char *text)
{
	size_t length = strlen(text);
	return length > UINT16_MAX ? UINT16_MAX : length;
}

static void put_interface(struct rpol_capture_writer *writer, const char *name)
{
	const uint8_t nanoseconds = 9;
	size_t length = option_length(name);
	uint32_t size = (uint32_t)(16 + 4 + padded(length) + 4 + 4 + 4 + 4);

	put32(writer, 1);
	put32(writer, size);
	put16(writer, 1); /* Ethernet */
	put16(writer, 0);
	put32(writer, 0); /* no snaplen */
	put_option(writer, IF_NAME, name, length);
	put_option(writer, IF_TSRESOL, &nanoseconds, 1);
	put_option(writer, OPTION_END, "", 0);
	put32(writer, size);
}

int rpol_capture_create(const char *path, const char *const *interfaces, size_t ninterfaces,
			struct rpol_capture_writer **out, char **error)
{
	struct rpol_capture_writer *writer = calloc(1, sizeof(*writer));

	if (!writer || !(writer->stream = fopen(path, "wb"))) {
		int result = writer ? -errno : -ENOMEM;
		free(writer);
		*error = rpol_capture_text("%s: cannot be created: %s", path, strerror(-result));
		return result;
	}
	writer->ninterfaces = (uint32_t)ninterfaces;
	put_section(writer);
	for (size_t i = 0; i < ninterfaces; i++)
		put_interface(writer, interfaces[i]);
	*out = writer;
	return 0;
}

int rpol_capture_write(struct rpol_capture_writer *writer, uint32_t interface, uint64_t time_ns,
		       const uint8_t *data, size_t length, size_t wire_length, const char *comment)
{
	size_t said = comment ? option_length(comment) : 0;
	size_t options = comment ? 4 + padded(said) + 4 : 0;
	size_t size = 28 + padded(length) + options + 4;

	assert(interface < writer->ninterfaces);
	if (size > UINT32_MAX || wire_length > UINT32_MAX)
		return -EFBIG;
	put32(writer, 6);
	put32(writer, (uint32_t)size);
	put32(writer, interface);
	put32(writer, (uint32_t)(time_ns >> 32));
	put32(writer, (uint32_t)time_ns);
	put32(writer, (uint32_t)length);
	put32(writer, (uint32_t)wire_length);
	put_padded(writer, data, length);
	if (comment) {
		put_option(writer, OPTION_COMMENT, comment, said);
		put_option(writer, OPTION_END, "", 0);
	}
	put32(writer, (uint32_t)size);
	return writer->failed;
}

int rpol_capture_finish(struct rpol_capture_writer *writer)
{
	int result = writer->failed;

	errno = 0;
	if (fclose(writer->stream) && !result)
		result = errno ? -errno : -EIO;
	free(writer);
	return result;
}
