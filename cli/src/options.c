/* options.c: reading a command line by a table of options, and saying what is wrong with it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int cli_usage(const struct cli_command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "rpol %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n`rpol %s --help` says how it is used\n", command->name);
	return CLI_USAGE;
}

int cli_error(const char *format, ...)
{
	va_list args;

	fputs("rpol: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_ENVIRONMENT;
}

void cli_note(const char *format, ...)
{
	va_list args;

	fputs("rpol: note: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

bool cli_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

/* "64MiB"; 0: not a size. */
static size_t size_of(const char *text)
{
	static const struct {
		const char *unit;
		int shift;
	} units[] = {{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9')
		return 0;
	for (size_t i = 0; i < 4; i++)
		if (!strcmp(end, units[i].unit) && number <= SIZE_MAX >> units[i].shift)
			return (size_t)number << units[i].shift;
	return 0;
}

bool cli_compile_options(const struct cli_command *command, const char *memory,
			 const char *structure, struct rpol_compile_options *to)
{
	static const char *const structures[] = {"code", "classes", "tuples", "tree"};

	if (structure && cli_choose(command, "force-structure", structure, structures, 4) < 0)
		return false;
	to->structure = structure;
	if (!memory)
		return true;
	to->memory = size_of(memory);
	if (to->memory)
		return true;
	cli_usage(command, "--memory %s is not a size; say one such as 64MiB", memory);
	return false;
}

static void help(const struct cli_command *command, const struct cli_option *options, size_t n)
{
	const char *line = command->synopsis;
	const char *lead = "usage:";

	while (*line) {
		size_t length = strcspn(line, "\n");

		printf("%s rpol %s %.*s\n", lead, command->name, (int)length, line);
		lead = "      ";
		line += length + (line[length] == '\n');
	}
	printf("\n%s\n\noptions:\n", command->details);
	for (size_t i = 0; i < n; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", options[i].letter ? "-" : "  ",
			 options[i].letter ? options[i].letter : ' ',
			 options[i].letter ? ", " : " ", options[i].name,
			 options[i].operand ? " " : "",
			 options[i].operand ? options[i].operand : "");
		printf("  %-32s %s\n", left, options[i].help);
	}
	printf("  %-32s %s\n", "-h, --help", "print this");
}

static const struct cli_option *find_long(const struct cli_option *options, size_t n,
					  const char *name, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(options[i].name) == length && !memcmp(options[i].name, name, length))
			return &options[i];
	return NULL;
}

static const struct cli_option *find_letter(const struct cli_option *options, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int unknown(const struct cli_command *command, const struct cli_option *options, size_t n,
		   const char *word)
{
	const char *names[32];
	const char *near;
	char name[64];

	if (word[1] != '-')
		return cli_usage(command, "there is no option `%.2s`", word);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (size_t i = 0; i < n; i++)
		names[i] = options[i].name;
	near = rpol_suggest(name, names, n);
	if (near)
		return cli_usage(command, "there is no option `--%s`; did you mean `--%s`?", name,
				 near);
	return cli_usage(command, "there is no option `--%s`", name);
}

static int store(const struct cli_command *command, const struct cli_option *option,
		 const char *operand)
{
	const char **items;

	if (option->value && *option->value)
		return cli_usage(command, "--%s is given twice", option->name);
	if (option->value) {
		*option->value = operand;
		return CLI_GO_ON;
	}
	items = realloc(option->values->items, (option->values->count + 1) * sizeof(*items));
	if (!items)
		return cli_error("no memory for the command line");
	items[option->values->count++] = operand;
	option->values->items = items;
	return CLI_GO_ON;
}

/* A command's table lives in its run(): to show it, the command is run up to its cli_parse. */
static struct {
	cli_visit *visit; /* NULL: command lines are read */
	void *arg;
} visitor;

void cli_visit_options(const struct cli_command *command, cli_visit *visit, void *arg)
{
	visitor.visit = visit;
	visitor.arg = arg;
	command->run(command, 0, NULL);
	visitor.visit = NULL;
}

int cli_parse(const struct cli_command *command, const struct cli_option *options, size_t noptions,
	      int argc, char **argv, int *noperands)
{
	bool only_operands = false;
	int kept = 0;

	if (visitor.visit) {
		for (size_t i = 0; i < noptions; i++)
			visitor.visit(visitor.arg, &options[i]);
		return CLI_OK;
	}
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		const struct cli_option *option;
		const char *operand = NULL;
		int status;

		if (only_operands || word[0] != '-' || !word[1]) {
			argv[kept++] = argv[i];
			continue;
		}
		if (!strcmp(word, "--")) {
			only_operands = true;
			continue;
		}
		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			help(command, options, noptions);
			return CLI_OK;
		}
		if (word[1] == '-') {
			size_t length = strcspn(word + 2, "=");

			option = find_long(options, noptions, word + 2, length);
			if (word[2 + length] == '=')
				operand = word + 3 + length;
		} else {
			option = find_letter(options, noptions, word[1]);
			if (word[2])
				operand = word + 2;
		}
		if (!option)
			return unknown(command, options, noptions, word);
		if (option->flag) {
			if (operand)
				return cli_usage(command, "--%s takes no value", option->name);
			*option->flag = true;
			continue;
		}
		if (!operand && i + 1 < argc)
			operand = argv[++i];
		if (!operand || !*operand)
			return cli_usage(command, "--%s needs its %s", option->name,
					 option->operand);
		status = store(command, option, operand);
		if (status != CLI_GO_ON)
			return status;
	}
	*noperands = kept;
	return CLI_GO_ON;
}

int cli_choose(const struct cli_command *command, const char *option, const char *value,
	       const char *const *choices, size_t n)
{
	char list[128] = "";

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(value, choices[i]))
			return (int)i;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, choices[i], sizeof(list) - strlen(list) - 1);
	}
	cli_usage(command, "--%s is one of %s, not `%s`", option, list, value);
	return -1;
}
