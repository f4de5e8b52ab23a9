/* test_routes4_live.c: IPv4 tables that change. Each change against a naive model; full pools,
 * growth, taking over. With the BPF object as argument, a million prefixes change while the kernel
 * reads them: for some seconds, or as many as a second argument says. */
#include "kernel.h"
#include "routes4.h"
#include "routes4_live_bpf.h"
#include "routes4_model.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct kernel *kernel;
static unsigned seconds = 4;
static uint64_t seed = 44;

/* ---- a table beside a model ----------------------------------------------------------------- */

struct pair {
	struct rpol_routes4 *table;
	struct rpol_memory memory;
	struct model *model;
};

static int counted(void *arg)
{
	++*(size_t *)arg;
	return 0;
}

static struct pair pair_new(const struct rpol_route4 *routes, size_t count, unsigned headroom,
			    const struct rpol_grace *grace)
{
	struct pair p = {.model = model_new(count + 200000)};

	for (size_t i = 0; i < count; i++)
		model_set(p.model, routes[i].address, routes[i].length, routes[i].value);
	assert_int_equal(rpol_routes4_new(&p.table, routes, count), 0);
	assert_int_equal(rpol_memory_new(&p.memory, rpol_routes4_size(p.table, headroom)), 0);
	assert_int_equal(rpol_routes4_write(p.table, p.memory, grace), 0);
	return p;
}

static void pair_free(struct pair *p)
{
	rpol_routes4_free(p->table);
	rpol_memory_free(&p->memory);
	model_free(p->model);
}

static void check(const struct pair *p, uint32_t address)
{
	uint32_t is = routes4_lookup(p->memory.bytes, (uint32_t)p->memory.size, address);
	uint32_t right = model_lookup(p->model, address);

	if (is != right)
		fail_msg("%08x: %u, not %u", address, is, right);
}

static void check_around(const struct pair *p, struct rpol_route4 r)
{
	check(p, first_of(r));
	check(p, last_of(r));
	check(p, first_of(r) - 1);
	check(p, last_of(r) + 1);
	check(p, first_of(r) + (last_of(r) - first_of(r)) / 2);
	if (last_of(r) - first_of(r) != ~0u)
		check(p, first_of(r) + rnd(&seed) % (last_of(r) - first_of(r) + 1));
}

/* All prefixes' ends: every address at which an answer can differ from that of the one before. */
static void check_all(const struct pair *p)
{
	size_t count = rpol_routes4_count(p->table);
	struct rpol_route4 *list = malloc((count + 1) * sizeof(*list));

	assert_non_null(list);
	rpol_routes4_list(p->table, list);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(model_find(p->model, list[i].address, list[i].length),
				 list[i].value);
		if (i)
			assert_true(list[i - 1].address < list[i].address ||
				    (list[i - 1].address == list[i].address &&
				     list[i - 1].length < list[i].length));
		check_around(p, list[i]);
	}
	for (unsigned i = 0; i < 1000; i++)
		check(p, rnd(&seed));
	free(list);
}

/* Sets the prefix, or takes it out when that is said; what happened. */
static int alter(struct pair *p, struct rpol_route4 r, bool out)
{
	bool in = model_find(p->model, r.address, r.length);
	int rc = out ? rpol_routes4_remove(p->table, r.address, r.length)
		     : rpol_routes4_set(p->table, &r);

	if (out && !in)
		assert_int_equal(rc, -ENOENT);
	else if (!rc)
		model_set(p->model, r.address, r.length, out ? 0 : r.value);
	assert_int_equal(rpol_routes4_find(p->table, r.address, r.length),
			 model_find(p->model, r.address, r.length));
	return rc;
}

static void check_room(const struct pair *p)
{
	struct rpol_room room;

	rpol_routes4_room(p->table, &room);
	assert_int_equal(room.pool, room.used + room.deferred + room.open);
	assert_true(room.largest <= room.open);
}

/* ---- one after the other -------------------------------------------------------------------- */

