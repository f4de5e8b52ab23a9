/* emit_list.c: lists of rules: their memory, their key, the functions that look up, and what the
 * rules with more than a decision do. */
#include "emit.h"

/* ---- the shape of the structure ----------------------------------------------------------------
 */

static void emit_schema(struct emitter *emitter, const struct lowered_part *part, const char *name)
{
	const struct rpol_rules_schema *schema = &part->schema;

	emit_text(emitter, "static const struct rpol_rules_schema schema_%s = {\n\t%u,\n\t%u,\n\t{",
		  name, schema->words, schema->stride);
	for (uint32_t i = 0; i < schema->words; i++)
		emit_text(emitter, "%s{%s, %u, %u, %u}", i ? ", " : "",
			  schema->word[i].kind == RPOL_WORD_MASK ? "RPOL_WORD_MASK"
								 : "RPOL_WORD_RANGE",
			  schema->word[i].bits, schema->word[i].size, schema->word[i].at);
	emit_text(emitter, "},\n};\n");
}

/* The class tables' own, which spares the program the reading of it. */
static void emit_shape(struct emitter *emitter, const struct lowered_part *part, const char *name)
{
	const struct rpol_classes_shape *shape = (const void *)part->memory.image;

	emit_text(emitter,
		  "static const struct rpol_classes_shape shape_%s = {\n\t%u,\n\t0,\n\t{\n", name,
		  shape->steps);
	for (uint32_t i = 0; i < shape->steps; i++) {
		const struct rpol_classes_step *step = &shape->step[i];

		emit_text(emitter, "\t\t{%u, %u, %u, %u, %u, %u, %u, %u, %u, 0},\n", step->map,
			  step->pages, step->merge, step->stride, step->join, step->join_stride,
			  step->word, step->shift, step->flags);
	}
	emit_text(emitter, "\t},\n};\n");
}

/* Buckets are scanned by a function that the verifier walks once. */
static void emit_scan(struct emitter *emitter, const struct lowered_part *part, const char *name)
{
	emit_text(
		emitter,
		"struct key_%s {\n\t__u32 word[%u];\n};\n"
		"__noinline __u32 scan_%s(const struct key_%s *key, __u64 bucket, __u32 best)\n{\n"
		"\tif (!key)\n\t\treturn 0;\n"
		"\treturn rpol_bucket_scan(rpol_memory(%s), %zu, &schema_%s, key->word, bucket, "
		"best);\n}\n"
		"static __always_inline __u32 call_%s(const __u32 *key, __u64 bucket, __u32 best)\n"
		"{\n\treturn scan_%s((const struct key_%s *)key, bucket, best);\n}\n",
		name, part->schema.words, name, name, name, part->decisions, name, name, name,
		name);
}

/* ---- the key -----------------------------------------------------------------------------------
 */

/* A condition in one line. */
static const char *line(struct emitter *emitter, const struct rpol_expr *expr)
{
	char *text = (char *)emit_condition(emitter, expr);

	for (char *c = text; c && *c; c++)
		if (*c == EMIT_BREAK)
			*c = ' ';
	return text ? text : "1";
}

static void emit_word(struct emitter *emitter, const struct lowered_word *word)
{
	switch (word->kind) {
	case WORD_ADDRESS:
		emit_text(emitter, "\t\tbe32(p->%s.w[%u]),\n", rpol_field_info(word->field)->name,
			  word->part);
		return;
	case WORD_NUMBER:
		emit_text(emitter, "\t\t%s,\n", lowered_field(word->field)->value);
		return;
	case WORD_LAYERS:
		emit_text(emitter, "\t\tp->has >> %u & 0x%x,\n", word->shift,
			  (unsigned)((1ULL << word->bits) - 1));
		return;
	case WORD_TESTS:
		for (size_t i = 0; i < word->ntests; i++)
			emit_text(emitter, "\t\t%s!!(%s) << %zu%s\n", i ? "\t" : "RPOL_UNKNOWN(p, ",
				  line(emitter, word->tests[i]), i,
				  i + 1 < word->ntests ? " |" : "),");
		return;
	}
}

/* ---- lookups -----------------------------------------------------------------------------------
 */

