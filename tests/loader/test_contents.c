/* test_contents.c: what dynamic sets and tables hold: kept from one generation to the next where
 * name, key and size are the same, copied where only the size or the numbers of what they name
 * differ, and said to be lost otherwise. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/contents.h"
#include "world.h"

#define IFACES "interface lan = eth1; interface wan = eth2;\n"
#define HOPS "nexthop a { via 203.0.113.1 dev wan; } nexthop b { via 203.0.113.2 dev wan; }\n"
#define SET(type, size) "dynamic set s : " type " { size " size "; timeout 10m; }\n"
#define POLICY(tests) "policy p on lan at xdp { default pass; " tests " }\n"

static struct rpol_object *addresses, *again, *larger, *smaller, *prefixes, *without, *pinned,
	*renumbered, *fewer, *met, *met_renumbered, *met_fewer, *seeded, *full;

static const struct {
	struct rpol_object **object;
	const char *text;
} objects[] = {
	{&addresses, IFACES SET("addr", "4") POLICY("a: src in s => drop;")},
	{&again, IFACES SET("addr", "4") POLICY("b: ttl < 2 or src in s => drop;")},
	{&larger, IFACES SET("addr", "8") POLICY("a: src in s => drop;")},
	{&smaller, IFACES SET("addr", "2") POLICY("a: src in s => drop;")},
	{&prefixes, IFACES SET("prefix", "4") POLICY("a: src in s => drop;")},
	{&without, IFACES POLICY("a: ttl < 2 => drop;")},
	{&pinned,
	 IFACES HOPS "dynamic table t : lpm dst { size 8; }\n" POLICY("a: any => lookup t;")},
	{&renumbered,
	 IFACES "nexthop z { via 203.0.113.9 dev wan; }\n" HOPS
		"dynamic table t : lpm dst { size 8; }\n" POLICY("a: any => lookup t; "
								 "z: ttl < 2 => route z;")},
	{&fewer, IFACES "nexthop b { via 203.0.113.2 dev wan; }\n"
			"dynamic table t : lpm dst { size 8; }\n" POLICY("a: any => lookup t;")},
	{&met, IFACES "dynamic set s : (iface, src) { size 4; }\n" POLICY("a: (iface, src) in s => "
									  "drop;")},
	{&met_renumbered,
	 "interface more = p1; interface wan = eth2; interface lan = eth1;\n"
	 "dynamic set s : (iface, src) { size 4; }\n" POLICY("a: (iface, src) in s => drop;")},
	{&met_fewer,
	 "interface lan = eth1;\n"
	 "dynamic set s : (iface, src) { size 4; }\n" POLICY("a: (iface, src) in s => drop;")},
	{&seeded,
	 IFACES "dynamic table t : exact dport { size 2; 80 => drop; 443 => pass; }\n" POLICY(
		 "a: any => lookup t;")},
	{&full, IFACES
	 "dynamic table t : exact dport { size 2; 22 => drop; }\n" POLICY("a: any => lookup t;")},
};

enum { NOBJECTS = sizeof(objects) / sizeof(*objects) };

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

static const uint8_t *address(unsigned last)
{
	static uint8_t key[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2};

	key[15] = (uint8_t)last;
	return key;
}

/* What the set or table holds, as text: keys in hexadecimal, sorted as they come, and words. */
struct shown {
	char text[256];
	size_t count;
	struct rpol_contents *contents;
};

static int show(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	struct shown *shown = arg;
	char buf[64];

	(void)key;
	(void)seconds;
	if (rpol_contents_info(shown->contents)->name[0] == 't')
		snprintf(shown->text + strlen(shown->text),
			 sizeof(shown->text) - strlen(shown->text), "%s;",
			 rpol_contents_word_text(shown->contents, word, buf, sizeof(buf)));
	else
		snprintf(shown->text + strlen(shown->text),
			 sizeof(shown->text) - strlen(shown->text), "%u;", key[3]);
	shown->count++;
	return 0;
}

static struct shown contents_of(const char *name)
{
	struct shown shown = {.contents = world_contents(name)};

