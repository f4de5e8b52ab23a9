/* test_testrun.c: the kernel engine: verdicts, rewrites and counters among stand-ins. With the
 * argument `one` only what a process without CAP_SYS_ADMIN can do: one object. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/testrun.h"

/* Verdicts by number, as verdicts.def has them. */
enum { DROP, PASS, FIB, ROUTE, LOOKUP, SEND, BOUNCE };

static const char policy[] =
	"interface lan = eth1; interface wan_a = eth2; interface wan_b = eth3;\n"
	"nexthop a { via 203.0.113.1 dev wan_a; }\n"
	"nexthop b { via 203.0.113.1 dev wan_b; }\n"
	"nexthop a6 { via 2001:db8::1 dev wan_a; }\n"
	"nexthop b6 { via 2001:db8::1 dev wan_b; }\n"
	"group g { hash flow; a weight 1; b weight 1; }\n"
	"dynamic table live : lpm dst { size 1000; 192.0.0.0/16 => drop; 192.0.2.0/24 => route b;\n"
	"  2001:db8::/32 => drop; }\n"
	"policy x on lan at xdp { default pass;\n"
	"  l: udp.dport == 10 => lookup live;\n"
	"  f: udp.dport == 1 => fib; a: udp.dport == 2 => route a; b: udp.dport == 3 => route b;\n"
	"  a6: udp.dport == 4 => route a6; b6: udp.dport == 5 => route b6; s: udp.dport == 6 => "
	"send wan_b;\n"
	"  z: udp.dport == 7 => bounce; d: udp.dport == 8 => drop; g: udp.dport == 9 => route g "
	"else drop; }\n"
	"policy t on wan_a, wan_b at tc ingress { default pass;\n"
	"  f: udp.dport == 1 => fib; b: udp.dport == 3 => route b; here: iface == wan_b => drop; "
	"}\n";

static const uint8_t iface_macs[][6] = {
	{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}, {2, 0, 0, 0, 0, 4}};
static const uint8_t nexthop_macs[][6] = {
	{2, 0, 0, 1, 0, 1}, {2, 0, 0, 1, 0, 2}, {2, 0, 0, 1, 0, 3}, {2, 0, 0, 1, 0, 4}};
static const uint8_t all_alive[] = {1, 1, 1, 1}, b_alive[] = {0, 1, 1, 1}, none_alive[4];

static struct rpol_object *object, *second;

static struct rpol_testrun_world make_world(const uint8_t *alive)
{
	return (struct rpol_testrun_world){.mtu = 1500,
					   .iface_macs = iface_macs,
					   .nexthop_macs = nexthop_macs,
					   .fib_mac = {2, 0, 0, 2, 0, 1},
					   .fib_peer_mac = {2, 0, 0, 2, 0, 2},
					   .alive = alive};
}

static struct rpol_testrun *open_run(const struct rpol_object *of, const uint8_t *alive)
{
	struct rpol_testrun_world world = make_world(alive);
	struct rpol_load_error error = {0};
	struct rpol_testrun *run = NULL;
	int rc = rpol_testrun_open(of, &world, &run, &error);

	if (rc)
		fail_msg("%d: %s (%s:%u)", rc, error.message, error.file ? error.file : "?",
			 error.line);
	return run;
}

struct answer {
	struct rpol_testrun_result result;
	uint8_t out[4096];
};

static struct answer judge(struct rpol_testrun *run, uint32_t program, uint32_t iface,
			   uint16_t port, size_t length)
{
	uint8_t frame[4096] = {
		2, 0, 0, 0,  0,	 9, 2, 0,  0, 0, 0, 8,	 8, 0, 0x45, 0,	   0,	 0, 0,
		0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 77,   0x12, 0x34, 0, (uint8_t)port};
	struct rpol_load_error error = {0};
	struct answer answer;

	frame[16] = (uint8_t)((length - 14) >> 8);
	frame[17] = (uint8_t)(length - 14);
	frame[38] = (uint8_t)((length - 34) >> 8);
	frame[39] = (uint8_t)(length - 34);
	int rc = rpol_testrun_run(run, program, iface, frame, length, answer.out,
				  sizeof(answer.out), &answer.result, &error);
	if (rc)
		fail_msg("%d: %s", rc, error.message);
	return answer;
}

