/* module.c: finding and opening the clang module, the first time something is compiled. */
#define _GNU_SOURCE
#include "module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "…/rpol" → "…/librpol-clang.so"; NULL when /proc does not say where we run from. */
static char *beside_executable(void)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *path;

	if (length < 0)
		return NULL;
	self[length] = 0;
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	return asprintf(&path, "%s/" RPOL_CLANG_MODULE, self) < 0 ? NULL : path;
}

int rpol_module_open(rpol_clang_compile_fn **compile, char **error)
{
	static rpol_clang_compile_fn *loaded;
	const char *override = getenv("RPOL_CLANG_MODULE");
	char *paths[2] = {NULL, NULL}, *reason = NULL;
	void *handle = NULL;

	if (loaded) {
		*compile = loaded;
		return 0;
	}
	if (override) {
		paths[0] = strdup(override);
	} else {
		paths[0] = beside_executable();
		paths[1] = strdup(RPOL_MODULE_DIR "/" RPOL_CLANG_MODULE);
	}

	for (int i = 0; i < 2 && !handle; i++) {
		if (!paths[i])
			continue;
		/* A module that is there but does not load says more than one that is not. */
		int there = access(paths[i], F_OK) == 0;
		handle = dlopen(paths[i], RTLD_LAZY | RTLD_LOCAL);
		if (!handle && (there || !reason)) {
			free(reason);
			reason = strdup(dlerror());
			if (there)
				break;
		}
	}
	if (handle) {
		loaded = (rpol_clang_compile_fn *)dlsym(handle, RPOL_CLANG_SYMBOL);
		if (!loaded)
			reason = strdup(dlerror());
	}
	if (!loaded &&
	    asprintf(
		    error,
		    "cannot load the C compiler module: %s (tried %s%s%s): install it beside rpol, "
		    "or build the object elsewhere with `rpol build` and give that to `rpol "
		    "apply`",
		    reason ? reason : "out of memory", paths[0] ? paths[0] : "",
		    paths[0] && paths[1] ? ", " : "", paths[1] ? paths[1] : "") < 0)
		*error = NULL;
	free(reason);
	free(paths[0]);
	free(paths[1]);
	if (!loaded)
		return -ENOENT;
	*compile = loaded;
	return 0;
}
