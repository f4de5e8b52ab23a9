/* cmd_explain_error.c: `rpol explain-error`: what a diagnostic's code means, with an example of the
 * mistake and of what to write. The pages are docs/errors. */
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "pages.h"

static const struct rpol_pages *find(const char *code)
{
	for (const struct rpol_pages *page = rpol_pages; page->path; page++)
		if (!strcasecmp(page->path, code))
			return page;
	return NULL;
}

/* The page without its marks: the title alone in its line, examples indented. */
static void show(const struct rpol_pages *page)
{
	bool colour = cli_colour(stdout), code = false;
	const char *line = page->text;

	while (*line) {
		size_t length = strcspn(line, "\n");

		if (!strncmp(line, "```", 3)) {
			code = !code;
			/* a file that the example names */
			if (code && !strncmp(line, "```file ", 8))
				printf("    # %.*s:\n", (int)length - 8, line + 8);
		} else if (!strncmp(line, "# ", 2) && !code) {
			printf("%s%.*s%s\n", colour ? "\33[1m" : "", (int)length - 2, line + 2,
			       colour ? "\33[0m" : "");
		} else {
			printf("%s%.*s\n", code && length ? "    " : "", (int)length, line);
		}
		line += length + (line[length] == '\n');
	}
}

static void list(void)
{
	for (int code = 0; code < RPOL_DIAG_COUNT; code++)
		printf("%s  %s\n", rpol_diag_code_text((enum rpol_diag_code)code),
		       rpol_diag_title((enum rpol_diag_code)code));
}

static int unknown(const struct cli_command *command, const char *word)
{
	const char *codes[RPOL_DIAG_COUNT], *near;

	for (int code = 0; code < RPOL_DIAG_COUNT; code++)
		codes[code] = rpol_diag_code_text((enum rpol_diag_code)code);
	near = rpol_suggest(word, codes, RPOL_DIAG_COUNT);
	if (near)
		return cli_usage(command, "there is no diagnostic `%s`; did you mean `%s`?", word,
				 near);
	return cli_usage(command, "there is no diagnostic `%s`", word);
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	int n;
	int status = cli_parse(command, NULL, 0, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	for (int i = 0; i < n; i++)
		if (!find(argv[i]))
			return unknown(command, argv[i]);
	if (!n)
		list();
	for (int i = 0; i < n; i++) {
		if (i)
			putchar('\n');
		show(find(argv[i]));
	}
	return CLI_OK;
}

const struct cli_command cmd_explain_error = {
	.name = "explain-error",
	.summary = "show what a diagnostic means, with an example",
	.synopsis = "[CODE]…",
	.details = "Shows the page of each code: what it means, an example that is wrong and the "
		   "same\n"
		   "example put right. Without a code, lists all of them.",
	.run = run,
};
