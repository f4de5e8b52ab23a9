/* flow.c: the hash that keeps a flow on its path (docs/packets.md, "Flow hash"). */
#include <string.h>

#include "bytes.h"
#include "flow.h"
#include "rpol/packet.h"

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

uint32_t rpol_murmur3_32(const uint8_t *bytes, size_t length, uint32_t seed)
{
	uint32_t hash = seed;

	for (size_t i = 0; i + 4 <= length; i += 4) {
		uint32_t block = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
				 (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24;
		block *= 0xcc9e2d51;
		block = rotate(block, 15);
		block *= 0x1b873593;
		hash ^= block;
		hash = rotate(hash, 13);
		hash = hash * 5 + 0xe6546b64;
	}
	uint32_t tail = 0;
	for (size_t i = length & ~(size_t)3; i < length; i++)
		tail |= (uint32_t)bytes[i] << 8 * (i & 3);
	hash ^= rotate(tail * 0xcc9e2d51, 15) * 0x1b873593;
	hash ^= (uint32_t)length;
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	hash ^= hash >> 16;
	return hash;
}

uint32_t rpol_packet_flow_hash(const struct rpol_packet *packet)
{
	uint8_t bytes[16 + 16 + 4 + 4];
	size_t length = 0;

	if (!packet->has_ip)
		return 0;

	size_t addr = packet->family == 4 ? 4 : 16;
	memcpy(bytes + length, packet->src.bytes, addr);
	length += addr;
	memcpy(bytes + length, packet->dst.bytes, addr);
	length += addr;
	/* later fragments have no ports, so the first must not use its own */
	if (packet->has_ports && !packet->fragment) {
		put_be16(bytes + length, packet->sport);
		put_be16(bytes + length + 2, packet->dport);
		length += 4;
	}
	put_be32(bytes + length, packet->has_proto ? packet->proto : 0);
	length += 4;
	return rpol_murmur3_32(bytes, length, 0);
}
