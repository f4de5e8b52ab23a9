/* test_kernel.c: what is compiled passes the verifier, and judges frames made by hand. The wide
 * comparison with the interpreter is tests/differential's. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "compiled.h"
#include "rpol/abi.h"

/* ---- loading -----------------------------------------------------------------------------------
 */

static char log_text[1 << 16];

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static struct bpf_object *load(struct compiled *compiled)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "test",
		    .kernel_log_buf = log_text, .kernel_log_size = sizeof(log_text));
	struct bpf_object *object;

	assert_int_equal(compiled->result, 0);
	object = bpf_object__open_mem(compiled->object, compiled->size, &options);
	assert_non_null(object);
	if (bpf_object__load(object)) {
		fprintf(stderr, "%s\n", log_text);
		fail_msg("the kernel refuses it: %s", strerror(errno));
	}
	return object;
}

static void loads(struct rpol_unit *unit)
{
	struct compiled compiled = compile_unit(unit);

	bpf_object__close(load(&compiled));
	compiled_free(&compiled);
}

/* ---- frames ------------------------------------------------------------------------------------
 */

struct frame {
	uint8_t bytes[512];
	size_t length;
};

static void put(struct frame *frame, const void *bytes, size_t length)
{
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static void put16(struct frame *frame, unsigned value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(frame, bytes, 2);
}

static struct frame ethernet(unsigned ntags, unsigned type)
{
	struct frame frame = {0};

	put(&frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
	for (unsigned i = 0; i < ntags; i++) {
		put16(&frame, i + 1 < ntags ? 0x88a8 : 0x8100);
		put16(&frame, 5 + i);
	}
	put16(&frame, type);
	return frame;
}

static void put_l4(struct frame *frame, unsigned proto, unsigned port)
{
	put16(frame, 40000);
	put16(frame, port);
	if (proto == 17) {
		put16(frame, 8);
		put16(frame, 0);
	} else {
		put(frame, "\0\0\0\1\0\0\0\0\x50\x02\xff\xff\0\0\0\0", 16);
	}
}

static struct frame ipv4(unsigned ntags, unsigned options, unsigned fragment, unsigned proto,
			 unsigned port)
{
	struct frame frame = ethernet(ntags, 0x0800);
	uint8_t head[2] = {(uint8_t)(0x45 + options), 0};

	put(&frame, head, 2);
	put16(&frame, 20 + 4 * options + (proto == 17 ? 8 : 20));
	put16(&frame, 1);
	put16(&frame, fragment);
	put(&frame, (uint8_t[]){64, (uint8_t)proto}, 2);
	put16(&frame, 0);
	put(&frame, "\xc0\0\2\1\x0a\1\2\4", 8);
	for (unsigned i = 0; i < options; i++)
		put(&frame, "\1\1\1\1", 4);
	put_l4(&frame, proto, port);
	return frame;
}

static struct frame ipv6(unsigned extensions, unsigned proto, unsigned port)
{
	struct frame frame = ethernet(0, 0x86dd);

	put(&frame, "\x60\0\0\0", 4);
	put16(&frame, 8 * extensions + (proto == 17 ? 8 : 20));
	put(&frame, (uint8_t[]){extensions ? 60 : (uint8_t)proto, 64}, 2);
	put(&frame, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	put(&frame, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	for (unsigned i = 0; i < extensions; i++) {
		put(&frame, (uint8_t[]){i + 1 < extensions ? 60 : (uint8_t)proto, 0}, 2);
		put(&frame, "\1\4\0\0\0\0", 6);
	}
	put_l4(&frame, proto, port);
	return frame;
}

/* What the program returns; the frame becomes what it left. */
static int run(struct bpf_object *object, const char *program, struct frame *frame)
{
	uint8_t out[1024];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = (uint32_t)frame->length, .data_out = out,
		    .data_size_out = sizeof(out));
	const struct bpf_program *found = bpf_object__find_program_by_name(object, program);

	assert_non_null(found);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(found), &options), 0);
	memcpy(frame->bytes, out, options.data_size_out);
	frame->length = options.data_size_out;
	return (int)options.retval;
}

static int judge(struct bpf_object *object, const char *program, struct frame frame)
{
	return run(object, program, &frame);
}

static struct rpol_counter count(struct bpf_object *object, uint32_t rule)
{
	int cpus = libbpf_num_possible_cpus();
	struct rpol_counter *all = calloc((size_t)cpus, sizeof(*all)), sum = {0};

	assert_non_null(all);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, RPOL_MAP_COUNTERS),
				    &rule, all),
		0);
	for (int i = 0; i < cpus; i++) {
		sum.packets += all[i].packets;
		sum.bytes += all[i].bytes;
	}
	free(all);
	return sum;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void all_load(void **state)
{
	glob_t names;

	(void)state;
	assert_int_equal(chdir(GOLDEN), 0);
	assert_int_equal(glob("*.rpol", 0, NULL, &names), 0);
	for (size_t i = 0; i < names.gl_pathc; i++)
		loads(open_policy(names.gl_pathv[i]));
	globfree(&names);
	loads(open_policy(EXAMPLES "/router.rpol"));
}

