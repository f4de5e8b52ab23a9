/* check_json.c: the report as one JSON object. Columns are in bytes, as the text has them. */
#include "check.h"

static json_t *place_json(const struct rpol_sources *sources, struct rpol_span span)
{
	struct check_place place = check_place(sources, span, CHECK_BYTES);

	return json_pack("{s:o, s:i, s:i, s:{s:i, s:i}}", "file", check_string(place.file), "line",
			 (int)place.line, "column", (int)place.column, "end", "line",
			 (int)place.end_line, "column", (int)place.end_column);
}

static json_t *diag_json(const struct check_report *report, const struct rpol_sources *sources,
			 const struct rpol_diag *diag)
{
	json_t *json =
		json_pack("{s:s, s:s, s:o}", "code", rpol_diag_code_text(diag->code), "severity",
			  check_severity(diag), "message", check_string(diag->message));

	if (rpol_diag_severity(diag->code) != RPOL_ERROR && check_fails(report, diag))
		json_object_set_new(json, "denied", json_true());
	json_object_update_new(json, place_json(sources, diag->span));
	if (diag->has_second) {
		json_t *second = place_json(sources, diag->second);

		json_object_set_new(second, "message", check_string(diag->second_label));
		json_object_set_new(json, "second", second);
	}
	if (diag->help)
		json_object_set_new(json, "help", check_string(diag->help));
	if (diag->fix_text) {
		json_t *fix = place_json(sources, diag->fix);

		json_object_set_new(fix, "text", check_string(diag->fix_text));
		json_object_set_new(json, "fix", fix);
	}
	return json;
}

void check_write_json(const struct check_report *report, FILE *out)
{
	json_t *files = json_array(), *diagnostics = json_array(), *json;

	for (size_t i = 0; i < report->count; i++) {
		const struct check_result *result = &report->results[i];
		const struct rpol_policy *policy = result->input.policy;
		json_t *file = json_pack("{s:o, s:b}", "path", check_string(result->input.path),
					 "ok", result->status == CLI_OK);

		if (check_unread(result)) {
			json_object_set_new(file, "unreadable", json_true());
			json_array_append_new(files, file);
			continue;
		}

		const struct rpol_diags *diags = rpol_unit_diags(result->input.unit);

		json_object_set_new(file, "errors", json_integer((json_int_t)diags->errors));
		json_object_set_new(file, "warnings", json_integer((json_int_t)diags->warnings));
		if (policy) {
			json_object_set_new(file, "policies",
					    json_integer((json_int_t)policy->nprograms));
			json_object_set_new(file, "rules",
					    json_integer((json_int_t)policy->ncounters));
		}
		json_array_append_new(files, file);
		for (size_t j = 0; j < diags->count; j++)
			json_array_append_new(diagnostics,
					      diag_json(report,
							rpol_unit_sources(result->input.unit),
							&diags->items[j]));
	}
	json = json_pack("{s:o, s:o}", "files", files, "diagnostics", diagnostics);
	json_dumpf(json, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(json);
}
