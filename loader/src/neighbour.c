/* neighbour.c: the next hops' neighbour entries, kept resolved by the kernel (NTF_EXT_MANAGED), so
 * that `route` finds a MAC address from the first packet on. */
#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "deploy.h"
#include "netlink.h"
#include "steps.h"

struct entry {
	uint16_t state;
	uint32_t flags; /* NTF_EXT_* */
};

static struct nlmsghdr *begin(struct netlink *netlink, uint16_t type, uint16_t flags,
			      const struct rpol_object_nexthop *hop, uint32_t ifindex)
{
	struct nlmsghdr *header = netlink_begin(netlink, type, flags);
	struct ndmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->ndm_family = hop->family == 4 ? AF_INET : AF_INET6;
	message->ndm_ifindex = (int)ifindex;
	mnl_attr_put(header, NDA_DST, hop->family == 4 ? 4 : 16, hop->via);
	return header;
}

static int take_entry(const struct nlmsghdr *header, void *arg)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	struct entry *entry = arg;
	struct nlattr *attr;

	entry->state = message->ndm_state;
	mnl_attr_for_each(attr, header,
			  sizeof(*message)) if (mnl_attr_get_type(attr) == NDA_FLAGS_EXT &&
						mnl_attr_get_payload_len(attr) >= 4) entry->flags =
		mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int query(struct netlink *netlink, const struct rpol_object_nexthop *hop, uint32_t ifindex,
		 struct entry *out)
{
	*out = (struct entry){0};
	begin(netlink, RTM_GETNEIGH, 0, hop, ifindex);
	return netlink_talk(netlink, take_entry, out);
}

/* Whether state manages the entry of that address and device. */
static bool is_managed(const struct state *state, const struct rpol_object_nexthop *hop,
		       uint32_t ifindex)
{
	for (size_t i = 0; state && i < state->object.nnexthops; i++) {
		const struct rpol_object_nexthop *other = &state->object.nexthops[i];

		if (state->managed[i] && other->family == hop->family &&
		    !memcmp(other->via, hop->via, sizeof(hop->via)) &&
		    state->interfaces[other->iface].ifindex == ifindex)
			return true;
	}
	return false;
}

static int open_route(struct netlink *netlink, struct rpol_load_error *error)
{
	int rc = netlink_open(netlink, NETLINK_ROUTE);

	return rc ? fail(error, rc, "cannot open a netlink socket: %s", strerror(-rc)) : 0;
}

int neighbours_plan(const struct rpol_object *object, const struct state_interface *interfaces,
		    const struct state *before, uint8_t *managed, struct rpol_load_error *error)
{
	struct netlink netlink;
	int rc = object->nnexthops ? open_route(&netlink, error) : 0;

	if (rc || !object->nnexthops)
		return rc;
	for (size_t i = 0; i < object->nnexthops; i++) {
		const struct rpol_object_nexthop *hop = &object->nexthops[i];
		uint32_t ifindex = interfaces[hop->iface].ifindex;
		struct entry entry;

		managed[i] = is_managed(before, hop, ifindex) ||
			     query(&netlink, hop, ifindex, &entry) ||
			     !(entry.state & NUD_PERMANENT || entry.flags & NTF_EXT_MANAGED);
	}
	netlink_close(&netlink);
	return 0;
}

int neighbours_add(const struct rpol_object *object, const struct state_interface *interfaces,
		   const uint8_t *managed, struct notes *notes, struct rpol_load_error *error)
{
	struct netlink netlink;
	int rc = object->nnexthops ? open_route(&netlink, error) : 0;

	for (size_t i = 0; !rc && i < object->nnexthops; i++) {
		const struct rpol_object_nexthop *hop = &object->nexthops[i];
		const struct state_interface *interface = &interfaces[hop->iface];

		struct entry entry;

		/* Whoever made it permanent since owns it. */
		if (!managed[i] || (!query(&netlink, hop, interface->ifindex, &entry) &&
				    entry.state & NUD_PERMANENT))
			continue;
		STEP("add a neighbour");
		struct nlmsghdr *header =
			begin(&netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, hop,
			      interface->ifindex);
		mnl_attr_put_u32(header, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
		if (!netlink_talk(&netlink, NULL, NULL))
			continue;
		/* Without it the entry is resolved now and may be forgotten later. */
		header = begin(&netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, hop,
			       interface->ifindex);
		((struct ndmsg *)mnl_nlmsg_get_payload(header))->ndm_flags = NTF_USE;
		int code = netlink_talk(&netlink, NULL, NULL);
		note(notes, "next hop %s: the kernel does not keep its neighbour entry on %s%s%s",
		     hop->name, interface->device, code ? ": " : "; it is resolved once",
		     code ? strerror(-code) : "");
	}
	if (object->nnexthops)
		netlink_close(&netlink);
	return rc;
}

int neighbours_remove(const struct state *state, const struct state *kept)
{
	struct netlink netlink;
	int rc = state->object.nnexthops ? netlink_open(&netlink, NETLINK_ROUTE) : 0;

	if (rc || !state->object.nnexthops)
		return rc;
	for (size_t i = 0; !rc && i < state->object.nnexthops; i++) {
		const struct rpol_object_nexthop *hop = &state->object.nexthops[i];
		uint32_t ifindex = state->interfaces[hop->iface].ifindex;
		struct entry entry;

		/* Whoever made it permanent since, or another way than managed, owns it. */
		if (!state->managed[i] || is_managed(kept, hop, ifindex) ||
		    query(&netlink, hop, ifindex, &entry) || !(entry.flags & NTF_EXT_MANAGED))
			continue;
		STEP("remove a neighbour");
		begin(&netlink, RTM_DELNEIGH, 0, hop, ifindex);
		rc = netlink_talk(&netlink, NULL, NULL);
		if (rc == -ENOENT || rc == -ENODEV)
			rc = 0;
	}
	netlink_close(&netlink);
	return rc;
}
