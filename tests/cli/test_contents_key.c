/* test_contents_key.c: keys of dynamic sets and tables as text: what is written is read back as the
 * same bytes, what is wrong is said, and no text makes the reader leave its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "contents.h"

/* ---- the loader's part ------------------------------------------------------------------------
 */

static struct rpol_object_content info;

const struct rpol_object_content *rpol_contents_info(const struct rpol_contents *contents)
{
	(void)contents;
	return &info;
}

uint32_t rpol_contents_interface(const struct rpol_contents *contents, const char *name)
{
	(void)contents;
	return !strcmp(name, "lan") ? 1 : 0;
}

const char *rpol_contents_interface_name(const struct rpol_contents *contents, uint32_t number)
{
	(void)contents;
	return number == 1 ? "lan" : NULL;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static const char *const src[] = {"src"}, *const several[] = {"eth.src", "dport", "iface"},
			 *const pair[] = {"src", "dport"}, *const dport[] = {"dport"},
			 *const none[] = {"sauce"};

enum { PREFIX, ADDRESS, SEVERAL, PAIR, PORT, KINDS };

static const struct rpol_object_content kinds[KINDS] = {
	[PREFIX] = {.prefix = true, .fields = src, .nfields = 1, .key_size = 24},
	[ADDRESS] = {.fields = src, .nfields = 1, .key_size = 16},
	[SEVERAL] = {.fields = several, .nfields = 3, .key_size = 14},
	[PAIR] = {.fields = pair, .nfields = 2, .key_size = 20},
	[PORT] = {.fields = dport, .nfields = 1, .key_size = 4},
};

static void knows_sound_keys(void **state)
{
	struct rpol_object_content other = kinds[PAIR];

	(void)state;
	for (int i = 0; i < KINDS; i++)
		assert_true(contents_is_sound(&kinds[i]));
	other.key_size = 64;
	assert_false(contents_is_sound(&other));
	other = kinds[PORT];
	other.fields = none;
	assert_false(contents_is_sound(&other));
	other = kinds[PREFIX];
	other.fields = pair;
	other.nfields = 2;
	assert_false(contents_is_sound(&other));
}

static void reads_what_is_written(void **state)
{
	static const struct {
		int kind;
		const char *text, *as;
	} cases[] = {
		{PREFIX, "10.0.0.0/8", "10.0.0.0/8"},
		{PREFIX, "2001:db8::/32", "2001:db8::/32"},
		{ADDRESS, "192.0.2.1", "192.0.2.1"},
		{ADDRESS, "(2001:db8::1)", "2001:db8::1"},
		{PORT, "0x50", "80"},
		{PAIR, "( 192.0.2.1 ,443 )", "(192.0.2.1, 443)"},
		{SEVERAL, "(02:00:5E:00:53:0a, 443, lan)", "(02:00:5e:00:53:0a, 443, lan)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t key[RPOL_CONTENT_KEY] = {0};
		char text[256];
		const char *end;

		info = kinds[cases[i].kind];
		assert_null(contents_key(NULL, cases[i].text, key, &end));
		assert_int_equal(*end, 0);
		assert_string_equal(contents_key_text(NULL, key, text, sizeof(text)), cases[i].as);
	}
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		int kind;
		const char *text, *says;
	} cases[] = {
		{PREFIX, "10.0.0.5/8", "has bits set after its length"},
		{PREFIX, "10.0.0.0/33", "has no length that fits"},
		{ADDRESS, "10.0.0.0/8", "is a prefix, and an address is needed"},
		{ADDRESS, "10.0.0.300", "is not an address"},
		{PORT, "65536", "is too large for `dport`"},
		{PORT, "-1", "is not a value of `dport`"},
		{PAIR, "192.0.2.1", "a key is 2 values"},
		{PAIR, "(192.0.2.1, 80, 1)", "a key is 2 values"},
		{PAIR, "(192.0.2.1, 80", "the `(` has no `)`"},
		{PAIR, "(192.0.2.1, )", "a value for `dport` is missing"},
		{SEVERAL, "(02:00:5e:00:53, 443, lan)", "is not a MAC address"},
		{SEVERAL, "(02:00:5e:00:53:0g, 443, lan)", "is not a MAC address"},
		{SEVERAL, "(02:00:5e:00:53:01, 443, wan)", "no interface `wan`"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t key[RPOL_CONTENT_KEY];
		const char *end, *why;

		info = kinds[cases[i].kind];
		memset(key, 0, sizeof(key));
		why = contents_key(NULL, cases[i].text, key, &end);
		if (!why || !strstr(why, cases[i].says))
			fail_msg("%s: `%s` does not say `%s`", cases[i].text, why ? why : "",
				 cases[i].says);
	}
}

/* Texts near right ones, in memory of their own: so is the key, that nothing goes past it. */
static void survives_any_text(void **state)
{
	static const char *const texts[] = {
		"10.0.0.0/8", "2001:db8::/32",	"(02:00:5e:00:53:01, 443, lan)",
		"80",	      "(10.0.0.1, 80)", "10.0.0.1",
		"::1",	      "(,,)",		" ( a , b , c )",
	};
	static const char letters[] = "0123456789abcdef:./(), \tlanx";

	(void)state;
	srand(1);
	for (int n = 0; n < 200000; n++) {
		const char *end, *from = texts[(size_t)rand() % (sizeof(texts) / sizeof(*texts))];
		size_t length = strlen(from);
		char *text = strdup(from), shown[256];

		info = kinds[rand() % KINDS];
		for (int i = rand() % 4; i > 0 && length; i--) {
			size_t at = (size_t)rand() % length;

			if (rand() % 3)
				text[at] = letters[(size_t)rand() % (sizeof(letters) - 1)];
			else
				memmove(text + at, text + at + 1, length-- - at);
		}
		uint8_t *key = calloc(1, info.key_size), *again = calloc(1, info.key_size);
		if (!contents_key(NULL, text, key, &end)) {
			contents_key_text(NULL, key, shown, sizeof(shown));
			assert_null(contents_key(NULL, shown, again, &end));
			assert_memory_equal(key, again, info.key_size);
		}
		free(key);
		free(again);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_sound_keys),
		cmocka_unit_test(reads_what_is_written),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(survives_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
