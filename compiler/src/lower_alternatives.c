/* lower_alternatives.c: conditions as alternatives (lower_list.h). What no range or mask can say
 * becomes a test whose outcome is a bit of the key; so does what would be too many alternatives. */
#include "lower_list.h"

#include <string.h>

/* An alternative while it is made: its tests by place. */
struct draft {
	unsigned layers, no_layers;
	uint64_t holds, fails, places;
	struct rpol_rules_test tested[PLACES];
};

struct drafts {
	struct draft *draft;
	size_t count, capacity;
};

struct maker {
	struct rpol_arena *scratch;
	struct list_tests *tests;
	bool failed;
};

/* ---- places ------------------------------------------------------------------------------------
 */

enum rpol_field lower_place_field(unsigned place)
{
	return place < PLACE_DST     ? RPOL_FIELD_SRC
	       : place < PLACE_VALUE ? RPOL_FIELD_DST
				     : (enum rpol_field)(place - PLACE_VALUE);
}

bool lower_place_masked(unsigned place)
{
	return rpol_field_info(lower_place_field(place))->type == RPOL_TYPE_FLAGS;
}

unsigned lower_place_bits(unsigned place)
{
	uint32_t max = rpol_field_info(lower_place_field(place))->max;

	return place < PLACE_VALUE ? 32 : 32 - (unsigned)__builtin_clz(max | 1);
}

/* The place of a field that is a number. */
static unsigned place_of(enum rpol_field field)
{
	for (unsigned first = 0; first < field; first++) {
		const char *value = lowered_field((enum rpol_field)first)->value;

		if (value && !strcmp(value, lowered_field(field)->value))
			return PLACE_VALUE + first;
	}
	return PLACE_VALUE + field;
}

/* ---- literals ----------------------------------------------------------------------------------
 */

/* All of these return false when the alternative can match nothing any more. */

static bool require_layers(struct draft *draft, unsigned has)
{
	draft->layers |= lowered_closure(has);
	return !(draft->layers & draft->no_layers) &&
	       (draft->layers & (HAS_IP4 | HAS_IP6)) != (HAS_IP4 | HAS_IP6);
}

static bool require_no_layer(struct draft *draft, unsigned layer)
{
	draft->no_layers |= layer;
	return !(draft->layers & draft->no_layers);
}

static bool require_range(struct draft *draft, unsigned place, uint32_t low, uint32_t high)
{
	struct rpol_rules_test *test = &draft->tested[place];

	if (!(draft->places >> place & 1))
		*test = (struct rpol_rules_test){0, UINT32_MAX >> (32 - lower_place_bits(place))};
	draft->places |= 1ULL << place;
	if (test->low < low)
		test->low = low;
	if (test->high > high)
		test->high = high;
	return test->low <= test->high;
}

/* (number & mask) == value */
static bool require_mask(struct draft *draft, unsigned place, uint32_t mask, uint32_t value)
{
	struct rpol_rules_test *test = &draft->tested[place];

	if (!(draft->places >> place & 1))
		*test = RPOL_RULES_ANY_MASK;
	draft->places |= 1ULL << place;
	if ((test->low ^ value) & test->high & mask)
		return false;
	test->low |= value;
	test->high |= mask;
	return true;
}

static bool require_test(struct draft *draft, unsigned index, bool holds)
{
	*(holds ? &draft->holds : &draft->fails) |= 1ULL << index;
	return !(draft->holds & draft->fails);
}

static bool require_prefix(struct draft *draft, enum rpol_field field,
			   const struct rpol_prefix *prefix)
{
	unsigned place = field == RPOL_FIELD_SRC ? PLACE_SRC : PLACE_DST;
	bool four = prefix->addr.family == 4, good;
	struct rpol_rules_test test[4];

	good = require_layers(draft, four ? HAS_IP4 : HAS_IP6);
	rpol_rules_prefix6(test, prefix->addr.bytes, prefix->length);
	for (unsigned i = 0; good && i < 4 && 32 * i < prefix->length; i++)
		good = require_range(draft, place + i, test[i].low, test[i].high);
	return good;
}

/* ---- tests whose outcome is a bit --------------------------------------------------------------
 */

static bool same(const struct rpol_expr *a, const struct rpol_expr *b)
{
	return a == b || (a->kind == RPOL_EXPR_TEST && b->kind == RPOL_EXPR_TEST && !a->nfields &&
			  !b->nfields && a->field == b->field && a->op == b->op &&
			  a->number == b->number && !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
			  !memcmp(&a->addr, &b->addr, sizeof(a->addr)) && a->iface == b->iface &&
			  a->set == b->set);
}

/* hash() costs more than rules before it that decide, and each random() is another throw. */
static bool testable(const struct rpol_expr *expr)
{
	if (expr->kind == RPOL_EXPR_TEST)
		return expr->field != RPOL_FIELD_RANDOM && expr->field != RPOL_FIELD_HASH;
	for (size_t i = 0; i < expr->nargs; i++)
		if (!testable(expr->args[i]))
			return false;
	return true;
}

