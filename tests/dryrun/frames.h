/* frames.h: frames put together header by header, for tests. */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpol/packet.h"

struct frame {
	uint8_t bytes[4096];
	size_t length;
	size_t ip; /* offset of the IP header begun last */
};

/* Each appends to the frame. Lengths and checksums are frame_finish's. */
void frame_raw(struct frame *frame, const void *bytes, size_t length);
void frame_zeros(struct frame *frame, size_t length);
void frame_eth(struct frame *frame, uint16_t type); /* begins anew */
void frame_tag(struct frame *frame, uint16_t id, uint16_t type);
/* options: bytes of no-operation options, a multiple of 4. flags_offset as on the wire. */
void frame_ipv4(struct frame *frame, const char *src, const char *dst, uint8_t proto,
		size_t options, uint16_t flags_offset);
void frame_ipv6(struct frame *frame, const char *src, const char *dst, uint8_t next);
/* An extension header of size bytes. kind 51 (AH) counts its length differently. */
void frame_extension(struct frame *frame, uint8_t kind, uint8_t next, size_t size);
void frame_fragment(struct frame *frame, uint8_t next, uint16_t offset, bool more);
void frame_tcp(struct frame *frame, uint16_t sport, uint16_t dport, uint8_t flags);
void frame_udp(struct frame *frame, uint16_t sport, uint16_t dport, uint16_t length);
void frame_icmp(struct frame *frame, uint8_t type, uint8_t code);

/* Sets the IP length to what follows and the IPv4 header checksum. */
void frame_finish(struct frame *frame);

/* The IPv4 header checksum, computed over the whole header but itself. */
uint16_t frame_checksum(const uint8_t *ip);

/* Reads the first length bytes, or all, from a block of just that size, so that a sanitizer sees
 * any byte beyond. */
struct rpol_packet frame_read_cut(const struct frame *frame, size_t length);
struct rpol_packet frame_read(const struct frame *frame);

uint16_t frame_get16(const uint8_t *at);
void frame_put16(uint8_t *at, uint16_t value);

#endif
