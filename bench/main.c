/* bench: measures rpol beside what one would use instead, in one run. It runs in a network
 * namespace of its own and leaves nothing behind. docs/performance.md says how to read what it
 * prints.
 *
 *     bench [--quick | --full] --programs DIR --source DIR --rpol PROGRAM --work DIR
 *           [--json FILE] [SUITE...] */
#define _GNU_SOURCE
#include "bench.h"
#include "measure.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct suite {
	const char *name;
	void (*run)(const struct options *options);
} suites[] = {
	{"routes", bench_routes},
	{"policy", bench_policy},
	{"rules", bench_rules},
	{"nft", bench_nft},
};

enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

unsigned options_rounds(const struct options *options)
{
	return options->quick ? 25 : 31;
}

/* Not what libbpf thinks of rpol's own sections. */
static int warnings(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"quick", no_argument, NULL, 'q'},	    {"full", no_argument, NULL, 'f'},
		{"programs", required_argument, NULL, 'p'}, {"rpol", required_argument, NULL, 'r'},
		{"source", required_argument, NULL, 's'},   {"work", required_argument, NULL, 'w'},
		{"json", required_argument, NULL, 'j'},	    {NULL, 0, NULL, 0},
	};
	struct options options = {.programs = ".", .source = "bench", .rpol = "rpol", .work = "."};
	const char *json = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		switch (option) {
		case 'q':
			options.quick = true;
			break;
		case 'f':
			options.full = true;
			break;
		case 'p':
			options.programs = optarg;
			break;
		case 's':
			options.source = optarg;
			break;
		case 'r':
			options.rpol = optarg;
			break;
		case 'w':
			options.work = optarg;
			break;
		case 'j':
			json = optarg;
			break;
		default:
			return 64;
		}
	libbpf_set_print(warnings);
	if (unshare(CLONE_NEWNET)) {
		if (errno == EPERM && !getenv("CI")) {
			puts("skipped: measuring in the kernel needs root");
			return 77;
		}
		fail("a network namespace of its own: %s: run it as root", strerror(errno));
	}
	/* What else runs here waits for us when it can. */
	setpriority(PRIO_PROCESS, 0, -20);
	for (size_t i = 0; i < SUITES; i++) {
		bool wanted = optind == argc;

		for (int arg = optind; arg < argc; arg++)
			wanted |= !strcmp(argv[arg], suites[i].name);
		if (wanted)
			suites[i].run(&options);
	}
	if (json)
		results_write(json);
	return !options.quick || pins_hold() ? 0 : 1;
}
