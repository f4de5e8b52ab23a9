/* explain.c: the lowering as facts (rpol/explain.h). */
#include "rpol/explain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

#include "emit.h"
#include "rpol/abi.h"

/* What is given out, and the arena that all of it lives in. */
struct explanation {
	struct rpol_explanation given; /* first, so that one can be freed by the other */
	struct rpol_arena arena;
};

struct writer {
	struct rpol_arena *arena;
	struct rpol_explanation *to;
	const struct lowering *lowering;
	struct emitter emitter;
};

/* ---- places ------------------------------------------------------------------------------------
 */

static struct rpol_explained_place family_place(const struct lowered_family *family,
						unsigned number)
{
	struct rpol_explained_place place = {.family = number, .entries = family->count};

	switch (family->form) {
	case FORM_INLINE:
		place.kind = "rule";
		break;
	case FORM_PREFIXES:
	case FORM_ADDRESSES:
		place.kind = family->form == FORM_PREFIXES ? "trie" : "hash";
		place.map = family->map;
		place.key = lowered_key_size(family->form, (uint8_t)number);
		place.value = LOWERED_VALUE;
		place.bytes = family->count * (place.key + place.value);
		break;
	default:
		place.kind = "code";
		break;
	}
	return place;
}

/* What has keys of several fields. */
static struct rpol_explained_place keys_place(enum form form, const char *map, size_t count,
					      size_t size)
{
	if (form != FORM_KEYS)
		return (struct rpol_explained_place){.kind = "code", .entries = count};
	return (struct rpol_explained_place){
		.kind = "hash",
		.map = map,
		.entries = count,
		.key = size,
		.value = LOWERED_VALUE,
		.bytes = count * (size + LOWERED_VALUE),
	};
}

static void add_families(struct writer *writer, struct rpol_explained *to,
			 const struct lowered_family family[2])
{
	struct rpol_explained_place *places =
		RPOL_NEW_ARRAY(writer->arena, struct rpol_explained_place, 2);

	for (unsigned f = 0; f < 2; f++)
		if (family[f].count)
			places[to->nplaces++] = family_place(&family[f], f ? 6 : 4);
	to->places = places;
}

static void add_place(struct writer *writer, struct rpol_explained *to,
		      struct rpol_explained_place place)
{
	struct rpol_explained_place *places = RPOL_NEW(writer->arena, struct rpol_explained_place);

	*places = place;
	to->places = places;
	to->nplaces = 1;
}

static void explain_set(struct writer *writer, const struct lowered_set *set,
			struct rpol_explained *to)
{
	const struct rpol_set *from = set->set;
	struct rpol_explained_place place = {.kind = set->form == FORM_CODE ? "code" : "rule"};

	*to = (struct rpol_explained){.kind = "set", .name = from->name, .span = from->span};
	if (!set->used)
		return;
	if (from->kind == RPOL_SET_PREFIX) {
		add_families(writer, to, set->family);
		return;
	}
	if (from->kind == RPOL_SET_KEYS) {
		add_place(writer, to, keys_place(set->form, set->map, from->nkeys, from->key.size));
		return;
	}
	place.entries = from->kind == RPOL_SET_IFACE ? from->nifaces : from->nranges;
	if (set->form == FORM_BITS) {
		place.kind = "bitmap";
		place.bytes = (from->ranges[from->nranges - 1].high / 32 + 1) * 4;
	}
	if (set->form == FORM_RANGES) {
		place.kind = "ranges";
		place.bytes = from->nranges * 2 * sizeof(uint32_t);
	}
	add_place(writer, to, place);
}

static void explain_table(struct writer *writer, const struct lowered_table *table,
			  struct rpol_explained *to)
{
	*to = (struct rpol_explained){
		.kind = "table",
		.name = table->table->name,
		.span = table->table->span,
	};
	if (!table->used)
		return;
	if (table->form != FORM_NONE)
		add_place(writer, to,
			  keys_place(table->form, table->map, table->table->nentries,
				     table->table->exact.size));
	else
		add_families(writer, to, table->family);
}

static void explain_group(struct writer *writer, const struct rpol_group *group,
			  struct rpol_explained *to)
{
	*to = (struct rpol_explained){.kind = "group", .name = group->name, .span = group->span};
	add_place(writer, to,
		  (struct rpol_explained_place){
			  .kind = "array",
			  .map = RPOL_MAP_BUCKETS,
			  .entries = RPOL_GROUP_SIZE,
			  .key = sizeof(__u32),
			  .value = sizeof(__u16),
			  .bytes = RPOL_GROUP_SIZE * sizeof(__u16),
		  });
}

static void explain_chain(struct writer *writer, const struct lowered_chain *chain,
			  struct rpol_explained *to)
{
	const struct rpol_chain *from = chain->use->chain;

	*to = (struct rpol_explained){.kind = "chain", .name = from->name, .span = from->span};
	add_place(writer, to,
		  (struct rpol_explained_place){
			  .kind = "code",
			  .entries = from->nrules,
			  .functions = chain->nchunks,
		  });
}

/* ---- rules -------------------------------------------------------------------------------------
 */

