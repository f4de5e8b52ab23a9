/* fuzz_parser.c: any text through the whole of lang/, and through the formatter: what it makes of
 * a text means the same, and formatting that again changes nothing.
 *
 * The input is the root file; a NUL byte pair splits off a second file, which the reader gives for
 * every other path. */
#define _GNU_SOURCE 1 /* memmem */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct texts {
	const char *root, *other;
	size_t root_length, other_length;
};

static int read_text(void *arg, const char *path, char **text, size_t *length)
{
	const struct texts *texts = arg;
	bool root = !strcmp(path, "root.rpol");

	if (!root && !texts->other)
		return -ENOENT;
	*length = root ? texts->root_length : texts->other_length;
	*text = malloc(*length + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, root ? texts->root : texts->other, *length);
	(*text)[*length] = '\0';
	return 0;
}

/* The tree as text, and the diagnostics drawn on the way. */
static char *dump(const char *text, size_t length, const char *other, size_t other_length)
{
	struct texts texts = {text, other, length, other_length};
	struct rpol_reader reader = {read_text, &texts};
	struct rpol_unit *unit = NULL;
	char *tree = NULL, *drawn = NULL;
	size_t tree_length, drawn_length;

	if (rpol_unit_open("root.rpol", &reader, &unit))
		abort();

	FILE *out = open_memstream(&tree, &tree_length);

	rpol_unit_dump_ast(unit, out);
	if (rpol_unit_policy(unit))
		rpol_policy_dump(rpol_unit_policy(unit), out);
	fclose(out);
	out = open_memstream(&drawn, &drawn_length);
	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, out);
	fclose(out);
	/* no policy without a reason */
	if (!rpol_unit_policy(unit) != (rpol_unit_diags(unit)->errors > 0))
		abort();
	free(drawn);
	rpol_unit_close(unit);
	return tree;
}

static char *format(const char *text, size_t length, size_t *out_length)
{
	struct rpol_arena arena = {0};
	struct rpol_diags diags = {.arena = &arena};
	struct rpol_sources sources = {0};
	char *out = NULL;

	if (rpol_format(&arena, "root.rpol", text, length, &diags, &sources, &out, out_length))
		out = NULL;
	rpol_arena_free(&arena);
	return out;
}

static void check_format(const char *text, size_t length)
{
	size_t once_length, twice_length;
	char *once = format(text, length, &once_length);

	if (!once)
		return;

	char *twice = format(once, once_length, &twice_length);
	char *before = dump(text, length, NULL, 0), *after = dump(once, once_length, NULL, 0);

	if (!twice || once_length != twice_length || memcmp(once, twice, once_length)) {
		fprintf(stderr, "--- once\n%s--- twice\n%s", once, twice ? twice : "(refused)");
		abort();
	}
	if (strcmp(before, after)) {
		fprintf(stderr, "--- before\n%s--- after\n%s", before, after);
		abort();
	}
	free(once);
	free(twice);
	free(before);
	free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *split = size ? memmem(text, size, "\0\0", 2) : NULL;
	size_t length = split ? (size_t)(split - text) : size;

	free(dump(text, length, split ? split + 2 : NULL, split ? size - length - 2 : 0));
	check_format(text, length);
	return 0;
}
