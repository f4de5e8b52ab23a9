/* test_addr.c: addresses and prefixes from and to text, and their order. */
#include "front.h"

#include "rpol/addr.h"

static enum rpol_parse_prefix parse(const char *text, struct rpol_prefix *out)
{
	return rpol_prefix_parse(text, strlen(text), out);
}

static void canonical_text(void **state)
{
	static const char *const cases[][2] = {
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"2001:DB8::1", "2001:db8::1"},
		{"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"::ffff:c000:201", "::ffff:192.0.2.1"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"fe80::200:5eff:fe00:5213", "fe80::200:5eff:fe00:5213"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_prefix prefix;
		char buf[RPOL_ADDR_TEXT];

		assert_int_equal(parse(cases[i][0], &prefix), RPOL_PREFIX_OK);
		assert_int_equal(prefix.length, rpol_family_bits(prefix.addr.family));
		assert_string_equal(rpol_addr_text(&prefix.addr, buf), cases[i][1]);
	}
}

static void wrong_addresses(void **state)
{
	static const char *const cases[] = {
		"",
		"10",
		"10.0.0",
		"10.0.0.",
		"10.0.0.300",
		"10.0.0.256",
		"1.2.3.4.5",
		"01.2.3.4",
		"10.0.0.1a",
		"a.b.c.d",
		".1.2.3",
		"10..0.1",
		"1:2",
		":",
		":::",
		"fe80:::1",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1::2::3",
		"12345::",
		"g::",
		"::1:",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8::",
		"::1.2.3",
		"::1.2.3.4:5",
		"1.2.3.4::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"-1.0.0.0",
		" 1.2.3.4",
		"1.2.3.4 ",
		"10.0/8",
		"/8",
		"fe80::1%eth0",
		"0x10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_prefix prefix, untouched;

		memset(&prefix, 0xaa, sizeof(prefix));
		untouched = prefix;
		assert_int_equal(parse(cases[i], &prefix), RPOL_PREFIX_BAD_ADDR);
		assert_memory_equal(&prefix, &untouched, sizeof(prefix));
	}
}

static void wrong_lengths(void **state)
{
	static const char *const cases[] = {
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/x",
		"10.0.0.0/08",
		"10.0.0.0/8/8",
		"10.0.0.0/-1",
		"10.0.0.0/255.0.0.0",
		"::/129",
		"::/",
		"::/99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_prefix prefix;

		assert_int_equal(parse(cases[i], &prefix), RPOL_PREFIX_BAD_LENGTH);
	}
}

static void host_bits(void **state)
{
	static const char *const cases[][2] = {
		{"10.0.0.5/8", "10.0.0.0/8"},
		{"10.0.0.1/31", "10.0.0.0/31"},
		{"255.255.255.255/0", "0.0.0.0/0"},
		{"10.0.31.0/20", "10.0.16.0/20"},
		{"2001:db8::1/32", "2001:db8::/32"},
		{"2001:db8::1/127", "2001:db8::/127"},
		{"ffff::/3", "e000::/3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpol_prefix prefix;
		char buf[RPOL_ADDR_TEXT];

		assert_int_equal(parse(cases[i][0], &prefix), RPOL_PREFIX_HOST_BITS);
		assert_string_equal(rpol_prefix_text(&prefix, buf), cases[i][1]);
	}

	struct rpol_prefix all;

	assert_int_equal(parse("0.0.0.0/0", &all), RPOL_PREFIX_OK);
	assert_int_equal(parse("::/0", &all), RPOL_PREFIX_OK);
	assert_int_equal(parse("10.0.0.1/32", &all), RPOL_PREFIX_OK);
	assert_int_equal(parse("::1/128", &all), RPOL_PREFIX_OK);
}

static bool has(const char *prefix_text, const char *addr_text)
{
	struct rpol_prefix prefix, addr;

	assert_int_equal(parse(prefix_text, &prefix), RPOL_PREFIX_OK);
	assert_int_equal(parse(addr_text, &addr), RPOL_PREFIX_OK);
	return rpol_prefix_has(&prefix, &addr.addr);
}

static void prefix_has(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.255.255"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("10.0.16.0/20", "10.0.31.255"));
	assert_false(has("10.0.16.0/20", "10.0.32.0"));
	assert_true(has("0.0.0.0/0", "1.2.3.4"));
	assert_false(has("0.0.0.0/0", "::"));
	assert_false(has("::/0", "1.2.3.4"));
	assert_true(has("::/0", "ffff::"));
	assert_true(has("2001:db8::1/128", "2001:db8::1"));
	assert_false(has("2001:db8::1/128", "2001:db8::2"));
	assert_true(has("fe80::/10", "febf::1"));
	assert_false(has("fe80::/10", "fec0::1"));
}

static void order(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0",	"0.0.0.0/8",	   "10.0.0.0/8",    "10.0.0.0/9",
		"10.128.0.0/9", "255.255.255.255", "::/0",	    "::/1",
		"::1",		"2001:db8::/32",   "2001:db8::/48",
	};
	const size_t n = sizeof(sorted) / sizeof(*sorted);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct rpol_prefix a, b;

			parse(sorted[i], &a);
			parse(sorted[j], &b);
			assert_int_equal(rpol_prefix_compare(&a, &b), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text), cmocka_unit_test(wrong_addresses),
		cmocka_unit_test(wrong_lengths),  cmocka_unit_test(host_bits),
		cmocka_unit_test(prefix_has),	  cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
