/* text.c: a policy's files in memory, and the reader that serves them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "differential.h"

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (!made)
		abort();
	return made;
}

void text_add(struct text *text, const char *path, const char *content)
{
	if (text->nfiles == TEXT_FILES_MAX)
		abort();
	text->files[text->nfiles].path = copy(path);
	text->files[text->nfiles].text = copy(content);
	text->nfiles++;
}

void text_copy(struct text *to, const struct text *from)
{
	*to = (struct text){.large = from->large, .structure = from->structure};
	for (size_t i = 0; i < from->nfiles; i++)
		text_add(to, from->files[i].path, from->files[i].text);
}

void text_free(struct text *text)
{
	for (size_t i = 0; i < text->nfiles; i++) {
		free(text->files[i].path);
		free(text->files[i].text);
	}
	*text = (struct text){0};
}

static int read_text(void *arg, const char *path, char **out, size_t *length)
{
	const struct text *text = arg;

	for (size_t i = 0; i < text->nfiles; i++) {
		if (strcmp(text->files[i].path, path))
			continue;
		*out = strdup(text->files[i].text);
		*length = strlen(text->files[i].text);
		return *out ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

struct rpol_reader text_reader(struct text *text)
{
	return (struct rpol_reader){.read = read_text, .arg = text};
}
