/* contents.c: carrying the contents of dynamic sets and tables over to a new generation. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "held.h"
#include "live.h"
#include "load.h"
#include "steps.h"

enum { ROUTE = 3, SEND = 5 }; /* of verdicts.def */

static size_t count(const struct rpol_object *object)
{
	return object->nsets + object->ntables;
}

static const struct rpol_object_content *content(const struct rpol_object *object, size_t i)
{
	return i < object->nsets ? &object->sets[i] : &object->tables[i - object->nsets];
}

void contents_memory_name(char name[RPOL_CONTENT_NAME], const struct rpol_object_content *content,
			  int family)
{
	snprintf(name, RPOL_CONTENT_NAME, "table%d_%s", family ? 6 : 4, content->name);
}

static bool same_fields(const struct rpol_object_content *a, const struct rpol_object_content *b)
{
	bool same = a->prefix == b->prefix && a->key_size == b->key_size &&
		    a->interface_at == b->interface_at && a->nfields == b->nfields;

	for (size_t i = 0; same && i < a->nfields; i++)
		same = !strcmp(a->fields[i], b->fields[i]);
	return same;
}

static const struct rpol_object_content *find(const struct rpol_object *object,
					      const struct rpol_object_content *like)
{
	for (size_t i = 0; i < count(object); i++)
		if (!strcmp(content(object, i)->map, like->map))
			return content(object, i);
	return NULL;
}

/* True when interfaces' numbers mean the same in both. */
static bool same_interfaces(const struct rpol_object *a, const struct rpol_object *b)
{
	bool same = a->ninterfaces == b->ninterfaces;

	for (size_t i = 0; same && i < a->ninterfaces; i++)
		same = !strcmp(a->interfaces[i].name, b->interfaces[i].name);
	return same;
}

/* True when verdicts' indices do. */
static bool same_verdicts(const struct rpol_object *a, const struct rpol_object *b)
{
	bool same =
		a->nnexthops == b->nnexthops && a->ngroups == b->ngroups && same_interfaces(a, b);

	for (size_t i = 0; same && i < a->nnexthops; i++)
		same = !strcmp(a->nexthops[i].name, b->nexthops[i].name);
	for (size_t i = 0; same && i < a->ngroups; i++)
		same = !strcmp(a->groups[i].name, b->groups[i].name);
	return same;
}

static bool same_places(const struct rpol_object_content *a, const struct rpol_object_content *b)
{
	return a->size == b->size && a->memory[0] == b->memory[0] && a->memory[1] == b->memory[1];
}

/* ---- reading -----------------------------------------------------------------------------------
 */

int contents_read(int map, size_t key_size, size_t value_size,
		  int (*visit)(void *arg, const uint8_t *key, const union contents_value *value),
		  void *arg)
{
	enum { MOST = 4096 };
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	SCOPE_FREE uint8_t *keys = malloc(MOST * key_size);
	SCOPE_FREE uint8_t *values = malloc(MOST * value_size);
	uint8_t from[RPOL_CONTENT_KEY], to[RPOL_CONTENT_KEY];
	bool first = true;
	int rc = keys && values ? 0 : -ENOMEM;

	while (!rc) {
		uint32_t n = MOST;

		rc = bpf_map_lookup_batch(map, first ? NULL : from, to, keys, values, &n, &options);
		for (uint32_t i = 0; (!rc || rc == -ENOENT) && i < n; i++) {
			union contents_value value = {0};
			int stop;

			memcpy(&value, values + i * value_size, value_size);
			stop = visit(arg, keys + i * key_size, &value);
			if (stop)
				return stop;
		}
		memcpy(from, to, sizeof(from));
		first = false;
	}
	return rc == -ENOENT ? 0 : rc;
}

/* ---- time and room ------------------------------------------------------------------------------
 */

uint64_t contents_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool contents_expired(const struct rpol_element *element, uint64_t now)
{
	return element->expires_ns && element->expires_ns <= now;
}

bool contents_full(int rc)
{
	return rc == -E2BIG || rc == -ENOSPC;
}

int contents_purge(int set)
{
	uint8_t key[RPOL_CONTENT_KEY], next[RPOL_CONTENT_KEY];
	struct rpol_element element;
	uint64_t now = contents_now();
	int rc = bpf_map_get_next_key(set, NULL, next);

	while (!rc) {
		memcpy(key, next, sizeof(key));
		/* before the entry may go: a key that is gone starts over */
		rc = bpf_map_get_next_key(set, key, next);
		if (!bpf_map_lookup_elem(set, key, &element) && contents_expired(&element, now))
			bpf_map_delete_elem(set, key);
	}
	return rc == -ENOENT ? 0 : rc;
}

