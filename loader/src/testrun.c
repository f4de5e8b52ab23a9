/* testrun.c: an object's programs judge single packets by BPF_PROG_TEST_RUN, among stand-ins. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "deploy.h"
#include "load.h"
#include "standin.h"

enum {
	ETHERNET_HEADER = 14,
	IPV6_HEADER = 40,
	BUFFER = 3072 /* frames below this always fit a test run */
};

struct program {
	int fd;
	bool xdp;
};

struct rpol_testrun {
	struct bpf_object *bpf;
	struct program *programs;
	size_t nprograms, ninterfaces;
	uint32_t ncounters;
	struct rpol_trace *trace; /* the map's memory */
	size_t trace_size;
	struct rpol_dry *dry; /* likewise */
};

/* The namespace's stand-ins are for one object at a time. */
static struct rpol_testrun *current;

static int fill_ports(struct rpol_testrun *run, struct rpol_load_error *error)
{
	int map = load_map(run->bpf, RPOL_MAP_PORTS);

	for (size_t i = 0; map >= 0 && i <= run->ninterfaces; i++) {
		uint32_t ifindex = i < run->ninterfaces ? standin_ifindex(i) : STANDIN_FIB;
		uint32_t value[2] = {ifindex, 0};
		int rc = bpf_map_update_elem(map, &ifindex, value, BPF_ANY);

		if (rc)
			return fail(error, rc, "cannot fill map %s: %s", RPOL_MAP_PORTS,
				    strerror(-rc));
	}
	return 0;
}

static int map_trace(struct rpol_testrun *run, struct rpol_load_error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
			    load_map(run->bpf, RPOL_MAP_TRACE), 0);

	if (memory == MAP_FAILED)
		return fail(error, -errno, "cannot map %s: %m", RPOL_MAP_TRACE);
	run->trace = memory;
	run->trace_size = page;
	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
		      load_map(run->bpf, RPOL_MAP_DRY), 0);
	if (memory == MAP_FAILED)
		return fail(error, -errno, "cannot map %s: %m", RPOL_MAP_DRY);
	run->dry = memory;
	return 0;
}

static int load(struct rpol_testrun *run, const struct rpol_object *object,
		const struct rpol_testrun_world *world, struct rpol_load_error *error)
{
	SCOPE_FREE uint32_t *ifindex = calloc(object->ninterfaces, sizeof(*ifindex));
	struct load_plan plan = {.ifindex = ifindex,
				 .alive = world->alive,
				 .active = -1,
				 .seeds = true,
				 .tracing = true,
				 .indirect = world->no_perfmon};

	run->programs = calloc(object->nprograms, sizeof(*run->programs));
	if (!ifindex || !run->programs)
		return fail(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < object->ninterfaces; i++)
		ifindex[i] = standin_ifindex(i);
	run->nprograms = object->nprograms;
	run->ninterfaces = object->ninterfaces;
	run->ncounters = object->ncounters;
	int rc = load_object(object, &plan, &run->bpf, error);
	for (size_t i = 0; !rc && i < run->nprograms; i++) {
		run->programs[i].fd = load_policy(run->bpf, object->programs[i].name);
		run->programs[i].xdp = object->programs[i].hook == RPOL_OBJECT_XDP;
	}
	return rc;
}

int rpol_testrun_open(const struct rpol_object *object, const struct rpol_testrun_world *world,
		      struct rpol_testrun **out, struct rpol_load_error *error)
{
	if (current)
		return fail(error, -EBUSY, "a test run is open already; close it first");
	if (standin_confined())
		return fail(
			error, -EPERM,
			"without CAP_SYS_ADMIN a process can test one object only: it gave up its "
			"capabilities for its namespace; run once for each object, or as root");
	struct rpol_testrun *run = calloc(1, sizeof(*run));
	int rc = run ? caps_check("have the kernel judge packets", error)
		     : fail(error, -ENOMEM, "out of memory");
	/* Programs first: the namespace may cost the right to load them. */
	if (!rc)
		rc = load(run, object, world, error);
	if (!rc)
		rc = standin_enter(error);
	if (!rc)
		rc = standin_set(object, world, error);
	if (!rc)
		rc = fill_ports(run, error);
	if (!rc)
		rc = map_trace(run, error);
	current = run;
	if (rc)
		rpol_testrun_close(run);
	else
		*out = run;
	return rc;
}

