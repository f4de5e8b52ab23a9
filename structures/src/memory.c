/* memory.c: the bytes a structure lives in, where no map lends them. Contract in memory.h. */
#include "rpol/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

int rpol_memory_new(struct rpol_memory *out, size_t size)
{
	size_t whole = (size + LINE - 1) / LINE * LINE;
	void *bytes = whole < size ? NULL : aligned_alloc(LINE, whole ? whole : LINE);

	if (!bytes)
		return -ENOMEM;
	memset(bytes, 0, whole);
	*out = (struct rpol_memory){bytes, size};
	return 0;
}

void rpol_memory_free(struct rpol_memory *memory)
{
	free(memory->bytes);
	*memory = (struct rpol_memory){0};
}
