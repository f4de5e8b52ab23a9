/* test_front_golden.c: golden cases of lang/'s front; UPDATE=1 rewrites.
 *     golden/ast/X.rpol     → X.ast   the tree
 *     golden/syntax/X.rpol  → X.err   syntax errors, and no others
 *     golden/fmt/X.rpol     → X.fmt   the canonical text
 * And for every policy of examples/ and tests/ that has no syntax error: its canonical text means
 * the same and is canonical. Run in tests/lang/. */
#include "front.h"

#include <ftw.h>
#include <glob.h>

#include "passes.h"

static char *slurp(const char *path, size_t *length)
{
	FILE *in = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	*length = in ? fread(text, 1, (1 << 20) - 1, in) : 0;
	if (in)
		fclose(in);
	else
		free(text);
	return in ? text : NULL;
}

static void compare(const char *path, const char *suffix, const char *got)
{
	char *golden = NULL, *wanted;
	size_t length;

	if (asprintf(&golden, "%.*s%s", (int)(strlen(path) - strlen(".rpol")), path, suffix) < 0)
		fail();
	if (getenv("UPDATE")) {
		FILE *out = fopen(golden, "wb");

		assert_non_null(out);
		fputs(got, out);
		fclose(out);
	}
	wanted = slurp(golden, &length);
	if (!wanted || strcmp(wanted, got))
		print_error("%s: got\n%s", golden, got);
	assert_non_null(wanted);
	assert_string_equal(got, wanted);
	free(wanted);
	free(golden);
}

/* The tree of one text, includes not followed. */
static char *tree_of(const char *path, const char *text)
{
	const char *const files[] = {path, text, NULL};
	struct rpol_unit *unit = open_memory(files);
	char *tree = unit_tree(unit);

	rpol_unit_close(unit);
	return tree;
}

/* The canonical text, shown to mean the same and to be a fixed point; NULL when refused. */
static char *canonical(const char *path, const char *text, size_t length)
{
	char *once, *twice, *before, *after;

	if (formatted(path, text, length, &once)) {
		free(once);
		return NULL;
	}
	assert_int_equal(formatted(path, once, strlen(once), &twice), 0);
	assert_string_equal(twice, once);
	before = tree_of(path, text);
	after = tree_of(path, once);
	assert_string_equal(after, before);
	free(twice);
	free(before);
	free(after);
	return once;
}

static void each(const char *pattern, void (*run)(const char *, const char *, size_t))
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		size_t length;
		char *text = slurp(found.gl_pathv[i], &length);

		assert_non_null(text);
		run(found.gl_pathv[i], text, length);
		free(text);
	}
	globfree(&found);
}

static void run_ast(const char *path, const char *text, size_t length)
{
	char *tree = tree_of(path, text);

	(void)length;
	compare(path, ".ast", tree);
	free(tree);
}

static void run_syntax(const char *path, const char *text, size_t length)
{
	char *errors;

	assert_int_equal(formatted(path, text, length, &errors), 1);
	compare(path, ".err", errors);
	free(errors);
}

static void run_fmt(const char *path, const char *text, size_t length)
{
	char *result = canonical(path, text, length);

	assert_non_null(result);
	compare(path, ".fmt", result);
	free(result);
}

static void ast(void **state)
{
	(void)state;
	each("golden/ast/*.rpol", run_ast);
}

static void syntax(void **state)
{
	(void)state;
	each("golden/syntax/*.rpol", run_syntax);
}

static void fmt(void **state)
{
	(void)state;
	each("golden/fmt/*.rpol", run_fmt);
}

static int policies;

static int visit(const char *path, const struct stat *stat, int type, struct FTW *at)
{
	size_t length;
	char *text, *result;

	(void)stat;
	(void)at;
	if (type != FTW_F || strlen(path) < 5 || strcmp(path + strlen(path) - 5, ".rpol"))
		return 0;
	text = slurp(path, &length);
	result = text ? canonical(path, text, length) : NULL;
	policies += result != NULL;
	free(result);
	free(text);
	return 0;
}

static void every_policy(void **state)
{
	(void)state;
	assert_int_equal(nftw("..", visit, 16, FTW_PHYS), 0);
	assert_int_equal(nftw("../../examples", visit, 16, FTW_PHYS), 0);
	assert_true(policies > 10);
}

static void examples_are_canonical(void **state)
{
	size_t length;
	char *text = slurp("../../examples/router.rpol", &length), *result;

	(void)state;
	assert_non_null(text);
	result = canonical("router.rpol", text, length);
	assert_string_equal(result, text);
	free(result);
	free(text);
}

static void line_ends(void **state)
{
	char *result;

	(void)state;
	result = canonical("x", "# a  \r\nconst A = 1;\r\n\r\n\r\n# b", 29);
	assert_string_equal(result, "# a\nconst A = 1;\n\n# b\n");
	free(result);
	result = canonical("x", "\xef\xbb\xbf\n\n", 5);
	assert_string_equal(result, "");
	free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ast),	     cmocka_unit_test(syntax),
		cmocka_unit_test(fmt),	     cmocka_unit_test(every_policy),
		cmocka_unit_test(line_ends), cmocka_unit_test(examples_are_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
