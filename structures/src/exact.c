/* exact.c: builds tables of exact keys. Contract in exact.h, bytes in exact_layout.h.
 *
 * Keys are sorted into their groups, and groups are placed from the largest to the smallest, each
 * with the first pilot that sends all its keys to empty slots. Half of the slots more than keys
 * keep that search short, here and when a group grows later. */
#include "rpol/exact.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"

enum { LINE = 64, SEEDS = 32 };

static size_t round_up(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

static size_t slots_of(uint32_t capacity)
{
	return (size_t)capacity + capacity / 2 + 4;
}

static size_t groups_of(uint32_t capacity)
{
	return (size_t)capacity + 1;
}

size_t rpol_exact_measure(uint32_t words, uint32_t capacity)
{
	size_t size = round_up(RPOL_EXACT_PILOTS + groups_of(capacity) * sizeof(uint16_t)) +
		      round_up(slots_of(capacity) * (words + 1) * sizeof(uint32_t));

	return words < 1 || words > RPOL_EXACT_WORDS || size > INT32_MAX ? 0 : size;
}

bool exact_place(const struct rpol_exact_header *header, const uint8_t *taken,
		 const uint64_t *hashes, uint32_t count, uint32_t pilot, uint32_t *places)
{
	for (uint32_t i = 0; i < count; i++) {
		places[i] = rpol_exact_slot(header, hashes[i], pilot);
		if (taken[places[i]])
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (places[j] == places[i])
				return false;
	}
	return true;
}

/* What building knows of its keys: order[starts[g] .. starts[g + 1]) are the keys of group g. */
struct build {
	struct rpol_exact_header *header;
	uint16_t *pilots;
	uint32_t *slots;
	const uint32_t *keys, *values;
	uint32_t count;
	uint64_t *hashes;
	uint32_t *starts, *order, *by_size;
	uint8_t *taken;
};

static uint64_t step(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void group_keys(struct build *b)
{
	const struct rpol_exact_header *header = b->header;

	memset(b->starts, 0, (header->groups + 1) * sizeof(*b->starts));
	for (uint32_t i = 0; i < b->count; i++) {
		b->hashes[i] =
			rpol_exact_hash(header, b->keys + (size_t)i * header->words, header->words);
		b->starts[rpol_exact_group(header, b->hashes[i])]++;
	}
	for (uint32_t g = 0, sum = 0; g <= header->groups; g++)
		b->starts[g] = sum += b->starts[g];
	for (uint32_t i = b->count; i-- > 0;)
		b->order[--b->starts[rpol_exact_group(header, b->hashes[i])]] = i;
}

/* The first index whose key an earlier one has; count when there is none. */
static uint32_t find_duplicate(const struct build *b)
{
	size_t words = b->header->words;
	uint32_t first = b->count;

	for (uint32_t g = 0; g < b->header->groups; g++) {
		bool found = false;

		/* A group's keys are in the order they came: its first hit is its earliest. */
		for (uint32_t i = b->starts[g]; i < b->starts[g + 1] && !found; i++)
			for (uint32_t j = b->starts[g]; j < i && !found; j++) {
				uint32_t late = b->order[i], early = b->order[j];

				found = b->hashes[late] == b->hashes[early] &&
					!memcmp(b->keys + late * words, b->keys + early * words,
						words * sizeof(uint32_t));
				if (found && late < first)
					first = late;
			}
	}
	return first;
}

static uint32_t size_of(const struct build *b, uint32_t group)
{
	return b->starts[group + 1] - b->starts[group];
}

/* Groups from the largest to the smallest; false when one is too large to be placed at all. */
static bool sort_groups(struct build *b)
{
	uint32_t at[EXACT_GROUP + 2] = {0};

	for (uint32_t g = 0; g < b->header->groups; g++) {
		if (size_of(b, g) > EXACT_GROUP)
			return false;
		at[EXACT_GROUP - size_of(b, g) + 1]++;
	}
	for (uint32_t i = 1; i < EXACT_GROUP + 2; i++)
		at[i] += at[i - 1];
	for (uint32_t g = 0; g < b->header->groups; g++)
		b->by_size[at[EXACT_GROUP - size_of(b, g)]++] = g;
	return true;
}

static bool place_group(struct build *b, uint32_t group)
{
	uint32_t n = size_of(b, group), places[EXACT_GROUP], words = b->header->words;
	const uint32_t *members = b->order + b->starts[group];
	uint64_t hashes[EXACT_GROUP];

	for (uint32_t i = 0; i < n; i++)
		hashes[i] = b->hashes[members[i]];
	for (uint32_t pilot = 0; pilot < RPOL_EXACT_NO_PILOT; pilot++) {
		if (!exact_place(b->header, b->taken, hashes, n, pilot, places))
			continue;
		b->pilots[group] = (uint16_t)pilot;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t *slot = b->slots + (size_t)places[i] * (words + 1);

			b->taken[places[i]] = 1;
			memcpy(slot, b->keys + (size_t)members[i] * words,
			       words * sizeof(uint32_t));
			slot[words] = b->values[members[i]];
		}
		return true;
	}
	return false;
}

/* One attempt with the hash that the state gives: 0, -EEXIST, or -ENOSPC for another. */
static int attempt(struct build *b, uint64_t *state, uint32_t *duplicate)
{
	struct rpol_exact_header *header = b->header;

	for (uint32_t i = 0; i < RPOL_EXACT_WORDS; i++)
		header->mix[i] = (uint32_t)(step(state) >> 32) | 1;
	group_keys(b);
	/* Only equal keys fill a group: they are looked for first. */
	*duplicate = find_duplicate(b);
	if (*duplicate < b->count)
		return -EEXIST;
	if (!sort_groups(b))
		return -ENOSPC;
	memset(b->taken, 0, header->slots);
	memset(b->slots, 0, (size_t)header->slots * (header->words + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < header->groups && size_of(b, b->by_size[i]); i++)
		if (!place_group(b, b->by_size[i]))
			return -ENOSPC;
	return 0;
}

int rpol_exact_build(void *memory, size_t size, uint32_t words, uint32_t capacity,
		     const uint32_t *keys, const uint32_t *values, uint32_t count, uint64_t seed,
		     uint32_t *bad)
{
	size_t need = rpol_exact_measure(words, capacity);
	uint32_t unused, *wrong = bad ? bad : &unused;
	int rc = -ENOSPC;

	*wrong = 0;
	if (words < 1 || words > RPOL_EXACT_WORDS || count > capacity)
		return -EINVAL;
	if (!need || need > size)
		return -ENOSPC;
	memset(memory, 0, need);
	for (uint32_t i = 0; i < count; i++)
		if (!values[i]) {
			*wrong = i;
			return -EINVAL;
		}

	struct rpol_exact_header *header = memory;
	size_t groups = groups_of(capacity), slots = slots_of(capacity);

	header->groups = (uint32_t)groups;
	header->slots = (uint32_t)slots;
	header->first = (uint32_t)round_up(RPOL_EXACT_PILOTS + groups * sizeof(uint16_t));
	header->words = words;
	header->capacity = capacity;

	struct build b = {.header = header,
			  .pilots = (void *)((char *)memory + RPOL_EXACT_PILOTS),
			  .slots = (void *)((char *)memory + header->first),
			  .keys = keys,
			  .values = values,
			  .count = count,
			  .hashes = calloc(count + 1, sizeof(uint64_t)),
			  .starts = calloc(groups + 1, sizeof(uint32_t)),
			  .order = calloc(count + 1, sizeof(uint32_t)),
			  .by_size = calloc(groups, sizeof(uint32_t)),
			  .taken = calloc(slots, 1)};

	if (!b.hashes || !b.starts || !b.order || !b.by_size || !b.taken)
		rc = -ENOMEM;
	for (uint32_t i = 0; i < SEEDS && rc == -ENOSPC; i++)
		rc = attempt(&b, &seed, wrong);
	free(b.hashes);
	free(b.starts);
	free(b.order);
	free(b.by_size);
	free(b.taken);
	if (rc)
		memset(memory, 0, need);
	return rc;
}
