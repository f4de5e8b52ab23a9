/* check_match.c: rules that no packet reaches, as far as the types of fields, prefixes and ranges
 * tell: those that contradict themselves, those that an earlier rule covers. Never says so of a
 * rule that some packet may reach; says nothing of many that none does.
 *
 * A state is what must be true of a packet for the tests so far: for each field the values left. A
 * test also narrows what its field depends on: `tcp.dport == 80` leaves TCP of `proto`, IP of
 * `eth.type`, and 80 of `dport`. */
#include "check.h"

#include <string.h>

/* Beyond this many values or comparisons nothing is said. */
enum { MOST_PARTS = 4096, MOST_STEPS = 4 << 20, MOST_REPEATS = 64 };

struct values {
	bool known;
	const struct rpol_range *ranges;
	size_t nranges;
	const struct rpol_prefix *prefixes;
	size_t nprefixes;
	const struct rpol_expr *by; /* the test that left these */
};

struct state {
	struct values fields[RPOL_FIELD_COUNT];
};

struct conflict {
	const struct rpol_expr *test, *with; /* with NULL: the test by itself */
};

struct matcher {
	struct check *check;
	struct conflict conflict;
	size_t steps; /* of comparing sets, so far */
};

/* ---- what a test says -------------------------------------------------------------------- */

/* Fields that are one number, with nothing else to say which. */
static bool is_number(enum rpol_field field)
{
	switch (field) {
	case RPOL_FIELD_ETH_TYPE:
	case RPOL_FIELD_VLAN_ID:
	case RPOL_FIELD_VLAN_INNER:
	case RPOL_FIELD_PROTO:
	case RPOL_FIELD_TTL:
	case RPOL_FIELD_LEN:
	case RPOL_FIELD_DSCP:
	case RPOL_FIELD_SPORT:
	case RPOL_FIELD_DPORT:
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_TCP_FLAGS:
	case RPOL_FIELD_UDP_SPORT:
	case RPOL_FIELD_UDP_DPORT:
	case RPOL_FIELD_UDP_LEN:
	case RPOL_FIELD_ICMP_TYPE:
	case RPOL_FIELD_ICMP_CODE:
		return true;
	default:
		return false;
	}
}

static bool is_addr(enum rpol_field field)
{
	return field == RPOL_FIELD_SRC || field == RPOL_FIELD_DST;
}

static bool is_flag(enum rpol_field field)
{
	return field == RPOL_FIELD_FRAGMENT || field == RPOL_FIELD_FRAGMENT_LATER;
}

/* Where a test's values are that are in no set. */
struct room {
	struct rpol_range ranges[2];
	struct rpol_prefix prefix;
};

/* The values for which a test of a number is true. */
static struct values number_values(const struct rpol_expr *test, struct room *room)
{
	uint32_t max = rpol_field_info(test->field)->max, n = test->number;
	struct rpol_range *ranges = room->ranges;
	struct values values = {.known = true, .ranges = ranges, .by = test};

#define ADD(from, to) (ranges[values.nranges++] = (struct rpol_range){(from), (to)})
	switch (test->op) {
	case RPOL_EQ:
		ADD(n, n);
		break;
	case RPOL_NE:
		if (n)
			ADD(0, n - 1);
		if (n < max)
			ADD(n + 1, max);
		break;
	case RPOL_LT:
		if (n)
			ADD(0, n - 1);
		break;
	case RPOL_LE:
		ADD(0, n);
		break;
	case RPOL_GT:
		if (n < max)
			ADD(n + 1, max);
		break;
	case RPOL_GE:
		ADD(n, max);
		break;
	case RPOL_IN:
		values.ranges = test->set->ranges;
		values.nranges = test->set->nranges;
		/* of an empty set enough is said */
		values.known = test->set->kind == RPOL_SET_RANGE && values.nranges;
		break;
	case RPOL_HAS:
	case RPOL_IS:
		values.known = false;
		break;
	}
#undef ADD
	return values;
}

