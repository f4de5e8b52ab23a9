/* manifest.c: what the loader has to know of a policy, as JSON (docs/object.md). */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "rpol/abi.h"

/* jansson: json_pack returns NULL without memory, and the *_new functions take NULL for that;
 * every NULL therefore comes out as a NULL at the end. */

static json_t *interfaces(const struct rpol_policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->ninterfaces; i++)
		if (json_array_append_new(array, json_pack("{s:s, s:s}", "name",
							   policy->interfaces[i].name, "device",
							   policy->interfaces[i].device)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *nexthops(const struct rpol_policy *policy)
{
	json_t *array = json_array();
	char via[RPOL_ADDR_TEXT];

	for (size_t i = 0; i < policy->nnexthops; i++) {
		const struct rpol_nexthop *nexthop = &policy->nexthops[i];

		if (json_array_append_new(array,
					  json_pack("{s:s, s:s, s:i}", "name", nexthop->name, "via",
						    rpol_addr_text(&nexthop->via, via), "interface",
						    (int)nexthop->dev->index)))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *members(const struct rpol_group *group)
{
	json_t *array = json_array();

	for (size_t i = 0; i < group->nmembers; i++)
		if (json_array_append_new(array,
					  json_pack("{s:i, s:i}", "nexthop",
						    (int)group->members[i].nexthop->index, "weight",
						    (int)group->members[i].weight)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *groups(const struct rpol_policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->ngroups; i++) {
		const struct rpol_group *group = &policy->groups[i];

		if (json_array_append_new(
			    array, json_pack("{s:s, s:s, s:o}", "name", group->name, "kind",
					     group->kind == RPOL_GROUP_HASH ? "hash" : "prefer",
					     "members", members(group))))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

/* Marks the interfaces a verdict can send to, by its elses and by what it looks up too. */
static void mark_sends(const struct lowering *lowering, const struct rpol_verdict *verdict,
		       bool sends[RPOL_MAX_INTERFACES])
{
	if (!verdict)
		return;
	if (verdict->kind == RPOL_VERDICT_SEND)
		sends[verdict->iface->index] = true;
	if (verdict->kind == RPOL_VERDICT_LOOKUP) {
		const struct lowered_table *table = &lowering->tables[verdict->table->index];

		for (size_t i = 0; i < table->nverdicts; i++)
			mark_sends(lowering, table->verdicts[i], sends);
		for (size_t i = 0; table->map && i < verdict->table->nentries; i++)
			mark_sends(lowering, verdict->table->entries[i].verdict, sends);
	}
	if (verdict->group && !verdict->otherwise)
		mark_sends(lowering, verdict->group->otherwise, sends);
	mark_sends(lowering, verdict->otherwise, sends);
}

static json_t *rule_sends(const struct lowering *lowering, const struct rpol_rule *rule)
{
	bool sends[RPOL_MAX_INTERFACES] = {false};
	json_t *array = json_array();

	mark_sends(lowering, rule->verdict, sends);
	for (size_t i = 0; i < lowering->policy->ninterfaces; i++)
		if (sends[i] && json_array_append_new(array, json_integer((json_int_t)i)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

/* Adds a CPU once. True: there is no memory. */
static bool add_cpu(json_t *array, uint32_t cpu)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_integer_value(json_array_get(array, i)) == (json_int_t)cpu)
			return false;
	return json_array_append_new(array, json_integer((json_int_t)cpu));
}

/* Adds the CPUs a verdict can hand to, as mark_sends; no dynamic table has some. */
static bool add_cpus(const struct lowering *lowering, const struct rpol_verdict *verdict,
		     json_t *array)
{
	bool failed = false;

	if (!verdict)
		return false;
	if (verdict->kind == RPOL_VERDICT_CPU)
		failed = add_cpu(array, verdict->cpu);
	if (verdict->kind == RPOL_VERDICT_LOOKUP) {
		const struct lowered_table *table = &lowering->tables[verdict->table->index];

		for (size_t i = 0; i < table->nverdicts; i++)
			failed |= add_cpus(lowering, table->verdicts[i], array);
	}
	if (verdict->group && !verdict->otherwise)
		failed |= add_cpus(lowering, verdict->group->otherwise, array);
	return add_cpus(lowering, verdict->otherwise, array) || failed;
}

/* The rule's `cpus`, which only a rule that has some has. True: there is no memory. */
static bool set_cpus(const struct lowering *lowering, const struct rpol_rule *rule, json_t *object)
{
	json_t *array = json_array();
	bool failed = !object || !array || add_cpus(lowering, rule->verdict, array);

	if (!failed && json_array_size(array))
		failed = json_object_set(object, "cpus", array);
	json_decref(array);
	return failed;
}

static json_t *rules(const struct lowering *lowering, const struct rpol_program *program)
{
	const struct rpol_policy *policy = lowering->policy;
	json_t *array = json_array();
	char outcome[4096];

	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];
		uint32_t line, column;
		json_t *object;

		rpol_span_locate(policy->sources, rule->span, &line, &column);
		object = json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "label", rule->label,
				   "verdict", rpol_outcome_text(rule, outcome, sizeof(outcome)),
				   "file", policy->sources->files[rule->span.file].path, "line",
				   (int)line, "counter", (int)rule->counter, "sends",
				   rule_sends(lowering, rule));
		if (program->hook == RPOL_HOOK_XDP && set_cpus(lowering, rule, object)) {
			json_decref(object);
			goto failed;
		}
		if (json_array_append_new(array, object))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *named(const struct rpol_policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->nnamed; i++)
		if (json_array_append_new(array,
					  json_pack("{s:s, s:i}", "name", policy->named[i].name,
						    "counter", (int)policy->named[i].counter)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *program_ifaces(const struct rpol_program *program)
{
	json_t *array = json_array();

	for (size_t i = 0; i < program->nifaces; i++)
		if (json_array_append_new(array, json_integer(program->ifaces[i]->index)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

static json_t *programs(const struct lowering *lowering)
{
	const struct rpol_policy *policy = lowering->policy;
	json_t *array = json_array();

	for (size_t i = 0; i < policy->nprograms; i++) {
		const struct rpol_program *program = &policy->programs[i];

		if (json_array_append_new(array,
					  json_pack("{s:s, s:s, s:o, s:o}", "name", program->name,
						    "hook", rpol_hook_text(program->hook),
						    "interfaces", program_ifaces(program), "rules",
						    rules(lowering, program))))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

static int add_image(void *arg, size_t index, const struct object_image *image)
{
	char section[32];

	snprintf(section, sizeof(section), RPOL_SECTION_IMAGE "%zu", index);
	return json_array_append_new(arg, json_pack("{s:s, s:i, s:i, s:i, s:s}", "map", image->map,
						    "key_size", (int)image->key_size, "value_size",
						    (int)image->value_size, "count",
						    (int)image->count, "section", section));
}

static json_t *images(const struct lowering *lowering)
{
	json_t *array = json_array();

	if (rpol_images_each(lowering, add_image, array)) {
		json_decref(array);
		return NULL;
	}
	return array;
}

/* ---- what changes at run time ------------------------------------------------------------------
 */

static json_t *key_fields(const enum rpol_field *fields, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, json_string(rpol_field_info(fields[i])->name)))
			goto failed;
	return array;
failed:
	json_decref(array);
	return NULL;
}

/* Where interfaces' numbers are in a key: the loader gives them anew when they change. -1: nowhere.
 */
static int interface_at(const struct rpol_key *key)
{
	int at = 0;

	for (size_t i = 0; i < key->nfields; i++) {
		if (rpol_field_info(key->fields[i])->type == RPOL_TYPE_IFACE)
			return at;
		at += (int)rpol_key_field_size(key->fields[i]);
	}
	return -1;
}

static json_t *sets(const struct lowering *lowering)
{
	static const enum rpol_field prefix[] = {RPOL_FIELD_SRC};
	json_t *array = json_array();

	for (size_t i = 0; i < lowering->policy->nsets; i++) {
		const struct rpol_set *set = lowering->sets[i].set;
		bool keys = set->kind == RPOL_SET_KEYS;

		if (!set->dynamic || !lowering->sets[i].used)
			continue;
		if (json_array_append_new(
			    array, json_pack("{s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:i}", "name",
					     set->name, "map", lowering->sets[i].map, "kind",
					     keys ? "exact" : "prefix", "fields",
					     keys ? key_fields(set->key.fields, set->key.nfields)
						  : key_fields(prefix, 1),
					     "key_size", (int)lowered_dynamic_key_size(set, NULL),
					     "interface_at", keys ? interface_at(&set->key) : -1,
					     "size", (int)set->size, "timeout", (int)set->timeout)))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

/* The table's `memory`, which only one in memory has: bytes of each family's. True: there is no
 * memory here. */
static bool set_memory(const struct lowered_table *table, json_t *object)
{
	return !object ||
	       (lowered_table_live(table) &&
		json_object_set_new(object, "memory",
				    json_pack("[i, i]", (int)table->family[0].memory.size,
					      (int)table->family[1].memory.size)));
}

static json_t *tables(const struct lowering *lowering)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lowering->policy->ntables; i++) {
		const struct lowered_table *lowered = &lowering->tables[i];
		const struct rpol_table *table = lowered->table;
		bool exact = table->kind == RPOL_TABLE_EXACT;
		json_t *object;

		if (!table->dynamic || !lowered->used)
			continue;
		object = json_pack(
			"{s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:i}", "name", table->name, "map",
			lowered->map, "kind", exact ? "exact" : "prefix", "fields",
			exact ? key_fields(table->exact.fields, table->exact.nfields)
			      : key_fields(&table->key, 1),
			"key_size", (int)lowered_dynamic_key_size(NULL, table), "interface_at",
			exact ? interface_at(&table->exact) : -1, "size", (int)table->size,
			"verdicts", (int)(lowered->kinds & ((1u << RPOL_VERDICT_COUNT) - 1)));
		if (set_memory(lowered, object)) {
			json_decref(object);
			goto failed;
		}
		if (json_array_append_new(array, object))
			goto failed;
	}
	return array;
failed:
	json_decref(array);
	return NULL;
}

char *rpol_manifest_text(const struct lowering *lowering)
{
	const struct rpol_policy *policy = lowering->policy;
	json_t *root =
		json_pack("{s:i, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "abi",
			  RPOL_ABI_VERSION, "rpol", RPOL_VERSION, "name", policy->name, "counters",
			  (int)policy->ncounters, "named", named(policy), "interfaces",
			  interfaces(policy), "nexthops", nexthops(policy), "groups",
			  groups(policy), "programs", programs(lowering), "sets", sets(lowering),
			  "tables", tables(lowering), "images", images(lowering));
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	return text;
}
