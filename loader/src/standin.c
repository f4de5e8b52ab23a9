/* standin.c: a network namespace with a veth pair for every interface of an object and one called
 * fib, through which every destination has a route.
 *
 * `fib` asks all tables: a rule before the main table's sends it to a table of ours, whose default
 * routes leave by the device fib. `route` asks the main table for its next hop's address on its
 * device: there every next hop has a host route on its own device. Neighbours are permanent, so
 * nothing is ever sent. Devices stay from one object to the next. */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"
#include "standin.h"

enum { FIB_TABLE = 100, FIB_RULE = 1, LOOPBACK = 1 };

struct route {
	uint8_t family; /* 4 or 6 */
	uint8_t to[16];
	uint32_t ifindex;
};

/* The process's namespace. A process has one, so this is global. */
static struct {
	bool entered, confined, ready;
	size_t devices; /* stand-ins for interfaces there are, without fib */
	struct route *routes;
	size_t nroutes;
} space;

bool standin_confined(void)
{
	return space.confined;
}

int standin_enter(struct rpol_load_error *error)
{
	if (space.entered)
		return 0;
	if (unshare(CLONE_NEWNET)) {
		if (errno != EPERM)
			return fail(error, -errno, "cannot make a network namespace: %m");
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			return fail(
				error, -errno,
				"cannot make a network namespace for the kernel's judgement (%m): "
				"run as "
				"root, or allow user namespaces (sysctl user.max_user_namespaces)");
		space.confined = true;
	}
	space.entered = true;
	return 0;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static int request(struct netlink *netlink, const char *what, struct rpol_load_error *error)
{
	int rc = netlink_talk(netlink, NULL, NULL);

	return rc ? fail(error, rc, "cannot make the test run's stand-ins: %s: %s", what,
			 strerror(-rc))
		  : 0;
}

static struct nlmsghdr *begin_link(struct netlink *netlink, uint16_t flags, uint32_t ifindex,
				   bool up)
{
	struct nlmsghdr *header = netlink_begin(netlink, RTM_NEWLINK, flags);
	struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->ifi_index = (int)ifindex;
	message->ifi_flags = message->ifi_change = up ? IFF_UP : 0;
	return header;
}

static int make_device(struct netlink *netlink, uint32_t ifindex, struct rpol_load_error *error)
{
	struct nlmsghdr *header = begin_link(netlink, NLM_F_CREATE | NLM_F_EXCL, ifindex, false);
	char name[IF_NAMESIZE];

	snprintf(name, sizeof(name), "rpol%u", ifindex);
	mnl_attr_put_strz(header, IFLA_IFNAME, name);
	struct nlattr *information = mnl_attr_nest_start(header, IFLA_LINKINFO);
	mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
	struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifi_index = (int)ifindex + 1;
	snprintf(name, sizeof(name), "rpol%u", ifindex + 1);
	mnl_attr_put_strz(header, IFLA_IFNAME, name);
	mnl_attr_nest_end(header, peer);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, information);
	int rc = request(netlink, "a veth pair (is the module veth there?)", error);
	if (rc)
		return rc;
	begin_link(netlink, 0, ifindex + 1, true);
	return request(netlink, "a veth's other end", error);
}

static int set_device(struct netlink *netlink, uint32_t ifindex, const uint8_t mac[6], uint32_t mtu,
		      struct rpol_load_error *error)
{
	struct nlmsghdr *header = begin_link(netlink, 0, ifindex, true);

