/* Tables of exact keys against a plain model: built, changed, and read in user space and in the
 * kernel, also while they change. Keys are made from their number, so that the model is an array.
 */
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
#include <unistd.h>

#include "exact.h"
#include "exact_sizes.h"
#include "kernel.h"
#include "rpol/exact.h"
#include "rpol/memory.h"

enum kind { RANDOM, COUNTED, LAST_WORD, HIGH_BITS, MAPPED, KINDS };

static const uint32_t widths[] = {1, 2, 3, 4, 5, 9, 16};

enum { WIDTHS = sizeof(widths) / sizeof(*widths), UNIVERSE = 40000 };

static uint64_t state = 1;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((state >> 32) * below >> 32);
}

/* Key number i of a kind: different numbers give different keys. */
static void make_key(enum kind kind, uint32_t words, uint32_t i, uint32_t *key)
{
	uint64_t x = i;

	memset(key, 0, words * sizeof(*key));
	switch (kind) {
	case RANDOM:
		for (uint32_t w = 0; w < words; w++) {
			x = (x + 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
			key[w] = (uint32_t)(x >> 32);
		}
		key[0] = i * 2654435761u; /* a bijection */
		break;
	case COUNTED:
		key[0] = i;
		break;
	case LAST_WORD:
		memset(key, 0xff, words * sizeof(*key));
		key[words - 1] = __builtin_bswap32(i);
		break;
	case HIGH_BITS:
		key[0] = i << 16 | i >> 16;
		key[words - 1] |= words > 1 ? 0x80000000 : 0;
		break;
	default:
		if (words > 3)
			key[2] = 0xffff0000;
		key[words > 3 ? 3 : 0] = __builtin_bswap32(0x0a000000 + i);
	}
}

static void make_keys(enum kind kind, uint32_t words, uint32_t count, uint32_t *keys)
{
	for (uint32_t i = 0; i < count; i++)
		make_key(kind, words, i, keys + (size_t)i * words);
}

/* The reader, specialised as in a program. */
static uint32_t find(const void *memory, uint64_t size, const uint32_t *key, uint32_t words)
{
	switch (words) {
	case 1:
		return rpol_exact_find(memory, size, key, 1);
	case 2:
		return rpol_exact_find(memory, size, key, 2);
	case 3:
		return rpol_exact_find(memory, size, key, 3);
	case 4:
		return rpol_exact_find(memory, size, key, 4);
	case 5:
		return rpol_exact_find(memory, size, key, 5);
	case 9:
		return rpol_exact_find(memory, size, key, 9);
	default:
		assert_int_equal(words, 16);
		return rpol_exact_find(memory, size, key, 16);
	}
}

static void check_all(const struct rpol_memory *memory, uint32_t words, const uint32_t *keys,
		      const uint32_t *model, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = find(memory->bytes, memory->size, keys + (size_t)i * words, words);

		if (value != model[i])
			fail_msg("words %u key %u: %u, not %u", words, i, value, model[i]);
	}
}

static void test_build(void **unused)
{
	static const uint32_t counts[] = {0, 1, 2, 3, 17, 1000, UNIVERSE / 2};
	uint32_t *keys = malloc(sizeof(*keys) * UNIVERSE * EXACT_LONGEST);
	uint32_t *model = calloc(UNIVERSE, sizeof(*model));

	(void)unused;
	for (uint32_t n = 0; n < sizeof(counts) / sizeof(*counts); n++)
		for (uint32_t w = 0; w < WIDTHS; w++)
			for (int kind = 0; kind < KINDS; kind++) {
				uint32_t count = counts[n], words = widths[w],
					 all = count + count / 2 + 9;
				struct rpol_memory memory;

				make_keys(kind, words, all, keys);
				memset(model, 0, UNIVERSE * sizeof(*model));
				for (uint32_t i = 0; i < count; i++)
					model[i] = i % 5 ? i + 1 : UINT32_MAX - i;
				assert_int_equal(
					rpol_memory_new(&memory, rpol_exact_measure(words, count)),
					0);
				assert_int_equal(find(memory.bytes, memory.size, keys, words), 0);
				assert_int_equal(rpol_exact_build(memory.bytes, memory.size, words,
								  count, keys, model, count, n,
								  NULL),
						 0);
				check_all(&memory, words, keys, model, all);
				rpol_memory_free(&memory);
			}
	free(keys);
	free(model);
}

