/* match_imply.c: whether one condition is true wherever another one is. By how they are written,
 * and by what is known of the packets. */
#include "match.h"

#include <string.h>

static bool same_set(struct matcher *m, const struct rpol_set *a, const struct rpol_set *b)
{
	if (a == b)
		return true;
	/* what they begin with does not last */
	if (a->dynamic || b->dynamic)
		return false;
	m->steps += a->nprefixes + a->nranges;
	if (a->kind != b->kind || a->nprefixes != b->nprefixes || a->nranges != b->nranges ||
	    a->nifaces != b->nifaces || a->nkeys != b->nkeys || m->steps > MOST_STEPS)
		return false;
	if (a->kind == RPOL_SET_KEYS)
		return a->key.size == b->key.size &&
		       !memcmp(a->keys, b->keys, a->nkeys * a->key.size);
	for (size_t i = 0; i < a->nprefixes; i++)
		if (rpol_prefix_compare(&a->prefixes[i], &b->prefixes[i]))
			return false;
	for (size_t i = 0; i < a->nranges; i++)
		if (a->ranges[i].low != b->ranges[i].low || a->ranges[i].high != b->ranges[i].high)
			return false;
	for (size_t i = 0; i < a->nifaces; i++)
		if (a->ifaces[i] != b->ifaces[i])
			return false;
	return true;
}

static bool same_fields(const enum rpol_field *a, size_t na, const enum rpol_field *b, size_t nb)
{
	return na == nb && (!na || !memcmp(a, b, na * sizeof(*a)));
}

static bool same_addr(const struct rpol_addr *a, const struct rpol_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool expr_same(struct matcher *m, const struct rpol_expr *a, const struct rpol_expr *b)
{
	if (a->kind != b->kind || a->nargs != b->nargs || m->steps++ > MOST_STEPS)
		return false;
	for (size_t i = 0; i < a->nargs; i++)
		if (!expr_same(m, a->args[i], b->args[i]))
			return false;
	if (a->kind != RPOL_EXPR_TEST)
		return true;
	/* Each throw of the dice is another one. */
	if (a->field != b->field || a->op != b->op || a->field == RPOL_FIELD_RANDOM ||
	    !same_fields(a->keys, a->nkeys, b->keys, b->nkeys) ||
	    !same_fields(a->fields, a->nfields, b->fields, b->nfields))
		return false;
	if (a->op == RPOL_IN)
		return same_set(m, a->set, b->set);
	return a->number == b->number && a->iface == b->iface && same_addr(&a->addr, &b->addr) &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac));
}

/* What is known of the packets makes the test true. */
static bool known_true(struct matcher *m, const struct state *state, const struct rpol_expr *test)
{
	const struct values *known = &state->fields[test->field];
	struct values values;

	if (!known->known)
		return false;
	values = test_values(m, test);
	return values.known && values_within(m, known, &values);
}

bool expr_implies(struct matcher *m, const struct state *state, const struct rpol_expr *narrower,
		  const struct rpol_expr *wider)
{
	if (m->steps++ > MOST_STEPS)
		return false;
	if (wider->kind == RPOL_EXPR_ANY)
		return true;
	if (wider->kind == RPOL_EXPR_TEST && known_true(m, state, wider))
		return true;
	if (narrower->kind == RPOL_EXPR_OR) {
		for (size_t i = 0; i < narrower->nargs; i++) {
			struct state one = *state;

			/* an alternative that is impossible asks for nothing */
			if (state_narrow(m, &one, narrower->args[i], false, false) &&
			    !expr_implies(m, &one, narrower->args[i], wider))
				return false;
		}
		return true;
	}
	if (wider->kind == RPOL_EXPR_AND) {
		for (size_t i = 0; i < wider->nargs; i++)
			if (!expr_implies(m, state, narrower, wider->args[i]))
				return false;
		return true;
	}
	if (expr_same(m, narrower, wider))
		return true;
	if (wider->kind == RPOL_EXPR_OR)
		for (size_t i = 0; i < wider->nargs; i++)
			if (expr_implies(m, state, narrower, wider->args[i]))
				return true;
	if (narrower->kind == RPOL_EXPR_AND)
		for (size_t i = 0; i < narrower->nargs; i++)
			if (expr_implies(m, state, narrower->args[i], wider))
				return true;
	if (wider->kind == RPOL_EXPR_NOT) {
		struct state one = *state;

		/* true of none of them: false of all */
		return !state_narrow(m, &one, wider->args[0], false, false);
	}
	return false;
}
