/* check_text.h: policies from memory for the checker's tests: root.rpol and one file beside it. */
#ifndef CHECK_TEXT_H
#define CHECK_TEXT_H

#define _GNU_SOURCE /* asprintf; included first */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpol/unit.h"

struct texts {
	const char *root, *file; /* file: "file.txt"; NULL: there is none */
};

static inline int read_texts(void *arg, const char *path, char **text, size_t *length)
{
	const struct texts *texts = arg;
	const char *from = strcmp(path, "root.rpol") ? texts->file : texts->root;

	if (!from || (from == texts->file && strcmp(path, "file.txt")))
		return -ENOENT;
	*text = strdup(from);
	*length = strlen(from);
	return *text ? 0 : -ENOMEM;
}

static inline struct rpol_unit *check_text(const char *root, const char *file)
{
	struct texts texts = {root, file};
	struct rpol_reader reader = {read_texts, &texts};
	struct rpol_unit *unit = NULL;

	assert_int_equal(rpol_unit_open("root.rpol", &reader, &unit), 0);
	return unit;
}

/* How many diagnostics of a code there are. */
static inline size_t count_code(struct rpol_unit *unit, enum rpol_diag_code code)
{
	const struct rpol_diags *diags = rpol_unit_diags(unit);
	size_t n = 0;

	for (size_t i = 0; i < diags->count; i++)
		n += diags->items[i].code == code;
	return n;
}

/* splitmix64: the same numbers everywhere for a seed. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(next_random(state) % n);
}

#endif
