/* arena.c: bump allocation in growing chunks. Chunks come zeroed and are never reused, so every
 * allocation is zero without being cleared again. */
#define _GNU_SOURCE /* madvise */
#include "rpol/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 32 << 20, HUGE_PAGE = 2 << 20 };

struct rpol_arena_chunk {
	struct rpol_arena_chunk *older;
	size_t size;
	alignas(max_align_t) char bytes[];
};

static _Noreturn void out_of_memory(struct rpol_arena *arena)
{
	if (!arena->oom)
		abort();
	longjmp(*arena->oom, 1);
}

void rpol_large_pages(void *bytes, size_t size)
{
	uintptr_t from = ((uintptr_t)bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	uintptr_t to = ((uintptr_t)bytes + size) / HUGE_PAGE * HUGE_PAGE;

	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

static void new_chunk(struct rpol_arena *arena, size_t wanted)
{
	size_t size = arena->chunks ? arena->chunks->size * 2 : FIRST_CHUNK;

	if (size > LARGEST_CHUNK)
		size = LARGEST_CHUNK;
	if (size < wanted)
		size = wanted;
	if (size > PTRDIFF_MAX - sizeof(struct rpol_arena_chunk))
		out_of_memory(arena);

	struct rpol_arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		out_of_memory(arena);
	rpol_large_pages(chunk->bytes, size);
	chunk->older = arena->chunks;
	chunk->size = size;
	arena->chunks = chunk;
	arena->next = chunk->bytes;
	arena->end = chunk->bytes + size;
}

void *rpol_arena_alloc(struct rpol_arena *arena, size_t size)
{
	const size_t unit = alignof(max_align_t);

	if (size > PTRDIFF_MAX - unit)
		out_of_memory(arena);
	size = size ? (size + unit - 1) / unit * unit : unit;
	if (!arena->chunks || (size_t)(arena->end - arena->next) < size)
		new_chunk(arena, size);

	void *memory = arena->next;

	arena->next += size;
	return memory;
}

char *rpol_arena_strndup(struct rpol_arena *arena, const char *text, size_t length)
{
	char *copy = rpol_arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *rpol_arena_printf(struct rpol_arena *arena, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);

	va_end(args);
	assert(length >= 0);
	char *text = rpol_arena_alloc(arena, (size_t)length + 1);

	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

void *rpol_arena_grow(struct rpol_arena *arena, void *array, size_t count, size_t *capacity,
		      size_t size)
{
	if (count < *capacity)
		return array;

	size_t wanted = *capacity ? *capacity * 2 : 8;

	if (wanted > PTRDIFF_MAX / size)
		out_of_memory(arena);

	void *larger = rpol_arena_alloc(arena, wanted * size);

	if (count)
		memcpy(larger, array, count * size);
	*capacity = wanted;
	return larger;
}

void rpol_arena_free(struct rpol_arena *arena)
{
	struct rpol_arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct rpol_arena_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
	arena->chunks = NULL;
	arena->next = arena->end = NULL;
}
