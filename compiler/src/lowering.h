/* lowering.h: what the compiler decides before it writes a word of C: the structure that serves
 * each set and table, what each program reads, and how its rules are cut into functions.
 * Private to compiler/. Everything lives in the arena given to rpol_lower. */
#ifndef RPOL_LOWERING_H
#define RPOL_LOWERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpol/arena.h"
#include "rpol/compile.h"
#include "rpol/diag.h"
#include "rpol/policy.h"
#include "rpol/rules.h"

/* ---- thresholds --------------------------------------------------------------------------- */

enum {
	LOWER_INLINE_ENTRIES = 4, /* an anonymous set up to this size is written in the rule */
	LOWER_CODE_ENTRIES = 16,  /* a set up to this size is comparisons, per family */
	LOWER_BITS_HIGH = 65535,  /* the largest number of a set kept as bits: 8 KiB */
	LOWER_TABLE_CODE = 8,	  /* the same of a table */
	LOWER_DYNAMIC_TRIE = 64,  /* entries of a dynamic lpm table that is no memory of its own */
	LOWER_TABLE_INLINE = 16,  /* verdicts a table's lookup chooses among when it is inlined */
	LOWER_LOOKUP_COST = 16,	  /* comparisons that a lookup in memory is worth */
	LOWER_TABLE_VERDICTS = 65535,  /* distinct ones of a table: memory has 16 bits for each */
	LOWER_MEMORY_SIZE = 512 << 20, /* bytes of one memory: a program's offsets end there */
	LOWER_INLINE_COST = 128, /* comparisons of a program whose rules are one inlined function */
	LOWER_WAYS = 512, /* comparisons times ways to read a packet that the verifier may follow */
	LOWER_CHUNK_COST = 256, /* comparisons of one function of rules, at least */
	LOWER_MAX_CHUNKS = 128, /* about; a program may have 256 functions */
	LOWER_CHAIN_COST = 16,	/* comparisons of a chain that is written at every jump */
	LOWER_CHAIN_FRAMES = 4, /* chains' functions within each other; the kernel has 8 frames */
	LOWER_MAX_FUNCTIONS = 240,   /* of one program; the kernel allows 256 */
	LOWER_MAX_RULES = 1024,	     /* of one program, its chains' counted in */
	LOWER_RULE_COST = 6000,	     /* a conditional jump reaches 32767 instructions */
	LOWER_PROGRAM_COST = 200000, /* the verifier reads a million instructions */
	LOWER_PROGRAM_MAPS = 58,     /* the kernel's limit is 64, and six are everybody's */
	LOWER_MEMORY = 64 << 20,     /* bytes for the structures of rule lists, when not said */
	LOWER_LIST_RULES = 24,	     /* rules in a row that are worth a look at structures */
	LOWER_LISTS = 8,	     /* of one program: each may be three memories */
	LOWER_LIST_COST = 32,	     /* comparisons that a lookup in a list is worth */
};

/* ---- fields (fields.c) ---------------------------------------------------------------------- */

/* Layers and yes-or-no fields as bits, and what a program asks for besides; the same as RPOL_ETH…
 * of runtime-bpf/src/packet.h. */
enum {
	HAS_ETH = 1 << 0,
	HAS_VLAN = 1 << 1,
	HAS_VLAN2 = 1 << 2,
	HAS_IP = 1 << 3,
	HAS_IP4 = 1 << 4,
	HAS_IP6 = 1 << 5,
	HAS_PROTO = 1 << 6,
	HAS_PORTS = 1 << 7,
	HAS_TCP = 1 << 8,
	HAS_UDP = 1 << 9,
	HAS_ICMP = 1 << 10,
	HAS_FRAGMENT = 1 << 11,
	HAS_FRAGMENT_LATER = 1 << 12,
	HAS_MALFORMED = 1 << 13,
	HAS_OPTIONS = 1 << 14,
	HAS_GROUP_MAC = 1 << 15,
	HAS_ICMP6 = 1 << 16,
	HAS_GRE = 1 << 17,
	HAS_GRE_KEY = 1 << 18,
	HAS_VXLAN = 1 << 19,
	HAS_ARP = 1 << 20,
	HAS_MPLS = 1 << 21,
	HAS_DF = 1 << 22,
	HAS_EXT = 1 << 23,
	HAS_L2 = 1 << 24,
	READS_ADDRS = 1 << 25,
	READS_META = 1 << 26,
	READS_TIME = 1 << 27,
	READS_OPAQUE = 1 << 28,
	NEED_BITS = 29,
};

struct lowered_field {
	/* C expression of the number, p being the packet; NULL: an address, or hash or random */
	const char *value;
	unsigned guard; /* the layer that must be there */
	unsigned reads; /* what a program asks for besides */
};

const struct lowered_field *lowered_field(enum rpol_field field);

/* What is asked for when these bits are, of packets that have the layers `known`: with them the
 * families of IP that they may be in. */
unsigned lowered_need(unsigned bits, unsigned known);

/* "RPOL_IP4 | RPOL_TCP"; "0". */
const char *lowered_need_text(struct rpol_arena *arena, unsigned need);

