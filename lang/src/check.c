/* check.c: the checker: from the syntax tree to the checked policy.
 *
 * Every declaration is looked at, also after errors, so that one run says all there is to say.
 * The parts are in check_*.c; this file has their order. */
#include "check.h"

#include <assert.h>
#include <string.h>

/* ---- counting --------------------------------------------------------------------------- */

/* Tests that may make an anonymous set. */
static size_t count_in(const struct ast_expr *expr)
{
	size_t n = 0;

	for (; expr; expr = expr->next) {
		/* a comparison with a group of interfaces makes one too */
		n += expr->kind == AST_TEST &&
		     (expr->op == AST_IN || strcmp(expr->field.text, "iface") == 0);
		if (expr->kind == AST_AND || expr->kind == AST_OR || expr->kind == AST_NOT)
			n += count_in(expr->args);
	}
	return n;
}

static size_t count_sets_in_place(const struct check *check)
{
	size_t n = 0;

	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct ast_decl *decl = check->symbols[i].decl;

		if (decl->kind == AST_COND)
			n += count_in(decl->cond.expr);
		if (decl->kind != AST_POLICY && decl->kind != AST_CHAIN)
			continue;
		for (const struct ast_rule *rule = decl->policy.rules; rule; rule = rule->next)
			n += count_in(rule->match);
	}
	return n;
}

/* Everything that has an index gets its place in an array that never moves, in source order. */
static void allot(struct check *check)
{
	size_t counts[AST_REFUSED + 1] = {0};
	struct rpol_arena *arena = check->arena;

	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct ast_decl *decl = check->symbols[i].decl;

		counts[decl->kind] += decl->kind == AST_INTERFACE ? decl->interface.ndevices : 1;
	}
	check->interfaces = RPOL_NEW_ARRAY(arena, struct rpol_interface, counts[AST_INTERFACE] + 1);
	check->sets = RPOL_NEW_ARRAY(arena, struct rpol_set,
				     counts[AST_SET] + count_sets_in_place(check) + 1);
	check->nexthops = RPOL_NEW_ARRAY(arena, struct rpol_nexthop, counts[AST_NEXTHOP] + 1);
	check->seen = RPOL_NEW_ARRAY(arena, const struct ast_member *, counts[AST_NEXTHOP] + 1);
	check->groups = RPOL_NEW_ARRAY(arena, struct rpol_group, counts[AST_GROUP] + 1);
	check->tables = RPOL_NEW_ARRAY(arena, struct rpol_table, counts[AST_TABLE] + 1);
	check->table_facts = RPOL_NEW_ARRAY(arena, struct table_facts, counts[AST_TABLE] + 1);
	check->chains = RPOL_NEW_ARRAY(arena, struct rpol_chain, counts[AST_CHAIN] + 1);
	check->chain_facts = RPOL_NEW_ARRAY(arena, struct chain_facts, counts[AST_CHAIN] + 1);
	check->chain_users =
		RPOL_NEW_ARRAY(arena, const struct rpol_program *, counts[AST_CHAIN] + 1);
	check->programs = RPOL_NEW_ARRAY(arena, struct rpol_program, counts[AST_POLICY] + 1);

#define ALLOT(member, array, count)                                                                \
	do {                                                                                       \
		symbol->member = &check->array[check->count];                                      \
		symbol->member->index = (uint32_t)check->count++;                                  \
	} while (0)
	for (size_t i = 0; i < check->nsymbols; i++) {
		struct symbol *symbol = &check->symbols[i];

		switch (symbol->decl->kind) {
		case AST_INTERFACE:
			symbol->interface = &check->interfaces[check->ninterfaces];
			check->ninterfaces += symbol->decl->interface.ndevices;
			break;
		case AST_SET:
			ALLOT(set, sets, nsets);
			break;
		case AST_NEXTHOP:
			ALLOT(nexthop, nexthops, nnexthops);
			break;
		case AST_GROUP:
			ALLOT(group, groups, ngroups);
			break;
		case AST_TABLE:
			ALLOT(table, tables, ntables);
			break;
		case AST_CHAIN:
			ALLOT(chain, chains, nchains);
			break;
		case AST_POLICY:
			ALLOT(program, programs, nprograms);
			break;
		case AST_CONST:
		case AST_COND:
		case AST_REFUSED:
			break;
		}
	}
#undef ALLOT
}

static void check_limit(struct check *check, enum ast_decl_kind kind, size_t limit,
			const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct ast_decl *decl = check->symbols[i].decl;

		if (decl->kind != kind || n > limit)
			continue;
		n += kind == AST_INTERFACE ? decl->interface.ndevices : 1;
		if (n <= limit)
			continue;
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, decl->name.span,
			      "a policy has at most %zu %s, and this is one more", limit, what);
	}
}

