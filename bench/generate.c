/* generate.c: numbers by chance, and what routes and rules share. Contract in generate.h. */
#include "generate_parts.h"

#include <stdio.h>
#include <string.h>

uint64_t random_next(struct random *random)
{
	uint64_t x = random->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

void *must(void *memory)
{
	if (memory)
		return memory;
	perror("bench");
	exit(3);
}

struct prefix prefix_cut(struct address address, unsigned length)
{
	struct prefix prefix = {address, (uint8_t)length};

	for (unsigned i = 0; i < 4; i++) {
		unsigned kept = length > 32 * i ? length - 32 * i : 0;

		if (kept < 32)
			prefix.address.w[i] &= kept ? ~0u << (32 - kept) : 0;
	}
	return prefix;
}

struct address prefix_host(const struct prefix *prefix, struct random *random)
{
	struct address address;
	struct prefix head;

	for (unsigned i = 0; i < 4; i++)
		address.w[i] = (uint32_t)random_next(random);
	head = prefix_cut(address, prefix->length);
	for (unsigned i = 0; i < 4; i++)
		address.w[i] = (address.w[i] ^ head.address.w[i]) | prefix->address.w[i];
	return address;
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
	struct prefix other = prefix_cut(*address, prefix->length);

	return !memcmp(&other.address, &prefix->address, sizeof(other.address));
}

size_t random_skewed(struct random *random, size_t bound)
{
	/* Of every range, four fifths of what is drawn is in its first quarter. */
	while (bound > 1 && random_below(random, 5))
		bound = (bound + 3) / 4;
	return random_next(random) % bound;
}
