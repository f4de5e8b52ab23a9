/* test_rules.c: every structure for lists of rules against going through the list, on lists that
 * are random and lists that are mean; the readers here, and the same memory read in the kernel. */
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

#include "kernel.h"
#include "rulelists.h"
#include "rules.h"
#include "rules_kernel.h"

/* ---- the readers, here --------------------------------------------------------------------- */

static const struct rpol_rules *scanned;
static struct rpol_memory image;

static uint32_t scan(const uint32_t *key, __u64 bucket, uint32_t best)
{
	return rpol_bucket_scan(image.bytes, (uint32_t)image.size, &scanned->schema, key, bucket,
				best);
}

static uint32_t find(enum rpol_rules_structure structure, const struct rpol_rules *list,
		     const uint32_t *key)
{
	uint32_t size = (uint32_t)image.size;

	scanned = list;
	switch (structure) {
	case RPOL_RULES_CLASSES:
		return rpol_classes_find(image.bytes, size, &list->schema, image.bytes, key);
	case RPOL_RULES_TUPLES:
		return rpol_tuples_find(image.bytes, size, &list->schema, scan, key);
	default:
		return rpol_tree_find(image.bytes, size, &list->schema, scan, key);
	}
}

/* ---- each structure against the list ------------------------------------------------------- */

static unsigned accepted[RPOL_RULES_STRUCTURES], refused[RPOL_RULES_STRUCTURES];

static void check(const struct rpol_rules *list, struct chance *chance, const char *what)
{
	uint32_t key[RPOL_RULES_WORDS];

	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++) {
		struct rpol_rules_cost cost;
		int rc = rpol_rules_build(list, (enum rpol_rules_structure)s, 16 << 20, &image,
					  &cost);

		if (rc) {
			assert_non_null(cost.refused);
			refused[s]++;
			continue;
		}
		accepted[s]++;
		assert_true(cost.bytes == image.size && cost.hit.ns > 0);
		for (int i = 0; i < 400; i++) {
			if (i % 4)
				key_near(chance, list, key);
			else
				key_anywhere(chance, list, key);
			uint32_t want = rpol_rules_linear(list, key);
			uint32_t got = find((enum rpol_rules_structure)s, list, key);

			if (got != want)
				fail_msg("%s of %zu rules, %s: rule %u, not %u", what, list->count,
					 rpol_rules_structure_name((enum rpol_rules_structure)s),
					 got, want);
		}
		rpol_memory_free(&image);
	}
}

static void test_random(void **state)
{
	struct chance chance = {1};
	struct rpol_rules_schema schema;
	struct rpol_rules list;

	(void)state;
	for (int round = 0; round < 120; round++) {
		enum list_kind kind = (enum list_kind)(round % LIST_KINDS);
		size_t count = 1 + chance_below(&chance, round % 4 ? 60 : 300);
		char what[64];

		if (round < 60)
			schema_random(&chance, round % 5 ? 5 : RPOL_RULES_WORDS, &schema);
		else
			schema_make(round / LIST_KINDS % KEY_KINDS, &schema);
		list_make(&chance, kind, &schema, count, &list);
		snprintf(what, sizeof(what), "round %d, kind %d, %u words", round, (int)kind,
			 schema.words);
		check(&list, &chance, what);
		free((void *)list.tests);
	}
	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++) {
		print_message("%s: %u lists, %u refused\n",
			      rpol_rules_structure_name((enum rpol_rules_structure)s), accepted[s],
			      refused[s]);
		assert_true(accepted[s] > refused[s]);
	}
}

static void test_bench_lists(void **state)
{
	struct chance chance = {2};
	struct rpol_rules list;

	(void)state;
	for (int kind = 0; kind < BENCH_KINDS; kind++) {
		list_bench(&chance, (enum bench_kind)kind, 1000, &list);
		check(&list, &chance, "bench");
		free((void *)list.tests);
	}
}

/* The tree takes lists that are large, of whatever kind, and in hardly more than their memory. */
static void test_large(void **state)
{
	struct chance chance = {5};
	struct rpol_rules_schema schema;
	struct rpol_rules_cost cost;
	struct rpol_rules list;
	uint32_t key[RPOL_RULES_WORDS];

	(void)state;
	for (int kind = 0; kind < BENCH_KINDS + LIST_KINDS; kind++) {
		size_t count = kind == BENCH_OVERLAP ? 20000 : 1500;

		schema_make(kind % 2 ? KEY_V6 : KEY_V4, &schema);
		if (kind < BENCH_KINDS)
			list_bench(&chance, (enum bench_kind)kind, count, &list);
		else
			list_make(&chance, (enum list_kind)(kind - BENCH_KINDS), &schema, count,
				  &list);
		size_t bytes = count * list.schema.stride;

		if (kind % 3)
			bytes = 64 << 20;
		assert_int_equal(
			rpol_rules_build(&list, RPOL_RULES_TREE, bytes + 4096, &image, &cost), 0);
		for (int i = 0; i < 60; i++) {
			key_near(&chance, &list, key);
			assert_int_equal(find(RPOL_RULES_TREE, &list, key),
					 rpol_rules_linear(&list, key));
		}
		rpol_memory_free(&image);
		free((void *)list.tests);
	}
}