/* A function of its own for each family: its stack has one key. */
static void emit_lookup(struct emitter *emitter, const struct lowered_part *part, const char *name)
{
	const char *structure = rpol_rules_structure_name(part->structure);

	emit_text(emitter,
		  "__noinline __u64 find_%s(const volatile struct rpol_pkt *p)\n{\n"
		  "\tif (!p)\n\t\treturn RPOL_NEXT;\n\t__u32 key[%u] = {\n",
		  name, part->schema.words);
	for (uint32_t i = 0; i < part->schema.words; i++)
		emit_word(emitter, &part->words[i]);
	emit_text(
		emitter,
		"\t};\n\n\treturn RPOL_DECISION(%s, %zu,\n\t\t\t     rpol_%s_find(rpol_memory(%s), "
		"%zu, &schema_%s, %s_%s, key));\n}\n",
		name, part->decisions, structure, name, part->decisions, name,
		part->structure == RPOL_RULES_CLASSES ? "&shape" : "call", name);
}

static void emit_part(struct emitter *emitter, const struct lowered_part *part)
{
	const char *name = part->memory.name;

	if (!part->words)
		return;
	emit_memory(emitter, &part->memory);
	emit_schema(emitter, part, name);
	if (part->structure == RPOL_RULES_CLASSES)
		emit_shape(emitter, part, name);
	else
		emit_scan(emitter, part, name);
	emit_lookup(emitter, part, name);
}

static const char *part_value(struct emitter *emitter, const struct lowered_part *part)
{
	if (part->words)
		return rpol_arena_printf(emitter->arena, "find_%s(p)", part->memory.name);
	if (part->constant == ~0ULL)
		return "RPOL_NEXT";
	return rpol_arena_printf(emitter->arena, "RPOL_DECIDE(%u, 0x%x)",
				 (uint32_t)(part->constant >> 32), (uint32_t)part->constant);
}

static void emit_list(struct emitter *emitter, const struct lowered_list *list)
{
	const struct rpol_rule *rules = emitter->program->program->rules;

	emit_text(emitter, "/* list %s: the %zu rules from %s to %s */\n", list->id, list->count,
		  rules[list->first].label, rules[list->first + list->count - 1].label);
	for (size_t i = 0; i < list->nparts; i++)
		emit_part(emitter, &list->parts[i]);
	emit_text(emitter,
		  "static __always_inline __u64 list_%s(const volatile struct rpol_pkt *p)\n{\n",
		  list->id);
	for (size_t i = 0; i < list->nparts; i++) {
		const char *value = part_value(emitter, &list->parts[i]);

		if (list->parts[i].family)
			emit_text(emitter, "\tif (RPOL_HAS(p, RPOL_IP%u))\n\t",
				  list->parts[i].family);
		emit_text(emitter, "\treturn %s;\n", value);
	}
	emit_text(emitter, "}\n\n");
}

void emit_lists(struct emitter *emitter, const struct lowered_program *program)
{
	for (size_t i = 0; program->nlists && i < program->program->ncounted; i++)
		if (program->lists[i])
			emit_list(emitter, program->lists[i]);
}

void emit_list_use(struct emitter *emitter, const struct lowered_list *list)
{
	const struct rpol_rule *rules = emitter->program->program->rules + list->first;
	bool special = false;

	emit_text(emitter, "\t/* %s to %s */\n", rules[0].label, rules[list->count - 1].label);
	emit_line_of(emitter, rules[0].span);
	emit_text(emitter, "\tdecision = list_%s(p);\n", list->id);
	emit_line_back(emitter);
	for (size_t i = 0; i < list->count; i++) {
		if (lowered_rule_simple(&rules[i]))
			continue;
		if (!special)
			emit_text(
				emitter,
				"\tif (RPOL_SPECIAL(decision)) {\n\t\tswitch (decision >> 32) {\n");
		special = true;
		emit_text(emitter, "\t\tcase %u: /* %s */\n", rules[i].counter, rules[i].label);
		emit_line_of(emitter, rules[i].span);
		emit_outcome(emitter, "\t\t\t", &rules[i]);
		emit_line_back(emitter);
	}
	if (special)
		emit_text(emitter, "\t\t}\n\t\treturn RPOL_NEXT;\n\t}\n");
	emit_text(emitter, "\tif (decision != RPOL_NEXT)\n\t\treturn decision;\n");
}
