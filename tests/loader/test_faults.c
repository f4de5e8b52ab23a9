/* test_faults.c: an apply or a detach killed at each of its steps, and each of its bpf() calls
 * refused: the old policy or the new one is in force, whole, with what its dynamic sets and tables
 * held, and the next run goes well.
 *
 * syscall() is ours here, in front of libc's, so that libbpf's calls pass through it. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/contents.h"
#include "steps.h"
#include "world.h"

#define IFACES                                                                                     \
	"interface lan = eth1; interface wan = eth2; nexthop a { via 203.0.113.1 dev wan; }\n"

static struct rpol_object *old, *new;

/* ---- the two faults ------------------------------------------------------------------------- */

static int countdown; /* to the fault; 0: none */

static void kill_at(const char *what)
{
	(void)what;
	if (countdown && !--countdown)
		raise(SIGKILL);
}

long syscall(long number, ...)
{
	va_list args;
	long a[6], result;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && countdown && !rpol_loader_step && !--countdown) {
		errno = EIO;
		return -1;
	}
#ifdef __x86_64__
	register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
#else
#error "this test knows the system calls of x86-64 only"
#endif
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

static int apply(const struct rpol_object *object, enum rpol_tc_attach tc, bool *changed)
{
	struct rpol_apply_options options = {.bpffs = world_bpffs, .tc = tc};
	struct rpol_load_error error = {0};
	struct rpol_apply_result result;
	int rc = rpol_loader_apply(object, &options, &result, &error);

	assert_int_equal(rc != 0, error.message != NULL);
	if (changed)
		*changed = !rc && result.changed;
	rpol_apply_result_free(&result);
	rpol_load_error_clear(&error);
	return rc;
}

/* Whose policy is in force: its object, NULL for none; a damaged state fails. Everything of it
 * must be attached. */
static const struct rpol_object *in_force(void)
{
	struct rpol_load_error error = {0};
	struct rpol_status *status = NULL;
	const struct rpol_object *object = NULL;
	int rc = rpol_loader_status(world_bpffs, "d", &status, &error);

	if (rc) {
		if (rc != -ENOENT && !(error.message && strstr(error.message, "interrupted")))
			fail_msg("%d: %s", rc, error.message);
		rpol_load_error_clear(&error);
		return NULL;
	}
	object = !memcmp(status->digest, old->digest, 32)   ? old
		 : !memcmp(status->digest, new->digest, 32) ? new
							    : NULL;
	assert_non_null(object);
	for (size_t i = 0; i < status->nlinks; i++)
		assert_string_not_equal(status->links[i].mode, "detached");
	rpol_status_free(status);
	return object;
}

/* ---- contents: a set whose map is shared, one that is copied, a table whose words change, and one
 * in memory that grows and whose words change
 * ------------------------------------------------------
 */

static bool filled; /* something was added since the last detach */

static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
static const struct rpol_prefix_key prefix = {.length = 48,
					      .family = 0x04000000, /* 4, big-endian */
					      .addr = {192, 0}};

static const char *const names[] = {"kept", "grown", "table", "tries"};
enum { NAMES = 4 };

static bool is_table(const char *name)
{
	return *name == 't';
}

static const uint8_t *key_of(const char *name)
{
	return strcmp(name, "tries") ? address : (const uint8_t *)&prefix;
}

static struct rpol_contents *open_contents(const char *name)
{
	struct rpol_load_error error = {0};
	struct rpol_contents *contents = NULL;

	if (rpol_contents_open(world_bpffs, "d", name, is_table(name), &contents, &error))
		fail_msg("%s", error.message);
	return contents;
}

static void add_contents(void)
{
	for (size_t i = 0; i < NAMES; i++) {
		struct rpol_contents *contents = open_contents(names[i]);
		uint32_t word = 0;

		if (is_table(names[i]))
			assert_int_equal(rpol_contents_word(contents, "route a", &word, NULL), 0);
		assert_int_equal(rpol_contents_add(contents, key_of(names[i]), 0, word, NULL), 0);
		rpol_contents_close(contents);
	}
	filled = true;
}

