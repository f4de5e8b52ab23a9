/* kernel.c: BPF objects of the tests in the kernel. Contract in kernel.h. */
#include "kernel.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAPPED = 16 };

struct kernel {
	struct bpf_object *bpf;
	struct {
		void *bytes;
		size_t size;
		int fd;
	} mapped[MAPPED];
	size_t nmapped;
};

static bool allowed(void)
{
	int fd = bpf_map_create(
		BPF_MAP_TYPE_LPM_TRIE, "allowed", 8, 4, 1,
		&(struct bpf_map_create_opts){.sz = sizeof(struct bpf_map_create_opts),
					      .map_flags = BPF_F_NO_PREALLOC});

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

struct kernel *kernel_open(const char *path)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	assert(kernel);
	if (!allowed()) {
		fprintf(stderr, "%s: this process may not load programs (CAP_BPF, CAP_NET_ADMIN)\n",
			path);
		exit(getenv("CI") ? 1 : 77);
	}
	kernel->bpf = bpf_object__open_file(path, NULL);
	if (kernel->bpf && !bpf_object__load(kernel->bpf))
		return kernel;
	perror(path);
	exit(1);
}

void kernel_close(struct kernel *kernel)
{
	for (size_t i = 0; i < kernel->nmapped; i++)
		munmap(kernel->mapped[i].bytes, kernel->mapped[i].size);
	if (kernel->bpf)
		bpf_object__close(kernel->bpf);
	free(kernel);
}

void *kernel_memory(struct kernel *kernel, const char *section, size_t *size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(kernel->bpf, section);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	assert(map && kernel->nmapped < MAPPED);
	*size = bpf_map__value_size(map);
	for (size_t i = 0; i < kernel->nmapped; i++)
		if (kernel->mapped[i].fd == bpf_map__fd(map))
			return kernel->mapped[i].bytes;
	size_t whole = (*size + page - 1) / page * page;
	void *bytes = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	assert(bytes != MAP_FAILED);
	kernel->mapped[kernel->nmapped].bytes = bytes;
	kernel->mapped[kernel->nmapped].size = whole;
	kernel->mapped[kernel->nmapped++].fd = bpf_map__fd(map);
	return bytes;
}

uint32_t kernel_run(struct kernel *kernel, const char *program, uint32_t repeat, uint32_t *ns)
{
	struct bpf_program *found = bpf_object__find_program_by_name(kernel->bpf, program);
	uint8_t frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = (int)repeat);

	assert(found);
	int rc = bpf_prog_test_run_opts(bpf_program__fd(found), &run);

	if (rc)
		perror(program);
	assert(!rc);
	if (ns)
		*ns = run.duration;
	return run.retval;
}
