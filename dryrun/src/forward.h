/* forward.h: what a router does to a frame it forwards (docs/packets.md, "Forwarding"). */
#ifndef RPOL_DRYRUN_FORWARD_H
#define RPOL_DRYRUN_FORWARD_H

#include "rpol/packet.h"

/* Why a frame is left to the kernel's stack. The numbers are the judgement's and the trace's. */
enum handed {
#define HANDED(id, word, doc) HANDED_##id,
#include "rpol/handed.def"
#undef HANDED
};

/* The first reason not to forward the packet over a link of this MTU, in the documented order;
 * HANDED_NONE: forward it. tagged_stay: `fib`, which leaves frames with VLAN tags alone. */
enum handed rpol_forward_refusal(const struct rpol_packet *packet, bool tagged_stay, uint32_t mtu);

/* Writes the frame as a router sends it on: without tags, with these MACs, TTL one less. Needs:
 * no refusal; out holds packet->length bytes. Returns the bytes written. */
size_t rpol_forward_rewrite(const struct rpol_packet *packet, const uint8_t source[6],
			    const uint8_t destination[6], uint8_t *out);

/* Exchanges source and destination MAC of a frame of 14 bytes or more. */
void rpol_forward_bounce(uint8_t *frame);

#endif