/* ---- uses ------------------------------------------------------------------------------- */

/* Marks all that a policy leads to. The stack holds each symbol once. */
static void mark_reached(struct check *check)
{
	struct symbol **stack = RPOL_NEW_ARRAY(check->arena, struct symbol *, check->nsymbols + 1);
	size_t depth = 0;

	for (size_t i = 0; i < check->nsymbols; i++) {
		if (check->symbols[i].decl->kind == AST_POLICY) {
			check->symbols[i].reached = true;
			stack[depth++] = &check->symbols[i];
		}
	}
	while (depth) {
		struct symbol *symbol = stack[--depth];

		for (size_t i = 0; i < symbol->nuses; i++) {
			if (symbol->uses[i]->reached)
				continue;
			symbol->uses[i]->reached = true;
			stack[depth++] = symbol->uses[i];
		}
	}
}

/* Conds that no rule uses are judged by themselves. */
static void check_lone_conds(struct check *check)
{
	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct symbol *symbol = &check->symbols[i];

		if (symbol->decl->kind == AST_COND && symbol->state == SYMBOL_DONE &&
		    !symbol->reached && !symbol->within)
			check_guards(check, symbol->cond, NULL);
	}
}

/* A file that is included is a library: what one policy leaves unused another one needs. The same
 * goes for a root without a policy. */
static void warn_unused(struct check *check)
{
	if (!check->nprograms || check->diags->errors)
		return;
	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct symbol *symbol = &check->symbols[i];
		const char *kind = decl_kind_text(symbol->decl->kind);
		struct rpol_diag *diag;

		if (symbol->reached || symbol->decl->name.span.file != 0)
			continue;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNUSED, symbol->decl->name.span,
				     "%s `%s` is never used", strchr(kind, ' ') + 1,
				     symbol->decl->name.text);
		rpol_diag_help(check->diags, diag, "take it out");
	}
}

/* ---- the whole -------------------------------------------------------------------------- */

static const char *policy_name(struct check *check)
{
	const char *path = check->unit->sources.files[0].path;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = strlen(name);

	if (length > 5 && strcmp(name + length - 5, ".rpol") == 0)
		length -= 5;
	return rpol_arena_strndup(check->arena, name, length);
}

static const struct rpol_policy *make_policy(struct check *check)
{
	struct rpol_policy *policy = RPOL_NEW(check->arena, struct rpol_policy);

	*policy = (struct rpol_policy){
		.name = policy_name(check),
		.sources = &check->unit->sources,
		.interfaces = check->interfaces,
		.ninterfaces = check->ninterfaces,
		.sets = check->sets,
		.nsets = check->nsets,
		.nexthops = check->nexthops,
		.nnexthops = check->nnexthops,
		.groups = check->groups,
		.ngroups = check->ngroups,
		.tables = check->tables,
		.ntables = check->ntables,
		.chains = check->chains,
		.nchains = check->nchains,
		.programs = check->programs,
		.nprograms = check->nprograms,
		.named = check->named,
		.nnamed = check->nnamed,
	};
	for (size_t i = 0; i < policy->nprograms; i++) {
		struct rpol_rule *rules = (struct rpol_rule *)check->programs[i].rules;

		for (size_t j = 0; j < check->programs[i].ncounted; j++)
			rules[j].counter = (uint32_t)policy->ncounters++;
	}
	for (size_t i = 0; i < policy->nnamed; i++)
		check->named[i].counter = (uint32_t)policy->ncounters++;
	return policy;
}

static void note_refused(struct check *check)
{
	check->refused = RPOL_NEW_ARRAY(check->arena, struct rpol_span, check->diags->count + 1);
	for (size_t i = 0; i < check->diags->count; i++)
		check->refused[check->nrefused++] = check->diags->items[i].span;
}

void rpol_check(struct rpol_unit *unit)
{
	struct check check = {
		.unit = unit,
		.arena = &unit->arena,
		.diags = &unit->diags,
	};

	assert(!unit->policy);
	note_refused(&check);
	check_names(&check);
	allot(&check);
	check_limit(&check, AST_INTERFACE, RPOL_MAX_INTERFACES, "interfaces");
	check_limit(&check, AST_NEXTHOP, RPOL_MAX_NEXTHOPS, "next hops");
	for (size_t i = 0; i < check.nsymbols; i++)
		symbol_build(&check, &check.symbols[i]);
	mark_reached(&check);
	check_lone_conds(&check);
	check_attachments(&check);
	warn_unused(&check);
	names_finish(&check);
	warn_no_way_back(&check);
	if (!unit->diags.errors)
		check_matches(&check);
	rpol_allow(unit);
	if (!unit->diags.errors)
		unit->policy = make_policy(&check);
}
