/* dryrun_run.c: reads the capture, asks the engines, compares what they say. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dryrun.h"

/* The engines' numbers for what is no interface are the same. */
static_assert(RPOL_WORLD_FIB == RPOL_TESTRUN_FIB, "stand-in fib");
static_assert(RPOL_INTERP_ROOM == RPOL_TESTRUN_ROOM, "room for tags");
static_assert(RPOL_EGRESS_NONE == RPOL_TESTRUN_NONE, "nowhere");

const struct rpol_rule *dryrun_rule(const struct dryrun_case *it,
				    const struct dryrun_outcome *outcome)
{
	uint32_t index = outcome->counter - it->program->rules[0].counter;

	/* The kernel's word comes from a map: a wrong one must be shown, not followed. */
	return index < it->program->ncounted ? &it->program->rules[index] : NULL;
}

const char *dryrun_handed_word(uint32_t handed)
{
	static const char *const words[] = {
#define HANDED(id, word, doc) word,
#include "rpol/handed.def"
#undef HANDED
	};

	return handed < RPOL_HANDED_COUNT ? words[handed] : "?";
}

const char *dryrun_egress(const struct rpol_policy *policy, const struct dryrun_outcome *outcome)
{
	if (outcome->verdict == RPOL_VERDICT_DROP)
		return NULL;
	if (outcome->verdict == RPOL_VERDICT_PASS || outcome->verdict == RPOL_VERDICT_CPU ||
	    outcome->handed)
		return "kernel";
	if (outcome->egress == RPOL_WORLD_FIB)
		return "fib";
	return outcome->egress < policy->ninterfaces ? policy->interfaces[outcome->egress].name
						     : "?";
}

const char *dryrun_verdict(const struct rpol_policy *policy, const struct dryrun_outcome *outcome,
			   char *buf, size_t size)
{
	const char *word = outcome->verdict < RPOL_VERDICT_COUNT
				   ? rpol_verdict_word((enum rpol_verdict_kind)outcome->verdict)
				   : "?";
	const char *operand = NULL;
	char number[16];

	if (outcome->verdict == RPOL_VERDICT_ROUTE && outcome->nexthop < policy->nnexthops)
		operand = policy->nexthops[outcome->nexthop].name;
	else if (outcome->verdict == RPOL_VERDICT_SEND)
		operand = dryrun_egress(policy, outcome);
	else if (outcome->verdict == RPOL_VERDICT_CPU)
		operand = outcome->cpu == RPOL_CPU_SPREAD ? "spread" : number;
	snprintf(number, sizeof(number), "%" PRIu32, outcome->cpu);
	snprintf(buf, size, "%s%s%s%s%s", word, operand ? " " : "", operand ? operand : "",
		 outcome->handed ? ", left to the kernel: " : "",
		 dryrun_handed_word(outcome->handed));
	return buf;
}

struct rpol_interp_counter dryrun_counter(const struct dryrun *run, uint32_t counter)
{
	if (run->interp)
		return run->counters[counter];
	return (struct rpol_interp_counter){run->kernel_counters[counter].packets,
					    run->kernel_counters[counter].bytes};
}

/* ---- what was rewritten -------------------------------------------------------------------- */

static size_t change_text(struct dryrun_change *changes, size_t n, const char *field,
			  const char *old, const char *new)
{
	if (!strcmp(old, new))
		return n;
	changes[n].field = field;
	snprintf(changes[n].old, sizeof(changes[n].old), "%s", old);
	snprintf(changes[n].new, sizeof(changes[n].new), "%s", new);
	return n + 1;
}

static const char *number_text(bool there, const char *format, unsigned value,
			       char buf[RPOL_ADDR_TEXT])
{
	buf[0] = '\0';
	if (there)
		snprintf(buf, RPOL_ADDR_TEXT, format, value);
	return buf;
}

static const char *mac_text(const uint8_t *data, size_t length, char buf[RPOL_ADDR_TEXT])
{
	buf[0] = '\0';
	if (length >= 14)
		snprintf(buf, RPOL_ADDR_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", data[0], data[1],
			 data[2], data[3], data[4], data[5]);
	return buf;
}

static const char *addr_text(bool there, const struct rpol_addr *addr, char buf[RPOL_ADDR_TEXT])
{
	buf[0] = '\0';
	return there ? rpol_addr_text(addr, buf) : buf;
}

static unsigned checksum(const struct rpol_packet *packet)
{
	const uint8_t *field = packet->data + packet->ip_offset + 10;

	return (unsigned)field[0] << 8 | field[1];
}

