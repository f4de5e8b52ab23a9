/* generate_routes.c: route tables like the Internet's, and traces over them. */
#include "generate_parts.h"

#include <string.h>

/* Prefixes of each length in a million. IPv4: full tables of 2024, with some customers' longer
 * prefixes, which providers have inside. IPv6: the same in 200,000, by fives. */
static const unsigned lengths4[33] = {
	[8] = 16,     [9] = 13,	    [10] = 38,	   [11] = 104,	  [12] = 300,	 [13] = 590,
	[14] = 1200,  [15] = 2100,  [16] = 13600,  [17] = 8300,	  [18] = 13900,	 [19] = 25000,
	[20] = 45000, [21] = 52000, [22] = 112000, [23] = 102000, [24] = 623000, [25] = 60,
	[26] = 80,    [27] = 100,   [28] = 130,	   [29] = 150,	  [30] = 120,	 [32] = 199,
};

static const unsigned lengths6[65] = {
	[19] = 10,   [20] = 100,    [24] = 200,	 [28] = 700,   [29] = 24000, [30] = 3000,
	[31] = 1500, [32] = 130000, [33] = 9000, [34] = 8000,  [35] = 4000,  [36] = 45000,
	[37] = 2500, [38] = 8000,   [39] = 3000, [40] = 85000, [41] = 2000,  [42] = 8000,
	[43] = 1500, [44] = 90000,  [45] = 5000, [46] = 20000, [47] = 15000, [48] = 533490,
	[56] = 400,  [64] = 600,
};

/* A hash table of prefixes that are there. */
struct seen {
	struct prefix *slots;
	size_t mask;
};

static bool see(struct seen *seen, const struct prefix *prefix)
{
	uint64_t hash = prefix->length;

	for (unsigned i = 0; i < 4; i++)
		hash = (hash ^ prefix->address.w[i]) * 0x9e3779b97f4a7c15;
	for (size_t at = hash >> 20;; at++) {
		struct prefix *slot = &seen->slots[at & seen->mask];

		if (!slot->length) {
			*slot = *prefix;
			return true;
		}
		if (slot->length == prefix->length &&
		    !memcmp(&slot->address, &prefix->address, sizeof(slot->address)))
			return false;
	}
}

/* Where registries have given out space. */
static struct address anywhere(int family, struct random *random)
{
	static const uint32_t blocks6[] = {0x20010000, 0x24000000, 0x26000000,
					   0x28000000, 0x2a000000, 0x2c000000};
	struct address address = {{(uint32_t)random_next(random)}};

	if (family == 4) {
		do
			address.w[0] = (uint32_t)random_next(random);
		while (address.w[0] >> 24 == 0 || address.w[0] >> 24 == 10 ||
		       address.w[0] >> 24 == 127 || address.w[0] >> 24 > 223);
		return address;
	}
	uint32_t block = blocks6[random_below(random, 6)];
	uint32_t free = block == 0x20010000 ? 0x0000ffff : 0x003fffff;

	address.w[0] = block | (address.w[0] & free);
	address.w[1] = (uint32_t)random_next(random);
	address.w[2] = (uint32_t)random_next(random);
	address.w[3] = (uint32_t)random_next(random);
	return address;
}

/* Beside the last one, as parts of a network that is announced in pieces are. */
static struct address beside(const struct prefix *last)
{
	struct address next = last->address;
	unsigned word = (last->length - 1u) / 32;

	next.w[word] += 1u << (31 - (last->length - 1) % 32);
	return next;
}

struct route *generate_routes(int family, size_t count, unsigned nhops, uint64_t seed)
{
	const unsigned *share = family == 4 ? lengths4 : lengths6;
	unsigned longest = family == 4 ? 32 : 64;
	struct random random = {seed};
	struct seen seen = {.mask = 1};
	size_t n = 0, quota = 0;
	uint64_t parts = 0;

	while (seen.mask < 2 * count)
		seen.mask *= 2;
	seen.slots = must(calloc(seen.mask--, sizeof(*seen.slots)));

	struct route *routes = must(calloc(count, sizeof(*routes)));

	for (unsigned length = 1; length <= longest; length++) {
		struct prefix last = {.length = (uint8_t)length};
		size_t above = n, from = n;

		parts += share[length];
		quota = length == longest ? count : (size_t)(parts * count / 1000000);
		while (n < quota) {
			unsigned how = random_below(&random, 100);
			uint16_t hop = (uint16_t)(1 + random_skewed(&random, nhops));
			struct prefix prefix;

			if (how < 50 && n > from) {
				prefix = prefix_cut(beside(&last), length);
				hop = how < 30 ? routes[n - 1].hop : hop;
			} else if (how < 92 && above) {
				const struct route *in = &routes[random_skewed(&random, above)];

				prefix = prefix_cut(prefix_host(&in->prefix, &random), length);
				hop = how < 65 ? in->hop : hop;
			} else {
				prefix = prefix_cut(anywhere(family, &random), length);
			}
			last = prefix;
			if (family == 4 && prefix.address.w[0] >> 24 > 223)
				last = prefix_cut(anywhere(family, &random), length);
			else if (see(&seen, &prefix))
				routes[n++] = (struct route){prefix, hop};
		}
	}
	free(seen.slots);
	return routes;
}

void generate_addresses(int family, const struct route *routes, size_t count, enum trace kind,
			uint64_t seed, struct address *out, size_t n)
{
	struct random random = {seed};
	uint64_t stride = random_next(&random) | 1;

	for (size_t i = 0; i < n; i++) {
		size_t at = random_next(&random) % count;

		if (kind == TRACE_UNIFORM) {
			out[i] = anywhere(family, &random);
			continue;
		}
		/* Which prefixes are popular has nothing to do with where they are. */
		if (kind == TRACE_ZIPF)
			at = (size_t)(random_skewed(&random, count) * stride % count);
		out[i] = prefix_host(&routes[at].prefix, &random);
	}
}
