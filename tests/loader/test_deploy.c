/* test_deploy.c: apply, status and detach on real devices in a private namespace. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/loader.h"
#include "world.h"

#define IFACES "interface lan = eth1; interface wan = eth2;\n"
#define BACK "policy back on wan at tc ingress { default pass; m: udp.dport == 7 => drop; }\n"

static struct rpol_object *first, *second, *renamed, *both, *rival, *sender, *table_sender, *router,
	*wide;

static int setup(void **state)
{
	(void)state;
	first = object_make(
		"d", IFACES
		"policy out on lan at xdp { default pass; a: udp.dport == 7 => drop; }\n" BACK);
	second = object_make("d", IFACES
			     "policy out on lan at xdp { default drop; n: malformed => drop; "
			     "a: udp.dport == 7 => drop; }\n" BACK);
	renamed = object_make(
		"d", IFACES
		"policy other on lan at xdp { default pass; a: udp.dport == 7 => drop; }\n" BACK);
	both = object_make(
		"d", IFACES
		"policy out on lan, wan at xdp { default pass; a: udp.dport == 7 => drop; }\n");
	rival = object_make("rival",
			    "interface lan = eth1;\npolicy mine on lan at xdp { default pass; }\n");
	sender = object_make(
		"sender", IFACES
		"policy out on lan at xdp { default pass; a: udp.dport == 7 => send wan; }\n");
	table_sender =
		object_make("sender", IFACES
			    "table t : lpm dst { 10.0.0.0/8 => send wan; }\n"
			    "policy out on lan at xdp { default pass; a: any => lookup t; }\n");
	router = object_make(
		"router", IFACES
		"nexthop a { via 203.0.113.1 dev wan; }\nnexthop b { via 203.0.113.2 dev wan; }\n"
		"policy out on lan at xdp { default pass; a: udp.dport == 7 => route a; b: "
		"udp.dport == 8 => route b; }\n");
	wide = object_make("d", IFACES "policy out on wan at xdp { default pass; }\npolicy wire on "
				       "lan at tc egress { default pass; }\n");
	return world_enter() ? 0 : -1;
}

static int teardown(void **state)
{
	struct rpol_object *all[] = {first,  second,	   renamed, both, rival,
				     sender, table_sender, router,  wide};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		rpol_object_free(all[i]);
	return 0;
}

/* Applies and gives back the result's code; message must hold `says` when it fails. */
static int apply_with(struct rpol_object *object, struct rpol_apply_options options, bool *changed,
		      const char *says)
{
	struct rpol_load_error error = {0};
	struct rpol_apply_result result;

	options.bpffs = world_bpffs;
	int rc = rpol_loader_apply(object, &options, &result, &error);
	if (rc && (!says || !error.message || !strstr(error.message, says)))
		fail_msg("%d: `%s` does not say `%s`", rc, error.message, says);
	if (changed)
		*changed = result.changed;
	rpol_apply_result_free(&result);
	rpol_load_error_clear(&error);
	return rc;
}

static void apply_well(struct rpol_object *object)
{
	bool changed;

	assert_int_equal(apply_with(object, (struct rpol_apply_options){0}, &changed, NULL), 0);
	assert_true(changed);
}

static struct rpol_status *status_of(const char *name)
{
	struct rpol_load_error error = {0};
	struct rpol_status *status = NULL;

	int rc = rpol_loader_status(world_bpffs, name, &status, &error);
	if (rc)
		fail_msg("%d: %s", rc, error.message);
	return status;
}

static void detach(const char *name)
{
	struct rpol_load_error error = {0};

	int rc = rpol_loader_detach(world_bpffs, name, &error);
	if (rc)
		fail_msg("%d: %s", rc, error.message);
}

