/* live.c: tables in memory: opening them, and changing one entry. Contract in live.h. */
#include "live_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "steps.h"

enum { ROUTE = 3, SEND = 5 }; /* of verdicts.def */

/* ---- keys and words -----------------------------------------------------------------------------
 */

static uint64_t be_number(const uint8_t *at, int size)
{
	uint64_t number = 0;

	for (int i = 0; i < size; i++)
		number = number << 8 | at[i];
	return number;
}

static uint16_t value_of(uint32_t word)
{
	uint32_t kind = RPOL_WORD_KIND(word), index = RPOL_WORD_INDEX(word);

	if (kind == ROUTE && index & RPOL_WORD_GROUP)
		return (uint16_t)(RPOL_VALUE_GROUP | index);
	if (kind == ROUTE)
		return index < RPOL_VALUE_GROUP - RPOL_VALUE_HOP
			       ? (uint16_t)(RPOL_VALUE_HOP + index)
			       : 0;
	if (kind == SEND)
		return index < RPOL_VALUE_HOP - RPOL_VALUE_SEND
			       ? (uint16_t)(RPOL_VALUE_SEND + index)
			       : 0;
	return kind + 1 < RPOL_VALUE_SEND ? (uint16_t)(kind + 1) : 0;
}

bool live_route(struct route *out, const uint8_t *bytes, uint32_t word)
{
	struct rpol_prefix_key key;
	uint64_t high, low;
	uint32_t length, most;

	memcpy(&key, bytes, sizeof(key));
	out->six = key.family == htonl(6);
	length = key.length - 32;
	most = out->six ? 128 : 32;
	high = be_number(key.addr, 8);
	low = be_number(key.addr + 8, 8);
	if ((!out->six && key.family != htonl(4)) || length > most || !value_of(word) ||
	    (length < 64 && high & ~0ull >> length) ||
	    (length < 128 && low & (length <= 64 ? ~0ull : ~0ull >> (length - 64))))
		return false;
	out->four = (struct rpol_route4){(uint32_t)(high >> 32), value_of(word), (uint8_t)length};
	out->as6 = (struct rpol_route6){high, low, value_of(word), (uint8_t)length};
	return true;
}

static int image_set(struct live *live, const struct route *route)
{
	return route->six ? rpol_routes6_set(live->six, &route->as6)
			  : rpol_routes4_set(live->four, &route->four);
}

static int image_remove(struct live *live, const struct route *route)
{
	return route->six
		       ? rpol_routes6_remove(live->six, &route->as6)
		       : rpol_routes4_remove(live->four, route->four.address, route->four.length);
}

/* ---- lists of routes ----------------------------------------------------------------------------
 */

void live_lists_free(struct lists *lists)
{
	free(lists->four);
	free(lists->six);
}

static void *more(void *items, size_t *room, size_t n, size_t size)
{
	if (n < *room)
		return items;
	*room = n < 512 ? 1024 : 2 * n;
	return realloc(items, *room * size);
}

int live_lists_add(struct lists *lists, const struct route *route)
{
	void *items =
		route->six ? more(lists->six, &lists->room6, lists->nsix, sizeof(*lists->six))
			   : more(lists->four, &lists->room4, lists->nfour, sizeof(*lists->four));

	if (!items)
		return -ENOMEM;
	if (route->six) {
		lists->six = items;
		lists->six[lists->nsix++] = route->as6;
	} else {
		lists->four = items;
		lists->four[lists->nfour++] = route->four;
	}
	return 0;
}

/* What is not an entry of ours is none. */
static int add_entry(void *arg, const uint8_t *key, const union contents_value *value)
{
	struct route route;

	return live_route(&route, key, value->word) ? live_lists_add(arg, &route) : 0;
}

/* ---- what goes wrong ----------------------------------------------------------------------------
 */

