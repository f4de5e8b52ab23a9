/* IPv6 longest-prefix tables against a plain model: built, changed, and read in user space and in
 * the kernel, also while they change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>

#include "kernel.h"
#include "routes6.h"
#include "routes6_bpf.h"
#include "routes6_model.h"
#include "rpol/routes6.h"

static uint64_t seed = 1;

static uint64_t draw(uint64_t below)
{
	return random6(&seed) % below;
}

/* ---- lists of prefixes ---------------------------------------------------------------------- */

enum kind { ANY, NESTED, NEIGHBOURS, CROWDED, HOSTS, MAPPED, SHORT, SPREAD, KINDS };

/* One prefix of a kind; many of them are equal, or in each other. */
static struct rpol_route6 make_route(enum kind kind)
{
	uint32_t value = draw(4) ? 1 + (uint32_t)draw(5) : 1 + (uint32_t)draw(65535);
	uint64_t high = random6(&seed), low = random6(&seed);

	switch (kind) {
	case NESTED: /* all lengths of few addresses */
		high = 0x2a02123456789abcULL ^ 1ULL << draw(64);
		low = draw(2) ? 0x0123456789abcdefULL : 0;
		return route6(high, low, (unsigned)draw(129), value);
	case NEIGHBOURS: /* one after the other, at the borders of all that a node is cut by */
		high = 0x20010db800000000ULL + (draw(600) << 16) - (300 << 16);
		return route6(high, 0, 44 + (unsigned)draw(5), value);
	case CROWDED: /* more than a node has room for, on several levels */
		high = 0x2600000000000000ULL | draw(4) << 40 | draw(3) << 32 | draw(600) << 8;
		return route6(high, draw(300) << 40, draw(2) ? 56 : 88, value);
	case HOSTS:
		high = 0xfd00000000000000ULL | draw(2);
		return route6(high, draw(400), 128 - (unsigned)draw(9), value);
	case MAPPED:
		return route6(0, 0xffff00000000ULL | (uint32_t)(low & 0xc0a8ffff),
			      80 + (unsigned)draw(49), value);
	case SHORT:
		return route6(high, 0, (unsigned)draw(26), value);
	case SPREAD: /* a few bits here and there */
		high = draw(16) << 44 | draw(4) << 60 | draw(8) << 20 | draw(2);
		low = draw(4) << 62 | draw(8) << 30 | draw(2);
		return route6(high, low, (unsigned)draw(129), value);
	default:
		return route6(high, low, (unsigned)draw(129), value);
	}
}

/* An address with something to say about the route: its first, its last, one beside, one inside. */
static void address_near(const struct rpol_route6 *r, uint64_t *high, uint64_t *low)
{
	uint64_t last_high, last_low;

	last6(r, &last_high, &last_low);
	*high = r->high;
	*low = r->low;
	switch (draw(5)) {
	case 0:
		break;
	case 1:
		*high = last_high;
		*low = last_low;
		break;
	case 2:
		*high -= !*low;
		*low -= 1;
		break;
	case 3:
		*high = last_high + (last_low == UINT64_MAX);
		*low = last_low + 1;
		break;
	default:
		*high |= random6(&seed) & (last_high ^ r->high);
		*low |= random6(&seed) & (last_low ^ r->low);
	}
}

static void check(const void *memory, size_t size, const struct model6 *model, uint64_t high,
		  uint64_t low)
{
	uint32_t found = routes6_lookup(memory, (uint32_t)size, high, low);
	uint16_t right = model6_lookup(model, high, low);

	if (found != right)
		fail_msg("%016lx%016lx: %u, not %u", high, low, found, right);
}

static void check_near(const void *memory, size_t size, const struct model6 *model,
		       const struct rpol_route6 *routes, size_t count, size_t checks)
{
	uint64_t high, low;

	for (size_t i = 0; i < checks; i++) {
		high = random6(&seed);
		low = random6(&seed);
		if (count && i % 8)
			address_near(&routes[i % count], &high, &low);
		check(memory, size, model, high, low);
	}
}

