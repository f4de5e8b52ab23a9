/* counters.c: what the rules counted, and how it survives a new generation.
 *
 * carried of generation Y, by counter = carried + counters of the generation before it, for the
 * rules of the same policy and label. It is written once, after the flip and a grace period, when
 * the old programs count no more; its last element says that it was. Until then it can be computed
 * any time again, by whoever comes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "deploy.h"
#include "steps.h"

/* Waits until no processor runs a program it began before the call. */
static void wait_grace(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(50000); /* nohz_full kernels refuse the barrier */
}

int counters_sum(int fd, uint32_t n, struct rpol_counter *out)
{
	int cpus = libbpf_num_possible_cpus();
	SCOPE_FREE struct rpol_counter *values =
		cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;

	if (!values)
		return cpus < 0 ? cpus : -ENOMEM;
	for (uint32_t key = 0; key < n; key++) {
		int rc = bpf_map_lookup_elem(fd, &key, values);

		if (rc)
			return rc;
		out[key] = (struct rpol_counter){0};
		for (int cpu = 0; cpu < cpus; cpu++) {
			out[key].packets += values[cpu].packets;
			out[key].bytes += values[cpu].bytes;
		}
	}
	return 0;
}

static int open_map(const char *dir, unsigned slot, const char *name, enum bpf_map_type type,
		    uint32_t entries)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	char path[PATH];

	path_print(path, "%s/gen%u/%s", dir, slot, name);
	int fd = bpf_obj_get(path);
	if (fd >= 0 && (bpf_obj_get_info_by_fd(fd, &info, &length) || info.type != type ||
			info.key_size != 4 || info.value_size != sizeof(struct rpol_counter) ||
			info.max_entries < entries)) {
		close(fd);
		fd = -EINVAL;
	}
	return fd;
}

/* A generation's sums of its own and, in carried, of those before it. */
static int read_generation(const char *dir, unsigned slot, uint32_t n, struct rpol_counter *live,
			   struct rpol_counter *carried, bool *done)
{
	SCOPE_FD counters = open_map(dir, slot, "counters", BPF_MAP_TYPE_PERCPU_ARRAY, n);
	SCOPE_FD before = open_map(dir, slot, "carried", BPF_MAP_TYPE_ARRAY, n + 1);
	struct rpol_counter last = {0};

	if (counters < 0 || before < 0)
		return counters < 0 ? counters : before;
	int rc = counters_sum(counters, n, live);
	for (uint32_t key = 0; !rc && key < n; key++)
		rc = bpf_map_lookup_elem(before, &key, &carried[key]);
	if (!rc)
		rc = bpf_map_lookup_elem(before, &n, &last);
	*done = last.packets;
	return rc;
}

static const struct rpol_object_rule *find_rule(const struct rpol_object *object,
						const char *policy, const char *label)
{
	for (size_t i = 0; i < object->nprograms; i++) {
		const struct rpol_object_program *program = &object->programs[i];

		for (size_t j = 0; !strcmp(program->name, policy) && j < program->nrules; j++)
			if (!strcmp(program->rules[j].label, label))
				return &program->rules[j];
	}
	return NULL;
}

static const struct rpol_object_named *find_named(const struct rpol_object *object,
						  const char *name)
{
	for (size_t i = 0; i < object->nnamed; i++)
		if (!strcmp(object->named[i].name, name))
			return &object->named[i];
	return NULL;
}

static struct rpol_counter sum(const struct rpol_counter *a, const struct rpol_counter *b)
{
	return (struct rpol_counter){a->packets + b->packets, a->bytes + b->bytes};
}

