/* memory.c: the bytes a structure lives in, where no map lends them. Contract in memory.h. */
#include "rpol/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, LARGE = 2 << 20 };

int rpol_memory_new(struct rpol_memory *out, size_t size)
{
	/* Large pages where the system has them: structures are filled and read in no order. */
	size_t unit = size < LARGE ? LINE : LARGE;
	size_t whole = (size + unit - 1) / unit * unit;
	void *bytes = whole < size ? NULL : aligned_alloc(unit, whole ? whole : unit);

	if (!bytes)
		return -ENOMEM;
	if (unit == LARGE)
		(void)madvise(bytes, whole, MADV_HUGEPAGE);
	memset(bytes, 0, whole);
	*out = (struct rpol_memory){bytes, size};
	return 0;
}

void rpol_memory_free(struct rpol_memory *memory)
{
	free(memory->bytes);
	*memory = (struct rpol_memory){0};
}
