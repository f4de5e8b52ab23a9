/* rewrite.h: what actions do to a frame (docs/packets.md, "Actions"). */
#ifndef RPOL_DRYRUN_REWRITE_H
#define RPOL_DRYRUN_REWRITE_H

#include "rpol/packet.h"
#include "rpol/policy.h"

/* Does one action that is no `count`. frame is the packet's own data, which has room for two more
 * VLAN tags than it came with. Leaves: packet says what the frame says now; which layers it has is
 * as it was read. */
void rpol_rewrite(const struct rpol_action *action, struct rpol_packet *packet, uint8_t *frame);

#endif