/* The stand-in's number to the interface it stands for. */
static bool find_egress(const struct rpol_testrun *run, uint32_t ifindex, uint32_t *egress)
{
	uint32_t iface = (ifindex - standin_ifindex(0)) / 2;

	*egress = !ifindex ? RPOL_TESTRUN_NONE : ifindex == STANDIN_FIB ? RPOL_TESTRUN_FIB : iface;
	return *egress != iface || (iface < run->ninterfaces && ifindex == standin_ifindex(iface));
}

void rpol_testrun_set(struct rpol_testrun *run, uint64_t time_ns, uint32_t random)
{
	*run->dry = (struct rpol_dry){.time_ns = time_ns, .random = random};
}

/* A tag in the packet's metadata goes where it is on the wire. */
static int insert_tag(uint32_t tag, uint8_t *out, size_t out_size, size_t *length,
		      struct rpol_load_error *error)
{
	enum { AT = 12, SIZE = 4 };

	if (!tag)
		return 0;
	if (*length < AT || *length + SIZE > out_size)
		return fail(error, -ENOSPC, "no room for the VLAN tag of a frame of %zu bytes",
			    *length);
	memmove(out + AT + SIZE, out + AT, *length - AT);
	for (int i = 0; i < SIZE; i++)
		out[AT + i] = (uint8_t)(tag >> (24 - 8 * i));
	*length += SIZE;
	return 0;
}

int rpol_testrun_run(struct rpol_testrun *run, uint32_t program, uint32_t iface,
		     const uint8_t *data, size_t length, uint8_t *out, size_t out_size,
		     struct rpol_testrun_result *result, struct rpol_load_error *error)
{
	const struct program *self = &run->programs[program];
	struct xdp_md xdp = {.data_end = (uint32_t)length,
			     .ingress_ifindex = standin_ifindex(iface)};
	struct __sk_buff skb = {.ifindex = standin_ifindex(iface),
				.ingress_ifindex = standin_ifindex(iface)};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = data, .data_out = out,
		    .data_size_in = (uint32_t)length, .data_size_out = (uint32_t)out_size,
		    .ctx_in = self->xdp ? (void *)&xdp : (void *)&skb,
		    .ctx_size_in = self->xdp ? sizeof(xdp) : sizeof(skb),
		    .ctx_out = self->xdp ? NULL : (void *)&skb,
		    .ctx_size_out = self->xdp ? 0 : sizeof(skb), .repeat = 1);

	*result = (struct rpol_testrun_result){.egress = RPOL_TESTRUN_NONE};
	if (length < ETHERNET_HEADER) {
		result->why = "the kernel takes no frame shorter than an Ethernet header";
		return 0;
	}
	*run->trace = (struct rpol_trace){.counter = UINT32_MAX};
	int rc = bpf_prog_test_run_opts(self->fd, &options);
	if (rc == -EINVAL && length >= BUFFER) {
		result->why = "longer than the kernel's buffer for test runs";
		return 0;
	}
	if (rc == -EINVAL && !self->xdp && length < ETHERNET_HEADER + IPV6_HEADER) {
		result->why = "the kernel's TC test run takes no IP frame without its whole header";
		return 0;
	}
	if (rc)
		return fail(error, rc,
			    "the kernel refuses to run a program on a frame of %zu bytes: %s",
			    length, strerror(-rc));
	result->judged = true;
	result->trace = *run->trace;
	result->action = options.retval;
	result->out_length = options.data_size_out;
	result->mark = self->xdp ? 0 : skb.mark;
	result->priority = self->xdp ? 0 : skb.priority;
	if (result->trace.counter >= run->ncounters)
		return fail(error, -EINVAL, "not a sound object: a program left no trace");
	if (!find_egress(run, result->trace.egress_ifindex, &result->egress))
		return fail(error, -EINVAL, "a packet left by interface %u, which stands for none",
			    result->trace.egress_ifindex);
	return insert_tag(result->trace.tag, out, out_size, &result->out_length, error);
}

int rpol_testrun_counters(struct rpol_testrun *run, struct rpol_counter *counters,
			  struct rpol_load_error *error)
{
	int rc = counters_sum(load_map(run->bpf, RPOL_MAP_COUNTERS), run->ncounters, counters);

	return rc ? fail(error, rc, "cannot read the counters: %s", strerror(-rc)) : 0;
}

void rpol_testrun_close(struct rpol_testrun *run)
{
	if (!run)
		return;
	if (run->trace)
		munmap(run->trace, run->trace_size);
	if (run->dry)
		munmap(run->dry, run->trace_size);
	load_close(&run->bpf);
	free(run->programs);
	free(run);
	current = NULL;
}
