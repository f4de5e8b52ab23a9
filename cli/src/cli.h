/* cli.h: what the subcommands share. Only this room prints: results on stdout, everything else
 * (diagnostics, notes, errors) on stderr. */
#ifndef RPOL_CLI_H
#define RPOL_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rpol/compile.h"
#include "rpol/loader.h"
#include "rpol/unit.h"

/* Exit codes, the same for every command. */
enum cli_exit {
	CLI_OK = 0,	     /* fine, or nothing to change */
	CLI_FINDINGS = 1,    /* errors in the policy, engines that disagree */
	CLI_DIFFERENCES = 2, /* kept for `plan` and `diff` */
	CLI_ENVIRONMENT = 3, /* no privilege, no device, unreadable file */
	CLI_USAGE = 64,
};

/* ---- main.c, options.c ------------------------------------------------------------------- */

struct cli_command {
	const char *name;
	const char *summary;  /* one line */
	const char *synopsis; /* lines after "rpol NAME " */
	const char *details;  /* paragraphs for --help */
	const char *words;    /* that the first operand is one of: "bash|zsh|fish"; NULL: any */
	int (*run)(const struct cli_command *command, int argc, char **argv);
};

extern const struct cli_command cmd_check, cmd_explain_error, cmd_fmt, cmd_build, cmd_dryrun,
	cmd_apply, cmd_status, cmd_stats, cmd_detach, cmd_set, cmd_table, cmd_explain, cmd_lsp,
	cmd_completion;

/* One option; exactly one of flag, value and values is set. */
struct cli_option {
	const char *name;    /* without its dashes */
	char letter;	     /* 0: only the long form */
	const char *operand; /* "FILE"; NULL for a flag */
	const char *help;
	bool *flag;
	const char **value;
	struct cli_values *values; /* may be given more than once */
};

struct cli_values {
	const char **items; /* malloc'd array of borrowed strings */
	size_t count;
};

#define CLI_GO_ON (-1)

/* Reads the options out of argv and leaves the operands in argv[0..*noperands). CLI_GO_ON, or the
 * exit code to end with: 0 after --help, CLI_USAGE after a message. */
int cli_parse(const struct cli_command *command, const struct cli_option *options, size_t noptions,
	      int argc, char **argv, int *noperands);

/* Calls visit with each option of a command, but for --help, which all have. */
typedef void cli_visit(void *arg, const struct cli_option *option);
void cli_visit_options(const struct cli_command *command, cli_visit *visit, void *arg);

/* The commands by number from 0; NULL past the last. */
const struct cli_command *cli_command(size_t number);

/* What `--memory SIZE` and `--force-structure NAME` say (NULL: not given) to the compiler. False
 * after a usage message. */
bool cli_compile_options(const struct cli_command *command, const char *memory,
			 const char *structure, struct rpol_compile_options *to);

/* The rows of their options, for commands that compile. */
#define CLI_COMPILE_OPTIONS(memory_text, structure_text)                                           \
	{.name = "memory",                                                                         \
	 .operand = "SIZE",                                                                        \
	 .value = &(memory_text),                                                                  \
	 .help = "what lists of rules may take (64MiB)"},                                          \
		{.name = "force-structure",                                                        \
		 .operand = "code|classes|tuples|tree",                                            \
		 .value = &(structure_text),                                                       \
		 .help = "what lists of rules become (the fastest)"}

/* The number of value in choices[0..n), or -1 after a usage message. */
int cli_choose(const struct cli_command *command, const char *option, const char *value,
	       const char *const *choices, size_t n);

/* "rpol CMD: …" and where help is, on stderr; returns CLI_USAGE. */
int cli_usage(const struct cli_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "rpol: …" on stderr; returns CLI_ENVIRONMENT. */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "rpol: note: …" on stderr. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether the stream is a terminal that wants colour (NO_COLOR unset). */
bool cli_colour(FILE *stream);

/* The graver of two exit codes: the environment, then findings. */
static inline int cli_worse(int a, int b)
{
	return a > b ? a : b;
}

/* ---- input.c: a policy, as text or as a built object ------------------------------------- */

struct cli_input {
	const char *path;
	struct rpol_unit *unit;		     /* NULL for an object opened without its source */
	const struct rpol_policy *policy;    /* NULL likewise */
	struct rpol_object *object;	     /* NULL for a text not compiled yet */
	struct rpol_compile_options compile; /* all defaults until a command says otherwise */
};

/* By its first bytes; a name in .o is believed too, so that a damaged object is not read as text.
 */
bool cli_input_is_object(const char *path);

/* Opens the .rpol text or object at path and prints its diagnostics. An object gets its policy
 * from the source bundled in it when with_policy. 0, or the exit code after a message. Close it
 * either way. */
int cli_input_open(struct cli_input *input, const char *path, bool with_policy);

/* The same, with the diagnostics left to the caller. */
int cli_input_read(struct cli_input *input, const char *path, bool with_policy);

/* Compiles the policy to an object (malloc'd). 0; CLI_FINDINGS with the diagnostic printed;
 * CLI_ENVIRONMENT with the reason in *why (malloc'd). */
int cli_input_build(struct cli_input *input, uint8_t **bytes, size_t *size, char **why);

/* The same, but makes input->object of it, when that is not there yet. */
int cli_input_compile(struct cli_input *input, char **why);

/* Shows why the kernel refused the object: at the rule when error names a line of the policy
 * (CLI_FINDINGS), else as it is (CLI_ENVIRONMENT). Opens the bundled source when needed. */
int cli_input_refused(struct cli_input *input, const struct rpol_load_error *error);

void cli_input_close(struct cli_input *input);

/* "what path: reason; what to do" for a file that cannot be opened or read. CLI_ENVIRONMENT. */
int cli_file_error(const char *what, const char *path, int error);

/* ---- write.c ------------------------------------------------------------------------------ */

/* Replaces path by the bytes: the old file or the new one is there at any moment, with the old
 * one's mode. Devices and pipes are written to. "-": standard output. 0 or CLI_ENVIRONMENT after
 * a message. */
int cli_write_file(const char *path, const void *bytes, size_t size);

/* The whole of a file ("-": standard input). 0 with malloc'd bytes (NUL appended), or -errno. */
int cli_read_file(const char *path, char **bytes, size_t *size);

#endif