static struct values addr_values(const struct rpol_expr *test, struct room *room)
{
	struct values values = {.known = true, .by = test};

	if (test->op == RPOL_IN && test->set->kind == RPOL_SET_PREFIX) {
		values.prefixes = test->set->prefixes;
		values.nprefixes = test->set->nprefixes;
		values.known = values.nprefixes;
	} else if (test->op == RPOL_EQ) {
		room->prefix =
			(struct rpol_prefix){test->addr, rpol_family_bits(test->addr.family)};
		values.prefixes = &room->prefix;
		values.nprefixes = 1;
	} else {
		values.known = false;
	}
	return values;
}

/* ---- narrowing --------------------------------------------------------------------------- */

static const struct rpol_range *meet_ranges(struct check *check, const struct values *a,
					    const struct values *b, size_t *n)
{
	struct rpol_range *ranges =
		RPOL_NEW_ARRAY(check->arena, struct rpol_range, a->nranges + b->nranges + 1);

	*n = 0;
	for (size_t i = 0, j = 0; i < a->nranges && j < b->nranges;) {
		const struct rpol_range *x = &a->ranges[i], *y = &b->ranges[j];
		uint32_t low = x->low > y->low ? x->low : y->low;
		uint32_t high = x->high < y->high ? x->high : y->high;

		if (low <= high)
			ranges[(*n)++] = (struct rpol_range){low, high};
		if (x->high < y->high)
			i++;
		else
			j++;
	}
	return ranges;
}

static bool covers(const struct rpol_prefix *outer, const struct rpol_prefix *inner)
{
	return outer->length <= inner->length && rpol_prefix_has(outer, &inner->addr);
}

static const struct rpol_prefix *meet_prefixes(struct check *check, const struct values *a,
					       const struct values *b, size_t *n)
{
	/* Of two prefixes that meet, one is in the other: at most as many as there are. */
	struct rpol_prefix *prefixes =
		RPOL_NEW_ARRAY(check->arena, struct rpol_prefix, a->nprefixes + b->nprefixes + 1);

	*n = 0;
	for (size_t i = 0; i < a->nprefixes; i++)
		for (size_t j = 0; j < b->nprefixes; j++) {
			if (covers(&a->prefixes[i], &b->prefixes[j]))
				prefixes[(*n)++] = b->prefixes[j];
			else if (covers(&b->prefixes[j], &a->prefixes[i]))
				prefixes[(*n)++] = a->prefixes[i];
		}
	return prefixes;
}

static bool same_values(const struct values *a, const struct values *b)
{
	if (a->nranges != b->nranges || a->nprefixes != b->nprefixes)
		return false;
	for (size_t i = 0; i < a->nranges; i++)
		if (a->ranges[i].low != b->ranges[i].low || a->ranges[i].high != b->ranges[i].high)
			return false;
	for (size_t i = 0; i < a->nprefixes; i++)
		if (rpol_prefix_compare(&a->prefixes[i], &b->prefixes[i]))
			return false;
	return true;
}

/* Leaves of a field what both allow; false with the conflict noted when that is nothing. */
static bool narrow_field(struct matcher *m, struct state *state, enum rpol_field field,
			 const struct values *values)
{
	struct values *left = &state->fields[field];
	size_t a = is_addr(field) ? left->nprefixes : left->nranges;
	size_t b = is_addr(field) ? values->nprefixes : values->nranges;

	if (!values->known || a > MOST_PARTS || b > MOST_PARTS || a * b > 16 * MOST_PARTS)
		return true;
	if (!left->known) {
		*left = *values;
		m->conflict = (struct conflict){values->by, NULL};
		return b > 0;
	}

	const struct rpol_expr *before = left->by;
	struct values both = {.known = true, .by = values->by};

	if (is_addr(field))
		both.prefixes = meet_prefixes(m->check, left, values, &both.nprefixes);
	else
		both.ranges = meet_ranges(m->check, left, values, &both.nranges);
	/* Who left nothing out is not to blame. */
	if (same_values(left, &both))
		both.by = before;
	*left = both;
	m->conflict = (struct conflict){values->by, b ? before : NULL};
	return both.nranges + both.nprefixes > 0;
}

