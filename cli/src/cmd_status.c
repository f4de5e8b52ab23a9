/* cmd_status.c: `rpol status` and `rpol stats`: what is in force, and what it counted. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static void time_text(uint64_t seconds, char *buf, size_t size)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, size, "?");
}

static void digest_text(const uint8_t digest[32], char buf[65])
{
	for (int i = 0; i < 32; i++)
		sprintf(buf + 2 * i, "%02x", digest[i]);
}

static void status_text(const struct rpol_status *status)
{
	char when[32], digest[65];

	time_text(status->applied_at, when, sizeof(when));
	digest_text(status->digest, digest);
	printf("%s: generation %llu since %s, object %.12s\n", status->name,
	       (unsigned long long)status->generation, when, digest);
	for (size_t i = 0; i < status->nlinks; i++) {
		const struct rpol_status_link *link = &status->links[i];

		printf("  policy %s on %s (%s) at %s: %s\n", link->program, link->interface,
		       link->device, link->hook, link->mode);
	}
}

static json_t *status_json(const struct rpol_status *status)
{
	char when[32], digest[65];
	json_t *links = json_array();

	time_text(status->applied_at, when, sizeof(when));
	digest_text(status->digest, digest);
	for (size_t i = 0; i < status->nlinks; i++) {
		const struct rpol_status_link *link = &status->links[i];

		json_array_append_new(links,
				      json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "policy",
						link->program, "hook", link->hook, "interface",
						link->interface, "device", link->device, "ifindex",
						(json_int_t)link->ifindex, "mode", link->mode));
	}
	return json_pack("{s:s, s:I, s:s, s:s, s:o}", "name", status->name, "generation",
			 (json_int_t)status->generation, "applied", when, "object", digest, "links",
			 links);
}

static void counters_text(const struct rpol_status *status)
{
	size_t width = strlen("counter");

	for (size_t i = 0; i < status->ncounters; i++)
		if (strlen(status->counters[i].name) > width)
			width = strlen(status->counters[i].name);
	if (status->ncounters)
		printf("  %-*s  %12s  %14s\n", (int)width, "counter", "packets", "bytes");
	for (size_t i = 0; i < status->ncounters; i++)
		printf("  %-*s  %12llu  %14llu\n", (int)width, status->counters[i].name,
		       (unsigned long long)status->counters[i].packets,
		       (unsigned long long)status->counters[i].bytes);
}

static json_t *counters_json(const struct rpol_status *status)
{
	json_t *counters = json_array();

	for (size_t i = 0; i < status->ncounters; i++) {
		const struct rpol_status_counter *counter = &status->counters[i];

		json_array_append_new(counters, json_pack("{s:s, s:I, s:I}", "name", counter->name,
							  "packets", (json_int_t)counter->packets,
							  "bytes", (json_int_t)counter->bytes));
	}
	return counters;
}

static void stats_text(const struct rpol_status *status)
{
	printf("%s: generation %llu\n", status->name, (unsigned long long)status->generation);
	for (size_t i = 0; i < status->nprograms; i++) {
		const struct rpol_status_program *program = &status->programs[i];
		size_t width = strlen("rule");

		for (size_t j = 0; j < program->nrules; j++)
			if (strlen(program->rules[j].label) > width)
				width = strlen(program->rules[j].label);
		printf("policy %s at %s\n", program->name, program->hook);
		printf("  %-*s  %12s  %14s  %s\n", (int)width, "rule", "packets", "bytes",
		       "verdict");
		for (size_t j = 0; j < program->nrules; j++) {
			const struct rpol_status_rule *rule = &program->rules[j];

			printf("  %-*s  %12llu  %14llu  %s\n", (int)width, rule->label,
			       (unsigned long long)rule->packets, (unsigned long long)rule->bytes,
			       rule->verdict);
		}
	}
	counters_text(status);
}

static json_t *stats_json(const struct rpol_status *status)
{
	json_t *policies = json_array();

	for (size_t i = 0; i < status->nprograms; i++) {
		const struct rpol_status_program *program = &status->programs[i];
		json_t *rules = json_array();

		for (size_t j = 0; j < program->nrules; j++) {
			const struct rpol_status_rule *rule = &program->rules[j];

			json_array_append_new(rules, json_pack("{s:s, s:I, s:I, s:s}", "label",
							       rule->label, "packets",
							       (json_int_t)rule->packets, "bytes",
							       (json_int_t)rule->bytes, "verdict",
							       rule->verdict));
		}
		json_array_append_new(policies, json_pack("{s:s, s:s, s:o}", "name", program->name,
							  "hook", program->hook, "rules", rules));
	}
	return json_pack("{s:s, s:I, s:o, s:o}", "name", status->name, "generation",
			 (json_int_t)status->generation, "policies", policies, "counters",
			 counters_json(status));
}

/* How one of the two commands shows a deployment. */
struct view {
	void (*text)(const struct rpol_status *status);
	json_t *(*json)(const struct rpol_status *status);
};

