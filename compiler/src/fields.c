/* fields.c: where the generated program finds each field, and the layers a field hangs on. */
#include "lowering.h"

#include <stdio.h>
#include <string.h>

const struct lowered_field *lowered_field(enum rpol_field field)
{
	static const struct lowered_field fields[RPOL_FIELD_COUNT] = {
		[RPOL_FIELD_IFACE] = {"p->ifindex", 0, NEED_NONE},
		[RPOL_FIELD_ETH_SRC] = {"p->eth_src", HAS_L2, NEED_ETH, READS_MACS},
		[RPOL_FIELD_ETH_DST] = {"p->eth_dst", HAS_L2, NEED_ETH, READS_MACS},
		[RPOL_FIELD_ETH_TYPE] = {"p->eth_type", HAS_ETH, NEED_ETH},
		[RPOL_FIELD_VLAN_ID] = {"p->vlan", HAS_VLAN, NEED_ETH},
		[RPOL_FIELD_VLAN_INNER] = {"p->vlan_inner", HAS_VLAN2, NEED_ETH},
		[RPOL_FIELD_VLAN_PCP] = {"p->vlan_pcp", HAS_VLAN, NEED_ETH},
		[RPOL_FIELD_SRC] = {NULL, HAS_IP, NEED_IP},
		[RPOL_FIELD_DST] = {NULL, HAS_IP, NEED_IP},
		[RPOL_FIELD_PROTO] = {"p->proto", HAS_PROTO, NEED_PROTO},
		[RPOL_FIELD_TTL] = {"p->ttl", HAS_IP, NEED_IP},
		[RPOL_FIELD_LEN] = {"p->len", HAS_IP, NEED_IP},
		[RPOL_FIELD_DSCP] = {"p->tos >> 2", HAS_IP, NEED_IP},
		[RPOL_FIELD_ECN] = {"p->tos & 3", HAS_IP, NEED_IP},
		[RPOL_FIELD_FRAGMENT] = {"p->has & RPOL_FRAGMENT", 0, NEED_PROTO},
		[RPOL_FIELD_FRAGMENT_LATER] = {"p->has & RPOL_FRAGMENT_LATER", 0, NEED_PROTO},
		/* Whatever else a policy reads, what is malformed is malformed. */
		[RPOL_FIELD_MALFORMED] = {"p->has & RPOL_MALFORMED", 0, NEED_L4},
		[RPOL_FIELD_SPORT] = {"p->sport", HAS_PORTS, NEED_L4},
		[RPOL_FIELD_DPORT] = {"p->dport", HAS_PORTS, NEED_L4},
		[RPOL_FIELD_TCP_SPORT] = {"p->sport", HAS_TCP, NEED_L4},
		[RPOL_FIELD_TCP_DPORT] = {"p->dport", HAS_TCP, NEED_L4},
		[RPOL_FIELD_TCP_FLAGS] = {"p->tcp_flags", HAS_TCP, NEED_L4},
		[RPOL_FIELD_UDP_SPORT] = {"p->sport", HAS_UDP, NEED_L4},
		[RPOL_FIELD_UDP_DPORT] = {"p->dport", HAS_UDP, NEED_L4},
		[RPOL_FIELD_UDP_LEN] = {"p->udp_len", HAS_UDP, NEED_L4},
		[RPOL_FIELD_ICMP_TYPE] = {"p->icmp_type", HAS_ICMP, NEED_L4},
		[RPOL_FIELD_ICMP_CODE] = {"p->icmp_code", HAS_ICMP, NEED_L4},
		[RPOL_FIELD_ICMP6_TYPE] = {"p->icmp_type", HAS_ICMP6, NEED_L4},
		[RPOL_FIELD_ICMP6_CODE] = {"p->icmp_code", HAS_ICMP6, NEED_L4},
		[RPOL_FIELD_GRE_PROTO] = {"p->gre_proto", HAS_GRE, NEED_L4},
		[RPOL_FIELD_GRE_KEY] = {"p->gre_key", HAS_GRE_KEY, NEED_L4},
		[RPOL_FIELD_VXLAN_VNI] = {"p->vni", HAS_VXLAN, NEED_L4, READS_VXLAN},
		[RPOL_FIELD_IP4_ID] = {"p->ip4_id", HAS_IP4, NEED_IP},
		[RPOL_FIELD_IP4_DF] = {"p->has & RPOL_DF", 0, NEED_IP},
		[RPOL_FIELD_IP4_OPTIONS] = {"RPOL_HAS(p, RPOL_IP4 | RPOL_OPTIONS)", 0, NEED_IP},
		[RPOL_FIELD_IP6_FLOW] = {"p->label", HAS_IP6, NEED_IP},
		[RPOL_FIELD_IP6_EXT] = {"p->has & RPOL_EXT", 0, NEED_IP},
		[RPOL_FIELD_ARP_OP] = {"p->arp_op", HAS_ARP, NEED_IP},
		[RPOL_FIELD_MPLS_LABEL] = {"p->label", HAS_MPLS, NEED_IP},
		[RPOL_FIELD_MARK] = {"p->mark", 0, NEED_NONE, READS_META},
		[RPOL_FIELD_PRIORITY] = {"p->priority", 0, NEED_NONE, READS_META},
		[RPOL_FIELD_HASH] = {NULL, 0, NEED_NONE},
		[RPOL_FIELD_RANDOM] = {NULL, 0, NEED_NONE},
		[RPOL_FIELD_TIME] = {"p->second", 0, NEED_NONE, READS_TIME},
		[RPOL_FIELD_WEEKDAY] = {"p->weekday", 0, NEED_NONE, READS_TIME},
	};

	return &fields[field];
}