static void test_changes(void **state)
{
	static const uint32_t spaces[] = {0xffffffff, 0x0303ffff, 0x00000fff,
					  0xff0000ff, 0x80ff80ff, 0x0000ffff};

	(void)state;
	for (unsigned round = 0; round < 18; round++) {
		struct rpol_route4 start[500];
		size_t count = round % 3 ? 500 : 0, waits = 0;
		uint32_t space = spaces[round % 6], values = round % 4 ? 65535 : 3;
		struct rpol_grace grace = {counted, &waits};

		for (size_t i = 0; i < count; i++)
			start[i] =
				route(rnd(&seed) & space, rnd(&seed) % 33, 1 + rnd(&seed) % values);
		struct pair p = pair_new(start, count, 300, round % 2 ? &grace : NULL);

		for (unsigned i = 0; i < 1500; i++) {
			struct rpol_route4 r =
				route(rnd(&seed) & space, rnd(&seed) % 33, 1 + rnd(&seed) % values);
			int rc = alter(&p, r, i % 700 > 350 ? rnd(&seed) % 4 : rnd(&seed) % 3 == 0);

			assert_true(!rc || rc == -ENOSPC || rc == -ENOENT);
			check_around(&p, r);
			if (i % 500 == 499)
				check_all(&p);
		}
		check_room(&p);
		/* All out again, and nothing is left in the pool. */
		size_t left = rpol_routes4_count(p.table);
		struct rpol_route4 *list = malloc((left + 1) * sizeof(*list));
		struct rpol_room room;

		assert_non_null(list);
		rpol_routes4_list(p.table, list);
		for (size_t i = 0; i < left; i++)
			(void)alter(&p, list[i], true);
		for (size_t i = 0; i < left; i++)
			if (model_find(p.model, list[i].address, list[i].length))
				assert_int_equal(alter(&p, list[i], true), 0);
		assert_int_equal(rpol_routes4_count(p.table), 0);
		check_all(&p);
		rpol_routes4_room(p.table, &room);
		assert_int_equal(room.used, 0);
		free(list);
		pair_free(&p);
	}
}

static void test_refused(void **state)
{
	struct pair p = pair_new(NULL, 0, 0, NULL);

	(void)state;
	assert_int_equal(rpol_routes4_set(p.table, &(struct rpol_route4){1, 1, 24}), -EINVAL);
	assert_int_equal(rpol_routes4_set(p.table, &(struct rpol_route4){0, 0, 24}), -EINVAL);
	assert_int_equal(rpol_routes4_set(p.table, &(struct rpol_route4){0, 1, 33}), -EINVAL);
	assert_int_equal(rpol_routes4_remove(p.table, 1, 24), -ENOENT);
	assert_int_equal(rpol_routes4_remove(p.table, 0, 77), -ENOENT);
	/* No node is needed down to /16. */
	assert_int_equal(alter(&p, route(0, 0, 1), false), 0);
	assert_int_equal(alter(&p, route(0x01020000, 16, 2), false), 0);
	assert_int_equal(alter(&p, route(0x01020000, 17, 3), false), -ENOSPC);
	check_all(&p);
	pair_free(&p);
}

/* Until it is full: what is refused changes nothing; then on in larger memory. */
static void test_full(void **state)
{
	struct rpol_route4 *routes = internet(20000, 5);
	size_t waits = 0, refused = 0;
	struct rpol_grace grace = {counted, &waits};
	struct pair p = pair_new(routes, 20000, 5, &grace);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct rpol_route4 r = i % 500 == 499
					       ? route(rnd(&seed), rnd(&seed) % 12, i + 1)
					       : route(rnd(&seed), 20 + rnd(&seed) % 13, i + 1);
		unsigned char *before = NULL;
		bool copy = i % 97 == 0;

		if (copy) {
			before = malloc(p.memory.size);
			assert_non_null(before);
			memcpy(before, p.memory.bytes, p.memory.size);
		}
		int rc = alter(&p, r, false);

		assert_true(!rc || rc == -ENOSPC);
		if (rc) {
			refused++;
			check_around(&p, r);
			if (copy)
				assert_memory_equal(before, p.memory.bytes, RPOL_ROUTES4_POOL);
		}
		free(before);
	}
	assert_true(refused > 1000);
	assert_true(waits > 0);
	check_all(&p);
	check_room(&p);

	struct rpol_memory larger;

	assert_int_equal(rpol_memory_new(&larger, rpol_routes4_size(p.table, 400)), 0);
	assert_int_equal(rpol_routes4_write(p.table, larger, &grace), 0);
	check_all(&p); /* those who still read the old one */
	rpol_memory_free(&p.memory);
	p.memory = larger;
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(alter(&p, route(rnd(&seed), 20 + rnd(&seed) % 13, i + 1), false),
				 0);
	check_all(&p);
	pair_free(&p);
	free(routes);
}

static int impossible(void *arg)
{
	(void)arg;
	return -ENOSYS;
}

/* When nobody can say that readers are gone, nothing is used again: the pool runs out. */
static void test_no_grace(void **state)
{
	struct rpol_grace grace = {impossible, NULL};
	struct pair p = pair_new((struct rpol_route4[]){{0x01020300, 1, 24}, {0x01020500, 1, 24}},
				 2, 2000, &grace);
	int rc = 0;
	unsigned done = 0;

	(void)state;
	for (; !rc && done < 10000; done++) {
		rc = alter(&p, route(0x01020000 | done % 200 << 8, 24, 2 + done), false);
		check_around(&p, route(0x01020000, 16, 1));
	}
	assert_int_equal(rc, -ENOSYS);
	assert_true(done > 10);
	check_all(&p);
	pair_free(&p);
}

