/* emit_rule.c: rules and what they come to. */
#include "emit.h"

#include <assert.h>
#include <string.h>

enum { COLUMNS = 96 };

/* ---- verdicts ----------------------------------------------------------------------------------
 */

static const struct rpol_verdict *otherwise(const struct rpol_verdict *verdict)
{
	return verdict->otherwise ? verdict->otherwise
	       : verdict->group	  ? verdict->group->otherwise
				  : NULL;
}

bool emit_verdict_simple(const struct rpol_verdict *verdict)
{
	/* A single next hop is always taken: its else stands for nothing. */
	return verdict->kind != RPOL_VERDICT_LOOKUP && verdict->kind != RPOL_VERDICT_JUMP &&
	       !(verdict->group && otherwise(verdict));
}

const char *emit_verdict_value(struct emitter *emitter, const struct rpol_verdict *verdict)
{
	switch (verdict->kind) {
	case RPOL_VERDICT_DROP:
		return "RPOL_DROP";
	case RPOL_VERDICT_PASS:
		return "RPOL_PASS";
	case RPOL_VERDICT_FIB:
		return "RPOL_FIB";
	case RPOL_VERDICT_BOUNCE:
		return "RPOL_BOUNCE";
	case RPOL_VERDICT_CONTINUE:
		return "RPOL_CONTINUE";
	case RPOL_VERDICT_SEND:
		return rpol_arena_printf(emitter->arena, "RPOL_VERDICT(RPOL_SEND, %u /* %s */)",
					 verdict->iface->index, verdict->iface->name);
	case RPOL_VERDICT_CPU:
		return verdict->cpu == RPOL_CPU_SPREAD
			       ? "RPOL_VERDICT(RPOL_CPU, RPOL_CPU_SPREAD)"
			       : rpol_arena_printf(emitter->arena, "RPOL_VERDICT(RPOL_CPU, %u)",
						   verdict->cpu);
	case RPOL_VERDICT_ROUTE:
		if (verdict->group)
			return rpol_arena_printf(emitter->arena,
						 "RPOL_VERDICT(RPOL_GROUP, %u /* %s */)",
						 verdict->group->index, verdict->group->name);
		return rpol_arena_printf(emitter->arena, "RPOL_VERDICT(RPOL_ROUTE, %u /* %s */)",
					 verdict->nexthop->index, verdict->nexthop->name);
	default:
		assert(!"a verdict that is looked up has no value");
		return "RPOL_DROP";
	}
}

static void emit_simple(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
			const struct rpol_verdict *verdict)
{
	const char *value = emit_verdict_value(emitter, verdict);

	if (!rule)
		emit_text(emitter, "%sreturn %s;\n", indent, value);
	else if (verdict->kind == RPOL_VERDICT_CONTINUE)
		emit_text(emitter, "%srpol_count(%u, p->bytes);\n", indent, rule->counter);
	else
		emit_text(emitter, "%sreturn RPOL_DECIDE(%u, %s);\n", indent, rule->counter, value);
}

/* The call of a table's function; an exact one is asked when the packet has its whole key. */
static const char *lookup_text(struct emitter *emitter, const struct rpol_table *table)
{
	const struct rpol_key *key = &table->exact;
	const char *ask, *call;

	if (table->kind == RPOL_TABLE_LPM)
		return rpol_arena_printf(emitter->arena, "lookup_%s(p->has, RPOL_WORDS(p->%s))",
					 table->name, table->key == RPOL_FIELD_SRC ? "src" : "dst");
	ask = lowered_guard_text(emitter->arena, lowered_key_guard(key->fields, key->nfields), 0);
	call = rpol_arena_printf(emitter->arena, "lookup_%s(%s)", table->name,
				 emit_key_values(emitter, key->fields, key->nfields));
	return *ask ? rpol_arena_printf(emitter->arena, "RPOL_HAS(p, %s) ? %s : RPOL_NOTHING", ask,
					call)
		    : call;
}

