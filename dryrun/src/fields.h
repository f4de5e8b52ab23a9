/* fields.h: a packet's fields by their names in the language. */
#ifndef RPOL_DRYRUN_FIELDS_H
#define RPOL_DRYRUN_FIELDS_H

#include "rpol/packet.h"
#include "rpol/policy.h"

/* Stores the value of a field that is a number or a truth (0, 1). False, with *value untouched,
 * when the packet does not have it. Not for ADDR and IFACE fields. */
bool rpol_packet_number(const struct rpol_packet *packet, enum rpol_field field, uint32_t *value);

/* The value of an ADDR field; NULL: the packet does not have it. */
const struct rpol_addr *rpol_packet_addr(const struct rpol_packet *packet, enum rpol_field field);

#endif
