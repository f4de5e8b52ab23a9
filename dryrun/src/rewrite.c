/* rewrite.c: actions: bytes of the frame, the checksums that cover them, and what the packet says.
 *
 * A checksum is updated from what changed (RFC 1624, equation 3), never computed anew: one that was
 * wrong stays exactly as wrong. */
#include "rewrite.h"

#include <assert.h>
#include <string.h>

#include "bytes.h"
#include "fields.h"

#define TAG_OFFSET 12 /* of the outer VLAN tag in a frame */
#define VLAN_TAG 4

enum { TYPE_VLAN = 0x8100 };

enum {
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_DCCP = 33,
	PROTO_ICMP6 = 58,
	PROTO_SCTP = 132,
	PROTO_UDPLITE = 136
};

/* ---- checksums -------------------------------------------------------------------------- */

/* What a change of some 16-bit words does to a checksum over them. */
struct change {
	uint32_t sum; /* of each: the complement of the old, and the new */
};

static void note(struct change *change, const uint8_t *before, const uint8_t *after, size_t length)
{
	assert(length % 2 == 0);
	for (size_t i = 0; i < length; i += 2)
		change->sum += (uint16_t)~be16(before + i) + (uint32_t)be16(after + i);
}

/* Zero has two forms in one's complement: the sum is never +0, so the checksum is never 0xffff. */
static void update(uint8_t *checksum, const struct change *change)
{
	uint32_t sum = 0xffff + (uint16_t)~be16(checksum) + change->sum;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(checksum, (uint16_t)~sum);
}

/* Where the checksum of what follows IP is, from its first byte; 0: there is none to be updated. */
static size_t checksum_offset(const struct rpol_packet *packet, bool pseudo_header)
{
	switch (packet->proto) {
	case PROTO_TCP:
		return packet->has_ports ? 16 : 0;
	case PROTO_UDP:
	case PROTO_DCCP:
	case PROTO_UDPLITE:
		return packet->has_ports ? 6 : 0;
	case PROTO_ICMP6:
		return pseudo_header && packet->has_icmp6 ? 2 : 0;
	default:
		return 0;
	}
}

static void update_l4(const struct rpol_packet *packet, uint8_t *frame, const struct change *change,
		      bool pseudo_header)
{
	/* in UDP, 0 says that there is none */
	bool optional = packet->proto == PROTO_UDP || packet->proto == PROTO_UDPLITE;
	size_t offset = packet->has_proto ? checksum_offset(packet, pseudo_header) : 0;
	uint8_t *checksum = frame + packet->l4_offset + offset;

	if (!offset || (optional && !be16(checksum)))
		return;
	update(checksum, change);
	if (optional && !be16(checksum))
		put_be16(checksum, 0xffff);
}

/* ---- fields ----------------------------------------------------------------------------- */

/* Writes bytes of the IP header whose IPv4 checksum, if there is one, covers them. */
static void write_ip(const struct rpol_packet *packet, uint8_t *frame, size_t offset,
		     const uint8_t *bytes, size_t length, struct change *change)
{
	uint8_t *ip = frame + packet->ip_offset;

	note(change, ip + offset, bytes, length);
	memcpy(ip + offset, bytes, length);
	if (packet->family == 4)
		update(ip + 10, change);
}

static void set_mac(struct rpol_packet *packet, uint8_t *frame, bool source, const uint8_t mac[6])
{
	if (!packet->has_l2)
		return;
	memcpy(frame + (source ? 6 : 0), mac, 6);
	memcpy(source ? packet->eth_src : packet->eth_dst, mac, 6);
}

static void set_addr(struct rpol_packet *packet, uint8_t *frame, bool source,
		     const struct rpol_addr *addr)
{
	size_t size = packet->family == 4 ? 4 : 16;
	size_t offset = packet->family == 4 ? 12 : 8;
	struct change change = {0};

	if (!packet->has_ip || packet->family != addr->family)
		return;
	write_ip(packet, frame, offset + (source ? 0 : size), addr->bytes, size, &change);
	update_l4(packet, frame, &change, true);
	*(source ? &packet->src : &packet->dst) = *addr;
}

static void set_port(struct rpol_packet *packet, uint8_t *frame, bool source, uint32_t port)
{
	uint8_t *at = frame + packet->l4_offset + (source ? 0 : 2), bytes[2];
	struct change change = {0};

	/* SCTP's CRC32c covers all of the packet */
	if (packet->proto == PROTO_SCTP)
		return;
	put_be16(bytes, (uint16_t)port);
	note(&change, at, bytes, 2);
	memcpy(at, bytes, 2);
	update_l4(packet, frame, &change, false);
	*(source ? &packet->sport : &packet->dport) = (uint16_t)port;
}

static void set_ttl(struct rpol_packet *packet, uint8_t *frame, uint32_t ttl)
{
	const uint8_t *ip = frame + packet->ip_offset;
	struct change change = {0};

	if (packet->family == 4)
		write_ip(packet, frame, 8, (uint8_t[]){(uint8_t)ttl, ip[9]}, 2, &change);
	else
		write_ip(packet, frame, 6, (uint8_t[]){ip[6], (uint8_t)ttl}, 2, &change);
	packet->ttl = (uint8_t)ttl;
}

