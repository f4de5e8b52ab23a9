/* test_moments.c: time of day, days, chance, hashes of fields, and MAC addresses. */
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "judge.h"

/* 2026-01-01, a Thursday */
enum { NEW_YEAR = 1767225600, DAY = 86400 };

static struct frame udp(void)
{
	struct frame f;

	frame_eth(&f, 0x0800);
	memcpy(f.bytes + 6, "\2\0\x5e\0\x53\1", 6);
	frame_ipv4(&f, "10.0.0.1", "10.0.0.2", 17, 0, 0);
	frame_udp(&f, 1000, 53, 8);
	frame_finish(&f);
	return f;
}

/* Whether the condition holds of the frame at seconds after new year, with a random value. */
static bool holds(const char *condition, uint64_t seconds, uint32_t random)
{
	struct judge judge;
	struct frame f = udp();
	char text[512];

	snprintf(text, sizeof(text),
		 "interface wan = eth0; policy p on wan at xdp { default pass; r: %s => drop; }",
		 condition);
	judge_open(&judge, text);
	judge.world.time_ns = (NEW_YEAR + seconds) * UINT64_C(1000000000) + 999999999;
	judge.world.random = random;
	judge_frame(&judge, &f, NULL);
	bool held = judge.is.verdict == RPOL_VERDICT_DROP;
	judge_close(&judge);
	return held;
}

static void test_time(void **state)
{
	(void)state;
	const char *night = "time in 22:00..06:00";

	assert_true(holds(night, 0, 0));
	assert_true(holds(night, 6 * 3600, 0));
	assert_false(holds(night, 6 * 3600 + 1, 0));
	assert_false(holds(night, 22 * 3600 - 1, 0));
	assert_true(holds(night, 22 * 3600, 0));
	assert_true(holds(night, DAY - 1, 0));
	assert_true(holds("time < 0:00:02", 1, 0));
	assert_false(holds("time < 0:00:02", 2, 0));
}

static void test_weekday(void **state)
{
	(void)state;

	assert_true(holds("weekday == thu", 0, 0));
	assert_true(holds("weekday != fri", DAY - 1, 0));
	assert_true(holds("weekday == fri", DAY, 0));
	for (unsigned day = 0; day < 7; day++)
		assert_int_equal(holds("weekday in sat..mon", day * DAY, 0), day >= 2 && day <= 4);
}

static void test_random(void **state)
{
	(void)state;

	assert_true(holds("random(1/1)", 0, 12345));
	assert_true(holds("random(1/10)", 0, 40));
	assert_false(holds("random(1/10)", 0, 41));
}

static void test_mac(void **state)
{
	(void)state;

	assert_true(holds("eth.src == 02:00:5e:00:53:01", 0, 0));
	assert_false(holds("eth.src == 02:00:5e:00:53:02", 0, 0));
	assert_true(holds("eth.src in { 02:00:5e:00:53:02, 02:00:5E:00:53:01 }", 0, 0));
	assert_true(holds("eth.dst != 02:00:5e:00:53:01", 0, 0));
}

/* murmur3_32 of hand-made keys. */
static void test_hash(void **state)
{
	(void)state;
	static const uint8_t key[] = {0, 0, 0, 0,    0, 0,    0, 0, 0, 0, 0xff, 0xff, 10, 0, 0,
				      1, 2, 0, 0x5e, 0, 0x53, 1, 0, 0, 0, 53,	0,    0,  0, 0};
	char condition[128];

	snprintf(condition, sizeof(condition), "hash(src, eth.src, dport, tcp.dport) == %u",
		 rpol_murmur3_32(key, sizeof(key), 0) >> 24);
	assert_true(holds(condition, 0, 0));
	/* known vectors with a tail */
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\x21\x43\x65", 3, 0), 0x7e4a8634);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\x21\x43", 2, 0), 0xa0f7b07a);
	assert_int_equal(rpol_murmur3_32((const uint8_t *)"\x21", 1, 0), 0x72661cf4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),   cmocka_unit_test(test_weekday),
		cmocka_unit_test(test_random), cmocka_unit_test(test_mac),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
