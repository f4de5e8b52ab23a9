/* lower_memory.c: the memory that large sets and tables are looked up in, filled here by the
 * builders of structures/, but for that of tables which change at run time: of them, the sizes. An
 * answer of 0 is "not there"; a set's is 1, a table's the number of the verdict and one. The same
 * policy gives the same bytes. */
#include "lowering.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/exact.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"
#include "rpol/routes4_layout.h"

_Static_assert(LOWER_MEMORY_SIZE == RPOL_ROUTES4_SIZE_MAX, "offsets end at one place");

enum { EXACT_SEED = 1 };

/* What an image is made of: prefixes or keys, of a set or of a table. */
struct contents {
	const struct rpol_set *set;	   /* this or */
	const struct lowered_table *table; /* this */
	uint8_t family;			   /* of prefixes; 0: keys */
	size_t count;			   /* of that family */
};

static size_t contents_entries(const struct contents *from)
{
	return !from->set ? from->table->table->nentries : from->set->nprefixes;
}

static const struct rpol_prefix *contents_prefix(const struct contents *from, size_t i)
{
	return from->set ? &from->set->prefixes[i] : &from->table->table->entries[i].key;
}

static uint32_t contents_value(const struct contents *from, size_t i)
{
	return from->set ? 1 : from->table->verdict_of[i] + 1;
}

/* ---- memory ------------------------------------------------------------------------------------
 */

/* Where there is no memory, builders' must go first. */
static int check(struct rpol_arena *arena, int result)
{
	if (result == -ENOMEM)
		longjmp(*arena->oom, 1);
	return result;
}

uint8_t *lowered_try_alloc(struct rpol_arena *arena, size_t size)
{
	jmp_buf oom, *outer = arena->oom;
	uint8_t *volatile bytes = NULL;

	arena->oom = &oom;
	if (!setjmp(oom))
		bytes = rpol_arena_alloc(arena, size);
	arena->oom = outer;
	return bytes;
}

static uint64_t be_number(const uint8_t *at, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | at[i];
	return number;
}

/* ---- prefixes ----------------------------------------------------------------------------------
 */

/* 0; -EFBIG: more than a memory can be; -ENOMEM. */
static int write_routes4(struct rpol_arena *arena, struct rpol_routes4 *table,
			 struct lowered_memory *memory)
{
	size_t size = rpol_routes4_size(table, 0);

	if (size > LOWER_MEMORY_SIZE)
		return -EFBIG;
	memory->image = lowered_try_alloc(arena, size);
	if (!memory->image)
		return -ENOMEM;
	memory->size = size;
	return rpol_routes4_write(table, (struct rpol_memory){memory->image, size}, NULL);
}

static int build_routes4(struct rpol_arena *arena, const struct contents *from,
			 struct lowered_memory *memory)
{
	struct rpol_route4 *routes = malloc(from->count * sizeof(*routes)), *to = routes;
	struct rpol_routes4 *table = NULL;
	int result = routes ? 0 : -ENOMEM;

	for (size_t i = 0; !result && i < contents_entries(from); i++) {
		const struct rpol_prefix *prefix = contents_prefix(from, i);

		if (prefix->addr.family == 4)
			*to++ = (struct rpol_route4){(uint32_t)be_number(prefix->addr.bytes, 4),
						     (uint16_t)contents_value(from, i),
						     prefix->length};
	}
	if (!result)
		result = rpol_routes4_new(&table, routes, from->count);
	free(routes);
	if (!result)
		result = write_routes4(arena, table, memory);
	rpol_routes4_free(table);
	return check(arena, result);
}

static int write_routes6(struct rpol_arena *arena, struct rpol_routes6 *table,
			 struct lowered_memory *memory)
{
	size_t size = rpol_routes6_size(table, 0);

	if (!size)
		return -ENOMEM;
	if (size > LOWER_MEMORY_SIZE)
		return -EFBIG;
	memory->image = lowered_try_alloc(arena, size);
	if (!memory->image)
		return -ENOMEM;
	memory->size = size;
	return rpol_routes6_write(table, (struct rpol_memory){memory->image, size}, NULL);
}