static bool narrow_to(struct matcher *m, struct state *state, enum rpol_field field,
		      const struct rpol_range *ranges, size_t n, const struct rpol_expr *by)
{
	struct values values = {.known = true, .ranges = ranges, .nranges = n, .by = by};

	return narrow_field(m, state, field, &values);
}

static const struct rpol_range no[] = {{0, 0}}, yes[] = {{1, 1}};
static const struct rpol_range ip[] = {{0x0800, 0x0800}, {0x86dd, 0x86dd}};
static const struct rpol_range tcp[] = {{6, 6}}, udp[] = {{17, 17}}, icmp[] = {{1, 1}};
static const struct rpol_range ports[] = {{6, 6}, {17, 17}, {33, 33}, {132, 132}, {136, 136}};

/* What a packet must be to have a field of the layer. */
static bool narrow_layer(struct matcher *m, struct state *state, enum rpol_layer layer,
			 const struct rpol_expr *by)
{
	const struct rpol_range *protos = NULL;
	size_t n = 1;

	switch (layer) {
	case RPOL_LAYER_TCP:
		protos = tcp;
		break;
	case RPOL_LAYER_UDP:
		protos = udp;
		break;
	case RPOL_LAYER_ICMP:
		protos = icmp;
		break;
	case RPOL_LAYER_PORTS:
		protos = ports;
		n = sizeof(ports) / sizeof(ports[0]);
		break;
	case RPOL_LAYER_IP:
	case RPOL_LAYER_PROTO:
		return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, ip, 2, by);
	default:
		return true;
	}
	return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, ip, layer == RPOL_LAYER_ICMP ? 1 : 2, by) &&
	       narrow_to(m, state, RPOL_FIELD_PROTO, protos, n, by) &&
	       narrow_to(m, state, RPOL_FIELD_FRAGMENT_LATER, no, 1, by);
}

/* The field that has the same value where both are there, or the field itself. */
static enum rpol_field twin(enum rpol_field field)
{
	switch (field) {
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_UDP_SPORT:
		return RPOL_FIELD_SPORT;
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_UDP_DPORT:
		return RPOL_FIELD_DPORT;
	default:
		return field;
	}
}

/* The families of the values, as the EtherTypes they come with. */
static bool narrow_family(struct matcher *m, struct state *state, const struct values *values)
{
	bool four, six;

	if (!values->nprefixes)
		return true;
	/* IPv4 comes first: the two ends know the families of all. */
	four = values->prefixes[0].addr.family == 4;
	six = values->prefixes[values->nprefixes - 1].addr.family == 6;
	return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, four ? ip : ip + 1, (size_t)four + six,
			 values->by);
}

static bool narrow_test(struct matcher *m, struct state *state, const struct rpol_expr *test)
{
	enum rpol_field field = test->field;
	struct values values;
	struct room *room;

	if (is_flag(field))
		return narrow_to(m, state, field, yes, 1, test) &&
		       (field != RPOL_FIELD_FRAGMENT_LATER ||
			narrow_to(m, state, RPOL_FIELD_FRAGMENT, yes, 1, test));
	if (!is_number(field) && !is_addr(field))
		return true;
	room = RPOL_NEW(m->check->arena, struct room);
	values = is_addr(field) ? addr_values(test, room) : number_values(test, room);
	return narrow_layer(m, state, rpol_field_info(field)->layer, test) &&
	       (!is_addr(field) || narrow_family(m, state, &values)) &&
	       narrow_field(m, state, field, &values) &&
	       (twin(field) == field || narrow_field(m, state, twin(field), &values));
}

