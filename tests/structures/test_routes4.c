/* test_routes4.c: IPv4 tables against a naive model: the reader compiled for user space and, with
 * the BPF object as argument, the same bytes read in the kernel. A second argument N: that many
 * million random addresses of the large table. */
#include "kernel.h"
#include "routes4.h"
#include "routes4_bpf.h"
#include "routes4_model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct kernel *kernel;
static struct routes4_keys *keys;
static struct rpol_memory shared; /* read by the kernel's program */
static uint64_t seed = 4;
static size_t random_addresses = 200000;

/* ---- asking all at once -------------------------------------------------------------------- */

/* One table, image and model, and the addresses asked of them. */
struct asked {
	struct rpol_routes4 *table;
	struct rpol_memory memory;
	struct model *model;
	size_t count; /* in addresses */
	uint32_t *addresses;
};

/* In user space, and in the kernel when the memory is shared with it. */
static void ask(const struct asked *a)
{
	bool in_kernel = kernel && a->memory.bytes == shared.bytes;

	for (size_t done = 0; done < a->count;) {
		size_t part = a->count - done < ROUTES4_KEYS ? a->count - done : ROUTES4_KEYS;

		if (in_kernel) {
			memcpy(keys->addresses, a->addresses + done, part * sizeof(uint32_t));
			memset(keys->answers, 0xee, part * sizeof(uint16_t));
			keys->next = 0;
			kernel_run(kernel, "routes4_next", (uint32_t)part, NULL);
			assert_int_equal(keys->next, part);
		}
		for (size_t i = 0; i < part; i++) {
			uint32_t address = a->addresses[done + i];
			uint32_t right = model_lookup(a->model, address);
			uint32_t user =
				routes4_lookup(a->memory.bytes, (uint32_t)a->memory.size, address);
			uint32_t there = in_kernel ? keys->answers[i] : right;

			if (user != right || there != right)
				fail_msg("%08x: %u here, %u in the kernel, not %u", address, user,
					 there, right);
		}
		done += part;
	}
}

/* Both ends of each prefix, the addresses beside them unless there are many, and random ones. */
static void choose(struct asked *a, const struct rpol_route4 *routes, size_t count, size_t more)
{
	a->addresses = malloc((count * 4 + more + 2) * sizeof(uint32_t));
	assert_non_null(a->addresses);
	a->count = 0;
	a->addresses[a->count++] = 0;
	a->addresses[a->count++] = ~0u;
	for (size_t i = 0; i < count; i++) {
		a->addresses[a->count++] = first_of(routes[i]);
		a->addresses[a->count++] = last_of(routes[i]);
		if (count > 100000)
			continue;
		a->addresses[a->count++] = first_of(routes[i]) - 1;
		a->addresses[a->count++] = last_of(routes[i]) + 1;
	}
	while (more--)
		a->addresses[a->count++] = rnd(&seed);
}

static struct model *model_of(const struct rpol_route4 *routes, size_t count)
{
	struct model *model = model_new(count);

	for (size_t i = 0; i < count; i++)
		model_set(model, routes[i].address, routes[i].length, routes[i].value);
	return model;
}

/* The table of the prefixes, in memory of just its size and in the kernel's. */
static void check_routes(const struct rpol_route4 *routes, size_t count)
{
	struct asked a = {.model = model_of(routes, count)};

	assert_int_equal(rpol_routes4_new(&a.table, routes, count), 0);
	size_t size = rpol_routes4_size(a.table, 0);

	choose(&a, routes, count, 2000);
	assert_int_equal(rpol_memory_new(&a.memory, size), 0);
	assert_int_equal(rpol_routes4_write(a.table, a.memory, NULL), 0);
	ask(&a);
	a.memory.size -= 8;
	if (size > RPOL_ROUTES4_SIZE_MIN)
		assert_int_equal(rpol_routes4_write(a.table, a.memory, NULL), -ENOSPC);
	rpol_memory_free(&a.memory);

	if (kernel) {
		a.memory = shared;
		assert_int_equal(rpol_routes4_write(a.table, a.memory, NULL), 0);
		ask(&a);
	}
	/* The list is the prefixes once each. */
	size_t n = rpol_routes4_count(a.table);
	struct rpol_route4 *list = malloc((n + 1) * sizeof(*list));

	assert_non_null(list);
	assert_true(n <= count);
	rpol_routes4_list(a.table, list);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(model_find(a.model, list[i].address, list[i].length),
				 list[i].value);
	free(list);
	free(a.addresses);
	model_free(a.model);
	rpol_routes4_free(a.table);
}