static void add_thing(struct writer *writer, struct rpol_explained_rule *rule, size_t *capacity,
		      const struct rpol_explained *thing)
{
	for (size_t i = 0; i < rule->nthings; i++)
		if (rule->things[i] == thing)
			return;
	rule->things = rpol_arena_grow(writer->arena, rule->things, rule->nthings, capacity,
				       sizeof(*rule->things));
	rule->things[rule->nthings++] = thing;
}

static void add_sets(struct writer *writer, struct rpol_explained_rule *rule, size_t *capacity,
		     const struct rpol_expr *expr)
{
	if (expr->kind == RPOL_EXPR_TEST && expr->op == RPOL_IN)
		add_thing(writer, rule, capacity, &writer->to->sets[expr->set->index]);
	for (size_t i = 0; i < expr->nargs; i++)
		add_sets(writer, rule, capacity, expr->args[i]);
}

static const char *code_of(struct writer *writer, const struct rpol_expr *expr)
{
	/* The emitter's own, to be changed. */
	char *code = (char *)emit_condition(&writer->emitter, expr);

	for (char *c = code; c && *c; c++)
		if (*c == EMIT_BREAK)
			*c = ' ';
	return code;
}

static void explain_rule(struct writer *writer, const struct lowered_program *program,
			 const struct rpol_explained *chains, const struct rpol_rule *from,
			 struct rpol_explained_rule *to)
{
	size_t capacity = 0;

	to->rule = from;
	to->code = code_of(writer, from->match);
	add_sets(writer, to, &capacity, from->match);
	for (const struct rpol_verdict *v = from->verdict; v; v = v->otherwise) {
		if (v->table)
			add_thing(writer, to, &capacity, &writer->to->tables[v->table->index]);
		if (v->group)
			add_thing(writer, to, &capacity, &writer->to->groups[v->group->index]);
		if (v->chain)
			add_thing(writer, to, &capacity,
				  &chains[lowered_chain(program, v) - program->chains]);
	}
}

static void explain_program(struct writer *writer, const struct lowered_program *program,
			    struct rpol_explained_program *to)
{
	static const char *const reads[] = {
		[NEED_NONE] = "nothing",	   [NEED_ETH] = "ethernet",
		[NEED_IP] = "ethernet and IP",	   [NEED_PROTO] = "ethernet, IP and the protocol",
		[NEED_L4] = "ethernet, IP and L4",
	};
	const struct rpol_program *from = program->program;
	struct rpol_explained *chains =
		RPOL_NEW_ARRAY(writer->arena, struct rpol_explained, from->nchains + 1);
	struct rpol_explained_rule *rules =
		RPOL_NEW_ARRAY(writer->arena, struct rpol_explained_rule, from->ncounted);

	for (size_t i = 0; i < from->nchains; i++)
		explain_chain(writer, &program->chains[i], &chains[i]);
	for (size_t i = 0; i < from->ncounted; i++)
		explain_rule(writer, program, chains, &from->rules[i], &rules[i]);
	*to = (struct rpol_explained_program){
		.program = from,
		.reads = reads[program->need],
		.comparisons = program->cost,
		.functions = program->nfunctions,
		.rules = rules,
		.chains = chains,
	};
}

static void explain(struct explanation *explanation, const struct rpol_policy *policy)
{
	struct rpol_arena *arena = &explanation->arena;
	const struct lowering *lowering = rpol_lower(arena, policy);
	struct writer writer = {
		arena, &explanation->given, lowering, {.arena = arena, .lowering = lowering}};
	struct rpol_explained *sets =
		RPOL_NEW_ARRAY(arena, struct rpol_explained, policy->nsets + 1);
	struct rpol_explained *tables =
		RPOL_NEW_ARRAY(arena, struct rpol_explained, policy->ntables + 1);
	struct rpol_explained *groups =
		RPOL_NEW_ARRAY(arena, struct rpol_explained, policy->ngroups + 1);
	struct rpol_explained_program *programs =
		RPOL_NEW_ARRAY(arena, struct rpol_explained_program, policy->nprograms + 1);

	explanation->given = (struct rpol_explanation){policy, sets, tables, groups, programs};
	for (size_t i = 0; i < policy->nsets; i++)
		explain_set(&writer, &lowering->sets[i], &sets[i]);
	for (size_t i = 0; i < policy->ntables; i++)
		explain_table(&writer, &lowering->tables[i], &tables[i]);
	for (size_t i = 0; i < policy->ngroups; i++)
		explain_group(&writer, &policy->groups[i], &groups[i]);
	for (size_t i = 0; i < policy->nprograms; i++)
		explain_program(&writer, &lowering->programs[i], &programs[i]);
}

int rpol_explain(const struct rpol_policy *policy, const struct rpol_explanation **out)
{
	struct explanation *explanation = calloc(1, sizeof(*explanation));
	jmp_buf oom;

	if (!explanation)
		return -ENOMEM;
	explanation->arena.oom = &oom;
	if (setjmp(oom)) {
		rpol_explanation_free(&explanation->given);
		return -ENOMEM;
	}
	explain(explanation, policy);
	explanation->arena.oom = NULL;
	*out = &explanation->given;
	return 0;
}

void rpol_explanation_free(const struct rpol_explanation *explanation)
{
	struct explanation *whole = (struct explanation *)explanation;

	if (!whole)
		return;
	rpol_arena_free(&whole->arena);
	free(whole);
}
