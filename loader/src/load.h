/* load.h: an object's programs and maps in the kernel, attached to nothing. Private to loader/. */
#ifndef RPOL_LOAD_H
#define RPOL_LOAD_H

#include "internal.h"

struct bpf_object;
struct carried_map;

struct load_plan {
	const uint32_t *ifindex; /* by interface of the object */
	const uint8_t *alive;	 /* by next hop; NULL: all are */
	int active;		 /* fd of the rpol_active to share, or -1 */
	/* The maps of an earlier generation: of the object's dynamic sets, then tables; NULL: none.
	 */
	const struct carried_map *contents;
	bool tracing;
	bool indirect; /* as without CAP_PERFMON */
	bool seeds;    /* fill dynamic sets and tables with what they begin with */
	bool entries;  /* the entry programs too */
};

/* Loads and verifies everything, fills images and buckets. Nothing is pinned or attached. 0, or
 * a negative errno with a message (and the policy's place, when the verifier names it). */
int load_object(const struct rpol_object *object, const struct load_plan *plan,
		struct bpf_object **out, struct rpol_load_error *error);
void load_close(struct bpf_object **bpf);

/* fd of policy NAME's program, or of a map; borrowed. -1 when there is none. */
int load_policy(const struct bpf_object *bpf, const char *name);
int load_map(const struct bpf_object *bpf, const char *name);

/* Loads the entry program of a policy once more, with slots in the place of its own program
 * array. The caller's fd, or a negative errno with a message. */
int load_entry(const struct bpf_object *bpf, const char *name, int slots,
	       struct rpol_load_error *error);

#endif
