/* lexer.h: a file's text as an array of tokens. Private to lang/'s front.
 *
 * The whole text is cut up first, silently: what is wrong with a token is said when the parser
 * takes it, so that a statement that is skipped stays quiet. The parser can look at tokens before
 * and after the one at fault, and mend them. */
#ifndef RPOL_LEXER_H
#define RPOL_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpol/arena.h"

struct token {
	int kind;	 /* TOKEN_* of the grammar; TOKEN_END is the last */
	uint32_t offset; /* in the whole file */
	uint32_t length;
	uint32_t open;	  /* 1 + index of the `{` it is in, by look.c; 0: none */
	bool first;	  /* of its line */
	bool indented;	  /* has something before it in its line */
	bool said;	  /* its own mistake was reported */
	bool semi_before; /* mended: deliver a `;` first */
	bool mended;	  /* once is enough */
};

struct tokens {
	struct token *items;
	size_t count; /* TOKEN_END included */
	size_t capacity;
};

struct keyword {
	const char *word;
	int kind;
};

/* The words that have a token of their own, sorted. Most are names where a name is expected. */
const struct keyword *rpol_keywords(size_t *n);

/* Cuts text[0..length) up; offsets count from base. Everything is in the arena. Comments become
 * tokens only when asked for. */
struct tokens rpol_lex(struct rpol_arena *arena, const char *text, size_t length, uint32_t base,
		       bool comments);

#endif
