/* check_file.c: files named by `from file`: one entry a line, `#` comments. */
#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Reads a path into the sources, once however many declarations name it. */
static bool read_path(struct check *check, const struct ast_value *string, const char *path,
		      uint32_t *file)
{
	struct rpol_unit *unit = check->unit;
	struct rpol_diag *diag;
	int error;

	for (size_t i = 0; i < unit->sources.nfiles; i++) {
		if (strcmp(unit->sources.files[i].path, path) == 0) {
			*file = (uint32_t)i;
			return true;
		}
	}
	error = rpol_sources_read(unit, path, file);
	if (!error)
		return true;
	if (error == -ENOMEM)
		longjmp(*check->arena->oom, 1);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TABLE_FILE, string->span,
			     "cannot read `%s`: %s", path, strerror(-error));
	if (error == -ENOENT)
		rpol_diag_help(check->diags, diag,
			       "the path is relative to the file that names it");
	return false;
}

/* So that an `allow` before the declaration reaches the file's lines. */
static bool note_file(struct check *check, const struct ast_value *string, uint32_t file)
{
	struct rpol_entries_file *noted = RPOL_NEW(check->arena, struct rpol_entries_file);

	*noted = (struct rpol_entries_file){file, string->span, check->unit->entries_files};
	check->unit->entries_files = noted;
	return true;
}

bool file_open(struct check *check, const struct ast_value *string, uint32_t *file)
{
	struct rpol_diag *diag;
	const char *path;

	if (string->kind != AST_STRING)
		return false;
	path = rpol_source_resolve(check->unit, string->span.file, string->text);
	if (path)
		return read_path(check, string, path, file) && note_file(check, string, *file);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TABLE_FILE, string->span,
			     "`%s` is outside the folder of the policy", string->text);
	rpol_diag_help(check->diags, diag, "files stay below the folder of `%s`: copy it there",
		       check->unit->sources.files[0].path);
	return false;
}

bool file_line(const struct check *check, uint32_t file, uint32_t *offset, struct line *line)
{
	const struct rpol_file *source = &check->unit->sources.files[file];

	while (*offset < source->length) {
		const char *start = source->text + *offset;
		size_t rest = source->length - *offset;
		const char *newline = memchr(start, '\n', rest);
		size_t length = newline ? (size_t)(newline - start) : rest;
		const char *comment = memchr(start, '#', length);
		size_t skipped = length + (newline != NULL);
		uint32_t at = *offset;

		*offset += (uint32_t)skipped;
		if (comment)
			length = (size_t)(comment - start);
		while (length && isspace((unsigned char)start[length - 1]))
			length--;
		while (length && isspace((unsigned char)*start)) {
			start++;
			at++;
			length--;
		}
		if (!length)
			continue;
		*line = (struct line){
			.file = file,
			.offset = at,
			.length = (uint32_t)length,
			.text = start,
		};
		return true;
	}
	return false;
}

struct rpol_span line_span(const struct line *line)
{
	return (struct rpol_span){line->file, line->offset, line->length};
}

bool report_line(struct check *check, const struct line *line, const char *what)
{
	const char *text = span_text(check, line_span(line));
	char last = line->text[line->length - 1];
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_TABLE_LINE, line_span(line), "`%s` is not %s",
			     text, what);
	if (last == ',' || last == ';')
		rpol_diag_help(check->diags, diag, "leave out the `%c`: a line is one entry", last);
	else
		rpol_diag_help(check->diags, diag, "a line is one entry; `#` starts a comment");
	return false;
}

static void report_host_bits(struct check *check, const struct line *line,
			     const struct rpol_prefix *prefix)
{
	const char *slash = memchr(line->text, '/', line->length);
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_HOST_BITS, line_span(line),
			     "`%.*s` has bits set after its length", (int)line->length, line->text);
	rpol_diag_help(check->diags, diag, "write `%s` for the network, or `%.*s` for the host",
		       prefix_text(check, prefix), (int)(slash - line->text), line->text);
}

/* Text that is meant as an address, although it may not be one. */
static bool looks_like_address(const struct line *line)
{
	for (uint32_t i = 0; i < line->length; i++) {
		if (!strchr("0123456789abcdefABCDEF.:/", line->text[i]) || !line->text[i])
			return false;
	}
	return memchr(line->text, '.', line->length) || memchr(line->text, ':', line->length);
}

