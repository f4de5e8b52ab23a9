/* unit.c: the pipeline of lang/, and the life of a compilation. */
#include "passes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char **text, size_t *length)
{
	struct stat stat;
	size_t size = 0, capacity;
	char *buffer;

	if (fstat(fd, &stat))
		return -errno;
	if (S_ISDIR(stat.st_mode))
		return -EISDIR;
	/* One byte more than there should be tells the end; a pipe says 0 and grows. */
	capacity = S_ISREG(stat.st_mode) && stat.st_size < RPOL_MAX_FILE ? (size_t)stat.st_size + 2
									 : 4096;
	buffer = malloc(capacity);
	if (!buffer)
		return -ENOMEM;
	rpol_large_pages(buffer, capacity);
	for (;;) {
		ssize_t got = read(fd, buffer + size, capacity - size - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = -errno;

			free(buffer);
			return error;
		}
		size += (size_t)got;
		if (!got)
			break;
		if (size > RPOL_MAX_FILE) {
			free(buffer);
			return -EFBIG;
		}
		if (size + 1 < capacity)
			continue;

		char *larger = realloc(buffer, capacity *= 2);

		if (!larger) {
			free(buffer);
			return -ENOMEM;
		}
		buffer = larger;
	}
	buffer[size] = '\0';
	*text = buffer;
	*length = size;
	return 0;
}

static int read_disk(void *arg, const char *path, char **text, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	(void)arg;
	if (fd < 0)
		return -errno;
	error = read_all(fd, text, length);
	close(fd);
	return error;
}

static int run_passes(struct rpol_unit *unit, const char *path)
{
	uint32_t root;
	int error = rpol_sources_read(unit, path, &root);

	if (error)
		return error;
	rpol_parse_file(unit, root);
	rpol_check(unit);
	rpol_diags_sort(&unit->diags);
	return 0;
}

int rpol_unit_open(const char *path, const struct rpol_reader *reader, struct rpol_unit **out)
{
	struct rpol_unit *unit = calloc(1, sizeof(*unit));
	jmp_buf oom;
	int error;

	if (!unit)
		return -ENOMEM;
	unit->reader = reader ? *reader : (struct rpol_reader){.read = read_disk};
	unit->arena.oom = unit->scratch.oom = &oom;
	unit->diags.arena = &unit->arena;
	unit->ast.tail = &unit->ast.decls;
	error = setjmp(oom) ? -ENOMEM : run_passes(unit, path);
	/* The arena lives on for later passes, which set a place of their own to jump to. */
	unit->arena.oom = unit->scratch.oom = NULL;
	if (error) {
		rpol_unit_close(unit);
		return error;
	}
	*out = unit;
	return 0;
}

const struct rpol_policy *rpol_unit_policy(const struct rpol_unit *unit)
{
	return unit->policy;
}

struct rpol_diags *rpol_unit_diags(struct rpol_unit *unit)
{
	return &unit->diags;
}

const struct rpol_sources *rpol_unit_sources(const struct rpol_unit *unit)
{
	return &unit->sources;
}

void rpol_unit_close(struct rpol_unit *unit)
{
	if (!unit)
		return;
	free(unit->pending);
	rpol_arena_free(&unit->scratch);
	rpol_arena_free(&unit->arena);
	free(unit);
}
