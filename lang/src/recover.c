/* recover.c: what is said about a syntax error, and where reading goes on.
 *
 * One error is said per statement. Where the text can be mended by a guess that is hardly ever
 * wrong (a `;` left out at the end of a line, a keyword misspelt), the tokens are changed and the
 * statement is read again, so that what it declares is known. Else the statement is passed over. */
#include "parse.h"

#include <string.h>

#include "grammar.h"

static int kind_at(const struct parser *p, size_t index)
{
	return rpol_parser_token(p, index)->kind;
}

static struct rpol_span span_at(const struct parser *p, size_t index)
{
	return rpol_parser_span(p, (struct place){(int)index, (int)index});
}

/* Right after a token's end: where a `;` is missing. */
static struct rpol_span span_after(const struct parser *p, size_t index)
{
	struct rpol_span span = span_at(p, index);

	return (struct rpol_span){span.file, span.offset + span.length, 0};
}

static bool is_word(int kind)
{
	return kind >= TOKEN_IDENT && kind <= TOKEN_WEIGHT && kind != TOKEN_NUMBER &&
	       kind != TOKEN_QUANTITY && kind != TOKEN_PREFIX && kind != TOKEN_STRING;
}

/* Words that are never names. */
static bool is_reserved(int kind)
{
	return kind == TOKEN_AND || kind == TOKEN_ANY || kind == TOKEN_DEFAULT ||
	       kind == TOKEN_ELSE || kind == TOKEN_HAS || kind == TOKEN_IN || kind == TOKEN_NOT ||
	       kind == TOKEN_OR;
}

static bool is_name(int kind)
{
	return is_word(kind) && !is_reserved(kind) && kind != TOKEN_DOTTED;
}

static bool text_is(const struct parser *p, size_t index, const char *word)
{
	const struct token *token = rpol_parser_token(p, index);

	return token->length == strlen(word) &&
	       !memcmp(rpol_parser_text(p, index), word, token->length);
}

/* The token as a word of its own in the arena. */
static const char *word_at(const struct parser *p, size_t index)
{
	return rpol_arena_strndup(p->arena, rpol_parser_text(p, index),
				  rpol_parser_token(p, index)->length);
}

/* ---- words of later versions ---------------------------------------------------------------- */

enum later_place {
	NOWHERE = 0,
	DECLARATION = 1,
	METHOD = 2,
	PROPERTY = 4,
	VERB = 8,
	HOOK = 16,
	FIELD = 32,
};

static bool is_later(const struct parser *p, size_t index, unsigned places)
{
	static const struct {
		const char *word;
		enum later_place place;
	} rows[] = {
#define LATER(word, place) {word, place},
#include "later.def"
#undef LATER
	};
	const struct token *token = rpol_parser_token(p, index);
	const char *text = rpol_parser_text(p, index);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t length = strlen(rows[i].word);
		bool family = rows[i].word[length - 1] == '.';

		if ((rows[i].place & places) && token->length >= length &&
		    (family || token->length == length) && !memcmp(text, rows[i].word, length))
			return true;
	}
	return false;
}

static bool starts_declaration(const struct parser *p, size_t index)
{
	switch (kind_at(p, index)) {
	case TOKEN_INCLUDE:
	case TOKEN_INTERFACE:
	case TOKEN_CONST:
	case TOKEN_SET:
	case TOKEN_COND:
	case TOKEN_NEXTHOP:
	case TOKEN_GROUP:
	case TOKEN_TABLE:
	case TOKEN_POLICY:
	case TOKEN_LATER:
		return true;
	case TOKEN_IDENT:
		return is_later(p, index, DECLARATION);
	default:
		return false;
	}
}

/* Declarations start a line at its very left, but in blocks nothing does. */
static bool starts_declaration_at_left(const struct parser *p, size_t index)
{
	const struct token *token = rpol_parser_token(p, index);

	if (token->indented || !starts_declaration(p, index))
		return false;
	return index + 1 < p->tokens.count &&
	       (is_word(kind_at(p, index + 1)) || kind_at(p, index + 1) == TOKEN_STRING);
}

static bool is_tested(const struct parser *p, size_t index)
{
	switch (kind_at(p, index + 1)) {
	case TOKEN_EQ:
	case TOKEN_NE:
	case TOKEN_LE:
	case TOKEN_GE:
	case TOKEN_IN:
	case TOKEN_HAS:
	case '<':
	case '>':
	case '(':
		return true;
	default:
		return kind_at(p, index) == TOKEN_DOTTED;
	}
}

