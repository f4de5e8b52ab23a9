/* routes4_model.c: prefixes in a hash table, and made-up lists. Contract in routes4_model.h. */
#include "routes4_model.h"

#include <assert.h>
#include <stdlib.h>

struct model {
	size_t mask;
	size_t used;
	uint32_t lengths[33]; /* prefixes of each */
	struct {
		uint32_t address;
		uint8_t length;
		uint8_t used;
		uint16_t value; /* 0: taken out */
	} slots[];
};

struct model *model_new(size_t room)
{
	size_t n = 16;

	while (n < room * 2)
		n *= 2;
	struct model *model = calloc(1, sizeof(*model) + n * sizeof(model->slots[0]));

	assert(model);
	model->mask = n - 1;
	return model;
}

void model_free(struct model *model)
{
	free(model);
}

static size_t slot(const struct model *model, uint32_t address, uint8_t length)
{
	size_t at = (((uint64_t)address << 8 | length) * 0x9e3779b97f4a7c15u) >> 20;

	for (;; at++) {
		at &= model->mask;
		if (!model->slots[at].used ||
		    (model->slots[at].address == address && model->slots[at].length == length))
			return at;
	}
}

void model_set(struct model *model, uint32_t address, uint8_t length, uint16_t value)
{
	size_t at = slot(model, address, length);

	if (!model->slots[at].used) {
		assert(model->used++ < model->mask * 3 / 4);
		model->slots[at].address = address;
		model->slots[at].length = length;
		model->slots[at].used = 1;
	}
	model->lengths[length] += !!value - !!model->slots[at].value;
	model->slots[at].value = value;
}

uint16_t model_find(const struct model *model, uint32_t address, uint8_t length)
{
	return model->slots[slot(model, address, length)].value;
}

uint16_t model_lookup(const struct model *model, uint32_t address)
{
	for (unsigned length = 33; length--;) {
		if (!model->lengths[length])
			continue;
		uint16_t value =
			model_find(model, route(address, length, 1).address, (uint8_t)length);

		if (value)
			return value;
	}
	return 0;
}

uint32_t rnd(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z >> 32);
}

struct rpol_route4 route(uint32_t address, unsigned length, uint32_t value)
{
	return (struct rpol_route4){
		.address = length ? address & ~0u << (32 - length) : 0,
		.length = (uint8_t)length,
		.value = (uint16_t)value,
	};
}

uint32_t first_of(struct rpol_route4 r)
{
	return r.address;
}

uint32_t last_of(struct rpol_route4 r)
{
	return r.length < 32 ? r.address | ~0u >> r.length : r.address;
}

/* Of a thousand prefixes, how many have each length. */
static const uint16_t mix[33] = {[8] = 1,   [10] = 1,	[11] = 1,  [12] = 1,   [13] = 1,  [14] = 2,
				 [15] = 3,  [16] = 13,	[17] = 9,  [18] = 15,  [19] = 26, [20] = 45,
				 [21] = 53, [22] = 110, [23] = 99, [24] = 618, [25] = 1,  [32] = 1};

struct rpol_route4 *internet(size_t count, uint64_t seed)
{
	enum { CROWDED = 36000 }; /* /16s that have prefixes of their own */
	struct rpol_route4 *routes = malloc(count * sizeof(*routes));
	uint8_t lengths[1024];
	size_t nlengths = 0;

	assert(routes);
	for (unsigned length = 0; length <= 32; length++)
		for (unsigned i = 0; i < mix[length]; i++)
			lengths[nlengths++] = (uint8_t)length;
	for (size_t i = 0; i < count;) {
		/* Some /16s have ten times as many as others, and a holder announces neighbours. */
		uint32_t crowd = rnd(&seed) % CROWDED;
		uint32_t block = (crowd * (rnd(&seed) % 3 ? crowd % 7 + 1 : 1) % CROWDED) * 36481u;
		uint32_t address = (0x100 + block % 0xdf00) << 16 | (rnd(&seed) & 0xffff);
		uint8_t length = lengths[rnd(&seed) % nlengths];
		uint32_t hop = 1 + (rnd(&seed) % 4 ? rnd(&seed) % 100 : rnd(&seed) % 4075);

		for (uint32_t n = 1 + rnd(&seed) % 4; n-- && i < count;) {
			routes[i++] = route(address, length, hop);
			address += 1u << (32 - length);
			if (rnd(&seed) % 4 == 0)
				hop = 1 + rnd(&seed) % 4075;
		}
	}
	return routes;
}