static void test_refused(void **unused)
{
	uint32_t keys[100], values[100], bad = 0;
	struct rpol_memory memory;
	struct rpol_exact *table;

	(void)unused;
	assert_int_equal(rpol_exact_measure(0, 1), 0);
	assert_int_equal(rpol_exact_measure(17, 1), 0);
	assert_int_equal(rpol_exact_measure(16, UINT32_MAX), 0);
	for (uint32_t i = 0; i < 100; i++)
		keys[i] = values[i] = i + 1;
	assert_int_equal(rpol_memory_new(&memory, rpol_exact_measure(1, 100)), 0);
	assert_int_equal(rpol_exact_open(&table, memory, NULL), -EBADMSG);
#define BUILD(size, words, count)                                                                  \
	rpol_exact_build(memory.bytes, size, words, 100, keys, values, count, 0, &bad)
	assert_int_equal(BUILD(memory.size - 64, 1, 100), -ENOSPC);
	assert_int_equal(BUILD(memory.size, 17, 100), -EINVAL);
	assert_int_equal(BUILD(memory.size, 1, 101), -EINVAL);
	values[30] = 0;
	assert_int_equal(BUILD(memory.size, 1, 100), -EINVAL);
	assert_int_equal(bad, 30);
	values[30] = 5;
	keys[70] = keys[12];
	keys[50] = keys[20];
	keys[51] = keys[20];
	assert_int_equal(BUILD(memory.size, 1, 100), -EEXIST);
	assert_int_equal(bad, 50);
	for (uint32_t i = 0; i < 100; i++)
		keys[i] = 7;
	assert_int_equal(BUILD(memory.size, 1, 100), -EEXIST);
	assert_int_equal(bad, 1);
	assert_int_equal(find(memory.bytes, memory.size, keys, 1), 0);
	assert_int_equal(BUILD(memory.size, 1, 1), 0);
	assert_int_equal(rpol_exact_open(&table, memory, NULL), 0);
	assert_int_equal(rpol_exact_set(table, keys, 0), -EINVAL);
	assert_int_equal(rpol_exact_remove(table, &bad), -ENOENT);
	rpol_exact_close(table);
	rpol_memory_free(&memory);
}

/* Bytes that no builder made: nothing outside is read, whatever is answered. */
static void test_hostile(void **unused)
{
	struct rpol_memory memory;
	uint32_t key[EXACT_LONGEST];

	(void)unused;
	assert_int_equal(rpol_memory_new(&memory, 4096), 0);
	for (uint32_t round = 0; round < 20000; round++) {
		for (uint32_t i = 0; i < (round & 1 ? 40 : 1024); i++)
			((uint32_t *)memory.bytes)[i] = draw(1u << (1 + draw(31)));
		for (uint32_t w = 0; w < WIDTHS; w++) {
			make_key(RANDOM, widths[w], draw(1000), key);
			find(memory.bytes, memory.size, key, widths[w]);
		}
		struct rpol_exact *table;

		if (!rpol_exact_open(&table, memory, NULL))
			rpol_exact_close(table);
	}
	rpol_memory_free(&memory);
}

/* One random change of the table and the model. */
static void change(struct rpol_exact *table, const uint32_t *keys, uint32_t words, uint32_t *model,
		   uint32_t i, uint32_t value)
{
	const uint32_t *key = keys + (size_t)i * words;
	int rc;

	if (!value) {
		assert_int_equal(rpol_exact_remove(table, key), model[i] ? 0 : -ENOENT);
		model[i] = 0;
		return;
	}
	rc = rpol_exact_set(table, key, value);
	if (rc == -ENOSPC) {
		struct rpol_exact_fill fill = rpol_exact_fill(table);

		assert_int_equal(fill.keys, fill.capacity);
		return;
	}
	assert_int_equal(rc, 0);
	model[i] = value;
}

