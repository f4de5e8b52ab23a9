/* testrun.h: the kernel engine of a dry run: an object's programs judge single packets by
 * BPF_PROG_TEST_RUN, in a private network namespace with stand-in devices. */
#ifndef RPOL_TESTRUN_H
#define RPOL_TESTRUN_H

#include "rpol/loader.h"

/* The pretended host (the interpreter's struct rpol_world has the same; the caller gives both the
 * same values, so that the two engines need not know each other). */
struct rpol_testrun_world {
	uint32_t mtu;
	const uint8_t (*iface_macs)[6];
	const uint8_t (*nexthop_macs)[6];
	uint8_t fib_mac[6], fib_peer_mac[6];
	const uint8_t *alive; /* by next hop index */
	bool no_perfmon;      /* the programs read packets as they do without CAP_PERFMON */
};

#define RPOL_TESTRUN_FIB UINT32_MAX	   /* egress: the stand-in `fib` */
#define RPOL_TESTRUN_NONE (UINT32_MAX - 1) /* egress: nowhere */

#define RPOL_TESTRUN_ROOM 8 /* bytes that a frame may grow by: two VLAN tags */

struct rpol_testrun; /* loaded programs in their namespace */

/* Loads the object for tracing and moves the calling process into a new network namespace
 * (inside a new user namespace when it may not make one otherwise): nothing of the host is
 * touched, its routes and neighbours do not leak in, and the process stays there. The process
 * must have one thread. May be called again for other objects: the namespace is then reused.
 * -EPERM: error->message says which capability is missing and how to allow it. */
int rpol_testrun_open(const struct rpol_object *object, const struct rpol_testrun_world *world,
		      struct rpol_testrun **out, struct rpol_load_error *error);

struct rpol_testrun_result {
	bool judged;		 /* false: the kernel takes no such frame; why says so */
	const char *why;	 /* static */
	struct rpol_trace trace; /* egress_ifindex is the stand-in's; see egress */
	uint32_t egress;	 /* interface index, RPOL_TESTRUN_FIB or RPOL_TESTRUN_NONE */
	uint32_t action;	 /* what the program returned: XDP_* or TC_ACT_* */
	size_t out_length;
	uint32_t mark, priority; /* TC: of the packet at the end; it came with 0 */
};

/* What the packets run from now on find: the time in ns since the epoch, and what `random` rolls.
 */
void rpol_testrun_set(struct rpol_testrun *run, uint64_t time_ns, uint32_t random);

/* Runs program `program` on a frame that came in on interface index iface. out must hold
 * out_size >= length + RPOL_TESTRUN_ROOM bytes: the frame as it leaves, VLAN tags where they are on
 * the wire. */
int rpol_testrun_run(struct rpol_testrun *run, uint32_t program, uint32_t iface,
		     const uint8_t *data, size_t length, uint8_t *out, size_t out_size,
		     struct rpol_testrun_result *result, struct rpol_load_error *error);

/* Sums the counters over CPUs into counters[0..ncounters). */
int rpol_testrun_counters(struct rpol_testrun *run, struct rpol_counter *counters,
			  struct rpol_load_error *error);

void rpol_testrun_close(struct rpol_testrun *run); /* NULL: nothing */

#endif