/* False when no packet of the state makes the expression true (negated: false). */
static bool narrow(struct matcher *m, struct state *state, const struct rpol_expr *expr,
		   bool negated)
{
	bool all = (expr->kind == RPOL_EXPR_AND) != negated;

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return true; /* `not any` is plain enough */
	case RPOL_EXPR_NOT:
		return narrow(m, state, expr->args[0], !negated);
	case RPOL_EXPR_TEST:
		if (!negated)
			return narrow_test(m, state, expr);
		/* Only of a field that is always there more is known when a test is false. */
		return !is_flag(expr->field) || narrow_to(m, state, expr->field, no, 1, expr);
	case RPOL_EXPR_AND:
	case RPOL_EXPR_OR:
		break;
	}
	if (all) {
		/* Alternatives last: then all that is sure is known. */
		for (int pass = 0; pass < 2; pass++)
			for (size_t i = 0; i < expr->nargs; i++) {
				bool late = expr->args[i]->kind == RPOL_EXPR_OR ||
					    expr->args[i]->kind == RPOL_EXPR_NOT;

				if (late == (pass == 1) &&
				    !narrow(m, state, expr->args[i], negated))
					return false;
			}
		return true;
	}
	for (size_t i = 0; i < expr->nargs; i++) {
		struct state one = *state;

		if (narrow(m, &one, expr->args[i], negated))
			return true;
	}
	return false;
}

/* ---- implication ------------------------------------------------------------------------- */