static void test_changes(void **unused)
{
	uint32_t capacity = 1000, all = 1500, present = 0;
	uint32_t *keys = malloc(sizeof(*keys) * all * EXACT_LONGEST);
	uint32_t *model = calloc(all, sizeof(*model));

	(void)unused;
	for (uint32_t w = 0; w < WIDTHS; w++)
		for (int kind = 0; kind < KINDS; kind++) {
			uint32_t words = widths[w];
			struct rpol_memory memory;
			struct rpol_exact *table;

			make_keys(kind, words, all, keys);
			memset(model, 0, all * sizeof(*model));
			assert_int_equal(
				rpol_memory_new(&memory, rpol_exact_measure(words, capacity)), 0);
			assert_int_equal(rpol_exact_build(memory.bytes, memory.size, words,
							  capacity, keys, model, 0, 0, NULL),
					 0);
			assert_int_equal(rpol_exact_open(&table, memory, NULL), 0);
			for (uint32_t round = 0; round < 12000; round++) {
				uint32_t i = draw(all), how = draw(8);
				uint32_t hostile = round / 3000; /* fills up, then empties */

				change(table, keys, words, model, i,
				       how < (hostile & 1 ? 5 : 1) ? 0 : 1 + draw(UINT32_MAX));
				i = draw(all);
				assert_int_equal(find(memory.bytes, memory.size,
						      keys + (size_t)i * words, words),
						 model[i]);
				if (round % 500)
					continue;
				check_all(&memory, words, keys, model, all);
				rpol_exact_close(table); /* another writer goes on */
				assert_int_equal(rpol_exact_open(&table, memory, NULL), 0);
				present = 0;
				for (uint32_t k = 0; k < all; k++)
					present += model[k] != 0;
				assert_int_equal(rpol_exact_fill(table).keys, present);
			}
			rpol_exact_close(table);
			rpol_memory_free(&memory);
		}
	free(keys);
	free(model);
}

/* A reader that had read a pilot or compared a key before many changes finds what was there, as
 * long as nothing settled: slots that were left keep their bytes. */
static void test_left_slots(void **unused)
{
	enum { N = 2000 };
	uint32_t *keys = malloc(sizeof(*keys) * N), *model = malloc(sizeof(*model) * N);
	size_t size = rpol_exact_measure(1, N);
	struct rpol_memory memory, before;
	struct rpol_exact *table;

	(void)unused;
	make_keys(RANDOM, 1, N, keys);
	for (uint32_t i = 0; i < N; i++)
		model[i] = i + 1;
	assert_int_equal(rpol_memory_new(&memory, size), 0);
	assert_int_equal(rpol_memory_new(&before, size), 0);
	assert_int_equal(rpol_exact_build(memory.bytes, size, 1, N, keys, model, N / 2, 0, NULL),
			 0);
	memcpy(before.bytes, memory.bytes, size);
	assert_int_equal(rpol_exact_open(&table, memory, NULL), 0);
	for (uint32_t i = N / 2; i < N; i++)
		if (rpol_exact_set(table, keys + i, model[i]))
			break;
	assert_true(rpol_exact_fill(table).deferred > 0);
	assert_int_equal(rpol_exact_fill(table).graces, 1);
	/* The old pilots over the new slots. */
	uint32_t first = ((struct rpol_exact_header *)memory.bytes)->first;

	memcpy((char *)before.bytes + first, (char *)memory.bytes + first, size - first);
	check_all(&before, 1, keys, model, N / 2);
	rpol_exact_close(table);
	rpol_memory_free(&memory);
	rpol_memory_free(&before);
	free(keys);
	free(model);
}

static const char *const finds[] = {"find_1", "find_2", "find_3", "find_4",
				    "find_5", "find_9", "find_16"};

static struct kernel *kernel;

static void test_kernel(void **unused)
{
	size_t size;
	void *bytes = kernel_memory(kernel, ".bss.exact", &size);
	uint32_t *asked = kernel_memory(kernel, ".bss.asked", &(size_t){0});
	uint32_t *answers = kernel_memory(kernel, ".bss.answers", &(size_t){0});
	uint32_t *turn = kernel_memory(kernel, ".bss.turn", &(size_t){0});
	uint32_t *model = calloc(EXACT_ASKED, sizeof(*model));

	(void)unused;
	for (uint32_t w = 0; w < WIDTHS; w++)
		for (int kind = 0; kind < KINDS; kind++) {
			struct rpol_exact *table;

			make_keys(kind, widths[w], EXACT_ASKED, asked);
			for (uint32_t i = 0; i < EXACT_ASKED; i++)
				model[i] = i < UNIVERSE ? i + 1 : 0;
			assert_int_equal(rpol_exact_build(bytes, size, widths[w], UNIVERSE + 100,
							  asked, model, UNIVERSE, 0, NULL),
					 0);
			assert_int_equal(
				rpol_exact_open(&table, (struct rpol_memory){bytes, size}, NULL),
				0);
			for (uint32_t round = 0; round < 3; round++) {
				*turn = 0;
				kernel_run(kernel, finds[w], EXACT_ASKED, NULL);
				assert_memory_equal(answers, model, EXACT_ASKED * sizeof(*model));
				for (uint32_t i = 0; i < 5000; i++)
					change(table, asked, widths[w], model, draw(EXACT_ASKED),
					       draw(2) ? draw(1000) : 0);
			}
			rpol_exact_close(table);
		}
	free(model);
}

