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

#define CODE_WHY "so few are compared faster"
#define ROUTES_WHY "one lookup finds the longest prefix"

static struct rpol_explained_place family_place(const struct lowered_family *family,
						unsigned number)
{
	struct rpol_explained_place place = {.family = number, .entries = family->count};

	switch (family->form) {
	case FORM_INLINE:
		place.kind = "rule";
		place.why = CODE_WHY;
		break;
	case FORM_ROUTES:
	case FORM_EXACT:
		place.kind = lowered_structure(family->form, (int)number);
		place.memory = family->memory.name;
		place.bytes = family->memory.size;
		place.why = family->form == FORM_ROUTES ? ROUTES_WHY : "whole addresses are keys";
		break;
	default:
		place.kind = "code";
		place.why = CODE_WHY;
		break;
	}
	return place;
}

/* What has keys of several fields. */
static struct rpol_explained_place keys_place(enum form form, const struct lowered_memory *memory,
					      size_t count)
{
	if (form != FORM_EXACT)
		return (struct rpol_explained_place){
			.kind = "code", .entries = count, .why = CODE_WHY};
	return (struct rpol_explained_place){
		.kind = lowered_structure(form, 0),
		.memory = memory->name,
		.entries = count,
		.bytes = memory->size,
		.why = "keys are whole",
	};
}

