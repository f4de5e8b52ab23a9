/* judge.c: a policy from text, and packets judged by it. */
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_text(void *arg, const char *path, char **text, size_t *length)
{
	if (strcmp(path, "t.rpol"))
		return -ENOENT;
	*text = strdup(arg);
	*length = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

void judge_open(struct judge *judge, const char *text)
{
	struct rpol_reader reader = {read_text, (void *)text};

	memset(judge, 0, sizeof(*judge));
	assert_int_equal(rpol_unit_open("t.rpol", &reader, &judge->unit), 0);
	judge->policy = rpol_unit_policy(judge->unit);
	if (!judge->policy) {
		rpol_diags_write(rpol_unit_diags(judge->unit), rpol_unit_sources(judge->unit),
				 false, stderr);
		fail_msg("the test's policy has errors");
	}
	assert_true(judge->policy->ncounters <= 64);
	assert_int_equal(rpol_world_init(&judge->world, judge->policy), 0);
}

void judge_close(struct judge *judge)
{
	rpol_world_free(&judge->world);
	rpol_unit_close(judge->unit);
}

uint32_t judge_iface(const struct judge *judge, const char *name)
{
	for (uint32_t i = 0; i < judge->policy->ninterfaces; i++)
		if (!strcmp(judge->policy->interfaces[i].name, name))
			return i;
	fail_msg("no interface %s", name);
	return 0;
}

uint32_t judge_nexthop(const struct judge *judge, const char *name)
{
	for (uint32_t i = 0; i < judge->policy->nnexthops; i++)
		if (!strcmp(judge->policy->nexthops[i].name, name))
			return i;
	fail_msg("no next hop %s", name);
	return 0;
}

uint32_t judge_handed(const char *word)
{
	static const char *const words[] = {
#define HANDED(id, word, doc) word,
#include "rpol/handed.def"
#undef HANDED
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i], word))
			return i;
	fail_msg("no reason %s", word);
	return 0;
}

void judge_frame(struct judge *judge, const struct frame *frame, const char *iface)
{
	const struct rpol_interface *in =
		iface ? &judge->policy->interfaces[judge_iface(judge, iface)] : NULL;
	/* blocks of just the right size, so that a sanitizer sees any byte beyond */
	uint8_t *data = malloc(frame->length + 1),
		*out = malloc(frame->length + RPOL_INTERP_ROOM + 1);
	struct rpol_judgement uncounted;

	data++;
	memcpy(data, frame->bytes, frame->length);
	rpol_interp_run(&judge->policy->programs[0], &judge->world, in, data, frame->length,
			judge->counters, out, &judge->is);
	memcpy(judge->out, out, judge->is.out_length);
	rpol_interp_run(&judge->policy->programs[0], &judge->world, in, data, frame->length, NULL,
			out, &uncounted);
	free(data - 1);
	free(out);

	assert_memory_equal(&uncounted, &judge->is, sizeof(uncounted));
	assert_non_null(judge->is.rule);
	assert_true(judge->is.out_length <= frame->length);
	assert_int_not_equal(judge->is.verdict, RPOL_VERDICT_LOOKUP);
	assert_int_not_equal(judge->is.verdict, RPOL_VERDICT_CONTINUE);
	if (judge->is.handed)
		assert_int_equal(judge->is.egress, RPOL_EGRESS_NONE);
	if (judge->is.egress == RPOL_EGRESS_NONE) {
		assert_int_equal(judge->is.out_length, frame->length);
		assert_memory_equal(judge->out, frame->bytes, frame->length);
	}
	if (judge->is.verdict != RPOL_VERDICT_ROUTE)
		assert_null(judge->is.nexthop);
}
