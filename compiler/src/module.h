/* module.h: the clang module's door. Private to compiler/. */
#ifndef RPOL_MODULE_H
#define RPOL_MODULE_H

#include "rpol/compile.h"

/* Finds the module: the path in the environment variable RPOL_CLANG_MODULE alone when it is set,
 * else beside the running executable, else in the installed library folder. It is opened once
 * and stays. 0 and *compile, or -ENOENT with *error (malloc'd) saying what was tried, why it
 * failed and what to install. */
int rpol_module_open(rpol_clang_compile_fn **compile, char **error);

#endif