/* The choice is what the costs say, the same every time, and fits. */
static void test_choose(void **state)
{
	struct chance chance = {4};
	struct rpol_rules_choice first, again;
	struct rpol_rules list;

	(void)state;
	list_bench(&chance, BENCH_ACL, 300, &list);
	assert_int_equal(rpol_rules_choose(&list, 2 << 20, &first), 0);
	assert_int_equal(rpol_rules_choose(&list, 2 << 20, &again), 0);
	assert_int_equal(first.structure, again.structure);
	assert_int_equal(first.memory.size, again.memory.size);
	assert_memory_equal(first.memory.bytes, again.memory.bytes, first.memory.size);
	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++)
		assert_true(first.cost[s].refused ||
			    first.cost[s].hit.ns + first.cost[s].none.ns >=
				    first.cost[first.structure].hit.ns +
					    first.cost[first.structure].none.ns);
	assert_true(first.memory.size <= 2 << 20);
	rpol_memory_free(&first.memory);
	rpol_memory_free(&again.memory);
	assert_int_equal(rpol_rules_choose(&list, 100, &first), -E2BIG);
	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++)
		assert_non_null(first.cost[s].refused);
	assert_null(first.memory.bytes);
	free((void *)list.tests);
}

/* Four words of an address are tested as the prefix says. */
static void test_prefix6(void **state)
{
	const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0xff, 0xff, 1, 2};
	struct rpol_rules_test tests[4];

	(void)state;
	rpol_rules_prefix6(tests, address, 33);
	assert_true(tests[0].low == 0x20010db8 && tests[0].high == 0x20010db8);
	assert_true(tests[1].low == 0x80000000 && tests[1].high == UINT32_MAX);
	assert_true(tests[2].low == 0 && tests[2].high == UINT32_MAX);
	rpol_rules_prefix6(tests, address, 0);
	assert_true(tests[0].low == 0 && tests[0].high == UINT32_MAX);
	rpol_rules_prefix6(tests, address, 128);
	assert_true(tests[2].low == 0x01020000 && tests[2].high == 0x01020000);
	assert_true(tests[3].low == 0 && tests[3].high == 0);
}

/* ---- the same memory in the kernel --------------------------------------------------------- */

static const char *object; /* rules.bpf.o */

static void check_kernel(struct kernel *kernel, const char *name, const struct rpol_rules *list,
			 size_t budget, struct chance *chance)
{
	size_t size;
	uint8_t *memory = kernel_memory(kernel, ".bss.memory", &size);
	uint32_t(*keys)[RULES_KEY] = kernel_memory(kernel, ".bss.keys", &size);
	uint32_t *answers = kernel_memory(kernel, ".bss.answers", &size);
	uint32_t *next = kernel_memory(kernel, ".bss.next", &size);
	/* Going through a long list takes its time. */
	int count = list->count > 10000 ? 100 : 1000;

	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++) {
		struct rpol_rules_cost cost;
		char program[64];

		if (rpol_rules_build(list, (enum rpol_rules_structure)s, budget, &image, &cost))
			continue;
		memcpy(memory, image.bytes, image.size);
		rpol_memory_free(&image);
		for (int i = 0; i < count; i++)
			key_near(chance, list, keys[i]);
		*next = 0;
		snprintf(program, sizeof(program), "%s_%s",
			 rpol_rules_structure_name((enum rpol_rules_structure)s), name);
		kernel_run(kernel, program, (uint32_t)count, NULL);
		assert_int_equal(*next, count);
		for (int i = 0; i < count; i++)
			if (answers[i] != rpol_rules_linear(list, keys[i]))
				fail_msg("%s, %zu rules: rule %u, not %u", program, list->count,
					 answers[i], rpol_rules_linear(list, keys[i]));
	}
}

static void test_kernel(void **state)
{
	static const char *const names[] = {"v4", "v6", "one"};
	struct chance chance = {3};
	struct rpol_rules_schema schema;
	struct rpol_rules list;

	(void)state;
	struct kernel *kernel = kernel_open(object);

	assert_non_null(kernel);
	for (int round = 0; round < KEY_KINDS * LIST_KINDS; round++) {
		int key = round / LIST_KINDS % KEY_KINDS;

		schema_make(key, &schema);
		list_make(&chance, (enum list_kind)(round % LIST_KINDS), &schema,
			  1 + chance_below(&chance, 120), &list);
		check_kernel(kernel, names[key], &list, RULES_MEMORY, &chance);
		free((void *)list.tests);
	}
	for (int kind = 0; kind < BENCH_KINDS; kind++) {
		list_bench(&chance, (enum bench_kind)kind, 1000, &list);
		check_kernel(kernel, names[0], &list, RULES_MEMORY, &chance);
		free((void *)list.tests);
	}
	list_bench(&chance, BENCH_FW, 100000, &list);
	check_kernel(kernel, names[0], &list, RULES_MEMORY, &chance);
	free((void *)list.tests);
	/* Hardly more memory than the records take leaves buckets that are scanned in parts. */
	schema_make(KEY_V6, &schema);
	list_make(&chance, LIST_MIXED, &schema, 3000, &list);
	check_kernel(kernel, names[1], &list, list.count * schema.stride + 4096, &chance);
	free((void *)list.tests);
	kernel_close(kernel);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest here[] = {
		cmocka_unit_test(test_random),	cmocka_unit_test(test_bench_lists),
		cmocka_unit_test(test_large),	cmocka_unit_test(test_choose),
		cmocka_unit_test(test_prefix6),
	};
	const struct CMUnitTest there[] = {cmocka_unit_test(test_kernel)};

	if (argc < 2)
		return cmocka_run_group_tests(here, NULL, NULL);
	object = argv[1];
	return cmocka_run_group_tests(there, NULL, NULL);
}
