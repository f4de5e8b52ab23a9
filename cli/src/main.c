/* main.c: the subcommand table. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct cli_command *const commands[] = {
	&cmd_check,  &cmd_explain_error, &cmd_fmt,    &cmd_build,      &cmd_explain,
	&cmd_dryrun, &cmd_apply,	 &cmd_status, &cmd_stats,      &cmd_detach,
	&cmd_set,    &cmd_table,	 &cmd_lsp,    &cmd_completion,
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct cli_command *cli_command(size_t number)
{
	return number < NCOMMANDS ? commands[number] : NULL;
}

static void help(FILE *out)
{
	fputs("rpol: routing policies, checked, replayed and compiled to BPF\n\n"
	      "usage: rpol COMMAND [OPTION]… [FILE]…\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`rpol COMMAND --help` says more of each; `rpol --version` tells the version.\n"
	      "Exit status: 0 fine, 1 findings, 2 differences, 3 environment, 64 usage.\n",
	      out);
}

static int unknown(const char *word)
{
	const char *names[NCOMMANDS];
	const char *near;

	for (size_t i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i]->name;
	near = rpol_suggest(word, names, NCOMMANDS);
	fprintf(stderr, "rpol: there is no %s `%s`", word[0] == '-' ? "option" : "command", word);
	if (near)
		fprintf(stderr, "; did you mean `%s`?", near);
	fputs("\n`rpol --help` lists the commands\n", stderr);
	return CLI_USAGE;
}

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	return NULL;
}

static int run(int argc, char **argv)
{
	const struct cli_command *command;

	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("rpol " RPOL_VERSION);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		char *argument[] = {(char *)"--help", NULL};

		if (argc == 2) {
			help(stdout);
			return CLI_OK;
		}
		command = find(argv[2]);
		return command ? command->run(command, 1, argument) : unknown(argv[2]);
	}
	command = find(argv[1]);
	return command ? command->run(command, argc - 2, argv + 2) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	/* A result that was not written whole is no result. */
	if (fflush(stdout) || ferror(stdout))
		status = cli_worse(status, cli_error("standard output cannot be written: %m"));
	return status;
}