static struct rpol_memory written(struct rpol_routes6 *table, unsigned headroom)
{
	size_t size = rpol_routes6_size(table, headroom);
	struct rpol_memory memory;

	assert_int_equal(rpol_memory_new(&memory, size), 0);
	assert_int_equal(rpol_routes6_write(table, memory, NULL), 0);
	return memory;
}

/* ---- in user space -------------------------------------------------------------------------- */

static void test_build(void **unused)
{
	static const size_t counts[] = {0, 1, 2, 9, 100, 3000};
	struct rpol_route6 routes[3000];

	(void)unused;
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
			size_t count = counts[c];
			struct model6 *model = model6_new(count + 1);
			struct rpol_routes6 *table;
			struct rpol_memory memory;

			for (size_t i = 0; i < count; i++) {
				routes[i] = make_route((enum kind)kind);
				model6_set(model, &routes[i]);
			}
			assert_int_equal(rpol_routes6_new(&table, routes, count), 0);
			memory = written(table, 0);
			check_near(memory.bytes, memory.size, model, routes, count,
				   4 * count + 100);
			rpol_routes6_free(table);
			rpol_memory_free(&memory);
			model6_free(model);
		}
}

/* 65,535 next hops side by side, in all depths. */
static void test_values(void **unused)
{
	static const unsigned lengths[] = {16, 24, 32, 48, 64, 100, 128};

	(void)unused;
	for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++) {
		struct rpol_route6 *routes = malloc(65535 * sizeof(*routes));
		struct model6 *model = model6_new(65536);
		struct rpol_routes6 *table;
		struct rpol_memory memory;
		unsigned length = lengths[l];

		for (uint32_t i = 0; i < 65535; i++) {
			uint64_t high = length <= 64 ? (uint64_t)i << (64 - length) : 7;
			uint64_t low = length > 64 ? (uint64_t)i << (128 - length) : 0;

			routes[i] = route6(high, low, length, i + 1);
			model6_set(model, &routes[i]);
		}
		assert_int_equal(rpol_routes6_new(&table, routes, 65535), 0);
		memory = written(table, 0);
		check_near(memory.bytes, memory.size, model, routes, 65535, 40000);
		for (uint32_t i = 0; i < 65535; i++)
			assert_int_equal(routes6_lookup(memory.bytes, (uint32_t)memory.size,
							routes[i].high, routes[i].low),
					 i + 1);
		rpol_routes6_free(table);
		rpol_memory_free(&memory);
		model6_free(model);
		free(routes);
	}
}

static void test_refused(void **unused)
{
	struct rpol_route6 good = route6(0x2001ULL << 48, 0, 32, 1), bad = good;
	struct rpol_memory memory;
	struct rpol_routes6 *table;

	(void)unused;
	bad.value = 0;
	assert_int_equal(rpol_routes6_new(&table, &bad, 1), -EINVAL);
	bad = good;
	bad.length = 129;
	assert_int_equal(rpol_routes6_new(&table, &bad, 1), -EINVAL);
	bad.length = 15;
	assert_int_equal(rpol_routes6_new(&table, &bad, 1), -EINVAL);
	bad.length = 64;
	bad.low = 1;
	assert_int_equal(rpol_routes6_new(&table, &bad, 1), -EINVAL);
	assert_int_equal(rpol_routes6_new(&table, &good, 1), 0);
	assert_int_equal(rpol_routes6_set(table, &bad), -EINVAL);
	assert_int_equal(rpol_routes6_remove(table, &bad), -ENOENT);
	memory = written(table, 0);
	assert_int_equal(rpol_routes6_write(
				 table, (struct rpol_memory){memory.bytes, memory.size - 8}, NULL),
			 -ENOSPC);
	assert_int_equal(rpol_routes6_write(table, (struct rpol_memory){memory.bytes, 64}, NULL),
			 -ENOSPC);
	assert_int_equal(rpol_routes6_write(table, memory, NULL), 0);
	assert_int_equal(rpol_routes6_open(table, memory, NULL), 0);
	((uint32_t *)memory.bytes)[RPOL_ROUTES6_ROOT / 4 + 5] = ~0u;
	assert_int_equal(rpol_routes6_open(table, memory, NULL), -EBADMSG);
	assert_int_equal(rpol_routes6_open(table, (struct rpol_memory){memory.bytes, 64}, NULL),
			 -EBADMSG);
	rpol_routes6_free(table);
	rpol_memory_free(&memory);
}

