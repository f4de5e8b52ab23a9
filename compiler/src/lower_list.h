/* lower_list.h: conditions as alternatives: the shape in which structures/ takes rules. An
 * alternative is a conjunction: layers that are there or not, tests that hold or not, and for each
 * place of the key what its number may be. A rule matches where one of its alternatives does.
 * Private to the lowering of lists. */
#ifndef LOWER_LIST_H
#define LOWER_LIST_H

#include "lowering.h"

/* Places of a key: the words of both addresses, then numbers by the C text of their value, which
 * fields may share (tcp.dport and udp.dport are both p->dport). */
enum {
	PLACE_SRC = 0, /* to 3 */
	PLACE_DST = 4, /* to 7 */
	PLACE_VALUE = 8,
	PLACES = PLACE_VALUE + RPOL_FIELD_COUNT,
	LIST_TESTS = 64,	/* of one list, that are tested for every packet */
	LIST_ALTERNATIVES = 64, /* of one rule */
	LIST_EXPAND = 16,	/* entries of a set that become alternatives */
};

_Static_assert(PLACES <= 64, "places are bits");

struct alternative {
	unsigned layers, no_layers;	/* HAS_… that are there, closed; that are not */
	uint64_t holds, fails;		/* tests, by index */
	uint64_t places;		/* that are tested */
	struct rpol_rules_test *tested; /* of these, ascending; packed */
};

/* The tests of a list so far. */
struct list_tests {
	const struct rpol_expr *test[LIST_TESTS];
	size_t count;
};

/* The alternatives of a condition, *count of them (0: it is never true); NULL: it is not for a
 * list. Tests that need it are added to `tests`, also when it then comes to NULL. */
const struct alternative *lower_alternatives(struct rpol_arena *arena, struct list_tests *tests,
					     const struct rpol_expr *match, size_t *count);

/* A place's number: its field (the first of those that share it), and whether it is tested by a
 * mask rather than by a range. */
enum rpol_field lower_place_field(unsigned place);
bool lower_place_masked(unsigned place);
unsigned lower_place_bits(unsigned place);

#endif
