/* filter.c: clsact filters, for kernels without tcx links.
 *
 * A filter is not held by a pin, so where it is to be (priority, handle) and the program it is to
 * have are pinned in a map before it is attached: whoever comes later finds it, or finds that it
 * was never made. The clsact qdisc itself is left behind: others may be using it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "deploy.h"
#include "steps.h"

enum { FIRST_PRIORITY = 0xc000, TRIES = 64, HANDLE = 1 };

struct filter {
	uint32_t priority, program;
};

static struct bpf_tc_hook hook_of(struct point point)
{
	return (struct bpf_tc_hook){.sz = sizeof(struct bpf_tc_hook),
				    .ifindex = (int)point.ifindex,
				    .attach_point = point.hook == RPOL_OBJECT_TC_EGRESS
							    ? BPF_TC_EGRESS
							    : BPF_TC_INGRESS};
}

static int read_filter(const char *dir, struct point point, struct filter *out)
{
	uint32_t key = 0;
	char path[PATH];

	point_path(path, dir, point, "filter");
	SCOPE_FD fd = bpf_obj_get(path);
	return fd < 0 ? fd : bpf_map_lookup_elem(fd, &key, out);
}

/* Whether the filter of that record is there: its place taken by its very program. */
static bool is_there(struct point point, const struct filter *filter)
{
	struct bpf_tc_hook hook = hook_of(point);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = filter->priority);

	libbpf_listen();
	return !bpf_tc_query(&hook, &options) && options.prog_id == filter->program;
}

bool filter_attached(const char *dir, struct point point)
{
	struct filter filter;

	return !read_filter(dir, point, &filter) && is_there(point, &filter);
}

int filter_detach(const char *dir, struct point point)
{
	struct bpf_tc_hook hook = hook_of(point);
	struct filter filter;
	char path[PATH];
	int rc = read_filter(dir, point, &filter);

	if (rc == -ENOENT)
		return 0;
	if (!rc && is_there(point, &filter)) {
		LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = filter.priority);

		rc = bpf_tc_detach(&hook, &options);
	}
	point_path(path, dir, point, "filter");
	if (!rc && unlink(path) && errno != ENOENT)
		rc = -errno;
	return rc;
}

static int write_filter(const char *dir, struct point point, const struct filter *filter)
{
	uint32_t key = 0;
	char path[PATH];

	point_path(path, dir, point, "filter");
	SCOPE_FD fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rpol_filter", sizeof(key),
				     sizeof(*filter), 1, NULL);
	int rc = fd < 0 ? fd : bpf_map_update_elem(fd, &key, filter, BPF_ANY);
	return rc ? rc : bpf_obj_pin(fd, path);
}

int filter_attach(const char *dir, struct point point, int entry, const char *device,
		  struct rpol_load_error *error)
{
	struct bpf_tc_hook hook = hook_of(point);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	struct filter filter = {.priority = FIRST_PRIORITY};
	char path[PATH];

	libbpf_listen();
	int rc = bpf_tc_hook_create(&hook);
	if (rc == -EEXIST)
		rc = 0;
	if (!rc)
		rc = bpf_obj_get_info_by_fd(entry, &info, &length);
	filter.program = info.id;
	point_path(path, dir, point, "filter");
	for (int tries = 0; !rc && tries < TRIES; tries++, filter.priority--) {
		LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = filter.priority);

		if (!bpf_tc_query(&hook, &options))
			continue; /* taken */
		STEP("pin a filter's place");
		rc = write_filter(dir, point, &filter);
		options = (struct bpf_tc_opts){.sz = sizeof(options),
					       .prog_fd = entry,
					       .handle = HANDLE,
					       .priority = filter.priority};
		STEP("attach a filter");
		if (!rc)
			rc = bpf_tc_attach(&hook, &options);
		if (!rc)
			return 0;
		unlink(path);
		if (rc == -EEXIST) /* somebody came between */
			rc = 0;
	}
	rc = rc ? rc : -EBUSY;
	return fail(error, rc, "cannot attach a clsact filter to %s: %s%s%s", device, strerror(-rc),
		    libbpf_extack() ? ": " : "", libbpf_extack() ? libbpf_extack() : "");
}