/* Bytes that no builder made: nothing outside is read, whatever is answered. */
static void test_hostile(void **unused)
{
	struct rpol_routes6 *table;
	struct rpol_memory memory;

	(void)unused;
	assert_int_equal(rpol_memory_new(&memory, RPOL_ROUTES6_SIZE_MIN + 4096), 0);
	for (uint32_t round = 0; round < 60; round++) {
		uint32_t *words = memory.bytes;

		for (size_t i = 0; i < memory.size / 4; i++)
			words[i] = (uint32_t)random6(&seed) & (draw(4) ? 0xf00003ff : ~0u);
		for (uint32_t i = 0; i < 6000; i++)
			routes6_lookup(memory.bytes, (uint32_t)memory.size, random6(&seed),
				       random6(&seed));
		/* The header of an image, and few entries that lead anywhere. */
		((struct rpol_routes6_header *)memory.bytes)->magic = RPOL_ROUTES6_MAGIC;
		((struct rpol_routes6_header *)memory.bytes)->version = RPOL_ROUTES6_VERSION;
		((struct rpol_routes6_header *)memory.bytes)->granules = 4096 / 8;
		memset(words + RPOL_ROUTES6_ROOT / 4, 0, 4 * RPOL_ROUTES6_BLOCKS);
		words[RPOL_ROUTES6_ROOT / 4 + draw(100)] = (uint32_t)random6(&seed) & 0xf00001ff;
		assert_int_equal(rpol_routes6_new(&table, NULL, 0), 0);
		(void)rpol_routes6_open(table, memory, NULL);
		rpol_routes6_free(table);
	}
	rpol_memory_free(&memory);
}

static void check_list(const struct rpol_routes6 *table, const struct model6 *model, size_t count)
{
	struct rpol_route6 *list = malloc((count + 1) * sizeof(*list));

	assert_int_equal(rpol_routes6_count(table), count);
	rpol_routes6_list(table, list);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(model6_find(model, &list[i]), list[i].value);
	free(list);
}

/* Another table, with the prefixes of this one, takes the image over. behind: it finds one more
 * that it lacks, and one that it does not know. */
static void reopen(struct rpol_routes6 **table, struct rpol_memory memory, bool behind)
{
	size_t count = rpol_routes6_count(*table);
	struct rpol_route6 *list = malloc((count + 1) * sizeof(*list));
	struct rpol_route6 more = route6(0x2a02123456789000ULL, 0, 50, 77);
	struct rpol_room before, after;
	struct rpol_routes6 *next;

	rpol_routes6_list(*table, list);
	if (behind && count) {
		assert_int_equal(rpol_routes6_set(*table, &more), 0);
		assert_int_equal(rpol_routes6_remove(*table, &list[count / 2]), 0);
	}
	rpol_routes6_room(*table, &before);
	assert_int_equal(rpol_routes6_new(&next, list, count), 0);
	free(list);
	assert_int_equal(rpol_routes6_open(next, memory, NULL), 0);
	rpol_routes6_room(next, &after);
	if (!behind)
		assert_true(after.used <= before.used);
	rpol_routes6_free(*table);
	*table = next;
}

