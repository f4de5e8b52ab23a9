/* rules.c: first match over lists of rules on addresses, ports and protocol: the structures that
 * rpol has for them, and a linear chain of the same rules in C. Every answer is compared with the
 * list's own. */
#include "bench.h"
#include "chain.h"
#include "generate.h"
#include "inputs.h"
#include "measure.h"

#include <bpf/libbpf.h>
#include <rpol/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1, TURN = INPUTS / 4, CHAIN_MOST = 10000, ORACLE = 512, WORDS = 5 };

static const char *const programs[] = {"classes", "tuples", "tree"};
static const char frame[64];

static struct rpol_rules_test prefix_test(const struct prefix *prefix)
{
	uint32_t first = prefix->address.w[0];
	uint32_t host = prefix->length ? ~(~0u << (32 - prefix->length)) : ~0u;

	return (struct rpol_rules_test){first, first | host};
}

static struct rpol_rules list_of(const struct rule *rules, size_t count)
{
	struct rpol_rules_test *tests = calloc(count * WORDS, sizeof(*tests));
	struct rpol_rules list = {.schema.words = WORDS, .count = count, .tests = tests};
	static const uint8_t bits[WORDS] = {32, 32, 16, 16, 8};

	if (!tests)
		fail("out of memory");
	for (size_t w = 0; w < WORDS; w++) {
		list.schema.word[w].kind = RPOL_WORD_RANGE;
		list.schema.word[w].bits = bits[w];
	}
	rpol_rules_schema_lay(&list.schema);
	for (size_t i = 0; i < count; i++, tests += WORDS) {
		const struct rule *rule = &rules[i];

		tests[0] = prefix_test(&rule->src);
		tests[1] = prefix_test(&rule->dst);
		tests[2] = (struct rpol_rules_test){rule->sport[0], rule->sport[1]};
		tests[3] = (struct rpol_rules_test){rule->dport[0], rule->dport[1]};
		tests[4] = (struct rpol_rules_test){rule->proto, rule->proto ? rule->proto : 255};
	}
	return list;
}

/* A program, in an object of its own with its memory and inputs. */
struct side {
	struct bpf_object *object;
	struct inputs *inputs;
	const char *name, *shown;
	size_t bytes;
};

static void give(struct side *side, const struct flow *flows)
{
	for (size_t i = 0; i < INPUTS; i++) {
		struct input *input = &side->inputs->list[i];

		memcpy(input->src, flows[i].src.w, sizeof(input->src));
		memcpy(input->dst, flows[i].dst.w, sizeof(input->dst));
		input->sport = flows[i].sport;
		input->dport = flows[i].dport;
		input->proto = flows[i].proto;
	}
	side->inputs->next = 0;
}

static int program_of(const struct side *side, const char *name, const char *form)
{
	char program[64];

	snprintf(program, sizeof(program), "%s_%s", name, form);
	return object_program(side->object, program);
}

static void check(struct side *side, const struct rule *rules, size_t count,
		  const struct flow *flows)
{
	struct program program = {program_of(side, side->name, "packet"), frame, sizeof(frame)};

	program_run(&program, ORACLE);
	side->inputs->next = 0;
	for (size_t i = 0; i < ORACLE; i++) {
		size_t right = first_match(rules, count, &flows[i]);

		if (side->inputs->answers[i] != right)
			fail("%s: packet %zu is decided by rule %u, not %zu", side->shown, i,
			     side->inputs->answers[i], right);
	}
}

static void one_trace(const struct options *options, const char *what, size_t size,
		      const char *trace, const char *form, struct side *sides, size_t nsides)
{
	struct program program[CONTENDERS] = {
		{program_of(&sides[0], "empty", form), frame, sizeof(frame)}};
	struct contender list[CONTENDERS] = {
		{.name = "empty", .run = program_run, .arg = &program[0], .n = TURN}};

	for (size_t i = 0; i < nsides; i++) {
		program[i + 1] = (struct program){program_of(&sides[i], sides[i].name, form), frame,
						  sizeof(frame)};
		list[i + 1] = (struct contender){
			.name = sides[i].shown,
			.run = program_run,
			.arg = &program[i + 1],
			.n = strcmp(sides[i].name, "chain") || size < 1000 ? TURN : TURN / 16};
	}
	measure(list, nsides + 1, options_rounds(options));
	for (size_t i = 0; i < nsides; i++)
		result(what, size, trace, form, &list[i + 1], &list[0], sides[i].bytes);
}

static void one_size(const struct options *options, enum overlap overlap, size_t size)
{
	static struct flow flows[INPUTS];
	const char *what = overlap == OVERLAP_EASY ? "rules" : "rules-heavy";
	struct rule *rules = generate_rules(4, size, overlap, SEED);
	struct rpol_rules list = list_of(rules, size);
	struct side sides[RPOL_RULES_STRUCTURES + 1] = {0};
	size_t nsides = 0, bytes;
	char path[4096];

	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++) {
		struct side *side = &sides[nsides];
		struct rpol_memory built;
		struct rpol_rules_cost cost;

		if (rpol_rules_build(&list, (enum rpol_rules_structure)s, BENCH_RULES, &built,
				     &cost)) {
			printf("%s %zu: no %s: %s\n", what, size, programs[s],
			       cost.refused ? cost.refused : "out of memory");
			continue;
		}
		snprintf(path, sizeof(path), "%s/rules.bpf.o", options->programs);
		side->object = object_load(path);
		memcpy(object_memory(side->object, ".bss.rules", &bytes), built.bytes, built.size);
		side->inputs = object_memory(side->object, ".bss.inputs", &bytes);
		side->name = programs[s];
		side->shown = programs[s];
		side->bytes = built.size;
		rpol_memory_free(&built);
		nsides++;
	}
	if (size <= CHAIN_MOST) {
		snprintf(path, sizeof(path), "%s/chain.bpf.o", options->work);
		chain_build(options->source, options->work, path, rules, size);
		sides[nsides].object = object_load(path);
		sides[nsides].inputs = object_memory(sides[nsides].object, ".bss.inputs", &bytes);
		sides[nsides].name = "chain";
		sides[nsides++].shown = "linear chain in C";
	}
	for (int none = 0; nsides && none < 2; none++) {
		if (none)
			generate_strangers(4, SEED + 1, flows, INPUTS);
		else
			generate_flows(4, rules, size, SEED + 1, flows, INPUTS);
		for (size_t i = 0; i < nsides; i++) {
			give(&sides[i], flows);
			check(&sides[i], rules, size, flows);
		}
		one_trace(options, what, size, none ? "default" : "hit", "packet", sides, nsides);
		if (!options->quick)
			one_trace(options, what, size, none ? "default" : "hit", "latency", sides,
				  nsides);
	}
	for (size_t i = 0; i < nsides; i++)
		object_close(sides[i].object);
	free((void *)list.tests);
	free(rules);
}

void bench_rules(const struct options *options)
{
	static const size_t sizes[] = {10, 100, 1000, 10000, 100000};

	for (int overlap = OVERLAP_EASY; overlap <= OVERLAP_HEAVY; overlap++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			if (!options->quick || sizes[i] == 1000)
				one_size(options, (enum overlap)overlap, sizes[i]);
}
