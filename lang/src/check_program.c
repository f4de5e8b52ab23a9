/* check_program.c: policies: where they run, their rules in order, and their default. */
#include "check.h"

#include <string.h>

#define LONGEST_DEVICE 15 /* the kernel's IFNAMSIZ, less its NUL */

static const char *const default_label = "default";
static const char *const fragments_label = "fragments";

bool check_single(struct check *check, const struct symbol *symbol, struct rpol_span span)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_diag *diag;

	if (decl->interface.ndevices == 1)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_WRONG_KIND, span,
			     "`%s` is %zu devices, and here a single one is needed",
			     decl->name.text, decl->interface.ndevices);
	rpol_diag_second(check->diags, diag, decl->name.span, "declared here");
	rpol_diag_help(check->diags, diag, "declare an interface for the one that is meant");
	return false;
}

static bool check_device(struct check *check, const struct ast_decl *decl, size_t i)
{
	const struct ast_name *devices = decl->interface.devices, *device = &devices[i];
	struct rpol_diag *diag;

	if (device->span.length > LONGEST_DEVICE) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, device->span,
			      "`%s` is longer than a device's name can be, which is %d characters",
			      device->text, LONGEST_DEVICE);
		return false;
	}
	for (size_t j = 0; j < i && i < RPOL_MAX_INTERFACES; j++) {
		if (strcmp(devices[j].text, device->text))
			continue;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_ENTRY, device->span,
				     "`%s` is there twice", device->text);
		rpol_diag_second(check->diags, diag, devices[j].span, "first here");
		rpol_diag_help(check->diags, diag, "take one of the two out");
		return false;
	}
	return true;
}

bool check_interface(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	bool ok = true;

	for (size_t i = 0; i < decl->interface.ndevices; i++) {
		symbol->interface[i] = (struct rpol_interface){
			.name = decl->name.text,
			.device = decl->interface.devices[i].text,
			.index = (uint32_t)(symbol->interface - check->interfaces + i),
			.ordinal = (uint32_t)i,
			.span = decl->name.span,
		};
		ok = symbol->interface[i].device && check_device(check, decl, i) && ok;
	}
	return ok;
}

/* ---- the head --------------------------------------------------------------------------- */

static bool is_auto(const struct ast_decl *decl)
{
	return decl->policy.hook.text && strcmp(decl->policy.hook.text, "auto") == 0;
}

static bool find_hook(struct check *check, const struct ast_name *name, enum rpol_hook *hook)
{
	struct words words = {0};
	struct rpol_diag *diag;

	if (!name->text)
		return false;
	for (unsigned i = 0; i < RPOL_HOOK_COUNT; i++) {
		const char *text = rpol_hook_text((enum rpol_hook)i);

		if (strcmp(name->text, text) == 0) {
			*hook = (enum rpol_hook)i;
			return true;
		}
		words_add(check, &words, text);
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span, "unknown hook `%s`",
			     name->text);
	if (!help_nearest(check, diag, name->text, &words))
		rpol_diag_help(check->diags, diag,
			       "the hooks are `xdp`, `tc ingress` and `tc egress`, and `auto` "
			       "chooses");
	return false;
}

static bool check_ifaces(struct check *check, const struct ast_decl *decl,
			 struct rpol_program *program)
{
	struct rpol_diag *diag;
	bool ok = true;

	program->ifaces =
		RPOL_NEW_ARRAY(check->arena, const struct rpol_interface *, check->ninterfaces + 1);
	for (size_t i = 0; i < decl->policy.nifaces; i++) {
		const struct ast_name *name = &decl->policy.ifaces[i];
		const struct ast_name *first = NULL;
		struct symbol *symbol;

		for (size_t j = 0; j < i && !first; j++) {
			if (strcmp(decl->policy.ifaces[j].text, name->text) == 0)
				first = &decl->policy.ifaces[j];
		}
		if (first) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY, name->span,
					     "`%s` is named twice", name->text);
			rpol_diag_second(check->diags, diag, first->span, "first here");
			rpol_diag_help(check->diags, diag, "take one of the two out");
			ok = false;
			continue;
		}
		symbol = symbol_use(check, name, KIND(AST_INTERFACE));
		for (size_t j = 0; symbol && j < symbol->decl->interface.ndevices; j++)
			program->ifaces[program->nifaces++] = &symbol->interface[j];
		ok = ok && symbol;
		if (i >= RPOL_MAX_INTERFACES)
			return false; /* some are not declared, twice, or beyond the limit */
	}
	return ok && program->nifaces > 0;
}

