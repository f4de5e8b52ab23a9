/* test_dir24.c: IPv4 tables in their large form against a naive model, in user space, and with the
 * BPF object as argument the same bytes in the kernel. */
#include "dir24.h"

#include "dir24_bpf.h"
#include "kernel.h"
#include "routes4_model.h"
#include "rpol/dir24.h"

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
static struct dir24_keys *keys;
static struct rpol_memory memory;
static uint64_t seed = 24;

static void check(const struct rpol_route4 *routes, size_t count)
{
	struct model *model = model_new(count);
	struct rpol_routes4 *table;
	size_t size;

	assert_int_equal(rpol_routes4_new(&table, routes, count), 0);
	assert_int_equal(rpol_dir24_size(table, &size), 0);
	assert_true(size <= memory.size);
	if (size > RPOL_DIR24_PAGES)
		assert_int_equal(
			rpol_dir24_write(table, (struct rpol_memory){memory.bytes, size - 1}),
			-ENOSPC);
	assert_int_equal(rpol_dir24_write(table, memory), 0);
	for (size_t i = 0; i < count; i++)
		model_set(model, routes[i].address, routes[i].length, routes[i].value);
	for (unsigned i = 0; i < DIR24_KEYS; i++) {
		struct rpol_route4 r = count ? routes[i / 4 % count] : route(0, 0, 1);

		keys->addresses[i] = i % 4 == 0	  ? first_of(r)
				     : i % 4 == 1 ? last_of(r)
				     : i % 4 == 2 ? last_of(r) + 1
						  : rnd(&seed);
	}
	keys->next = 0;
	if (kernel)
		kernel_run(kernel, "dir24_next", DIR24_KEYS, NULL);
	for (unsigned i = 0; i < DIR24_KEYS; i++) {
		uint32_t right = model_lookup(model, keys->addresses[i]);

		assert_int_equal(
			dir24_lookup(memory.bytes, (uint32_t)memory.size, keys->addresses[i]),
			right);
		if (kernel)
			assert_int_equal(keys->answers[i], right);
	}
	rpol_routes4_free(table);
	model_free(model);
}

static void test_lists(void **state)
{
	(void)state;
	check(NULL, 0);
	check((struct rpol_route4[]){{0, 7, 0}}, 1);
	for (unsigned round = 0; round < 4; round++) {
		struct rpol_route4 routes[3000];
		uint32_t space = round % 2 ? 0xffffffff : 0x03030fff;

		for (unsigned i = 0; i < 3000; i++)
			routes[i] = route(rnd(&seed) & space, rnd(&seed) % 33,
					  1 + rnd(&seed) % RPOL_DIR24_VALUE_MAX);
		check(routes, 3000);
	}
	struct rpol_route4 *routes = internet(60000, 24);

	check(routes, 60000);
	free(routes);
}

static void test_refused(void **state)
{
	struct rpol_route4 *routes = malloc(32769 * sizeof(*routes));
	struct rpol_routes4 *table;
	size_t size;

	(void)state;
	assert_non_null(routes);
	assert_int_equal(rpol_routes4_new(&table, &(struct rpol_route4){0, 0x8000, 0}, 1), 0);
	assert_int_equal(rpol_dir24_size(table, &size), -ERANGE);
	assert_int_equal(rpol_dir24_write(table, memory), -ERANGE);
	rpol_routes4_free(table);
	for (uint32_t i = 0; i < 32769; i++)
		routes[i] = route(i << 8, 32, 1);
	assert_int_equal(rpol_routes4_new(&table, routes, 32768), 0);
	assert_int_equal(rpol_dir24_size(table, &size), 0);
	assert_int_equal(size, RPOL_DIR24_PAGES + 32768 * RPOL_DIR24_PAGE_SIZE);
	rpol_routes4_free(table);
	assert_int_equal(rpol_routes4_new(&table, routes, 32769), 0);
	assert_int_equal(rpol_dir24_size(table, &size), -ERANGE);
	rpol_routes4_free(table);
	free(routes);
}

/* A page's number that is none is no address. */
static void test_damaged(void **state)
{
	uint16_t *values = memory.bytes;

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		values[i] = (uint16_t)rnd(&seed);
		assert_true(dir24_lookup(memory.bytes, (uint32_t)memory.size, i << 8 | 255) <
			    65536);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};
	size_t size;

	if (argc > 1) {
		kernel = kernel_open(argv[1]);
		memory.bytes = kernel_memory(kernel, ".bss.dir24", &memory.size);
		keys = kernel_memory(kernel, ".bss.keys", &size);
	} else {
		keys = malloc(sizeof(*keys));
		if (!keys || rpol_memory_new(&memory, DIR24_MEMORY))
			return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (kernel) {
		kernel_close(kernel);
	} else {
		rpol_memory_free(&memory);
		free(keys);
	}
	return failed;
}
