/* fields.c: one line for each row of fields.def. A missing one does not compile. */
#include "fields.h"

#include <assert.h>
#include <string.h>

#include "bytes.h"
#include "flow.h"

#define SECOND UINT64_C(1000000000)
#define DAY 86400

static bool has_layer(const struct rpol_packet *packet, enum rpol_layer layer)
{
	switch (layer) {
	case RPOL_LAYER_ALWAYS:
		return true;
	case RPOL_LAYER_L2:
		return packet->has_l2;
	case RPOL_LAYER_ETH:
		return packet->has_eth;
	case RPOL_LAYER_VLAN:
		return packet->ntags >= 1;
	case RPOL_LAYER_VLAN2:
		return packet->ntags >= 2;
	case RPOL_LAYER_IP:
		return packet->has_ip;
	case RPOL_LAYER_PROTO:
		return packet->has_proto;
	case RPOL_LAYER_PORTS:
		return packet->has_ports;
	case RPOL_LAYER_TCP:
		return packet->has_tcp;
	case RPOL_LAYER_UDP:
		return packet->has_udp;
	case RPOL_LAYER_ICMP:
		return packet->has_icmp;
	case RPOL_LAYER_ICMP6:
		return packet->has_icmp6;
	case RPOL_LAYER_GRE:
		return packet->has_gre;
	case RPOL_LAYER_GRE_KEY:
		return packet->has_gre_key;
	case RPOL_LAYER_VXLAN:
		return packet->has_vxlan;
	case RPOL_LAYER_IP4:
		return packet->has_ip && packet->family == 4;
	case RPOL_LAYER_IP6:
		return packet->has_ip && packet->family == 6;
	case RPOL_LAYER_ARP:
		return packet->has_arp;
	case RPOL_LAYER_MPLS:
		return packet->has_mpls;
	}
	assert(!"layer");
	return false;
}

static uint32_t number(const struct rpol_packet *packet, enum rpol_field field)
{
	switch (field) {
	case RPOL_FIELD_ETH_TYPE:
		return packet->eth_type;
	case RPOL_FIELD_VLAN_ID:
		return packet->vlan[0];
	case RPOL_FIELD_VLAN_INNER:
		return packet->vlan[1];
	case RPOL_FIELD_VLAN_PCP:
		return packet->vlan_pcp;
	case RPOL_FIELD_PROTO:
		return packet->proto;
	case RPOL_FIELD_TTL:
		return packet->ttl;
	case RPOL_FIELD_LEN:
		return (uint32_t)packet->ip_length;
	case RPOL_FIELD_DSCP:
		return packet->dscp;
	case RPOL_FIELD_ECN:
		return packet->ecn;
	case RPOL_FIELD_FRAGMENT:
		return packet->fragment;
	case RPOL_FIELD_FRAGMENT_LATER:
		return packet->fragment_later;
	case RPOL_FIELD_MALFORMED:
		return packet->malformed;
	case RPOL_FIELD_SPORT:
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_UDP_SPORT:
		return packet->sport;
	case RPOL_FIELD_DPORT:
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_UDP_DPORT:
		return packet->dport;
	case RPOL_FIELD_TCP_FLAGS:
		return packet->tcp_flags;
	case RPOL_FIELD_UDP_LEN:
		return packet->udp_len;
	case RPOL_FIELD_ICMP_TYPE:
		return packet->icmp_type;
	case RPOL_FIELD_ICMP_CODE:
		return packet->icmp_code;
	case RPOL_FIELD_ICMP6_TYPE:
		return packet->icmp6_type;
	case RPOL_FIELD_ICMP6_CODE:
		return packet->icmp6_code;
	case RPOL_FIELD_GRE_PROTO:
		return packet->gre_proto;
	case RPOL_FIELD_GRE_KEY:
		return packet->gre_key;
	case RPOL_FIELD_VXLAN_VNI:
		return packet->vxlan_vni;
	case RPOL_FIELD_IP4_ID:
		return packet->ip4_id;
	case RPOL_FIELD_IP4_DF:
		return packet->ip4_df;
	case RPOL_FIELD_IP4_OPTIONS:
		return packet->ip4_options;
	case RPOL_FIELD_IP6_FLOW:
		return packet->ip6_flow;
	case RPOL_FIELD_IP6_EXT:
		return packet->ip6_ext;
	case RPOL_FIELD_ARP_OP:
		return packet->arp_op;
	case RPOL_FIELD_MPLS_LABEL:
		return packet->mpls_label;
	case RPOL_FIELD_MARK:
		return packet->mark;
	case RPOL_FIELD_PRIORITY:
		return packet->priority;
	case RPOL_FIELD_TIME:
		return (uint32_t)(packet->time_ns / SECOND % DAY);
	case RPOL_FIELD_WEEKDAY:
		/* the epoch began on a Thursday */
		return (uint32_t)((packet->time_ns / SECOND / DAY + 3) % 7 + 1);
	case RPOL_FIELD_ETH_SRC:
	case RPOL_FIELD_ETH_DST:
	case RPOL_FIELD_HASH:
	case RPOL_FIELD_RANDOM:
	case RPOL_FIELD_IFACE:
	case RPOL_FIELD_SRC:
	case RPOL_FIELD_DST:
	case RPOL_FIELD_COUNT:
		break;
	}
	assert(!"field that is a number");
	return 0;
}

