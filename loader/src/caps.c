/* caps.c: which capabilities are there, and how to get the missing ones. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"

static bool has(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[capability / 32].effective >> (capability % 32) & 1;
}

bool caps_perfmon(void) { return has(CAP_PERFMON) || has(CAP_SYS_ADMIN); }

int caps_check(const char *what, struct rpol_load_error *error)
{
	bool bpf = has(CAP_BPF) || has(CAP_SYS_ADMIN), net = has(CAP_NET_ADMIN);
	char self[4096];

	if (bpf && net)
		return 0;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	snprintf(self + (length < 0 ? 0 : length), length < 0 ? sizeof(self) : 1, "%s",
		 length < 0 ? "rpol" : "");
	return fail(error, -EPERM,
		    "not allowed to %s: %s%s%s missing; run as root, or allow it once with: "
		    "setcap cap_bpf,cap_net_admin,cap_perfmon+ep %s",
		    what, bpf ? "" : "CAP_BPF", bpf || net ? "" : " and ",
		    net ? (bpf ? "" : " is") : (bpf ? "CAP_NET_ADMIN is" : "CAP_NET_ADMIN are"), self);
}
