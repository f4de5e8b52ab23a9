/* test_check_sets.c: a set's normal form holds what was written and nothing else, against a model
 * that asks every entry; and large sets. */
#include "check_text.h"
#include "rpol/names.h"

#define ROUNDS 300
#define MOST 40

static const char *const program = "policy p on wan at xdp {\n"
				   "    default pass;\n"
				   "    r: %s in s => drop;\n"
				   "}\n";

static struct rpol_unit *check_set(const char *type, const char *items, const char *field)
{
	char *text, *rules;
	struct rpol_unit *unit;

	assert_true(asprintf(&rules, program, field) > 0);
	assert_true(asprintf(&text, "interface wan = eth0;\nset s : %s { %s }\n%s", type, items,
			     rules) > 0);
	unit = check_text(text, NULL);
	free(text);
	free(rules);
	return unit;
}

/* ---- prefixes --------------------------------------------------------------------------- */

/* Few addresses, so that prefixes meet: 10.0.x.y and 2001:db8::xxyy. */
static struct rpol_prefix random_prefix(uint64_t *seed)
{
	struct rpol_prefix prefix = {0};
	bool six = random_below(seed, 3) == 0;
	uint8_t high = (uint8_t)random_below(seed, 4), low = (uint8_t)random_below(seed, 256);
	uint8_t bits = rpol_family_bits(six ? 6 : 4);
	char text[RPOL_ADDR_TEXT];

	prefix.length = (uint8_t)(bits - random_below(seed, 12));
	if (six)
		snprintf(text, sizeof(text), "2001:db8::%x/%u", high << 8 | low, prefix.length);
	else
		snprintf(text, sizeof(text), "10.0.%u.%u/%u", high, low, prefix.length);
	/* The bits after the length are cleared either way. */
	assert_true(rpol_prefix_parse(text, strlen(text), &prefix) <= RPOL_PREFIX_HOST_BITS);
	return prefix;
}

static bool covers(const struct rpol_prefix *a, const struct rpol_prefix *b)
{
	return a->length <= b->length && rpol_prefix_has(a, &b->addr);
}

static size_t random_prefixes(uint64_t *seed, struct rpol_prefix *prefixes)
{
	size_t wanted = random_below(seed, MOST), n = 0;

	for (size_t i = 0; i < wanted; i++) {
		bool twice = false;

		prefixes[n] = random_prefix(seed);
		for (size_t j = 0; j < n; j++)
			twice |= !rpol_prefix_compare(&prefixes[j], &prefixes[n]);
		n += !twice;
	}
	return n;
}

static void check_prefixes(uint64_t *seed)
{
	struct rpol_prefix prefixes[MOST];
	size_t n = random_prefixes(seed, prefixes), covered = 0;
	char items[MOST * RPOL_ADDR_TEXT] = "", buf[RPOL_ADDR_TEXT];
	const struct rpol_set *set;
	struct rpol_unit *unit;

	for (size_t i = 0; i < n; i++) {
		bool within = false;

		for (size_t j = 0; j < n; j++)
			within |= i != j && covers(&prefixes[j], &prefixes[i]);
		covered += within;
		strcat(items, i ? ", " : "");
		strcat(items, rpol_prefix_text(&prefixes[i], buf));
	}
	unit = check_set("prefix", items, "src");
	assert_non_null(rpol_unit_policy(unit));
	assert_int_equal(count_code(unit, RPOL_DIAG_OVERLAP), covered);
	assert_int_equal(count_code(unit, RPOL_DIAG_EMPTY_SET), n == 0);
	set = &rpol_unit_policy(unit)->sets[0];
	assert_int_equal(set->nprefixes, n - covered);
	for (size_t i = 1; i < set->nprefixes; i++)
		assert_true(rpol_prefix_compare(&set->prefixes[i - 1], &set->prefixes[i]) < 0);
	for (size_t i = 0; i < set->nprefixes; i++)
		for (size_t j = 0; j < set->nprefixes; j++)
			assert_true(i == j || !covers(&set->prefixes[i], &set->prefixes[j]));
	for (unsigned probe = 0; probe < 200; probe++) {
		struct rpol_prefix point = random_prefix(seed);
		bool model = false, got = false;

		for (size_t i = 0; i < n; i++)
			model |= rpol_prefix_has(&prefixes[i], &point.addr);
		for (size_t i = 0; i < set->nprefixes; i++)
			got |= rpol_prefix_has(&set->prefixes[i], &point.addr);
		assert_int_equal(model, got);
	}
	rpol_unit_close(unit);
}

