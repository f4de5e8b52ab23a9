/* measure.h: how the bench measures. Contenders take turns, A B C A B C, so that a machine that
 * slows down slows all of them; of each the minimum and the median of the rounds is kept. The first
 * is the empty one: the harness's own cost, which is shown, and subtracted from the others.
 *
 * What goes wrong with the machine ends the process with status 3 and a message. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTENDERS = 12 };

struct contender {
	const char *name;
	/* Does the work n times; ns() around the call is the measurement. */
	void (*run)(const void *arg, unsigned n);
	const void *arg;
	unsigned n;
	double min, median; /* ns, of one */
};

/* Nanoseconds of a clock that only goes forward. */
double now(void);

/* Fills in min and median. */
void measure(struct contender *list, size_t count, unsigned rounds);

/* A message, and the end. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* ---- programs in the kernel ------------------------------------------------------------------ */

struct bpf_object;

/* Closing it also unmaps what object_memory gave. */
struct bpf_object *object_load(const char *path);
void object_close(struct bpf_object *object);
int object_program(struct bpf_object *object, const char *name);

/* The memory of a map that can be mapped; of a section: its name with the dot. */
void *object_memory(struct bpf_object *object, const char *map, size_t *size);

/* A contender's run: the program of the kernel with this frame, over and over. */
struct program {
	int fd;
	const void *frame;
	unsigned length;
};
void program_run(const void *program, unsigned n);

/* ---- results --------------------------------------------------------------------------------- */

/* One row: `what` of `size` things, looked up with `trace` in this form. bytes: 0 not known. */
void result(const char *what, size_t size, const char *trace, const char *form,
	    const struct contender *contender, const struct contender *empty, size_t bytes);

/* A row's number, "min", "median" or "net" (the minimum without the harness); 0 where there is no
 * such row. */
double result_value(const char *what, size_t size, const char *trace, const char *form,
		    const char *name, const char *number);

/* All rows and the machine as JSON. */
void results_write(const char *path);

#endif
