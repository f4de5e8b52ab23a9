/* policy.h: the checked policy. What the checker made of the text and all that analysis, dry run
 * and compiler see of it: names resolved, types right, sets normalised. Immutable; owned by the
 * unit it came from. Every pointer into it stays valid until rpol_unit_close(). */
#ifndef RPOL_POLICY_H
#define RPOL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rpol/addr.h"
#include "rpol/source.h"

/* ---- fields ---------------------------------------------------------------------------- */

enum rpol_type {
	RPOL_TYPE_BOOL,
	RPOL_TYPE_NUMBER,
	RPOL_TYPE_PORT,
	RPOL_TYPE_PROTO,
	RPOL_TYPE_DSCP,
	RPOL_TYPE_FLAGS,
	RPOL_TYPE_ETHERTYPE,
	RPOL_TYPE_VLAN,
	RPOL_TYPE_ICMP_TYPE,
	RPOL_TYPE_ECN,
	RPOL_TYPE_ICMP6_TYPE,
	RPOL_TYPE_ARP_OP,
	RPOL_TYPE_TIME,	   /* seconds of the day */
	RPOL_TYPE_WEEKDAY, /* 1 Monday .. 7 Sunday */
	RPOL_TYPE_MAC,
	RPOL_TYPE_ADDR,
	RPOL_TYPE_IFACE,
};

/* What a packet must have, whole, for a field to be present (docs/language.md, "Packets"). */
enum rpol_layer {
	RPOL_LAYER_ALWAYS,
	RPOL_LAYER_L2,	  /* 14 bytes */
	RPOL_LAYER_ETH,	  /* the EtherType after the tags could be read */
	RPOL_LAYER_VLAN,  /* one tag or more */
	RPOL_LAYER_VLAN2, /* two tags */
	RPOL_LAYER_IP,	  /* a whole IPv4 header with options, or IPv6 fixed header */
	RPOL_LAYER_PROTO, /* and the final protocol is known */
	RPOL_LAYER_PORTS, /* a whole header of a protocol with ports */
	RPOL_LAYER_TCP,
	RPOL_LAYER_UDP,
	RPOL_LAYER_ICMP,
	RPOL_LAYER_ICMP6,
	RPOL_LAYER_GRE,
	RPOL_LAYER_GRE_KEY, /* GRE with a key */
	RPOL_LAYER_VXLAN,
	RPOL_LAYER_IP4,
	RPOL_LAYER_IP6,
	RPOL_LAYER_ARP,
	RPOL_LAYER_MPLS,
};

enum rpol_field {
#define FIELD(id, name, type, layer, max, hooks, settable, doc) RPOL_FIELD_##id,
#include "rpol/fields.def"
#undef FIELD
	RPOL_FIELD_COUNT
};

struct rpol_field_info {
	const char *name;
	enum rpol_type type;
	enum rpol_layer layer;
	uint32_t max;
	unsigned hooks; /* bits 1 << RPOL_HOOK_*: which have it */
	bool settable;
	const char *doc;
};

/* The row of a field. Static. */
const struct rpol_field_info *rpol_field_info(enum rpol_field field);

/* ---- keys ------------------------------------------------------------------------------- */

#define RPOL_MAX_KEY 64	       /* bytes */
#define RPOL_MAX_KEY_FIELDS 16 /* no field takes less than four */

/* What the entries of a set or a table are found by: the values of fields, one after the other
 * (docs/packets.md, "Keys"): an address 16 bytes, IPv4 as ::ffff:a.b.c.d; a MAC
 * address 6 bytes; every other field 4 bytes,
 * big-endian, an interface as its index plus one. */
struct rpol_key {
	enum rpol_field fields[RPOL_MAX_KEY_FIELDS]; /* those of `addr` and `port`: src, dport */
	size_t nfields;
	size_t size; /* bytes of a key */
};

/* Bytes of a field in a key. */
size_t rpol_key_field_size(enum rpol_field field);

/* ---- expressions ------------------------------------------------------------------------ */

enum rpol_op { RPOL_EQ, RPOL_NE, RPOL_LT, RPOL_LE, RPOL_GT, RPOL_GE, RPOL_IN, RPOL_HAS, RPOL_IS };

