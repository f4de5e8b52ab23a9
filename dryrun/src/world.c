/* world.c: the host a dry run pretends to be (docs/packets.md, "The dry run's host"). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "flow.h"
#include "rpol/interp.h"

/* 02:00:00:KIND:NN:NN, locally administered; numbers start at 1. */
static void stand_in_mac(uint8_t mac[6], uint8_t kind, size_t number)
{
	mac[0] = 0x02;
	mac[1] = 0;
	mac[2] = 0;
	mac[3] = kind;
	mac[4] = (uint8_t)(number >> 8);
	mac[5] = (uint8_t)number;
}

/* The first next hop with this one's address on this one's interface: one neighbour, one MAC. */
static size_t same_neighbour(const struct rpol_policy *policy, size_t index)
{
	const struct rpol_nexthop *hops = policy->nexthops, *hop = &hops[index];
	size_t first = 0;

	while (hops[first].dev != hop->dev || hops[first].via.family != hop->via.family ||
	       memcmp(hops[first].via.bytes, hop->via.bytes, 16))
		first++;
	return first;
}

int rpol_world_init(struct rpol_world *world, const struct rpol_policy *policy)
{
	/* one more than needed, since an allocation of nothing may give NULL */
	struct rpol_world made = {
		.mtu = 1500,
		.iface_macs = calloc(policy->ninterfaces + 1, sizeof(*made.iface_macs)),
		.nexthop_macs = calloc(policy->nnexthops + 1, sizeof(*made.nexthop_macs)),
		.alive = malloc(policy->nnexthops + 1),
	};

	if (!made.iface_macs || !made.nexthop_macs || !made.alive) {
		rpol_world_free(&made);
		return -ENOMEM;
	}
	for (size_t i = 0; i < policy->ninterfaces; i++)
		stand_in_mac(made.iface_macs[i], 0, i + 1);
	for (size_t i = 0; i < policy->nnexthops; i++)
		stand_in_mac(made.nexthop_macs[i], 1, same_neighbour(policy, i) + 1);
	stand_in_mac(made.fib_mac, 2, 1);
	stand_in_mac(made.fib_peer_mac, 2, 2);
	memset(made.alive, 1, policy->nnexthops + 1);
	*world = made;
	return 0;
}

uint32_t rpol_world_random(uint64_t index)
{
	uint8_t bytes[4];

	put_be32(bytes, (uint32_t)index);
	return rpol_murmur3_32(bytes, sizeof(bytes), 0);
}

void rpol_world_free(struct rpol_world *world)
{
	free(world->iface_macs);
	free(world->nexthop_macs);
	free(world->alive);
	memset(world, 0, sizeof(*world));
}
