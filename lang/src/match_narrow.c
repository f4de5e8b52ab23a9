/* match_narrow.c: what must be true of a packet that makes a condition true.
 *
 * A test leaves values of its field, and of what its field depends on: `tcp.dport == 80` leaves TCP
 * of `proto`, IP of `eth.type`, and 80 of `dport` (docs/packets.md says which headers follow
 * which). */
#include "match.h"

static void note_conflict(struct matcher *m, const struct values *values, const struct values *with)
{
	m->conflict = (struct conflict){.test = values->by, .test_negated = values->negated};
	if (with) {
		m->conflict.with = with->by;
		m->conflict.with_negated = with->negated;
	}
}

/* Leaves of a field what both allow; false with the conflict noted when that is nothing. */
static bool narrow_field(struct matcher *m, struct state *state, enum rpol_field field,
			 const struct values *values)
{
	struct values *left = &state->fields[field], both;
	size_t a = left->nprefixes + left->nranges;
	size_t b = values->nprefixes + values->nranges;

	if (!values->known || a > MOST_PARTS || b > MOST_PARTS)
		return true;
	if (!left->known) {
		*left = *values;
		note_conflict(m, values, NULL);
		return b > 0;
	}
	both = values_meet(m, left, values);
	/* Who left nothing out is not to blame. */
	if (values_same(left, &both)) {
		both.by = left->by;
		both.negated = left->negated;
	}
	note_conflict(m, values, b ? left : NULL);
	*left = both;
	return both.nranges + both.nprefixes > 0;
}

static bool narrow_to(struct matcher *m, struct state *state, enum rpol_field field,
		      const struct rpol_range *ranges, size_t n, const struct rpol_expr *by)
{
	struct values values = {.known = true, .ranges = ranges, .nranges = n, .by = by};

	return narrow_field(m, state, field, &values);
}

/* ---- headers ----------------------------------------------------------------------------- */

static const struct rpol_range no[] = {{0, 0}}, yes[] = {{1, 1}};
static const struct rpol_range ip[] = {{0x0800, 0x0800}, {0x86dd, 0x86dd}};
static const struct rpol_range arp[] = {{0x0806, 0x0806}}, mpls[] = {{0x8847, 0x8848}};
static const struct rpol_range tcp[] = {{6, 6}}, udp[] = {{17, 17}}, gre[] = {{47, 47}};
static const struct rpol_range icmp[] = {{1, 1}}, icmp6[] = {{58, 58}};
static const struct rpol_range ports[] = {{6, 6}, {17, 17}, {33, 33}, {132, 132}, {136, 136}};
static const struct rpol_range vxlan[] = {{4789, 4789}};

/* The IP headers of a layer are `nip` from ip[first]; its protocols, if it says any. */
static bool narrow_ip(struct matcher *m, struct state *state, size_t first, size_t nip,
		      const struct rpol_range *protos, size_t n, const struct rpol_expr *by)
{
	return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, ip + first, nip, by) &&
	       (!n || (narrow_to(m, state, RPOL_FIELD_PROTO, protos, n, by) &&
		       narrow_to(m, state, RPOL_FIELD_FRAGMENT_LATER, no, 1, by)));
}

/* What a packet must be to have a field of the layer. */
static bool narrow_layer(struct matcher *m, struct state *state, enum rpol_layer layer,
			 const struct rpol_expr *by)
{
	switch (layer) {
	case RPOL_LAYER_ALWAYS:
	case RPOL_LAYER_L2:
	case RPOL_LAYER_ETH:
	case RPOL_LAYER_VLAN:
	case RPOL_LAYER_VLAN2:
		break;
	case RPOL_LAYER_ARP:
		return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, arp, 1, by);
	case RPOL_LAYER_MPLS:
		return narrow_to(m, state, RPOL_FIELD_ETH_TYPE, mpls, 1, by);
	case RPOL_LAYER_IP:
	case RPOL_LAYER_PROTO:
		return narrow_ip(m, state, 0, 2, NULL, 0, by);
	case RPOL_LAYER_IP4:
		return narrow_ip(m, state, 0, 1, NULL, 0, by);
	case RPOL_LAYER_IP6:
		return narrow_ip(m, state, 1, 1, NULL, 0, by);
	case RPOL_LAYER_PORTS:
		return narrow_ip(m, state, 0, 2, ports, sizeof(ports) / sizeof(ports[0]), by);
	case RPOL_LAYER_TCP:
		return narrow_ip(m, state, 0, 2, tcp, 1, by);
	case RPOL_LAYER_UDP:
		return narrow_ip(m, state, 0, 2, udp, 1, by);
	case RPOL_LAYER_ICMP:
		return narrow_ip(m, state, 0, 1, icmp, 1, by);
	case RPOL_LAYER_ICMP6:
		return narrow_ip(m, state, 1, 1, icmp6, 1, by);
	case RPOL_LAYER_GRE:
	case RPOL_LAYER_GRE_KEY:
		return narrow_ip(m, state, 0, 2, gre, 1, by);
	case RPOL_LAYER_VXLAN:
		return narrow_ip(m, state, 0, 2, udp, 1, by) &&
		       narrow_to(m, state, RPOL_FIELD_UDP_DPORT, vxlan, 1, by) &&
		       narrow_to(m, state, RPOL_FIELD_DPORT, vxlan, 1, by);
	}
	return true;
}

