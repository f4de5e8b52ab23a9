/* cpus.h: the CPUs that `cpu` hands packets to. Private to loader/. */
#ifndef RPOL_CPUS_H
#define RPOL_CPUS_H

#include "internal.h"

struct cpus {
	uint16_t online[RPOL_CPUS]; /* their numbers, ascending; one at least */
	uint32_t count;
	char text[256]; /* the same as the kernel writes it: "0-3" */
};

/* Asks the kernel which CPUs are online. 0, or a negative errno with a message. */
int cpus_read(struct cpus *cpus, struct rpol_load_error *error);

/* -ENODEV, with a message that names the rule, when one hands packets to a CPU that is not online.
 */
int cpus_check(const struct cpus *cpus, const struct rpol_object *object,
	       struct rpol_load_error *error);

/* Fills the object's RPOL_MAP_CPUS with those online that its rules can hand packets to: each has a
 * thread of the kernel's. */
int cpus_fill(const struct cpus *cpus, const struct rpol_object *object, int map,
	      struct rpol_load_error *error);

#endif
