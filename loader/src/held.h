/* held.h: what an lpm table in memory holds: records (struct rpol_held) in a map that is mapped
 * here. Private to loader/.
 *
 * Each entry comes, changes and goes by one aligned store, all of them at once by another: whoever
 * is killed leaves every entry as it was or as it is to be. Nobody but the lock's owner changes
 * them, and no program reads them. */
#ifndef RPOL_HELD_H
#define RPOL_HELD_H

#include "contents.h"

struct held;

/* Maps the records, for `size` entries. 0 or -errno. */
int held_open(int map, uint32_t size, struct held **out);
void held_close(struct held *held); /* NULL: nothing */

/* Calls visit for each entry until it returns other than 0, and returns that; else 0. visit changes
 * nothing. */
int held_each(const struct held *held,
	      int (*visit)(void *arg, const uint8_t *key, const union contents_value *value),
	      void *arg);

/* Finds entries by their keys from now on, and has room for so many more: held_set does not run out
 * of memory before. -ENOMEM. Needed by all below. */
int held_reserve(struct held *held, size_t more);

size_t held_count(const struct held *held);
bool held_find(const struct held *held, const uint8_t *key, uint32_t *word);
int held_set(struct held *held, const uint8_t *key, uint32_t word); /* -E2BIG: it is full */
bool held_delete(struct held *held, const uint8_t *key);	    /* false: it was not there */
void held_clear(struct held *held);

#endif
