/* front.h: what the tests of lang/'s front share: texts from memory, results as text. */
#ifndef TESTS_LANG_FRONT_H
#define TESTS_LANG_FRONT_H

#define _GNU_SOURCE 1 /* asprintf */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "rpol/unit.h"

/* Not inlined: gcc would see a stream's buffer as a local variable of the test. */
#define HELPER __attribute__((unused, noinline))

/* Files in memory: path, text, path, text, …, NULL. */
static HELPER int read_memory(void *arg, const char *path, char **text, size_t *length)
{
	for (const char *const *file = arg; *file; file += 2) {
		if (strcmp(file[0], path))
			continue;
		*length = strlen(file[1]);
		*text = strdup(file[1]);
		return *text ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static HELPER struct rpol_unit *open_memory(const char *const *files)
{
	struct rpol_reader reader = {read_memory, (void *)files};
	struct rpol_unit *unit = NULL;

	assert_int_equal(rpol_unit_open(files[0], &reader, &unit), 0);
	return unit;
}

/* malloc'd */
static HELPER char *drawn(const struct rpol_diags *diags, const struct rpol_sources *sources,
			  bool colour)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	rpol_diags_write(diags, sources, colour, out);
	fclose(out);
	return text;
}

static HELPER char *unit_errors(struct rpol_unit *unit)
{
	return drawn(rpol_unit_diags(unit), rpol_unit_sources(unit), false);
}

static HELPER char *unit_tree(const struct rpol_unit *unit)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	rpol_unit_dump_ast(unit, out);
	fclose(out);
	return text;
}

/* Formats text; the result or, when it was refused, the diagnostics. malloc'd */
static HELPER int formatted(const char *path, const char *text, size_t length, char **result)
{
	struct rpol_arena arena = {0};
	struct rpol_diags diags = {.arena = &arena};
	struct rpol_sources sources = {0};
	size_t out_length = 0;
	int error = rpol_format(&arena, path, text, length, &diags, &sources, result, &out_length);

	if (error)
		*result = drawn(&diags, &sources, false);
	else
		assert_int_equal(strlen(*result), out_length);
	rpol_arena_free(&arena);
	return error;
}

#endif
