/* pool.h: room for nodes inside an image, given and taken back while programs read it. Granules are
 * 8 bytes; a block is some granules in a row, at most POOL_BLOCK_MAX. The free blocks' own records
 * (size, neighbours in their list) stand in the free blocks themselves; readers never go there. */
#ifndef RPOL_POOL_H
#define RPOL_POOL_H

#include "rpol/grace.h"
#include "rpol/memory.h"

#include <stddef.h>
#include <stdint.h>

enum { POOL_GRANULE = 8, POOL_BLOCK_MAX = 255 };

struct pool_block {
	uint32_t granule;
	uint32_t granules;
};

struct pool {
	unsigned char *bytes;
	uint32_t granules;
	uint32_t open;	  /* granules to give */
	uint32_t waiting; /* granules in deferred blocks */
	uint64_t *free;	  /* a bit for each granule: the first or last of a free block */
	/* Lists of free blocks by size, the last one for all that are larger: first block + 1. */
	uint32_t first[POOL_BLOCK_MAX + 2];
	uint64_t filled[(POOL_BLOCK_MAX + 1) / 64 + 1]; /* which lists have one */
	struct pool_block *deferred;
	size_t ndeferred, room;	 /* of deferred */
	struct rpol_grace grace; /* wait: NULL when there are no readers */
	size_t graces;
};

/* A pool of `granules` at `bytes`, all of them in use. grace: may be NULL. -ENOMEM. */
int pool_init(struct pool *pool, void *bytes, uint32_t granules, const struct rpol_grace *grace);
void pool_fini(struct pool *pool);

/* A block, or -ENOSPC. Waits for a grace period when that gives what is missing. */
int pool_take(struct pool *pool, uint32_t granules, uint32_t *granule);

/* Gives back what no reader has ever reached. Of any size. */
void pool_give(struct pool *pool, uint32_t granule, uint32_t granules);

/* Gives all granules without a bit in `used`, of a pool that has just been made. */
void pool_give_rest(struct pool *pool, const uint64_t *used);

/* Room to defer so many blocks more. -ENOMEM. */
int pool_reserve(struct pool *pool, size_t blocks);

/* Gives back, after a grace period, what readers may still be in. Room was reserved. */
void pool_defer(struct pool *pool, uint32_t granule, uint32_t granules);

/* Waits, when enough is deferred, so that it can be given again. Failing to wait is no failure: it
 * is tried again when room is needed. */
void pool_settle(struct pool *pool);

/* How full it is. */
void pool_room(const struct pool *pool, struct rpol_room *out);

#endif
