/* test_diag.c: how diagnostics are queued, sorted and drawn. */
#include "front.h"

#include "passes.h"

struct bench {
	struct rpol_arena arena;
	struct rpol_diags diags;
	struct rpol_sources sources;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->diags.arena = &b->arena;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	rpol_arena_free(&b->arena);
	free(b);
	return 0;
}

static uint32_t add_file(struct bench *b, const char *path, const char *text)
{
	return rpol_sources_add(&b->arena, &b->sources, path, text, strlen(text));
}

static void expect(struct bench *b, bool colour, const char *wanted)
{
	char *got;

	rpol_diags_sort(&b->diags);
	got = drawn(&b->diags, &b->sources, colour);
	assert_string_equal(got, wanted);
	free(got);
}

static void all_parts(void **state)
{
	struct bench *b = *state;
	uint32_t root = add_file(b, "a.rpol", "one two\nthree\n\n\n\n\n\n\n\n\tten\n");
	uint32_t other = add_file(b, "dir/b.rpol", "other text");
	struct rpol_diag *diag = rpol_diag_add(&b->diags, RPOL_DIAG_UNUSED,
					       (struct rpol_span){root, 22, 3}, "%s", "tenth");

	rpol_diag_second(&b->diags, diag, (struct rpol_span){root, 4, 3}, "like %d", 2);
	rpol_diag_help(&b->diags, diag, "do `%s`", "it");
	diag = rpol_diag_add(&b->diags, RPOL_DIAG_UNKNOWN_NAME, (struct rpol_span){root, 8, 5},
			     "no name");
	rpol_diag_second(&b->diags, diag, (struct rpol_span){other, 6, 4}, "elsewhere");
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){other, 0, 5}, "other file");
	expect(b, false,
	       "a.rpol:2:1: error[E0201]: no name\n"
	       "  2 | three\n"
	       "    | ^^^^^\n"
	       "    dir/b.rpol:1:7:\n"
	       "  1 | other text\n"
	       "    |       ^^^^ elsewhere\n"
	       "a.rpol:10:2: warning[W0901]: tenth\n"
	       "  10 | \tten\n"
	       "     | \t^^^\n"
	       "   1 | one two\n"
	       "     |     ^^^ like 2\n"
	       "  help: do `it`\n"
	       "dir/b.rpol:1:1: error[E0304]: other file\n"
	       "  1 | other text\n"
	       "    | ^^^^^\n"
	       "a.rpol: 2 errors, 1 warning\n");
}

static void odd_spans(void **state)
{
	struct bench *b = *state;
	uint32_t file = add_file(b, "a", "häß x\r\nsecond\x01\nlast");

	/* carets count characters; a span of several lines ends with its first */
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){file, 1, 4}, "umlauts");
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){file, 6, 12}, "two lines");
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){file, 15, 1}, "control");
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){file, 21, 0}, "end");
	expect(b, false,
	       "a:1:2: error[E0304]: umlauts\n"
	       "  1 | häß x\n"
	       "    |  ^^\n"
	       "a:1:7: error[E0304]: two lines\n"
	       "  1 | häß x\n"
	       "    |     ^\n"
	       "a:2:7: error[E0304]: control\n"
	       "  2 | second?\n"
	       "    |       ^\n"
	       "a:3:5: error[E0304]: end\n"
	       "  3 | last\n"
	       "    |     ^\n"
	       "a: 4 errors\n");
}

static void end_of_file(void **state)
{
	struct bench *b = *state;
	uint32_t file = add_file(b, "a", "x\n");

	rpol_diag_add(&b->diags, RPOL_DIAG_UNUSED, (struct rpol_span){file, 2, 0}, "end");
	expect(b, false, "a:2:1: warning[W0901]: end\n  2 | \n    | ^\na: 1 warning\n");
}

static void empty_file(void **state)
{
	struct bench *b = *state;
	uint32_t file = add_file(b, "a", "");

	expect(b, false, "");
	rpol_diag_add(&b->diags, RPOL_DIAG_UNUSED, (struct rpol_span){file, 0, 0}, "nothing");
	expect(b, false, "a:1:1: warning[W0901]: nothing\n  1 | \n    | ^\na: 1 warning\n");
}

static void long_lines(void **state)
{
	struct bench *b = *state;
	char line[1001], *text, *quoted;

	memset(line, 'a', 1000);
	line[1000] = '\0';
	memcpy(line + 500, "HERE", 4);
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){add_file(b, "a", line), 500, 4},
		      "long");
	text = drawn(&b->diags, &b->sources, false);
	quoted = strstr(text, "  1 | ") + 6;

	const char *end = strchr(quoted, '\n'), *carets = strstr(end, "^^^^\n");
	size_t width = 0;

	for (const char *p = quoted; p < end; p++)
		width += ((unsigned char)*p & 0xc0) != 0x80;
	assert_int_equal(width, 160);
	assert_memory_equal(quoted, "…a", 4);
	assert_memory_equal(end - 4, "a…", 4);
	assert_non_null(carets);
	/* the carets are under HERE: `…` has three bytes and one column */
	assert_int_equal(carets - (strchr(carets - 80, '|') + 2),
			 strstr(quoted, "HERE") - quoted - 2);
	free(text);
}

static void repeats(void **state)
{
	struct bench *b = *state;
	uint32_t file = add_file(b, "a", "x y");
	struct rpol_span x = {file, 0, 1}, y = {file, 2, 1};

	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, x, "first");
	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, y, "another place");
	rpol_diag_add(&b->diags, RPOL_DIAG_UNIT, x, "another code");

	struct rpol_diag *scratch = rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, x, "again");

	rpol_diag_help(&b->diags, scratch, "lost");
	rpol_diag_second(&b->diags, scratch, y, "lost");
	assert_int_equal(b->diags.count, 3);
	assert_int_equal(b->diags.errors, 3);
	assert_null(b->diags.items[0].help);
}

static void many(void **state)
{
	struct bench *b = *state;
	char *text = malloc(200001);

	memset(text, '\n', 200000);
	text[200000] = '\0';

	uint32_t file = add_file(b, "a", text);

	for (uint32_t i = 0; i < 100000; i++)
		rpol_diag_add(&b->diags, RPOL_DIAG_TYPE,
			      (struct rpol_span){file, (i * 7919) % 200000, 0}, "x");
	rpol_diags_sort(&b->diags);
	for (size_t i = 1; i < b->diags.count; i++)
		assert_true(b->diags.items[i - 1].span.offset <= b->diags.items[i].span.offset);
	assert_int_equal(b->diags.count, 100000);
	free(text);
	text = drawn(&b->diags, &b->sources, false);
	assert_non_null(strstr(text, "a: 100000 errors\n"));
	free(text);
}

static void colours(void **state)
{
	struct bench *b = *state;
	uint32_t file = add_file(b, "a", "x");

	rpol_diag_add(&b->diags, RPOL_DIAG_TYPE, (struct rpol_span){file, 0, 1}, "m");
	expect(b, true,
	       "\33[1ma:1:1:\33[1;31m error[E0304]: \33[1mm\33[0m\n"
	       "\33[1;34m  1 | \33[0mx\33[1;34m\n    | \33[1;31m^\33[0m\n"
	       "a: 1 error\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_parts),  TEST(odd_spans), TEST(end_of_file), TEST(empty_file),
		TEST(long_lines), TEST(repeats),   TEST(many),	      TEST(colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
