/* group.h: which next hop of a group a flow takes. */
#ifndef RPOL_DRYRUN_GROUP_H
#define RPOL_DRYRUN_GROUP_H

#include "rpol/policy.h"

/* The next hop for a flow hash; alive is by next hop index. NULL: no member is alive. */
const struct rpol_nexthop *rpol_group_choose(const struct rpol_group *group, const uint8_t *alive,
					     uint32_t hash);

#endif
