/* measure.c: taking turns, and running programs. Contract in measure.h. */
#include "measure.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 64, MAPPED_MAX = 64 };

static struct mapped {
	struct bpf_object *object; /* NULL: free */
	void *bytes;
	size_t size;
} mapped[MAPPED_MAX];

void fail(const char *format, ...)
{
	va_list args;

	fputs("bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(3);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void measure(struct contender *list, size_t count, unsigned rounds)
{
	double samples[CONTENDERS][ROUNDS_MAX];

	if (count > CONTENDERS || rounds > ROUNDS_MAX)
		fail("too many contenders or rounds");
	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++) {
			double start = now();

			list[i].run(list[i].arg, list[i].n);
			samples[i][round] = (now() - start) / list[i].n;
		}
	for (size_t i = 0; i < count; i++) {
		qsort(samples[i], rounds, sizeof(double), compare);
		list[i].min = samples[i][0];
		list[i].median = samples[i][rounds / 2];
	}
}

struct bpf_object *object_load(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object || bpf_object__load(object))
		fail("%s: %s: is this root, on a kernel with BPF?", path, strerror(errno));
	return object;
}

int object_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (!program)
		fail("no program %s", name);
	return bpf_program__fd(program);
}

void object_close(struct bpf_object *object)
{
	for (size_t i = 0; i < MAPPED_MAX; i++)
		if (mapped[i].object == object) {
			munmap(mapped[i].bytes, mapped[i].size);
			mapped[i].object = NULL;
		}
	bpf_object__close(object);
}

void *object_memory(struct bpf_object *object, const char *map, size_t *size)
{
	struct bpf_map *found = bpf_object__find_map_by_name(object, map);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i = 0;

	if (!found)
		fail("no map %s", map);
	while (i < MAPPED_MAX && mapped[i].object)
		i++;
	if (i == MAPPED_MAX)
		fail("too many maps");
	*size = bpf_map__value_size(found);
	mapped[i].size = (*size + page - 1) / page * page;
	mapped[i].bytes = mmap(NULL, mapped[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
			       bpf_map__fd(found), 0);
	if (mapped[i].bytes == MAP_FAILED)
		fail("mapping %s: %s", map, strerror(errno));
	mapped[i].object = object;
	return mapped[i].bytes;
}

void program_run(const void *arg, unsigned n)
{
	const struct program *program = arg;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = program->frame,
		    .data_size_in = program->length, .repeat = (int)n);

	if (bpf_prog_test_run_opts(program->fd, &run))
		fail("running a program: %s", strerror(errno));
}
