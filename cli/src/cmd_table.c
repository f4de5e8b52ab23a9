/* cmd_table.c: `rpol table`: what a dynamic table holds. */
#include "contents.h"

static int run(const struct cli_command *command, int argc, char **argv)
{
	return contents_command(command, argc, argv, true);
}

const struct cli_command cmd_table = {
	.name = "table",
	.summary = "add, delete and list entries of a dynamic table",
	.synopsis = "add TABLE KEY VERDICT [--deployment NAME]\n"
		    "del TABLE KEY [--deployment NAME]\n"
		    "list TABLE [--format text|json] [--deployment NAME]\n"
		    "stats TABLE [--format text|json] [--deployment NAME]\n"
		    "flush TABLE [--deployment NAME]\n"
		    "load TABLE FILE [--deployment NAME]",
	.details = "Changes what a dynamic table of a deployment holds, at once and without "
		   "compiling.\n"
		   "A verdict is drop, pass, fib, bounce, continue, `route NAME` or `send NAME`, "
		   "as far as\n"
		   "the hooks have it where the table is looked up. load reads one key and verdict "
		   "a line,\n"
		   "`#` comments; when a line is wrong nothing is added. stats says how full it "
		   "is and, of\n"
		   "a table in memory, how many bytes of which. Needs CAP_BPF and CAP_NET_ADMIN.",
	.words = "add|del|list|stats|flush|load",
	.run = run,
};
