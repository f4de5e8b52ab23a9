/* check_sarif.c: the report as SARIF 2.1.0, for code scanning. The rules are the rows of diags.def;
 * a rule's index in the driver is its diagnostic's number. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define SCHEMA                                                                                     \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                      \
	"sarif-schema-2.1.0.json"

/* A path as a URI: relative to where rpol runs, or file:///… */
static json_t *uri_json(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~/";
	char *text = malloc(3 * strlen(path) + sizeof("file://")), *end = text;
	json_t *uri;

	if (!text)
		return NULL;
	*end = '\0';
	if (*path == '/')
		end = stpcpy(text, "file://");
	for (; *path; path++)
		if (strchr(plain, *path))
			*end++ = *path;
		else
			end += sprintf(end, "%%%02X", (unsigned char)*path);
	*end = '\0';
	uri = json_pack("{s:s}", "uri", text);
	free(text);
	return uri;
}

static json_t *region_json(const struct check_place *place)
{
	return json_pack("{s:i, s:i, s:i, s:i}", "startLine", (int)place->line, "startColumn",
			 (int)place->column, "endLine", (int)place->end_line, "endColumn",
			 (int)place->end_column);
}

static json_t *location_json(const struct rpol_sources *sources, struct rpol_span span)
{
	struct check_place place = check_place(sources, span, CHECK_CHARACTERS);

	return json_pack("{s:{s:o, s:o}}", "physicalLocation", "artifactLocation",
			 uri_json(place.file), "region", region_json(&place));
}

static json_t *fix_json(const struct rpol_sources *sources, const struct rpol_diag *diag)
{
	struct check_place place = check_place(sources, diag->fix, CHECK_CHARACTERS);
	json_t *replacement = json_pack("{s:o, s:{s:o}}", "deletedRegion", region_json(&place),
					"insertedContent", "text", check_string(diag->fix_text));

	return json_pack("{s:{s:o}, s:[{s:o, s:[o]}]}", "description", "text",
			 check_string(diag->help ? diag->help : diag->message), "artifactChanges",
			 "artifactLocation", uri_json(place.file), "replacements", replacement);
}

static json_t *result_json(const struct check_report *report, const struct rpol_sources *sources,
			   const struct rpol_diag *diag)
{
	char *text = NULL;
	json_t *json;

	if (diag->help && asprintf(&text, "%s\n%s", diag->message, diag->help) < 0)
		text = NULL;
	json = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[o]}", "ruleId",
			 rpol_diag_code_text(diag->code), "ruleIndex", (int)diag->code, "level",
			 check_fails(report, diag) ? "error" : check_severity(diag), "message",
			 "text", check_string(text ? text : diag->message), "locations",
			 location_json(sources, diag->span));
	free(text);
	if (diag->has_second) {
		json_t *second = location_json(sources, diag->second);

		json_object_set_new(second, "id", json_integer(1));
		json_object_set_new(second, "message",
				    json_pack("{s:o}", "text", check_string(diag->second_label)));
		json_object_set_new(json, "relatedLocations", json_pack("[o]", second));
	}
	if (diag->fix_text)
		json_object_set_new(json, "fixes", json_pack("[o]", fix_json(sources, diag)));
	return json;
}

static json_t *rules_json(void)
{
	json_t *rules = json_array();

	for (int code = 0; code < RPOL_DIAG_COUNT; code++) {
		enum rpol_diag_code row = (enum rpol_diag_code)code;
		const char *level = rpol_diag_severity(row) == RPOL_ERROR ? "error" : "warning";
		char help[64];

		snprintf(help, sizeof(help), "`rpol explain-error %s` says more.",
			 rpol_diag_code_text(row));
		json_array_append_new(rules,
				      json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s}}", "id",
						rpol_diag_code_text(row), "shortDescription",
						"text", rpol_diag_title(row), "help", "text", help,
						"defaultConfiguration", "level", level));
	}
	return rules;
}

void check_write_sarif(const struct check_report *report, FILE *out)
{
	json_t *results = json_array(), *notes = json_array(), *json;

	for (size_t i = 0; i < report->count; i++) {
		struct rpol_unit *unit = report->results[i].input.unit;

		if (check_unread(&report->results[i])) {
			json_t *note = json_pack(
				"{s:s, s:{s:s}, s:[{s:{s:o}}]}", "level", "error", "message",
				"text", "the file cannot be read", "locations", "physicalLocation",
				"artifactLocation", uri_json(report->results[i].input.path));

			json_array_append_new(notes, note);
			continue;
		}
		for (size_t j = 0; j < rpol_unit_diags(unit)->count; j++)
			json_array_append_new(results,
					      result_json(report, rpol_unit_sources(unit),
							  &rpol_unit_diags(unit)->items[j]));
	}

	json_t *invocation = json_pack("{s:b}", "executionSuccessful", json_array_size(notes) == 0);

	if (json_array_size(notes))
		json_object_set(invocation, "toolExecutionNotifications", notes);
	json_decref(notes);
	json = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:[o], s:o}]}", "$schema",
			 SCHEMA, "version", "2.1.0", "runs", "tool", "driver", "name", "rpol",
			 "version", RPOL_VERSION, "rules", rules_json(), "columnKind",
			 "unicodeCodePoints", "invocations", invocation, "results", results);
	json_dumpf(json, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(json);
}
