/* entries.c: entries of dynamic sets and tables, added, removed and listed at run time. */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "held.h"
#include "live.h"

struct rpol_contents {
	int lock, map;
	int memory[2];	   /* of a table in memory */
	struct live *live; /* likewise, from its first change on */
	bool table;
	char *deployment;
	struct deployment state;
	const struct rpol_object_content *info;
	struct operand *operands; /* sorted, when a verdict was first asked for */
	size_t noperands;
};

/* What a `route` can name. */
struct operand {
	const char *name;
	uint32_t index; /* of a verdict's word */
};

/* Verdicts by their numbers in verdicts.def that a table's entries can have. */
enum { ROUTE = 3, SEND = 5 };
static const char *const words[] = {
	[0] = "drop",	 [1] = "pass",	 [2] = "fib",	   [ROUTE] = "route",
	[SEND] = "send", [6] = "bounce", [7] = "continue",
};
enum { NWORDS = sizeof(words) / sizeof(*words) };

/* ---- opening ------------------------------------------------------------------------------------
 */

static const struct rpol_object_content *find(const struct state *state, const char *name,
					      bool table)
{
	const struct rpol_object_content *all = table ? state->object.tables : state->object.sets;
	size_t n = table ? state->object.ntables : state->object.nsets;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}

static int open_pin(const struct rpol_contents *self, const char *name, int *fd,
		    struct rpol_load_error *error)
{
	char path[PATH];

	path_print(path, "%s/gen%u/%s", self->state.dir, self->state.slot, name);
	*fd = bpf_obj_get(path);
	return *fd < 0 ? fail(error, *fd, "cannot open %s: %s", path, strerror(-*fd)) : 0;
}

static int open_maps(struct rpol_contents *self, struct rpol_load_error *error)
{
	int rc = open_pin(self, self->info->map, &self->map, error);

	for (int f = 0; !rc && self->info->memory[f] && f < 2; f++) {
		char name[RPOL_CONTENT_NAME];

		contents_memory_name(name, self->info, f);
		rc = open_pin(self, name, &self->memory[f], error);
	}
	return rc;
}

