/* check_guard.c: `tcp.dport != 22` is false of UDP, and its writer rarely meant that. A negated
 * test is fine only where another test beside it says which packets are meant.
 *
 * A fact is something that a test guarantees of the packet when it is true, as a reader takes
 * it: `proto == tcp` guards `tcp.dport != 22`, although a TCP header that is cut short still
 * makes the latter false. In a conjunction the facts of all parts hold for each. */
#include "check.h"

#include <string.h>

enum fact {
	FACT_VLAN = 1 << 0,
	FACT_VLAN2 = 1 << 1,
	FACT_IP = 1 << 2,
	FACT_IPV4 = 1 << 3,
	FACT_IPV6 = 1 << 4,
	FACT_PORTS = 1 << 5,
	FACT_TCP = 1 << 6,
	FACT_UDP = 1 << 7,
	FACT_ICMP = 1 << 8,
	FACT_ICMP6 = 1 << 9,
	FACT_GRE = 1 << 10,
	FACT_GRE_KEY = 1 << 11,
	FACT_VXLAN = 1 << 12,
	FACT_ARP = 1 << 13,
	FACT_MPLS = 1 << 14,
};

/* What must be known for a field of the layer to be there, and the shortest guard to write. */
static const struct {
	unsigned need, gives;
	const char *guard;
} layers[] = {
	[RPOL_LAYER_ALWAYS] = {0, 0, NULL},
	[RPOL_LAYER_L2] = {0, 0, NULL},
	/* Every frame has an EtherType but one that is cut off. */
	[RPOL_LAYER_ETH] = {0, 0, NULL},
	[RPOL_LAYER_VLAN] = {FACT_VLAN, FACT_VLAN, "vlan.id >= 0"},
	[RPOL_LAYER_VLAN2] = {FACT_VLAN2, FACT_VLAN2 | FACT_VLAN, "vlan.inner >= 0"},
	[RPOL_LAYER_IP] = {FACT_IP, FACT_IP, "eth.type in { ipv4, ipv6 }"},
	[RPOL_LAYER_PROTO] = {FACT_IP, FACT_IP, "eth.type in { ipv4, ipv6 }"},
	[RPOL_LAYER_PORTS] = {FACT_PORTS, FACT_IP | FACT_PORTS, "proto in { tcp, udp }"},
	[RPOL_LAYER_TCP] = {FACT_TCP, FACT_IP | FACT_PORTS | FACT_TCP, "proto == tcp"},
	[RPOL_LAYER_UDP] = {FACT_UDP, FACT_IP | FACT_PORTS | FACT_UDP, "proto == udp"},
	[RPOL_LAYER_ICMP] = {FACT_ICMP, FACT_IP | FACT_IPV4 | FACT_ICMP, "proto == icmp"},
	[RPOL_LAYER_ICMP6] = {FACT_ICMP6, FACT_IP | FACT_IPV6 | FACT_ICMP6, "proto == icmp6"},
	[RPOL_LAYER_GRE] = {FACT_GRE, FACT_IP | FACT_GRE, "proto == gre"},
	[RPOL_LAYER_GRE_KEY] = {FACT_GRE_KEY, FACT_IP | FACT_GRE | FACT_GRE_KEY, "gre.key >= 0"},
	[RPOL_LAYER_VXLAN] = {FACT_VXLAN, FACT_IP | FACT_PORTS | FACT_UDP | FACT_VXLAN,
			      "vxlan.vni >= 0"},
	[RPOL_LAYER_IP4] = {FACT_IPV4, FACT_IP | FACT_IPV4, "eth.type == ipv4"},
	[RPOL_LAYER_IP6] = {FACT_IPV6, FACT_IP | FACT_IPV6, "eth.type == ipv6"},
	[RPOL_LAYER_ARP] = {FACT_ARP, FACT_ARP, "eth.type == arp"},
	[RPOL_LAYER_MPLS] = {FACT_MPLS, FACT_MPLS, "eth.type == mpls"},
};

struct walk {
	struct check *check;
	const struct ast_rule *rule;
};

/* ---- facts ------------------------------------------------------------------------------ */

static unsigned family_fact(uint8_t family)
{
	return family == 4 ? FACT_IPV4 : FACT_IPV6;
}

