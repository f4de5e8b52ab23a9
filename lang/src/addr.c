/* addr.c: addresses and prefixes from and to text. Written by hand and not by inet_pton, because
 * the text is not terminated and a wrong one must be told apart: address, length or host bits. */
#include "rpol/addr.h"

#include <stdio.h>
#include <string.h>

/* Reads decimal digits from *at up to end, no sign, no leading zero. */
static bool read_decimal(const char **at, const char *end, unsigned max, unsigned *out)
{
	const char *p = *at;
	unsigned value = 0;

	if (p == end || *p < '0' || *p > '9')
		return false;
	if (*p == '0' && p + 1 < end && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned)(*p - '0');
		if (value > max)
			return false;
	}
	*at = p;
	*out = value;
	return true;
}

/* All of at..end must be a dotted quad. */
static bool read_v4(const char *at, const char *end, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned octet;

		if (i && (at == end || *at++ != '.'))
			return false;
		if (!read_decimal(&at, end, 255, &octet))
			return false;
		out[i] = (uint8_t)octet;
	}
	return at == end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* All of at..end must be an IPv6 address, perhaps with a dotted quad in its last 32 bits. */
static bool read_v6(const char *at, const char *end, uint8_t out[16])
{
	uint8_t bytes[16];
	int n = 0, gap = -1; /* bytes read; where `::` stands */

	if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
		gap = 0;
		at += 2;
	}
	while (at < end) {
		const char *group = at;
		unsigned value = 0;

		while (at < end && hex_digit(*at) >= 0 && at - group < 4)
			value = value << 4 | (unsigned)hex_digit(*at++);
		if (at < end && *at == '.') {
			if (n > 12 || !read_v4(group, end, bytes + n))
				return false;
			n += 4;
			at = end;
			break;
		}
		if (at == group || n > 14)
			return false;
		bytes[n++] = (uint8_t)(value >> 8);
		bytes[n++] = (uint8_t)value;
		if (at == end)
			break;
		if (*at++ != ':' || at == end)
			return false;
		if (*at == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			at++;
		}
	}
	if (gap < 0 ? n != 16 : n > 14)
		return false;

	int head = gap < 0 ? n : gap, tail = n - head;

	memset(out, 0, 16);
	memcpy(out, bytes, (size_t)head);
	memcpy(out + 16 - tail, bytes + head, (size_t)tail);
	return true;
}

/* Clears the bits after the prefix; true when one was set. */
static bool clear_host_bits(struct rpol_prefix *prefix)
{
	bool set = false;

	for (unsigned i = prefix->length / 8u; i < 16; i++) {
		unsigned kept = i == prefix->length / 8u ? prefix->length % 8u : 0;
		uint8_t mask = (uint8_t)(0xff00u >> kept);

		set |= (prefix->addr.bytes[i] & ~mask) != 0;
		prefix->addr.bytes[i] &= mask;
	}
	return set;
}

enum rpol_parse_prefix rpol_prefix_parse(const char *text, size_t length, struct rpol_prefix *out)
{
	struct rpol_prefix prefix = {0};
	const char *end = text + length;
	const char *slash = length ? memchr(text, '/', length) : NULL;
	const char *address_end = slash ? slash : end;

	if (read_v4(text, address_end, prefix.addr.bytes))
		prefix.addr.family = 4;
	else if (read_v6(text, address_end, prefix.addr.bytes))
		prefix.addr.family = 6;
	else
		return RPOL_PREFIX_BAD_ADDR;

	prefix.length = rpol_family_bits(prefix.addr.family);
	if (slash) {
		const char *at = slash + 1;
		unsigned bits;

		if (!read_decimal(&at, end, prefix.length, &bits) || at != end)
			return RPOL_PREFIX_BAD_LENGTH;
		prefix.length = (uint8_t)bits;
	}
	bool host_bits = clear_host_bits(&prefix);

	*out = prefix;
	return host_bits ? RPOL_PREFIX_HOST_BITS : RPOL_PREFIX_OK;
}

static void v6_text(const uint8_t *bytes, char *buf)
{
	uint16_t groups[8];
	int best = -1, best_length = 1; /* RFC 5952: a single zero group is not shortened */
	char *at = buf;

	for (int i = 0; i < 8; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	for (int i = 0; i < 8; i++) {
		int zeros = 0;

		while (i + zeros < 8 && !groups[i + zeros])
			zeros++;
		if (zeros > best_length) {
			best = i;
			best_length = zeros;
		}
		i += zeros;
	}
	bool mapped = best == 0 && best_length == 5 && groups[5] == 0xffff;

	for (int i = 0; i < 8; i++) {
		if (i == best) {
			at += sprintf(at, "::");
			i += best_length - 1;
			continue;
		}
		if (i && i != best + best_length)
			*at++ = ':';
		if (mapped && i == 6) {
			sprintf(at, "%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
			return;
		}
		at += sprintf(at, "%x", groups[i]);
	}
	*at = '\0';
}

const char *rpol_addr_text(const struct rpol_addr *addr, char buf[RPOL_ADDR_TEXT])
{
	if (addr->family == 4)
		snprintf(buf, RPOL_ADDR_TEXT, "%u.%u.%u.%u", addr->bytes[0], addr->bytes[1],
			 addr->bytes[2], addr->bytes[3]);
	else
		v6_text(addr->bytes, buf);
	return buf;
}

const char *rpol_prefix_text(const struct rpol_prefix *prefix, char buf[RPOL_ADDR_TEXT])
{
	rpol_addr_text(&prefix->addr, buf);
	sprintf(buf + strlen(buf), "/%u", prefix->length);
	return buf;
}

bool rpol_prefix_has(const struct rpol_prefix *prefix, const struct rpol_addr *addr)
{
	unsigned whole = prefix->length / 8u, rest = prefix->length % 8u;

	if (prefix->addr.family != addr->family)
		return false;
	if (memcmp(prefix->addr.bytes, addr->bytes, whole))
		return false;
	return !rest || !((prefix->addr.bytes[whole] ^ addr->bytes[whole]) >> (8 - rest));
}

int rpol_prefix_compare(const struct rpol_prefix *a, const struct rpol_prefix *b)
{
	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;

	int order = memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));

	if (order)
		return order < 0 ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}
