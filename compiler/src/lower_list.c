/* lower_list.c: rules in a row that become a list in memory. Lookups answer with the number of an
 * alternative (lower_list.h), the memory says what that one's rule decides. See lowering.h. */
#include "lower_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS_OF_WORD = 16 };

/* Rules in a row whose conditions have alternatives. */
struct run {
	size_t first, count;
	size_t nalternatives;
	uint64_t places;
	struct list_tests tests;
};

struct finder {
	struct rpol_arena *arena;
	struct lowering *lowering;
	struct lowered_program *program;
	const struct alternative **alternatives; /* by rule of the program */
	size_t *counts;
	struct run *runs;
	size_t nruns, capacity;
};

/* ---- rules -------------------------------------------------------------------------------------
 */

static bool final(const struct rpol_verdict *verdict)
{
	return verdict->kind != RPOL_VERDICT_LOOKUP && verdict->kind != RPOL_VERDICT_JUMP &&
	       verdict->kind != RPOL_VERDICT_CONTINUE;
}

bool lowered_rule_simple(const struct rpol_rule *rule)
{
	return !rule->nactions && final(rule->verdict) &&
	       !(rule->verdict->group && lowered_otherwise(rule->verdict));
}

/* True when no packet that the rule matches comes to the rule after it. */
static bool decides(const struct lowering *lowering, const struct rpol_verdict *verdict)
{
	for (; verdict; verdict = lowered_otherwise(verdict)) {
		if (verdict->kind == RPOL_VERDICT_LOOKUP &&
		    lowering->tables[verdict->table->index].goes_on)
			return false;
		if (verdict->kind == RPOL_VERDICT_JUMP || verdict->kind == RPOL_VERDICT_CONTINUE)
			return false;
		if (final(verdict) && !(verdict->group && lowered_otherwise(verdict)))
			return true;
	}
	return false;
}

/* As RPOL_DECIDE of packet.h, or LOWER_SPECIAL for a verdict. */
static uint64_t decision(const struct rpol_rule *rule)
{
	const struct rpol_verdict *verdict = rule->verdict;
	enum { GROUP = 8 };
	uint32_t kind = verdict->kind, operand = 0;

	if (!lowered_rule_simple(rule))
		return (uint64_t)rule->counter << 32 | LOWER_SPECIAL;
	if (verdict->group) {
		kind = GROUP;
		operand = verdict->group->index;
	} else if (verdict->nexthop) {
		operand = verdict->nexthop->index;
	} else if (verdict->kind == RPOL_VERDICT_SEND) {
		operand = verdict->iface->index;
	} else if (verdict->kind == RPOL_VERDICT_CPU) {
		operand = verdict->cpu;
	}
	return (uint64_t)rule->counter << 32 | operand << 8 | kind;
}

/* ---- runs --------------------------------------------------------------------------------------
 */

static size_t least(const struct finder *finder)
{
	return finder->lowering->options.structure ? 2 : LOWER_LIST_RULES;
}

static size_t words_of(uint64_t places, size_t ntests)
{
	return (size_t)__builtin_popcountll(places) + 1 +
	       (ntests + TESTS_OF_WORD - 1) / TESTS_OF_WORD;
}

/* Adds the rule to the run; false: the run ends before it, and is as it was. */
static bool extend(struct finder *finder, struct run *run, size_t rule)
{
	const struct rpol_rule *from = &finder->program->program->rules[rule];
	size_t ntests = run->tests.count, count = 0;
	const struct alternative *all;
	uint64_t places = run->places;

	all = lower_alternatives(finder->arena, &run->tests, from->match, &count);
	for (size_t i = 0; all && i < count; i++)
		places |= all[i].places;
	if (!all || words_of(places, run->tests.count) > RPOL_RULES_WORDS) {
		run->tests.count = ntests;
		return false;
	}
	finder->alternatives[rule] = all;
	finder->counts[rule] = count;
	run->places = places;
	run->nalternatives += count;
	run->count++;
	return true;
}

static void keep(struct finder *finder, const struct run *run)
{
	size_t shortest = 0;

	if (run->count < least(finder))
		return;
	if (finder->nruns < LOWER_LISTS) {
		finder->runs = rpol_arena_grow(finder->arena, finder->runs, finder->nruns,
					       &finder->capacity, sizeof(*finder->runs));
		finder->runs[finder->nruns++] = *run;
		return;
	}
	for (size_t i = 1; i < finder->nruns; i++)
		if (finder->runs[i].count < finder->runs[shortest].count)
			shortest = i;
	if (finder->runs[shortest].count < run->count)
		finder->runs[shortest] = *run;
}

