/* emit_key.c: sets of several fields and exact tables: what is found by a key. A key's parts come
 * as arguments: an address as its words, beside the packet's layers, which say its family. */
#include "emit.h"

#include <string.h>

static bool is_addr(enum rpol_field field)
{
	return rpol_field_info(field)->type == RPOL_TYPE_ADDR;
}

static bool is_mac(enum rpol_field field)
{
	return rpol_field_info(field)->type == RPOL_TYPE_MAC;
}

/* A bit for each device that is not the first with its name. */
static unsigned long long other_interfaces(const struct rpol_policy *policy)
{
	unsigned long long bits = 0;

	for (size_t i = 0; i < policy->ninterfaces; i++)
		bits |= (unsigned long long)(policy->interfaces[i].ordinal > 0) << i;
	return bits;
}

const char *emit_key_values(struct emitter *emitter, const enum rpol_field *fields, size_t count)
{
	const char *text = "p->has";

	for (size_t i = 0; i < count; i++) {
		const char *value = lowered_field(fields[i])->value;

		if (is_addr(fields[i]))
			text = rpol_arena_printf(emitter->arena, "%s, RPOL_WORDS(p->%s)", text,
						 fields[i] == RPOL_FIELD_SRC ? "src" : "dst");
		else if (is_mac(fields[i]))
			text = rpol_arena_printf(emitter->arena, "%s, RPOL_MAC(%s)", text, value);
		else if (fields[i] == RPOL_FIELD_IFACE)
			text = rpol_arena_printf(emitter->arena,
						 "%s, rpol_iface_number(%s, 0x%llx)", text, value,
						 other_interfaces(emitter->lowering->policy));
		else
			text = rpol_arena_printf(emitter->arena, "%s, %s", text, value);
	}
	return text;
}

/* "__u32 has, __u32 a0, …, __u32 n1": what emit_key_values gives. */
static const char *parameters(struct emitter *emitter, const struct rpol_key *key)
{
	const char *text = "__u32 has";

	for (size_t i = 0; i < key->nfields; i++)
		text = is_addr(key->fields[i])
			       ? rpol_arena_printf(
					 emitter->arena,
					 "%s, __u32 a%zu, __u32 b%zu, __u32 c%zu, __u32 d%zu", text,
					 i, i, i, i)
			       : rpol_arena_printf(emitter->arena, "%s, %s n%zu", text,
						   is_mac(key->fields[i]) ? "__u64" : "__u32", i);
	return text;
}

/* The parts as locals k0, k1, …: addresses mapped into IPv6. */
static void emit_parts(struct emitter *emitter, const struct rpol_key *key)
{
	for (size_t i = 0; i < key->nfields; i++)
		if (is_addr(key->fields[i]))
			emit_text(emitter,
				  "\tconst struct rpol_addr k%zu = rpol_mapped(has, a%zu, b%zu, "
				  "c%zu, "
				  "d%zu);\n",
				  i, i, i, i, i);
}

static uint32_t be_number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The comparisons of the parts with one key. */
static const char *key_test(struct emitter *emitter, const struct rpol_key *key, const uint8_t *at)
{
	const char *text = "", *join = "";

	for (size_t i = 0; i < key->nfields; i++) {
		if (is_addr(key->fields[i])) {
			struct rpol_prefix whole = {{.family = 6}, 128};
			const char *part = rpol_arena_printf(emitter->arena, "k%zu", i);

			memcpy(whole.addr.bytes, at, 16);
			text = rpol_arena_printf(emitter->arena, "%s%s%s", text, join,
						 emit_prefix_test(emitter, part, &whole));
		} else if (is_mac(key->fields[i])) {
			text = rpol_arena_printf(emitter->arena,
						 "%s%sn%zu == 0x%02x%02x%02x%02x%02x%02x", text,
						 join, i, at[0], at[1], at[2], at[3], at[4], at[5]);
		} else {
			text = rpol_arena_printf(emitter->arena, "%s%sn%zu == %u", text, join, i,
						 be_number(at));
		}
		at += rpol_key_field_size(key->fields[i]);
		join = " && ";
	}
	return text;
}

