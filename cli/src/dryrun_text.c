/* dryrun_text.c: the dry run's report for people. */
#include <inttypes.h>
#include <string.h>

#include "dryrun.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void dryrun_text_packet(const struct dryrun *run, const struct dryrun_case *it)
{
	const struct dryrun_outcome *answer = dryrun_answer(it);
	const struct rpol_rule *rule = dryrun_rule(it, answer);
	const char *egress = dryrun_egress(run->policy, answer);
	struct dryrun_change changes[DRYRUN_MAX_CHANGES];
	size_t n = dryrun_changes(it, changes);
	char verdict[160];

	printf("#%" PRIu64 " %s.%s: %s", it->frame->index, it->program->name,
	       rule ? rule->label : "?",
	       dryrun_verdict(run->policy, answer, verdict, sizeof(verdict)));
	if (egress && strcmp(egress, "kernel"))
		printf(", leaves by %s", egress);
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s -> %s", i ? "," : ";", changes[i].field,
		       changes[i].old[0] ? changes[i].old : "none",
		       changes[i].new[0] ? changes[i].new : "none");
	puts(it->disagree ? "  (the kernel disagrees)" : "");
}

void dryrun_text_unjudged(const struct dryrun *run, const struct rpol_frame *frame)
{
	printf("#%" PRIu64 " not judged: no policy on %s\n", frame->index,
	       run->on ? run->on->name : frame->interface ? frame->interface : "any interface");
}

/* ---- disagreements -------------------------------------------------------------------------- */

static void hex(const char *what, const uint8_t *data, size_t length)
{
	fprintf(stderr, "  %s (%zu bytes) ", what, length);
	for (size_t i = 0; i < length; i++)
		fprintf(stderr, "%02x", data[i]);
	fputc('\n', stderr);
}

static void side(const struct dryrun *run, const struct dryrun_case *it, const char *engine,
		 const struct dryrun_outcome *outcome)
{
	const struct rpol_rule *rule = dryrun_rule(it, outcome);
	const char *egress = dryrun_egress(run->policy, outcome);
	char verdict[160];

	fprintf(stderr, "  %s: rule %s, %s, %s%s", engine, rule ? rule->label : "?",
		dryrun_verdict(run->policy, outcome, verdict, sizeof(verdict)),
		egress ? "leaves by " : "gone", egress ? egress : "");
	if (outcome->mark || outcome->priority)
		fprintf(stderr, ", mark %" PRIu32 ", priority %" PRIu32, outcome->mark,
			outcome->priority);
	fputc('\n', stderr);
}

void dryrun_text_disagreement(const struct dryrun *run, const struct dryrun_case *it)
{
	const struct dryrun_outcome *a = it->interp, *b = it->kernel;
	const struct rpol_interface *iface = it->iface ? it->iface : it->program->ifaces[0];

	fprintf(stderr, "disagreement at packet %" PRIu64 ", policy %s on %s at %s\n",
		it->frame->index, it->program->name, iface->name,
		rpol_hook_text(it->program->hook));
	side(run, it, "interpreter", a);
	side(run, it, "kernel", b);
	hex("frame", it->frame->data, it->frame->length);
	if (a->out_length != b->out_length || memcmp(a->out, b->out, a->out_length)) {
		hex("interpreter's output", a->out, a->out_length);
		hex("kernel's output", b->out, b->out_length);
	}
	if (run->disagreements == DRYRUN_MAX_SHOWN)
		fputs("further disagreements are counted, not shown\n", stderr);
}

/* ---- the table ------------------------------------------------------------------------------ */

static int digits(uint64_t n)
{
	return snprintf(NULL, 0, "%" PRIu64, n);
}

static int wider(int width, int other)
{
	return other > width ? other : width;
}

static void heading(const struct dryrun *run, const struct rpol_program *program)
{
	uint64_t packets = run->tallies[program->index].packets;

	printf("policy %s on ", program->name);
	for (size_t i = 0; i < program->nifaces; i++)
		printf("%s%s (%s)", i ? ", " : "", program->ifaces[i]->name,
		       program->ifaces[i]->device);
	printf(" at %s: %" PRIu64 " packet%s\n", rpol_hook_text(program->hook), packets,
	       plural(packets));
}

