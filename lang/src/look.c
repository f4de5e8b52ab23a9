/* look.c: what the tokens around the one at hand are a part of. */
#include "look.h"

bool rpol_look_declaration(const struct parser *p, size_t index)
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
	case TOKEN_CHAIN:
	case TOKEN_POLICY:
	case TOKEN_DYNAMIC:
	case TOKEN_LATER:
		return true;
	case TOKEN_IDENT:
		return rpol_look_later(p, index, DECLARATION);
	default:
		return false;
	}
}

bool rpol_look_declaration_at_left(const struct parser *p, size_t index)
{
	const struct token *token = rpol_parser_token(p, index);

	if (token->indented || !rpol_look_declaration(p, index))
		return false;
	return index + 1 < p->tokens.count &&
	       (is_word(kind_at(p, index + 1)) || kind_at(p, index + 1) == TOKEN_STRING);
}

/* A block's brace comes behind a name, a list's behind an operator; the name of a set's type makes
 * its list a block, which does no harm. */
static bool opens_block(const struct parser *p, size_t index)
{
	return index && is_name(kind_at(p, index - 1));
}

void rpol_look_prepare(struct parser *p)
{
	struct token *items = p->tokens.items;
	uint32_t open = 0; /* each `{` knows the one around it */

	for (size_t i = 0; i < p->tokens.count; i++) {
		items[i].open = open;
		switch (items[i].kind) {
		case '{':
			open = (uint32_t)i + 1;
			break;
		case '}':
			open = open ? items[open - 1].open : 0;
			break;
		case ';':
			while (open && !opens_block(p, open - 1))
				open = items[open - 1].open;
			break;
		default:
			if (rpol_look_declaration_at_left(p, i))
				open = 0;
			break;
		}
	}
}

size_t rpol_look_open(const struct parser *p, size_t index)
{
	uint32_t open = rpol_parser_token(p, index)->open;

	return open ? open - 1 : SIZE_MAX;
}

size_t rpol_look_block_word(const struct parser *p, size_t open)
{
	while (open && kind_at(p, open - 1) != ';' && kind_at(p, open - 1) != '}' &&
	       kind_at(p, open - 1) != '{')
		open--;
	return open;
}

bool rpol_look_in_outcome(const struct parser *p, size_t index)
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

const char *rpol_look_text(const struct parser *p, size_t index)
{
	const struct token *token = rpol_parser_token(p, index);

	if (token->kind == TOKEN_END)
		return p->line ? "the end of the line" : "the end of the file";
	if (token->length > 40)
		return rpol_arena_printf(p->arena, "`%.37s…`", rpol_parser_text(p, index));
	return rpol_arena_printf(p->arena, "`%.*s`", (int)token->length,
				 rpol_parser_text(p, index));
}
