/* cpus.c: the CPUs that `cpu` hands packets to: which are online, and the cpumap of them. */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "cpus.h"

enum { QUEUE = 2048 }; /* packets that wait for a CPU; more are dropped */

static const char ONLINE[] = "/sys/devices/system/cpu/online";

/* Reads ranges as the kernel writes them: "0-3,8". False: that is none. */
static bool read_ranges(const char *text, struct cpus *cpus)
{
	unsigned first, last;
	int length;

	do {
		if (sscanf(text, "%u%n", &first, &length) != 1)
			return false;
		text += length;
		last = first;
		if (*text == '-') {
			if (sscanf(++text, "%u%n", &last, &length) != 1)
				return false;
			text += length;
		}
		for (; first <= last && first < RPOL_CPUS; first++)
			cpus->online[cpus->count++] = (uint16_t)first;
	} while (*text++ == ',');
	return cpus->count;
}

int cpus_read(struct cpus *cpus, struct rpol_load_error *error)
{
	FILE *file = fopen(ONLINE, "r");
	int rc = file ? 0 : -errno;

	cpus->count = 0;
	if (rc)
		return fail(error, rc, "cannot read which CPUs are online from %s: %m", ONLINE);
	if (!fgets(cpus->text, sizeof(cpus->text), file))
		cpus->text[0] = '\0';
	fclose(file);
	cpus->text[strcspn(cpus->text, "\n")] = '\0';
	return read_ranges(cpus->text, cpus)
		       ? 0
		       : fail(error, -EINVAL, "%s is not a list of CPUs: `%s`", ONLINE, cpus->text);
}

static bool is_online(const struct cpus *cpus, uint32_t cpu)
{
	for (size_t i = 0; i < cpus->count; i++)
		if (cpus->online[i] == cpu)
			return true;
	return false;
}

int cpus_check(const struct cpus *cpus, const struct rpol_object *object,
	       struct rpol_load_error *error)
{
	for (size_t i = 0; i < object->nprograms; i++)
		for (size_t j = 0; j < object->programs[i].nrules; j++) {
			const struct rpol_object_rule *rule = &object->programs[i].rules[j];

			for (size_t k = 0; k < rule->ncpus; k++)
				if (rule->cpus[k] != RPOL_CPU_SPREAD &&
				    !is_online(cpus, rule->cpus[k]))
					return fail(error, -ENODEV,
						    "%s:%u: rule `%s` hands packets to CPU %u, "
						    "which this host does not have online (it has "
						    "%s); name one of those, or write `cpu spread`",
						    rule->file, rule->line, rule->label,
						    rule->cpus[k], cpus->text);
		}
	return 0;
}

static bool is_named(const struct rpol_object *object, uint32_t cpu)
{
	for (size_t i = 0; i < object->nprograms; i++)
		for (size_t j = 0; j < object->programs[i].nrules; j++) {
			const struct rpol_object_rule *rule = &object->programs[i].rules[j];

			for (size_t k = 0; k < rule->ncpus; k++)
				if (rule->cpus[k] == RPOL_CPU_SPREAD || rule->cpus[k] == cpu)
					return true;
		}
	return false;
}

int cpus_fill(const struct cpus *cpus, const struct rpol_object *object, int map,
	      struct rpol_load_error *error)
{
	for (size_t i = 0; i < cpus->count; i++) {
		uint32_t cpu = cpus->online[i], queue = QUEUE;
		int rc =
			is_named(object, cpu) ? bpf_map_update_elem(map, &cpu, &queue, BPF_ANY) : 0;

		if (rc)
			return fail(error, rc, "cannot let XDP hand packets to CPU %u: %s", cpu,
				    strerror(-rc));
	}
	return 0;
}
