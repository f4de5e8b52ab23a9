/* outside_main.c: the program at the other end: reads the request, has it compiled by whatever
 * rpol_clang_compile is linked with it, and writes the reply. See outside.h. */
#include "outside.h"
#include "outside_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ended without the end of a reply: whoever asked says so. */
static void write_all(const void *from, size_t length)
{
	while (length) {
		ssize_t written = write(STDOUT_FILENO, from, length);

		if (written < 0 && errno != EINTR)
			_exit(3);
		if (written > 0) {
			from = (const char *)from + written;
			length -= (size_t)written;
		}
	}
}

static void message(void *arg, int is_error, const char *file, unsigned line, unsigned column,
		    const char *text)
{
	struct rpol_clang_reply reply = {is_error ? RPOL_CLANG_ERROR : RPOL_CLANG_WARNING,
					 0,
					 line,
					 column,
					 strlen(file),
					 strlen(text)};

	(void)arg;
	write_all(&reply, sizeof(reply));
	write_all(file, reply.file + 1);
	write_all(text, reply.text + 1);
}

/* The string of this length at the cursor, which goes behind its NUL. */
static const char *string(const char **at, uint64_t length)
{
	const char *text = *at;

	*at += length + 1;
	return text;
}

int main(void)
{
	const struct rpol_clang_request *request;
	const struct rpol_clang_lengths *lengths;
	struct rpol_clang_reply end = {.kind = RPOL_CLANG_END};
	struct rpol_clang_source *sources;
	struct stat stat;
	const char *at, *name, *text;
	uint8_t *object = NULL;
	size_t size = 0;

	if (fstat(STDIN_FILENO, &stat) || stat.st_size < (off_t)sizeof(*request)) {
		fputs("rpol-clang: rpol runs this program to compile policies; by itself it does "
		      "nothing\n",
		      stderr);
		return 64;
	}
	write_all(RPOL_CLANG_ANSWERS, RPOL_CLANG_BUILD_SIZE);
	request = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
	if (request == MAP_FAILED)
		return 3;
	if (memcmp(request->build, RPOL_CLANG_ASKS, RPOL_CLANG_BUILD_SIZE))
		return 0;
	sources = calloc(request->nsources + 1, sizeof(*sources));
	if (!sources)
		return 3;
	lengths = (const void *)(request + 1);
	at = (const char *)(lengths + request->nsources);
	name = string(&at, request->program.name);
	text = string(&at, request->program.text);
	for (uint64_t i = 0; i < request->nsources; i++) {
		sources[i].name = string(&at, lengths[i].name);
		sources[i].text = string(&at, lengths[i].text);
		sources[i].length = lengths[i].text;
	}
	end.result = rpol_clang_compile(text, request->program.text, name, sources,
					request->nsources, message, NULL, &object, &size);
	end.text = end.result ? 0 : size;
	write_all(&end, sizeof(end));
	write_all(object, end.text);
	/* Destructors are for programs that go on. */
	_exit(0);
}
