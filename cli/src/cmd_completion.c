/* cmd_completion.c: `rpol completion`: the commands and options as a shell completes them, written
 * from the very tables that command lines are read by. */
#include <string.h>

#include "cli.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

#define NSHELLS (sizeof(shells) / sizeof(shells[0]))

/* The words of an operand that is one of a few: "text|json". NULL: it is not. */
static const char *words_of(const struct cli_option *option)
{
	return option->operand && strchr(option->operand, '|') ? option->operand : NULL;
}

static void put_words(const char *words)
{
	for (; *words; words++)
		putchar(*words == '|' ? ' ' : *words);
}

/* Between single quotes of zsh and fish; zsh's specifications need `[`, `]` and `:` escaped too. */
static void put_quoted(const char *text, const char *escaped)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", stdout);
			continue;
		}
		if (strchr(escaped, *text))
			putchar('\\');
		putchar(*text);
	}
}

/* ---- bash --------------------------------------------------------------------------------- */

static void bash_option(void *arg, const struct cli_option *option)
{
	(void)arg;
	if (option->letter)
		printf(" -%c", option->letter);
	printf(" --%s", option->name);
}

static void bash_words(void *arg, const struct cli_option *option)
{
	const struct cli_command *command = arg;

	if (!words_of(option))
		return;
	printf("\t%s:--%s", command->name, option->name);
	if (option->letter)
		printf(" | %s:-%c", command->name, option->letter);
	fputs(") words='", stdout);
	put_words(words_of(option));
	puts("' ;;");
}

static void bash(void)
{
	const struct cli_command *command;

	puts("# bash completion of rpol; written by `rpol completion bash`\n"
	     "_rpol() {\n"
	     "\tlocal word=$2 before=$3 command=${COMP_WORDS[1]} options='' words=''\n"
	     "\t# `--option=word` comes in three parts\n"
	     "\t[[ $word == = ]] && word=\n"
	     "\t[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\tcase $command in");
	for (size_t i = 0; (command = cli_command(i)); i++) {
		printf("\t%s) options='-h --help", command->name);
		cli_visit_options(command, bash_option, NULL);
		puts("' ;;");
	}
	puts("\tesac\n\tcase $command:$before in");
	for (size_t i = 0; (command = cli_command(i)); i++)
		cli_visit_options(command, bash_words, (void *)command);
	fputs("\tesac\n\tif [[ $COMP_CWORD == 1 ]]; then\n\t\twords='help --help --version",
	      stdout);
	for (size_t i = 0; (command = cli_command(i)); i++)
		printf(" %s", command->name);
	puts("'\n\telif [[ $COMP_CWORD == 2 && $word != -* ]]; then\n\t\tcase $command in");
	for (size_t i = 0; (command = cli_command(i)); i++) {
		if (!command->words)
			continue;
		printf("\t\t%s) words='", command->name);
		put_words(command->words);
		puts("' ;;");
	}
	puts("\t\tesac\n\telif [[ -z $words && $word == -* ]]; then\n\t\twords=$options\n\tfi\n"
	     "\tif [[ -n $words ]]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	     "\telse\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	     "\tfi\n"
	     "}\n"
	     "complete -F _rpol rpol");
}

/* ---- zsh ---------------------------------------------------------------------------------- */

static void zsh_option(void *arg, const struct cli_option *option)
{
	(void)arg;
	for (int letter = option->letter != 0; letter >= 0; letter--) {
		fputs(" \\\n\t\t'", stdout);
		if (option->values)
			putchar('*');
		if (letter)
			printf("-%c", option->letter);
		else
			printf("--%s", option->name);
		if (option->operand && !letter)
			putchar('=');
		putchar('[');
		put_quoted(option->help, "[]:\\");
		putchar(']');
		if (option->operand) {
			putchar(':');
			put_quoted(words_of(option) ? "word" : option->operand, "[]:\\");
			putchar(':');
			if (words_of(option)) {
				putchar('(');
				put_words(words_of(option));
				putchar(')');
			} else {
				fputs("_files", stdout);
			}
		}
		putchar('\'');
	}
}

