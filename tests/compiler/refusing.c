/* refusing.c: a program in the place of rpol-clang that refuses line 4 of a policy. */
#include "rpol/compile.h"

int rpol_clang_compile(const char *text, size_t length, const char *name,
		       const struct rpol_clang_source *sources, size_t nsources,
		       rpol_clang_message *message, void *arg, uint8_t **object, size_t *size)
{
	(void)text, (void)length, (void)nsources, (void)object, (void)size;
	message(arg, 0, sources[0].name, 3, 1, "only a warning");
	message(arg, 1, sources[0].name, 4, 9, "no such thing");
	message(arg, 1, name, 77, 1, "nor this");
	return 1;
}
