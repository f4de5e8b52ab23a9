/* lsp_docs.c: what is open in the editor, compiled: diagnostics, and places in both ways of
 * counting. A document that another one includes is judged as a part of that one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lsp.h"

enum { LARGEST_FILE = 256 << 20 };

/* ---- URIs --------------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9'			? c - '0'
	       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							: -1;
}

/* The path of a file URI; another URI is its own path. malloc'd; NULL: no memory. */
static char *uri_path(const char *uri)
{
	char *path, *to;

	if (strncmp(uri, "file://", 7))
		return strdup(uri);
	uri += 7;
	uri += strcspn(uri, "/"); /* the host, which is this one */
	path = to = malloc(strlen(uri) + 1);
	if (!path)
		return NULL;
	while (*uri) {
		int high = uri[0] == '%' ? hex(uri[1]) : -1;
		int low = high >= 0 ? hex(uri[2]) : -1;

		if (low >= 0 && (high || low)) {
			*to++ = (char)(high << 4 | low);
			uri += 3;
		} else {
			*to++ = *uri++;
		}
	}
	*to = '\0';
	return path;
}

char *lsp_uri(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/-._~";
	char *uri = malloc(3 * strlen(path) + 8), *to = uri;

	if (!uri)
		return NULL;
	if (*path != '/')
		return strcpy(uri, path);
	to = stpcpy(to, "file://");
	for (; *path; path++) {
		if (strchr(plain, *path))
			*to++ = *path;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*path);
	}
	*to = '\0';
	return uri;
}

/* ---- documents ------------------------------------------------------------------------------ */

static struct lsp_document **find_uri(struct lsp *lsp, const char *uri)
{
	struct lsp_document **at = &lsp->documents;

	while (*at && strcmp((*at)->uri, uri))
		at = &(*at)->next;
	return at;
}

static const struct lsp_document *find_path(const struct lsp *lsp, const char *path)
{
	for (const struct lsp_document *d = lsp->documents; d; d = d->next)
		if (!strcmp(d->path, path))
			return d;
	return NULL;
}

static void document_free(struct lsp_document *document)
{
	rpol_unit_close(document->unit);
	free(document->uri);
	free(document->path);
	free(document->text);
	free(document);
}

/* Gives the document its text; what it was stays when there is none. */
static void set_text(struct lsp *lsp, struct lsp_document *document, const json_t *holder,
		     const json_t *versioned)
{
	const json_t *json = json_object_get(holder, "text");
	size_t length = json_string_length(json);
	char *text;

	if (!json_is_string(json) || !(text = malloc(length + 1)))
		return;
	memcpy(text, json_string_value(json), length + 1);
	free(document->text);
	document->text = text;
	document->length = length;
	document->version = json_integer_value(json_object_get(versioned, "version"));
	lsp->dirty = true;
}

void lsp_opened(struct lsp *lsp, const json_t *params)
{
	const json_t *item = json_object_get(params, "textDocument");
	const char *uri = lsp_string(item, "uri");
	struct lsp_document **at, *document;

	if (!uri || !json_is_string(json_object_get(item, "text")))
		return;
	at = find_uri(lsp, uri);
	if (!*at) {
		document = calloc(1, sizeof(*document));
		if (!document)
			return;
		document->uri = strdup(uri);
		document->path = uri_path(uri);
		document->text = strdup("");
		if (!document->uri || !document->path || !document->text) {
			document_free(document);
			return;
		}
		*at = document;
	}
	set_text(lsp, *at, item, item);
}

void lsp_changed(struct lsp *lsp, const json_t *params)
{
	const json_t *item = json_object_get(params, "textDocument");
	const json_t *changes = json_object_get(params, "contentChanges");
	const char *uri = lsp_string(item, "uri");
	struct lsp_document *document = uri ? *find_uri(lsp, uri) : NULL;
	const json_t *change;
	size_t i;

	if (!document)
		return;
	/* Whole texts were asked for; a part of one cannot be one of ours. */
	json_array_foreach(changes, i, change) if (!json_object_get(change, "range"))
		set_text(lsp, document, change, item);
}

