/* recover.c: what is said about a syntax error, and where reading goes on.
 *
 * One error is said per statement. Where the text can be mended by a guess that is hardly ever
 * wrong (a `;` left out at the end of a line, a keyword misspelt), the tokens are changed and the
 * statement is read again, so that what it declares is known. Else the statement is passed over. */
#include "look.h"

/* The `(` that is open before a token in its statement, or SIZE_MAX. */
static size_t parenthesis_before(const struct parser *p, size_t index)
{
	size_t closed = 0;

	while (index-- && kind_at(p, index) != ';' && kind_at(p, index) != TOKEN_ARROW) {
		if (kind_at(p, index) == ')')
			closed++;
		else if (kind_at(p, index) == '(' && !closed--)
			return index;
	}
	return SIZE_MAX;
}

/* True when the statement up to a token holds something that was said to mean nothing: what
 * follows from that is not worth saying. */
static bool after_garbage(const struct parser *p, size_t index)
{
	for (;; index--) {
		int kind = kind_at(p, index);

		if (kind == TOKEN_GARBAGE || kind == TOKEN_OPEN_STRING)
			return true;
		if (!index || rpol_look_declaration_at_left(p, index))
			return false;
		kind = kind_at(p, index - 1);
		if (kind == ';' || kind == '{' || kind == '}')
			return false;
	}
}

/* ---- saying it ------------------------------------------------------------------------------ */

static void say_missing_semicolon(struct parser *p, size_t before)
{
	struct rpol_span end = span_after(p, before - 1);
	struct rpol_diag *diag = rpol_diag_add(
		p->diags, RPOL_DIAG_UNEXPECTED, end, "expected `;` after %s, found %s",
		rpol_look_in_outcome(p, before) ? "the verdict" : rpol_look_text(p, before - 1),
		rpol_look_text(p, before));

	rpol_diag_help(p->diags, diag, "end the statement with a `;`");
	rpol_diag_fix(p->diags, diag, end, ";");
	p->tokens.items[before].semi_before = p->tokens.items[before].mended = true;
	p->mended = true;
}

/* The keyword that the word at a token was meant to be, among the acceptable ones. */
static int meant(const struct parser *p, size_t index, const bool acceptable[MAX_TOKEN])
{
	const char *candidates[MAX_TOKEN];
	size_t n = 0;

	for (int kind = TOKEN_IDENT; kind <= TOKEN_WEIGHT; kind++)
		if (acceptable[kind] && rpol_expect_keyword(kind))
			candidates[n++] = rpol_expect_keyword(kind);

	const char *word = rpol_suggest(word_at(p, index), candidates, n);

	for (int kind = TOKEN_IDENT; word && kind <= TOKEN_WEIGHT; kind++)
		if (rpol_expect_keyword(kind) && !strcmp(rpol_expect_keyword(kind), word))
			return kind;
	return 0;
}

static bool mend_word(struct parser *p, size_t index, const bool acceptable[MAX_TOKEN],
		      const char *what)
{
	int kind = is_word(kind_at(p, index)) ? meant(p, index, acceptable) : 0;

	if (!kind || kind == kind_at(p, index))
		return false;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_UNEXPECTED, span_at(p, index),
			      "expected %s, found %s", what, rpol_look_text(p, index));

	if (acceptable[';'])
		diag->message =
			rpol_arena_printf(p->arena, "unexpected %s", rpol_look_text(p, index));
	rpol_diag_help(p->diags, diag, "did you mean `%s`?", rpol_expect_keyword(kind));
	rpol_diag_fix(p->diags, diag, span_at(p, index), "%s", rpol_expect_keyword(kind));
	p->tokens.items[index].kind = kind;
	p->mended = true;
	return true;
}

/* `defualt fib;`: the word was taken for a label, and the next one is at fault. */
static bool mend_first_word(struct parser *p, size_t fault, size_t open)
{
	bool acceptable[MAX_TOKEN] = {0};

	if (open == SIZE_MAX || fault < open + 2 || kind_at(p, fault - 1) != TOKEN_IDENT)
		return false;
	if (fault - 2 != open && kind_at(p, fault - 2) != ';')
		return false;
	switch (kind_at(p, rpol_look_block_word(p, open))) {
	case TOKEN_POLICY:
		acceptable[TOKEN_DEFAULT] = acceptable[TOKEN_FRAGMENTS] = true;
		acceptable[TOKEN_ALLOW] = true;
		return mend_word(p, fault - 1, acceptable, "a rule");
	case TOKEN_GROUP:
		acceptable[TOKEN_HASH] = acceptable[TOKEN_PREFER] = acceptable[TOKEN_ELSE] = true;
		return mend_word(p, fault - 1, acceptable, "a next hop");
	default:
		return false;
	}
}

