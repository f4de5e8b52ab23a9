/* print.c: the lowering as text, for people and golden tests. */
#include <setjmp.h>

#include "emit.h"

static void print_memory(FILE *out, const struct lowered_memory *memory, const char *structure)
{
	fprintf(out, "in memory %s, %s of %zu bytes\n", memory->name, structure, memory->size);
}

static void print_family(FILE *out, const struct lowered_family *family, int number, bool table)
{
	switch (family->form) {
	case FORM_INLINE:
		fprintf(out, "\tipv%d: %zu in the rule\n", number, family->count);
		return;
	case FORM_CODE:
		fprintf(out, "\tipv%d: %zu as code%s\n", number, family->count,
			table ? ", most specific first" : "");
		return;
	case FORM_ROUTES:
	case FORM_EXACT:
		fprintf(out, "\tipv%d: %zu ", number, family->count);
		print_memory(out, &family->memory, lowered_structure(family->form, number));
		return;
	default:
		return;
	}
}

static void print_keys(FILE *out, enum form form, size_t count, const struct lowered_memory *memory)
{
	fprintf(out, "\tkeys: %zu ", count);
	if (form == FORM_EXACT)
		print_memory(out, memory, lowered_structure(form, 0));
	else
		fprintf(out, "as code\n");
}

static void print_set(FILE *out, const struct lowered_set *set)
{
	const struct rpol_set *from = set->set;

	fprintf(out, "set %s%s\n", set->id, set->used ? "" : ": unused");
	if (!set->used)
		return;
	print_family(out, &set->family[0], 4, false);
	print_family(out, &set->family[1], 6, false);
	if (from->dynamic)
		fprintf(out, "\tdynamic: %u at most in the map %s\n", from->size, set->map);
	else if (from->kind == RPOL_SET_KEYS)
		print_keys(out, set->form, from->nkeys, &set->memory);
	else if (from->kind == RPOL_SET_IFACE)
		fprintf(out, "\tinterfaces: %zu in the rule\n", from->nifaces);
	else if (set->form == FORM_BITS)
		fprintf(out, "\tranges: %zu as %u bits\n", from->nranges,
			(from->ranges[from->nranges - 1].high / 32 + 1) * 32);
	else if (set->form == FORM_RANGES)
		fprintf(out, "\tranges: %zu to search in memory\n", from->nranges);
	else if (from->kind == RPOL_SET_RANGE)
		fprintf(out, "\tranges: %zu %s\n", from->nranges,
			set->form == FORM_CODE ? "as code" : "in the rule");
}

static void print_table(FILE *out, const struct lowered_table *table)
{
	char text[512];

	fprintf(out, "table %s%s\n", table->table->name, table->used ? "" : ": unused");
	if (!table->used)
		return;
	if (table->table->dynamic)
		fprintf(out, "\tdynamic: %u at most in the map %s\n", table->table->size,
			table->map);
	else if (table->table->kind == RPOL_TABLE_EXACT)
		print_keys(out, table->form, table->table->nentries, &table->memory);
	print_family(out, &table->family[0], 4, true);
	print_family(out, &table->family[1], 6, true);
	for (size_t i = 0; i < table->nverdicts; i++)
		fprintf(out, "\tverdict %zu: %s\n", i,
			rpol_verdict_text(table->verdicts[i], text, sizeof(text)));
	if (table->apart)
		fprintf(out, "\ta function of its own\n");
}

static void print_actions(FILE *out, const struct rpol_rule *rule)
{
	char text[256];

	for (size_t i = 0; i < rule->nactions; i++)
		fprintf(out, "%s%s", i ? ", " : "; ",
			rpol_action_text(&rule->actions[i], text, sizeof(text)));
}

static void print_word(FILE *out, const struct lowered_word *word)
{
	switch (word->kind) {
	case WORD_ADDRESS:
		fprintf(out, " %s.%u", rpol_field_info(word->field)->name, word->part);
		return;
	case WORD_NUMBER:
		fprintf(out, " %s", rpol_field_info(word->field)->name);
		return;
	case WORD_LAYERS:
		fprintf(out, " layers/%u", word->bits);
		return;
	case WORD_TESTS:
		fprintf(out, " tests/%zu", word->ntests);
		return;
	}
}

