/* key.h: what a packet is found by in sets of several fields and in exact tables. */
#ifndef RPOL_DRYRUN_KEY_H
#define RPOL_DRYRUN_KEY_H

#include "rpol/packet.h"
#include "rpol/policy.h"

/* The fields' values as docs/packets.md, "Keys", has them. False: the packet lacks one of them. */
bool rpol_packet_key(const struct rpol_packet *packet, const struct rpol_interface *iface,
		     const enum rpol_field *fields, size_t nfields, uint8_t out[RPOL_MAX_KEY]);

#endif
