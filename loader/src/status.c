/* status.c: reading deployments: what is in force, where, and what it counted. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "deploy.h"

/* The status, and the memory of all in it. */
struct answer {
	struct rpol_status status; /* first: a struct rpol_status of ours is an answer */
	struct pool pool;
};

static const char *const modes[] = {
	[ATTACHED_NOT] = "detached",	    [ATTACHED_XDP_NATIVE] = "native",
	[ATTACHED_XDP_GENERIC] = "generic", [ATTACHED_TCX] = "tcx",
	[ATTACHED_CLSACT] = "clsact",
};

static int fill_links(struct answer *answer, const char *dir, const struct state *state)
{
	size_t count = 0;

	for (size_t i = 0; i < state->object.nprograms; i++)
		count += state->object.programs[i].nifaces;
	struct rpol_status_link *links = rpol_pool_alloc(&answer->pool, count * sizeof(*links));
	if (!links)
		return -ENOMEM;
	answer->status.links = links;
	answer->status.nlinks = count;
	for (size_t i = 0; i < state->object.nprograms; i++) {
		const struct rpol_object_program *program = &state->object.programs[i];

		for (size_t j = 0; j < program->nifaces; j++, links++) {
			uint32_t iface = program->ifaces[j];
			struct point point = {program->hook, state->interfaces[iface].ifindex};

			links->program = rpol_pool_strdup(&answer->pool, program->name);
			links->hook = rpol_pool_strdup(&answer->pool, program->hook_text);
			links->interface = rpol_pool_strdup(&answer->pool,
							    state->object.interfaces[iface].name);
			if (!links->program || !links->hook || !links->interface)
				return -ENOMEM;
			links->ifindex = point.ifindex;
			links->mode = modes[point_attached(dir, point)];
			/* Its name now, should it have been renamed. */
			if (!if_indextoname(point.ifindex, links->device))
				memcpy(links->device, state->interfaces[iface].device,
				       sizeof(links->device));
		}
	}
	return 0;
}

static int fill_programs(struct answer *answer, const struct state *state,
			 const struct rpol_counter *counters)
{
	const struct rpol_object *object = &state->object;
	struct rpol_status_program *programs =
		rpol_pool_alloc(&answer->pool, object->nprograms * sizeof(*programs));

	if (!programs)
		return -ENOMEM;
	answer->status.programs = programs;
	answer->status.nprograms = object->nprograms;
	for (size_t i = 0; i < object->nprograms; i++) {
		const struct rpol_object_program *program = &object->programs[i];
		struct rpol_status_rule *rules =
			rpol_pool_alloc(&answer->pool, program->nrules * sizeof(*rules));

		programs[i].name = rpol_pool_strdup(&answer->pool, program->name);
		programs[i].hook = rpol_pool_strdup(&answer->pool, program->hook_text);
		programs[i].rules = rules;
		programs[i].nrules = program->nrules;
		if (!rules || !programs[i].name || !programs[i].hook)
			return -ENOMEM;
		for (size_t j = 0; j < program->nrules; j++) {
			const struct rpol_counter *counter = &counters[program->rules[j].counter];

			rules[j].label = rpol_pool_strdup(&answer->pool, program->rules[j].label);
			rules[j].verdict =
				rpol_pool_strdup(&answer->pool, program->rules[j].verdict);
			rules[j].packets = counter->packets;
			rules[j].bytes = counter->bytes;
			if (!rules[j].label || !rules[j].verdict)
				return -ENOMEM;
		}
	}
	return 0;
}

static int fill_counters(struct answer *answer, const struct rpol_object *object,
			 const struct rpol_counter *counters)
{
	struct rpol_status_counter *all =
		rpol_pool_alloc(&answer->pool, (object->nnamed + 1) * sizeof(*all));

	if (!all)
		return -ENOMEM;
	answer->status.counters = all;
	answer->status.ncounters = object->nnamed;
	for (size_t i = 0; i < object->nnamed; i++) {
		const struct rpol_counter *counter = &counters[object->named[i].counter];

		all[i].name = rpol_pool_strdup(&answer->pool, object->named[i].name);
		all[i].packets = counter->packets;
		all[i].bytes = counter->bytes;
		if (!all[i].name)
			return -ENOMEM;
	}
	return 0;
}

static int fill(struct answer *answer, const char *name, const struct deployment *deployment,
		struct rpol_load_error *error)
{
	const struct state *state = deployment_in_force(deployment);
	SCOPE_FREE struct rpol_counter *counters = NULL;

	if (!state)
		return fail(error, -EINVAL,
			    "the deployment %s was interrupted before it came into force; apply it "
			    "again, "
			    "or `rpol detach %s`",
			    name, name);
	int rc = counters_total(deployment, &counters, error);
	if (rc)
		return rc;
	answer->status.name = rpol_pool_strdup(&answer->pool, name);
	answer->status.generation = state->generation;
	answer->status.applied_at = state->applied_at;
	memcpy(answer->status.digest, state->digest, sizeof(state->digest));
	rc = answer->status.name ? fill_links(answer, deployment->dir, state) : -ENOMEM;
	if (!rc)
		rc = fill_programs(answer, state, counters);
	return rc ? rc : fill_counters(answer, &state->object, counters);
}

int rpol_loader_status(const char *bpffs, const char *name, struct rpol_status **out,
		       struct rpol_load_error *error)
{
	struct deployment deployment = {.active = -1};
	SCOPE_FD lock = -1;

	bpffs = bpffs ? bpffs : RPOL_BPFFS;
	int rc = caps_check("look at a deployment", error);
	if (!rc)
		rc = deploy_check_name(name, error);
	if (!rc)
		rc = deploy_lock(bpffs, false, &lock, error);
	if (!rc)
		rc = deployment_open(bpffs, name, &deployment, error);
	if (rc == -ENOENT)
		fail(error, rc, "there is no deployment %s", name);
	if (rc)
		return rc;
	struct answer *answer = calloc(1, sizeof(*answer));
	rc = answer ? fill(answer, name, &deployment, error) : -ENOMEM;
	if (!rc)
		*out = &answer->status;
	else {
		fail(error, rc, "out of memory");
		rpol_status_free(answer ? &answer->status : NULL);
	}
	deployment_close(&deployment);
	return rc;
}

int rpol_loader_list(const char *bpffs, char ***names, size_t *count, struct rpol_load_error *error)
{
	SCOPE_FD lock = -1;

	bpffs = bpffs ? bpffs : RPOL_BPFFS;
	int rc = deploy_lock(bpffs, false, &lock, error);
	if (rc && rc != -ENOENT)
		return rc;
	return deployment_list(bpffs, names, count, error);
}

void rpol_status_free(struct rpol_status *status)
{
	struct answer *answer = (struct answer *)status;

	if (!answer)
		return;
	rpol_pool_free(&answer->pool);
	free(answer);
}
