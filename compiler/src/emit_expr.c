/* emit_expr.c: conditions. Every test hangs on a layer; a layer is asked for once, as far out as
 * possible, and never again inside: an AND asks for all that its parts need, an OR for what
 * its parts have in common. That is right because a test without its layer is false. */
#include "emit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *emit_addr(struct emitter *emitter, const struct rpol_addr *addr)
{
	const uint8_t *b = addr->bytes;

	if (addr->family == 4)
		return rpol_arena_printf(emitter->arena, "IP4(%u, %u, %u, %u)", b[0], b[1], b[2],
					 b[3]);
	return rpol_arena_printf(emitter->arena, "IP6(%x, %x, %x, %x, %x, %x, %x, %x)",
				 b[0] << 8 | b[1], b[2] << 8 | b[3], b[4] << 8 | b[5],
				 b[6] << 8 | b[7], b[8] << 8 | b[9], b[10] << 8 | b[11],
				 b[12] << 8 | b[13], b[14] << 8 | b[15]);
}

const char *emit_prefix_test(struct emitter *emitter, const char *subject,
			     const struct rpol_prefix *prefix)
{
	return rpol_arena_printf(emitter->arena, "RPOL_IN%d(%s, %u, %s)", prefix->addr.family,
				 subject, prefix->length, emit_addr(emitter, &prefix->addr));
}

const char *emit_range_test(struct emitter *emitter, const char *value,
			    const struct rpol_range *range)
{
	if (range->low == range->high)
		return rpol_arena_printf(emitter->arena, "%s == %u", value, range->low);
	return rpol_arena_printf(emitter->arena, "RPOL_RANGE(%s, %u, %u)", value, range->low,
				 range->high);
}

/* ---- layers ------------------------------------------------------------------------------------
 */

static const struct lowered_set *set_of(struct emitter *emitter, const struct rpol_expr *test)
{
	return &emitter->lowering->sets[test->set->index];
}

