/* forward.c: the reasons not to forward, and the rewriting of what is forwarded. */
#include "forward.h"

#include <string.h>

#include "bytes.h"

#define ETH_HEADER 14

static bool starts_with(const struct rpol_addr *addr, uint8_t value, uint8_t mask)
{
	return (addr->bytes[0] & mask) == value;
}

/* True for the addresses that no router forwards from or to. */
static bool is_scoped(const struct rpol_addr *addr)
{
	static const uint8_t zeros[15];

	if (addr->family == 4)
		return starts_with(addr, 0, 0xff) || starts_with(addr, 127, 0xff) ||
		       (addr->bytes[0] == 169 && addr->bytes[1] == 254) ||
		       starts_with(addr, 0xe0, 0xe0);
	return (!memcmp(addr->bytes, zeros, 15) && addr->bytes[15] <= 1) ||
	       (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80) ||
	       starts_with(addr, 0xff, 0xff);
}

enum handed rpol_forward_refusal(const struct rpol_packet *packet, bool tagged_stay, uint32_t mtu)
{
	if (!packet->has_ip)
		return HANDED_NOT_IP;
	if (tagged_stay && packet->ntags)
		return HANDED_TAGGED;
	if (packet->data[0] & 1)
		return HANDED_NOT_FOR_US;
	if (is_scoped(&packet->dst) || is_scoped(&packet->src))
		return HANDED_SCOPE;
	if (packet->options)
		return HANDED_OPTIONS;
	if (packet->ttl <= 1)
		return HANDED_TTL;
	if (packet->ip_length > mtu)
		return HANDED_TOO_BIG;
	return HANDED_NONE;
}

/* RFC 1624, equation 3: the checksum after one 16-bit word changed. */
static uint16_t checksum_after(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~before + after;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t rpol_forward_rewrite(const struct rpol_packet *packet, const uint8_t source[6],
			    const uint8_t destination[6], uint8_t *out)
{
	uint8_t *ip = out + ETH_HEADER;
	size_t rest = packet->length - packet->ip_offset;

	memmove(ip, packet->data + packet->ip_offset, rest); /* out may be the frame itself */
	memcpy(out, destination, 6);
	memcpy(out + 6, source, 6);
	put_be16(out + 12, packet->eth_type);
	if (packet->family == 4) {
		/* TTL is the upper half of the word it shares with the protocol */
		uint16_t before = be16(ip + 8);
		ip[8]--;
		put_be16(ip + 10, checksum_after(be16(ip + 10), before, be16(ip + 8)));
	} else {
		ip[7]--;
	}
	return ETH_HEADER + rest;
}

void rpol_forward_bounce(uint8_t *frame)
{
	uint8_t destination[6];

	memcpy(destination, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, destination, 6);
}
