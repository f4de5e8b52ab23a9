/* lower.c: choosing structures. See lowering.h. */
#include "lowering.h"

#include <assert.h>

/* ---- programs -------------------------------------------------------------------------------- */

/* One program's walk over its rules. */
struct walk {
	struct lowering *lowering;
	struct lowered_program *program;
	bool *counted; /* by set, then by table: its maps are in nmaps */
};

static size_t family_cost(const struct lowered_family *family, int words)
{
	switch (family->form) {
	case FORM_NONE:
		return 0;
	case FORM_INLINE:
	case FORM_CODE:
		return family->count * (size_t)words;
	default:
		return LOWER_LOOKUP_COST;
	}
}

/* The maps of a set or table, and the functions of their own that look up in them. */
static void count_maps(struct walk *walk, size_t index, const struct lowered_family family[2],
		       const struct lowered_memory *keys, const char *map)
{
	if (walk->counted[index])
		return;
	walk->counted[index] = true;
	walk->program->nmaps += (family[0].memory.name != NULL) + (family[1].memory.name != NULL) +
				(keys->name != NULL) + (map != NULL);
	/* The whole lookup, of live memory its step. */
	walk->program->nlookups += family[1].form == FORM_ROUTES;
}

static size_t keys_cost(enum form form, size_t count, const struct rpol_key *key)
{
	return form != FORM_CODE ? LOWER_LOOKUP_COST : count * (key->size / 4);
}

static size_t use_set(struct walk *walk, const struct rpol_set *set)
{
	struct lowered_set *lowered = &walk->lowering->sets[set->index];

	lowered->used = true;
	count_maps(walk, set->index, lowered->family, &lowered->memory, lowered->map);
	if (set->dynamic && set->kind == RPOL_SET_PREFIX)
		return 16;
	switch (set->kind) {
	case RPOL_SET_PREFIX:
		return 1 + family_cost(&lowered->family[0], 1) +
		       family_cost(&lowered->family[1], 2);
	case RPOL_SET_RANGE:
		return lowered->form == FORM_BITS     ? 3
		       : lowered->form == FORM_RANGES ? 32
						      : 1 + set->nranges;
	case RPOL_SET_IFACE:
		return 1 + set->nifaces;
	case RPOL_SET_KEYS:
		return set->key.nfields + keys_cost(lowered->form, set->nkeys, &set->key);
	}
	return 0;
}

static void ask(struct walk *walk, unsigned bits, unsigned known)
{
	walk->program->need |= lowered_need(bits, known);
}

static void use_field(struct walk *walk, enum rpol_field field, unsigned known)
{
	ask(walk, lowered_field(field)->guard | lowered_field(field)->reads, known);
}

static void use_key(struct walk *walk, const enum rpol_field *fields, size_t count, unsigned known)
{
	for (size_t i = 0; i < count; i++)
		use_field(walk, fields[i], known);
}

static void use_flow(struct walk *walk, unsigned known)
{
	ask(walk, READS_ADDRS | HAS_PORTS | HAS_FRAGMENT | HAS_PROTO, known);
	walk->program->flows = true;
}

/* known: layers of the packets that get here, as far as that is known; an expression is asked with
 * all that its parts need. */
static size_t use_expr(struct walk *walk, const struct rpol_expr *expr, unsigned known)
{
	size_t cost = 0;

	known |= lowered_guard(walk->lowering, expr);
	if (expr->kind == RPOL_EXPR_TEST) {
		use_field(walk, expr->field, known);
		use_key(walk, expr->fields, expr->nfields, known);
		use_key(walk, expr->keys, expr->nkeys, known);
		if (expr->field == RPOL_FIELD_HASH && !expr->keys)
			use_flow(walk, known);
		if (expr->field == RPOL_FIELD_HASH)
			cost = 20 + 8 * expr->nkeys;
		if (expr->op == RPOL_IN)
			return cost + use_set(walk, expr->set);
		return rpol_field_info(expr->field)->type == RPOL_TYPE_ADDR &&
				       expr->addr.family == 6
			       ? 4
			       : cost + 1;
	}
	for (size_t i = 0; i < expr->nargs; i++)
		cost += use_expr(walk, expr->args[i], known);
	return cost;
}

