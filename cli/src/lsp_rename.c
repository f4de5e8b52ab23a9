/* lsp_rename.c: renaming. The policy is compiled as it would be afterwards: what has mistakes
 * then, or means another thing, is refused with the compiler's own words. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lsp.h"

/* One file's new text; also the spans it replaces, in order. */
struct changed {
	const char *path;
	const struct rpol_file *file;
	uint32_t *offsets; /* ascending, each once */
	size_t count, capacity;
	char *text; /* malloc'd */
	size_t length;
};

struct renaming {
	const struct lsp *lsp;
	const char *to;
	size_t from_length, to_length;
	struct changed *files;
	size_t nfiles;
};

static bool refuse(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*why && vasprintf(why, format, args) < 0)
		*why = NULL;
	va_end(args);
	return false;
}

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

/* ---- what changes -------------------------------------------------------------------------------
 */

static struct changed *changed_file(struct renaming *r, const struct rpol_file *file)
{
	struct changed *files;

	for (size_t i = 0; i < r->nfiles; i++)
		if (!strcmp(r->files[i].path, file->path))
			return &r->files[i];
	files = realloc(r->files, (r->nfiles + 1) * sizeof(*files));
	if (!files)
		return NULL;
	r->files = files;
	files[r->nfiles] = (struct changed){.path = file->path, .file = file};
	return &files[r->nfiles++];
}

static bool add_span(struct renaming *r, const struct rpol_unit *unit, struct rpol_span span)
{
	struct changed *c = changed_file(r, &rpol_unit_sources(unit)->files[span.file]);
	size_t at;

	if (!c)
		return false;
	for (at = c->count; at && c->offsets[at - 1] >= span.offset; at--)
		if (c->offsets[at - 1] == span.offset)
			return true;
	if (c->count == c->capacity) {
		size_t capacity = 2 * c->capacity + 8;
		uint32_t *offsets = realloc(c->offsets, capacity * sizeof(*offsets));

		if (!offsets)
			return false;
		c->offsets = offsets;
		c->capacity = capacity;
	}
	memmove(&c->offsets[at + 1], &c->offsets[at], (c->count - at) * sizeof(*c->offsets));
	c->offsets[at] = span.offset;
	c->count++;
	return true;
}

static size_t count_uses(const struct rpol_names *names, size_t name)
{
	size_t n = 0;

	for (size_t i = 0; i < names->nuses; i++)
		n += names->uses[i].name == name;
	return n;
}

static bool collect(struct renaming *r, const struct lsp_place *place, size_t name, char **why)
{
	size_t index;

	for (const struct lsp_document *root = r->lsp->documents; root; root = root->next) {
		const struct rpol_names *names;

		if (!root->unit || !lsp_name_in(root->unit, place, name, &index))
			continue;
		if (rpol_unit_diags(root->unit)->errors)
			return refuse(why,
				      "%s has errors, so not every use is known: mend them first",
				      root->path);
		names = rpol_unit_names(root->unit);
		if (!add_span(r, root->unit, names->items[index].span))
			return refuse(why, "no memory");
		for (size_t i = 0; i < names->nuses; i++)
			if (names->uses[i].name == index &&
			    !add_span(r, root->unit, names->uses[i].span))
				return refuse(why, "no memory");
	}
	return true;
}

/* ---- what comes of it
 * ----------------------------------------------------------------------------- */

static bool write_text(const struct renaming *r, struct changed *c)
{
	const char *from = c->file->text;
	uint32_t done = 0;
	char *to;

	c->text = to = malloc(c->file->length + c->count * r->to_length + 1);
	if (!to)
		return false;
	for (size_t i = 0; i < c->count; i++) {
		to = mempcpy(to, from + done, c->offsets[i] - done);
		to = mempcpy(to, r->to, r->to_length);
		done = c->offsets[i] + (uint32_t)r->from_length;
	}
	to = mempcpy(to, from + done, c->file->length - done);
	*to = '\0';
	c->length = (size_t)(to - c->text);
	return true;
}

