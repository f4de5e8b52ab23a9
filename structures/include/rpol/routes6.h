/* routes6.h: IPv6 longest-prefix tables: the prefixes in user space, and the image of them that
 * programs read (rpol/routes6_layout.h; the reader is runtime-bpf/src/routes6.h), changed while
 * they read it. An answer is a value of 1 to 65,535; 0 is "no prefix has the address".
 *
 * Build: rpol_routes6_new, rpol_routes6_size, rpol_routes6_write into memory of that size. Grow:
 * write the same table into larger memory, then show the readers that one.
 *
 * Not thread safe: one thread changes a table at a time. Addresses are in host order: high has the
 * first 64 bits. Nothing here keeps a pointer of the caller's but the memory and the grace period.
 */
#ifndef RPOL_ROUTES6_H
#define RPOL_ROUTES6_H

#include "rpol/grace.h"
#include "rpol/memory.h"

#include <stddef.h>
#include <stdint.h>

struct rpol_route6 {
	uint64_t high, low; /* bits past the length are 0 */
	uint16_t value;	    /* never 0 */
	uint8_t length;	    /* 0 to 128 */
};

struct rpol_routes6;

/* A table of the prefixes, in any order; of equal prefixes the last one counts. -EINVAL: an address
 * with bits past its length, a length over 128, or the value 0. -ENOMEM. On failure *out is
 * untouched. The caller frees it with rpol_routes6_free, which does not touch the image. */
int rpol_routes6_new(struct rpol_routes6 **out, const struct rpol_route6 *routes, size_t count);
void rpol_routes6_free(struct rpol_routes6 *table);

/* Bytes of the image of the table as it stands, whose pool of nodes has room for `headroom` percent
 * more: 150 for tables that change, since what a prefix covers is written a second time beside what
 * is there, for ::/0 all of it. At most RPOL_ROUTES6_SIZE_MAX can be written. 0: no memory to find
 * out. */
size_t rpol_routes6_size(const struct rpol_routes6 *table, unsigned headroom);

/* Bytes for a table of up to so many prefixes with the Internet's lengths, or of fewer with any,
 * two and a half times what those need: for one that is filled and changed later. */
size_t rpol_routes6_plan(uint32_t routes);

/* Writes the image into the memory, all of which becomes its own: what the prefixes do not need now
 * is for changes. Nothing may read it yet. From then on changes go there; memory written before
 * stays as it is. The memory stays the caller's and must outlive the table's last change.
 * grace: NULL when no reader will ever be there during a change. -ENOSPC: smaller than
 * rpol_routes6_size(table, 0); -EFBIG: larger than RPOL_ROUTES6_SIZE_MAX; -ENOMEM. On failure the
 * table is as before, and the memory's content is undefined. */
int rpol_routes6_write(struct rpol_routes6 *table, struct rpol_memory memory,
		       const struct rpol_grace *grace);

/* Takes over an image that is being read, whose prefixes the table has: which parts of it are in
 * use is found by walking it. Where it is not as the table (its last owner died amid a change), it
 * is brought to the table's answers, as by changes. One grace period is waited for. -EBADMSG: not
 * an image, or a damaged one, which is then untouched; -ENOSPC: repairing needs more room; -ENOMEM;
 * or what grace says. On failure the table has no image. */
int rpol_routes6_open(struct rpol_routes6 *table, struct rpol_memory memory,
		      const struct rpol_grace *grace);

/* Adds the prefix, or gives it another value. Without an image, only the table changes. A reader
 * finds the old answer or the new one, and of addresses outside of the prefix always the same.
 * -EINVAL as above; -ENOSPC: the image's pool is too full, or too fragmented; -ENOMEM; or what
 * grace says. On failure both table and image are as before. */
int rpol_routes6_set(struct rpol_routes6 *table, const struct rpol_route6 *route);

/* Takes the prefix out; route's value is not looked at. -ENOENT: it is not in. Otherwise as
 * rpol_routes6_set (-ENOSPC too: what takes the place is written beside it). */
int rpol_routes6_remove(struct rpol_routes6 *table, const struct rpol_route6 *route);

/* The value of exactly this prefix, 0 when it is not in; route's value is not looked at. */
uint16_t rpol_routes6_find(const struct rpol_routes6 *table, const struct rpol_route6 *route);

/* The prefixes, rpol_routes6_count of them, by address, then length. */
size_t rpol_routes6_count(const struct rpol_routes6 *table);
void rpol_routes6_list(const struct rpol_routes6 *table, struct rpol_route6 *out);

/* How full the image is. */
void rpol_routes6_room(const struct rpol_routes6 *table, struct rpol_room *out);

#endif
