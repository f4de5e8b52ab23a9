/* cmd_fmt.c: `rpol fmt`: the canonical style, in place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* One-based line where two texts first differ. */
static size_t first_difference(const char *a, const char *b)
{
	size_t line = 1;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

static int format_text(const char *path, const char *text, size_t size, bool check)
{
	const char *shown = strcmp(path, "-") ? path : "<stdin>";
	struct rpol_arena arena = {0};
	struct rpol_diags diags = {.arena = &arena};
	struct rpol_sources sources = {0};
	char *formatted = NULL;
	size_t length = 0;
	int status = rpol_format(&arena, shown, text, size, &diags, &sources, &formatted, &length);
	bool same = !status && length == size && !memcmp(text, formatted, size);

	if (status < 0) {
		status = cli_file_error("format", shown, -status);
	} else if (status) {
		rpol_diags_write(&diags, &sources, cli_colour(stderr), stderr);
		status = CLI_FINDINGS;
	} else if (check && !same) {
		printf("%s:%zu: not in the canonical style; `rpol fmt %s` rewrites it\n", shown,
		       first_difference(text, formatted), shown);
		status = CLI_FINDINGS;
	} else if (!check && (!same || !strcmp(path, "-"))) {
		status = cli_write_file(path, formatted, length);
	}
	free(formatted);
	rpol_arena_free(&arena);
	return status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	bool check = false;
	const struct cli_option options[] = {
		{.name = "check",
		 .flag = &check,
		 .help = "change nothing, name the files that would change"},
	};
	int n, worst = CLI_OK;
	int status = cli_parse(command, options, 1, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (!n)
		return cli_usage(command, "which FILE? (`-` is standard input)");
	for (int i = 0; i < n; i++) {
		char *text;
		size_t size;
		int error = cli_read_file(argv[i], &text, &size);

		if (error) {
			worst = cli_worse(worst, cli_file_error("read", argv[i], -error));
			continue;
		}
		worst = cli_worse(worst, format_text(argv[i], text, size, check));
		free(text);
	}
	return worst;
}

const struct cli_command cmd_fmt = {
	.name = "fmt",
	.summary = "rewrite policies in the canonical style",
	.synopsis = "[--check] FILE…",
	.details =
		"Rewrites each file in place when its style is not canonical: labels and arrows\n"
		"in columns, comments kept. A file is replaced whole or not at all. `-` formats\n"
		"standard input to standard output.\n"
		"Exit status 1 for syntax errors, and with --check when a file would change.",
	.run = run,
};
