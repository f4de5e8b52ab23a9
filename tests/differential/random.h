/* random.h: the generators' dice: xorshift64*, seeded by splitmix64. The same seed gives the same
 * run on every machine. */
#ifndef DIFFERENTIAL_RANDOM_H
#define DIFFERENTIAL_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Dice for part `part` of run `seed`, independent of those of other parts. */
static inline struct dice dice_make(uint64_t seed, uint64_t part)
{
	uint64_t state = dice_mix(dice_mix(seed) ^ part);

	return (struct dice){state ? state : 1};
}

static inline uint64_t dice_roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * 0x2545f4914f6cdd1du;
}

/* 0 .. n-1; n is 1 or more. */
static inline uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (uint32_t)((dice_roll(dice) >> 32) * n >> 32);
}

/* low .. high, both included. */
static inline uint32_t dice_between(struct dice *dice, uint32_t low, uint32_t high)
{
	return low + dice_below(dice, high - low + 1);
}

/* True in so many of a hundred. */
static inline bool dice_chance(struct dice *dice, uint32_t percent)
{
	return dice_below(dice, 100) < percent;
}

#endif
