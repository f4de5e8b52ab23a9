/* match.h: the parts of check_matches, which finds rules that no packet reaches. Private to
 * lang/src/check_match.c and match_*.c.
 *
 *     check_match.c    the walk over all rules, and what is reported
 *     match_values.c   the values for which a test is true, and what two sets of them have in
 * common match_narrow.c   what must be true of a packet that makes a condition true match_imply.c
 * whether one condition is true wherever another one is match_index.c    the earlier rules that may
 * take all that a rule matches
 *
 * Never says of a rule that nothing reaches it when some packet may; says nothing of many that none
 * does reach. */
#ifndef RPOL_MATCH_H
#define RPOL_MATCH_H

#include "check.h"

/* Beyond this many values or comparisons nothing is said. */
enum { MOST_PARTS = 4096, MOST_STEPS = 16 << 20 };

/* What a field may be: ranges of a number (true or false: 1 or 0; an interface: its index), or
 * prefixes of an address (a MAC address: 48 bits of one of family 6). In order, none within
 * another. */
struct values {
	bool known;
	const struct rpol_range *ranges;
	size_t nranges;
	const struct rpol_prefix *prefixes;
	size_t nprefixes;
	const struct rpol_expr *by; /* the test that left these */
	bool negated;		    /* it did by being false */
};

/* What is known of a packet. A field that is known is also there. */
struct state {
	struct values fields[RPOL_FIELD_COUNT];
};

/* Two tests that no packet makes true, or false if negated; with NULL: one, by itself. */
struct conflict {
	const struct rpol_expr *test, *with;
	bool test_negated, with_negated;
};

struct matcher {
	struct check *check;
	struct rpol_arena *scratch; /* for what is known of one rule */
	bool alternatives;	    /* were met by state_narrow */
	struct conflict conflict;   /* of the last narrowing that left nothing */
	size_t steps;		    /* of comparing sets, so far */
};

/* ---- match_values.c --------------------------------------------------------------------- */

bool field_has_ranges(enum rpol_field field);
bool field_has_prefixes(enum rpol_field field);

/* The field that has the same value where both are there, or the field itself. */
enum rpol_field field_twin(enum rpol_field field);

/* The values that make a test true; not known: nothing is to be said of them. */
struct values test_values(struct matcher *m, const struct rpol_expr *test);

/* The ranges that the values of a field leave out. */
struct values values_complement(struct matcher *m, enum rpol_field field,
				const struct values *values);

/* What both have; of as many parts as both together at most. */
struct values values_meet(struct matcher *m, const struct values *a, const struct values *b);

bool values_same(const struct values *a, const struct values *b);

/* True when all of inner are in outer. */
bool values_within(struct matcher *m, const struct values *inner, const struct values *outer);

/* ---- match_narrow.c --------------------------------------------------------------------- */

/* Adds to what is known of a packet that it makes the condition true (negated: false). False, with
 * the conflict, when no packet does. Of alternatives nothing is known after it, unless witness:
 * then the first that is possible is taken. */
bool state_narrow(struct matcher *m, struct state *state, const struct rpol_expr *expr,
		  bool negated, bool witness);

/* ---- match_imply.c ---------------------------------------------------------------------- */

/* Both are true of the same packets, by how they are written. */
bool expr_same(struct matcher *m, const struct rpol_expr *a, const struct rpol_expr *b);

/* True when every packet that makes the narrower true makes the wider true. state: what is known of
 * those packets. */
bool expr_implies(struct matcher *m, const struct state *state, const struct rpol_expr *narrower,
		  const struct rpol_expr *wider);

/* ---- match_index.c ---------------------------------------------------------------------- */

struct match_index;

struct match_index *match_index_new(struct matcher *m);

/* Rules are added in order, and stay the caller's. */
void match_index_add(struct matcher *m, struct match_index *index, const struct rpol_rule *rule);

/* The first rule that takes all packets that one with this match would. witness: what is known of
 * some packets that make it true. NULL: none is found. */
const struct rpol_rule *match_index_find(struct matcher *m, const struct match_index *index,
					 const struct rpol_expr *match, const struct state *state,
					 const struct state *witness);

#endif
