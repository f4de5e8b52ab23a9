/* cmd_check.c: `rpol check`: is it a policy, and what does each stage make of it. */
#include <stdlib.h>
#include <string.h>

#include "rpol/compile.h"

#include "cli.h"

static const char *const stages[] = {"ast", "policy", "lowering", "c"};

#define NSTAGES (sizeof(stages) / sizeof(stages[0]))

/* Reads "ast,c" into a mask of stages. CLI_GO_ON or CLI_USAGE. */
static int read_stages(const char *text, unsigned *mask)
{
	char word[16];

	*mask = 0;
	while (*text) {
		size_t length = strcspn(text, ",");
		int stage;

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		stage = cli_choose(&cmd_check, "dump", word, stages, NSTAGES);
		if (stage < 0)
			return CLI_USAGE;
		*mask |= 1u << stage;
		text += length + (text[length] == ',');
	}
	return CLI_GO_ON;
}

static int dump(const struct cli_input *input, unsigned mask)
{
	bool headings = (mask & (mask - 1)) != 0;
	int error = 0;

	for (size_t i = 0; i < NSTAGES; i++) {
		if (!(mask & 1u << i) || (i && !input->policy))
			continue;
		if (headings)
			printf("# ---- %s of %s\n", stages[i], input->path);
		if (i == 0)
			rpol_unit_dump_ast(input->unit, stdout);
		else if (i == 1)
			rpol_policy_dump(input->policy, stdout);
		else if (i == 2)
			error = rpol_emit_lowering(input->policy, stdout);
		else
			error = rpol_emit_c(input->policy, stdout);
		if (error)
			return cli_file_error("dump", input->path, -error);
	}
	return 0;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void report(const struct cli_input *input)
{
	const struct rpol_policy *policy = input->policy;
	size_t warnings = rpol_unit_diags(input->unit)->warnings;
	size_t programs = policy->nprograms;

	printf("%s: ok: %zu polic%s, %zu rule%s", input->path, programs,
	       programs == 1 ? "y" : "ies", policy->ncounters, plural(policy->ncounters));
	if (warnings)
		printf(", %zu warning%s", warnings, plural(warnings));
	putchar('\n');
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	const char *stages_text = NULL;
	const struct cli_option options[] = {
		{.name = "dump",
		 .operand = "STAGE,…",
		 .value = &stages_text,
		 .help = "print what ast, policy, lowering or c is made of it"},
	};
	unsigned mask = 0;
	int n, worst = CLI_OK;
	int status = cli_parse(command, options, 1, argc, argv, &n);

	if (status == CLI_GO_ON && stages_text)
		status = read_stages(stages_text, &mask);
	if (status != CLI_GO_ON)
		return status;
	if (!n)
		return cli_usage(command, "which FILE?");
	for (int i = 0; i < n; i++) {
		struct cli_input input;

		status = cli_input_open(&input, argv[i], true);
		if (mask && input.unit)
			status = cli_worse(status, dump(&input, mask));
		else if (!status)
			report(&input);
		cli_input_close(&input);
		worst = cli_worse(worst, status);
	}
	return worst;
}

const struct cli_command cmd_check = {
	.name = "check",
	.summary = "tell whether policies are right, and what is wrong",
	.synopsis = "[--dump=STAGE,…] FILE…",
	.details = "Reads each policy with all it includes and reports every mistake, on standard\n"
		   "error. Needs no privilege. An object's bundled source can be checked as well.\n"
		   "Exit status 1 when one of them has errors.",
	.run = run,
};
