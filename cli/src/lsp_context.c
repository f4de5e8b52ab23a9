/* lsp_context.c: what may stand at a place of a text that is being written. The text is rarely
 * whole there, so the grammar cannot tell; words, braces and the few signs between them can. */
#include <ctype.h>
#include <string.h>

#include "lsp.h"

/* A token's kind is its first character, or one of these. */
enum { END = 0, WORD = 'w', STRING = 's', COMMENT = '#', COMPARE = 'q', ARROW = 'a', DOTS = '.' };

struct token {
	int kind;
	struct lsp_word at;
};

struct scan {
	const char *text;
	size_t length;
	size_t next;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* The length of an IPv6 address at the start of text; 0: it is none. Two colons make it one: one
 * ends a label. */
static size_t address_length(const char *text, size_t length)
{
	size_t n = 0, colons = 0;

	while (n < length && (isxdigit((unsigned char)text[n]) || text[n] == ':' || text[n] == '.'))
		colons += text[n++] == ':';
	while (n < length && colons > 1 && (text[n] == '/' || isdigit((unsigned char)text[n])))
		n++;
	return colons > 1 ? n : 0;
}

static size_t word_length(const char *text, size_t length)
{
	size_t n = address_length(text, length);
	bool number = isdigit((unsigned char)*text);

	if (n)
		return n;
	while (n < length && (is_word(text[n]) || (number && text[n] == '/'))) {
		if (text[n] == '.' && n + 1 < length && text[n + 1] == '.')
			break;
		n++;
	}
	return n;
}

static struct token next_token(struct scan *scan)
{
	struct token token = {.kind = END};
	const char *at;
	size_t rest, n = 1;

	while (scan->next < scan->length && isspace((unsigned char)scan->text[scan->next]))
		scan->next++;
	at = scan->text + scan->next;
	rest = scan->length - scan->next;
	token.at.offset = scan->next;
	if (!rest)
		return token;
	if (*at == '#' || *at == '"') {
		token.kind = *at == '#' ? COMMENT : STRING;
		while (n < rest && at[n] != '\n' && !(*at == '"' && at[n] == '"'))
			n++;
		if (*at == '"' && n < rest && at[n] == '"')
			n++;
	} else if (is_word(*at) && strncmp(at, "..", 2)) {
		token.kind = WORD;
		n = word_length(at, rest);
	} else if (address_length(at, rest)) {
		token.kind = WORD;
		n = address_length(at, rest);
	} else if (rest > 1 && at[0] == '=' && at[1] == '>') {
		token.kind = ARROW;
		n = 2;
	} else if (rest > 1 && at[1] == '=' && strchr("=!<>", *at)) {
		token.kind = COMPARE;
		n = 2;
	} else if (rest > 1 && at[0] == '.' && at[1] == '.') {
		token.kind = DOTS;
		n = 2;
	} else {
		token.kind = *at == '<' || *at == '>' ? COMPARE : (unsigned char)*at;
	}
	token.at.length = n;
	scan->next += n;
	return token;
}

bool lsp_word_is(const char *text, struct lsp_word word, const char *what)
{
	return strlen(what) == word.length && !memcmp(text + word.offset, what, word.length);
}

/* ---- what follows what ------------------------------------------------------------------- */

struct reader {
	const char *text;
	struct lsp_context now; /* what may stand next */
	int depth;		/* braces of blocks */
	int list;		/* braces of values, parentheses */
	bool rules;		/* the block has rules */
	bool outcome;		/* after an arrow, in this statement */
	bool header_colon;
};

static bool declares(const struct reader *r, const char *keyword)
{
	return lsp_word_is(r->text, r->now.declares, keyword);
}

static void start_declaration(struct reader *r)
{
	r->now = (struct lsp_context){.kind = LSP_DECLARATION};
	r->depth = r->list = 0;
	r->outcome = r->header_colon = false;
}

static void start_statement(struct reader *r)
{
	r->outcome = false;
	r->list = 0;
	r->now.kind = declares(r, "set") ? LSP_ENTRY : LSP_STATEMENT;
}

/* A word of the top level, outside all braces. */
static void read_header_word(struct reader *r, struct lsp_word word)
{
	if (r->now.kind == LSP_DECLARATION) {
		r->now.declares = word;
		/* `dynamic set`: the second word says what it is */
		r->now.kind = lsp_word_is(r->text, word, "dynamic") ? LSP_DECLARATION : LSP_NOTHING;
	} else if (lsp_word_is(r->text, word, "on") && declares(r, "policy")) {
		r->now.kind = LSP_INTERFACE_NAME;
	} else if (lsp_word_is(r->text, word, "at") && declares(r, "policy")) {
		r->now.kind = LSP_HOOK;
	} else {
		r->now.kind =
			r->now.kind == LSP_TYPE && declares(r, "table") ? LSP_KEY : LSP_NOTHING;
	}
}

static void read_condition_word(struct reader *r, struct lsp_word word)
{
	static const char *const joins[] = {"and", "or", "not"};

	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		if (!lsp_word_is(r->text, word, joins[i]))
			continue;
		r->now.kind = LSP_CONDITION;
		r->now.field = r->now.op = (struct lsp_word){0};
		return;
	}
	if (r->now.kind == LSP_CONDITION) {
		r->now.field = word;
		r->now.kind = LSP_OPERATOR;
	} else if (lsp_word_is(r->text, word, "in") || lsp_word_is(r->text, word, "has")) {
		r->now.op = word;
		r->now.kind = LSP_VALUE;
	} else {
		r->now.kind = LSP_NOTHING;
	}
}

