/* apply.c: the transaction that brings an object into force. See deploy.h for what is pinned.
 *
 * lock → settle what an interrupted run left → load and verify → fill the idle slot → create
 * missing links → flip, one store → settle: drop links no longer named, carry counters. Killed
 * anywhere, the old or the new policy is in force, whole; failing anywhere before the flip, what
 * this run made is removed again. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "contents.h"
#include "deploy.h"
#include "load.h"
#include "netlink.h"
#include "steps.h"

/* One point the object wants. */
struct want {
	struct point point;
	const struct rpol_object_program *program;
	const char *device;
	bool made, attached; /* by this run */
};

struct apply {
	const struct rpol_object *object;
	const struct rpol_apply_options *options;
	const char *bpffs, *name;
	struct rpol_load_error *error;
	struct notes notes;
	struct state_interface *interfaces; /* by interface of the object */
	uint32_t *ifindex;		    /* the same numbers */
	struct want *wants;
	size_t nwants;
	uint8_t *managed; /* by next hop */
	struct deployment deployment;
	bool fresh;   /* no folder before */
	bool pinning; /* the idle slot was touched */
	struct bpf_object *bpf;
	struct carried_map *contents; /* of the object's dynamic sets, then tables */
	struct pool pool;
};

/* ---- what the object wants of this host -------------------------------------------------------
 */

/* The device of interface i in buf: its own, or its part of a binding. */
static const char *device_of(const struct apply *self, size_t i, char buf[64])
{
	const struct rpol_object_interface *all = self->object->interfaces;
	const char *device = all[i].device;

	for (size_t j = 0; j < self->options->nbindings; j++) {
		if (strcmp(self->options->bindings[j].name, all[i].name))
			continue;
		device = self->options->bindings[j].device;
		for (size_t k = i; k && !strcmp(all[k - 1].name, all[i].name); k--)
			device = strchr(device, ',') + 1;
	}
	snprintf(buf, 64, "%.*s", (int)strcspn(device, ","), device);
	return buf;
}