bool rpol_packet_number(const struct rpol_packet *packet, enum rpol_field field, uint32_t *value)
{
	if (!has_layer(packet, rpol_field_info(field)->layer))
		return false;
	*value = number(packet, field);
	return true;
}

const struct rpol_addr *rpol_packet_addr(const struct rpol_packet *packet, enum rpol_field field)
{
	assert(field == RPOL_FIELD_SRC || field == RPOL_FIELD_DST);
	if (!packet->has_ip)
		return NULL;
	return field == RPOL_FIELD_SRC ? &packet->src : &packet->dst;
}

const uint8_t *rpol_packet_mac(const struct rpol_packet *packet, enum rpol_field field)
{
	assert(field == RPOL_FIELD_ETH_SRC || field == RPOL_FIELD_ETH_DST);
	if (!packet->has_l2)
		return NULL;
	return field == RPOL_FIELD_ETH_SRC ? packet->eth_src : packet->eth_dst;
}

/* Writes a field's value as docs/packets.md, "Keys", says: zeros when the packet has none. */
static void write_key(const struct rpol_packet *packet, const struct rpol_interface *iface,
		      enum rpol_field field, uint8_t *to)
{
	enum rpol_type type = rpol_field_info(field)->type;
	const struct rpol_addr *addr;
	const uint8_t *mac;
	uint32_t value;

	if (type == RPOL_TYPE_ADDR) {
		addr = rpol_packet_addr(packet, field);
		if (addr && addr->family == 4) {
			to[10] = to[11] = 0xff;
			memcpy(to + 12, addr->bytes, 4);
		} else if (addr) {
			memcpy(to, addr->bytes, 16);
		}
	} else if (type == RPOL_TYPE_MAC) {
		mac = rpol_packet_mac(packet, field);
		if (mac)
			memcpy(to, mac, 6);
	} else if (type == RPOL_TYPE_IFACE) {
		put_be32(to, iface->index + 1);
	} else if (rpol_packet_number(packet, field, &value)) {
		put_be32(to, value);
	}
}

uint32_t rpol_packet_bucket(const struct rpol_packet *packet, const struct rpol_interface *iface,
			    const enum rpol_field *keys, size_t nkeys)
{
	uint8_t key[RPOL_MAX_KEY] = {0};
	size_t size = 0;

	if (!keys)
		return rpol_packet_flow_hash(packet) >> 24;
	for (size_t i = 0; i < nkeys; i++) {
		write_key(packet, iface, keys[i], key + size);
		size += rpol_key_field_size(keys[i]);
	}
	return rpol_murmur3_32(key, size, 0) >> 24;
}