/* ---- kinds of lists ------------------------------------------------------------------------ */

static void test_small(void **state)
{
	static const struct rpol_route4 one[] = {
		{0, 7, 0},
		{0x0a000000, 1, 8},
		{0x0a000000, 2, 9},
		{0x0a0a0000, 3, 16},
		{0x0a0a0000, 4, 17},
		{0x0a0a8000, 5, 17},
		{0x0a0a0a00, 6, 24},
		{0x0a0a0a80, 7, 25},
		{0x0a0a0aff, 65535, 32},
		{0x0a0a0a00, 9, 32},
		{0xffffffff, 1, 32},
		{0, 65534, 32},
		{0xffffff00, 3, 24},
		{0xffff0000, 4, 16},
		{0x80000000, 5, 1},
		{0x0a0a0a00, 65535, 24},
	};

	(void)state;
	for (size_t n = 0; n <= sizeof(one) / sizeof(one[0]); n++)
		check_routes(one, n);
	for (size_t n = 0; n < sizeof(one) / sizeof(one[0]); n++)
		check_routes(one + n, 1);
}

static void test_refused(void **state)
{
	static const struct rpol_route4 bad[] = {
		{1, 1, 31}, {0x80000000, 1, 0}, {0, 1, 33}, {0, 0, 8}, {0x0a000001, 1, 24}};
	struct rpol_routes4 *table = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rpol_routes4_new(&table, &bad[i], 1), -EINVAL);
	assert_null(table);
}

/* Random lengths in random places: small spaces, so that they nest and touch and repeat. */
static void test_random(void **state)
{
	static const uint32_t spaces[] = {0xffffffff, 0x0303ffff, 0x00000fff,
					  0xff0000ff, 0x80ff80ff, 0x0000ffff};

	(void)state;
	for (unsigned round = 0; round < 36; round++) {
		size_t count = 1 + rnd(&seed) % 3000;
		struct rpol_route4 *routes = malloc(count * sizeof(*routes));
		uint32_t space = spaces[round % 6], values = round % 4 ? 65535 : 3;
		unsigned shortest = round % 3 ? 0 : 14;

		assert_non_null(routes);
		for (size_t i = 0; i < count; i++)
			routes[i] =
				route(rnd(&seed) & space, shortest + rnd(&seed) % (33 - shortest),
				      1 + rnd(&seed) % values);
		check_routes(routes, count);
		free(routes);
	}
}

/* Each length nested in the one before, on the left and on the right. */
static void test_nested(void **state)
{
	struct rpol_route4 routes[99];

	(void)state;
	for (unsigned length = 0; length <= 32; length++) {
		routes[length * 3] = route(0, length, 100 + length);
		routes[length * 3 + 1] = route(~0u, length, 200 + length);
		routes[length * 3 + 2] = route(0xaaaaaaaa, length, 300 + length);
	}
	check_routes(routes, 99);
}

/* Neighbours of one value become one; of two, each address its own: the largest nodes there are. */
static void test_adjacent(void **state)
{
	static const unsigned lengths[] = {8, 16, 20, 24, 28, 32};
	struct rpol_route4 *routes = malloc(16384 * sizeof(*routes));

	(void)state;
	assert_non_null(routes);
	for (unsigned k = 0; k < 6; k++) {
		unsigned length = lengths[k];
		size_t count = length == 8 ? 256 : 16384;

		for (unsigned values = 1; values <= 2; values++) {
			for (size_t i = 0; i < count; i++)
				routes[i] = route(((uint32_t)i << (32 - length)) + 0x01000000,
						  length, 1 + i % values);
			check_routes(routes, count);
		}
	}
	free(routes);
}

/* 65,535 next hops, one each. */
static void test_values(void **state)
{
	struct rpol_route4 *routes = malloc(65535 * sizeof(*routes));

	(void)state;
	assert_non_null(routes);
	for (uint32_t i = 0; i < 65535; i++)
		routes[i] = route(i << 12, i % 2 ? 24 : 30, i + 1);
	check_routes(routes, 65535);
	free(routes);
}

