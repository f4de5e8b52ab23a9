/* manifest.c: the JSON of an object's manifest, read field by field. Every index, count and name
 * is checked here, so that nobody below has to. */
#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "manifest.h"
#include "rpol/routes4_layout.h"
#include "rpol/routes6_layout.h"

enum {
	MAX_NAME = 63,
	MAX_TEXT = 4095, /* a path or a verdict */
	MAX_PROGRAMS = 256,
	MAX_INTERFACES = 64,
	MAX_NEXTHOPS = 4096,
	MAX_GROUPS = 4096,
	MAX_CONTENTS = 4096, /* dynamic sets, and dynamic tables */
	MAX_RULES = 131072,
	MAX_NAMED = 1024,
	MAX_VALUE = 1 << 30, /* bytes of a key or value */
};

struct reader {
	struct pool *pool;
	struct rpol_object *object;
	struct rpol_load_error *error;
	const char *const **sections;
};

/* A JSON object and its place, for messages: "programs[0].rules[3]". */
struct node {
	json_t *json;
	char path[96];
};

static int bad(struct reader *reader, const struct node *node, const char *key, const char *wants)
{
	return fail(reader->error, -EINVAL,
		    "not a sound object: its manifest's %s%s%s is not %s; build it again",
		    node->path, node->path[0] ? "." : "", key, wants);
}

static int read_number(struct reader *reader, const struct node *node, const char *key,
		       uint32_t low, uint32_t high, uint32_t *out)
{
	json_t *value = json_object_get(node->json, key);

	if (!json_is_integer(value) || json_integer_value(value) < low ||
	    json_integer_value(value) > high) {
		char wants[64];

		snprintf(wants, sizeof(wants), "a number from %u to %u", low, high);
		return bad(reader, node, key, wants);
	}
	*out = (uint32_t)json_integer_value(value);
	return 0;
}

static int read_text(struct reader *reader, const struct node *node, const char *key, size_t max,
		     const char **out)
{
	json_t *value = json_object_get(node->json, key);

	if (!json_is_string(value) || !json_string_length(value) ||
	    json_string_length(value) > max) {
		char wants[64];

		snprintf(wants, sizeof(wants), "a text of 1 to %zu bytes", max);
		return bad(reader, node, key, wants);
	}
	*out = rpol_pool_strdup(reader->pool, json_string_value(value));
	return *out ? 0 : -ENOMEM;
}

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

static int read_name(struct reader *reader, const struct node *node, const char *key,
		     const char **out)
{
	int rc = read_text(reader, node, key, MAX_NAME, out);

	if (!rc && !is_name(*out))
		rc = bad(reader, node, key, "a name (letters, digits, _)");
	return rc;
}

/* A rule's label: a name, or two with a dot between them, a chain's and its rule's. */
static int read_label(struct reader *reader, const struct node *node, const char **out)
{
	int rc = read_text(reader, node, "label", 2 * MAX_NAME + 1, out);
	char *dot = rc ? NULL : strchr(*out, '.');
	bool ok = true;

	if (rc)
		return rc;
	if (dot) {
		*dot = '\0';
		ok = is_name(*out) && is_name(dot + 1);
		*dot = '.';
	} else {
		ok = is_name(*out);
	}
	return ok ? 0 : bad(reader, node, "label", "a name (letters, digits, _) or two with a dot");
}

static int read_list(struct reader *reader, const struct node *node, const char *key, size_t low,
		     size_t high, json_t **out)
{
	json_t *value = json_object_get(node->json, key);

	if (!json_is_array(value) || json_array_size(value) < low ||
	    json_array_size(value) > high) {
		char wants[64];

		snprintf(wants, sizeof(wants), "a list of %zu to %zu", low, high);
		return bad(reader, node, key, wants);
	}
	*out = value;
	return 0;
}

/* The i-th object of a list, and its place. */
static int read_item(struct reader *reader, const struct node *parent, const char *key,
		     json_t *list, size_t i, struct node *out)
{
	out->json = json_array_get(list, i);
	int length = snprintf(out->path, sizeof(out->path), "%.60s%s%s[%zu]", parent->path,
			      parent->path[0] ? "." : "", key, i);
	(void)length;
	if (!json_is_object(out->json))
		return fail(
			reader->error, -EINVAL,
			"not a sound object: its manifest's %s is not an object; build it again",
			out->path);
	return 0;
}

