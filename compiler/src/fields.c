/* fields.c: where the generated program finds each field, and the layers that fields and
 * conditions hang on. */
#include "lowering.h"

#include <stdio.h>
#include <string.h>

const struct lowered_field *lowered_field(enum rpol_field field)
{
	static const struct lowered_field fields[RPOL_FIELD_COUNT] = {
		[RPOL_FIELD_IFACE] = {"p->ifindex", 0, 0},
		[RPOL_FIELD_ETH_SRC] = {"p->eth_src", HAS_L2, 0},
		[RPOL_FIELD_ETH_DST] = {"p->eth_dst", HAS_L2, 0},
		[RPOL_FIELD_ETH_TYPE] = {"p->eth_type", HAS_ETH, 0},
		[RPOL_FIELD_VLAN_ID] = {"p->vlan", HAS_VLAN, 0},
		[RPOL_FIELD_VLAN_INNER] = {"p->vlan_inner", HAS_VLAN2, 0},
		[RPOL_FIELD_VLAN_PCP] = {"p->vlan_pcp", HAS_VLAN, 0},
		[RPOL_FIELD_SRC] = {NULL, HAS_IP, READS_ADDRS},
		[RPOL_FIELD_DST] = {NULL, HAS_IP, READS_ADDRS},
		[RPOL_FIELD_PROTO] = {"p->proto", HAS_PROTO, 0},
		[RPOL_FIELD_TTL] = {"p->ttl", HAS_IP, 0},
		[RPOL_FIELD_LEN] = {"p->len", HAS_IP, 0},
		[RPOL_FIELD_DSCP] = {"p->tos >> 2", HAS_IP, 0},
		[RPOL_FIELD_ECN] = {"p->tos & 3", HAS_IP, 0},
		[RPOL_FIELD_FRAGMENT] = {"p->has & RPOL_FRAGMENT", 0, HAS_FRAGMENT},
		[RPOL_FIELD_FRAGMENT_LATER] = {"p->has & RPOL_FRAGMENT_LATER", 0,
					       HAS_FRAGMENT_LATER},
		/* Whatever else a policy reads, what is malformed is malformed. */
		[RPOL_FIELD_MALFORMED] = {"p->has & RPOL_MALFORMED", 0, HAS_MALFORMED},
		[RPOL_FIELD_SPORT] = {"p->sport", HAS_PORTS, 0},
		[RPOL_FIELD_DPORT] = {"p->dport", HAS_PORTS, 0},
		[RPOL_FIELD_TCP_SPORT] = {"p->sport", HAS_TCP, 0},
		[RPOL_FIELD_TCP_DPORT] = {"p->dport", HAS_TCP, 0},
		[RPOL_FIELD_TCP_FLAGS] = {"p->tcp_flags", HAS_TCP, 0},
		[RPOL_FIELD_UDP_SPORT] = {"p->sport", HAS_UDP, 0},
		[RPOL_FIELD_UDP_DPORT] = {"p->dport", HAS_UDP, 0},
		[RPOL_FIELD_UDP_LEN] = {"p->udp_len", HAS_UDP, 0},
		[RPOL_FIELD_ICMP_TYPE] = {"p->icmp_type", HAS_ICMP, 0},
		[RPOL_FIELD_ICMP_CODE] = {"p->icmp_code", HAS_ICMP, 0},
		[RPOL_FIELD_ICMP6_TYPE] = {"p->icmp_type", HAS_ICMP6, 0},
		[RPOL_FIELD_ICMP6_CODE] = {"p->icmp_code", HAS_ICMP6, 0},
		[RPOL_FIELD_GRE_PROTO] = {"p->gre_proto", HAS_GRE, 0},
		[RPOL_FIELD_GRE_KEY] = {"p->gre_key", HAS_GRE_KEY, 0},
		[RPOL_FIELD_VXLAN_VNI] = {"p->vni", HAS_VXLAN, 0},
		[RPOL_FIELD_IP4_ID] = {"p->ip4_id", HAS_IP4, 0},
		[RPOL_FIELD_IP4_DF] = {"p->has & RPOL_DF", 0, HAS_DF},
		[RPOL_FIELD_IP4_OPTIONS] = {"RPOL_HAS(p, RPOL_IP4 | RPOL_OPTIONS)", 0,
					    HAS_IP4 | HAS_OPTIONS},
		[RPOL_FIELD_IP6_FLOW] = {"p->label", HAS_IP6, 0},
		[RPOL_FIELD_IP6_EXT] = {"p->has & RPOL_EXT", 0, HAS_EXT},
		[RPOL_FIELD_ARP_OP] = {"p->arp_op", HAS_ARP, 0},
		[RPOL_FIELD_MPLS_LABEL] = {"p->label", HAS_MPLS, 0},
		[RPOL_FIELD_MARK] = {"p->mark", 0, READS_META},
		[RPOL_FIELD_PRIORITY] = {"p->priority", 0, READS_META},
		[RPOL_FIELD_HASH] = {NULL, 0, 0},
		[RPOL_FIELD_RANDOM] = {NULL, 0, 0},
		[RPOL_FIELD_TIME] = {"p->second", 0, READS_TIME},
		[RPOL_FIELD_WEEKDAY] = {"p->weekday", 0, READS_TIME},
	};

	return &fields[field];
}

