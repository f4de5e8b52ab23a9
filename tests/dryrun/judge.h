/* judge.h: a policy from text, and packets judged by it. */
#ifndef TEST_JUDGE_H
#define TEST_JUDGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"
#include "rpol/interp.h"
#include "rpol/unit.h"

struct judge {
	struct rpol_unit *unit;
	const struct rpol_policy *policy;
	struct rpol_world world;
	struct rpol_interp_counter counters[64];
	/* of the last packet */
	struct rpol_judgement is;
	uint8_t out[sizeof(((struct frame *)0)->bytes) + RPOL_INTERP_ROOM];
};

/* Opens the policy text, which must have no errors, for its first program. */
void judge_open(struct judge *judge, const char *text);
void judge_close(struct judge *judge);

/* Judges the frame, come in on the named interface (NULL: the program's first). What is true of
 * every judgement is checked here. */
void judge_frame(struct judge *judge, const struct frame *frame, const char *iface);

/* Index of a declared thing by its name. */
uint32_t judge_iface(const struct judge *judge, const char *name);
uint32_t judge_nexthop(const struct judge *judge, const char *name);

/* The number of a handed reason by its word; "" is 0. */
uint32_t judge_handed(const char *word);

#endif