static size_t use_verdict(struct walk *walk, const struct rpol_verdict *verdict, unsigned known);

/* A packet that is forwarded: what docs/packets.md asks of it, and which tags are removed. */
static void use_forwarding(struct walk *walk, unsigned known)
{
	ask(walk, READS_ADDRS | HAS_OPTIONS | HAS_GROUP_MAC | HAS_VLAN | HAS_VLAN2, known);
}

/* Anything that the hook has may come of it. */
static size_t use_dynamic(struct walk *walk, struct lowered_table *table, unsigned known)
{
	enum {
		ALWAYS = 1 << RPOL_VERDICT_DROP | 1 << RPOL_VERDICT_PASS | 1 << RPOL_VERDICT_SEND |
			 1 << RPOL_VERDICT_CONTINUE,
		FORWARDS =
			1 << RPOL_VERDICT_FIB | 1 << RPOL_VERDICT_ROUTE | 1 << RPOL_VERDICT_BOUNCE
	};
	bool egress = walk->program->program->hook == RPOL_HOOK_TC_EGRESS;

	table->kinds &= egress ? ALWAYS : ALWAYS | FORWARDS;
	walk->program->uses |= USES_SEND;
	if (!egress) {
		walk->program->uses |= USES_FIB | USES_ROUTE | USES_GROUP | USES_BOUNCE;
		use_forwarding(walk, known);
		use_flow(walk, known);
	}
	return 8 + table->table->exact.nfields;
}

static size_t use_table(struct walk *walk, const struct rpol_table *table, unsigned known)
{
	struct lowered_table *lowered = &walk->lowering->tables[table->index];

	lowered->used = true;
	if (!walk->counted[walk->lowering->policy->nsets + table->index])
		walk->program->nlookups += lowered->apart;
	count_maps(walk, walk->lowering->policy->nsets + table->index, lowered->family,
		   &lowered->memory, lowered->map);
	if (table->kind == RPOL_TABLE_LPM)
		ask(walk, READS_ADDRS, known | lowered_families_guard(lowered->family));
	use_key(walk, table->exact.fields, table->exact.nfields, known);
	for (size_t i = 0; i < lowered->nverdicts; i++)
		use_verdict(walk, lowered->verdicts[i], known);
	if (table->dynamic)
		return use_dynamic(walk, lowered, known);
	if (lowered->apart)
		return 4 + table->exact.nfields;
	if (table->kind == RPOL_TABLE_EXACT)
		return table->exact.nfields + lowered->nchosen +
		       keys_cost(lowered->form, table->nentries, &table->exact);
	return 1 + family_cost(&lowered->family[0], 2) + family_cost(&lowered->family[1], 3) +
	       lowered->nchosen;
}

static size_t use_verdict(struct walk *walk, const struct rpol_verdict *verdict, unsigned known)
{
	struct lowered_program *program = walk->program;
	size_t cost = 0;

	for (; verdict; verdict = lowered_otherwise(verdict), cost++) {
		switch (verdict->kind) {
		case RPOL_VERDICT_FIB:
			program->uses |= USES_FIB;
			use_forwarding(walk, known);
			break;
		case RPOL_VERDICT_ROUTE:
			program->uses |= verdict->group ? USES_GROUP : USES_ROUTE;
			use_forwarding(walk, known);
			if (verdict->group)
				use_flow(walk, known);
			break;
		case RPOL_VERDICT_LOOKUP:
			cost += use_table(walk, verdict->table, known);
			break;
		case RPOL_VERDICT_SEND:
			program->uses |= USES_SEND;
			break;
		case RPOL_VERDICT_BOUNCE:
			program->uses |= USES_BOUNCE;
			break;
		case RPOL_VERDICT_CPU:
			program->uses |= USES_CPU;
			if (verdict->cpu == RPOL_CPU_SPREAD)
				use_flow(walk, known);
			break;
		default:
			break;
		}
	}
	return cost;
}