static int build_routes6(struct rpol_arena *arena, const struct contents *from,
			 struct lowered_memory *memory)
{
	struct rpol_route6 *routes = malloc(from->count * sizeof(*routes)), *to = routes;
	struct rpol_routes6 *table = NULL;
	int result = routes ? 0 : -ENOMEM;

	for (size_t i = 0; !result && i < contents_entries(from); i++) {
		const struct rpol_prefix *prefix = contents_prefix(from, i);

		if (prefix->addr.family == 6)
			*to++ = (struct rpol_route6){be_number(prefix->addr.bytes, 8),
						     be_number(prefix->addr.bytes + 8, 8),
						     (uint16_t)contents_value(from, i),
						     prefix->length};
	}
	if (!result)
		result = rpol_routes6_new(&table, routes, from->count);
	free(routes);
	if (!result)
		result = write_routes6(arena, table, memory);
	rpol_routes6_free(table);
	return check(arena, result);
}

/* ---- keys --------------------------------------------------------------------------------------
 */

/* Keys as words, padded with zeros, and their values. */
static void exact_fill(const struct contents *from, uint32_t words, uint32_t *keys,
		       uint32_t *values)
{
	const struct rpol_set *set = from->set;

	for (size_t i = 0; i < (from->family ? contents_entries(from) : from->count); i++) {
		if (from->family && contents_prefix(from, i)->addr.family != from->family)
			continue;
		if (from->family)
			memcpy(keys, contents_prefix(from, i)->addr.bytes, 4 * words);
		else if (set)
			memcpy(keys, set->keys + i * set->key.size, set->key.size);
		else
			memcpy(keys, from->table->table->entries[i].bytes,
			       from->table->table->exact.size);
		*values++ = contents_value(from, i);
		keys += words;
	}
}

static int build_exact(struct rpol_arena *arena, const struct contents *from,
		       struct lowered_memory *memory)
{
	size_t bytes = from->family == 4   ? 4
		       : from->family == 6 ? 16
		       : from->set	   ? from->set->key.size
					   : from->table->table->exact.size;
	uint32_t words = (uint32_t)((bytes + 3) / 4), *keys, *values;
	size_t size =
		from->count <= UINT32_MAX ? rpol_exact_measure(words, (uint32_t)from->count) : 0;

	memory->words = words;
	if (!size || size > LOWER_MEMORY_SIZE)
		return -EFBIG;
	keys = RPOL_NEW_ARRAY(arena, uint32_t, from->count *words);
	values = RPOL_NEW_ARRAY(arena, uint32_t, from->count);
	exact_fill(from, words, keys, values);
	memory->image = rpol_arena_alloc(arena, size);
	memory->size = size;
	return check(arena,
		     rpol_exact_build(memory->image, size, words, (uint32_t)from->count, keys,
				      values, (uint32_t)from->count, EXACT_SEED, NULL));
}

/* ---- all of them -------------------------------------------------------------------------------
 */

static void build(struct rpol_arena *arena, enum form form, struct lowered_memory *memory,
		  const struct contents *from)
{
	int result;

	if (memory->live) {
		uint32_t size = from->table->table->size;

		memory->size =
			from->family == 4 ? rpol_routes4_plan(size) : rpol_routes6_plan(size);
		return;
	}
	if (!memory->name || (from->table && from->table->nverdicts > LOWER_TABLE_VERDICTS))
		return;
	result = form == FORM_EXACT  ? build_exact(arena, from, memory)
		 : from->family == 4 ? build_routes4(arena, from, memory)
				     : build_routes6(arena, from, memory);
	if (result) {
		memory->image = NULL;
		memory->size = 0;
	}
}