static bool find_fragments(struct check *check, const struct ast_decl *decl,
			   struct rpol_program *program)
{
	static const char *const texts[] = {
		[RPOL_FRAGMENTS_MATCH] = "match",
		[RPOL_FRAGMENTS_DROP] = "drop",
		[RPOL_FRAGMENTS_PASS] = "pass",
	};
	const struct ast_name *name = &decl->policy.fragments;
	const struct ast_name *again = &decl->policy.fragments_again;
	struct words words = {.items = (const char *[]){"match", "drop", "pass"}, .count = 3};
	struct rpol_diag *diag;

	if (!name->text)
		return true;
	if (again->text) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY, again->span,
				     "`fragments` is said twice");
		rpol_diag_second(check->diags, diag, name->span, "first here");
		rpol_diag_help(check->diags, diag, "take one of the two out");
		return false;
	}
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(texts[i], name->text))
			continue;
		program->fragments = (enum rpol_fragments)i;
		if (i != RPOL_FRAGMENTS_PASS)
			return true;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_FRAGMENTS_PASS, name->span,
				     "no rule of `%s` sees fragments: any packet passes that is "
				     "sent in pieces",
				     decl->name.text);
		rpol_diag_help(check->diags, diag, "write `fragments match` or `fragments drop`");
		return true;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span,
			     "unknown treatment of fragments `%s`", name->text);
	if (!help_nearest(check, diag, name->text, &words))
		rpol_diag_help(check->diags, diag, "write `match`, `drop` or `pass`");
	return false;
}

/* ---- rules ------------------------------------------------------------------------------ */

void labels_init(struct check *check, struct labels *labels, size_t count)
{
	/* A policy's own, `default` and `fragments`, are words that the grammar takes for no label.
	 */
	for (labels->mask = 15; labels->mask < 2 * count; labels->mask = 2 * labels->mask + 1)
		;
	labels->slots = RPOL_NEW_ARRAY(check->arena, const struct ast_name *, labels->mask + 1);
}

bool check_label(struct check *check, struct labels *labels, const struct ast_name *label)
{
	uint32_t hash = 0x811c9dc5;
	struct rpol_diag *diag;
	size_t slot;

	if (label->span.length > RPOL_MAX_NAME) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, label->span,
				     "a label has at most %d characters, this one has %u",
				     RPOL_MAX_NAME, label->span.length);
		rpol_diag_help(check->diags, diag, "choose a shorter label");
		return false;
	}
	for (const char *c = label->text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x01000193;
	slot = hash & labels->mask;
	while (labels->slots[slot] && strcmp(labels->slots[slot]->text, label->text))
		slot = (slot + 1) & labels->mask;
	if (!labels->slots[slot]) {
		labels->slots[slot] = label;
		return true;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_LABEL, label->span,
			     "label `%s` is there twice", label->text);
	rpol_diag_second(check->diags, diag, labels->slots[slot]->span, "first here");
	rpol_diag_help(check->diags, diag,
		       "a label names its rule's counter: rename one of the two");
	return false;
}

