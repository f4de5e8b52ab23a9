/* check.h: the checker's own parts. Private to lang/src/check*.c.
 *
 * Each named declaration is a symbol. It is built when first needed, whatever the order of the
 * text, and at most once: a symbol met while it is being built needs itself. A symbol that was
 * found wrong is BAD for good, and nobody says anything about its uses. Functions that return
 * bool or a pointer have queued a diagnostic (or met something BAD) when they return false or
 * NULL. */
#ifndef RPOL_CHECK_H
#define RPOL_CHECK_H

#include "passes.h"

enum symbol_state { SYMBOL_NEW, SYMBOL_BUSY, SYMBOL_DONE, SYMBOL_BAD };

/* One number, address or prefix. */
struct scalar {
	bool is_address;
	uint64_t number;
	struct rpol_prefix prefix;
	bool bare; /* an address, written without a length */
	bool is_mac, is_time;
	uint8_t mac[6];
};

/* How large an expression is with its conds expanded. */
struct measure {
	unsigned tests, depth;
};

enum set_type { SET_OF_PREFIXES, SET_OF_ADDRESSES, SET_OF_PORTS, SET_OF_TUPLES };

struct symbol {
	struct ast_decl *decl;
	enum symbol_state state;
	bool twice;	      /* the name is declared again: uses of it say nothing */
	bool reached;	      /* from a policy */
	bool within;	      /* a cond: another one uses it */
	struct symbol **uses; /* what its declaration names */
	size_t nuses, uses_capacity;
	union {
		struct scalar constant;
		struct rpol_interface *interface; /* the first of decl's ndevices */
		struct {
			struct rpol_set *set;
			enum set_type set_type;
		};
		struct {
			const struct rpol_expr *cond;
			struct measure measure;
		};
		struct rpol_nexthop *nexthop;
		struct rpol_group *group;
		struct rpol_table *table;
		struct rpol_chain *chain;
		struct rpol_program *program;
	};
};

/* What of a packet is rewritten that its answers must have rewritten back. */
enum rewrite { REWRITE_SRC, REWRITE_DST, REWRITE_SPORT, REWRITE_DPORT, REWRITES };

struct check {
	struct rpol_unit *unit;
	struct rpol_arena *arena;
	struct rpol_diags *diags;

	struct symbol *symbols; /* in source order */
	size_t nsymbols;
	struct symbol **names; /* open addressing by name; mask + 1 slots */
	size_t mask;
	struct symbol *current; /* being built */
	unsigned depth;		/* of builds and expressions within each other */
	unsigned unknowns;	/* names not found so far */
	size_t uses_capacity;	/* of unit->names.uses */

	struct rpol_span *refused; /* where the parser reported something */
	size_t nrefused;

	const struct rpol_expr **reported; /* tests that were: negated ones, or of another hook's */
	size_t nreported, reported_capacity;

	const struct ast_member **seen; /* of the group in work, by next hop */

	const char *field_texts[RPOL_FIELD_COUNT]; /* field_place's; NULL: not needed yet */
	struct rpol_named_counter *named;	   /* room for RPOL_MAX_COUNTERS; they never move */
	size_t nnamed;
	bool changes_packets;		     /* some action does */
	struct rpol_span rewrites[REWRITES]; /* the first of each; length 0: none */

	struct rpol_interface *interfaces;
	struct rpol_set *sets; /* the named ones, then the anonymous ones as they come */
	struct rpol_nexthop *nexthops;
	struct rpol_group *groups;
	struct rpol_table *tables;
	struct table_facts *table_facts;
	struct rpol_chain *chains;
	struct chain_facts *chain_facts;
	const struct rpol_program **chain_users; /* the last program found to reach it */
	struct rpol_program *programs;
	size_t ninterfaces, nsets, nnexthops, ngroups, ntables, nchains, nprograms;
};

/* ---- check_names.c ---------------------------------------------------------------------- */

#define KIND(kind) (1u << (kind))

/* Fills symbols and names; reports duplicates, shadowed fields, long names. */
void check_names(struct check *check);

/* "a set"; the kinds of a mask as "a next hop or a group". */
const char *decl_kind_text(enum ast_decl_kind kind);
const char *decl_kinds_text(struct check *check, unsigned kinds);

/* "set %s : prefix { 192.0.2.0/24 };" */
const char *decl_kind_example(enum ast_decl_kind kind);

