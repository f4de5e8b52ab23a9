/* parse.c: from a file in the sources to its declarations in the tree. */
#include "look.h"

#include <assert.h>
#include <string.h>

/* A folder that links to itself has a file by any number of paths. */
enum { INCLUDE_DEPTH = 16, MOST_FILES = 256 };

const struct token *rpol_parser_token(const struct parser *p, size_t index)
{
	assert(index < p->tokens.count);
	return &p->tokens.items[index];
}

const char *rpol_parser_text(const struct parser *p, size_t index)
{
	return p->sources->files[p->file].text + rpol_parser_token(p, index)->offset;
}

struct rpol_span rpol_parser_span(const struct parser *p, struct place at)
{
	const struct token *first = rpol_parser_token(p, (size_t)at.first);
	struct rpol_span span = {p->file, first->offset, 0};

	if (at.last >= at.first) {
		const struct token *last = rpol_parser_token(p, (size_t)at.last);

		span.length = last->offset + last->length - first->offset;
	}
	return span;
}

bool rpol_parser_run(struct parser *p, struct rpol_arena *scratch, int start, uint32_t offset,
		     uint32_t length)
{
	p->start = start;
	p->tokens =
		rpol_lex(scratch, p->sources->files[p->file].text + offset, length, offset, false);
	rpol_look_prepare(p);
	rpol_parser_mark_later(p);
	return rpol_grammar_parse(p) == 0;
}

static void parse_file(struct rpol_unit *unit, uint32_t file, const struct parser *includer,
		       struct rpol_span include)
{
	struct parser p = {
		.arena = &unit->arena,
		.diags = &unit->diags,
		.sources = &unit->sources,
		.unit = unit,
		.includer = includer,
		.file = file,
		.include = include,
		.ast = &unit->ast,
	};

	rpol_parser_run(&p, &unit->scratch, TOKEN_START_FILE, 0,
			(uint32_t)unit->sources.files[file].length);
}

void rpol_parse_file(struct rpol_unit *unit, uint32_t file)
{
	if (!unit->ast.tail)
		unit->ast.tail = &unit->ast.decls;
	parse_file(unit, file, NULL, (struct rpol_span){0});
	rpol_arena_free(&unit->scratch);
}

static struct ast_entry *parse_line(struct rpol_unit *unit, int start, uint32_t file,
				    uint32_t offset, uint32_t length)
{
	struct ast none = {.tail = &none.decls};
	struct ast_entry unread;
	struct parser p = {
		.arena = &unit->arena,
		.diags = &unit->diags,
		.sources = &unit->sources,
		.unit = unit,
		.file = file,
		.ast = &none,
		.line = &unread,
	};
	size_t errors = unit->diags.errors;

	rpol_parser_run(&p, &unit->scratch, start, offset, length);
	rpol_arena_free(&unit->scratch);
	return unit->diags.errors == errors && p.line != &unread ? p.line : NULL;
}

struct ast_entry *rpol_parse_table_line(struct rpol_unit *unit, uint32_t file, uint32_t offset,
					uint32_t length)
{
	return parse_line(unit, TOKEN_START_LINE, file, offset, length);
}

struct ast_value *rpol_parse_set_line(struct rpol_unit *unit, uint32_t file, uint32_t offset,
				      uint32_t length)
{
	struct ast_entry *line = parse_line(unit, TOKEN_START_VALUE, file, offset, length);

	return line ? line->key : NULL;
}

/* ---- include -------------------------------------------------------------------------------- */

/* "a.rpol → b.rpol → a.rpol", from the file that is met again to the include of it. */
static const char *chain(const struct parser *p, uint32_t again)
{
	const char *text = p->sources->files[again].path;

	for (const struct parser *at = p; at; at = at->includer) {
		text = rpol_arena_printf(p->arena, "%s → %s", p->sources->files[at->file].path,
					 text);
		if (at->file == again)
			break;
	}
	return text;
}

/* True when path is a file that was met before; what is wrong with that is then said. */
static bool met_before(struct parser *p, const char *path, struct rpol_span span)
{
	struct rpol_diag *diag;

	for (const struct parser *at = p; at; at = at->includer) {
		if (strcmp(p->sources->files[at->file].path, path))
			continue;
		diag = rpol_diag_add(p->diags, RPOL_DIAG_INCLUDE, span,
				     "a file that includes itself: %s", chain(p, at->file));
		/* the include that closes the circle starts at this one */
		for (const struct parser *link = p; link != at; link = link->includer)
			if (link->includer == at)
				rpol_diag_second(p->diags, diag, link->include, "by way of this");
		return true;
	}
	for (const struct rpol_include *i = p->unit->includes; i; i = i->next) {
		if (strcmp(p->sources->files[i->file].path, path))
			continue;
		diag = rpol_diag_add(p->diags, RPOL_DIAG_INCLUDE, span, "`%s` is included twice",
				     path);
		rpol_diag_second(p->diags, diag, i->span, "first here");
		rpol_diag_help(p->diags, diag, "leave one of them out");
		return true;
	}
	return false;
}

void rpol_build_include(struct parser *p, struct place at)
{
	struct rpol_unit *unit = p->unit;
	struct rpol_span span = rpol_parser_span(p, at);
	const char *written = rpol_build_name(p, at).text;
	int depth = 1;

	/* A string without its end was reported, and what it names is a guess. */
	if (!unit || rpol_parser_token(p, (size_t)at.first)->kind == TOKEN_OPEN_STRING)
		return;

	const char *path = rpol_source_resolve(unit, p->file, written);

	if (!path) {
		struct rpol_diag *diag =
			rpol_diag_add(p->diags, RPOL_DIAG_INCLUDE, span,
				      "`%s` is not a file below the policy's folder", written);

		rpol_diag_help(p->diags, diag,
			       "a policy includes files from the folder of `%s` and below it",
			       unit->sources.files[0].path);
		return;
	}
	for (const struct parser *link = p; link->includer; link = link->includer)
		depth++;
	if (depth > INCLUDE_DEPTH) {
		rpol_diag_add(p->diags, RPOL_DIAG_LIMIT, span,
			      "includes within includes, more than %d deep", INCLUDE_DEPTH);
		return;
	}
	if (unit->sources.nfiles >= MOST_FILES) {
		rpol_diag_add(p->diags, RPOL_DIAG_LIMIT, span, "more than %d files", MOST_FILES);
		return;
	}
	if (met_before(p, path, span))
		return;

	uint32_t file;
	int error = rpol_sources_read(unit, path, &file);

	if (error) {
		rpol_diag_add(p->diags, RPOL_DIAG_INCLUDE, span, "cannot read `%s`: %s", path,
			      strerror(-error));
		return;
	}

	struct rpol_include *include = RPOL_NEW(p->arena, struct rpol_include);

	*include = (struct rpol_include){file, span, unit->includes};
	unit->includes = include;
	parse_file(unit, file, p, span);
}