static bool prefix_line(struct check *check, const struct line *line, bool addresses_only,
			struct entries *entries)
{
	const char *what = addresses_only ? "an address" : "a prefix";
	struct rpol_span span = line_span(line);
	struct rpol_prefix prefix;
	struct rpol_diag *diag;

	for (uint32_t i = 0; i < line->length; i++) {
		if (strchr(" \t,;", line->text[i]))
			return report_line(check, line, what);
	}
	switch (rpol_prefix_parse(line->text, line->length, &prefix)) {
	case RPOL_PREFIX_OK:
		break;
	case RPOL_PREFIX_HOST_BITS:
		report_host_bits(check, line, &prefix);
		return false;
	case RPOL_PREFIX_BAD_LENGTH:
		diag = rpol_diag_add(check->diags, RPOL_DIAG_BAD_PREFIX_LENGTH, span,
				     "`%s` has no length that fits its address",
				     span_text(check, span));
		rpol_diag_help(check->diags, diag, "IPv4 has `/0` to `/32`, IPv6 `/0` to `/128`");
		return false;
	case RPOL_PREFIX_BAD_ADDR:
		if (!looks_like_address(line))
			return report_line(check, line, what);
		diag = rpol_diag_add(check->diags, RPOL_DIAG_BAD_ADDRESS, span,
				     "`%s` is not an address", span_text(check, span));
		rpol_diag_help(check->diags, diag,
			       memchr(line->text, ':', line->length)
				       ? "an IPv6 address is eight groups of hex digits, as in "
					 "`2001:db8::1`"
				       : "an IPv4 address is four numbers from 0 to 255, as in "
					 "`192.0.2.1`");
		return false;
	}
	if (addresses_only && prefix.length != rpol_family_bits(prefix.addr.family)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, span,
				     "the set is of addresses, and `%s` is a prefix",
				     span_text(check, span));
		rpol_diag_help(check->diags, diag, "make it a set of type `prefix`");
		return false;
	}
	entries_add_prefix(check, entries, &prefix, span, true);
	return true;
}

/* As in a policy: 443 or 0x1bb. More than a port can be is UINT16_MAX + 1. */
static bool read_port(const char *text, size_t length, uint32_t *port)
{
	bool hex = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint32_t base = hex ? 16 : 10;

	*port = 0;
	for (size_t i = hex ? 2 : 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (hex ? !isxdigit(c) : !isdigit(c))
			return false;
		*port = *port * base + (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
		if (*port > UINT16_MAX)
			*port = UINT16_MAX + 1;
	}
	return length > 0;
}

static bool port_line(struct check *check, const struct line *line, struct entries *entries)
{
	const char *dots = memchr(line->text, '.', line->length);
	size_t low_length = dots ? (size_t)(dots - line->text) : line->length;
	const char *high_text = dots ? dots + 2 : line->text;
	size_t high_length = line->length - (size_t)(high_text - line->text);
	struct rpol_span span = line_span(line);
	struct rpol_diag *diag;
	uint32_t low, high;

	if (dots && (line->length - low_length < 2 || dots[1] != '.'))
		return report_line(check, line, "a port or a range of ports");
	while (dots && low_length && isblank((unsigned char)line->text[low_length - 1]))
		low_length--;
	while (dots && high_length && isblank((unsigned char)*high_text)) {
		high_text++;
		high_length--;
	}
	if (!read_port(line->text, low_length, &low) || !read_port(high_text, high_length, &high))
		return report_line(check, line, "a port or a range of ports");
	if (low > UINT16_MAX || high > UINT16_MAX) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, span,
				     "`%s` is too large", span_text(check, span));
		rpol_diag_help(check->diags, diag, "a port is from 0 to %u", UINT16_MAX);
		return false;
	}
	if (low > high) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_RANGE, span,
				     "`%s` ends before it starts", span_text(check, span));
		rpol_diag_help(check->diags, diag, "write `%u..%u`", high, low);
		return false;
	}
	entries_add_range(check, entries, low, high, span, true);
	return true;
}

bool file_entries(struct check *check, uint32_t file, enum set_type type, struct entries *entries)
{
	uint32_t offset = 0;
	struct line line;
	bool ok = true;

	while (file_line(check, file, &offset, &line)) {
		if (type == SET_OF_PORTS)
			ok = port_line(check, &line, entries) && ok;
		else
			ok = prefix_line(check, &line, type == SET_OF_ADDRESSES, entries) && ok;
	}
	return ok;
}