/* Facts of a value: of the protocol or EtherType it is. */
static unsigned value_facts(enum rpol_field field, uint32_t value)
{
	switch (field == RPOL_FIELD_ETH_TYPE ? value : 0) {
	case 0x0800:
		return FACT_IP | FACT_IPV4;
	case 0x86dd:
		return FACT_IP | FACT_IPV6;
	case 0x0806:
		return FACT_ARP;
	case 0x8847:
	case 0x8848:
		return FACT_MPLS;
	}
	switch (field == RPOL_FIELD_PROTO ? value : 0) {
	case 1:
		return FACT_ICMP;
	case 6:
		return FACT_PORTS | FACT_TCP;
	case 17:
		return FACT_PORTS | FACT_UDP;
	case 33:
	case 132:
	case 136:
		return FACT_PORTS;
	case 47:
		return FACT_GRE;
	case 58:
		return FACT_ICMP6;
	}
	return 0;
}

/* Facts of a field that is true by itself. */
static unsigned truth_facts(enum rpol_field field)
{
	switch (field) {
	case RPOL_FIELD_FRAGMENT:
	case RPOL_FIELD_FRAGMENT_LATER:
		return FACT_IP;
	case RPOL_FIELD_IP4_DF:
	case RPOL_FIELD_IP4_OPTIONS:
		return FACT_IP | FACT_IPV4;
	case RPOL_FIELD_IP6_EXT:
		return FACT_IP | FACT_IPV6;
	default:
		return 0;
	}
}

static unsigned set_facts(enum rpol_field field, const struct rpol_set *set)
{
	unsigned facts = ~0u;

	/* IPv4 comes first: the two ends know the families of all. */
	if (set->nprefixes)
		return family_fact(set->prefixes[0].addr.family) &
		       family_fact(set->prefixes[set->nprefixes - 1].addr.family);
	if (!set->nranges)
		return 0;
	for (size_t i = 0; i < set->nranges && facts; i++) {
		const struct rpol_range *range = &set->ranges[i];

		/* No three neighbours have a fact in common. */
		if (range->high - range->low > 1)
			return 0;
		facts &= value_facts(field, range->low) & value_facts(field, range->high);
	}
	return facts;
}

static unsigned test_facts(const struct rpol_expr *test)
{
	const struct rpol_field_info *info = rpol_field_info(test->field);
	unsigned facts = layers[info->layer].gives;

	for (size_t i = 1; i < test->nfields; i++)
		facts |= layers[rpol_field_info(test->fields[i])->layer].gives;

	switch (test->op) {
	case RPOL_NE:
		return 0;
	case RPOL_IS:
		return truth_facts(test->field);
	case RPOL_EQ:
		if (info->type == RPOL_TYPE_ADDR)
			return facts | family_fact(test->addr.family);
		return facts | value_facts(test->field, test->number);
	case RPOL_IN:
		return facts | set_facts(test->field, test->set);
	case RPOL_LT:
	case RPOL_LE:
	case RPOL_GT:
	case RPOL_GE:
	case RPOL_HAS:
		break;
	}
	return facts;
}

/* What holds when the expression is true or, negated, when it is false. */
static unsigned facts_of(const struct rpol_expr *expr, bool negated)
{
	bool all = (expr->kind == RPOL_EXPR_AND) != negated;
	unsigned facts = all ? 0 : ~0u;

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return 0;
	case RPOL_EXPR_TEST:
		/* A test that is false may be so because there is no such field. */
		return negated ? 0 : test_facts(expr);
	case RPOL_EXPR_NOT:
		return facts_of(expr->args[0], !negated);
	case RPOL_EXPR_AND:
	case RPOL_EXPR_OR:
		break;
	}
	for (size_t i = 0; i < expr->nargs; i++) {
		if (all)
			facts |= facts_of(expr->args[i], negated);
		else
			facts &= facts_of(expr->args[i], negated);
	}
	return facts;
}

/* ---- the walk --------------------------------------------------------------------------- */

static bool span_within(struct rpol_span inner, struct rpol_span outer)
{
	return inner.file == outer.file && inner.offset >= outer.offset &&
	       inner.offset < outer.offset + outer.length;
}

