/* diag.c: the queue of diagnostics, its order, and how one is drawn. */
#include "rpol/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* How far back a repeated diagnostic is looked for: a pass that says a thing twice does so soon. */
enum { REPEATS_WITHIN = 16 };

/* A quoted line is cut to this many columns around its span. */
enum { QUOTE_COLUMNS = 160, QUOTE_BEFORE = 60 };

static const struct {
	const char *text;
	enum rpol_severity severity;
	const char *title;
} codes[] = {
#define DIAG(id, code, severity, title) {code, severity, title},
#include "rpol/diags.def"
#undef DIAG
};

const char *rpol_diag_code_text(enum rpol_diag_code code)
{
	return codes[code].text;
}

const char *rpol_diag_title(enum rpol_diag_code code)
{
	return codes[code].title;
}

enum rpol_severity rpol_diag_severity(enum rpol_diag_code code)
{
	return codes[code].severity;
}

static char *format_text(struct rpol_arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, again);

	va_end(again);
	char *text = rpol_arena_alloc(arena, (size_t)length + 1);

	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

static bool same_span(struct rpol_span a, struct rpol_span b)
{
	return a.file == b.file && a.offset == b.offset && a.length == b.length;
}

struct rpol_diag *rpol_diag_add(struct rpol_diags *diags, enum rpol_diag_code code,
				struct rpol_span span, const char *format, ...)
{
	size_t first = diags->count > REPEATS_WITHIN ? diags->count - REPEATS_WITHIN : 0;

	for (size_t i = first; i < diags->count; i++)
		if (diags->items[i].code == code && same_span(diags->items[i].span, span))
			return RPOL_NEW(diags->arena, struct rpol_diag);

	va_list args;

	va_start(args, format);
	char *message = format_text(diags->arena, format, args);

	va_end(args);
	diags->items = rpol_arena_grow(diags->arena, diags->items, diags->count, &diags->capacity,
				       sizeof(*diags->items));

	struct rpol_diag *diag = &diags->items[diags->count++];

	*diag = (struct rpol_diag){.code = code, .span = span, .message = message};
	diags->errors += rpol_diag_severity(code) == RPOL_ERROR;
	diags->warnings += rpol_diag_severity(code) == RPOL_WARNING;
	return diag;
}

void rpol_diag_help(struct rpol_diags *diags, struct rpol_diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag->help = format_text(diags->arena, format, args);
	va_end(args);
}

void rpol_diag_second(struct rpol_diags *diags, struct rpol_diag *diag, struct rpol_span span,
		      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag->has_second = true;
	diag->second = span;
	diag->second_label = format_text(diags->arena, format, args);
	va_end(args);
}

void rpol_diag_fix(struct rpol_diags *diags, struct rpol_diag *diag, struct rpol_span span,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);

	const char *text = format_text(diags->arena, format, args);

	va_end(args);
	if (strstr(text, "…") || strchr(text, '#'))
		return;
	diag->fix = span;
	diag->fix_text = text;
}

static int compare(const void *a, const void *b)
{
	const struct rpol_diag *x = a, *y = b;

	if (x->span.file != y->span.file)
		return x->span.file < y->span.file ? -1 : 1;
	if (x->span.offset != y->span.offset)
		return x->span.offset < y->span.offset ? -1 : 1;
	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	return (x->span.length > y->span.length) - (x->span.length < y->span.length);
}

void rpol_diags_sort(struct rpol_diags *diags)
{
	if (diags->count)
		qsort(diags->items, diags->count, sizeof(*diags->items), compare);
}

/* ---- drawing ---------------------------------------------------------------------------- */

struct pen {
	const struct rpol_sources *sources;
	bool colour;
	FILE *out;
	int gutter; /* digits of the largest line number quoted */
};

enum ink { PLAIN, BOLD, RED, MAGENTA, CYAN, BLUE };

static void ink(const struct pen *pen, enum ink ink)
{
	static const char *const codes[] = {"\33[0m",	 "\33[1m",    "\33[1;31m",
					    "\33[1;35m", "\33[1;36m", "\33[1;34m"};

	if (pen->colour)
		fputs(codes[ink], pen->out);
}

static enum ink severity_ink(enum rpol_severity severity)
{
	return severity == RPOL_ERROR ? RED : severity == RPOL_WARNING ? MAGENTA : CYAN;
}

/* Bytes that continue a UTF-8 character take no column. */
static bool takes_column(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t columns(const char *text, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++)
		n += takes_column(text[i]);
	return n;
}

/* Bytes of the UTF-8 character at text; 0 when it is none. */
static size_t character(const char *text, size_t length)
{
	unsigned char lead = (unsigned char)*text;
	size_t n = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (n > length || (n > 1 && (lead < 0xc2 || lead > 0xf4)))
		return 0;
	for (size_t i = 1; i < n; i++)
		if (takes_column(text[i]))
			return 0;
	return n;
}

/* Control characters would move the cursor or worse, and bytes that are no UTF-8 would make the
 * output none; a tab stays one, so that carets align. */
static void put_source(const struct pen *pen, const char *text, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		unsigned char c = (unsigned char)text[i];

		n = character(text + i, length - i);
		/* 0xc2 0x80..0x9f are control characters too */
		if (!n || (c < ' ' && c != '\t') || c == 0x7f ||
		    (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)) {
			fputc('?', pen->out);
			n = n ? n : 1;
			continue;
		}
		fwrite(text + i, 1, n, pen->out);
	}
}