bool check_rule(struct check *check, const struct ast_decl *decl, const struct ast_rule *ast,
		const enum rpol_hook *hook, struct rpol_rule *rule)
{
	const struct ast_outcome *outcomes = ast->outcomes;
	struct measure measure;
	bool ok = true;

	rule->label = ast->label.text;
	rule->span = ast->span;
	rule->match = ast->match ? check_expr(check, ast->match, &measure) : NULL;
	if (rule->match) {
		ok = check_measure(check, &measure, ast->match->span);
		if (ok)
			check_guards(check, rule->match, ast);
		if (ok && hook)
			ok = check_field_hooks(check, rule->match, *hook, decl->policy.hook.span);
	}
	if (check_actions(check, &outcomes, rule))
		rule->verdict = check_outcome(check, outcomes, ast->label.span);
	if (rule->verdict && hook)
		ok = check_actions_hook(check, rule, *hook, decl->policy.hook.span) &&
		     check_hook(check, rule->verdict, *hook, decl->policy.hook.span) && ok;
	return ok && rule->match && rule->verdict;
}

static bool check_default(struct check *check, const struct ast_decl *decl,
			  const enum rpol_hook *hook, struct rpol_rule *rule)
{
	const struct ast_outcome *outcome = decl->policy.default_outcome;
	const struct ast_outcome *again = decl->policy.default_again;
	struct rpol_expr *any = RPOL_NEW(check->arena, struct rpol_expr);
	struct rpol_diag *diag;

	if (!outcome) {
		if (span_refused(check, decl->span))
			return false;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_DEFAULT, decl->name.span,
				     "policy `%s` has no default", decl->name.text);
		rpol_diag_help(check->diags, diag,
			       "add `default pass;` to leave to the kernel what no rule decides, "
			       "or `default drop;`");
		return false;
	}
	if (again) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY, again->span,
				     "the default is given twice");
		rpol_diag_second(check->diags, diag, outcome->span, "first here");
		rpol_diag_help(check->diags, diag, "take one of the two out");
		return false;
	}
	any->kind = RPOL_EXPR_ANY;
	any->span = outcome->span;
	rule->label = default_label;
	rule->match = any;
	rule->span = outcome->span;
	rule->verdict = check_outcome(check, outcome, outcome->span);
	if (!rule->verdict || !check_final(check, rule->verdict))
		return false;
	return !hook || check_hook(check, rule->verdict, *hook, decl->policy.hook.span);
}

static void make_fragments_rule(struct check *check, const struct ast_decl *decl,
				enum rpol_fragments fragments, struct rpol_rule *rule)
{
	struct rpol_expr *test = RPOL_NEW(check->arena, struct rpol_expr);
	struct rpol_verdict *verdict = RPOL_NEW(check->arena, struct rpol_verdict);

	test->kind = RPOL_EXPR_TEST;
	test->field = RPOL_FIELD_FRAGMENT;
	test->op = RPOL_IS;
	test->span = decl->policy.fragments.span;
	verdict->kind = fragments == RPOL_FRAGMENTS_DROP ? RPOL_VERDICT_DROP : RPOL_VERDICT_PASS;
	verdict->span = decl->policy.fragments.span;
	*rule = (struct rpol_rule){
		.label = fragments_label,
		.match = test,
		.verdict = verdict,
		.span = decl->policy.fragments.span,
	};
}

static bool check_rules(struct check *check, const struct ast_decl *decl,
			const enum rpol_hook *hook, struct rpol_program *program)
{
	struct labels labels;
	struct rpol_rule *rules;
	struct rpol_diag *diag;
	size_t n = 0, limit = RPOL_MAX_RULES - 1; /* the default is one */
	bool ok = true;

	for (const struct ast_rule *rule = decl->policy.rules; rule; rule = rule->next)
		n++;
	labels_init(check, &labels, n);
	rules = RPOL_NEW_ARRAY(check->arena, struct rpol_rule, n + 2);
	program->rules = rules;
	if (program->fragments != RPOL_FRAGMENTS_MATCH) {
		make_fragments_rule(check, decl, program->fragments, &rules[program->nrules++]);
		limit--;
	}
	n = 0;
	for (const struct ast_rule *rule = decl->policy.rules; rule; rule = rule->next) {
		if (n++ == limit) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, rule->label.span,
					     "policy `%s` has more than %zu rules", decl->name.text,
					     limit);
			rpol_diag_help(check->diags, diag,
				       "put addresses in sets, and their verdicts in tables");
			return false;
		}
		ok = check_label(check, &labels, &rule->label) && ok;
		ok = check_rule(check, decl, rule, hook, &rules[program->nrules++]) && ok;
	}
	ok = check_default(check, decl, hook, &rules[program->nrules++]) && ok;
	for (size_t i = 0; i < program->nrules; i++)
		rules[i].index = (uint32_t)i;
	program->ncounted = program->nrules;
	return ok && check_chains_of(check, decl, hook, program);
}