/* One change that the image has no room for. */
static int fail_room(const struct live *live, bool six, struct rpol_load_error *error)
{
	struct rpol_room room;

	live_room(live, six, &room);
	return fail(error, -ENOSPC,
		    "the memory of %s is full: %zu IPv%d prefixes take %zu of %zu bytes, and the "
		    "largest piece left has %zu; delete some, or give it a larger size and apply",
		    live->info->name, live_count(live, six), six ? 6 : 4, room.used, room.pool,
		    room.largest);
}

static int fail_change(const struct live *live, int rc, bool six, struct rpol_load_error *error)
{
	return rc == -ENOSPC
		       ? fail_room(live, six, error)
		       : fail(error, rc, "cannot change %s: %s", live->info->name, strerror(-rc));
}

int live_check(const struct live *live, struct rpol_load_error *error)
{
	return live->broken ? fail(error, -EIO,
				   "an earlier change of %s could not be taken back; open it again",
				   live->info->name)
			    : 0;
}

/* ---- images ---------------------------------------------------------------------------------- */

static int wait_for_programs(void *arg)
{
	struct live *live = arg;

	if (live->opening && live->waited)
		return 0;
	live->waited = true;
	return rpol_grace_membarrier(NULL);
}

static bool was_never_written(const struct rpol_memory *memory)
{
	return !*(const uint32_t *)memory->bytes;
}

int live_show(struct live *live, struct rpol_routes4 *four, struct rpol_routes6 *six)
{
	int rc;

	live->opening = true;
	live->waited = false;
	STEP("show IPv4");
	rc = was_never_written(&live->memory[0])
		     ? rpol_routes4_write(four, live->memory[0], &live->grace)
		     : rpol_routes4_open(four, live->memory[0], &live->grace);
	STEP("show IPv6");
	if (!rc)
		rc = was_never_written(&live->memory[1])
			     ? rpol_routes6_write(six, live->memory[1], &live->grace)
			     : rpol_routes6_open(six, live->memory[1], &live->grace);
	live->opening = false;
	return rc;
}

/* Looks whether images of the tables would fit. */
static int check_room(const struct live *live, const struct rpol_routes4 *four,
		      const struct rpol_routes6 *six, struct rpol_load_error *error)
{
	size_t needs[2] = {rpol_routes4_size(four, 0), rpol_routes6_size(six, 0)};

	if (!needs[1])
		return fail(error, -ENOMEM, "out of memory");
	for (int f = 0; f < 2; f++)
		if (needs[f] > live->memory[f].size)
			return fail(error, -ENOSPC,
				    "the IPv%d prefixes of %s would take %zu bytes of memory, and "
				    "a size of %u gives them %zu; give it a larger size and apply",
				    f ? 6 : 4, live->info->name, needs[f], live->info->size,
				    live->memory[f].size);
	return 0;
}

static int fail_show(const struct live *live, int rc, struct rpol_load_error *error)
{
	switch (rc) {
	case -EBADMSG:
		return fail(error, rc,
			    "the memory of %s is damaged; detach the deployment and apply it again",
			    live->info->name);
	case -ENOSPC:
		return fail(error, rc,
			    "the memory of %s is too fragmented for so many changes at once; flush "
			    "it first, or give it a larger size and apply",
			    live->info->name);
	case -ENOSYS:
	case -EINVAL:
		return fail(error, rc,
			    "%s cannot be changed while programs read it: this kernel has no "
			    "membarrier (nohz_full)",
			    live->info->name);
	default:
		return fail(error, rc, "cannot change %s: %s", live->info->name, strerror(-rc));
	}
}

int live_bring(struct live *live, struct rpol_routes4 *four, struct rpol_routes6 *six,
	       struct rpol_load_error *error)
{
	int rc = check_room(live, four, six, error);

	if (rc)
		return rc;
	rc = live_show(live, four, six);
	if (!rc)
		return 0;
	live->broken = live_show(live, live->four, live->six);
	return fail_show(live, rc, error);
}

int live_make(const struct lists *lists, struct rpol_routes4 **four, struct rpol_routes6 **six)
{
	int rc = rpol_routes4_new(four, lists->four, lists->nfour);

	return rc ? rc : rpol_routes6_new(six, lists->six, lists->nsix);
}

