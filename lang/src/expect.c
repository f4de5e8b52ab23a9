/* expect.c: what could stand at the place of a syntax error, in the words of the language. */
#include "look.h"

/* What a name or a value would be, by what stands before it. */
static const char *noun(const struct parser *p, size_t index)
{
	int before = index ? kind_at(p, index - 1) : ';';
	size_t open = rpol_look_open(p, index);
	int block = open == SIZE_MAX ? 0 : kind_at(p, rpol_look_block_word(p, open));

	if (p->line && index <= 1)
		return index ? "a verdict" : "a key";
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
		return "`xdp`, `tc ingress`, `tc egress` or `auto`";
	case TOKEN_DEV:
		return "an interface";
	case TOKEN_VIA:
		return "an address";
	case TOKEN_ALLOW:
		return "a warning's code";
	case TOKEN_FRAGMENTS:
		return "`match`, `drop` or `pass`";
	case TOKEN_INTERFACE:
	case TOKEN_CONST:
	case TOKEN_SET:
	case TOKEN_COND:
	case TOKEN_NEXTHOP:
	case TOKEN_GROUP:
	case TOKEN_TABLE:
	case TOKEN_CHAIN:
	case TOKEN_POLICY:
		return rpol_arena_printf(p->arena, "a name for the %s", word_at(p, index - 1));
	case ':':
		if (block)
			return "a condition";
		return kind_at(p, rpol_look_block_word(p, index - 1)) == TOKEN_TABLE
			       ? "`lpm` or `exact`"
			       : "a type: `prefix`, `addr`, `port` or `(FIELD, …)`";
	case '=':
		switch (kind_at(p, rpol_look_block_word(p, index - 1))) {
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
		case TOKEN_CHAIN:
		case TOKEN_POLICY:
			return "a rule";
		case TOKEN_TABLE:
			return "an entry";
		case TOKEN_DYNAMIC:
			return "a property such as `size 100k`";
		case TOKEN_GROUP:
			return "a next hop";
		default:
			return "a value";
		}
	case TOKEN_PREFER:
		return "a next hop";
	case TOKEN_HASH:
		return "`flow`";
	case ',':
		return rpol_look_in_outcome(p, index) ? "a verdict" : "a value";
	default:
		if (index >= 4 && kind_at(p, index - 4) == TOKEN_TABLE)
			return "a field";
		return rpol_look_in_outcome(p, index) ? "a name" : "a value";
	}
}

const char *rpol_expect_keyword(int kind)
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
		return rpol_expect_keyword(kind);
	}
}

const char *rpol_expect_text(const struct parser *p, size_t index, const bool expected[MAX_TOKEN])
{
	const char *parts[MAX_TOKEN];
	size_t n = 0;
	bool value = expected[TOKEN_NUMBER] && expected[TOKEN_IDENT];
	bool left_out[MAX_TOKEN] = {0};

	if (expected[TOKEN_POLICY] && expected[TOKEN_INCLUDE] && !expected[TOKEN_IDENT])
		return "a declaration";
	if (expected[TOKEN_SET] && expected[TOKEN_TABLE] && !expected[TOKEN_IDENT])
		return "`set` or `table`";
	if (expected[TOKEN_VIA] && expected[TOKEN_DEV] && !expected[TOKEN_IDENT])
		return "`via`, `dev` or `}`";
	/* An end that is always right is enough said. */
	if (expected[';'])
		return "`;`";
	if (p->line && expected[TOKEN_END])
		return "the end of the line";
	if (expected[')'])
		return "`)`";
	if (expected[':'] && index && kind_at(p, index - 1) == TOKEN_ALLOW)
		return "a warning's code after `allow`";
	if (expected[':'])
		return rpol_arena_printf(p->arena, "`:` after %s", rpol_look_text(p, index - 1));
	/* A hook's second word may be there or not. */
	if (expected['{'] && expected[TOKEN_IDENT] && !value)
		return "`{`";
	if (expected[TOKEN_DEFAULT])
		return "a rule or `}`";
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
