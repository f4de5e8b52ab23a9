/* routes4.h: IPv4 longest-prefix tables: the prefixes in user space, and the image of them that
 * programs read (rpol/routes4_layout.h; the reader is runtime-bpf/src/routes4.h), changed while
 * they read it. An answer is a value of 1 to 65,535; 0 is "no prefix has the address".
 *
 * Build: rpol_routes4_new, rpol_routes4_size, rpol_routes4_write into memory of that size. Change:
 * rpol_routes4_set and rpol_routes4_remove. Grow: write the same table into larger memory, then
 * show the readers that one. Take over an image from another process: rpol_routes4_new,
 * rpol_routes4_open.
 *
 * A reader sees only whole tables: each address has its answer from before a change or from after
 * it. (A prefix shorter than /16 is many stores; a reader may meet some of them and not yet
 * others.) What a change leaves unused is used again only after a grace period, which the caller
 * lends.
 *
 * Not thread safe: one thread changes a table at a time. Addresses are in host order. Nothing here
 * keeps a pointer of the caller's but the memory and the grace period. */
#ifndef RPOL_ROUTES4_H
#define RPOL_ROUTES4_H

#include "rpol/grace.h"
#include "rpol/memory.h"

#include <stddef.h>
#include <stdint.h>

struct rpol_route4 {
	uint32_t address; /* bits past the length are 0 */
	uint16_t value;	  /* never 0 */
	uint8_t length;	  /* 0 to 32 */
};

struct rpol_routes4;

/* A table of the prefixes, in any order; of equal prefixes the last one counts. -EINVAL: an address
 * with bits past its length, a length over 32, or the value 0. -ENOMEM. On failure *out is
 * untouched. The caller frees it with rpol_routes4_free, which does not touch the image. */
int rpol_routes4_new(struct rpol_routes4 **out, const struct rpol_route4 *routes, size_t count);
void rpol_routes4_free(struct rpol_routes4 *table);

/* Bytes of the image of the table as it stands, whose pool of nodes has room for `headroom` percent
 * more (100 for tables that change: twice the room); at most RPOL_ROUTES4_SIZE_MAX can be written.
 */
size_t rpol_routes4_size(const struct rpol_routes4 *table, unsigned headroom);

/* Bytes for a table of up to so many prefixes with the Internet's lengths, or of fewer with any,
 * twice what those need: for one that is filled and changed later. */
size_t rpol_routes4_plan(uint32_t routes);

/* Writes the image into the memory, all of which becomes its own: what the prefixes do not need now
 * is for changes. Nothing may read it yet. From then on changes go there; memory written before
 * stays as it is. The memory stays the caller's and must outlive the table's last change.
 * grace: NULL when no reader will ever be there during a change. -ENOSPC: smaller than
 * rpol_routes4_size(table, 0); -EFBIG: larger than RPOL_ROUTES4_SIZE_MAX; -ENOMEM. On failure the
 * table is as before, and the memory's content is undefined. */
int rpol_routes4_write(struct rpol_routes4 *table, struct rpol_memory memory,
		       const struct rpol_grace *grace);

/* Takes over an image that is being read, whose prefixes the table has: which parts of it are in
 * use is found by walking it. Where it answers otherwise than the table (its last owner died amid a
 * change), it is brought to the table's answers, as by changes. One grace period is waited for.
 * -EBADMSG: not an image, or a damaged one, which is then untouched; -ENOSPC: repairing needs more
 * room; -ENOMEM; or what grace says. On failure the table has no image. */
int rpol_routes4_open(struct rpol_routes4 *table, struct rpol_memory memory,
		      const struct rpol_grace *grace);

/* Adds the prefix, or gives it another value. Without an image, only the table changes. -EINVAL as
 * above; -ENOSPC: the image's pool is too full, or too fragmented; -ENOMEM; or what grace says. On
 * failure both table and image are as before. */
int rpol_routes4_set(struct rpol_routes4 *table, const struct rpol_route4 *route);

/* Takes the prefix out. -ENOENT: it is not in. Otherwise as rpol_routes4_set (-ENOSPC too: two
 * neighbours that were one may be two again). */
int rpol_routes4_remove(struct rpol_routes4 *table, uint32_t address, uint8_t length);

/* The value of exactly this prefix, 0 when it is not in. */
uint16_t rpol_routes4_find(const struct rpol_routes4 *table, uint32_t address, uint8_t length);

/* The prefixes, rpol_routes4_count of them, by address, then length. */
size_t rpol_routes4_count(const struct rpol_routes4 *table);
void rpol_routes4_list(const struct rpol_routes4 *table, struct rpol_route4 *out);

/* How full the image is. */
void rpol_routes4_room(const struct rpol_routes4 *table, struct rpol_room *out);

#endif