/* Which later words would mean something at a token, by what stands before it. */
static unsigned places_at(const struct parser *p, size_t index, size_t depth, bool in_outcome,
			  int block)
{
	int before = index ? kind_at(p, index - 1) : ';';

	switch (before) {
	case ';':
	case '{':
	case '}':
		return !depth ? DECLARATION : block == TOKEN_NEXTHOP ? PROPERTY : NOWHERE;
	case TOKEN_ARROW:
	case TOKEN_ELSE:
	case TOKEN_DEFAULT:
		return VERB;
	case ',':
		return in_outcome ? VERB : NOWHERE;
	case TOKEN_AT:
		return block == TOKEN_POLICY && !depth ? HOOK : NOWHERE;
	case ':':
		if (!depth)
			return block == TOKEN_TABLE ? METHOD : NOWHERE;
		return is_tested(p, index) ? FIELD : NOWHERE;
	case '=':
		return block == TOKEN_COND && is_tested(p, index) ? FIELD : NOWHERE;
	case '(':
		return in_outcome ? VERB : is_tested(p, index) ? FIELD : NOWHERE;
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
		return is_tested(p, index) ? FIELD : NOWHERE;
	default:
		return block == TOKEN_NEXTHOP && depth && kind_at(p, index) == TOKEN_IDENT &&
				       kind_at(p, index - 1) != TOKEN_VIA &&
				       kind_at(p, index - 1) != TOKEN_DEV
			       ? PROPERTY
			       : NOWHERE;
	}
}

void rpol_parser_mark_later(struct parser *p)
{
	size_t depth = 0;
	bool in_outcome = p->start == TOKEN_START_LINE;
	int block = 0; /* the word that started the declaration */

	for (size_t i = 0; i < p->tokens.count; i++) {
		struct token *token = &p->tokens.items[i];

		if (starts_declaration_at_left(p, i))
			depth = 0; /* whatever was left open */

		int before = i ? kind_at(p, i - 1) : ';';

		switch (token->kind) {
		case '{':
			depth++;
			in_outcome = false;
			continue;
		case '}':
			depth -= depth > 0;
			in_outcome = false;
			continue;
		case ';':
			in_outcome = false;
			continue;
		case TOKEN_ARROW:
			in_outcome = true;
			continue;
		case '(':
			/* a key of several fields: `(src, dport) in allowed`, `set s : (src, dport)` */
			if (!in_outcome && i + 2 < p->tokens.count && is_word(kind_at(p, i + 1)) &&
			    kind_at(p, i + 2) == ',')
				token->kind = TOKEN_LATER;
			continue;
		default:
			break;
		}
		if (!is_word(token->kind))
			continue;
		if (!depth && (before == ';' || before == '}' || starts_declaration_at_left(p, i)))
			block = token->kind;

		unsigned places = places_at(p, i, depth, in_outcome, block);

		/* a label, or the first word of a table file's line */
		if (p->start == TOKEN_START_LINE && i == 1)
			places = VERB;
		if (places && is_later(p, i, places))
			token->kind = TOKEN_LATER;
	}
}

/* ---- delivering tokens ---------------------------------------------------------------------- */

static void say_garbage(struct parser *p, size_t index)
{
	static const struct {
		const char *text, *meant;
	} meant[] = {
		{"&&", "and"}, {"&", "and"}, {"||", "or"}, {"|", "or"}, {"!", "not"},
	};
	const struct token *token = rpol_parser_token(p, index);
	const unsigned char *text = (const unsigned char *)rpol_parser_text(p, index);
	struct rpol_diag *diag;

	if (text[0] < ' ' || text[0] == 0x7f)
		diag = rpol_diag_add(p->diags, RPOL_DIAG_BAD_CHARACTER, span_at(p, index),
				     "a byte 0x%02x means nothing here", text[0]);
	else
		diag = rpol_diag_add(p->diags, RPOL_DIAG_BAD_CHARACTER, span_at(p, index),
				     "`%.*s` means nothing here",
				     token->length > 40 ? 0 : (int)token->length, text);
	if (token->length > 40)
		diag->message = "these characters mean nothing here";
	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++)
		if (text_is(p, index, meant[i].text))
			rpol_diag_help(p->diags, diag, "write `%s`", meant[i].meant);
	if (text_is(p, index, "-") && kind_at(p, index + 1) == '>')
		rpol_diag_help(p->diags, diag, "did you mean `=>`?");
	else if (text_is(p, index, "-"))
		rpol_diag_help(p->diags, diag, "names have no hyphens; a device's name that has "
					       "them goes in quotes");
}

