/* memory.h: the bytes a structure lives in. Every structure is one block of directly addressed
 * memory: the value of an array map of one entry (BPF_F_MMAPABLE) in the kernel, mapped or plain
 * memory here, the same bytes in both. So a builder writes the very image that a program reads, and
 * offsets stand in the place of pointers. Byte order of numbers is the machine's: an image is made
 * for the host class it runs on (little endian), and the object says so. */
#ifndef RPOL_MEMORY_H
#define RPOL_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* A block of memory. bytes: NULL when there is none. */
struct rpol_memory {
	void *bytes;
	size_t size;
};

/* How full a structure that changes is, in bytes; all 0 where it has no image. */
struct rpol_room {
	size_t pool;	 /* used + deferred + open */
	size_t used;	 /* nodes */
	size_t deferred; /* left unused, waiting for a grace period */
	size_t open;	 /* for nodes to come */
	size_t largest;	 /* of the open parts; far below open: fragmented */
	size_t graces;	 /* periods waited for since it was written or opened */
};

/* Zeroed memory of size bytes, aligned to a cache line (64 bytes). The caller frees it with
 * rpol_memory_free. On failure (-ENOMEM) *out is untouched. */
int rpol_memory_new(struct rpol_memory *out, size_t size);

/* Frees what rpol_memory_new gave and leaves {NULL, 0}. Nothing happens to an empty one. */
void rpol_memory_free(struct rpol_memory *memory);

#endif