static void emit_lookup(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
			const struct rpol_verdict *verdict)
{
	const struct lowered_table *table = &emitter->lowering->tables[verdict->table->index];

	emit_text(emitter, "%sverdict = %s;\n", indent, lookup_text(emitter, verdict->table));
	if (table->goes_on)
		emit_text(emitter,
			  "%sif (verdict == RPOL_CONTINUE)\n%s\trpol_count(%u, p->bytes);\n",
			  indent, indent, rule->counter);
	emit_text(emitter,
		  "%s%sif (verdict != RPOL_NOTHING)\n%s\treturn RPOL_DECIDE(%u, verdict);\n",
		  indent, table->goes_on ? "else " : "", indent, rule->counter);
	if (!verdict->otherwise)
		return;
	if (!table->goes_on) {
		emit_verdict(emitter, indent, rule, verdict->otherwise);
		return;
	}
	emit_text(emitter, "%selse {\n", indent);
	emit_verdict(emitter, rpol_arena_printf(emitter->arena, "%s\t", indent), rule,
		     verdict->otherwise);
	emit_text(emitter, "%s}\n", indent);
}

/* The function with a chunk of a chain's rules, or with all that is written at its jumps. */
static const char *chain_function(struct emitter *emitter, const struct lowered_chain *chain,
				  size_t chunk)
{
	const char *policy = emitter->program->program->name;
	uint32_t index = chain->use->chain->index;

	return chain->nchunks > 1
		       ? rpol_arena_printf(emitter->arena, "chain%u_%zu_%s", index, chunk, policy)
		       : rpol_arena_printf(emitter->arena, "chain%u_%s", index, policy);
}

static void emit_jump(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
		      const struct rpol_verdict *verdict)
{
	const struct lowered_chain *chain = lowered_chain(emitter->program, verdict);
	size_t calls = chain->inlined ? chain->use->chain->nrules > 0 : chain->nchunks;

	emit_text(emitter, "%srpol_count(%u, p->bytes);\n", indent, rule->counter);
	for (size_t i = 0; i < calls; i++)
		emit_text(emitter, "%s%s%sdecision = %s(%sp);\n", i ? indent : "",
			  i ? "if (decision == RPOL_NEXT)\n\t" : "", indent,
			  chain_function(emitter, chain, i),
			  emitter->program->rewrites ? "ctx, " : "");
	if (calls)
		emit_text(emitter, "%sif (decision != RPOL_NEXT)\n%s\treturn decision;\n", indent,
			  indent);
}

void emit_verdict(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
		  const struct rpol_verdict *verdict)
{
	if (emit_verdict_simple(verdict)) {
		emit_simple(emitter, indent, rule, verdict);
	} else if (verdict->kind == RPOL_VERDICT_LOOKUP) {
		assert(rule);
		emit_lookup(emitter, indent, rule, verdict);
	} else if (verdict->kind == RPOL_VERDICT_JUMP) {
		emit_jump(emitter, indent, rule, verdict);
	} else {
		emit_text(emitter, "%sif (rpol_group_lives(%u /* %s */))\n\t", indent,
			  verdict->group->index, verdict->group->name);
		emit_simple(emitter, indent, rule, verdict);
		emit_verdict(emitter, indent, rule, otherwise(verdict));
	}
}

/* Statements that leave in `verdict` what a verdict comes to, RPOL_NOTHING where to nothing. */
static void emit_resolve(struct emitter *emitter, const char *indent,
			 const struct rpol_verdict *verdict)
{
	const char *deeper = rpol_arena_printf(emitter->arena, "%s\t", indent);

	if (emit_verdict_simple(verdict)) {
		emit_text(emitter, "%sverdict = %s;\n", indent,
			  emit_verdict_value(emitter, verdict));
		return;
	}
	if (verdict->kind == RPOL_VERDICT_LOOKUP) {
		emit_text(emitter, "%sverdict = %s;\n", indent,
			  lookup_text(emitter, verdict->table));
		if (!verdict->otherwise)
			return;
		emit_text(emitter, "%sif (verdict == RPOL_NOTHING) {\n", indent);
	} else {
		emit_text(emitter, "%sverdict = %s;\n", indent,
			  emit_verdict_value(emitter, verdict));
		emit_text(emitter, "%sif (!rpol_group_lives(%u /* %s */)) {\n", indent,
			  verdict->group->index, verdict->group->name);
	}
	emit_resolve(emitter, deeper, otherwise(verdict));
	emit_text(emitter, "%s}\n", indent);
}

/* A rule with actions whose verdict is looked for: that is done before them, for a rule that comes
 * to nothing does nothing. */