static void test_changes(void **unused)
{
	enum { ROUTES = 600, ROUNDS = 6000 };
	static struct rpol_route6 routes[ROUTES];
	size_t full = 0;

	(void)unused;
	for (int kind = 0; kind < KINDS; kind++) {
		struct model6 *model = model6_new(ROUTES * 2);
		struct rpol_room room, after;
		struct rpol_routes6 *table;
		struct rpol_memory memory;
		size_t count = 0, changes = kind == SHORT ? ROUNDS / 20 : ROUNDS;

		for (size_t i = 0; i < ROUTES; i++)
			routes[i] = make_route((enum kind)kind);
		assert_int_equal(rpol_routes6_new(&table, NULL, 0), 0);
		assert_int_equal(rpol_memory_new(&memory, RPOL_ROUTES6_SIZE_MIN +
								  (kind & 1 ? 400000 : 6000)),
				 0);
		assert_int_equal(rpol_routes6_write(table, memory, NULL), 0);
		rpol_routes6_room(table, &room);
		for (size_t n = 0; n < changes; n++) {
			struct rpol_route6 r = routes[draw(ROUTES)];
			bool there = model6_find(model, &r),
			     out = draw(8) < (n / (changes / 3) == 1 ? 5 : 2);
			int rc;

			if (out) {
				rc = rpol_routes6_remove(table, &r);
				if (!there)
					assert_int_equal(rc, -ENOENT);
				r.value = 0;
			} else {
				r.value = (uint16_t)(1 + draw(5));
				rc = rpol_routes6_set(table, &r);
			}
			full += rc == -ENOSPC;
			if (!rc) {
				model6_set(model, &r);
				count += !out && !there;
				count -= out;
			} else if (rc != -ENOENT) {
				assert_int_equal(rc, -ENOSPC);
			}
			check_near(memory.bytes, memory.size, model, &r, 1, 5);
			if (n % 1000 == 0) {
				/* As another process that has the same prefixes. */
				if (kind & 1)
					reopen(&table, memory, n % 2000 == 0);
				check_near(memory.bytes, memory.size, model, routes, ROUTES, 3000);
				check_list(table, model, count);
			}
		}
		for (size_t i = 0; i < ROUTES; i++)
			assert_true(rpol_routes6_remove(table, &routes[i]) != -ENOMEM);
		rpol_routes6_room(table, &after);
		assert_int_equal(after.pool, room.pool);
		assert_int_equal(after.used + after.open + after.deferred, after.pool);
		if (!rpol_routes6_count(table))
			assert_true(after.open <= room.open);
		rpol_routes6_free(table);
		rpol_memory_free(&memory);
		model6_free(model);
	}
	assert_true(full > 100);
}

static int refuse(void *arg)
{
	(void)arg;
	return -EBUSY;
}

/* A reader that had read an entry before many changes finds what was there, as long as no grace
 * period has passed: nodes that were left keep their bytes. */
static void test_left_nodes(void **unused)
{
	enum { ROUTES = 100, ROOT = 4 * RPOL_ROUTES6_BLOCKS };
	struct rpol_grace grace = {refuse, NULL};
	struct model6 *model = model6_new(ROUTES);
	struct rpol_route6 routes[ROUTES];
	struct rpol_room room;
	struct rpol_routes6 *table;
	struct rpol_memory memory, root;
	size_t changes = 0;
	int rc = 0;

	(void)unused;
	for (size_t i = 0; i < ROUTES; i++) {
		routes[i] = make_route(SPREAD);
		routes[i].length += routes[i].length < 17 ? 20 : 0;
		model6_set(model, &routes[i]);
	}
	assert_int_equal(rpol_routes6_new(&table, routes, ROUTES), 0);
	assert_int_equal(rpol_memory_new(&memory, rpol_routes6_size(table, 1000)), 0);
	assert_int_equal(rpol_memory_new(&root, ROOT), 0);
	assert_int_equal(rpol_routes6_write(table, memory, &grace), 0);
	memcpy(root.bytes, (char *)memory.bytes + RPOL_ROUTES6_ROOT, ROOT);
	for (; !rc || rc == -ENOENT; changes++) {
		struct rpol_route6 r = routes[draw(ROUTES)];

		r.value = (uint16_t)(1 + draw(65535));
		rc = draw(2) ? rpol_routes6_set(table, &r) : rpol_routes6_remove(table, &r);
	}
	assert_int_equal(rc, -EBUSY); /* no room, and none to be had */
	rpol_routes6_room(table, &room);
	assert_true(changes > 10 && room.deferred > room.used);
	memcpy((char *)memory.bytes + RPOL_ROUTES6_ROOT, root.bytes, ROOT);
	check_near(memory.bytes, memory.size, model, routes, ROUTES, 5000);
	rpol_routes6_free(table);
	rpol_memory_free(&memory);
	rpol_memory_free(&root);
	model6_free(model);
}