/* Of a table in memory, what changes it. */
static int open_live(struct rpol_contents *self, struct rpol_load_error *error)
{
	const struct live_maps maps = {self->map, {self->memory[0], self->memory[1]}};

	return self->live ? 0 : live_open(self->info, &maps, &self->live, error);
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* Takes the lock and gives the deployment named, or NULL all, as a list. */
static int list_deployments(const char *bpffs, const char *deployment, int *lock, char ***names,
			    size_t *count, struct rpol_load_error *error)
{
	int rc = caps_check("change what a deployment holds", error);

	if (!rc && deployment)
		rc = deploy_check_name(deployment, error);
	if (!rc)
		rc = deploy_lock(bpffs, true, lock, error);
	if (rc || !deployment)
		return rc ? rc : deployment_list(bpffs, names, count, error);
	*names = calloc(1, sizeof(**names));
	if (*names)
		**names = strdup(deployment);
	if (!*names || !**names)
		return fail(error, -ENOMEM, "out of memory");
	*count = 1;
	return 0;
}

static int add_name(char ***names, size_t *count, const char *name, struct rpol_load_error *error)
{
	char **more = realloc(*names, (*count + 1) * sizeof(*more));

	if (more)
		*names = more;
	if (!more || !(more[*count] = strdup(name)))
		return fail(error, -ENOMEM, "out of memory");
	++*count;
	return 0;
}

static int add_names(const struct state *state, bool table, char ***names, size_t *count,
		     struct rpol_load_error *error)
{
	const struct rpol_object_content *all = table ? state->object.tables : state->object.sets;
	size_t n = table ? state->object.ntables : state->object.nsets;
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = add_name(names, count, all[i].name, error);
	return rc;
}

int rpol_contents_names(const char *bpffs, const char *deployment, bool table, char ***names,
			size_t *count, struct rpol_load_error *error)
{
	char **deployments = NULL, **found = NULL;
	size_t ndeployments = 0, nfound = 0;
	SCOPE_FD lock = -1;
	int rc;

	bpffs = bpffs ? bpffs : RPOL_BPFFS;
	rc = list_deployments(bpffs, deployment, &lock, &deployments, &ndeployments, error);
	for (size_t i = 0; !rc && i < ndeployments; i++) {
		struct deployment state = {.active = -1};

		rc = deployment_open(bpffs, deployments[i], &state, error);
		if (rc == -ENOENT)
			fail(error, rc, "there is no deployment %s", deployments[i]);
		if (!rc && deployment_in_force(&state))
			rc = add_names(deployment_in_force(&state), table, &found, &nfound, error);
		deployment_close(&state);
	}
	free_names(deployments, ndeployments);
	if (rc) {
		free_names(found, nfound);
		return rc;
	}
	*names = found;
	*count = nfound;
	return 0;
}

static int search(struct rpol_contents *self, const char *bpffs, char *const *names, size_t count,
		  const char *name, struct rpol_load_error *error)
{
	const char *what = self->table ? "table" : "set";

	for (size_t i = 0; i < count; i++) {
		struct deployment state = {.active = -1};
		int rc = deployment_open(bpffs, names[i], &state, error);

		if (rc == -ENOENT)
			rc = fail(error, rc, "there is no deployment %s", names[i]);
		if (rc)
			return rc;
		const struct state *force = deployment_in_force(&state);
		const struct rpol_object_content *info =
			force ? find(force, name, self->table) : NULL;
		if (!info) {
			deployment_close(&state);
			continue;
		}
		if (self->info) {
			rc = fail(error, -EINVAL,
				  "deployments %s and %s both have a dynamic %s %s; say which with "
				  "--deployment",
				  self->deployment, names[i], what, name);
			deployment_close(&state);
			return rc;
		}
		self->info = info;
		self->state = state;
		self->deployment = strdup(names[i]);
		if (!self->deployment)
			return fail(error, -ENOMEM, "out of memory");
	}
	if (self->info)
		return open_maps(self, error);
	return fail(error, -ENOENT, "there is no dynamic %s %s", what, name);
}

int rpol_contents_open(const char *bpffs, const char *deployment, const char *name, bool table,
		       struct rpol_contents **out, struct rpol_load_error *error)
{
	struct rpol_contents *self = calloc(1, sizeof(*self));
	char **names = NULL;
	size_t count = 0;
	int rc;

	if (!self)
		return fail(error, -ENOMEM, "out of memory");
	*self = (struct rpol_contents){
		.lock = -1, .map = -1, .memory = {-1, -1}, .table = table, .state.active = -1};
	bpffs = bpffs ? bpffs : RPOL_BPFFS;
	rc = list_deployments(bpffs, deployment, &self->lock, &names, &count, error);
	if (!rc)
		rc = search(self, bpffs, names, count, name, error);
	free_names(names, count);
	if (rc)
		rpol_contents_close(self);
	else
		*out = self;
	return rc;
}

void rpol_contents_close(struct rpol_contents *self)
{
	if (!self)
		return;
	live_close(self->live);
	free(self->operands);
	scope_close(&self->map);
	scope_close(&self->memory[0]);
	scope_close(&self->memory[1]);
	deployment_close(&self->state);
	scope_close(&self->lock);
	free(self->deployment);
	free(self);
}

const struct rpol_object_content *rpol_contents_info(const struct rpol_contents *self)
{
	return self->info;
}

const char *rpol_contents_deployment(const struct rpol_contents *self)
{
	return self->deployment;
}

uint32_t rpol_contents_interface(const struct rpol_contents *self, const char *name)
{
	const struct rpol_object *object = &deployment_in_force(&self->state)->object;

	for (size_t i = 0; i < object->ninterfaces; i++)
		if (!strcmp(object->interfaces[i].name, name))
			return (uint32_t)i + 1;
	return 0;
}

const char *rpol_contents_interface_name(const struct rpol_contents *self, uint32_t number)
{
	const struct rpol_object *object = &deployment_in_force(&self->state)->object;

	return number - 1 < object->ninterfaces ? object->interfaces[number - 1].name : NULL;
}

/* ---- verdicts -----------------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
	const struct operand *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Policies can have thousands of next hops, and files millions of verdicts. */
static int sort_operands(struct rpol_contents *self, struct rpol_load_error *error)
{
	const struct rpol_object *object = &deployment_in_force(&self->state)->object;
	size_t count = object->nnexthops + object->ngroups;

	if (self->operands)
		return 0;
	self->operands = calloc(count + 1, sizeof(*self->operands));
	if (!self->operands)
		return fail(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < object->nnexthops; i++)
		self->operands[i] = (struct operand){object->nexthops[i].name, (uint32_t)i};
	for (size_t i = 0; i < object->ngroups; i++)
		self->operands[object->nnexthops + i] =
			(struct operand){object->groups[i].name, RPOL_WORD_GROUP | (uint32_t)i};
	qsort(self->operands, count, sizeof(*self->operands), by_name);
	self->noperands = count;
	return 0;
}

static bool find_operand(const struct rpol_contents *self, uint32_t kind, const char *name,
			 uint32_t *index)
{
	struct operand asked = {name, 0}, *found;

	if (kind == SEND) {
		*index = rpol_contents_interface(self, name) - 1;
		return *index != UINT32_MAX;
	}
	found = bsearch(&asked, self->operands, self->noperands, sizeof(asked), by_name);
	if (found)
		*index = found->index;
	return found;
}

/* The verdicts that entries can have, for a message. */
static const char *can_have(const struct rpol_contents *self, char buf[128])
{
	*buf = 0;
	for (unsigned i = 0; i < NWORDS; i++)
		if (words[i] && self->info->verdicts >> i & 1)
			snprintf(buf + strlen(buf), 128 - strlen(buf), "%s%s", *buf ? ", " : "",
				 words[i]);
	return buf;
}

int rpol_contents_word(struct rpol_contents *self, const char *verdict, uint32_t *word,
		       struct rpol_load_error *error)
{
	size_t length = strcspn(verdict, " \t");
	const char *operand = verdict + length + strspn(verdict + length, " \t");
	uint32_t kind = 0, index = 0;
	int rc = sort_operands(self, error);
	char can[128];

	if (rc)
		return rc;
	while (kind < NWORDS && !(words[kind] && strlen(words[kind]) == length &&
				  !memcmp(words[kind], verdict, length)))
		kind++;
	if (kind == NWORDS)
		return fail(error, -EINVAL, "`%s` is no verdict of a dynamic table; %s can have %s",
			    verdict, self->info->name, can_have(self, can));
	if (!(self->info->verdicts >> kind & 1))
		return fail(error, -EINVAL,
			    "`%s` is not possible where %s is looked up; it can have %s",
			    words[kind], self->info->name, can_have(self, can));
	if ((kind == ROUTE || kind == SEND) != (*operand != 0))
		return fail(error, -EINVAL,
			    *operand ? "nothing comes after `%s`" : "`%s` needs a name after it",
			    words[kind]);
	if (*operand && !find_operand(self, kind, operand, &index))
		return fail(error, -EINVAL, "the policy has no %s `%s`",
			    kind == SEND ? "interface" : "next hop or group", operand);
	*word = RPOL_VERDICT_WORD(kind, index);
	return 0;
}

const char *rpol_contents_word_text(const struct rpol_contents *self, uint32_t word, char *buf,
				    size_t size)
{
	const struct rpol_object *object = &deployment_in_force(&self->state)->object;
	uint32_t kind = RPOL_WORD_KIND(word), index = RPOL_WORD_INDEX(word);
	const char *operand = NULL;

	if (kind == SEND && index < object->ninterfaces)
		operand = object->interfaces[index].name;
	else if (kind == ROUTE && index & RPOL_WORD_GROUP &&
		 (index & ~RPOL_WORD_GROUP) < object->ngroups)
		operand = object->groups[index & ~RPOL_WORD_GROUP].name;
	else if (kind == ROUTE && index < object->nnexthops)
		operand = object->nexthops[index].name;
	snprintf(buf, size, "%s%s%s", kind < NWORDS && words[kind] ? words[kind] : "?",
		 operand ? " " : "", operand ? operand : "");
	return buf;
}

/* ---- entries ------------------------------------------------------------------------------------
 */

struct visitor {
	int (*visit)(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word);
	void *arg;
};

static int visit_word(void *arg, const uint8_t *key, const union contents_value *value)
{
	struct visitor *visitor = arg;

	return visitor->visit(visitor->arg, key, 0, value->word);
}

/* Those of a set, of which some may have to go. */
static int each_element(struct rpol_contents *self, const struct visitor *visitor)
{
	uint8_t key[RPOL_CONTENT_KEY], next[RPOL_CONTENT_KEY];
	uint64_t now = contents_now();
	int rc = bpf_map_get_next_key(self->map, NULL, next);

	while (!rc) {
		union contents_value value = {0};
		uint64_t expires;

		memcpy(key, next, sizeof(key));
		/* before the entry may go: a key that is gone starts over */
		rc = bpf_map_get_next_key(self->map, key, next);
		int found = bpf_map_lookup_elem(self->map, key, &value);
		if (found == -ENOENT)
			continue;
		if (found)
			return found;
		expires = value.element.expires_ns;
		if (contents_expired(&value.element, now)) {
			bpf_map_delete_elem(self->map, key);
			continue;
		}
		if (visitor->visit(visitor->arg, key,
				   expires ? (expires - now + 999999999) / 1000000000 : 0, 0))
			return 0;
	}
	return rc == -ENOENT ? 0 : rc;
}

static int each_held(struct rpol_contents *self, struct visitor *visitor)
{
	struct held *held = NULL;
	int rc = held_open(self->map, self->info->size, &held);

	if (!rc)
		rc = held_each(held, visit_word, visitor);
	held_close(held);
	return rc;
}

int rpol_contents_each(struct rpol_contents *self,
		       int (*visit)(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word),
		       void *arg, struct rpol_load_error *error)
{
	struct visitor visitor = {visit, arg};
	int rc = self->info->memory[0] ? each_held(self, &visitor)
		 : self->table ? contents_read(self->map, self->info->key_size, sizeof(uint32_t),
					       visit_word, &visitor)
			       : each_element(self, &visitor);

	return rc < 0 ? fail(error, rc, "cannot read %s: %s", self->info->name, strerror(-rc)) : 0;
}

struct keys {
	uint8_t *bytes;
	size_t size, count, room; /* of one key; of keys */
	bool failed;		  /* no memory */
};

static int collect(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	struct keys *keys = arg;

	(void)seconds, (void)word;
	if (keys->count == keys->room) {
		size_t room = keys->room ? 2 * keys->room : 1024;
		uint8_t *more = realloc(keys->bytes, room * keys->size);

		if (!more)
			return keys->failed = true;
		keys->bytes = more;
		keys->room = room;
	}
	memcpy(keys->bytes + keys->count++ * keys->size, key, keys->size);
	return 0;
}

static int by_bytes(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

/* How many entries too many it would hold with all of these in it, those that are there and those
 * that repeat counted once. */
static int find_excess(struct rpol_contents *self, const struct rpol_contents_entry *new,
		       size_t count, size_t *excess, struct rpol_load_error *error)
{
	struct keys keys = {.size = self->info->key_size};
	size_t distinct = 0;
	int rc = rpol_contents_each(self, collect, &keys, error);

	for (size_t i = 0; i < count && !keys.failed; i++)
		collect(&keys, new[i].key, 0, 0);
	if (!rc && keys.failed)
		rc = fail(error, -ENOMEM, "out of memory");
	if (!rc && keys.count)
		qsort_r(keys.bytes, keys.count, keys.size, by_bytes, &keys.size);
	for (size_t i = 0; i < keys.count; i++)
		distinct += !i || memcmp(keys.bytes + i * keys.size,
					 keys.bytes + (i - 1) * keys.size, keys.size);
	free(keys.bytes);
	if (!rc)
		*excess = distinct > self->info->size ? distinct - self->info->size : 0;
	return rc;
}

int rpol_contents_load(struct rpol_contents *self, const struct rpol_contents_entry *entries,
		       size_t count, uint64_t seconds, struct rpol_load_error *error)
{
	size_t excess = 0;
	int rc;

	if (self->info->memory[0]) {
		rc = open_live(self, error);
		return rc ? rc : live_load(self->live, entries, count, true, error);
	}
	rc = find_excess(self, entries, count, &excess, error);
	if (!rc && excess)
		rc = fail(error, -ENOSPC,
			  "%s has no room for %zu of these entries: it holds %u; delete some, or "
			  "give it a larger size and apply",
			  self->info->name, excess, self->info->size);
	for (size_t i = 0; !rc && i < count; i++)
		rc = rpol_contents_add(self, entries[i].key, seconds, entries[i].word, error);
	return rc;
}

int rpol_contents_add(struct rpol_contents *self, const uint8_t *key, uint64_t seconds,
		      uint32_t word, struct rpol_load_error *error)
{
	union contents_value value = {0};
	int rc;

	if (self->info->memory[0]) {
		rc = open_live(self, error);
		return rc ? rc : live_set(self->live, key, word, error);
	}
	if (self->table) {
		value.word = word;
	} else {
		value.element.expires_ns = seconds ? contents_now() + seconds * 1000000000u : 0;
		if (self->info->prefix)
			memcpy(&value.element.length, key, sizeof(value.element.length));
	}
	rc = bpf_map_update_elem(self->map, key, &value, BPF_ANY);
	if (contents_full(rc) && !self->table && !contents_purge(self->map))
		rc = bpf_map_update_elem(self->map, key, &value, BPF_ANY);
	if (contents_full(rc))
		return fail(
			error, -ENOSPC,
			"%s is full: it holds %u entries; delete some, or give it a larger size "
			"and apply",
			self->info->name, self->info->size);
	return rc ? fail(error, rc, "cannot add to %s: %s", self->info->name, strerror(-rc)) : 0;
}

int rpol_contents_delete(struct rpol_contents *self, const uint8_t *key,
			 struct rpol_load_error *error)
{
	int rc;

	if (self->info->memory[0]) {
		rc = open_live(self, error);
		return rc ? rc : live_delete(self->live, key, error);
	}
	rc = bpf_map_delete_elem(self->map, key);
	return !rc || rc == -ENOENT ? rc
				    : fail(error, rc, "cannot delete from %s: %s", self->info->name,
					   strerror(-rc));
}

int rpol_contents_flush(struct rpol_contents *self, size_t *removed, struct rpol_load_error *error)
{
	uint8_t key[RPOL_CONTENT_KEY];

	*removed = 0;
	if (self->info->memory[0]) {
		int rc = open_live(self, error);

		return rc ? rc : live_flush(self->live, removed, error);
	}
	while (!bpf_map_get_next_key(self->map, NULL, key)) {
		int rc = rpol_contents_delete(self, key, error);

		if (rc && rc != -ENOENT)
			return rc;
		++*removed;
	}
	return 0;
}

static int count_entry(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	(void)key, (void)seconds, (void)word;
	++*(size_t *)arg;
	return 0;
}

int rpol_contents_fill(struct rpol_contents *self, struct rpol_contents_fill *fill,
		       struct rpol_load_error *error)
{
	int rc;

	*fill = (struct rpol_contents_fill){0};
	rc = rpol_contents_each(self, count_entry, &fill->entries, error);
	if (!rc && self->info->memory[0])
		rc = open_live(self, error);
	for (int f = 0; !rc && self->live && f < 2; f++) {
		fill->prefixes[f] = live_count(self->live, f);
		live_room(self->live, f, &fill->room[f]);
	}
	return rc;
}