static void table(const struct dryrun *run, const struct rpol_program *program)
{
	int label = (int)strlen("rule"), packets = (int)strlen("packets");
	int bytes = (int)strlen("bytes");

	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];
		struct rpol_interp_counter counter = dryrun_counter(run, rule->counter);

		label = wider(label, (int)strlen(rule->label));
		packets = wider(packets, digits(counter.packets));
		bytes = wider(bytes, digits(counter.bytes));
	}
	printf("  %-*s  %*s  %*s  %s\n", label, "rule", packets, "packets", bytes, "bytes",
	       "verdict");
	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];
		struct rpol_interp_counter counter = dryrun_counter(run, rule->counter);
		char verdict[256];

		printf("  %-*s  %*" PRIu64 "  %*" PRIu64 "  %s\n", label, rule->label, packets,
		       counter.packets, bytes, counter.bytes,
		       rpol_outcome_text(rule, verdict, sizeof(verdict)));
	}
}

static void counters(const struct dryrun *run)
{
	const struct rpol_policy *policy = run->policy;
	int name = (int)strlen("counter"), packets = (int)strlen("packets");

	for (size_t i = 0; i < policy->nnamed; i++) {
		name = wider(name, (int)strlen(policy->named[i].name));
		packets = wider(packets,
				digits(dryrun_counter(run, policy->named[i].counter).packets));
	}
	printf("%-*s  %*s  %s\n", name, "counter", packets, "packets", "bytes");
	for (size_t i = 0; i < policy->nnamed; i++) {
		struct rpol_interp_counter counter = dryrun_counter(run, policy->named[i].counter);

		printf("%-*s  %*" PRIu64 "  %" PRIu64 "\n", name, policy->named[i].name, packets,
		       counter.packets, counter.bytes);
	}
	putchar('\n');
}

/* "  verdicts: 3 drop, 12 fib" and the like; nothing when all are 0. */
static void sums(const char *what, const uint64_t *counts, uint32_t first, uint32_t n,
		 const char *(*word)(uint32_t))
{
	const char *before = what;

	for (uint32_t i = first; i < n; i++) {
		if (!counts[i])
			continue;
		printf("%s%" PRIu64 " %s", before, counts[i], word(i));
		before = ", ";
	}
	if (before != what)
		putchar('\n');
}

static const char *verdict_word(uint32_t verdict)
{
	return rpol_verdict_word((enum rpol_verdict_kind)verdict);
}

void dryrun_text_report(const struct dryrun *run)
{
	if (run->unnamed)
		printf("nothing names the interface of %s packets: every policy judges each of "
		       "them (--on IFACE names it)\n\n",
		       run->unnamed == run->packets ? "these" : "some");
	for (size_t i = 0; i < run->policy->nprograms; i++) {
		const struct rpol_program *program = &run->policy->programs[i];
		const struct dryrun_tally *tally = &run->tallies[program->index];

		heading(run, program);
		table(run, program);
		sums("  verdicts: ", tally->verdicts, 0, RPOL_VERDICT_COUNT, verdict_word);
		sums("  left to the kernel: ", tally->handed, 1, RPOL_HANDED_COUNT,
		     dryrun_handed_word);
		putchar('\n');
	}
	if (run->policy->nnamed)
		counters(run);
	if (run->cut)
		printf("%" PRIu64 " packet%s cut short by the capture, judged as the bytes that "
		       "are there\n",
		       run->cut, plural(run->cut));
	if (run->not_judged)
		printf("%" PRIu64 " packet%s not judged: no policy on %s\n", run->not_judged,
		       plural(run->not_judged),
		       run->not_judged_on && *run->not_judged_on ? run->not_judged_on
								 : "any interface");
	if (run->kernel_skipped)
		printf("%" PRIu64 " time%s the kernel was not asked: %s\n", run->kernel_skipped,
		       plural(run->kernel_skipped),
		       run->kernel_skipped_why ? run->kernel_skipped_why
					       : "it takes no such frame");
	printf("%" PRIu64 " packet%s judged by %d engine%s (%s%s%s), %" PRIu64 " disagreement%s\n",
	       run->judged, plural(run->judged), !!run->interp + !!run->kernel,
	       plural((uint64_t)(!!run->interp + !!run->kernel)), run->interp ? "interpreter" : "",
	       run->interp && run->kernel ? ", " : "", run->kernel ? "kernel" : "",
	       run->disagreements, plural(run->disagreements));
}
