/* exact_live.c: changes a table of exact keys that is being read. Contract in exact.h; how changes
 * are published, in exact_layout.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "rpol/exact.h"

enum { NONE = -1 };

enum state { FREE, USED, RETIRED }; /* of a slot; all but FREE is taken */

struct rpol_exact {
	struct rpol_exact_header *header;
	uint16_t *pilots;
	uint32_t *slots;
	uint32_t words, keys, nretired;
	uint8_t *states;	 /* by slot */
	int32_t *heads;		 /* by group: its first slot */
	int32_t *ghosts;	 /* by group: the first slot that it left and that is not settled */
	int32_t *nexts;		 /* by slot: the next of either list */
	uint32_t *retired;	 /* slots */
	struct rpol_grace grace; /* wait: NULL when there are no readers */
	size_t graces;
};

static uint32_t *slot_at(const struct rpol_exact *table, uint32_t slot)
{
	return table->slots + (size_t)slot * (table->words + 1);
}

static void link_slot(struct rpol_exact *table, uint32_t group, uint32_t slot)
{
	table->states[slot] = USED;
	table->nexts[slot] = table->heads[group];
	table->heads[group] = (int32_t)slot;
}

static void retire(struct rpol_exact *table, uint32_t group, uint32_t slot)
{
	table->states[slot] = RETIRED;
	table->nexts[slot] = table->ghosts[group];
	table->ghosts[group] = (int32_t)slot;
	table->retired[table->nretired++] = slot;
}

static void set_value(struct rpol_exact *table, uint32_t slot, uint32_t value)
{
	__atomic_store_n(&slot_at(table, slot)[table->words], value, __ATOMIC_RELEASE);
}

static uint32_t group_of(const struct rpol_exact *table, const uint32_t *key)
{
	return rpol_exact_group(table->header, rpol_exact_hash(table->header, key, table->words));
}

/* Are the header's numbers those of a table within size bytes? */
static bool sound(const struct rpol_exact_header *header, size_t size)
{
	size_t stride = (header->words + (size_t)1) * sizeof(uint32_t);

	return size >= RPOL_EXACT_PILOTS && header->words >= 1 &&
	       header->words <= RPOL_EXACT_WORDS && header->groups && header->slots &&
	       header->first % sizeof(uint32_t) == 0 &&
	       header->first >= RPOL_EXACT_PILOTS + header->groups * sizeof(uint16_t) &&
	       header->first <= size && header->slots <= (size - header->first) / stride &&
	       header->slots <= INT32_MAX;
}

static int wait_grace(struct rpol_exact *table)
{
	int rc = table->grace.wait ? table->grace.wait(table->grace.arg) : 0;

	table->graces += !rc;
	return rc;
}

int rpol_exact_open(struct rpol_exact **out, struct rpol_memory memory,
		    const struct rpol_grace *grace)
{
	struct rpol_exact_header *header = memory.bytes;
	int rc;

	if (memory.size < RPOL_EXACT_PILOTS || !sound(header, memory.size))
		return -EBADMSG;
	struct rpol_exact *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->header = header;
	table->pilots = (void *)((char *)memory.bytes + RPOL_EXACT_PILOTS);
	table->slots = (void *)((char *)memory.bytes + header->first);
	table->words = header->words;
	table->states = calloc(header->slots, sizeof(*table->states));
	table->heads = malloc(header->groups * sizeof(*table->heads));
	table->ghosts = malloc(header->groups * sizeof(*table->ghosts));
	table->nexts = malloc(header->slots * sizeof(*table->nexts));
	table->retired = malloc(header->slots * sizeof(*table->retired));
	if (!table->states || !table->heads || !table->ghosts || !table->nexts || !table->retired) {
		rpol_exact_close(table);
		return -ENOMEM;
	}
	if (grace)
		table->grace = *grace;
	/* What the last writer left may still be read. */
	rc = wait_grace(table);
	if (rc) {
		rpol_exact_close(table);
		return rc;
	}
	for (uint32_t g = 0; g < header->groups; g++)
		table->heads[g] = table->ghosts[g] = NONE;
	for (uint32_t s = 0; s < header->slots; s++) {
		const uint32_t *slot = slot_at(table, s);
		uint64_t hash = rpol_exact_hash(header, slot, table->words);
		uint32_t group = rpol_exact_group(header, hash);

		if (!slot[table->words])
			continue;
		if (rpol_exact_slot(header, hash, table->pilots[group]) != s) {
			set_value(table, s, 0); /* left by a writer, or not come to */
			continue;
		}
		link_slot(table, group, s);
		table->keys++;
	}
	*out = table;
	return 0;
}