/* Reading: every frame that holds TCP to port 22 is dropped, and no other. */
static void reading(void **state)
{
	struct compiled compiled;
	struct bpf_object *object;
	struct frame frame;

	(void)state;
	assert_int_equal(chdir(GOLDEN), 0);
	compiled = compile_unit(open_policy("minimal.rpol"));
	object = load(&compiled);
	for (unsigned tags = 0; tags < 3; tags++) {
		assert_int_equal(judge(object, "policy_p", ipv4(tags, 0, 0, 6, 22)), XDP_DROP);
		assert_int_equal(judge(object, "policy_p", ipv4(tags, 10, 0, 6, 22)), XDP_DROP);
		assert_int_equal(judge(object, "policy_p", ipv4(tags, 0, 0, 6, 23)), XDP_PASS);
		assert_int_equal(judge(object, "policy_p", ipv4(tags, 0, 0, 17, 22)), XDP_PASS);
	}
	assert_int_equal(judge(object, "policy_p", ipv4(3, 0, 0, 6, 22)), XDP_PASS);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0x2000, 6, 22)), XDP_DROP);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0x0005, 6, 22)), XDP_PASS);
	for (unsigned extensions = 0; extensions <= 9; extensions++)
		assert_int_equal(judge(object, "policy_p", ipv6(extensions, 6, 22)),
				 extensions <= 8 ? XDP_DROP : XDP_PASS);
	frame = ipv4(0, 0, 0, 6, 22);
	for (frame.length--; frame.length >= 14; frame.length--)
		assert_int_equal(judge(object, "policy_p", frame), XDP_PASS);
	assert_int_equal(count(object, 0).packets, 3 * 2 + 1 + 9);
	bpf_object__close(object);
	compiled_free(&compiled);
}

static void verdicts(void **state)
{
	struct compiled compiled;
	struct bpf_object *object;
	struct frame frame;

	(void)state;
	assert_int_equal(chdir(GOLDEN), 0);
	compiled = compile_unit(open_policy("verdicts.rpol"));
	object = load(&compiled);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0x2000, 6, 1)), 2); /* fragments */
	assert_int_equal(count(object, 0).packets, 1);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 1)), 2);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 2)), -1);
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 4)), 7);
	frame = ipv4(0, 0, 0, 6, 5);
	assert_int_equal(run(object, "policy_p", &frame), 7);
	assert_memory_equal(frame.bytes, "\x02\0\0\0\0\2\x02\0\0\0\0\1", 12);
	/* `continue` counts; then the default, for which there is no route here, passes. */
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 3)), -1);
	assert_int_equal(count(object, 3).packets, 1);
	assert_int_equal(count(object, 3).bytes, 54);
	/* 192.0.2.0/24 in table s. */
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 13)), 2);
	/* 10.1.2.0/24 in table t continues; IPv6 2001:db8::/32 goes to a group. */
	assert_int_equal(judge(object, "policy_p", ipv4(0, 0, 0, 6, 10)), -1);
	assert_int_equal(count(object, 10).packets, 1);
	assert_int_equal(count(object, 14).packets, 2);
	bpf_object__close(object);
	compiled_free(&compiled);
}