static bool is_resolved(const struct rpol_rule *rule)
{
	return rule->nactions && !emit_verdict_simple(rule->verdict) &&
	       rule->verdict->kind != RPOL_VERDICT_JUMP;
}

static void emit_resolved(struct emitter *emitter, const struct rpol_rule *rule, const char *indent)
{
	const char *deeper = rpol_arena_printf(emitter->arena, "%s\t", indent);

	emit_resolve(emitter, indent, rule->verdict);
	emit_text(emitter, "%sif (verdict != RPOL_NOTHING) {\n", indent);
	emit_actions(emitter, deeper, rule);
	emit_text(emitter,
		  "%sif (verdict != RPOL_CONTINUE)\n%s\treturn RPOL_DECIDE(%u, verdict);\n"
		  "%srpol_count(%u, p->bytes);\n%s}\n",
		  deeper, deeper, rule->counter, deeper, rule->counter, indent);
}

void emit_outcome(struct emitter *emitter, const char *indent, const struct rpol_rule *rule)
{
	if (is_resolved(rule)) {
		emit_resolved(emitter, rule, indent);
		return;
	}
	emit_actions(emitter, indent, rule);
	emit_verdict(emitter, indent, rule, rule->verdict);
}

/* ---- rules -------------------------------------------------------------------------------------
 */

/* `if (condition)`, over several lines where it is long, each said to be the rule's. */
static void emit_if(struct emitter *emitter, const struct rpol_rule *rule, const char *condition,
		    const char *end)
{
	size_t column = 8 + 4;

	emit_line_of(emitter, rule->span);
	emit_text(emitter, "\tif (");
	while (*condition) {
		size_t length = 1;

		while (condition[length] && condition[length] != EMIT_BREAK)
			length++;
		if (*condition == EMIT_BREAK) {
			condition++;
			length--;
			if (column + length + 3 > COLUMNS) {
				emit_text(emitter, "\n");
				emit_line_again(emitter, rule->span);
				emit_text(emitter, "\t    ");
				column = 12;
			} else {
				emit_text(emitter, " ");
				column++;
			}
		}
		emit_text(emitter, "%.*s", (int)length, condition);
		condition += length;
		column += length;
	}
	emit_text(emitter, ")%s\n", end);
}

/* starts: it is the first thing in its function. */
static void emit_rule(struct emitter *emitter, const struct rpol_rule *rule, bool starts)
{
	const char *text = emit_comment(emitter, rule->span);
	const char *condition = emit_condition(emitter, rule->match);
	const char *dot = strchr(rule->label, '.'), *label = dot ? dot + 1 : rule->label;
	const char *indent = condition ? "\t\t" : "\t";
	bool simple = emit_verdict_simple(rule->verdict);
	bool braces = condition && (!simple || rule->nactions);
	bool labelled = strncmp(text, label, strlen(label)) == 0;

	if (!starts)
		emit_text(emitter, "\n");
	/* The default and what the checker added have texts without a label. */
	emit_text(emitter, "\t/* %.*s%s%s */\n",
		  (int)(labelled ? label - rule->label : (ptrdiff_t)strlen(rule->label)),
		  rule->label, labelled ? "" : ": ", text);
	if (condition) {
		emit_if(emitter, rule, condition, braces ? " {" : "");
		emit_line_again(emitter, rule->span);
	} else {
		emit_line_of(emitter, rule->span);
	}
	emit_outcome(emitter, indent, rule);
	if (braces)
		emit_text(emitter, "\t}\n");
	emit_line_back(emitter);
}

static bool comes_to(const struct rpol_rule *rules, size_t count, enum rpol_verdict_kind kind)
{
	for (size_t i = 0; i < count; i++)
		for (const struct rpol_verdict *v = rules[i].verdict; v; v = otherwise(v))
			if (v->kind == kind)
				return true;
	return false;
}

static bool resolves(const struct rpol_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_resolved(&rules[i]))
			return true;
	return false;
}

static bool has_list(const struct emitter *emitter, const struct rpol_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (emitter->program->lists[rules[i].index])
			return true;
	return false;
}

