/* dryrun_json.c: the dry run's report for machines: one object, one line a packet before it. */
#include <jansson.h>
#include <stdlib.h>

#include "dryrun.h"

static void print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(object);
}

static void set_number(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static void set_outcome(const struct dryrun *run, const struct dryrun_case *it,
			const struct dryrun_outcome *outcome, json_t *object)
{
	const struct rpol_rule *rule = dryrun_rule(it, outcome);
	struct dryrun_outcome bare = *outcome;
	char verdict[160];

	bare.handed = 0;
	json_object_set_new(object, "rule", text_or_null(rule ? rule->label : NULL));
	json_object_set_new(
		object, "verdict",
		json_string(dryrun_verdict(run->policy, &bare, verdict, sizeof(verdict))));
	json_object_set_new(
		object, "handed",
		text_or_null(outcome->handed ? dryrun_handed_word(outcome->handed) : NULL));
	json_object_set_new(object, "out", text_or_null(dryrun_egress(run->policy, outcome)));
}

static json_t *value(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (!*text)
		return json_null();
	return *end ? json_string(text) : json_integer(number);
}

static json_t *hex(const uint8_t *data, size_t length)
{
	char *text = malloc(2 * length + 1);
	json_t *string;

	if (!text)
		return json_null();
	for (size_t i = 0; i < length; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	string = json_stringn(text, 2 * length);
	free(text);
	return string;
}

/* All that a packet leaves with. */
static void set_left(const struct dryrun_outcome *outcome, json_t *object)
{
	json_object_set_new(object, "bytes", hex(outcome->out, outcome->out_length));
	set_number(object, "mark", outcome->mark);
	set_number(object, "priority", outcome->priority);
}

void dryrun_json_packet(const struct dryrun *run, const struct dryrun_case *it)
{
	struct dryrun_change changes[DRYRUN_MAX_CHANGES];
	size_t n = dryrun_changes(it, changes);
	json_t *object = json_object(), *rewritten = json_object();

	set_number(object, "packet", it->frame->index);
	json_object_set_new(object, "policy", json_string(it->program->name));
	set_outcome(run, it, dryrun_answer(it), object);
	for (size_t i = 0; i < n; i++) {
		json_t *pair = json_array();

		json_array_append_new(pair, value(changes[i].old));
		json_array_append_new(pair, value(changes[i].new));
		json_object_set_new(rewritten, changes[i].field, pair);
	}
	json_object_set_new(object, "rewritten", rewritten);
	if (it->disagree) {
		json_t *kernel = json_object();

		set_outcome(run, it, it->kernel, kernel);
		set_left(it->kernel, kernel);
		set_left(it->interp, object);
		json_object_set_new(object, "kernel", kernel);
	}
	print(object);
}

void dryrun_json_unjudged(const struct dryrun *run, const struct rpol_frame *frame)
{
	const char *on = run->on ? run->on->name : frame->interface;

	print(json_pack("{s:I, s:n, s:n, s:n, s:s}", "packet", (json_int_t)frame->index, "policy",
			"rule", "verdict", "interface", on ? on : ""));
}

static json_t *policy_json(const struct dryrun *run, const struct rpol_program *program)
{
	const struct dryrun_tally *tally = &run->tallies[program->index];
	json_t *verdicts = json_object(), *rules = json_array(), *handed = json_object();
	json_t *object;

	for (uint32_t i = 0; i < RPOL_VERDICT_COUNT; i++)
		if (tally->verdicts[i])
			set_number(verdicts, rpol_verdict_word((enum rpol_verdict_kind)i),
				   tally->verdicts[i]);
	for (uint32_t i = 1; i < RPOL_HANDED_COUNT; i++)
		if (tally->handed[i])
			set_number(handed, dryrun_handed_word(i), tally->handed[i]);
	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];
		struct rpol_interp_counter counter = dryrun_counter(run, rule->counter);
		char verdict[256];

		rpol_outcome_text(rule, verdict, sizeof(verdict));
		json_array_append_new(rules,
				      json_pack("{s:s, s:I, s:I, s:s}", "label", rule->label,
						"packets", (json_int_t)counter.packets, "bytes",
						(json_int_t)counter.bytes, "verdict", verdict));
	}
	object = json_pack("{s:s, s:s, s:o, s:o}", "name", program->name, "hook",
			   rpol_hook_text(program->hook), "verdicts", verdicts, "rules", rules);
	if (json_object_size(handed))
		json_object_set(object, "handed", handed);
	json_decref(handed);
	return object;
}

static json_t *counters_json(const struct dryrun *run)
{
	json_t *counters = json_array();

	for (size_t i = 0; i < run->policy->nnamed; i++) {
		const struct rpol_named_counter *named = &run->policy->named[i];
		struct rpol_interp_counter counter = dryrun_counter(run, named->counter);

		json_array_append_new(counters, json_pack("{s:s, s:I, s:I}", "name", named->name,
							  "packets", (json_int_t)counter.packets,
							  "bytes", (json_int_t)counter.bytes));
	}
	return counters;
}

void dryrun_json_report(const struct dryrun *run)
{
	json_t *object = json_object(), *engines = json_array(), *policies = json_array();

	if (run->interp)
		json_array_append_new(engines, json_string("interp"));
	if (run->kernel)
		json_array_append_new(engines, json_string("kernel"));
	for (size_t i = 0; i < run->policy->nprograms; i++)
		json_array_append_new(policies, policy_json(run, &run->policy->programs[i]));
	set_number(object, "packets", run->packets);
	json_object_set_new(object, "engines", engines);
	set_number(object, "disagreements", run->disagreements);
	json_object_set_new(object, "policies", policies);
	if (run->policy->nnamed)
		json_object_set_new(object, "counters", counters_json(run));
	/* Only what is out of the ordinary is said further; absent means 0. */
	if (run->cut)
		set_number(object, "cut", run->cut);
	if (run->not_judged)
		set_number(object, "not_judged", run->not_judged);
	if (run->kernel_skipped)
		set_number(object, "not_judged_by_kernel", run->kernel_skipped);
	print(object);
}
