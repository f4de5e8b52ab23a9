/* differential.h: the parts of the differential test.
 *
 * Random policies × random packets: the interpreter (dryrun/) and the generated program in the
 * kernel (compiler/, loader/) must agree on all that can be seen: verdict, deciding rule, next
 * hop, why handed to the kernel, egress, the frame that leaves, and the counters. */
#ifndef DIFFERENTIAL_H
#define DIFFERENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "random.h"
#include "rpol/interp.h"
#include "rpol/object.h"
#include "rpol/packet.h"
#include "rpol/policy.h"
#include "rpol/testrun.h"
#include "rpol/unit.h"

#define FRAME_MAX 3000

/* ---- the text of a policy and of the files it names ----------------------------------------- */

#define TEXT_FILES_MAX 24

struct text {
	struct {
		char *path, *text;
	} files[TEXT_FILES_MAX]; /* [0] is the root */
	size_t nfiles;
	bool large;	       /* more rules than are compared one by one */
	const char *structure; /* what lists of rules have to be; NULL: as the compiler likes */
};

void text_add(struct text *text, const char *path, const char *content); /* copies */
void text_copy(struct text *to, const struct text *from);
void text_free(struct text *text);
struct rpol_reader text_reader(struct text *text);

/* ---- what was tried (coverage.c) ------------------------------------------------------------ */

/* DECL(id, doc): the kinds of declarations and shapes the generator must have written. */
/* clang-format off */
#define DECLS                                                                                      \
	DECL(INTERFACE) DECL(CONST_ADDR) DECL(CONST_PREFIX) DECL(CONST_NUMBER) DECL(INCLUDE)       \
	DECL(COND) DECL(SET_PREFIX) DECL(SET_ADDR) DECL(SET_PORT) DECL(SET_SMALL) DECL(SET_LARGE)  \
	DECL(SET_HUGE) DECL(SET_FILE) DECL(LIST) DECL(RANGE)                     \
	DECL(TABLE_SRC) DECL(TABLE_DST) DECL(TABLE_SMALL) DECL(TABLE_LARGE) DECL(TABLE_FILE)       \
	DECL(NEXTHOP_V4) DECL(NEXTHOP_V6) DECL(NEXTHOP_DEAD) DECL(GROUP_HASH) DECL(GROUP_PREFER)   \
	DECL(GROUP_ELSE) DECL(ROUTE_NEXTHOP) DECL(ROUTE_GROUP) DECL(ROUTE_ELSE) DECL(LOOKUP_PLAIN) \
	DECL(LOOKUP_ELSE) DECL(ELSE_CHAIN) DECL(FRAGMENTS_MATCH) DECL(FRAGMENTS_DROP)              \
	DECL(FRAGMENTS_PASS) DECL(TWO_INTERFACES) DECL(AND) DECL(OR) DECL(NOT) DECL(ANY)           \
	DECL(GUARDED_NEGATION) DECL(CHAIN) DECL(CHAIN_NESTED) DECL(CHAIN_LARGE) DECL(CHAIN_AGAIN)  \
	DECL(INTERFACE_GROUP) DECL(ON_GROUP) DECL(IFACE_IS_GROUP) DECL(AUTO) \
	DECL(TUPLE_SMALL) DECL(TUPLE_LARGE) DECL(TUPLE_FILE)                \
	DECL(TUPLE_LIST) DECL(TUPLE_HELD) DECL(EXACT_SMALL) DECL(EXACT_LARGE) DECL(EXACT_FILE)      \
	DECL(EXACT_FOUND) DECL(MAC_LIST) DECL(HASH_FLOW) DECL(HASH_FIELDS) DECL(RANGE_WRAPS) \
	DECL(DYNAMIC_ADDR) DECL(DYNAMIC_PORT) DECL(DYNAMIC_PREFIX)               \
	DECL(DYNAMIC_TUPLE) DECL(DYNAMIC_EXACT) DECL(DYNAMIC_LPM) DECL(DYNAMIC_LIVE)              \
	DECL(DYNAMIC_FOUND)             \
	DECL(MEMORY_ROUTES4) DECL(MEMORY_ROUTES6) DECL(MEMORY_EXACT4) DECL(MEMORY_EXACT6)          \
	DECL(MEMORY_KEYS) DECL(MEMORY_KEYS_LONG) DECL(MEMORY_KEYS_PADDED)
/* clang-format on */

enum decl {
#define DECL(id) DECL_##id,
	DECLS
#undef DECL
		DECL_COUNT
};

struct symbol {
	enum rpol_type type;
	const char *name;
	uint32_t value;
};
extern const struct symbol symbols[];
extern const size_t nsymbols;

struct coverage {
	struct {
		uint64_t written, held, failed;
	} tests[RPOL_FIELD_COUNT][RPOL_IS + 1];
	uint64_t *symbols; /* by index into symbols[] */
	uint64_t decls[DECL_COUNT];
	uint64_t rules[RPOL_HOOK_COUNT][RPOL_VERDICT_COUNT];	/* matched, by the rule's verdict */
	uint64_t verdicts[RPOL_HOOK_COUNT][RPOL_VERDICT_COUNT]; /* by what it came to */
	uint64_t entries[RPOL_VERDICT_COUNT];			/* the same of lookups only */
	uint64_t actions[RPOL_HOOK_COUNT][RPOL_ACTION_COUNT_OF]; /* of rules that matched */
	struct {
		uint64_t written, done; /* done: the packet had the field */
	} sets[RPOL_FIELD_COUNT];
	uint64_t handed[RPOL_HOOK_COUNT][RPOL_HANDED_COUNT];
	uint64_t frames[32]; /* enum frame_kind */
};

