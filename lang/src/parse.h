/* parse.h: the front of lang/ from the inside: what grammar.y, build*.c, recover.c and parse.c
 * share.
 *
 *     lexer.l    text → tokens
 *     grammar.y  tokens → calls of build.c and build_value.c
 *     build.c    nodes of the tree
 *     build_value.c  names and values in it
 *     later.c    the words of later versions, marked before the grammar sees them
 *     deliver.c  tokens, one by one, to the grammar
 *     recover.c  what is said about a syntax error, and where reading goes on
 *     expect.c   the words for what was expected
 *     look.c     looks at the tokens around
 *     parse.c    files, includes, the entry points */
#ifndef RPOL_PARSE_H
#define RPOL_PARSE_H

#include "lexer.h"
#include "passes.h"

/* A run of tokens: indices of the first and the last; empty when last < first. */
struct place {
	int first, last;
};

struct value_list {
	struct ast_value *first, *last;
};

struct expr_list {
	struct ast_expr *first, *last;
};

struct outcome_list {
	struct ast_outcome *first, *last;
};

struct name_list {
	struct ast_name *items;
	size_t count, capacity;
};

enum { MAX_TOKEN = 320 };

/* What an `error` in the grammar gives up: a declaration, or one statement in a block. */
enum level { LEVEL_DECL, LEVEL_ITEM };

struct parser {
	struct rpol_arena *arena;
	struct rpol_diags *diags;
	const struct rpol_sources *sources;
	struct rpol_unit *unit; /* NULL: includes are not followed */
	const struct parser *includer;
	uint32_t file;
	struct rpol_span include; /* where the includer says so */
	struct ast *ast;
	struct ast_entry *line; /* what a table file's line is */

	struct tokens tokens;
	int start;   /* first token to deliver: which grammar */
	size_t next; /* token to deliver */
	/* one syntax error, from its report to the recovery */
	size_t fault;
	bool mended;	  /* tokens were changed: read the statement again */
	bool close_block; /* a block without its end: deliver a `}` */

	/* lists under construction in the body being read */
	struct ast_member *members, **members_tail;
	struct ast_member **group_tail;
	struct ast_entry **entries_tail;
	struct ast_rule **rules_tail;
};

/* ---- parse.c ---------------------------------------------------------------------------- */

/* Parses tokens of one file with the grammar that start names. False: given up. */
bool rpol_parser_run(struct parser *p, struct rpol_arena *scratch, int start, uint32_t offset,
		     uint32_t length);

const struct token *rpol_parser_token(const struct parser *p, size_t index);
const char *rpol_parser_text(const struct parser *p, size_t index); /* not terminated */
struct rpol_span rpol_parser_span(const struct parser *p, struct place at);

/* ---- later.c, deliver.c, recover.c -------------------------------------------------------- */

/* Marks the words of later versions where they mean something, as TOKEN_LATER. */
void rpol_parser_mark_later(struct parser *p);

int rpol_parser_next(struct parser *p, struct place *at);
void rpol_parser_syntax_error(struct parser *p, struct place at, const bool expected[MAX_TOKEN]);
void rpol_parser_recover(struct parser *p, enum level level, struct place statement);
void rpol_parser_too_deep(struct parser *p, struct place at);

/* ---- build_value.c: names and values ------------------------------------------------------ */

struct ast_name rpol_build_name(struct parser *p, struct place at);
/* False after a diagnostic: the token is no number of 64 bits. */
bool rpol_build_number(struct parser *p, int index, uint64_t *out);
struct ast_value *rpol_build_scalar(struct parser *p, struct place at);
struct ast_value *rpol_build_range(struct parser *p, struct place at, struct ast_value *low,
				   struct ast_value *high);
struct ast_value *rpol_build_value_list(struct parser *p, struct place at, struct ast_value *items);

/* ---- build.c: one for each other action of the grammar ------------------------------------ */

struct ast_expr *rpol_build_any(struct parser *p, struct place at);
struct ast_expr *rpol_build_not(struct parser *p, struct place at, struct ast_expr *arg);
struct ast_expr *rpol_build_word(struct parser *p, struct place at, struct ast_name field);
struct ast_expr *rpol_build_test(struct parser *p, struct place at, struct ast_name field,
				 enum ast_op op, struct place op_at, struct ast_value *value);
