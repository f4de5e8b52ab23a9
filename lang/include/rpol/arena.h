/* arena.h: the memory of one compilation; freed all at once. */
#ifndef RPOL_ARENA_H
#define RPOL_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct rpol_arena_chunk;

struct rpol_arena {
	struct rpol_arena_chunk *chunks;
	char *next, *end;
	jmp_buf *oom; /* where an allocation that fails goes; NULL: abort() */
};

/* Zeroed memory, aligned for any type, owned by the arena. Never returns NULL: without
 * memory it jumps to arena->oom with value 1, which the entry points (rpol_unit_open,
 * rpol_compile, ...) set and turn into -ENOMEM. */
void *rpol_arena_alloc(struct rpol_arena *arena, size_t size);

/* Copies with a NUL appended; text need not be terminated. */
char *rpol_arena_strndup(struct rpol_arena *arena, const char *text, size_t length);
char *rpol_arena_printf(struct rpol_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Doubles an array of *capacity elements of the given size when count has reached it;
 * returns where the array now lives. */
void *rpol_arena_grow(struct rpol_arena *arena, void *array, size_t count, size_t *capacity,
		      size_t size);

/* Asks the kernel for large pages behind memory that was just allocated and is not touched yet, as
 * arenas do themselves: of a million routes, taking memory page by page is half of the work. */
void rpol_large_pages(void *bytes, size_t size);

/* Frees everything; the arena is empty and usable again. */
void rpol_arena_free(struct rpol_arena *arena);

#define RPOL_NEW(arena, type) ((type *)rpol_arena_alloc((arena), sizeof(type)))
#define RPOL_NEW_ARRAY(arena, type, n) ((type *)rpol_arena_alloc((arena), sizeof(type) * (n)))

#endif
