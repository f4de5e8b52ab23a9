/* test_object.c: the object is what docs/object.md says, and the same every time. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gelf.h>
#include <jansson.h>
#include <libelf.h>
#include <sha2.h>

#include "compiled.h"
#include "rpol/abi.h"
#include "routes4.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"

/* A section's bytes within the object; fails the test when there is none. */
static const uint8_t *section(const struct compiled *compiled, const char *name, size_t *size)
{
	Elf *elf = elf_memory((char *)compiled->object, compiled->size);
	Elf_Scn *scn = NULL;
	size_t names, offset = 0;

	assert_non_null(elf);
	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr header;

		assert_non_null(gelf_getshdr(scn, &header));
		if (strcmp(elf_strptr(elf, names, header.sh_name), name) == 0) {
			offset = header.sh_offset;
			*size = header.sh_size;
		}
	}
	elf_end(elf);
	return offset ? compiled->object + offset : NULL;
}

static json_t *json_section(const struct compiled *compiled, const char *name)
{
	size_t size;
	const uint8_t *bytes = section(compiled, name, &size);
	json_t *root;

	assert_non_null(bytes);
	root = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, NULL);
	assert_non_null(root);
	return root;
}

static struct compiled compile_golden(const char *name)
{
	struct compiled compiled;

	assert_int_equal(chdir(GOLDEN), 0);
	compiled = compile_unit(open_policy(name));
	assert_int_equal(compiled.result, 0);
	return compiled;
}

static void deterministic(void **state)
{
	struct compiled a = compile_golden("sets.rpol"), b = compile_golden("sets.rpol");

	(void)state;
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.object, b.object, a.size);
	compiled_free(&a);
	compiled_free(&b);
}

static void digest(void **state)
{
	struct compiled compiled = compile_golden("minimal.rpol");
	uint8_t want[SHA256_DIGEST_LENGTH], got[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;
	size_t size;
	const uint8_t *bytes = section(&compiled, RPOL_SECTION_DIGEST, &size);

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(size, sizeof(want));
	memcpy(want, bytes, size);
	memset(compiled.object + (bytes - compiled.object), 0, size);
	SHA256Init(&context);
	SHA256Update(&context, compiled.object, compiled.size);
	SHA256Final(got, &context);
	assert_memory_equal(want, got, sizeof(want));
	compiled_free(&compiled);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void manifest(void **state)
{
	struct compiled compiled = compile_golden("verdicts.rpol");
	json_t *root = json_section(&compiled, RPOL_SECTION_MANIFEST), *item, *rules;

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(root, "abi")), RPOL_ABI_VERSION);
	assert_string_equal(text_of(root, "name"), "verdicts");
	assert_int_equal(json_integer_value(json_object_get(root, "counters")), 15);
	item = json_array_get(json_object_get(root, "interfaces"), 1);
	assert_string_equal(text_of(item, "name"), "wan");
	assert_string_equal(text_of(item, "device"), "eth2");
	item = json_array_get(json_object_get(root, "nexthops"), 1);
	assert_string_equal(text_of(item, "via"), "2001:db8::1");
	assert_int_equal(json_integer_value(json_object_get(item, "interface")), 1);
	item = json_array_get(json_object_get(root, "groups"), 1);
	assert_string_equal(text_of(item, "kind"), "prefer");
	item = json_array_get(json_object_get(item, "members"), 0);
	assert_int_equal(json_integer_value(json_object_get(item, "nexthop")), 1);
	item = json_array_get(json_object_get(root, "programs"), 0);
	assert_string_equal(text_of(item, "name"), "p");
	assert_string_equal(text_of(item, "hook"), "tc ingress");
	rules = json_object_get(item, "rules");
	assert_int_equal(json_array_size(rules), 15);
	item = json_array_get(rules, 9);
	assert_string_equal(text_of(item, "label"), "r9");
	assert_string_equal(text_of(item, "verdict"), "route plain else route first");
	assert_string_equal(text_of(item, "file"), "verdicts.rpol");
	assert_string_equal(text_of(json_array_get(rules, 14), "label"), "default");
	json_decref(root);
	compiled_free(&compiled);
}