static void test_prefixes(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		check_prefixes(&seed);
}

/* ---- ranges ----------------------------------------------------------------------------- */

#define PORTS 300

static void check_ranges(uint64_t *seed)
{
	struct rpol_range ranges[MOST];
	size_t wanted = random_below(seed, MOST), n = 0, reported = 0;
	char items[MOST * 32] = "";
	bool model[PORTS + 1] = {false}, got[PORTS + 1] = {false};
	const struct rpol_set *set;
	struct rpol_unit *unit;

	for (size_t i = 0; i < wanted; i++) {
		bool twice = false, meets = false;

		ranges[n].low = random_below(seed, PORTS);
		ranges[n].high = ranges[n].low;
		if (random_below(seed, 2))
			ranges[n].high += random_below(seed, PORTS - ranges[n].low) / 8;
		for (size_t j = 0; j < n; j++) {
			twice |= ranges[j].low == ranges[n].low && ranges[j].high == ranges[n].high;
			meets |= ranges[j].low <= ranges[n].high && ranges[n].low <= ranges[j].high;
		}
		if (twice)
			continue;
		reported += meets;
		snprintf(items + strlen(items), sizeof(items) - strlen(items), "%s%u..%u",
			 n ? ", " : "", ranges[n].low, ranges[n].high);
		for (uint32_t port = ranges[n].low; port <= ranges[n].high; port++)
			model[port] = true;
		n++;
	}
	unit = check_set("port", items, "dport");
	assert_non_null(rpol_unit_policy(unit));
	assert_int_equal(count_code(unit, RPOL_DIAG_OVERLAP) > 0, reported > 0);
	set = &rpol_unit_policy(unit)->sets[0];
	for (size_t i = 0; i < set->nranges; i++) {
		assert_true(set->ranges[i].low <= set->ranges[i].high);
		assert_true(i == 0 || set->ranges[i - 1].high + 1 < set->ranges[i].low);
		for (uint32_t port = set->ranges[i].low; port <= set->ranges[i].high; port++)
			got[port] = true;
	}
	assert_memory_equal(model, got, sizeof(model));
	rpol_unit_close(unit);
}

static void test_ranges(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		check_ranges(&seed);
}

static void test_ends_of_the_range(void **state)
{
	struct rpol_unit *unit = check_set("port", "0, 65535, 1..65534", "dport");
	const struct rpol_set *set = &rpol_unit_policy(unit)->sets[0];

	(void)state;
	assert_int_equal(set->nranges, 1);
	assert_int_equal(set->ranges[0].low, 0);
	assert_int_equal(set->ranges[0].high, 65535);
	rpol_unit_close(unit);
}

/* ---- large ------------------------------------------------------------------------------ */

#define LARGE 100000

static const char *const large_root = "interface wan = eth0;\n"
				      "set s : prefix from file \"file.txt\";\n"
				      "policy p on wan at xdp {\n"
				      "    default pass;\n"
				      "    r: src in s => drop;\n"
				      "}\n";

static char *large_file(unsigned step)
{
	char *text = malloc(LARGE * 24), *end = text;

	assert_non_null(text);
	/* Not in order, each one once: 7919 has no factor in common with LARGE. */
	for (uint64_t i = 0; i < LARGE; i++) {
		unsigned n = (unsigned)(i * 7919 % LARGE) / step;

		end += sprintf(end, "10.%u.%u.%u%s\n", n >> 15, n >> 7 & 0xff, (n & 0x7f) << 1,
			       i % 3 ? "/32" : "");
	}
	return text;
}

