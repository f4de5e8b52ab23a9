/* addr.h: addresses, prefixes and number ranges as values.
 *
 * Bytes of an address are always in network order; a prefix never has host bits set. */
#ifndef RPOL_ADDR_H
#define RPOL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPOL_ADDR_TEXT 64 /* room for any address or prefix as text, with its NUL */

struct rpol_addr {
	uint8_t family;	   /* 4 or 6 */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

struct rpol_prefix {
	struct rpol_addr addr;
	uint8_t length; /* 0..32 or 0..128 */
};

/* Both ends included, host order. */
struct rpol_range {
	uint32_t low, high;
};

enum rpol_parse_prefix {
	RPOL_PREFIX_OK,
	RPOL_PREFIX_BAD_ADDR,	/* not an address: 10.0.0.300, 1:2, fe80:::1 */
	RPOL_PREFIX_BAD_LENGTH, /* /33, /129, /x */
	RPOL_PREFIX_HOST_BITS,	/* 10.0.0.5/8; *out holds the prefix with the bits cleared */
};

/* Reads LENGTH characters of TEXT as ADDRESS or ADDRESS/LENGTH (a bare address gets its
 * full length). Never asks a resolver. *out is written for OK and HOST_BITS only. */
enum rpol_parse_prefix rpol_prefix_parse(const char *text, size_t length, struct rpol_prefix *out);

/* Writes the canonical text (RFC 5952 for IPv6) into buf and returns buf. A full-length
 * prefix is written as an address by rpol_addr_text only. */
const char *rpol_addr_text(const struct rpol_addr *addr, char buf[RPOL_ADDR_TEXT]);
const char *rpol_prefix_text(const struct rpol_prefix *prefix, char buf[RPOL_ADDR_TEXT]);

/* True when the prefix holds the address; different families never match. */
bool rpol_prefix_has(const struct rpol_prefix *prefix, const struct rpol_addr *addr);

/* Full length of the family: 32 or 128. */
static inline uint8_t rpol_family_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* Total order: IPv4 before IPv6, then by address bytes, then shorter prefixes first. */
int rpol_prefix_compare(const struct rpol_prefix *a, const struct rpol_prefix *b);

#endif
