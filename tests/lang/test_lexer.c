/* test_lexer.c: how texts are cut into tokens. */
#include "front.h"

#include "lexer.h"
#include "passes.h"
#include "grammar.h"

/* Every token as a letter and its text: `i` identifier, `d` dotted, `k` keyword, `n` number,
 * `q` quantity, `p` address or prefix, `s` string, `u` unterminated string, `g` garbage,
 * `c` comment, `o` operator or punctuation. */
static char letter(int kind)
{
	switch (kind) {
	case TOKEN_IDENT:
		return 'i';
	case TOKEN_DOTTED:
		return 'd';
	case TOKEN_NUMBER:
		return 'n';
	case TOKEN_QUANTITY:
		return 'q';
	case TOKEN_PREFIX:
		return 'p';
	case TOKEN_STRING:
		return 's';
	case TOKEN_OPEN_STRING:
		return 'u';
	case TOKEN_GARBAGE:
		return 'g';
	case TOKEN_COMMENT:
		return 'c';
	default:
		return kind >= TOKEN_AND && kind <= TOKEN_WEIGHT ? 'k' : 'o';
	}
}

static void expect_length(const char *text, size_t length, const char *wanted)
{
	struct rpol_arena arena = {0};
	struct tokens tokens = rpol_lex(&arena, text, length, 0, true);
	char got[1024] = "", *at = got;

	for (size_t i = 0; i + 1 < tokens.count; i++)
		at += sprintf(at, "%s%c:%.*s", i ? " " : "", letter(tokens.items[i].kind),
			      (int)tokens.items[i].length, text + tokens.items[i].offset);
	assert_int_equal(tokens.items[tokens.count - 1].kind, TOKEN_END);
	assert_int_equal(tokens.items[tokens.count - 1].offset, length);
	assert_string_equal(got, wanted);
	rpol_arena_free(&arena);
}

static void expect(const char *text, const char *wanted)
{
	expect_length(text, strlen(text), wanted);
}

static void words(void **state)
{
	(void)state;
	expect("a _b c9 policy hash", "i:a i:_b i:c9 k:policy k:hash");
	expect("tcp.dport fragment.later ip4.2", "d:tcp.dport d:fragment.later d:ip4.2");
	expect("eth0.100", "d:eth0.100");
	expect("policy1 Policy", "i:policy1 i:Policy");
	expect("a.", "i:a g:.");
}

static void numbers(void **state)
{
	(void)state;
	expect("0 53 0x1F 00", "n:0 n:53 n:0x1F n:00");
	expect("99999999999999999999999", "n:99999999999999999999999");
	expect("10kpps 5Mbit 30s 0x 0xg", "q:10kpps q:5Mbit q:30s q:0x q:0xg");
	expect("1024..65535", "n:1024 o:.. n:65535");
	expect("1 .. 2", "n:1 o:.. n:2");
}

static void addresses(void **state)
{
	(void)state;
	expect("10.0.0.1 10.0.0.0/8", "p:10.0.0.1 p:10.0.0.0/8");
	expect("10.0.0.300,10.0.0.5/8;", "p:10.0.0.300 o:, p:10.0.0.5/8 o:;");
	expect("10.0.0.0/33 10.0.0.0/x 10.0.0.0/", "p:10.0.0.0/33 p:10.0.0.0/x p:10.0.0.0/");
	expect("10.0.0.0/255.0.0.0", "p:10.0.0.0/255.0.0.0");
	expect("10.0 10/8 1/1000 1.2.3.4.5", "p:10.0 p:10/8 p:1/1000 p:1.2.3.4.5");
	expect("10.0.0.1..10.0.0.9", "p:10.0.0.1 o:.. p:10.0.0.9");
	expect(":: ::/0 ::1 1::", "p::: p:::/0 p:::1 p:1::");
	expect("2001:db8::/32;fe80::1,", "p:2001:db8::/32 o:; p:fe80::1 o:,");
	expect("fe80:::1 1:2 2001:db8::g", "p:fe80:::1 p:1:2 p:2001:db8::g");
	expect("::ffff:1.2.3.4/96", "p:::ffff:1.2.3.4/96");
	expect("2001:db8::1..2001:db8::5", "p:2001:db8::1 o:.. p:2001:db8::5");
	expect("00:11:22:33:44:55", "p:00:11:22:33:44:55");
}

static void labels_are_no_addresses(void **state)
{
	(void)state;
	expect("add: any", "i:add o:: k:any");
	expect("bad:fragment", "i:bad o:: i:fragment");
	expect("beef:dead", "i:beef o:: i:dead");
	expect("a:src in b", "i:a o:: i:src k:in i:b");
	expect("set abc:addr{", "k:set i:abc o:: i:addr o:{");
	expect("80: x", "n:80 o:: i:x");
}

static void operators(void **state)
{
	(void)state;
	expect("== != < <= > >= => = ..", "o:== o:!= o:< o:<= o:> o:>= o:=> o:= o:..");
	expect("a==1", "i:a o:== n:1");
	expect("a=>b", "i:a o:=> i:b");
	expect("(){}:;,", "o:( o:) o:{ o:} o:: o:; o:,");
}

static void strings_and_comments(void **state)
{
	(void)state;
	expect("\"a b\" \"\"", "s:\"a b\" s:\"\"");
	expect("\"open\nx", "u:\"open i:x");
	expect("a # b \"c\n# d", "i:a c:# b \"c c:# d");
	expect("#", "c:#");
}

static void garbage(void **state)
{
	(void)state;
	expect("a ⇒⇒ b", "i:a g:⇒⇒ i:b");
	expect("a && b", "i:a g:&& i:b");
	expect("a!&.b", "i:a g:!&. i:b");
	expect("! !", "g:! g:!");
	expect_length("a\0\0b", 4, "i:a g: i:b");
	expect("\xff\xfe", "g:\xff\xfe");
}

static void line_ends(void **state)
{
	struct rpol_arena arena = {0};
	const char *text = "\xef\xbb\xbf"
			   "a b\r\n  c # x\r\nd";
	struct tokens tokens = rpol_lex(&arena, text, strlen(text), 0, false);
	static const bool first[] = {true, false, true, true};
	static const bool indented[] = {true, true, true, false};

	(void)state;
	assert_int_equal(tokens.count, 5);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(tokens.items[i].first, first[i]);
		assert_int_equal(tokens.items[i].indented, indented[i]);
	}
	rpol_arena_free(&arena);
	expect("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),     cmocka_unit_test(numbers),
		cmocka_unit_test(addresses), cmocka_unit_test(labels_are_no_addresses),
		cmocka_unit_test(operators), cmocka_unit_test(strings_and_comments),
		cmocka_unit_test(garbage),   cmocka_unit_test(line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
