/* interp.h: the reference interpreter: the meaning of the language. Needs no privilege. */
#ifndef RPOL_INTERP_H
#define RPOL_INTERP_H

#include <stdbool.h>
#include <stdint.h>

#include "rpol/packet.h"
#include "rpol/policy.h"

#define RPOL_WORLD_FIB UINT32_MAX /* egress: the stand-in for whatever the kernel's routes say */

/* The host a dry run pretends to be, the same for both engines and on every machine: each
 * interface and next hop has a made-up MAC address, every destination has a route by a
 * stand-in interface called `fib`, and every interface has one MTU. */
struct rpol_world {
	uint32_t mtu;		    /* bytes of IP packet */
	uint8_t (*iface_macs)[6];   /* by interface index */
	uint8_t (*nexthop_macs)[6]; /* by next hop index */
	uint8_t fib_mac[6];	    /* source of what leaves by `fib` */
	uint8_t fib_peer_mac[6];    /* its neighbour */
	uint8_t *alive;		    /* by next hop index: 1 alive, 0 dead; only groups ask */
	/* Of the packet that is judged next; the caller gives the kernel's engine the same. */
	uint64_t time_ns; /* when it came, since the epoch */
	uint32_t random;  /* what `random` rolls */
};

/* The documented stand-ins for a policy: MTU 1500, 02:00:00:00:00:01… for interfaces,
 * 02:00:00:01:00:01… for next hops (one address on one interface is one neighbour: the first's
 * MAC), 02:00:00:02:00:01 and :02 for fib; all alive. -ENOMEM. */
int rpol_world_init(struct rpol_world *world, const struct rpol_policy *policy);
/* The random value of a capture's packet, the same on every machine. */
uint32_t rpol_world_random(uint64_t index);
void rpol_world_free(struct rpol_world *world);

/* What became of one packet in one program. */
struct rpol_judgement {
	const struct rpol_rule *rule;	/* the one that decided */
	enum rpol_verdict_kind verdict; /* never LOOKUP or CONTINUE */
	/* ROUTE, also when handed; NULL for the others and for a group without a live member. */
	const struct rpol_nexthop *nexthop;
	uint32_t cpu;	 /* CPU: its number, or RPOL_CPU_SPREAD: the host's business; else 0 */
	uint32_t handed; /* enum rpol_handed of handed.def; 0: as the verdict says */
	uint32_t egress; /* interface index, RPOL_WORLD_FIB, or UINT32_MAX - 1 for nowhere */
	/* Of the frame as it leaves, in the caller's `out`: as the actions left it, and rewritten
	 * when forwarded or bounced. Of a dropped one too: as it was when it was dropped. */
	size_t out_length;
	uint32_t mark, priority; /* at the end; it came with 0 */
};

#define RPOL_EGRESS_NONE (UINT32_MAX - 1)

/* Bytes that a frame may grow by: two VLAN tags. */
#define RPOL_INTERP_ROOM 8

/* Judges one frame that came in on iface (of the program's; NULL: its first). counters, indexed
 * by rpol_rule.counter and rpol_named_counter.counter, get packets and frame bytes of every rule
 * that matched and every `count`; NULL: not counted. out must hold length + RPOL_INTERP_ROOM
 * bytes. */
struct rpol_interp_counter {
	uint64_t packets, bytes;
};
void rpol_interp_run(const struct rpol_program *program, const struct rpol_world *world,
		     const struct rpol_interface *iface, const uint8_t *data, size_t length,
		     struct rpol_interp_counter *counters, uint8_t *out,
		     struct rpol_judgement *judgement);

/* True when the expression holds for the packet; for unit tests and later analyses. */
bool rpol_interp_match(const struct rpol_expr *expr, const struct rpol_packet *packet,
		       const struct rpol_interface *iface);

#endif
