/* cmd_apply.c: `rpol apply`: a policy into the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* NAME=DEV, …; the strings are cut in two in place by a copy each. */
static int read_bindings(const struct cli_command *command, const struct cli_values *values,
			 struct rpol_binding *bindings, char **copies)
{
	for (size_t i = 0; i < values->count; i++) {
		const char *equals = strchr(values->items[i], '=');

		if (!equals || equals == values->items[i] || !equals[1])
			return cli_usage(command, "--bind %s: say NAME=DEV, like wan=eth0",
					 values->items[i]);
		copies[i] = strndup(values->items[i], (size_t)(equals - values->items[i]));
		if (!copies[i])
			return cli_error("no memory for the command line");
		bindings[i] = (struct rpol_binding){copies[i], equals + 1};
		for (size_t j = 0; j < i; j++)
			if (!strcmp(copies[i], copies[j]))
				return cli_usage(command, "--bind names %s twice", copies[i]);
	}
	return 0;
}

static void report(const char *bpffs, const char *name, const struct rpol_apply_result *result)
{
	struct rpol_load_error error = {0};
	struct rpol_status *now = NULL;

	for (size_t i = 0; i < result->nnotes; i++)
		cli_note("%s", result->notes[i]);
	if (!result->changed) {
		printf("%s: nothing to change\n", name);
		return;
	}
	printf("%s: generation %llu in force", name, (unsigned long long)result->generation);
	/* Deployed it is, whatever comes of looking at it. */
	if (!rpol_loader_status(bpffs, name, &now, &error))
		for (size_t i = 0; i < now->nlinks; i++)
			printf("%s%s (%s, %s)", i ? ", " : " on ", now->links[i].device,
			       now->links[i].hook, now->links[i].mode);
	putchar('\n');
	rpol_status_free(now);
	rpol_load_error_clear(&error);
}

static int apply(struct cli_input *input, const struct rpol_apply_options *options)
{
	struct rpol_apply_result result = {0};
	struct rpol_load_error error = {0};
	char *why = NULL;
	int status = cli_input_compile(input, &why);

	if (status == CLI_ENVIRONMENT)
		cli_error("%s cannot be compiled here: %s", input->path, why);
	free(why);
	if (status)
		return status;
	if (rpol_loader_apply(input->object, options, &result, &error))
		status = cli_input_refused(input, &error);
	else
		report(options->bpffs, options->name ? options->name : input->object->name,
		       &result);
	rpol_apply_result_free(&result);
	rpol_load_error_clear(&error);
	return status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	static const char *const attachments[] = {"tcx", "clsact"};
	struct rpol_apply_options how = {.tc = RPOL_TC_AUTO};
	struct cli_values values = {0};
	const char *tc = NULL;
	const struct cli_option options[] = {
		{.name = "name",
		 .operand = "NAME",
		 .value = &how.name,
		 .help = "of the deployment (the policy file's name)"},
		{.name = "bind",
		 .operand = "NAME=DEV[,…]",
		 .values = &values,
		 .help = "the devices of an interface, for this deployment"},
		{.name = "tc",
		 .operand = "tcx|clsact",
		 .value = &tc,
		 .help = "how to attach at tc (tcx where the kernel has it)"},
		{.name = "bpffs",
		 .operand = "PATH",
		 .value = &how.bpffs,
		 .help = "the BPF file system (" RPOL_BPFFS ")"},
	};
	struct rpol_binding *bindings = NULL;
	char **copies = NULL;
	struct cli_input input = {0};
	int n, status = cli_parse(command, options, 4, argc, argv, &n);

	if (status != CLI_GO_ON)
		goto out;
	status = CLI_USAGE;
	if (tc) {
		int choice = cli_choose(command, "tc", tc, attachments, 2);

		if (choice < 0)
			goto out;
		how.tc = choice ? RPOL_TC_CLSACT : RPOL_TC_TCX;
	}
	if (n != 1) {
		cli_usage(command, n ? "one FILE or OBJ at a time" : "which FILE or OBJ?");
		goto out;
	}
	bindings = calloc(values.count + 1, sizeof(*bindings));
	copies = calloc(values.count + 1, sizeof(*copies));
	if (!bindings || !copies) {
		status = cli_error("no memory for the command line");
		goto out;
	}
	status = read_bindings(command, &values, bindings, copies);
	if (status)
		goto out;
	how.bindings = bindings;
	how.nbindings = values.count;
	status = cli_input_open(&input, argv[0], false);
	if (!status)
		status = apply(&input, &how);
out:
	cli_input_close(&input);
	for (size_t i = 0; copies && i < values.count; i++)
		free(copies[i]);
	free(copies);
	free(bindings);
	free(values.items);
	return status;
}

const struct cli_command cmd_apply = {
	.name = "apply",
	.summary = "put a policy in force",
	.synopsis =
		"[--name NAME] [--bind NAME=DEV[,…]]… [--tc tcx|clsact] [--bpffs PATH] FILE|OBJ",
	.details =
		"Compiles a text, or takes an object, loads it into the idle slot of every hook\n"
		"and puts it in force with one store. The same policy again changes nothing. If\n"
		"anything fails, what was in force stays in force, whole. Counters go on as long\n"
		"as policy and label stay. Needs CAP_BPF and\n"
		"CAP_NET_ADMIN; CAP_PERFMON gives full speed.",
	.run = run,
};