static size_t count_devices(const char *list)
{
	size_t n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

static int check_bindings(struct apply *self)
{
	for (size_t j = 0; j < self->options->nbindings; j++) {
		const struct rpol_binding *binding = &self->options->bindings[j];
		size_t devices = 0, given = count_devices(binding->device);

		for (size_t i = 0; i < self->object->ninterfaces; i++)
			devices += !strcmp(self->object->interfaces[i].name, binding->name);
		for (size_t i = 0; i < j; i++)
			if (!strcmp(self->options->bindings[i].name, binding->name))
				return fail(self->error, -EINVAL,
					    "interface %s is bound twice: to %s and %s",
					    binding->name, self->options->bindings[i].device,
					    binding->device);
		if (!devices)
			return fail(self->error, -EINVAL,
				    "--bind %s=%s: the policy declares no interface %s",
				    binding->name, binding->device, binding->name);
		if (devices != given)
			return fail(
				self->error, -EINVAL,
				"--bind %s=%s: interface %s is %zu device%s, and this names %zu",
				binding->name, binding->device, binding->name, devices,
				devices == 1 ? "" : "s", given);
	}
	return 0;
}

static int find_devices(struct apply *self)
{
	const struct rpol_object *object = self->object;
	int rc = check_bindings(self);

	self->interfaces =
		rpol_pool_alloc(&self->pool, object->ninterfaces * sizeof(*self->interfaces));
	self->ifindex = rpol_pool_alloc(&self->pool, object->ninterfaces * sizeof(*self->ifindex));
	self->managed = rpol_pool_alloc(&self->pool, object->nnexthops);
	if (!rc && (!self->interfaces || !self->ifindex || !self->managed))
		rc = fail(self->error, -ENOMEM, "out of memory");
	for (size_t i = 0; !rc && i < object->ninterfaces; i++) {
		char buf[64];
		const char *name = object->interfaces[i].name, *device = device_of(self, i, buf);
		unsigned ifindex = strlen(device) < IF_NAMESIZE ? if_nametoindex(device) : 0;

		if (!ifindex)
			return fail(
				self->error, -ENODEV,
				"interface %s: there is no device %s; see `ip link`, and bind the "
				"right one with --bind %s=DEV",
				name, device, name);
		for (size_t j = 0; j < i; j++)
			if (self->ifindex[j] == ifindex)
				return fail(self->error, -EINVAL,
					    "interfaces %s and %s are one device, %s; bind one of "
					    "them to "
					    "another with --bind %s=DEV",
					    object->interfaces[j].name, name, device, name);
		self->ifindex[i] = self->interfaces[i].ifindex = ifindex;
		snprintf(self->interfaces[i].device, sizeof(self->interfaces[i].device), "%s",
			 device);
	}
	return rc;
}

static int find_points(struct apply *self)
{
	for (size_t i = 0; i < self->object->nprograms; i++)
		self->nwants += self->object->programs[i].nifaces;
	self->wants = rpol_pool_alloc(&self->pool, self->nwants * sizeof(*self->wants));
	if (!self->wants)
		return fail(self->error, -ENOMEM, "out of memory");
	struct want *want = self->wants;
	for (size_t i = 0; i < self->object->nprograms; i++)
		for (size_t j = 0; j < self->object->programs[i].nifaces; j++, want++) {
			const struct rpol_object_program *program = &self->object->programs[i];
			const struct state_interface *interface =
				&self->interfaces[program->ifaces[j]];

			want->program = program;
			want->device = interface->device;
			want->point = (struct point){program->hook, interface->ifindex};
			for (struct want *other = self->wants; other < want; other++)
				if (other->point.hook == want->point.hook &&
				    other->point.ifindex == want->point.ifindex)
					return fail(self->error, -EINVAL,
						    "policies %s and %s are both at %s on %s",
						    other->program->name, program->name,
						    program->hook_text, want->device);
		}
	return 0;
}

/* An interface has room for one XDP program: whose is it? */
static int check_rivals(struct apply *self)
{
	for (size_t i = 0; i < self->nwants; i++) {
		struct want *want = &self->wants[i];

		if (want->point.hook != RPOL_OBJECT_XDP ||
		    point_attached(self->deployment.dir, want->point))
			continue;
		SCOPE_FREE char *rival = deployment_at_point(self->bpffs, self->name, want->point);
		if (rival)
			return fail(self->error, -EBUSY,
				    "policy %s of %s and the deployment %s are both at xdp on %s; "
				    "`rpol detach "
				    "%s` first, or put them in one file",
				    want->program->name, self->name, rival, want->device, rival);
	}
	return 0;
}

static bool is_in_force(const struct apply *self)
{
	const struct state *state = deployment_in_force(&self->deployment);

	if (!state || memcmp(state->digest, self->object->digest, sizeof(state->digest)) ||
	    state->object.ninterfaces != self->object->ninterfaces)
		return false;
	for (size_t i = 0; i < self->object->ninterfaces; i++)
		if (state->interfaces[i].ifindex != self->interfaces[i].ifindex ||
		    strcmp(state->interfaces[i].device, self->interfaces[i].device))
			return false;
	for (size_t i = 0; i < self->nwants; i++)
		if (!point_attached(self->deployment.dir, self->wants[i].point))
			return false;
	return true;
}

/* ---- what a person should know ------------------------------------------------------------------
 */

static void note_forwarding(struct apply *self, const char *device)
{
	char path4[128], path6[128];

	snprintf(path4, sizeof(path4), "net/ipv4/conf/%s/forwarding", device);
	snprintf(path6, sizeof(path6), "net/ipv6/conf/%s/forwarding", device);
	bool off4 = sysctl_read(path4) == 0, off6 = sysctl_read(path6) == 0;
	if (off4 || off6)
		note(&self->notes,
		     "%s: forwarding of %s%s%s is off, so fib and route leave such packets to the "
		     "kernel, which does not forward them either; allow it with: sysctl "
		     "-w%s%s%s%s%s%s",
		     device, off4 ? "IPv4" : "", off4 && off6 ? " and " : "", off6 ? "IPv6" : "",
		     off4 ? " " : "", off4 ? path4 : "", off4 ? "=1" : "", off6 ? " " : "",
		     off6 ? path6 : "", off6 ? "=1" : "");
}

/* The words that forward; a lookup may. */
static bool verdict_forwards(const char *verdict)
{
	return strstr(verdict, "fib") || strstr(verdict, "route ") || strstr(verdict, "lookup ");
}

static bool forwards(const struct rpol_object_program *program)
{
	for (size_t i = 0; i < program->nrules; i++)
		if (verdict_forwards(program->rules[i].verdict))
			return true;
	return false;
}

static void note_host(struct apply *self)
{
	for (size_t i = 0; i < self->nwants; i++) {
		const struct want *want = &self->wants[i];

		if (forwards(want->program))
			note_forwarding(self, want->device);
		if (want->point.hook != RPOL_OBJECT_XDP && self->options->tc != RPOL_TC_AUTO &&
		    point_attached(self->deployment.dir, want->point) !=
			    (self->options->tc == RPOL_TC_TCX ? ATTACHED_TCX : ATTACHED_CLSACT))
			note(&self->notes,
			     "%s: stays attached as it was; detach first to change that",
			     want->device);
	}
	for (size_t i = 0; i < self->object->nnexthops; i++) {
		const struct rpol_object_nexthop *hop = &self->object->nexthops[i];

		note_forwarding(self, self->interfaces[hop->iface].device);
		if (hop->family == 6 && hop->via[0] == 0xfe && (hop->via[1] & 0xc0) == 0x80)
			note(&self->notes,
			     "next hop %s: the kernel's routing helper takes no link-local "
			     "address, so "
			     "packets for it are left to the kernel's stack; give its global "
			     "address",
			     hop->name);
	}
	caps_note(&self->notes);
}

/* ---- filling the idle slot ----------------------------------------------------------------------
 */

/* Opens the map pinned at a point, or makes and pins it. */
static int open_slots(struct apply *self, struct want *want, int *out)
{
	char path[PATH];

	point_path(path, self->deployment.dir, want->point, "");
	want->made = access(path, F_OK);
	int rc = folder_make(path, self->error);
	point_path(path, self->deployment.dir, want->point, "slots");
	SCOPE_FD fd = rc ? rc : bpf_obj_get(path);
	if (fd == -ENOENT) {
		STEP("pin slots");
		fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "rpol_slots", 4, 4, 2, NULL);
		rc = fd < 0 ? fd : bpf_obj_pin(fd, path);
	} else if (fd < 0) {
		rc = fd;
	}
	if (rc)
		return fail(self->error, rc, "cannot make %s: %s", path, strerror(-rc));
	*out = take_fd(&fd);
	return 0;
}

