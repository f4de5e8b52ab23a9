/* cmd_check.c: `rpol check`: is it a policy, and what does each stage make of it. */
#include <stdlib.h>
#include <string.h>

#include "rpol/compile.h"

#include "check.h"

enum format { TEXT, JSON, SARIF, GITHUB, JUNIT };

static const char *const formats[] = {"text", "json", "sarif", "github", "junit"};

#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

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
			error = rpol_emit_lowering(input->policy, NULL, stdout);
		else
			error = rpol_emit_c(input->policy, NULL, stdout);
		if (error)
			return cli_file_error("dump", input->path, -error);
	}
	return 0;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void report_text(const struct cli_input *input)
{
	const struct rpol_policy *policy = input->policy;
	size_t warnings = rpol_unit_diags(input->unit)->warnings;
	size_t programs = policy->nprograms, rules = policy->ncounters - policy->nnamed;

	printf("%s: ok: %zu polic%s, %zu rule%s", input->path, programs,
	       programs == 1 ? "y" : "ies", rules, plural(rules));
	if (warnings)
		printf(", %zu warning%s", warnings, plural(warnings));
	putchar('\n');
}

/* ---- what is denied ---------------------------------------------------------------------- */

static bool denies(const char *word, enum rpol_diag_code code)
{
	return !strcmp(word, "warnings") || !strcmp(word, rpol_diag_code_text(code));
}

bool check_fails(const struct check_report *report, const struct rpol_diag *diag)
{
	if (rpol_diag_severity(diag->code) == RPOL_ERROR)
		return true;
	for (size_t i = 0; i < report->deny->count; i++)
		if (denies(report->deny->items[i], diag->code))
			return true;
	return false;
}

/* CLI_GO_ON, or CLI_USAGE when one of them is neither `warnings` nor a warning's code. */
static int read_deny(const struct cli_values *deny)
{
	for (size_t i = 0; i < deny->count; i++) {
		bool known = false;

		for (int code = 0; code < RPOL_DIAG_COUNT; code++)
			known |= rpol_diag_severity((enum rpol_diag_code)code) == RPOL_WARNING &&
				 denies(deny->items[i], (enum rpol_diag_code)code);
		if (!known)
			return cli_usage(&cmd_check,
					 "--deny takes `warnings` or a warning's code, not `%s`",
					 deny->items[i]);
	}
	return CLI_GO_ON;
}

/* How many warnings of a file are denied. */
static size_t count_denied(const struct check_report *report, struct rpol_unit *unit)
{
	const struct rpol_diags *diags = rpol_unit_diags(unit);
	size_t n = 0;

	for (size_t i = 0; i < diags->count; i++)
		n += check_fails(report, &diags->items[i]);
	return n - diags->errors;
}

/* ---- checking ---------------------------------------------------------------------------- */

struct wish {
	enum format format;
	unsigned stages;
	bool fix;
};

/* At once: standard error has no buffer, and there may be thousands. */
static void draw(struct rpol_unit *unit)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), cli_colour(stderr),
			 out ? out : stderr);
	if (out && !fclose(out))
		fwrite(text, 1, size, stderr);
	free(text);
}

static void check(const struct check_report *report, struct check_result *result, const char *path,
		  const struct wish *wish)
{
	struct cli_input *input = &result->input;
	size_t denied = 0;

	if (wish->fix && check_fix(path)) {
		result->status = CLI_ENVIRONMENT;
		return;
	}
	result->status = cli_input_read(input, path, true);
	if (input->unit && !check_unread(result))
		denied = count_denied(report, input->unit);
	if (denied)
		result->status = cli_worse(result->status, CLI_FINDINGS);
	/* GitHub's log shows it all, where the annotations end. */
	if (input->unit && !input->object && (wish->format == TEXT || wish->format == GITHUB))
		draw(input->unit);
	if (wish->format != TEXT)
		return;
	if (wish->stages && input->unit)
		result->status = cli_worse(result->status, dump(input, wish->stages));
	else if (input->policy && !check_unread(result))
		report_text(input);
	if (denied)
		fprintf(stderr, "%s: %zu warning%s denied\n", path, denied, plural(denied));
}

static int check_all(int n, char **paths, const struct wish *wish, const struct cli_values *deny)
{
	static void (*const writers[])(const struct check_report *, FILE *) = {
		[JSON] = check_write_json,
		[SARIF] = check_write_sarif,
		[GITHUB] = check_write_github,
		[JUNIT] = check_write_junit,
	};
	struct check_report report = {.count = (size_t)n, .deny = deny};
	int worst = CLI_OK;

	report.results = calloc((size_t)n, sizeof(*report.results));
	if (!report.results)
		return cli_error("no memory for %d files", n);
	for (int i = 0; i < n; i++) {
		report.results[i].input.path = paths[i];
		check(&report, &report.results[i], paths[i], wish);
		worst = cli_worse(worst, report.results[i].status);
		if (wish->format == TEXT)
			cli_input_close(&report.results[i].input);
	}
	if (wish->format != TEXT)
		writers[wish->format](&report, stdout);
	for (int i = 0; i < n; i++)
		cli_input_close(&report.results[i].input);
	free(report.results);
	return worst;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	const char *stages_text = NULL, *format_text = NULL;
	struct cli_values deny = {0};
	struct wish wish = {0};
	const struct cli_option options[] = {
		{.name = "format",
		 .operand = "FORMAT",
		 .value = &format_text,
		 .help = "text, json, sarif, github or junit"},
		{.name = "deny",
		 .operand = "WHAT",
		 .values = &deny,
		 .help = "fail on warnings, or on the warning of a code"},
		{.name = "fix",
		 .flag = &wish.fix,
		 .help = "mend the files where one way is sure, then check"},
		{.name = "dump",
		 .operand = "STAGE,…",
		 .value = &stages_text,
		 .help = "print what ast, policy, lowering or c is made of it"},
	};
	int n, format = TEXT;
	int status = cli_parse(command, options, 4, argc, argv, &n);

	if (status == CLI_GO_ON && stages_text)
		status = read_stages(stages_text, &wish.stages);
	if (status == CLI_GO_ON)
		status = read_deny(&deny);
	if (status == CLI_GO_ON && format_text) {
		format = cli_choose(command, "format", format_text, formats, NFORMATS);
		status = format < 0 ? CLI_USAGE : CLI_GO_ON;
	}
	wish.format = (enum format)format;
	if (status == CLI_GO_ON && wish.stages && format != TEXT)
		status = cli_usage(command, "--dump prints text only");
	for (int i = 0; i < n && wish.fix && status == CLI_GO_ON; i++)
		if (cli_input_is_object(argv[i]))
			status = cli_usage(command, "%s is an object: --fix mends its source",
					   argv[i]);
	if (status == CLI_GO_ON)
		status = n ? check_all(n, argv, &wish, &deny) : cli_usage(command, "which FILE?");
	free(deny.items);
	return status;
}

const struct cli_command cmd_check = {
	.name = "check",
	.summary = "tell whether policies are right, and what is wrong",
	.synopsis = "[--format FORMAT] [--deny WHAT]… [--fix] FILE…\n--dump=STAGE,… FILE…",
	.details =
		"Reads each policy with all it includes and reports every mistake: as text on\n"
		"standard error, in the other formats on standard output. Needs no privilege. An\n"
		"object's bundled source can be checked as well. Exit status 1 when one of them "
		"has\n"
		"errors, or warnings that are denied.",
	.run = run,
};
