/* contents.c: carrying the contents of dynamic sets and tables over to a new generation. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "contents.h"
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

int contents_open(const struct deployment *deployment, const struct rpol_object *object,
		  struct carried_map *maps, struct rpol_load_error *error)
{
	const struct state *before = deployment_in_force(deployment);

	for (size_t i = 0; i < count(object); i++)
		maps[i] = (struct carried_map){.now = content(object, i), .fd = -1};
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
			same_fields(map->now, map->before) && map->now->size == map->before->size &&
			(map->now->interface_at < 0 || same_interfaces(object, &before->object)) &&
			(i < object->nsets || same_verdicts(object, &before->object));
	}
	return 0;
}

void contents_close(const struct rpol_object *object, struct carried_map *maps)
{
	for (size_t i = 0; maps && i < count(object); i++)
		if (maps[i].fd >= 0)
			close(maps[i].fd);
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

static int copy(const struct carried_map *map, int to, bool table, const struct rpol_object *before,
		const struct rpol_object *now, struct notes *notes)
{
	uint8_t key[RPOL_CONTENT_KEY], next[RPOL_CONTENT_KEY], as[RPOL_CONTENT_KEY];
	size_t unnamed = 0, homeless = 0;
	uint64_t time_ns = contents_now();
	union contents_value value;
	int rc;

	for (rc = bpf_map_get_next_key(map->fd, NULL, next); !rc;
	     rc = bpf_map_get_next_key(map->fd, key, next)) {
		memcpy(key, next, sizeof(key));
		memcpy(as, key, sizeof(as));
		rc = bpf_map_lookup_elem(map->fd, key, &value);
		if (rc && rc != -ENOENT)
			return rc;
		if (rc || (!table && contents_expired(&value.element, time_ns)))
			continue;
		if ((map->now->interface_at >= 0 &&
		     !renumber_key(as + map->now->interface_at, before, now)) ||
		    (table && (!renumber_word(&value.word, before, now) ||
			       !(map->now->verdicts >> RPOL_WORD_KIND(value.word) & 1))))
			unnamed++;
		else if ((rc = bpf_map_update_elem(to, as, &value, BPF_ANY))) {
			if (!contents_full(rc))
				return rc;
			homeless++;
		}
	}
	if (homeless)
		note(notes, "%zu entries of %s are lost: it holds %u now", homeless, map->now->name,
		     map->now->size);
	if (unnamed)
		note(notes, "%zu entries of %s are lost: the policy has no more what they name",
		     unnamed, map->now->name);
	return rc == -ENOENT ? 0 : rc;
}

int contents_carry(const struct deployment *deployment, unsigned slot,
		   const struct rpol_object *object, const struct carried_map *maps,
		   const struct bpf_object *bpf, struct notes *notes, struct rpol_load_error *error)
{
	const struct state *before = deployment_in_force(deployment);

	for (size_t i = 0; i < count(object); i++) {
		const struct carried_map *map = &maps[i];
		int fd = load_map(bpf, map->now->map), rc = 0;
		char path[PATH];

		if (map->before && !same_fields(map->now, map->before))
			note(notes, "what was in %s is lost: its key is another now",
			     map->now->name);
		else if (map->fd >= 0 && !map->shared)
			rc = copy(map, fd, i >= object->nsets, &before->object, object, notes);
		if (rc)
			return fail(error, rc, "cannot copy what is in %s: %s", map->now->name,
				    strerror(-rc));
		path_print(path, "%s/gen%u/%s", deployment->dir, slot, map->now->map);
		STEP("pin contents");
		rc = bpf_obj_pin(fd, path);
		if (rc)
			return fail(error, rc, "cannot pin %s: %s", path, strerror(-rc));
	}
	for (size_t i = 0; before && i < count(&before->object); i++)
		if (!find(object, content(&before->object, i)))
			note(notes, "what was in %s is lost: no rule uses it any more",
			     content(&before->object, i)->name);
	return 0;
}

int contents_seed(const struct rpol_object *object, const struct bpf_object *bpf,
		  struct rpol_load_error *error)
{
	for (size_t i = 0; i < object->nimages; i++) {
		const struct rpol_object_image *image = &object->images[i];
		size_t entry = (size_t)image->key_size + image->value_size;
		const struct rpol_object_content *seeded = NULL;
		bool table = false;

		for (size_t j = 0; j < count(object); j++)
			if (!strcmp(content(object, j)->map, image->map)) {
				seeded = content(object, j);
				table = j >= object->nsets;
			}
		for (size_t j = 0; seeded && j < image->count; j++) {
			const uint8_t *key = image->bytes + j * entry;
			int to = load_map(bpf, image->map);
			int rc = bpf_map_update_elem(to, key, key + image->key_size,
						     table ? BPF_NOEXIST : BPF_ANY);

			if (contents_full(rc) && !table && !contents_purge(to))
				rc = bpf_map_update_elem(to, key, key + image->key_size, BPF_ANY);
			if (contents_full(rc))
				return fail(error, -ENOSPC,
					    "%s has no room for what it begins with: it holds %u "
					    "entries; delete some, or give it a larger size",
					    seeded->name, seeded->size);
			if (rc && rc != -EEXIST)
				return fail(error, rc, "cannot add entry %zu of %s: %s", j + 1,
					    seeded->name, strerror(-rc));
		}
	}
	return 0;
}