static int fill_point(struct apply *self, struct want *want, uint32_t slot)
{
	const char *name = want->program->name;
	int policy = load_policy(self->bpf, name);
	SCOPE_FD slots = -1;
	char path[PATH];
	int rc = open_slots(self, want, &slots);

	if (rc)
		return rc;
	point_path(path, self->deployment.dir, want->point, "entry");
	if (access(path, F_OK)) {
		SCOPE_FD entry = load_entry(self->bpf, name, slots, self->error);

		if (entry < 0)
			return entry;
		STEP("pin an entry");
		rc = bpf_obj_pin(entry, path);
		if (rc)
			return fail(self->error, rc, "cannot pin %s: %s", path, strerror(-rc));
	}
	STEP("fill a slot");
	rc = bpf_map_update_elem(slots, &slot, &policy, BPF_ANY);
	return rc ? fail(self->error, rc, "cannot put policy %s into its slot on %s: %s", name,
			 want->device, strerror(-rc))
		  : 0;
}

static int pin_generation(struct apply *self, unsigned slot)
{
	struct deployment *deployment = &self->deployment;
	const struct state *before = deployment_in_force(deployment);
	char path[PATH];

	path_print(path, "%s/gen%u", deployment->dir, slot);
	int rc = folder_make(path, self->error);
	path_print(path, "%s/gen%u/counters", deployment->dir, slot);
	STEP("pin counters");
	if (!rc && (rc = bpf_obj_pin(load_map(self->bpf, RPOL_MAP_COUNTERS), path)))
		fail(self->error, rc, "cannot pin %s: %s", path, strerror(-rc));
	if (!rc)
		rc = carried_create(deployment->dir, slot, self->object->ncounters, self->error);
	if (!rc)
		rc = neighbours_plan(self->object, self->interfaces, before, self->managed,
				     self->error);
	if (!rc)
		rc = contents_carry(deployment, slot, self->object, self->contents, self->bpf,
				    &self->notes, self->error);
	STEP("pin state");
	if (!rc)
		rc = state_write(deployment->dir, slot, self->object,
				 before ? before->generation + 1 : 1, self->interfaces,
				 self->managed, self->error);
	if (!rc)
		rc = state_read(deployment->dir, slot, &deployment->states[slot], self->error);
	return rc;
}

