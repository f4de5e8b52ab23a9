/* exact.h: tables of exact keys in directly addressed memory: addresses, ports, concatenations.
 *
 * A key is 1..16 words of 32 bits, compared as bytes; shorter parts are padded with zeros by the
 * caller. A value is any number but 0, which a lookup gives when the key is not there. Building
 * makes the image that programs read (runtime-bpf/src/exact.h); an image can then be opened and
 * changed while programs read it, one writer at a time.
 *
 * What was deleted or moved is free again only when no reader can still be looking at it:
 * the writer waits for such a moment (a grace period: all programs that ran have ended) and calls
 * rpol_exact_settle. Machines that reorder loads (not x86) must settle after each change. */
#ifndef RPOL_EXACT_H
#define RPOL_EXACT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a table for up to `capacity` keys of `words` words; 0 when that is more than a table can
 * be (2 GiB), or words is not 1..16. */
size_t rpol_exact_measure(uint32_t words, uint32_t capacity);

/* Makes the table in memory (aligned to 4, at least rpol_exact_measure(words, capacity) bytes; all
 * of those are written). keys: count * words words; values: count, none 0. seed: the hash's; the
 * same seed and keys give the same bytes. Errors: -EINVAL  words, a value of 0 (*bad is its index),
 * or count over capacity -EEXIST  a key is there twice (*bad is the first index that repeats an
 * earlier key) -ENOSPC  memory too small, or (never seen) no seed of many separates the keys
 *   -ENOMEM
 * On an error the table holds nothing. bad may be NULL. */
int rpol_exact_build(void *memory, size_t size, uint32_t words, uint32_t capacity,
		     const uint32_t *keys, const uint32_t *values, uint32_t count, uint64_t seed,
		     uint32_t *bad);

/* A writer's handle on a table. It borrows the memory. */
struct rpol_exact;

/* Opens a table that rpol_exact_build made, here or in another process, whose last writer stopped
 * at least a grace period ago, wherever it stopped; -EINVAL when the memory does not hold one,
 * -ENOMEM. */
int rpol_exact_open(struct rpol_exact **out, void *memory, size_t size);
void rpol_exact_close(struct rpol_exact *table);

/* Adds the key, or replaces its value. A reader finds the old answer or the new one; other keys
 * keep theirs throughout. Errors leave the table as it was: -EINVAL  value 0 -EAGAIN  there is room
 * only after a grace period: wait, rpol_exact_settle, try again -ENOSPC  full: make a larger table.
 * A table below its capacity may say so too, about once in a million keys, when the key's group is
 * too large to be moved */
int rpol_exact_insert(struct rpol_exact *table, const uint32_t *key, uint32_t value);

/* Takes the key out; -ENOENT when it was not there. */
int rpol_exact_delete(struct rpol_exact *table, const uint32_t *key);

/* A grace period has passed since the last change: what was left is free. */
void rpol_exact_settle(struct rpol_exact *table);

struct rpol_exact_fill {
	uint32_t capacity; /* keys */
	uint32_t keys;
	uint32_t slots;
	uint32_t retired; /* slots waiting for rpol_exact_settle */
};

struct rpol_exact_fill rpol_exact_fill(const struct rpol_exact *table);

#endif