/* The runs among rules that follow each other and all decide. */
static void divide(struct finder *finder, size_t first, size_t end)
{
	struct run run = {.first = first};

	if (end - first < least(finder))
		return;
	for (size_t rule = first; rule < end;) {
		if (extend(finder, &run, rule)) {
			rule++;
			continue;
		}
		/* Alone it is none either. */
		rule += !run.count;
		keep(finder, &run);
		run = (struct run){.first = rule};
	}
	keep(finder, &run);
}

static void find_runs(struct finder *finder, size_t first, size_t count)
{
	const struct rpol_rule *rules = finder->program->program->rules;
	size_t start = first;

	for (size_t i = first; i < first + count; i++) {
		if (decides(finder->lowering, rules[i].verdict))
			continue;
		divide(finder, start, i);
		start = i + 1;
	}
	divide(finder, start, first + count);
}

/* ---- parts -------------------------------------------------------------------------------------
 */

/* An alternative as packets of one family meet it. */
struct met {
	const struct alternative *from;
	const struct rpol_rule *rule;
	unsigned layers, no_layers;
};

struct part {
	struct finder *finder;
	const struct run *run;
	struct lowered_part *to;
	struct met *met;
	struct lowered_word words[RPOL_RULES_WORDS];
	unsigned place[RPOL_RULES_WORDS]; /* NUMBER, ADDRESS */
	uint64_t tests[RPOL_RULES_WORDS]; /* TESTS: of the list's, those in the word */
	uint32_t nwords;
};

/* Of layers, those that the others do not imply. */
static unsigned minimal(unsigned layers)
{
	for (unsigned rest = layers; rest; rest &= rest - 1) {
		unsigned bit = rest & -rest;

		if (lowered_closure(layers & ~bit) & bit)
			layers &= ~bit;
	}
	return layers;
}

/* All layers that cannot be there without one of these. */
static unsigned beyond(unsigned layers)
{
	unsigned all = 0;

	for (unsigned i = 0; i < NEED_BITS; i++)
		if (lowered_closure(1u << i) & layers)
			all |= 1u << i;
	return all;
}

static bool says_nothing(const struct met *met)
{
	return !met->layers && !met->no_layers && !met->from->holds && !met->from->fails &&
	       !met->from->places;
}

/* Leaves: the alternatives that such packets can meet, none after one that they all match. */
static void meet(struct part *part)
{
	struct finder *finder = part->finder;
	unsigned family = part->to->family;
	unsigned known = lowered_closure(family == 4 ? HAS_IP4 : family == 6 ? HAS_IP6 : 0);
	unsigned never = beyond(family == 4   ? HAS_IP6 | HAS_ARP | HAS_MPLS
				: family == 6 ? HAS_IP4 | HAS_ARP | HAS_MPLS
					      : HAS_IP);
	size_t *count = &part->to->count;

	part->met = RPOL_NEW_ARRAY(finder->arena, struct met, part->run->nalternatives);
	for (size_t r = part->run->first; r < part->run->first + part->run->count; r++)
		for (size_t i = 0; i < finder->counts[r]; i++) {
			const struct alternative *from = &finder->alternatives[r][i];
			struct met *met = &part->met[*count];

			if (from->layers & never || from->no_layers & known)
				continue;
			*met = (struct met){from, &finder->program->program->rules[r],
					    minimal(from->layers) & ~known,
					    from->no_layers & ~never};
			++*count;
			if (says_nothing(met))
				return;
		}
}

static struct lowered_word *add_word(struct part *part, int kind, unsigned bits, bool masked)
{
	struct rpol_rules_word *word = &part->to->schema.word[part->nwords];

	word->kind = masked ? RPOL_WORD_MASK : RPOL_WORD_RANGE;
	word->bits = (uint8_t)bits;
	part->words[part->nwords].kind = kind;
	return &part->words[part->nwords++];
}

static void add_tests(struct part *part, uint64_t tests)
{
	while (tests) {
		uint64_t some = 0;
		struct lowered_word *word;
		size_t count = 0;

		for (; tests && count < TESTS_OF_WORD; count++, tests &= tests - 1)
			some |= tests & -tests;
		part->tests[part->nwords] = some;
		word = add_word(part, WORD_TESTS, (unsigned)count, true);
		word->tests = RPOL_NEW_ARRAY(part->finder->arena, const struct rpol_expr *, count);
		for (uint64_t rest = some; rest; rest &= rest - 1)
			word->tests[word->ntests++] = part->run->tests.test[__builtin_ctzll(rest)];
	}
}