enum rpol_expr_kind { RPOL_EXPR_ANY, RPOL_EXPR_AND, RPOL_EXPR_OR, RPOL_EXPR_NOT, RPOL_EXPR_TEST };

/* A tree (a `cond` used twice is shared, so: a DAG without cycles; fully expanded it has at most
 * RPOL_MAX_TESTS tests). A TEST on a field the packet does not have is false, whatever its
 * operator; so is a test of an address against a value of the other family. */
struct rpol_expr {
	enum rpol_expr_kind kind;
	struct rpol_span span;
	const struct rpol_expr **args; /* AND, OR: 2 or more; NOT: 1 */
	size_t nargs;
	/* TEST */
	enum rpol_field field;
	enum rpol_op op;
	uint32_t number;	     /* EQ..GE; HAS: one flag's bit; host order. RANDOM: N */
	uint8_t mac[6];		     /* EQ, NE of a MAC field */
	const enum rpol_field *keys; /* HASH: what it is of, 1 or more; NULL: the flow */
	size_t nkeys;
	struct rpol_addr addr;		    /* EQ, NE of an ADDR field */
	const struct rpol_interface *iface; /* EQ, NE of an IFACE field */
	const struct rpol_set *set; /* IN: named, or anonymous for { … }, a range, a prefix */
	/* IN a set of KEYS: the fields, of the types of the set's own; field is the first of them.
	 */
	const enum rpol_field *fields;
	size_t nfields;
	/* IS: a BOOL field alone */
};

/* ---- declarations ----------------------------------------------------------------------- */

struct rpol_interface {
	const char *name;
	const char *device; /* default binding; --bind replaces it at deploy */
	uint32_t ordinal;   /* of those with this name, which follow each other: 0, 1, … */
	uint32_t index;	    /* in rpol_policy.interfaces */
	struct rpol_span span;
};

enum rpol_set_kind {
	RPOL_SET_PREFIX, /* of addresses: sets of type prefix and addr */
	RPOL_SET_RANGE,	 /* of numbers: ports, protocols, DSCPs, … */
	RPOL_SET_IFACE,
	RPOL_SET_KEYS, /* of values of several fields; dynamic: of one too */
};

/* Normalised: prefixes in rpol_prefix_compare order, none inside another; ranges ascending,
 * neither overlapping nor adjacent. */
struct rpol_set {
	const char *name; /* NULL: written in place */
	enum rpol_set_kind kind;
	uint32_t index; /* in rpol_policy.sets; anonymous ones are there too */
	struct rpol_span span;
	const struct rpol_prefix *prefixes;
	size_t nprefixes;
	const struct rpol_range *ranges;
	size_t nranges;
	const struct rpol_interface **ifaces;
	size_t nifaces;
	struct rpol_key key; /* KEYS */
	const uint8_t *keys; /* nkeys of key.size bytes, ascending by memcmp, none twice */
	size_t nkeys;
	/* Changed at run time: what it holds is what it begins with. A KEYS set when of type addr,
	 * port or several fields. */
	bool dynamic;
	uint32_t size;	  /* dynamic: entries at most */
	uint32_t timeout; /* dynamic: seconds that an entry added at run time stays; 0: for good */
};

struct rpol_nexthop {
	const char *name;
	struct rpol_addr via;
	const struct rpol_interface *dev;
	uint32_t index; /* in rpol_policy.nexthops */
	struct rpol_span span;
};

enum rpol_group_kind { RPOL_GROUP_HASH, RPOL_GROUP_PREFER };

#define RPOL_GROUP_BUCKETS 256 /* also the largest sum of a group's weights */

struct rpol_member {
	const struct rpol_nexthop *nexthop;
	uint32_t weight; /* 1 or more; PREFER: 1 */
};

struct rpol_group {
	const char *name;
	enum rpol_group_kind kind;
	const struct rpol_member *members; /* 1 or more, in the order written */
	size_t nmembers;
	const struct rpol_verdict *otherwise; /* the group's own else; NULL: none */
	uint32_t index;			      /* in rpol_policy.groups */
	struct rpol_span span;
};

/* ---- verdicts, tables, policies --------------------------------------------------------- */

