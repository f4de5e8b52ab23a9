/* grace.h: waiting until no program can still be reading what was reachable before. */
#ifndef RPOL_GRACE_H
#define RPOL_GRACE_H

/* wait: returns 0 when every reader that ran at the time of the call has ended, or a negative errno
 * when it cannot tell, and nothing is reused then. Costs milliseconds; callers save up for it. */
struct rpol_grace {
	int (*wait)(void *arg);
	void *arg;
};

/* Waits for the kernel's programs, by membarrier(2): it is a grace period of RCU, under which BPF
 * programs run. arg: unused. -ENOSYS or -EINVAL: this kernel does not offer it (nohz_full). */
int rpol_grace_membarrier(void *arg);

#endif
