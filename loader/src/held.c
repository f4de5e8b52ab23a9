/* held.c: the entries of a table in memory. Contract in held.h.
 *
 * The map's first record has how many of those after it may be used. Which has a key is found by a
 * hash table of this process: open addressing, the numbers of records, 0 for free. */
#include "held.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>

struct held {
	struct rpol_held *records; /* the first is the head */
	size_t mapped;
	uint32_t size;
	uint32_t *slots; /* NULL: not yet */
	size_t nslots;	 /* a power of two, at least twice the entries */
	uint32_t *holes; /* records that were freed, as a stack */
	size_t nholes, holes_room;
	size_t count;
};

/* ---- records ----------------------------------------------------------------------------------
 */

static void store(__u64 *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static uint32_t used(const struct held *held)
{
	uint64_t used = held->records[0].rest;

	return used < held->size ? (uint32_t)used : held->size;
}

static uint64_t rest_of(const uint8_t *bytes, uint32_t word)
{
	struct rpol_prefix_key key;

	memcpy(&key, bytes, sizeof(key));
	return (uint64_t)(ntohl(key.family) & 0xff) << 40 |
	       (uint64_t)((key.length - 32) & 0xff) << 32 | word;
}

static const uint8_t *addr_of(const uint8_t *key)
{
	return key + offsetof(struct rpol_prefix_key, addr);
}

static void key_of(const struct rpol_held *record, struct rpol_prefix_key *key)
{
	key->family = htonl(record->rest >> 40 & 0xff);
	key->length = 32 + (uint32_t)(record->rest >> 32 & 0xff);
	memcpy(key->addr, record->addr, sizeof(key->addr));
}

int held_each(const struct held *held,
	      int (*visit)(void *arg, const uint8_t *key, const union contents_value *value),
	      void *arg)
{
	for (uint32_t i = 1; i <= used(held); i++) {
		const struct rpol_held *record = &held->records[i];
		union contents_value value = {.word = (uint32_t)record->rest};
		struct rpol_prefix_key key;
		int stop;

		if (!record->rest)
			continue;
		key_of(record, &key);
		stop = visit(arg, (const uint8_t *)&key, &value);
		if (stop)
			return stop;
	}
	return 0;
}

/* ---- finding ----------------------------------------------------------------------------------
 */

static size_t hash(const uint8_t *addr, uint64_t prefix)
{
	uint64_t parts[2], sum = prefix;

	memcpy(parts, addr, sizeof(parts));
	for (int i = 0; i < 2; i++) {
		sum = (sum ^ parts[i]) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 32;
	}
	return (size_t)(sum * 0x9e3779b97f4a7c15u >> 16);
}

/* Where the number of the record with the address and prefix is or belongs. rest: its upper half
 * says family and length. */
static uint32_t *slot_of(const struct held *held, const uint8_t *addr, uint64_t rest)
{
	for (size_t at = hash(addr, rest >> 32);; at++) {
		uint32_t *slot = &held->slots[at & (held->nslots - 1)];
		const struct rpol_held *record = &held->records[*slot];

		if (!*slot || (record->rest >> 32 == rest >> 32 && !memcmp(record->addr, addr, 16)))
			return slot;
	}
}

/* Frees a slot: those after it that belong before move up. */
static void slot_free(struct held *held, uint32_t *slot)
{
	size_t mask = held->nslots - 1, hole = (size_t)(slot - held->slots);

	for (size_t at = hole + 1; held->slots[at & mask]; at++) {
		const struct rpol_held *record = &held->records[held->slots[at & mask]];
		size_t home = hash(record->addr, record->rest >> 32);

		/* It may move when its home is not between the hole and where it is. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		held->slots[hole & mask] = held->slots[at & mask];
		hole = at;
	}
	held->slots[hole & mask] = 0;
}

static int add_hole(struct held *held, uint32_t record)
{
	if (held->nholes == held->holes_room) {
		size_t room = held->holes_room ? 2 * held->holes_room : 1024;
		uint32_t *more = realloc(held->holes, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		held->holes = more;
		held->holes_room = room;
	}
	held->holes[held->nholes++] = record;
	return 0;
}

int held_reserve(struct held *held, size_t more)
{
	size_t nslots = 1024, wanted = held->slots ? held->count + more : used(held) + more;
	int rc = 0;

	if (held->slots && 2 * wanted <= held->nslots)
		return 0;
	while (nslots < 2 * wanted)
		nslots *= 2;
	uint32_t *slots = calloc(nslots, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(held->slots);
	held->slots = slots;
	held->nslots = nslots;
	held->count = held->nholes = 0;
	for (uint32_t i = 1; !rc && i <= used(held); i++) {
		struct rpol_held *record = &held->records[i];
		uint32_t *slot = record->rest ? slot_of(held, record->addr, record->rest) : NULL;

		if (slot && !*slot) {
			*slot = i;
			held->count++;
			continue;
		}
		rc = add_hole(held, i);
	}
	return rc;
}

/* ---- opening and changing
 * ------------------------------------------------------------------------
 */

int held_open(int map, uint32_t size, struct held **out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE),
	       bytes = (size + 1ull) * sizeof(struct rpol_held);
	struct held *held = calloc(1, sizeof(*held));
	void *records;

	if (!held)
		return -ENOMEM;
	held->size = size;
	held->mapped = (bytes + page - 1) / page * page;
	records = mmap(NULL, held->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (records == MAP_FAILED) {
		free(held);
		return -errno;
	}
	held->records = records;
	*out = held;
	return 0;
}

void held_close(struct held *held)
{
	if (!held)
		return;
	munmap(held->records, held->mapped);
	free(held->slots);
	free(held->holes);
	free(held);
}

size_t held_count(const struct held *held)
{
	return held->count;
}

bool held_find(const struct held *held, const uint8_t *key, uint32_t *word)
{
	uint32_t slot = *slot_of(held, addr_of(key), rest_of(key, 0));

	if (slot)
		*word = (uint32_t)held->records[slot].rest;
	return slot;
}

int held_set(struct held *held, const uint8_t *key, uint32_t word)
{
	uint64_t rest = rest_of(key, word);
	uint32_t *slot, record;
	int rc = held_reserve(held, 1);

	if (rc)
		return rc;
	slot = slot_of(held, addr_of(key), rest);
	if (*slot) {
		store(&held->records[*slot].rest, rest);
		return 0;
	}
	if (held->count == held->size)
		return -E2BIG;
	record = held->nholes ? held->holes[--held->nholes] : used(held) + 1;
	held->records[record].rest = 0;
	memcpy(held->records[record].addr, addr_of(key), 16);
	store(&held->records[record].rest, rest);
	if (record > used(held))
		store(&held->records[0].rest, record);
	*slot = record;
	held->count++;
	return 0;
}

bool held_delete(struct held *held, const uint8_t *key)
{
	uint32_t *slot = slot_of(held, addr_of(key), rest_of(key, 0)), record = *slot;

	if (!record)
		return false;
	slot_free(held, slot);
	store(&held->records[record].rest, 0);
	held->count--;
	/* Without memory for it, the hole is found by the next who opens. */
	(void)add_hole(held, record);
	return true;
}

void held_clear(struct held *held)
{
	store(&held->records[0].rest, 0);
	memset(held->slots, 0, held->nslots * sizeof(*held->slots));
	held->count = held->nholes = 0;
}