void lsp_closed(struct lsp *lsp, const json_t *params)
{
	const char *uri = lsp_string(json_object_get(params, "textDocument"), "uri");
	struct lsp_document **at = uri ? find_uri(lsp, uri) : NULL, *document;

	if (!at || !*at)
		return;
	document = *at;
	*at = document->next;
	document_free(document);
	lsp->dirty = true;
}

void lsp_documents_free(struct lsp *lsp)
{
	while (lsp->documents) {
		struct lsp_document *document = lsp->documents;

		lsp->documents = document->next;
		document_free(document);
	}
}

/* ---- compiling ------------------------------------------------------------------------------ */

static int copy_out(const char *from, size_t size, char **text, size_t *length)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, from, size);
	copy[size] = '\0';
	*text = copy;
	*length = size;
	return 0;
}

/* A pipe would stop the editor, so only files are read. */
static int read_disk(const char *path, char **text, size_t *length)
{
	struct stat st;

	if (*path != '/')
		return -ENOENT;
	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > LARGEST_FILE)
		return -EFBIG;
	return cli_read_file(path, text, length);
}

static int read_overlay(void *arg, const char *path, char **text, size_t *length)
{
	const struct lsp_overlay *overlay = arg;
	const struct lsp_document *document = find_path(overlay->lsp, path);
	size_t size = 0;
	const char *instead = overlay->instead ? overlay->instead(overlay->arg, path, &size) : NULL;

	if (instead)
		return copy_out(instead, size, text, length);
	if (document)
		return copy_out(document->text, document->length, text, length);
	return read_disk(path, text, length);
}

int lsp_unit_open(const struct lsp_overlay *overlay, const char *path, struct rpol_unit **out)
{
	struct rpol_reader reader = {.read = read_overlay, .arg = (void *)overlay};

	return rpol_unit_open(path, &reader, out);
}

static bool includes(const struct lsp_document *root, const struct lsp_document *other,
		     uint32_t *file)
{
	const struct rpol_sources *sources = root->unit ? rpol_unit_sources(root->unit) : NULL;

	for (size_t i = 0; sources && i < sources->nfiles; i++) {
		if (strcmp(sources->files[i].path, other->path))
			continue;
		*file = (uint32_t)i;
		return true;
	}
	return false;
}

/* Files that include each other: the one opened first is the root. */
static bool covered(const struct lsp *lsp, const struct lsp_document *document)
{
	bool before = true;
	uint32_t file;

	for (const struct lsp_document *d = lsp->documents; d; d = d->next) {
		if (d == document)
			before = false;
		else if (includes(d, document, &file) && (before || !includes(document, d, &file)))
			return true;
	}
	return false;
}

static void compile_all(struct lsp *lsp)
{
	const struct lsp_overlay overlay = {.lsp = lsp};

	for (struct lsp_document *d = lsp->documents; d; d = d->next) {
		rpol_unit_close(d->unit);
		d->unit = NULL;
		if (lsp_unit_open(&overlay, d->path, &d->unit))
			d->unit = NULL;
	}
	/* All are found before the first goes: a covered one covers no other then. */
	for (struct lsp_document *d = lsp->documents; d; d = d->next)
		d->covered = covered(lsp, d);
	for (struct lsp_document *d = lsp->documents; d; d = d->next) {
		if (!d->covered)
			continue;
		rpol_unit_close(d->unit);
		d->unit = NULL;
	}
}

