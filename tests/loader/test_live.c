/* test_live.c: lpm tables in memory that changes: what programs read is what the table holds, after
 * every change, every refusal, every kill, and from one generation to the next. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "generate.h"
#include "live_check.h"
#include "objects.h"
#include "rpol/contents.h"
#include "steps.h"
#include "world.h"

#define IFACES "interface lan = eth1; interface wan = eth2;\n"
#define HOPS "nexthop a { via 203.0.113.1 dev wan; } nexthop b { via 203.0.113.2 dev wan; }\n"
#define TABLE(size, begins) "dynamic table t : lpm dst { size " size "; " begins " }\n"
#define POLICY "policy p on lan at xdp { default pass; a: any => lookup t; }\n"

static struct rpol_object *small, *usual, *again, *larger, *renumbered, *seeded, *overseeded, *many,
	*million;

static const struct {
	struct rpol_object **object;
	const char *text;
} objects[] = {
	{&small, IFACES HOPS TABLE("64", "") POLICY},
	{&usual, IFACES HOPS TABLE("300", "") POLICY},
	{&again, IFACES HOPS TABLE("300", "") "policy p on lan at xdp { default pass; "
					      "x: ttl < 2 => drop; a: any => lookup t; }\n"},
	{&larger, IFACES HOPS TABLE("1000", "") POLICY},
	{&renumbered, "nexthop z { via 203.0.113.9 dev wan; }\n" IFACES HOPS TABLE(
			      "300", "") "policy p on lan at xdp { default pass; "
					 "a: any => lookup t; z: ttl < 2 => route z; }\n"},
	{&seeded, IFACES HOPS TABLE("300", "10.0.0.0/8 => drop; 2001:db8::/32 => route a;") POLICY},
	{&overseeded, IFACES HOPS TABLE("300", "172.16.0.0/12 => drop;") POLICY},
	{&many, IFACES HOPS TABLE("60k", "") POLICY},
	{&million, IFACES HOPS TABLE("1M", "") POLICY},
};

enum { NOBJECTS = sizeof(objects) / sizeof(*objects) };

static struct random dice = {1};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < NOBJECTS; i++)
		*objects[i].object = object_make("d", objects[i].text);
	return world_enter() ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < NOBJECTS; i++)
		rpol_object_free(*objects[i].object);
	return 0;
}

/* ---- doing things -------------------------------------------------------------------------------
 */

static void detach(void)
{
	assert_int_equal(rpol_loader_detach(world_bpffs, "d", NULL), 0);
	assert_true(world_is_clean());
}

static uint32_t word_of(struct rpol_contents *table, const char *verdict)
{
	uint32_t word;

	assert_int_equal(rpol_contents_word(table, verdict, &word, NULL), 0);
	return word;
}

/* The entry of a prefix as text, "10.0.0.0/8". */
static struct rpol_contents_entry entry_of(const char *text, uint32_t word)
{
	struct rpol_prefix_key key = {0};
	struct rpol_contents_entry entry = {.word = word};
	char address[64];
	unsigned length;
	bool six = strchr(text, ':');

	assert_int_equal(sscanf(text, "%63[^/]/%u", address, &length), 2);
	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, address, key.addr), 1);
	key.length = 32 + length;
	key.family = htonl(six ? 6 : 4);
	memcpy(entry.key, &key, sizeof(key));
	return entry;
}

static struct rpol_contents_entry host(uint32_t address, uint32_t word)
{
	struct rpol_prefix_key key = {.length = 64, .family = htonl(4)};
	struct rpol_contents_entry entry = {.word = word};

	address = htonl(address);
	memcpy(key.addr, &address, 4);
	memcpy(entry.key, &key, sizeof(key));
	return entry;
}

static void set(const char *prefix, const char *verdict)
{
	struct rpol_contents *table = world_contents("t");
	struct rpol_contents_entry entry = entry_of(prefix, word_of(table, verdict));

	assert_int_equal(rpol_contents_add(table, entry.key, 0, entry.word, NULL), 0);
	rpol_contents_close(table);
}