const char *lowered_need_text(struct rpol_arena *arena, enum need need, unsigned reads)
{
	static const char *const depths[] = {
		"RPOL_NEED_NONE",  "RPOL_NEED_ETH", "RPOL_NEED_IP",
		"RPOL_NEED_PROTO", "RPOL_NEED_L4",
	};
	static const char *const besides[READS_BITS] = {"RPOL_NEED_VXLAN", "RPOL_NEED_META",
							"RPOL_NEED_MACS", "RPOL_NEED_TIME"};
	const char *text = depths[need];

	for (int i = 0; i < READS_BITS; i++)
		if (reads >> i & 1)
			text = rpol_arena_printf(arena, "%s | %s", text, besides[i]);
	return text;
}

static const struct {
	const char *name;
	unsigned implies; /* directly */
} layers[HAS_BITS] = {
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
	/* the bits between are no layers */
	[16] = {"RPOL_ICMP6", HAS_IP6 | HAS_PROTO},
	{"RPOL_GRE", HAS_PROTO},
	{"RPOL_GRE_KEY", HAS_GRE},
	{"RPOL_VXLAN", HAS_UDP},
	{"RPOL_ARP", HAS_ETH},
	{"RPOL_MPLS", HAS_ETH},
	[24] = {"RPOL_L2", 0},
};

unsigned lowered_closure(unsigned has)
{
	/* A layer implies only ones before it but for PROTO under IP4, hence twice. */
	for (int pass = 0; pass < 2; pass++)
		for (int i = HAS_BITS - 1; i >= 0; i--)
			if (has >> i & 1)
				has |= layers[i].implies;
	return has;
}

const char *lowered_guard_text(struct rpol_arena *arena, unsigned has, unsigned known)
{
	const char *text = "";

	for (int i = 0; i < HAS_BITS; i++) {
		unsigned bit = 1u << i, others = has & ~bit;

		if (!(has & bit) || lowered_closure(known) & bit || lowered_closure(others) & bit)
			continue;
		text = *text ? rpol_arena_printf(arena, "%s | %s", text, layers[i].name)
			     : layers[i].name;
	}
	return text;
}
