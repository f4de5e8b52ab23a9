/* exact.h: tables of exact keys in directly addressed memory: addresses, ports, concatenations.
 *
 * A key is 1..16 words of 32 bits, compared as bytes; shorter parts are padded with zeros by the
 * caller. A value is any number but 0, which a lookup gives when the key is not there. Building
 * makes the image that programs read (runtime-bpf/src/exact.h); an image can then be opened and
 * changed while programs read it, one writer at a time.
 *
 * What was removed or moved is used again when no reader can still be looking at it: the writer
 * waits for a grace period when it needs the room. On machines that reorder loads (not x86), a
 * reader that looks for a removed key may be given the value of one that took its place.
 */
#ifndef RPOL_EXACT_H
#define RPOL_EXACT_H

#include "rpol/grace.h"
#include "rpol/memory.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of a table for up to `capacity` keys of `words` words; 0 when that is more than a table can
 * be (2 GiB), or words is not 1..16. */
size_t rpol_exact_measure(uint32_t words, uint32_t capacity);

/* Makes the table in memory (aligned to 4, at least rpol_exact_measure(words, capacity) bytes; all
 * of those are written). keys: count * words words; values: count, none 0. seed: the hash's; the
 * same seed and keys give the same bytes. -EINVAL: words, count over capacity, or a value of 0
 * (*bad is its index); -EEXIST: a key is there twice (*bad is the first index that repeats an
 * earlier key); -ENOSPC: memory too small, or (never seen) no seed of many separates the keys;
 * -ENOMEM. On an error the table holds nothing. bad may be NULL. */
int rpol_exact_build(void *memory, size_t size, uint32_t words, uint32_t capacity,
		     const uint32_t *keys, const uint32_t *values, uint32_t count, uint64_t seed,
		     uint32_t *bad);

/* A writer's handle on a table. It borrows the memory. */
struct rpol_exact;

/* Opens a table that rpol_exact_build made, here or in another process, wherever its last writer
 * stopped; one grace period is waited for. grace: NULL when no reader will ever be there during a
 * change. -EBADMSG: the memory does not hold a table; -ENOMEM; or what grace says. */
int rpol_exact_open(struct rpol_exact **out, struct rpol_memory memory,
		    const struct rpol_grace *grace);
void rpol_exact_close(struct rpol_exact *table);

/* Adds the key, or replaces its value. A reader finds the old answer or the new one; other keys
 * keep theirs throughout. -EINVAL: value 0. -ENOSPC: full, make a larger table; a table below its
 * capacity may say so too, when the key's group is too large to be moved, which none of a million
 * keys was. Or what grace says. Errors leave the table as it was. */
int rpol_exact_set(struct rpol_exact *table, const uint32_t *key, uint32_t value);

/* Takes the key out; -ENOENT when it was not there. */
int rpol_exact_remove(struct rpol_exact *table, const uint32_t *key);

struct rpol_exact_fill {
	uint32_t capacity; /* keys */
	uint32_t keys;
	uint32_t slots;
	uint32_t deferred; /* slots waiting for a grace period */
	size_t graces;	   /* periods waited for since it was opened */
};

struct rpol_exact_fill rpol_exact_fill(const struct rpol_exact *table);

#endif