/* ---- taking over ----------------------------------------------------------------------------- */

static void test_open(void **state)
{
	struct rpol_route4 *routes = internet(30000, 6), *list;
	size_t waits = 0, count;
	struct rpol_grace grace = {counted, &waits};
	struct pair p = pair_new(routes, 30000, 400, &grace);
	struct rpol_room before, after;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		(void)alter(&p, route(rnd(&seed) % 0x08000000, 12 + rnd(&seed) % 21, i + 1), i % 2);
	count = rpol_routes4_count(p.table);
	list = malloc((count + 1) * sizeof(*list));
	assert_non_null(list);
	rpol_routes4_list(p.table, list);
	rpol_routes4_room(p.table, &before);
	rpol_routes4_free(p.table);

	/* With the same prefixes, nothing is out of place. */
	assert_int_equal(rpol_routes4_new(&p.table, list, count), 0);
	waits = 0;
	assert_int_equal(rpol_routes4_open(p.table, p.memory, &grace), 0);
	assert_int_equal(waits, 1);
	rpol_routes4_room(p.table, &after);
	assert_int_equal(before.used, after.used);
	check_all(&p);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(alter(&p, route(rnd(&seed), 20 + rnd(&seed) % 13, i + 1), false),
				 0);
	check_all(&p);
	rpol_routes4_free(p.table);

	/* With others, it is brought to those. */
	assert_int_equal(rpol_routes4_new(&p.table, list, count), 0);
	model_free(p.model);
	p.model = model_new(count + 100000);
	for (size_t i = 0; i < count; i++)
		model_set(p.model, list[i].address, list[i].length, list[i].value);
	assert_int_equal(rpol_routes4_open(p.table, p.memory, &grace), 0);
	check_all(&p);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(alter(&p, route(rnd(&seed), 20 + rnd(&seed) % 13, i + 1), false),
				 0);
	check_all(&p);

	/* Whatever stands in the memory, it is refused or taken over rightly. */
	uint32_t *words = p.memory.bytes;
	unsigned char *copy = malloc(p.memory.size);
	size_t refused = 0;

	assert_non_null(copy);
	memcpy(copy, p.memory.bytes, p.memory.size);
	for (unsigned round = 0; round < 100; round++) {
		struct rpol_memory damaged = {.size = p.memory.size};
		size_t from = round < 10 ? 0 : 16, span = round < 10 ? 3 : p.memory.size / 4 - 16;

		for (unsigned n = 0; n < 1 + round % 7; n++)
			words[from + rnd(&seed) % span] = rnd(&seed) % 2 ? rnd(&seed) : 0xffffffff;
		damaged.bytes = p.memory.bytes;
		int rc = rpol_routes4_open(p.table, damaged, &grace);

		assert_true(!rc || rc == -EBADMSG);
		refused += !!rc;
		if (!rc)
			check_around(&p, list[rnd(&seed) % count]);
		memcpy(p.memory.bytes, copy, p.memory.size);
	}
	assert_true(refused > 10);
	free(copy);
	free(list);
	free(routes);
	pair_free(&p);
}

/* ---- beside the kernel's reader -------------------------------------------------------------- */

static struct live *live;
static int stop;

