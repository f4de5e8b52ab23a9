/* deliver.c: gives the grammar one token after the other, with what recover.c mended, and says what
 * is wrong with a token by itself. */
#include "look.h"

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
		rpol_diag_help(p->diags, diag,
			       "names have no hyphens; a device's name that has "
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
