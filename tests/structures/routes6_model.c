/* routes6_model.c: see routes6_model.h. */
#include "routes6_model.h"

#include <assert.h>
#include <stdlib.h>

struct model6 {
	size_t slots; /* a power of 2 */
	struct slot {
		struct rpol_route6 route;
		uint8_t there;
	} *slot;
	size_t lengths[129]; /* prefixes of each length */
};

struct model6 *model6_new(size_t room)
{
	struct model6 *model = calloc(1, sizeof(*model));

	assert(model);
	for (model->slots = 16; model->slots < room * 2; model->slots *= 2)
		;
	model->slot = calloc(model->slots, sizeof(*model->slot));
	assert(model->slot);
	return model;
}

void model6_free(struct model6 *model)
{
	free(model->slot);
	free(model);
}

static struct slot *slot_of(const struct model6 *model, const struct rpol_route6 *r)
{
	uint64_t hash =
		(r->high * 0x9e3779b97f4a7c15ULL ^ r->low ^ r->length) * 0xff51afd7ed558ccdULL;
	size_t at = hash >> 20 & (model->slots - 1);
	struct slot *slot;

	for (;; at = (at + 1) & (model->slots - 1)) {
		slot = &model->slot[at];
		if (!slot->there || (slot->route.high == r->high && slot->route.low == r->low &&
				     slot->route.length == r->length))
			return slot;
	}
}

void model6_set(struct model6 *model, const struct rpol_route6 *route)
{
	struct slot *slot = slot_of(model, route);

	model->lengths[route->length] += !!route->value;
	model->lengths[route->length] -= slot->there && slot->route.value;
	slot->there = 1;
	slot->route = *route;
}

uint16_t model6_find(const struct model6 *model, const struct rpol_route6 *route)
{
	const struct slot *slot = slot_of(model, route);

	return slot->there ? slot->route.value : 0;
}

uint16_t model6_lookup(const struct model6 *model, uint64_t high, uint64_t low)
{
	for (int length = 128; length >= 0; length--) {
		struct rpol_route6 r = route6(high, low, (unsigned)length, 0);
		uint16_t value = model->lengths[length] ? model6_find(model, &r) : 0;

		if (value)
			return value;
	}
	return 0;
}

uint64_t random6(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

struct rpol_route6 route6(uint64_t high, uint64_t low, unsigned length, uint32_t value)
{
	uint64_t high_mask = length >= 64 ? ~0ULL : ~(~0ULL >> length);
	uint64_t low_mask = length <= 64 ? 0 : length == 128 ? ~0ULL : ~(~0ULL >> (length - 64));

	return (struct rpol_route6){high & high_mask, low & low_mask, (uint16_t)value,
				    (uint8_t)length};
}

void last6(const struct rpol_route6 *r, uint64_t *high, uint64_t *low)
{
	struct rpol_route6 mask = route6(~0ULL, ~0ULL, r->length, 0);

	*high = r->high | ~mask.high;
	*low = r->low | ~mask.low;
}

/* A length with the Internet's weights, of what is announced inside of an allocation. */
static unsigned inner_length(uint64_t r)
{
	static const struct {
		uint8_t length, percent;
	} mix[] = {{48, 56}, {44, 9}, {40, 9}, {36, 6}, {47, 3}, {46, 4}, {45, 2},
		   {42, 3},  {38, 2}, {34, 2}, {33, 1}, {35, 1}, {41, 1}, {39, 1}};

	r %= 1000;
	if (r == 0)
		return 64;
	if (r == 1)
		return 56;
	r = r % 100;
	for (unsigned i = 0; i < sizeof(mix) / sizeof(*mix); i++) {
		if (r < mix[i].percent)
			return mix[i].length;
		r -= mix[i].percent;
	}
	return 48;
}

struct rpol_route6 *internet6(size_t count, uint64_t seed)
{
	static const uint16_t regions[] = {
		0x2001, 0x2001, 0x2400, 0x2401, 0x2402, 0x2403, 0x2404, 0x2405, 0x2406, 0x2407,
		0x2408, 0x2409, 0x240a, 0x240e, 0x2600, 0x2602, 0x2602, 0x2604, 0x2605, 0x2606,
		0x2607, 0x2620, 0x2800, 0x2801, 0x2803, 0x2804, 0x2804, 0x2804, 0x2806, 0x2a00,
		0x2a01, 0x2a02, 0x2a03, 0x2a04, 0x2a05, 0x2a06, 0x2a07, 0x2a09, 0x2a0a, 0x2a0b,
		0x2a0c, 0x2a0d, 0x2a0e, 0x2a10, 0x2a11, 0x2a12, 0x2a13, 0x2c0f};
	struct rpol_route6 *routes = malloc((count + 1) * sizeof(*routes));
	size_t n = 0;

	assert(routes);
	while (n < count) {
		uint64_t r = random6(&seed);
		uint64_t region = regions[r % (sizeof(regions) / sizeof(*regions))];
		/* Registries fill their blocks from the beginning, with gaps. */
		uint64_t high = region << 48 | (r >> 8 & 0x3fff) << 34;
		unsigned length = (r >> 24) % 10 < 7 ? 32 : (r >> 24) % 10 < 9 ? 29 : 28;
		uint32_t hop = 1 + (uint32_t)(random6(&seed) % 4075);
		/* Few have much, most have little. */
		uint64_t much = random6(&seed) % 4096, inside = 4096 / (much + 1) / 2 + much % 7;

		if ((r >> 32) % 10 < 8)
			routes[n++] = route6(high, 0, length, hop);
		for (uint64_t i = 0; i < inside && n < count; i++) {
			uint64_t s = random6(&seed);
			unsigned inner = inner_length(s);
			uint64_t step = s >> 20 & 1 ? i : s >> 32 & 0xffff;
			uint64_t at = step % (1ULL << (inner - length)) << (64 - inner);

			routes[n++] =
				route6(route6(high, 0, length, 0).high | at, 0, inner,
				       (s >> 12) % 10 < 6 ? hop : 1 + (uint32_t)((s >> 40) % 4075));
		}
	}
	return routes;
}
