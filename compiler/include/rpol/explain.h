/* explain.h: what the compiler makes of a policy, as facts: where each set, table, chain and group
 * lives, how large it is, and what each rule is compiled to. */
#ifndef RPOL_EXPLAIN_H
#define RPOL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "rpol/compile.h"
#include "rpol/policy.h"

/* A place where a part of something lives. */
struct rpol_explained_place {
	/* "rule" and "code": comparisons; "bitmap", "ranges"; memory: "routes4", "routes6",
	 * "exact"; maps: "trie", "hash", "array" */
	const char *kind;
	const char *memory; /* its name, section .rodata.NAME of the object, or .bss.NAME where it
			     * changes at run time; else NULL */
	const char *map;    /* of a map, as in the object; else NULL */
	unsigned family;    /* 4 or 6; 0: of both, or not of addresses */
	size_t entries;	    /* prefixes, keys, ranges, devices, rules, buckets */
	size_t key, value;  /* bytes of an entry of a map */
	size_t bytes;	    /* of the bitmap or memory, or of all keys and values; 0: code */
	size_t functions;   /* of a chain: its own; 0: written at its jumps */
	const char *why;    /* this kind: "it changes at run time"; NULL: there is no other */
};

struct rpol_explained {
	const char *kind; /* "set", "table", "chain", "group" */
	const char *name; /* NULL: written in place */
	struct rpol_span span;
	const struct rpol_explained_place *places;
	size_t nplaces; /* 0: nothing uses it */
};

/* What one structure would be for a list, and what it is predicted to take. */
struct rpol_explained_structure {
	const char *name;    /* "classes", "tuples", "tree" */
	const char *refused; /* why it cannot be; NULL: it can */
	size_t bytes;
	double hit_ns, none_ns; /* a packet that some rule matches; one that none does, as a rule */
};

/* A list as packets of one family meet it. */
struct rpol_explained_part {
	unsigned family;     /* 4, 6; 0: without IP */
	size_t alternatives; /* of the rules' conditions, that such packets can meet */
	const char *chosen;  /* a structure's name; NULL: all such packets get the same */
	const char *memory;  /* its name */
	size_t words;	     /* of the key */
	size_t bytes;	     /* with what its rules decide */
	const struct rpol_explained_structure *structures;
	size_t nstructures; /* that were looked at */
};

/* Rules in a row that are looked up. */
struct rpol_explained_list {
	size_t first, count;	 /* in program->rules */
	double list_ns, code_ns; /* predicted: looked up, and one by one */
	const struct rpol_explained_part *parts;
	size_t nparts;
};

struct rpol_explained_rule {
	const struct rpol_rule *rule;
	const char *code;		      /* its condition in C; NULL: always true */
	const struct rpol_explained **things; /* what it tests and comes to */
	size_t nthings;
	const struct rpol_explained_list *list; /* that it is in; NULL: none */
};

struct rpol_explained_program {
	const struct rpol_program *program;
	const char *reads;			 /* "ip and l4": how deep packets are read */
	size_t comparisons;			 /* about */
	size_t functions;			 /* of its rules and chains; 0: all in one */
	const struct rpol_explained_rule *rules; /* program->ncounted */
	const struct rpol_explained *chains;	 /* program->nchains */
	const struct rpol_explained_list *lists;
	size_t nlists;
	const char
		*unlisted; /* why rules that might be a list are not; NULL: there are none such */
};

struct rpol_explanation {
	const struct rpol_policy *policy;
	const struct rpol_explained *sets;	       /* policy->nsets */
	const struct rpol_explained *tables;	       /* policy->ntables */
	const struct rpol_explained *groups;	       /* policy->ngroups */
	const struct rpol_explained_program *programs; /* policy->nprograms */
};

/* 0 and *out, or -ENOMEM. It points into the policy, which must outlive it. */
int rpol_explain(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		 const struct rpol_explanation **out);
void rpol_explanation_free(const struct rpol_explanation *explanation); /* NULL: nothing */

#endif
