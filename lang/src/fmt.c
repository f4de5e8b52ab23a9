/* fmt.c: rpol_format: a policy's text in the canonical style.
 *
 * Works on the tokens, comments among them, of a text that the parser found right: so nothing can
 * get lost, and where lines were broken does not matter, with these exceptions: empty lines are
 * kept (one of several), a next hop or group in one line stays in one, and a list with comments
 * in it keeps its lines. A comment in the midst of a statement goes above it. */
#include "fmt.h"
#include "parse.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grammar.h"

struct formatter {
	struct rpol_arena *arena;
	const char *text;
	struct tokens tokens;
	size_t at; /* the next token */
	int indent;
	bool blank; /* the next line has an empty one before it */
	struct lines lines;
};

static const struct token *peek(const struct formatter *f)
{
	return &f->tokens.items[f->at];
}

/* ---- pieces of text ----------------------------------------------------------------------- */

static bool space_between(int before, int after)
{
	if (after == ';' || after == ',' || after == ')' || before == '(')
		return false;
	return before != TOKEN_DOTDOT && after != TOKEN_DOTDOT;
}

/* Tokens from..to in canonical spacing, without the comments among them. */
static const char *join(struct formatter *f, size_t from, size_t to)
{
	size_t length = 0;

	for (size_t i = from; i < to; i++)
		length += f->tokens.items[i].length + 1;

	char *text = rpol_arena_alloc(f->arena, length + 1), *end = text;
	int before = 0;

	for (size_t i = from; i < to; i++) {
		const struct token *token = &f->tokens.items[i];

		if (token->kind == TOKEN_COMMENT)
			continue;
		if (before && space_between(before, token->kind))
			*end++ = ' ';
		memcpy(end, f->text + token->offset, token->length);
		end += token->length;
		before = token->kind;
	}
	return text;
}