static void test_large_file(void **state)
{
	char *file = large_file(1);
	struct rpol_unit *unit = check_text(large_root, file);
	const struct rpol_set *set = &rpol_unit_policy(unit)->sets[0];

	(void)state;
	assert_int_equal(rpol_unit_diags(unit)->count, 0);
	assert_int_equal(set->nprefixes, LARGE);
	for (size_t i = 1; i < set->nprefixes; i++)
		assert_true(rpol_prefix_compare(&set->prefixes[i - 1], &set->prefixes[i]) < 0);
	rpol_unit_close(unit);
	free(file);
}

/* Lines that differ in their key alone share what follows it; each has its own place, and uses its
 * names. */
static void test_same_verdicts(void **state)
{
	static const char *const root = "interface wan = eth0;\n"
					"nexthop gw { via 192.0.2.1 dev wan; }\n"
					"table t : lpm dst from file \"file.txt\";\n"
					"policy p on wan at xdp {\n"
					"    default pass;\n"
					"    r: any => lookup t;\n"
					"}\n";
	static const char file[] = "10.2.0.0/16 route gw else drop\n"
				   "10.1.0.0/16\troute gw else drop # again\n"
				   "10.3.0.0/16   route gw\n"
				   "2001:db8::/32 route gw else drop\n";
	static const uint32_t starts[] = {sizeof("10.2.0.0/16 route gw else drop"), 0};
	struct rpol_unit *unit = check_text(root, file);
	const struct rpol_table *table = &rpol_unit_policy(unit)->tables[0];
	const struct rpol_names *names = rpol_unit_names(unit);
	size_t uses = 0;

	(void)state;
	assert_int_equal(rpol_unit_diags(unit)->count, 0);
	assert_int_equal(table->nentries, 4);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(table->entries[i].span.offset, starts[i]);
		assert_int_equal(table->entries[i].span.length,
				 strlen("10.2.0.0/16 route gw else drop"));
	}
	assert_ptr_equal(table->entries[0].verdict, table->entries[3].verdict);
	assert_null(table->entries[2].verdict->otherwise);
	for (size_t i = 0; i < names->nuses; i++) {
		const struct rpol_span *span = &names->uses[i].span;

		if (span->file != table->entries[0].span.file)
			continue;
		assert_int_equal(span->length, 2);
		assert_memory_equal(file + span->offset, "gw", 2);
		uses++;
	}
	assert_int_equal(uses, 4);
	rpol_unit_close(unit);
}

/* One more than is large: compiled in it is warned of, dynamic it is not. */
static void test_larger_file(void **state)
{
	static const char *const dynamic =
		"interface wan = eth0;\n"
		"dynamic set s : prefix { size 1M; from file \"file.txt\"; }\n"
		"policy p on wan at xdp {\n"
		"    default pass;\n"
		"    r: src in s => drop;\n"
		"}\n";
	char *file = large_file(1), *more;
	struct rpol_unit *unit;

	(void)state;
	assert_true(asprintf(&more, "%s192.0.2.1\n", file) > 0);
	unit = check_text(large_root, more);
	assert_non_null(rpol_unit_policy(unit));
	assert_int_equal(rpol_unit_diags(unit)->count, 1);
	assert_int_equal(count_code(unit, RPOL_DIAG_LARGE_SET), 1);
	rpol_unit_close(unit);
	unit = check_text(dynamic, more);
	assert_non_null(rpol_unit_policy(unit));
	assert_int_equal(rpol_unit_diags(unit)->count, 0);
	rpol_unit_close(unit);
	free(more);
	free(file);
}

static void test_large_file_of_duplicates(void **state)
{
	char *file = large_file(2);
	struct rpol_unit *unit = check_text(large_root, file);

	(void)state;
	assert_null(rpol_unit_policy(unit));
	assert_int_equal(count_code(unit, RPOL_DIAG_DUPLICATE_ENTRY), LARGE / 2);
	rpol_unit_close(unit);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_ends_of_the_range),
		cmocka_unit_test(test_large_file),
		cmocka_unit_test(test_larger_file),
		cmocka_unit_test(test_same_verdicts),
		cmocka_unit_test(test_large_file_of_duplicates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
