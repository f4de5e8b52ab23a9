/* capture_pcapng.c: reads pcapng block by block.
 *
 * libpcap hides the interfaces' names and refuses files with several link types, hence our own.
 * The file is hostile: every length is checked before it is used, and no more memory is taken
 * than the file has bytes or one block may have. */
#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOCK (16u << 20) /* bytes of one block; far beyond any packet */
#define MAX_INTERFACES 65536u /* of one section */

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6,
};

enum { OPTION_END = 0, IF_NAME = 2, IF_TSRESOL = 9, IF_TSOFFSET = 14 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

struct interface {
	char *name;		/* NULL: not named */
	uint32_t link, snaplen; /* snaplen 0: no limit */
	uint8_t resolution;	/* as in the file: 10^-n, or 2^-(n & 127) with the upper bit */
	int64_t offset_s;
};

struct pcapng {
	FILE *stream;
	bool swapped; /* the section's byte order is not this machine's */
	/* Of all sections, since the names must live until close; the current one's are from
	 * `section` on. */
	struct interface *interfaces;
	size_t ninterfaces, capacity, section;
	/* The block last read, from its type to its last length. */
	uint8_t *block;
	size_t size, block_capacity;
	uint64_t offset; /* in the file, of the block last read */
	uint64_t next_offset;
};

static uint32_t get32(const struct pcapng *ng, const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, 4);
	return ng->swapped ? __builtin_bswap32(value) : value;
}

static uint16_t get16(const struct pcapng *ng, const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, 2);
	return ng->swapped ? __builtin_bswap16(value) : value;
}

static uint64_t get64(const struct pcapng *ng, const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, 8);
	return ng->swapped ? __builtin_bswap64(value) : value;
}

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

/* *why = TEXT in the block at its byte; returns -EINVAL. */
#define DAMAGED(ng, why, ...) (*(why) = in_block((ng), rpol_capture_text(__VA_ARGS__)), -EINVAL)

static char *in_block(const struct pcapng *ng, char *text)
{
	char *whole =
		text ? rpol_capture_text("%s (block at byte %" PRIu64 ")", text, ng->offset) : NULL;
	free(text);
	return whole;
}

/* ---- blocks ----------------------------------------------------------------------------- */

/* Reads the block's bytes from `have` up to `size`. 0, -EINVAL or -errno. */
static int fill(struct pcapng *ng, size_t have, size_t size, char **why)
{
	if (ng->block_capacity < size) {
		uint8_t *grown = realloc(ng->block, size);
		if (!grown) {
			*why = rpol_capture_text("out of memory");
			return -ENOMEM;
		}
		ng->block = grown;
		ng->block_capacity = size;
	}
	size_t got = fread(ng->block + have, 1, size - have, ng->stream);
	int saved = errno;
	ng->size = have + got;
	if (ng->size == size)
		return 0;
	if (ferror(ng->stream)) {
		*why = rpol_capture_text("cannot be read: %s", strerror(saved));
		return saved ? -saved : -EIO;
	}
	if (have == 0 && got == 0)
		return 0; /* the end, between two blocks: the caller sees size 0 */
	return DAMAGED(ng, why, "the file ends after %zu of %zu bytes", ng->size, size);
}

/* Reads the next block whole. 1, 0 at the end of the file, or -errno. */
static int read_block(struct pcapng *ng, char **why)
{
	ng->offset = ng->next_offset;
	/* 12 bytes are in every block; in a section header they reach to the byte order */
	int result = fill(ng, 0, 12, why);
	if (result || ng->size == 0)
		return result;

	if (get32(ng, ng->block) == BLOCK_SECTION) {
		uint32_t magic;
		memcpy(&magic, ng->block + 8, 4);
		ng->swapped = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
		if (!ng->swapped && magic != BYTE_ORDER_MAGIC)
			return DAMAGED(ng, why, "a section header without its byte order");
	} else if (ng->offset == 0) {
		*why = rpol_capture_text(
			"this is no pcapng file: it does not begin with a section");
		return -EINVAL;
	}
	uint32_t length = get32(ng, ng->block + 4);
	if (length < 12 || length % 4)
		return DAMAGED(ng, why, "a block of %" PRIu32 " bytes cannot be", length);
	if (length > MAX_BLOCK)
		return DAMAGED(ng, why,
			       "a block of %" PRIu32 " bytes is larger than rpol reads (%u)",
			       length, MAX_BLOCK);
	result = fill(ng, 12, length, why);
	if (result)
		return result;
	uint32_t again = get32(ng, ng->block + length - 4);
	if (again != length)
		return DAMAGED(ng, why,
			       "a block says that it has %" PRIu32 " bytes and at its end %" PRIu32,
			       length, again);
	ng->next_offset = ng->offset + length;
	return 1;
}

