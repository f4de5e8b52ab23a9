/* dryrun.h: `rpol dryrun`: one capture, two engines, side by side. Private to the command. */
#ifndef RPOL_DRYRUN_H
#define RPOL_DRYRUN_H

#include "rpol/capture.h"
#include "rpol/interp.h"
#include "rpol/testrun.h"

#include "cli.h"

#define DRYRUN_MAX_SHOWN 10 /* disagreements printed in full */

/* What one engine says of one packet in one program. */
struct dryrun_outcome {
	uint32_t counter;	 /* the rule that decided */
	uint32_t verdict;	 /* enum rpol_verdict_kind */
	uint32_t nexthop;	 /* RPOL_NO_NEXTHOP: none */
	uint32_t cpu;		 /* of verdict CPU: its number, or RPOL_CPU_SPREAD */
	uint32_t handed;	 /* enum rpol_handed */
	uint32_t egress;	 /* interface index, RPOL_WORLD_FIB or RPOL_EGRESS_NONE */
	uint32_t mark, priority; /* beside the frame, which came with 0 */
	const uint8_t *out;
	size_t out_length;
};

/* One packet in one program. */
struct dryrun_case {
	const struct rpol_frame *frame;
	const struct rpol_program *program;
	const struct rpol_interface *iface;  /* NULL: nothing names it */
	const struct dryrun_outcome *interp; /* NULL: this engine did not judge it */
	const struct dryrun_outcome *kernel;
	bool disagree;
};

/* The engine whose word is reported. */
static inline const struct dryrun_outcome *dryrun_answer(const struct dryrun_case *it)
{
	return it->interp ? it->interp : it->kernel;
}

/* Sums over the packets of one program. */
struct dryrun_tally {
	uint64_t packets;
	uint64_t verdicts[RPOL_VERDICT_COUNT];
	uint64_t handed[RPOL_HANDED_COUNT];
};

struct dryrun_options {
	const char *capture;
	const char *on;	 /* NULL: not said */
	const char *out; /* NULL: none */
	bool json, per_packet;
};

struct dryrun {
	struct dryrun_options options;
	const struct rpol_policy *policy;
	const struct rpol_interface *on; /* of options.on; NULL: not said */
	bool interp;			 /* this engine judges */
	struct rpol_capture *capture;
	struct rpol_testrun *kernel; /* NULL: this one does not */
	struct rpol_world world;

	struct rpol_interp_counter *counters; /* interpreter: all packets, by counter */
	struct rpol_interp_counter *skipped;  /* of those the kernel did not judge */
	struct rpol_counter *kernel_counters; /* read at the end */
	struct dryrun_tally *tallies;	      /* by program */

	uint64_t packets;	 /* frames read */
	uint64_t judged;	 /* by one program or more */
	uint64_t cut;		 /* shorter than on the wire */
	uint64_t unnamed;	 /* judged by every program because nothing named an interface */
	uint64_t not_judged;	 /* came in on an interface without a policy */
	char *not_judged_on;	 /* malloc'd: the first such interface */
	uint64_t kernel_skipped; /* cases the kernel takes no such frame for */
	const char *kernel_skipped_why;
	uint64_t disagreements; /* packets, and counters at the end */

	struct dryrun_out *out;
	uint8_t *interp_buffer, *kernel_buffer;
	size_t buffer_size;
	struct dryrun_outcome interp_said, kernel_said; /* of the packet at hand */
};

/* dryrun_run.c. Opening: 0 or CLI_ENVIRONMENT after a message. */
int dryrun_open_capture(struct dryrun *run);

/* Reads the capture to its end. CLI_OK, or CLI_ENVIRONMENT after a message: what was read before it
 * counts. */
int dryrun_replay(struct dryrun *run);

/* Packets and bytes of a rule, by the engine whose word is reported. */
struct rpol_interp_counter dryrun_counter(const struct dryrun *run, uint32_t counter);

/* Names, for every report. */
const struct rpol_rule *dryrun_rule(const struct dryrun_case *it,
				    const struct dryrun_outcome *outcome);
const char *dryrun_handed_word(uint32_t handed);
/* "lan", "fib", "kernel" for what is left to it, or NULL for a dropped packet. */
const char *dryrun_egress(const struct rpol_policy *policy, const struct dryrun_outcome *outcome);
/* "route a, left to the kernel: ttl"; at most size bytes. */
const char *dryrun_verdict(const struct rpol_policy *policy, const struct dryrun_outcome *outcome,
			   char *buf, size_t size);

/* A field that a packet leaves with another value in. */
struct dryrun_change {
	const char *field;
	char old[RPOL_ADDR_TEXT], new[RPOL_ADDR_TEXT]; /* "": not there */
};

#define DRYRUN_MAX_CHANGES 20

/* Compares a frame, and what is beside it, with what left; returns how many fields changed. */
size_t dryrun_changes(const struct dryrun_case *it,
		      struct dryrun_change changes[DRYRUN_MAX_CHANGES]);

/* dryrun_text.c */
void dryrun_text_packet(const struct dryrun *run, const struct dryrun_case *it);
void dryrun_text_unjudged(const struct dryrun *run, const struct rpol_frame *frame);
void dryrun_text_report(const struct dryrun *run);
/* On stderr, all it takes to see a disagreement again. */
void dryrun_text_disagreement(const struct dryrun *run, const struct dryrun_case *it);

/* dryrun_json.c */
void dryrun_json_packet(const struct dryrun *run, const struct dryrun_case *it);
void dryrun_json_unjudged(const struct dryrun *run, const struct rpol_frame *frame);
void dryrun_json_report(const struct dryrun *run);

/* dryrun_out.c: --out. */
struct dryrun_out;
int dryrun_out_open(const char *path, const struct rpol_policy *policy, struct dryrun_out **out);
int dryrun_out_packet(struct dryrun_out *out, const struct dryrun_case *it);
int dryrun_out_close(struct dryrun_out *out); /* NULL: nothing */

#endif