static int check_content(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	struct rpol_contents *contents = arg;
	const struct rpol_object_content *info = rpol_contents_info(contents);
	char buf[64];

	assert_int_equal(seconds, 0);
	if (memcmp(key, key_of(info->name), info->key_size))
		return 0; /* a seed */
	if (is_table(info->name))
		assert_string_equal(rpol_contents_word_text(contents, word, buf, sizeof(buf)),
				    "route a");
	filled = true;
	return 0;
}

/* What was added is there. */
static void holds_contents(void)
{
	for (size_t i = 0; filled && i < NAMES; i++) {
		struct rpol_contents *contents = open_contents(names[i]);

		filled = false;
		assert_int_equal(rpol_contents_each(contents, check_content, contents, NULL), 0);
		rpol_contents_close(contents);
		if (!filled)
			fail_msg("what was in %s is lost", names[i]);
	}
}

static void detach(void)
{
	struct rpol_load_error error = {0};
	int rc = rpol_loader_detach(world_bpffs, "d", &error);

	if (rc && rc != -ENOENT)
		fail_msg("%d: %s", rc, error.message);
	rpol_load_error_clear(&error);
	filled = false;
}

/* old drops port 7 at XDP on eth1, new drops port 8 there: see which of them does, by its counter.
 * It has what was added. */
static void judges(const struct rpol_object *object)
{
	struct rpol_status *before = NULL, *after = NULL;
	uint64_t dropped = 0;

	assert_int_equal(rpol_loader_status(world_bpffs, "d", &before, NULL), 0);
	world_send("p1", object == old ? 7 : 8, 1);
	for (int i = 0; i < 100 && !dropped; i++) {
		rpol_status_free(after);
		after = NULL;
		assert_int_equal(rpol_loader_status(world_bpffs, "d", &after, NULL), 0);
		dropped =
			after->programs[0].rules[0].packets - before->programs[0].rules[0].packets;
		usleep(1000);
	}
	assert_int_equal(dropped, 1);
	holds_contents();
	rpol_status_free(before);
	rpol_status_free(after);
}

/* ---- killing ------------------------------------------------------------------------------------
 */