/* ---- a reader beside a writer ------------------------------------------------------------- */

enum { STEADY = EXACT_ASKED / 4, PASSING = EXACT_ASKED / 2, CHANGES = 150000 };

/* Keys below STEADY are always there, with a value that says their number; those below PASSING come
 * and go; the others are never there. */
struct beside {
	const void *bytes;
	const uint32_t *asked;
	uint32_t *answers, *turn;
	bool in_kernel;
	_Atomic uint32_t rounds;
	_Atomic bool done;
	uint32_t wrong;
};

static void *read_beside(void *arg)
{
	struct beside *b = arg;

	while (!b->done) {
		if (b->in_kernel) {
			*b->turn = 0;
			kernel_run(kernel, "find_4", EXACT_ASKED, NULL);
		}
		for (uint32_t i = 0; i < EXACT_ASKED; i++) {
			uint32_t value = b->in_kernel ? b->answers[i]
						      : rpol_exact_find(b->bytes, EXACT_MEMORY,
									b->asked + i * 4, 4);

			if (!value ? i < STEADY : i >= PASSING || value % EXACT_ASKED != i)
				b->wrong++;
		}
		b->rounds++;
	}
	return NULL;
}

/* For a reader of user space: until it has begun anew twice. */
static int grace_rounds(void *arg)
{
	struct beside *b = arg;
	uint32_t before = b->rounds;

	while (b->rounds - before < 2)
		usleep(100);
	return 0;
}

static void run_beside(struct beside *b, void *bytes, size_t size)
{
	uint32_t *values = calloc(EXACT_ASKED, sizeof(*values));
	struct rpol_grace grace = {b->in_kernel ? rpol_grace_membarrier : grace_rounds, b};
	struct rpol_memory memory = {bytes, size};
	struct rpol_exact *table;
	pthread_t reader;

	for (uint32_t i = 0; i < PASSING; i++)
		values[i] = EXACT_ASKED + i;
	assert_int_equal(
		rpol_exact_build(bytes, size, 4, PASSING, b->asked, values, PASSING, 0, NULL), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_beside, b), 0);
	assert_int_equal(rpol_exact_open(&table, memory, &grace), 0);
	for (uint32_t n = 0; n < CHANGES; n++) {
		uint32_t i = draw(PASSING);
		const uint32_t *key = b->asked + i * 4;

		if (i >= STEADY && draw(2)) {
			rpol_exact_remove(table, key);
			continue;
		}
		assert_int_equal(rpol_exact_set(table, key, (1 + draw(1000)) * EXACT_ASKED + i), 0);
	}
	b->done = true;
	pthread_join(reader, NULL);
	assert_int_equal(b->wrong, 0);
	assert_true(b->rounds > 0 && rpol_exact_fill(table).graces > 1);
	rpol_exact_close(table);
	free(values);
}

static void test_beside_user(void **unused)
{
	uint32_t *asked = malloc(sizeof(*asked) * EXACT_ASKED * 4);
	struct rpol_memory memory;

	(void)unused;
	make_keys(MAPPED, 4, EXACT_ASKED, asked);
	assert_int_equal(rpol_memory_new(&memory, EXACT_MEMORY), 0);
	run_beside(&(struct beside){.bytes = memory.bytes, .asked = asked}, memory.bytes,
		   memory.size);
	rpol_memory_free(&memory);
	free(asked);
}

static void test_beside_kernel(void **unused)
{
	size_t size;
	void *bytes = kernel_memory(kernel, ".bss.exact", &size);
	uint32_t *asked = kernel_memory(kernel, ".bss.asked", &(size_t){0});

	(void)unused;
	make_keys(MAPPED, 4, EXACT_ASKED, asked);
	run_beside(&(struct beside){.bytes = bytes,
				    .asked = asked,
				    .answers = kernel_memory(kernel, ".bss.answers", &(size_t){0}),
				    .turn = kernel_memory(kernel, ".bss.turn", &(size_t){0}),
				    .in_kernel = true},
		   bytes, size);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest in_user_space[] = {
		cmocka_unit_test(test_build),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile),	   cmocka_unit_test(test_changes),
		cmocka_unit_test(test_left_slots), cmocka_unit_test(test_beside_user),
	};
	const struct CMUnitTest in_kernel[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_beside_kernel),
	};

	if (argc < 2)
		return cmocka_run_group_tests(in_user_space, NULL, NULL);
	kernel = kernel_open(argv[1]);
	int failed = cmocka_run_group_tests(in_kernel, NULL, NULL);

	kernel_close(kernel);
	return failed;
}