/* The parts as bytes, in `bytes`. */
static void emit_bytes(struct emitter *emitter, const struct rpol_key *key, const char *bytes)
{
	size_t offset = 0;

	for (size_t i = 0; i < key->nfields; i++) {
		emit_text(emitter, "\trpol_key_%s(%s + %zu, %s%zu);\n",
			  is_addr(key->fields[i])  ? "addr"
			  : is_mac(key->fields[i]) ? "mac"
						   : "number",
			  bytes, offset, is_addr(key->fields[i]) ? "k" : "n", i);
		offset += rpol_key_field_size(key->fields[i]);
	}
}

/* As the key of a map, and as that of memory: words, the last of them padded with zeros. */
static void emit_map_key(struct emitter *emitter, const struct rpol_key *key)
{
	emit_text(emitter, "\t__u8 key[%zu] __attribute__((aligned(8)));\n", key->size);
	emit_parts(emitter, key);
	emit_text(emitter, "\n");
	emit_bytes(emitter, key, "key");
}

static void emit_memory_key(struct emitter *emitter, const struct rpol_key *key, uint32_t words)
{
	emit_text(emitter, "\t__u32 key[%u] = {};\n", words);
	emit_parts(emitter, key);
	emit_text(emitter, "\n");
	emit_bytes(emitter, key, "(__u8 *)key");
}

/* ---- what changes at run time ------------------------------------------------------------------
 */

#define ADDRESS_PARAMETERS "__u32 has, __u32 a, __u32 b, __u32 c, __u32 d"

static void emit_dynamic_set(struct emitter *emitter, const struct lowered_set *set)
{
	const struct rpol_set *from = set->set;

	if (from->kind == RPOL_SET_PREFIX) {
		emit_text(emitter,
			  "RPOL_DYNAMIC(%s, BPF_MAP_TYPE_LPM_TRIE, struct rpol_prefix_key, struct "
			  "rpol_element, %u);\n"
			  "\nstatic __always_inline int in_%s(" ADDRESS_PARAMETERS ")\n{\n"
			  "\treturn rpol_in_dynamic(&%s, has, a, b, c, d);\n}\n",
			  set->map, from->size, set->id, set->map);
		return;
	}
	emit_text(emitter,
		  "RPOL_DYNAMIC(%s, BPF_MAP_TYPE_HASH, __u8[%zu], struct rpol_element, %u);\n"
		  "\nstatic __always_inline int in_%s(%s)\n{\n",
		  set->map, from->key.size, from->size, set->id, parameters(emitter, &from->key));
	emit_map_key(emitter, &from->key);
	emit_text(emitter, "\treturn rpol_lives(bpf_map_lookup_elem(&%s, key));\n}\n", set->map);
}

/* The entries are in a map that programs do not know of. */
static void emit_live_table(struct emitter *emitter, const struct lowered_table *table)
{
	const struct rpol_table *from = table->table;

	emit_text(emitter, "RPOL_HELD(%s, %u);\n", table->map, from->size);
	for (int f = 0; f < 2; f++)
		emit_family_memory(emitter, &table->family[f], f ? 6 : 4);
	emit_text(emitter,
		  "\n%s __u32 lookup_%s(" ADDRESS_PARAMETERS ")\n{\n"
		  "\t__u32 found = 0;\n\n",
		  emit_inlining(table), from->name);
	for (int f = 0; f < 2; f++)
		emit_text(emitter, "\tif (has & RPOL_IP%d)\n\t\tfound = %s;\n", f ? 6 : 4,
			  emit_family_lookup(emitter, &table->family[f], f ? 6 : 4));
	emit_text(emitter, "\treturn rpol_value_verdict(found, 0x%x);\n}\n", table->kinds);
}