/* All layers that are there when these are. */
unsigned lowered_closure(unsigned has);

/* The fewest layers whose presence says that all of `has` are there, as C: "RPOL_TCP" or
 * "RPOL_IP4 | RPOL_VLAN". known: layers known to be there. Empty when all are known. */
const char *lowered_guard_text(struct rpol_arena *arena, unsigned has, unsigned known);

/* ---- sets and tables ------------------------------------------------------------------------ */

enum form {
	FORM_NONE,    /* nothing of this family in it */
	FORM_INLINE,  /* comparisons in the rule */
	FORM_CODE,    /* comparisons in a function of its own */
	FORM_BITS,    /* numbers: one bit each in read-only memory */
	FORM_RANGES,  /* numbers: sorted ranges in read-only memory */
	FORM_ROUTES,  /* prefixes: memory of structures/, routes4 or routes6 */
	FORM_EXACT,   /* whole addresses, or keys of several fields: memory, exact */
	FORM_DYNAMIC, /* a map that changes at run time: HASH of keys, LPM_TRIE of prefixes; of a
		       * table in memory, the ARRAY of its entries */
};

/* What ROUTES and EXACT are looked up in. */
struct lowered_memory {
	const char *name; /* "set4_bogons"; NULL: none */
	size_t size;	  /* bytes; 0: no rule uses it, or it is more than a memory can be */
	uint8_t *image;	  /* its bytes; NULL as above, and where it is live */
	uint32_t words;	  /* of an EXACT key */
	bool live;	  /* filled and changed at run time */
};

struct lowered_family {
	enum form form;
	size_t count; /* prefixes of this family; of a table in live memory, at most */
	struct lowered_memory memory;
};

struct lowered_set {
	const struct rpol_set *set;
	const char *id;			 /* part of identifiers: name, or number */
	bool used;			 /* by a rule */
	enum form form;			 /* of numbers, interfaces and keys */
	struct lowered_memory memory;	 /* of keys: "set_allowed" */
	const char *map;		 /* dynamic: "set_banned"; else NULL */
	struct lowered_family family[2]; /* IPv4, IPv6 */
};

struct lowered_table {
	const struct rpol_table *table;
	bool used;
	bool goes_on;	/* some entry can come to `continue` */
	uint32_t kinds; /* dynamic: verdicts that all hooks of its lookups have, as bits */
	bool apart;	/* its lookup is a function of its own */
	enum form form; /* of an exact one */
	struct lowered_memory memory; /* of an exact one: "table_pinned" */
	const char *map;	      /* dynamic: "table_learned"; else NULL */
	struct lowered_family family[2];
	const struct rpol_verdict **verdicts; /* distinct, in order of first entry */
	size_t nverdicts;
	size_t nchosen;	      /* of these, groups with an else: which it is, packets find out */
	uint32_t *verdict_of; /* by entry: index into verdicts; memory has one more */
};

/* ---- lists: rules in a row that are looked up, not compared one by one ------------------------
 */

/* One number of a list's key. */
struct lowered_word {
	enum { WORD_NUMBER, WORD_ADDRESS, WORD_LAYERS, WORD_TESTS } kind;
	enum rpol_field field;		/* NUMBER; ADDRESS: src or dst */
	unsigned part;			/* ADDRESS: which 32 bits, 0 the first */
	unsigned shift, bits;		/* LAYERS: these of p->has */
	const struct rpol_expr **tests; /* TESTS: bit i says whether number i holds */
	size_t ntests;
};

/* What packets of one family are looked up in. */
struct lowered_part {
	unsigned family;   /* 4, 6; 0: packets without IP */
	size_t count;	   /* alternatives of the rules' conditions that such packets can meet */
	uint64_t constant; /* the decision of every such packet where there is nothing to look up */
	const struct lowered_word *words; /* of the key: schema.words; NULL: constant */
	struct rpol_rules_schema schema;
	enum rpol_rules_structure structure;
	struct rpol_rules_cost cost[RPOL_RULES_STRUCTURES];
	struct lowered_memory memory; /* the structure, then decisions by number from 0 */
	size_t decisions;	      /* where they begin: the structure's size */
};

struct lowered_list {
	const char *id;	     /* "edge_0" */
	size_t first, count; /* rules of the program */
	struct lowered_part parts[3];
	size_t nparts;
	double code_ns; /* predicted of the same as comparisons: a hit and none, halved */
	double list_ns; /* of the list, likewise */
};

/* What a rule's entry among the decisions has in place of a verdict where the program has code for
 * it: RPOL_NOTHING of packet.h. */
#define LOWER_SPECIAL 0xffu

/* ---- programs -------------------------------------------------------------------------------- */

/* What a program can come to; RPOL_USES_… of forward.h, same order. */
enum {
	USES_FIB = 1 << 0,
	USES_ROUTE = 1 << 1,
	USES_GROUP = 1 << 2,
	USES_SEND = 1 << 3,
	USES_BOUNCE = 1 << 4,
	USES_CPU = 1 << 5,
	USES_BITS = 6,
};

struct lowered_chunk {
	size_t first, count; /* rules */
	size_t cost;
};