static bool same_addr(const struct rpol_addr *a, const struct rpol_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool same_set(struct matcher *m, const struct rpol_set *a, const struct rpol_set *b)
{
	/* keys are of fields that the test has beside its first */
	if (a->kind == RPOL_SET_KEYS || b->kind == RPOL_SET_KEYS)
		return false;
	if (a == b)
		return true;
	m->steps += a->nprefixes + a->nranges;
	if (a->kind != b->kind || a->nprefixes != b->nprefixes || a->nranges != b->nranges ||
	    a->kind == RPOL_SET_IFACE || m->steps > MOST_STEPS)
		return false;
	for (size_t i = 0; i < a->nprefixes; i++)
		if (rpol_prefix_compare(&a->prefixes[i], &b->prefixes[i]))
			return false;
	for (size_t i = 0; i < a->nranges; i++)
		if (a->ranges[i].low != b->ranges[i].low || a->ranges[i].high != b->ranges[i].high)
			return false;
	return true;
}

/* Both are true of the same packets, by how they are written. */
static bool same(struct matcher *m, const struct rpol_expr *a, const struct rpol_expr *b)
{
	if (a->kind != b->kind || a->nargs != b->nargs || m->steps++ > MOST_STEPS)
		return false;
	for (size_t i = 0; i < a->nargs; i++)
		if (!same(m, a->args[i], b->args[i]))
			return false;
	if (a->kind != RPOL_EXPR_TEST)
		return true;
	if (a->field != b->field || a->op != b->op)
		return false;
	if (!is_number(a->field) && !is_addr(a->field) && !is_flag(a->field) &&
	    a->field != RPOL_FIELD_IFACE && a->field != RPOL_FIELD_MALFORMED)
		return false;
	if (a->op == RPOL_IN)
		return same_set(m, a->set, b->set);
	return a->number == b->number && a->iface == b->iface && same_addr(&a->addr, &b->addr);
}

static bool within_ranges(struct matcher *m, const struct values *inner, const struct values *outer)
{
	size_t j = 0;

	m->steps += inner->nranges + outer->nranges;
	for (size_t i = 0; i < inner->nranges; i++) {
		while (j < outer->nranges && outer->ranges[j].high < inner->ranges[i].low)
			j++;
		if (j == outer->nranges || outer->ranges[j].low > inner->ranges[i].low ||
		    outer->ranges[j].high < inner->ranges[i].high)
			return false;
	}
	return true;
}

/* Both are in order and none is in another of its own list. */
static bool within_prefixes(struct matcher *m, const struct values *inner,
			    const struct values *outer)
{
	size_t j = 0;

	m->steps += inner->nprefixes + outer->nprefixes;
	for (size_t i = 0; i < inner->nprefixes; i++) {
		while (j < outer->nprefixes && !covers(&outer->prefixes[j], &inner->prefixes[i]) &&
		       rpol_prefix_compare(&outer->prefixes[j], &inner->prefixes[i]) < 0)
			j++;
		if (j == outer->nprefixes || !covers(&outer->prefixes[j], &inner->prefixes[i]))
			return false;
	}
	return true;
}

static bool test_implies(struct matcher *m, const struct rpol_expr *narrower,
			 const struct rpol_expr *wider)
{
	struct room rooms[2];
	struct values a, b;

	if (same(m, narrower, wider))
		return true;
	if (narrower->field != wider->field && twin(narrower->field) != wider->field)
		return false;
	if (is_number(wider->field)) {
		a = number_values(narrower, &rooms[0]);
		b = number_values(wider, &rooms[1]);
		return a.known && b.known && within_ranges(m, &a, &b);
	}
	if (is_addr(wider->field)) {
		a = addr_values(narrower, &rooms[0]);
		b = addr_values(wider, &rooms[1]);
		return a.known && b.known && within_prefixes(m, &a, &b);
	}
	return false;
}

/* True when every packet that makes the one true makes the other true. */
static bool implies(struct matcher *m, const struct rpol_expr *narrower,
		    const struct rpol_expr *wider)
{
	if (m->steps++ > MOST_STEPS)
		return false;
	if (wider->kind == RPOL_EXPR_ANY)
		return true;
	if (narrower->kind == RPOL_EXPR_OR) {
		for (size_t i = 0; i < narrower->nargs; i++)
			if (!implies(m, narrower->args[i], wider))
				return false;
		return true;
	}
	if (wider->kind == RPOL_EXPR_AND) {
		for (size_t i = 0; i < wider->nargs; i++)
			if (!implies(m, narrower, wider->args[i]))
				return false;
		return true;
	}
	if (same(m, narrower, wider))
		return true;
	if (wider->kind == RPOL_EXPR_OR)
		for (size_t i = 0; i < wider->nargs; i++)
			if (implies(m, narrower, wider->args[i]))
				return true;
	if (narrower->kind == RPOL_EXPR_AND)
		for (size_t i = 0; i < narrower->nargs; i++)
			if (implies(m, narrower->args[i], wider))
				return true;
	return narrower->kind == RPOL_EXPR_TEST && wider->kind == RPOL_EXPR_TEST &&
	       test_implies(m, narrower, wider);
}

/* ---- reports ----------------------------------------------------------------------------- */

static bool within(struct rpol_span inner, struct rpol_span outer)
{
	return inner.file == outer.file && inner.offset >= outer.offset &&
	       inner.offset < outer.offset + outer.length;
}

static struct rpol_span label_span(const struct rpol_rule *rule)
{
	return (struct rpol_span){rule->span.file, rule->span.offset,
				  (uint32_t)strlen(rule->label)};
}

/* At the later one of two tests when the rule has it, else at the label. */
static void report_never(struct matcher *m, const struct rpol_rule *rule)
{
	const struct rpol_expr *test = m->conflict.test, *with = m->conflict.with;
	struct check *check = m->check;
	struct rpol_diag *diag;

	if (with == test)
		with = NULL;
	if (with && with->span.file == test->span.file && with->span.offset > test->span.offset &&
	    within(with->span, rule->span)) {
		with = test;
		test = m->conflict.with;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NEVER,
			     within(test->span, rule->span) ? test->span : label_span(rule),
			     with ? "rule `%s` never matches: `%s` is false wherever `%s` is true"
				  : "rule `%s` never matches: `%s` is always false",
			     rule->label, span_text(check, test->span),
			     with ? span_text(check, with->span) : "");
	if (with)
		rpol_diag_second(check->diags, diag, with->span, "true of other packets");
	rpol_diag_help(check->diags, diag,
		       with ? "write `or` in place of `and`, or take one of the two out"
			    : "take the test out");
}

static void report_covered(struct matcher *m, const struct rpol_rule *rule,
			   const struct rpol_rule *by, size_t more)
{
	struct check *check = m->check;
	struct rpol_diag *diag;

	if (more > 1)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s` and the %zu after it", rule->label,
				     more);
	else if (more)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s` and the one after it", rule->label);
	else
		diag = rpol_diag_add(check->diags, RPOL_DIAG_COVERED, label_span(rule),
				     "nothing reaches rule `%s`", rule->label);
	rpol_diag_second(check->diags, diag, by->match->span, "rule `%s` takes all it would match",
			 by->label);
	/* no rule that was written has that label */
	if (!strcmp(by->label, "fragments"))
		rpol_diag_help(check->diags, diag,
			       "take the rule out, or leave fragments to the rules: "
			       "`fragments match;`");
	else
		rpol_diag_help(check->diags, diag, "put `%s` before `%s`, or take it out",
			       rule->label, by->label);
}

static void check_repeats(struct matcher *m, const struct rpol_expr *expr, struct rpol_span whole)
{
	if (!within(expr->span, whole))
		return;
	for (size_t i = 0; i < expr->nargs; i++)
		check_repeats(m, expr->args[i], whole);
	if (expr->nargs < 2 || expr->nargs > MOST_REPEATS)
		return;
	for (size_t i = 1; i < expr->nargs; i++)
		for (size_t j = 0; j < i; j++) {
			struct rpol_diag *diag;

			/* a cond's name is where its expression is */
			if (!within(expr->args[i]->span, whole) ||
			    !within(expr->args[j]->span, whole) ||
			    !same(m, expr->args[i], expr->args[j]))
				continue;
			diag = rpol_diag_add(m->check->diags, RPOL_DIAG_REPEATED,
					     expr->args[i]->span, "`%s` is there twice",
					     span_text(m->check, expr->args[i]->span));
			rpol_diag_second(m->check->diags, diag, expr->args[j]->span, "first here");
			rpol_diag_help(m->check->diags, diag, "take one of the two out");
			break;
		}
}

/* ---- the walk ---------------------------------------------------------------------------- */

/* Whether rules after this one may be tried for a packet that it matched. */
static bool may_go_on(const struct rpol_rule *rule)
{
	return verdict_find(rule->verdict, RPOL_VERDICT_CONTINUE) ||
	       verdict_find(rule->verdict, RPOL_VERDICT_LOOKUP) ||
	       verdict_find(rule->verdict, RPOL_VERDICT_JUMP);
}

/* final: the last is the default, which nobody minds. */
static void check_rules(struct matcher *m, const struct rpol_rule *rules, size_t n, bool final)
{
	size_t first = 0; /* earlier ones may have changed the packet in between */

	for (size_t i = 0; i + final < n; i++) {
		struct state *state = RPOL_NEW(m->check->arena, struct state);
		const struct rpol_rule *by = NULL;

		check_repeats(m, rules[i].match, rules[i].span);
		if (!narrow(m, state, rules[i].match, false)) {
			report_never(m, &rules[i]);
			continue;
		}
		for (size_t j = first; j < i && !by; j++)
			if (!may_go_on(&rules[j]) && implies(m, rules[i].match, rules[j].match))
				by = &rules[j];
		if (by) {
			bool all = by->match->kind == RPOL_EXPR_ANY;

			report_covered(m, &rules[i], by, all ? n - final - i - 1 : 0);
			if (all)
				return;
		}
		if (may_go_on(&rules[i]))
			first = i + 1;
	}
}

void check_matches(struct check *check)
{
	struct matcher m = {.check = check};

	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct symbol *symbol = &check->symbols[i];

		if (symbol->state != SYMBOL_DONE)
			continue;
		if (symbol->decl->kind == AST_COND)
			check_repeats(&m, symbol->cond, symbol->decl->span);
		if (symbol->decl->kind == AST_POLICY)
			check_rules(&m, symbol->program->rules, symbol->program->nrules, true);
		if (symbol->decl->kind == AST_CHAIN)
			check_rules(&m, symbol->chain->rules, symbol->chain->nrules, false);
	}
}
