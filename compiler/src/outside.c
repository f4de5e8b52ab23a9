/* outside.c: running the program with LLVM. See outside.h. */
#define _GNU_SOURCE
#include "outside.h"
#include "outside_build.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the request ------------------------------------------------------------------------------
 */

static void write_string(FILE *to, const char *text, size_t length)
{
	fwrite(text, 1, length, to);
	fputc(0, to);
}

static int write_request(int fd, const char *text, size_t length, const char *name,
			 const struct rpol_clang_source *sources, size_t nsources)
{
	struct rpol_clang_request request = {RPOL_CLANG_ASKS, nsources, {strlen(name), length}};
	int copy = dup(fd);
	FILE *to = copy < 0 ? NULL : fdopen(copy, "w");

	if (!to) {
		if (copy >= 0)
			close(copy);
		return -errno;
	}
	fwrite(&request, sizeof(request), 1, to);
	for (size_t i = 0; i < nsources; i++) {
		struct rpol_clang_lengths lengths = {strlen(sources[i].name), sources[i].length};

		fwrite(&lengths, sizeof(lengths), 1, to);
	}
	write_string(to, name, request.program.name);
	write_string(to, text, length);
	for (size_t i = 0; i < nsources; i++) {
		write_string(to, sources[i].name, strlen(sources[i].name));
		write_string(to, sources[i].text, sources[i].length);
	}
	if (fclose(to) || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return 0;
}

/* ---- the program ------------------------------------------------------------------------------
 */

/* "…/rpol" → "…/rpol-clang"; NULL when /proc does not say where we run from. */
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
	return asprintf(&path, "%s/" RPOL_CLANG_PROGRAM, self) < 0 ? NULL : path;
}

/* 0 or an errno. */
static int spawn(const char *path, int request, int reply, pid_t *child)
{
	/* Nothing of the user's environment is for it. Its heap grows at once by as much as a small
	 * policy needs, in large pages: a page fault a page would be a tenth of the time. */
	char heap[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.top_pad=8388608";
	char *arguments[] = {(char *)path, NULL}, *environment[] = {heap, NULL};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, request, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, reply, STDOUT_FILENO);
	if (!error)
		error = posix_spawn(child, path, &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int cannot(char **error, int reason, char *const paths[2])
{
	if (asprintf(error,
		     "cannot run the C compiler: %s (tried %s%s%s): install it beside rpol, or "
		     "build "
		     "the object elsewhere with `rpol build` and give that to `rpol apply`",
		     strerror(reason), paths[0] ? paths[0] : "", paths[0] && paths[1] ? ", " : "",
		     paths[1] ? paths[1] : "") < 0)
		*error = NULL;
	return -ENOENT;
}

/* ran: the path of what was run, malloc'd; NULL without memory. */
static int run(int request, int reply, int *status, char **ran, char **error)
{
	const char *override = getenv("RPOL_CLANG");
	char *paths[2] = {NULL, NULL};
	int reason = ENOENT, result = 0;
	pid_t child;

	if (override) {
		paths[0] = strdup(override);
	} else {
		paths[0] = beside_executable();
		paths[1] = strdup(RPOL_CLANG_FOLDER "/" RPOL_CLANG_PROGRAM);
	}
	/* One that is there but cannot be run says more than one that is not. */
	for (int i = 0; i < 2 && reason == ENOENT; i++) {
		if (!paths[i])
			continue;
		reason = spawn(paths[i], request, reply, &child);
		if (!reason)
			*ran = strdup(paths[i]);
	}
	if (reason)
		result = cannot(error, reason, paths);
	while (!reason && waitpid(child, status, 0) < 0)
		if (errno != EINTR) {
			result = -errno;
			break;
		}
	free(paths[0]);
	free(paths[1]);
	return result;
}

/* ---- the reply --------------------------------------------------------------------------------
 */

static int take_object(const uint8_t *from, uint64_t length, uint8_t **object, size_t *size)
{
	*object = malloc(length ? length : 1);
	if (!*object)
		return -ENOMEM;
	memcpy(*object, from, length);
	*size = length;
	return 0;
}

/* What the program returned; -EPROTO when the reply ends before it should; -EBADMSG when it is not
 * of this build. */
static int take_reply(const uint8_t *at, uint64_t left, rpol_clang_message *message, void *arg,
		      uint8_t **object, size_t *size)
{
	struct rpol_clang_reply record;

	if (left < RPOL_CLANG_BUILD_SIZE || memcmp(at, RPOL_CLANG_ANSWERS, RPOL_CLANG_BUILD_SIZE))
		return -EBADMSG;
	at += RPOL_CLANG_BUILD_SIZE;
	left -= RPOL_CLANG_BUILD_SIZE;
	while (left >= sizeof(record)) {
		memcpy(&record, at, sizeof(record));
		at += sizeof(record);
		left -= sizeof(record);
		if (record.kind == RPOL_CLANG_END) {
			if (record.text > left)
				return -EPROTO;
			return record.result ? record.result
					     : take_object(at, record.text, object, size);
		}
		if (record.file >= left || record.text >= left - record.file - 1)
			return -EPROTO;
		message(arg, record.kind == RPOL_CLANG_ERROR, (const char *)at, record.line,
			record.column, (const char *)at + record.file + 1);
		at += record.file + record.text + 2;
		left -= record.file + record.text + 2;
	}
	return -EPROTO;
}

static int read_reply(int fd, rpol_clang_message *message, void *arg, uint8_t **object,
		      size_t *size)
{
	struct stat stat;
	void *reply;
	int result;

	if (fstat(fd, &stat))
		return -errno;
	if (!stat.st_size)
		return -EBADMSG;
	reply = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (reply == MAP_FAILED)
		return -errno;
	result = take_reply(reply, (uint64_t)stat.st_size, message, arg, object, size);
	munmap(reply, (size_t)stat.st_size);
	return result;
}

static int foreign(char **error, const char *path)
{
	if (asprintf(error,
		     "%s is not the C compiler of this build of rpol: install the rpol-clang that "
		     "came with it, or build the object elsewhere with `rpol build` and give that "
		     "to "
		     "`rpol apply`",
		     path ? path : RPOL_CLANG_PROGRAM) < 0)
		*error = NULL;
	return -ENOENT;
}

static int broken(rpol_clang_message *message, void *arg, int status)
{
	char text[64];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the compiler ended by signal %d", WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "the compiler ended with status %d",
			 WEXITSTATUS(status));
	message(arg, 1, "", 0, 0, text);
	return 1;
}

int rpol_clang_outside(const char *text, size_t length, const char *name,
		       const struct rpol_clang_source *sources, size_t nsources,
		       rpol_clang_message *message, void *arg, uint8_t **object, size_t *size,
		       char **error)
{
	int request = memfd_create("rpol-request", MFD_CLOEXEC);
	int reply = memfd_create("rpol-reply", MFD_CLOEXEC);
	int status = 0, result = request < 0 || reply < 0 ? -errno : 0;
	char *ran = NULL;

	if (!result)
		result = write_request(request, text, length, name, sources, nsources);
	if (!result)
		result = run(request, reply, &status, &ran, error);
	if (!result) {
		result = read_reply(reply, message, arg, object, size);
		if (result == -EPROTO || (result == -EBADMSG && WIFSIGNALED(status)))
			result = broken(message, arg, status);
		else if (result == -EBADMSG)
			result = foreign(error, ran);
	}
	if (request >= 0)
		close(request);
	if (reply >= 0)
		close(reply);
	free(ran);
	return result;
}