/* ---- a table as the Internet's -------------------------------------------------------------- */

enum { INTERNET = 220000 };

static struct kernel *kernel;

/* Asks the kernel for so many addresses near the routes, and anywhere. */
static void check_kernel(const struct model6 *model, const struct rpol_route6 *routes, size_t count,
			 size_t asked)
{
	struct routes6_keys *keys = kernel_memory(kernel, ".bss.keys", &(size_t){0});

	keys->next = 0;
	for (size_t i = 0; i < asked; i++) {
		uint64_t high = random6(&seed) >> 3 | 1ULL << 61, low = random6(&seed);

		if (i % 4)
			address_near(&routes[i % count], &high, &low);
		keys->addresses[i][0] = high;
		keys->addresses[i][1] = low;
	}
	kernel_run(kernel, "routes6_next", (uint32_t)asked, NULL);
	for (size_t i = 0; i < asked; i++)
		assert_int_equal(keys->answers[i], model6_lookup(model, keys->addresses[i][0],
								 keys->addresses[i][1]));
}

static void test_internet(void **unused)
{
	size_t count = kernel ? INTERNET : INTERNET / 10;
	struct rpol_route6 *routes = internet6(count, 6);
	struct model6 *model = model6_new(count);
	struct rpol_routes6 *table;
	struct rpol_memory memory, own = {0};

	(void)unused;
	for (size_t i = 0; i < count; i++)
		model6_set(model, &routes[i]);
	assert_int_equal(rpol_routes6_new(&table, routes, count), 0);
	if (kernel) {
		memory.bytes = kernel_memory(kernel, ".bss.routes6", &memory.size);
		assert_true(rpol_routes6_size(table, 0) < 3 << 20);
	} else {
		assert_int_equal(rpol_memory_new(&own, rpol_routes6_size(table, 100)), 0);
		memory = own;
	}
	assert_int_equal(rpol_routes6_write(table, memory, NULL), 0);
	for (size_t round = 0; round < 3; round++) {
		check_near(memory.bytes, memory.size, model, routes, count, count);
		if (kernel)
			check_kernel(model, routes, count, ROUTES6_KEYS / 4);
		for (size_t i = 0; i < count / 10; i++) {
			struct rpol_route6 r = routes[draw(count)];

			if (draw(2)) {
				r.value = (uint16_t)(1 + draw(65535));
				assert_int_equal(rpol_routes6_set(table, &r), 0);
			} else {
				r.value = 0;
				assert_int_not_equal(rpol_routes6_remove(table, &r), -ENOSPC);
			}
			model6_set(model, &r);
		}
	}
	rpol_routes6_free(table);
	rpol_memory_free(&own);
	model6_free(model);
	free(routes);
}

/* Every kind of list, in the kernel. */
static void test_kernel(void **unused)
{
	struct rpol_memory memory;
	struct rpol_route6 routes[2000];

	(void)unused;
	memory.bytes = kernel_memory(kernel, ".bss.routes6", &memory.size);
	for (int kind = 0; kind < KINDS; kind++) {
		struct model6 *model = model6_new(2000);
		struct rpol_routes6 *table;

		for (size_t i = 0; i < 2000; i++) {
			routes[i] = make_route((enum kind)kind);
			model6_set(model, &routes[i]);
		}
		assert_int_equal(rpol_routes6_new(&table, routes, 2000), 0);
		assert_int_equal(rpol_routes6_write(table, memory, NULL), 0);
		check_kernel(model, routes, 2000, 20000);
		rpol_routes6_free(table);
		model6_free(model);
	}
}

/* ---- readers beside a writer ---------------------------------------------------------------- */

enum { OWN = 4096, ASKED = 1 << 16, CHANGES = 40000, OTHERS = 65535 };

