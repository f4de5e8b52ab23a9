/* deploy.c: one deployment as it is pinned: reading it, and bringing it to what its state says. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "deploy.h"
#include "steps.h"

void (*rpol_loader_step)(const char *what);

/* ---- points -----------------------------------------------------------------------------------
 */

static const char *const hook_words[] = {"xdp", "tci", "tce"};

void point_path(char path[PATH], const char *dir, struct point point, const char *file)
{
	path_print(path, "%s/%s_%u%s%s", dir, hook_words[point.hook], point.ifindex,
		   *file ? "/" : "", file);
}

static bool parse_point(const char *name, struct point *out)
{
	for (int hook = 0; hook < 3; hook++) {
		int end = 0;

		if (!strncmp(name, hook_words[hook], 3) &&
		    sscanf(name + 3, "_%u%n", &out->ifindex, &end) == 1 && !name[3 + end]) {
			out->hook = (enum rpol_object_hook)hook;
			return true;
		}
	}
	return false;
}

int points_list(const char *dir, struct point **out, size_t *count)
{
	DIR *folder = opendir(dir);
	struct dirent *entry;
	struct point *points = NULL, point;
	size_t n = 0;

	while (folder && (entry = readdir(folder))) {
		if (!parse_point(entry->d_name, &point))
			continue;
		struct point *more = realloc(points, (n + 1) * sizeof(*points));
		if (!more) {
			free(points);
			closedir(folder);
			return -ENOMEM;
		}
		points = more;
		points[n++] = point;
	}
	if (folder)
		closedir(folder);
	*out = points;
	*count = n;
	return 0;
}

bool state_has_point(const struct state *state, struct point point)
{
	for (size_t i = 0; state && i < state->object.nprograms; i++) {
		const struct rpol_object_program *program = &state->object.programs[i];

		for (size_t j = 0; program->hook == point.hook && j < program->nifaces; j++)
			if (state->interfaces[program->ifaces[j]].ifindex == point.ifindex)
				return true;
	}
	return false;
}

/* ---- deployments -------------------------------------------------------------------------------
 */

int deployment_open(const char *bpffs, const char *name, struct deployment *out,
		    struct rpol_load_error *error)
{
	struct deployment self = {.active = -1};
	char path[PATH];
	uint32_t key = 0, word = 0;

	path_print(self.dir, "%s/rpol/%s", bpffs, name);
	if (access(self.dir, F_OK))
		return errno == ENOENT ? -ENOENT
				       : fail(error, -errno, "cannot read %s: %m", self.dir);
	path_print(path, "%s/active", self.dir);
	self.active = bpf_obj_get(path);
	int rc = self.active >= 0 || self.active == -ENOENT ? 0 : self.active;
	if (self.active >= 0)
		rc = bpf_map_lookup_elem(self.active, &key, &word);
	if (rc) {
		fail(error, rc, "cannot read %s: %s", path, strerror(-rc));
		scope_close(&self.active);
		return rc;
	}
	self.slot = word & 1;
	/* Before the first flip slot 0 judges, and nothing is in it. */
	if (self.active >= 0)
		rc = state_read(self.dir, self.slot, &self.states[self.slot], error);
	if (!rc || rc == -ENOENT)
		rc = state_read(self.dir, !self.slot, &self.states[!self.slot], NULL) == -ENOMEM
			     ? -ENOMEM
			     : 0;
	if (rc)
		deployment_close(&self);
	else
		*out = self;
	return rc;
}

void deployment_close(struct deployment *deployment)
{
	scope_close(&deployment->active);
	state_free(deployment->states[0]);
	state_free(deployment->states[1]);
	*deployment = (struct deployment){.active = -1};
}

static int settle_point(const struct deployment *self, struct point point)
{
	char path[PATH];
	int rc = 0;

	if (state_has_point(deployment_in_force(self), point))
		return 0;
	STEP("drop a link");
	rc = point_detach(self->dir, point);
	if (!rc && !state_has_point(self->states[!self->slot], point)) {
		STEP("drop a point");
		/* The entry first: it is only ever there with its slots. */
		point_path(path, self->dir, point, "entry");
		if (unlink(path) && errno != ENOENT)
			return -errno;
		point_path(path, self->dir, point, "");
		rc = folder_remove(path);
	}
	return rc;
}

int deployment_settle(const struct deployment *self, struct rpol_load_error *error)
{
	SCOPE_FREE struct point *points = NULL;
	size_t count = 0;
	int rc = carried_settle(self, error);

	if (!rc && (rc = points_list(self->dir, &points, &count)))
		fail(error, rc, "cannot read %s: %s", self->dir, strerror(-rc));
	for (size_t i = 0; !rc && i < count; i++)
		if ((rc = settle_point(self, points[i]))) {
			char path[PATH];

			point_path(path, self->dir, points[i], "");
			fail(error, rc, "cannot remove %s: %s", path, strerror(-rc));
		}
	if (!rc && self->states[!self->slot] &&
	    (rc = neighbours_remove(self->states[!self->slot], deployment_in_force(self))))
		fail(error, rc, "cannot remove next hops' neighbour entries: %s", strerror(-rc));
	return rc;
}

int deployment_clear_slot(const struct deployment *self, unsigned slot,
			  struct rpol_load_error *error)
{
	SCOPE_FREE struct point *points = NULL;
	size_t count = 0;
	char path[PATH];
	int rc = points_list(self->dir, &points, &count);

	STEP("clear a slot");
	path_print(path, "%s/gen%u/state", self->dir, slot);
	if (!rc && unlink(path) && errno != ENOENT)
		rc = -errno;
	path_print(path, "%s/gen%u", self->dir, slot);
	if (!rc)
		rc = folder_remove(path);
	for (size_t i = 0; !rc && i < count; i++) {
		uint32_t key = slot;

		point_path(path, self->dir, points[i], "slots");
		SCOPE_FD slots = bpf_obj_get(path);
		rc = slots < 0 ? slots : bpf_map_delete_elem(slots, &key);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc ? fail(error, rc, "cannot clear %s: %s", path, strerror(-rc)) : 0;
}

char *deployment_at_point(const char *bpffs, const char *name, struct point point)
{
	char **names = NULL, *found = NULL;
	size_t count = 0;

	if (deployment_list(bpffs, &names, &count, NULL))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		char dir[PATH];

		path_print(dir, "%s/rpol/%s", bpffs, names[i]);
		if (!found && strcmp(names[i], name) && point_attached(dir, point))
			found = names[i];
		else
			free(names[i]);
	}
	free(names);
	return found;
}
