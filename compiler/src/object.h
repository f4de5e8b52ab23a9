/* object.h: from clang's ELF file to ours (docs/object.md). Private to compiler/. */
#ifndef RPOL_COMPILER_OBJECT_H
#define RPOL_COMPILER_OBJECT_H

#include "lowering.h"

/* Adds the manifest, images, the sources and the digest to an ELF file in memory. 0 and a
 * malloc'd *out; -errno with *error (malloc'd) otherwise. Does not jump to arena->oom. */
int rpol_object_finish(const struct lowering *lowering, const uint8_t *elf, size_t size,
		       uint8_t **out, size_t *out_size, char **error);

/* The manifest as a malloc'd JSON text; NULL: out of memory. */
char *rpol_manifest_text(const struct lowering *lowering);

/* What maps that change at run time begin with, in the order of the manifest's `images`. */
struct object_image {
	const char *map;
	size_t key_size; /* bytes */
	size_t value_size;
	size_t count;
	const struct rpol_set *set;	/* this or */
	const struct rpol_table *table; /* this */
};

/* Calls visit for each image until it returns other than 0, and returns that; else 0. */
int rpol_images_each(const struct lowering *lowering,
		     int (*visit)(void *arg, size_t index, const struct object_image *image),
		     void *arg);

#endif
