/* capture.c: opens a capture of either format and makes every packet of it an Ethernet frame. */
#define _GNU_SOURCE /* vasprintf */
#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

#define ETH_HEADER 14

/* LINKTYPE_ numbers, from the registry of the pcap formats. 12 and 14 are what some systems
 * write for raw IP. */
enum {
	LINK_ETHERNET = 1,
	LINK_RAW_12 = 12,
	LINK_RAW_14 = 14,
	LINK_RAW = 101,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

struct rpol_capture {
	char *path;
	const struct format *format;
	void *state;
	uint8_t mac[6];
	uint64_t count; /* packets read */
	bool failed;
	uint8_t *frame; /* of the last packet that was not Ethernet in the file */
	size_t capacity;
};

char *rpol_capture_text(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

/* ---- link layers ------------------------------------------------------------------------ */

int rpol_capture_check_link(uint32_t link, char **why)
{
	switch (link) {
	case LINK_ETHERNET:
	case LINK_RAW_12:
	case LINK_RAW_14:
	case LINK_RAW:
	case LINK_SLL:
	case LINK_IPV4:
	case LINK_IPV6:
	case LINK_SLL2:
		return 0;
	}
	*why = rpol_capture_text(
		"link type %" PRIu32
		" is not one that rpol reads: Ethernet (1), raw IP (101, 12, 14, "
		"228, 229), Linux cooked v1 (113) and v2 (276); capture on an Ethernet interface",
		link);
	return -ENOTSUP;
}

/* What stands before the IP packet in the file, and the Ethernet header to put in its place. */
struct link_header {
	size_t length; /* of the file's own header */
	uint16_t type;
	uint8_t source[6];
};

/* A cooked header names its sender only when the address is a MAC. */
static void cooked_source(struct link_header *header, unsigned length, const uint8_t *address)
{
	if (length == 6)
		memcpy(header->source, address, 6);
}

/* False when the link layer's header is cut off. */
static bool read_link(const struct record *record, struct link_header *header)
{
	const uint8_t *data = record->data;

	*header = (struct link_header){.source = {0x02}};
	switch (record->link) {
	case LINK_SLL:
		header->length = 16;
		if (record->length < header->length)
			return false;
		header->type = be16(data + 14);
		cooked_source(header, be16(data + 4), data + 6);
		return true;
	case LINK_SLL2:
		header->length = 20;
		if (record->length < header->length)
			return false;
		header->type = be16(data);
		cooked_source(header, data[11], data + 12);
		return true;
	case LINK_IPV4:
		header->type = 0x0800;
		return true;
	case LINK_IPV6:
		header->type = 0x86dd;
		return true;
	default:
		/* the file says that it is IP: with another version it is IP, malformed */
		header->type = record->length && data[0] >> 4 == 6 ? 0x86dd : 0x0800;
		return true;
	}
}

/* Makes the record's packet Ethernet, in capture->frame. -ENOMEM. */
static int put_ethernet(struct rpol_capture *capture, const struct record *record,
			struct rpol_frame *frame)
{
	struct link_header header;

	if (!read_link(record, &header)) {
		/* not even the type is known: an Ethernet frame that is cut to nothing */
		frame->data = record->data;
		frame->length = 0;
		return 0;
	}
	size_t rest = record->length - header.length;
	if (capture->capacity < ETH_HEADER + rest) {
		uint8_t *grown = realloc(capture->frame, ETH_HEADER + rest);
		if (!grown)
			return -ENOMEM;
		capture->frame = grown;
		capture->capacity = ETH_HEADER + rest;
	}
	memcpy(capture->frame, capture->mac, 6);
	memcpy(capture->frame + 6, header.source, 6);
	put_be16(capture->frame + 12, header.type);
	if (rest)
		memcpy(capture->frame + ETH_HEADER, record->data + header.length, rest);
	frame->data = capture->frame;
	frame->length = ETH_HEADER + rest;
	frame->wire_length = record->wire_length - header.length + ETH_HEADER;
	return 0;
}

/* ---- opening and reading ---------------------------------------------------------------- */

/* Tells the formats apart by the first byte, which all that are wanted differ in and which is
 * all that can be put back into a pipe. */
static int open_format(FILE *stream, struct rpol_capture *capture, char **why)
{
	int first = fgetc(stream);
	int saved = errno;

	if (first != EOF)
		ungetc(first, stream);
	switch (first) {
	case EOF:
		if (ferror(stream)) {
			*why = rpol_capture_text("cannot be read: %s", strerror(saved));
			fclose(stream);
			return saved ? -saved : -EIO;
		}
		*why = rpol_capture_text("the file is empty: a capture has a header even "
					 "without packets; was it written to its end?");
		break;
	case 0x0a:
		return rpol_pcapng_open(stream, &capture->format, &capture->state, why);
	case 0xa1:
	case 0xd4:
	case 0x4d:
		return rpol_pcap_open(stream, &capture->format, &capture->state, why);
	case 0x1f:
		*why = rpol_capture_text("the file is compressed: decompress it first, with "
					 "gunzip or the like");
		break;
	default:
		*why = rpol_capture_text("this is no pcap or pcapng file: it begins with byte "
					 "0x%02x",
					 (unsigned)first);
	}
	fclose(stream);
	return -EINVAL;
}

/* *error = PATH: WHY, and frees why. Returns what the caller is to return. */
static int refuse(const char *path, int result, char *why, char **error)
{
	*error = why ? rpol_capture_text("%s: %s", path, why) : NULL;
	free(why);
	return result;
}

int rpol_capture_open_stream(FILE *stream, const char *path, const uint8_t mac[6],
			     struct rpol_capture **out, char **error)
{
	struct rpol_capture *capture = calloc(1, sizeof(*capture));
	char *why = NULL;

	if (!capture || !(capture->path = strdup(path))) {
		free(capture);
		fclose(stream);
		return refuse(path, -ENOMEM, rpol_capture_text("out of memory"), error);
	}
	memcpy(capture->mac, mac, 6);
	int result = open_format(stream, capture, &why);
	if (result) {
		rpol_capture_close(capture);
		return refuse(path, result, why, error);
	}
	*out = capture;
	return 0;
}

int rpol_capture_open(const char *path, const uint8_t mac[6], struct rpol_capture **out,
		      char **error)
{
	bool standard = !strcmp(path, "-");
	int copy = standard ? dup(STDIN_FILENO) : -1;
	FILE *stream = standard ? fdopen(copy, "rb") : fopen(path, "rb");

	if (!stream) {
		int result = -errno;
		if (copy >= 0)
			close(copy);
		return refuse(path, result,
			      rpol_capture_text("cannot be opened: %s", strerror(-result)), error);
	}
	return rpol_capture_open_stream(stream, standard ? "standard input" : path, mac, out,
					error);
}

static int fail(struct rpol_capture *capture, int result, char *why, char **error)
{
	uint64_t count = capture->count;

	capture->failed = true;
	if (!why)
		*error = NULL;
	else if (count == 0)
		*error = rpol_capture_text("%s: packet 1: %s; none was read before it",
					   capture->path, why);
	else if (count == 1)
		*error = rpol_capture_text("%s: packet 2: %s; the packet before it counts",
					   capture->path, why);
	else
		*error = rpol_capture_text("%s: packet %" PRIu64 ": %s; the %" PRIu64
					   " packets before it count",
					   capture->path, count + 1, why, count);
	free(why);
	return result;
}

int rpol_capture_next(struct rpol_capture *capture, struct rpol_frame *frame, char **error)
{
	struct record record = {0};
	char *why = NULL;

	if (capture->failed)
		return 0;
	int result = capture->format->next(capture->state, &record, &why);
	if (result == 1) {
		int known = rpol_capture_check_link(record.link, &why);
		result = known ? known : result;
	}
	if (result < 0)
		return fail(capture, result, why, error);
	if (result == 0)
		return 0;

	/* nothing shorter than what is there was on the wire, whatever the file says */
	if (record.wire_length < record.length)
		record.wire_length = record.length;
	struct rpol_frame made = {
		.index = capture->count + 1,
		.time_ns = record.time_ns,
		.data = record.data,
		.length = record.length,
		.wire_length = record.wire_length,
		.interface = record.interface,
	};
	if (record.link != LINK_ETHERNET && put_ethernet(capture, &record, &made))
		return fail(capture, -ENOMEM, rpol_capture_text("out of memory"), error);
	capture->count++;
	*frame = made;
	return 1;
}

void rpol_capture_close(struct rpol_capture *capture)
{
	if (!capture)
		return;
	if (capture->state)
		capture->format->close(capture->state);
	free(capture->frame);
	free(capture->path);
	free(capture);
}