static void expect_forwarded(const struct answer *answer, uint32_t egress, const uint8_t to[6],
			     const uint8_t from[6])
{
	assert_true(answer->result.judged);
	if (answer->result.trace.handed)
		fail_msg("rule %u: left to the kernel, reason %u", answer->result.trace.counter,
			 answer->result.trace.handed);
	assert_int_equal(answer->result.egress, egress);
	assert_memory_equal(answer->out, to, 6);
	assert_memory_equal(answer->out + 6, from, 6);
	assert_int_equal(answer->out[22], 63);
}

static void judges(void **state)
{
	struct rpol_testrun_world world = make_world(all_alive);
	struct rpol_testrun *run = open_run(object, all_alive), *other = NULL;
	struct rpol_load_error error = {0};
	struct rpol_counter counters[15];
	struct answer answer;

	(void)state;
	answer = judge(run, 0, 0, 1, 60);
	expect_forwarded(&answer, RPOL_TESTRUN_FIB, world.fib_peer_mac, world.fib_mac);
	assert_int_equal(answer.result.trace.verdict, FIB);
	assert_int_equal(answer.result.action, XDP_REDIRECT);
	for (uint32_t hop = 0; hop < 4; hop++) {
		answer = judge(run, 0, 0, (uint16_t)(2 + hop), 60);
		expect_forwarded(&answer, 1 + hop % 2, nexthop_macs[hop], iface_macs[1 + hop % 2]);
		assert_int_equal(answer.result.trace.verdict, ROUTE);
		assert_int_equal(answer.result.trace.nexthop, hop);
	}
	answer = judge(run, 0, 0, 10, 60);
	expect_forwarded(&answer, 2, nexthop_macs[1], iface_macs[2]);
	answer = judge(run, 0, 0, 6, 60);
	assert_int_equal(answer.result.trace.verdict, SEND);
	assert_int_equal(answer.result.egress, 2);
	answer = judge(run, 0, 0, 7, 60);
	assert_int_equal(answer.result.egress, 0);
	assert_int_equal(answer.result.action, XDP_TX);
	answer = judge(run, 0, 0, 8, 60);
	assert_int_equal(answer.result.action, XDP_DROP);
	assert_int_equal(answer.result.egress, RPOL_TESTRUN_NONE);
	answer = judge(run, 0, 0, 1, 1514);
	assert_int_equal(answer.result.trace.handed, RPOL_HANDED_NONE);
	answer = judge(run, 0, 0, 1, 1515);
	assert_int_equal(answer.result.trace.handed, RPOL_HANDED_TOO_BIG);
	assert_int_equal(answer.result.action, XDP_PASS);

	answer = judge(run, 1, 1, 1, 60);
	expect_forwarded(&answer, RPOL_TESTRUN_FIB, world.fib_peer_mac, world.fib_mac);
	answer = judge(run, 1, 1, 3, 60);
	expect_forwarded(&answer, 2, nexthop_macs[1], iface_macs[2]);
	answer = judge(run, 1, 1, 1, 1515);
	assert_int_equal(answer.result.trace.handed, RPOL_HANDED_TOO_BIG);
	answer = judge(run, 1, 1, 40, 60);
	assert_int_equal(answer.result.trace.verdict, PASS);
	answer = judge(run, 1, 2, 40, 60);
	assert_int_equal(answer.result.trace.verdict, DROP);

	assert_int_equal(rpol_testrun_counters(run, counters, &error), 0);
	assert_int_equal(counters[0].packets, 1);
	assert_int_equal(counters[1].packets, 3);
	assert_int_equal(counters[1].bytes, 60 + 1514 + 1515);
	assert_int_equal(counters[2].packets, 1);
	assert_int_equal(rpol_testrun_open(object, &world, &other, &error), -EBUSY);
	rpol_load_error_clear(&error);
	rpol_testrun_close(run);
}