static int delete(const char *prefix)
{
	struct rpol_contents *table = world_contents("t");
	struct rpol_contents_entry entry = entry_of(prefix, 0);
	int rc = rpol_contents_delete(table, entry.key, NULL);

	rpol_contents_close(table);
	return rc;
}

/* ---- changes ----------------------------------------------------------------------------------
 */

static void shows_every_change(void **state)
{
	(void)state;
	assert_int_equal(world_apply(usual, NULL), 0);
	assert_int_equal(check_live(), 0);
	set("0.0.0.0/0", "drop");
	assert_int_equal(check_live(), 1);
	set("198.51.100.0/24", "route a");
	set("198.51.100.128/25", "send wan");
	set("2001:db8::/32", "route b");
	set("2001:db8::1/128", "pass");
	set("::/0", "drop");
	assert_int_equal(check_live(), 6);
	set("198.51.100.0/24", "route b");
	assert_int_equal(check_live(), 6);
	assert_int_equal(delete ("198.51.100.0/24"), 0);
	assert_int_equal(delete ("198.51.100.0/24"), -ENOENT);
	assert_int_equal(delete ("2001:db8::/32"), 0);
	assert_int_equal(check_live(), 4);
	detach();
}

/* A packet to 10.0.0.2, as a program sees it. */
static void programs_find_it(void **state)
{
	struct rpol_status *before = NULL, *after = NULL;

	(void)state;
	assert_int_equal(world_apply(usual, NULL), 0);
	world_send("p1", 7, 5);
	set("10.0.0.0/8", "pass");
	set("10.0.0.2/32", "drop");
	assert_int_equal(rpol_loader_status(world_bpffs, "d", &before, NULL), 0);
	world_send("p1", 7, 5);
	usleep(100000);
	assert_int_equal(rpol_loader_status(world_bpffs, "d", &after, NULL), 0);
	assert_int_equal(after->programs[0].rules[0].packets - before->programs[0].rules[0].packets,
			 5);
	rpol_status_free(before);
	rpol_status_free(after);
	detach();
}