enum { ACTION_COST = 4 };

static size_t use_actions(struct walk *walk, const struct rpol_rule *rule, unsigned known)
{
	for (size_t i = 0; i < rule->nactions; i++) {
		const struct rpol_action *action = &rule->actions[i];

		walk->program->rewrites |= action->kind != RPOL_ACTION_COUNT;
		if (action->kind == RPOL_ACTION_VLAN_PUSH || action->kind == RPOL_ACTION_VLAN_POP)
			ask(walk, HAS_ETH | HAS_VLAN | HAS_VLAN2, known);
		if (action->kind != RPOL_ACTION_SET)
			continue;
		use_field(walk, action->field, known);
		/* L4's checksum covers the addresses. */
		if (rpol_field_info(action->field)->type == RPOL_TYPE_ADDR)
			ask(walk, HAS_PORTS | HAS_ICMP6 | HAS_PROTO, known);
	}
	return ACTION_COST * rule->nactions;
}

static size_t jump_cost(const struct lowered_program *program, const struct rpol_rule *rule)
{
	const struct lowered_chain *chain;

	if (rule->verdict->kind != RPOL_VERDICT_JUMP)
		return 0;
	chain = lowered_chain(program, rule->verdict);
	return chain->inlined ? chain->cost : 1 + chain->nchunks;
}

/* Needs: costs of the rules. Leaves: chunks of whole rules that cover them in order. */
static const struct lowered_chunk *cut(struct rpol_arena *arena, const size_t *costs, size_t nrules,
				       size_t most, size_t *nchunks)
{
	struct lowered_chunk *chunks = NULL;
	size_t capacity = 0;

	for (size_t i = 0; i < nrules; i++) {
		struct lowered_chunk *last = *nchunks ? &chunks[*nchunks - 1] : NULL;

		/* A list's rules cost nothing but the first, and stay with it. */
		if (!last || (costs[i] && last->cost + costs[i] > most)) {
			chunks = rpol_arena_grow(arena, chunks, *nchunks, &capacity,
						 sizeof(*chunks));
			last = &chunks[(*nchunks)++];
			*last = (struct lowered_chunk){i, 0, 0};
		}
		last->count++;
		last->cost += costs[i];
	}
	return chunks;
}

/* Needs: the chains it jumps to are lowered. */
static void lower_chain(struct rpol_arena *arena, struct lowered_program *program,
			struct lowered_chain *chain, size_t *costs, size_t most)
{
	const struct rpol_chain_use *use = chain->use;
	size_t *own = costs + (use->rules - program->program->rules), limit;

	for (size_t i = 0; i < use->chain->nrules; i++) {
		const struct rpol_rule *rule = &use->rules[i];

		own[i] += jump_cost(program, rule);
		chain->cost += own[i];
		if (rule->verdict->kind == RPOL_VERDICT_JUMP &&
		    lowered_chain(program, rule->verdict)->frames > chain->frames)
			chain->frames = lowered_chain(program, rule->verdict)->frames;
	}
	limit = chain->jumps > 1 ? LOWER_CHAIN_COST : LOWER_INLINE_COST;
	chain->inlined = chain->cost <= limit || chain->frames == LOWER_CHAIN_FRAMES;
	if (chain->inlined)
		return;
	chain->frames++;
	chain->chunks = cut(arena, own, use->chain->nrules, most, &chain->nchunks);
	program->nfunctions += chain->nchunks;
	program->cost += chain->cost;
}

/* Needs: costs of all rules, jumps left out. Leaves: them counted in, and every chain's form. Those
 * that others jump to come first. */
