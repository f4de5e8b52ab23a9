/* dryrun_out.c: --out: the packets as they leave, as a pcapng one can open. */
#include <stdlib.h>
#include <string.h>

#include "dryrun.h"

struct dryrun_out {
	struct rpol_capture_writer *writer;
	const struct rpol_policy *policy;
	const char *path;
};

/* In the file: the policy's interfaces in their order, then `fib`, then `kernel`. */
static uint32_t number(const struct rpol_policy *policy, const struct dryrun_outcome *outcome)
{
	const char *egress = dryrun_egress(policy, outcome);

	if (!strcmp(egress, "kernel"))
		return (uint32_t)policy->ninterfaces + 1;
	return outcome->egress < policy->ninterfaces ? outcome->egress
						     : (uint32_t)policy->ninterfaces;
}

int dryrun_out_open(const char *path, const struct rpol_policy *policy, struct dryrun_out **out)
{
	struct dryrun_out *made = calloc(1, sizeof(*made));
	const char **names = calloc(policy->ninterfaces + 2, sizeof(*names));
	char *error = NULL;
	int failed = -1;

	if (made && names) {
		for (size_t i = 0; i < policy->ninterfaces; i++)
			names[i] = policy->interfaces[i].name;
		names[policy->ninterfaces] = "fib";
		names[policy->ninterfaces + 1] = "kernel";
		made->policy = policy;
		made->path = path;
		failed = rpol_capture_create(path, names, policy->ninterfaces + 2, &made->writer,
					     &error);
	}
	free(names);
	if (failed) {
		free(made);
		cli_error("%s", error ? error : "no memory for the dry run");
		free(error);
		return CLI_ENVIRONMENT;
	}
	*out = made;
	return 0;
}

int dryrun_out_packet(struct dryrun_out *out, const struct dryrun_case *it)
{
	const struct dryrun_outcome *answer = dryrun_answer(it);
	const struct rpol_rule *rule = dryrun_rule(it, answer);
	const struct rpol_frame *frame = it->frame;
	/* What the snaplen cut off left too. */
	size_t missing =
		frame->wire_length > frame->length ? frame->wire_length - frame->length : 0;
	char verdict[160], comment[512];
	int error;

	if (answer->verdict == RPOL_VERDICT_DROP)
		return 0;
	snprintf(comment, sizeof(comment), "policy %s, rule %s: %s", it->program->name,
		 rule ? rule->label : "?",
		 dryrun_verdict(out->policy, answer, verdict, sizeof(verdict)));
	error = rpol_capture_write(out->writer, number(out->policy, answer), frame->time_ns,
				   answer->out, answer->out_length, answer->out_length + missing,
				   comment);
	return error ? cli_file_error("write", out->path, -error) : 0;
}

int dryrun_out_close(struct dryrun_out *out)
{
	int error;

	if (!out)
		return 0;
	error = rpol_capture_finish(out->writer);
	if (error)
		cli_file_error("write", out->path, -error);
	free(out);
	return error ? CLI_ENVIRONMENT : 0;
}