/* The index of the test; LIST_TESTS: there is no room for it. */
static unsigned test_index(struct maker *maker, const struct rpol_expr *expr)
{
	struct list_tests *tests = maker->tests;
	unsigned i = 0;

	while (i < tests->count && !same(tests->test[i], expr))
		i++;
	if (i == LIST_TESTS || !testable(expr))
		return LIST_TESTS;
	if (i == tests->count)
		tests->test[tests->count++] = expr;
	return i;
}

/* ---- several of them ---------------------------------------------------------------------------
 */

static void add(struct maker *maker, struct drafts *to, const struct draft *draft)
{
	if (to->count == LIST_ALTERNATIVES) {
		maker->failed = true;
		return;
	}
	to->draft = rpol_arena_grow(maker->scratch, to->draft, to->count, &to->capacity,
				    sizeof(*to->draft));
	to->draft[to->count++] = *draft;
}

static void outcome(struct maker *maker, struct drafts *to, const struct draft *in,
		    const struct rpol_expr *expr, bool holds)
{
	unsigned index = test_index(maker, expr);
	struct draft draft = *in;

	if (index == LIST_TESTS)
		maker->failed = true;
	else if (require_test(&draft, index, holds))
		add(maker, to, &draft);
}

static void in_range(struct maker *maker, struct drafts *to, const struct draft *in, unsigned place,
		     uint32_t low, uint32_t high)
{
	struct draft draft = *in;

	if (require_range(&draft, place, low, high))
		add(maker, to, &draft);
}

/* The numbers that the test wants, as one range or two. False: it has none such. */
static bool ranges_of(const struct rpol_expr *test, bool holds, struct rpol_range range[2],
		      size_t *count)
{
	static const enum rpol_op opposite[] = {
		[RPOL_EQ] = RPOL_NE, [RPOL_NE] = RPOL_EQ, [RPOL_LT] = RPOL_GE,
		[RPOL_GE] = RPOL_LT, [RPOL_GT] = RPOL_LE, [RPOL_LE] = RPOL_GT,
	};
	uint32_t n = test->number;
	enum rpol_op op = test->op;

	if (op > RPOL_GE)
		return false;
	*count = 0;
	if (!holds)
		op = opposite[op];
	if (n && (op == RPOL_NE || op == RPOL_LT || op == RPOL_LE))
		range[(*count)++] = (struct rpol_range){0, n - (op != RPOL_LE)};
	if (op == RPOL_EQ || (!n && op == RPOL_LE))
		range[(*count)++] = (struct rpol_range){n, n};
	if (op == RPOL_GE)
		range[(*count)++] = (struct rpol_range){n, UINT32_MAX};
	if (n != UINT32_MAX && (op == RPOL_NE || op == RPOL_GT))
		range[(*count)++] = (struct rpol_range){n + 1, UINT32_MAX};
	return true;
}

/* The draft where the number is as the test wants, its layer being there. */
static void number_test(struct maker *maker, struct drafts *to, const struct draft *in,
			const struct rpol_expr *test, bool holds)
{
	unsigned place = place_of(test->field);
	struct draft draft = *in;
	struct rpol_range range[2];
	size_t count;

	if (lower_place_masked(place)) {
		uint32_t mask = test->op == RPOL_HAS ? test->number : 0xff;

		if (require_mask(&draft, place, mask, holds ? test->number : 0))
			add(maker, to, &draft);
	} else if (test->op == RPOL_IN) {
		for (size_t i = 0; i < test->set->nranges; i++)
			in_range(maker, to, in, place, test->set->ranges[i].low,
				 test->set->ranges[i].high);
	} else if (ranges_of(test, holds, range, &count)) {
		for (size_t i = 0; i < count; i++)
			in_range(maker, to, in, place, range[i].low, range[i].high);
	}
}

static bool is_number(const struct rpol_expr *test, bool holds)
{
	unsigned place;

	if (!lowered_field(test->field)->value || test->nfields)
		return false;
	switch (rpol_field_info(test->field)->type) {
	case RPOL_TYPE_BOOL:
	case RPOL_TYPE_MAC:
	case RPOL_TYPE_ADDR:
	case RPOL_TYPE_IFACE:
		return false;
	default:
		break;
	}
	place = place_of(test->field);
	if (lower_place_masked(place))
		return test->op == RPOL_HAS || (test->op == RPOL_EQ && holds);
	if (test->op == RPOL_IN)
		return holds && !test->set->dynamic && test->set->kind == RPOL_SET_RANGE &&
		       test->set->nranges <= LIST_EXPAND;
	return test->op <= RPOL_GE;
}

