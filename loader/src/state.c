/* state.c: folders below the BPF file system, the lock, and a generation's state in a map. */
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "deploy.h"

/* ---- paths and folders -------------------------------------------------------------------- */

void path_print(char path[PATH], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(path, PATH, format, args);
	va_end(args);
}

int deploy_check_name(const char *name, struct rpol_load_error *error)
{
	size_t length = strlen(name);
	bool good = length && length <= 63 && *name != '-';

	for (size_t i = 0; i < length; i++)
		good = good && (isalnum((unsigned char)name[i]) || strchr("_-", name[i]));
	return good ? 0
		    : fail(error, -EINVAL,
			   "`%s` cannot name a deployment: letters, digits, _ and -, 63 at most; "
			   "give another with --name",
			   name);
}

int folder_make(const char *path, struct rpol_load_error *error)
{
	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	int code = -errno;
	return fail(error, code, "cannot make %s: %s", path, strerror(-code));
}

static int remove_level(const char *path, int depth)
{
	struct dirent *entry;
	DIR *folder = opendir(path);
	int rc = 0;

	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(folder))) {
		char child[PATH];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		path_print(child, "%s/%s", path, entry->d_name);
		if (unlink(child) && errno != ENOENT) {
			int code = errno == EISDIR || errno == EPERM ? 0 : -errno;

			if (!code && depth)
				code = remove_level(child, depth - 1);
			rc = rc ? rc : code;
		}
	}
	closedir(folder);
	if (rmdir(path) && !rc)
		rc = -errno;
	return rc;
}

int folder_remove(const char *path)
{
	return remove_level(path, 1);
}

int deploy_lock(const char *bpffs, bool change, int *fd, struct rpol_load_error *error)
{
	char path[PATH];
	struct statfs fs;

	if (strlen(bpffs) > PATH - 256)
		return fail(error, -ENAMETOOLONG, "the BPF file system's path is too long");
	if (statfs(bpffs, &fs) || fs.f_type != BPF_FS_MAGIC)
		return fail(error, -ENODEV,
			    "no BPF file system at %s; mount it with: mount -t bpf bpf %s", bpffs,
			    bpffs);
	path_print(path, "%s/rpol", bpffs);
	int rc = change ? folder_make(path, error) : 0;
	if (rc)
		return rc;
	int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 && errno == ENOENT && !change)
		return -ENOENT;
	if (lock < 0 || flock(lock, change ? LOCK_EX : LOCK_SH)) {
		rc = -errno;
		scope_close(&lock);
		return fail(error, rc, "cannot lock %s: %s", path, strerror(-rc));
	}
	*fd = lock;
	return 0;
}

/* ---- a generation's state ------------------------------------------------------------------ */

#define STATE_MAGIC 0x6c6f7072u /* "rpol" */
#define STATE_VERSION 1

/* The value of the state map: this, the interfaces, one byte a next hop, the manifest. */
struct header {
	uint32_t magic, version;
	uint64_t generation, applied_at;
	uint8_t digest[32];
	uint32_t ninterfaces, nnexthops, manifest_length, pad;
};

int state_write(const char *dir, unsigned slot, const struct rpol_object *object,
		uint64_t generation, const struct state_interface *interfaces,
		const uint8_t *managed, struct rpol_load_error *error)
{
	const struct object *self = (const struct object *)object;
	struct header header = {.magic = STATE_MAGIC,
				.version = STATE_VERSION,
				.generation = generation,
				.applied_at = (uint64_t)time(NULL),
				.ninterfaces = (uint32_t)object->ninterfaces,
				.nnexthops = (uint32_t)object->nnexthops,
				.manifest_length = (uint32_t)self->manifest_length};
	size_t devices = object->ninterfaces * sizeof(*interfaces);
	size_t size = sizeof(header) + devices + object->nnexthops + self->manifest_length;
	SCOPE_FREE uint8_t *value = malloc(size);
	uint32_t key = 0;
	char path[PATH];

	if (!value)
		return fail(error, -ENOMEM, "out of memory");
	memcpy(header.digest, object->digest, sizeof(header.digest));
	uint8_t *next = mempcpy(value, &header, sizeof(header));
	next = mempcpy(next, interfaces, devices);
	next = mempcpy(next, managed, object->nnexthops);
	memcpy(next, self->manifest, self->manifest_length);

	path_print(path, "%s/gen%u/state", dir, slot);
	SCOPE_FD fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rpol_state", sizeof(key), (uint32_t)size,
				     1, NULL);
	int rc = fd < 0 ? fd : bpf_map_update_elem(fd, &key, value, BPF_ANY);
	if (!rc)
		rc = bpf_obj_pin(fd, path);
	return rc ? fail(error, rc, "cannot pin %s: %s", path, strerror(-rc)) : 0;
}