struct ast_expr *rpol_build_tuple_test(struct parser *p, struct place at, struct ast_name first,
				       struct name_list others, enum ast_op op, struct place op_at,
				       struct ast_value *value);
struct expr_list rpol_build_exprs(enum ast_expr_kind kind, const struct expr_list *before,
				  struct ast_expr *expr);
struct ast_expr *rpol_build_list(struct parser *p, struct place at, enum ast_expr_kind kind,
				 struct expr_list list);

struct ast_outcome *rpol_build_action(struct parser *p, struct place at, struct ast_name word,
				      struct ast_value *args);
struct ast_outcome *rpol_build_else(struct parser *p, struct place at, struct ast_outcome *action,
				    struct ast_outcome *otherwise);

struct name_list rpol_build_names(struct parser *p, const struct name_list *before,
				  struct ast_name name);
struct ast_name rpol_build_hook(struct parser *p, struct ast_name first, struct ast_name second);

struct ast_decl *rpol_build_body(struct parser *p, enum ast_decl_kind kind);
void rpol_build_via(struct parser *p, struct ast_decl *nexthop, struct ast_value *via);
void rpol_build_dev(struct ast_decl *nexthop, struct ast_name dev);
void rpol_build_hash(struct parser *p, struct ast_decl *group, struct ast_name hash);
void rpol_build_prefer(struct parser *p, struct ast_decl *group, struct place at);
void rpol_build_member(struct parser *p, struct ast_name name, const struct place *weight);
void rpol_build_members(struct parser *p, struct ast_decl *group);
void rpol_build_group_else(struct parser *p, struct ast_decl *group, struct ast_outcome *outcome);
void rpol_build_entry(struct parser *p, struct ast_decl *table, struct place first,
		      struct place last, struct ast_value *key, struct ast_outcome *outcome);
void rpol_build_default(struct ast_decl *policy, struct ast_outcome *outcome);
void rpol_build_fragments(struct ast_decl *policy, struct ast_name word);
void rpol_build_rule(struct parser *p, struct ast_decl *policy, struct place first,
		     struct place last, struct ast_name label, struct ast_expr *match,
		     struct outcome_list outcomes);

void rpol_build_include(struct parser *p, struct place path);
/* at: the whole statement. The one behind it is found among the tokens. */
void rpol_build_allow(struct parser *p, struct place at, struct ast_name code);
void rpol_build_interface(struct parser *p, struct place at, struct ast_name name,
			  struct name_list devices);
void rpol_build_const(struct parser *p, struct place at, struct ast_name name,
		      struct ast_value *value);
void rpol_build_set(struct parser *p, struct place at, struct ast_name name, struct ast_name type,
		    struct ast_value *items, struct ast_value *file);
void rpol_build_tuples(struct parser *p, struct place at, struct ast_name name,
		       struct name_list fields, struct place fields_at, struct ast_value *items,
		       struct ast_value *file);
void rpol_build_property(struct parser *p, struct ast_decl *decl, struct place name,
			 struct ast_value *value);
void rpol_build_dynamic_file(struct parser *p, struct ast_decl *decl, struct ast_value *file);
void rpol_build_dynamic_set(struct parser *p, struct place at, struct ast_name name,
			    struct name_list type, struct place type_at, struct ast_decl *body);
void rpol_build_dynamic_table(struct parser *p, struct place at, struct ast_name name,
			      struct ast_name method, struct name_list keys, struct place keys_at,
			      struct ast_decl *body);
void rpol_build_cond(struct parser *p, struct place at, struct ast_name name,
		     struct ast_expr *expr);
void rpol_build_block(struct parser *p, struct place at, struct ast_name name,
		      struct ast_decl *body);
void rpol_build_table(struct parser *p, struct place at, struct ast_name name,
		      struct ast_name method, struct name_list keys, struct place keys_at,
		      struct ast_decl *body, struct ast_value *file);
void rpol_build_policy(struct parser *p, struct place at, struct ast_name name,
		       struct name_list ifaces, struct ast_name hook, struct ast_decl *body,
		       struct place close);
void rpol_build_line(struct parser *p, struct ast_value *key, struct ast_outcome *outcome);

#endif
