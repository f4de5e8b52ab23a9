/* check_chain.c: chains: named runs of rules, and what the policies that jump to them get. */
#include "check.h"

#include <string.h>

bool check_no_jump(struct check *check, const struct rpol_verdict *verdict, const char *what)
{
	const struct rpol_verdict *jump = verdict_find(verdict, RPOL_VERDICT_JUMP);
	struct rpol_diag *diag;

	if (!jump)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, jump->span,
			     "`jump` cannot stand in %s", what);
	rpol_diag_help(check->diags, diag, "give it a rule of its own: `%s: any => jump %s;`",
		       jump->chain->name, jump->chain->name);
	return false;
}

/* Needs: the chain's rules are right. False, with E0701 at the jump, when they jump too deep. */
static bool find_height(struct check *check, struct rpol_chain *chain)
{
	struct rpol_diag *diag;

	for (size_t i = 0; i < chain->nrules; i++) {
		const struct rpol_verdict *verdict = chain->rules[i].verdict;

		if (verdict->kind != RPOL_VERDICT_JUMP)
			continue;
		if (verdict->chain->height + 2 > RPOL_MAX_JUMPS) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, verdict->span,
					     "more than %d chains are within each other here",
					     RPOL_MAX_JUMPS);
			rpol_diag_help(check->diags, diag,
				       "write the rules of `%s` in place of the jump",
				       verdict->chain->name);
			return false;
		}
		if (chain->height <= verdict->chain->height)
			chain->height = verdict->chain->height + 1;
	}
	return true;
}

static void find_facts(struct check *check, const struct rpol_chain *chain)
{
	struct chain_facts *facts = &check->chain_facts[chain->index];

	for (size_t i = 0; i < chain->nrules; i++)
		for (unsigned hook = 0; hook < RPOL_HOOK_COUNT; hook++)
			if (!facts->lacking[hook])
				facts->lacking[hook] = outcome_lacking(
					check, chain->rules[i].verdict, (enum rpol_hook)hook);
}

bool check_chain(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_chain *chain = symbol->chain;
	struct rpol_rule *rules;
	struct labels labels;
	struct rpol_diag *diag;
	size_t n = 0;
	bool ok = true;

	chain->name = decl->name.text;
	chain->span = decl->name.span;
	for (const struct ast_rule *rule = decl->policy.rules; rule; rule = rule->next)
		n++;
	labels_init(check, &labels, n);
	chain->rules = rules = RPOL_NEW_ARRAY(check->arena, struct rpol_rule, n + 1);
	for (const struct ast_rule *rule = decl->policy.rules; rule; rule = rule->next) {
		struct rpol_rule *to = &rules[chain->nrules];

		to->index = (uint32_t)chain->nrules++;
		ok = check_label(check, &labels, &rule->label) && ok;
		ok = check_rule(check, decl, rule, NULL, to) && ok;
	}
	if (!ok || !find_height(check, chain))
		return false;
	find_facts(check, chain);
	if (!n && !span_refused(check, decl->span)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_SET, decl->name.span,
				     "chain `%s` has no rules", decl->name.text);
		rpol_diag_help(check->diags, diag, "add a rule, or take the chain out");
	}
	return true;
}

/* ---- the chains of a policy ------------------------------------------------------------- */

/* Marks the chains that the rules lead to, and counts them and their rules. Chains are
 * RPOL_MAX_JUMPS deep at most. */
static void reach(struct check *check, const struct rpol_program *program,
		  const struct rpol_rule *rules, size_t nrules, size_t *nchains, size_t *total)
{
	for (size_t i = 0; i < nrules; i++) {
		const struct rpol_verdict *verdict = rules[i].verdict;
		const struct rpol_chain *chain = verdict->chain;

		if (verdict->kind != RPOL_VERDICT_JUMP ||
		    check->chain_users[chain->index] == program)
			continue;
		check->chain_users[chain->index] = program;
		++*nchains;
		*total += chain->nrules;
		reach(check, program, chain->rules, chain->nrules, nchains, total);
	}
}

static void copy_rules(struct check *check, const struct rpol_chain *chain, struct rpol_rule *to,
		       size_t index)
{
	for (size_t i = 0; i < chain->nrules; i++) {
		to[i] = chain->rules[i];
		to[i].index = (uint32_t)(index + i);
		to[i].label = rpol_arena_printf(check->arena, "%s.%s", chain->name,
						chain->rules[i].label);
	}
}

bool check_chains_of(struct check *check, const struct ast_decl *decl, const enum rpol_hook *hook,
		     struct rpol_program *program)
{
	size_t nchains = 0, total = program->nrules;
	struct rpol_chain_use *uses;
	struct rpol_rule *rules;
	struct rpol_diag *diag;
	bool ok = true;

	reach(check, program, program->rules, program->nrules, &nchains, &total);
	if (!nchains)
		return true;
	if (total > RPOL_MAX_RULES) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, decl->name.span,
				     "policy `%s` has more than %d rules, those of its chains "
				     "counted in",
				     decl->name.text, RPOL_MAX_RULES);
		rpol_diag_help(check->diags, diag,
			       "put addresses in sets, and their verdicts in tables");
		return false;
	}
	rules = RPOL_NEW_ARRAY(check->arena, struct rpol_rule, total);
	memcpy(rules, program->rules, program->nrules * sizeof(*rules));
	uses = RPOL_NEW_ARRAY(check->arena, struct rpol_chain_use, nchains);
	for (size_t i = 0; i < check->nchains; i++) {
		const struct rpol_chain *chain = &check->chains[i];

		if (check->chain_users[i] != program)
			continue;
		uses[program->nchains++] =
			(struct rpol_chain_use){chain, rules + program->ncounted};
		copy_rules(check, chain, rules + program->ncounted, program->ncounted);
		program->ncounted += chain->nrules;
		for (size_t j = 0; hook && j < chain->nrules; j++)
			ok = check_actions_hook(check, &chain->rules[j], *hook,
						decl->policy.hook.span) &&
			     check_field_hooks(check, chain->rules[j].match, *hook,
					       decl->policy.hook.span) &&
			     ok;
	}
	program->chains = uses;
	program->rules = rules;
	return ok;
}
