/* contents.h: what a deployment's dynamic sets and tables hold, changed while it is in force.
 *
 * Keys are bytes as docs/packets.md, "Keys", has them, or a struct rpol_prefix_key; the caller
 * makes them of text by the fields that the info names. Functions return 0 or a negative errno,
 * then with a message, and what is held is then as it was. A handle holds the deployment's lock: no
 * apply comes between.
 *
 * The first change of a table in memory reads all of it, some milliseconds for a hundred thousand
 * entries, and mends what a change that was killed has left; further ones take microseconds. */
#ifndef RPOL_CONTENTS_H
#define RPOL_CONTENTS_H

#include "rpol/loader.h"
#include "rpol/memory.h"

struct rpol_contents;

/* Opens set or table `name` of a deployment; NULL: the only one that has it. -ENOENT when there is
 * none. */
int rpol_contents_open(const char *bpffs, const char *deployment, const char *name, bool table,
		       struct rpol_contents **out, struct rpol_load_error *error);
/* Names of the dynamic sets or tables of a deployment, NULL: of all. Each and the list: malloc'd.
 */
int rpol_contents_names(const char *bpffs, const char *deployment, bool table, char ***names,
			size_t *count, struct rpol_load_error *error);
void rpol_contents_close(struct rpol_contents *contents); /* NULL: nothing */

const struct rpol_object_content *rpol_contents_info(const struct rpol_contents *contents);
const char *rpol_contents_deployment(const struct rpol_contents *contents);
/* Interface `name`'s number in a key; 0: there is none. */
uint32_t rpol_contents_interface(const struct rpol_contents *contents, const char *name);
/* The other way round; NULL: there is none. */
const char *rpol_contents_interface_name(const struct rpol_contents *contents, uint32_t number);

/* A verdict such as "drop" or "route t1" as a word for the table. -EINVAL. */
int rpol_contents_word(struct rpol_contents *contents, const char *verdict, uint32_t *word,
		       struct rpol_load_error *error);
/* A word as text; returns buf. */
const char *rpol_contents_word_text(const struct rpol_contents *contents, uint32_t word, char *buf,
				    size_t size);

/* Adds or replaces an entry. seconds: how long a set's stays, 0: for good. word: a table's verdict.
 * -ENOSPC when it is full, expired entries removed. */
int rpol_contents_add(struct rpol_contents *contents, const uint8_t *key, uint64_t seconds,
		      uint32_t word, struct rpol_load_error *error);
/* Adds or replaces all of the entries; of those with one key the last counts. -ENOSPC: they do not
 * all fit, expired entries removed, and none of them was added. */
struct rpol_contents_entry {
	uint8_t key[RPOL_CONTENT_KEY];
	uint32_t word; /* a table's verdict */
};
int rpol_contents_load(struct rpol_contents *contents, const struct rpol_contents_entry *entries,
		       size_t count, uint64_t seconds, struct rpol_load_error *error);
/* -ENOENT without message when it is not there. */
int rpol_contents_delete(struct rpol_contents *contents, const uint8_t *key,
			 struct rpol_load_error *error);
int rpol_contents_flush(struct rpol_contents *contents, size_t *removed,
			struct rpol_load_error *error);

/* How full it is. */
struct rpol_contents_fill {
	size_t entries; /* that have not expired */
	/* Of a table in memory, IPv4's and IPv6's; else all 0. */
	size_t prefixes[2];
	struct rpol_room room[2];
};
int rpol_contents_fill(struct rpol_contents *contents, struct rpol_contents_fill *fill,
		       struct rpol_load_error *error);

/* Calls visit for every entry that has not expired; those that have are removed. seconds: left, 0:
 * for good. */
int rpol_contents_each(struct rpol_contents *contents,
		       int (*visit)(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word),
		       void *arg, struct rpol_load_error *error);

#endif