enum rpol_verdict_kind {
#define VERDICT(id, word, hooks, operand, doc) RPOL_VERDICT_##id,
#include "rpol/verdicts.def"
#undef VERDICT
	RPOL_VERDICT_COUNT
};

#define RPOL_MAX_CPU 1023
#define RPOL_CPU_SPREAD 0xffff /* one of those online, by the flow; of abi.h too */

struct rpol_verdict {
	enum rpol_verdict_kind kind;
	struct rpol_span span;
	const struct rpol_nexthop *nexthop;   /* ROUTE: this or */
	const struct rpol_group *group;	      /* ROUTE: this */
	const struct rpol_table *table;	      /* LOOKUP */
	const struct rpol_interface *iface;   /* SEND */
	const struct rpol_chain *chain;	      /* JUMP; only a rule's own verdict */
	uint32_t cpu;			      /* CPU: its number, or RPOL_CPU_SPREAD */
	const struct rpol_verdict *otherwise; /* else of ROUTE (NULL: the group's own) and LOOKUP */
};

struct rpol_entry {
	struct rpol_prefix key;		    /* LPM */
	const uint8_t *bytes;		    /* EXACT: the key, of the table's exact.size */
	const struct rpol_verdict *verdict; /* never LOOKUP, JUMP; CONTINUE: on to the next rule */
	struct rpol_span span;
};

enum rpol_table_kind { RPOL_TABLE_LPM, RPOL_TABLE_EXACT };

struct rpol_table {
	const char *name;
	enum rpol_table_kind kind;
	enum rpol_field key;   /* LPM: RPOL_FIELD_SRC or RPOL_FIELD_DST */
	struct rpol_key exact; /* EXACT */
	/* in rpol_prefix_compare order, or EXACT: ascending by memcmp; keys unique */
	const struct rpol_entry *entries;
	size_t nentries;
	bool dynamic;	/* changed at run time: these are what it begins with */
	uint32_t size;	/* dynamic: entries at most */
	uint32_t index; /* in rpol_policy.tables */
	struct rpol_span span;
};

enum rpol_hook { RPOL_HOOK_XDP, RPOL_HOOK_TC_INGRESS, RPOL_HOOK_TC_EGRESS, RPOL_HOOK_COUNT };

enum rpol_fragments { RPOL_FRAGMENTS_MATCH, RPOL_FRAGMENTS_DROP, RPOL_FRAGMENTS_PASS };

/* A counter that actions name, the whole policy's. */
struct rpol_named_counter {
	const char *name;
	uint32_t counter;      /* in the whole policy: after those of all rules */
	struct rpol_span span; /* where it is first named */
};

enum rpol_action_kind {
#define ACTION(id, word, hooks, operand, doc) RPOL_ACTION_##id,
#include "rpol/actions.def"
#undef ACTION
	RPOL_ACTION_COUNT_OF
};

/* What a rule does to a packet before its verdict (docs/packets.md, "Actions"). */
struct rpol_action {
	enum rpol_action_kind kind; /* never MARK or PRIORITY: those are SETs */
	struct rpol_span span;
	const struct rpol_named_counter *counter; /* COUNT */
	enum rpol_field field;			  /* SET: a settable one */
	uint32_t number;			  /* SET, VLAN_PUSH; host order */
	struct rpol_addr addr;			  /* SET of an ADDR field */
	uint8_t mac[6];				  /* SET of a MAC field */
};

struct rpol_rule {
	/* the default is labelled "default" and matches any; a chain's rule is "chain.label" */
	const char *label;
	const struct rpol_expr *match;
	const struct rpol_action *actions; /* in order; done when the rule matches */
	size_t nactions;
	const struct rpol_verdict *verdict;
	uint32_t index;	       /* in its program's rules */
	uint32_t counter;      /* in the whole policy: programs in order, their rules in order */
	struct rpol_span span; /* label to semicolon */
};

#define RPOL_MAX_JUMPS 16 /* chains within each other */

/* A named run of rules without a default. Every policy that can reach it has copies of its rules,
 * with counters of its own. */
