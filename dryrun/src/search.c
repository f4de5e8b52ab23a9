/* search.c: binary search in what the checker has sorted. */
#include "search.h"

#include <string.h>

/* The last of the sorted prefixes that does not come after key in rpol_prefix_compare order;
 * NULL: all do. They lie stride bytes apart, so that entries and bare prefixes share this. */
static const struct rpol_prefix *last_not_after(const struct rpol_prefix *first, size_t count,
						size_t stride, const struct rpol_prefix *key)
{
	const char *base = (const char *)first;
	size_t low = 0, high = count; /* [0, low) is not after key, [high, count) is */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rpol_prefix_compare((const void *)(base + middle * stride), key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (const void *)(base + (low - 1) * stride) : NULL;
}

static uint8_t common_bits(const struct rpol_addr *a, const struct rpol_addr *b)
{
	uint8_t bits = 0, most = rpol_family_bits(a->family);

	while (bits < most && !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) & 0x80 >> bits % 8))
		bits++;
	return bits;
}

static struct rpol_prefix cut(const struct rpol_addr *addr, uint8_t length)
{
	struct rpol_prefix prefix = {.addr = {.family = addr->family}, .length = length};

	for (unsigned bit = 0; bit < length; bit++)
		prefix.addr.bytes[bit / 8] |= addr->bytes[bit / 8] & 0x80 >> bit % 8;
	return prefix;
}

/* Every prefix that holds addr and is no longer than key, itself addr cut to some length, comes
 * before key or is it. The last one found there either holds addr, and is then the longest that
 * does; or none longer than what it has in common with addr can hold addr, since that one would
 * lie between it and key. So key gets shorter each time. */
static const struct rpol_prefix *longest(const struct rpol_prefix *first, size_t count,
					 size_t stride, const struct rpol_addr *addr)
{
	uint8_t length = rpol_family_bits(addr->family);

	for (;;) {
		struct rpol_prefix key = cut(addr, length);
		const struct rpol_prefix *found = last_not_after(first, count, stride, &key);
		if (!found || found->addr.family != addr->family)
			return NULL;
		if (rpol_prefix_has(found, addr))
			return found;
		length = common_bits(addr, &found->addr);
	}
}

bool rpol_set_has_addr(const struct rpol_set *set, const struct rpol_addr *addr)
{
	return longest(set->prefixes, set->nprefixes, sizeof(*set->prefixes), addr);
}

const struct rpol_entry *rpol_table_find(const struct rpol_table *table,
					 const struct rpol_addr *addr)
{
	_Static_assert(offsetof(struct rpol_entry, key) == 0, "a key's address is its entry's");
	if (!table->nentries)
		return NULL;
	return (const void *)longest(&table->entries->key, table->nentries, sizeof(*table->entries),
				     addr);
}

bool rpol_set_has_number(const struct rpol_set *set, uint32_t number)
{
	size_t low = 0, high = set->nranges; /* ranges before low end below number */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->ranges[middle].high < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->nranges && set->ranges[low].low <= number;
}

bool rpol_set_has_key(const struct rpol_set *set, const uint8_t *key)
{
	size_t low = 0, high = set->nkeys; /* keys before low come before key */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(set->keys + middle * set->key.size, key, set->key.size);
		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

const struct rpol_entry *rpol_table_find_key(const struct rpol_table *table, const uint8_t *key)
{
	size_t low = 0, high = table->nentries; /* keys before low come before key */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(table->entries[middle].bytes, key, table->exact.size);
		if (!order)
			return &table->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
