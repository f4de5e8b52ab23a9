/* error.c: errors, notes, memory pools, and libbpf's messages kept instead of printed. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

struct pool_chunk {
	struct pool_chunk *next;
	max_align_t bytes[];
};

void *rpol_pool_alloc(struct pool *pool, size_t size)
{
	struct pool_chunk *chunk = calloc(1, sizeof(*chunk) + (size ? size : 1));

	if (!chunk)
		return NULL;
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	return chunk->bytes;
}

char *rpol_pool_strdup(struct pool *pool, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = rpol_pool_alloc(pool, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void rpol_pool_free(struct pool *pool)
{
	while (pool->chunks) {
		struct pool_chunk *next = pool->chunks->next;

		free(pool->chunks);
		pool->chunks = next;
	}
}

char *format_text(const char *format, va_list args)
{
	char *text;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

int fail(struct rpol_load_error *error, int code, const char *format, ...)
{
	va_list args;

	if (error && !error->message) {
		va_start(args, format);
		error->message = format_text(format, args);
		va_end(args);
	}
	return code;
}

void rpol_load_error_clear(struct rpol_load_error *error)
{
	free(error->message);
	free(error->file);
	*error = (struct rpol_load_error){0};
}

void note(struct notes *notes, const char *format, ...)
{
	va_list args;

	if (!notes)
		return;
	va_start(args, format);
	char *text = format_text(format, args);
	va_end(args);
	char **items = text ? realloc(notes->items, (notes->count + 1) * sizeof(*items)) : NULL;
	if (items)
		notes->items = items;
	for (size_t i = 0; items && i < notes->count; i++)
		if (!strcmp(items[i], text))
			items = NULL;
	if (items)
		items[notes->count++] = text;
	else
		free(text);
}

void notes_free(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->items[i]);
	free(notes->items);
	*notes = (struct notes){0};
}

static __thread char said[512], extack[256];

static int listen(enum libbpf_print_level level, const char *format, va_list args)
{
	static const char kernel_says[] = "Kernel error message: ";
	char line[512];

	if (level != LIBBPF_WARN)
		return 0;
	int length = vsnprintf(line, sizeof(line), format, args);
	if (length < 0)
		return 0;
	line[strcspn(line, "\n")] = 0;
	const char *text = strncmp(line, "libbpf: ", 8) ? line : line + 8;
	const char *kernel = strstr(text, kernel_says);
	if (kernel)
		snprintf(extack, sizeof(extack), "%s", kernel + sizeof(kernel_says) - 1);
	else if (*text && strncmp(text, "failed to load object", 21) &&
		 !strstr(text, "PROG LOAD LOG"))
		snprintf(said, sizeof(said), "%s", text);
	return length;
}

void libbpf_listen(void)
{
	libbpf_set_print(listen);
	said[0] = extack[0] = 0;
}

const char *libbpf_said(void)
{
	return said;
}
const char *libbpf_extack(void)
{
	return extack[0] ? extack : NULL;
}
