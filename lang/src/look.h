/* look.h: looking at the tokens around the one at hand: their kinds, their text, and what they are
 * a part of. Private to lang/'s front. */
#ifndef RPOL_LOOK_H
#define RPOL_LOOK_H

#include <string.h>

#include "parse.h"

#include "grammar.h"

static inline int kind_at(const struct parser *p, size_t index)
{
	return rpol_parser_token(p, index)->kind;
}

static inline struct rpol_span span_at(const struct parser *p, size_t index)
{
	return rpol_parser_span(p, (struct place){(int)index, (int)index});
}

/* Right after a token's end: where a `;` is missing. */
static inline struct rpol_span span_after(const struct parser *p, size_t index)
{
	struct rpol_span span = span_at(p, index);

	return (struct rpol_span){span.file, span.offset + span.length, 0};
}

static inline bool is_word(int kind)
{
	return kind >= TOKEN_IDENT && kind <= TOKEN_WEIGHT && kind != TOKEN_NUMBER &&
	       kind != TOKEN_QUANTITY && kind != TOKEN_PREFIX && kind != TOKEN_STRING;
}

/* Words that are never names. */
static inline bool is_reserved(int kind)
{
	return kind == TOKEN_AND || kind == TOKEN_ANY || kind == TOKEN_DEFAULT ||
	       kind == TOKEN_ELSE || kind == TOKEN_HAS || kind == TOKEN_IN || kind == TOKEN_NOT ||
	       kind == TOKEN_OR;
}

static inline bool is_name(int kind)
{
	return is_word(kind) && !is_reserved(kind) && kind != TOKEN_DOTTED;
}

static inline bool text_is(const struct parser *p, size_t index, const char *word)
{
	const struct token *token = rpol_parser_token(p, index);

	return token->length == strlen(word) &&
	       !memcmp(rpol_parser_text(p, index), word, token->length);
}

/* The token as a word of its own in the arena. */
static inline const char *word_at(const struct parser *p, size_t index)
{
	return rpol_arena_strndup(p->arena, rpol_parser_text(p, index),
				  rpol_parser_token(p, index)->length);
}

/* Where a word of later.def means something. */
enum later_place {
	NOWHERE = 0,
	DECLARATION = 1,
	METHOD = 2,
	PROPERTY = 4,
	VERB = 8,
	HOOK = 16,
	FIELD = 32,
};

/* True when the word is one of later.def's in one of the places. */
bool rpol_look_later(const struct parser *p, size_t index, unsigned places);

/* True for the first word of a declaration, of this version or a later one. */
bool rpol_look_declaration(const struct parser *p, size_t index);

/* And when it starts a line at its very left, where in a block nothing does. */
bool rpol_look_declaration_at_left(const struct parser *p, size_t index);

/* Finds the answers of rpol_look_open, once for all tokens. */
void rpol_look_prepare(struct parser *p);

/* The `{` of the list or block that a token is in, or SIZE_MAX. A list that was left open ends
 * with its statement, and a block before the next declaration. */
size_t rpol_look_open(const struct parser *p, size_t index);

/* The word that starts the declaration whose block opens at a `{`: policy, table, … */
size_t rpol_look_block_word(const struct parser *p, size_t open);

/* Whether a token comes after the arrow of its statement: that starts after a `;` or a brace. */
bool rpol_look_in_outcome(const struct parser *p, size_t index);

/* The token in backquotes, shortened; or "the end of the file". */
const char *rpol_look_text(const struct parser *p, size_t index);

/* ---- expect.c ------------------------------------------------------------------------------- */

/* The acceptable tokens in the language's words: "`,` or `}`". */
const char *rpol_expect_text(const struct parser *p, size_t index, const bool expected[MAX_TOKEN]);

/* The word of a keyword's token, or NULL. */
const char *rpol_expect_keyword(int kind);

#endif
