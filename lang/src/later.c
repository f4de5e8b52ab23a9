/* later.c: finds the words of later versions of the language where they mean something. The grammar
 * has no place for them, so that each becomes a syntax error, which recover.c then explains. */
#include "look.h"

bool rpol_look_later(const struct parser *p, size_t index, unsigned places)
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
static unsigned places_at(const struct parser *p, size_t index, bool in_outcome, int block)
{
	bool inside = rpol_look_open(p, index) != SIZE_MAX;
	int before = index ? kind_at(p, index - 1) : ';';

	switch (before) {
	case ';':
	case '{':
	case '}':
		return !inside ? DECLARATION : block == TOKEN_NEXTHOP ? PROPERTY : NOWHERE;
	case TOKEN_ARROW:
	case TOKEN_ELSE:
	case TOKEN_DEFAULT:
		return VERB;
	case ',':
		return in_outcome ? VERB : NOWHERE;
	case TOKEN_AT:
		return block == TOKEN_POLICY && !inside ? HOOK : NOWHERE;
	case ':':
		if (!inside)
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
		return block == TOKEN_NEXTHOP && inside && kind_at(p, index) == TOKEN_IDENT &&
				       kind_at(p, index - 1) != TOKEN_VIA &&
				       kind_at(p, index - 1) != TOKEN_DEV
			       ? PROPERTY
			       : NOWHERE;
	}
}

void rpol_parser_mark_later(struct parser *p)
{
	bool in_outcome = p->start == TOKEN_START_LINE;
	int block = 0; /* the word that started the declaration */

	for (size_t i = 0; i < p->tokens.count; i++) {
		struct token *token = &p->tokens.items[i];
		int before = i ? kind_at(p, i - 1) : ';';

		switch (token->kind) {
		case '{':
		case '}':
		case ';':
			in_outcome = false;
			continue;
		case TOKEN_ARROW:
			in_outcome = true;
			continue;
		default:
			break;
		}
		if (!is_word(token->kind))
			continue;
		if (rpol_look_open(p, i) == SIZE_MAX &&
		    (before == ';' || before == '}' || rpol_look_declaration_at_left(p, i)))
			block = token->kind;

		unsigned places = places_at(p, i, in_outcome, block);

		/* a label, or the first word of a table file's line */
		if (p->start == TOKEN_START_LINE && i == 1)
			places = VERB;
		if (places && rpol_look_later(p, i, places))
			token->kind = TOKEN_LATER;
	}
}
