/* rules.c: first match over lists of rules on addresses, ports and protocol: the structures that
 * rpol has for them, and a linear chain of the same rules in C. Every answer is compared with the
 * list's own. */
#include "bench.h"
#include "chain.h"
#include "compile.h"
#include "generate.h"
#include "inputs.h"
#include "measure.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <rpol/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1, TURN = INPUTS / 4, CHAIN_MOST = 10000, ORACLE = 512 };

static const char frame[64];

/* Words of an address. */
static size_t address_words(int family)
{
	return family == 4 ? 1 : 4;
}

static void prefix_tests(int family, const struct prefix *prefix, struct rpol_rules_test *tests)
{
	for (unsigned i = 0; i < address_words(family); i++) {
		unsigned bits = prefix->length > 32 * i ? prefix->length - 32 * i : 0;
		uint32_t first = prefix->address.w[i], host = bits < 32 ? ~0u >> bits : 0;

		tests[i] = (struct rpol_rules_test){first, first | host};
	}
}

static struct rpol_rules list_of(int family, const struct rule *rules, size_t count)
{
	size_t address = address_words(family), words = 2 * address + 3;
	struct rpol_rules_test *tests = calloc(count * words, sizeof(*tests));
	struct rpol_rules list = {.schema.words = (uint32_t)words, .count = count, .tests = tests};
	static const uint8_t bits[] = {16, 16, 8};

	if (!tests)
		fail("out of memory");
	for (size_t w = 0; w < words; w++) {
		list.schema.word[w].kind = RPOL_WORD_RANGE;
		list.schema.word[w].bits = w < 2 * address ? 32 : bits[w - 2 * address];
	}
	rpol_rules_schema_lay(&list.schema);
	for (size_t i = 0; i < count; i++, tests += words) {
		const struct rule *rule = &rules[i];
		struct rpol_rules_test *rest = tests + 2 * address;

		prefix_tests(family, &rule->src, tests);
		prefix_tests(family, &rule->dst, tests + address);
		rest[0] = (struct rpol_rules_test){rule->sport[0], rule->sport[1]};
		rest[1] = (struct rpol_rules_test){rule->dport[0], rule->dport[1]};
		rest[2] = (struct rpol_rules_test){rule->proto, rule->proto ? rule->proto : 255};
	}
	return list;
}

/* ---- sides --------------------------------------------------------------------------------- */

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

/* A list, and what takes turns on it. */
struct race {
	const struct options *options;
	int family;
	const char *what;
	size_t size;
	struct rule *rules;
	struct rpol_rules list;
	struct side side[RPOL_RULES_STRUCTURES + 1];
	size_t sides;
};

static void one_trace(const struct race *race, const char *trace, const char *form)
{
	const struct side *sides = race->side;
	struct program program[CONTENDERS] = {
		{program_of(&sides[0], "empty", form), frame, sizeof(frame)}};
	struct contender list[CONTENDERS] = {
		{.name = "empty", .run = program_run, .arg = &program[0], .n = TURN}};

	for (size_t i = 0; i < race->sides; i++) {
		bool slow = !strcmp(sides[i].name, "chain") && race->size >= 1000;

		program[i + 1] = (struct program){program_of(&sides[i], sides[i].name, form), frame,
						  sizeof(frame)};
		list[i + 1] = (struct contender){.name = sides[i].shown,
						 .run = program_run,
						 .arg = &program[i + 1],
						 .n = slow ? TURN / 16 : TURN};
	}
	measure(list, race->sides + 1, options_rounds(race->options));
	for (size_t i = 0; i < race->sides; i++)
		result(race->what, race->size, trace, form, &list[i + 1], &list[0], sides[i].bytes);
}

/* Class tables' program, with their shape as a constant. */
static void shape_compile(const struct race *race, const void *built, const char *object)
{
	const struct options *options = race->options;
	const struct rpol_classes_shape *shape = built;
	char path[4096], flags[8192];

	snprintf(path, sizeof(path), "%s/shape.h", options->work);
	FILE *file = fopen(path, "w");
	if (!file)
		fail("%s: %s", path, strerror(errno));
	fprintf(file, "static const struct rpol_classes_shape shape = {%u, 0, {", shape->steps);
	for (uint32_t i = 0; i < shape->steps; i++) {
		const struct rpol_classes_step *step = &shape->step[i];

		fprintf(file, "{%u, %u, %u, %u, %u, %u, %u, %u, %u, 0},\n", step->map, step->pages,
			step->merge, step->stride, step->join, step->join_stride, step->word,
			step->shift, step->flags);
	}
	fputs("}};\n", file);
	if (fclose(file))
		fail("%s: %s", path, strerror(errno));
	snprintf(flags, sizeof(flags), "-DBENCH_SHAPE -I'%s'%s", options->work,
		 race->family == 6 ? " -DBENCH_IPV6" : "");
	snprintf(path, sizeof(path), "%s/rules.bpf.c", options->source);
	program_compile(options->source, path, object, flags);
}

