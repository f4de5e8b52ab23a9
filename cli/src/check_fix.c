/* check_fix.c: `rpol check --fix`. The fixes of a round are applied to the texts in memory, and the
 * policy is checked again from those, until nothing is left to mend or a round made it worse. Then
 * each file that changed is replaced whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MOST_ROUNDS = 16 };

/* A file as it is now in memory. */
struct text {
	char *path, *bytes;
	size_t length;
};

struct texts {
	struct text *items;
	size_t count;
};

static struct text *find(const struct texts *texts, const char *path)
{
	for (size_t i = 0; i < texts->count; i++)
		if (!strcmp(texts->items[i].path, path))
			return &texts->items[i];
	return NULL;
}

/* Takes bytes. */
static int put(struct texts *texts, const char *path, char *bytes, size_t length)
{
	struct text *text = find(texts, path);
	struct text *more;

	if (text) {
		free(text->bytes);
		text->bytes = bytes;
		text->length = length;
		return 0;
	}
	more = realloc(texts->items, (texts->count + 1) * sizeof(*more));
	if (more)
		texts->items = more;
	if (!more || !(more[texts->count].path = strdup(path))) {
		free(bytes);
		return -ENOMEM;
	}
	more[texts->count].bytes = bytes;
	more[texts->count++].length = length;
	return 0;
}

static void drop(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		free(texts->items[i].path);
		free(texts->items[i].bytes);
	}
	free(texts->items);
	*texts = (struct texts){0};
}

static int read_texts(void *arg, const char *path, char **bytes, size_t *length)
{
	const struct text *text = find(arg, path);
	char *copy;

	if (!text)
		return cli_read_file(path, bytes, length);
	copy = malloc(text->length + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text->bytes, text->length + 1);
	*bytes = copy;
	*length = text->length;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct rpol_diag *x = *(const struct rpol_diag *const *)a;
	const struct rpol_diag *y = *(const struct rpol_diag *const *)b;

	if (x->fix.file != y->fix.file)
		return x->fix.file < y->fix.file ? -1 : 1;
	return (x->fix.offset > y->fix.offset) - (x->fix.offset < y->fix.offset);
}

/* The fixes of one file in their order; one that meets another waits for the next round. */
static int mend_file(const struct rpol_file *file, const struct rpol_diag *const *fixes, size_t n,
		     struct texts *texts, size_t *done)
{
	size_t room = file->length + 1, length = 0, from = 0;
	char *bytes;

	for (size_t i = 0; i < n; i++)
		room += strlen(fixes[i]->fix_text);
	bytes = malloc(room);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct rpol_span span = fixes[i]->fix;
		size_t added = strlen(fixes[i]->fix_text);

		if (span.offset < from || (i && span.offset == fixes[i - 1]->fix.offset))
			continue;
		memcpy(bytes + length, file->text + from, span.offset - from);
		length += span.offset - from;
		memcpy(bytes + length, fixes[i]->fix_text, added);
		length += added;
		from = span.offset + span.length;
		(*done)++;
	}
	memcpy(bytes + length, file->text + from, file->length - from);
	length += file->length - from;
	bytes[length] = '\0';
	return put(texts, file->path, bytes, length);
}

/* Applies the unit's fixes to the texts; *done counts them. */
static int mend(struct rpol_unit *unit, struct texts *texts, size_t *done)
{
	const struct rpol_diags *diags = rpol_unit_diags(unit);
	const struct rpol_sources *sources = rpol_unit_sources(unit);
	const struct rpol_diag **fixes = calloc(diags->count + 1, sizeof(*fixes));
	size_t n = 0, last;
	int error = 0;

	if (!fixes)
		return -ENOMEM;
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].fix_text)
			fixes[n++] = &diags->items[i];
	qsort(fixes, n, sizeof(*fixes), by_place);
	for (size_t i = 0; i < n && !error; i = last) {
		for (last = i; last < n && fixes[last]->fix.file == fixes[i]->fix.file; last++)
			;
		error = mend_file(&sources->files[fixes[i]->fix.file], fixes + i, last - i, texts,
				  done);
	}
	free(fixes);
	return error;
}

static int copy_texts(const struct texts *from, struct texts *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct text *text = &from->items[i];
		char *bytes = malloc(text->length + 1);

		if (!bytes)
			return -ENOMEM;
		memcpy(bytes, text->bytes, text->length + 1);
		if (put(to, text->path, bytes, text->length))
			return -ENOMEM;
	}
	return 0;
}

/* Mends in memory. The texts are as the last round that made nothing worse left them. */
static int mend_all(const char *path, struct texts *texts, size_t *mended)
{
	struct texts next = {0};
	size_t errors = SIZE_MAX, pending = 0;
	int error = 0;

	*mended = 0;
	for (int round = 0; round < MOST_ROUNDS && !error; round++) {
		struct rpol_reader reader = {.read = read_texts, .arg = &next};
		struct rpol_unit *unit;
		size_t done = 0;

		error = rpol_unit_open(path, &reader, &unit);
		if (error)
			break;
		if (rpol_unit_diags(unit)->errors > errors) {
			rpol_unit_close(unit);
			break;
		}
		errors = rpol_unit_diags(unit)->errors;
		error = copy_texts(&next, texts);
		*mended += pending;
		if (!error)
			error = mend(unit, &next, &done);
		rpol_unit_close(unit);
		pending = done;
		if (!done)
			break;
	}
	drop(&next);
	return error;
}

int check_fix(const char *path)
{
	struct texts texts = {0};
	size_t mended;
	int error = mend_all(path, &texts, &mended), status = 0;

	/* What cannot be read is said when it is checked. */
	if (error && error != -ENOMEM) {
		drop(&texts);
		return 0;
	}
	if (error)
		status = cli_error("no memory to mend %s", path);
	for (size_t i = 0; i < texts.count && !status; i++)
		status = cli_write_file(texts.items[i].path, texts.items[i].bytes,
					texts.items[i].length);
	if (!status && mended)
		fprintf(stderr, "%s: %zu mistake%s mended in %zu file%s\n", path, mended,
			mended == 1 ? "" : "s", texts.count, texts.count == 1 ? "" : "s");
	drop(&texts);
	return status;
}