void rpol_exact_close(struct rpol_exact *table)
{
	if (!table)
		return;
	free(table->states);
	free(table->heads);
	free(table->ghosts);
	free(table->nexts);
	free(table->retired);
	free(table);
}

/* The link of the list to the key's slot; one to NONE when the key is not there. */
static int32_t *find(struct rpol_exact *table, int32_t *link, const uint32_t *key)
{
	while (*link != NONE &&
	       memcmp(slot_at(table, (uint32_t)*link), key, table->words * sizeof(*key)))
		link = &table->nexts[*link];
	return link;
}

/* Fills an empty slot; with its value it can be found, if the group's pilot leads to it. */
static void fill(struct rpol_exact *table, uint32_t place, const uint32_t *key, uint32_t value)
{
	uint32_t *slot = slot_at(table, place);

	for (uint32_t i = 0; i < table->words; i++)
		__atomic_store_n(&slot[i], key[i], __ATOMIC_RELAXED);
	set_value(table, place, value);
}

/* Frees what was left, after a grace period. */
static int settle(struct rpol_exact *table)
{
	int rc = wait_grace(table);

	for (uint32_t i = 0; i < table->nretired && !rc; i++) {
		uint32_t slot = table->retired[i];

		table->ghosts[group_of(table, slot_at(table, slot))] = NONE;
		table->states[slot] = FREE;
		set_value(table, slot, 0);
	}
	table->nretired = rc ? table->nretired : 0;
	return rc;
}

/* Moves the group to places for all its keys and the new one, hashes[0]. */
static int move(struct rpol_exact *table, uint32_t group, const uint32_t *key, uint32_t value,
		uint64_t hash)
{
	uint32_t members[EXACT_GROUP], places[EXACT_GROUP], n = 1, pilot = 0;
	uint64_t hashes[EXACT_GROUP] = {hash};

	for (int32_t s = table->heads[group]; s != NONE; s = table->nexts[s]) {
		if (n == EXACT_GROUP)
			return -ENOSPC;
		members[n] = (uint32_t)s;
		hashes[n++] =
			rpol_exact_hash(table->header, slot_at(table, (uint32_t)s), table->words);
	}
	while (pilot < RPOL_EXACT_NO_PILOT &&
	       !exact_place(table->header, table->states, hashes, n, pilot, places))
		pilot++;
	if (pilot == RPOL_EXACT_NO_PILOT)
		return -ENOSPC;
	fill(table, places[0], key, value);
	for (uint32_t i = 1; i < n; i++) {
		const uint32_t *slot = slot_at(table, members[i]);

		fill(table, places[i], slot, slot[table->words]);
	}
	__atomic_store_n(&table->pilots[group], (uint16_t)pilot, __ATOMIC_RELEASE);
	table->heads[group] = NONE;
	for (uint32_t i = 1; i < n; i++)
		retire(table, group, members[i]);
	for (uint32_t i = 0; i < n; i++)
		link_slot(table, group, places[i]);
	return 0;
}

int rpol_exact_set(struct rpol_exact *table, const uint32_t *key, uint32_t value)
{
	uint64_t hash = rpol_exact_hash(table->header, key, table->words);
	uint32_t group = rpol_exact_group(table->header, hash);
	int32_t there = *find(table, &table->heads[group], key);
	int rc = 0;

	if (!value)
		return -EINVAL;
	if (there != NONE) {
		set_value(table, (uint32_t)there, value);
		return 0;
	}
	if (table->keys >= table->header->capacity)
		return -ENOSPC;
	uint32_t place = rpol_exact_slot(table->header, hash, table->pilots[group]);

	if (table->states[place] == FREE) {
		fill(table, place, key, value);
		link_slot(table, group, place);
	} else {
		rc = move(table, group, key, value, hash);
		if (rc && table->nretired) {
			rc = settle(table);
			rc = rc ? rc : move(table, group, key, value, hash);
		}
	}
	table->keys += !rc;
	return rc;
}

int rpol_exact_remove(struct rpol_exact *table, const uint32_t *key)
{
	uint32_t group = group_of(table, key);
	int32_t *link = find(table, &table->heads[group], key), slot = *link;

	if (slot == NONE)
		return -ENOENT;
	set_value(table, (uint32_t)slot, 0);
	/* Where the group was before: it may come to the same pilot again, without this key. */
	for (int32_t *g = &table->ghosts[group]; *(g = find(table, g, key)) != NONE;
	     g = &table->nexts[*g])
		set_value(table, (uint32_t)*g, 0);
	*link = table->nexts[slot];
	retire(table, group, (uint32_t)slot);
	table->keys--;
	return 0;
}

struct rpol_exact_fill rpol_exact_fill(const struct rpol_exact *table)
{
	return (struct rpol_exact_fill){table->header->capacity, table->keys, table->header->slots,
					table->nretired, table->graces};
}
