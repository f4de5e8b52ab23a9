/* attach.c: points: an entry program on an interface's hook, by a pinned link, XDP native before
 * generic, tcx before clsact filters. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "deploy.h"
#include "steps.h"

/* enum bpf_attach_type of kernels from 6.6 on. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };

/* Information about the pinned link. False when there is none, or its interface is gone. */
static bool link_information(const char *dir, struct point point, struct bpf_link_info *info)
{
	uint32_t length = sizeof(*info);
	char path[PATH];

	point_path(path, dir, point, "link");
	SCOPE_FD fd = bpf_obj_get(path);
	memset(info, 0, sizeof(*info));
	/* A tcx link has its interface's number where an XDP link has it. */
	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, info, &length) &&
	       info->xdp.ifindex == point.ifindex;
}

enum attached point_attached(const char *dir, struct point point)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_link_info info;

	if (!link_information(dir, point, &info))
		return point.hook != RPOL_OBJECT_XDP && filter_attached(dir, point)
			       ? ATTACHED_CLSACT
			       : ATTACHED_NOT;
	if (point.hook != RPOL_OBJECT_XDP)
		return ATTACHED_TCX;
	libbpf_listen();
	return !bpf_xdp_query((int)point.ifindex, 0, &query) &&
			       query.attach_mode == XDP_ATTACHED_SKB
		       ? ATTACHED_XDP_GENERIC
		       : ATTACHED_XDP_NATIVE;
}

int point_detach(const char *dir, struct point point)
{
	char path[PATH];

	point_path(path, dir, point, "link");
	/* A link that only loses its pin goes some time later. */
	SCOPE_FD link = bpf_obj_get(path);
	if (link >= 0)
		bpf_link_detach(link);
	if (unlink(path) && errno != ENOENT)
		return -errno;
	return point.hook == RPOL_OBJECT_XDP ? 0 : filter_detach(dir, point);
}

/* ---- XDP ------------------------------------------------------------------------------------- */

static int explain_busy(struct point point, const char *device, struct rpol_load_error *error)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info), id = 0;

	if (!bpf_xdp_query((int)point.ifindex, 0, &query))
		id = query.prog_id	 ? query.prog_id
		     : query.drv_prog_id ? query.drv_prog_id
					 : query.skb_prog_id;
	SCOPE_FD fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length))
		return fail(
			error, -EBUSY,
			"%s already has an XDP program: `%s` (id %u); an interface has room for "
			"one; see `bpftool net show dev %s`",
			device, info.name, id, device);
	return fail(error, -EBUSY,
		    "%s already has an XDP program (id %u); an interface has room for one; see "
		    "`bpftool net show dev %s`",
		    device, id, device);
}

static int device_mtu(const char *device)
{
	struct ifreq request = {0};
	SCOPE_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return fd >= 0 && !ioctl(fd, SIOCGIFMTU, &request) ? request.ifr_mtu : 0;
}

/* A link has no way to say why a driver refuses; the older way to attach has. */
static int explain_xdp(struct point point, int entry, const char *device, int code,
		       struct rpol_load_error *error)
{
	const uint32_t flags = XDP_FLAGS_UPDATE_IF_NOEXIST | XDP_FLAGS_DRV_MODE;

	libbpf_listen();
	if (!bpf_xdp_attach((int)point.ifindex, entry, flags, NULL))
		bpf_xdp_detach((int)point.ifindex, XDP_FLAGS_DRV_MODE, NULL);
	if (libbpf_extack())
		return fail(error, code, "the driver of %s refuses XDP: %s (MTU %d)", device,
			    libbpf_extack(), device_mtu(device));
	if (code == -EINVAL || code == -ERANGE)
		return fail(
			error, code,
			"the driver of %s refuses XDP (%s): often the MTU, %d here, or a feature "
			"like LRO; try `ip link set %s mtu 1500`",
			device, strerror(-code), device_mtu(device), device);
	return fail(error, code, "cannot attach XDP to %s: %s", device, strerror(-code));
}

static int link_xdp(struct point point, int entry, const char *device, struct notes *notes,
		    struct rpol_load_error *error)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int link = bpf_link_create(entry, (int)point.ifindex, BPF_XDP, &options);

	if (link == -EOPNOTSUPP) {
		options.flags = XDP_FLAGS_SKB_MODE;
		link = bpf_link_create(entry, (int)point.ifindex, BPF_XDP, &options);
		if (link >= 0)
			note(notes,
			     "%s: its driver has no XDP; generic XDP is used, which is slower",
			     device);
	}
	if (link == -EBUSY || link == -EEXIST)
		return explain_busy(point, device, error);
	return link >= 0 ? link : explain_xdp(point, entry, device, link, error);
}

/* ---- attaching ---------------------------------------------------------------------------------
 */

int point_attach(const char *dir, struct point point, int entry, enum rpol_tc_attach tc,
		 const char *device, struct notes *notes, struct rpol_load_error *error)
{
	bool egress = point.hook == RPOL_OBJECT_TC_EGRESS;
	char path[PATH];

	/* What is pinned there and not attached is of an interface that is gone. */
	int rc = point_detach(dir, point);
	if (rc)
		return fail(error, rc, "cannot detach from %s: %s", device, strerror(-rc));
	STEP("attach");
	if (point.hook != RPOL_OBJECT_XDP && tc == RPOL_TC_CLSACT)
		return filter_attach(dir, point, entry, device, error);
	SCOPE_FD link =
		point.hook == RPOL_OBJECT_XDP
			? link_xdp(point, entry, device, notes, error)
			: bpf_link_create(entry, (int)point.ifindex,
					  (enum bpf_attach_type)(egress ? TCX_EGRESS : TCX_INGRESS),
					  NULL);
	if (link == -EINVAL && point.hook != RPOL_OBJECT_XDP && tc == RPOL_TC_AUTO)
		return filter_attach(dir, point, entry, device, error);
	if (link < 0)
		return fail(error, link, "cannot attach a tcx link to %s: %s%s", device,
			    strerror(-link),
			    link == -EINVAL ? "; the kernel has none before 6.6" : "");
	STEP("pin a link");
	point_path(path, dir, point, "link");
	rc = bpf_obj_pin(link, path);
	return rc ? fail(error, rc, "cannot pin %s: %s", path, strerror(-rc)) : 0;
}