/* ---- at auto ---------------------------------------------------------------------------- */

static const struct rpol_expr *expr_lacking(const struct rpol_expr *expr, enum rpol_hook hook)
{
	const struct rpol_expr *lacking = NULL;

	if (expr->kind == RPOL_EXPR_TEST)
		return rpol_field_info(expr->field)->hooks & 1u << hook ? NULL : expr;
	for (size_t i = 0; i < expr->nargs && !lacking; i++)
		lacking = expr_lacking(expr->args[i], hook);
	return lacking;
}

/* True when the program has something that XDP lacks: *why is it then. */
static bool needs_tc(struct check *check, struct rpol_program *program)
{
	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];
		const struct rpol_expr *test = expr_lacking(rule->match, RPOL_HOOK_XDP);
		const struct rpol_verdict *verdict =
			outcome_lacking(check, rule->verdict, RPOL_HOOK_XDP);
		const struct rpol_action *action = action_lacking(rule, RPOL_HOOK_XDP);
		const char *word = test	     ? rpol_field_info(test->field)->name
				   : action  ? span_text(check, action->span)
				   : verdict ? rpol_verdict_word(verdict->kind)
					     : NULL;

		if (!word)
			continue;
		program->why = test ? test->span : action ? action->span : verdict->span;
		program->why_text =
			rpol_arena_printf(check->arena, "`%s` does not exist at `xdp`", word);
		return true;
	}
	return false;
}

/* False, with E0503 queued, when a rule has what only XDP has: the program needs tc. */
static bool check_neither(struct check *check, const struct rpol_program *program)
{
	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_verdict *lacking =
			outcome_lacking(check, program->rules[i].verdict, RPOL_HOOK_TC_INGRESS);
		const struct rpol_verdict *at = lacking;
		struct rpol_diag *diag;

		if (!lacking)
			continue;
		if (lacking->kind == RPOL_VERDICT_LOOKUP)
			at = verdict_lacking(check->table_facts[lacking->table->index]
						     .lacking[RPOL_HOOK_TC_INGRESS]
						     ->verdict,
					     RPOL_HOOK_TC_INGRESS);
		diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, at->span,
				     "`%s` is possible at `xdp` only, and this policy needs "
				     "`tc ingress`",
				     rpol_verdict_word(at->kind));
		rpol_diag_second(check->diags, diag, program->why, "%s", program->why_text);
		rpol_diag_help(check->diags, diag, "make two policies of it, one at each hook");
		return false;
	}
	return true;
}

/* Needs: the rules are right, whatever the hook. Leaves: the hook, and why. */
static bool choose_hook(struct check *check, const struct ast_decl *decl,
			struct rpol_program *program)
{
	bool ok = true;

	program->hook = RPOL_HOOK_TC_INGRESS;
	if (!needs_tc(check, program)) {
		program->hook = RPOL_HOOK_XDP;
		program->why = decl->policy.hook.span;
		program->why_text = "all that the policy uses exists at `xdp`";
	} else if (!check_neither(check, program)) {
		return false;
	}
	for (size_t i = 0; i < program->ncounted; i++)
		ok = check_field_hooks(check, program->rules[i].match, program->hook,
				       decl->policy.hook.span) &&
		     ok;
	for (size_t i = 0; i < program->nrules; i++)
		ok = check_hook(check, program->rules[i].verdict, program->hook,
				decl->policy.hook.span) &&
		     ok;
	return ok;
}

