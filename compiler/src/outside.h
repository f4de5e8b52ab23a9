/* outside.h: clang in a process of its own. Private to compiler/.
 *
 * The program with LLVM, rpol-clang, gets a request as its standard input and leaves a reply in its
 * standard output; both are files, which it maps and writes. Both begin with the build that their
 * writer is of (outside_build.h): only ends of one build go on. */
#ifndef RPOL_OUTSIDE_H
#define RPOL_OUTSIDE_H

#include "rpol/compile.h"

/* What rpol_clang_compile says, from that program: the path in the environment variable RPOL_CLANG
 * alone when it is set, else beside the running executable, else in the installed library folder.
 * Its end by a signal is an error given to message. -ENOENT with *error (malloc'd) when it cannot
 * be run, or is no rpol-clang of this build: what was tried, why it failed and what to install. */
int rpol_clang_outside(const char *text, size_t length, const char *name,
		       const struct rpol_clang_source *sources, size_t nsources,
		       rpol_clang_message *message, void *arg, uint8_t **object, size_t *size,
		       char **error);

/* ---- the files ------------------------------------------------------------------------------- */

enum { RPOL_CLANG_BUILD_SIZE = 16 };

/* A request: this, then a pair of lengths for each source, then the strings: name, text, and each
 * source's; a NUL after each, which the lengths do not count. */
struct rpol_clang_lengths {
	uint64_t name, text;
};

struct rpol_clang_request {
	char build[RPOL_CLANG_BUILD_SIZE];
	uint64_t nsources;
	struct rpol_clang_lengths program;
};

/* A reply: the build, then records of which the last is the end. */
enum rpol_clang_reply_kind {
	RPOL_CLANG_WARNING, /* its file's name and its text follow, with NULs */
	RPOL_CLANG_ERROR,
	RPOL_CLANG_END, /* the object follows */
};

struct rpol_clang_reply {
	uint32_t kind;
	int32_t result; /* END: what rpol_clang_compile returned */
	uint32_t line, column;
	uint64_t file, text; /* lengths; END: text is the object's */
};

#endif
