/* caps.c: which capabilities are there, and how to get the missing ones. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"

static bool has(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[capability / 32].effective >> (capability % 32) & 1;
}

bool caps_perfmon(void)
{
	return has(CAP_PERFMON) || has(CAP_SYS_ADMIN);
}

/* The program, as setcap wants it. */
static const char *self_path(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length < 0)
		return "rpol";
	path[length] = 0;
	return path;
}

#define ALLOW "run as root, or allow it once with: setcap cap_bpf,cap_net_admin,cap_perfmon+ep %s"

void caps_note(struct notes *notes)
{
	char self[4096];

	if (!caps_perfmon())
		note(notes,
		     "without CAP_PERFMON the programs copy the headers they read, which is "
		     "slower; " ALLOW,
		     self_path(self, sizeof(self)));
}

int caps_check(const char *what, struct rpol_load_error *error)
{
	bool bpf = has(CAP_BPF) || has(CAP_SYS_ADMIN), net = has(CAP_NET_ADMIN);
	char self[4096];

	if (bpf && net)
		return 0;
	return fail(error, -EPERM, "not allowed to %s: %s%s%s missing; " ALLOW, what,
		    bpf ? "" : "CAP_BPF", bpf || net ? "" : " and ",
		    net ? (bpf ? "" : " is") : (bpf ? "CAP_NET_ADMIN is" : "CAP_NET_ADMIN are"),
		    self_path(self, sizeof(self)));
}

int caps_fail_perfmon(const char *program, const char *why, struct rpol_load_error *error)
{
	char self[4096];

	return fail(error, -EPERM,
		    "not allowed to load policy %s: CAP_PERFMON is missing, and without it the "
		    "kernel's verifier refuses what is too intricate to follow under speculation "
		    "(it says: %s); " ALLOW,
		    program, why, self_path(self, sizeof(self)));
}
