/* check_junit.c: the report as JUnit XML: a test case for each file. */
#include <stdlib.h>

#include "check.h"

/* XML has no control characters, however they are written; a byte that is no UTF-8 spoils all. */
static void put(FILE *out, const char *text)
{
	json_t *clean = check_string(text);

	for (const char *c = json_string_value(clean); c && *c; c++)
		switch (*c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n':
			fputs("&#10;", out);
			break;
		case '\t':
			fputs("&#9;", out);
			break;
		default:
			fputc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, out);
		}
	json_decref(clean);
}

/* What the text format shows of a file. */
static void put_drawn(FILE *out, struct rpol_unit *unit)
{
	char *text = NULL;
	size_t length;
	FILE *drawn = open_memstream(&text, &length);

	if (!drawn)
		return;
	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, drawn);
	if (!fclose(drawn))
		put(out, text);
	free(text);
}

static void put_failure(const struct check_report *report, FILE *out, struct rpol_unit *unit)
{
	const struct rpol_diags *diags = rpol_unit_diags(unit);
	const struct rpol_diag *first = NULL;
	size_t failing = 0;

	for (size_t i = 0; i < diags->count; i++) {
		if (!check_fails(report, &diags->items[i]))
			continue;
		failing++;
		first = first ? first : &diags->items[i];
	}
	fprintf(out, "      <failure type=\"%s\" message=\"", rpol_diag_code_text(first->code));
	put(out, first->message);
	if (failing > 1)
		fprintf(out, " (and %zu more)", failing - 1);
	fputs("\">", out);
	put_drawn(out, unit);
	fputs("</failure>\n", out);
}

void check_write_junit(const struct check_report *report, FILE *out)
{
	size_t failures = 0, unread = 0;

	for (size_t i = 0; i < report->count; i++) {
		failures += report->results[i].status == CLI_FINDINGS;
		unread += check_unread(&report->results[i]);
	}
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
		"  <testsuite name=\"rpol check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
		report->count, failures, unread, report->count, failures, unread);
	for (size_t i = 0; i < report->count; i++) {
		const struct check_result *result = &report->results[i];

		fputs("    <testcase classname=\"rpol check\" name=\"", out);
		put(out, result->input.path);
		fputs("\">\n", out);
		if (check_unread(result))
			fputs("      <error message=\"the file cannot be read\"/>\n", out);
		else if (result->status != CLI_OK)
			put_failure(report, out, result->input.unit);
		else if (rpol_unit_diags(result->input.unit)->count) {
			fputs("      <system-out>", out);
			put_drawn(out, result->input.unit);
			fputs("</system-out>\n", out);
		}
		fputs("    </testcase>\n", out);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
}