/* Prefix i, which no other of these is in. Odd ones are always there, with the value OWN + i; even
 * ones come and go, with values that are i modulo OWN. All other addresses have the value OTHERS.
 */
static struct rpol_route6 own_route(uint32_t i, uint32_t times)
{
	static const uint8_t lengths[] = {48, 64, 128, 40};
	unsigned length = lengths[i / 2 % 4];
	uint64_t high = length == 40 ? 0x2a03000000000000ULL | (uint64_t)i << 36
				     : 0x2a02000000000000ULL | (uint64_t)i << 20;

	return route6(high, 0, length, times * OWN + i);
}

struct beside {
	struct routes6_keys *keys;
	_Atomic bool done;
	uint64_t wrong, asked;
};

static void *read_beside(void *arg)
{
	struct beside *b = arg;

	while (!b->done) {
		b->keys->next = 0;
		kernel_run(kernel, "routes6_next", ASKED, NULL);
		for (uint32_t k = 0; k < ASKED; k++) {
			uint32_t i = k % OWN, answer = b->keys->answers[k];

			if (i % 2 ? answer != OWN + i : answer != OTHERS && answer % OWN != i)
				b->wrong++;
		}
		b->asked += ASKED;
	}
	return NULL;
}

static void test_beside(void **unused)
{
	struct beside b = {.keys = kernel_memory(kernel, ".bss.keys", &(size_t){0})};
	struct rpol_grace grace = {rpol_grace_membarrier, NULL};
	static struct rpol_route6 routes[OWN + 1];
	struct rpol_route6 wide = route6(0x2a00ULL << 48, 0, 12, OTHERS);
	struct rpol_room room;
	struct rpol_routes6 *table;
	struct rpol_memory memory;
	pthread_t reader;

	(void)unused;
	routes[OWN] = route6(0, 0, 0, OTHERS);
	for (uint32_t i = 0; i < OWN; i++)
		routes[i] = own_route(i, 1);
	for (uint32_t k = 0; k < ASKED; k++) {
		uint64_t high = random6(&seed), low = random6(&seed);
		struct rpol_route6 r = routes[k % OWN], last;

		last6(&r, &last.high, &last.low);
		b.keys->addresses[k][0] = r.high | (high & (last.high ^ r.high));
		b.keys->addresses[k][1] = r.low | (low & (last.low ^ r.low));
	}
	memory.bytes = kernel_memory(kernel, ".bss.routes6", &memory.size);
	assert_int_equal(rpol_routes6_new(&table, routes, OWN + 1), 0);
	/* So little room that it is used again at once. */
	memory.size = rpol_routes6_size(table, 150);
	assert_int_equal(rpol_routes6_write(table, memory, &grace), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_beside, &b), 0);
	for (uint32_t n = 0; n < CHANGES; n++) {
		struct rpol_route6 r =
			own_route((uint32_t)draw(OWN / 2) * 2, 1 + (uint32_t)draw(14));
		int rc = n % 1000 == 0	   ? rpol_routes6_set(table, &wide)
			 : n % 1000 == 500 ? rpol_routes6_remove(table, &wide)
			 : draw(2)	   ? rpol_routes6_set(table, &r)
					   : rpol_routes6_remove(table, &r);

		assert_true(!rc || rc == -ENOENT);
	}
	b.done = true;
	pthread_join(reader, NULL);
	rpol_routes6_room(table, &room);
	assert_int_equal(b.wrong, 0);
	assert_true(b.asked > 0 && room.graces > 0);
	rpol_routes6_free(table);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest in_user_space[] = {
		cmocka_unit_test(test_build),	 cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_changes),	 cmocka_unit_test(test_left_nodes),
		cmocka_unit_test(test_internet),
	};
	const struct CMUnitTest in_kernel[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_internet),
		cmocka_unit_test(test_beside),
	};

	if (argc < 2)
		return cmocka_run_group_tests(in_user_space, NULL, NULL);
	kernel = kernel_open(argv[1]);
	int failed = cmocka_run_group_tests(in_kernel, NULL, NULL);

	kernel_close(kernel);
	return failed;
}
