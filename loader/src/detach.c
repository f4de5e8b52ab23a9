/* detach.c: taking a deployment out of the kernel, also a damaged or half-made one. */
#include <stdio.h>
#include <string.h>

#include "deploy.h"
#include "steps.h"

/* Links first, so that no packet meets a policy in parts; then everything else. */
static int detach_points(const char *dir, struct rpol_load_error *error)
{
	SCOPE_FREE struct point *points = NULL;
	size_t count = 0;
	int rc = points_list(dir, &points, &count);

	if (rc)
		return fail(error, rc, "cannot read %s: %s", dir, strerror(-rc));
	for (size_t i = 0; i < count; i++) {
		char path[PATH];

		STEP("detach");
		rc = point_detach(dir, points[i]);
		point_path(path, dir, points[i], "");
		if (rc)
			return fail(error, rc, "cannot detach %s: %s", path, strerror(-rc));
	}
	return 0;
}

int rpol_loader_detach(const char *bpffs, const char *name, struct rpol_load_error *error)
{
	struct deployment deployment = {.active = -1};
	SCOPE_FD lock = -1;
	char dir[PATH];

	bpffs = bpffs ? bpffs : RPOL_BPFFS;
	int rc = caps_check("detach a policy", error);
	if (!rc)
		rc = deploy_check_name(name, error);
	if (!rc)
		rc = deploy_lock(bpffs, true, &lock, error);
	if (rc)
		return rc;
	path_print(dir, "%s/rpol/%s", bpffs, name);
	if (access(dir, F_OK))
		return fail(error, -ENOENT, "there is no deployment %s; see `rpol status`", name);
	rc = detach_points(dir, error);
	if (rc)
		return rc;
	/* A state that cannot be read names no neighbours to remove. */
	if (!deployment_open(bpffs, name, &deployment, NULL)) {
		for (int slot = 0; slot < 2; slot++)
			if (deployment.states[slot])
				neighbours_remove(deployment.states[slot], NULL);
		deployment_close(&deployment);
	}
	STEP("remove pins");
	rc = folder_remove(dir);
	return rc ? fail(error, rc, "cannot remove %s: %s", dir, strerror(-rc)) : 0;
}
