/* write.c: whole files in and out. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Writes beside path and renames: a reader sees the old text or the new, a crash loses neither. */
static int replace(const char *path, const struct stat *old, const void *bytes, size_t size)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	mode_t mask;
	int fd, error;

	if (length < 0 || (size_t)length >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = write_all(fd, bytes, size);
	if (!error && old) {
		/* Giving a file to its owner needs privilege that only root has; without it the
		 * writer owns it, as with any editor. */
		if (fchown(fd, old->st_uid, old->st_gid) && errno != EPERM)
			error = -errno;
		if (!error && fchmod(fd, old->st_mode & 07777))
			error = -errno;
	} else if (!error) {
		mask = umask(0);
		umask(mask);
		if (fchmod(fd, 0666 & ~mask))
			error = -errno;
	}
	if (!error && fsync(fd))
		error = -errno;
	if (close(fd) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

int cli_write_file(const char *path, const void *bytes, size_t size)
{
	struct stat old;
	char real[PATH_MAX];
	int error, fd;

	if (!strcmp(path, "-")) {
		fwrite(bytes, 1, size, stdout);
		return 0; /* main looks at the stream */
	}
	if (stat(path, &old)) {
		error = errno == ENOENT ? replace(path, NULL, bytes, size) : -errno;
	} else if (S_ISREG(old.st_mode)) {
		/* Through a symbolic link, the file it names is replaced, not the link. */
		error = realpath(path, real) ? replace(real, &old, bytes, size) : -errno;
	} else {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		error = fd < 0 ? -errno : write_all(fd, bytes, size);
		if (fd >= 0 && close(fd) && !error)
			error = -errno;
	}
	return error ? cli_file_error("write", path, -error) : 0;
}

int cli_read_file(const char *path, char **bytes, size_t *size)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	size_t used = 0, room = 0;
	char *text = NULL;
	int error = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n;

		if (room - used < 2) {
			char *more = realloc(text, room ? room * 2 : 65536);

			if (!more) {
				error = -ENOMEM;
				break;
			}
			text = more;
			room = room ? room * 2 : 65536;
		}
		n = read(fd, text + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			error = -errno;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	if (error) {
		free(text);
		return error;
	}
	text[used] = '\0';
	*bytes = text;
	*size = used;
	return 0;
}

int cli_file_error(const char *what, const char *path, int error)
{
	const char *advice;

	switch (error) {
	case ENOENT:
		advice = "; is the path right?";
		break;
	case EACCES:
	case EPERM:
		advice = "; its permissions do not let you";
		break;
	case EISDIR:
		advice = "; name a file in it";
		break;
	case ENOSPC:
		advice = "; make room and try again";
		break;
	case EFBIG:
		advice = "; it is too large to be a policy or an object";
		break;
	default:
		advice = "";
		break;
	}
	return cli_error("cannot %s %s: %s%s", what, path, strerror(error), advice);
}