static const char *instead(void *arg, const char *path, size_t *length)
{
	const struct renaming *r = arg;

	for (size_t i = 0; i < r->nfiles; i++) {
		if (strcmp(r->files[i].path, path))
			continue;
		*length = r->files[i].length;
		return r->files[i].text;
	}
	return NULL;
}

/* The declaration keeps its place among the others, and must keep its uses. */
static bool prove(struct renaming *r, const struct lsp_document *root, size_t name, char **why)
{
	struct lsp_overlay overlay = {.lsp = r->lsp, .instead = instead, .arg = r};
	const struct rpol_names *before = rpol_unit_names(root->unit), *after;
	const struct rpol_diags *diags;
	struct rpol_unit *unit;
	bool ok = true;

	if (lsp_unit_open(&overlay, root->path, &unit))
		return refuse(why, "no memory");
	diags = rpol_unit_diags(unit);
	after = rpol_unit_names(unit);
	for (size_t i = 0; ok && i < diags->count; i++)
		if (rpol_diag_severity(diags->items[i].code) == RPOL_ERROR)
			ok = refuse(why, "it cannot be called `%s`: %s", r->to,
				    diags->items[i].message);
	if (ok && (after->count != before->count || after->nuses != before->nuses ||
		   strcmp(after->items[name].text, r->to) ||
		   count_uses(after, name) != count_uses(before, name)))
		ok = refuse(why, "called `%s`, it would mean another thing where it is used",
			    r->to);
	rpol_unit_close(unit);
	return ok;
}

static bool prove_all(struct renaming *r, const struct lsp_place *place, size_t name, char **why)
{
	size_t index;

	for (size_t i = 0; i < r->nfiles; i++)
		if (!write_text(r, &r->files[i]))
			return refuse(why, "no memory");
	for (const struct lsp_document *root = r->lsp->documents; root; root = root->next)
		if (root->unit && lsp_name_in(root->unit, place, name, &index) &&
		    !prove(r, root, index, why))
			return false;
	return true;
}

static json_t *edits_of(const struct renaming *r)
{
	json_t *changes = json_object();

	for (size_t i = 0; i < r->nfiles; i++) {
		const struct changed *c = &r->files[i];
		json_t *edits = json_array();
		char *uri = lsp_uri(c->path);

		for (size_t j = 0; j < c->count; j++)
			json_array_append_new(edits,
					      json_pack("{s:o, s:s}", "range",
							lsp_range(r->lsp, c->file, c->offsets[j],
								  (uint32_t)r->from_length),
							"newText", r->to));
		/* an open document by the name its client gave it */
		for (const struct lsp_document *d = r->lsp->documents; d; d = d->next) {
			if (strcmp(d->path, c->path))
				continue;
			free(uri);
			uri = strdup(d->uri);
		}
		if (uri)
			json_object_set_new(changes, uri, edits);
		else
			json_decref(edits);
		free(uri);
	}
	return json_pack("{s:o}", "changes", changes);
}

json_t *lsp_rename(const struct lsp *lsp, const json_t *params, char **why)
{
	struct renaming r = {.lsp = lsp, .to = lsp_string(params, "newName")};
	struct rpol_span span;
	struct lsp_place place;
	json_t *edits = NULL;
	size_t name;

	*why = NULL;
	if (!r.to || !lsp_place(lsp, params, &place) || !lsp_name_at(&place, &name, &span)) {
		refuse(why, "nothing here has a name of the policy's own");
		return NULL;
	}
	r.to_length = strlen(r.to);
	r.from_length = rpol_unit_names(place.unit)->items[name].span.length;
	if (!is_name(r.to))
		refuse(why, "`%s` is no name: letters, digits and `_`, a digit not first", r.to);
	else if (collect(&r, &place, name, why) && prove_all(&r, &place, name, why))
		edits = edits_of(&r);
	for (size_t i = 0; i < r.nfiles; i++) {
		free(r.files[i].offsets);
		free(r.files[i].text);
	}
	free(r.files);
	return edits;
}
