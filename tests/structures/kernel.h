/* kernel.h: a BPF object of these tests in the kernel, run with BPF_PROG_TEST_RUN. Its structures'
 * memory, the keys it looks up and the answers it gives are global variables of its own sections
 * (".data.NAME" or ".bss.NAME"), each a map of its own that is mapped here. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;

/* Loads all programs of the object file. Privilege missing: NULL, and why on standard error. */
struct kernel *kernel_open(const char *path);
void kernel_close(struct kernel *kernel);

/* The memory of the section, writable, shared with the programs; never NULL: an assertion fails
 * when there is no such section. Lives as long as the kernel. */
void *kernel_memory(struct kernel *kernel, const char *section, size_t *size);

/* Runs the program `repeat` times; its return value, and nanoseconds a run (by the kernel's own
 * clock) in *ns unless that is NULL. */
uint32_t kernel_run(struct kernel *kernel, const char *program, uint32_t repeat, uint32_t *ns);

/* May this process load programs? When not, the caller says so and exits with 77, or fails where CI
 * is set. */
bool kernel_allowed(void);

#endif
