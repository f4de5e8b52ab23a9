/* fmt_layout.c: lines of cells as text: columns aligned, long rules broken, comments behind. */
#include "fmt.h"

#include <string.h>

/* A condition longer than this has its arrow right behind it and does not push the others'. */
enum { LONGEST_ALIGNED = 48 };

struct text {
	struct rpol_arena *arena;
	char *bytes;
	size_t length, capacity;
	size_t column;
};

size_t rpol_fmt_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void put(struct text *text, const char *string, size_t length)
{
	while (text->length + length > text->capacity)
		text->bytes = rpol_arena_grow(text->arena, text->bytes, text->capacity,
					      &text->capacity, 1);
	if (length)
		memcpy(text->bytes + text->length, string, length);
	text->length += length;
}

static void put_text(struct text *text, const char *string)
{
	put(text, string, strlen(string));
	text->column += rpol_fmt_width(string);
}

static void put_newline(struct text *text)
{
	put(text, "\n", 1);
	text->column = 0;
}

static void pad(struct text *text, size_t column)
{
	for (; text->column < column; text->column++)
		put(text, " ", 1);
}

/* Columns of a run of lines: where its second and third cells start. */
struct columns {
	size_t second, third;
};

static bool aligned(const struct line *a, const struct line *b)
{
	return a->kind != LINE_PLAIN && a->kind == b->kind && !b->blank;
}

static struct columns measure(const struct line *lines, size_t n)
{
	struct columns columns = {0};
	size_t third = 0;

	for (size_t i = 0; i < n && lines[i].cells[0]; i++) {
		size_t end = (size_t)lines[i].indent + rpol_fmt_width(lines[i].cells[0]) + 1;

		if (end > columns.second)
			columns.second = end;
		if (!lines[i].cells[2])
			continue;

		size_t width = rpol_fmt_width(lines[i].cells[1]);

		if (width > third && width <= LONGEST_ALIGNED)
			third = width;
	}
	columns.third = columns.second + third + 1;
	return columns;
}

/* The second cell from its column on, broken before `and` and `or` where the line gets too long. */
static void put_broken(struct text *text, const char *cell, size_t column)
{
	pad(text, column);
	while (rpol_fmt_width(cell) + column > FMT_COLUMNS) {
		size_t best = 0, width = column;

		for (size_t i = 0; cell[i] && (!best || width <= FMT_COLUMNS); i++) {
			width += ((unsigned char)cell[i] & 0xc0) != 0x80;
			if (i && (!strncmp(cell + i, " and ", 5) || !strncmp(cell + i, " or ", 4)))
				best = i;
		}
		if (!best)
			break;

		char *part = rpol_arena_strndup(text->arena, cell, best);

		put_text(text, part);
		put_newline(text);
		pad(text, column);
		cell += best + 1;
	}
	put_text(text, cell);
}

static void put_line(struct text *text, const struct line *line, const struct columns *columns)
{
	pad(text, (size_t)line->indent);
	if (line->cells[0])
		put_text(text, line->cells[0]);
	if (line->cells[1]) {
		pad(text, columns->second);
		put_broken(text, line->cells[1], columns->second);
	}
	if (line->cells[2]) {
		size_t width = rpol_fmt_width(line->cells[2]);

		bool here = text->column + 1 + width <= FMT_COLUMNS;
		bool in_column = columns->third + width <= FMT_COLUMNS;

		if (here)
			pad(text, text->column + 1);
		else
			put_newline(text);
		if (in_column)
			pad(text, columns->third);
		else if (!here)
			pad(text, columns->second + FMT_INDENT);
		put_text(text, line->cells[2]);
	}
}

/* Where the comments behind a run of lines start. */
static size_t comment_column(const struct line *lines, const size_t *widths, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n && lines[i].comment && lines[i].cells[0]; i++) {
		if (i && lines[i].blank)
			break;
		if (widths[i] + 2 > column)
			column = widths[i] + 2;
	}
	return column;
}

char *rpol_fmt_layout(struct rpol_arena *arena, const struct lines *lines, size_t *length)
{
	struct text text = {.arena = arena};
	char **drawn = RPOL_NEW_ARRAY(arena, char *, lines->count);
	size_t *widths = RPOL_NEW_ARRAY(arena, size_t, lines->count);
	struct columns columns = {0};

	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->items[i];
		size_t n = 1;

		if (!i || !aligned(line - 1, line)) {
			while (i + n < lines->count && aligned(line + n - 1, line + n))
				n++;
			columns = measure(line, n);
		}

		struct text one = {.arena = arena};

		put_line(&one, line, &columns);
		put(&one, "", 1);
		drawn[i] = one.bytes;
		widths[i] = one.column;
	}
	for (size_t i = 0, column = 0; i < lines->count; i++) {
		const struct line *line = &lines->items[i];

		if (line->blank)
			put_newline(&text);
		if (!i || line->blank || !line[-1].comment || !line[-1].cells[0])
			column = comment_column(line, widths + i, lines->count - i);
		put_text(&text, drawn[i]);
		text.column = widths[i];
		if (line->comment) {
			if (line->cells[0])
				pad(&text, column);
			put_text(&text, line->comment);
		}
		put_newline(&text);
	}
	put(&text, "", 1);
	*length = text.length - 1;
	return text.bytes;
}