static void lower_chains(struct rpol_arena *arena, struct lowered_program *program, size_t *costs)
{
	const struct rpol_program *from = program->program;
	size_t most = 0;

	program->chains = RPOL_NEW_ARRAY(arena, struct lowered_chain, from->nchains);
	for (size_t i = 0; i < from->nchains; i++)
		program->chains[i].use = &from->chains[i];
	for (size_t i = 0; i < from->ncounted; i++) {
		most += costs[i];
		if (from->rules[i].verdict->kind == RPOL_VERDICT_JUMP)
			program->chains[rpol_program_chain(from, from->rules[i].verdict->chain) -
					from->chains]
				.jumps++;
	}
	most /= LOWER_MAX_CHUNKS;
	if (most < LOWER_CHUNK_COST)
		most = LOWER_CHUNK_COST;
	for (unsigned height = 0; from->nchains && height < RPOL_MAX_JUMPS; height++)
		for (size_t i = 0; i < from->nchains; i++)
			if (from->chains[i].chain->height == height)
				lower_chain(arena, program, &program->chains[i], costs, most);
}

static void lower_rules(struct rpol_arena *arena, struct lowered_program *program, size_t *costs)
{
	const struct rpol_program *from = program->program;
	size_t own = 0, most;

	for (size_t i = 0; i < from->nrules; i++) {
		costs[i] += jump_cost(program, &from->rules[i]);
		own += costs[i];
	}
	program->cost += own;
	if (own <= LOWER_INLINE_COST)
		return;
	most = program->cost / LOWER_MAX_CHUNKS;
	program->chunks = cut(arena, costs, from->nrules,
			      most < LOWER_CHUNK_COST ? LOWER_CHUNK_COST : most, &program->nchunks);
	program->nfunctions += program->nchunks;
}

const struct lowered_chain *lowered_chain(const struct lowered_program *program,
					  const struct rpol_verdict *jump)
{
	const struct rpol_program *from = program->program;

	return &program->chains[rpol_program_chain(from, jump->chain) - from->chains];
}

/* How many different packets, about, the reading of one may leave: layers are alternatives, a
 * yes-or-no field is two of each. */
static size_t ways(unsigned need)
{
	const unsigned flags = HAS_VLAN | HAS_VLAN2 | HAS_FRAGMENT | HAS_FRAGMENT_LATER |
			       HAS_OPTIONS | HAS_GROUP_MAC | HAS_DF | HAS_EXT;
	const unsigned none = READS_ADDRS | READS_META | READS_TIME;

	return (1 + (size_t)__builtin_popcount(need & ~(flags | none)))
	       << __builtin_popcount(need & flags);
}

static void lower_program(struct rpol_arena *arena, struct lowering *lowering,
			  const struct rpol_program *from)
{
	const struct rpol_policy *policy = lowering->policy;
	struct lowered_program *program = &lowering->programs[from->index];
	size_t *costs = RPOL_NEW_ARRAY(arena, size_t, from->ncounted);
	struct walk walk = {lowering, program,
			    RPOL_NEW_ARRAY(arena, bool, policy->nsets + policy->ntables)};

	program->program = from;
	for (size_t i = 0; i < from->ncounted; i++) {
		const struct rpol_rule *rule = &from->rules[i];

		unsigned known = lowered_guard(lowering, rule->match);

		costs[i] = 1 + use_expr(&walk, rule->match, 0) +
			   use_verdict(&walk, rule->verdict, known) +
			   use_actions(&walk, rule, known);
	}
	lower_lists(arena, lowering, program, costs);
	lower_chains(arena, program, costs);
	lower_rules(arena, program, costs);
	program->apart = program->nfunctions;
	if (!program->apart && program->cost * ways(program->need) > LOWER_WAYS)
		program->need |= READS_OPAQUE;
	for (size_t i = 0; i < from->ncounted && !program->too_long; i++)
		if (costs[i] > LOWER_RULE_COST)
			program->too_long = &from->rules[i];
}

