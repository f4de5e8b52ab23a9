/* kernel.h: a BPF object of these tests in the kernel, run with BPF_PROG_TEST_RUN. Its structures'
 * memory, the keys it looks up and the answers it gives are global variables of its own sections
 * (".data.NAME" or ".bss.NAME"), each a map of its own that is mapped here. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

struct kernel;

/* Loads all programs of the object file. Ends the test where that cannot be: with 77 when the right
 * to load programs is missing (1 where CI is set: a skipped test is not a passed one), else with 1;
 * why is said on standard error. Never NULL. */
struct kernel *kernel_open(const char *path);
void kernel_close(struct kernel *kernel);

/* The memory of the section, writable, shared with the programs; never NULL: an assertion fails
 * when there is no such section. Lives as long as the kernel. */
void *kernel_memory(struct kernel *kernel, const char *section, size_t *size);

/* Runs the program `repeat` times; its return value, and nanoseconds a run (by the kernel's own
 * clock) in *ns unless that is NULL. */
uint32_t kernel_run(struct kernel *kernel, const char *program, uint32_t repeat, uint32_t *ns);

#endif
