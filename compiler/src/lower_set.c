/* lower_set.c: the structure that serves each set and table. See lowering.h. */
#include "lowering.h"

#include <string.h>

#include "rpol/abi.h"

/* ---- contents of dynamic maps ------------------------------------------------------------------
 */

void lowered_value_write(uint8_t *to, uint32_t value)
{
	/* Objects are little-endian, whatever machine compiles. */
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

size_t lowered_dynamic_key_size(const struct rpol_set *set, const struct rpol_table *table)
{
	if (set)
		return set->kind == RPOL_SET_KEYS ? set->key.size : sizeof(struct rpol_prefix_key);
	return table->kind == RPOL_TABLE_EXACT ? table->exact.size : sizeof(struct rpol_prefix_key);
}

void lowered_prefix_write(uint8_t *to, const struct rpol_prefix *prefix)
{
	memset(to, 0, sizeof(struct rpol_prefix_key));
	lowered_value_write(to, 32u + prefix->length);
	to[7] = prefix->addr.family;
	memcpy(to + 8, prefix->addr.bytes, 16);
}

uint32_t lowered_word(const struct rpol_verdict *verdict)
{
	uint32_t index = verdict->nexthop ? verdict->nexthop->index
			 : verdict->group ? RPOL_WORD_GROUP | verdict->group->index
			 : verdict->iface ? verdict->iface->index
					  : 0;

	return RPOL_VERDICT_WORD(verdict->kind, index);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void lower_prefixes(struct rpol_arena *arena, struct lowered_set *set)
{
	for (int f = 0; f < 2; f++) {
		struct lowered_family *family = &set->family[f];
		uint8_t number = f ? 6 : 4;
		bool whole = true;

		for (size_t i = 0; i < set->set->nprefixes; i++) {
			const struct rpol_prefix *prefix = &set->set->prefixes[i];

			if (prefix->addr.family != number)
				continue;
			family->count++;
			whole = whole && prefix->length == rpol_family_bits(number);
		}
		if (!family->count)
			continue;
		if (family->count > LOWER_CODE_ENTRIES) {
			family->form = whole ? FORM_EXACT : FORM_ROUTES;
			family->memory.name = rpol_arena_printf(arena, "set%d_%s", number, set->id);
		} else if (!set->set->name && family->count <= LOWER_INLINE_ENTRIES) {
			family->form = FORM_INLINE;
		} else {
			family->form = FORM_CODE;
		}
	}
}

static enum form ranges_form(const struct rpol_set *set)
{
	return set->ranges[set->nranges - 1].high <= LOWER_BITS_HIGH ? FORM_BITS : FORM_RANGES;
}

void lower_set(struct rpol_arena *arena, struct lowered_set *set, const struct rpol_set *from)
{
	set->set = from;
	set->id = from->name ? from->name : rpol_arena_printf(arena, "%u", from->index);
	if (from->dynamic) {
		set->form = FORM_DYNAMIC;
		set->map = rpol_arena_printf(arena, "set_%s", set->id);
		return;
	}
	switch (from->kind) {
	case RPOL_SET_PREFIX:
		lower_prefixes(arena, set);
		return;
	case RPOL_SET_RANGE:
		set->form = from->nranges > LOWER_CODE_ENTRIES ? ranges_form(from)
			    : !from->nranges		       ? FORM_NONE
			    : !from->name && from->nranges <= LOWER_INLINE_ENTRIES ? FORM_INLINE
										   : FORM_CODE;
		return;
	case RPOL_SET_IFACE:
		set->form = from->nifaces ? FORM_INLINE : FORM_NONE;
		return;
	case RPOL_SET_KEYS:
		set->form = from->nkeys > LOWER_CODE_ENTRIES ? FORM_EXACT : FORM_CODE;
		if (set->form == FORM_EXACT)
			set->memory.name = rpol_arena_printf(arena, "set_%s", set->id);
		return;
	}
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool same_verdict(const struct rpol_verdict *a, const struct rpol_verdict *b)
{
	for (; a && b; a = a->otherwise, b = b->otherwise)
		if (a->kind != b->kind || a->nexthop != b->nexthop || a->group != b->group ||
		    a->table != b->table || a->iface != b->iface || a->cpu != b->cpu)
			return false;
	return a == b;
}

const struct rpol_verdict *lowered_otherwise(const struct rpol_verdict *verdict)
{
	if (verdict->otherwise || verdict->kind != RPOL_VERDICT_ROUTE || !verdict->group)
		return verdict->otherwise;
	return verdict->group->otherwise;
}

/* The verdicts of a table's entries so far: a hash of those that differ, for a table of a million
 * entries can have thousands. */
struct distinct {
	struct rpol_arena *arena;
	struct lowered_table *table;
	size_t capacity; /* of table->verdicts */
	uint32_t *slots; /* a verdict's number and one; 0: free */
	size_t nslots;	 /* a power of two, more than twice the verdicts */
};

static size_t verdict_hash(const struct rpol_verdict *verdict)
{
	uint64_t hash = 0;

	for (; verdict; verdict = verdict->otherwise) {
		const void *operands[] = {verdict->nexthop, verdict->group, verdict->iface};

		hash = (hash ^ verdict->kind ^ (uint64_t)verdict->cpu << 8) * 0x9e3779b97f4a7c15u;
		for (int i = 0; i < 3; i++)
			hash = (hash ^ (uintptr_t)operands[i]) * 0x9e3779b97f4a7c15u;
	}
	return (size_t)(hash ^ hash >> 32);
}

static uint32_t *distinct_slot(const struct distinct *distinct, const struct rpol_verdict *verdict)
{
	size_t at = verdict_hash(verdict);

	for (;; at++) {
		uint32_t *slot = &distinct->slots[at & (distinct->nslots - 1)];

		if (!*slot || same_verdict(distinct->table->verdicts[*slot - 1], verdict))
			return slot;
	}
}

static void distinct_grow(struct distinct *distinct)
{
	distinct->nslots = distinct->nslots ? distinct->nslots * 4 : 64;
	distinct->slots = RPOL_NEW_ARRAY(distinct->arena, uint32_t, distinct->nslots);
	for (size_t v = 0; v < distinct->table->nverdicts; v++)
		*distinct_slot(distinct, distinct->table->verdicts[v]) = (uint32_t)v + 1;
}

/* The number of the verdict, which is among the table's from now on. */
static uint32_t distinct_number(struct distinct *distinct, const struct rpol_verdict *verdict)
{
	struct lowered_table *table = distinct->table;
	uint32_t *slot;

	if (2 * (table->nverdicts + 1) > distinct->nslots)
		distinct_grow(distinct);
	slot = distinct_slot(distinct, verdict);
	if (*slot)
		return *slot - 1;
	table->verdicts = rpol_arena_grow(distinct->arena, table->verdicts, table->nverdicts,
					  &distinct->capacity, sizeof(*table->verdicts));
	table->verdicts[table->nverdicts++] = verdict;
	table->nchosen += verdict->group && lowered_otherwise(verdict);
	for (const struct rpol_verdict *v = verdict; v; v = lowered_otherwise(v))
		table->goes_on |= v->kind == RPOL_VERDICT_CONTINUE;
	*slot = (uint32_t)table->nverdicts;
	return *slot - 1;
}

const char *lowered_structure(enum form form, int family)
{
	return form == FORM_EXACT ? "exact" : family == 6 ? "routes6" : "routes4";
}

bool lowered_table_memory(const struct lowered_table *table)
{
	return table->form == FORM_EXACT || table->family[0].form == FORM_ROUTES ||
	       table->family[1].form == FORM_ROUTES;
}

bool lowered_table_live(const struct lowered_table *table)
{
	return table->family[0].memory.live;
}

static void lower_dynamic_table(struct rpol_arena *arena, struct lowered_table *table)
{
	const struct rpol_table *from = table->table;

	table->form = FORM_DYNAMIC;
	table->map = rpol_arena_printf(arena, "table_%s", from->name);
	table->goes_on = true;
	table->kinds = ~0u;
	if (from->kind != RPOL_TABLE_LPM || from->size <= LOWER_DYNAMIC_TRIE)
		return;
	/* Two structures take more registers than a policy has to spare. */
	table->apart = true;
	for (int f = 0; f < 2; f++) {
		struct lowered_family *family = &table->family[f];

		family->form = FORM_ROUTES;
		family->count = from->size;
		family->memory.name = rpol_arena_printf(arena, "table%d_%s", f ? 6 : 4, from->name);
		family->memory.live = true;
	}
}

void lower_table(struct rpol_arena *arena, struct lowered_table *table,
		 const struct rpol_table *from)
{
	struct distinct distinct = {.arena = arena, .table = table};

	table->table = from;
	if (from->dynamic) {
		lower_dynamic_table(arena, table);
		return;
	}
	table->verdict_of = RPOL_NEW_ARRAY(arena, uint32_t, from->nentries);
	for (size_t i = 0; i < from->nentries; i++) {
		const struct rpol_entry *entry = &from->entries[i];

		if (from->kind == RPOL_TABLE_LPM)
			table->family[entry->key.addr.family == 6].count++;
		table->verdict_of[i] = distinct_number(&distinct, entry->verdict);
	}
	if (from->kind == RPOL_TABLE_EXACT) {
		table->form = from->nentries > LOWER_TABLE_CODE ? FORM_EXACT : FORM_CODE;
		if (table->form == FORM_EXACT)
			table->memory.name = rpol_arena_printf(arena, "table_%s", from->name);
	}
	for (int f = 0; f < 2; f++) {
		struct lowered_family *family = &table->family[f];

		if (family->count > LOWER_TABLE_CODE) {
			family->form = FORM_ROUTES;
			family->memory.name =
				rpol_arena_printf(arena, "table%d_%s", f ? 6 : 4, from->name);
		} else if (family->count) {
			family->form = FORM_CODE;
		}
	}
	table->apart = lowered_table_memory(table) && table->nchosen > LOWER_TABLE_INLINE;
}