static void read_outcome_word(struct reader *r, struct lsp_word word)
{
	if (lsp_word_is(r->text, word, "else")) {
		r->now.kind = LSP_VERB;
	} else if (r->now.kind == LSP_VERB) {
		r->now.verb = word;
		r->now.kind = LSP_OPERAND;
	} else {
		r->now.kind = LSP_NOTHING;
	}
}

static bool in_condition(const struct reader *r)
{
	return r->now.kind == LSP_CONDITION || r->now.kind == LSP_OPERATOR ||
	       r->now.kind == LSP_VALUE || r->now.field.length;
}

/* A word in a block, where a statement may start. */
static void read_block_word(struct reader *r, struct lsp_word word)
{
	bool starts = r->now.kind == LSP_STATEMENT;

	if (r->outcome) {
		read_outcome_word(r, word);
	} else if (lsp_word_is(r->text, word, "dev")) {
		r->now.kind = LSP_INTERFACE_NAME;
	} else if (starts && lsp_word_is(r->text, word, "prefer")) {
		r->now.kind = LSP_MEMBER;
	} else if (starts &&
		   (lsp_word_is(r->text, word, "default") || lsp_word_is(r->text, word, "else"))) {
		r->outcome = true;
		r->now.kind = LSP_VERB;
	} else if (in_condition(r) && !starts) {
		read_condition_word(r, word);
	} else {
		r->now.kind = r->now.kind == LSP_ENTRY ? LSP_ENTRY : LSP_NOTHING;
	}
}

static void read_word(struct reader *r, struct lsp_word word)
{
	if (!r->depth && declares(r, "cond") && in_condition(r))
		read_condition_word(r, word);
	else if (!r->depth)
		read_header_word(r, word);
	else
		read_block_word(r, word);
}

static void open_brace(struct reader *r)
{
	if (in_condition(r) && !r->outcome) {
		r->list++;
		return;
	}
	r->depth++;
	r->rules = declares(r, "policy") || declares(r, "chain");
	start_statement(r);
}

static void close_brace(struct reader *r)
{
	if (r->list) {
		r->list--;
		r->now.kind = LSP_NOTHING;
	} else if (--r->depth <= 0) {
		start_declaration(r);
	}
}

static void read_sign(struct reader *r, int kind)
{
	switch (kind) {
	case '{':
		open_brace(r);
		break;
	case '}':
		close_brace(r);
		break;
	case ';':
		r->now.field = r->now.op = r->now.verb = (struct lsp_word){0};
		if (r->depth)
			start_statement(r);
		else
			start_declaration(r);
		break;
	case ':':
		r->now.field = (struct lsp_word){0};
		r->now.kind = r->depth ? (r->rules ? LSP_CONDITION : LSP_NOTHING) : LSP_TYPE;
		break;
	case '=':
		r->now.kind = declares(r, "cond") ? LSP_CONDITION : LSP_NOTHING;
		break;
	case '(':
		r->now.kind = r->outcome ? LSP_VERB : LSP_CONDITION;
		break;
	case ARROW:
		r->outcome = true;
		r->now.field = (struct lsp_word){0};
		r->now.kind = LSP_VERB;
		break;
	case COMPARE:
		r->now.kind = LSP_VALUE;
		break;
	case ',':
		if (r->list)
			r->now.kind = LSP_VALUE;
		else if (r->outcome)
			r->now.kind = LSP_VERB;
		else if (!r->depth && declares(r, "policy"))
			r->now.kind = LSP_INTERFACE_NAME;
		else if (r->depth && declares(r, "set"))
			r->now.kind = LSP_ENTRY;
		else if (r->depth && declares(r, "group"))
			r->now.kind = LSP_MEMBER;
		break;
	default:
		break;
	}
}

struct lsp_context lsp_context(const char *text, size_t length, size_t offset)
{
	struct reader reader = {.text = text, .now = {.kind = LSP_DECLARATION}};
	struct scan scan = {.text = text, .length = length};
	struct token token;

	while ((token = next_token(&scan)).kind != END && token.at.offset < offset) {
		bool touches = token.at.offset + token.at.length >= offset;

		if (token.kind == COMMENT && touches)
			return (struct lsp_context){.kind = LSP_NOTHING};
		if (token.kind == STRING && token.at.offset + token.at.length > offset)
			return (struct lsp_context){.kind = LSP_NOTHING};
		if (token.kind == WORD && touches) {
			reader.now.word = token.at;
			return reader.now;
		}
		if (token.kind == WORD || token.kind == STRING)
			read_word(&reader, token.at);
		else if (token.kind == COMPARE) {
			reader.now.op = token.at;
			read_sign(&reader, COMPARE);
		} else if (token.kind != COMMENT) {
			read_sign(&reader, token.kind);
		}
	}
	if (token.kind == WORD && token.at.offset == offset)
		reader.now.word = token.at;
	else
		reader.now.word = (struct lsp_word){.offset = offset};
	return reader.now;
}
