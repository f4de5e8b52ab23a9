/* match_index.c: the earlier rules that may take all that a rule matches, found without looking at
 * each.
 *
 * A rule is filed by one test that all its packets pass, or by one such test of each of its
 * alternatives, under the values that make the test true: prefixes of addresses, and blocks of
 * numbers whose upper bits are the same. A rule that it covers has, of that test's field, only
 * values among those; so it is enough to look under the blocks that hold one of them. Of the tests
 * there are, the one is chosen that the fewest rules are filed by so far: ten thousand rules about
 * TCP port 80 are filed by their addresses. */
#include "match.h"

#include <string.h>

/* A test of more blocks than that files nothing. */
enum { MOST_BLOCKS = 256, WORDS = 129 / 64 + 1 };

struct filed {
	const struct rpol_rule *rule;
	struct filed *next;
};

struct block {
	uint8_t field, family, length; /* family 0: a number */
	uint8_t zero[5];	       /* whole words */
	uint8_t bytes[16];
};

struct drawer {
	struct block block;
	size_t count;
	struct filed *first, **last;
	struct drawer *next; /* of the same hash */
};

struct match_index {
	struct drawer **drawers; /* by hash; mask + 1 */
	size_t mask, count;
	/* which lengths there are of a field: number, IPv4, IPv6 */
	uint64_t lengths[RPOL_FIELD_COUNT][3][WORDS];
	struct drawer others; /* rules that no test files */
};

/* ---- drawers ----------------------------------------------------------------------------- */