/* `route a esle drop`: the word was taken for a second operand, and the next one is at fault. */
static bool mend_else(struct parser *p, size_t fault, const bool expected[MAX_TOKEN])
{
	bool acceptable[MAX_TOKEN] = {[TOKEN_ELSE] = true, [';'] = true};

	return expected[';'] && fault && kind_at(p, fault - 1) == TOKEN_IDENT &&
	       rpol_look_in_outcome(p, fault - 1) && mend_word(p, fault - 1, acceptable, "else");
}

static bool say_not_yet(struct parser *p, size_t fault)
{
	if (kind_at(p, fault) == TOKEN_LATER) {
		rpol_diag_add(p->diags, RPOL_DIAG_NOT_YET, span_at(p, fault),
			      "%s is not in this version of rpol", rpol_look_text(p, fault));
		return true;
	}
	return false;
}

/* The block that a token is in has no end: the file's end or the next declaration comes first. Of
 * that, the keyword may have been taken for a label. */
static bool say_unclosed(struct parser *p, size_t fault)
{
	if (fault && rpol_look_declaration_at_left(p, fault - 1))
		fault--;

	size_t open = rpol_look_open(p, fault);

	if (open == SIZE_MAX ||
	    (kind_at(p, fault) != TOKEN_END && !rpol_look_declaration_at_left(p, fault)))
		return false;
	p->fault = fault;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_UNTERMINATED, span_after(p, fault - 1),
			      "expected `}` before %s", rpol_look_text(p, fault));

	rpol_diag_second(p->diags, diag, span_at(p, open), "opened here");
	p->close_block = true;
	return true;
}

/* One operator was written for another. */
static void help_token(struct parser *p, struct rpol_diag *diag, size_t fault, const char *meant)
{
	rpol_diag_help(p->diags, diag, "did you mean `%s`?", meant);
	rpol_diag_fix(p->diags, diag, span_at(p, fault), "%s", meant);
}

static void help_needless(struct parser *p, struct rpol_diag *diag, size_t semicolon)
{
	rpol_diag_help(p->diags, diag, "a block ends with its `}` and needs no `;`");
	rpol_diag_fix(p->diags, diag, span_at(p, semicolon), "%s", "");
}

static void say_expected(struct parser *p, size_t fault, const bool expected[MAX_TOKEN])
{
	int found = kind_at(p, fault);
	bool at_end = found == TOKEN_END && fault;
	enum rpol_diag_code code = p->line ? RPOL_DIAG_TABLE_LINE : RPOL_DIAG_UNEXPECTED;
	size_t open_list = expected['}'] && expected[','] ? rpol_look_open(p, fault) : SIZE_MAX;
	size_t opener = expected[')'] ? parenthesis_before(p, fault) : open_list;

	if (found == '}' && rpol_look_open(p, fault) == SIZE_MAX) {
		rpol_diag_add(p->diags, code, span_at(p, fault), "`}` without a `{` before it");
		return;
	}
	if (opener != SIZE_MAX && (found == ';' || found == TOKEN_ARROW || at_end))
		code = RPOL_DIAG_UNTERMINATED;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, code, at_end ? span_after(p, fault - 1) : span_at(p, fault),
			      "expected %s, found %s", rpol_expect_text(p, fault, expected),
			      rpol_look_text(p, fault));

	if (opener != SIZE_MAX)
		rpol_diag_second(p->diags, diag, span_at(p, opener), "opened here");
	if (found == TOKEN_ARROW && p->line)
		rpol_diag_help(p->diags, diag, "a line of a file has no `=>`");
	else if (found == '=' && expected[TOKEN_EQ])
		help_token(p, diag, fault, "==");
	else if ((found == TOKEN_EQ || found == ':') && expected['='])
		help_token(p, diag, fault, "=");
	else if ((found == '=' || found == TOKEN_GE) && expected[TOKEN_ARROW])
		help_token(p, diag, fault, "=>");
	else if (found == ';' && fault && kind_at(p, fault - 1) == '}')
		help_needless(p, diag, fault);
	else if (is_reserved(found) && expected[TOKEN_IDENT])
		rpol_diag_help(p->diags, diag, "%s is a word of the language and no name",
			       rpol_look_text(p, fault));
	else if (found == TOKEN_DOTTED && expected[TOKEN_IDENT])
		rpol_diag_help(p->diags, diag, "names have no dots");
	else if (found == TOKEN_QUANTITY && expected[TOKEN_IDENT] && !expected[TOKEN_NUMBER])
		rpol_diag_help(p->diags, diag, "names do not start with a digit");
}

