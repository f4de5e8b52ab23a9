/* frames.c: frames put together header by header. */
#include "frames.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

uint16_t frame_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void frame_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void frame_raw(struct frame *frame, const void *bytes, size_t length)
{
	if (frame->length + length > sizeof(frame->bytes))
		abort();
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

void frame_zeros(struct frame *frame, size_t length)
{
	if (frame->length + length > sizeof(frame->bytes))
		abort();
	memset(frame->bytes + frame->length, 0, length);
	frame->length += length;
}

static void put8(struct frame *frame, uint8_t value)
{
	frame_raw(frame, &value, 1);
}

static void put16(struct frame *frame, uint16_t value)
{
	uint8_t bytes[2];
	frame_put16(bytes, value);
	frame_raw(frame, bytes, 2);
}

static void put_address(struct frame *frame, int family, const char *text, size_t length)
{
	uint8_t address[16];

	if (inet_pton(family, text, address) != 1)
		abort();
	frame_raw(frame, address, length);
}

void frame_eth(struct frame *frame, uint16_t type)
{
	static const uint8_t macs[12] = {2, 0xaa, 0xaa, 0xaa, 0xaa, 1,
					 2, 0xbb, 0xbb, 0xbb, 0xbb, 2};
	frame->length = 0;
	frame_raw(frame, macs, 12);
	put16(frame, type);
}

void frame_tag(struct frame *frame, uint16_t id, uint16_t type)
{
	put16(frame, 0xb000 | id); /* with priority bits, which are not the ID's */
	put16(frame, type);
}

void frame_ipv4(struct frame *frame, const char *src, const char *dst, uint8_t proto,
		size_t options, uint16_t flags_offset)
{
	frame->ip = frame->length;
	put8(frame, (uint8_t)(0x45 + options / 4));
	put8(frame, 46 << 2 | 1);
	put16(frame, 0);
	put16(frame, 0x1234);
	put16(frame, flags_offset);
	put8(frame, 64);
	put8(frame, proto);
	put16(frame, 0);
	put_address(frame, AF_INET, src, 4);
	put_address(frame, AF_INET, dst, 4);
	for (size_t i = 0; i < options; i++)
		put8(frame, 1);
}

void frame_ipv6(struct frame *frame, const char *src, const char *dst, uint8_t next)
{
	frame->ip = frame->length;
	put16(frame, 0x6000 | 46 << 6 | 0x0015);
	put16(frame, 0x5678);
	put16(frame, 0);
	put8(frame, next);
	put8(frame, 64);
	put_address(frame, AF_INET6, src, 16);
	put_address(frame, AF_INET6, dst, 16);
}

void frame_extension(struct frame *frame, uint8_t kind, uint8_t next, size_t size)
{
	put8(frame, next);
	put8(frame, (uint8_t)(kind == 51 ? size / 4 - 2 : size / 8 - 1));
	frame_zeros(frame, size - 2);
}

void frame_fragment(struct frame *frame, uint8_t next, uint16_t offset, bool more)
{
	put8(frame, next);
	put8(frame, 0xff); /* reserved: not a length */
	put16(frame, (uint16_t)(offset << 3 | 0x6 | more));
	put16(frame, 0xdead);
	put16(frame, 0xbeef);
}

void frame_tcp(struct frame *frame, uint16_t sport, uint16_t dport, uint8_t flags)
{
	put16(frame, sport);
	put16(frame, dport);
	frame_zeros(frame, 8);
	put8(frame, 0x50);
	put8(frame, flags);
	frame_zeros(frame, 6);
}

void frame_udp(struct frame *frame, uint16_t sport, uint16_t dport, uint16_t length)
{
	put16(frame, sport);
	put16(frame, dport);
	put16(frame, length);
	put16(frame, 0);
}

void frame_icmp(struct frame *frame, uint8_t type, uint8_t code)
{
	put8(frame, type);
	put8(frame, code);
	frame_zeros(frame, 6);
}

uint16_t frame_checksum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < (size_t)(ip[0] & 15) * 4; i += 2)
		sum += i == 10 ? 0 : frame_get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void frame_finish(struct frame *frame)
{
	uint8_t *ip = frame->bytes + frame->ip;
	size_t length = frame->length - frame->ip;

	if (ip[0] >> 4 == 4) {
		frame_put16(ip + 2, (uint16_t)length);
		frame_put16(ip + 10, frame_checksum(ip));
	} else {
		frame_put16(ip + 4, (uint16_t)(length - 40));
	}
}

struct rpol_packet frame_read_cut(const struct frame *frame, size_t length)
{
	uint8_t *exact = malloc(length ? length : 1);
	struct rpol_packet packet;

	memcpy(exact, frame->bytes, length);
	rpol_packet_read(exact, length, &packet);
	free(exact);
	packet.data = frame->bytes;
	return packet;
}

struct rpol_packet frame_read(const struct frame *frame)
{
	return frame_read_cut(frame, frame->length);
}