	assert_int_equal(rpol_contents_each(shown.contents, show, &shown, NULL), 0);
	rpol_contents_close(shown.contents);
	return shown;
}

/* Adds addresses 1..n, for so many seconds. 0 or the first error. */
static int ban(unsigned n, uint64_t seconds)
{
	struct rpol_contents *contents = world_contents("s");
	struct rpol_load_error error = {0};
	int rc = 0;

	for (unsigned i = 1; !rc && i <= n; i++)
		rc = rpol_contents_add(contents, address(i), seconds, 0, &error);
	assert_int_equal(rc != 0, error.message != NULL);
	rpol_load_error_clear(&error);
	rpol_contents_close(contents);
	return rc;
}

static void detach(void)
{
	assert_int_equal(rpol_loader_detach(world_bpffs, "d", NULL), 0);
	assert_true(world_is_clean());
}

static uint32_t map_id(const char *name)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	char path[256];
	int fd = -1;

	for (int slot = 0; fd < 0 && slot < 2; slot++) {
		snprintf(path, sizeof(path), "%s/rpol/d/gen%d/%s", world_bpffs, slot, name);
		fd = bpf_obj_get(path);
	}
	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	close(fd);
	return info.id;
}

static void keeps_the_map_where_nothing_differs(void **state)
{
	(void)state;
	assert_int_equal(world_apply(addresses, NULL), 0);
	assert_int_equal(ban(3, 0), 0);
	uint32_t id = map_id("set_s");
	assert_int_equal(world_apply(again, NULL), 0);
	assert_int_equal(map_id("set_s"), id);
	assert_int_equal(contents_of("s").count, 3);
	detach();
}

static void copies_to_another_size(void **state)
{
	(void)state;
	assert_int_equal(world_apply(addresses, NULL), 0);
	assert_int_equal(ban(4, 60), 0);
	assert_int_equal(world_apply(larger, NULL), 0);
	assert_int_equal(contents_of("s").count, 4);
	assert_int_equal(world_apply(smaller, "2 entries of s are lost: it holds 2 now"), 0);
	assert_int_equal(contents_of("s").count, 2);
	detach();
}

static void loses_another_type_and_says_so(void **state)
{
	(void)state;
	assert_int_equal(world_apply(addresses, NULL), 0);
	assert_int_equal(ban(2, 0), 0);
	assert_int_equal(world_apply(prefixes, "what was in s is lost: its key is another now"), 0);
	assert_int_equal(contents_of("s").count, 0);
	assert_int_equal(world_apply(without, "what was in s is lost: no rule uses it any more"),
			 0);
	assert_int_equal(rpol_contents_open(world_bpffs, "d", "s", false,
					    &(struct rpol_contents *){0}, NULL),
			 -ENOENT);
	detach();
}

static void add_route(struct rpol_contents *table, uint8_t last, const char *verdict)
{
	struct rpol_prefix_key key = {
		.length = 64, .family = htonl(4), .addr = {198, 51, 100, last}};
	uint32_t word;

	assert_int_equal(rpol_contents_word(table, verdict, &word, NULL), 0);
	assert_int_equal(rpol_contents_add(table, (uint8_t *)&key, 0, word, NULL), 0);
}

/* Verdicts mean next hops by their names, whatever their numbers. */
static void renumbers_what_verdicts_name(void **state)
{
	struct rpol_contents *table;

	(void)state;
	assert_int_equal(world_apply(pinned, NULL), 0);
	table = world_contents("t");
	add_route(table, 1, "route a");
	add_route(table, 2, "route b");
	add_route(table, 3, "send wan");
	rpol_contents_close(table);
	assert_string_equal(contents_of("t").text, "route a;route b;send wan;");
	assert_int_equal(world_apply(renumbered, NULL), 0);
	assert_string_equal(contents_of("t").text, "route a;route b;send wan;");
	assert_int_equal(
		world_apply(fewer,
			    "1 entries of t are lost: the policy has no more what they name"),
		0);
	assert_string_equal(contents_of("t").text, "route b;send wan;");
	detach();
}