static void keeps_the_maps_where_nothing_differs(void **state)
{
	static const char *const names[] = {"table_t", "table4_t", "table6_t"};
	uint32_t ids[3];

	(void)state;
	assert_int_equal(world_apply(usual, NULL), 0);
	set("10.0.0.0/8", "drop");
	for (int i = 0; i < 3; i++)
		ids[i] = check_map_id(names[i]);
	assert_int_equal(world_apply(again, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(check_map_id(names[i]), ids[i]);
	assert_int_equal(check_live(), 1);
	detach();
}

/* Also from the kernel's trie, which small tables are, to memory and back. */
static void moves_to_another_size(void **state)
{
	(void)state;
	assert_int_equal(world_apply(small, NULL), 0);
	set("10.0.0.0/8", "drop");
	set("2001:db8::/32", "route b");
	assert_int_equal(world_apply(usual, NULL), 0);
	assert_int_equal(check_live(), 2);
	set("10.1.0.0/16", "route a");
	assert_int_equal(world_apply(larger, NULL), 0);
	assert_int_equal(check_live(), 3);
	set("10.2.0.0/16", "route a");
	assert_int_equal(world_apply(usual, NULL), 0);
	assert_int_equal(check_live(), 4);
	assert_int_equal(world_apply(small, NULL), 0);
	set("10.3.0.0/16", "route a");
	assert_int_equal(world_apply(larger, NULL), 0);
	assert_int_equal(check_live(), 5);
	detach();
}

static int count(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	char buf[64];

	(void)key, (void)seconds;
	assert_string_equal(rpol_contents_word_text(arg, word, buf, sizeof(buf)), "route b");
	return 0;
}

static void renumbers_what_verdicts_name(void **state)
{
	struct rpol_contents *table;

	(void)state;
	assert_int_equal(world_apply(usual, NULL), 0);
	set("10.0.0.0/8", "route b");
	assert_int_equal(world_apply(renumbered, NULL), 0);
	table = world_contents("t");
	assert_int_equal(rpol_contents_each(table, count, table, NULL), 0);
	rpol_contents_close(table);
	assert_int_equal(check_live(), 1);
	detach();
}

static void seeds_without_replacing(void **state)
{
	struct rpol_contents_entry entries[300];
	struct rpol_contents *table;

	(void)state;
	assert_int_equal(world_apply(seeded, NULL), 0);
	assert_int_equal(check_live(), 2);
	set("10.0.0.0/8", "route b");
	assert_int_equal(delete ("2001:db8::/32"), 0);
	assert_int_equal(world_apply(usual, NULL), 0);
	assert_int_equal(check_live(), 1);
	assert_int_equal(world_apply(seeded, NULL), 0);
	assert_int_equal(check_live(), 2);
	assert_int_equal(delete ("2001:db8::/32"), 0);
	table = world_contents("t");
	assert_int_equal(rpol_contents_each(table, count, table, NULL), 0);
	for (uint32_t i = 0; i < 299; i++)
		entries[i] = host(0x0a000000 + i, word_of(table, "route b"));
	assert_int_equal(rpol_contents_load(table, entries, 299, 0, NULL), 0);
	rpol_contents_close(table);
	assert_int_equal(check_live(), 300);
	assert_int_equal(
		world_apply(overseeded, "t has no room for 1 of these entries: it holds 300"),
		-ENOSPC);
	assert_int_equal(check_live(), 300);
	detach();
}

/* ---- many at once, and too many -----------------------------------------------------------------
 */

static struct rpol_contents_entry *hosts(size_t n, uint32_t word)
{
	struct rpol_contents_entry *entries = calloc(n, sizeof(*entries));

	assert_non_null(entries);
	for (size_t i = 0; i < n; i++)
		entries[i] = host((uint32_t)random_next(&dice), word);
	return entries;
}

/* Loads; says: what the refusal has to say, NULL: there is none. */
static void load(const struct rpol_contents_entry *entries, size_t n, const char *says)
{
	struct rpol_contents *table = world_contents("t");
	struct rpol_load_error error = {0};
	int rc = rpol_contents_load(table, entries, n, 0, &error);

	if (!rc != !says || (says && !strstr(error.message, says)))
		fail_msg("%d: `%s` does not say `%s`", rc, error.message, says ? says : "nothing");
	rpol_load_error_clear(&error);
	rpol_contents_close(table);
}

static void loads_all_or_nothing(void **state)
{
	enum { N = 60000 };
	struct rpol_contents_entry *entries = hosts(N, 0), *few = hosts(301, 0), wrong[2];

	(void)state;
	assert_int_equal(world_apply(usual, NULL), 0);
	set("10.0.0.0/8", "route a");
	load(few, 300, "t has no room for 1 of these entries: it holds 300");
	assert_int_equal(check_live(), 1);
	load(few, 299, NULL);
	assert_int_equal(check_live(), 300);
	few[299] = few[298];
	load(few, 300, NULL);
	assert_int_equal(check_live(), 300);
	wrong[0] = host(7, 0);
	wrong[1] = entry_of("10.0.0.1/8", 0);
	load(wrong, 2, "entry 2 is none of t");
	assert_int_equal(check_live(), 300);
	detach();

	assert_int_equal(world_apply(many, NULL), 0);
	load(few, 300, NULL);
	load(entries, N, "give it a larger size and apply");
	assert_int_equal(check_live(), 299);
	load(entries, 20000, NULL);
	assert_int_equal(check_live(), 20299);
	/* The same with another verdict, so that all of memory changes. */
	for (size_t i = 0; i < 20000; i++)
		entries[i].word = RPOL_VERDICT_WORD(3, i % 2);
	load(entries, 20000, NULL);
	assert_int_equal(check_live(), 20299);
	detach();
	free(entries);
	free(few);
}

/* Until memory is full; what is refused changes nothing, and what is left goes on. */
static void is_full_and_goes_on(void **state)
{
	enum { N = 60000 };
	struct rpol_contents_entry *entries = hosts(N, 0);
	struct rpol_contents_fill fill;
	struct rpol_load_error error = {0};
	struct rpol_contents *table;
	size_t n = 0, removed = 0;
	int rc = 0;

	(void)state;
	assert_int_equal(world_apply(many, NULL), 0);
	table = world_contents("t");
	while (n < N && !(rc = rpol_contents_add(table, entries[n].key, 0, 0, &error)))
		n++;
	assert_int_equal(rc, -ENOSPC);
	assert_non_null(strstr(error.message, "the memory of t is full"));
	rpol_load_error_clear(&error);
	assert_int_equal(rpol_contents_fill(table, &fill, NULL), 0);
	assert_int_equal(fill.entries, n);
	assert_int_equal(fill.prefixes[0], n);
	assert_true(fill.room[0].used > fill.room[0].pool / 2);
	assert_int_equal(fill.prefixes[1], 0);
	rpol_contents_close(table);
	assert_int_equal(check_live(), n);
	table = world_contents("t");
	for (size_t i = 0; i < n / 2; i++)
		assert_int_equal(rpol_contents_delete(table, entries[i].key, NULL), 0);
	assert_int_equal(rpol_contents_add(table, entries[n].key, 0, 0, NULL), 0);
	rpol_contents_close(table);
	assert_int_equal(check_live(), n - n / 2 + 1);
	table = world_contents("t");
	assert_int_equal(rpol_contents_flush(table, &removed, NULL), 0);
	assert_int_equal(removed, n - n / 2 + 1);
	rpol_contents_close(table);
	assert_int_equal(check_live(), 0);
	detach();
	free(entries);
}

/* ---- kills --------------------------------------------------------------------------------------
 */

static int countdown;

static void kill_at(const char *what)
{
	(void)what;
	if (!--countdown)
		raise(SIGKILL);
}

enum work { ADD, REPLACE, DELETE, LOAD, FLUSH, WORKS };

static void do_work(enum work work)
{
	static const char *const prefixes[] = {"10.9.0.0/17", "10.1.0.0/16", "10.1.0.0/16"};
	struct rpol_contents_entry entries[] = {
		entry_of("10.1.0.0/16", RPOL_VERDICT_WORD(1, 0)),
		entry_of("10.77.0.0/20", RPOL_VERDICT_WORD(1, 0)),
		entry_of("2001:db8:1::/48", RPOL_VERDICT_WORD(1, 0)),
	};
	struct rpol_contents *table = world_contents("t");
	size_t removed;

	if (work == ADD || work == REPLACE)
		rpol_contents_add(table, entry_of(prefixes[work], 0).key, 0,
				  RPOL_VERDICT_WORD(3, 1), NULL);
	else if (work == DELETE)
		rpol_contents_delete(table, entry_of(prefixes[work], 0).key, NULL);
	else if (work == LOAD)
		rpol_contents_load(table, entries, 3, 0, NULL);
	else
		rpol_contents_flush(table, &removed, NULL);
	rpol_contents_close(table);
}

/* Does the work in a child, killed at its n-th step; false when it came to its end. */
static bool killed_at(int n, enum work work)
{
	int status;
	pid_t child = fork();

	if (!child) {
		countdown = n;
		rpol_loader_step = kill_at;
		do_work(work);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

/* Killed at any step, the next change, or an apply, puts right what programs read. */
static void mends_what_a_kill_left(void **state)
{
	static const size_t before[WORKS] = {4, 4, 4, 4, 4}, after[WORKS] = {5, 4, 3, 6, 0};

	(void)state;
	for (int work = 0; work < WORKS; work++)
		for (int n = 1, more = 1; more; n++) {
			size_t held;

			assert_int_equal(world_apply(usual, NULL), 0);
			set("10.0.0.0/8", "drop");
			set("10.1.0.0/16", "pass");
			set("2001:db8::/32", "route b");
			set("10.1.128.0/17", "route a");
			assert_int_equal(check_live(), before[work]);
			more = killed_at(n, (enum work)work);
			if (n % 2)
				set("10.0.0.0/8", "drop");
			else
				assert_int_equal(world_apply(again, NULL), 0);
			held = check_live();
			if (work == FLUSH && n % 2)
				held -= held == 1;
			assert_true(held == before[work] || held == after[work]);
			if (!more)
				assert_int_equal(held, after[work]);
			detach();
		}
}

/* And at any moment. */
static void mends_what_any_kill_left(void **state)
{
	enum { N = 20000, ROUNDS = 12 };
	struct rpol_contents_entry *entries = hosts(N, 0);

	(void)state;
	assert_int_equal(world_apply(many, NULL), 0);
	for (int round = 0; round < ROUNDS; round++) {
		int status;
		pid_t child = fork();

		if (!child) {
			struct rpol_contents *table = world_contents("t");
			size_t removed;

			for (uint32_t i = 0;; i++) {
				for (size_t k = 0; k < N; k++)
					entries[k].word = RPOL_VERDICT_WORD(3, i & 1);
				rpol_contents_load(table, entries, N, 0, NULL);
				for (size_t k = 0; k < N; k += 2)
					rpol_contents_delete(table, entries[k].key, NULL);
				rpol_contents_flush(table, &removed, NULL);
			}
		}
		usleep(40000 + (useconds_t)random_below(&dice, 150000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		set("10.0.0.0/8", "drop");
		check_live();
	}
	detach();
	free(entries);
}

/* ---- a million --------------------------------------------------------------------------------
 */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A full table, loaded and loaded again with other next hops. */
static void loads_a_million(void **state)
{
	enum { N = 1000000 };
	struct route *routes = generate_routes(4, N, 4000, 1);
	struct rpol_contents_entry *entries = calloc(N, sizeof(*entries));

	(void)state;
	assert_non_null(entries);
	for (size_t i = 0; i < N; i++) {
		struct rpol_prefix_key key = {.length = 32u + routes[i].prefix.length,
					      .family = htonl(4)};
		uint32_t address = htonl(routes[i].prefix.address.w[0]);

		memcpy(key.addr, &address, 4);
		memcpy(entries[i].key, &key, sizeof(key));
		entries[i].word = RPOL_VERDICT_WORD(3, routes[i].hop);
	}
	assert_int_equal(world_apply(million, NULL), 0);
	for (int round = 0; round < 2; round++) {
		double start = seconds();

		load(entries, N, NULL);
		printf("           a million routes in %.2f s\n", seconds() - start);
		assert_int_equal(check_live(), N);
		for (size_t i = 0; i < N; i++)
			entries[i].word = RPOL_VERDICT_WORD(3, routes[i].hop % 7);
	}
	detach();
	free(entries);
	free(routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_every_change),
		cmocka_unit_test(programs_find_it),
		cmocka_unit_test(keeps_the_maps_where_nothing_differs),
		cmocka_unit_test(moves_to_another_size),
		cmocka_unit_test(renumbers_what_verdicts_name),
		cmocka_unit_test(seeds_without_replacing),
		cmocka_unit_test(loads_all_or_nothing),
		cmocka_unit_test(is_full_and_goes_on),
		cmocka_unit_test(mends_what_a_kill_left),
		cmocka_unit_test(mends_what_any_kill_left),
		cmocka_unit_test(loads_a_million),
	};

	if (geteuid())
		return test_unprivileged("deploying needs root");
	return cmocka_run_group_tests(tests, setup, teardown);
}
