/* emit.h: writing the generated C. Private to compiler/.
 *
 * emit.c writes the text from top to bottom, emit_set.c, emit_key.c and emit_memory.c sets
 * and tables, emit_list.c lists of rules, emit_rule.c rules and verdicts, emit_expr.c conditions.
 */
#ifndef RPOL_EMIT_H
#define RPOL_EMIT_H

#include <stdio.h>

#include "lowering.h"

struct emitter {
	struct rpol_arena *arena;
	const struct lowering *lowering;
	FILE *out;
	const struct lowered_program *program; /* whose rules are written; NULL: none's */
	unsigned line; /* of the generated text, from 1; where the next character goes */
};

/* Formats and writes, counting lines. */
void emit_text(struct emitter *emitter, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* `#line` to the start of a span; to it again while still in its file; or back to the generated
 * text. */
void emit_line_of(struct emitter *emitter, struct rpol_span span);
void emit_line_again(struct emitter *emitter, struct rpol_span span);
void emit_line_back(struct emitter *emitter);

/* The name of the generated text where no #line is in effect: "router.c". */
const char *emit_name(struct rpol_arena *arena, const struct rpol_policy *policy);

/* Source text of a span in one line, fit for a C comment: white space and comments are one space
 * each, and a text that is too long is cut. */
const char *emit_comment(struct emitter *emitter, struct rpol_span span);

/* Writes the whole text; the lowering as text (print.c). */
void rpol_emit_program(struct rpol_arena *arena, const struct lowering *lowering, FILE *out);
void rpol_print_lowering(struct rpol_arena *arena, const struct lowering *lowering, FILE *out);

/* ---- emit_expr.c ------------------------------------------------------------------------------
 */

/* Where a condition may be broken into lines. */
#define EMIT_BREAK '\001'

/* The condition as C over `p`, EMIT_BREAK before operators. NULL: always true. */
const char *emit_condition(struct emitter *emitter, const struct rpol_expr *expr);

/* `RPOL_IN4(subject, 8, IP4(10, 0, 0, 0))`, and `IP4(10, 0, 0, 0)`. */
const char *emit_prefix_test(struct emitter *emitter, const char *subject,
			     const struct rpol_prefix *prefix);
const char *emit_addr(struct emitter *emitter, const struct rpol_addr *addr);

/* One range: `value == 5060` or `RPOL_RANGE(value, 16384, 32767)`. */
const char *emit_range_test(struct emitter *emitter, const char *value,
			    const struct rpol_range *range);

/* ---- emit_set.c -------------------------------------------------------------------------------
 */

/* Maps, constants and functions of every used set and table. */
void emit_sets(struct emitter *emitter);
void emit_tables(struct emitter *emitter);

/* ---- emit_memory.c ----------------------------------------------------------------------------
 */

/* The memory; a family's, with the function that looks up in it where that is not inlined. */
void emit_memory(struct emitter *emitter, const struct lowered_memory *memory);
void emit_family_memory(struct emitter *emitter, const struct lowered_family *family, int number);

/* C expression of what an address `a` or `a, b, c, d` finds in a family's memory. */
const char *emit_family_lookup(struct emitter *emitter, const struct lowered_family *family,
			       int number);

/* A table's verdicts by number; statements that return the one of `found`, ending the function. */
void emit_verdicts(struct emitter *emitter, const struct lowered_table *table);
void emit_found(struct emitter *emitter, const struct lowered_table *table);

/* Of the function that returns a table's verdict. */
const char *emit_inlining(const struct lowered_table *table);

/* ---- emit_key.c -------------------------------------------------------------------------------
 */

/* The arguments for a function that takes a key, the packet being p: its layers and the fields'
 * values. */
const char *emit_key_values(struct emitter *emitter, const enum rpol_field *fields, size_t count);

/* A set of keys: its map, and the function that asks it. */
void emit_key_set(struct emitter *emitter, const struct lowered_set *set);

/* A dynamic table: its map, and the function that looks up. */
void emit_dynamic_table(struct emitter *emitter, const struct lowered_table *table);

/* An exact table: its map, and the function that looks up. */
void emit_key_table(struct emitter *emitter, const struct lowered_table *table);

/* ---- emit_action.c ----------------------------------------------------------------------------
 */

/* Statements that do what a rule does before its verdict. */
void emit_actions(struct emitter *emitter, const char *indent, const struct rpol_rule *rule);

/* ---- emit_list.c ------------------------------------------------------------------------------
 */

/* Memory and functions of a program's lists; statements that return what the list decides, and go
 * on when it decides nothing. */
void emit_lists(struct emitter *emitter, const struct lowered_program *program);
void emit_list_use(struct emitter *emitter, const struct lowered_list *list);

/* ---- emit_rule.c ------------------------------------------------------------------------------
 */

/* C expression of a verdict that needs no look: "RPOL_VERDICT(RPOL_ROUTE, 0)". */
const char *emit_verdict_value(struct emitter *emitter, const struct rpol_verdict *verdict);

/* True when emit_verdict_value is all there is to it. */
bool emit_verdict_simple(const struct rpol_verdict *verdict);

/* Statements that return what the verdict comes to, as a decision of `rule` or, when rule is
 * NULL, as a bare verdict (a table's entry, which always comes to something). Those of a rule
 * fall through where it comes to nothing and, after counting, where it comes to `continue`. */
void emit_verdict(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
		  const struct rpol_verdict *verdict);

/* Statements that do all that a rule which matched comes to. */
void emit_outcome(struct emitter *emitter, const char *indent, const struct rpol_rule *rule);

/* The functions with a program's rules. */
void emit_rules(struct emitter *emitter, const struct lowered_program *program);

#endif
