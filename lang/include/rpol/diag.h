/* diag.h: the user's mistakes. Queued while passes run, rendered once, in source order. */
#ifndef RPOL_DIAG_H
#define RPOL_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "rpol/arena.h"
#include "rpol/source.h"

enum rpol_severity { RPOL_NOTE, RPOL_WARNING, RPOL_ERROR };

enum rpol_diag_code {
#define DIAG(id, code, severity, title) RPOL_DIAG_##id,
#include "rpol/diags.def"
#undef DIAG
	RPOL_DIAG_COUNT
};

struct rpol_diag {
	enum rpol_diag_code code;
	struct rpol_span span;
	const char *message; /* one line, no full stop */
	bool has_second;
	struct rpol_span second; /* the other culprit */
	const char *second_label;
	const char *help; /* what to write instead; NULL: none */
	/* help that a machine can follow: the text to put in place of what fix covers (length 0:
	 * to insert there); NULL: the writer must decide */
	const char *fix_text;
	struct rpol_span fix;
};

struct rpol_diags {
	struct rpol_arena *arena;
	struct rpol_diag *items;
	size_t count, capacity;
	size_t errors, warnings;
};

/* "E0201"; "unknown name"; RPOL_ERROR. Static. */
const char *rpol_diag_code_text(enum rpol_diag_code code);
const char *rpol_diag_title(enum rpol_diag_code code);
enum rpol_severity rpol_diag_severity(enum rpol_diag_code code);

/* Queues one diagnostic; the message is formatted into the arena. Returns it, so that a second
 * span or a help line can be added: valid until the next call. A second diagnostic with the same
 * code at the same span is dropped (the returned one is then a scratch value). */
struct rpol_diag *rpol_diag_add(struct rpol_diags *diags, enum rpol_diag_code code,
				struct rpol_span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void rpol_diag_help(struct rpol_diags *diags, struct rpol_diag *diag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void rpol_diag_second(struct rpol_diags *diags, struct rpol_diag *diag, struct rpol_span span,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Says how a machine can follow the help. A text that was shortened for a message, or has a
 * comment in it, is no fix and is left out. */
void rpol_diag_fix(struct rpol_diags *diags, struct rpol_diag *diag, struct rpol_span span,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sorts by file (root's order of reading), offset, and code. */
void rpol_diags_sort(struct rpol_diags *diags);

/* Writes all of them to out as
 *     router.rpol:12:15: error[E0201]: unknown name `bogon`
 *       12 |     spoofed: src in bogon => drop;
 *          |                     ^^^^^
 *       help: did you mean `bogons`?
 * and, when there are any, a last line with their number. Colour only when asked. */
void rpol_diags_write(const struct rpol_diags *diags, const struct rpol_sources *sources,
		      bool colour, FILE *out);

/* The nearest of n candidates to word by edit distance, or NULL when none is near. For
 * "did you mean"; the command line's words use it too. */
const char *rpol_suggest(const char *word, const char *const *candidates, size_t n);

#endif