static void zsh(void)
{
	const struct cli_command *command;

	puts("#compdef rpol\n# zsh completion of rpol; written by `rpol completion zsh`\n"
	     "_rpol() {\n"
	     "\tif (( CURRENT == 2 )); then\n"
	     "\t\tlocal -a commands=(");
	for (size_t i = 0; (command = cli_command(i)); i++) {
		printf("\t\t\t'%s:", command->name);
		put_quoted(command->summary, ":\\");
		puts("'");
	}
	puts("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	     "\tlocal command=$words[2]\n"
	     "\t(( CURRENT-- )); shift words\n"
	     "\tcase $command in");
	for (size_t i = 0; (command = cli_command(i)); i++) {
		printf("\t(%s) _arguments '(- *)'{-h,--help}'[print help]'", command->name);
		cli_visit_options(command, zsh_option, NULL);
		if (command->words) {
			fputs(" \\\n\t\t'1:word:(", stdout);
			put_words(command->words);
			fputs(")'", stdout);
		}
		puts(" \\\n\t\t'*:file:_files' ;;");
	}
	puts("\tesac\n}\n"
	     "if [[ $funcstack[1] == _rpol ]]; then _rpol \"$@\"; else compdef _rpol rpol; fi");
}

/* ---- fish --------------------------------------------------------------------------------- */

static void fish_option(void *arg, const struct cli_option *option)
{
	const struct cli_command *command = arg;

	printf("complete -c rpol -n '__fish_seen_subcommand_from %s' -l %s", command->name,
	       option->name);
	if (option->letter)
		printf(" -s %c", option->letter);
	if (words_of(option)) {
		fputs(" -x -a '", stdout);
		put_words(words_of(option));
		putchar('\'');
	} else if (option->operand) {
		fputs(" -r", stdout);
	}
	fputs(" -d '", stdout);
	put_quoted(option->help, "\\");
	puts("'");
}

static void fish(void)
{
	const struct cli_command *command;

	puts("# fish completion of rpol; written by `rpol completion fish`\n"
	     "complete -c rpol -n __fish_use_subcommand -f -l version -s V -d 'tell the version'\n"
	     "complete -c rpol -l help -s h -d 'print help'");
	for (size_t i = 0; (command = cli_command(i)); i++) {
		printf("complete -c rpol -n __fish_use_subcommand -f -a %s -d '", command->name);
		put_quoted(command->summary, "\\");
		puts("'");
		cli_visit_options(command, fish_option, (void *)command);
		if (!command->words)
			continue;
		printf("complete -c rpol -n '__fish_seen_subcommand_from %s; and test (count "
		       "(commandline -opc)) -eq 2' -f -a '",
		       command->name);
		put_words(command->words);
		puts("'");
	}
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	static void (*const writers[])(void) = {bash, zsh, fish};
	int n, status = cli_parse(command, NULL, 0, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (n != 1)
		return cli_usage(command, "for which shell? bash, zsh or fish");
	for (size_t i = 0; i < NSHELLS; i++) {
		if (strcmp(argv[0], shells[i]))
			continue;
		writers[i]();
		return CLI_OK;
	}
	return cli_usage(command, "the shells are bash, zsh and fish, not `%s`", argv[0]);
}

const struct cli_command cmd_completion = {
	.name = "completion",
	.summary = "write what a shell needs to complete command lines",
	.synopsis = "bash|zsh|fish",
	.details = "Writes a script for the shell on standard output:\n"
		   "  bash  source <(rpol completion bash)\n"
		   "  zsh   source <(rpol completion zsh), after compinit\n"
		   "  fish  rpol completion fish | source",
	.words = "bash|zsh|fish",
	.run = run,
};