/* A chain as one program has it: written at its jumps, or functions of its own. */
struct lowered_chain {
	const struct rpol_chain_use *use;
	bool inlined;
	size_t jumps; /* to it, in this program */
	size_t cost;
	unsigned frames;		    /* functions within each other */
	const struct lowered_chunk *chunks; /* of its rules; NULL: inlined, or none */
	size_t nchunks;
};

struct lowered_program {
	const struct rpol_program *program;
	unsigned need; /* what it asks for of a packet */
	unsigned uses;
	bool flows;    /* it hashes flows */
	bool rewrites; /* some action changes packets */
	bool apart;    /* the packet is not on the stack: functions of rules need that */
	size_t cost;   /* comparisons and look-ups of all rules and functions of chains, about */
	size_t nmaps;
	size_t nlookups;		   /* functions of sets, tables and lists that it calls */
	const struct lowered_list **lists; /* by rule: the list that begins with it, or NULL */
	size_t nlists;
	size_t nlisted;			    /* rules in them */
	const char *unlisted;		    /* why the longest run that might be one is not */
	const struct lowered_chunk *chunks; /* NULL: one inlined function */
	size_t nchunks;
	struct lowered_chain *chains;	  /* as in the program */
	size_t nfunctions;		  /* of rules and chains */
	const struct rpol_rule *too_long; /* a rule over LOWER_RULE_COST; NULL: none */
};

struct lowering {
	const struct rpol_policy *policy;
	struct rpol_compile_options options; /* with the defaults filled in */
	size_t budget;			     /* of options.memory, what lists left over */
	struct lowered_set *sets;	     /* by set index */
	struct lowered_table *tables;	     /* by table index */
	struct lowered_program *programs;    /* by program index */
};

/* Layers without which the expression is false, with all those they imply. Needs: the structures of
 * sets. */
unsigned lowered_guard(const struct lowering *lowering, const struct rpol_expr *expr);

/* The layers without which a packet has not all of the fields; those of the families. */
unsigned lowered_key_guard(const enum rpol_field *fields, size_t count);
unsigned lowered_families_guard(const struct lowered_family family[2]);

/* Where a program's jump goes. */
const struct lowered_chain *lowered_chain(const struct lowered_program *program,
					  const struct rpol_verdict *jump);

/* Needs: a checked policy. Leaves: every set and table that a rule uses has its structure, every
 * program what it reads and its functions. */
const struct lowering *rpol_lower(struct rpol_arena *arena, const struct rpol_policy *policy,
				  const struct rpol_compile_options *options);

/* Queues E0701 for what no kernel would load. True when there was none. */
bool rpol_lowering_check(const struct lowering *lowering, struct rpol_diags *diags);

/* ---- parts of lowering -------------------------------------------------------------------------
 */

/* lower_set.c: structures by what is in them. */
void lower_set(struct rpol_arena *arena, struct lowered_set *set, const struct rpol_set *from);
void lower_table(struct rpol_arena *arena, struct lowered_table *table,
		 const struct rpol_table *from);

/* What follows when a verdict has no outcome: its own else, or its group's. */
const struct rpol_verdict *lowered_otherwise(const struct rpol_verdict *verdict);

/* The structure of memory: "routes4", "exact". */
const char *lowered_structure(enum form form, int family);

/* True when some of it is looked up in memory; when that changes at run time. */
bool lowered_table_memory(const struct lowered_table *table);
bool lowered_table_live(const struct lowered_table *table);

/* lower_list.c: the program's lists. costs: of its rules, by index, with those of listed ones left
 * to the list's first. */
void lower_lists(struct rpol_arena *arena, struct lowering *lowering,
		 struct lowered_program *program, size_t *costs);

/* True when the rule's entry among a list's decisions says all; false: LOWER_SPECIAL. */
bool lowered_rule_simple(const struct rpol_rule *rule);

/* lower_memory.c: the images of what rules use; E0701 for those that are too much. */
void lower_memories(struct rpol_arena *arena, struct lowering *lowering);
void lowered_memories_check(const struct lowering *lowering, struct rpol_diags *diags);

/* Zeroed memory of the arena, or NULL: where there is none, what is not the arena's must go first.
 */
uint8_t *lowered_try_alloc(struct rpol_arena *arena, size_t size);

/* Calls visit for each memory there is until it returns other than 0, and returns that; else
 * 0. */
int lowered_memories_each(const struct lowering *lowering,
			  int (*visit)(void *arg, const struct lowered_memory *memory), void *arg);

/* Entries of dynamic maps, and writing them: the one place that knows the layout, with
 * runtime-bpf/src/program.h. The bytes of a map's key; writing a number, the key of a prefix; a
 * verdict's word. */
enum { LOWERED_VALUE = 4 };
void lowered_value_write(uint8_t *to, uint32_t value);
size_t lowered_dynamic_key_size(const struct rpol_set *set, const struct rpol_table *table);
void lowered_prefix_write(uint8_t *to, const struct rpol_prefix *prefix);
uint32_t lowered_word(const struct rpol_verdict *verdict);

#endif
