/* unit.h: the front door of lang/: from a file's path to a checked policy. */
#ifndef RPOL_UNIT_H
#define RPOL_UNIT_H

#include <stdbool.h>
#include <stdio.h>

#include "rpol/diag.h"
#include "rpol/policy.h"

struct rpol_unit; /* one compilation: owns sources, AST, policy, diagnostics */

/* Reads, parses and checks the policy at path with all it includes. reader NULL reads the disk.
 * Returns 0 and a unit in *out (also when the policy has errors: ask rpol_unit_policy), or a
 * negative errno when the root cannot be read (-ENOENT, -EACCES, -EISDIR, …) or memory ran out
 * (-ENOMEM), with *out untouched. */
int rpol_unit_open(const char *path, const struct rpol_reader *reader, struct rpol_unit **out);

/* NULL when there were errors. Borrowed from the unit. */
const struct rpol_policy *rpol_unit_policy(const struct rpol_unit *unit);

/* Sorted diagnostics of every pass, and the texts they point into. Borrowed. The diags are
 * writable so that later passes (the C compiler, the verifier) can add to them. */
struct rpol_diags *rpol_unit_diags(struct rpol_unit *unit);
const struct rpol_sources *rpol_unit_sources(const struct rpol_unit *unit);

/* Writes the syntax tree in a stable text form (`--dump=ast`, golden tests). */
void rpol_unit_dump_ast(const struct rpol_unit *unit, FILE *out);

void rpol_unit_close(struct rpol_unit *unit); /* NULL: nothing */

/* Formats one policy text in the canonical style. 0 and a malloc'd text in *out; 1 when the text
 * has syntax errors (queued in diags, *out untouched); -ENOMEM. Only syntax is looked at:
 * includes are not followed. sources receives the one file for rendering the diagnostics. */
int rpol_format(struct rpol_arena *arena, const char *path, const char *text, size_t length,
		struct rpol_diags *diags, struct rpol_sources *sources, char **out,
		size_t *out_length);

#endif