/* True when the operator fits the field (docs/language.md). */
bool operator_fits(enum rpol_field field, enum rpol_op op);

/* True when the hook has the action; when it has the field, and the field can be set. */
bool action_possible(enum rpol_action_kind kind, enum rpol_hook hook);
bool set_possible(enum rpol_field field, enum rpol_hook hook);

void coverage_init(struct coverage *coverage);
void coverage_free(struct coverage *coverage);
/* Counts one judged frame: tests that held and failed, rules, handed, … */
void coverage_frame(struct coverage *coverage, const struct rpol_policy *policy,
		    const struct rpol_program *program, const struct rpol_interface *iface,
		    const uint8_t *data, size_t length, const struct rpol_judgement *judgement);
/* Writes every row; returns how many rows were never reached (each marked in the text). */
size_t coverage_write(const struct coverage *coverage, FILE *out);

/* ---- random policies (policygen.c) ---------------------------------------------------------- */

/* Appends a policy that the checker must accept. What it wrote is counted in coverage, and rows
 * seen least are written most. Next hops whose name begins with `dead` are dead. */
void policy_generate(struct dice *dice, struct coverage *coverage, struct text *out);

/* ---- random packets (packetgen.c) ----------------------------------------------------------- */

enum frame_kind {
	FRAME_V4,
	FRAME_V6,
	FRAME_OTHER,
	FRAME_TAGS0,
	FRAME_TAGS1,
	FRAME_TAGS2,
	FRAME_TAGS3,
	FRAME_OPTIONS,
	FRAME_FRAGMENT_FIRST,
	FRAME_FRAGMENT_LATER,
	FRAME_FRAGMENT_ATOMIC,
	FRAME_EXTENSIONS,
	FRAME_EXTENSIONS_9,
	FRAME_TCP,
	FRAME_UDP,
	FRAME_SCTP,
	FRAME_DCCP,
	FRAME_UDPLITE,
	FRAME_ICMP,
	FRAME_ICMP6,
	FRAME_OTHER_L4,
	FRAME_PADDED,
	FRAME_CUT,
	FRAME_FLIPPED,
	FRAME_WRONG_LENGTH,
	FRAME_MALFORMED,
	FRAME_GRE,
	FRAME_VXLAN,
	FRAME_ARP,
	FRAME_MPLS,
	FRAME_KINDS
};

/* Values a policy mentions, so that packets can be near them. */
struct pool;
struct pool *values_make(const struct rpol_policy *policy); /* NULL: values from nowhere */
void values_free(struct pool *pool);

struct frame {
	uint8_t data[FRAME_MAX + 64];
	size_t length;
	uint32_t kinds; /* bits of enum frame_kind: how it was made */
};

/* A well-formed frame; plain: untagged unfragmented IP without options or extension headers. */
void frame_generate(struct dice *dice, const struct pool *pool, bool plain, struct frame *out);
/* Spoils it: cuts, flips bits, lies about lengths, pads. */
void frame_mutate(struct dice *dice, struct frame *frame);

/* ---- one policy in both engines (subject.c) ------------------------------------------------- */

enum outcome {
	OUTCOME_AGREE,
	OUTCOME_DIFFER,	    /* the engines disagree */
	OUTCOME_REFUSED,    /* the checker refused the text */
	OUTCOME_NO_COMPILE, /* clang or the compiler refused the policy */
	OUTCOME_NO_LOAD,    /* the loader or the kernel refused the object */
	OUTCOME_NO_RUN,	    /* a run itself failed */
	OUTCOME_NOT_TAKEN,  /* the kernel takes no such frame */
	OUTCOME_ENVIRONMENT /* no privilege, no compiler */
};
const char *outcome_text(enum outcome outcome);

struct subject {
	struct rpol_unit *unit;
	const struct rpol_policy *policy;
	struct rpol_world world;
	struct rpol_object *object;
	struct rpol_testrun *run;
	struct rpol_interp_counter *counters; /* the interpreter's, of judged frames */
};

/* The kernel's programs read packets as they do without CAP_PERFMON. */
extern bool subject_no_perfmon;

/* AGREE and an open subject, or another outcome with a malloc'd text in *why. */
enum outcome subject_open(struct subject *subject, struct text *text, char **why);
void subject_close(struct subject *subject);

/* Judges a frame in both. deep: compares the counters too, after this very packet. On DIFFER and
 * NO_RUN *why (malloc'd) says in what. The interpreter's judgement goes to *judgement. */
enum outcome subject_judge(struct subject *subject, uint32_t program, uint32_t iface,
			   const uint8_t *data, size_t length, bool deep,
			   struct rpol_judgement *judgement, char **why);

/* When a frame comes and what random value it has: made from its bytes, so that any run is
 * repeatable. */
void frame_inputs(const uint8_t *data, size_t length, uint64_t *time_ns, uint32_t *random);

/* Compares the counters of all packets so far. */
enum outcome subject_counters(struct subject *subject, char **why);

/* ---- failures made small (shrink.c) --------------------------------------------------------- */

struct failure {
	enum outcome outcome;
	struct text text;
	bool has_frame;
	char program[64], iface[64]; /* names: they survive the shrinking */
	uint8_t data[FRAME_MAX + 64];
	size_t length;
	char *why;
};
void failure_free(struct failure *failure);

/* Makes it smaller while it fails in the same way, for at most `seconds`. */
void failure_shrink(struct failure *failure, unsigned seconds);
/* Writes policy files, packet.pcap and a README with the command into a new folder below `out`,
 * whose path is returned (malloc'd), or NULL when it cannot. */
char *failure_write(const struct failure *failure, const char *out, uint64_t seed, uint32_t number);

#endif
