/* lsp_names.c: what a name is, where it is declared, where it is used. */
#include <stdlib.h>
#include <string.h>

#include "rpol/compile.h"

#include "lsp.h"

enum { MOST_LINES = 16 }; /* of a definition, and of what is made of it, that are shown */

static bool holds(struct rpol_span span, const struct lsp_place *place)
{
	return span.file == place->file && span.offset <= place->offset &&
	       place->offset <= span.offset + span.length;
}

bool lsp_name_at(const struct lsp_place *place, size_t *name, struct rpol_span *span)
{
	const struct rpol_names *names = rpol_unit_names(place->unit);

	for (size_t i = 0; i < names->nuses; i++) {
		if (!holds(names->uses[i].span, place))
			continue;
		*name = names->uses[i].name;
		*span = names->uses[i].span;
		return true;
	}
	for (size_t i = 0; i < names->count; i++) {
		if (!holds(names->items[i].span, place))
			continue;
		*name = i;
		*span = names->items[i].span;
		return true;
	}
	return false;
}

bool lsp_name_in(const struct rpol_unit *unit, const struct lsp_place *place, size_t name,
		 size_t *out)
{
	const struct rpol_names *names = rpol_unit_names(unit);
	const struct rpol_name *wanted = &rpol_unit_names(place->unit)->items[name];
	const char *path = rpol_unit_sources(place->unit)->files[wanted->span.file].path;

	for (size_t i = 0; i < names->count; i++) {
		if (names->items[i].span.offset != wanted->span.offset ||
		    strcmp(rpol_unit_sources(unit)->files[names->items[i].span.file].path, path))
			continue;
		*out = i;
		return true;
	}
	return false;
}

/* ---- hover ------------------------------------------------------------------------------------
 */

/* The paragraph of the lowering about a declaration: "set bogons", then indented lines. */
static void write_lowering(const struct rpol_unit *unit, const struct rpol_name *name, FILE *out)
{
	const struct rpol_policy *policy = rpol_unit_policy(unit);
	char *text = NULL, *line, *rest;
	size_t size, length = strlen(name->text), head = strlen(name->kind);
	unsigned lines = 0;
	bool within = false;
	FILE *memory = policy ? open_memstream(&text, &size) : NULL;

	if (!memory)
		return;
	rpol_emit_lowering(policy, NULL, memory);
	fclose(memory);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (*line != '\t') {
			within = !strncmp(line, name->kind, head) && line[head] == ' ' &&
				 !strncmp(line + head + 1, name->text, length) &&
				 (!line[head + 1 + length] || line[head + 1 + length] == ' ');
			if (within)
				fputs("\n\nCompiled:\n", out);
		} else if (within && lines++ < MOST_LINES) {
			fprintf(out, "\n- %s", line + strspn(line, "\t"));
		}
	}
	free(text);
}

/* The declaration as it is written, cut when long. */
static void write_definition(const struct rpol_file *file, struct rpol_span span, FILE *out)
{
	const char *text = file->text + span.offset;
	size_t length = 0;
	unsigned lines = 0;

	while (length < span.length && (text[length] != '\n' || ++lines < MOST_LINES))
		length++;
	fputs("\n\n```rpol\n", out);
	fwrite(text, 1, length, out);
	fputs(length < span.length ? "\n…\n```" : "\n```", out);
}

static char *describe_name(const struct lsp_place *place, size_t index)
{
	const struct rpol_names *names = rpol_unit_names(place->unit);
	const struct rpol_name *name = &names->items[index];
	size_t uses = 0, size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s `%s`", name->kind, name->text);
	if (name->within != index) {
		fprintf(out, " of %s `%s`", names->items[name->within].kind,
			names->items[name->within].text);
	} else {
		for (size_t i = 0; i < names->nuses; i++)
			uses += names->uses[i].name == index;
		if (uses)
			fprintf(out, ", used %zu time%s", uses, uses == 1 ? "" : "s");
	}
	write_definition(&rpol_unit_sources(place->unit)->files[name->span.file], name->whole, out);
	write_lowering(place->unit, name, out);
	fclose(out);
	return text;
}

json_t *lsp_hover(const struct lsp *lsp, const json_t *params)
{
	struct rpol_span span;
	struct lsp_place place;
	const struct rpol_file *file;
	json_t *hover;
	size_t name;
	char *text;

	if (!lsp_place(lsp, params, &place))
		return NULL;
	file = &rpol_unit_sources(place.unit)->files[place.file];
	if (lsp_name_at(&place, &name, &span)) {
		text = describe_name(&place, name);
	} else {
		struct lsp_context context = lsp_context(file->text, file->length, place.offset);

		/* what may stand at the word is told by what is before it */
		text = lsp_describe(file->text, &context);
		span.offset = (uint32_t)context.word.offset;
		span.length = (uint32_t)context.word.length;
	}
	if (!text)
		return NULL;
	hover = json_pack("{s:{s:s, s:o}, s:o}", "contents", "kind", "markdown", "value",
			  lsp_text(text, strlen(text)), "range",
			  lsp_range(lsp, file, span.offset, span.length));
	free(text);
	return hover;
}

