/* internal.h: what all of loader/ shares: memory, errors, notes, scopes. Private to loader/. */
#ifndef RPOL_LOADER_INTERNAL_H
#define RPOL_LOADER_INTERNAL_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "rpol/loader.h"

/* ---- memory freed at once ---------------------------------------------------------------- */

struct pool_chunk;
struct pool {
	struct pool_chunk *chunks;
};

void *rpol_pool_alloc(struct pool *pool, size_t size); /* zeroed; NULL without memory */
char *rpol_pool_strdup(struct pool *pool, const char *text);
void rpol_pool_free(struct pool *pool);

/* ---- scopes ------------------------------------------------------------------------------ */

static inline void scope_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void scope_free(void *pointer)
{
	free(*(void **)pointer);
}

#define SCOPE_FD __attribute__((cleanup(scope_close))) int
#define SCOPE_FREE __attribute__((cleanup(scope_free)))

/* Takes the fd out of its scope: the caller's now. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* ---- errors and notes --------------------------------------------------------------------- */

/* Sets error's message, unless one is there already (the first cause counts), and returns code.
 * error may be NULL. */
int fail(struct rpol_load_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

char *format_text(const char *format, va_list args); /* malloc'd; NULL without memory */

struct notes {
	char **items;
	size_t count;
};
/* Adds a line once; without memory it is lost, for it is only a note. notes NULL: nothing. */
void note(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_free(struct notes *notes);

/* ---- libbpf's words ------------------------------------------------------------------------ */

/* Silences libbpf and keeps the last warnings of this thread; forgets earlier ones. */
void libbpf_listen(void);
/* The last warning that says something, without "libbpf: "; "" when there was none. */
const char *libbpf_said(void);
/* The kernel's own explanation of a netlink refusal, or NULL. */
const char *libbpf_extack(void);

/* ---- capabilities -------------------------------------------------------------------------- */

/* 0 when CAP_BPF and CAP_NET_ADMIN are there, else -EPERM with which are missing and how to
 * allow them. what: "deploy a policy". */
int caps_check(const char *what, struct rpol_load_error *error);
bool caps_perfmon(void);
/* What a person should know when CAP_PERFMON is missing. */
void caps_note(struct notes *notes);
/* -EPERM: the verifier refused the program for want of CAP_PERFMON. why: what it says. */
int caps_fail_perfmon(const char *program, const char *why, struct rpol_load_error *error);

#endif
