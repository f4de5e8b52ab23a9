/* policygen.h: what the parts of the policy generator share: declarations and verdicts
 * (policygen.c), conditions (condgen.c), values (valuegen.c), keys of several fields (keygen.c). */
#ifndef DIFFERENTIAL_POLICYGEN_H
#define DIFFERENTIAL_POLICYGEN_H

#include "differential.h"

#define GEN_MAX 10 /* of a kind of declaration */
#define GEN_POOL 24
#define GEN_MAC "02:00:5e:00:53:%02x" /* packets have those of 0 to 4 */

struct gen_file {
	char path[32];
	char *text;
	size_t length;
	FILE *stream;
};

struct gen {
	struct dice *dice;
	struct coverage *coverage;
	struct text *out;
	FILE *decls, *include; /* include: NULL when this policy has none */
	unsigned nfiles;       /* files of entries so far */
	bool no_names;	       /* in such a file: values only */
	unsigned hooks;	       /* bits: of the policies that what is being written is for */
	unsigned nifaces;
	bool many; /* `many`, an interface of several devices, is declared */
	char nexthops[GEN_MAX][16];
	unsigned nnexthops, ngroups;
	struct {
		unsigned hooks;
		bool no_continue;
	} tables[GEN_MAX];
	unsigned ntables;
	struct {
		unsigned hooks;
		bool used;
	} chains[256];
	unsigned nchains;
	struct {
		char type;
	} sets[GEN_MAX]; /* 'a' addr, 'p' prefix, 'n' port */
	unsigned nsets;
	struct {
		char text[RPOL_ADDR_TEXT];
		char type;
		uint32_t number;
	} consts[GEN_MAX];
	unsigned nconsts;
	struct gen_key {
		enum rpol_field fields[3];
		unsigned nfields;
	} tuples[GEN_MAX];
	unsigned ntuples;
	struct gen_key dynamic[GEN_MAX];
	unsigned ndynamic;
	unsigned nconds;
	struct rpol_prefix pool[GEN_POOL]; /* prefixes that nest in and border on each other */
};

enum {
	GEN_NO_CONTINUE = 1,
	GEN_NO_LOOKUP = 2,
	GEN_DEFAULT = 4, /* a default: something must come of it */
	GEN_IN_ELSE = 8,
	GEN_RULE = 16, /* a rule's own verdict: it may jump */
};

void gen_wrote(struct gen *gen, enum decl decl);
FILE *gen_decls(struct gen *gen, bool *included);
void gen_data_file(struct gen *gen, FILE *decl, bool included, struct gen_file *file);
void gen_data_file_end(struct gen *gen, struct gen_file *file);

/* Writes a verdict that all of `hooks` (bits) have; depth: how many elses may follow. */
void gen_verdict(struct gen *gen, FILE *out, unsigned hooks, unsigned flags, unsigned depth);

/* ---- valuegen.c ----------------------------------------------------------------------------- */

void gen_pool(struct gen *gen); /* fills gen->pool */
/* A prefix near those of the pool; with_length: an address is written with its /32 or /128. */
void gen_prefix_text(struct gen *gen, char text[RPOL_ADDR_TEXT], bool with_length);
/* An address of the family, near those of the pool. */
struct rpol_addr gen_pick_addr(struct gen *gen, unsigned family);
/* A symbol of the type, or NULL where it has none. */
const struct symbol *gen_pick_symbol(struct gen *gen, enum rpol_type type);
/* The index of a constant of the type ('n' a number up to max, 'a' address, 'p' prefix), or -1. */
int gen_pick_const(struct gen *gen, char type, uint32_t max);
/* Declares a constant; its index, or -1 where there are enough. */
int gen_make_const(struct gen *gen, char type, const char *text, uint32_t number);
/* A number, symbol or constant for the field. */
void gen_write_number(struct gen *gen, FILE *out, enum rpol_field field);
/* A range of the field's numbers. */
void gen_write_range(struct gen *gen, FILE *out, enum rpol_field field);
/* Numbers and ranges of the field, `count` of them. */
void gen_write_numbers(struct gen *gen, FILE *out, enum rpol_field field, unsigned count,
		       const char *separator);
/* An address of the family, or a constant. */
void gen_write_addr(struct gen *gen, FILE *out, unsigned family);
/* One value for the field: a number, symbol, address or constant. */
void gen_value(struct gen *gen, FILE *out, enum rpol_field field);

/* ---- keygen.c ------------------------------------------------------------------------------- */

/* Fields for a key: at least so many. */
void gen_key(struct gen *gen, unsigned least, struct gen_key *key);
void gen_key_fields(struct gen *gen, FILE *out, const struct gen_key *key, bool as_is);
/* Calls write with count keys at most, none twice. */
void gen_key_values(struct gen *gen, const struct gen_key *key, unsigned count,
		    void (*write)(struct gen *, const char *, void *), void *arg);
/* `src in d0`, a dynamic set with seeds; prefixes one a line. */
void gen_dynamic_test(struct gen *gen, FILE *out);
void gen_prefixes(struct gen *gen, FILE *out, unsigned count);
/* `(src, dport) in …` */
void gen_tuple_test(struct gen *gen, FILE *out);

/* ---- listgen.c ------------------------------------------------------------------------------ */

/* Writes `count` rules that all of `hooks` (bits) have, as long lists of rules are. */
void gen_list(struct gen *gen, FILE *out, unsigned hooks, unsigned count);

/* ---- actions, conditions ------------------------------------------------------------------- */

/* Actions that all of `hooks` (bits) have and a comma behind each, or nothing. */
void gen_actions(struct gen *gen, FILE *out, unsigned hooks);
/* A whole condition, on one line, of fields that all of `hooks` (bits) have. */
void gen_condition(struct gen *gen, FILE *out, unsigned hooks);

#endif