static int read_interface(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_interface *all = (void *)reader->object->interfaces;
	int rc = read_name(reader, node, "name", &all[i].name);

	if (!rc)
		rc = read_text(reader, node, "device", MAX_NAME, &all[i].device);
	/* several devices of one name follow each other */
	for (size_t j = 0; !rc && j + 1 < i; j++)
		if (!strcmp(all[j].name, all[i].name) && strcmp(all[i - 1].name, all[i].name))
			rc = bad(reader, node, "name", "next to the others of that name");
	return rc;
}

static int read_named(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_named *all = (void *)reader->object->named;
	int rc = read_name(reader, node, "name", &all[i].name);

	if (!rc)
		rc = read_number(reader, node, "counter", 0, reader->object->ncounters - 1,
				 &all[i].counter);
	for (size_t j = 0; !rc && j < i; j++)
		if (!strcmp(all[j].name, all[i].name))
			rc = bad(reader, node, "name", "the only one of that name");
	return rc;
}

static int read_nexthop(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_nexthop *hop = (void *)&reader->object->nexthops[i];
	const char *via = NULL;
	int rc = read_name(reader, node, "name", &hop->name);

	if (!rc && !reader->object->ninterfaces)
		rc = bad(reader, node, "interface", "possible without interfaces");
	if (!rc)
		rc = read_number(reader, node, "interface", 0,
				 (uint32_t)reader->object->ninterfaces - 1, &hop->iface);
	if (!rc)
		rc = read_text(reader, node, "via", MAX_NAME, &via);
	if (rc)
		return rc;
	if (inet_pton(AF_INET, via, hop->via) == 1)
		hop->family = 4;
	else if (inet_pton(AF_INET6, via, hop->via) == 1)
		hop->family = 6;
	else
		rc = bad(reader, node, "via", "an address");
	return rc;
}

static int read_group(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_group *group = (void *)&reader->object->groups[i];
	const char *kind = NULL;
	uint32_t total = 0;
	json_t *list = NULL;
	int rc = read_name(reader, node, "name", &group->name);

	if (!rc)
		rc = read_text(reader, node, "kind", MAX_NAME, &kind);
	if (!rc && strcmp(kind, "hash") && strcmp(kind, "prefer"))
		rc = bad(reader, node, "kind", "hash or prefer");
	if (!rc)
		rc = read_list(reader, node, "members", 1, RPOL_GROUP_SIZE, &list);
	if (!rc && !reader->object->nnexthops)
		rc = bad(reader, node, "members", "possible without next hops");
	if (rc)
		return rc;
	group->prefer = !strcmp(kind, "prefer");
	group->nmembers = json_array_size(list);
	uint32_t *members = rpol_pool_alloc(reader->pool, group->nmembers * sizeof(*members));
	uint32_t *weights = rpol_pool_alloc(reader->pool, group->nmembers * sizeof(*weights));
	if (!members || !weights)
		return -ENOMEM;
	for (size_t j = 0; !rc && j < group->nmembers; j++) {
		struct node item;

		rc = read_item(reader, node, "members", list, j, &item);
		if (!rc)
			rc = read_number(reader, &item, "nexthop", 0,
					 (uint32_t)reader->object->nnexthops - 1, &members[j]);
		if (!rc)
			rc = read_number(reader, &item, "weight", 1, RPOL_GROUP_SIZE, &weights[j]);
		total += weights[j];
		if (!rc && total > RPOL_GROUP_SIZE)
			rc = bad(reader, node, "members", "of 256 in weight at most");
	}
	group->members = members;
	group->weights = weights;
	return rc;
}

/* Reads list `key` of interfaces' indices, low to 64 of them. */
static int read_interfaces(struct reader *reader, const struct node *node, const char *key,
			   size_t low, const uint32_t **out, size_t *count)
{
	json_t *list = NULL;
	int rc = read_list(reader, node, key, low, MAX_INTERFACES, &list);

	if (rc)
		return rc;
	*count = json_array_size(list);
	uint32_t *indices = rpol_pool_alloc(reader->pool, *count * sizeof(*indices));
	if (!indices)
		return -ENOMEM;
	*out = indices;
	for (size_t i = 0; i < *count; i++) {
		json_t *value = json_array_get(list, i);

		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) >= (json_int_t)reader->object->ninterfaces)
			return bad(reader, node, key, "a list of interfaces' indices");
		indices[i] = (uint32_t)json_integer_value(value);
	}
	return 0;
}