/* The fields of the frame itself. */
static size_t frame_changes(const struct rpol_frame *frame, const struct dryrun_outcome *answer,
			    struct dryrun_change changes[DRYRUN_MAX_CHANGES])
{
	struct rpol_packet old, new;
	char a[RPOL_ADDR_TEXT], b[RPOL_ADDR_TEXT];
	size_t n = 0;

	rpol_packet_read(frame->data, frame->length, &old);
	rpol_packet_read(answer->out, answer->out_length, &new);
	n = change_text(changes, n, "eth.dst", mac_text(frame->data, frame->length, a),
			mac_text(answer->out, answer->out_length, b));
	n = change_text(changes, n, "eth.src", mac_text(frame->data + 6, frame->length, a),
			mac_text(answer->out + 6, answer->out_length, b));
	n = change_text(changes, n, "vlan.id", number_text(old.ntags > 0, "%u", old.vlan[0], a),
			number_text(new.ntags > 0, "%u", new.vlan[0], b));
	n = change_text(changes, n, "vlan.pcp", number_text(old.ntags > 0, "%u", old.vlan_pcp, a),
			number_text(new.ntags > 0, "%u", new.vlan_pcp, b));
	n = change_text(changes, n, "vlan.inner", number_text(old.ntags > 1, "%u", old.vlan[1], a),
			number_text(new.ntags > 1, "%u", new.vlan[1], b));
	n = change_text(changes, n, "eth.type", number_text(old.has_eth, "0x%04x", old.eth_type, a),
			number_text(new.has_eth, "0x%04x", new.eth_type, b));
	n = change_text(changes, n, "src", addr_text(old.has_ip, &old.src, a),
			addr_text(new.has_ip, &new.src, b));
	n = change_text(changes, n, "dst", addr_text(old.has_ip, &old.dst, a),
			addr_text(new.has_ip, &new.dst, b));
	n = change_text(changes, n, "sport", number_text(old.has_ports, "%u", old.sport, a),
			number_text(new.has_ports, "%u", new.sport, b));
	n = change_text(changes, n, "dport", number_text(old.has_ports, "%u", old.dport, a),
			number_text(new.has_ports, "%u", new.dport, b));
	n = change_text(changes, n, "dscp", number_text(old.has_ip, "%u", old.dscp, a),
			number_text(new.has_ip, "%u", new.dscp, b));
	n = change_text(changes, n, "ecn", number_text(old.has_ip, "%u", old.ecn, a),
			number_text(new.has_ip, "%u", new.ecn, b));
	n = change_text(changes, n, "ttl", number_text(old.has_ip, "%u", old.ttl, a),
			number_text(new.has_ip, "%u", new.ttl, b));
	if (old.has_ip && old.family == 4 && new.has_ip &&new.family == 4)
		n = change_text(changes, n, "checksum",
				number_text(true, "0x%04x", checksum(&old), a),
				number_text(true, "0x%04x", checksum(&new), b));
	return n;
}

size_t dryrun_changes(const struct dryrun_case *it,
		      struct dryrun_change changes[DRYRUN_MAX_CHANGES])
{
	const struct dryrun_outcome *answer = dryrun_answer(it);
	const struct rpol_frame *frame = it->frame;
	char text[RPOL_ADDR_TEXT];
	size_t n = 0;

	if (answer->verdict == RPOL_VERDICT_DROP)
		return 0;
	if (answer->out_length != frame->length || memcmp(answer->out, frame->data, frame->length))
		n = frame_changes(frame, answer, changes);
	n = change_text(changes, n, "mark", "0", number_text(true, "%u", answer->mark, text));
	n = change_text(changes, n, "priority", "0",
			number_text(true, "%u", answer->priority, text));
	assert(n <= DRYRUN_MAX_CHANGES);
	return n;
}

/* ---- judging ------------------------------------------------------------------------------- */

static bool same_outcome(const struct dryrun_outcome *a, const struct dryrun_outcome *b)
{
	if (a->counter != b->counter || a->verdict != b->verdict || a->nexthop != b->nexthop ||
	    a->cpu != b->cpu || a->handed != b->handed || a->egress != b->egress)
		return false;
	/* A dropped packet has no bytes any more, nor anything beside them. */
	return a->verdict == RPOL_VERDICT_DROP ||
	       (a->mark == b->mark && a->priority == b->priority &&
		a->out_length == b->out_length && !memcmp(a->out, b->out, a->out_length));
}

static void ask_interp(struct dryrun *run, const struct dryrun_case *it,
		       struct rpol_interp_counter *counters, struct dryrun_outcome *outcome)
{
	struct rpol_judgement judgement;

