/* source.c: the texts of one compilation, places in them, and the paths between them. */
#include "passes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t rpol_sources_add(struct rpol_arena *arena, struct rpol_sources *sources, const char *path,
			  const char *text, size_t length)
{
	struct rpol_file file = {
		.path = rpol_arena_strndup(arena, path, strlen(path)),
		.text = rpol_arena_strndup(arena, text, length),
		.length = length,
	};
	size_t nlines = 1;

	assert(length < UINT32_MAX);
	for (size_t i = 0; i < length; i++)
		nlines += text[i] == '\n';

	uint32_t *lines = RPOL_NEW_ARRAY(arena, uint32_t, nlines);

	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			lines[++file.nlines] = (uint32_t)i + 1;
	file.nlines++;
	file.lines = lines;

	/* The capacity is not kept: it is the power of two at or above the number of files. */
	size_t n = sources->nfiles;

	if (!(n & (n - 1))) {
		struct rpol_file *files = RPOL_NEW_ARRAY(arena, struct rpol_file, n ? 2 * n : 1);

		if (n)
			memcpy(files, sources->files, n * sizeof(*files));
		sources->files = files;
	}
	sources->files[n] = file;
	sources->nfiles++;
	return (uint32_t)n;
}

int rpol_sources_read(struct rpol_unit *unit, const char *path, uint32_t *file)
{
	size_t length = 0;
	int error = unit->reader.read(unit->reader.arg, path, &unit->pending, &length);

	if (error)
		return error;
	if (length <= RPOL_MAX_FILE)
		*file = rpol_sources_add(&unit->arena, &unit->sources, path, unit->pending, length);
	else
		error = -EFBIG;
	free(unit->pending);
	unit->pending = NULL;
	return error;
}

void rpol_span_locate(const struct rpol_sources *sources, struct rpol_span span, uint32_t *line,
		      uint32_t *column)
{
	const struct rpol_file *file = &sources->files[span.file];
	size_t low = 0, high = file->nlines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (file->lines[middle] <= span.offset)
			low = middle;
		else
			high = middle;
	}
	*line = (uint32_t)low + 1;
	*column = span.offset - file->lines[low] + 1;
}

/* Length of the folder part of a path, its last slash included. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Appends the parts of path to the relative path in buf, resolving `.` and `..`; false when `..`
 * leads above its start. buf has room for all of them. */
static bool join(char *buf, const char *path, size_t length)
{
	const char *end = path + length;

	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t part = slash ? (size_t)(slash - path) : (size_t)(end - path);
		char *last = strrchr(buf, '/');

		if (part == 2 && !memcmp(path, "..", 2)) {
			if (!*buf)
				return false;
			*(last ? last : buf) = '\0';
		} else if (part && !(part == 1 && *path == '.')) {
			if (*buf)
				strcat(buf, "/");
			strncat(buf, path, part);
		}
		path += part + 1;
	}
	return true;
}

const char *rpol_source_resolve(struct rpol_unit *unit, uint32_t from, const char *path)
{
	const char *root = unit->sources.files[0].path;
	const char *includer = unit->sources.files[from].path;
	size_t root_folder = folder_length(root), folder = folder_length(includer);
	char *inside = rpol_arena_alloc(&unit->arena, folder - root_folder + strlen(path) + 3);

	/* Every path but the root's came out of this function: it starts with the root's folder. */
	assert(folder >= root_folder && !strncmp(root, includer, root_folder));
	if (*path == '/' || !join(inside, includer + root_folder, folder - root_folder) ||
	    !join(inside, path, strlen(path)) || !*inside)
		return NULL;
	return rpol_arena_printf(&unit->arena, "%.*s%s", (int)root_folder, root, inside);
}
