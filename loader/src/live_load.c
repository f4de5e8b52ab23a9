/* live_load.c: tables in memory: changing many entries at once. Contract in live.h. */
#include "live_table.h"

#include <bpf/bpf.h>
#include <string.h>

#include "contents.h"
#include "steps.h"

enum { CHUNK = 1 << 16 }; /* entries that go to the map at once */

/* Those that the table has. */
static int lists_take(struct lists *lists, const struct live *live)
{
	lists->nfour = rpol_routes4_count(live->four);
	lists->nsix = rpol_routes6_count(live->six);
	lists->room4 = lists->nfour + 1;
	lists->room6 = lists->nsix + 1;
	lists->four = malloc(lists->room4 * sizeof(*lists->four));
	lists->six = malloc(lists->room6 * sizeof(*lists->six));
	if (!lists->four || !lists->six)
		return -ENOMEM;
	rpol_routes4_list(live->four, lists->four);
	rpol_routes6_list(live->six, lists->six);
	return 0;
}

static int fail_full(const struct live *live, size_t excess, struct rpol_load_error *error)
{
	return fail(error, -ENOSPC,
		    "%s has no room for %zu of these entries: it holds %u; delete some, or give it "
		    "a larger size and apply",
		    live->info->name, excess, live->info->size);
}

/* Keys and words for the map, in a row. */
struct packed {
	uint8_t *keys;
	uint32_t *words;
	size_t count, key_size;
};

static int packed_new(struct packed *packed, const struct live *live, size_t room)
{
	packed->key_size = live->info->key_size;
	packed->keys = malloc((room + 1) * packed->key_size);
	packed->words = malloc((room + 1) * sizeof(*packed->words));
	return packed->keys && packed->words ? 0 : -ENOMEM;
}

static void packed_free(struct packed *packed)
{
	free(packed->keys);
	free(packed->words);
}

static void packed_add(struct packed *packed, const uint8_t *key, uint32_t word)
{
	memcpy(packed->keys + packed->count * packed->key_size, key, packed->key_size);
	packed->words[packed->count++] = word;
}

/* Puts them into the map, from *done on. */
static int write_entries(const struct live *live, const struct packed *packed, size_t *done)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int rc = 0;

	while (!rc && *done < packed->count) {
		size_t left = packed->count - *done;
		uint32_t n = left < CHUNK ? (uint32_t)left : CHUNK;

		STEP("set entries");
		rc = bpf_map_update_batch(live->entries, packed->keys + *done * packed->key_size,
					  packed->words + *done, &n, &options);
		*done += n;
	}
	return rc;
}

static int write_or_restore(struct live *live, const struct packed *packed,
			    struct rpol_load_error *error)
{
	size_t done = 0;
	int rc = write_entries(live, packed, &done);

	if (!rc)
		return 0;
	for (size_t i = 0; i < packed->count; i++) {
		const uint8_t *key = packed->keys + i * packed->key_size;
		struct route route;

		if (live_route(&route, key, packed->words[i]))
			live_restore(live, key, live_find(live, &route));
	}
	live->broken = live_show(live, live->four, live->six);
	return fail(error, rc, "cannot add to %s: %s", live->info->name, strerror(-rc));
}

/* Sorts out the entries: to the lists all that is to be, to packed what the map gets. */
static int sort_out(const struct live *live, const struct rpol_contents_entry *entries,
		    size_t count, bool replace, struct lists *lists, struct packed *packed,
		    struct rpol_load_error *error)
{
	int rc = lists_take(lists, live);

	if (!rc)
		rc = packed_new(packed, live, count);
	for (size_t i = 0; !rc && i < count; i++) {
		struct route route;

		if (!live_route(&route, entries[i].key, entries[i].word))
			return fail(error, -EINVAL, "entry %zu is none of %s", i + 1,
				    live->info->name);
		if (!replace && live_find(live, &route))
			continue;
		rc = live_lists_add(lists, &route);
		packed_add(packed, entries[i].key, entries[i].word);
	}
	return rc ? fail(error, rc, "out of memory") : 0;
}

static int load_lists(struct live *live, const struct lists *lists, const struct packed *packed,
		      struct rpol_load_error *error)
{
	struct rpol_routes4 *four = NULL;
	struct rpol_routes6 *six = NULL;
	size_t all, size = live->info->size;
	int rc = live_make(lists, &four, &six);

	if (rc)
		fail(error, rc, "out of memory");
	all = rc ? 0 : rpol_routes4_count(four) + rpol_routes6_count(six);
	if (all > size)
		rc = fail_full(live, all - size, error);
	if (!rc)
		rc = live_bring(live, four, six, error);
	if (!rc)
		rc = write_or_restore(live, packed, error);
	rpol_routes4_free(rc ? four : live->four);
	rpol_routes6_free(rc ? six : live->six);
	if (!rc) {
		live->four = four;
		live->six = six;
	}
	return rc;
}

int live_load(struct live *live, const struct rpol_contents_entry *entries, size_t count,
	      bool replace, struct rpol_load_error *error)
{
	struct lists lists = {0};
	struct packed packed = {0};
	int rc = live_check(live, error);

	if (!rc)
		rc = sort_out(live, entries, count, replace, &lists, &packed, error);
	if (!rc && packed.count)
		rc = load_lists(live, &lists, &packed, error);
	live_lists_free(&lists);
	packed_free(&packed);
	return rc;
}

/* The keys of all that the map has. */
static int add_key(void *arg, const uint8_t *key, const union contents_value *value)
{
	packed_add(arg, key, value->word);
	return 0;
}

static int delete_entries(const struct live *live, const struct packed *packed)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int rc = 0;

	for (size_t done = 0; !rc && done < packed->count;) {
		size_t left = packed->count - done;
		uint32_t n = left < CHUNK ? (uint32_t)left : CHUNK;

		STEP("delete entries");
		rc = bpf_map_delete_batch(live->entries, packed->keys + done * packed->key_size, &n,
					  &options);
		done += n;
	}
	return rc;
}

int live_flush(struct live *live, size_t *removed, struct rpol_load_error *error)
{
	struct rpol_routes4 *four = NULL;
	struct rpol_routes6 *six = NULL;
	struct packed packed = {0};
	int rc = live_check(live, error);

	if (rc)
		return rc;
	rc = packed_new(&packed, live, live->info->size);
	if (!rc)
		rc = contents_read(live->entries, packed.key_size, sizeof(uint32_t), add_key,
				   &packed);
	if (!rc)
		rc = live_make(&(struct lists){0}, &four, &six);
	/* The map first: what is left of it when this is killed, the image has too. */
	if (!rc)
		rc = delete_entries(live, &packed);
	if (!rc)
		rc = live_show(live, four, six);
	if (rc) {
		fail(error, rc, "cannot flush %s: %s", live->info->name, strerror(-rc));
		rpol_routes4_free(four);
		rpol_routes6_free(six);
		live->broken = true;
	} else {
		*removed = packed.count;
		rpol_routes4_free(live->four);
		rpol_routes6_free(live->six);
		live->four = four;
		live->six = six;
	}
	packed_free(&packed);
	return rc;
}