static void *watch(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		kernel_run(kernel, "routes4_watch", 1000000, NULL);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Of the keys in [first, last] of the address: what is right now, and from now on, too. */
static void judge(const struct pair *p, const uint32_t *key_of, struct rpol_route4 r)
{
	uint32_t end = last_of(r) >> 16;

	for (uint32_t i = key_of[first_of(r) >> 16]; i < key_of[end + 1]; i++)
		if (live->addresses[i] >= first_of(r) && live->addresses[i] <= last_of(r))
			__atomic_store_n(
				&live->right[i],
				live->right[i] >> 16 |
					(uint32_t)model_lookup(p->model, live->addresses[i]) << 16,
				__ATOMIC_RELEASE);
}

struct step {
	struct rpol_route4 route;
	bool out;
};

/* A prefix past /16 around one of the keys that are looked up; of a key always the same. */
static struct rpol_route4 around_key(void)
{
	uint32_t key = (live->first + (rnd(&seed) & live->mask)) % LIVE_KEYS;
	uint32_t address = live->addresses[key];

	return route(address, 17 + (address * 0x9e3779b1u >> 28), 1);
}

/* Changes no two of which touch the same address: one a /16, or just one. */
static size_t choose(const struct pair *p, const struct rpol_route4 *routes, size_t count,
		     struct step *steps, size_t room, unsigned round)
{
	static uint32_t used[65536];
	bool hot = live->mask != LIVE_KEYS - 1;
	size_t n = 0;

	if (round % 16 == 15) {
		unsigned length = rnd(&seed) % 17;
		uint32_t address = routes[rnd(&seed) % count].address;

		steps[0].route = route(address, length, 1 + rnd(&seed) % 65535);
		steps[0].out = model_find(p->model, steps[0].route.address, (uint8_t)length);
		return 1;
	}
	for (size_t tried = 0; tried < (hot ? 256 : room); tried++) {
		struct rpol_route4 r =
			hot || rnd(&seed) % 4 == 0 ? around_key() : routes[rnd(&seed) % count];

		if (r.length <= 16 || used[r.address >> 16] == round + 1)
			continue;
		used[r.address >> 16] = round + 1;
		r.value = (uint16_t)(1 + rnd(&seed) % 65535);
		steps[n].out = model_find(p->model, r.address, r.length) && rnd(&seed) % 2;
		steps[n++].route = r;
	}
	return n;
}

static void test_beside_reader(void **state)
{
	enum { COUNT = 1000000, STEPS = 6000 };
	static uint32_t key_of[65537];
	static struct step steps[STEPS];
	struct rpol_grace grace = {rpol_grace_membarrier, NULL};
	struct rpol_route4 *routes = internet(COUNT, 7);
	struct pair p = {.model = model_new(COUNT * 2)};
	size_t size, changes = 0;
	pthread_t thread;

	(void)state;
	p.memory.bytes = kernel_memory(kernel, ".bss.routes4", &p.memory.size);
	live = kernel_memory(kernel, ".bss.live", &size);
	for (size_t i = 0; i < COUNT; i++)
		model_set(p.model, routes[i].address, routes[i].length, routes[i].value);
	assert_int_equal(rpol_routes4_new(&p.table, routes, COUNT), 0);
	assert_int_equal(rpol_routes4_write(p.table, p.memory, &grace), 0);
	for (uint32_t i = 0; i < LIVE_KEYS; i++) {
		struct rpol_route4 r = routes[rnd(&seed) % COUNT];

		live->addresses[i] = r.address | (rnd(&seed) & (last_of(r) - first_of(r)));
	}
	qsort(live->addresses, LIVE_KEYS, sizeof(uint32_t), compare);
	for (uint32_t i = 0, block = 0; block <= 65536; block++) {
		while (i < LIVE_KEYS && live->addresses[i] >> 16 < block)
			i++;
		key_of[block] = i;
	}
	for (uint32_t i = 0; i < LIVE_KEYS; i++)
		live->right[i] = model_lookup(p.model, live->addresses[i]) * 0x10001u;
	live->mask = LIVE_KEYS - 1;
	assert_int_equal(pthread_create(&thread, NULL, watch, NULL), 0);

	time_t end = time(NULL) + seconds;

	for (unsigned round = 0; time(NULL) < end; round++) {
		/* Mostly a few keys and what is around them, sometimes all. */
		if (round % 32 == 0) {
			live->mask = round % 128 ? 255 : LIVE_KEYS - 1;
			live->first = rnd(&seed) % LIVE_KEYS;
		}
		size_t n = choose(&p, routes, COUNT, steps, STEPS, round);

		for (size_t i = 0; i < n; i++) {
			struct rpol_route4 r = steps[i].route;

			model_set(p.model, r.address, r.length, steps[i].out ? 0 : r.value);
			judge(&p, key_of, r);
		}
		/* A reader may remember what was right no longer than to here. */
		assert_int_equal(rpol_grace_membarrier(NULL), 0);
		for (size_t i = 0; i < n; i++) {
			struct rpol_route4 r = steps[i].route;

			assert_int_equal(steps[i].out
						 ? rpol_routes4_remove(p.table, r.address, r.length)
						 : rpol_routes4_set(p.table, &r),
					 0);
		}
		for (size_t i = 0; i < n; i++)
			judge(&p, key_of, steps[i].route);
		changes += n;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	print_message("%zu changes beside %llu lookups, %llu and %llu of what was changing\n",
		      changes, live->runs, live->unchanged, live->changed);
	if (live->wrong)
		fail_msg("%llu wrong, the first: %08x: %u, not of %08x or %08x", live->wrong,
			 live->address, live->answer, live->early, live->late);
	assert_true(live->changed > 0 && live->unchanged > 0);
	check_all(&p);
	rpol_routes4_free(p.table);
	model_free(p.model);
	free(routes);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest alone[] = {
		cmocka_unit_test(test_changes), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_full),	cmocka_unit_test(test_no_grace),
		cmocka_unit_test(test_open),
	};
	static const struct CMUnitTest beside[] = {cmocka_unit_test(test_beside_reader)};

	if (argc < 2)
		return cmocka_run_group_tests(alone, NULL, NULL);
	if (argc > 2)
		seconds = (unsigned)atoi(argv[2]);
	kernel = kernel_open(argv[1]);
	int failed = cmocka_run_group_tests(beside, NULL, NULL);

	kernel_close(kernel);
	return failed;
}