/* A function's body. What is left when no rule decides is only said where one may not. */
static void emit_body(struct emitter *emitter, const struct rpol_rule *rules, size_t count,
		      bool checked)
{
	const struct rpol_rule *last = &rules[count - 1];
	const struct lowered_list *list = NULL;
	bool lists = has_list(emitter, rules, count);
	bool looks_up = comes_to(rules, count, RPOL_VERDICT_LOOKUP) || resolves(rules, count);
	bool jumps = comes_to(rules, count, RPOL_VERDICT_JUMP) || lists;
	bool declares = looks_up || jumps;

	emit_text(emitter, "{\n%s%s%s", looks_up ? "\t__u32 verdict;\n" : "",
		  jumps ? "\t__u64 decision;\n" : "", declares && checked ? "\n" : "");
	/* The verifier wants it asked, though nobody passes NULL. */
	if (checked && emitter->program->rewrites)
		emit_text(emitter, "\tRPOL_USED(ctx);\n");
	if (checked)
		emit_text(emitter, "\tif (!p)\n\t\treturn RPOL_NEXT;\n");
	for (size_t i = 0; i < count; i++) {
		list = lists ? emitter->program->lists[rules[i].index] : NULL;
		if (!list) {
			emit_rule(emitter, &rules[i], !i && !declares && !checked);
			continue;
		}
		emit_text(emitter, "\n");
		emit_list_use(emitter, list);
		i += list->count - 1;
	}
	if (list || emit_condition(emitter, last->match) || !emit_verdict_simple(last->verdict) ||
	    last->verdict->kind == RPOL_VERDICT_CONTINUE)
		emit_text(emitter, "\treturn RPOL_NEXT;\n");
	emit_text(emitter, "}\n");
}

/* What comes before the packet among a function's parameters: where packets are rewritten, what is
 * known of them changes too. */
static const char *parameters(const struct emitter *emitter)
{
	if (!emitter->program->rewrites)
		return "const ";
	return emitter->program->program->hook == RPOL_HOOK_XDP ? "struct xdp_md *ctx, "
								: "struct __sk_buff *ctx, ";
}

/* Functions the verifier checks on their own. They read the packet's fields anew for every test
 * (volatile): what the verifier and clang's registers would hold grows with the list. */
static void emit_chunk(struct emitter *emitter, const char *name, const struct rpol_rule *rules,
		       const struct lowered_chunk *chunk)
{
	emit_text(emitter, "__noinline __u64 %s(%svolatile struct rpol_pkt *p)\n", name,
		  parameters(emitter));
	emit_body(emitter, rules + chunk->first, chunk->count, true);
}

static void emit_chain(struct emitter *emitter, const struct lowered_chain *chain)
{
	const struct rpol_chain *from = chain->use->chain;

	if (!from->nrules)
		return;
	emit_text(emitter, "/* chain %s */\n", from->name);
	if (chain->inlined) {
		/* Some caller may be a function with such a pointer. */
		emit_text(emitter, "static __always_inline __u64 %s(%s%sstruct rpol_pkt *p)\n",
			  chain_function(emitter, chain, 0), parameters(emitter),
			  emitter->program->nfunctions ? "volatile " : "");
		emit_body(emitter, chain->use->rules, from->nrules, false);
	}
	for (size_t i = 0; i < chain->nchunks; i++)
		emit_chunk(emitter, chain_function(emitter, chain, i), chain->use->rules,
			   &chain->chunks[i]);
	emit_text(emitter, "\n");
}

void emit_rules(struct emitter *emitter, const struct lowered_program *program)
{
	const struct rpol_program *from = program->program;

	emit_lists(emitter, program);
	for (unsigned height = 0; from->nchains && height < RPOL_MAX_JUMPS; height++)
		for (size_t i = 0; i < from->nchains; i++)
			if (from->chains[i].chain->height == height)
				emit_chain(emitter, &program->chains[i]);
	if (!program->chunks) {
		emit_text(emitter, "static __always_inline __u64 rules_%s(%sstruct rpol_pkt *p)\n",
			  from->name, parameters(emitter));
		emit_body(emitter, from->rules, from->nrules, false);
		return;
	}
	for (size_t i = 0; i < program->nchunks; i++) {
		emit_text(emitter, "%s", i ? "\n" : "");
		emit_chunk(emitter, rpol_arena_printf(emitter->arena, "rules%zu_%s", i, from->name),
			   from->rules, &program->chunks[i]);
	}
}
