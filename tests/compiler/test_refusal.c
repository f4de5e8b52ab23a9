/* test_refusal.c: what the user sees when there is no compiler or it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "compiled.h"

static const char policy[] = "interface lan = eth1;\n"
			     "policy p on lan at xdp {\n"
			     "    first:  tcp.dport == 1 => drop;\n"
			     "    second: tcp.dport == 2 => drop;\n"
			     "    default pass;\n"
			     "}\n";

static void no_program(void **state)
{
	struct compiled compiled;

	(void)state;
	setenv("RPOL_CLANG", "/nonexistent/rpol-clang", 1);
	compiled = compile_unit(open_text(policy, strlen(policy)));
	assert_int_equal(compiled.result, -ENOENT);
	assert_non_null(strstr(compiled.error, "/nonexistent/rpol-clang"));
	assert_non_null(strstr(compiled.error, "No such file"));
	assert_non_null(strstr(compiled.error, "install it beside rpol"));
	compiled_free(&compiled);
}

static void at_the_rule(void **state)
{
	struct compiled compiled;
	const struct rpol_diag *diag;

	(void)state;
	setenv("RPOL_CLANG", REFUSING, 1);
	compiled = compile_unit(open_text(policy, strlen(policy)));
	assert_int_equal(compiled.result, 1);
	assert_int_equal(rpol_unit_diags(compiled.unit)->errors, 2);
	diag = find_diag(compiled.unit, RPOL_DIAG_CLANG);
	assert_non_null(diag);
	assert_int_equal(diag->span.offset, strstr(policy, "second") - policy);
	assert_non_null(strstr(diag->message, "no such thing"));
	compiled_free(&compiled);
}

/* What no kernel would load is refused before clang is asked, at the policy's own text. */
static void too_many_maps(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct compiled compiled;

	(void)state;
	fprintf(out, "interface lan = eth1;\n");
	for (int i = 0; i < 60; i++) {
		fprintf(out, "set s%d : addr { 10.%d.0.1", i, i);
		for (int j = 2; j < 20; j++)
			fprintf(out, ", 10.%d.0.%d", i, j);
		fprintf(out, " }\n");
	}
	fprintf(out, "policy p on lan at xdp {\n default pass;\n");
	for (int i = 0; i < 60; i++)
		fprintf(out, " r%d: src in s%d => drop;\n", i, i);
	fprintf(out, "}\n");
	fclose(out);
	compiled = compile_unit(open_text(text, size));
	assert_int_equal(compiled.result, 1);
	assert_non_null(find_diag(compiled.unit, RPOL_DIAG_LIMIT));
	compiled_free(&compiled);
	free(text);
}

static void too_long_a_rule(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct compiled compiled;

	(void)state;
	fprintf(out, "interface lan = eth1;\npolicy p on lan at xdp {\n default pass;\n r: ");
	for (int i = 0; i < 1000; i++) {
		fprintf(out, "%ssrc in { 10.0.0.1", i ? " or " : "");
		for (int j = 2; j < 8; j++)
			fprintf(out, ", 10.%d.%d.%d", i / 250, i % 250, j);
		fprintf(out, " }");
	}
	fprintf(out, " => drop;\n}\n");
	fclose(out);
	compiled = compile_unit(open_text(text, size));
	assert_int_equal(compiled.result, 1);
	assert_non_null(find_diag(compiled.unit, RPOL_DIAG_LIMIT));
	compiled_free(&compiled);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_program),
		cmocka_unit_test(too_many_maps),
		cmocka_unit_test(too_long_a_rule),
		cmocka_unit_test(at_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