static int damaged(struct rpol_load_error *error, const char *path, const char *how)
{
	return fail(
		error, -EINVAL,
		"%s is damaged (%s); remove the deployment with `rpol detach` and apply it again",
		path, how);
}

static int state_parse(const uint8_t *value, size_t size, const char *path, struct state *state,
		       struct rpol_load_error *error)
{
	struct rpol_load_error cause = {0};
	const char *const *sections = NULL;
	struct header header;

	if (size < sizeof(header))
		return damaged(error, path, "too small");
	memcpy(&header, value, sizeof(header));
	if (header.magic != STATE_MAGIC)
		return damaged(error, path, "not rpol's");
	if (header.version != STATE_VERSION)
		return damaged(error, path, "another version of rpol's");
	size_t rest = size - sizeof(header);
	size_t devices = header.ninterfaces * sizeof(struct state_interface);
	if ((uint64_t)devices + header.nnexthops + header.manifest_length != rest)
		return damaged(error, path, "its parts do not add up");
	uint8_t *copy = rpol_pool_alloc(&state->pool, rest);
	if (!copy)
		return fail(error, -ENOMEM, "out of memory");
	memcpy(copy, value + sizeof(header), rest);
	state->generation = header.generation;
	state->applied_at = header.applied_at;
	memcpy(state->digest, header.digest, sizeof(state->digest));
	state->interfaces = (const struct state_interface *)copy;
	state->managed = copy + devices;
	int rc = manifest_read((const char *)copy + devices + header.nnexthops,
			       header.manifest_length, &state->pool, &state->object, &sections,
			       &cause);
	if (!rc && (state->object.ninterfaces != header.ninterfaces ||
		    state->object.nnexthops != header.nnexthops))
		rc = damaged(&cause, path, "it contradicts its manifest");
	for (size_t i = 0; !rc && i < header.ninterfaces; i++)
		if (!memchr(state->interfaces[i].device, 0, sizeof(state->interfaces[i].device)))
			rc = damaged(&cause, path, "a device's name without end");
	if (rc)
		damaged(error, path, cause.message ? cause.message : "out of memory");
	rpol_load_error_clear(&cause);
	return rc;
}

int state_read(const char *dir, unsigned slot, struct state **out, struct rpol_load_error *error)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info), key = 0;
	char path[PATH];

	path_print(path, "%s/gen%u/state", dir, slot);
	SCOPE_FD fd = bpf_obj_get(path);
	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0)
		return fail(error, fd, "cannot open %s: %s", path, strerror(-fd));
	if (bpf_obj_get_info_by_fd(fd, &info, &length) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != sizeof(key) || info.max_entries != 1)
		return damaged(error, path, "not a map of rpol's");
	SCOPE_FREE uint8_t *value = malloc((info.value_size + 7) & ~7u);
	struct state *state = calloc(1, sizeof(*state));
	int rc = value && state ? 0 : fail(error, -ENOMEM, "out of memory");
	if (!rc && (rc = bpf_map_lookup_elem(fd, &key, value)))
		fail(error, rc, "cannot read %s: %s", path, strerror(-rc));
	if (!rc)
		rc = state_parse(value, info.value_size, path, state, error);
	if (rc)
		state_free(state);
	else
		*out = state;
	return rc;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	rpol_pool_free(&state->pool);
	free(state);
}

/* ---- all deployments ------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int deployment_list(const char *bpffs, char ***names, size_t *count, struct rpol_load_error *error)
{
	char path[PATH];
	struct dirent *entry;
	char **list = NULL;
	size_t n = 0;
	int rc = 0;

	path_print(path, "%s/rpol", bpffs);
	DIR *folder = opendir(path);
	if (!folder && errno != ENOENT)
		return fail(error, -errno, "cannot read %s: %m", path);
	while (folder && !rc && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		char **more = realloc(list, (n + 1) * sizeof(*list));
		char *name = strdup(entry->d_name);
		if (more)
			list = more;
		if (more && name)
			list[n++] = name;
		else
			free(name), rc = -ENOMEM;
	}
	if (folder)
		closedir(folder);
	if (rc) {
		while (n)
			free(list[--n]);
		free(list);
		return fail(error, rc, "out of memory");
	}
	if (n)
		qsort(list, n, sizeof(*list), by_text);
	*names = list;
	*count = n;
	return 0;
}