static void images(void **state)
{
	struct compiled compiled = compile_golden("dynamic.rpol");
	json_t *root = json_section(&compiled, RPOL_SECTION_MANIFEST);
	json_t *array = json_object_get(root, "images"), *item;
	size_t size, index;

	(void)state;
	assert_int_equal(json_array_size(array), 7);
	json_array_foreach(array, index, item)
	{
		size_t entry = (size_t)(json_integer_value(json_object_get(item, "key_size")) +
					json_integer_value(json_object_get(item, "value_size")));

		assert_non_null(section(&compiled, text_of(item, "section"), &size));
		assert_int_equal(
			size, entry * (size_t)json_integer_value(json_object_get(item, "count")));
	}
	json_decref(root);
	compiled_free(&compiled);
}

/* What programs look up is in the place of clang's zeros, and finds what the policy says. */
static void memory(void **state)
{
	struct compiled compiled = compile_golden("sets.rpol");
	json_t *root = json_section(&compiled, RPOL_SECTION_MANIFEST);
	const uint8_t *bytes;
	size_t size;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "images")), 0);
	json_decref(root);
	bytes = section(&compiled, ".rodata.table4_wide", &size);
	assert_non_null(bytes);
	/* 10.1.0.0/16 => route a, the second distinct verdict: number 2 */
	assert_int_equal(routes4_lookup(bytes, (uint32_t)size, 0x0a010203), 2);
	assert_int_equal(routes4_lookup(bytes, (uint32_t)size, 0x0b010203), 0);
	bytes = section(&compiled, ".rodata.set4_hosts", &size);
	assert_non_null(bytes);
	assert_non_null(section(&compiled, ".rodata.set6_hosts", &size));
	assert_non_null(section(&compiled, ".rodata.set4_nets", &size));
	compiled_free(&compiled);
}

/* Of a table in memory that changes, the object has the sizes, and no bytes. */
static void live_memory(void **state)
{
	struct compiled compiled = compile_golden("dynamic.rpol");
	json_t *root = json_section(&compiled, RPOL_SECTION_MANIFEST);
	json_t *tables = json_object_get(root, "tables"), *sizes;
	size_t size;

	(void)state;
	sizes = json_object_get(json_array_get(tables, 1), "memory");
	assert_string_equal(text_of(json_array_get(tables, 1), "name"), "tenants");
	assert_int_equal(json_integer_value(json_array_get(sizes, 0)), rpol_routes4_plan(1000));
	assert_int_equal(json_integer_value(json_array_get(sizes, 1)), rpol_routes6_plan(1000));
	section(&compiled, ".bss.table4_tenants", &size);
	assert_int_equal(size, rpol_routes4_plan(1000));
	assert_null(json_object_get(json_array_get(tables, 2), "memory"));
	assert_true(compiled.size < rpol_routes4_plan(1000));
	json_decref(root);
	compiled_free(&compiled);
}

/* The sources are in it byte for byte, UTF-8 or not. */
static void sources(void **state)
{
	static const char text[] = "# caf\xe9\ninterface lan = eth1;\n"
				   "policy p on lan at xdp { default pass; }\n";
	struct compiled compiled = compile_unit(open_text(text, strlen(text)));
	size_t size;
	const char *bytes = (const char *)section(&compiled, RPOL_SECTION_SOURCE, &size);

	(void)state;
	assert_int_equal(compiled.result, 0);
	assert_non_null(bytes);
	assert_string_equal(bytes, "t.rpol");
	bytes += strlen(bytes) + 1;
	assert_int_equal(atoi(bytes), strlen(text));
	bytes += strlen(bytes) + 1;
	assert_memory_equal(bytes, text, sizeof(text));
	compiled_free(&compiled);
}

/* No DWARF, nothing of this machine, and the policy's lines for the verifier's log. */
static void lines(void **state)
{
	struct compiled compiled = compile_golden("minimal.rpol");
	size_t size;
	const uint8_t *bytes = section(&compiled, ".BTF", &size);
	static const char rule[] = "    ssh: tcp.dport == 22 => drop;";

	(void)state;
	assert_non_null(bytes);
	assert_non_null(memmem(bytes, size, rule, sizeof(rule)));
	assert_null(section(&compiled, ".debug_info", &size));
	assert_null(section(&compiled, ".debug_line", &size));
	assert_null(memmem(compiled.object, compiled.size, GOLDEN, strlen(GOLDEN)));
	compiled_free(&compiled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deterministic), cmocka_unit_test(digest),
		cmocka_unit_test(manifest),	 cmocka_unit_test(images),
		cmocka_unit_test(memory),	 cmocka_unit_test(sources),
		cmocka_unit_test(lines),	 cmocka_unit_test(live_memory),
	};

	elf_version(EV_CURRENT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
