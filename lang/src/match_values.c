/* match_values.c: the values for which a test is true, and what two sets of them have in common. */
#include "match.h"

#include <string.h>

bool field_has_ranges(enum rpol_field field)
{
	return field != RPOL_FIELD_HASH && field != RPOL_FIELD_RANDOM && !field_has_prefixes(field);
}

bool field_has_prefixes(enum rpol_field field)
{
	enum rpol_type type = rpol_field_info(field)->type;

	return type == RPOL_TYPE_ADDR || type == RPOL_TYPE_MAC;
}

enum rpol_field field_twin(enum rpol_field field)
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

/* ---- of a test --------------------------------------------------------------------------- */

static void add(struct rpol_range *ranges, struct values *values, uint32_t low, uint32_t high)
{
	ranges[values->nranges++] = (struct rpol_range){low, high};
}

/* The numbers up to max that have a bit. */
static struct values with_bit(struct matcher *m, uint32_t bit, uint32_t max)
{
	struct rpol_range *ranges =
		RPOL_NEW_ARRAY(m->scratch, struct rpol_range, max / (2 * bit) + 1);
	struct values values = {.known = true, .ranges = ranges};

	for (uint32_t low = bit; low <= max; low += 2 * bit)
		add(ranges, &values, low, low + bit - 1);
	return values;
}

static struct values of_interfaces(struct matcher *m, const struct rpol_interface *const *ifaces,
				   size_t n)
{
	struct rpol_range *ranges = RPOL_NEW_ARRAY(m->scratch, struct rpol_range, n + 1);
	struct values values = {.known = n > 0, .ranges = ranges};

	for (size_t i = 0; i < m->check->ninterfaces; i++)
		for (size_t j = 0; j < n; j++)
			if (ifaces[j]->index == i) {
				add(ranges, &values, (uint32_t)i, (uint32_t)i);
				break;
			}
	return values;
}

static struct values number_values(struct matcher *m, const struct rpol_expr *test)
{
	uint32_t max = rpol_field_info(test->field)->max, n = test->number;
	struct rpol_range *ranges = RPOL_NEW_ARRAY(m->scratch, struct rpol_range, 2);
	struct values values = {.known = true, .ranges = ranges};

	switch (test->op) {
	case RPOL_IS:
		add(ranges, &values, 1, 1);
		break;
	case RPOL_EQ:
		add(ranges, &values, n, n);
		break;
	case RPOL_NE:
		if (n)
			add(ranges, &values, 0, n - 1);
		if (n < max)
			add(ranges, &values, n + 1, max);
		break;
	case RPOL_LT:
		if (n)
			add(ranges, &values, 0, n - 1);
		break;
	case RPOL_LE:
		add(ranges, &values, 0, n);
		break;
	case RPOL_GT:
		if (n < max)
			add(ranges, &values, n + 1, max);
		break;
	case RPOL_GE:
		add(ranges, &values, n, max);
		break;
	case RPOL_HAS:
		return with_bit(m, n, max);
	case RPOL_IN:
		values.ranges = test->set->ranges;
		values.nranges = test->set->nranges;
		/* of an empty set enough is said */
		values.known = test->set->kind == RPOL_SET_RANGE && values.nranges;
		break;
	}
	return values;
}

static struct values iface_values(struct matcher *m, const struct rpol_expr *test)
{
	struct values values;

	if (test->op == RPOL_IN)
		return test->set->kind == RPOL_SET_IFACE
			       ? of_interfaces(m, test->set->ifaces, test->set->nifaces)
			       : (struct values){0};
	values = of_interfaces(m, &test->iface, 1);
	return test->op == RPOL_NE ? values_complement(m, test->field, &values) : values;
}

static struct values addr_values(struct matcher *m, const struct rpol_expr *test)
{
	struct values values = {0};
	struct rpol_prefix *prefix;

	if (test->op == RPOL_IN && test->set->kind == RPOL_SET_PREFIX) {
		values.prefixes = test->set->prefixes;
		values.nprefixes = test->set->nprefixes;
	} else if (test->op == RPOL_EQ) {
		prefix = RPOL_NEW(m->scratch, struct rpol_prefix);
		if (rpol_field_info(test->field)->type == RPOL_TYPE_MAC) {
			prefix->addr.family = 6;
			memcpy(prefix->addr.bytes, test->mac, sizeof(test->mac));
			prefix->length = 8 * sizeof(test->mac);
		} else {
			prefix->addr = test->addr;
			prefix->length = rpol_family_bits(test->addr.family);
		}
		values.prefixes = prefix;
		values.nprefixes = 1;
	}
	values.known = values.nprefixes;
	return values;
}

struct values test_values(struct matcher *m, const struct rpol_expr *test)
{
	struct values values = {0};

