/* fields.h: a packet's fields by their names in the language. */
#ifndef RPOL_DRYRUN_FIELDS_H
#define RPOL_DRYRUN_FIELDS_H

#include "rpol/packet.h"
#include "rpol/policy.h"

/* Stores the value of a field that is a number or a truth (0, 1). False, with *value untouched,
 * when the packet does not have it. Not for ADDR, MAC and IFACE fields, nor for
 * `hash` and `random`. */
bool rpol_packet_number(const struct rpol_packet *packet, enum rpol_field field, uint32_t *value);

/* The value of an ADDR field; NULL: the packet does not have it. */
const struct rpol_addr *rpol_packet_addr(const struct rpol_packet *packet, enum rpol_field field);

/* The same of a MAC field: 6 bytes. */
const uint8_t *rpol_packet_mac(const struct rpol_packet *packet, enum rpol_field field);

/* 0 to 255: the bucket of the flow (keys NULL) or of the values of some fields. */
uint32_t rpol_packet_bucket(const struct rpol_packet *packet, const struct rpol_interface *iface,
			    const enum rpol_field *keys, size_t nkeys);

#endif
