/* test_memory.c: sets and tables in memory: what the object has there is what programs find, and
 * whatever stands there, programs load, end, and stay inside. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/testrun.h"

static const char *const memories[] = {
	".rodata.set4_nets",   ".rodata.set6_nets",
	".rodata.set4_hosts",  ".rodata.set6_hosts",
	".rodata.set_pairs",   ".rodata.table4_a_name_that_is_longer_than_the_kernels",
	".rodata.table_ports", ".rodata.table6_a_name_that_is_longer_than_the_kernels",
};

enum { MEMORIES = sizeof(memories) / sizeof(*memories), EACH = 40 };

static const uint8_t macs[][6] = {{2, 0, 0, 0, 0, 1}}, alive[1];

/* Each set and table is large enough for memory. */
static char *policy_text(void)
{
	static const char *const parts[][4] = {
		{"set nets : prefix {", "10.%u.0.0/16, 2001:db8:%x::/48", ", ", "};\n"},
		{"set hosts : addr {", "192.0.2.%u, 2001:db8::%x", ", ", "};\n"},
		{"set pairs : (src, dport) {", "(198.51.100.%u, %u)", ", ", "};\n"},
		{"table ports : exact dport {", "%u => drop; 1%03u => pass;", " ", "}\n"},
		{"table a_name_that_is_longer_than_the_kernels : lpm src {",
		 "172.16.%u.0/24 => drop; 3fff:%x::/32 => pass;", " ", "}\n"},
	};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	fprintf(out, "interface lan = eth1;\n");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		fprintf(out, "%s", parts[i][0]);
		for (unsigned n = 1; n <= EACH; n++) {
			fprintf(out, "%s", n > 1 ? parts[i][2] : "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			fprintf(out, parts[i][1], n, n);
#pragma GCC diagnostic pop
		}
		fprintf(out, "%s", parts[i][3]);
	}
	fprintf(out, "policy x on lan at xdp { default pass;\n"
		     " n: src in nets => drop; h: dst in hosts => drop; "
		     "p: (src, dport) in pairs => drop;\n"
		     " t: any => lookup a_name_that_is_longer_than_the_kernels;\n"
		     " e: any => lookup ports; }\n");
	assert_int_equal(fclose(out), 0);
	return text;
}

static uint8_t *object;
static size_t object_size;

static int setup(void **state)
{
	char *text = policy_text();

	(void)state;
	object_build("memory", text, &object, &object_size);
	free(text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(object);
	return 0;
}

/* The object as it is in bytes; NULL when it is refused, which must be as loads says. */
static struct rpol_testrun *open_run(const uint8_t *bytes, struct rpol_object **of, bool loads)
{
	struct rpol_testrun_world world = {
		.mtu = 1500,
		.iface_macs = macs,
		.nexthop_macs = macs,
		.fib_mac = {2, 0, 0, 2, 0, 1},
		.fib_peer_mac = {2, 0, 0, 2, 0, 2},
		.alive = alive,
	};
	struct rpol_load_error error = {0};
	struct rpol_testrun *run = NULL;
	char *message = NULL;

	assert_int_equal(rpol_object_read(bytes, object_size, of, &message), 0);
	if (rpol_testrun_open(*of, &world, &run, &error)) {
		assert_non_null(error.message);
		if (loads)
			fail_msg("%s (%s:%u)", error.message, error.file ? error.file : "?",
				 error.line);
		rpol_load_error_clear(&error);
		return NULL;
	}
	assert_true(loads);
	return run;
}

/* Runs a UDP packet; the rule that judged it. */
static uint32_t judge(struct rpol_testrun *run, bool six, const uint8_t *src, const uint8_t *dst,
		      uint16_t dport)
{
	uint8_t frame[70] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8}, out[128];
	uint8_t *ip = frame + 14, *udp = ip + (six ? 40 : 20);
	struct rpol_testrun_result result;
	struct rpol_load_error error = {0};

	if (six) {
		memcpy(frame + 12, (uint8_t[]){0x86, 0xdd, 0x60, 0, 0, 0, 0, 16, 17, 64}, 10);
		memcpy(ip + 8, src, 16);
		memcpy(ip + 24, dst, 16);
	} else {
		memcpy(frame + 12, (uint8_t[]){0x08, 0, 0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17}, 12);
		memcpy(ip + 12, src, 4);
		memcpy(ip + 16, dst, 4);
	}
	udp[2] = (uint8_t)(dport >> 8);
	udp[3] = (uint8_t)dport;
	udp[5] = 16;
	if (rpol_testrun_run(run, 0, 0, frame, six ? 70 : 60, out, sizeof(out), &result, &error))
		fail_msg("%s", error.message);
	assert_true(result.judged);
	return result.trace.counter;
}

