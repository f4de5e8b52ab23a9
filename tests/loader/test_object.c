/* test_object.c: the object reader on sound, damaged, cut and hostile objects. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manifest.h"
#include "objects.h"

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

static const char policy[] =
	"interface lan = eth1;\n"
	"interface wan = eth2;\n"
	"set bogons : prefix { 10.0.0.0/8, 2001:db8::/32, 192.0.2.0/24, 198.51.100.0/24,\n"
	"  203.0.113.0/24, 172.16.0.0/12, 100.64.0.0/10, 192.168.0.0/16, 198.18.0.0/15 }\n"
	"nexthop a { via 203.0.113.1 dev wan; }\n"
	"nexthop b { via 2001:db8::1 dev wan; }\n"
	"group g { hash flow; a weight 3; b weight 1; }\n"
	"table t : lpm dst { 10.0.0.0/8 => drop; 10.1.0.0/16 => route a; }\n"
	"dynamic set banned : prefix { size 9; timeout 10m; }\n"
	"dynamic table pinned : exact (iface, dport) { size 9; (lan, 80) => route g; }\n"
	"policy out on lan at xdp { default pass; b: src in bogons => drop; l: any => lookup t;\n"
	"  v: tcp.dport == 80 => route g else drop; }\n"
	"policy back on wan at tc ingress { default pass; m: malformed or src in banned => drop;\n"
	"  p: any => lookup pinned; }\n";

static uint8_t *sound;
static size_t size;

static int setup(void **state)
{
	(void)state;
	object_build("sample", policy, &sound, &size);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(sound);
	return 0;
}

/* Reads; on failure there must be a message, on success nothing is kept. */
static int read_and_free(const uint8_t *bytes, size_t length, const char *says)
{
	struct rpol_object *object = NULL;
	char *error = NULL;
	int rc = rpol_object_read(bytes, length, &object, &error);

	if (rc) {
		assert_null(object);
		assert_non_null(error);
		if (says && !strstr(error, says))
			fail_msg("`%s` does not say `%s`", error, says);
	}
	free(error);
	rpol_object_free(object);
	return rc;
}

static void reads_a_sound_object(void **state)
{
	struct rpol_object *object = NULL;
	char *error = NULL;

	(void)state;
	assert_true(rpol_object_is(sound, size));
	assert_int_equal(rpol_object_read(sound, size, &object, &error), 0);
	assert_string_equal(object->name, "sample");
	assert_int_equal(object->ninterfaces, 2);
	assert_string_equal(object->interfaces[1].device, "eth2");
	assert_int_equal(object->nnexthops, 2);
	assert_int_equal(object->nsets, 1);
	assert_string_equal(object->sets[0].map, "set_banned");
	assert_true(object->sets[0].prefix);
	assert_int_equal(object->sets[0].timeout, 600);
	assert_int_equal(object->sets[0].interface_at, -1);
	assert_int_equal(object->ntables, 1);
	assert_string_equal(object->tables[0].fields[1], "dport");
	assert_int_equal(object->tables[0].interface_at, 0);
	assert_int_equal(object->tables[0].key_size, 8);
	assert_int_equal(object->nexthops[0].family, 4);
	assert_memory_equal(object->nexthops[0].via, "\xcb\x00\x71\x01", 4);
	assert_int_equal(object->nexthops[1].family, 6);
	assert_int_equal(object->ngroups, 1);
	assert_false(object->groups[0].prefer);
	assert_int_equal(object->groups[0].weights[0], 3);
	assert_int_equal(object->nprograms, 2);
	assert_int_equal(object->programs[1].hook, RPOL_OBJECT_TC_INGRESS);
	assert_int_equal(object->programs[0].nrules, 4);
	assert_string_equal(object->programs[0].rules[3].label, "default");
	assert_int_equal(object->ncounters, 7);
	assert_true(object->nsources == 1);
	assert_string_equal(object->sources[0].path, "sample.rpol");
	assert_int_equal(object->sources[0].length, strlen(policy));
	assert_string_equal(object->sources[0].text, policy);
	rpol_object_free(object);
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t length = 0; length < size; length++) {
		/* In memory of its own, so that a read beyond it is seen. */
		uint8_t *cut = malloc(length ? length : 1);

		memcpy(cut, sound, length);
		assert_int_equal(read_and_free(cut, length, NULL), -EINVAL);
		free(cut);
	}
}

