/* emit_set.c: sets and tables: the maps, constants and functions that hold them. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

/* ---- sets --------------------------------------------------------------------------------------
 */

#define ARGUMENTS "__u32 has, __u32 a, __u32 b, __u32 c, __u32 d"
#define ADDRESS "const struct rpol_addr addr = {{a, b, c, d}};\n"

static bool as_code(const struct lowered_family *family)
{
	return family->form == FORM_INLINE || family->form == FORM_CODE;
}

static void emit_prefix_family(struct emitter *emitter, const struct lowered_set *set, int f)
{
	const struct lowered_family *family = &set->family[f];
	const char *join = "";
	uint8_t number = f ? 6 : 4;

	if (family->form == FORM_NONE)
		return;
	emit_text(emitter, "\tif (has & RPOL_IP%d)\n\t\treturn ", number);
	if (family->memory.name)
		emit_text(emitter, "%s != 0", emit_family_lookup(emitter, family, number));
	else
		for (size_t i = 0; i < set->set->nprefixes; i++) {
			if (set->set->prefixes[i].addr.family != number)
				continue;
			emit_text(emitter, "%s%s", join,
				  emit_prefix_test(emitter, "addr", &set->set->prefixes[i]));
			join = " ||\n\t\t       ";
		}
	emit_text(emitter, ";\n");
}

static void emit_prefix_function(struct emitter *emitter, const struct lowered_set *set)
{
	emit_text(emitter, "\nstatic __always_inline int in_%s(" ARGUMENTS ")\n{\n", set->id);
	if (as_code(&set->family[0]) || as_code(&set->family[1]))
		emit_text(emitter, "\t" ADDRESS "\n");
	for (int f = 0; f < 2; f++)
		emit_prefix_family(emitter, set, f);
	emit_text(emitter, "\treturn 0;\n}\n");
}

static void emit_range_function(struct emitter *emitter, const struct lowered_set *set)
{
	const char *join = "\treturn ";

	emit_text(emitter, "\nstatic __always_inline int in_%s(__u32 value)\n{\n", set->id);
	for (size_t i = 0; i < set->set->nranges; i++) {
		emit_text(emitter, "%s%s", join,
			  emit_range_test(emitter, "value", &set->set->ranges[i]));
		join = " ||\n\t       ";
	}
	emit_text(emitter, ";\n}\n");
}

static void emit_bits(struct emitter *emitter, const struct lowered_set *set)
{
	size_t words = set->set->ranges[set->set->nranges - 1].high / 32 + 1;
	uint32_t *bits = RPOL_NEW_ARRAY(emitter->arena, uint32_t, words);

	for (size_t i = 0; i < set->set->nranges; i++)
		for (uint32_t n = set->set->ranges[i].low; n <= set->set->ranges[i].high; n++)
			bits[n / 32] |= 1u << n % 32;
	emit_text(emitter, "\nstatic const __u32 bits_%s[%zu] = {\n", set->id, words);
	/* Runs of one value, as most of them are. */
	for (size_t i = 0, end; i < words; i = end) {
		for (end = i + 1; end < words && bits[end] == bits[i];)
			end++;
		if (bits[i])
			emit_text(emitter, "\t[%zu ... %zu] = 0x%08x,\n", i, end - 1, bits[i]);
	}
	emit_text(emitter, "};\n");
}

static void emit_bounds(struct emitter *emitter, const struct lowered_set *set, const char *name,
			size_t entries, bool high)
{
	emit_text(emitter, "\nstatic const __u32 %s_%s[%zu] = {\n", name, set->id, entries);
	for (size_t i = 0; i < entries; i++) {
		size_t from = i < set->set->nranges ? i : set->set->nranges - 1;
		const struct rpol_range *range = &set->set->ranges[from];

		emit_text(emitter, "\t%u,\n", high ? range->high : range->low);
	}
	emit_text(emitter, "};\n");
}

/* The last range that does not begin after the value, bit by bit of its place, from the highest:
 * without a branch, since each would double what the verifier walks. The last range is repeated up
 * to a power of two, so that no place is outside. */
static void emit_search(struct emitter *emitter, const struct lowered_set *set)
{
	size_t entries = 1;

	while (entries < set->set->nranges)
		entries *= 2;
	emit_bounds(emitter, set, "low", entries, false);
	emit_bounds(emitter, set, "high", entries, true);
	emit_text(emitter,
		  "\nstatic __always_inline int in_%s(__u32 value)\n{\n\t__u32 at = 0;\n\n",
		  set->id);
	for (size_t half = entries / 2; half; half /= 2)
		emit_text(emitter, "\tat |= rpol_step(low_%s[at | %zu], value, %zu);\n", set->id,
			  half, half);
	emit_text(emitter, "\treturn value - low_%s[at] <= high_%s[at] - low_%s[at];\n}\n", set->id,
		  set->id, set->id);
}