static uint64_t packets(const char *name, const char *policy, const char *label)
{
	struct rpol_status *status = status_of(name);
	uint64_t found = UINT64_MAX;

	for (size_t i = 0; i < status->nprograms; i++)
		for (size_t j = 0; j < status->programs[i].nrules; j++)
			if (!strcmp(status->programs[i].name, policy) &&
			    !strcmp(status->programs[i].rules[j].label, label))
				found = status->programs[i].rules[j].packets;
	rpol_status_free(status);
	return found;
}

/* Packets go through softirqs: wait for the number, a second at most. */
static void expect_packets(const char *name, const char *policy, const char *label, uint64_t wanted)
{
	for (int i = 0; i < 100 && packets(name, policy, label) != wanted; i++)
		usleep(10000);
	assert_int_equal(packets(name, policy, label), wanted);
}

static const char *mode_at(const struct rpol_status *status, const char *device, const char *hook)
{
	for (size_t i = 0; i < status->nlinks; i++)
		if (!strcmp(status->links[i].device, device) &&
		    !strcmp(status->links[i].hook, hook))
			return status->links[i].mode;
	return "none";
}

static void applies_once(void **state)
{
	bool changed = true;
	char **names = NULL;
	size_t count = 0;

	(void)state;
	apply_well(first);
	assert_int_equal(apply_with(first, (struct rpol_apply_options){0}, &changed, NULL), 0);
	assert_false(changed);
	struct rpol_status *status = status_of("d");
	assert_int_equal(status->generation, 1);
	assert_memory_equal(status->digest, first->digest, 32);
	assert_string_equal(mode_at(status, "eth1", "xdp"), "native");
	assert_string_equal(mode_at(status, "eth2", "tc ingress"), "tcx");
	rpol_status_free(status);
	assert_int_equal(rpol_loader_list(world_bpffs, &names, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "d");
	free(names[0]);
	free(names);
	detach("d");
	assert_true(world_is_clean());
}

static void judges_and_carries(void **state)
{
	(void)state;
	apply_well(first);
	world_send("p1", 7, 5);
	world_send("p1", 9, 3);
	world_send("p2", 7, 2);
	expect_packets("d", "out", "a", 5);
	expect_packets("d", "out", "default", 3);
	expect_packets("d", "back", "m", 2);
	apply_well(second);
	assert_int_equal(packets("d", "out", "a"), 5);
	world_send("p1", 7, 4);
	expect_packets("d", "out", "a", 9);
	assert_int_equal(packets("d", "out", "n"), 0);
	apply_well(first);
	assert_int_equal(packets("d", "out", "a"), 9);
	world_send("p1", 7, 1);
	expect_packets("d", "out", "a", 10);
	assert_int_equal(packets("d", "out", "default"), 3);
	assert_int_equal(packets("d", "back", "m"), 2);
	apply_well(renamed);
	assert_int_equal(packets("d", "other", "a"), 0);
	assert_int_equal(packets("d", "back", "m"), 2);
	detach("d");
}

static void moves_between_hooks(void **state)
{
	(void)state;
	apply_well(first);
	apply_well(wide);
	struct rpol_status *status = status_of("d");
	assert_int_equal(status->nlinks, 2);
	assert_string_equal(mode_at(status, "eth2", "xdp"), "native");
	assert_string_equal(mode_at(status, "eth1", "tc egress"), "tcx");
	rpol_status_free(status);
	assert_false(world_has_xdp("eth1"));
	apply_well(both);
	assert_true(world_has_xdp("eth1"));
	assert_true(world_has_xdp("eth2"));
	world_send("p2", 7, 2);
	world_send("p1", 7, 2);
	expect_packets("d", "out", "a", 4);
	detach("d");
	assert_true(world_is_clean());
}

static void binds(void **state)
{
	const struct rpol_binding swap[] = {{"lan", "eth2"}, {"wan", "eth1"}};
	const struct rpol_binding one[] = {{"lan", "eth2"}};
	const struct rpol_binding gone[] = {{"lan", "nope"}};
	const struct rpol_binding wrong[] = {{"dmz", "eth2"}};
	bool changed;

	(void)state;
	apply_well(first);
	assert_int_equal(apply_with(first,
				    (struct rpol_apply_options){.bindings = swap, .nbindings = 2},
				    &changed, NULL),
			 0);
	assert_true(changed);
	assert_true(world_has_xdp("eth2"));
	assert_false(world_has_xdp("eth1"));
	assert_int_equal(apply_with(first,
				    (struct rpol_apply_options){.bindings = one, .nbindings = 1},
				    NULL, "are one device, eth2"),
			 -EINVAL);
	assert_int_equal(apply_with(first,
				    (struct rpol_apply_options){.bindings = gone, .nbindings = 1},
				    NULL, "--bind lan=DEV"),
			 -ENODEV);
	assert_int_equal(apply_with(first,
				    (struct rpol_apply_options){.bindings = wrong, .nbindings = 1},
				    NULL, "declares no interface dmz"),
			 -EINVAL);
	assert_int_equal(
		apply_with(first, (struct rpol_apply_options){.name = "a.b"}, NULL, "--name"),
		-EINVAL);
	assert_true(world_has_xdp("eth2"));
	detach("d");
	assert_true(world_is_clean());
}

static void names_a_rival(void **state)
{
	(void)state;
	apply_well(first);
	assert_int_equal(apply_with(rival, (struct rpol_apply_options){0}, NULL,
				    "policy mine of rival and the deployment d"),
			 -EBUSY);
	detach("d");
	apply_well(rival);
	detach("rival");
	assert_true(world_is_clean());
}

/* The second of two interfaces is taken: nothing of the first remains, the old policy does. */
static void leaves_the_old_policy(void **state)
{
	struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT}};
	int foreign = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
	int eth2 = (int)if_nametoindex("eth2");

	(void)state;
	assert_true(foreign >= 0);
	assert_int_equal(bpf_xdp_attach(eth2, foreign, XDP_FLAGS_DRV_MODE, NULL), 0);
	assert_int_equal(apply_with(both, (struct rpol_apply_options){0}, NULL, "`foreign`"),
			 -EBUSY);
	assert_false(world_has_xdp("eth1"));
	apply_well(first);
	assert_int_equal(apply_with(both, (struct rpol_apply_options){0}, NULL, "eth2 already has"),
			 -EBUSY);
	struct rpol_status *status = status_of("d");
	assert_int_equal(status->generation, 1);
	assert_memory_equal(status->digest, first->digest, 32);
	assert_string_equal(mode_at(status, "eth2", "tc ingress"), "tcx");
	rpol_status_free(status);
	world_send("p1", 7, 2);
	expect_packets("d", "out", "a", 2);
	bpf_xdp_detach(eth2, XDP_FLAGS_DRV_MODE, NULL);
	close(foreign);
	apply_well(both);
	assert_int_equal(packets("d", "out", "a"), 2);
	detach("d");
	assert_true(world_is_clean());
}