/* Every set that is not written in place is a function that looks at the family itself. */
static bool is_function(const struct lowered_set *set)
{
	return set->form == FORM_DYNAMIC || set->family[0].form >= FORM_CODE ||
	       set->family[1].form >= FORM_CODE;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

/* Alternatives joined by ||, in parentheses when there are several. */
struct alternatives {
	const char *text;
	size_t count;
};

static void alternative(struct emitter *emitter, struct alternatives *all, const char *text)
{
	all->text = all->count++ ? rpol_arena_printf(emitter->arena, "%s%c|| %s", all->text,
						     EMIT_BREAK, text)
				 : text;
}

static const char *alternatives_text(struct emitter *emitter, const struct alternatives *all)
{
	return !all->count	 ? "0"
	       : all->count == 1 ? all->text
				 : rpol_arena_printf(emitter->arena, "(%s)", all->text);
}

static const char *in_family(struct emitter *emitter, const struct lowered_set *set, int number,
			     const char *subject)
{
	struct alternatives all = {0};

	for (size_t i = 0; i < set->set->nprefixes; i++)
		if (set->set->prefixes[i].addr.family == number)
			alternative(emitter, &all,
				    emit_prefix_test(emitter, subject, &set->set->prefixes[i]));
	return alternatives_text(emitter, &all);
}

/* Needs: IP, or the family where the set has only one, is known to be there. */
static const char *in_prefixes(struct emitter *emitter, const struct rpol_expr *test,
			       const char *subject, unsigned known)
{
	const struct lowered_set *set = set_of(emitter, test);
	bool four = set->family[0].count && !(known & HAS_IP6);
	bool six = set->family[1].count && !(known & HAS_IP4);

	if (is_function(set))
		return rpol_arena_printf(emitter->arena, "in_%s(p->has, RPOL_WORDS(%s))", set->id,
					 subject);
	if (four && six)
		return rpol_arena_printf(emitter->arena, "(RPOL_HAS(p, RPOL_IP4) ? %s :%c%s)",
					 in_family(emitter, set, 4, subject), EMIT_BREAK,
					 in_family(emitter, set, 6, subject));
	return four || six ? in_family(emitter, set, four ? 4 : 6, subject) : "0";
}

static const char *in_ranges(struct emitter *emitter, const struct rpol_expr *test,
			     const char *value)
{
	const struct lowered_set *set = set_of(emitter, test);
	struct alternatives all = {0};

	if (set->form == FORM_BITS)
		return rpol_arena_printf(emitter->arena, "rpol_bit(bits_%s, %u, %s)", set->id,
					 set->set->ranges[set->set->nranges - 1].high, value);
	if (set->form == FORM_CODE || set->form == FORM_RANGES)
		return rpol_arena_printf(emitter->arena, "in_%s(%s)", set->id, value);
	for (size_t i = 0; i < set->set->nranges; i++)
		alternative(emitter, &all, emit_range_test(emitter, value, &set->set->ranges[i]));
	return alternatives_text(emitter, &all);
}

static const char *iface_is(struct emitter *emitter, const char *op,
			    const struct rpol_interface *iface)
{
	return rpol_arena_printf(emitter->arena, "p->ifindex %s rpol_ifindex[%u /* %s */]", op,
				 iface->index, iface->name);
}

static const char *address_test(struct emitter *emitter, const struct rpol_expr *test,
				unsigned known)
{
	const char *subject = test->field == RPOL_FIELD_SRC ? "p->src" : "p->dst";
	struct rpol_prefix whole = {test->addr, rpol_family_bits(test->addr.family)};
	const char *text;

	if (test->op == RPOL_IN)
		return in_prefixes(emitter, test, subject, known);
	text = emit_prefix_test(emitter, subject, &whole);
	return test->op == RPOL_NE ? rpol_arena_printf(emitter->arena, "!%s", text) : text;
}

static const char *iface_test(struct emitter *emitter, const struct rpol_expr *test)
{
	struct alternatives all = {0};

	if (test->op != RPOL_IN)
		return iface_is(emitter, rpol_op_text(test->op), test->iface);
	for (size_t i = 0; i < test->set->nifaces; i++)
		alternative(emitter, &all, iface_is(emitter, "==", test->set->ifaces[i]));
	return alternatives_text(emitter, &all);
}

static const char *mac_test(struct emitter *emitter, const struct rpol_expr *test)
{
	return rpol_arena_printf(
		emitter->arena, "%sRPOL_MAC_IS(%s, 0x%02x%02x, 0x%02x%02x, 0x%02x%02x)",
		test->op == RPOL_NE ? "!" : "", lowered_field(test->field)->value, test->mac[0],
		test->mac[1], test->mac[2], test->mac[3], test->mac[4], test->mac[5]);
}

/* The policy's number of the interface a packet came in by, from 1. */
static const char *iface_number(struct emitter *emitter)
{
	const struct rpol_policy *policy = emitter->lowering->policy;
	const char *text = "0";

	for (size_t i = policy->ninterfaces; i-- > 0;)
		text = rpol_arena_printf(emitter->arena,
					 "p->ifindex == rpol_ifindex[%zu] ? %zu : %s", i, i + 1,
					 text);
	return text;
}

static const char *key_part(struct emitter *emitter, enum rpol_field field, size_t at)
{
	const struct lowered_field *lowered = lowered_field(field);
	const char *guard = lowered_guard_text(emitter->arena, lowered->guard, 0);
	const char *there =
		*guard ? rpol_arena_printf(emitter->arena, "RPOL_HAS(p, %s)", guard) : "1";

	switch (rpol_field_info(field)->type) {
	case RPOL_TYPE_ADDR:
		return rpol_arena_printf(emitter->arena,
					 "rpol_hashed_addr(&key, %zu, p->has, RPOL_WORDS(p->%s));",
					 at, rpol_field_info(field)->name);
	case RPOL_TYPE_MAC:
		return rpol_arena_printf(emitter->arena,
					 "rpol_hashed_mac(&key, %zu, %s, %s[0], %s[1], %s[2]);", at,
					 there, lowered->value, lowered->value, lowered->value);
	case RPOL_TYPE_IFACE:
		return rpol_arena_printf(emitter->arena, "rpol_hashed_number(&key, %zu, 1, %s);",
					 at, iface_number(emitter));
	case RPOL_TYPE_BOOL:
		return rpol_arena_printf(emitter->arena,
					 "rpol_hashed_number(&key, %zu, 1, !!(%s));", at,
					 lowered->value);
	default:
		return rpol_arena_printf(emitter->arena, "rpol_hashed_number(&key, %zu, %s, %s);",
					 at, there, lowered->value);
	}
}

/* The bucket of some fields' values, or of the flow. */
static const char *hash_value(struct emitter *emitter, const struct rpol_expr *test)
{
	const char *text = "({ struct rpol_hashed key = {};";
	size_t size = 0;

	if (!test->keys)
		return "(rpol_flow_hash((const struct rpol_pkt *)p) >> 24)";
	for (size_t i = 0; i < test->nkeys; i++) {
		text = rpol_arena_printf(emitter->arena, "%s%c%s", text, EMIT_BREAK,
					 key_part(emitter, test->keys[i], size));
		size += rpol_key_field_size(test->keys[i]);
	}
	return rpol_arena_printf(emitter->arena, "%s%crpol_hashed_bucket(&key, %zu); })", text,
				 EMIT_BREAK, size);
}

/* Needs: the test's guard is known to hold. */
static const char *test_text(struct emitter *emitter, const struct rpol_expr *test, unsigned known)
{
	const char *value = lowered_field(test->field)->value;

	if (test->nfields)
		return rpol_arena_printf(emitter->arena, "in_%s(%s)", set_of(emitter, test)->id,
					 emit_key_values(emitter, test->fields, test->nfields));
	switch (rpol_field_info(test->field)->type) {
	case RPOL_TYPE_ADDR:
		return address_test(emitter, test, known);
	case RPOL_TYPE_IFACE:
		return iface_test(emitter, test);
	case RPOL_TYPE_MAC:
		return mac_test(emitter, test);
	default:
		break;
	}
	if (test->field == RPOL_FIELD_RANDOM)
		return rpol_arena_printf(emitter->arena, "rpol_random(%u)", test->number);
	if (test->field == RPOL_FIELD_HASH)
		value = hash_value(emitter, test);
	else if (strchr(value, ' '))
		value = rpol_arena_printf(emitter->arena, "(%s)", value);
	switch (test->op) {
	case RPOL_IS:
		return value;
	case RPOL_IN:
		return in_ranges(emitter, test, value);
	case RPOL_HAS:
		return rpol_arena_printf(emitter->arena, "(%s & 0x%02x)", value, test->number);
	default:
		return rpol_arena_printf(emitter->arena, "%s %s %u", value, rpol_op_text(test->op),
					 test->number);
	}
}

/* ---- expressions -------------------------------------------------------------------------------
 */

static const char *expression(struct emitter *emitter, const struct rpol_expr *expr,
			      unsigned known);

/* True when one pair of parentheses is around it all. */
static bool enclosed(const char *text)
{
	int depth = 0;

	do {
		depth += (*text == '(') - (*text == ')');
		text++;
	} while (*text && depth);
	return !*text;
}

/* Parts joined by && or ||; first, when not empty, comes before them. */
static const char *join(struct emitter *emitter, const struct rpol_expr *expr, unsigned known,
			const char *first, bool *several)
{
	const char *op = expr->kind == RPOL_EXPR_OR ? "||" : "&&";
	char *text;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	const char *copy;

	if (!stream)
		longjmp(*emitter->arena->oom, 1);
	if (*first)
		fputs(first, stream);
	for (size_t i = 0; i < expr->nargs; i++) {
		if (expr->args[i]->kind == RPOL_EXPR_ANY && expr->kind == RPOL_EXPR_AND)
			continue;
		fflush(stream);
		if (length)
			fprintf(stream, "%c%s ", EMIT_BREAK, op);
		*several |= length != 0;
		fputs(expression(emitter, expr->args[i], known), stream);
	}
	if (fclose(stream)) {
		free(text);
		longjmp(*emitter->arena->oom, 1);
	}
	copy = rpol_arena_strndup(emitter->arena, text, length);
	free(text);
	return length ? copy : "1";
}

/* known: layers known to be there where the text stands. A text of several parts comes in
 * parentheses. */
static const char *expression(struct emitter *emitter, const struct rpol_expr *expr, unsigned known)
{
	unsigned has = lowered_guard(emitter->lowering, expr);
	const char *ask = lowered_guard_text(emitter->arena, has, known);
	const char *text;
	bool several = false;

	if (*ask)
		ask = rpol_arena_printf(emitter->arena, "RPOL_HAS(p, %s)", ask);
	known |= has;

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return "1";
	case RPOL_EXPR_NOT:
		text = expression(emitter, expr->args[0], known);
		return rpol_arena_printf(emitter->arena, enclosed(text) ? "!%s" : "!(%s)", text);
	case RPOL_EXPR_AND:
		text = join(emitter, expr, known, ask, &several);
		break;
	case RPOL_EXPR_OR:
		text = join(emitter, expr, known, "", &several);
		if (*ask) {
			text = rpol_arena_printf(emitter->arena,
						 several ? "%s%c&& (%s)" : "%s%c&& %s", ask,
						 EMIT_BREAK, text);
			several = true;
		}
		break;
	default:
		text = test_text(emitter, expr, known);
		if (*ask) {
			text = rpol_arena_printf(emitter->arena, "%s%c&& %s", ask, EMIT_BREAK,
						 text);
			several = true;
		}
		break;
	}
	return several ? rpol_arena_printf(emitter->arena, "(%s)", text) : text;
}

const char *emit_condition(struct emitter *emitter, const struct rpol_expr *expr)
{
	const char *text = expression(emitter, expr, 0);

	if (strcmp(text, "1") == 0)
		return NULL;
	/* The parentheses of an `if` are enough. */
	return enclosed(text) ? rpol_arena_strndup(emitter->arena, text + 1, strlen(text) - 2)
			      : text;
}