static void refuses_every_flipped_bit(void **state)
{
	uint8_t *copy = malloc(size);

	(void)state;
	memcpy(copy, sound, size);
	srandom(1);
	for (int i = 0; i < 3000; i++) {
		size_t at = (size_t)random() % size;
		uint8_t bit = (uint8_t)(1 << random() % 8);

		copy[at] ^= bit;
		assert_true(read_and_free(copy, size, NULL) < 0);
		copy[at] ^= bit;
	}
	free(copy);
}

/* With a right digest the contents are an enemy's: any answer, but no harm. */
static void survives_hostile_contents(void **state)
{
	static const char *const sections[] = {RPOL_SECTION_MANIFEST, RPOL_SECTION_SOURCE};
	static const char bytes[] = "0123456789{}[],:\"\\-eE.tfn \x80\xff";
	uint8_t *copy = malloc(size);

	(void)state;
	srandom(2);
	for (int i = 0; i < 4000; i++) {
		size_t length = 0;

		memcpy(copy, sound, size);
		uint8_t *section = object_section(copy, size, sections[i % 2], &length);
		for (long n = random() % 3; n >= 0; n--)
			section[(size_t)random() % length] = (uint8_t)bytes[random() % 27];
		object_seal(copy, size);
		read_and_free(copy, size, NULL);
	}
	free(copy);
}

static void survives_hostile_headers(void **state)
{
	uint8_t *copy = malloc(size);

	(void)state;
	srandom(3);
	for (int i = 0; i < 4000; i++) {
		uint64_t shoff, value = (uint64_t)random() << (random() % 60);

		memcpy(copy, sound, size);
		memcpy(&shoff, copy + 40, sizeof(shoff));
		size_t at = i % 4 ? shoff + (size_t)random() % (size - shoff - 8)
				  : 16 + (size_t)random() % 40;
		memcpy(copy + at, &value, 1 + (size_t)random() % 8);
		assert_true(read_and_free(copy, size, NULL) <= 0);
	}
	free(copy);
}

static void tells_another_version(void **state)
{
	uint8_t *copy = malloc(size);
	size_t length = 0;

	(void)state;
	memcpy(copy, sound, size);
	uint8_t *manifest = object_section(copy, size, RPOL_SECTION_MANIFEST, &length);
	uint8_t *abi = memmem(manifest, length, "\"abi\"", 5);
	assert_non_null(abi);
	while (*abi < '0' || *abi > '9')
		abi++;
	*abi = '2';
	object_seal(copy, size);
	assert_int_equal(read_and_free(copy, size,
				       "with ABI 2; this rpol reads ABI " TEXT(
					       RPOL_ABI_VERSION) ": build it again"),
			 -ENOTSUP);
	free(copy);
}

static void tells_other_files(void **state)
{
	(void)state;
	assert_int_equal(read_and_free((const uint8_t *)"policy", 6, "not an object"), -EINVAL);
	assert_int_equal(read_and_free((const uint8_t *)"", 0, "not an object"), -EINVAL);
	FILE *self = fopen("/proc/self/exe", "rb");
	uint8_t *bytes = malloc(1 << 16);
	size_t length = fread(bytes, 1, 1 << 16, self);
	fclose(self);
	assert_int_equal(read_and_free(bytes, length, "no BPF object"), -EINVAL);
	free(bytes);
}

