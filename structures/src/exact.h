/* exact.h: what building and changing a table of exact keys share. */
#ifndef EXACT_H
#define EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "rpol/exact_layout.h"

enum { EXACT_GROUP = 64 }; /* keys of a group that can be placed at all */

/* Does the pilot send all these hashes to different slots that are not taken? places: which. */
bool exact_place(const struct rpol_exact_header *header, const uint8_t *taken,
		 const uint64_t *hashes, uint32_t count, uint32_t pilot, uint32_t *places);

#endif
