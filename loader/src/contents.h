/* contents.h: what sets and tables that change at run time hold, from one generation to the next.
 * Private to loader/.
 *
 * Each such map is pinned in its generation's folder by its own name. A generation that declares
 * the same name, kind, key and size shares the map with the one before it; one that differs in
 * size, or numbers differently what keys and verdicts name, gets a copy. */
#ifndef RPOL_LOADER_CONTENTS_H
#define RPOL_LOADER_CONTENTS_H

#include "deploy.h"

struct bpf_object;

enum { RPOL_CONTENT_NAME = 128 };

/* One map of the new generation. */
struct carried_map {
	const struct rpol_object_content *now;
	const struct rpol_object_content
		*before; /* the same of the generation in force; NULL: none */
	int fd;		 /* the map of that one; -1: none */
	int memory[2];	 /* of a table in memory, what is shared of that one; -1: none */
	bool shared;
};

/* What a map holds by a key: of a set, of a table. */
union contents_value {
	struct rpol_element element;
	uint32_t word;
};

/* Calls visit for each entry of a map until it returns other than 0, and returns that; else 0 or
 * -errno. visit deletes nothing. */
int contents_read(int map, size_t key_size, size_t value_size,
		  int (*visit)(void *arg, const uint8_t *key, const union contents_value *value),
		  void *arg);

/* The name of a table's memory for IPv4 (0) or IPv6 (1): table4_NAME. */
void contents_memory_name(char name[RPOL_CONTENT_NAME], const struct rpol_object_content *content,
			  int family);

uint64_t contents_now(void); /* ns of CLOCK_BOOTTIME */
bool contents_expired(const struct rpol_element *element, uint64_t now);
/* True of the error of an update that found no room. */
bool contents_full(int rc);
/* Removes from a set's map what has expired. 0 or -errno. */
int contents_purge(int set);

/* Opens what the generation in force has of the object's contents: maps[0..nsets+ntables). */
int contents_open(const struct deployment *deployment, const struct rpol_object *object,
		  struct carried_map *maps, struct rpol_load_error *error);
void contents_close(const struct rpol_object *object, struct carried_map *maps);

/* Pins the maps of a loaded object in a slot and copies what is not shared. */
int contents_carry(const struct deployment *deployment, unsigned slot,
		   const struct rpol_object *object, const struct carried_map *maps,
		   const struct bpf_object *bpf, struct notes *notes,
		   struct rpol_load_error *error);

/* Adds the seeds: a set's stay for good, a table's change nothing that is there. Programs find what
 * tables in memory hold afterwards. */
int contents_seed(const struct rpol_object *object, const struct bpf_object *bpf,
		  struct rpol_load_error *error);

/* Only those of tables in memory. */
int contents_seed_memory(const struct rpol_object *object, const struct bpf_object *bpf,
			 struct rpol_load_error *error);

#endif