/* False when it is there already. */
static bool note_reported(struct check *check, const struct rpol_expr *test)
{
	for (size_t i = 0; i < check->nreported; i++) {
		if (check->reported[i] == test)
			return false;
	}
	check->reported = rpol_arena_grow(check->arena, check->reported, check->nreported,
					  &check->reported_capacity, sizeof(*check->reported));
	check->reported[check->nreported++] = test;
	return true;
}

static void report(const struct walk *walk, const struct rpol_expr *test, const char *guard,
		   bool negated)
{
	struct check *check = walk->check;
	const struct rpol_field_info *info = rpol_field_info(test->field);
	const char *text = span_text(check, test->span);
	const char *bang = strstr(text, "!=");
	const char *equal = text;
	struct rpol_diag *diag;

	if (!note_reported(check, test))
		return;
	if (bang)
		equal = rpol_arena_printf(check->arena, "%.*s==%s", (int)(bang - text), text,
					  bang + 2);
	if (info->type == RPOL_TYPE_ADDR)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NEGATED_ABSENT, test->span,
				     "`%s` is false of every packet that is not IPv%d", text,
				     test->addr.family);
	else
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NEGATED_ABSENT, test->span,
				     "`%s` is false of every packet that has no `%s`", text,
				     info->name);
	if (walk->rule && !span_within(test->span, walk->rule->span))
		rpol_diag_second(check->diags, diag, walk->rule->label.span,
				 "rule `%s` uses it without a guard", walk->rule->label.text);
	if (negated)
		rpol_diag_help(
			check->diags, diag,
			"write `%s` without the `not` around it, or `(%s and %s)` in its place",
			equal, guard, text);
	else
		rpol_diag_help(check->diags, diag, "write `%s and %s`, or `not %s`", guard, text,
			       equal);
}

static void walk_test(const struct walk *walk, const struct rpol_expr *test, unsigned facts,
		      bool negated)
{
	const struct rpol_field_info *info = rpol_field_info(test->field);
	unsigned need = layers[info->layer].need;
	const char *guard = layers[info->layer].guard;

	if (test->op != RPOL_NE)
		return;
	if (info->type == RPOL_TYPE_ADDR) {
		need = family_fact(test->addr.family);
		guard = test->addr.family == 4 ? "eth.type == ipv4" : "eth.type == ipv6";
	}
	if ((facts & need) != need)
		report(walk, test, guard, negated);
}

static void walk_expr(const struct walk *walk, const struct rpol_expr *expr, unsigned facts,
		      bool negated)
{
	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return;
	case RPOL_EXPR_TEST:
		walk_test(walk, expr, facts, negated);
		return;
	case RPOL_EXPR_NOT:
		walk_expr(walk, expr->args[0], facts, !negated);
		return;
	case RPOL_EXPR_AND:
		facts |= facts_of(expr, false);
		break;
	case RPOL_EXPR_OR:
		break;
	}
	for (size_t i = 0; i < expr->nargs; i++)
		walk_expr(walk, expr->args[i], facts, negated);
}

void check_guards(struct check *check, const struct rpol_expr *expr, const struct ast_rule *rule)
{
	struct walk walk = {check, rule};

	walk_expr(&walk, expr, 0, false);
}

/* ---- hooks ------------------------------------------------------------------------------ */

bool check_field_hooks(struct check *check, const struct rpol_expr *expr, enum rpol_hook hook,
		       struct rpol_span hook_span)
{
	const struct rpol_field_info *info;
	struct rpol_diag *diag;
	bool ok = true;

	for (size_t i = 0; i < expr->nargs; i++)
		ok = check_field_hooks(check, expr->args[i], hook, hook_span) && ok;
	if (expr->kind != RPOL_EXPR_TEST)
		return ok;
	info = rpol_field_info(expr->field);
	if (info->hooks >> hook & 1)
		return true;
	if (!note_reported(check, expr))
		return false;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, expr->span, "there is no `%s` at `%s`",
			     info->name, rpol_hook_text(hook));
	rpol_diag_second(check->diags, diag, hook_span, "the policy's hook");
	rpol_diag_help(check->diags, diag, "put the policy at %s", hooks_text(check, info->hooks));
	return false;
}
