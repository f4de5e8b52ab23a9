/* passes.h: lang/'s pipeline, in the order it runs. Private to lang/. */
#ifndef RPOL_PASSES_H
#define RPOL_PASSES_H

#include "ast.h"
#include "rpol/names.h"
#include "rpol/policy.h"
#include "rpol/unit.h"

/* A file met by `include`, and where. */
struct rpol_include {
	uint32_t file;
	struct rpol_span span;
	struct rpol_include *next;
};

/* `allow W0901;`, and the declaration or rule that follows it. */
struct rpol_allow {
	const char *code;
	struct rpol_span span;	    /* the statement */
	struct rpol_span code_span; /* its code */
	struct rpol_span target;
	struct rpol_allow *next;
};

/* A file of entries, and the string that names it. */
struct rpol_entries_file {
	uint32_t file;
	struct rpol_span span;
	struct rpol_entries_file *next;
};

struct rpol_unit {
	struct rpol_arena arena;
	struct rpol_arena scratch; /* tokens and scanner, while a text is parsed */
	char *pending;		   /* a text just read, until it is in the sources */
	struct rpol_include *includes;
	struct rpol_allow *allows;
	struct rpol_entries_file *entries_files;
	struct rpol_sources sources;
	struct rpol_reader reader;
	struct rpol_diags diags;
	struct ast ast;
	const struct rpol_policy *policy;
	struct rpol_names names;
};

/* Adds a file's text to the sources (line table included) and returns its index. text is copied. */
uint32_t rpol_sources_add(struct rpol_arena *arena, struct rpol_sources *sources, const char *path,
			  const char *text, size_t length);

/* Reads path through the unit's reader and adds it to the sources. 0 and *file, or a negative errno
 * of the reader (-EFBIG: larger than RPOL_MAX_FILE). Leaks nothing when memory runs out. */
#define RPOL_MAX_FILE (256u << 20)
int rpol_sources_read(struct rpol_unit *unit, const char *path, uint32_t *file);

/* path as written in the file `from` → path to read (joined to from's folder, `.` and `..`
 * resolved), or NULL when it leads out of the root file's folder. In the arena. */
const char *rpol_source_resolve(struct rpol_unit *unit, uint32_t from, const char *path);

/* Needs: sources.files[file] is there. Leaves: its declarations appended to unit->ast, those of
 * its includes in place of each include; syntax errors queued, with recovery at `;` and `}`. */
void rpol_parse_file(struct rpol_unit *unit, uint32_t file);

/* Needs: unit->ast is complete. Leaves: unit->policy set when no error was queued by any pass;
 * every mistake of meaning queued either way. */
void rpol_check(struct rpol_unit *unit);

/* Needs: every pass has queued what it has to say. Leaves: warnings taken out where an `allow` says
 * so; what is wrong with an `allow` queued. */
void rpol_allow(struct rpol_unit *unit);

/* An outcome's text of a table file line: `10.2.0.0/16 route t1`. Needs: file/offset of the
 * line in sources. Leaves: key and outcome in the arena, or NULL with a diagnostic queued. Uses
 * the grammar, so that a table file and an inline table cannot differ. */
struct ast_entry *rpol_parse_table_line(struct rpol_unit *unit, uint32_t file, uint32_t offset,
					uint32_t length);

/* The same of a line that is one value: a set's of several fields. */
struct ast_value *rpol_parse_set_line(struct rpol_unit *unit, uint32_t file, uint32_t offset,
				      uint32_t length);

#endif