static void side_add(struct race *race, const char *object, const char *name, const char *shown,
		     const struct rpol_memory *built)
{
	struct side *side = &race->side[race->sides++];
	size_t bytes;

	*side = (struct side){.object = object_load(object), .name = name, .shown = shown};
	side->inputs = object_memory(side->object, ".bss.inputs", &bytes);
	if (!built)
		return;
	memcpy(object_memory(side->object, ".bss.rules", &bytes), built->bytes, built->size);
	side->bytes = built->size;
}

static void structure_add(struct race *race, enum rpol_rules_structure structure)
{
	const struct options *options = race->options;
	const char *name = rpol_rules_structure_name(structure);
	struct rpol_memory built;
	struct rpol_rules_cost cost;
	char path[4096];
	int rc = rpol_rules_build(&race->list, structure, BENCH_RULES, &built, &cost);

	if (rc) {
		printf("%s %zu: no %s: %s\n", race->what, race->size, name,
		       cost.refused ? cost.refused : strerror(-rc));
		return;
	}
	printf("%s %zu: %s: %.1f MB, predicted %.0f ns in a rule, %.0f near many\n", race->what,
	       race->size, name, (double)built.size / 1e6, cost.hit.ns, cost.none.ns);
	if (structure == RPOL_RULES_CLASSES) {
		snprintf(path, sizeof(path), "%s/shape.bpf.o", options->work);
		shape_compile(race, built.bytes, path);
	} else {
		snprintf(path, sizeof(path), "%s/rules%s.bpf.o", options->programs,
			 race->family == 6 ? "6" : "");
	}
	side_add(race, path, name, name, &built);
	rpol_memory_free(&built);
}

static void one_size(const struct options *options, int family, enum overlap overlap, size_t size)
{
	static const char *const whats[2][2] = {{"rules", "rules-heavy"},
						{"rules6", "rules6-heavy"}};
	static struct flow flows[INPUTS];
	struct race race = {
		.options = options,
		.family = family,
		.what = whats[family == 6][overlap],
		.size = size,
		.rules = generate_rules(family, size, overlap, SEED),
	};
	char path[4096];

	race.list = list_of(family, race.rules, size);
	for (int s = 0; s < RPOL_RULES_STRUCTURES; s++)
		structure_add(&race, (enum rpol_rules_structure)s);
	if (size <= CHAIN_MOST) {
		snprintf(path, sizeof(path), "%s/chain.bpf.o", options->work);
		chain_build(options->source, options->work, path, race.rules, size);
		side_add(&race, path, "chain", "linear chain in C", NULL);
	}
	for (int none = 0; none < 2; none++) {
		const char *trace = none ? "default" : "hit";

		if (none)
			generate_strangers(family, SEED + 1, flows, INPUTS);
		else
			generate_flows(family, race.rules, size, SEED + 1, flows, INPUTS);
		for (size_t i = 0; i < race.sides; i++) {
			give(&race.side[i], flows);
			check(&race.side[i], race.rules, size, flows);
		}
		one_trace(&race, trace, "packet");
		if (!options->quick)
			one_trace(&race, trace, "latency");
	}
	for (size_t i = 0; i < race.sides; i++)
		object_close(race.side[i].object);
	free((void *)race.list.tests);
	free(race.rules);
}

void bench_rules(const struct options *options)
{
	static const size_t sizes[] = {10, 100, 1000, 10000, 100000};

	for (int family = 4; family <= 6; family += 2)
		for (int overlap = OVERLAP_EASY; overlap <= OVERLAP_HEAVY; overlap++)
			for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
				if (!options->quick || (family == 4 && sizes[i] == 1000))
					one_size(options, family, (enum overlap)overlap, sizes[i]);
}
