/* compile.h: programs for the kernel that the bench writes and has clang compile. */
#ifndef BENCH_COMPILE_H
#define BENCH_COMPILE_H

/* Makes the object file of the C file. source: the folder of this file; flags: more of clang's. */
void program_compile(const char *source, const char *path, const char *object, const char *flags);

#endif
