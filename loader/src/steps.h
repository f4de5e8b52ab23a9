/* steps.h: the steps of an apply and a detach, for tests that kill the process at each of them.
 * Private to loader/ and its tests. */
#ifndef RPOL_STEPS_H
#define RPOL_STEPS_H

/* Called, when set, before each thing that changes the kernel. */
extern void (*rpol_loader_step)(const char *what);

#define STEP(what)                                                                                 \
	do {                                                                                       \
		if (rpol_loader_step)                                                              \
			rpol_loader_step(what);                                                    \
	} while (0)

#endif