/* carried of the generation in force, from the one before it. */
static int carry(const struct deployment *self, struct rpol_counter *carried)
{
	const struct state *now = deployment_in_force(self), *before = self->states[!self->slot];
	uint32_t n = before->object.ncounters;
	SCOPE_FREE struct rpol_counter *live = calloc(n, sizeof(*live));
	SCOPE_FREE struct rpol_counter *older = calloc(n, sizeof(*older));
	bool done;

	if (!live || !older)
		return -ENOMEM;
	int rc = read_generation(self->dir, !self->slot, n, live, older, &done);
	for (size_t i = 0; !rc && i < now->object.nprograms; i++) {
		const struct rpol_object_program *program = &now->object.programs[i];

		for (size_t j = 0; j < program->nrules; j++) {
			const struct rpol_object_rule *old =
				find_rule(&before->object, program->name, program->rules[j].label);

			if (old)
				carried[program->rules[j].counter] =
					sum(&live[old->counter], &older[old->counter]);
		}
	}
	for (size_t i = 0; !rc && i < now->object.nnamed; i++) {
		const struct rpol_object_named *old =
			find_named(&before->object, now->object.named[i].name);

		if (old)
			carried[now->object.named[i].counter] =
				sum(&live[old->counter], &older[old->counter]);
	}
	return rc;
}

static bool has_before(const struct deployment *self)
{
	const struct state *now = deployment_in_force(self), *before = self->states[!self->slot];

	return now && before && before->generation + 1 == now->generation;
}

int counters_total(const struct deployment *self, struct rpol_counter **out,
		   struct rpol_load_error *error)
{
	uint32_t n = deployment_in_force(self)->object.ncounters;
	SCOPE_FREE struct rpol_counter *carried = calloc(n, sizeof(*carried));
	struct rpol_counter *live = calloc(n, sizeof(*live));
	bool done = true;

	int rc = live && carried ? read_generation(self->dir, self->slot, n, live, carried, &done)
				 : -ENOMEM;
	if (!rc && !done && has_before(self))
		rc = carry(self, carried);
	if (rc) {
		free(live);
		return fail(error, rc, "cannot read the counters in %s/gen%u: %s", self->dir,
			    self->slot, strerror(-rc));
	}
	for (uint32_t i = 0; i < n; i++) {
		live[i].packets += carried[i].packets;
		live[i].bytes += carried[i].bytes;
	}
	*out = live;
	return 0;
}

int carried_create(const char *dir, unsigned slot, uint32_t n, struct rpol_load_error *error)
{
	char path[PATH];

	path_print(path, "%s/gen%u/carried", dir, slot);
	SCOPE_FD fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rpol_carried", sizeof(n),
				     sizeof(struct rpol_counter), n + 1, NULL);
	int rc = fd < 0 ? fd : bpf_obj_pin(fd, path);
	return rc ? fail(error, rc, "cannot pin %s: %s", path, strerror(-rc)) : 0;
}

int carried_settle(const struct deployment *self, struct rpol_load_error *error)
{
	const struct state *now = deployment_in_force(self);

	if (!now)
		return 0;
	uint32_t n = now->object.ncounters;
	struct rpol_counter last = {0};
	SCOPE_FREE struct rpol_counter *carried = calloc(n, sizeof(*carried));
	SCOPE_FD fd = open_map(self->dir, self->slot, "carried", BPF_MAP_TYPE_ARRAY, n + 1);
	int rc = !carried ? -ENOMEM : fd < 0 ? fd : bpf_map_lookup_elem(fd, &n, &last);
	if (!rc && last.packets)
		return 0;
	if (!rc && has_before(self)) {
		wait_grace();
		rc = carry(self, carried);
	}
	for (uint32_t key = 0; !rc && key < n; key++) {
		STEP("carry a counter");
		rc = bpf_map_update_elem(fd, &key, &carried[key], BPF_ANY);
	}
	last.packets = 1;
	if (!rc)
		rc = bpf_map_update_elem(fd, &n, &last, BPF_ANY);
	return rc ? fail(error, rc, "cannot carry the counters over in %s/gen%u: %s", self->dir,
			 self->slot, strerror(-rc))
		  : 0;
}
