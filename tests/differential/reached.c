/* reached.c: what the checker says nothing reaches is never reached: random policies, random
 * packets, and the interpreter's counters of every rule that W0906 or W0907 names must stay at 0.
 */
#include <stdlib.h>
#include <string.h>

#include "differential.h"

enum { POLICIES = 1500, FRAMES = 150, LEAST = 100 };

static bool is_named(const struct rpol_diags *diags, const struct rpol_rule *rule)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct rpol_diag *diag = &diags->items[i];

		if ((diag->code == RPOL_DIAG_NEVER || diag->code == RPOL_DIAG_COVERED) &&
		    diag->span.file == rule->span.file && diag->span.offset >= rule->span.offset &&
		    diag->span.offset < rule->span.offset + rule->span.length)
			return true;
	}
	return false;
}

static void run_frames(struct dice *dice, const struct rpol_policy *policy,
		       struct rpol_interp_counter *counters)
{
	struct pool *pool = values_make(policy);
	static uint8_t out[FRAME_MAX + 64];
	static struct frame frame;
	struct rpol_judgement judgement;
	struct rpol_world world;

	if (!pool || rpol_world_init(&world, policy))
		abort();
	for (int i = 0; i < FRAMES; i++) {
		frame_generate(dice, pool, false, &frame);
		if (i % 4 == 0)
			frame_mutate(dice, &frame);
		for (size_t j = 0; j < policy->nprograms; j++)
			rpol_interp_run(&policy->programs[j], &world, NULL, frame.data,
					frame.length, counters, out, &judgement);
	}
	rpol_world_free(&world);
	values_free(pool);
}

int main(void)
{
	struct coverage coverage;
	size_t named = 0, wrong = 0;

	coverage_init(&coverage);
	for (uint64_t seed = 1; seed <= POLICIES; seed++) {
		struct dice dice = dice_make(seed, 0);
		struct text text = {0};
		struct rpol_unit *unit;
		size_t before = named;

		policy_generate(&dice, &coverage, &text);

		struct rpol_reader reader = text_reader(&text);

		if (rpol_unit_open(text.files[0].path, &reader, &unit))
			abort();
		/* That the generator's policies are right is another test's business. */
		if (!rpol_unit_policy(unit)) {
			rpol_unit_close(unit);
			text_free(&text);
			continue;
		}

		const struct rpol_policy *policy = rpol_unit_policy(unit);
		const struct rpol_diags *diags = rpol_unit_diags(unit);
		struct rpol_interp_counter *counters =
			calloc(policy->ncounters + 1, sizeof(*counters));

		for (size_t i = 0; i < diags->count; i++)
			named += diags->items[i].code == RPOL_DIAG_NEVER ||
				 diags->items[i].code == RPOL_DIAG_COVERED;
		if (named > before)
			run_frames(&dice, policy, counters);
		for (size_t i = 0; i < policy->nprograms; i++)
			for (size_t j = 0; j < policy->programs[i].ncounted; j++) {
				const struct rpol_rule *rule = &policy->programs[i].rules[j];

				if (!counters[rule->counter].packets || !is_named(diags, rule))
					continue;
				printf("seed %llu: rule %s was reached\n", (unsigned long long)seed,
				       rule->label);
				rpol_diags_write(diags, rpol_unit_sources(unit), false, stdout);
				wrong++;
			}
		free(counters);
		rpol_unit_close(unit);
		text_free(&text);
	}
	coverage_free(&coverage);
	printf("%zu rules that nothing reaches, %zu of them reached\n", named, wrong);
	return wrong || named < LEAST;
}
