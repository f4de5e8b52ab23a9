/* check_match.c: rules that no packet reaches, as far as the types of fields, prefixes and ranges
 * tell: those that contradict themselves, those that an earlier rule covers. Tests that are there
 * twice. */
#include "match.h"

#include <string.h>

/* Of more arguments than that none is compared with the others. */
enum { MOST_REPEATS = 64 };

/* What is known of so many rules goes at once. */
enum { RULES_AT_ONCE = 64 };

/* ---- reports ----------------------------------------------------------------------------- */

static bool within(struct rpol_span inner, struct rpol_span outer)
{
	return inner.file == outer.file && inner.offset >= outer.offset &&
	       inner.offset < outer.offset + outer.length;
}

static struct rpol_span label_span(const struct rpol_rule *rule)
{
	return (struct rpol_span){rule->span.file, rule->span.offset,
				  (uint32_t)strlen(rule->label)};
}

static const char *conflict_text(struct check *check, const struct rpol_expr *test, bool negated)
{
	return rpol_arena_printf(check->arena, "%s%s", negated ? "not " : "",
				 span_text(check, test->span));
}

/* At the later one of two tests when the rule has it, else at the label. */
static void report_never(struct matcher *m, const struct rpol_rule *rule)
{
	struct conflict it = m->conflict;
	struct check *check = m->check;
	struct rpol_diag *diag;

	if (it.with == it.test && it.with_negated == it.test_negated)
		it.with = NULL;
	if (it.with && it.with->span.file == it.test->span.file &&
	    it.with->span.offset > it.test->span.offset && within(it.with->span, rule->span))
		it = (struct conflict){it.with, it.test, it.with_negated, it.test_negated};
	diag = rpol_diag_add(
		check->diags, RPOL_DIAG_NEVER,
		within(it.test->span, rule->span) ? it.test->span : label_span(rule),
		it.with ? "rule `%s` never matches: `%s` is false wherever `%s` is true"
			: "rule `%s` never matches: `%s` is always false",
		rule->label, conflict_text(check, it.test, it.test_negated),
		it.with ? conflict_text(check, it.with, it.with_negated) : "");
	if (it.with)
		rpol_diag_second(check->diags, diag, it.with->span,
				 it.with_negated ? "false of other packets"
						 : "true of other packets");
	rpol_diag_help(check->diags, diag,
		       it.with ? "write `or` in place of `and`, or take one of the two out"
			       : "take the test out");
}

static void report_covered(struct matcher *m, const struct rpol_rule *rule,
			   const struct rpol_rule *by, size_t more)
{
	struct check *check = m->check;
	struct rpol_diag *diag;

	if (more > 1)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s` and the %zu after it", rule->label,
				     more);
	else if (more)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s` and the one after it", rule->label);
	else
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s`", rule->label);
	rpol_diag_second(check->diags, diag, by->match->span, "rule `%s` takes all it would match",
			 by->label);
	/* no rule that was written has that label */
	if (!strcmp(by->label, "fragments"))
		rpol_diag_help(check->diags, diag,
			       "take the rule out, or leave fragments to the rules: "
			       "`fragments match;`");
	else
		rpol_diag_help(check->diags, diag, "put `%s` before `%s`, or take it out",
			       rule->label, by->label);
}

static void check_repeats(struct matcher *m, const struct rpol_expr *expr, struct rpol_span whole)
{
	if (!within(expr->span, whole))
		return;
	for (size_t i = 0; i < expr->nargs; i++)
		check_repeats(m, expr->args[i], whole);
	if (expr->nargs < 2 || expr->nargs > MOST_REPEATS)
		return;
	for (size_t i = 1; i < expr->nargs; i++)
		for (size_t j = 0; j < i; j++) {
			struct rpol_diag *diag;

			/* a cond's name is where its expression is */
			if (!within(expr->args[i]->span, whole) ||
			    !within(expr->args[j]->span, whole) ||
			    !expr_same(m, expr->args[i], expr->args[j]))
				continue;
			diag = rpol_diag_add(m->check->diags, RPOL_DIAG_REPEATED,
					     expr->args[i]->span, "`%s` is there twice",
					     span_text(m->check, expr->args[i]->span));
			rpol_diag_second(m->check->diags, diag, expr->args[j]->span, "first here");
			rpol_diag_help(m->check->diags, diag, "take one of the two out");
			break;
		}
}

/* ---- the walk ---------------------------------------------------------------------------- */

/* Whether rules after this one may be tried for a packet that it matched. */
static bool may_go_on(const struct rpol_rule *rule)
{
	return verdict_find(rule->verdict, RPOL_VERDICT_CONTINUE) ||
	       verdict_find(rule->verdict, RPOL_VERDICT_LOOKUP) ||
	       verdict_find(rule->verdict, RPOL_VERDICT_JUMP);
}

/* Whether rules after this one may be tried for a packet that it changed, so that what matched none
 * before it may now. */
static bool may_change(const struct check *check, const struct rpol_rule *rule)
{
	if (!check->changes_packets || !may_go_on(rule))
		return false;
	if (verdict_find(rule->verdict, RPOL_VERDICT_JUMP))
		return true; /* the chain's rules may */
	for (size_t i = 0; i < rule->nactions; i++)
		if (rule->actions[i].kind != RPOL_ACTION_COUNT)
			return true;
	return false;
}

/* The rule that takes all that this one would match; NULL: none known. False when the rule itself
 * matches nothing. */
static bool find_covering(struct matcher *m, const struct match_index *index,
			  const struct rpol_rule *rule, const struct rpol_rule **by)
{
	struct state state = {0}, witness;

	*by = NULL;
	m->alternatives = false;
	if (!state_narrow(m, &state, rule->match, false, false))
		return false;
	if (!m->alternatives) {
		*by = match_index_find(m, index, rule->match, &state, &state);
		return true;
	}
	witness = state;
	if (state_narrow(m, &witness, rule->match, false, true))
		*by = match_index_find(m, index, rule->match, &state, &witness);
	return true;
}

/* final: the last is the default, which nobody minds. */
static void check_rules(struct matcher *m, const struct rpol_rule *rules, size_t n, bool final)
{
	struct match_index *index = match_index_new(m);

	for (size_t i = 0; i + final < n; i++) {
		const struct rpol_rule *by;

		check_repeats(m, rules[i].match, rules[i].span);
		if (!find_covering(m, index, &rules[i], &by)) {
			report_never(m, &rules[i]);
		} else if (by) {
			bool all = by->match->kind == RPOL_EXPR_ANY;

			report_covered(m, &rules[i], by, all ? n - final - i - 1 : 0);
			if (all)
				return;
		} else if (!may_go_on(&rules[i])) {
			match_index_add(m, index, &rules[i]);
		}
		if (may_change(m->check, &rules[i]))
			index = match_index_new(m);
		if (i % RULES_AT_ONCE == 0)
			rpol_arena_free(m->scratch);
	}
}

void check_matches(struct check *check)
{
	struct matcher m = {.check = check, .scratch = &check->unit->scratch};

	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct symbol *symbol = &check->symbols[i];

		if (symbol->state != SYMBOL_DONE)
			continue;
		if (symbol->decl->kind == AST_COND)
			check_repeats(&m, symbol->cond, symbol->decl->span);
		if (symbol->decl->kind == AST_POLICY)
			check_rules(&m, symbol->program->rules, symbol->program->nrules, true);
		if (symbol->decl->kind == AST_CHAIN)
			check_rules(&m, symbol->chain->rules, symbol->chain->nrules, false);
	}
	rpol_arena_free(m.scratch);
}
