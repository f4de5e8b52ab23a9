/* check_place.c: places and texts of diagnostics as machines want them. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void locate(const struct rpol_sources *sources, struct rpol_span point, enum check_unit unit,
		   uint32_t *line, uint32_t *column)
{
	const struct rpol_file *file = &sources->files[point.file];
	uint32_t start;

	rpol_span_locate(sources, point, line, column);
	if (unit == CHECK_BYTES)
		return;
	start = file->lines[*line - 1];
	*column = 1;
	for (uint32_t i = start; i < point.offset && i < file->length; i++)
		*column += !continues(file->text[i]);
}

struct check_place check_place(const struct rpol_sources *sources, struct rpol_span span,
			       enum check_unit unit)
{
	struct check_place place = {.file = sources->files[span.file].path};
	struct rpol_span end = {span.file, span.offset + span.length, 0};

	locate(sources, span, unit, &place.line, &place.column);
	locate(sources, end, unit, &place.end_line, &place.end_column);
	return place;
}

const char *check_severity(const struct rpol_diag *diag)
{
	return rpol_diag_severity(diag->code) == RPOL_ERROR ? "error" : "warning";
}

char *check_explain(const struct rpol_sources *sources, const struct rpol_diag *diag)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	fputs(diag->message, out);
	if (diag->has_second) {
		struct check_place place = check_place(sources, diag->second, CHECK_BYTES);

		fprintf(out, "\n%s:%u:%u: %s", place.file, place.line, place.column,
			diag->second_label);
	}
	if (diag->help)
		fprintf(out, "\nhelp: %s", diag->help);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Bytes of the whole UTF-8 character at text, or 0. */
static size_t character(const char *text)
{
	unsigned char lead = (unsigned char)*text;
	size_t n = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (n > 1 && (lead < 0xc2 || lead > 0xf4))
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!continues(text[i]))
			return 0;
	return n;
}

json_t *check_string(const char *text)
{
	json_t *string = json_string(text);
	char *clean, *end;

	if (string)
		return string;
	clean = end = malloc(3 * strlen(text) + 1);
	if (!clean)
		return NULL;
	while (*text) {
		size_t n = character(text);

		memcpy(end, n ? text : "\xef\xbf\xbd", n ? n : 3);
		end += n ? n : 3;
		text += n ? n : 1;
	}
	*end = '\0';
	string = json_string(clean);
	/* surrogates and the like: bytes of the right form that are no character all the same */
	if (!string) {
		for (end = clean; *end; end++)
			if ((unsigned char)*end >= 0x80)
				*end = '?';
		string = json_string(clean);
	}
	free(clean);
	return string;
}