static void finds(void **state)
{
	static const uint8_t other4[4] = {9, 9, 9, 9}, other6[16] = {0x20, 1};
	struct rpol_object *of = NULL;
	struct rpol_testrun *run = open_run(object, &of, true);

	(void)state;
	for (uint8_t n = 0; n <= EACH + 1; n++) {
		bool in = n >= 1 && n <= EACH;
		uint8_t six[16] = {0x20, 1, 0x0d, 0xb8, 0, n};

		/* Rules are counted in order: n, h, p, t, e, default. */
		assert_int_equal(judge(run, false, (uint8_t[]){10, n, 1, 1}, other4, 9999),
				 in ? 0 : 5);
		assert_int_equal(judge(run, true, six, other6, 9999), in ? 0 : 5);
		assert_int_equal(judge(run, false, other4, (uint8_t[]){192, 0, 2, n}, 9999),
				 in ? 1 : 5);
		memset(six + 4, 0, 12);
		six[15] = n;
		assert_int_equal(judge(run, true, other6, six, 9999), in ? 1 : 5);
		assert_int_equal(judge(run, false, (uint8_t[]){198, 51, 100, n}, other4, n),
				 in ? 2 : 5);
		assert_int_equal(judge(run, false, (uint8_t[]){172, 16, n, 200}, other4, 9999),
				 in ? 3 : 5);
		memcpy(six, (uint8_t[]){0x3f, 0xff, 0, n}, 4);
		assert_int_equal(judge(run, true, six, other6, 9999), in ? 3 : 5);
		assert_int_equal(judge(run, false, other4, other4, 1000 + n), in ? 4 : 5);
	}
	rpol_testrun_close(run);
	rpol_object_free(of);
}

/* Wild bytes in all memories, of a kind that leads far: programs end, and nothing else happens. */
static void stays_inside(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 12; round++) {
		uint8_t *wild = malloc(object_size);
		struct rpol_object *of = NULL;

		assert_non_null(wild);
		memcpy(wild, object, object_size);
		for (size_t m = 0; m < MEMORIES; m++) {
			size_t length = 0;
			uint8_t *bytes = object_section(wild, object_size, memories[m], &length);

			assert_non_null(bytes);
			for (size_t i = 0; i < length; i++)
				bytes[i] = round == 0	? 0xff
					   : round == 1 ? 0
							: (uint8_t)(rand() >> 8);
		}
		object_seal(wild, object_size);
		struct rpol_testrun *run = open_run(wild, &of, true);
		for (int i = 0; i < 500; i++) {
			uint8_t addresses[32];

			for (size_t b = 0; b < sizeof(addresses); b++)
				addresses[b] = (uint8_t)(rand() >> 8);
			assert_in_range(
				judge(run, i & 1, addresses, addresses + 16, (uint16_t)rand()), 0,
				5);
		}
		rpol_testrun_close(run);
		rpol_object_free(of);
		free(wild);
	}
}

/* A memory that is smaller than programs were made for: the kernel refuses them. */
static void refuses_small_memory(void **state)
{
	(void)state;
	for (size_t m = 0; m < MEMORIES; m++) {
		uint8_t *small = malloc(object_size);
		struct rpol_object *of = NULL;

		assert_non_null(small);
		memcpy(small, object, object_size);
		object_shrink(small, object_size, memories[m], 64);
		object_seal(small, object_size);
		assert_null(open_run(small, &of, false));
		rpol_object_free(of);
		free(small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(stays_inside),
		cmocka_unit_test(refuses_small_memory),
	};

	if (geteuid())
		return test_unprivileged("a test run of several objects needs root");
	return cmocka_run_group_tests(tests, setup, teardown);
}