static void uses_clsact(void **state)
{
	const struct rpol_apply_options clsact = {.tc = RPOL_TC_CLSACT};
	bool changed;

	(void)state;
	assert_int_equal(apply_with(first, clsact, NULL, NULL), 0);
	struct rpol_status *status = status_of("d");
	assert_string_equal(mode_at(status, "eth2", "tc ingress"), "clsact");
	rpol_status_free(status);
	assert_int_equal(apply_with(first, clsact, &changed, NULL), 0);
	assert_false(changed);
	world_send("p2", 7, 3);
	expect_packets("d", "back", "m", 3);
	assert_int_equal(system("tc filter del dev eth2 ingress"), 0);
	status = status_of("d");
	assert_string_equal(mode_at(status, "eth2", "tc ingress"), "detached");
	rpol_status_free(status);
	assert_int_equal(apply_with(first, clsact, &changed, NULL), 0);
	assert_true(changed);
	world_send("p2", 7, 1);
	expect_packets("d", "back", "m", 4);
	detach("d");
	assert_true(world_is_clean());
}

static void refuses_to_send_where_it_cannot(void **state)
{
	(void)state;
	assert_int_equal(apply_with(sender, (struct rpol_apply_options){0}, NULL,
				    "XDP cannot send on its device eth2"),
			 -EOPNOTSUPP);
	assert_int_equal(apply_with(table_sender, (struct rpol_apply_options){0}, NULL,
				    "rule `a` sends to wan"),
			 -EOPNOTSUPP);
	assert_true(world_is_clean());
	assert_int_equal(system("ethtool -K p2 gro on >/dev/null 2>&1"), 0);
	apply_well(sender);
	detach("sender");
	assert_int_equal(system("ethtool -K p2 gro off >/dev/null 2>&1"), 0);
}

