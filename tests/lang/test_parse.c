/* test_parse.c: includes, lines of table files, sizes, and what stays known after an error. */
#include "front.h"

#include "passes.h"

static void expect_errors(const char *const *files, const char *wanted)
{
	struct rpol_unit *unit = open_memory(files);
	char *got = unit_errors(unit);

	assert_string_equal(got, wanted);
	free(got);
	rpol_unit_close(unit);
}

static void expect_error(const char *const *files, const char *part)
{
	struct rpol_unit *unit = open_memory(files);
	char *got = unit_errors(unit);

	if (!strstr(got, part))
		print_error("no \"%s\" in:\n%s", part, got);
	assert_non_null(strstr(got, part));
	free(got);
	rpol_unit_close(unit);
}

static void expect_tree(const char *const *files, const char *wanted)
{
	struct rpol_unit *unit = open_memory(files);
	char *got = unit_tree(unit);

	assert_string_equal(got, wanted);
	free(got);
	rpol_unit_close(unit);
}

#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void unreadable_root(void **state)
{
	struct rpol_reader reader = {read_memory, (void *)FILES("a", "")};
	struct rpol_unit *unit = NULL;

	(void)state;
	assert_int_equal(rpol_unit_open("b", &reader, &unit), -ENOENT);
	assert_int_equal(rpol_unit_open("/", NULL, &unit), -EISDIR);
	assert_int_equal(rpol_unit_open("/no/such/file", NULL, &unit), -ENOENT);
	assert_null(unit);
	rpol_unit_close(NULL);
}

static void includes_in_place(void **state)
{
	(void)state;
	expect_tree(FILES("d/root.rpol", "const A = 1; include \"sub/x.rpol\"; const D = 4;",
			  "d/sub/x.rpol", "const B = 2; include \"../sub/./y.rpol\";",
			  "d/sub/y.rpol", "const C = 3;"),
		    "const A\n  value 1\nconst B\n  value 2\nconst C\n  value 3\n"
		    "const D\n  value 4\n");
}

static void includes_refused(void **state)
{
	(void)state;
	expect_error(FILES("d/root.rpol", "include \"../x.rpol\";", "x.rpol", ""),
		     "`../x.rpol` is not a file below the policy's folder");
	expect_error(FILES("d/root.rpol", "include \"s/../../x.rpol\";", "x.rpol", ""),
		     "is not a file below");
	expect_error(FILES("root.rpol", "include \"/etc/passwd\";"), "is not a file below");
	expect_error(FILES("root.rpol", "include \"\";"), "is not a file below");
	expect_error(FILES("root.rpol", "include \".\";"), "is not a file below");
	expect_error(FILES("root.rpol", "include \"x.rpol\";"),
		     "root.rpol:1:9: error[E0104]: cannot read `x.rpol`: No such file");
}

static void include_twice(void **state)
{
	(void)state;
	expect_error(FILES("r", "include \"x\";\ninclude \"./x\";\n", "x", ""),
		     "r:2:9: error[E0104]: `x` is included twice\n"
		     "  2 | include \"./x\";\n"
		     "    |         ^^^^^\n"
		     "  1 | include \"x\";\n"
		     "    |         ^^^ first here\n"
		     "  help: leave one of them out\n");
}

static void include_circles(void **state)
{
	(void)state;
	expect_error(FILES("r", "include \"r\";"), "a file that includes itself: r → r");
	expect_error(FILES("r", "include \"x\";", "x", "include \"y\";", "y", "\ninclude \"x\";"),
		     "y:2:9: error[E0104]: a file that includes itself: x → y → x\n"
		     "  2 | include \"x\";\n"
		     "    |         ^^^\n"
		     "    x:1:9:\n"
		     "  1 | include \"y\";\n"
		     "    |         ^^^ by way of this\n");
}

static int read_deeper(void *arg, const char *path, char **text, size_t *length)
{
	(void)arg;
	*length = (size_t)asprintf(text, "include \"%dx\";", atoi(path) + 1);
	return 0;
}

static void include_depth(void **state)
{
	struct rpol_reader reader = {.read = read_deeper};
	struct rpol_unit *unit;

	(void)state;
	assert_int_equal(rpol_unit_open("0", &reader, &unit), 0);

	char *got = unit_errors(unit);

	assert_non_null(strstr(got, "16x:1:9: error[E0701]: includes within includes, more than "
				    "16 deep"));
	free(got);
	rpol_unit_close(unit);
}

static int read_wider(void *arg, const char *path, char **text, size_t *length)
{
	(void)arg;
	(void)path;
	*text = strdup("include \"a/x\"; include \"b/x\";");
	*length = strlen(*text);
	return 0;
}

static void include_number(void **state)
{
	struct rpol_reader reader = {.read = read_wider};
	struct rpol_unit *unit;

	(void)state;
	assert_int_equal(rpol_unit_open("x", &reader, &unit), 0);

	char *got = unit_errors(unit);

	assert_non_null(strstr(got, "error[E0701]: more than 256 files"));
	assert_int_equal(rpol_unit_sources(unit)->nfiles, 256);
	free(got);
	rpol_unit_close(unit);
}

