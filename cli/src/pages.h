/* pages.h: docs/errors as the program carries them (made by cmake/embed.cmake). */
#ifndef RPOL_CLI_PAGES_H
#define RPOL_CLI_PAGES_H

#include <stddef.h>

struct rpol_pages {
	const char *path; /* "E0201"; NULL ends the list */
	const char *text; /* NUL-terminated */
	size_t length;	  /* without the NUL */
};

extern const struct rpol_pages rpol_pages[];

#endif