/* Leaves: the words of the key, those alone that some alternative tests. */
static void choose_words(struct part *part)
{
	uint64_t places = 0, tests = 0;
	unsigned layers = 0;

	for (size_t i = 0; i < part->to->count; i++) {
		places |= part->met[i].from->places;
		tests |= part->met[i].from->holds | part->met[i].from->fails;
		layers |= part->met[i].layers | part->met[i].no_layers;
	}
	for (unsigned place = 0; place < PLACES; place++) {
		struct lowered_word *word;

		if (!(places >> place & 1))
			continue;
		part->place[part->nwords] = place;
		word = add_word(part, place < PLACE_VALUE ? WORD_ADDRESS : WORD_NUMBER,
				lower_place_bits(place), lower_place_masked(place));
		word->field = lower_place_field(place);
		word->part = place % 4;
	}
	if (layers) {
		unsigned shift = (unsigned)__builtin_ctz(layers);
		unsigned bits = 32 - (unsigned)__builtin_clz(layers) - shift;
		struct lowered_word *word = add_word(part, WORD_LAYERS, bits, true);

		word->shift = shift;
		word->bits = bits;
	}
	add_tests(part, tests);
	part->to->schema.words = part->nwords;
	if (part->nwords)
		rpol_rules_schema_lay(&part->to->schema);
}

/* The bits of `set` at the places of the bits of `of`, moved together. */
static uint32_t gathered(uint64_t set, uint64_t of)
{
	uint32_t bits = 0;

	for (unsigned i = 0; of; i++, of &= of - 1)
		if (set & of & -of)
			bits |= 1u << i;
	return bits;
}

static struct rpol_rules_test test_of(const struct part *part, const struct met *met, uint32_t w)
{
	const struct lowered_word *word = &part->words[w];
	const struct alternative *from = met->from;
	uint64_t below = (1ULL << part->place[w]) - 1;

	switch (word->kind) {
	case WORD_LAYERS:
		return (struct rpol_rules_test){met->layers >> word->shift,
						(met->layers | met->no_layers) >> word->shift};
	case WORD_TESTS:
		return (struct rpol_rules_test){
			gathered(from->holds, part->tests[w]),
			gathered(from->holds | from->fails, part->tests[w])};
	default:
		if (from->places >> part->place[w] & 1)
			return from->tested[__builtin_popcountll(from->places & below)];
		return part->to->schema.word[w].kind == RPOL_WORD_MASK ? RPOL_RULES_ANY_MASK
								       : RPOL_RULES_ANY_RANGE;
	}
}

/* ---- structures --------------------------------------------------------------------------------
 */

/* The index of a structure; RPOL_RULES_STRUCTURES: none has the name. */
static enum rpol_rules_structure named(const char *name)
{
	int s = 0;

	while (s < RPOL_RULES_STRUCTURES &&
	       strcmp(name, rpol_rules_structure_name((enum rpol_rules_structure)s)))
		s++;
	return (enum rpol_rules_structure)s;
}

static int choose(const struct lowering *lowering, const struct rpol_rules *list,
		  struct rpol_rules_choice *out)
{
	const char *wanted = lowering->options.structure;

	if (!wanted)
		return rpol_rules_choose(list, lowering->budget, out);
	*out = (struct rpol_rules_choice){.structure = named(wanted)};
	return rpol_rules_build(list, out->structure, lowering->budget, &out->memory,
				&out->cost[out->structure]);
}

/* The structure's memory is copied into the arena, with the decisions after it. */
static void write_image(struct part *part, const struct rpol_rules_choice *choice, uint8_t *image)
{
	uint8_t *to = image + part->to->decisions;

	memcpy(image, choice->memory.bytes, choice->memory.size);
	memset(to, 0xff, sizeof(uint64_t)); /* RPOL_NEXT */
	for (size_t i = 0; i < part->to->count; i++) {
		uint64_t all = decision(part->met[i].rule);

		to += sizeof(uint64_t);
		lowered_value_write(to, (uint32_t)all);
		lowered_value_write(to + 4, (uint32_t)(all >> 32));
	}
}

/* 0, or -E2BIG with the reason why not. */
static int build(struct part *part, const struct rpol_rules *list, const char **why)
{
	struct finder *finder = part->finder;
	struct lowered_part *to = part->to;
	struct rpol_rules_choice choice;
	int rc = choose(finder->lowering, list, &choice);

	memcpy(to->cost, choice.cost, sizeof(to->cost));
	if (rc == -E2BIG)
		*why = choice.cost[choice.structure].refused;
	if (rc == -ENOMEM)
		longjmp(*finder->arena->oom, 1);
	if (rc)
		return rc;
	to->structure = choice.structure;
	to->decisions = (choice.memory.size + 7) / 8 * 8;
	to->memory.size = to->decisions + (to->count + 1) * sizeof(uint64_t);
	to->memory.image = lowered_try_alloc(finder->arena, to->memory.size);
	if (to->memory.image)
		write_image(part, &choice, to->memory.image);
	rpol_memory_free(&choice.memory);
	if (!to->memory.image)
		longjmp(*finder->arena->oom, 1);
	finder->lowering->budget -= choice.memory.size;
	return 0;
}