static const struct {
	const char *name;
	unsigned implies; /* directly */
} layers[NEED_BITS] = {
	{"RPOL_ETH", HAS_L2},
	{"RPOL_VLAN", 0},
	{"RPOL_VLAN2", HAS_VLAN},
	{"RPOL_IP", HAS_ETH},
	{"RPOL_IP4", HAS_IP | HAS_PROTO},
	{"RPOL_IP6", HAS_IP},
	{"RPOL_PROTO", HAS_IP},
	{"RPOL_PORTS", HAS_PROTO},
	{"RPOL_TCP", HAS_PORTS},
	{"RPOL_UDP", HAS_PORTS},
	{"RPOL_ICMP", HAS_IP4},
	{"RPOL_FRAGMENT", HAS_IP},
	{"RPOL_FRAGMENT_LATER", HAS_IP},
	{"RPOL_MALFORMED", 0},
	{"RPOL_OPTIONS", HAS_IP},
	{"RPOL_GROUP_MAC", 0},
	{"RPOL_ICMP6", HAS_IP6 | HAS_PROTO},
	{"RPOL_GRE", HAS_PROTO},
	{"RPOL_GRE_KEY", HAS_GRE},
	{"RPOL_VXLAN", HAS_UDP},
	{"RPOL_ARP", HAS_ETH},
	{"RPOL_MPLS", HAS_ETH},
	{"RPOL_DF", HAS_IP4},
	{"RPOL_EXT", HAS_IP6},
	{"RPOL_L2", 0},
	{"RPOL_ADDRS", HAS_IP},
	{"RPOL_META", 0},
	{"RPOL_TIME", 0},
	{"RPOL_OPAQUE", 0},
};

unsigned lowered_closure(unsigned has)
{
	/* A layer implies only ones before it but for PROTO under IP4, hence twice. */
	for (int pass = 0; pass < 2; pass++)
		for (int i = NEED_BITS - 1; i >= 0; i--)
			if (has >> i & 1)
				has |= layers[i].implies;
	return has;
}

unsigned lowered_need(unsigned bits, unsigned known)
{
	unsigned all = lowered_closure(bits), families = all & (HAS_IP4 | HAS_IP6);

	/* What either family may have is looked for in those that the packet may be of. */
	if (all & (HAS_IP | HAS_MALFORMED) && !families)
		families = (known & HAS_IP6 ? 0 : HAS_IP4) | (known & HAS_IP4 ? 0 : HAS_IP6);
	return (bits & ~HAS_IP) | families;
}

static const char *joined(struct rpol_arena *arena, const char *text, int bit)
{
	return *text ? rpol_arena_printf(arena, "%s | %s", text, layers[bit].name)
		     : layers[bit].name;
}

const char *lowered_need_text(struct rpol_arena *arena, unsigned need)
{
	const char *text = "";

	for (int i = 0; i < NEED_BITS; i++)
		if (need >> i & 1)
			text = joined(arena, text, i);
	return *text ? text : "0";
}

const char *lowered_guard_text(struct rpol_arena *arena, unsigned has, unsigned known)
{
	const char *text = "";

	for (int i = 0; i < NEED_BITS; i++) {
		unsigned bit = 1u << i, others = has & ~bit;

		if ((has & bit) && !(lowered_closure(known) & bit) &&
		    !(lowered_closure(others) & bit))
			text = joined(arena, text, i);
	}
	return text;
}

unsigned lowered_key_guard(const enum rpol_field *fields, size_t count)
{
	unsigned has = 0;

	for (size_t i = 0; i < count; i++)
		has |= lowered_field(fields[i])->guard;
	return lowered_closure(has);
}

unsigned lowered_families_guard(const struct lowered_family family[2])
{
	/* One without entries, or a map, may hold either. */
	if (!family[0].count == !family[1].count)
		return lowered_closure(HAS_IP);
	return lowered_closure(family[0].count ? HAS_IP4 : HAS_IP6);
}

unsigned lowered_guard(const struct lowering *lowering, const struct rpol_expr *expr)
{
	unsigned has = 0;

	switch (expr->kind) {
	case RPOL_EXPR_TEST:
		if (expr->nfields)
			return lowered_key_guard(expr->fields, expr->nfields);
		if (rpol_field_info(expr->field)->type != RPOL_TYPE_ADDR)
			return lowered_closure(lowered_field(expr->field)->guard);
		if (expr->op == RPOL_IN)
			return lowered_families_guard(lowering->sets[expr->set->index].family);
		return lowered_closure(expr->addr.family == 4 ? HAS_IP4 : HAS_IP6);
	case RPOL_EXPR_AND:
		for (size_t i = 0; i < expr->nargs; i++)
			has |= lowered_guard(lowering, expr->args[i]);
		return has;
	case RPOL_EXPR_OR:
		has = ~0u;
		for (size_t i = 0; i < expr->nargs; i++)
			has &= lowered_guard(lowering, expr->args[i]);
		return has;
	default:
		return 0;
	}
}
