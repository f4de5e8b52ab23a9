/* ports.c: which interfaces XDP can send on, and the devmap of them.
 *
 * The kernel says it by generic netlink (family netdev, from 6.3 on): a veth, for one, can be sent
 * on only while its peer has an XDP program or GRO. Older kernels do not say: there the policy's
 * own interfaces are taken. */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "deploy.h"
#include "netlink.h"

/* Of linux/netdev.h, which Debian 12's headers do not have. */
enum { NETDEV_CMD_DEV_GET = 1, NETDEV_A_DEV_IFINDEX = 1, NETDEV_A_DEV_XDP_FEATURES = 3 };
enum { NETDEV_XDP_ACT_NDO_XMIT = 4 };

struct ports {
	uint32_t *ifindexes; /* malloc'd: those that can be sent on */
	size_t count;
	bool out_of_memory;
};

static int take_family(const struct nlmsghdr *header, void *arg)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, header, sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
								       CTRL_ATTR_FAMILY_ID) *
		(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int take_device(const struct nlmsghdr *header, void *arg)
{
	struct ports *ports = arg;
	uint32_t ifindex = 0;
	uint64_t features = 0;
	struct nlattr *attr;

	mnl_attr_for_each(attr, header, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NETDEV_A_DEV_IFINDEX)
			ifindex = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == NETDEV_A_DEV_XDP_FEATURES)
			features = mnl_attr_get_u64(attr);
	}
	if (!ifindex || !(features & NETDEV_XDP_ACT_NDO_XMIT))
		return MNL_CB_OK;
	uint32_t *more = realloc(ports->ifindexes, (ports->count + 1) * sizeof(*more));
	ports->out_of_memory |= !more;
	if (more) {
		ports->ifindexes = more;
		more[ports->count++] = ifindex;
	}
	return MNL_CB_OK;
}

/* -ENOENT: the kernel does not tell. */
static int ask_kernel(struct ports *ports)
{
	struct genlmsghdr generic = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	struct netlink netlink;
	uint16_t family = 0;
	int rc = netlink_open(&netlink, NETLINK_GENERIC);

	if (rc)
		return rc;
	struct nlmsghdr *header = netlink_begin(&netlink, GENL_ID_CTRL, 0);
	memcpy(mnl_nlmsg_put_extra_header(header, sizeof(generic)), &generic, sizeof(generic));
	mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, "netdev");
	rc = netlink_talk(&netlink, take_family, &family);
	if (!rc) {
		generic.cmd = NETDEV_CMD_DEV_GET;
		header = netlink_begin(&netlink, family, NLM_F_DUMP);
		memcpy(mnl_nlmsg_put_extra_header(header, sizeof(generic)), &generic,
		       sizeof(generic));
		rc = netlink_talk(&netlink, take_device, ports);
	}
	netlink_close(&netlink);
	return ports->out_of_memory ? -ENOMEM : rc;
}

static bool can_send(const struct ports *ports, uint32_t ifindex)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->ifindexes[i] == ifindex)
			return true;
	return false;
}

static bool rule_sends(const struct rpol_object_rule *rule, size_t iface)
{
	for (size_t i = 0; i < rule->nsends; i++)
		if (rule->sends[i] == iface)
			return true;
	return false;
}

/* XDP cannot send on interface i: refused when a rule can `send` there, else a note. */
static int check_unsendable(const struct rpol_object *object, size_t i, const char *device,
			    struct notes *notes, struct rpol_load_error *error)
{
	const char *name = object->interfaces[i].name;

	for (size_t p = 0; p < object->nprograms; p++) {
		const struct rpol_object_program *program = &object->programs[p];

		for (size_t r = 0; program->hook == RPOL_OBJECT_XDP && r < program->nrules; r++)
			if (rule_sends(&program->rules[r], i))
				return fail(error, -EOPNOTSUPP,
					    "%s:%u: rule `%s` sends to %s, but XDP cannot send on "
					    "its device %s: the "
					    "driver has no XDP transmit, or it is a veth whose "
					    "peer has neither an "
					    "XDP program nor GRO (`ethtool -K PEER gro on`); or "
					    "put the policy at "
					    "tc ingress",
					    program->rules[r].file, program->rules[r].line,
					    program->rules[r].label, name, device);
	}
	note(notes,
	     "%s: XDP cannot send on it (no XDP transmit; for a veth: its peer needs GRO or an "
	     "XDP program); packets that leave by it go through the kernel's stack",
	     device);
	return 0;
}

int ports_fill(int map, const struct rpol_object *object, const struct state_interface *interfaces,
	       struct notes *notes, struct rpol_load_error *error)
{
	struct ports ports = {0};
	SCOPE_FREE uint32_t *list = NULL;
	bool told = true;
	int rc = ask_kernel(&ports);

	if (rc == -ENOENT || rc == -EOPNOTSUPP) {
		told = false;
		rc = 0;
	}
	list = ports.ifindexes;
	if (rc)
		return fail(error, rc, "cannot ask the kernel where XDP can send: %s",
			    strerror(-rc));
	for (size_t i = 0; !rc && i < object->ninterfaces + ports.count; i++) {
		bool named = i < object->ninterfaces;
		uint32_t ifindex =
			named ? interfaces[i].ifindex : ports.ifindexes[i - object->ninterfaces];
		/* A devmap's value may be 4 or 8 bytes; the second half is a program, of which
		 * there is none. */
		uint32_t value[2] = {ifindex, 0};

		if (named && told && !can_send(&ports, ifindex))
			rc = check_unsendable(object, i, interfaces[i].device, notes, error);
		else if ((rc = bpf_map_update_elem(map, &ifindex, value, BPF_ANY)) && !named)
			rc = 0; /* no room, or gone meanwhile: the kernel's stack sends there */
		else if (rc)
			fail(error, rc, "cannot let XDP send on %s: %s", interfaces[i].device,
			     strerror(-rc));
	}
	return rc;
}