const struct lowering *rpol_lower(struct rpol_arena *arena, const struct rpol_policy *policy,
				  const struct rpol_compile_options *options)
{
	struct lowering *lowering = RPOL_NEW(arena, struct lowering);

	lowering->policy = policy;
	if (options)
		lowering->options = *options;
	if (!lowering->options.memory)
		lowering->options.memory = LOWER_MEMORY;
	lowering->budget = lowering->options.memory;
	lowering->sets = RPOL_NEW_ARRAY(arena, struct lowered_set, policy->nsets);
	lowering->tables = RPOL_NEW_ARRAY(arena, struct lowered_table, policy->ntables);
	lowering->programs = RPOL_NEW_ARRAY(arena, struct lowered_program, policy->nprograms);
	for (size_t i = 0; i < policy->nsets; i++) {
		assert(policy->sets[i].index == i);
		lower_set(arena, &lowering->sets[i], &policy->sets[i]);
	}
	for (size_t i = 0; i < policy->ntables; i++) {
		assert(policy->tables[i].index == i);
		lower_table(arena, &lowering->tables[i], &policy->tables[i]);
	}
	for (size_t i = 0; i < policy->nprograms; i++) {
		assert(policy->programs[i].index == i);
		lower_program(arena, lowering, &policy->programs[i]);
	}
	lower_memories(arena, lowering);
	return lowering;
}

static void complain_rules(struct rpol_diags *diags, const struct lowered_program *program)
{
	struct rpol_diag *diag =
		rpol_diag_add(diags, RPOL_DIAG_LIMIT, program->program->span,
			      "policy `%s` has %zu rules that are compared one by one, and %d can "
			      "be compiled",
			      program->program->name, program->program->ncounted - program->nlisted,
			      LOWER_MAX_RULES);

	if (program->unlisted)
		rpol_diag_help(diags, diag, "they are no list in memory: %s", program->unlisted);
	else
		rpol_diag_help(diags, diag,
			       "rules in a row become a list in memory where each decides: put "
			       "those that go on (`continue`, `jump`, `lookup` without `else`) or "
			       "use `random` or `hash` before or after the others");
}

bool rpol_lowering_check(const struct lowering *lowering, struct rpol_diags *diags)
{
	size_t errors = diags->errors;

	lowered_memories_check(lowering, diags);
	for (size_t i = 0; i < lowering->policy->nprograms; i++) {
		const struct lowered_program *program = &lowering->programs[i];
		const char *name = program->program->name;
		struct rpol_diag *diag;

		if (program->too_long) {
			diag = rpol_diag_add(diags, RPOL_DIAG_LIMIT, program->too_long->span,
					     "rule `%s` is more than %d comparisons",
					     program->too_long->label, LOWER_RULE_COST);
			rpol_diag_help(
				diags, diag,
				"put its addresses into one set: from %d on it is one lookup",
				LOWER_CODE_ENTRIES + 1);
		}
		if (program->program->ncounted - program->nlisted > LOWER_MAX_RULES)
			complain_rules(diags, program);
		if (program->cost > LOWER_PROGRAM_COST) {
			diag = rpol_diag_add(diags, RPOL_DIAG_LIMIT, program->program->span,
					     "the rules of `%s` are more than %d comparisons", name,
					     LOWER_PROGRAM_COST);
			rpol_diag_help(diags, diag, "put values that rules repeat into sets");
		}
		if (program->nfunctions + program->nlookups > LOWER_MAX_FUNCTIONS) {
			diag = rpol_diag_add(
				diags, RPOL_DIAG_LIMIT, program->program->span,
				"policy `%s` with its chains, sets and tables is %zu functions, "
				"and the kernel allows it %d",
				name, program->nfunctions + program->nlookups, LOWER_MAX_FUNCTIONS);
			rpol_diag_help(diags, diag, "join chains");
		}
		if (program->nmaps > LOWER_PROGRAM_MAPS) {
			diag = rpol_diag_add(
				diags, RPOL_DIAG_LIMIT, program->program->span,
				"policy `%s` uses %zu sets and tables that are maps of "
				"their own, and the kernel allows it %d",
				name, program->nmaps, LOWER_PROGRAM_MAPS);
			rpol_diag_help(diags, diag,
				       "join sets, or keep them to %d prefixes of a family",
				       LOWER_CODE_ENTRIES);
		}
	}
	return diags->errors == errors;
}