/* Whatever the length, the kernel judges or says why not. */
static void takes_every_length(void **state)
{
	struct rpol_testrun *run = open_run(object, all_alive);

	(void)state;
	for (uint32_t program = 0; program < 2; program++)
		for (size_t length = 0; length < 4096; length += length < 100 ? 1 : 97) {
			static const uint16_t types[] = {0x0800, 0x86dd, 0x8100, 0x0806, 0x1234};

			for (size_t type = 0; type < 5; type++) {
				uint8_t frame[4096] = {2, 0, 0, 0, 0, 1}, out[4096];
				struct rpol_load_error error = {0};
				struct rpol_testrun_result result;

				frame[12] = (uint8_t)(types[type] >> 8);
				frame[13] = (uint8_t)types[type];
				int rc = rpol_testrun_run(run, program, program, frame, length, out,
							  sizeof(out), &result, &error);
				if (rc || (!result.judged && !result.why))
					fail_msg("%zu bytes: %d %s", length, rc, error.message);
				if (length >= 54 && length < 3000)
					assert_true(result.judged);
			}
		}
	rpol_testrun_close(run);
}

static void knows_the_dead(void **state)
{
	struct rpol_testrun *run = open_run(object, b_alive);

	(void)state;
	struct answer answer = judge(run, 0, 0, 9, 60);
	assert_int_equal(answer.result.trace.nexthop, 1);
	rpol_testrun_close(run);
	run = open_run(object, none_alive);
	answer = judge(run, 0, 0, 9, 60);
	assert_int_equal(answer.result.trace.verdict, DROP);
	rpol_testrun_close(run);
}

static void changes_objects(void **state)
{
	struct rpol_testrun *run = open_run(second, all_alive);
	struct answer answer;

	(void)state;
	for (uint32_t hop = 0; hop < 2; hop++) {
		answer = judge(run, 0, 3, (uint16_t)(1 + hop), 60);
		assert_int_equal(answer.result.trace.handed, RPOL_HANDED_NONE);
		assert_memory_equal(answer.out, nexthop_macs[hop], 6);
	}
	rpol_testrun_close(run);
	judges(state);
}

static int setup(void **state)
{
	(void)state;
	object = object_make("run", policy);
	second = object_make(
		"second",
		"interface lan = eth1; interface wan_a = eth2; interface wan_b = eth3; "
		"interface dmz = eth4;\n"
		"nexthop b { via 203.0.113.1 dev wan_b; }\nnexthop c { via 10.9.9.9 dev dmz; }\n"
		"policy x on dmz at xdp { default pass; b: udp.dport == 1 => route b; "
		"c: udp.dport == 2 => route c; w: iface == wan_a => drop; l: iface == lan => drop; "
		"}\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rpol_object_free(object);
	rpol_object_free(second);
	return 0;
}

/* Without CAP_SYS_ADMIN the second object is refused, with words. */
static void refuses_a_second(void **state)
{
	struct rpol_testrun_world world = make_world(all_alive);
	struct rpol_load_error error = {0};
	struct rpol_testrun *run = NULL;

	(void)state;
	assert_int_equal(rpol_testrun_open(object, &world, &run, &error), -EPERM);
	assert_non_null(strstr(error.message, "one object only"));
	rpol_load_error_clear(&error);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(takes_every_length),
		cmocka_unit_test(knows_the_dead),
		cmocka_unit_test(changes_objects),
	};
	const struct CMUnitTest one[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(refuses_a_second),
	};

	bool only_one = argc > 1 && !strcmp(argv[1], "one");
	if (!only_one && geteuid())
		return test_unprivileged("a test run of several objects needs root");
	return only_one ? cmocka_run_group_tests(one, setup, teardown)
			: cmocka_run_group_tests(all, setup, teardown);
}