int rpol_parser_next(struct parser *p, struct place *at)
{
	*at = (struct place){(int)p->next, (int)p->next - 1};
	if (p->start) {
		int start = p->start;

		p->start = 0;
		return start;
	}
	if (p->close_block) {
		p->close_block = false;
		return '}';
	}
	for (; kind_at(p, p->next) == TOKEN_GARBAGE; p->next++) {
		if (!p->tokens.items[p->next].said)
			say_garbage(p, p->next);
		p->tokens.items[p->next].said = true;
	}

	struct token *token = &p->tokens.items[p->next];

	if (token->semi_before) {
		token->semi_before = false;
		*at = (struct place){(int)p->next, (int)p->next - 1};
		return ';';
	}
	*at = (struct place){(int)p->next, (int)p->next};
	if (token->kind == TOKEN_END)
		return TOKEN_END;
	p->next++;
	if (token->kind != TOKEN_OPEN_STRING)
		return token->kind;
	if (!token->said) {
		struct rpol_diag *diag =
			rpol_diag_add(p->diags, RPOL_DIAG_UNTERMINATED,
				      span_at(p, (size_t)at->first), "string without its end");

		rpol_diag_help(p->diags, diag, "put a `\"` where it ends, in the same line");
	}
	token->said = true;
	return TOKEN_STRING;
}

/* ---- where things are ----------------------------------------------------------------------- */

/* The `{` of the list or block that a token is in, or SIZE_MAX. A list that was left open ends
 * with its statement, and a block before the next declaration. */
static size_t open_before(const struct parser *p, size_t index)
{
	size_t closed = 0;
	bool left_statement = false;

	while (index--) {
		switch (kind_at(p, index)) {
		case '}':
			closed++;
			break;
		case ';':
			left_statement = true;
			break;
		case '{':
			if (closed)
				closed--;
			else if (!left_statement || !index || is_name(kind_at(p, index - 1)))
				return index;
			break;
		default:
			if (starts_declaration_at_left(p, index))
				return SIZE_MAX;
			break;
		}
	}
	return SIZE_MAX;
}

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

/* The word that starts the declaration whose block opens at a `{`: policy, table, … */
static size_t block_word(const struct parser *p, size_t open)
{
	while (open && kind_at(p, open - 1) != ';' && kind_at(p, open - 1) != '}' &&
	       kind_at(p, open - 1) != '{')
		open--;
	return open;
}

/* Whether a token comes after the arrow of its statement: that starts after a `;` or a brace. */
static bool in_outcome(const struct parser *p, size_t index)
{
	while (index--) {
		int kind = kind_at(p, index);

		if (kind == TOKEN_ARROW || kind == TOKEN_DEFAULT || kind == TOKEN_ELSE)
			return true;
		if (kind == ';' || kind == '{' || kind == '}')
			return false;
	}
	return false;
}

static bool after_garbage(const struct parser *p, size_t index)
{
	while (index--) {
		int kind = kind_at(p, index);

		if (kind == TOKEN_GARBAGE || kind == TOKEN_OPEN_STRING)
			return true;
		if (kind == ';' || kind == '{' || kind == '}')
			return false;
	}
	return false;
}

/* ---- saying it ------------------------------------------------------------------------------ */

static const char *token_text(const struct parser *p, size_t index)
{
	const struct token *token = rpol_parser_token(p, index);

	if (token->kind == TOKEN_END)
		return p->line ? "the end of the line" : "the end of the file";
	if (token->length > 40)
		return rpol_arena_printf(p->arena, "`%.37s…`", rpol_parser_text(p, index));
	return rpol_arena_printf(p->arena, "`%.*s`", (int)token->length, rpol_parser_text(p, index));
}

