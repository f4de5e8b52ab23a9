/* cmd_detach.c: `rpol detach`: the kernel gets its traffic back. */
#include "cli.h"

static int run(const struct cli_command *command, int argc, char **argv)
{
	const char *bpffs = NULL;
	const struct cli_option options[] = {
		{.name = "bpffs",
		 .operand = "PATH",
		 .value = &bpffs,
		 .help = "the BPF file system (" RPOL_BPFFS ")"},
	};
	struct rpol_load_error error = {0};
	int n, status = cli_parse(command, options, 1, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (n != 1)
		return cli_usage(command,
				 n ? "one NAME at a time" : "which NAME? `rpol status` lists them");
	if (rpol_loader_detach(bpffs, argv[0], &error))
		status = cli_error("%s", error.message);
	else
		status = printf("%s: detached\n", argv[0]) < 0 ? CLI_ENVIRONMENT : CLI_OK;
	rpol_load_error_clear(&error);
	return status;
}

const struct cli_command cmd_detach = {
	.name = "detach",
	.summary = "take a deployment away",
	.synopsis = "[--bpffs PATH] NAME",
	.details =
		"Removes the links, programs, maps and pins of a deployment; its counters go with\n"
		"it. The kernel then treats the traffic as if rpol had never been there. Needs\n"
		"CAP_BPF and CAP_NET_ADMIN.",
	.run = run,
};