struct symbol *symbol_find(const struct check *check, const char *name);

/* Resolves a name that must be one of kinds, builds it and notes the use. */
struct symbol *symbol_use(struct check *check, const struct ast_name *name, unsigned kinds);

/* The rest of symbol_use for a name already found: kind, cycle, build. */
struct symbol *symbol_take(struct check *check, struct symbol *symbol, struct rpol_span span,
			   unsigned kinds);

bool symbol_build(struct check *check, struct symbol *symbol);

/* A list of candidate words for did-you-mean. */
struct words {
	const char **items;
	size_t count, capacity;
};

void words_add(struct check *check, struct words *words, const char *word);
void words_add_names(struct check *check, struct words *words, unsigned kinds);

/* "did you mean `x`?" when one of the words is near; false when none is. */
bool help_nearest(struct check *check, struct rpol_diag *diag, const char *word,
		  const struct words *words);

/* True, with E0601 queued, when the word is a field that a later version has. */
bool refuse_later_field(struct check *check, const struct ast_name *word);

/* The source text of a span on one line, cut when long; for messages. */
const char *span_text(struct check *check, struct rpol_span span);
const char *prefix_text(struct check *check, const struct rpol_prefix *prefix);

/* True when the parser reported something within the span: parts may be missing from it. */
bool span_refused(const struct check *check, struct rpol_span span);

/* ---- names.c ---------------------------------------------------------------------------- */

/* Notes for editors that the span stands for the symbol. */
void names_use(struct check *check, const struct symbol *symbol, struct rpol_span span);

/* Needs: everything is built. Leaves: unit->names complete. */
void names_finish(struct check *check);

/* ---- check_value.c ---------------------------------------------------------------------- */

/* What a value is for: a field, a set's entries, a next hop's address. */
struct place {
	enum rpol_type type;
	uint32_t max;
	const char *what; /* "`ttl` is a number" */
	unsigned kinds;	  /* declared names that fit, KIND() mask */
};

struct place field_place(struct check *check, enum rpol_field field, unsigned kinds);

/* "an address", "a port": a value of the type. */
const char *type_text(enum rpol_type type);

/* The value of a symbol of the type (`ef` of DSCP). */
bool type_symbol(enum rpol_type type, const char *word, uint32_t *value);

/* Resolves a value that is one number or address, of the place's type and within its maximum. */
bool check_scalar(struct check *check, const struct ast_value *value, const struct place *place,
		  struct scalar *out);

/* Queues E0304: the value is not of the place's type. */
void report_type(struct check *check, const struct ast_value *value, const struct place *place);

/* Queues E0305: the number is over the maximum. */
void report_range(struct check *check, struct rpol_span span, uint64_t number,
		  const struct place *place);

bool check_const(struct check *check, struct symbol *symbol);

/* ---- check_set.c ------------------------------------------------------------------------ */

/* The entries of one set before they are put in order. */
struct entries {
	struct prefix_entry *prefixes;
	size_t nprefixes, prefixes_capacity;
	struct range_entry *ranges;
	size_t nranges, ranges_capacity;
	const struct rpol_interface **ifaces;
	struct rpol_span *iface_spans;
	size_t nifaces, ifaces_capacity, iface_spans_capacity;
	struct set_entry *sets; /* included by name */
	size_t nsets, sets_capacity;
};

/* own: written in this set itself, so that overlaps are the user's concern. */
void entries_add_prefix(struct check *check, struct entries *entries,
			const struct rpol_prefix *prefix, struct rpol_span span, bool own);
void entries_add_range(struct check *check, struct entries *entries, uint32_t low, uint32_t high,
		       struct rpol_span span, bool own);

/* Reports entries that are there twice (false then) or covered, and leaves the set normalised. */
bool entries_normalise(struct check *check, struct entries *entries, struct rpol_set *set);

/* Queues E0401; returns false. */
bool report_twice(struct check *check, struct rpol_span span, struct rpol_span first);

bool check_set(struct check *check, struct symbol *symbol);

/* The anonymous set a value stands for after `in`, or the named one. */
const struct rpol_set *check_members(struct check *check, const struct ast_value *value,
				     const struct place *place);

/* ---- check_dynamic.c -------------------------------------------------------------------- */

/* The size and timeout of something dynamic: its properties and no others. timeout NULL: it has
 * none. */
bool check_properties(struct check *check, const struct ast_decl *decl, uint32_t *size,
		      uint32_t *timeout);