static int attach_points(struct apply *self)
{
	for (size_t i = 0; i < self->nwants; i++) {
		struct want *want = &self->wants[i];
		char path[PATH];

		if (point_attached(self->deployment.dir, want->point))
			continue;
		point_path(path, self->deployment.dir, want->point, "entry");
		SCOPE_FD entry = bpf_obj_get(path);
		if (entry < 0)
			return fail(self->error, entry, "cannot open %s: %s", path,
				    strerror(-entry));
		want->attached = true;
		int rc = point_attach(self->deployment.dir, want->point, entry, self->options->tc,
				      want->device, &self->notes, self->error);
		if (rc)
			return rc;
	}
	return 0;
}

/* Removes what this run made; what was in force stays so. */
static void roll_back(struct apply *self, unsigned slot)
{
	struct deployment *deployment = &self->deployment;
	char path[PATH];

	for (size_t i = 0; i < self->nwants; i++) {
		struct want *want = &self->wants[i];

		if (want->attached)
			point_detach(deployment->dir, want->point);
		if (!want->made)
			continue;
		point_path(path, deployment->dir, want->point, "entry");
		unlink(path);
		point_path(path, deployment->dir, want->point, "");
		folder_remove(path);
	}
	if (deployment->states[slot])
		neighbours_remove(deployment->states[slot], deployment_in_force(deployment));
	deployment_clear_slot(deployment, slot, NULL);
	if (self->fresh)
		folder_remove(deployment->dir);
}

static int flip(struct apply *self, uint32_t slot)
{
	uint32_t key = 0;

	STEP("flip");
	int rc = bpf_map_update_elem(self->deployment.active, &key, &slot, BPF_ANY);
	if (rc)
		return fail(self->error, rc, "cannot switch to the new generation: %s",
			    strerror(-rc));
	self->deployment.slot = slot;
	return 0;
}

/* ---- the transaction
 * ------------------------------------------------------------------------------ */

static int load(struct apply *self)
{
	struct load_plan plan = {.ifindex = self->ifindex,
				 .active = self->deployment.active,
				 .contents = self->contents,
				 .entries = true};

	STEP("load");
	return load_object(self->object, &plan, &self->bpf, self->error);
}

static int pin_active(struct apply *self)
{
	char path[PATH];

	if (self->deployment.active >= 0)
		return 0;
	path_print(path, "%s/active", self->deployment.dir);
	STEP("pin active");
	int rc = bpf_obj_pin(load_map(self->bpf, RPOL_MAP_ACTIVE), path);
	if (!rc) {
		self->deployment.active = bpf_obj_get(path);
		rc = self->deployment.active < 0 ? self->deployment.active : 0;
	}
	return rc ? fail(self->error, rc, "cannot pin %s: %s", path, strerror(-rc)) : 0;
}

static int fill_and_flip(struct apply *self, unsigned slot)
{
	int ports = load_map(self->bpf, RPOL_MAP_PORTS);
	bool xdp = false, sending = false;
	int rc = 0;

	for (size_t i = 0; !rc && i < self->nwants; i++) {
		xdp |= self->wants[i].point.hook == RPOL_OBJECT_XDP;
		sending |= self->wants[i].point.hook == RPOL_OBJECT_XDP &&
			   forwards(self->wants[i].program);
		rc = fill_point(self, &self->wants[i], slot);
	}
	if (!rc)
		rc = pin_active(self);
	if (!rc)
		rc = pin_generation(self, slot);
	if (!rc)
		rc = neighbours_add(self->object, self->interfaces, self->managed, &self->notes,
				    self->error);
	if (!rc)
		rc = attach_points(self);
	/* After the links: a program on one end of a veth lets XDP send to the other. */
	if (!rc && xdp)
		rc = ports_fill(ports, self->object, self->interfaces,
				sending ? &self->notes : NULL, self->error);
	if (!rc)
		rc = contents_seed(self->object, self->bpf, self->error);
	return rc ? rc : flip(self, slot);
}

