/* emit_memory.c: lookups in memory, and the verdicts that they find by number. */
#include "emit.h"

void emit_memory(struct emitter *emitter, const struct lowered_memory *memory)
{
	emit_text(emitter, "%s(%s, %zu);\n", memory->live ? "RPOL_LIVE" : "RPOL_MEMORY",
		  memory->name, memory->size);
}

void emit_family_memory(struct emitter *emitter, const struct lowered_family *family, int number)
{
	const char *name = family->memory.name;

	if (!name)
		return;
	emit_memory(emitter, &family->memory);
	/* Long, so the verifier is to walk it once, and not at each of its uses. */
	if (family->memory.live && number == 6)
		emit_text(emitter, "\nRPOL_LIVE6(%s)\n", name);
	else if (family->form == FORM_ROUTES && number == 6)
		emit_text(emitter,
			  "\n__noinline __u32 find_%s(__u32 a, __u32 b, __u32 c, __u32 d)\n{\n"
			  "\treturn RPOL_ROUTES6(%s, a, b, c, d);\n}\n",
			  name, name);
}

const char *emit_family_lookup(struct emitter *emitter, const struct lowered_family *family,
			       int number)
{
	const char *name = family->memory.name;

	if (family->form == FORM_EXACT)
		return rpol_arena_printf(emitter->arena, "RPOL_EXACT%d(%s, %s)", number, name,
					 number == 4 ? "a" : "a, b, c, d");
	return number == 4 ? rpol_arena_printf(emitter->arena, "RPOL_ROUTES4(%s, a)", name)
			   : rpol_arena_printf(emitter->arena, "find_%s(a, b, c, d)", name);
}

const char *emit_inlining(const struct lowered_table *table)
{
	return table->apart ? "__noinline" : "static __always_inline";
}

void emit_verdicts(struct emitter *emitter, const struct lowered_table *table)
{
	emit_text(emitter, "\nstatic const __u32 verdicts_%s[%zu] = {\n\tRPOL_NOTHING,\n",
		  table->table->name, table->nverdicts + 1);
	for (size_t i = 0; i < table->nverdicts; i++)
		emit_text(emitter, "\t%s,\n",
			  emit_verdict_simple(table->verdicts[i])
				  ? emit_verdict_value(emitter, table->verdicts[i])
				  : "RPOL_NOTHING");
	emit_text(emitter, "};\n");
}

void emit_found(struct emitter *emitter, const struct lowered_table *table)
{
	if (table->nchosen) {
		emit_text(emitter, "\tswitch (found) {\n");
		for (size_t i = 0; i < table->nverdicts; i++) {
			if (emit_verdict_simple(table->verdicts[i]))
				continue;
			emit_text(emitter, "\tcase %zu:\n", i + 1);
			emit_verdict(emitter, "\t\t", NULL, table->verdicts[i]);
		}
		emit_text(emitter, "\t}\n");
	}
	emit_text(emitter, "\treturn RPOL_FOUND(verdicts_%s, found);\n}\n", table->table->name);
}