static int read_section(struct pcapng *ng, char **why)
{
	if (ng->size < 28)
		return DAMAGED(ng, why, "a section header of %zu bytes is too short", ng->size);
	uint16_t major = get16(ng, ng->block + 12);
	if (major != 1)
		return DAMAGED(ng, why, "pcapng version %u is not known", major);
	ng->section = ng->ninterfaces;
	return 0;
}

/* ---- interfaces ------------------------------------------------------------------------- */

static int read_option(struct pcapng *ng, uint16_t code, const uint8_t *value, uint16_t length,
		       struct interface *interface, char **why)
{
	switch (code) {
	case IF_NAME:
		free(interface->name);
		interface->name = NULL;
		if (!length || !*value)
			return 0;
		interface->name = strndup((const char *)value, length);
		if (!interface->name) {
			*why = rpol_capture_text("out of memory");
			return -ENOMEM;
		}
		return 0;
	case IF_TSRESOL:
		if (length != 1)
			return DAMAGED(ng, why, "if_tsresol has %u bytes instead of 1", length);
		interface->resolution = value[0];
		return 0;
	case IF_TSOFFSET:
		if (length != 8)
			return DAMAGED(ng, why, "if_tsoffset has %u bytes instead of 8", length);
		interface->offset_s = (int64_t)get64(ng, value);
		return 0;
	default:
		return 0;
	}
}

/* Reads the options between two offsets of the block. */
static int read_options(struct pcapng *ng, size_t at, size_t end, struct interface *interface,
			char **why)
{
	while (at < end) {
		/* blocks and options are multiples of 4, so that these 4 bytes are there */
		uint16_t code = get16(ng, ng->block + at);
		uint16_t length = get16(ng, ng->block + at + 2);
		at += 4;
		if (padded(length) > end - at)
			return DAMAGED(ng, why, "option %u of %u bytes goes beyond its block", code,
				       length);
		if (code == OPTION_END)
			return 0;
		int result = read_option(ng, code, ng->block + at, length, interface, why);
		if (result)
			return result;
		at += padded(length);
	}
	return 0;
}

static int read_interface(struct pcapng *ng, char **why)
{
	if (ng->size < 20)
		return DAMAGED(ng, why, "an interface block of %zu bytes is too short", ng->size);
	if (ng->ninterfaces - ng->section == MAX_INTERFACES)
		return DAMAGED(ng, why, "more than %u interfaces in one section", MAX_INTERFACES);
	if (ng->ninterfaces == ng->capacity) {
		size_t capacity = ng->capacity ? 2 * ng->capacity : 4;
		struct interface *grown = reallocarray(ng->interfaces, capacity, sizeof(*grown));
		if (!grown) {
			*why = rpol_capture_text("out of memory");
			return -ENOMEM;
		}
		ng->interfaces = grown;
		ng->capacity = capacity;
	}
	struct interface interface = {
		.link = get16(ng, ng->block + 8),
		.snaplen = get32(ng, ng->block + 12),
		.resolution = 6,
	};
	int result = read_options(ng, 16, ng->size - 4, &interface, why);
	if (result) {
		free(interface.name);
		return result;
	}
	ng->interfaces[ng->ninterfaces++] = interface;
	return 0;
}

/* Nanoseconds since the epoch; what lies before it or beyond 64 bits is the nearest that fits. */
static uint64_t time_ns(const struct interface *interface, uint64_t stamp)
{
	unsigned exponent = interface->resolution & 127;
	unsigned __int128 units = stamp;

	if (interface->resolution & 128) {
		units = units * 1000000000u >> exponent;
	} else {
		for (unsigned n = exponent; n < 9; n++)
			units *= 10;
		for (unsigned n = 9; n < exponent; n++)
			units /= 10;
	}
	__int128 time = (__int128)units + (__int128)interface->offset_s * 1000000000;
	return time < 0 ? 0 : time > UINT64_MAX ? UINT64_MAX : (uint64_t)time;
}

