/* allow.c: `allow W0901;` silences a warning in the declaration or rule that follows it, and
 * nowhere else: what is allowed is said where it is. */
#include "parse.h"

#include "grammar.h"

#include <string.h>

/* ---- reading ------------------------------------------------------------------------------ */

static int kind_of(const struct parser *p, size_t index)
{
	return rpol_parser_token(p, index)->kind;
}

/* The last token of the statement or declaration that starts at a token. */
static size_t end_of(const struct parser *p, size_t index)
{
	size_t depth = 0;

	for (;; index++) {
		int kind = kind_of(p, index);

		if (kind == TOKEN_END)
			return index - 1;
		depth += kind == '{';
		if (kind == '}' && (!depth || !--depth))
			return index + (kind_of(p, index + 1) == ';');
		if (kind == ';' && !depth)
			return index;
	}
}

/* What follows the statement without braces that starts at a token, whatever is wrong in it. */
static size_t after(const struct parser *p, size_t index)
{
	for (;; index++) {
		int kind = kind_of(p, index);

		if (kind == TOKEN_END || kind == '}' || kind == ';')
			return index + (kind == ';');
	}
}

void rpol_build_allow(struct parser *p, struct place at, struct ast_name code)
{
	size_t first = (size_t)at.last + 1;
	struct rpol_allow *allow;

	if (!p->unit)
		return;
	/* one after the other: all are for the same */
	while (kind_of(p, first) == TOKEN_ALLOW && kind_of(p, first + 1) != ':')
		first = after(p, first);
	if (kind_of(p, first) == TOKEN_END || kind_of(p, first) == '}') {
		struct rpol_diag *diag = rpol_diag_add(p->diags, RPOL_DIAG_UNEXPECTED, code.span,
						       "nothing follows this `allow`");

		rpol_diag_help(p->diags, diag,
			       "put it before the declaration or the rule that it is for");
		return;
	}
	allow = RPOL_NEW(p->arena, struct rpol_allow);
	*allow = (struct rpol_allow){
		.code = code.text,
		.span = rpol_parser_span(p, at),
		.code_span = code.span,
		.target = rpol_parser_span(p, (struct place){(int)first, (int)end_of(p, first)}),
		.next = p->unit->allows,
	};
	p->unit->allows = allow;
}

/* ---- silencing ---------------------------------------------------------------------------- */

static bool find_code(const char *text, enum rpol_diag_code *code)
{
	for (int i = 0; i < RPOL_DIAG_COUNT; i++) {
		*code = (enum rpol_diag_code)i;
		if (!strcmp(rpol_diag_code_text(*code), text))
			return true;
	}
	return false;
}

static void report_unknown(struct rpol_unit *unit, const struct rpol_allow *allow)
{
	const char *codes[RPOL_DIAG_COUNT], *near;
	struct rpol_diag *diag;
	size_t n = 0;

	for (int i = 0; i < RPOL_DIAG_COUNT; i++)
		if (rpol_diag_severity((enum rpol_diag_code)i) == RPOL_WARNING)
			codes[n++] = rpol_diag_code_text((enum rpol_diag_code)i);
	diag = rpol_diag_add(&unit->diags, RPOL_DIAG_UNKNOWN_NAME, allow->code_span,
			     "there is no warning `%s`", allow->code);
	near = rpol_suggest(allow->code, codes, n);
	if (near) {
		rpol_diag_help(&unit->diags, diag, "did you mean `%s`?", near);
		rpol_diag_fix(&unit->diags, diag, allow->code_span, "%s", near);
	} else {
		rpol_diag_help(&unit->diags, diag, "a warning's code is like `%s`", codes[0]);
	}
}

static bool within(struct rpol_span inner, struct rpol_span outer)
{
	return inner.file == outer.file && inner.offset >= outer.offset &&
	       inner.offset + inner.length <= outer.offset + outer.length;
}

/* In what follows the allow, or in a file that it names. */
static bool is_target(const struct rpol_unit *unit, const struct rpol_allow *allow,
		      struct rpol_span span)
{
	if (within(span, allow->target))
		return true;
	for (const struct rpol_entries_file *i = unit->entries_files; i; i = i->next)
		if (i->file == span.file && within(i->span, allow->target))
			return true;
	return false;
}

static bool silence(struct rpol_unit *unit, const struct rpol_allow *allow,
		    enum rpol_diag_code code)
{
	struct rpol_diags *diags = &unit->diags;
	size_t kept = 0;

	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].code != code || !is_target(unit, allow, diags->items[i].span))
			diags->items[kept++] = diags->items[i];

	size_t silenced = diags->count - kept;

	diags->count = kept;
	diags->warnings -= silenced;
	return silenced;
}

void rpol_allow(struct rpol_unit *unit)
{
	for (const struct rpol_allow *allow = unit->allows; allow; allow = allow->next) {
		enum rpol_diag_code code;
		struct rpol_diag *diag;

		if (!find_code(allow->code, &code)) {
			report_unknown(unit, allow);
		} else if (rpol_diag_severity(code) == RPOL_ERROR) {
			diag = rpol_diag_add(&unit->diags, RPOL_DIAG_WRONG_KIND, allow->code_span,
					     "`%s` is an error, and only warnings can be allowed",
					     allow->code);
			rpol_diag_help(&unit->diags, diag, "mend what it is about instead");
		} else if (!silence(unit, allow, code) && !unit->diags.errors) {
			diag = rpol_diag_add(&unit->diags, RPOL_DIAG_UNUSED_ALLOW, allow->code_span,
					     "`allow %s` silences nothing here", allow->code);
			rpol_diag_help(&unit->diags, diag, "take it out");
			rpol_diag_fix(&unit->diags, diag, allow->span, "%s", "");
		}
	}
}