/* ---- from one generation to the next ------------------------------------------------------------
 */

static int open_memory(const struct deployment *deployment, struct carried_map *map, int family,
		       struct rpol_load_error *error)
{
	char name[RPOL_CONTENT_NAME], path[PATH];

	contents_memory_name(name, map->now, family);
	path_print(path, "%s/gen%u/%s", deployment->dir, deployment->slot, name);
	map->memory[family] = bpf_obj_get(path);
	return map->memory[family] < 0 ? fail(error, map->memory[family], "cannot open %s: %s",
					      path, strerror(-map->memory[family]))
				       : 0;
}

int contents_open(const struct deployment *deployment, const struct rpol_object *object,
		  struct carried_map *maps, struct rpol_load_error *error)
{
	const struct state *before = deployment_in_force(deployment);

	for (size_t i = 0; i < count(object); i++)
		maps[i] = (struct carried_map){
			.now = content(object, i), .fd = -1, .memory = {-1, -1}};
	for (size_t i = 0; before && i < count(object); i++) {
		struct carried_map *map = &maps[i];
		char path[PATH];

		map->before = find(&before->object, map->now);
		if (!map->before)
			continue;
		path_print(path, "%s/gen%u/%s", deployment->dir, deployment->slot, map->now->map);
		map->fd = bpf_obj_get(path);
		if (map->fd < 0)
			return fail(error, map->fd, "cannot open %s: %s", path, strerror(-map->fd));
		map->shared =
			same_fields(map->now, map->before) && same_places(map->now, map->before) &&
			(map->now->interface_at < 0 || same_interfaces(object, &before->object)) &&
			(i < object->nsets || same_verdicts(object, &before->object));
		for (int f = 0; map->shared && map->now->memory[f] && f < 2; f++) {
			int rc = open_memory(deployment, map, f, error);

			if (rc)
				return rc;
		}
	}
	return 0;
}

void contents_close(const struct rpol_object *object, struct carried_map *maps)
{
	for (size_t i = 0; maps && i < count(object); i++) {
		scope_close(&maps[i].fd);
		scope_close(&maps[i].memory[0]);
		scope_close(&maps[i].memory[1]);
	}
}

/* ---- copying ----------------------------------------------------------------------------------
 */

static int find_name(const char *name, size_t n, const void *first, size_t stride)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(*(const char *const *)((const char *)first + i * stride), name))
			return (int)i;
	return -1;
}

/* An interface's index in the new generation; -1: it is gone. */
static int find_interface(uint32_t index, const struct rpol_object *before,
			  const struct rpol_object *now)
{
	return index < before->ninterfaces
		       ? find_name(before->interfaces[index].name, now->ninterfaces,
				   &now->interfaces->name, sizeof(*now->interfaces))
		       : -1;
}

/* The interface in a key, counted from 1, in the numbers of the new generation. False: it is gone.
 */
static bool renumber_key(uint8_t *number, const struct rpol_object *before,
			 const struct rpol_object *now)
{
	uint32_t value;
	int to;

	memcpy(&value, number, sizeof(value));
	to = find_interface(ntohl(value) - 1, before, now);
	value = htonl((uint32_t)to + 1);
	memcpy(number, &value, sizeof(value));
	return to >= 0;
}

/* A verdict's word likewise. */
static bool renumber_word(uint32_t *word, const struct rpol_object *before,
			  const struct rpol_object *now)
{
	uint32_t kind = RPOL_WORD_KIND(*word), index = RPOL_WORD_INDEX(*word), flag = 0;
	int to = -1;

	if (kind == ROUTE && index & RPOL_WORD_GROUP) {
		flag = RPOL_WORD_GROUP;
		index &= ~RPOL_WORD_GROUP;
		if (index < before->ngroups)
			to = find_name(before->groups[index].name, now->ngroups, &now->groups->name,
				       sizeof(*now->groups));
	} else if (kind == ROUTE) {
		if (index < before->nnexthops)
			to = find_name(before->nexthops[index].name, now->nnexthops,
				       &now->nexthops->name, sizeof(*now->nexthops));
	} else if (kind == SEND) {
		to = find_interface(index, before, now);
	} else {
		return true;
	}
	if (to < 0)
		return false;
	*word = RPOL_VERDICT_WORD(kind, flag | (uint32_t)to);
	return true;
}

