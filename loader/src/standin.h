/* standin.h: the host a test run pretends to be: stand-in devices, routes and neighbours in a
 * network namespace of its own. Private to loader/. */
#ifndef RPOL_STANDIN_H
#define RPOL_STANDIN_H

#include "internal.h"
#include "rpol/testrun.h"

/* Interface numbers, known before the devices are there. */
enum { STANDIN_FIB = 1000 };
static inline uint32_t standin_ifindex(size_t iface)
{
	return STANDIN_FIB + 2 + 2 * (uint32_t)iface;
}

/* Moves the process into its namespace, once. */
int standin_enter(struct rpol_load_error *error);
/* True when that took a user namespace: no more programs can be loaded by this process. */
bool standin_confined(void);

/* Makes the namespace the host of an object: docs/packets.md, "The dry run's host". */
int standin_set(const struct rpol_object *object, const struct rpol_testrun_world *world,
		struct rpol_load_error *error);

#endif
