/* check.h: what cmd_check.c and the writers of its formats share. */
#ifndef RPOL_CLI_CHECK_H
#define RPOL_CLI_CHECK_H

#include <jansson.h>

#include "cli.h"

/* What one FILE of the command line came to. */
struct check_result {
	struct cli_input input; /* input.unit NULL: it could not be read */
	int status;		/* a CLI_* code; denied warnings are findings */
};

struct check_report {
	struct check_result *results;
	size_t count;
	const struct cli_values *deny; /* "warnings" or codes */
};

/* No unit, or not one that can be believed. */
static inline bool check_unread(const struct check_result *result)
{
	return result->status == CLI_ENVIRONMENT;
}

/* Whether the diagnostic makes its file fail: an error, or a warning that is denied. */
bool check_fails(const struct check_report *report, const struct rpol_diag *diag);

/* Each writes everything about all files to out. */
void check_write_json(const struct check_report *report, FILE *out);
void check_write_sarif(const struct check_report *report, FILE *out);
void check_write_github(const struct check_report *report, FILE *out);
void check_write_junit(const struct check_report *report, FILE *out);

/* ---- check_place.c ----------------------------------------------------------------------- */

/* A span as editors and services count it: from 1; the end is the first character behind it. */
struct check_place {
	const char *file;
	uint32_t line, column, end_line, end_column;
};

enum check_unit { CHECK_BYTES, CHECK_CHARACTERS };

struct check_place check_place(const struct rpol_sources *sources, struct rpol_span span,
			       enum check_unit unit);

/* "error", "warning". */
const char *check_severity(const struct rpol_diag *diag);

/* Message, second place and help in one text of several lines (malloc'd; NULL: no memory). */
char *check_explain(const struct rpol_sources *sources, const struct rpol_diag *diag);

/* A JSON string of a text that may have bytes that are no UTF-8: those become U+FFFD. */
json_t *check_string(const char *text);

/* ---- check_fix.c ------------------------------------------------------------------------- */

/* Applies the fixes of the policy at path, and of what it includes, until none is left: in memory
 * first, then each file whole. Says on stderr what it did. 0 or a CLI_* code after a message. */
int check_fix(const char *path);

#endif