/* Queues E0701 when there are more entries than the size. */
bool check_room(struct check *check, const struct ast_decl *decl, size_t entries, uint32_t size);

/* Queues an error for a verdict that a dynamic table cannot have. */
bool check_dynamic_verdict(struct check *check, const struct rpol_verdict *verdict);

/* ---- check_key.c ------------------------------------------------------------------------ */

/* The fields of a key; false when any is none, or they are too many. */
bool check_key_fields(struct check *check, const struct ast_name *names, size_t count,
		      struct rpol_key *key);

/* Resolves a value to the key's bytes, key->size of them. */
bool check_key_value(struct check *check, const struct ast_value *value, const struct rpol_key *key,
		     uint8_t *to);

/* "(src, dport)", and whether a set's values are of these fields' types. */
const char *key_text(struct check *check, const enum rpol_field *fields, size_t count);
bool key_types_match(const struct rpol_key *key, const enum rpol_field *fields, size_t count);

/* The key of a dynamic set of single values: of type addr or port. */
void key_of_type(enum set_type type, struct rpol_key *key);

/* The entries of a set of KEYS whose key is known, in normal form. */
bool check_set_keys(struct check *check, struct rpol_set *set, const struct ast_value *items,
		    const struct ast_value *file);

/* `(src, dport) in …` */
bool check_tuple_test(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr);

/* ---- check_file.c ----------------------------------------------------------------------- */

/* One line of a file that holds something: without blanks around and comment. */
struct line {
	uint32_t file, offset, length;
	const char *text;
};

/* Reads the file a string names; false with a diagnostic at the string. */
bool file_open(struct check *check, const struct ast_value *string, uint32_t *file);

/* The next line at or after *offset that holds something. */
bool file_line(const struct check *check, uint32_t file, uint32_t *offset, struct line *line);

struct rpol_span line_span(const struct line *line);

/* Queues E0403: the line is not what; returns false. */
bool report_line(struct check *check, const struct line *line, const char *what);

/* Adds a set file's entries; false when any line was wrong. */
bool file_entries(struct check *check, uint32_t file, enum set_type type, struct entries *entries);

/* ---- check_expr.c ----------------------------------------------------------------------- */

/* Resolves an expression; NULL when anything in it was wrong. */
const struct rpol_expr *check_expr(struct check *check, const struct ast_expr *ast,
				   struct measure *measure);

/* Queues E0701 at the span when the expression is too large. */
bool check_measure(struct check *check, const struct measure *measure, struct rpol_span span);

bool check_cond(struct check *check, struct symbol *symbol);

/* ---- check_field.c ---------------------------------------------------------------------- */

/* Says that a name is no field. word: it stands alone, so that a cond was possible too. */
void report_field(struct check *check, const struct ast_name *name, bool word);

/* True when the name is a field's. */
bool field_find(const char *name, enum rpol_field *field);

/* ---- check_guard.c ---------------------------------------------------------------------- */

/* Reports negated tests on fields that may be absent, each once. The rule is who needs the
 * expression, for a second span when the test stands in a cond; NULL: the cond itself. */
void check_guards(struct check *check, const struct rpol_expr *expr, const struct ast_rule *rule);

/* Reports tests of fields that the hook lacks, each once. */
bool check_field_hooks(struct check *check, const struct rpol_expr *expr, enum rpol_hook hook,
		       struct rpol_span hook_span);
/* ---- check_match.c ---------------------------------------------------------------------- */

/* Warns of rules that nothing reaches, and of conditions that are there twice. Needs: no errors. */
void check_matches(struct check *check);

/* ---- check_cpu.c ------------------------------------------------------------------------ */

/* Resolves what follows `cpu`, one operand at most, into verdict->cpu. */
bool check_cpu(struct check *check, const struct ast_outcome *ast, struct rpol_verdict *verdict);

/* ---- check_verdict.c -------------------------------------------------------------------- */

/* Resolves the outcomes of a rule, an entry, a default or an else: exactly one verdict. The span
 * is of what needs it. */
const struct rpol_verdict *check_outcome(struct check *check, const struct ast_outcome *outcomes,
					 struct rpol_span span);

/* What follows when a verdict has no outcome: its else, or its group's. NULL: nothing. */
const struct rpol_verdict *verdict_otherwise(const struct rpol_verdict *verdict);