/* ---- places -----------------------------------------------------------------------------------
 */

json_t *lsp_definition(const struct lsp *lsp, const json_t *params)
{
	struct rpol_span span;
	struct lsp_place place;
	size_t name;

	if (!lsp_place(lsp, params, &place) || !lsp_name_at(&place, &name, &span))
		return NULL;
	return lsp_location(lsp, place.unit, rpol_unit_names(place.unit)->items[name].span);
}

/* Adds a location that is not there yet: two roots may include one file. */
static void add_location(const struct lsp *lsp, json_t *locations, size_t before,
			 const struct rpol_unit *unit, struct rpol_span span)
{
	json_t *location = lsp_location(lsp, unit, span);

	for (size_t i = 0; i < before; i++) {
		if (json_equal(json_array_get(locations, i), location)) {
			json_decref(location);
			return;
		}
	}
	json_array_append_new(locations, location);
}

json_t *lsp_references(const struct lsp *lsp, const json_t *params)
{
	bool declaration = json_is_true(
		json_object_get(json_object_get(params, "context"), "includeDeclaration"));
	struct rpol_span span;
	struct lsp_place place;
	json_t *locations;
	size_t name, index;

	if (!lsp_place(lsp, params, &place) || !lsp_name_at(&place, &name, &span))
		return NULL;
	locations = json_array();
	for (const struct lsp_document *root = lsp->documents; root; root = root->next) {
		const struct rpol_names *names;
		size_t before = json_array_size(locations);

		if (!root->unit || !lsp_name_in(root->unit, &place, name, &index))
			continue;
		names = rpol_unit_names(root->unit);
		if (declaration)
			add_location(lsp, locations, before, root->unit, names->items[index].span);
		for (size_t i = 0; i < names->nuses; i++)
			if (names->uses[i].name == index)
				add_location(lsp, locations, before, root->unit,
					     names->uses[i].span);
	}
	return locations;
}

json_t *lsp_prepare_rename(const struct lsp *lsp, const json_t *params)
{
	struct rpol_span span;
	struct lsp_place place;
	size_t name;

	if (!lsp_place(lsp, params, &place) || !lsp_name_at(&place, &name, &span))
		return NULL;
	return lsp_range(lsp, &rpol_unit_sources(place.unit)->files[place.file], span.offset,
			 span.length);
}

/* ---- outline ------------------------------------------------------------------------------------
 */

/* The protocol has kinds of programming languages only; a kind without a row is a variable. */
static int symbol_kind(const char *kind)
{
	static const struct {
		const char *kind;
		int number;
	} rows[] = {
		{"interface", 11}, {"const", 14}, {"set", 18},	  {"cond", 17},	 {"next hop", 19},
		{"group", 10},	   {"table", 23}, {"policy", 12}, {"chain", 12}, {"label", 6},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].kind, kind))
			return rows[i].number;
	return 13;
}

static json_t *symbol(const struct lsp *lsp, const struct lsp_place *place,
		      const struct rpol_name *name)
{
	const struct rpol_file *file = &rpol_unit_sources(place->unit)->files[place->file];
	json_t *json = json_pack("{s:o, s:i}", "name", lsp_text(name->text, strlen(name->text)),
				 "kind", symbol_kind(name->kind));

	if (!lsp->hierarchical) {
		json_object_set_new(json, "location", lsp_location(lsp, place->unit, name->whole));
		return json;
	}
	json_object_set_new(json, "detail", json_string(name->kind));
	json_object_set_new(json, "range",
			    lsp_range(lsp, file, name->whole.offset, name->whole.length));
	json_object_set_new(json, "selectionRange",
			    lsp_range(lsp, file, name->span.offset, name->span.length));
	return json;
}

json_t *lsp_symbols(const struct lsp *lsp, const json_t *params)
{
	const struct rpol_names *names;
	struct lsp_place place;
	json_t *symbols, **parents;

	if (!lsp_place_document(lsp, params, &place))
		return NULL;
	names = rpol_unit_names(place.unit);
	parents = calloc(names->count + 1, sizeof(*parents));
	if (!parents)
		return NULL;
	symbols = json_array();
	for (size_t i = 0; i < names->count; i++) {
		const struct rpol_name *name = &names->items[i];
		json_t *into = symbols, *json;

		/* An unnamed or broken declaration has no span of its own. */
		if (name->span.file != place.file || name->whole.length < name->span.length)
			continue;
		json = symbol(lsp, &place, name);
		if (name->within == i)
			parents[i] = json;
		else if (lsp->hierarchical && parents[name->within]) {
			into = json_object_get(parents[name->within], "children");
			if (!into) {
				into = json_array();
				json_object_set_new(parents[name->within], "children", into);
			}
		}
		json_array_append_new(into, json);
	}
	free(parents);
	return symbols;
}
