/* lsp_fix.c: formatting, and the help of a diagnostic as an edit that an editor can make. */
#include <stdlib.h>
#include <string.h>

#include "lsp.h"

/* ---- fixes ---------------------------------------------------------------------------------- */

static bool touches(const struct rpol_diag *diag, const struct lsp_place *first, uint32_t last)
{
	return diag->fix_text && diag->span.file == first->file && diag->span.offset <= last &&
	       first->offset <= diag->span.offset + diag->span.length;
}

static json_t *fix(const struct lsp *lsp, const struct lsp_place *place,
		   const struct rpol_diag *diag)
{
	const struct rpol_file *file = &rpol_unit_sources(place->unit)->files[diag->fix.file];
	char *uri =
		diag->fix.file == place->file ? strdup(place->document->uri) : lsp_uri(file->path);
	const char *title = diag->help ? diag->help : diag->message;
	json_t *edits = json_pack("[{s:o, s:o}]", "range",
				  lsp_range(lsp, file, diag->fix.offset, diag->fix.length),
				  "newText", lsp_text(diag->fix_text, strlen(diag->fix_text)));
	json_t *changes = json_object();

	json_object_set_new(changes, uri ? uri : "", edits);
	free(uri);
	return json_pack("{s:o, s:s, s:b, s:{s:o}}", "title", lsp_text(title, strlen(title)),
			 "kind", "quickfix", "isPreferred", 1, "edit", "changes", changes);
}

json_t *lsp_fixes(const struct lsp *lsp, const json_t *params)
{
	const json_t *range = json_object_get(params, "range");
	const struct rpol_diags *diags;
	struct lsp_place first, last;
	json_t *actions;

	if (!lsp_place_document(lsp, params, &first))
		return NULL;
	last = first;
	if (!lsp_offset(lsp, json_object_get(range, "start"), &first) ||
	    !lsp_offset(lsp, json_object_get(range, "end"), &last))
		return NULL;
	diags = rpol_unit_diags((struct rpol_unit *)first.unit);
	actions = json_array();
	for (size_t i = 0; i < diags->count; i++)
		if (touches(&diags->items[i], &first, last.offset))
			json_array_append_new(actions, fix(lsp, &first, &diags->items[i]));
	return actions;
}

/* ---- formatting -------------------------------------------------------------------------------
 */

/* One edit of the lines between the first and the last that differ: the cursor stays elsewhere. */
static json_t *edit_between(const struct lsp *lsp, const struct rpol_file *file, const char *text,
			    size_t length)
{
	size_t head = 0, tail = 0, shorter = length < file->length ? length : file->length;

	if (length == file->length && !memcmp(text, file->text, length))
		return json_array();
	while (head < shorter && text[head] == file->text[head])
		head++;
	while (head && text[head - 1] != '\n')
		head--;
	while (tail < shorter - head &&
	       text[length - tail - 1] == file->text[file->length - tail - 1])
		tail++;
	while (tail && text[length - tail - 1] != '\n')
		tail--;
	/* both sides must start a line there */
	if (tail && file->length > tail && file->text[file->length - tail - 1] != '\n')
		tail = 0;
	return json_pack(
		"[{s:o, s:o}]", "range",
		lsp_range(lsp, file, (uint32_t)head, (uint32_t)(file->length - tail - head)),
		"newText", lsp_text(text + head, length - tail - head));
}

json_t *lsp_format(const struct lsp *lsp, const json_t *params)
{
	struct rpol_arena arena = {0};
	struct rpol_diags diags = {.arena = &arena};
	struct rpol_sources sources = {0};
	struct lsp_place place;
	json_t *edits = NULL;
	size_t length;
	char *text;

	if (!lsp_place_document(lsp, params, &place))
		return NULL;
	if (!rpol_format(&arena, place.document->path, place.document->text, place.document->length,
			 &diags, &sources, &text, &length)) {
		edits = edit_between(lsp, &rpol_unit_sources(place.unit)->files[place.file], text,
				     length);
		free(text);
	}
	rpol_arena_free(&arena);
	return edits;
}