static size_t hash(const struct block *block)
{
	uint64_t words[sizeof(*block) / 8], h = 0;

	memcpy(words, block, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return (size_t)h;
}

/* The drawer of a block; NULL: there is none. */
static struct drawer *look(const struct match_index *index, const struct block *block)
{
	struct drawer *drawer = index->drawers[hash(block) & index->mask];

	while (drawer && memcmp(&drawer->block, block, sizeof(*block)))
		drawer = drawer->next;
	return drawer;
}

static void insert(struct match_index *index, struct drawer *drawer)
{
	struct drawer **place = &index->drawers[hash(&drawer->block) & index->mask];

	drawer->next = *place;
	*place = drawer;
}

static void make_room(struct matcher *m, struct match_index *index, size_t size)
{
	struct match_index old = *index;

	index->drawers = RPOL_NEW_ARRAY(m->check->arena, struct drawer *, size);
	index->mask = size - 1;
	for (size_t i = 0; old.drawers && i <= old.mask; i++)
		for (struct drawer *drawer = old.drawers[i], *next; drawer; drawer = next) {
			next = drawer->next;
			insert(index, drawer);
		}
}

static size_t kind_of(const struct block *block)
{
	return block->family == 0 ? 0 : block->family == 4 ? 1 : 2;
}

static void put(struct matcher *m, struct drawer *drawer, const struct rpol_rule *rule)
{
	struct filed *filed = RPOL_NEW(m->check->arena, struct filed);

	filed->rule = rule;
	if (!drawer->first)
		drawer->last = &drawer->first;
	*drawer->last = filed;
	drawer->last = &filed->next;
	drawer->count++;
}

static void file(struct matcher *m, struct match_index *index, const struct block *block,
		 const struct rpol_rule *rule)
{
	struct drawer *drawer = look(index, block);

	if (!drawer) {
		if (index->count++ > index->mask)
			make_room(m, index, 2 * (index->mask + 1));
		drawer = RPOL_NEW(m->check->arena, struct drawer);
		drawer->block = *block;
		insert(index, drawer);
		index->lengths[block->field][kind_of(block)][block->length / 64] |=
			(uint64_t)1 << block->length % 64;
	}
	put(m, drawer, rule);
}

/* ---- blocks ------------------------------------------------------------------------------ */

static struct block number_block(enum rpol_field field, uint32_t number, unsigned length)
{
	struct block block = {.field = (uint8_t)field, .length = (uint8_t)length};

	number &= length ? ~(uint32_t)0 << (32 - length) : 0;
	memcpy(block.bytes, &number, sizeof(number));
	return block;
}

static struct block addr_block(enum rpol_field field, const struct rpol_addr *addr, unsigned length)
{
	struct block block = {
		.field = (uint8_t)field, .family = addr->family, .length = (uint8_t)length};

	memcpy(block.bytes, addr->bytes, (length + 7) / 8);
	if (length % 8)
		block.bytes[length / 8] &= (uint8_t)(0xff << (8 - length % 8));
	return block;
}

/* The blocks of a range, the largest that fit, or as many as there is room for. */
static size_t range_blocks(enum rpol_field field, const struct rpol_range *range,
			   struct block *blocks, size_t room)
{
	uint64_t low = range->low, end = (uint64_t)range->high + 1;
	size_t n = 0;

	while (low < end && n < room) {
		unsigned free = 0; /* bits */

		while (free < 32 && !(low & ((uint64_t)1 << free)) &&
		       low + ((uint64_t)2 << free) <= end)
			free++;
		blocks[n++] = number_block(field, (uint32_t)low, 32 - free);
		low += (uint64_t)1 << free;
	}
	return n;
}

/* ---- filing ------------------------------------------------------------------------------ */

/* Where a rule could be filed. */
struct plan {
	const struct block *blocks;
	size_t nblocks; /* MOST_BLOCKS at most */
	size_t cost;	/* rules that are filed there already, and blocks */
};

static const struct block *keep_blocks(struct matcher *m, const struct block *blocks, size_t n)
{
	return memcpy(RPOL_NEW_ARRAY(m->scratch, struct block, n), blocks, n * sizeof(*blocks));
}

/* Under the values of a test. */
static bool plan_test(struct matcher *m, const struct match_index *index,
		      const struct rpol_expr *test, struct plan *plan)
{
	struct values values = test_values(m, test);
	struct block blocks[MOST_BLOCKS + 1];
	size_t n = 0;

	if (!values.known || values.nprefixes > MOST_BLOCKS)
		return false;
	for (; n < values.nprefixes; n++)
		blocks[n] = addr_block(test->field, &values.prefixes[n].addr,
				       values.prefixes[n].length);
	for (size_t i = 0; i < values.nranges && n <= MOST_BLOCKS; i++)
		n += range_blocks(test->field, &values.ranges[i], blocks + n, MOST_BLOCKS + 1 - n);
	if (!n || n > MOST_BLOCKS)
		return false;
	plan->cost = plan->nblocks = n;
	for (size_t i = 0; i < n; i++) {
		const struct drawer *drawer = look(index, &blocks[i]);

		plan->cost += drawer ? drawer->count : 0;
	}
	plan->blocks = keep_blocks(m, blocks, n);
	return true;
}

static bool plan_expr(struct matcher *m, const struct match_index *index,
		      const struct rpol_expr *expr, struct plan *plan);

/* Under the cheapest of those that all its packets pass. */
static bool plan_best(struct matcher *m, const struct match_index *index,
		      const struct rpol_expr *expr, struct plan *plan)
{
	struct plan one;
	bool any = false;

	for (size_t i = 0; i < expr->nargs; i++)
		if (plan_expr(m, index, expr->args[i], &one) && (!any || one.cost < plan->cost)) {
			*plan = one;
			any = true;
		}
	return any;
}

/* Under each of them: any may be the one that is true. */
static bool plan_all(struct matcher *m, const struct match_index *index,
		     const struct rpol_expr *expr, struct plan *plan)
{
	struct block blocks[MOST_BLOCKS];
	struct plan one;

	*plan = (struct plan){0};
	for (size_t i = 0; i < expr->nargs; i++) {
		if (!plan_expr(m, index, expr->args[i], &one) ||
		    plan->nblocks + one.nblocks > MOST_BLOCKS)
			return false;
		memcpy(blocks + plan->nblocks, one.blocks, one.nblocks * sizeof(*blocks));
		plan->nblocks += one.nblocks;
		plan->cost += one.cost;
	}
	plan->blocks = keep_blocks(m, blocks, plan->nblocks);
	return true;
}

static bool plan_expr(struct matcher *m, const struct match_index *index,
		      const struct rpol_expr *expr, struct plan *plan)
{
	switch (expr->kind) {
	case RPOL_EXPR_AND:
		return plan_best(m, index, expr, plan);
	case RPOL_EXPR_OR:
		return plan_all(m, index, expr, plan);
	case RPOL_EXPR_TEST:
		return plan_test(m, index, expr, plan);
	case RPOL_EXPR_ANY:
	case RPOL_EXPR_NOT:
		break;
	}
	return false;
}

struct match_index *match_index_new(struct matcher *m)
{
	struct match_index *index = RPOL_NEW(m->check->arena, struct match_index);

	make_room(m, index, 64);
	return index;
}

void match_index_add(struct matcher *m, struct match_index *index, const struct rpol_rule *rule)
{
	struct plan plan;

	if (!plan_expr(m, index, rule->match, &plan)) {
		put(m, &index->others, rule);
		return;
	}
	for (size_t i = 0; i < plan.nblocks; i++)
		file(m, index, &plan.blocks[i], rule);
}

/* ---- finding ----------------------------------------------------------------------------- */

struct search {
	const struct rpol_expr *match;
	const struct state *state;
	const struct rpol_rule *found;
};

/* A drawer's rules are in order: the first that will do is the drawer's best. */
static void search_drawer(struct matcher *m, const struct drawer *drawer, struct search *search)
{
	for (const struct filed *filed = drawer->first; filed; filed = filed->next) {
		if (search->found && filed->rule >= search->found)
			return;
		if (expr_implies(m, search->state, search->match, filed->rule->match)) {
			search->found = filed->rule;
			return;
		}
	}
}

static void search_blocks(struct matcher *m, const struct match_index *index, enum rpol_field field,
			  const struct values *values, struct search *search)
{
	bool number = values->nranges > 0;
	const struct rpol_addr *addr = number ? NULL : &values->prefixes[0].addr;
	size_t kind = number ? 0 : addr->family == 4 ? 1 : 2;
	unsigned most = number ? 32 : values->prefixes[0].length;

	for (unsigned length = 0; length <= most; length++) {
		const struct drawer *drawer;
		struct block block;

		if (!(index->lengths[field][kind][length / 64] >> length % 64 & 1))
			continue;
		block = number ? number_block(field, values->ranges[0].low, length)
			       : addr_block(field, addr, length);
		drawer = look(index, &block);
		if (drawer)
			search_drawer(m, drawer, search);
	}
}

const struct rpol_rule *match_index_find(struct matcher *m, const struct match_index *index,
					 const struct rpol_expr *match, const struct state *state,
					 const struct state *witness)
{
	struct search search = {.match = match, .state = state};

	search_drawer(m, &index->others, &search);
	for (size_t i = 0; i < RPOL_FIELD_COUNT; i++) {
		const struct values *values = &witness->fields[i];

		if (values->known && values->nranges + values->nprefixes)
			search_blocks(m, index, (enum rpol_field)i, values, &search);
	}
	return search.found;
}