/* Reads a rule's list of CPUs, which need not be there. */
static int read_cpus(struct reader *reader, const struct node *node, struct rpol_object_rule *rule)
{
	json_t *list = NULL;
	int rc = json_object_get(node->json, "cpus")
			 ? read_list(reader, node, "cpus", 1, RPOL_CPUS + 1, &list)
			 : 0;

	if (rc || !list)
		return rc;
	rule->ncpus = json_array_size(list);
	uint32_t *cpus = rpol_pool_alloc(reader->pool, rule->ncpus * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	rule->cpus = cpus;
	for (size_t i = 0; i < rule->ncpus; i++) {
		json_t *value = json_array_get(list, i);
		json_int_t cpu = json_is_integer(value) ? json_integer_value(value) : -1;

		if (cpu < 0 || (cpu >= RPOL_CPUS && cpu != RPOL_CPU_SPREAD))
			return bad(reader, node, "cpus", "a list of CPUs' numbers");
		cpus[i] = (uint32_t)cpu;
	}
	return 0;
}

static int read_rules(struct reader *reader, const struct node *node, json_t *list,
		      struct rpol_object_program *program)
{
	struct rpol_object_rule *rules;
	int rc = 0;

	program->nrules = json_array_size(list);
	rules = rpol_pool_alloc(reader->pool, program->nrules * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	program->rules = rules;
	for (size_t i = 0; !rc && i < program->nrules; i++) {
		struct node item;

		rc = read_item(reader, node, "rules", list, i, &item);
		if (!rc)
			rc = read_label(reader, &item, &rules[i].label);
		if (!rc)
			rc = read_text(reader, &item, "verdict", MAX_TEXT, &rules[i].verdict);
		if (!rc)
			rc = read_text(reader, &item, "file", MAX_TEXT, &rules[i].file);
		if (!rc)
			rc = read_number(reader, &item, "line", 0, INT32_MAX, &rules[i].line);
		if (!rc)
			rc = read_number(reader, &item, "counter", 0, reader->object->ncounters - 1,
					 &rules[i].counter);
		if (!rc)
			rc = read_interfaces(reader, &item, "sends", 0, &rules[i].sends,
					     &rules[i].nsends);
		if (!rc)
			rc = read_cpus(reader, &item, &rules[i]);
	}
	return rc;
}

static int read_program(struct reader *reader, const struct node *node, size_t i)
{
	static const char *const hooks[] = {"xdp", "tc ingress", "tc egress"};
	struct rpol_object_program *programs = (void *)reader->object->programs;
	struct rpol_object_program *program = &programs[i];
	json_t *rules = NULL;
	int rc = read_name(reader, node, "name", &program->name);

	if (!rc)
		rc = read_text(reader, node, "hook", MAX_NAME, &program->hook_text);
	if (!rc)
		rc = read_interfaces(reader, node, "interfaces", 1, &program->ifaces,
				     &program->nifaces);
	if (!rc)
		rc = read_list(reader, node, "rules", 1, MAX_RULES, &rules);
	if (rc)
		return rc;
	for (size_t j = 0; j < i; j++)
		if (!strcmp(programs[j].name, program->name))
			return bad(reader, node, "name", "the only one of that name");
	while (program->hook < 3 && strcmp(hooks[program->hook], program->hook_text))
		program->hook++;
	if (program->hook == 3)
		return bad(reader, node, "hook", "xdp, tc ingress or tc egress");
	return read_rules(reader, node, rules, program);
}

static int read_interface_at(struct reader *reader, const struct node *node,
			     struct rpol_object_content *content)
{
	json_t *value = json_object_get(node->json, "interface_at");
	json_int_t at = json_is_integer(value) ? json_integer_value(value) : -2;

	if (at < -1 || at + 4 > (json_int_t)content->key_size)
		return bad(reader, node, "interface_at", "-1 or a place in the key");
	content->interface_at = (int)at;
	return 0;
}

static int read_content(struct reader *reader, const struct node *node,
			struct rpol_object_content *content, bool table)
{
	json_t *list = NULL;
	const char *kind = NULL;
	int rc = read_name(reader, node, "name", &content->name);

	if (!rc)
		rc = read_name(reader, node, "map", &content->map);
	if (!rc)
		rc = read_text(reader, node, "kind", MAX_NAME, &kind);
	if (!rc && strcmp(kind, "exact") && strcmp(kind, "prefix"))
		rc = bad(reader, node, "kind", "exact or prefix");
	if (!rc)
		rc = read_list(reader, node, "fields", 1, RPOL_CONTENT_FIELDS, &list);
	if (!rc)
		rc = read_number(reader, node, "key_size", 4, RPOL_CONTENT_KEY, &content->key_size);
	if (!rc)
		rc = read_number(reader, node, "size", 1, 16000000, &content->size);
	if (!rc)
		rc = read_interface_at(reader, node, content);
	if (!rc && table)
		rc = read_number(reader, node, "verdicts", 0, INT32_MAX, &content->verdicts);
	if (!rc && !table)
		rc = read_number(reader, node, "timeout", 0, INT32_MAX, &content->timeout);
	if (!rc && (strncmp(content->map, table ? "table_" : "set_", table ? 6 : 4) ||
		    strcmp(content->map + (table ? 6 : 4), content->name)))
		rc = bad(reader, node, "map", "the one of its name");
	if (rc)
		return rc;
	content->prefix = !strcmp(kind, "prefix");
	if (content->prefix && content->key_size != sizeof(struct rpol_prefix_key))
		return bad(reader, node, "key_size", "that of a prefix");
	content->nfields = json_array_size(list);
	const char **fields = rpol_pool_alloc(reader->pool, content->nfields * sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	content->fields = fields;
	for (size_t i = 0; i < content->nfields; i++) {
		const char *field = json_string_value(json_array_get(list, i));

		if (!field || strlen(field) > MAX_NAME)
			return bad(reader, node, "fields", "a list of fields' names");
		fields[i] = rpol_pool_strdup(reader->pool, field);
		if (!fields[i])
			return -ENOMEM;
	}
	return 0;
}

/* The memory of an lpm table, IPv4's and IPv6's, where it has some. */
static int read_memory(struct reader *reader, const struct node *node,
		       struct rpol_object_content *content)
{
	static const json_int_t least[] = {RPOL_ROUTES4_SIZE_MIN, RPOL_ROUTES6_SIZE_MIN};
	static const json_int_t most[] = {RPOL_ROUTES4_SIZE_MAX, RPOL_ROUTES6_SIZE_MAX};
	json_t *list = json_object_get(node->json, "memory");

	if (!list)
		return 0;
	for (size_t f = 0; f < 2; f++) {
		json_int_t bytes = json_integer_value(json_array_get(list, f));

		if (json_array_size(list) != 2 || !content->prefix || bytes < least[f] ||
		    bytes > most[f])
			return bad(reader, node, "memory",
				   "bytes of an lpm table's memory for IPv4 and IPv6");
		content->memory[f] = (uint32_t)bytes;
	}
	return 0;
}

static int read_set(struct reader *reader, const struct node *node, size_t i)
{
	return read_content(reader, node, (void *)&reader->object->sets[i], false);
}

static int read_table(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_content *table = (void *)&reader->object->tables[i];
	int rc = read_content(reader, node, table, true);

	return rc ? rc : read_memory(reader, node, table);
}

/* The image of something dynamic is what its map can hold. */
static int check_seeds(struct reader *reader, const struct node *node,
		       const struct rpol_object_image *image)
{
	const struct rpol_object *object = reader->object;

	for (size_t i = 0; i < object->nsets + object->ntables; i++) {
		bool table = i >= object->nsets;
		const struct rpol_object_content *content =
			table ? &object->tables[i - object->nsets] : &object->sets[i];

		if (strcmp(content->map, image->map))
			continue;
		if (image->key_size != content->key_size)
			return bad(reader, node, "key_size", "that of its set or table");
		if (image->value_size != (table ? 4 : sizeof(struct rpol_element)))
			return bad(reader, node, "value_size", "that of a set or table");
		if (image->count > content->size)
			return bad(reader, node, "count", "at most the size of its set or table");
	}
	return 0;
}

static int read_image(struct reader *reader, const struct node *node, size_t i)
{
	struct rpol_object_image *image = (void *)&reader->object->images[i];
	const char **sections = (const char **)*reader->sections;
	int rc = read_name(reader, node, "map", &image->map);

	if (!rc && (!strncmp(image->map, "rpol_", 5) || !strncmp(image->map, "slots_", 6)))
		rc = bad(reader, node, "map", "a map that has an image");
	if (!rc)
		rc = read_number(reader, node, "key_size", 1, MAX_VALUE, &image->key_size);
	if (!rc)
		rc = read_number(reader, node, "value_size", 1, MAX_VALUE, &image->value_size);
	if (!rc)
		rc = read_number(reader, node, "count", 0, INT32_MAX, &image->count);
	if (!rc)
		rc = check_seeds(reader, node, image);
	if (!rc)
		rc = read_text(reader, node, "section", MAX_NAME, &sections[i]);
	return rc;
}

/* Reads list `key` of the root: its array goes to *array, its length to *count. */
static int read_array(struct reader *reader, const struct node *root, const char *key, size_t low,
		      size_t high, size_t size, const void *array, size_t *count,
		      int (*item)(struct reader *, const struct node *, size_t))
{
	json_t *list = NULL;
	int rc = read_list(reader, root, key, low, high, &list);

	if (rc)
		return rc;
	void *items = rpol_pool_alloc(reader->pool, json_array_size(list) * size);
	if (!items)
		return -ENOMEM;
	memcpy((void *)array, &items, sizeof(items));
	*count = json_array_size(list);
	for (size_t i = 0; !rc && i < *count; i++) {
		struct node node;

		rc = read_item(reader, root, key, list, i, &node);
		if (!rc)
			rc = item(reader, &node, i);
	}
	return rc;
}

/* Every counter belongs to exactly one rule or name. */
static int check_counters(struct reader *reader, const struct node *root)
{
	const struct rpol_object *object = reader->object;
	uint8_t *seen = rpol_pool_alloc(reader->pool, object->ncounters);
	size_t all = 0;

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < object->nprograms; i++)
		for (size_t j = 0; j < object->programs[i].nrules; j++, all++)
			if (seen[object->programs[i].rules[j].counter]++)
				return bad(reader, root, "counters", "one for each rule");
	for (size_t i = 0; i < object->nnamed; i++, all++)
		if (seen[object->named[i].counter]++)
			return bad(reader, root, "counters", "one for each name");
	return all == object->ncounters ? 0
					: bad(reader, root, "counters",
					      "the number of all rules and named counters");
}

static int read_version(struct reader *reader, const struct node *root)
{
	const char *made_by = NULL;
	uint32_t abi = 0;
	int rc = read_number(reader, root, "abi", 0, INT32_MAX, &abi);

	if (!rc)
		rc = read_text(reader, root, "rpol", MAX_NAME, &made_by);
	if (!rc && abi != RPOL_ABI_VERSION)
		rc = fail(reader->error, -ENOTSUP,
			  "made by rpol %s with ABI %u; this rpol reads ABI %u: build it again",
			  made_by, abi, RPOL_ABI_VERSION);
	return rc;
}

int manifest_read(const char *json, size_t length, struct pool *pool, struct rpol_object *object,
		  const char *const **sections, struct rpol_load_error *error)
{
	struct reader reader = {pool, object, error, sections};
	json_error_t where;
	struct node root = {json_loadb(json, length, JSON_REJECT_DUPLICATES, &where), ""};

	if (!json_is_object(root.json)) {
		json_decref(root.json);
		return fail(error, -EINVAL,
			    "not a sound object: its manifest is not JSON (line %d: %s); build it "
			    "again",
			    where.line, where.text);
	}
	int rc = read_version(&reader, &root);
	if (!rc)
		rc = read_text(&reader, &root, "name", MAX_TEXT, &object->name);
	if (!rc)
		rc = read_number(&reader, &root, "counters", 1, MAX_PROGRAMS * 1024,
				 &object->ncounters);
	if (!rc)
		rc = read_array(&reader, &root, "named", 0, MAX_NAMED, sizeof(*object->named),
				&object->named, &object->nnamed, read_named);
	if (!rc)
		rc = read_array(&reader, &root, "interfaces", 1, MAX_INTERFACES,
				sizeof(*object->interfaces), &object->interfaces,
				&object->ninterfaces, read_interface);
	if (!rc)
		rc = read_array(&reader, &root, "nexthops", 0, MAX_NEXTHOPS,
				sizeof(*object->nexthops), &object->nexthops, &object->nnexthops,
				read_nexthop);
	if (!rc)
		rc = read_array(&reader, &root, "groups", 0, MAX_GROUPS, sizeof(*object->groups),
				&object->groups, &object->ngroups, read_group);
	if (!rc)
		rc = read_array(&reader, &root, "programs", 1, MAX_PROGRAMS,
				sizeof(*object->programs), &object->programs, &object->nprograms,
				read_program);
	if (!rc)
		rc = check_counters(&reader, &root);
	if (!rc)
		rc = read_array(&reader, &root, "sets", 0, MAX_CONTENTS, sizeof(*object->sets),
				&object->sets, &object->nsets, read_set);
	if (!rc)
		rc = read_array(&reader, &root, "tables", 0, MAX_CONTENTS, sizeof(*object->tables),
				&object->tables, &object->ntables, read_table);
	if (!rc && !(*sections = rpol_pool_alloc(pool, MANIFEST_IMAGES * sizeof(**sections))))
		rc = -ENOMEM;
	if (!rc)
		rc = read_array(&reader, &root, "images", 0, MANIFEST_IMAGES,
				sizeof(*object->images), &object->images, &object->nimages,
				read_image);
	json_decref(root.json);
	return rc;
}
