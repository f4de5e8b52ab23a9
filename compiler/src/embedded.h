/* embedded.h: the runtime's headers as the program with clang carries them (made by
 * cmake/embed.cmake).
 */
#ifndef RPOL_EMBEDDED_H
#define RPOL_EMBEDDED_H

#include <cstddef>

struct rpol_embedded {
	const char *path; /* as an #include names it: "rpol/kernel.h"; NULL ends the list */
	const char *text; /* NUL-terminated */
	size_t length;	  /* without the NUL */
};

extern const struct rpol_embedded rpol_embedded[];

#endif
