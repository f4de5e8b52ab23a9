/* compile.c: contract in compile.h. */
#include "compile.h"
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>

void program_compile(const char *source, const char *path, const char *object, const char *flags)
{
	char command[16384];

	snprintf(command, sizeof(command),
		 "clang-19 -target bpf -mcpu=v3 -O2 -g -Wno-unused-function -I'%s' "
		 "-I'%s/../runtime-bpf/include' -I'%s/../runtime-bpf/src' %s -c '%s' -o '%s'",
		 source, source, source, flags, path, object);
	if (system(command))
		fail("clang-19 could not compile %s", path);
}