/* ---- packets ---------------------------------------------------------------------------- */

static int find_interface(struct pcapng *ng, uint32_t number, const struct interface **out,
			  char **why)
{
	if (number >= ng->ninterfaces - ng->section)
		return DAMAGED(ng, why, "interface %" PRIu32 " is not in the file", number);
	*out = &ng->interfaces[ng->section + number];
	return 0;
}

/* A packet's bytes from offset `at` of the block, which ends 4 bytes before its size. */
static int read_data(struct pcapng *ng, const struct interface *interface, size_t at,
		     uint32_t length, uint32_t wire_length, struct record *record, char **why)
{
	size_t there = ng->size - 4 - at;

	if (length > there)
		return DAMAGED(ng, why, "a packet of %" PRIu32 " bytes in a block with %zu for it",
			       length, there);
	record->link = interface->link;
	record->interface = interface->name;
	record->data = ng->block + at;
	record->length = length;
	record->wire_length = wire_length;
	return 1;
}

/* Enhanced packet blocks, and the obsolete ones, which have a shorter interface number. */
static int read_packet(struct pcapng *ng, bool old, struct record *record, char **why)
{
	const struct interface *interface;

	if (ng->size < 32)
		return DAMAGED(ng, why, "a packet block of %zu bytes is too short", ng->size);
	uint32_t number = old ? get16(ng, ng->block + 8) : get32(ng, ng->block + 8);
	int result = find_interface(ng, number, &interface, why);
	if (result)
		return result;
	uint64_t high = get32(ng, ng->block + 12), low = get32(ng, ng->block + 16);
	record->time_ns = time_ns(interface, high << 32 | low);
	return read_data(ng, interface, 28, get32(ng, ng->block + 20), get32(ng, ng->block + 24),
			 record, why);
}

/* Simple packet blocks: of the first interface, without time, cut by its snaplen alone. */
static int read_simple(struct pcapng *ng, struct record *record, char **why)
{
	const struct interface *interface;

	if (ng->size < 16)
		return DAMAGED(ng, why, "a packet block of %zu bytes is too short", ng->size);
	int result = find_interface(ng, 0, &interface, why);
	if (result)
		return result;
	uint32_t wire_length = get32(ng, ng->block + 8), length = wire_length;
	if (interface->snaplen && length > interface->snaplen)
		length = interface->snaplen;
	return read_data(ng, interface, 12, length, wire_length, record, why);
}

static int next(void *state, struct record *record, char **why)
{
	struct pcapng *ng = state;

	for (;;) {
		int result = read_block(ng, why);
		if (result <= 0)
			return result;
		switch (get32(ng, ng->block)) {
		case BLOCK_SECTION:
			result = read_section(ng, why);
			break;
		case BLOCK_INTERFACE:
			result = read_interface(ng, why);
			break;
		case BLOCK_PACKET:
			return read_packet(ng, false, record, why);
		case BLOCK_OLD_PACKET:
			return read_packet(ng, true, record, why);
		case BLOCK_SIMPLE_PACKET:
			return read_simple(ng, record, why);
		default:
			break; /* statistics, names, secrets, …: nothing about packets */
		}
		if (result < 0)
			return result;
	}
}

static void close_pcapng(void *state)
{
	struct pcapng *ng = state;

	for (size_t i = 0; i < ng->ninterfaces; i++)
		free(ng->interfaces[i].name);
	free(ng->interfaces);
	free(ng->block);
	fclose(ng->stream);
	free(ng);
}

int rpol_pcapng_open(FILE *stream, const struct format **format, void **state, char **why)
{
	static const struct format pcapng_format = {next, close_pcapng};
	struct pcapng *ng = calloc(1, sizeof(*ng));

	if (!ng) {
		fclose(stream);
		*why = rpol_capture_text("out of memory");
		return -ENOMEM;
	}
	ng->stream = stream;
	/* a file that is not empty and begins with something else has given an error */
	int result = read_block(ng, why);
	if (result > 0)
		result = read_section(ng, why);
	if (result) {
		close_pcapng(ng);
		return result;
	}
	*format = &pcapng_format;
	*state = ng;
	return 0;
}