/* Messages may quote the policy's text. */
static void put_message(const struct pen *pen, const char *message)
{
	put_source(pen, message, strlen(message));
}

static uint32_t line_of(const struct pen *pen, struct rpol_span span)
{
	uint32_t line, column;

	rpol_span_locate(pen->sources, span, &line, &column);
	return line;
}

/* The line the span starts in, and carets under the span as far as it is in that line. */
static void quote(const struct pen *pen, struct rpol_span span, enum ink caret_ink,
		  const char *label)
{
	const struct rpol_file *file = &pen->sources->files[span.file];
	uint32_t line = line_of(pen, span);
	const char *text = file->text + file->lines[line - 1];
	size_t length =
		(line < file->nlines ? file->lines[line] : file->length) - file->lines[line - 1];

	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;

	size_t start = span.offset - file->lines[line - 1], end;

	if (start > length)
		start = length;
	end = span.length > length - start ? length : start + span.length;

	/* Cut a long line at both ends, at whole characters. */
	size_t from = 0, to = length;

	if (columns(text, length) > QUOTE_COLUMNS) {
		size_t n = 0;

		for (from = start; from && (n < QUOTE_BEFORE || !takes_column(text[from])); from--)
			n += takes_column(text[from - 1]);
		for (n = 0, to = from; to < length; to++)
			if (takes_column(text[to]) && n++ == QUOTE_COLUMNS - 2)
				break;
		if (end > to)
			end = to;
	}

	ink(pen, BLUE);
	fprintf(pen->out, "  %*u | ", pen->gutter, line);
	ink(pen, PLAIN);
	fputs(from ? "…" : "", pen->out);
	put_source(pen, text + from, to - from);
	fputs(to < length ? "…" : "", pen->out);

	ink(pen, BLUE);
	fprintf(pen->out, "\n  %*s | ", pen->gutter, "");
	fputs(from ? " " : "", pen->out);
	for (size_t i = from; i < start; i++)
		if (takes_column(text[i]))
			fputc(text[i] == '\t' ? '\t' : ' ', pen->out);
	ink(pen, caret_ink);

	size_t carets = columns(text + start, end - start);

	for (size_t i = 0; i < (carets ? carets : 1); i++)
		fputc('^', pen->out);
	if (label && *label) {
		fputc(' ', pen->out);
		put_message(pen, label);
	}
	ink(pen, PLAIN);
	fputc('\n', pen->out);
}

static void put_place(const struct pen *pen, struct rpol_span span)
{
	uint32_t line, column;

	rpol_span_locate(pen->sources, span, &line, &column);
	put_message(pen, pen->sources->files[span.file].path);
	fprintf(pen->out, ":%u:%u:", line, column);
}

static int digits(uint32_t n)
{
	int count = 1;

	while (n /= 10)
		count++;
	return count;
}

static void draw(struct pen *pen, const struct rpol_diag *diag)
{
	static const char *const words[] = {"note", "warning", "error"};
	enum rpol_severity severity = rpol_diag_severity(diag->code);
	enum ink colour = severity_ink(severity);

	pen->gutter = digits(line_of(pen, diag->span));
	if (diag->has_second && digits(line_of(pen, diag->second)) > pen->gutter)
		pen->gutter = digits(line_of(pen, diag->second));

	ink(pen, BOLD);
	put_place(pen, diag->span);
	ink(pen, colour);
	fprintf(pen->out, " %s[%s]: ", words[severity], rpol_diag_code_text(diag->code));
	ink(pen, BOLD);
	put_message(pen, diag->message);
	ink(pen, PLAIN);
	fputc('\n', pen->out);
	quote(pen, diag->span, colour, NULL);
	if (diag->has_second) {
		if (diag->second.file != diag->span.file) {
			fprintf(pen->out, "  %*s ", pen->gutter, "");
			put_place(pen, diag->second);
			fputc('\n', pen->out);
		}
		quote(pen, diag->second, BLUE, diag->second_label);
	}
	if (diag->help) {
		ink(pen, CYAN);
		fputs("  help: ", pen->out);
		ink(pen, PLAIN);
		put_message(pen, diag->help);
		fputc('\n', pen->out);
	}
}

static void draw_all(const struct rpol_diags *diags, const struct rpol_sources *sources,
		     bool colour, FILE *out)
{
	struct pen pen = {.sources = sources, .colour = colour, .out = out};

	for (size_t i = 0; i < diags->count; i++)
		draw(&pen, &diags->items[i]);
	if (!diags->errors && !diags->warnings)
		return;

	put_message(&pen, sources->files[0].path);
	fputc(':', out);
	if (diags->errors)
		fprintf(out, " %zu error%s", diags->errors, diags->errors == 1 ? "" : "s");
	if (diags->errors && diags->warnings)
		fputc(',', out);
	if (diags->warnings)
		fprintf(out, " %zu warning%s", diags->warnings, diags->warnings == 1 ? "" : "s");
	fputc('\n', out);
}

void rpol_diags_write(const struct rpol_diags *diags, const struct rpol_sources *sources,
		      bool colour, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	/* A standard error is not buffered, and drawing takes many small pieces. */
	FILE *all = open_memstream(&text, &size);

	if (!all) {
		draw_all(diags, sources, colour, out);
		return;
	}
	draw_all(diags, sources, colour, all);
	if (fclose(all))
		draw_all(diags, sources, colour, out);
	else
		fwrite(text, 1, size, out);
	free(text);
}
