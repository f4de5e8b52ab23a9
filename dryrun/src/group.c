/* group.c: resilient buckets: a flow moves only when its own member dies or returns. */
#include "group.h"

#include <assert.h>

static bool lives(const struct rpol_member *member, const uint8_t *alive)
{
	return alive[member->nexthop->index];
}

static const struct rpol_nexthop *first_living(const struct rpol_group *group, const uint8_t *alive)
{
	for (size_t i = 0; i < group->nmembers; i++)
		if (lives(&group->members[i], alive))
			return group->members[i].nexthop;
	return NULL;
}

/* Bucket b is the j-th, from 0, of those whose owners are dead. They are dealt out to the living
 * in turn, each taking as many as its weight before the next one's turn. */
static const struct rpol_nexthop *heir(const struct rpol_group *group, const uint8_t *alive,
				       uint32_t j)
{
	uint32_t living = 0;

	for (size_t i = 0; i < group->nmembers; i++)
		living += lives(&group->members[i], alive) ? group->members[i].weight : 0;
	j %= living;
	for (size_t i = 0; i < group->nmembers; i++) {
		if (!lives(&group->members[i], alive))
			continue;
		if (j < group->members[i].weight)
			return group->members[i].nexthop;
		j -= group->members[i].weight;
	}
	assert(!"a position among the living");
	return NULL;
}

const struct rpol_nexthop *rpol_group_choose(const struct rpol_group *group, const uint8_t *alive,
					     uint32_t hash)
{
	const struct rpol_nexthop *first = first_living(group, alive);
	uint32_t bucket = (uint32_t)(((uint64_t)hash * RPOL_GROUP_BUCKETS) >> 32);
	uint32_t total = 0, before = 0, orphans = 0;

	if (!first || group->kind == RPOL_GROUP_PREFER)
		return first;
	for (size_t i = 0; i < group->nmembers; i++)
		total += group->members[i].weight;
	for (size_t i = 0; i < group->nmembers; i++) {
		const struct rpol_member *member = &group->members[i];
		uint32_t from = RPOL_GROUP_BUCKETS * before / total;
		before += member->weight;
		uint32_t to = RPOL_GROUP_BUCKETS * before / total;
		bool dead = !lives(member, alive);
		if (bucket < to)
			return dead ? heir(group, alive, orphans + bucket - from) : member->nexthop;
		orphans += dead ? to - from : 0;
	}
	assert(!"a bucket without an owner");
	return NULL;
}
