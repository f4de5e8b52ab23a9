/* test_search.c: binary search and buckets against the plainest way to do the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "group.h"
#include "search.h"

static uint32_t seed = 1;

/* A small generator of our own: the same numbers on every machine. */
static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* ---- prefixes --------------------------------------------------------------------------- */

/* Few distinct bytes, so that prefixes and addresses meet often. */
static struct rpol_prefix draw_prefix(uint8_t family, uint8_t length)
{
	static const uint8_t bytes[] = {0x00, 0x0a, 0x0b, 0x80, 0xfe, 0xff};
	struct rpol_prefix prefix = {.addr.family = family, .length = length};

	for (unsigned i = 0; i < rpol_family_bits(family) / 8u; i++) {
		uint8_t mask = length >= 8 * (i + 1) ? 0xff
			       : length <= 8 * i     ? 0
						     : (uint8_t)(0xff00 >> (length - 8 * i));
		prefix.addr.bytes[i] = bytes[draw(sizeof(bytes))] & mask;
	}
	return prefix;
}

static uint8_t draw_family(void)
{
	return draw(2) ? 4 : 6;
}

static struct rpol_addr draw_addr(void)
{
	uint8_t family = draw_family();
	return draw_prefix(family, rpol_family_bits(family)).addr;
}

static int compare_entries(const void *a, const void *b)
{
	return rpol_prefix_compare(&((const struct rpol_entry *)a)->key,
				   &((const struct rpol_entry *)b)->key);
}

/* Fills entries with up to count random keys, sorted and unique; returns how many. */
static size_t draw_entries(struct rpol_entry *entries, size_t count)
{
	size_t unique = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t family = draw_family();
		uint8_t most = draw(2) ? 16 : rpol_family_bits(family);
		entries[i].key = draw_prefix(family, (uint8_t)draw(most + 1u));
	}
	qsort(entries, count, sizeof(*entries), compare_entries);
	for (size_t i = 0; i < count; i++)
		if (!unique || compare_entries(&entries[unique - 1], &entries[i]))
			entries[unique++] = entries[i];
	return unique;
}

static void test_table(void **state)
{
	(void)state;
	static struct rpol_entry entries[60];
	unsigned found = 0;

	for (unsigned round = 0; round < 2000; round++) {
		struct rpol_table table = {.entries = entries,
					   .nentries = draw_entries(entries, draw(60))};
		for (unsigned i = 0; i < 20; i++) {
			struct rpol_addr addr = draw_addr();
			const struct rpol_entry *longest = NULL;
			for (size_t n = 0; n < table.nentries; n++)
				if (rpol_prefix_has(&entries[n].key, &addr) &&
				    (!longest || entries[n].key.length > longest->key.length))
					longest = &entries[n];
			assert_ptr_equal(rpol_table_find(&table, &addr), longest);
			found += longest != NULL;
		}
	}
	assert_in_range(found, 1000, 39000);
}

static void test_set(void **state)
{
	(void)state;
	static struct rpol_entry entries[60];
	struct rpol_prefix prefixes[60];

	for (unsigned round = 0; round < 2000; round++) {
		size_t count = draw_entries(entries, draw(60));
		struct rpol_set set = {.kind = RPOL_SET_PREFIX, .prefixes = prefixes};
		/* none inside another, as the checker leaves them */
		for (size_t n = 0; n < count; n++)
			if (!set.nprefixes ||
			    !rpol_prefix_has(&prefixes[set.nprefixes - 1], &entries[n].key.addr))
				prefixes[set.nprefixes++] = entries[n].key;
		for (unsigned i = 0; i < 20; i++) {
			struct rpol_addr addr = draw_addr();
			bool has = false;
			for (size_t n = 0; n < set.nprefixes; n++)
				has |= rpol_prefix_has(&prefixes[n], &addr);
			assert_int_equal(rpol_set_has_addr(&set, &addr), has);
		}
	}
}

static void test_ranges(void **state)
{
	(void)state;
	static const struct rpol_range ranges[] = {
		{0, 0}, {2, 2}, {10, 20}, {22, 22}, {65535, 65535}};
	struct rpol_set set = {.kind = RPOL_SET_RANGE, .ranges = ranges};

	for (set.nranges = 0; set.nranges <= 5; set.nranges++) {
		for (uint32_t number = 0; number <= 65536; number++) {
			bool has = false;
			for (size_t n = 0; n < set.nranges; n++)
				has |= ranges[n].low <= number && number <= ranges[n].high;
			assert_int_equal(rpol_set_has_number(&set, number), has);
		}
	}
}