static void refuses_verdicts(void **state)
{
	static const struct {
		const char *verdict, *says;
	} cases[] = {
		{"dorp", "no verdict"},
		{"route", "needs a name"},
		{"route c", "no next hop or group `c`"},
		{"send away", "no interface `away`"},
		{"drop it", "nothing comes after `drop`"},
	};
	struct rpol_contents *table;
	uint32_t word;

	(void)state;
	assert_int_equal(world_apply(pinned, NULL), 0);
	table = world_contents("t");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_load_error error = {0};

		assert_int_equal(rpol_contents_word(table, cases[i].verdict, &word, &error),
				 -EINVAL);
		if (!strstr(error.message, cases[i].says))
			fail_msg("`%s` does not say `%s`", error.message, cases[i].says);
		rpol_load_error_clear(&error);
	}
	rpol_contents_close(table);
	detach();
}

static void add_met(const char *interface, unsigned last)
{
	struct rpol_contents *set = world_contents("s");
	uint32_t number = htonl(rpol_contents_interface(set, interface));
	uint8_t key[20];

	assert_int_not_equal(number, 0);
	memcpy(key, &number, 4);
	memcpy(key + 4, address(last), 16);
	assert_int_equal(rpol_contents_add(set, key, 0, 0, NULL), 0);
	rpol_contents_close(set);
}

/* Keys mean interfaces by their names. */
static void renumbers_interfaces_in_keys(void **state)
{
	(void)state;
	assert_int_equal(world_apply(met, NULL), 0);
	add_met("lan", 1);
	assert_string_equal(contents_of("s").text, "1;");
	assert_int_equal(world_apply(met_renumbered, NULL), 0);
	assert_string_equal(contents_of("s").text, "3;");
	add_met("wan", 2);
	assert_int_equal(
		world_apply(met_fewer, "1 entries of s are lost: the policy has no more what"), 0);
	assert_string_equal(contents_of("s").text, "1;");
	detach();
}

static void makes_room_of_what_has_expired(void **state)
{
	(void)state;
	assert_int_equal(world_apply(addresses, NULL), 0);
	assert_int_equal(ban(4, 1), 0);
	assert_int_equal(ban(5, 1), -ENOSPC);
	sleep(1);
	usleep(100000);
	assert_int_equal(ban(4, 0), 0);
	assert_int_equal(contents_of("s").count, 4);
	detach();
}

/* A table's seeds change nothing that is there; those without room keep the old policy in force. */
static void seeds_without_replacing(void **state)
{
	struct rpol_contents *table;
	uint32_t word;
	size_t removed;

	(void)state;
	assert_int_equal(world_apply(seeded, NULL), 0);
	assert_int_equal(contents_of("t").count, 2);
	assert_int_equal(
		world_apply(full, "t has no room for what it begins with: it holds 2 entries"),
		-ENOSPC);
	assert_int_equal(contents_of("t").count, 2);
	table = world_contents("t");
	assert_int_equal(rpol_contents_flush(table, &removed, NULL), 0);
	assert_int_equal(removed, 2);
	assert_int_equal(rpol_contents_word(table, "pass", &word, NULL), 0);
	assert_int_equal(rpol_contents_add(table, (const uint8_t[]){0, 0, 0, 22}, 0, word, NULL),
			 0);
	rpol_contents_close(table);
	assert_int_equal(world_apply(full, NULL), 0);
	assert_string_equal(contents_of("t").text, "pass;");
	detach();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_map_where_nothing_differs),
		cmocka_unit_test(copies_to_another_size),
		cmocka_unit_test(loses_another_type_and_says_so),
		cmocka_unit_test(renumbers_what_verdicts_name),
		cmocka_unit_test(refuses_verdicts),
		cmocka_unit_test(renumbers_interfaces_in_keys),
		cmocka_unit_test(makes_room_of_what_has_expired),
		cmocka_unit_test(seeds_without_replacing),
	};

	if (geteuid())
		return test_unprivileged("deploying needs root");
	return cmocka_run_group_tests(tests, setup, teardown);
}