static void emit_set(struct emitter *emitter, const struct lowered_set *set)
{
	bool prefixes = set->family[0].form >= FORM_CODE || set->family[1].form >= FORM_CODE;
	bool keys = set->set->kind == RPOL_SET_KEYS || set->form == FORM_DYNAMIC;

	if (!prefixes && set->form < FORM_CODE)
		return;
	if (set->set->name)
		emit_text(emitter, "\n/* set %s */\n", set->id);
	else
		emit_text(emitter, "\n/* set %s: %s */\n", set->id,
			  emit_comment(emitter, set->set->span));
	for (int f = 0; f < 2; f++)
		emit_family_memory(emitter, &set->family[f], f ? 6 : 4);
	if (keys)
		emit_key_set(emitter, set);
	else if (prefixes)
		emit_prefix_function(emitter, set);
	else if (set->form == FORM_CODE)
		emit_range_function(emitter, set);
	else if (set->form == FORM_RANGES)
		emit_search(emitter, set);
	else
		emit_bits(emitter, set);
}

void emit_sets(struct emitter *emitter)
{
	for (size_t i = 0; i < emitter->lowering->policy->nsets; i++)
		if (emitter->lowering->sets[i].used)
			emit_set(emitter, &emitter->lowering->sets[i]);
}

/* ---- tables ------------------------------------------------------------------------------------
 */

/* The most specific first, so that the first that matches is the answer. */
static int by_length(const void *a, const void *b)
{
	const struct rpol_entry *x = *(const struct rpol_entry *const *)a;
	const struct rpol_entry *y = *(const struct rpol_entry *const *)b;

	if (x->key.length != y->key.length)
		return x->key.length > y->key.length ? -1 : 1;
	return rpol_prefix_compare(&x->key, &y->key);
}

static void emit_table_code(struct emitter *emitter, const struct lowered_table *table, int number)
{
	const struct rpol_entry **entries =
		RPOL_NEW_ARRAY(emitter->arena, const struct rpol_entry *, table->table->nentries);
	size_t count = 0;

	for (size_t i = 0; i < table->table->nentries; i++)
		if (table->table->entries[i].key.addr.family == number)
			entries[count++] = &table->table->entries[i];
	qsort(entries, count, sizeof(*entries), by_length);
	for (size_t i = 0; i < count; i++) {
		const char *test = emit_prefix_test(emitter, "addr", &entries[i]->key);

		if (emit_verdict_simple(entries[i]->verdict)) {
			emit_text(emitter, "\t\tif (%s)\n\t", test);
			emit_verdict(emitter, "\t\t", NULL, entries[i]->verdict);
		} else {
			emit_text(emitter, "\t\tif (%s) {\n", test);
			emit_verdict(emitter, "\t\t\t", NULL, entries[i]->verdict);
			emit_text(emitter, "\t\t}\n");
		}
	}
}

static void emit_table_family(struct emitter *emitter, const struct lowered_table *table, int f)
{
	const struct lowered_family *family = &table->family[f];

	if (family->form == FORM_NONE)
		return;
	emit_text(emitter, "\tif (has & RPOL_IP%d) {\n", f ? 6 : 4);
	if (family->memory.name)
		emit_text(emitter, "\t\tfound = %s;\n",
			  emit_family_lookup(emitter, family, f ? 6 : 4));
	else
		emit_table_code(emitter, table, f ? 6 : 4);
	emit_text(emitter, "\t}\n");
}

static void emit_table(struct emitter *emitter, const struct lowered_table *table)
{
	bool memory = lowered_table_memory(table);
	bool code = table->family[0].form == FORM_CODE || table->family[1].form == FORM_CODE;

	emit_text(emitter, "\n/* table %s */\n", table->table->name);
	if (table->form == FORM_DYNAMIC) {
		emit_dynamic_table(emitter, table);
		return;
	}
	if (table->table->kind == RPOL_TABLE_EXACT) {
		emit_key_table(emitter, table);
		return;
	}
	for (int f = 0; f < 2; f++)
		emit_family_memory(emitter, &table->family[f], f ? 6 : 4);
	if (memory)
		emit_verdicts(emitter, table);
	emit_text(emitter, "\n%s __u32 lookup_%s(" ARGUMENTS ")\n{\n", emit_inlining(table),
		  table->table->name);
	if (code)
		emit_text(emitter, "\t" ADDRESS);
	if (memory)
		emit_text(emitter, "\t__u32 found = 0;\n");
	if (code || memory)
		emit_text(emitter, "\n");
	for (int f = 0; f < 2; f++)
		emit_table_family(emitter, table, f);
	if (memory)
		emit_found(emitter, table);
	else
		emit_text(emitter, "\treturn RPOL_NOTHING;\n}\n");
}

void emit_tables(struct emitter *emitter)
{
	for (size_t i = 0; i < emitter->lowering->policy->ntables; i++)
		if (emitter->lowering->tables[i].used)
			emit_table(emitter, &emitter->lowering->tables[i]);
}
