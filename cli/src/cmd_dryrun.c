/* cmd_dryrun.c: `rpol dryrun`: a capture through the interpreter, the kernel, or both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dryrun.h"

enum engine { ENGINE_AUTO = -1, ENGINE_INTERP, ENGINE_KERNEL, ENGINE_BOTH };

static const struct rpol_interface *find_interface(const struct rpol_policy *policy,
						   const char *name)
{
	for (size_t i = 0; i < policy->ninterfaces; i++)
		if (!strcmp(policy->interfaces[i].name, name))
			return &policy->interfaces[i];
	for (size_t i = 0; i < policy->ninterfaces; i++)
		if (!strcmp(policy->interfaces[i].device, name))
			return &policy->interfaces[i];
	return NULL;
}

static int no_interface(const struct cli_command *command, const struct rpol_policy *policy,
			const char *name)
{
	char list[256] = "";

	for (size_t i = 0; i < policy->ninterfaces; i++) {
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, policy->interfaces[i].name, sizeof(list) - strlen(list) - 1);
	}
	return cli_usage(command, "--on %s: the policy has no such interface; it has: %s", name,
			 policy->ninterfaces ? list : "none");
}

/* The kernel engine, with the interpreter's own world. 0, CLI_FINDINGS, or CLI_ENVIRONMENT with the
 * reason in *why; *allowed is false when it is only privilege or the compiler that lacks. */
static int open_kernel(struct dryrun *run, struct cli_input *input, char **why, bool *allowed)
{
	struct rpol_testrun_world world = {
		.mtu = run->world.mtu,
		.iface_macs = (const uint8_t(*)[6])run->world.iface_macs,
		.nexthop_macs = (const uint8_t(*)[6])run->world.nexthop_macs,
		.alive = run->world.alive,
	};
	struct rpol_load_error error = {0};
	int status = cli_input_compile(input, why);

	*allowed = status != CLI_ENVIRONMENT;
	if (status)
		return status;
	memcpy(world.fib_mac, run->world.fib_mac, 6);
	memcpy(world.fib_peer_mac, run->world.fib_peer_mac, 6);
	status = rpol_testrun_open(input->object, &world, &run->kernel, &error);
	if (status && error.file) {
		status = cli_input_refused(input, &error);
	} else if (status) {
		*allowed = status != -EPERM && status != -ENOSYS && status != -EOPNOTSUPP;
		*why = error.message;
		error.message = NULL;
		status = CLI_ENVIRONMENT;
	}
	rpol_load_error_clear(&error);
	return status;
}

static int choose_engines(struct dryrun *run, struct cli_input *input, enum engine engine)
{
	bool allowed = true;
	char *why = NULL;
	int status;

	run->interp = engine != ENGINE_KERNEL;
	if (engine == ENGINE_INTERP || !run->policy->nprograms)
		return 0;
	status = open_kernel(run, input, &why, &allowed);
	if (status == CLI_ENVIRONMENT && engine == ENGINE_AUTO && !allowed) {
		cli_note("the kernel engine is not used: %s", why ? why : "no reason was given");
		status = 0;
	} else if (status == CLI_ENVIRONMENT) {
		cli_error("the kernel engine cannot be used: %s%s",
			  why ? why : "no reason was given",
			  run->interp ? "; `--engine interp` judges without it" : "");
	}
	free(why);
	return status;
}

static int prepare(struct dryrun *run)
{
	size_t counters = run->policy->ncounters + 1, programs = run->policy->nprograms + 1;

	run->counters = calloc(counters, sizeof(*run->counters));
	run->skipped = calloc(counters, sizeof(*run->skipped));
	run->kernel_counters = calloc(counters, sizeof(*run->kernel_counters));
	run->tallies = calloc(programs, sizeof(*run->tallies));
	if (!run->counters || !run->skipped || !run->kernel_counters || !run->tallies ||
	    rpol_world_init(&run->world, run->policy))
		return cli_error("no memory for the dry run");
	return 0;
}

