/* test_memory.c: the arena, and what becomes of a compilation when the Nth allocation fails:
 * -ENOMEM, nothing leaked, nothing touched. Linked with --wrap for the allocators. */
#include "front.h"

static long allocations, fail_at = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t size)
{
	return allocations++ == fail_at ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return allocations++ == fail_at ? NULL : __real_calloc(n, size);
}

static void arena(void **state)
{
	struct rpol_arena arena = {0};
	size_t capacity = 0;
	int *numbers = NULL;

	(void)state;
	for (size_t size = 0; size < 300; size++) {
		char *memory = rpol_arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
	memset(rpol_arena_alloc(&arena, 5 << 20), 1, 5 << 20);
	for (size_t i = 0; i < 1000; i++) {
		numbers = rpol_arena_grow(&arena, numbers, i, &capacity, sizeof(*numbers));
		numbers[i] = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	assert_string_equal(rpol_arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(rpol_arena_strndup(&arena, NULL, 0), "");
	assert_string_equal(rpol_arena_printf(&arena, "%d %s", 42, "x"), "42 x");
	rpol_arena_free(&arena);
	assert_null(arena.chunks);
	assert_non_null(rpol_arena_alloc(&arena, 1));
	rpol_arena_free(&arena);
	rpol_arena_free(&arena);
}

static void arena_jumps(void **state)
{
	struct rpol_arena arena = {0};
	jmp_buf oom;

	(void)state;
	arena.oom = &oom;
	if (!setjmp(oom)) {
		rpol_arena_alloc(&arena, SIZE_MAX - 8);
		fail();
	}
	if (!setjmp(oom)) {
		size_t capacity = SIZE_MAX / 4;

		rpol_arena_grow(&arena, NULL, capacity, &capacity, 64);
		fail();
	}
	rpol_arena_free(&arena);
}

static int read_long(void *arg, const char *path, char **text, size_t *length)
{
	size_t rules = 2000, size = 200 + rules * 100;
	char *at, *buffer = __real_malloc(size);

	(void)arg;
	(void)path;
	at = buffer +
	     sprintf(buffer, "interface i = eth0;\npolicy p on i at xdp {\n default drop;\n");
	/* enough for several chunks; broken rules, so that diagnostics are queued too */
	for (size_t i = 0; i < rules; i++)
		at += sprintf(at,
			      i % 3 ? " r%zu: src in 10.0.0.0/8 and tcp.dport == 1 => pass;\n"
				    : " r%zu: src in => pass;\n",
			      i);
	at += sprintf(at, "}\n");
	*text = buffer;
	*length = (size_t)(at - buffer);
	return 0;
}

static void unit_without_memory(void **state)
{
	struct rpol_reader reader = {.read = read_long};
	int failures = 0;

	(void)state;
	for (long n = 0;; n++) {
		struct rpol_unit *unit = NULL;

		allocations = 0;
		fail_at = n;
		int error = rpol_unit_open("x.rpol", &reader, &unit);
		bool failed = allocations > n;

		fail_at = -1;
		if (!failed) {
			assert_int_equal(error, 0);
			rpol_unit_close(unit);
			break;
		}
		assert_int_equal(error, -ENOMEM);
		assert_null(unit);
		failures++;
	}
	assert_true(failures > 5);
}

static void format_without_memory(void **state)
{
	const char *text = "# c\ninterface a = eth0;\nset b : addr { 1.1.1.1, 2.2.2.2 };\n"
			   "policy p on a at xdp { default drop; x: src in b => pass; }\n";
	int failures = 0;

	(void)state;
	for (long n = 0;; n++) {
		struct rpol_arena arena = {0};
		struct rpol_diags diags = {.arena = &arena};
		struct rpol_sources sources = {0};
		char *out = NULL;
		size_t length;

		allocations = 0;
		fail_at = n;
		int error = rpol_format(&arena, "x.rpol", text, strlen(text), &diags, &sources,
					&out, &length);
		bool failed = allocations > n;

		fail_at = -1;
		assert_null(arena.oom);
		rpol_arena_free(&arena);
		assert_int_equal(error, failed ? -ENOMEM : 0);
		free(out);
		if (!failed)
			break;
		assert_null(out);
		failures++;
	}
	assert_true(failures > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena),
		cmocka_unit_test(arena_jumps),
		cmocka_unit_test(unit_without_memory),
		cmocka_unit_test(format_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