/* ---- opening -----------------------------------------------------------------------------------
 */

static int map_memory(struct live *live, int f, int fd, struct rpol_load_error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = live->info->memory[f];
	void *bytes;

	live->mapped[f] = (size + page - 1) / page * page;
	bytes = mmap(NULL, live->mapped[f], PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return fail(error, -errno, "cannot map the memory of %s: %m", live->info->name);
	live->memory[f] = (struct rpol_memory){bytes, size};
	return 0;
}

static int open_images(struct live *live, struct rpol_load_error *error)
{
	struct lists lists = {0};
	int rc = held_open(live->entries, live->info->size, &live->held);

	if (!rc)
		rc = held_reserve(live->held, 0);
	if (!rc)
		rc = held_each(live->held, add_entry, &lists);
	if (!rc)
		rc = live_make(&lists, &live->four, &live->six);
	live_lists_free(&lists);
	if (rc)
		return fail(error, rc, "cannot read %s: %s", live->info->name, strerror(-rc));
	rc = check_room(live, live->four, live->six, error);
	if (!rc && (rc = live_show(live, live->four, live->six)))
		fail_show(live, rc, error);
	return rc;
}

int live_open(const struct rpol_object_content *info, const struct live_maps *maps,
	      struct live **out, struct rpol_load_error *error)
{
	struct live *live = calloc(1, sizeof(*live));
	int rc = 0;

	if (!live)
		return fail(error, -ENOMEM, "out of memory");
	live->info = info;
	live->entries = maps->entries;
	live->grace = (struct rpol_grace){wait_for_programs, live};
	for (int f = 0; !rc && f < 2; f++)
		rc = map_memory(live, f, maps->memory[f], error);
	if (!rc)
		rc = open_images(live, error);
	if (rc)
		live_close(live);
	else
		*out = live;
	return rc;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	rpol_routes4_free(live->four);
	rpol_routes6_free(live->six);
	held_close(live->held);
	for (int f = 0; f < 2; f++)
		if (live->memory[f].bytes)
			munmap(live->memory[f].bytes, live->mapped[f]);
	free(live);
}

size_t live_count(const struct live *live, int family)
{
	return family ? rpol_routes6_count(live->six) : rpol_routes4_count(live->four);
}

void live_room(const struct live *live, int family, struct rpol_room *room)
{
	if (family)
		rpol_routes6_room(live->six, room);
	else
		rpol_routes4_room(live->four, room);
}

/* ---- one entry ---------------------------------------------------------------------------------
 */

int live_set(struct live *live, const uint8_t *key, uint32_t word, struct rpol_load_error *error)
{
	struct route route;
	uint32_t old = 0;
	bool had;
	int rc = live_check(live, error);

	if (rc)
		return rc;
	if (!live_route(&route, key, word))
		return fail(error, -EINVAL, "not an entry of %s", live->info->name);
	had = held_find(live->held, key, &old);
	STEP("set an entry");
	rc = held_set(live->held, key, word);
	if (rc == -E2BIG)
		return fail(error, -ENOSPC,
			    "%s is full: it holds %u entries; delete some, or give it a larger "
			    "size and apply",
			    live->info->name, live->info->size);
	if (rc)
		return fail(error, rc, "out of memory");
	STEP("set an entry in memory");
	rc = image_set(live, &route);
	if (!rc)
		return 0;
	if (had)
		(void)held_set(live->held, key, old);
	else
		held_delete(live->held, key);
	return fail_change(live, rc, route.six, error);
}

int live_delete(struct live *live, const uint8_t *key, struct rpol_load_error *error)
{
	struct route route;
	uint32_t old;
	int rc = live_check(live, error);

	if (rc)
		return rc;
	if (!live_route(&route, key, 0) || !held_find(live->held, key, &old))
		return -ENOENT;
	STEP("delete an entry");
	held_delete(live->held, key);
	STEP("delete an entry in memory");
	rc = image_remove(live, &route);
	if (!rc)
		return 0;
	(void)held_set(live->held, key, old);
	return fail_change(live, rc, route.six, error);
}
