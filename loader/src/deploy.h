/* deploy.h: a deployment as it is pinned, the only truth about it. Private to loader/.
 *
 *   BPFFS/rpol/             locked (flock) while one process changes or reads
 *   BPFFS/rpol/NAME/
 *     active                rpol_active: which slot judges
 *     gen0/ gen1/           the generation in each slot
 *       counters            its rpol_counters
 *       carried             what its rules counted in earlier generations; user space only
 *       state               bindings and manifest; pinned last: without it the slot is not whole
 *     xdp_7/ tci_7/ tce_7/  one point: hook and interface number
 *       slots               program array of two
 *       entry               the entry program, tail-calling into slots
 *       link                what attaches entry; or
 *       filter              for clsact: where the filter is; written before it is attached
 *
 * A generation is in force when active names its slot and its state is there. The other slot holds
 * the generation before it (for an undo), or what an interrupted apply left. Points of neither
 * are leftovers. Every step of an apply leaves this readable so. */
#ifndef RPOL_DEPLOY_H
#define RPOL_DEPLOY_H

#include "manifest.h"

#define PATH 4096

/* ---- paths, folders and the lock ---------------------------------------------------------- */

/* Writes a path; names are checked to fit long before. */
void path_print(char path[PATH], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Locks BPFFS/rpol, made when missing and `change`. *fd: the lock, released by close. -ENOENT
 * without message when there is no such folder and !change. */
int deploy_lock(const char *bpffs, bool change, int *fd, struct rpol_load_error *error);

/* A name that can be a folder there. */
int deploy_check_name(const char *name, struct rpol_load_error *error);

int folder_make(const char *path, struct rpol_load_error *error);
/* Removes a folder with what is in it, two levels deep; what is not there is fine. 0 or -errno. */
int folder_remove(const char *path);

/* ---- generations --------------------------------------------------------------------------- */

struct state_interface {
	char device[16];
	uint32_t ifindex;
};

struct state {
	struct pool pool;
	uint64_t generation, applied_at;
	uint8_t digest[32];
	const struct state_interface *interfaces; /* by interface of the object */
	const uint8_t *managed;			  /* by next hop: the neighbour entry is ours */
	struct rpol_object object;		  /* of the manifest; without images and sources */
};

/* Pins a state at dir/genSLOT/state. managed: by next hop. */
int state_write(const char *dir, unsigned slot, const struct rpol_object *object,
		uint64_t generation, const struct state_interface *interfaces,
		const uint8_t *managed, struct rpol_load_error *error);
/* -ENOENT without message; -EINVAL when damaged. */
int state_read(const char *dir, unsigned slot, struct state **out, struct rpol_load_error *error);
void state_free(struct state *state);

/* ---- points --------------------------------------------------------------------------------- */

struct point {
	enum rpol_object_hook hook;
	uint32_t ifindex;
};

/* Points that are pinned below dir: malloc'd. */
int points_list(const char *dir, struct point **out, size_t *count);
void point_path(char path[PATH], const char *dir, struct point point, const char *file);
bool state_has_point(const struct state *state, struct point point); /* state may be NULL */

/* ---- deployments ---------------------------------------------------------------------------- */

struct deployment {
	char dir[PATH];
	int active;		 /* fd of rpol_active; -1: none yet */
	unsigned slot;		 /* the slot that judges */
	struct state *states[2]; /* by slot; NULL: not whole */
};

/* Reads what is pinned. -ENOENT without message when there is no folder. */
int deployment_open(const char *bpffs, const char *name, struct deployment *out,
		    struct rpol_load_error *error);
void deployment_close(struct deployment *deployment);

static inline struct state *deployment_in_force(const struct deployment *deployment)
{
	return deployment->states[deployment->slot];
}

/* Makes the pins what the state in force says: links of other points dropped, leftovers of
 * neither generation removed, counters carried over, neighbours no longer named removed. Safe to
 * repeat; run after a flip and before anything else. */
int deployment_settle(const struct deployment *deployment, struct rpol_load_error *error);

/* Empties a slot that does not judge: its generation's folder and its programs. */
int deployment_clear_slot(const struct deployment *deployment, unsigned slot,
			  struct rpol_load_error *error);

/* Sorted names of all deployments. */
int deployment_list(const char *bpffs, char ***names, size_t *count, struct rpol_load_error *error);

/* The deployment (malloc'd name) other than `name` whose link is at a point, or NULL. */
char *deployment_at_point(const char *bpffs, const char *name, struct point point);

/* ---- attaching (attach.c, filter.c) ---------------------------------------------------------- */

enum attached {
	ATTACHED_NOT,
	ATTACHED_XDP_NATIVE,
	ATTACHED_XDP_GENERIC,
	ATTACHED_TCX,
	ATTACHED_CLSACT
};
enum attached point_attached(const char *dir, struct point point);
/* Attaches entry. -EBUSY and others with a message. */
int point_attach(const char *dir, struct point point, int entry, enum rpol_tc_attach tc,
		 const char *device, struct notes *notes, struct rpol_load_error *error);
int point_detach(const char *dir, struct point point);

int filter_attach(const char *dir, struct point point, int entry, const char *device,
		  struct rpol_load_error *error);
bool filter_attached(const char *dir, struct point point);
int filter_detach(const char *dir, struct point point);

/* ---- counters (counters.c) --------------------------------------------------------------------
 */

/* Makes dir/genSLOT/carried for n counters, not yet carried. */
int carried_create(const char *dir, unsigned slot, uint32_t n, struct rpol_load_error *error);
/* Brings the counters of the generation before into `carried` of the one in force, once. */
int carried_settle(const struct deployment *deployment, struct rpol_load_error *error);
/* What the rules of the generation in force counted, earlier generations included; by counter,
 * malloc'd. */
int counters_total(const struct deployment *deployment, struct rpol_counter **out,
		   struct rpol_load_error *error);
/* Sums a per-CPU counters map into out[0..n). 0 or -errno. */
int counters_sum(int fd, uint32_t n, struct rpol_counter *out);

/* ---- neighbours and ports -----------------------------------------------------------------------
 */

/* Which next hops' neighbour entries will be ours to manage: not those somebody made permanent or
 * manages already, but those of the state before (may be NULL). */
int neighbours_plan(const struct rpol_object *object, const struct state_interface *interfaces,
		    const struct state *before, uint8_t *managed, struct rpol_load_error *error);
/* Has the kernel keep them resolved. */
int neighbours_add(const struct rpol_object *object, const struct state_interface *interfaces,
		   const uint8_t *managed, struct notes *notes, struct rpol_load_error *error);
/* Removes the entries that are state's and not kept's (may be NULL). */
int neighbours_remove(const struct state *state, const struct state *kept);

/* Puts every interface XDP can send on into a devmap; names those of the object it cannot (notes
 * NULL: does not). A rule that sends there at XDP is refused. */
int ports_fill(int map, const struct rpol_object *object, const struct state_interface *interfaces,
	       struct notes *notes, struct rpol_load_error *error);

#endif