static void print_list(FILE *out, const struct rpol_program *program,
		       const struct lowered_list *list)
{
	fprintf(out, "\tlist %s: %zu rules, %s to %s\n", list->id, list->count,
		program->rules[list->first].label,
		program->rules[list->first + list->count - 1].label);
	for (size_t i = 0; i < list->nparts; i++) {
		const struct lowered_part *part = &list->parts[i];

		fprintf(out, "\t\t%s%.0u: ", part->family ? "ipv" : "no ip", part->family);
		if (!part->words) {
			fprintf(out, "%s\n", part->count ? "all the same" : "none");
			continue;
		}
		fprintf(out, "%zu alternatives by", part->count);
		for (uint32_t w = 0; w < part->schema.words; w++)
			print_word(out, &part->words[w]);
		fputs(", ", out);
		print_memory(out, &part->memory, rpol_rules_structure_name(part->structure));
	}
}

static void print_program(struct rpol_arena *arena, FILE *out,
			  const struct lowered_program *program)
{
	static const char *const uses[USES_BITS] = {"fib",  "route",  "group",
						    "send", "bounce", "cpu"};

	fprintf(out, "policy %s at %s\n\treads: %s%s\n\tuses:", program->program->name,
		rpol_hook_text(program->program->hook), lowered_need_text(arena, program->need),
		program->flows ? ", flows" : "");
	for (int i = 0; i < USES_BITS; i++)
		if (program->uses >> i & 1)
			fprintf(out, " %s", uses[i]);
	fprintf(out, "%s%s\n\trules: %zu, about %zu comparisons, ", program->uses ? "" : " nothing",
		program->rewrites ? "\n\trewrites" : "", program->program->ncounted, program->cost);
	if (program->nchunks)
		fprintf(out, "in %zu functions\n", program->nchunks);
	else
		fprintf(out, "inlined\n");
	for (size_t i = 0; i < program->program->nchains; i++) {
		const struct lowered_chain *chain = &program->chains[i];

		fprintf(out, "\tchain %s: about %zu comparisons, ", chain->use->chain->name,
			chain->cost);
		if (chain->inlined)
			fprintf(out, "written at its %zu jump%s\n", chain->jumps,
				chain->jumps == 1 ? "" : "s");
		else
			fprintf(out, "in %zu function%s\n", chain->nchunks,
				chain->nchunks == 1 ? "" : "s");
	}
	for (size_t i = 0; program->nlists && i < program->program->ncounted; i++)
		if (program->lists[i])
			print_list(out, program->program, program->lists[i]);
	if (program->nmaps)
		fprintf(out, "\tmaps of sets and tables: %zu\n", program->nmaps);
}

void rpol_print_lowering(struct rpol_arena *arena, const struct lowering *lowering, FILE *out)
{
	struct emitter emitter = {.arena = arena, .lowering = lowering};
	const struct rpol_policy *policy = lowering->policy;

	for (size_t i = 0; i < policy->nsets; i++)
		print_set(out, &lowering->sets[i]);
	for (size_t i = 0; i < policy->ntables; i++)
		print_table(out, &lowering->tables[i]);
	for (size_t i = 0; i < policy->nprograms; i++) {
		const struct rpol_program *program = &policy->programs[i];

		print_program(arena, out, &lowering->programs[i]);
		for (size_t r = 0; r < program->ncounted; r++) {
			const char *condition = emit_condition(&emitter, program->rules[r].match);

			fprintf(out, "\t%s: ", program->rules[r].label);
			for (const char *c = condition ? condition : "always"; *c; c++)
				fputc(*c == EMIT_BREAK ? ' ' : *c, out);
			print_actions(out, &program->rules[r]);
			fputc('\n', out);
		}
	}
}
