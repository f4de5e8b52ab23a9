/* live_load.c: tables in memory: changing many entries at once. Contract in live.h. */
#include "live_table.h"

#include <string.h>

#include "steps.h"

enum { CHUNK = 1 << 16 }; /* entries from one step to the next */

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

/* Sorts out the entries: to the lists all that is to be, and which of them are to be set. */
static int sort_out(const struct live *live, const struct rpol_contents_entry *entries,
		    size_t count, bool replace, struct lists *lists,
		    const struct rpol_contents_entry ***chosen, size_t *nchosen,
		    struct rpol_load_error *error)
{
	int rc = lists_take(lists, live);

	*chosen = malloc((count + 1) * sizeof(**chosen));
	if (!rc && !*chosen)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < count; i++) {
		struct route route;
		uint32_t old;

		if (!live_route(&route, entries[i].key, entries[i].word))
			return fail(error, -EINVAL, "entry %zu is none of %s", i + 1,
				    live->info->name);
		if (!replace && held_find(live->held, entries[i].key, &old))
			continue;
		rc = live_lists_add(lists, &route);
		(*chosen)[(*nchosen)++] = &entries[i];
	}
	return rc ? fail(error, rc, "out of memory") : 0;
}

static int load_lists(struct live *live, const struct lists *lists,
		      const struct rpol_contents_entry *const *chosen, size_t nchosen,
		      struct rpol_load_error *error)
{
	struct rpol_routes4 *four = NULL;
	struct rpol_routes6 *six = NULL;
	size_t all, size = live->info->size;
	int rc = live_make(lists, &four, &six);

	all = rc ? 0 : rpol_routes4_count(four) + rpol_routes6_count(six);
	if (!rc && all <= size)
		rc = held_reserve(live->held, nchosen);
	if (rc)
		fail(error, rc, "out of memory");
	else if (all > size)
		rc = fail_full(live, all - size, error);
	if (!rc)
		rc = live_bring(live, four, six, error);
	/* From here on, nothing fails. */
	for (size_t i = 0; !rc && i < nchosen; i++) {
		if (i % CHUNK == 0)
			STEP("set entries");
		(void)held_set(live->held, chosen[i]->key, chosen[i]->word);
	}
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
	const struct rpol_contents_entry **chosen = NULL;
	struct lists lists = {0};
	size_t nchosen = 0;
	int rc = live_check(live, error);

	if (!rc)
		rc = sort_out(live, entries, count, replace, &lists, &chosen, &nchosen, error);
	if (!rc && nchosen)
		rc = load_lists(live, &lists, chosen, nchosen, error);
	live_lists_free(&lists);
	free(chosen);
	return rc;
}

int live_flush(struct live *live, size_t *removed, struct rpol_load_error *error)
{
	struct rpol_routes4 *four = NULL;
	struct rpol_routes6 *six = NULL;
	int rc = live_check(live, error);

	if (rc)
		return rc;
	rc = live_make(&(struct lists){0}, &four, &six);
	if (rc)
		fail(error, rc, "out of memory");
	if (!rc)
		rc = live_bring(live, four, six, error);
	rpol_routes4_free(rc ? four : live->four);
	rpol_routes6_free(rc ? six : live->six);
	if (rc)
		return rc;
	live->four = four;
	live->six = six;
	*removed = held_count(live->held);
	STEP("clear entries");
	held_clear(live->held);
	return 0;
}
