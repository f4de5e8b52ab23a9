/* packet.c: reads a frame front to back, as docs/packets.md says.
 *
 * Every reader returns whether its layer is whole (a layer that is not there is), stores what the
 * layer says only then, and moves *at to the byte after it. The first that is not whole ends the
 * reading and makes the packet malformed. */
#include "rpol/packet.h"

#include <string.h>

#include "bytes.h"

#define ETH_HEADER 14
#define VLAN_TAG 4
#define MAX_TAGS 2
#define IPV6_HEADER 40
#define MAX_EXTENSIONS 8

#define VXLAN_PORT 4789

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_QINQ = 0x88a8,
};

enum {
	PROTO_HOP_BY_HOP = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_DCCP = 33,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_GRE = 47,
	PROTO_AH = 51,
	PROTO_ICMP6 = 58,
	PROTO_DESTINATION = 60,
	PROTO_SCTP = 132,
	PROTO_MOBILITY = 135,
	PROTO_UDPLITE = 136,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

static bool read_ethernet(struct rpol_packet *packet, size_t *at)
{
	if (packet->length < ETH_HEADER)
		return false;

	packet->has_l2 = true;
	memcpy(packet->eth_dst, packet->data, 6);
	memcpy(packet->eth_src, packet->data + 6, 6);
	uint16_t type = be16(packet->data + 12);
	*at = ETH_HEADER;
	while ((type == TYPE_VLAN || type == TYPE_QINQ) && packet->ntags < MAX_TAGS) {
		if (packet->length - *at < VLAN_TAG)
			return false;
		if (!packet->ntags)
			packet->vlan_pcp = packet->data[*at] >> 5;
		packet->vlan[packet->ntags++] = be16(packet->data + *at) & 0x0fff;
		type = be16(packet->data + *at + 2);
		*at += VLAN_TAG;
	}
	packet->has_eth = true;
	packet->eth_type = type;
	return true;
}

static bool read_arp(struct rpol_packet *packet, size_t at)
{
	if (packet->length - at < 8)
		return false;
	packet->has_arp = true;
	packet->arp_op = be16(packet->data + at + 6);
	return true;
}

static bool read_mpls(struct rpol_packet *packet, size_t at)
{
	if (packet->length - at < 4)
		return false;
	packet->has_mpls = true;
	packet->mpls_label = be32(packet->data + at) >> 12;
	return true;
}

static void store_addr(struct rpol_addr *addr, uint8_t family, const uint8_t *bytes)
{
	addr->family = family;
	memcpy(addr->bytes, bytes, family == 4 ? 4 : 16);
}

static bool read_ipv4(struct rpol_packet *packet, size_t *at)
{
	size_t there = packet->length - *at;
	if (there < 20)
		return false;

	const uint8_t *ip = packet->data + *at;
	size_t header = (size_t)(ip[0] & 15) * 4;
	size_t total = be16(ip + 2);
	if (ip[0] >> 4 != 4 || header < 20 || header > there || total < header || total > there)
		return false;

	packet->has_ip = true;
	packet->family = 4;
	packet->ip_offset = *at;
	packet->ip_length = total;
	packet->options = packet->ip4_options = header > 20;
	packet->dscp = ip[1] >> 2;
	packet->ecn = ip[1] & 3;
	packet->ip4_id = be16(ip + 4);
	packet->ip4_df = ip[6] & 0x40;
	packet->fragment_later = (be16(ip + 6) & 0x1fff) != 0;
	packet->fragment = packet->fragment_later || (ip[6] & 0x20);
	packet->ttl = ip[8];
	packet->has_proto = true;
	packet->proto = ip[9];
	packet->l4_offset = *at + header;
	store_addr(&packet->src, 4, ip + 12);
	store_addr(&packet->dst, 4, ip + 16);
	*at += header;
	return true;
}

static bool is_extension(uint8_t next)
{
	switch (next) {
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_FRAGMENT:
	case PROTO_DESTINATION:
	case PROTO_AH:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

static size_t extension_size(uint8_t kind, uint8_t length)
{
	if (kind == PROTO_FRAGMENT)
		return 8;
	if (kind == PROTO_AH)
		return 4 * ((size_t)length + 2);
	return 8 * ((size_t)length + 1);
}

/* Walks the extension headers from *at to the end of the IP packet. */
static bool read_extensions(struct rpol_packet *packet, uint8_t next, size_t *at)
{
	size_t end = packet->ip_offset + packet->ip_length;

	for (unsigned seen = 0; !packet->fragment_later && is_extension(next); seen++) {
		/* none of the kinds is shorter than 8 bytes */
		if (seen == MAX_EXTENSIONS || end - *at < 8)
			return false;
		const uint8_t *header = packet->data + *at;
		size_t size = extension_size(next, header[1]);
		if (size > end - *at)
			return false;
		if (next == PROTO_FRAGMENT) {
			uint16_t offset = be16(header + 2) & 0xfff8;
			bool more = header[3] & 1;
			packet->fragment_later = offset != 0;
			packet->fragment = packet->fragment || more || offset;
		}
		next = header[0];
		*at += size;
	}
	packet->has_proto = true;
	packet->proto = next;
	packet->l4_offset = *at;
	return true;
}

static bool read_ipv6(struct rpol_packet *packet, size_t *at)
{
	size_t there = packet->length - *at;
	if (there < IPV6_HEADER)
		return false;

	const uint8_t *ip = packet->data + *at;
	size_t total = IPV6_HEADER + be16(ip + 4);
	if (ip[0] >> 4 != 6 || total > there)
		return false;

	packet->has_ip = true;
	packet->family = 6;
	packet->ip_offset = *at;
	packet->ip_length = total;
	packet->options = ip[6] == PROTO_HOP_BY_HOP;
	packet->ip6_ext = is_extension(ip[6]);
	packet->dscp = (be16(ip) >> 6) & 0x3f;
	packet->ecn = ip[1] >> 4 & 3;
	packet->ip6_flow = be32(ip) & 0xfffff;
	packet->ttl = ip[7];
	store_addr(&packet->src, 6, ip + 8);
	store_addr(&packet->dst, 6, ip + 24);
	*at += IPV6_HEADER;
	return read_extensions(packet, ip[6], at);
}

/* What the EtherType announces. */
static bool read_l3(struct rpol_packet *packet, size_t *at)
{
	switch (packet->eth_type) {
	case TYPE_IPV4:
		return read_ipv4(packet, at);
	case TYPE_IPV6:
		return read_ipv6(packet, at);
	case TYPE_ARP:
		return read_arp(packet, *at);
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return read_mpls(packet, *at);
	default:
		return true;
	}
}

static void store_ports(struct rpol_packet *packet, const uint8_t *l4)
{
	packet->has_ports = true;
	packet->sport = be16(l4);
	packet->dport = be16(l4 + 2);
}

static bool read_tcp(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (there < 20)
		return false;
	size_t header = (size_t)(l4[12] >> 4) * 4;
	if (header < 20 || header > there)
		return false;
	store_ports(packet, l4);
	packet->has_tcp = true;
	packet->tcp_flags = l4[13];
	return true;
}

/* A header that is not whole, or not VXLAN's, is just a payload. */
static void look_for_vxlan(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (packet->dport != VXLAN_PORT || packet->udp_len < 16 || there < 16 || !(l4[8] & 0x08))
		return;
	packet->has_vxlan = true;
	packet->vxlan_vni = be32(l4 + 12) >> 8;
}

static bool read_udp(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (there < 8)
		return false;
	uint16_t length = be16(l4 + 4);
	/* a first fragment rightly states the length of the whole datagram */
	if (length < 8 || (!packet->fragment && length > there))
		return false;
	store_ports(packet, l4);
	packet->has_udp = true;
	packet->udp_len = length;
	look_for_vxlan(packet, l4, there);
	return true;
}

/* A header of which only the ports are looked at. */
static bool read_ports(struct rpol_packet *packet, const uint8_t *l4, size_t there, size_t header)
{
	if (there < header)
		return false;
	store_ports(packet, l4);
	return true;
}

static bool read_icmp(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (there < 8)
		return false;
	packet->has_icmp = true;
	packet->icmp_type = l4[0];
	packet->icmp_code = l4[1];
	return true;
}

static bool read_icmp6(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (there < 4)
		return false;
	packet->has_icmp6 = true;
	packet->icmp6_type = l4[0];
	packet->icmp6_code = l4[1];
	return true;
}

static bool read_gre(struct rpol_packet *packet, const uint8_t *l4, size_t there)
{
	if (there < 4)
		return false;
	bool checksum = l4[0] & 0x80, key = l4[0] & 0x20, sequence = l4[0] & 0x10;
	size_t key_at = checksum ? 8 : 4;
	if ((l4[1] & 7) != 0 || there < 4 + 4 * ((size_t)checksum + key + sequence))
		return false;
	packet->has_gre = true;
	packet->gre_proto = be16(l4 + 2);
	packet->has_gre_key = key;
	if (key)
		packet->gre_key = be32(l4 + key_at);
	return true;
}

static bool read_l4(struct rpol_packet *packet, size_t at)
{
	if (!packet->has_proto || packet->fragment_later)
		return true;

	const uint8_t *l4 = packet->data + at;
	size_t there = packet->ip_offset + packet->ip_length - at;
	switch (packet->proto) {
	case PROTO_TCP:
		return read_tcp(packet, l4, there);
	case PROTO_UDP:
		return read_udp(packet, l4, there);
	case PROTO_SCTP:
	case PROTO_DCCP:
		return read_ports(packet, l4, there, 12);
	case PROTO_UDPLITE:
		return read_ports(packet, l4, there, 8);
	case PROTO_ICMP:
		return packet->family != 4 || read_icmp(packet, l4, there);
	case PROTO_ICMP6:
		return packet->family != 6 || read_icmp6(packet, l4, there);
	case PROTO_GRE:
		return read_gre(packet, l4, there);
	default:
		return true;
	}
}

void rpol_packet_read(const uint8_t *data, size_t length, struct rpol_packet *out)
{
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	out->data = data;
	out->length = length;
	out->malformed = !(read_ethernet(out, &at) && read_l3(out, &at) && read_l4(out, at));
}