void rpol_parser_syntax_error(struct parser *p, struct place at, const bool expected[MAX_TOKEN])
{
	size_t fault = (size_t)at.first;
	int found = kind_at(p, fault);
	size_t open = rpol_look_open(p, fault);

	p->fault = fault;
	p->mended = false;
	if (say_not_yet(p, fault) || say_unclosed(p, fault) || after_garbage(p, fault))
		return;
	/* `drop` NEWLINE `web:`: the label was taken for the verdict's operand. */
	if ((found == ':' || found == TOKEN_ARROW) && fault >= 2 &&
	    is_name(kind_at(p, fault - 1)) &&
	    (is_name(kind_at(p, fault - 2)) || rpol_parser_token(p, fault - 1)->first) &&
	    rpol_look_in_outcome(p, fault - 1) && !rpol_parser_token(p, fault - 1)->mended) {
		say_missing_semicolon(p, fault - 1);
		return;
	}
	if (expected[';'] && fault && !rpol_parser_token(p, fault)->mended &&
	    (found == '}' || found == TOKEN_END || rpol_parser_token(p, fault)->first) &&
	    kind_at(p, fault - 1) != ';' && kind_at(p, fault - 1) != '{') {
		say_missing_semicolon(p, fault);
		return;
	}
	if (mend_first_word(p, fault, open) || mend_else(p, fault, expected) ||
	    (found == TOKEN_IDENT &&
	     mend_word(p, fault, expected, rpol_expect_text(p, fault, expected))))
		return;
	say_expected(p, fault, expected);
}

void rpol_parser_too_deep(struct parser *p, struct place at)
{
	rpol_diag_add(p->diags, RPOL_DIAG_LIMIT, rpol_parser_span(p, at),
		      "nested deeper than rpol reads");
}

/* ---- going on ------------------------------------------------------------------------------- */

/* A declaration given up still has a name, which others use. */
static void keep_name(struct parser *p, size_t first)
{
	if (!rpol_look_declaration(p, first) || kind_at(p, first) == TOKEN_INCLUDE)
		return;

	size_t name = first + 1;

	/* `dynamic set NAME` */
	if (name + 1 < p->tokens.count && rpol_look_declaration(p, name) &&
	    is_name(kind_at(p, name + 1)))
		name++;
	if (!is_name(kind_at(p, name)))
		return;

	struct ast_decl *decl = RPOL_NEW(p->arena, struct ast_decl);

	decl->kind = AST_REFUSED;
	decl->name = rpol_build_name(p, (struct place){(int)name, (int)name});
	decl->span = decl->name.span;
	*p->ast->tail = decl;
	p->ast->tail = &decl->next;
}

/* Where the statement that starts at first and has its fault at fault is over. */
static size_t end_of_statement(const struct parser *p, enum level level, size_t first, size_t fault)
{
	size_t depth = 0;

	for (size_t i = first;; i++) {
		if (i > first && i >= fault && rpol_look_declaration_at_left(p, i))
			return i;
		if (i > fault && rpol_parser_token(p, i)->semi_before)
			return i;
		switch (kind_at(p, i)) {
		case TOKEN_END:
			return i;
		case '{':
			depth++;
			break;
		case '}':
			if (!depth && level == LEVEL_ITEM && i >= fault)
				return i;
			depth -= depth > 0;
			if (!depth && level == LEVEL_DECL && i >= fault)
				return i + 1 + (kind_at(p, i + 1) == ';');
			break;
		case ';':
			/* lists and parentheses have none inside */
			if (i >= fault && (!depth || level == LEVEL_ITEM))
				return i + 1;
			break;
		default:
			break;
		}
	}
}

void rpol_parser_recover(struct parser *p, enum level level, struct place statement)
{
	size_t first = (size_t)statement.first;

	p->members = NULL;
	if (p->mended) {
		p->mended = false;
		p->next = first;
		return;
	}
	if (p->close_block && level == LEVEL_ITEM) {
		p->next = p->fault;
		return;
	}
	p->close_block = false;
	if (level == LEVEL_DECL)
		keep_name(p, first);
	p->next = end_of_statement(p, level, first, p->fault);
	/* Nothing was passed over, and nothing in the block can take what is there. */
	if (level == LEVEL_ITEM && p->next == first)
		p->close_block = true;
	if (kind_at(p, p->next) == TOKEN_END && level == LEVEL_DECL) {
		/* what was passed over has a block without its end */
		say_unclosed(p, p->next);
		p->close_block = false;
	}
}