/* The answers after changes, again and again. */
static void test_changed(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		struct rpol_route4 routes[1500];
		uint32_t space = round % 2 ? 0x0303ffff : 0x00000fff;
		struct asked a = {.model = model_new(1500)};

		for (unsigned i = 0; i < 1500; i++)
			routes[i] = route(rnd(&seed) & space, rnd(&seed) % 33,
					  1 + rnd(&seed) % (round % 3 ? 65535 : 2));
		assert_int_equal(rpol_routes4_new(&a.table, NULL, 0), 0);
		if (kernel)
			a.memory = shared;
		else
			assert_int_equal(rpol_memory_new(&a.memory, 1 << 20), 0);
		assert_int_equal(rpol_routes4_write(a.table, a.memory, NULL), 0);
		for (unsigned step = 0; step < 10; step++) {
			for (unsigned i = 0; i < 400; i++) {
				struct rpol_route4 r = routes[rnd(&seed) % 1500];
				bool in = model_find(a.model, r.address, r.length);

				r.value = (uint16_t)(in && i % 3 ? 0 : 1 + rnd(&seed) % 65535);
				model_set(a.model, r.address, r.length, r.value);
				assert_int_equal(
					r.value ? rpol_routes4_set(a.table, &r)
						: rpol_routes4_remove(a.table, r.address, r.length),
					0);
			}
			choose(&a, routes, 1500, 100);
			ask(&a);
			free(a.addresses);
		}
		if (!kernel)
			rpol_memory_free(&a.memory);
		model_free(a.model);
		rpol_routes4_free(a.table);
	}
}

/* What stands in a damaged image is never followed out of it. */
static void test_damaged(void **state)
{
	struct rpol_route4 *routes = internet(2000, 1);
	struct rpol_routes4 *table;
	struct rpol_memory memory;

	(void)state;
	assert_int_equal(rpol_routes4_new(&table, routes, 2000), 0);
	assert_int_equal(rpol_memory_new(&memory, rpol_routes4_size(table, 0)), 0);
	assert_int_equal(rpol_routes4_write(table, memory, NULL), 0);
	for (unsigned round = 0; round < 20; round++) {
		uint32_t *words = memory.bytes;

		for (size_t i = 0; i < memory.size / 4; i++)
			if (rnd(&seed) % 2)
				words[i] = rnd(&seed);
		for (unsigned i = 0; i < 20000; i++)
			assert_true(routes4_lookup(memory.bytes, (uint32_t)memory.size,
						   rnd(&seed)) <= 65535);
	}
	rpol_memory_free(&memory);
	rpol_routes4_free(table);
	free(routes);
}

/* A million: both ends of every prefix, and random addresses. */
static void test_million(void **state)
{
	size_t count = 1000000;
	struct rpol_route4 *routes = internet(count, 2026);
	struct asked a = {.model = model_of(routes, count)};

	(void)state;
	assert_int_equal(rpol_routes4_new(&a.table, routes, count), 0);
	size_t size = rpol_routes4_size(a.table, 0);

	print_message("1,000,000 prefixes in %.2f MB\n", (double)size / 1e6);
	assert_in_range(size, 1, 5000000);
	choose(&a, routes, count, random_addresses);
	if (kernel)
		a.memory = shared;
	else
		assert_int_equal(rpol_memory_new(&a.memory, size), 0);
	assert_int_equal(rpol_routes4_write(a.table, a.memory, NULL), 0);
	ask(&a);
	if (!kernel)
		rpol_memory_free(&a.memory);
	free(a.addresses);
	model_free(a.model);
	rpol_routes4_free(a.table);
	free(routes);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random),	 cmocka_unit_test(test_nested),
		cmocka_unit_test(test_adjacent), cmocka_unit_test(test_values),
		cmocka_unit_test(test_changed),	 cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_million),
	};

	if (argc > 2)
		random_addresses = (size_t)atoi(argv[2]) * 1000000;
	if (argc > 1) {
		size_t size;

		kernel = kernel_open(argv[1]);
		shared.bytes = kernel_memory(kernel, ".bss.routes4", &shared.size);
		keys = kernel_memory(kernel, ".bss.keys", &size);
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (kernel)
		kernel_close(kernel);
	return failed;
}