/* Whatever is pinned when nothing was ever in force is the leftover of a first try. */
static int open_deployment(struct apply *self)
{
	int rc = deployment_open(self->bpffs, self->name, &self->deployment, self->error);

	if (rc == -ENOENT) {
		path_print(self->deployment.dir, "%s/rpol/%s", self->bpffs, self->name);
		self->fresh = true;
		return 0;
	}
	return rc ? rc : deployment_settle(&self->deployment, self->error);
}

static int open_contents(struct apply *self)
{
	size_t n = self->object->nsets + self->object->ntables;

	self->contents = rpol_pool_alloc(&self->pool, n * sizeof(*self->contents));
	if (!self->contents)
		return fail(self->error, -ENOMEM, "out of memory");
	return contents_open(&self->deployment, self->object, self->contents, self->error);
}

static int apply_locked(struct apply *self, struct rpol_apply_result *result)
{
	int rc = open_deployment(self);

	if (rc)
		return rc;
	if (is_in_force(self)) {
		const struct state *state = deployment_in_force(&self->deployment);

		/* Traffic notices nothing, unless somebody removed the next hops' entries. */
		result->generation = state->generation;
		return neighbours_add(self->object, state->interfaces, state->managed, &self->notes,
				      self->error);
	}
	unsigned slot = !self->deployment.slot;
	self->fresh |= !deployment_in_force(&self->deployment);
	rc = check_rivals(self);
	if (!rc)
		rc = open_contents(self);
	if (!rc)
		rc = load(self);
	if (rc)
		return rc;
	STEP("make the folder");
	rc = folder_make(self->deployment.dir, self->error);
	state_free(self->deployment.states[slot]);
	self->deployment.states[slot] = NULL;
	if (!rc)
		rc = deployment_clear_slot(&self->deployment, slot, self->error);
	if (!rc)
		rc = fill_and_flip(self, slot);
	if (rc) {
		roll_back(self, slot);
		return rc;
	}
	/* In force from here on: what fails now is put right by the next run. */
	struct rpol_load_error late = {0};
	if (deployment_settle(&self->deployment, &late))
		note(&self->notes, "%s; the next apply tries again", late.message);
	rpol_load_error_clear(&late);
	result->changed = true;
	result->generation = deployment_in_force(&self->deployment)->generation;
	return 0;
}

int rpol_loader_apply(const struct rpol_object *object, const struct rpol_apply_options *options,
		      struct rpol_apply_result *result, struct rpol_load_error *error)
{
	struct apply self = {.object = object,
			     .options = options,
			     .bpffs = options->bpffs ? options->bpffs : RPOL_BPFFS,
			     .name = options->name ? options->name : object->name,
			     .error = error,
			     .deployment.active = -1};
	SCOPE_FD lock = -1;
	int rc = caps_check("deploy a policy", error);

	*result = (struct rpol_apply_result){0};
	if (!rc)
		rc = deploy_check_name(self.name, error);
	if (!rc)
		rc = find_devices(&self);
	if (!rc)
		rc = find_points(&self);
	if (!rc)
		rc = deploy_lock(self.bpffs, true, &lock, error);
	if (!rc)
		rc = apply_locked(&self, result);
	if (!rc && result->changed)
		note_host(&self);
	load_close(&self.bpf);
	contents_close(object, self.contents);
	deployment_close(&self.deployment);
	rpol_pool_free(&self.pool);
	if (rc) {
		notes_free(&self.notes);
		return fail(error, rc, "cannot apply: %s", strerror(-rc));
	}
	result->notes = self.notes.items;
	result->nnotes = self.notes.count;
	return 0;
}

void rpol_apply_result_free(struct rpol_apply_result *result)
{
	struct notes notes = {result->notes, result->nnotes};

	notes_free(&notes);
	*result = (struct rpol_apply_result){0};
}
