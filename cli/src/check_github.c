/* check_github.c: the report as GitHub's workflow commands. A step shows at most ten errors and ten
 * warnings: the gravest come first, and a notice says what was cut. */
#include <stdlib.h>

#include "check.h"

enum { MOST_SHOWN = 10 };

/* In a property, `:` and `,` end it too. */
static void put(FILE *out, const char *text, bool property)
{
	json_t *clean = check_string(text);

	for (const char *c = json_string_value(clean); c && *c; c++) {
		if (*c == '%' || *c == '\r' || *c == '\n' || (property && (*c == ':' || *c == ',')))
			fprintf(out, "%%%02X", (unsigned char)*c);
		else
			fputc(*c, out);
	}
	json_decref(clean);
}

static void put_diag(FILE *out, const char *command, const struct rpol_sources *sources,
		     const struct rpol_diag *diag)
{
	struct check_place place = check_place(sources, diag->span, CHECK_CHARACTERS);
	char *text = check_explain(sources, diag);

	fprintf(out, "::%s file=", command);
	put(out, place.file, true);
	fprintf(out, ",line=%u,", place.line);
	if (place.end_line != place.line)
		fprintf(out, "endLine=%u,", place.end_line);
	else /* columns are for spans within a line */
		fprintf(out, "col=%u,endColumn=%u,", place.column, place.end_column);
	fprintf(out, "title=%s::", rpol_diag_code_text(diag->code));
	put(out, text ? text : diag->message, false);
	fputc('\n', out);
	free(text);
}

/* Those that fail, or those that do not; returns how many were left out. */
static size_t put_all(const struct check_report *report, FILE *out, bool fail)
{
	size_t n = 0;

	for (size_t i = 0; i < report->count; i++) {
		struct rpol_unit *unit = report->results[i].input.unit;

		for (size_t j = 0; unit && j < rpol_unit_diags(unit)->count; j++) {
			const struct rpol_diag *diag = &rpol_unit_diags(unit)->items[j];

			if (check_fails(report, diag) == fail && n++ < MOST_SHOWN)
				put_diag(out, fail ? "error" : "warning", rpol_unit_sources(unit),
					 diag);
		}
	}
	return n > MOST_SHOWN ? n - MOST_SHOWN : 0;
}

void check_write_github(const struct check_report *report, FILE *out)
{
	size_t errors = put_all(report, out, true), warnings = put_all(report, out, false);

	if (errors || warnings)
		fprintf(out,
			"::notice title=rpol::%zu more error%s and %zu more warning%s are in the "
			"log only: a step shows %d of each\n",
			errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s",
			MOST_SHOWN);
}