/* ---- buckets ---------------------------------------------------------------------------- */

#define MEMBERS 8

struct group {
	struct rpol_nexthop nexthops[MEMBERS];
	struct rpol_member members[MEMBERS];
	struct rpol_group group;
	uint8_t alive[MEMBERS];
};

static void draw_group(struct group *g)
{
	*g = (struct group){.group = {.kind = RPOL_GROUP_HASH, .members = g->members}};
	g->group.nmembers = 1 + draw(MEMBERS);
	for (uint32_t i = 0; i < g->group.nmembers; i++) {
		/* next hops are numbered apart from members */
		g->nexthops[i].index = MEMBERS - 1 - i;
		g->members[i] = (struct rpol_member){&g->nexthops[i], 1 + draw(32)};
		g->alive[MEMBERS - 1 - i] = draw(3) != 0;
	}
}

static bool lives(const struct group *g, size_t member)
{
	return g->alive[g->nexthops[member].index];
}

static const struct rpol_nexthop *of_bucket(const struct group *g, uint32_t bucket)
{
	/* the last hash of the bucket and the first are in it */
	const struct rpol_nexthop *chosen = rpol_group_choose(&g->group, g->alive, bucket << 24);
	assert_ptr_equal(chosen, rpol_group_choose(&g->group, g->alive, bucket << 24 | 0xffffff));
	return chosen;
}

/* The documented rule with every list written out. */
static void test_buckets(void **state)
{
	(void)state;
	struct group g;

	for (unsigned round = 0; round < 2000; round++) {
		draw_group(&g);
		size_t owners[256], living[256], nliving = 0, orphans = 0;
		uint32_t total = 0, before = 0;
		for (size_t i = 0; i < g.group.nmembers; i++)
			total += g.members[i].weight;
		for (size_t i = 0; i < g.group.nmembers; i++) {
			uint32_t after = before + g.members[i].weight;
			for (uint32_t b = 256 * before / total; b < 256 * after / total; b++)
				owners[b] = i;
			for (uint32_t n = 0; lives(&g, i) && n < g.members[i].weight; n++)
				living[nliving++] = i;
			before = after;
		}
		for (uint32_t b = 0; b < 256; b++) {
			const struct rpol_nexthop *expected = NULL;
			if (lives(&g, owners[b]))
				expected = &g.nexthops[owners[b]];
			else if (nliving)
				expected = &g.nexthops[living[orphans++ % nliving]];
			assert_ptr_equal(of_bucket(&g, b), expected);
		}
	}
}

/* When one member dies, the flows of the others stay where they are. */
static void test_resilience(void **state)
{
	(void)state;
	struct group g;
	const struct rpol_nexthop *before[256];

	for (unsigned round = 0; round < 200; round++) {
		draw_group(&g);
		memset(g.alive, 1, sizeof(g.alive));
		for (uint32_t b = 0; b < 256; b++)
			before[b] = of_bucket(&g, b);
		const struct rpol_nexthop *dead = &g.nexthops[draw((uint32_t)g.group.nmembers)];
		g.alive[dead->index] = 0;
		for (uint32_t b = 0; b < 256; b++) {
			if (before[b] != dead)
				assert_ptr_equal(of_bucket(&g, b), before[b]);
			else
				assert_ptr_not_equal(of_bucket(&g, b), dead);
		}
	}
}

static void test_prefer(void **state)
{
	(void)state;
	struct group g;

	for (unsigned round = 0; round < 200; round++) {
		draw_group(&g);
		g.group.kind = RPOL_GROUP_PREFER;
		const struct rpol_nexthop *first = NULL;
		for (size_t i = g.group.nmembers; i-- > 0;)
			first = lives(&g, i) ? &g.nexthops[i] : first;
		for (uint32_t b = 0; b < 256; b++)
			assert_ptr_equal(of_bucket(&g, b), first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	   cmocka_unit_test(test_set),
		cmocka_unit_test(test_ranges),	   cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_resilience), cmocka_unit_test(test_prefer),
	};
	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
