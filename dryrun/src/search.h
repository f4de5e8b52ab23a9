/* search.h: finding an address in sorted prefixes, a number in sorted ranges. */
#ifndef RPOL_DRYRUN_SEARCH_H
#define RPOL_DRYRUN_SEARCH_H

#include "rpol/policy.h"

/* True when the set, of kind PREFIX, holds the address; of kind RANGE, the number. */
bool rpol_set_has_addr(const struct rpol_set *set, const struct rpol_addr *addr);
bool rpol_set_has_number(const struct rpol_set *set, uint32_t number);

/* The entry with the longest prefix that holds the address; NULL: none does. */
const struct rpol_entry *rpol_table_find(const struct rpol_table *table,
					 const struct rpol_addr *addr);

/* True when the set, of kind KEYS, holds the key; the entry of an exact table that has it, or NULL.
 */
bool rpol_set_has_key(const struct rpol_set *set, const uint8_t *key);
const struct rpol_entry *rpol_table_find_key(const struct rpol_table *table, const uint8_t *key);

#endif