/* Copying one map's entries to another. */
struct copying {
	const struct carried_map *map;
	const struct rpol_object *before, *now;
	int to;
	struct held *held; /* in the place of `to`, of a table in memory */
	bool table;
	uint64_t time_ns;
	size_t unnamed, homeless; /* lost: what they name is gone, or there is no room */
};

static int copy_entry(void *arg, const uint8_t *key, const union contents_value *from)
{
	struct copying *copying = arg;
	const struct rpol_object_content *content = copying->map->now;
	union contents_value value = *from;
	uint8_t as[RPOL_CONTENT_KEY];
	int rc;

	if (!copying->table && contents_expired(&value.element, copying->time_ns))
		return 0;
	memcpy(as, key, content->key_size);
	if ((content->interface_at >= 0 &&
	     !renumber_key(as + content->interface_at, copying->before, copying->now)) ||
	    (copying->table && (!renumber_word(&value.word, copying->before, copying->now) ||
				!(content->verdicts >> RPOL_WORD_KIND(value.word) & 1)))) {
		copying->unnamed++;
		return 0;
	}
	rc = copying->held ? held_set(copying->held, as, value.word)
			   : bpf_map_update_elem(copying->to, as, &value, BPF_ANY);
	if (!contents_full(rc))
		return rc;
	copying->homeless++;
	return 0;
}

static int copy_all(struct copying *copying)
{
	const struct carried_map *map = copying->map;
	struct held *from = NULL;
	int rc = 0;

	copying->time_ns = contents_now();
	if (map->now->memory[0])
		rc = held_open(copying->to, map->now->size, &copying->held);
	if (!rc && map->before->memory[0])
		rc = held_open(map->fd, map->before->size, &from);
	if (!rc)
		rc = from ? held_each(from, copy_entry, copying)
			  : contents_read(map->fd, map->now->key_size,
					  copying->table ? sizeof(uint32_t)
							 : sizeof(struct rpol_element),
					  copy_entry, copying);
	held_close(copying->held);
	held_close(from);
	return rc;
}

static int copy(struct copying *copying, struct notes *notes)
{
	const struct rpol_object_content *content = copying->map->now;
	int rc = copy_all(copying);

	if (copying->homeless)
		note(notes, "%zu entries of %s are lost: it holds %u now", copying->homeless,
		     content->name, content->size);
	if (copying->unnamed)
		note(notes, "%zu entries of %s are lost: the policy has no more what they name",
		     copying->unnamed, content->name);
	return rc;
}

/* ---- into the new generation --------------------------------------------------------------------
 */

static int pin(const struct deployment *deployment, unsigned slot, const char *name, int fd,
	       struct rpol_load_error *error)
{
	char path[PATH];
	int rc;

	path_print(path, "%s/gen%u/%s", deployment->dir, slot, name);
	STEP("pin contents");
	rc = bpf_obj_pin(fd, path);
	return rc ? fail(error, rc, "cannot pin %s: %s", path, strerror(-rc)) : 0;
}

/* A table's memory in a loaded object. */
static int memory_fd(const struct bpf_object *bpf, const struct rpol_object_content *content,
		     int family)
{
	char name[RPOL_CONTENT_NAME + sizeof(RPOL_SECTION_LIVE)];

	memcpy(name, RPOL_SECTION_LIVE, sizeof(RPOL_SECTION_LIVE));
	contents_memory_name(name + strlen(RPOL_SECTION_LIVE), content, family);
	return load_map(bpf, name);
}

static int pin_all(const struct deployment *deployment, unsigned slot,
		   const struct rpol_object_content *content, const struct bpf_object *bpf,
		   struct rpol_load_error *error)
{
	int rc = pin(deployment, slot, content->map, load_map(bpf, content->map), error);

	for (int f = 0; !rc && content->memory[f] && f < 2; f++) {
		char name[RPOL_CONTENT_NAME];

		contents_memory_name(name, content, f);
		rc = pin(deployment, slot, name, memory_fd(bpf, content, f), error);
	}
	return rc;
}