/* What a name or a value would be, by what stands before it. */
static const char *noun(const struct parser *p, size_t index)
{
	int before = index ? kind_at(p, index - 1) : ';';
	size_t open = open_before(p, index);
	int block = open == SIZE_MAX ? 0 : kind_at(p, block_word(p, open));

	switch (before) {
	case TOKEN_ARROW:
	case TOKEN_ELSE:
	case TOKEN_DEFAULT:
		return "a verdict";
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
	case '(':
		return "a condition";
	case TOKEN_ON:
		return "an interface";
	case TOKEN_AT:
		return "`xdp`, `tc ingress` or `tc egress`";
	case TOKEN_DEV:
		return "an interface";
	case TOKEN_VIA:
		return "an address";
	case TOKEN_FRAGMENTS:
		return "`match`, `drop` or `pass`";
	case TOKEN_INTERFACE:
	case TOKEN_CONST:
	case TOKEN_SET:
	case TOKEN_COND:
	case TOKEN_NEXTHOP:
	case TOKEN_GROUP:
	case TOKEN_TABLE:
	case TOKEN_POLICY:
		return rpol_arena_printf(p->arena, "a name for the %s", word_at(p, index - 1));
	case ':':
		if (block)
			return "a condition";
		return kind_at(p, block_word(p, index - 1)) == TOKEN_TABLE
			       ? "`lpm`"
			       : "a type: `prefix`, `addr` or `port`";
	case '=':
		switch (kind_at(p, block_word(p, index - 1))) {
		case TOKEN_COND:
			return "a condition";
		case TOKEN_INTERFACE:
			return "a device";
		default:
			return "a value";
		}
	case ';':
	case '{':
	case '}':
		switch (block) {
		case TOKEN_POLICY:
			return "a rule";
		case TOKEN_TABLE:
			return "an entry";
		case TOKEN_GROUP:
			return "a next hop";
		default:
			return "a value";
		}
	case TOKEN_PREFER:
		return "a next hop";
	case ',':
		return in_outcome(p, index) ? "a verdict" : "a value";
	default:
		if (index >= 4 && kind_at(p, index - 4) == TOKEN_TABLE)
			return "`src` or `dst`";
		return in_outcome(p, index) ? "a name" : "a value";
	}
}

static const char *keyword_of(int kind)
{
	size_t n;
	const struct keyword *keywords = rpol_keywords(&n);

	for (size_t i = 0; i < n; i++)
		if (keywords[i].kind == kind)
			return keywords[i].word;
	return NULL;
}

static const char *punctuation(int kind)
{
	switch (kind) {
	case TOKEN_ARROW:
		return "=>";
	case TOKEN_DOTDOT:
		return "..";
	case ';':
		return ";";
	case ':':
		return ":";
	case ',':
		return ",";
	case '=':
		return "=";
	case '{':
		return "{";
	case '}':
		return "}";
	case ')':
		return ")";
	default:
		return keyword_of(kind);
	}
}

/* The acceptable tokens in the language's words: "`,` or `}`". */
static const char *expectation(const struct parser *p, size_t index,
			       const bool expected[MAX_TOKEN])
{
	const char *parts[MAX_TOKEN];
	size_t n = 0;
	bool value = expected[TOKEN_NUMBER] && expected[TOKEN_IDENT];
	bool left_out[MAX_TOKEN] = {0};

	if (expected[TOKEN_POLICY] && expected[TOKEN_INCLUDE] && !expected[TOKEN_IDENT])
		return "a declaration";
	if (expected[TOKEN_VIA] && expected[TOKEN_DEV] && !expected[TOKEN_IDENT])
		return "`via`, `dev` or `}`";
	/* An end that is always right is enough said. */
	if (expected[';'])
		return "`;`";
	if (expected[')'])
		return "`)`";
	if (expected[':'])
		return rpol_arena_printf(p->arena, "`:` after %s", token_text(p, index - 1));
	if (expected[TOKEN_IDENT]) {
		parts[n++] = noun(p, index);
		/* all that a name can be is in the noun, and so are the values */
		for (int kind = 0; kind < MAX_TOKEN; kind++)
			left_out[kind] = is_word(kind) && (value || !is_reserved(kind));
		left_out[TOKEN_NOT] = left_out[TOKEN_ANY] = left_out[TOKEN_DEFAULT] = true;
		left_out['{'] = value;
		left_out['('] = true;
	}
	if (expected[TOKEN_EQ] && expected[TOKEN_IN])
		parts[n++] = "an operator";
	left_out[TOKEN_IN] = left_out[TOKEN_HAS] = expected[TOKEN_EQ];
	left_out[TOKEN_DOTDOT] = true;
	left_out[TOKEN_AND] = left_out[TOKEN_OR] |= expected[TOKEN_EQ];
	if (expected[TOKEN_STRING] && !n)
		parts[n++] = "a file's name in quotes";
	if (expected[TOKEN_NUMBER] && !value)
		parts[n++] = "a number";
	for (int kind = 1; kind < MAX_TOKEN && n < MAX_TOKEN - 1; kind++)
		if (expected[kind] && !left_out[kind] && punctuation(kind))
			parts[n++] = rpol_arena_printf(p->arena, "`%s`", punctuation(kind));
	if (!n)
		return "nothing more";

	const char *text = parts[0];

	for (size_t i = 1; i < n; i++)
		text = rpol_arena_printf(p->arena, "%s%s%s", text, i + 1 < n ? ", " : " or ",
					 parts[i]);
	return text;
}