/* TOS, or the traffic class, which is the middle of IPv6's first word. */
static void set_tos(struct rpol_packet *packet, uint8_t *frame, uint8_t mask, uint8_t value)
{
	uint8_t *ip = frame + packet->ip_offset, bytes[2] = {ip[0], ip[1]};
	struct change change = {0};

	if (packet->family == 4) {
		bytes[1] = (uint8_t)((ip[1] & ~mask) | value);
	} else {
		put_be16(bytes, (uint16_t)((be16(ip) & ~(mask << 4)) | value << 4));
	}
	write_ip(packet, frame, 0, bytes, 2, &change);
}

/* The outer tag's two bytes of priority and identifier. */
static void set_tag(uint8_t *frame, uint16_t mask, uint16_t value)
{
	uint8_t *tag = frame + TAG_OFFSET + 2;

	put_be16(tag, (uint16_t)((be16(tag) & ~mask) | value));
}

static void set(const struct rpol_action *action, struct rpol_packet *packet, uint8_t *frame)
{
	uint32_t number;

	switch (action->field) {
	case RPOL_FIELD_ETH_SRC:
	case RPOL_FIELD_ETH_DST:
		set_mac(packet, frame, action->field == RPOL_FIELD_ETH_SRC, action->mac);
		return;
	case RPOL_FIELD_SRC:
	case RPOL_FIELD_DST:
		set_addr(packet, frame, action->field == RPOL_FIELD_SRC, &action->addr);
		return;
	default:
		break;
	}
	if (!rpol_packet_number(packet, action->field, &number))
		return;
	switch (action->field) {
	case RPOL_FIELD_SPORT:
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_UDP_SPORT:
		set_port(packet, frame, true, action->number);
		return;
	case RPOL_FIELD_DPORT:
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_UDP_DPORT:
		set_port(packet, frame, false, action->number);
		return;
	case RPOL_FIELD_TTL:
		set_ttl(packet, frame, action->number);
		return;
	case RPOL_FIELD_DSCP:
		set_tos(packet, frame, 0xfc, (uint8_t)(action->number << 2));
		packet->dscp = (uint8_t)action->number;
		return;
	case RPOL_FIELD_ECN:
		set_tos(packet, frame, 0x03, (uint8_t)action->number);
		packet->ecn = (uint8_t)action->number;
		return;
	case RPOL_FIELD_MARK:
		packet->mark = action->number;
		return;
	case RPOL_FIELD_PRIORITY:
		packet->priority = action->number;
		return;
	case RPOL_FIELD_VLAN_PCP:
		set_tag(frame, 0xe000, (uint16_t)(action->number << 13));
		packet->vlan_pcp = (uint8_t)action->number;
		return;
	case RPOL_FIELD_VLAN_ID:
		set_tag(frame, 0x0fff, (uint16_t)action->number);
		packet->vlan[0] = (uint16_t)action->number;
		return;
	default:
		assert(!"a field that can be set");
	}
}

/* ---- VLAN tags -------------------------------------------------------------------------- */

/* The frame became `by` bytes longer before all that was read behind its MACs. */
static void shift(struct rpol_packet *packet, int by)
{
	packet->length += (size_t)by;
	packet->ip_offset += (size_t)by;
	packet->l4_offset += (size_t)by;
}

static void push_tag(struct rpol_packet *packet, uint8_t *frame, uint16_t id)
{
	if (packet->length < 14 || packet->ntags == 2)
		return;
	memmove(frame + TAG_OFFSET + VLAN_TAG, frame + TAG_OFFSET, packet->length - TAG_OFFSET);
	put_be16(frame + TAG_OFFSET, TYPE_VLAN);
	put_be16(frame + TAG_OFFSET + 2, id);
	shift(packet, VLAN_TAG);
	packet->vlan[1] = packet->vlan[0];
	packet->vlan[0] = id;
	packet->vlan_pcp = 0;
	packet->ntags++;
}

static void pop_tag(struct rpol_packet *packet, uint8_t *frame)
{
	if (!packet->ntags)
		return;
	shift(packet, -VLAN_TAG);
	memmove(frame + TAG_OFFSET, frame + TAG_OFFSET + VLAN_TAG, packet->length - TAG_OFFSET);
	packet->vlan[0] = packet->vlan[1];
	packet->ntags--;
	if (packet->ntags)
		packet->vlan_pcp = frame[TAG_OFFSET + 2] >> 5;
}

void rpol_rewrite(const struct rpol_action *action, struct rpol_packet *packet, uint8_t *frame)
{
	assert(packet->data == frame);
	switch (action->kind) {
	case RPOL_ACTION_SET:
		set(action, packet, frame);
		return;
	case RPOL_ACTION_VLAN_PUSH:
		push_tag(packet, frame, (uint16_t)action->number);
		return;
	case RPOL_ACTION_VLAN_POP:
		pop_tag(packet, frame);
		return;
	case RPOL_ACTION_COUNT:
	case RPOL_ACTION_MARK:
	case RPOL_ACTION_PRIORITY:
	case RPOL_ACTION_COUNT_OF:
		break;
	}
	assert(!"an action that rewrites");
}
