/* grace.c: waiting for the kernel's readers. Contract in grace.h. */
#include "rpol/grace.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

int rpol_grace_membarrier(void *arg)
{
	(void)arg;
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? -errno : 0;
}