static int show(const char *bpffs, char *const *names, size_t count, bool json,
		const struct view *view)
{
	json_t *all = json ? json_array() : NULL;
	int worst = CLI_OK;

	for (size_t i = 0; i < count; i++) {
		struct rpol_load_error error = {0};
		struct rpol_status *status = NULL;

		if (rpol_loader_status(bpffs, names[i], &status, &error))
			worst = cli_error("%s", error.message);
		else if (json)
			json_array_append_new(all, view->json(status));
		else
			view->text(status);
		rpol_status_free(status);
		rpol_load_error_clear(&error);
	}
	if (json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(all);
	} else if (!count) {
		puts("nothing is deployed");
	}
	return worst;
}

static int look(const struct cli_command *command, int argc, char **argv, const struct view *view)
{
	static const char *const formats[] = {"text", "json"};
	const char *bpffs = NULL, *format_text = NULL;
	const struct cli_option options[] = {
		{.name = "format",
		 .operand = "text|json",
		 .value = &format_text,
		 .help = "how to print"},
		{.name = "bpffs",
		 .operand = "PATH",
		 .value = &bpffs,
		 .help = "the BPF file system (" RPOL_BPFFS ")"},
	};
	struct rpol_load_error error = {0};
	char **names = NULL;
	size_t count = 0;
	int format = 0, n, status = cli_parse(command, options, 2, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (format_text)
		format = cli_choose(command, "format", format_text, formats, 2);
	if (format < 0)
		return CLI_USAGE;
	if (n)
		return show(bpffs, argv, (size_t)n, format == 1, view);
	if (rpol_loader_list(bpffs, &names, &count, &error))
		status = cli_error("%s", error.message);
	else
		status = show(bpffs, names, count, format == 1, view);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	rpol_load_error_clear(&error);
	return status;
}

static int run_status(const struct cli_command *command, int argc, char **argv)
{
	return look(command, argc, argv, &(const struct view){status_text, status_json});
}

static int run_stats(const struct cli_command *command, int argc, char **argv)
{
	return look(command, argc, argv, &(const struct view){stats_text, stats_json});
}

const struct cli_command cmd_status = {
	.name = "status",
	.summary = "what is in force, where and since when",
	.synopsis = "[--format text|json] [--bpffs PATH] [NAME]…",
	.details = "Reads the pinned state of the named deployments, or of all: generation, time,\n"
		   "the object's digest, and each link with its device and mode. Needs CAP_BPF\n"
		   "and CAP_NET_ADMIN.",
	.run = run_status,
};

const struct cli_command cmd_stats = {
	.name = "stats",
	.summary = "packets and bytes of every rule in force",
	.synopsis = "[--format text|json] [--bpffs PATH] [NAME]…",
	.details = "Prints the counters of the named deployments, or of all, since each was first\n"
		   "applied. Needs CAP_BPF and CAP_NET_ADMIN.",
	.run = run_stats,
};
