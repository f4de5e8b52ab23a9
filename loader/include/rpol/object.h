/* object.h: reading a built object: an ELF file with our manifest in it. Trusts nothing. */
#ifndef RPOL_OBJECT_H
#define RPOL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpol/abi.h"

struct rpol_object_rule {
	const char *label;
	const char *verdict; /* as source: "route both" */
	const char *file;    /* of the rule's text */
	uint32_t line;
	uint32_t counter;      /* index into the counters map */
	const uint32_t *sends; /* interfaces it can send to, by elses and lookups too */
	size_t nsends;
	const uint32_t
		*cpus; /* CPUs it can hand packets to, RPOL_CPU_SPREAD among them, likewise */
	size_t ncpus;
};

/* A counter that `count` names. */
struct rpol_object_named {
	const char *name;
	uint32_t counter; /* index into the counters map */
};

enum rpol_object_hook { RPOL_OBJECT_XDP, RPOL_OBJECT_TC_INGRESS, RPOL_OBJECT_TC_EGRESS };

struct rpol_object_program {
	const char *name; /* of the policy; BPF names are entry_NAME, policy_NAME, slots_NAME */
	enum rpol_object_hook hook;
	const char *hook_text;	/* "tc ingress" */
	const uint32_t *ifaces; /* indices into interfaces */
	size_t nifaces;
	const struct rpol_object_rule *rules; /* the last is the default */
	size_t nrules;
};

struct rpol_object_interface {
	const char *name, *device;
};

struct rpol_object_nexthop {
	const char *name;
	uint8_t family;	 /* 4 or 6 */
	uint8_t via[16]; /* network order */
	uint32_t iface;	 /* index into interfaces */
};

struct rpol_object_group {
	const char *name;
	bool prefer;
	const uint32_t *members; /* next hop indices */
	const uint32_t *weights;
	size_t nmembers;
};

/* Contents of one map: count times key_size + value_size bytes, keys then value, packed. */
struct rpol_object_image {
	const char *map;
	uint32_t key_size, value_size, count;
	const uint8_t *bytes;
};

#define RPOL_CONTENT_KEY 64    /* bytes of a key at most */
#define RPOL_CONTENT_FIELDS 16 /* fields of a key at most */

/* A set or table that changes at run time. */
struct rpol_object_content {
	const char *name, *map;
	bool prefix; /* keys are struct rpol_prefix_key, of the one field; else exact */
	const char *const *fields; /* that make the key, by their names in the language */
	size_t nfields;
	uint32_t key_size;  /* bytes */
	int interface_at;   /* where an interface's number is in a key; -1: nowhere */
	uint32_t size;	    /* entries at most */
	uint32_t timeout;   /* of a set: seconds that an entry stays; 0: for good */
	uint32_t verdicts;  /* of a table: which its entries can have, as bits */
	uint32_t memory[2]; /* of a table that is looked up in memory: bytes of table4_NAME and
			     * table6_NAME; else 0 */
};

struct rpol_object_source {
	const char *path, *text;
	size_t length;
};

struct rpol_object {
	const char *name; /* default deployment name */
	uint8_t digest[32];
	const uint8_t *bytes; /* the whole file */
	size_t size;
	const struct rpol_object_interface *interfaces;
	size_t ninterfaces;
	const struct rpol_object_nexthop *nexthops;
	size_t nnexthops;
	const struct rpol_object_group *groups;
	size_t ngroups;
	const struct rpol_object_program *programs;
	size_t nprograms;
	const struct rpol_object_content *sets, *tables; /* dynamic ones */
	size_t nsets, ntables;
	const struct rpol_object_image *images;
	size_t nimages;
	const struct rpol_object_source *sources;
	size_t nsources;
	const struct rpol_object_named *named;
	size_t nnamed;
	uint32_t ncounters; /* rules of all programs, and the named ones */
};

/* True when the bytes begin like an ELF file. */
bool rpol_object_is(const uint8_t *bytes, size_t size);

/* Reads an object from memory (copied). 0; -EINVAL when it is damaged, truncated or hostile;
 * -ENOTSUP when another version of rpol made it. On failure *error (malloc'd) says what is wrong,
 * where, and what to do. */
int rpol_object_read(const uint8_t *bytes, size_t size, struct rpol_object **out, char **error);

void rpol_object_free(struct rpol_object *object); /* NULL: nothing */

#endif