static void clean(struct dryrun *run)
{
	rpol_capture_close(run->capture);
	rpol_testrun_close(run->kernel);
	rpol_world_free(&run->world);
	free(run->counters);
	free(run->skipped);
	free(run->kernel_counters);
	free(run->tallies);
	free(run->not_judged_on);
	free(run->interp_buffer);
	free(run->kernel_buffer);
}

static int dryrun(struct dryrun *run, struct cli_input *input, enum engine engine)
{
	int status = prepare(run);

	/* First, so that a wrong path is said before anything is compiled. */
	if (!status)
		status = dryrun_open_capture(run);
	if (!status)
		status = choose_engines(run, input, engine);
	if (!status && run->options.out)
		status = dryrun_out_open(run->options.out, run->policy, &run->out);
	if (status)
		return status;
	status = dryrun_replay(run);
	status = cli_worse(status, dryrun_out_close(run->out));
	if (run->options.json)
		dryrun_json_report(run);
	else
		dryrun_text_report(run);
	return run->disagreements ? CLI_FINDINGS : status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	static const char *const engines[] = {"interp", "kernel", "both"};
	static const char *const formats[] = {"text", "json"};
	struct dryrun run = {0};
	struct cli_input input = {0};
	const char *engine_text = NULL, *format_text = NULL;
	int engine = ENGINE_AUTO, format = 0;
	const struct cli_option options[] = {
		{.name = "pcap",
		 .operand = "CAPTURE",
		 .value = &run.options.capture,
		 .help = "pcap or pcapng file to replay (`-`: standard input)"},
		{.name = "engine",
		 .operand = "interp|kernel|both",
		 .value = &engine_text,
		 .help = "who judges (both, where the kernel lets us)"},
		{.name = "on",
		 .operand = "IFACE",
		 .value = &run.options.on,
		 .help = "the interface all packets came in on"},
		{.name = "per-packet",
		 .flag = &run.options.per_packet,
		 .help = "print a line for each packet"},
		{.name = "out",
		 .operand = "OUT.pcapng",
		 .value = &run.options.out,
		 .help = "write the packets as they leave"},
		{.name = "format",
		 .operand = "text|json",
		 .value = &format_text,
		 .help = "how to print"},
	};
	int n, status = cli_parse(command, options, 6, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (engine_text && (engine = cli_choose(command, "engine", engine_text, engines, 3)) < 0)
		return CLI_USAGE;
	if (format_text && (format = cli_choose(command, "format", format_text, formats, 2)) < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage(command, n ? "one FILE or OBJ at a time" : "which FILE or OBJ?");
	if (!run.options.capture)
		return cli_usage(command, "which packets? say --pcap CAPTURE");
	run.options.json = format == 1;
	status = cli_input_open(&input, argv[0], true);
	run.policy = input.policy;
	if (!status && run.options.on) {
		run.on = find_interface(run.policy, run.options.on);
		if (!run.on)
			status = no_interface(command, run.policy, run.options.on);
	}
	if (!status)
		status = dryrun(&run, &input, engine);
	clean(&run);
	cli_input_close(&input);
	return status;
}

const struct cli_command cmd_dryrun = {
	.name = "dryrun",
	.summary = "replay a capture through a policy",
	.synopsis = "FILE|OBJ --pcap CAPTURE [--engine interp|kernel|both] [--on IFACE]\n"
		    "[--per-packet] [--out OUT.pcapng] [--format text|json] …",
	.details =
		"Judges every packet of a capture and prints what each rule got. Two engines that\n"
		"share no code do it: the interpreter, which needs no privilege, and the program\n"
		"that would be deployed, in the kernel, in a network namespace of its own. "
		"Nothing\n"
		"of the host is touched and nothing of it leaks in: the devices a policy names "
		"need\n"
		"not exist, and `fib` is reported as the decision it is.\n"
		"A packet is judged by the policies of the interface it came in on: --on names "
		"it,\n"
		"or the capture does. Where nothing does, every policy judges every packet.\n"
		"Exit status 1 when the engines disagree, 3 when the capture is damaged (what was\n"
		"read before counts) or an engine asked for cannot be used.",
	.run = run,
};