	if (test->op == RPOL_IN && test->set->dynamic)
		return values;
	if (field_has_prefixes(test->field))
		values = addr_values(m, test);
	else if (test->field == RPOL_FIELD_IFACE)
		values = iface_values(m, test);
	else if (field_has_ranges(test->field))
		values = number_values(m, test);
	values.by = test;
	values.negated = false;
	return values;
}

/* ---- of each other ----------------------------------------------------------------------- */

struct values values_complement(struct matcher *m, enum rpol_field field,
				const struct values *values)
{
	struct rpol_range *ranges =
		RPOL_NEW_ARRAY(m->scratch, struct rpol_range, values->nranges + 1);
	uint32_t max = field == RPOL_FIELD_IFACE ? (uint32_t)m->check->ninterfaces - 1
						 : rpol_field_info(field)->max;
	struct values rest = {.known = true, .ranges = ranges, .by = values->by, .negated = true};
	uint64_t next = 0;

	for (size_t i = 0; i < values->nranges; i++) {
		if (values->ranges[i].low > next)
			add(ranges, &rest, (uint32_t)next, values->ranges[i].low - 1);
		next = (uint64_t)values->ranges[i].high + 1;
	}
	if (next <= max)
		add(ranges, &rest, (uint32_t)next, max);
	return rest;
}

static void meet_ranges(struct matcher *m, const struct values *a, const struct values *b,
			struct values *both)
{
	struct rpol_range *ranges =
		RPOL_NEW_ARRAY(m->scratch, struct rpol_range, a->nranges + b->nranges + 1);

	for (size_t i = 0, j = 0; i < a->nranges && j < b->nranges;) {
		const struct rpol_range *x = &a->ranges[i], *y = &b->ranges[j];
		uint32_t low = x->low > y->low ? x->low : y->low;
		uint32_t high = x->high < y->high ? x->high : y->high;

		if (low <= high)
			add(ranges, both, low, high);
		if (x->high < y->high)
			i++;
		else
			j++;
	}
	both->ranges = ranges;
}

static bool covers(const struct rpol_prefix *outer, const struct rpol_prefix *inner)
{
	return outer->length <= inner->length && rpol_prefix_has(outer, &inner->addr);
}

/* Of two prefixes that meet, one is in the other, and those in order that are in one follow each
 * other: what is before both goes. */
static void meet_prefixes(struct matcher *m, const struct values *a, const struct values *b,
			  struct values *both)
{
	struct rpol_prefix *prefixes =
		RPOL_NEW_ARRAY(m->scratch, struct rpol_prefix, a->nprefixes + b->nprefixes + 1);

	for (size_t i = 0, j = 0; i < a->nprefixes && j < b->nprefixes;) {
		const struct rpol_prefix *x = &a->prefixes[i], *y = &b->prefixes[j];

		if (covers(x, y)) {
			prefixes[both->nprefixes++] = *y;
			j++;
		} else if (covers(y, x)) {
			prefixes[both->nprefixes++] = *x;
			i++;
		} else if (rpol_prefix_compare(x, y) < 0) {
			i++;
		} else {
			j++;
		}
	}
	both->prefixes = prefixes;
}

struct values values_meet(struct matcher *m, const struct values *a, const struct values *b)
{
	struct values both = {.known = true, .by = b->by, .negated = b->negated};

	if (a->nprefixes && b->nprefixes)
		meet_prefixes(m, a, b, &both);
	else
		meet_ranges(m, a, b, &both);
	return both;
}

bool values_same(const struct values *a, const struct values *b)
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

static bool within_ranges(const struct values *inner, const struct values *outer)
{
	size_t j = 0;

	for (size_t i = 0; i < inner->nranges; i++) {
		while (j < outer->nranges && outer->ranges[j].high < inner->ranges[i].low)
			j++;
		if (j == outer->nranges || outer->ranges[j].low > inner->ranges[i].low ||
		    outer->ranges[j].high < inner->ranges[i].high)
			return false;
	}
	return true;
}

static bool within_prefixes(const struct values *inner, const struct values *outer)
{
	size_t j = 0;

	for (size_t i = 0; i < inner->nprefixes; i++) {
		while (j < outer->nprefixes && !covers(&outer->prefixes[j], &inner->prefixes[i]) &&
		       rpol_prefix_compare(&outer->prefixes[j], &inner->prefixes[i]) < 0)
			j++;
		if (j == outer->nprefixes || !covers(&outer->prefixes[j], &inner->prefixes[i]))
			return false;
	}
	return true;
}

bool values_within(struct matcher *m, const struct values *inner, const struct values *outer)
{
	m->steps += inner->nranges + inner->nprefixes;
	m->steps += outer->nranges + outer->nprefixes;
	return within_ranges(inner, outer) && within_prefixes(inner, outer);
}