static void keeps_neighbours(void **state)
{
	(void)state;
	assert_int_equal(
		system("ip neigh add 203.0.113.2 lladdr 02:00:00:00:00:09 dev eth2 nud permanent"),
		0);
	apply_well(router);
	assert_int_equal(system("ip neigh show 203.0.113.1 | grep -q managed"), 0);
	assert_int_equal(system("ip neigh show 203.0.113.2 | grep -q PERMANENT"), 0);
	assert_int_equal(
		apply_with(first, (struct rpol_apply_options){.name = "router"}, NULL, NULL), 0);
	assert_int_not_equal(system("ip neigh show 203.0.113.1 | grep -q managed"), 0);
	assert_int_equal(apply_with(router, (struct rpol_apply_options){0}, NULL, NULL), 0);
	detach("router");
	assert_int_not_equal(system("ip neigh show 203.0.113.1 | grep -q managed"), 0);
	assert_int_equal(system("ip neigh show 203.0.113.2 | grep -q PERMANENT"), 0);
	assert_true(world_is_clean());
}

static void tells_damage(void **state)
{
	struct rpol_load_error error = {0};
	struct rpol_status *status = NULL;
	char path[128];

	(void)state;
	assert_int_equal(rpol_loader_status(world_bpffs, "none", &status, &error), -ENOENT);
	rpol_load_error_clear(&error);
	assert_int_equal(rpol_loader_detach(world_bpffs, "none", &error), -ENOENT);
	rpol_load_error_clear(&error);
	assert_int_equal(rpol_loader_status("/tmp", "d", &status, &error), -ENODEV);
	assert_non_null(strstr(error.message, "mount -t bpf bpf /tmp"));
	rpol_load_error_clear(&error);

	apply_well(first);
	snprintf(path, sizeof(path), "%s/rpol/d/gen1/state", world_bpffs);
	assert_int_equal(unlink(path), 0);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "x", 4, 200, 1, NULL);
	assert_int_equal(bpf_obj_pin(map, path), 0);
	close(map);
	assert_int_equal(rpol_loader_status(world_bpffs, "d", &status, &error), -EINVAL);
	assert_non_null(strstr(error.message, "is damaged"));
	rpol_load_error_clear(&error);
	assert_int_equal(apply_with(second, (struct rpol_apply_options){0}, NULL, "rpol detach"),
			 -EINVAL);
	assert_true(world_has_xdp("eth1"));
	detach("d");
	assert_true(world_is_clean());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_once),
		cmocka_unit_test(judges_and_carries),
		cmocka_unit_test(moves_between_hooks),
		cmocka_unit_test(binds),
		cmocka_unit_test(names_a_rival),
		cmocka_unit_test(leaves_the_old_policy),
		cmocka_unit_test(uses_clsact),
		cmocka_unit_test(refuses_to_send_where_it_cannot),
		cmocka_unit_test(keeps_neighbours),
		cmocka_unit_test(tells_damage),
	};

	if (geteuid())
		return test_unprivileged("deploying needs root");
	return cmocka_run_group_tests(tests, setup, teardown);
}
