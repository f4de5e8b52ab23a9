/* cmd_build.c: `rpol build`: a policy as an object, or the text of a stage on the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rpol/compile.h"

#include "cli.h"

typedef int stage_fn(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		     FILE *out);

static int emit(const struct cli_input *input, stage_fn *stage, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int error = stream ? stage(input->policy, &input->compile, stream) : -errno;

	if (stream && fclose(stream) && !error)
		error = -errno;
	error = error ? cli_file_error("compile", input->path, -error)
		      : cli_write_file(path, text, size);
	free(text);
	return error;
}

static int build(struct cli_input *input, const char *path)
{
	char *why = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int status = cli_input_build(input, &bytes, &size, &why);

	if (status == CLI_ENVIRONMENT)
		cli_error("%s cannot be built: %s", input->path, why);
	if (!status)
		status = cli_write_file(path, bytes, size);
	free(bytes);
	free(why);
	return status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	static const char *const stages[] = {"c", "lowering"};
	const char *output = NULL, *stage_text = NULL, *memory = NULL, *structure = NULL;
	struct rpol_compile_options compile = {0};
	const struct cli_option options[] = {
		{.name = "output",
		 .letter = 'o',
		 .operand = "OBJ",
		 .value = &output,
		 .help = "where to write (`-`: standard output)"},
		{.name = "emit",
		 .operand = "c|lowering",
		 .value = &stage_text,
		 .help = "write this text instead of an object"},
		CLI_COMPILE_OPTIONS(memory, structure),
	};
	struct cli_input input;
	int n, stage = -1;
	int status = cli_parse(command, options, 4, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (stage_text) {
		stage = cli_choose(command, "emit", stage_text, stages, 2);
		if (stage < 0)
			return CLI_USAGE;
	}
	if (n != 1)
		return cli_usage(command, n ? "one FILE at a time" : "which FILE?");
	if (!output && stage < 0)
		return cli_usage(command, "where to? say -o OBJ");
	if (stage < 0 && !strcmp(output, "-") && isatty(STDOUT_FILENO))
		return cli_usage(command, "an object is nothing for a terminal; say -o OBJ");
	if (!cli_compile_options(command, memory, structure, &compile))
		return CLI_USAGE;
	status = cli_input_open(&input, argv[0], stage >= 0);
	input.compile = compile;
	if (!status && stage >= 0)
		status = emit(&input, stage ? rpol_emit_lowering : rpol_emit_c,
			      output ? output : "-");
	else if (!status && input.object)
		status = cli_usage(command, "%s is an object already", argv[0]);
	else if (!status)
		status = build(&input, output);
	cli_input_close(&input);
	return status;
}

const struct cli_command cmd_build = {
	.name = "build",
	.summary = "compile a policy to an object",
	.synopsis = "[--memory SIZE] FILE -o OBJ\n--emit c|lowering FILE [-o TEXT]",
	.details =
		"Compiles a policy to one ELF file that holds the BPF programs, the manifest and\n"
		"the source. `rpol apply` deploys it, also where no compiler is installed. Needs\n"
		"no privilege. --emit prints what is on the way: the generated C, to be read and\n"
		"audited, or the lowering, which says what serves each set, table and rule.\n"
		"Rules in a row become a list in memory where that is faster; `rpol explain` says\n"
		"which and why, --memory how large all of them may be, --force-structure what\n"
		"each has to be, to compare.",
	.run = run,
};