bool check_program(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_program *program = symbol->program;
	bool ok, hook;

	program->name = decl->name.text;
	program->span = decl->name.span;
	ok = check_ifaces(check, decl, program);
	hook = !is_auto(decl) && find_hook(check, &decl->policy.hook, &program->hook);
	ok = find_fragments(check, decl, program) && ok;
	ok = check_rules(check, decl, hook ? &program->hook : NULL, program) && ok;
	if (is_auto(decl))
		return ok && choose_hook(check, decl, program);
	return ok && hook;
}

/* ---- several policies ------------------------------------------------------------------- */

/* The first interface with the same device. */
static size_t same_device(const struct check *check, const struct rpol_interface *interface)
{
	for (size_t i = 0; i < interface->index; i++) {
		if (check->interfaces[i].device &&
		    strcmp(check->interfaces[i].device, interface->device) == 0)
			return i;
	}
	return interface->index;
}

struct attachment {
	const struct ast_decl *policy;
	const struct ast_name *iface;
};

static void report_same(struct check *check, const struct attachment *here,
			const struct attachment *there, const struct rpol_interface *interface,
			const char *hook)
{
	struct rpol_diag *diag;
	const char *where = rpol_arena_printf(check->arena, "`%s`", interface->name);

	if (strcmp(here->iface->text, there->iface->text))
		where = rpol_arena_printf(check->arena, "the device `%s`", interface->device);
	if (here->policy == there->policy) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY, here->iface->span,
				     "`%s` and `%s` are both %s", there->iface->text,
				     here->iface->text, where);
		rpol_diag_second(check->diags, diag, there->iface->span, "named here");
		rpol_diag_help(check->diags, diag, "take one of the two out");
	} else {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_SAME_HOOK, here->iface->span,
				     "`%s` and `%s` are both on %s at `%s`",
				     there->policy->name.text, here->policy->name.text, where,
				     hook);
		rpol_diag_help(check->diags, diag,
			       "one policy judges a packet at a hook: join the two, or move one to "
			       "another hook");
		rpol_diag_second(check->diags, diag, there->iface->span, "`%s` is here",
				 there->policy->name.text);
	}
}

void check_attachments(struct check *check)
{
	struct attachment taken[RPOL_MAX_INTERFACES][RPOL_HOOK_COUNT] = {0};

	if (check->ninterfaces > RPOL_MAX_INTERFACES)
		return;
	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct ast_decl *decl = check->symbols[i].decl;
		enum rpol_hook hook = RPOL_HOOK_COUNT;

		if (decl->kind != AST_POLICY || !decl->policy.hook.text)
			continue;
		for (unsigned h = 0; h < RPOL_HOOK_COUNT; h++) {
			if (strcmp(rpol_hook_text((enum rpol_hook)h), decl->policy.hook.text) == 0)
				hook = (enum rpol_hook)h;
		}
		if (is_auto(decl) && check->symbols[i].state == SYMBOL_DONE)
			hook = check->symbols[i].program->hook;
		for (size_t j = 0; j < decl->policy.nifaces && hook != RPOL_HOOK_COUNT; j++) {
			struct attachment here = {decl, &decl->policy.ifaces[j]};
			struct symbol *symbol = symbol_find(check, here.iface->text);
			struct attachment *there;

			if (!symbol || symbol->decl->kind != AST_INTERFACE ||
			    symbol->state != SYMBOL_DONE)
				continue;
			for (size_t k = 0; k < symbol->decl->interface.ndevices; k++) {
				there = &taken[same_device(check, &symbol->interface[k])][hook];
				if (!there->policy)
					*there = here;
				else if (there->policy != decl ||
					 strcmp(there->iface->text, here.iface->text))
					report_same(check, &here, there, &symbol->interface[k],
						    rpol_hook_text(hook));
			}
		}
	}
}