/* Without the white space at its end, and without NULs, which would end it. */
static const char *comment_text(struct formatter *f, const struct token *token)
{
	char *text = rpol_arena_alloc(f->arena, token->length + 1), *end = text;

	for (uint32_t i = 0; i < token->length; i++)
		if (f->text[token->offset + i])
			*end++ = f->text[token->offset + i];
	while (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r'))
		*--end = '\0';
	return text;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static struct line *add_line(struct formatter *f, enum line_kind kind, const char *first,
			     const char *second, const char *third)
{
	f->lines.items = rpol_arena_grow(f->arena, f->lines.items, f->lines.count,
					 &f->lines.capacity, sizeof(*f->lines.items));

	struct line *line = &f->lines.items[f->lines.count++];

	*line = (struct line){
		.kind = kind,
		.indent = f->indent,
		.blank = f->blank && f->lines.count > 1,
		.cells = {first, second, third},
	};
	f->blank = false;
	return line;
}

/* True when the source has an empty line before the next token. */
static bool blank_before(const struct formatter *f)
{
	if (!f->at)
		return false;

	const struct token *last = peek(f) - 1;
	int newlines = 0;

	for (uint32_t i = last->offset + last->length; i < peek(f)->offset; i++)
		newlines += f->text[i] == '\n';
	return newlines > 1;
}

/* Comments with a line of their own, up to the next token that is none. */
static void own_comments(struct formatter *f)
{
	for (; peek(f)->kind == TOKEN_COMMENT; f->at++) {
		f->blank |= blank_before(f);
		add_line(f, LINE_PLAIN, NULL, NULL, NULL)->comment = comment_text(f, peek(f));
	}
	f->blank |= blank_before(f);
}

/* The comment behind the line that was just added, if there is one. */
static void trailing_comment(struct formatter *f)
{
	if (peek(f)->kind != TOKEN_COMMENT || peek(f)->first)
		return;
	f->lines.items[f->lines.count - 1].comment = comment_text(f, peek(f));
	f->at++;
}

/* The comments among tokens from..to go above what these become. */
static void hoist_comments(struct formatter *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (f->tokens.items[i].kind == TOKEN_COMMENT)
			add_line(f, LINE_PLAIN, NULL, NULL, NULL)->comment =
				comment_text(f, &f->tokens.items[i]);
}

static bool has_comments(const struct formatter *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (f->tokens.items[i].kind == TOKEN_COMMENT)
			return true;
	return false;
}

/* The next token of a kind at or after from. There is one: the parser saw it. */
static size_t find(const struct formatter *f, size_t from, int kind)
{
	while (f->tokens.items[from].kind != kind) {
		assert(f->tokens.items[from].kind != TOKEN_END);
		from++;
	}
	return from;
}

/* A set or a table without a block. */
static bool is_from_file(const struct formatter *f)
{
	size_t i = f->at;

	while (f->tokens.items[i].kind != '{' && f->tokens.items[i].kind != ';')
		i++;
	return f->tokens.items[i].kind == ';';
}

/* ---- statements ----------------------------------------------------------------------------- */

/* One statement up to its `;`, in two cells when it has a splitter. */
static void statement(struct formatter *f, enum line_kind kind, int splitter)
{
	size_t from = f->at, end = find(f, from, ';') + 1;
	size_t split = splitter ? find(f, from, splitter) : end;

	hoist_comments(f, from, end);
	add_line(f, kind, join(f, from, split), splitter ? join(f, split, end) : NULL, NULL);
	f->at = end;
	trailing_comment(f);
}

static bool has_arrow(const struct formatter *f)
{
	size_t i = f->at;

	while (f->tokens.items[i].kind != TOKEN_ARROW && f->tokens.items[i].kind != ';')
		i++;
	return f->tokens.items[i].kind == TOKEN_ARROW;
}

static void rule(struct formatter *f)
{
	size_t from = f->at, end = find(f, from, ';') + 1;
	size_t colon = find(f, from, ':'), arrow = find(f, from, TOKEN_ARROW);

	hoist_comments(f, from, end);
	add_line(f, LINE_RULE, rpol_arena_printf(f->arena, "%s:", join(f, from, colon)),
		 join(f, colon + 1, arrow), join(f, arrow, end));
	f->at = end;
	trailing_comment(f);
}

/* And no rule with that label. */
static bool is_allow(const struct formatter *f)
{
	return peek(f)->kind == TOKEN_ALLOW && peek(f)[1].kind != ':';
}

/* The body of a block, one statement a line, and its `}`; f->at is behind the `{`. */
static void body(struct formatter *f, int word)
{
	trailing_comment(f);
	f->indent += FMT_INDENT;
	f->blank = false;

	size_t first = f->lines.count;

	for (;;) {
		own_comments(f);
		if (f->lines.count == first)
			f->blank = false;

		int kind = peek(f)->kind;

		if (kind == '}')
			break;
		if (kind == ';') /* a next hop may have some too many */
			f->at++;
		else if (is_allow(f))
			statement(f, LINE_PLAIN, 0);
		else if (word == TOKEN_TABLE || (word == TOKEN_DYNAMIC && has_arrow(f)))
			statement(f, LINE_ENTRY, TOKEN_ARROW);
		else if (word == TOKEN_CHAIN)
			rule(f);
		else if (word == TOKEN_POLICY && kind != TOKEN_DEFAULT && kind != TOKEN_FRAGMENTS)
			rule(f);
		else
			statement(f, LINE_PLAIN, 0);
	}
	f->indent -= FMT_INDENT;
	f->blank = false;
	f->at++;
	add_line(f, LINE_PLAIN, "}", NULL, NULL);
	trailing_comment(f);
}

static void block(struct formatter *f, int word)
{
	size_t from = f->at, open = find(f, from, '{');

	hoist_comments(f, from, open);
	add_line(f, LINE_PLAIN, join(f, from, open + 1), NULL, NULL);
	f->at = open + 1;
	body(f, word);
}

/* A next hop's parts need no `;` in the language; written, they have one at the end. */
static const char *small_body(struct formatter *f, size_t open, size_t close)
{
	size_t end = close;

	while (end > open + 1 && f->tokens.items[end - 1].kind == ';')
		end--;
	if (end == open + 1)
		return "{ }";
	return rpol_arena_printf(f->arena, "{ %s; }", join(f, open + 1, end));
}

/* A next hop or a group: in one line when it was and fits, else one statement a line. */
static void small_block(struct formatter *f, int word)
{
	size_t from = f->at, open = find(f, from, '{'), close = find(f, open, '}');
	bool one_line = !has_comments(f, from, close);

	for (size_t i = from + 1; i <= close; i++)
		one_line &= !f->tokens.items[i].first;
	if (one_line) {
		const char *text = rpol_arena_printf(f->arena, "%s %s", join(f, from, open),
						     small_body(f, open, close));

		if (rpol_fmt_width(text) <= FMT_COLUMNS) {
			add_line(f, LINE_PLAIN, text, NULL, NULL);
			f->at = close + 1;
			trailing_comment(f);
			return;
		}
	}
	block(f, word);
}

/* ---- sets ----------------------------------------------------------------------------------- */

/* The end of the item that starts at a token of a list: behind its comma, if it has one; comments
 * behind the last item are not its. */
static size_t item_end(const struct formatter *f, size_t from)
{
	size_t depth = 0;

	for (;; from++) {
		int kind = f->tokens.items[from].kind;

		depth += kind == '{' || kind == '(';
		depth -= kind == ')';
		if (kind == '}' && !depth--) {
			while (f->tokens.items[from - 1].kind == TOKEN_COMMENT)
				from--;
			return from;
		}
		if (!depth && kind == ',')
			return from + 1;
	}
}

static size_t skip_comments(const struct formatter *f, size_t at)
{
	while (f->tokens.items[at].kind == TOKEN_COMMENT)
		at++;
	return at;
}

/* The items of a list in filled lines. keep: a line ends where it did in the source. */
static void filled_items(struct formatter *f, bool keep)
{
	const char *line = NULL;

	for (;;) {
		bool breaks = keep && peek(f)->first;

		if (line && (breaks || peek(f)->kind == '}' || peek(f)->kind == TOKEN_COMMENT)) {
			add_line(f, LINE_PLAIN, line, NULL, NULL);
			line = NULL;
			trailing_comment(f);
		}
		if (!line)
			own_comments(f);
		if (peek(f)->kind == '}')
			return;

		size_t end = item_end(f, f->at), comma = end;
		const char *item;

		/* comments between an item and its comma stay behind both */
		if (f->tokens.items[end - 1].kind == ',')
			comma = end - 1;
		item = join(f, f->at, comma);
		if (has_comments(f, f->at, end))
			hoist_comments(f, f->at, end);
		f->at = end;
		if (f->tokens.items[skip_comments(f, end)].kind != '}')
			item = rpol_arena_printf(f->arena, "%s,", item);

		size_t width = rpol_fmt_width(item) + (size_t)f->indent;

		if (line && rpol_fmt_width(line) + 1 + width > FMT_COLUMNS) {
			add_line(f, LINE_PLAIN, line, NULL, NULL);
			line = NULL;
		}
		line = line ? rpol_arena_printf(f->arena, "%s %s", line, item) : item;
	}
}

static void set(struct formatter *f)
{
	size_t from = f->at, colon = find(f, from, ':');

	if (is_from_file(f)) {
		statement(f, LINE_SET, ':');
		return;
	}

	size_t open = find(f, from, '{'), close = open + 1;

	while (f->tokens.items[close].kind != '}')
		close = skip_comments(f, item_end(f, close));

	size_t last = close; /* behind the last item, its comma left out */

	if (f->tokens.items[last - 1].kind == ',')
		last--;

	bool comments = has_comments(f, open, close);
	const char *head = join(f, from, colon);
	const char *tail = rpol_arena_printf(f->arena, "%s%s%s };", join(f, colon, open + 1),
					     last > open + 1 ? " " : "", join(f, open + 1, last));

	hoist_comments(f, from, open);
	if (!comments && rpol_fmt_width(head) + 1 + rpol_fmt_width(tail) <= FMT_COLUMNS) {
		add_line(f, LINE_SET, head, tail, NULL);
		f->at = close + 1;
	} else {
		add_line(f, LINE_SET, head, join(f, colon, open + 1), NULL);
		f->at = open + 1;
		trailing_comment(f);
		f->indent += FMT_INDENT;
		filled_items(f, comments);
		f->indent -= FMT_INDENT;
		f->blank = false;
		add_line(f, LINE_PLAIN, "};", NULL, NULL);
		f->at++;
	}
	/* `}` or `};` */
	trailing_comment(f);

	size_t next = skip_comments(f, f->at);

	if (f->tokens.items[next].kind == ';') {
		hoist_comments(f, f->at, next);
		f->at = next + 1;
		trailing_comment(f);
	}
}

static void declarations(struct formatter *f)
{
	for (;;) {
		own_comments(f);
		switch (peek(f)->kind) {
		case TOKEN_END:
			return;
		case TOKEN_INTERFACE:
			statement(f, LINE_INTERFACE, '=');
			break;
		case TOKEN_CONST:
			statement(f, LINE_CONST, '=');
			break;
		case TOKEN_COND:
			statement(f, LINE_COND, '=');
			break;
		case TOKEN_SET:
			set(f);
			break;
		case TOKEN_NEXTHOP:
		case TOKEN_GROUP:
			small_block(f, peek(f)->kind);
			break;
		case TOKEN_DYNAMIC:
			small_block(f, TOKEN_DYNAMIC);
			if (peek(f)->kind == ';') {
				f->at++; /* a set may have one, and needs none */
				trailing_comment(f);
			}
			break;
		case TOKEN_TABLE:
			if (is_from_file(f))
				statement(f, LINE_PLAIN, 0);
			else
				block(f, TOKEN_TABLE);
			break;
		case TOKEN_CHAIN:
		case TOKEN_POLICY:
			block(f, peek(f)->kind);
			break;
		default: /* include */
			statement(f, LINE_PLAIN, 0);
			break;
		}
	}
}

static int format(struct rpol_arena *arena, const char *path, const char *text, size_t length,
		  struct rpol_diags *diags, struct rpol_sources *sources, char **out,
		  size_t *out_length)
{
	struct ast ast = {.tail = &ast.decls};
	struct parser p = {
		.arena = arena,
		.diags = diags,
		.file = rpol_sources_add(arena, sources, path, text, length),
		.ast = &ast,
	};
	size_t errors = diags->errors;

	p.sources = sources;
	if (!rpol_parser_run(&p, arena, TOKEN_START_FILE, 0, (uint32_t)length) ||
	    diags->errors > errors) {
		rpol_diags_sort(diags);
		return 1;
	}

	struct formatter f = {
		.arena = arena,
		.text = sources->files[p.file].text,
		.tokens = rpol_lex(arena, sources->files[p.file].text, length, 0, true),
	};

	declarations(&f);

	size_t size;
	const char *result = rpol_fmt_layout(arena, &f.lines, &size);
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, result, size + 1);
	*out = copy;
	*out_length = size;
	return 0;
}

int rpol_format(struct rpol_arena *arena, const char *path, const char *text, size_t length,
		struct rpol_diags *diags, struct rpol_sources *sources, char **out,
		size_t *out_length)
{
	jmp_buf oom, *callers = arena->oom;
	int result;

	if (length > RPOL_MAX_FILE)
		return -EFBIG;
	arena->oom = &oom;
	result = setjmp(oom) ? -ENOMEM
			     : format(arena, path, text, length, diags, sources, out, out_length);
	arena->oom = callers;
	return result;
}