void emit_dynamic_table(struct emitter *emitter, const struct lowered_table *table)
{
	const struct rpol_table *from = table->table;

	if (lowered_table_live(table)) {
		emit_live_table(emitter, table);
		return;
	}

	if (from->kind == RPOL_TABLE_EXACT) {
		emit_text(emitter,
			  "RPOL_DYNAMIC(%s, BPF_MAP_TYPE_HASH, __u8[%zu], __u32, %u);\n"
			  "\nstatic __always_inline __u32 lookup_%s(%s)\n{\n",
			  table->map, from->exact.size, from->size, from->name,
			  parameters(emitter, &from->exact));
		emit_map_key(emitter, &from->exact);
		emit_text(emitter,
			  "\treturn rpol_word_verdict(bpf_map_lookup_elem(&%s, key), 0x%x);\n}\n",
			  table->map, table->kinds);
		return;
	}
	emit_text(emitter,
		  "RPOL_DYNAMIC(%s, BPF_MAP_TYPE_LPM_TRIE, struct rpol_prefix_key, __u32, %u);\n"
		  "\nstatic __always_inline __u32 lookup_%s(" ADDRESS_PARAMETERS ")\n{\n"
		  "\tstruct rpol_prefix_key key;\n\n"
		  "\tif (!(has & RPOL_IP))\n\t\treturn RPOL_NOTHING;\n"
		  "\trpol_dynamic_key(&key, has, a, b, c, d);\n"
		  "\treturn rpol_word_verdict(bpf_map_lookup_elem(&%s, &key), 0x%x);\n}\n",
		  table->map, from->size, from->name, table->map, table->kinds);
}

/* ---- sets --------------------------------------------------------------------------------------
 */

void emit_key_set(struct emitter *emitter, const struct lowered_set *set)
{
	const struct rpol_set *from = set->set;
	const char *join = "\treturn ";

	if (set->form == FORM_DYNAMIC) {
		emit_dynamic_set(emitter, set);
		return;
	}
	if (set->form == FORM_EXACT)
		emit_memory(emitter, &set->memory);
	emit_text(emitter, "\nstatic __always_inline int in_%s(%s)\n{\n", set->id,
		  parameters(emitter, &from->key));
	if (set->form == FORM_EXACT) {
		emit_memory_key(emitter, &from->key, set->memory.words);
		emit_text(emitter, "\treturn RPOL_EXACT(%s, key) != 0;\n}\n", set->memory.name);
		return;
	}
	emit_parts(emitter, &from->key);
	for (size_t i = 0; i < from->nkeys; i++, join = " ||\n\t       ")
		emit_text(emitter, "%s(%s)", join,
			  key_test(emitter, &from->key, from->keys + i * from->key.size));
	emit_text(emitter, "%s;\n}\n", from->nkeys ? "" : "\treturn 0");
}

/* ---- tables ------------------------------------------------------------------------------------
 */

/* What is found has its verdict: where many of those have to be chosen, in a function that the
 * verifier walks once. */
static void emit_exact_table(struct emitter *emitter, const struct lowered_table *table)
{
	const struct rpol_table *from = table->table;

	emit_memory(emitter, &table->memory);
	emit_verdicts(emitter, table);
	emit_text(emitter, "\n%s __u32 verdict_%s(__u32 found)\n{\n", emit_inlining(table),
		  from->name);
	emit_found(emitter, table);
	emit_text(emitter, "\nstatic __always_inline __u32 lookup_%s(%s)\n{\n", from->name,
		  parameters(emitter, &from->exact));
	emit_memory_key(emitter, &from->exact, table->memory.words);
	emit_text(emitter, "\treturn verdict_%s(RPOL_EXACT(%s, key));\n}\n", from->name,
		  table->memory.name);
}

void emit_key_table(struct emitter *emitter, const struct lowered_table *table)
{
	const struct rpol_table *from = table->table;

	if (table->form == FORM_EXACT) {
		emit_exact_table(emitter, table);
		return;
	}
	emit_text(emitter, "\nstatic __always_inline __u32 lookup_%s(%s)\n{\n", from->name,
		  parameters(emitter, &from->exact));
	emit_parts(emitter, &from->exact);
	for (size_t i = 0; i < from->nentries; i++) {
		emit_text(emitter, "\tif (%s) {\n",
			  key_test(emitter, &from->exact, from->entries[i].bytes));
		emit_verdict(emitter, "\t\t", NULL, from->entries[i].verdict);
		emit_text(emitter, "\t}\n");
	}
	emit_text(emitter, "\treturn RPOL_NOTHING;\n}\n");
}
