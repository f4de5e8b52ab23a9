/* ast.h: the syntax tree, as the grammar's actions build it. Private to lang/.
 *
 * Names are not resolved and words not judged here: `fooble x` is an outcome whose word is
 * `fooble`, and the checker says what it thinks of it. Every node carries its span. Lists are
 * linked by `next`, in source order. Everything lives in the unit's arena. */
#ifndef RPOL_AST_H
#define RPOL_AST_H

#include "rpol/addr.h"
#include "rpol/diag.h"
#include "rpol/source.h"

struct ast_name {
	const char *text; /* NULL: absent */
	struct rpol_span span;
};

enum ast_value_kind {
	AST_NUMBER,   /* 53, 0x35 */
	AST_QUANTITY, /* 10kpps: number and unit together, unread: .text */
	AST_PREFIX,   /* 10.0.0.1, 10.0.0.0/8, 2001:db8::/32; a bare address has .bare */
	AST_MAC,      /* 00:11:22:33:44:55 */
	AST_TIME,     /* 22:00 or 22:00:30: seconds of the day in .number */
	AST_RATIO,    /* 1/N within random( ): N in .number */
	AST_NAME,     /* a declared name, a field's symbol or a dotted field name */
	AST_RANGE,    /* low .. high */
	AST_LIST,     /* { a, b } */
	AST_TUPLE,    /* (a, b) */
	AST_STRING,   /* "…" without its quotes */
	AST_BAD,      /* already reported; nobody says more about it */
};

struct ast_value {
	enum ast_value_kind kind;
	struct rpol_span span;
	uint64_t number;
	uint8_t mac[6];
	struct rpol_prefix prefix; /* as parsed; .host_bits: the bits were cleared */
	bool bare, host_bits;
	const char *text;	      /* NAME, STRING, QUANTITY */
	struct ast_value *low, *high; /* RANGE */
	struct ast_value *items;      /* LIST, TUPLE */
	struct ast_value *next;
};

enum ast_expr_kind { AST_ANY, AST_AND, AST_OR, AST_NOT, AST_TEST, AST_WORD, AST_BAD_EXPR };

enum ast_op { AST_EQ, AST_NE, AST_LT, AST_LE, AST_GT, AST_GE, AST_IN, AST_HAS };

struct ast_expr {
	enum ast_expr_kind kind;
	struct rpol_span span;
	struct ast_expr *args;	 /* AND, OR: flattened, 2 or more; NOT: 1 */
	struct ast_name field;	 /* TEST; WORD: a BOOL field or a cond by itself */
	struct ast_name *fields; /* TEST of several: `(src, dport) in s`; NULL: of field alone */
	size_t nfields;
	struct ast_value
		*params; /* `hash(flow)`: what is in the parentheses; NULL: there are none */
	enum ast_op op;
	struct rpol_span op_span;
	struct ast_value *value;
	struct ast_expr *next;
};

/* `word [operand [value]] [else outcome]`: a verdict or an action. */
struct ast_outcome {
	struct ast_name word;
	struct ast_name operand; /* the first argument when it is a name */
	struct ast_value *args;	 /* what follows the word, two at most */
	struct ast_outcome *otherwise;
	struct rpol_span span;
	struct ast_outcome *next; /* after a comma */
};

struct ast_rule {
	struct ast_name label;
	struct ast_expr *match;
	struct ast_outcome *outcomes;
	struct rpol_span span;
	struct ast_rule *next;
};

struct ast_entry {
	struct ast_value *key;
	struct ast_outcome *outcome;
	struct rpol_span span;
	struct ast_entry *next;
};

struct ast_member {
	struct ast_name name;
	bool has_weight;
	uint64_t weight;
	struct rpol_span span, weight_span;
	struct ast_member *next;
};

/* `size 100k;` or `timeout 10m;` of something dynamic. */
struct ast_property {
	struct ast_name name;
	struct ast_value *value;
	struct ast_property *next;
};

enum ast_decl_kind {
	AST_INTERFACE, /* interface NAME = device, …; */
	AST_CONST,     /* const NAME = value; */
	AST_SET,       /* set NAME : type { … } | from file "…"; */
	AST_COND,      /* cond NAME = expr; */
	AST_NEXTHOP,   /* nexthop NAME { via A; dev I; } with or without the inner semicolon */
	AST_GROUP,     /* group NAME { hash flow; a weight 3; … else V; } | { prefer a, b; … } */
	AST_TABLE,     /* table NAME : lpm src|dst { … } | from file "…"; */
	AST_CHAIN,     /* chain NAME { label: cond => outcome; … } */
	AST_POLICY,    /* policy NAME on I, … at hook { … } */
	AST_REFUSED, /* broken, or not in this version, and reported: its name is known, no more */
};

struct ast_decl {
	enum ast_decl_kind kind;
	struct ast_name name;
	struct rpol_span span; /* keyword to end */
	bool dynamic;	       /* a set or a table that changes at run time */
	struct ast_property *properties;
	union {
		struct {
			struct ast_name *devices;
			size_t ndevices;
		} interface;
		struct {
			struct ast_value *value;
		} constant;
		struct {
			struct ast_name type; /* text NULL: of the values of fields */
			struct ast_name *fields;
			size_t nfields;
			struct rpol_span type_span;
			struct ast_value *items;
			struct ast_value *file;
		} set;
		struct {
			struct ast_expr *expr;
		} cond;
		/* repeated parts are kept, so that the checker can point at both */
		struct {
			struct ast_value *via;
			struct ast_name dev, dev_again;
		} nexthop;
		struct {
			struct ast_name hash; /* `flow` of `hash flow`; text NULL: not said */
			bool prefer;	      /* members came in a `prefer` list */
			struct rpol_span prefer_span;
			struct ast_member *members;
			struct ast_outcome *otherwise;
		} group;
		struct {
			struct ast_name method; /* lpm, exact */
			struct ast_name *keys;
			size_t nkeys; /* src, dst, (dst, dport) */
			struct rpol_span keys_span;
			struct ast_entry *entries;
			struct ast_value *file;
		} table;
		struct {
			struct ast_name *ifaces;
			size_t nifaces;
			struct ast_name
				hook; /* "xdp", "tc ingress", "tc egress"; span of both words */
			struct ast_outcome *default_outcome, *default_again;
			struct ast_name fragments, fragments_again; /* match, drop, pass */
			struct ast_rule *rules;
			struct rpol_span close; /* the closing brace */
		} policy;			/* a chain has only its rules */
	};
	struct ast_decl *next;
};

struct ast {
	struct ast_decl *decls; /* of all files, includes expanded in place */
	struct ast_decl **tail;
};

#endif