static void test(struct maker *maker, struct drafts *to, const struct draft *in,
		 const struct rpol_expr *test, bool holds)
{
	unsigned layer = lowered_field(test->field)->guard;
	bool address = rpol_field_info(test->field)->type == RPOL_TYPE_ADDR && !test->nfields;
	struct draft draft = *in;

	if (is_number(test, holds)) {
		/* Not there, or another number. */
		if (!holds && layer && require_no_layer(&draft, layer))
			add(maker, to, &draft);
		draft = *in;
		if (require_layers(&draft, layer))
			number_test(maker, to, &draft, test, holds);
	} else if (holds && address && test->op == RPOL_EQ) {
		struct rpol_prefix whole = {test->addr, rpol_family_bits(test->addr.family)};

		if (require_prefix(&draft, test->field, &whole))
			add(maker, to, &draft);
	} else if (holds && address && test->op == RPOL_IN && !test->set->dynamic &&
		   test->set->nprefixes <= LIST_EXPAND) {
		for (size_t i = 0; i < test->set->nprefixes; i++) {
			draft = *in;
			if (require_prefix(&draft, test->field, &test->set->prefixes[i]))
				add(maker, to, &draft);
		}
	} else {
		outcome(maker, to, in, test, holds);
	}
}

/* ---- expressions -------------------------------------------------------------------------------
 */

static struct drafts conjoin(struct maker *maker, struct drafts in, const struct rpol_expr *expr,
			     bool holds);

/* Each draft with each of the parts in turn. */
static struct drafts disjoin(struct maker *maker, struct drafts in, const struct rpol_expr *expr,
			     bool holds)
{
	struct drafts all = {0};

	for (size_t i = 0; i < expr->nargs && !maker->failed; i++) {
		struct drafts some = conjoin(maker, in, expr->args[i], holds);

		for (size_t d = 0; d < some.count; d++)
			add(maker, &all, &some.draft[d]);
	}
	return all;
}

static struct drafts expand(struct maker *maker, struct drafts in, const struct rpol_expr *expr,
			    bool holds)
{
	struct drafts out = {0};

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return holds ? in : out;
	case RPOL_EXPR_NOT:
		return conjoin(maker, in, expr->args[0], !holds);
	case RPOL_EXPR_TEST:
		for (size_t i = 0; i < in.count && !maker->failed; i++)
			test(maker, &out, &in.draft[i], expr, holds);
		return out;
	default:
		if ((expr->kind == RPOL_EXPR_OR) == holds)
			return disjoin(maker, in, expr, holds);
		for (size_t i = 0; i < expr->nargs && !maker->failed; i++)
			in = conjoin(maker, in, expr->args[i], holds);
		return in;
	}
}

/* The drafts where the expression holds, or fails. What is too many alternatives, is a test. */
static struct drafts conjoin(struct maker *maker, struct drafts in, const struct rpol_expr *expr,
			     bool holds)
{
	struct drafts out = expand(maker, in, expr, holds);

	if (!maker->failed || expr->kind == RPOL_EXPR_ANY)
		return out;
	maker->failed = false;
	out = (struct drafts){0};
	for (size_t i = 0; i < in.count && !maker->failed; i++)
		outcome(maker, &out, &in.draft[i], expr, holds);
	return out;
}

static void finish(struct rpol_arena *arena, const struct draft *from, struct alternative *to)
{
	size_t count = 0;

	*to = (struct alternative){from->layers, from->no_layers, from->holds,
				   from->fails,	 from->places,	  NULL};
	to->tested = RPOL_NEW_ARRAY(arena, struct rpol_rules_test,
				    (size_t)__builtin_popcountll(from->places));
	for (unsigned place = 0; place < PLACES; place++)
		if (from->places >> place & 1)
			to->tested[count++] = from->tested[place];
}

static const struct alternative *alternatives(struct maker *maker, struct rpol_arena *arena,
					      const struct rpol_expr *match, size_t *count)
{
	static const struct draft anything;
	struct drafts drafts = {0};
	struct alternative *all;

	add(maker, &drafts, &anything);
	drafts = conjoin(maker, drafts, match, true);
	if (maker->failed)
		return NULL;
	all = RPOL_NEW_ARRAY(arena, struct alternative, drafts.count + 1);
	for (size_t i = 0; i < drafts.count; i++)
		finish(arena, &drafts.draft[i], &all[i]);
	*count = drafts.count;
	return all;
}

const struct alternative *lower_alternatives(struct rpol_arena *arena, struct list_tests *tests,
					     const struct rpol_expr *match, size_t *count)
{
	/* Drafts are large and of no use afterwards. */
	jmp_buf oom, *outer = arena->oom;
	struct rpol_arena scratch = {.oom = &oom};
	struct maker maker = {&scratch, tests, false};
	const struct alternative *volatile all = NULL;
	volatile bool failed = true;

	arena->oom = &oom;
	if (!setjmp(oom)) {
		all = alternatives(&maker, arena, match, count);
		failed = false;
	}
	arena->oom = outer;
	rpol_arena_free(&scratch);
	if (failed)
		longjmp(*outer, 1);
	return all;
}