/* The entry falls through to the kernel while its slot is empty, and then goes to the policy. */
static void entry(void **state)
{
	struct compiled compiled;
	struct bpf_object *object;
	uint32_t slot = 1, active = 1, zero = 0;
	int policy;

	(void)state;
	assert_int_equal(chdir(GOLDEN), 0);
	compiled = compile_unit(open_policy("minimal.rpol"));
	object = load(&compiled);
	policy = bpf_program__fd(bpf_object__find_program_by_name(object, "policy_p"));
	assert_int_equal(judge(object, "entry_p", ipv4(0, 0, 0, 6, 22)), XDP_PASS);
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "slots_p"),
					     &slot, &policy, 0),
			 0);
	assert_int_equal(judge(object, "entry_p", ipv4(0, 0, 0, 6, 22)), XDP_PASS);
	assert_int_equal(
		bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, RPOL_MAP_ACTIVE), &zero,
				    &active, 0),
		0);
	assert_int_equal(judge(object, "entry_p", ipv4(0, 0, 0, 6, 22)), XDP_DROP);
	bpf_object__close(object);
	compiled_free(&compiled);
}

/* ---- size --------------------------------------------------------------------------------------
 */

static void loads_text(void (*write)(FILE *out), const char *hook)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out,
		"interface lan = eth1;\nnexthop a { via 192.0.2.1 dev lan; }\n"
		"policy p on lan at %s {\n default route a;\n",
		hook);
	write(out);
	fprintf(out, "}\n");
	fclose(out);
	loads(open_text(text, size));
	free(text);
}

static void write_rules(FILE *out)
{
	for (int i = 0; i < 1023; i++) {
		if (i % 3 == 0)
			fprintf(out,
				" r%d: src in 10.%d.%d.0/24 and tcp.dport in %d..%d => drop;\n", i,
				i / 256, i % 256, i, i + 7);
		else if (i % 3 == 1)
			fprintf(out,
				" r%d: dst in { 2001:db8:%x::/48, 2001:db8:%x:1::2 } and not "
				"udp.dport == %d => pass;\n",
				i, i, i + 1, i);
		else
			fprintf(out, " r%d: (ttl < %d or len > %d) and proto == udp => continue;\n",
				i, i % 255 + 1, i);
	}
}

static void write_or(FILE *out)
{
	fprintf(out, " r: ");
	for (int i = 0; i < 1024; i++)
		fprintf(out, "%ssrc == 2001:db8:%x:%x::%x", i ? " or " : "", i, i * 7, i * 3);
	fprintf(out, " => drop;\n");
}

static void write_and(FILE *out)
{
	fprintf(out, " r: ");
	for (int i = 0; i < 512; i++)
		fprintf(out, "%snot (src in 10.%d.%d.0/24 and dport == %d)", i ? " and " : "",
			i / 256, i % 256, i);
	fprintf(out, " => drop;\n");
}

/* Chains as deep as the language allows, each too large to be written at its jumps, and each with
 * two of those: the kernel has 8 frames. */
static void deep_chains(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fprintf(out, "interface lan = eth1;\n");
	for (int i = 0; i < 16; i++) {
		fprintf(out, "chain c%d {\n", i);
		for (int r = 0; r < 24; r++)
			fprintf(out, " r%d: src == 10.%d.0.%d and ttl > %d => drop;\n", r, i, r, r);
		if (i)
			fprintf(out, " x: ttl == 1 => jump c%d;\n y: ttl == 2 => jump c%d;\n",
				i - 1, i - 1);
		fprintf(out, "}\n");
	}
	fprintf(out, "policy p on lan at xdp { default pass; a: any => jump c3; b: any => jump c3;"
		     " c: ttl == 3 => jump c3; }\n"
		     "policy q on lan at tc ingress { default pass; a: any => jump c5; }\n");
	fclose(out);
	loads(open_text(text, size));
	free(text);
}

static void limits(void **state)
{
	(void)state;
	loads_text(write_rules, "xdp");
	loads_text(write_or, "tc ingress");
	loads_text(write_and, "xdp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_load), cmocka_unit_test(reading),
		cmocka_unit_test(verdicts), cmocka_unit_test(entry),
		cmocka_unit_test(limits),   cmocka_unit_test(deep_chains),
	};
	LIBBPF_OPTS(bpf_map_create_opts, options);
	int fd;

	libbpf_set_print(quiet);
	fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "probe", 4, 4, 1, &options);
	if (fd < 0 && errno == EPERM && !getenv("CI")) {
		fprintf(stderr, "skipped: loading BPF programs needs CAP_BPF and CAP_NET_ADMIN\n");
		return 77;
	}
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
