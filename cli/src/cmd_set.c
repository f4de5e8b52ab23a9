/* cmd_set.c: `rpol set`: what a dynamic set holds. */
#include "contents.h"

static int run(const struct cli_command *command, int argc, char **argv)
{
	return contents_command(command, argc, argv, false);
}

const struct cli_command cmd_set = {
	.name = "set",
	.summary = "add, delete and list entries of a dynamic set",
	.synopsis = "add SET ENTRY… [--for DURATION] [--deployment NAME]\n"
		    "del SET ENTRY… [--deployment NAME]\n"
		    "list SET [--format text|json] [--deployment NAME]\n"
		    "stats SET [--format text|json] [--deployment NAME]\n"
		    "flush SET [--deployment NAME]\n"
		    "load SET FILE [--for DURATION] [--deployment NAME]",
	.details =
		"Changes what a dynamic set of a deployment holds, at once and without compiling.\n"
		"An entry stays for the set's timeout, or --for that long; entries whose time has\n"
		"come are in the set no more. An entry of several fields is written in one word:\n"
		"'(10.0.0.1, 443)'. load reads one entry a line, `#` comments; when a line is "
		"wrong\n"
		"nothing is added. stats says how full it is. Needs CAP_BPF and CAP_NET_ADMIN.",
	.words = "add|del|list|stats|flush|load",
	.run = run,
};