	rpol_interp_run(it->program, &run->world, it->iface, it->frame->data, it->frame->length,
			counters, run->interp_buffer, &judgement);
	*outcome = (struct dryrun_outcome){
		.counter = judgement.rule->counter,
		.verdict = judgement.verdict,
		.nexthop = judgement.nexthop ? judgement.nexthop->index : RPOL_NO_NEXTHOP,
		.cpu = judgement.cpu,
		.handed = judgement.handed,
		.egress = judgement.egress,
		.mark = judgement.mark,
		.priority = judgement.priority,
		.out = run->interp_buffer,
		.out_length = judgement.out_length,
	};
}

/* 1: judged; 0: the kernel takes no such frame; -1 after a message. */
static int ask_kernel(struct dryrun *run, const struct dryrun_case *it,
		      struct dryrun_outcome *outcome)
{
	const struct rpol_interface *iface = it->iface ? it->iface : it->program->ifaces[0];
	struct rpol_testrun_result result = {0};
	struct rpol_load_error error = {0};

	if (rpol_testrun_run(run->kernel, it->program->index, iface->index, it->frame->data,
			     it->frame->length, run->kernel_buffer, run->buffer_size, &result,
			     &error)) {
		cli_error("packet %" PRIu64 " of %s: %s", it->frame->index, run->options.capture,
			  error.message);
		rpol_load_error_clear(&error);
		return -1;
	}
	if (!result.judged) {
		run->kernel_skipped++;
		run->kernel_skipped_why = result.why;
		return 0;
	}
	*outcome = (struct dryrun_outcome){
		.counter = result.trace.counter,
		.verdict = result.trace.verdict,
		.nexthop = result.trace.nexthop,
		.cpu = result.trace.cpu,
		.handed = result.trace.handed,
		.egress = result.egress,
		.mark = result.mark,
		.priority = result.priority,
		.out = run->kernel_buffer,
		.out_length = result.out_length,
	};
	return 1;
}

static void report_case(struct dryrun *run, const struct dryrun_case *it)
{
	const struct dryrun_outcome *answer = dryrun_answer(it);
	struct dryrun_tally *tally = &run->tallies[it->program->index];

	tally->packets++;
	if (answer->verdict < RPOL_VERDICT_COUNT)
		tally->verdicts[answer->verdict]++;
	if (answer->handed && answer->handed < RPOL_HANDED_COUNT)
		tally->handed[answer->handed]++;
	if (run->options.per_packet && run->options.json)
		dryrun_json_packet(run, it);
	else if (run->options.per_packet)
		dryrun_text_packet(run, it);
	if (it->disagree && run->disagreements <= DRYRUN_MAX_SHOWN)
		dryrun_text_disagreement(run, it);
}

/* Asks both engines about a packet in one program. */
static int judge(struct dryrun *run, struct dryrun_case *it)
{
	it->interp = it->kernel = NULL;
	if (run->kernel) {
		int judged = ask_kernel(run, it, &run->kernel_said);

		if (judged < 0)
			return CLI_ENVIRONMENT;
		if (judged)
			it->kernel = &run->kernel_said;
		else if (run->interp)
			/* Counted apart, so that the counters can be compared at the end. */
			ask_interp(run, it, run->skipped, &run->interp_said);
	}
	if (run->interp) {
		ask_interp(run, it, run->counters, &run->interp_said);
		it->interp = &run->interp_said;
	}
	if (!dryrun_answer(it))
		return 0;
	it->disagree = it->interp && it->kernel && !same_outcome(it->interp, it->kernel);
	run->disagreements += it->disagree;
	report_case(run, it);
	return run->out ? dryrun_out_packet(run->out, it) : 0;
}

static bool grow_buffers(struct dryrun *run, size_t length)
{
	size_t size = (length < 4096 ? 4096 : length) + RPOL_INTERP_ROOM;
	uint8_t *interp, *kernel;

	if (size <= run->buffer_size)
		return true;
	interp = realloc(run->interp_buffer, size);
	if (interp)
		run->interp_buffer = interp;
	kernel = realloc(run->kernel_buffer, size);
	if (kernel)
		run->kernel_buffer = kernel;
	if (!interp || !kernel)
		return false;
	run->buffer_size = size;
	return true;
}

/* Whether a word means the interface's device: an interface's name means all of its devices, which
 * may have other names too; what is no such name is a device. */
static bool means(const struct rpol_policy *policy, const char *word,
		  const struct rpol_interface *iface)
{
	bool name = false;

	for (size_t i = 0; i < policy->ninterfaces; i++) {
		const struct rpol_interface *other = &policy->interfaces[i];

		if (strcmp(other->name, word))
			continue;
		name = true;
		if (!strcmp(other->device, iface->device))
			return true;
	}
	return !name && !strcmp(iface->device, word);
}

