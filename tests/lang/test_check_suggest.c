/* test_check_suggest.c: did-you-mean finds what was meant, and nothing where nothing is near. */
#include "check_text.h"

static const char *const words[] = {"src",	"dst",	    "tcp.dport", "tcp.sport", "fragment",
				    "bogons",	"drop",	    "pass",	 "continue",  "ef",
				    "uplink_a", "uplink_b", "fin",	 "syn"};

static const char *suggest(const char *word)
{
	return rpol_suggest(word, words, sizeof(words) / sizeof(words[0]));
}

static void test_near(void **state)
{
	(void)state;
	assert_string_equal(suggest("scr"), "src");	 /* neighbours swapped */
	assert_string_equal(suggest("bogon"), "bogons"); /* one left out */
	assert_string_equal(suggest("tcp.dprt"), "tcp.dport");
	assert_string_equal(suggest("tcp.dpport"), "tcp.dport");
	assert_string_equal(suggest("fragmnet"), "fragment");
	assert_string_equal(suggest("DROP"), "drop"); /* case is no distance */
	assert_string_equal(suggest("contnue"), "continue");
	assert_string_equal(suggest("eff"), "ef");
}

static void test_ties_go_to_the_common_start(void **state)
{
	(void)state;
	assert_string_equal(suggest("sin"), "syn");
	assert_string_equal(suggest("uplink_c"), "uplink_a"); /* then the first */
}

static void test_far(void **state)
{
	char longest[300];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(suggest("accept"));
	assert_null(suggest("xyz"));
	assert_null(suggest("q"));
	assert_null(suggest(""));
	assert_null(suggest(longest));
	assert_null(rpol_suggest("src", NULL, 0));
}

static void test_never_the_word_itself(void **state)
{
	static const char *const same[] = {"web"};

	(void)state;
	assert_null(rpol_suggest("web", same, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_ties_go_to_the_common_start),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_never_the_word_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