static void say_missing_semicolon(struct parser *p, size_t before)
{
	rpol_diag_add(p->diags, RPOL_DIAG_UNEXPECTED, span_after(p, before - 1),
		      "expected `;` after %s, found %s",
		      in_outcome(p, before) ? "the verdict" : token_text(p, before - 1),
		      token_text(p, before));
	p->tokens.items[before].semi_before = true;
	p->mended = true;
}

/* The keyword that the word at a token was meant to be, among the acceptable ones. */
static int meant(const struct parser *p, size_t index, const bool acceptable[MAX_TOKEN])
{
	const char *candidates[MAX_TOKEN];
	size_t n = 0;

	for (int kind = TOKEN_IDENT; kind <= TOKEN_WEIGHT; kind++)
		if (acceptable[kind] && keyword_of(kind))
			candidates[n++] = keyword_of(kind);

	const char *word = rpol_suggest(word_at(p, index), candidates, n);

	for (int kind = TOKEN_IDENT; word && kind <= TOKEN_WEIGHT; kind++)
		if (keyword_of(kind) && !strcmp(keyword_of(kind), word))
			return kind;
	return 0;
}

static bool mend_word(struct parser *p, size_t index, const bool acceptable[MAX_TOKEN],
		      const char *what)
{
	int kind = is_word(kind_at(p, index)) ? meant(p, index, acceptable) : 0;

	if (!kind || kind == kind_at(p, index))
		return false;

	struct rpol_diag *diag = rpol_diag_add(p->diags, RPOL_DIAG_UNEXPECTED, span_at(p, index),
					       "expected %s, found %s", what, token_text(p, index));

	if (acceptable[';'])
		diag->message = rpol_arena_printf(p->arena, "unexpected %s", token_text(p, index));
	rpol_diag_help(p->diags, diag, "did you mean `%s`?", keyword_of(kind));
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
	switch (kind_at(p, block_word(p, open))) {
	case TOKEN_POLICY:
		acceptable[TOKEN_DEFAULT] = acceptable[TOKEN_FRAGMENTS] = true;
		return mend_word(p, fault - 1, acceptable, "a rule");
	case TOKEN_GROUP:
		acceptable[TOKEN_HASH] = acceptable[TOKEN_PREFER] = acceptable[TOKEN_ELSE] = true;
		return mend_word(p, fault - 1, acceptable, "a next hop");
	default:
		return false;
	}
}

static bool say_not_yet(struct parser *p, size_t fault, size_t open)
{
	if (kind_at(p, fault) == TOKEN_LATER) {
		if (*rpol_parser_text(p, fault) == '(')
			rpol_diag_add(p->diags, RPOL_DIAG_NOT_YET, span_at(p, fault),
				      "a key of several fields is not in this version of rpol");
		else
			rpol_diag_add(p->diags, RPOL_DIAG_NOT_YET, span_at(p, fault),
				      "%s is not in this version of rpol", token_text(p, fault));
		return true;
	}
	if (kind_at(p, fault) == ',' && open == SIZE_MAX &&
	    kind_at(p, block_word(p, fault)) == TOKEN_INTERFACE) {
		rpol_diag_add(p->diags, RPOL_DIAG_NOT_YET, span_at(p, fault),
			      "an interface of several devices is not in this version of rpol");
		return true;
	}
	return false;
}

/* The block that a token is in has no end: the file's end or the next declaration comes first. Of
 * that, the keyword may have been taken for a label. */