/* What a broken declaration is called stays known. */
static void names_survive(void **state)
{
	(void)state;
	expect_tree(FILES("r", "set a : prefix { 1.1.1.1\nset b prefix { };\n"
			       "dynamic cond c = any;\nservice d { x { } }\n"
			       "polcy e on b at xdp { default drop }\nconst f = 1"),
		    "refused a\nrefused b\nrefused c\nrefused d\n"
		    "policy e\n  on b\n  at xdp\n  default drop\nconst f\n  value 1\n");
}

static void table_lines(void **state)
{
	static const char text[] = "10.2.0.0/16 route t1 else drop # x\n10.0.0.0/8\n"
				   "10.0.0.0/8 drop;\n10.0.0.5/8 drop\n::/0 limit x\n"
				   "a => drop\n \xff 1.1.1.1 drop\n";
	static const struct {
		uint32_t offset, length;
		const char *error;
	} lines[] = {
		{0, 35, NULL},
		{35, 10, "r:2:11: error[E0403]: expected a verdict, found the end of the line"},
		{46, 16, "r:3:16: error[E0403]: expected the end of the line, found `;`"},
		{63, 15, "r:4:1: error[E0302]"},
		{79, 12, "r:5:6: error[E0601]: `limit` is not in this version"},
		{92, 9, "r:6:3: error[E0403]: expected a verdict, found `=>`"},
		{102, 16, "r:7:2: error[E0102]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct rpol_unit unit = {0};
		char *got;

		unit.diags.arena = &unit.arena;
		rpol_sources_add(&unit.arena, &unit.sources, "r", text, sizeof(text) - 1);

		struct ast_entry *entry =
			rpol_parse_table_line(&unit, 0, lines[i].offset, lines[i].length);

		got = unit_errors(&unit);
		if (lines[i].error) {
			if (strncmp(got, lines[i].error, strlen(lines[i].error)))
				print_error("%s\n", got);
			assert_memory_equal(got, lines[i].error, strlen(lines[i].error));
			assert_int_equal(unit.diags.count, 1);
			assert_null(entry);
		} else {
			assert_string_equal(got, "");
			assert_int_equal(entry->key->prefix.length, 16);
			assert_string_equal(entry->outcome->word.text, "route");
			assert_string_equal(entry->outcome->otherwise->word.text, "drop");
			assert_int_equal(entry->span.length, 30);
		}
		free(got);
		rpol_arena_free(&unit.arena);
	}
}

/* Lists are left-recursive: long ones cost no stack. Nesting does, and has a limit. */
static void large_texts(void **state)
{
	char *text = malloc(2 << 20), *at = text, *tree;
	struct rpol_unit *unit;

	(void)state;
	at += sprintf(at, "interface i = eth0;\nset s : addr { ");
	for (unsigned i = 0; i < 50000; i++)
		at += sprintf(at, "10.%u.%u.%u, ", i >> 16, i >> 8 & 255, i & 255);
	at += sprintf(at, "};\ncond c = any");
	for (unsigned i = 0; i < 20000; i++)
		at += sprintf(at, " and ttl == 1");
	at += sprintf(at, ";\ntable t : lpm src {\n");
	for (unsigned i = 0; i < 20000; i++)
		at += sprintf(at, "1.2.3.4 => drop;\n");
	strcpy(at, "}\n");
	unit = open_memory(FILES("r", text));
	tree = unit_tree(unit);
	assert_int_equal(strncmp(tree + strlen(tree) - 26, "  entry 1.2.3.4 => drop\n", 24) != 0 &&
				 !strstr(tree, "entry"),
			 0);
	free(tree);
	rpol_unit_close(unit);

	at = text + sprintf(text, "cond c = ");
	memset(at, '(', 100);
	strcpy(at + 100, "any");
	memset(at + 103, ')', 100);
	strcpy(at + 203, ";");
	expect_tree(FILES("r", text), "cond c\n  any\n");

	memset(at, '(', 20000);
	strcpy(at + 20000, "any;");
	expect_error(FILES("r", text), "error[E0701]: nested deeper than rpol reads");
	free(text);
}

static void nothing(void **state)
{
	(void)state;
	expect_tree(FILES("r", ""), "");
	expect_tree(FILES("r", "# only\r\n# comments"), "");
	expect_errors(FILES("r", ";"), "r:1:1: error[E0101]: expected a declaration, found `;`\n"
				       "  1 | ;\n"
				       "    | ^\n"
				       "r: 1 error\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreadable_root),  cmocka_unit_test(includes_in_place),
		cmocka_unit_test(includes_refused), cmocka_unit_test(include_twice),
		cmocka_unit_test(include_circles),  cmocka_unit_test(include_depth),
		cmocka_unit_test(include_number),   cmocka_unit_test(names_survive),
		cmocka_unit_test(table_lines),	    cmocka_unit_test(large_texts),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