static void count_unjudged(struct dryrun *run, const struct rpol_frame *frame)
{
	run->not_judged++;
	if (!run->not_judged_on)
		run->not_judged_on = strdup(run->on            ? run->on->name
					    : frame->interface ? frame->interface
							       : "");
	if (run->options.per_packet && run->options.json)
		dryrun_json_unjudged(run, frame);
	else if (run->options.per_packet)
		dryrun_text_unjudged(run, frame);
}

static int judge_frame(struct dryrun *run, const struct rpol_frame *frame)
{
	const char *on = run->on ? run->options.on : frame->interface;
	uint64_t skipped = run->kernel_skipped;
	size_t asked = 0;

	if (!grow_buffers(run, frame->length))
		return cli_error("no memory for packet %" PRIu64, frame->index);
	run->world.time_ns = frame->time_ns;
	run->world.random = rpol_world_random(frame->index);
	if (run->kernel)
		rpol_testrun_set(run->kernel, run->world.time_ns, run->world.random);
	for (size_t i = 0; i < run->policy->nprograms; i++) {
		const struct rpol_program *program = &run->policy->programs[i];
		struct dryrun_case it = {.frame = frame, .program = program};
		int status;

		for (size_t j = 0; on && !it.iface && j < program->nifaces; j++)
			if (means(run->policy, on, program->ifaces[j]))
				it.iface = program->ifaces[j];
		if (on && !it.iface)
			continue;
		asked++;
		status = judge(run, &it);
		if (status)
			return status;
	}
	run->packets++;
	run->cut += frame->length < frame->wire_length;
	run->unnamed += !on && asked;
	if (!asked)
		count_unjudged(run, frame);
	else if (run->interp || run->kernel_skipped - skipped < asked)
		run->judged++;
	return 0;
}

/* ---- the end ------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
compare_counter(struct dryrun *run, uint32_t counter, const char *whose, ...)
{
	const struct rpol_counter *kernel = &run->kernel_counters[counter];
	uint64_t packets = run->counters[counter].packets - run->skipped[counter].packets;
	uint64_t bytes = run->counters[counter].bytes - run->skipped[counter].bytes;
	va_list args;

	if (packets == kernel->packets && bytes == kernel->bytes)
		return;
	run->disagreements++;
	fputs("disagreement in the counter of ", stderr);
	va_start(args, whose);
	vfprintf(stderr, whose, args);
	va_end(args);
	fprintf(stderr,
		": interpreter %" PRIu64 " packets, %" PRIu64 " bytes; kernel %llu packets, %llu "
		"bytes\n",
		packets, bytes, (unsigned long long)kernel->packets,
		(unsigned long long)kernel->bytes);
}

static int compare_counters(struct dryrun *run)
{
	struct rpol_load_error error = {0};

	if (rpol_testrun_counters(run->kernel, run->kernel_counters, &error)) {
		cli_error("%s", error.message);
		rpol_load_error_clear(&error);
		return CLI_ENVIRONMENT;
	}
	for (size_t i = 0; run->interp && i < run->policy->nprograms; i++)
		for (size_t j = 0; j < run->policy->programs[i].ncounted; j++) {
			const struct rpol_rule *rule = &run->policy->programs[i].rules[j];

			compare_counter(run, rule->counter, "rule %s, policy %s", rule->label,
					run->policy->programs[i].name);
		}
	for (size_t i = 0; run->interp && i < run->policy->nnamed; i++)
		compare_counter(run, run->policy->named[i].counter, "name %s",
				run->policy->named[i].name);
	return 0;
}

int dryrun_open_capture(struct dryrun *run)
{
	const char *path = run->options.capture;
	/* Who the packets of a capture without Ethernet headers were sent to: this interface. */
	const uint8_t *mac = run->world.fib_mac;
	char *error = NULL;
	int failed;

	if (run->on || run->policy->ninterfaces)
		mac = run->world.iface_macs[run->on ? run->on->index : 0];
	if (!strcmp(path, "-"))
		failed = rpol_capture_open_stream(stdin, "<stdin>", mac, &run->capture, &error);
	else
		failed = rpol_capture_open(path, mac, &run->capture, &error);
	if (failed)
		cli_error("%s", error ? error : strerror(-failed));
	free(error);
	return failed ? CLI_ENVIRONMENT : 0;
}

int dryrun_replay(struct dryrun *run)
{
	struct rpol_frame frame;
	char *error = NULL;
	int status = 0, more = 0;

	while (!status && (more = rpol_capture_next(run->capture, &frame, &error)) > 0)
		status = judge_frame(run, &frame);
	if (!status && more < 0)
		status = cli_error("%s", error ? error : strerror(-more));
	free(error);
	if (run->kernel)
		status = cli_worse(status, compare_counters(run));
	return status;
}