/* The first verdict of the kind along the elses; NULL: none. */
const struct rpol_verdict *verdict_find(const struct rpol_verdict *verdict,
					enum rpol_verdict_kind kind);

/* The first verdict along the elses that the hook does not have; NULL: none. */
const struct rpol_verdict *verdict_lacking(const struct rpol_verdict *verdict, enum rpol_hook hook);

/* The same with what is looked up and jumped to: the verdict of the rule that does not go. */
const struct rpol_verdict *outcome_lacking(const struct check *check,
					   const struct rpol_verdict *verdict, enum rpol_hook hook);

/* "xdp, tc ingress or tc egress": hooks by their bits. */
const char *hooks_text(struct check *check, unsigned hooks);

/* Reports verdicts that the hook lacks, at the verdict or, in a table, at its lookup. */
bool check_hook(struct check *check, const struct rpol_verdict *verdict, enum rpol_hook hook,
		struct rpol_span hook_span);

/* Reports a default that may go on to a next rule, which does not exist. */
bool check_final(struct check *check, const struct rpol_verdict *verdict);

bool check_nexthop(struct check *check, struct symbol *symbol);
bool check_group(struct check *check, struct symbol *symbol);

/* ---- check_action.c --------------------------------------------------------------------- */

/* True when the outcome's word is an action's. */
bool action_is(const struct ast_outcome *ast);

/* The first words of all actions, for did-you-mean. */
void words_add_actions(struct check *check, struct words *words);

/* Resolves the actions that a rule's outcomes begin with; leaves *outcomes at its verdict. */
bool check_actions(struct check *check, const struct ast_outcome **outcomes,
		   struct rpol_rule *rule);

/* The first action that the hook does not have; NULL: none. */
const struct rpol_action *action_lacking(const struct rpol_rule *rule, enum rpol_hook hook);

/* Reports the first action that the hook lacks. */
bool check_actions_hook(struct check *check, const struct rpol_rule *rule, enum rpol_hook hook,
			struct rpol_span hook_span);

/* Warns of rewritten addresses and ports that nothing rewrites back. Needs: every rule is built. */
void warn_no_way_back(struct check *check);

/* ---- check_table.c ---------------------------------------------------------------------- */

/* What the lookups of a table need to know of its entries; by table index. */
struct table_facts {
	const struct rpol_entry *lacking[RPOL_HOOK_COUNT]; /* first with a verdict the hook lacks */
	const struct rpol_entry *goes_on;		   /* first that may continue */
};

bool check_table(struct check *check, struct symbol *symbol);

/* ---- check_chain.c ---------------------------------------------------------------------- */

/* What the jumps to a chain need to know of its rules; by chain index. */
struct chain_facts {
	/* The first verdict in it, or in a chain it jumps to, that the hook lacks: a lookup when
	 * it is in the table. NULL: none. */
	const struct rpol_verdict *lacking[RPOL_HOOK_COUNT];
};

bool check_chain(struct check *check, struct symbol *symbol);

/* Reports a verdict that jumps where only a rule may; what: "an `else`". */
bool check_no_jump(struct check *check, const struct rpol_verdict *verdict, const char *what);

/* Needs: the program's own rules are right. hook: its own; NULL: not known yet. Leaves: copies of
 * the rules of all chains it reaches behind them. False, with E0701 queued, when these are too
 * many. */
bool check_chains_of(struct check *check, const struct ast_decl *decl, const enum rpol_hook *hook,
		     struct rpol_program *program);

/* ---- check_program.c -------------------------------------------------------------------- */

/* Labels of one policy or chain seen so far, by hash. */
struct labels {
	const struct ast_name **slots;
	size_t mask;
};

void labels_init(struct check *check, struct labels *labels, size_t count);
bool check_label(struct check *check, struct labels *labels, const struct ast_name *label);

/* hook: of the policy that has the rule; NULL: not known, or a chain's rule. */
bool check_rule(struct check *check, const struct ast_decl *decl, const struct ast_rule *ast,
		const enum rpol_hook *hook, struct rpol_rule *rule);

/* False, with E0205 queued at the span, when the interface is several devices. */
bool check_single(struct check *check, const struct symbol *symbol, struct rpol_span span);

bool check_interface(struct check *check, struct symbol *symbol);
bool check_program(struct check *check, struct symbol *symbol);

/* Reports policies that meet on one device and hook. Needs: every program is built. */
void check_attachments(struct check *check);

#endif