void lower_memories(struct rpol_arena *arena, struct lowering *lowering)
{
	for (size_t i = 0; i < lowering->policy->nsets; i++) {
		struct lowered_set *set = &lowering->sets[i];

		if (!set->used)
			continue;
		for (int f = 0; f < 2; f++)
			build(arena, set->family[f].form, &set->family[f].memory,
			      &(struct contents){set->set, NULL, f ? 6 : 4, set->family[f].count});
		build(arena, set->form, &set->memory,
		      &(struct contents){set->set, NULL, 0, set->set->nkeys});
	}
	for (size_t i = 0; i < lowering->policy->ntables; i++) {
		struct lowered_table *table = &lowering->tables[i];

		if (!table->used)
			continue;
		for (int f = 0; f < 2; f++)
			build(arena, table->family[f].form, &table->family[f].memory,
			      &(struct contents){NULL, table, f ? 6 : 4, table->family[f].count});
		build(arena, table->form, &table->memory,
		      &(struct contents){NULL, table, 0, table->table->nentries});
	}
}

static int each_list(const struct lowered_program *program,
		     int (*visit)(void *arg, const struct lowered_memory *memory), void *arg)
{
	for (size_t r = 0; program->nlists && r < program->program->ncounted; r++) {
		const struct lowered_list *list = program->lists[r];

		for (size_t i = 0; list && i < list->nparts; i++) {
			int result = list->parts[i].memory.image
					     ? visit(arg, &list->parts[i].memory)
					     : 0;

			if (result)
				return result;
		}
	}
	return 0;
}

int lowered_memories_each(const struct lowering *lowering,
			  int (*visit)(void *arg, const struct lowered_memory *memory), void *arg)
{
	const struct rpol_policy *policy = lowering->policy;

	for (size_t i = 0; i < policy->nsets + policy->ntables; i++) {
		const struct lowered_set *set = i < policy->nsets ? &lowering->sets[i] : NULL;
		const struct lowered_table *table =
			set ? NULL : &lowering->tables[i - policy->nsets];
		const struct lowered_memory *memories[] = {
			set ? &set->family[0].memory : &table->family[0].memory,
			set ? &set->family[1].memory : &table->family[1].memory,
			set ? &set->memory : &table->memory,
		};

		for (int m = 0; m < 3; m++) {
			int result = memories[m]->size ? visit(arg, memories[m]) : 0;

			if (result)
				return result;
		}
	}
	for (size_t i = 0; i < policy->nprograms; i++) {
		int result = each_list(&lowering->programs[i], visit, arg);

		if (result)
			return result;
	}
	return 0;
}

/* ---- limits ------------------------------------------------------------------------------------
 */

static bool too_large(const struct lowered_memory *memory)
{
	return memory->name && !memory->size;
}

static bool any_too_large(const struct lowered_family family[2], const struct lowered_memory *keys)
{
	return too_large(&family[0].memory) || too_large(&family[1].memory) || too_large(keys);
}

static void complain(struct rpol_diags *diags, struct rpol_span span, const char *what,
		     const char *name)
{
	struct rpol_diag *diag = rpol_diag_add(diags, RPOL_DIAG_LIMIT, span,
					       "%s `%s` takes more than %d MiB of memory", what,
					       name, LOWER_MEMORY_SIZE >> 20);

	rpol_diag_help(diags, diag, "divide it");
}

void lowered_memories_check(const struct lowering *lowering, struct rpol_diags *diags)
{
	for (size_t i = 0; i < lowering->policy->nsets; i++) {
		const struct lowered_set *set = &lowering->sets[i];

		if (set->used && any_too_large(set->family, &set->memory))
			complain(diags, set->set->span, "set", set->id);
	}
	for (size_t i = 0; i < lowering->policy->ntables; i++) {
		const struct lowered_table *table = &lowering->tables[i];
		struct rpol_diag *diag;

		if (!table->used || !any_too_large(table->family, &table->memory))
			continue;
		if (table->nverdicts <= LOWER_TABLE_VERDICTS) {
			complain(diags, table->table->span, "table", table->table->name);
			continue;
		}
		diag = rpol_diag_add(diags, RPOL_DIAG_LIMIT, table->table->span,
				     "table `%s` has %zu different verdicts, and %d can be "
				     "compiled",
				     table->table->name, table->nverdicts, LOWER_TABLE_VERDICTS);
		rpol_diag_help(diags, diag, "divide it");
	}
}
