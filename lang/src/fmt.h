/* fmt.h: the formatter's two halves: fmt.c cuts the tokens into lines of cells, fmt_layout.c sets
 * the cells in columns. Private to lang/src/fmt*.c. */
#ifndef RPOL_FMT_H
#define RPOL_FMT_H

#include <stdbool.h>
#include <stddef.h>

#include "rpol/arena.h"

/* What lines next to each other align with: their own kind. PLAIN aligns with nothing. */
enum line_kind {
	LINE_PLAIN,
	LINE_INTERFACE,
	LINE_CONST,
	LINE_COND,
	LINE_SET,
	LINE_ENTRY,
	LINE_RULE,
};

enum { FMT_INDENT = 4, FMT_COLUMNS = 100 };

struct line {
	enum line_kind kind;
	int indent;
	bool blank;	      /* an empty line comes before it */
	const char *cells[3]; /* NULL after the last */
	const char *comment;  /* at its end, or all of it when there are no cells; NULL: none */
};

struct lines {
	struct line *items;
	size_t count, capacity;
};

/* Columns a UTF-8 text takes. */
size_t rpol_fmt_width(const char *text);

/* The lines as text, NUL-terminated, in the arena. */
char *rpol_fmt_layout(struct rpol_arena *arena, const struct lines *lines, size_t *length);

#endif