/* ---- places --------------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at text, a stray byte being one by itself. */
static size_t character(const char *text, size_t length)
{
	unsigned char lead = (unsigned char)*text;
	size_t n = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;

	if (n > length)
		return 1;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

/* What a character counts in a position of the protocol. */
static size_t units(const struct lsp *lsp, size_t bytes)
{
	return lsp->utf8 ? bytes : bytes == 4 ? 2 : 1;
}

static json_t *position(const struct lsp *lsp, const struct rpol_file *file, uint32_t offset)
{
	const struct rpol_sources sources = {(struct rpol_file *)file, 1};
	size_t at, count = 0;
	uint32_t line, column;

	if (offset > file->length)
		offset = (uint32_t)file->length;
	rpol_span_locate(&sources, (struct rpol_span){0, offset, 0}, &line, &column);
	for (at = file->lines[line - 1]; at < offset;) {
		size_t n = character(file->text + at, file->length - at);

		count += units(lsp, n);
		at += n;
	}
	return json_pack("{s:I, s:I}", "line", (json_int_t)line - 1, "character",
			 (json_int_t)count);
}

json_t *lsp_range(const struct lsp *lsp, const struct rpol_file *file, uint32_t offset,
		  uint32_t length)
{
	return json_pack("{s:o, s:o}", "start", position(lsp, file, offset), "end",
			 position(lsp, file, offset + length));
}

json_t *lsp_location(const struct lsp *lsp, const struct rpol_unit *unit, struct rpol_span span)
{
	const struct rpol_file *file = &rpol_unit_sources(unit)->files[span.file];
	char *uri = lsp_uri(file->path);
	json_t *location =
		json_pack("{s:o, s:o}", "uri", lsp_text(uri ? uri : "", uri ? strlen(uri) : 0),
			  "range", lsp_range(lsp, file, span.offset, span.length));

	free(uri);
	return location;
}

/* A position past a line's end means its end; past the last line, the end of the text. */
static uint32_t offset_of(const struct lsp *lsp, const struct rpol_file *file, json_int_t line,
			  json_int_t column)
{
	size_t at, end;

	if (line < 0)
		return 0;
	if ((size_t)line >= file->nlines)
		return (uint32_t)file->length;
	at = file->lines[line];
	end = (size_t)line + 1 < file->nlines ? file->lines[line + 1] - 1 : file->length;
	if (end > at && file->text[end - 1] == '\r')
		end--;
	for (json_int_t count = 0; at < end;) {
		size_t n = character(file->text + at, end - at);

		count += (json_int_t)units(lsp, n);
		if (count > column)
			break;
		at += n;
	}
	return (uint32_t)at;
}

bool lsp_place_document(const struct lsp *lsp, const json_t *params, struct lsp_place *place)
{
	const char *uri = lsp_string(json_object_get(params, "textDocument"), "uri");
	const struct lsp_document *document = lsp->documents;

	while (uri && document && strcmp(document->uri, uri))
		document = document->next;
	if (!uri || !document)
		return false;
	for (const struct lsp_document *root = lsp->documents; root; root = root->next) {
		if (!includes(root, document, &place->file))
			continue;
		place->document = document;
		place->unit = root->unit;
		place->offset = 0;
		return true;
	}
	return false;
}

bool lsp_offset(const struct lsp *lsp, const json_t *at, struct lsp_place *place)
{
	const json_t *line = json_object_get(at, "line"),
		     *column = json_object_get(at, "character");

	if (!json_is_integer(line) || !json_is_integer(column))
		return false;
	place->offset = offset_of(lsp, &rpol_unit_sources(place->unit)->files[place->file],
				  json_integer_value(line), json_integer_value(column));
	return true;
}

bool lsp_place(const struct lsp *lsp, const json_t *params, struct lsp_place *place)
{
	return lsp_place_document(lsp, params, place) &&
	       lsp_offset(lsp, json_object_get(params, "position"), place);
}

/* ---- diagnostics ------------------------------------------------------------------------------
 */

static json_t *message_of(const struct rpol_diag *diag, bool with_second)
{
	char *text = NULL;
	json_t *json;

	if (asprintf(&text, "%s%s%s%s%s", diag->message, with_second ? "\n" : "",
		     with_second ? diag->second_label : "", diag->help ? "\nhelp: " : "",
		     diag->help ? diag->help : "") < 0)
		return json_string("");
	json = lsp_text(text, strlen(text));
	free(text);
	return json;
}

static json_t *diagnostic(const struct lsp *lsp, const struct rpol_unit *unit,
			  const struct rpol_diag *diag)
{
	static const int severities[] = {[RPOL_ERROR] = 1, [RPOL_WARNING] = 2, [RPOL_NOTE] = 3};
	const struct rpol_file *file = &rpol_unit_sources(unit)->files[diag->span.file];
	json_t *json = json_pack("{s:o, s:i, s:s, s:s, s:o}", "range",
				 lsp_range(lsp, file, diag->span.offset, diag->span.length),
				 "severity", severities[rpol_diag_severity(diag->code)], "code",
				 rpol_diag_code_text(diag->code), "source", "rpol", "message",
				 message_of(diag, diag->has_second && !lsp->related));

	if (diag->has_second && lsp->related)
		json_object_set_new(
			json, "relatedInformation",
			json_pack("[{s:o, s:o}]", "location", lsp_location(lsp, unit, diag->second),
				  "message",
				  lsp_text(diag->second_label, strlen(diag->second_label))));
	if (diag->code == RPOL_DIAG_UNUSED)
		json_object_set_new(json, "tags", json_pack("[i]", 1));
	return json;
}

/* A file that two roots include has some diagnostics twice; those of earlier roots are in
 * array[0..n). */
static bool contains(const json_t *array, size_t n, const json_t *item)
{
	for (size_t i = 0; i < n; i++)
		if (json_equal(json_array_get(array, i), item))
			return true;
	return false;
}

static void collect(const struct lsp *lsp, const struct rpol_unit *unit, json_t *all)
{
	const struct rpol_diags *diags = rpol_unit_diags((struct rpol_unit *)unit);
	size_t before = 0;

	for (size_t i = 0; i < diags->count; i++) {
		const struct rpol_diag *diag = &diags->items[i];
		char *uri = lsp_uri(rpol_unit_sources(unit)->files[diag->span.file].path);
		json_t *array = uri ? json_object_get(all, uri) : NULL;

		if (uri && !array) {
			array = json_array();
			json_object_set_new(all, uri, array);
		}
		/* diagnostics are sorted by file */
		if (!i || diag[-1].span.file != diag->span.file)
			before = json_array_size(array);

		json_t *json = diagnostic(lsp, unit, diag);

		if (contains(array, before, json))
			json_decref(json);
		else
			json_array_append_new(array, json);
		free(uri);
	}
}

static void publish(const struct lsp *lsp, const char *uri, json_t *diagnostics)
{
	json_t *params = json_pack("{s:s, s:O}", "uri", uri, "diagnostics", diagnostics);
	const struct lsp_document *document = *find_uri((struct lsp *)lsp, uri);

	if (document)
		json_object_set_new(params, "version", json_integer(document->version));
	lsp_notify("textDocument/publishDiagnostics", params);
}

void lsp_refresh(struct lsp *lsp)
{
	json_t *all, *array, *empty;
	const char *uri;

	if (!lsp->dirty)
		return;
	lsp->dirty = false;
	compile_all(lsp);
	all = json_object();
	empty = json_array();
	for (const struct lsp_document *d = lsp->documents; d; d = d->next) {
		char *own = lsp_uri(d->path);

		/* The client may spell its URI in another way than we do. */
		if (d->unit)
			collect(lsp, d->unit, all);
		if (own && strcmp(own, d->uri) && (array = json_object_get(all, own))) {
			json_object_set(all, d->uri, array);
			json_object_del(all, own);
		}
		free(own);
	}
	for (const struct lsp_document *d = lsp->documents; d; d = d->next)
		if (!json_object_get(all, d->uri))
			json_object_set(all, d->uri, empty);
	json_object_foreach(lsp->published, uri,
			    array) if (!json_object_get(all, uri) && json_array_size(array))
		publish(lsp, uri, empty);
	json_object_foreach(all, uri, array) if (*find_uri(lsp, uri) ||
						 !json_equal(json_object_get(lsp->published, uri),
							     array)) publish(lsp, uri, array);
	json_decref(empty);
	json_decref(lsp->published);
	lsp->published = all;
}
