/* packetgen.h: what the packet generator's two halves share: values (pool.c), frames (packetgen.c).
 */
#ifndef DIFFERENTIAL_PACKETGEN_H
#define DIFFERENTIAL_PACKETGEN_H

#include "differential.h"

#define NUMBERS_MAX 256
#define PREFIXES_MAX 512

struct pool {
	/* By type; lengths (len, udp.len) are kept under BOOL, which has no numbers of its own. */
	struct numbers {
		uint32_t items[NUMBERS_MAX];
		uint32_t count;
	} numbers[RPOL_TYPE_IFACE + 1];
	struct prefixes {
		struct rpol_prefix items[PREFIXES_MAX];
		uint32_t count;
	} v4, v6;
};

/* A number the policy mentions, one beside it, or any up to max. */
uint32_t values_number(struct dice *dice, const struct pool *pool, enum rpol_type type,
		       uint32_t max);

/* An address in, at the edges of, or beside a prefix the policy mentions; or a usual one. Writes
 * 4 or 16 bytes. */
void values_addr(struct dice *dice, const struct pool *pool, unsigned family, uint8_t *bytes);

#endif
