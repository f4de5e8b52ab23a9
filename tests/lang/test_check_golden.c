/* test_check_golden.c: golden/X.rpol is checked and gives the text of golden/X.err (nothing when
 * there is no such file) and the policy of golden/X.policy (none: it has errors). UPDATE=1
 * rewrites both; what a case is about is in its name. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rpol/unit.h"

#define MOST_CASES 512

static char *names[MOST_CASES];
static size_t nnames;
static char golden[4096]; /* the folder */

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "rb");
	char *text = NULL;
	size_t length;
	ssize_t n;

	if (!in)
		return strdup("");
	n = getdelim(&text, &length, EOF, in);
	fclose(in);
	if (n >= 0)
		return text;
	free(text);
	return strdup("");
}

static void compare(const char *name, const char *suffix, const char *got)
{
	char path[8192];
	char *wanted;

	snprintf(path, sizeof(path), "%s/%s.%s", golden, name, suffix);
	if (getenv("UPDATE")) {
		FILE *out;

		if (!*got) {
			unlink(path);
			return;
		}
		out = fopen(path, "wb");
		assert_non_null(out);
		fputs(got, out);
		fclose(out);
		return;
	}
	wanted = slurp(path);
	if (strcmp(wanted, got))
		print_error("%s.%s: expected\n%s\ngot\n%s\n", name, suffix, wanted, got);
	assert_string_equal(got, wanted);
	free(wanted);
}

static void run(const char *path, char **errors, char **policy)
{
	struct rpol_unit *unit;
	size_t length;
	FILE *out;

	assert_int_equal(rpol_unit_open(path, NULL, &unit), 0);
	out = open_memstream(errors, &length);
	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, out);
	fclose(out);
	out = open_memstream(policy, &length);
	if (rpol_unit_policy(unit))
		rpol_policy_dump(rpol_unit_policy(unit), out);
	fclose(out);
	assert_true((rpol_unit_policy(unit) == NULL) == (rpol_unit_diags(unit)->errors > 0));
	rpol_unit_close(unit);
}

static void test_case(void **state)
{
	const char *name = *state;
	char path[512], *errors, *policy;

	assert_int_equal(chdir(golden), 0);
	snprintf(path, sizeof(path), "%s.rpol", name);
	run(path, &errors, &policy);
	compare(name, "err", errors);
	compare(name, "policy", policy);
	free(errors);
	free(policy);
}

static void test_example(void **state)
{
	char *errors, *policy;

	(void)state;
	assert_int_equal(chdir(golden), 0);
	assert_int_equal(chdir("../../../examples"), 0);
	run("router.rpol", &errors, &policy);
	compare("example_router", "err", errors);
	compare("example_router", "policy", policy);
	free(errors);
	free(policy);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_cases(void)
{
	DIR *folder = opendir(golden);
	struct dirent *entry;

	if (!folder)
		abort();
	while ((entry = readdir(folder))) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".rpol"))
			continue;
		if (nnames == MOST_CASES)
			abort();
		names[nnames++] = strndup(entry->d_name, (size_t)(dot - entry->d_name));
	}
	closedir(folder);
	qsort(names, nnames, sizeof(*names), by_name);
}

int main(void)
{
	static struct CMUnitTest tests[MOST_CASES + 1];
	char *slash;
	int failed;

	snprintf(golden, sizeof(golden), "%s", __FILE__);
	slash = strrchr(golden, '/');
	if (!slash)
		abort();
	strcpy(slash + 1, "golden");
	find_cases();
	for (size_t i = 0; i < nnames; i++)
		tests[i] = (struct CMUnitTest){names[i], test_case, NULL, NULL, names[i]};
	tests[nnames] = (struct CMUnitTest){"examples/router.rpol", test_example, NULL, NULL, NULL};
	/* cmocka counts an array; ours ends where the cases do. */
	failed = _cmocka_run_group_tests("golden", tests, nnames + 1, NULL, NULL);
	for (size_t i = 0; i < nnames; i++)
		free(names[i]);
	return failed;
}