#define ROOT(rest) "{\"abi\":" TEXT(RPOL_ABI_VERSION) ",\"rpol\":\"x\",\"name\":\"n\"" rest "}"
#define LISTS                                                                                      \
	",\"named\":[],\"interfaces\":[{\"name\":\"i\",\"device\":\"d\"}],\"nexthops\":[],"        \
	"\"groups\":[]"
#define SENDING(counter, sends)                                                                    \
	"{\"label\":\"l\",\"verdict\":\"drop\",\"file\":\"f\",\"line\":1,\"counter\":" counter     \
	",\"sends\":[" sends "]}"
#define RULE(counter) SENDING(counter, "")
#define PROGRAM(ifaces, rules)                                                                     \
	"{\"name\":\"p\",\"hook\":\"xdp\",\"interfaces\":[" ifaces "],\"rules\":[" rules "]}"

#define ONE_RULE ",\"counters\":1" LISTS ",\"programs\":[" PROGRAM("0", RULE("0")) "]"
#define NO_CONTENTS ",\"sets\":[],\"tables\":[]"
#define CONTENT(name, map, kind, fields, key, at, size, more)                                      \
	"{\"name\":\"" name "\",\"map\":\"" map "\",\"kind\":\"" kind "\",\"fields\":[" fields     \
	"],\"key_size\":" key ",\"interface_at\":" at ",\"size\":" size "," more "}"
#define ONE_SET_AT(map, kind, fields, key, at, size)                                               \
	ONE_RULE ",\"sets\":[" CONTENT("s", map, kind, fields, key, at, size,                      \
				       "\"timeout\":0") "],"                                       \
							"\"tables\":[]"
#define ONE_SET(map, kind, fields, key, size) ONE_SET_AT(map, kind, fields, key, "-1", size)
#define ONE_TABLE(kind, key, memory)                                                               \
	ONE_RULE ",\"sets\":[],\"tables\":[" CONTENT("t", "table_t", kind, "\"src\"", key, "-1",   \
						     "300",                                        \
						     "\"verdicts\":1,\"memory\":" memory) "]"
#define IMAGE(map, key, value, count)                                                              \
	",\"images\":[{\"map\":\"" map "\",\"key_size\":" key ",\"value_size\":" value             \
	",\"count\":" count ",\"section\":\"s\"}]"

