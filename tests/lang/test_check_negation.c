/* test_check_negation.c: which negated tests need a guard, and which tests are one. */
#include "check_text.h"

static size_t unguarded(const char *condition)
{
	struct rpol_unit *unit;
	char *text;
	size_t n;

	assert_true(
		asprintf(&text,
			 "interface wan = eth0;\n"
			 "set v4 : prefix { 10.0.0.0/8 }\n"
			 "set v6 : prefix { 2001:db8::/32 }\n"
			 "set mixed : prefix { v4, v6 }\n"
			 "cond bare = tcp.dport != 22;\n"
			 "policy p on wan at xdp {\n"
			 "    default pass;\n"
			 "    use: src in { v4, v6, mixed } or (proto == tcp and bare) => drop;\n"
			 "    r: %s => drop;\n"
			 "}\n",
			 condition) > 0);
	unit = check_text(text, NULL);
	n = count_code(unit, RPOL_DIAG_NEGATED_ABSENT);
	if (n != rpol_unit_diags(unit)->errors)
		rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, stderr);
	assert_int_equal(n, rpol_unit_diags(unit)->errors);
	rpol_unit_close(unit);
	free(text);
	return n;
}

static void all(const char *const *conditions, size_t n, size_t errors)
{
	for (size_t i = 0; i < n; i++) {
		if (unguarded(conditions[i]) != errors)
			print_error("%s\n", conditions[i]);
		assert_int_equal(unguarded(conditions[i]), errors);
	}
}

#define ALL(errors, ...)                                                                           \
	do {                                                                                       \
		static const char *const conditions[] = {__VA_ARGS__};                             \
		all(conditions, sizeof(conditions) / sizeof(conditions[0]), errors);               \
	} while (0)

static void test_never_absent(void **state)
{
	(void)state;
	ALL(0, "iface != wan", "eth.type != arp", "not fragment", "not malformed",
	    "not fragment.later");
}

static void test_bare(void **state)
{
	(void)state;
	ALL(1, "tcp.dport != 22", "tcp.flags != syn", "udp.len != 8", "icmp.type != 8",
	    "icmp.code != 0", "sport != 53", "dport != 53", "proto != tcp", "ttl != 1", "len != 40",
	    "dscp != ef", "vlan.id != 1", "vlan.inner != 1", "src != 10.0.0.1",
	    "dst != 2001:db8::1", "bare");
	ALL(2, "tcp.dport != 22 and tcp.sport != 22", "ttl != 1 or ttl != 2");
}

static void test_not_is_explicit(void **state)
{
	(void)state;
	ALL(0, "not tcp.dport == 22", "not src in v4", "not src == 10.0.0.1",
	    "not (tcp.dport == 22 or tcp.dport == 80)", "not not tcp.dport == 22",
	    "not (proto == tcp and tcp.dport != 22)");
	ALL(1, "not tcp.dport != 22", "not (tcp.dport != 22)", "not not tcp.dport != 22",
	    "not (fragment or tcp.dport != 22)");
}

static void test_guards(void **state)
{
	(void)state;
	ALL(0, "proto == tcp and tcp.dport != 22", "tcp.dport != 22 and proto == tcp",
	    "proto in { tcp } and tcp.dport != 22", "tcp.sport > 1023 and tcp.dport != 22",
	    "tcp.flags has syn and tcp.dport != 22", "proto == udp and udp.dport != 53",
	    "proto == icmp and icmp.type != 8", "icmp.code == 0 and icmp.type != 8",
	    "proto in { tcp, udp } and dport != 53", "proto in { udp, sctp, dccp } and sport != 1",
	    "dport == 80 and sport != 80", "tcp.dport == 80 and dport != 81",
	    "eth.type in { ipv4, ipv6 } and ttl != 1", "eth.type == ipv4 and proto != tcp",
	    "src in mixed and dscp != ef", "len > 100 and ttl != 1", "fragment and ttl != 1",
	    "proto == 200 and ttl != 1", "eth.type == ipv4 and src != 10.0.0.1",
	    "dst in v4 and src != 10.0.0.1", "dst == 10.0.0.2 and src != 10.0.0.1",
	    "eth.type == ipv6 and dst != 2001:db8::1", "src in v6 and dst != 2001:db8::1",
	    "icmp.type == 8 and src != 10.0.0.1", "vlan.id in 1..99 and vlan.id != 5",
	    "vlan.inner == 7 and vlan.id != 5", "vlan.inner >= 0 and vlan.inner != 5",
	    "proto == tcp and bare");
}

static void test_what_guards_not(void **state)
{
	(void)state;
	ALL(1, "proto == udp and tcp.dport != 22", "proto in { tcp, udp } and tcp.dport != 22",
	    "dport == 80 and tcp.dport != 22", "proto in { tcp, icmp } and dport != 53",
	    "proto in 6..17 and dport != 53", "src in mixed and dst != 10.0.0.1",
	    "src in v6 and dst != 10.0.0.1", "ttl == 1 and src != 10.0.0.1",
	    "vlan.id == 5 and vlan.inner != 7", "vlan.id == 5 and ttl != 1",
	    "malformed and ttl != 1", "iface == wan and ttl != 1", "eth.type == arp and ttl != 1",
	    "eth.type in { ipv4, arp } and ttl != 1", "not proto == tcp and tcp.dport != 22",
	    "proto == tcp or tcp.dport != 22", "any and tcp.dport != 22",
	    "not fragment and ttl != 1");
}

static void test_depth(void **state)
{
	(void)state;
	ALL(0, "proto == tcp and (fragment or tcp.dport != 22)",
	    "proto == tcp and not (fragment and tcp.dport != 22)",
	    "(tcp.sport == 1 or proto == tcp) and tcp.dport != 22",
	    "(proto == tcp and (ttl == 1 or ttl == 2)) and tcp.dport != 22",
	    "not (not proto == tcp) and tcp.dport != 22",
	    "not (not proto == tcp or fragment) and tcp.dport != 22");
	ALL(1, "(proto == tcp or proto == udp) and tcp.dport != 22",
	    "(proto == tcp and fragment) or tcp.dport != 22",
	    "not (proto == tcp and fragment) and tcp.dport != 22");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_absent),	cmocka_unit_test(test_bare),
		cmocka_unit_test(test_not_is_explicit), cmocka_unit_test(test_guards),
		cmocka_unit_test(test_what_guards_not), cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
