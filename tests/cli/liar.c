/* liar.c: a kernel engine that says `pass by default` of every packet: linked in place of the
 * loader's, so that it can be seen what rpol does when the engines disagree. With LIAR_REFUSES=LINE
 * in the environment it loads nothing: the verifier, it says, stopped at that line of the policy.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/testrun.h"

struct rpol_testrun {
	const struct rpol_object *object;
	struct rpol_counter counters[1024];
};

int rpol_testrun_open(const struct rpol_object *object, const struct rpol_testrun_world *world,
		      struct rpol_testrun **out, struct rpol_load_error *error)
{
	const char *line = getenv("LIAR_REFUSES");

	(void)world;
	if (line) {
		error->message = strdup("the verifier refused the program: too intricate");
		error->file = strdup(object->sources[0].path);
		error->line = (uint32_t)atoi(line);
		return -EACCES;
	}
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->object = object;
	return 0;
}

void rpol_testrun_set(struct rpol_testrun *run, uint64_t time_ns, uint32_t random)
{
	(void)run;
	(void)time_ns;
	(void)random;
}

int rpol_testrun_run(struct rpol_testrun *run, uint32_t program, uint32_t iface,
		     const uint8_t *data, size_t length, uint8_t *out, size_t out_size,
		     struct rpol_testrun_result *result, struct rpol_load_error *error)
{
	const struct rpol_object_program *judge = &run->object->programs[program];
	uint32_t counter = judge->rules[judge->nrules - 1].counter;

	(void)iface;
	(void)out_size;
	(void)error;
	memcpy(out, data, length);
	run->counters[counter].packets++;
	run->counters[counter].bytes += length;
	*result = (struct rpol_testrun_result){
		.judged = true,
		.trace = {.counter = counter, .verdict = 1, .nexthop = RPOL_NO_NEXTHOP},
		.egress = RPOL_TESTRUN_NONE,
		.out_length = length,
	};
	return 0;
}

int rpol_testrun_counters(struct rpol_testrun *run, struct rpol_counter *counters,
			  struct rpol_load_error *error)
{
	(void)error;
	memcpy(counters, run->counters, run->object->ncounters * sizeof(*counters));
	return 0;
}

void rpol_testrun_close(struct rpol_testrun *run)
{
	free(run);
}