int contents_carry(const struct deployment *deployment, unsigned slot,
		   const struct rpol_object *object, const struct carried_map *maps,
		   const struct bpf_object *bpf, struct notes *notes, struct rpol_load_error *error)
{
	const struct state *before = deployment_in_force(deployment);

	for (size_t i = 0; i < count(object); i++) {
		const struct carried_map *map = &maps[i];
		struct copying copying = {.map = map,
					  .before = before ? &before->object : NULL,
					  .now = object,
					  .to = load_map(bpf, map->now->map),
					  .table = i >= object->nsets};
		int rc = 0;

		if (map->before && !same_fields(map->now, map->before))
			note(notes, "what was in %s is lost: its key is another now",
			     map->now->name);
		else if (map->fd >= 0 && !map->shared)
			rc = copy(&copying, notes);
		if (rc)
			return fail(error, rc, "cannot copy what is in %s: %s", map->now->name,
				    strerror(-rc));
		rc = pin_all(deployment, slot, map->now, bpf, error);
		if (rc)
			return rc;
	}
	for (size_t i = 0; before && i < count(&before->object); i++)
		if (!find(object, content(&before->object, i)))
			note(notes, "what was in %s is lost: no rule uses it any more",
			     content(&before->object, i)->name);
	return 0;
}

/* ---- tables in memory ---------------------------------------------------------------------------
 */

static int open_live(const struct rpol_object_content *content, const struct bpf_object *bpf,
		     struct live **out, struct rpol_load_error *error)
{
	const struct live_maps maps = {load_map(bpf, content->map),
				       {memory_fd(bpf, content, 0), memory_fd(bpf, content, 1)}};

	return live_open(content, &maps, out, error);
}

/* ---- seeds ------------------------------------------------------------------------------------
 */

static int fail_seeds(const struct rpol_object_content *content, int rc,
		      struct rpol_load_error *error)
{
	if (contents_full(rc))
		return fail(error, -ENOSPC,
			    "%s has no room for what it begins with: it holds %u entries; delete "
			    "some, or give it a larger size",
			    content->name, content->size);
	return fail(error, rc, "cannot add what %s begins with: %s", content->name, strerror(-rc));
}

/* image: NULL when there is none. */
static int seed_live(const struct rpol_object_content *content,
		     const struct rpol_object_image *image, const struct bpf_object *bpf,
		     struct rpol_load_error *error)
{
	size_t count = image ? image->count : 0;
	SCOPE_FREE struct rpol_contents_entry *entries = calloc(count + 1, sizeof(*entries));
	struct live *live = NULL;
	int rc = entries ? open_live(content, bpf, &live, error)
			 : fail(error, -ENOMEM, "out of memory");

	for (size_t i = 0; !rc && i < count; i++) {
		size_t size = (size_t)image->key_size + image->value_size;
		const uint8_t *from = image->bytes + i * size;

		memcpy(entries[i].key, from, image->key_size);
		memcpy(&entries[i].word, from + image->key_size, sizeof(entries[i].word));
	}
	if (!rc)
		rc = live_load(live, entries, count, false, error);
	live_close(live);
	return rc;
}

static int seed_map(const struct rpol_object_content *content, bool table,
		    const struct rpol_object_image *image, int to, struct rpol_load_error *error)
{
	size_t size = (size_t)image->key_size + image->value_size;

	for (size_t i = 0; i < image->count; i++) {
		const uint8_t *key = image->bytes + i * size, *value = key + image->key_size;
		int rc = bpf_map_update_elem(to, key, value, table ? BPF_NOEXIST : BPF_ANY);

		if (contents_full(rc) && !table && !contents_purge(to))
			rc = bpf_map_update_elem(to, key, value, BPF_ANY);
		if (rc && rc != -EEXIST)
			return fail_seeds(content, rc, error);
	}
	return 0;
}

static const struct rpol_object_image *image_of(const struct rpol_object *object,
						const struct rpol_object_content *content)
{
	for (size_t i = 0; i < object->nimages; i++)
		if (!strcmp(object->images[i].map, content->map))
			return &object->images[i];
	return NULL;
}

int contents_seed_memory(const struct rpol_object *object, const struct bpf_object *bpf,
			 struct rpol_load_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < object->ntables; i++)
		if (object->tables[i].memory[0])
			rc = seed_live(&object->tables[i], image_of(object, &object->tables[i]),
				       bpf, error);
	return rc;
}

int contents_seed(const struct rpol_object *object, const struct bpf_object *bpf,
		  struct rpol_load_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count(object); i++) {
		const struct rpol_object_content *seeded = content(object, i);
		const struct rpol_object_image *image = image_of(object, seeded);

		if (image && !seeded->memory[0])
			rc = seed_map(seeded, i >= object->nsets, image, load_map(bpf, image->map),
				      error);
	}
	return rc ? rc : contents_seed_memory(object, bpf, error);
}