/* Runs work in a child killed at its n-th step; false when it came to its end. */
static bool killed_at(int n, int (*work)(enum rpol_tc_attach), enum rpol_tc_attach tc)
{
	int status;
	pid_t child = fork();

	if (!child) {
		countdown = n;
		rpol_loader_step = kill_at;
		_exit(work(tc) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

static int apply_new(enum rpol_tc_attach tc)
{
	return apply(new, tc, NULL);
}

static int detach_it(enum rpol_tc_attach tc)
{
	(void)tc;
	return rpol_loader_detach(world_bpffs, "d", NULL);
}

static void survives_kills_of(enum rpol_tc_attach tc)
{
	bool more = true;
	int n;

	for (n = 1; more; n++) {
		assert_int_equal(apply(old, tc, NULL), 0);
		add_contents();
		more = killed_at(n, apply_new, tc);
		const struct rpol_object *object = in_force();
		assert_true(object == old || object == new);
		if (!more)
			assert_ptr_equal(object, new);
		judges(object);
		assert_int_equal(apply(new, tc, NULL), 0);
		assert_ptr_equal(in_force(), new);
		judges(new);
		if (n % 4 == 0)
			detach();
	}
	assert_true(n > 10);
	detach();
	assert_true(world_is_clean());
}

static void survives_kills(void **state)
{
	(void)state;
	survives_kills_of(RPOL_TC_AUTO);
	survives_kills_of(RPOL_TC_CLSACT);
}

/* From nothing: nothing or the new policy; a detach cleans up whatever is there. */
static void survives_kills_of_the_first(void **state)
{
	bool more = true;

	(void)state;
	for (int n = 1; more; n++) {
		enum rpol_tc_attach tc = n % 2 ? RPOL_TC_AUTO : RPOL_TC_CLSACT;

		more = killed_at(n, apply_new, tc);
		const struct rpol_object *object = in_force();
		assert_true(!object || object == new);
		if (n % 3) {
			assert_int_equal(apply(new, tc, NULL), 0);
			assert_ptr_equal(in_force(), new);
			judges(new);
		}
		detach();
		assert_true(world_is_clean());
	}
}

static void survives_kills_of_a_detach(void **state)
{
	bool more = true;

	(void)state;
	for (int n = 1; more; n++) {
		enum rpol_tc_attach tc = n % 2 ? RPOL_TC_AUTO : RPOL_TC_CLSACT;

		assert_int_equal(apply(old, tc, NULL), 0);
		more = killed_at(n, detach_it, tc);
		detach();
		assert_true(world_is_clean());
	}
}

/* ---- refused calls
 * ------------------------------------------------------------------------------- */

/* Every pin below the deployment, counted. */
static unsigned count_pins(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	unsigned count = 0;

	while (folder && (entry = readdir(folder))) {
		char child[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		count += 1 + (entry->d_type == DT_DIR ? count_pins(child) : 0);
	}
	if (folder)
		closedir(folder);
	return count;
}

static void survives_refusals(void **state)
{
	char path[64];
	int n = 1, fine = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/rpol", world_bpffs);
	/* A refusal that a run gets over is not one too many; three in a row are past its end. */
	for (; fine < 3; n++) {
		assert_int_equal(apply(old, RPOL_TC_AUTO, NULL), 0);
		add_contents();
		unsigned pins = count_pins(path);
		countdown = n;
		int rc = apply(new, RPOL_TC_AUTO, NULL);
		fine = countdown ? fine + 1 : 0;
		countdown = 0;
		if (rc && in_force() == new)
			fail_msg("call %d refused: failed, but the new policy is in force", n);
		if (!rc)
			assert_ptr_equal(in_force(), new);
		judges(rc ? old : new);
		if (rc && count_pins(path) > pins)
			fail_msg("call %d refused: %u pins became %u", n, pins, count_pins(path));
		detach();
		assert_true(world_is_clean());
	}
	assert_true(n > 50);
}

static void survives_refusals_of_the_first(void **state)
{
	int fine = 0;

	(void)state;
	for (int n = 1; fine < 3; n++) {
		countdown = n;
		int rc = apply(new, n % 2 ? RPOL_TC_AUTO : RPOL_TC_CLSACT, NULL);
		fine = countdown ? fine + 1 : 0;
		countdown = 0;
		if (rc)
			assert_true(world_is_clean());
		else
			detach();
		assert_true(world_is_clean());
	}
}

static int setup(void **state)
{
	(void)state;
	old = object_make("d", IFACES
			  "dynamic set kept : addr { size 8; }\n"
			  "dynamic set grown : addr { size 4; }\n"
			  "dynamic table table : exact dst { size 4; }\n"
			  "dynamic table tries : lpm dst { size 100; }\n"
			  "policy out on lan at xdp { a: udp.dport == 7 => drop; default pass; "
			  "r: udp.dport == 9 => route a; s: src in kept or src in grown => drop; "
			  "t: any => lookup table; u: any => lookup tries; }\n"
			  "policy back on wan at tc ingress { default pass; }\n");
	new = object_make("d",
			  "nexthop z { via 203.0.113.9 dev wan; }\n" IFACES
			  "dynamic set kept : addr { size 8; }\n"
			  "dynamic set grown : addr { size 8; }\n"
			  "dynamic table table : exact dst { size 4; 192.0.2.9 => drop; }\n"
			  "dynamic table tries : lpm dst { size 200; 198.51.100.0/24 => drop; }\n"
			  "policy out on lan at xdp { b: udp.dport == 8 => drop; default pass; "
			  "r: udp.dport == 9 => route a; s: src in kept or src in grown => drop; "
			  "t: any => lookup table; u: any => lookup tries; }\n"
			  "policy wire on lan at tc ingress { default pass; }\n"
			  "policy on_wan on wan at xdp { default pass; }\n");
	return world_enter() ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	rpol_object_free(old);
	rpol_object_free(new);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_kills),
		cmocka_unit_test(survives_kills_of_the_first),
		cmocka_unit_test(survives_kills_of_a_detach),
		cmocka_unit_test(survives_refusals),
		cmocka_unit_test(survives_refusals_of_the_first),
	};

	if (geteuid())
		return test_unprivileged("deploying needs root");
	return cmocka_run_group_tests(tests, setup, teardown);
}