/* What changes at run time. */
static struct rpol_explained_place dynamic_place(bool prefixes, const char *map, size_t entries,
						 size_t key, size_t value)
{
	return (struct rpol_explained_place){
		.kind = prefixes ? "trie" : "hash",
		.map = map,
		.entries = entries,
		.key = key,
		.value = value,
		.bytes = entries * (key + value),
		.why = "it changes at run time",
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
	struct rpol_explained_place place = {
		.kind = set->form == FORM_CODE ? "code" : "rule",
		.why = CODE_WHY,
	};

	*to = (struct rpol_explained){.kind = "set", .name = from->name, .span = from->span};
	if (!set->used)
		return;
	if (from->dynamic) {
		add_place(writer, to,
			  dynamic_place(from->kind == RPOL_SET_PREFIX, set->map, from->size,
					lowered_dynamic_key_size(from, NULL),
					sizeof(struct rpol_element)));
		return;
	}
	if (from->kind == RPOL_SET_PREFIX) {
		add_families(writer, to, set->family);
		return;
	}
	if (from->kind == RPOL_SET_KEYS) {
		add_place(writer, to, keys_place(set->form, &set->memory, from->nkeys));
		return;
	}
	place.entries = from->kind == RPOL_SET_IFACE ? from->nifaces : from->nranges;
	if (set->form == FORM_BITS) {
		place.kind = "bitmap";
		place.bytes = (from->ranges[from->nranges - 1].high / 32 + 1) * 4;
		place.why = "one load says it of each number";
	}
	if (set->form == FORM_RANGES) {
		place.kind = "ranges";
		place.bytes = from->nranges * 2 * sizeof(uint32_t);
		place.why = "the numbers are too large for bits";
	}
	add_place(writer, to, place);
}

static void add_dynamic_table(struct writer *writer, struct rpol_explained *to,
			      const struct lowered_table *table)
{
	struct rpol_explained_place *places =
		RPOL_NEW_ARRAY(writer->arena, struct rpol_explained_place, 3);
	size_t size = table->table->size;

	if (!lowered_table_live(table)) {
		add_place(writer, to,
			  dynamic_place(table->table->kind == RPOL_TABLE_LPM, table->map, size,
					lowered_dynamic_key_size(NULL, table->table),
					LOWERED_VALUE));
		return;
	}
	for (unsigned f = 0; f < 2; f++)
		places[to->nplaces++] = family_place(&table->family[f], f ? 6 : 4);
	places[to->nplaces++] = (struct rpol_explained_place){
		.kind = "array",
		.map = table->map,
		.entries = size,
		.key = sizeof(__u32),
		.value = sizeof(struct rpol_held),
		.bytes = (size + 1) * sizeof(struct rpol_held),
		.why = "what it holds",
	};
	to->places = places;
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
	if (table->table->dynamic)
		add_dynamic_table(writer, to, table);
	else if (table->form != FORM_NONE)
		add_place(writer, to,
			  keys_place(table->form, &table->memory, table->table->nentries));
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

/* How deep. */
static const char *reads_text(unsigned need)
{
	static const struct {
		unsigned bits;
		const char *text;
	} depths[] = {
		{HAS_PORTS | HAS_TCP | HAS_UDP | HAS_ICMP | HAS_ICMP6 | HAS_GRE | HAS_GRE_KEY |
			 HAS_VXLAN | HAS_MALFORMED,
		 "ethernet, IP and L4"},
		{HAS_PROTO | HAS_FRAGMENT | HAS_FRAGMENT_LATER, "ethernet, IP and the protocol"},
		{HAS_IP4 | HAS_IP6, "ethernet and IP"},
		{~(unsigned)(READS_META | READS_TIME), "ethernet"},
	};

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++)
		if (need & depths[i].bits)
			return depths[i].text;
	return "nothing";
}

/* ---- lists -------------------------------------------------------------------------------------
 */

static void explain_part(struct writer *writer, const struct lowered_part *from,
			 struct rpol_explained_part *to)
{
	struct rpol_explained_structure *structures = RPOL_NEW_ARRAY(
		writer->arena, struct rpol_explained_structure, RPOL_RULES_STRUCTURES);

	*to = (struct rpol_explained_part){
		.family = from->family,
		.alternatives = from->count,
		.structures = structures,
	};
	if (!from->words)
		return;
	to->chosen = rpol_rules_structure_name(from->structure);
	to->memory = from->memory.name;
	to->words = from->schema.words;
	to->bytes = from->memory.size;
	for (int i = 0; i < RPOL_RULES_STRUCTURES; i++) {
		const struct rpol_rules_cost *cost = &from->cost[i];

		if (cost->bytes || cost->refused)
			structures[to->nstructures++] = (struct rpol_explained_structure){
				rpol_rules_structure_name((enum rpol_rules_structure)i),
				cost->refused, cost->bytes, cost->hit.ns, cost->none.ns};
	}
}

static void explain_lists(struct writer *writer, const struct lowered_program *program,
			  struct rpol_explained_rule *rules, struct rpol_explained_program *to)
{
	struct rpol_explained_list *lists =
		RPOL_NEW_ARRAY(writer->arena, struct rpol_explained_list, program->nlists);

	to->lists = lists;
	to->unlisted = program->unlisted;
	for (size_t i = 0; program->nlists && i < program->program->ncounted; i++) {
		const struct lowered_list *from = program->lists[i];
		struct rpol_explained_list *list = &lists[to->nlists];
		struct rpol_explained_part *parts;

		if (!from)
			continue;
		to->nlists++;
		parts = RPOL_NEW_ARRAY(writer->arena, struct rpol_explained_part, from->nparts);
		*list = (struct rpol_explained_list){from->first,   from->count, from->list_ns,
						     from->code_ns, parts,	 from->nparts};
		for (size_t p = 0; p < from->nparts; p++)
			explain_part(writer, &from->parts[p], &parts[p]);
		for (size_t r = from->first; r < from->first + from->count; r++)
			rules[r].list = list;
	}
}

static void explain_program(struct writer *writer, const struct lowered_program *program,
			    struct rpol_explained_program *to)
{
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
		.reads = reads_text(program->need),
		.comparisons = program->cost,
		.functions = program->nfunctions,
		.rules = rules,
		.chains = chains,
	};
	explain_lists(writer, program, rules, to);
}

static void explain(struct explanation *explanation, const struct rpol_policy *policy,
		    const struct rpol_compile_options *options)
{
	struct rpol_arena *arena = &explanation->arena;
	const struct lowering *lowering = rpol_lower(arena, policy, options);
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

int rpol_explain(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		 const struct rpol_explanation **out)
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
	explain(explanation, policy, options);
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