static bool say_unclosed(struct parser *p, size_t fault)
{
	if (fault && starts_declaration_at_left(p, fault - 1))
		fault--;

	size_t open = open_before(p, fault);

	if (open == SIZE_MAX || (kind_at(p, fault) != TOKEN_END &&
				 !starts_declaration_at_left(p, fault)))
		return false;
	p->fault = fault;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_UNTERMINATED, span_after(p, fault - 1),
			      "expected `}` before %s", token_text(p, fault));

	rpol_diag_second(p->diags, diag, span_at(p, open), "opened here");
	p->close_block = true;
	return true;
}

static void say_expected(struct parser *p, size_t fault, const bool expected[MAX_TOKEN])
{
	int found = kind_at(p, fault);
	bool at_end = found == TOKEN_END && fault;
	enum rpol_diag_code code = p->line ? RPOL_DIAG_TABLE_LINE : RPOL_DIAG_UNEXPECTED;
	size_t open_list = expected['}'] && expected[','] ? open_before(p, fault) : SIZE_MAX;
	size_t opener = expected[')'] ? parenthesis_before(p, fault) : open_list;

	if (found == '}' && open_before(p, fault) == SIZE_MAX) {
		rpol_diag_add(p->diags, code, span_at(p, fault), "`}` without a `{` before it");
		return;
	}
	if (opener != SIZE_MAX && (found == ';' || found == TOKEN_ARROW || at_end))
		code = RPOL_DIAG_UNTERMINATED;

	struct rpol_diag *diag = rpol_diag_add(
		p->diags, code, at_end ? span_after(p, fault - 1) : span_at(p, fault),
		"expected %s, found %s", expectation(p, fault, expected), token_text(p, fault));

	if (opener != SIZE_MAX)
		rpol_diag_second(p->diags, diag, span_at(p, opener), "opened here");
	if (found == '=' && expected[TOKEN_EQ])
		rpol_diag_help(p->diags, diag, "did you mean `==`?");
	else if ((found == TOKEN_EQ || found == ':') && expected['='])
		rpol_diag_help(p->diags, diag, "did you mean `=`?");
	else if ((found == '=' || found == TOKEN_GE) && expected[TOKEN_ARROW])
		rpol_diag_help(p->diags, diag, "did you mean `=>`?");
	else if (found == ';' && fault && kind_at(p, fault - 1) == '}')
		rpol_diag_help(p->diags, diag, "a block ends with its `}` and needs no `;`");
	else if (is_reserved(found) && expected[TOKEN_IDENT])
		rpol_diag_help(p->diags, diag, "%s is a word of the language and no name",
			       token_text(p, fault));
	else if (found == TOKEN_DOTTED && expected[TOKEN_IDENT])
		rpol_diag_help(p->diags, diag, "names have no dots");
	else if (found == TOKEN_QUANTITY && expected[TOKEN_IDENT] && !expected[TOKEN_NUMBER])
		rpol_diag_help(p->diags, diag, "names do not start with a digit");
}

void rpol_parser_syntax_error(struct parser *p, struct place at, const bool expected[MAX_TOKEN])
{
	size_t fault = (size_t)at.first;
	int found = kind_at(p, fault);
	size_t open = open_before(p, fault);

	p->fault = fault;
	p->mended = false;
	if (say_not_yet(p, fault, open) || say_unclosed(p, fault) || after_garbage(p, fault))
		return;
	/* `drop` NEWLINE `web:`: the label was taken for the verdict's operand. */
	if ((found == ':' || found == TOKEN_ARROW) && fault >= 2 && is_name(kind_at(p, fault - 1)) &&
	    is_name(kind_at(p, fault - 2)) && in_outcome(p, fault - 1)) {
		say_missing_semicolon(p, fault - 1);
		return;
	}
	if (expected[';'] && fault &&
	    (found == '}' || found == TOKEN_END || rpol_parser_token(p, fault)->first) &&
	    kind_at(p, fault - 1) != ';') {
		say_missing_semicolon(p, fault);
		return;
	}
	if (mend_first_word(p, fault, open) ||
	    (found == TOKEN_IDENT && mend_word(p, fault, expected, expectation(p, fault, expected))))
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
	if (!starts_declaration(p, first) || kind_at(p, first) == TOKEN_INCLUDE)
		return;

	size_t name = first + 1;

	/* `dynamic set NAME` */
	if (name + 1 < p->tokens.count && starts_declaration(p, name) && is_name(kind_at(p, name + 1)))
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
		if (i > first && i >= fault && starts_declaration_at_left(p, i))
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
