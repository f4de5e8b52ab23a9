/* subject.c: one policy, opened in both engines and compared packet by packet. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "differential.h"
#include "rpol/compile.h"

bool subject_no_perfmon;

static char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *say(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

const char *outcome_text(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_AGREE:
		return "the engines agree";
	case OUTCOME_DIFFER:
		return "the engines disagree";
	case OUTCOME_REFUSED:
		return "the checker refuses a generated policy";
	case OUTCOME_NO_COMPILE:
		return "the compiler refuses a checked policy";
	case OUTCOME_NO_LOAD:
		return "the kernel refuses a compiled policy";
	case OUTCOME_NO_RUN:
		return "a test run fails";
	case OUTCOME_NOT_TAKEN:
		return "the kernel takes no such frame";
	case OUTCOME_ENVIRONMENT:
		return "the environment";
	}
	return "?";
}

static char *diagnostics(struct rpol_unit *unit)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, out);
	fclose(out);
	return text;
}

static enum outcome open_kernel(struct subject *subject, const struct text *text, char **why)
{
	const struct rpol_compile_options compile = {.structure = text->structure};
	struct rpol_load_error error = {0};
	struct rpol_testrun_world world = {
		.mtu = subject->world.mtu,
		.iface_macs = (const uint8_t(*)[6])subject->world.iface_macs,
		.nexthop_macs = (const uint8_t(*)[6])subject->world.nexthop_macs,
		.alive = subject->world.alive,
		.no_perfmon = subject_no_perfmon,
	};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int err;

	memcpy(world.fib_mac, subject->world.fib_mac, 6);
	memcpy(world.fib_peer_mac, subject->world.fib_peer_mac, 6);
	err = rpol_compile(subject->policy, &compile, rpol_unit_diags(subject->unit), &bytes, &size,
			   why);
	if (err == 1)
		*why = diagnostics(subject->unit);
	if (err)
		return err == 1 ? OUTCOME_NO_COMPILE : OUTCOME_ENVIRONMENT;
	err = rpol_object_read(bytes, size, &subject->object, why);
	free(bytes);
	if (err)
		return OUTCOME_NO_LOAD;
	err = rpol_testrun_open(subject->object, &world, &subject->run, &error);
	if (err) {
		*why = say("%s (%s:%u): %s", error.message ? error.message : "no message",
			   error.file ? error.file : "?", error.line, strerror(-err));
		rpol_load_error_clear(&error);
		return err == -EPERM ? OUTCOME_ENVIRONMENT : OUTCOME_NO_LOAD;
	}
	return OUTCOME_AGREE;
}

enum outcome subject_open(struct subject *subject, struct text *text, char **why)
{
	struct rpol_reader reader = text_reader(text);
	enum outcome outcome;
	int err;

	*subject = (struct subject){0};
	err = rpol_unit_open(text->files[0].path, &reader, &subject->unit);
	if (err) {
		*why = say("%s: %s", text->files[0].path, strerror(-err));
		return OUTCOME_REFUSED;
	}
	subject->policy = rpol_unit_policy(subject->unit);
	if (!subject->policy) {
		*why = diagnostics(subject->unit);
		subject_close(subject);
		return OUTCOME_REFUSED;
	}
	if (rpol_world_init(&subject->world, subject->policy))
		abort();
	for (size_t i = 0; i < subject->policy->nnexthops; i++)
		subject->world.alive[i] =
			strncmp(subject->policy->nexthops[i].name, "dead", 4) != 0;
	subject->counters = calloc(subject->policy->ncounters + 1, sizeof(*subject->counters));
	outcome = open_kernel(subject, text, why);
	if (outcome != OUTCOME_AGREE)
		subject_close(subject);
	return outcome;
}

void subject_close(struct subject *subject)
{
	rpol_testrun_close(subject->run);
	rpol_object_free(subject->object);
	if (subject->counters)
		rpol_world_free(&subject->world);
	free(subject->counters);
	rpol_unit_close(subject->unit);
	*subject = (struct subject){0};
}

/* The action code that a judgement must come out as. */
static uint32_t action_of(enum rpol_hook hook, const struct rpol_judgement *judgement)
{
	bool xdp = hook == RPOL_HOOK_XDP;

	/* A CPU that this host does not have: the stack of the one that reads the packet. */
	if (judgement->handed || judgement->verdict == RPOL_VERDICT_PASS ||
	    (judgement->verdict == RPOL_VERDICT_CPU && judgement->cpu == RPOL_MAX_CPU))
		return xdp ? XDP_PASS : (uint32_t)TC_ACT_UNSPEC;
	if (judgement->verdict == RPOL_VERDICT_DROP)
		return xdp ? XDP_DROP : TC_ACT_SHOT;
	if (judgement->verdict == RPOL_VERDICT_BOUNCE && xdp)
		return XDP_TX;
	return xdp ? XDP_REDIRECT : TC_ACT_REDIRECT;
}

static void describe(FILE *out, const char *engine, const char *rule, uint32_t verdict,
		     uint32_t nexthop, uint32_t handed, uint32_t egress, uint32_t mark,
		     uint32_t priority, size_t length, const uint8_t *bytes)
{
	fprintf(out,
		"%-6s rule %s, verdict %s, next hop %d, handed %u, egress %d, mark %u, "
		"priority %u, %zu bytes:",
		engine, rule, verdict < RPOL_VERDICT_COUNT ? rpol_verdict_word(verdict) : "?",
		nexthop == RPOL_NO_NEXTHOP ? -1 : (int)nexthop, handed, (int)egress, mark, priority,
		length);
	for (size_t i = 0; i < length && i < 64; i++)
		fprintf(out, "%s%02x", i % 2 ? "" : " ", bytes[i]);
	fprintf(out, "\n");
}