	mnl_attr_put(header, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(header, IFLA_MTU, mtu);
	return request(netlink, "a device's MAC address and MTU", error);
}

static size_t address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}
static uint8_t address_family(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

static struct nlmsghdr *begin_route(struct netlink *netlink, uint16_t type, uint16_t flags,
				    const struct route *route, uint32_t priority)
{
	struct nlmsghdr *header = netlink_begin(netlink, type, flags);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->rtm_family = address_family(route->family);
	message->rtm_dst_len = route->family == 4 ? 32 : 128;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_STATIC;
	message->rtm_scope = RT_SCOPE_LINK;
	message->rtm_type = RTN_UNICAST;
	mnl_attr_put(header, RTA_DST, address_size(route->family), route->to);
	mnl_attr_put_u32(header, RTA_OIF, route->ifindex);
	mnl_attr_put_u32(header, RTA_PRIORITY, priority);
	return header;
}

static struct nlmsghdr *begin_neighbour(struct netlink *netlink, uint16_t type, uint16_t flags,
					const struct route *route)
{
	struct nlmsghdr *header = netlink_begin(netlink, type, flags);
	struct ndmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->ndm_family = address_family(route->family);
	message->ndm_ifindex = (int)route->ifindex;
	message->ndm_state = NUD_PERMANENT;
	mnl_attr_put(header, NDA_DST, address_size(route->family), route->to);
	return header;
}

static int set_neighbour(struct netlink *netlink, const struct route *route, const uint8_t mac[6],
			 struct rpol_load_error *error)
{
	struct nlmsghdr *header =
		begin_neighbour(netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, route);

	mnl_attr_put(header, NDA_LLADDR, 6, mac);
	return request(netlink, "a next hop's neighbour", error);
}

/* IPv4 tells routes to one prefix apart by their priority, IPv6 by their device: for it a route of
 * another priority would hide the others. */
static uint32_t priority_of(const struct route *route, size_t i)
{
	return route->family == 4 ? (uint32_t)i + 1 : 1024;
}

/* ---- the fib stand-in ---------------------------------------------------------------------------
 */

static int set_default(struct netlink *netlink, const struct route *gateway,
		       struct rpol_load_error *error)
{
	struct nlmsghdr *header = netlink_begin(netlink, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(header, sizeof(*rule));

	rule->family = address_family(gateway->family);
	rule->action = FR_ACT_TO_TBL;
	rule->table = FIB_TABLE;
	mnl_attr_put_u32(header, FRA_TABLE, FIB_TABLE);
	mnl_attr_put_u32(header, FRA_PRIORITY, FIB_RULE);
	int rc = request(netlink, "a routing rule (does the kernel have IPv6 and rules?)", error);
	if (rc)
		return rc;
	header = netlink_begin(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->rtm_family = address_family(gateway->family);
	message->rtm_table = FIB_TABLE;
	message->rtm_protocol = RTPROT_STATIC;
	message->rtm_type = RTN_UNICAST;
	/* No address of ours makes an IPv4 gateway reachable; a link-local one always is. */
	message->rtm_flags = gateway->family == 4 ? RTNH_F_ONLINK : 0;
	mnl_attr_put(header, RTA_GATEWAY, address_size(gateway->family), gateway->to);
	mnl_attr_put_u32(header, RTA_OIF, gateway->ifindex);
	return request(netlink, "a default route", error);
}

/* Addresses of fib's peer; nothing is ever sent to them. */
static const struct route gateways[] = {
	{.family = 4, .to = {198, 18, 0, 1}, .ifindex = STANDIN_FIB},
	{.family = 6, .to = {0xfe, 0x80, [15] = 1}, .ifindex = STANDIN_FIB},
};

static int set_sysctls(struct rpol_load_error *error)
{
	static const char *const on[] = {"net/ipv6/conf/default/addr_gen_mode",
					 "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"};

	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++) {
		int rc = sysctl_write(on[i], "1");

		if (rc)
			return fail(error, rc,
				    "cannot set /proc/sys/%s in the test run's namespace: %s",
				    on[i], strerror(-rc));
	}
	return 0;
}

static int set_host(struct netlink *netlink, const struct rpol_testrun_world *world,
		    struct rpol_load_error *error)
{
	int rc = space.ready ? 0 : set_sysctls(error);

	if (!rc && !space.ready) {
		/* Without an address anywhere IPv4 takes no gateway for a unicast address. */
		begin_link(netlink, 0, LOOPBACK, true);
		rc = request(netlink, "the loopback device", error);
	}
	if (!rc && !space.ready)
		rc = make_device(netlink, STANDIN_FIB, error);
	if (!rc)
		rc = set_device(netlink, STANDIN_FIB, world->fib_mac, world->mtu, error);
	for (size_t i = 0; !rc && i < 2; i++) {
		if (!space.ready)
			rc = set_default(netlink, &gateways[i], error);
		if (!rc)
			rc = set_neighbour(netlink, &gateways[i], world->fib_peer_mac, error);
	}
	space.ready |= !rc;
	return rc;
}

/* ---- an object's interfaces and next hops
 * --------------------------------------------------------- */

static void clear_routes(struct netlink *netlink)
{
	for (size_t i = 0; i < space.nroutes; i++) {
		begin_route(netlink, RTM_DELROUTE, 0, &space.routes[i],
			    priority_of(&space.routes[i], i));
		netlink_talk(netlink, NULL, NULL);
		begin_neighbour(netlink, RTM_DELNEIGH, 0, &space.routes[i]);
		netlink_talk(netlink, NULL, NULL);
	}
	free(space.routes);
	space.routes = NULL;
	space.nroutes = 0;
}

static bool have_route(const struct route *route)
{
	for (size_t i = 0; i < space.nroutes; i++)
		if (!memcmp(&space.routes[i], route, sizeof(*route)))
			return true;
	return false;
}

static int add_routes(struct netlink *netlink, const struct rpol_object *object,
		      const struct rpol_testrun_world *world, struct rpol_load_error *error)
{
	int rc = 0;

	space.routes = calloc(object->nnexthops + 1, sizeof(*space.routes));
	if (!space.routes)
		return fail(error, -ENOMEM, "out of memory");
	for (size_t i = 0; !rc && i < object->nnexthops; i++) {
		const struct rpol_object_nexthop *hop = &object->nexthops[i];
		struct route *route = &space.routes[space.nroutes];

		route->family = hop->family;
		route->ifindex = standin_ifindex(hop->iface);
		memcpy(route->to, hop->via, address_size(hop->family));
		if (have_route(route)) {
			*route = (struct route){0};
			continue;
		}
		begin_route(netlink, RTM_NEWROUTE,
			    NLM_F_CREATE | (hop->family == 4 ? NLM_F_EXCL : NLM_F_APPEND), route,
			    priority_of(route, space.nroutes));
		space.nroutes++;
		rc = request(netlink, "a next hop's route", error);
		if (!rc)
			rc = set_neighbour(netlink, route, world->nexthop_macs[i], error);
	}
	return rc;
}

int standin_set(const struct rpol_object *object, const struct rpol_testrun_world *world,
		struct rpol_load_error *error)
{
	struct netlink netlink;
	int rc = netlink_open(&netlink, NETLINK_ROUTE);

	if (rc)
		return fail(error, rc, "cannot open a netlink socket: %s", strerror(-rc));
	clear_routes(&netlink);
	rc = set_host(&netlink, world, error);
	while (!rc && space.devices < object->ninterfaces) {
		rc = make_device(&netlink, standin_ifindex(space.devices), error);
		space.devices += !rc;
	}
	for (size_t i = 0; !rc && i < object->ninterfaces; i++)
		rc = set_device(&netlink, standin_ifindex(i), world->iface_macs[i], world->mtu,
				error);
	if (!rc)
		rc = add_routes(&netlink, object, world, error);
	netlink_close(&netlink);
	return rc;
}