struct rpol_chain {
	const char *name;
	const struct rpol_rule *rules; /* as written: without the chain's name, and uncounted */
	size_t nrules;
	unsigned height; /* jumps that can follow each other in it: 0 when it has none */
	uint32_t index;	 /* in rpol_policy.chains */
	struct rpol_span span;
};

/* A chain that a program can reach, and where its copies are. */
struct rpol_chain_use {
	const struct rpol_chain *chain;
	const struct rpol_rule *rules; /* chain->nrules of them, within rpol_program.rules */
};

/* One `policy … on … at … { … }`: one BPF program. When fragments are not MATCHed, rule 0 is
 * `fragments: fragment => drop` or `… => pass`, made by the checker. */
struct rpol_program {
	const char *name;
	enum rpol_hook hook;
	struct rpol_span why; /* `at auto`: what decided the hook */
	const char *why_text; /* the same in words; NULL: the policy says its hook itself */
	const struct rpol_interface **ifaces; /* 1 or more */
	size_t nifaces;
	enum rpol_fragments fragments;
	const struct rpol_rule *rules; /* its own, of which the last is the default */
	size_t nrules;
	size_t ncounted;		     /* with those of its chains, which come after */
	const struct rpol_chain_use *chains; /* ascending by the chain's index */
	size_t nchains;
	uint32_t index; /* in rpol_policy.programs */
	struct rpol_span span;
};

struct rpol_policy {
	const char *name; /* the root file's, without folder and .rpol */
	const struct rpol_sources *sources;
	const struct rpol_interface *interfaces;
	size_t ninterfaces;
	const struct rpol_set *sets;
	size_t nsets;
	const struct rpol_nexthop *nexthops;
	size_t nnexthops;
	const struct rpol_group *groups;
	size_t ngroups;
	const struct rpol_table *tables;
	size_t ntables;
	const struct rpol_chain *chains;
	size_t nchains;
	const struct rpol_program *programs;
	size_t nprograms;
	const struct rpol_named_counter *named; /* counters that actions name */
	size_t nnamed;
	size_t ncounters; /* rules of all programs, those of their chains too, then the named ones
			   */
};

/* Where a program's copies of a chain's rules are. The program can reach the chain. */
const struct rpol_chain_use *rpol_program_chain(const struct rpol_program *program,
						const struct rpol_chain *chain);

/* Words as the language writes them. Static. */
const char *rpol_verdict_word(enum rpol_verdict_kind kind);
const char *rpol_hook_text(enum rpol_hook hook); /* "xdp", "tc ingress", "tc egress" */
const char *rpol_op_text(enum rpol_op op);

/* A verdict in full, as source: "route both else fib". Writes at most size bytes with the NUL,
 * cutting what does not fit; returns buf. */
const char *rpol_verdict_text(const struct rpol_verdict *verdict, char *buf, size_t size);

/* "count", "vlan push". Static. */
const char *rpol_action_word(enum rpol_action_kind kind);

/* An action in full, as source: "set dst 10.0.0.1". As rpol_verdict_text. */
const char *rpol_action_text(const struct rpol_action *action, char *buf, size_t size);

/* What a rule comes to in full, as source: "set ttl 64, count seen, pass". As rpol_verdict_text. */
const char *rpol_outcome_text(const struct rpol_rule *rule, char *buf, size_t size);

/* Writes the checked policy in a stable text form (`--dump=policy`, golden tests). */
void rpol_policy_dump(const struct rpol_policy *policy, FILE *out);

/* ---- limits ----------------------------------------------------------------------------- */

#define RPOL_MAX_TESTS 1024   /* tests of one rule, conds expanded */
#define RPOL_MAX_NESTING 128  /* parentheses, nots and conds within each other */
#define RPOL_MAX_RULES 131072 /* rules of one policy, in this version */
#define RPOL_MAX_INTERFACES 64
#define RPOL_MAX_NEXTHOPS 1024
#define RPOL_MAX_DYNAMIC 16000000 /* entries of a dynamic set or table */
#define RPOL_MAX_NAME 63	  /* bytes of a declared name or label */
#define RPOL_MAX_COUNTERS 1024	  /* that actions name */
#define RPOL_MAX_ACTIONS 64	  /* of one rule */

#endif