static const char *label_of(const struct rpol_policy *policy, uint32_t counter)
{
	for (size_t p = 0; p < policy->nprograms; p++)
		for (size_t r = 0; r < policy->programs[p].ncounted; r++)
			if (policy->programs[p].rules[r].counter == counter)
				return policy->programs[p].rules[r].label;
	for (size_t i = 0; i < policy->nnamed; i++)
		if (policy->named[i].counter == counter)
			return policy->named[i].name;
	return "?";
}

static enum outcome compare(const struct subject *subject, const struct rpol_program *program,
			    const struct rpol_judgement *ours, const uint8_t *out_ours,
			    const struct rpol_testrun_result *theirs, const uint8_t *out_theirs,
			    char **why)
{
	uint32_t nexthop = ours->nexthop ? ours->nexthop->index : RPOL_NO_NEXTHOP;
	const char *what = NULL;
	size_t length;
	FILE *out;

	if (ours->rule->counter != theirs->trace.counter)
		what = "rule";
	else if ((uint32_t)ours->verdict != theirs->trace.verdict)
		what = "verdict";
	else if (nexthop != theirs->trace.nexthop)
		what = "next hop";
	else if (ours->cpu != theirs->trace.cpu)
		what = "CPU";
	else if (ours->handed != theirs->trace.handed)
		what = "handed";
	else if (ours->egress != theirs->egress)
		what = "egress";
	else if (action_of(program->hook, ours) != theirs->action)
		what = "action code";
	else if (ours->mark != theirs->mark || ours->priority != theirs->priority)
		what = "mark or priority";
	else if (ours->out_length != theirs->out_length)
		what = "length of the frame";
	else if (memcmp(out_ours, out_theirs, ours->out_length))
		what = "bytes of the frame";
	if (!what)
		return OUTCOME_AGREE;
	out = open_memstream(why, &length);
	fprintf(out, "different %s (action %d)\n", what, (int)theirs->action);
	describe(out, "interp", ours->rule->label, ours->verdict, nexthop, ours->handed,
		 ours->egress, ours->mark, ours->priority, ours->out_length, out_ours);
	describe(out, "kernel", label_of(subject->policy, theirs->trace.counter),
		 theirs->trace.verdict, theirs->trace.nexthop, theirs->trace.handed, theirs->egress,
		 theirs->mark, theirs->priority, theirs->out_length, out_theirs);
	fclose(out);
	return OUTCOME_DIFFER;
}

enum outcome subject_judge(struct subject *subject, uint32_t program, uint32_t iface,
			   const uint8_t *data, size_t length, bool deep,
			   struct rpol_judgement *judgement, char **why)
{
	const struct rpol_program *judge = &subject->policy->programs[program];
	const struct rpol_interface *in = &subject->policy->interfaces[iface];
	struct rpol_testrun_result result = {0};
	struct rpol_load_error error = {0};
	uint8_t ours[FRAME_MAX + 64], theirs[FRAME_MAX + 64];
	enum outcome outcome;
	int err;

	frame_inputs(data, length, &subject->world.time_ns, &subject->world.random);
	rpol_testrun_set(subject->run, subject->world.time_ns, subject->world.random);
	memcpy(ours, data, length); /* the interpreter may leave `out` alone when nothing changes */
	err = rpol_testrun_run(subject->run, program, iface, data, length, theirs, sizeof(theirs),
			       &result, &error);
	if (err) {
		*why = say("%s: %s", error.message ? error.message : "no message", strerror(-err));
		rpol_load_error_clear(&error);
		return OUTCOME_NO_RUN;
	}
	rpol_interp_run(judge, &subject->world, in, data, length,
			result.judged ? subject->counters : NULL, ours, judgement);
	if (!result.judged)
		return OUTCOME_NOT_TAKEN;
	outcome = compare(subject, judge, judgement, ours, &result, theirs, why);
	if (outcome == OUTCOME_AGREE && deep)
		outcome = subject_counters(subject, why);
	return outcome;
}

enum outcome subject_counters(struct subject *subject, char **why)
{
	size_t n = subject->policy->ncounters;
	struct rpol_counter *theirs = calloc(n + 1, sizeof(*theirs));
	struct rpol_load_error error = {0};
	enum outcome outcome = OUTCOME_AGREE;
	int err = rpol_testrun_counters(subject->run, theirs, &error);

	if (err) {
		*why = say("counters: %s", error.message ? error.message : strerror(-err));
		rpol_load_error_clear(&error);
		outcome = OUTCOME_NO_RUN;
	}
	for (size_t i = 0; i < n && outcome == OUTCOME_AGREE; i++) {
		const struct rpol_interp_counter *ours = &subject->counters[i];

		if (ours->packets == theirs[i].packets && ours->bytes == theirs[i].bytes)
			continue;
		*why = say("different counter %zu (rule %s): interp %llu packets %llu bytes, "
			   "kernel %llu packets %llu bytes\n",
			   i, label_of(subject->policy, (uint32_t)i),
			   (unsigned long long)ours->packets, (unsigned long long)ours->bytes,
			   (unsigned long long)theirs[i].packets,
			   (unsigned long long)theirs[i].bytes);
		outcome = OUTCOME_DIFFER;
	}
	free(theirs);
	return outcome;
}