static void refuses_hostile_manifests(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"", "not JSON"},
		{"[]", "not JSON"},
		{"{\"abi\":1", "not JSON"},
		{ROOT(",\"name\":\"m\""), "not JSON"}, /* a key twice */
		{ROOT(""), "counters"},
		{ROOT(",\"counters\":-1"), "counters"},
		{ROOT(",\"counters\":4294967297"), "counters"},
		{ROOT(",\"counters\":1" LISTS ",\"programs\":[],\"images\":[]"), "programs"},
		{ROOT(",\"counters\":1" LISTS ",\"programs\":[7],\"images\":[]"), "programs[0]"},
		{ROOT(",\"counters\":1,\"named\":[{\"name\":\"n\",\"counter\":1}]"),
		 "named[0].counter"},
		{ROOT(",\"counters\":1" LISTS
		      ",\"programs\":[" PROGRAM("1", RULE("0")) "],\"images\":[]"),
		 "programs[0].interfaces"},
		{ROOT(",\"counters\":1" LISTS
		      ",\"programs\":[" PROGRAM("0", RULE("1")) "],\"images\":[]"),
		 "programs[0].rules[0].counter"},
		{ROOT(",\"counters\":1" LISTS
		      ",\"programs\":[" PROGRAM("0", SENDING("0", "1")) "],\"images\":[]"),
		 "programs[0].rules[0].sends"},
		{ROOT(",\"counters\":1" LISTS ",\"programs\":[" PROGRAM(
			 "0", SENDING("0", "],\"cpus\":[1024")) "],\"images\":[]"),
		 "programs[0].rules[0].cpus"},
		{ROOT(",\"counters\":1" LISTS ",\"programs\":[" PROGRAM(
			 "0", SENDING("0", "],\"cpus\":[")) "],\"images\":[]"),
		 "programs[0].rules[0].cpus"},
		{ROOT(",\"counters\":2" LISTS
		      ",\"programs\":[" PROGRAM("0", RULE("0")) "],\"images\":[]"),
		 "counters"},
		{ROOT(",\"counters\":2" LISTS
		      ",\"programs\":[" PROGRAM("0", RULE("0") "," RULE("0")) "],\"images\":[]"),
		 "counters"},
		{ROOT(ONE_RULE NO_CONTENTS IMAGE("rpol_active", "4", "4", "1")), "images[0].map"},
		{ROOT(ONE_RULE NO_CONTENTS IMAGE("../x", "4", "4", "1")), "images[0].map"},
		{ROOT(ONE_RULE), "sets"},
		{ROOT(ONE_RULE ",\"sets\":[]"), "tables"},
		{ROOT(ONE_SET("set_t", "exact", "\"src\"", "16", "1")), "sets[0].map"},
		{ROOT(ONE_SET("state", "exact", "\"src\"", "16", "1")), "sets[0].map"},
		{ROOT(ONE_SET("set_s", "trie", "\"src\"", "16", "1")), "sets[0].kind"},
		{ROOT(ONE_SET("set_s", "exact", "", "16", "1")), "sets[0].fields"},
		{ROOT(ONE_SET("set_s", "exact", "7", "16", "1")), "sets[0].fields"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "65", "1")), "sets[0].key_size"},
		{ROOT(ONE_SET("set_s", "prefix", "\"src\"", "16", "1")), "sets[0].key_size"},
		{ROOT(ONE_SET_AT("set_s", "exact", "\"iface\"", "4", "1", "1")),
		 "sets[0].interface_at"},
		{ROOT(ONE_SET_AT("set_s", "exact", "\"iface\"", "4", "-2", "1")),
		 "sets[0].interface_at"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "16", "0")), "sets[0].size"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "16", "16000001")), "sets[0].size"},
		{ROOT(ONE_RULE
		      ",\"sets\":[],\"tables\":[" CONTENT("t", "table_t", "exact", "\"src\"", "16",
							  "-1", "1", "\"verdicts\":-1") "]"),
		 "tables[0].verdicts"},
		{ROOT(ONE_TABLE("exact", "16", "[300000,300000]")), "tables[0].memory"},
		{ROOT(ONE_TABLE("prefix", "24", "[300000]")), "tables[0].memory"},
		{ROOT(ONE_TABLE("prefix", "24", "300000")), "tables[0].memory"},
		{ROOT(ONE_TABLE("prefix", "24", "[300000,64]")), "tables[0].memory"},
		{ROOT(ONE_TABLE("prefix", "24", "[536870913,300000]")), "tables[0].memory"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "16", "1")
			      IMAGE("set_s", "4", "16", "1")),
		 "images[0].key_size"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "16", "1")
			      IMAGE("set_s", "16", "4", "1")),
		 "images[0].value_size"},
		{ROOT(ONE_SET("set_s", "exact", "\"src\"", "16", "1")
			      IMAGE("set_s", "16", "16", "2")),
		 "images[0].count"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_load_error error = {0};
		struct rpol_object object = {0};
		struct pool pool = {0};
		const char *const *sections = NULL;

		assert_int_equal(manifest_read(cases[i].json, strlen(cases[i].json), &pool, &object,
					       &sections, &error),
				 -EINVAL);
		if (!strstr(error.message, cases[i].says))
			fail_msg("case %zu: `%s` does not say `%s`", i, error.message,
				 cases[i].says);
		rpol_load_error_clear(&error);
		rpol_pool_free(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_sound_object),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_every_flipped_bit),
		cmocka_unit_test(survives_hostile_contents),
		cmocka_unit_test(survives_hostile_headers),
		cmocka_unit_test(tells_another_version),
		cmocka_unit_test(tells_other_files),
		cmocka_unit_test(refuses_hostile_manifests),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