/* What a packet must be for a field that is true or false to be true. */
static bool narrow_true(struct matcher *m, struct state *state, enum rpol_field field,
			const struct rpol_expr *by)
{
	switch (field) {
	case RPOL_FIELD_FRAGMENT:
		return narrow_layer(m, state, RPOL_LAYER_IP, by);
	case RPOL_FIELD_FRAGMENT_LATER:
		return narrow_layer(m, state, RPOL_LAYER_IP, by) &&
		       narrow_to(m, state, RPOL_FIELD_FRAGMENT, yes, 1, by);
	case RPOL_FIELD_IP4_DF:
	case RPOL_FIELD_IP4_OPTIONS:
		return narrow_layer(m, state, RPOL_LAYER_IP4, by);
	case RPOL_FIELD_IP6_EXT:
		return narrow_layer(m, state, RPOL_LAYER_IP6, by);
	default:
		return true;
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

/* ---- tests and what is made of them ------------------------------------------------------ */

static bool narrow_test(struct matcher *m, struct state *state, const struct rpol_expr *test)
{
	const struct rpol_field_info *info = rpol_field_info(test->field);
	enum rpol_field twin = field_twin(test->field);
	struct values values;

	/* All fields of a tuple are there. */
	for (size_t i = 0; i < test->nfields; i++)
		if (!narrow_layer(m, state, rpol_field_info(test->fields[i])->layer, test))
			return false;
	values = test_values(m, test);
	return narrow_layer(m, state, info->layer, test) &&
	       (info->type != RPOL_TYPE_ADDR || narrow_family(m, state, &values)) &&
	       (test->op != RPOL_IS || narrow_true(m, state, test->field, test)) &&
	       narrow_field(m, state, test->field, &values) &&
	       (twin == test->field || narrow_field(m, state, twin, &values));
}

/* That a test is false says something only of a field that is there. */
static bool narrow_false(struct matcher *m, struct state *state, const struct rpol_expr *test)
{
	struct values *left = &state->fields[test->field], values;

	if (!left->known && rpol_field_info(test->field)->layer != RPOL_LAYER_ALWAYS)
		return true;
	values = test_values(m, test);
	if (!values.known || m->steps > MOST_STEPS)
		return true;
	if (!field_has_prefixes(test->field)) {
		values = values_complement(m, test->field, &values);
		return narrow_field(m, state, test->field, &values);
	}
	values.negated = true;
	note_conflict(m, &values, left);
	return !values_within(m, left, &values);
}

bool state_narrow(struct matcher *m, struct state *state, const struct rpol_expr *expr,
		  bool negated, bool witness)
{
	bool all = (expr->kind == RPOL_EXPR_AND) != negated;

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return true; /* `not any` is plain enough */
	case RPOL_EXPR_NOT:
		return state_narrow(m, state, expr->args[0], !negated, witness);
	case RPOL_EXPR_TEST:
		return negated ? narrow_false(m, state, expr) : narrow_test(m, state, expr);
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
				    !state_narrow(m, state, expr->args[i], negated, witness))
					return false;
			}
		return true;
	}
	m->alternatives = true;
	for (size_t i = 0; i < expr->nargs; i++) {
		struct state one = *state;

		if (state_narrow(m, &one, expr->args[i], negated, witness)) {
			if (witness)
				*state = one;
			return true;
		}
	}
	return false;
}