/* Leaves: the part's key and structure, or its constant. -E2BIG: no structure takes it. */
static int lower_part(struct part *part, const char **why)
{
	struct rpol_arena *arena = part->finder->arena;
	struct lowered_part *to = part->to;
	struct lowered_word *words;
	struct rpol_rules_test *tests;

	meet(part);
	choose_words(part);
	to->constant = to->count ? decision(part->met[0].rule) : ~0ULL;
	if (!part->nwords)
		return 0;
	words = RPOL_NEW_ARRAY(arena, struct lowered_word, part->nwords);
	memcpy(words, part->words, part->nwords * sizeof(*words));
	to->words = words;
	tests = RPOL_NEW_ARRAY(arena, struct rpol_rules_test, to->count * part->nwords);
	for (size_t i = 0; i < to->count; i++)
		for (uint32_t w = 0; w < part->nwords; w++)
			tests[i * part->nwords + w] = test_of(part, &part->met[i], w);
	return build(part, &(struct rpol_rules){to->schema, to->count, tests}, why);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

/* Measured (docs/performance.md): a rule that does not match costs half a nanosecond, and the one
 * that does a branch that nobody predicted. */
static double code_ns(const struct run *run)
{
	return 0.75 * 0.5 * (double)run->count + 3;
}

static double part_ns(const struct lowered_part *part)
{
	const struct rpol_rules_cost *cost = &part->cost[part->structure];

	return part->words ? (cost->hit.ns + cost->none.ns) / 2 : 0;
}

/* NULL: it stays code, *why says why. */
static struct lowered_list *lower_list(struct finder *finder, const struct run *run, size_t index,
				       const char **why)
{
	static const unsigned families[] = {4, 6, 0};
	struct lowered_program *program = finder->program;
	struct lowered_list *list = RPOL_NEW(finder->arena, struct lowered_list);
	size_t budget = finder->lowering->budget;

	list->id = rpol_arena_printf(finder->arena, "%s_%zu", program->program->name, index);
	list->first = run->first;
	list->count = run->count;
	list->code_ns = code_ns(run);
	for (size_t i = 0; i < 3; i++) {
		struct lowered_part *to = &list->parts[list->nparts++];
		struct part part = {.finder = finder, .run = run, .to = to};

		to->family = families[i];
		if (lower_part(&part, why)) {
			finder->lowering->budget = budget;
			return NULL;
		}
		if (to->words)
			to->memory.name =
				rpol_arena_printf(finder->arena, "list%u_%s", to->family, list->id);
		if (part_ns(to) > list->list_ns)
			list->list_ns = part_ns(to);
	}
	if (finder->lowering->options.structure || list->list_ns < list->code_ns)
		return list;
	finder->lowering->budget = budget;
	*why = "comparing one by one is predicted to be faster";
	return NULL;
}

static void use_list(struct lowered_program *program, const struct lowered_list *list,
		     size_t *costs)
{
	size_t special = 0;

	for (size_t i = list->first; i < list->first + list->count; i++) {
		if (!lowered_rule_simple(&program->program->rules[i]))
			special += costs[i];
		costs[i] = 0;
	}
	costs[list->first] = LOWER_LIST_COST + special;
	program->lists[list->first] = list;
	program->nlists++;
	program->nlisted += list->count;
	for (size_t i = 0; i < list->nparts; i++) {
		if (!list->parts[i].words)
			continue;
		program->nmaps++;
		program->nlookups += 1 + (list->parts[i].structure != RPOL_RULES_CLASSES);
	}
}

void lower_lists(struct rpol_arena *arena, struct lowering *lowering,
		 struct lowered_program *program, size_t *costs)
{
	const struct rpol_program *from = program->program;
	struct finder finder = {.arena = arena, .lowering = lowering, .program = program};
	const char *wanted = lowering->options.structure;
	size_t longest = 0;

	program->lists = RPOL_NEW_ARRAY(arena, const struct lowered_list *, from->ncounted);
	if (wanted && named(wanted) == RPOL_RULES_STRUCTURES)
		return;
	finder.alternatives = RPOL_NEW_ARRAY(arena, const struct alternative *, from->ncounted);
	finder.counts = RPOL_NEW_ARRAY(arena, size_t, from->ncounted);
	find_runs(&finder, 0, from->nrules);
	for (size_t i = 0; i < from->nchains; i++)
		find_runs(&finder, (size_t)(from->chains[i].rules - from->rules),
			  from->chains[i].chain->nrules);
	for (size_t i = 0; i < finder.nruns; i++) {
		const char *why = NULL;
		struct lowered_list *list =
			lower_list(&finder, &finder.runs[i], program->nlists, &why);

		if (list)
			use_list(program, list, costs);
		else if (finder.runs[i].count > longest)
			program->unlisted = why;
		if (!list && finder.runs[i].count > longest)
			longest = finder.runs[i].count;
	}
}
