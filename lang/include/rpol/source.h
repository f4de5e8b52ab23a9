/* source.h: the texts a policy was read from, and places in them. */
#ifndef RPOL_SOURCE_H
#define RPOL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

/* A run of bytes in a file. length 0 is a point (end of file). */
struct rpol_span {
	uint32_t file;	 /* index into rpol_sources.files */
	uint32_t offset; /* bytes from the start */
	uint32_t length; /* bytes */
};

struct rpol_file {
	const char *path; /* as the user wrote it, joined to its includer's folder; unique */
	const char *text; /* NUL-terminated; may hold NULs before */
	size_t length;
	const uint32_t *lines; /* offset of each line's first byte */
	size_t nlines;
};

/* Every file of one compilation: [0] is the root, then includes and `from file` tables in the
 * order they were met. */
struct rpol_sources {
	struct rpol_file *files;
	size_t nfiles;
};

/* Where text comes from: a disk, or the bundle in an object. */
struct rpol_reader {
	/* 0 and a malloc'd text of *length bytes (NUL appended), or -errno with *text untouched. */
	int (*read)(void *arg, const char *path, char **text, size_t *length);
	void *arg;
};

/* One-based line and column (in bytes) of a span's start. */
void rpol_span_locate(const struct rpol_sources *sources, struct rpol_span span, uint32_t *line,
		      uint32_t *column);

#endif
