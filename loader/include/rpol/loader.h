/* loader.h: an object's way into the kernel and out of it. Links no LLVM and knows no policy.
 *
 * Needs CAP_BPF and CAP_NET_ADMIN, and CAP_PERFMON for full speed and for policies that the
 * verifier finds too intricate without. Functions return 0 or a negative errno, then with a
 * malloc'd text in error->message that says what, where and what to do. The pinned state below the
 * BPF file system is the only truth; there is no state file. */
#ifndef RPOL_LOADER_H
#define RPOL_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "rpol/object.h"

#define RPOL_BPFFS "/sys/fs/bpf"

struct rpol_load_error {
	char *message; /* malloc'd; NULL when nothing failed */
	/* Where the kernel's verifier stopped, when it says so: a place in the policy. */
	char *file; /* malloc'd; NULL: not known */
	uint32_t line;
};
void rpol_load_error_clear(struct rpol_load_error *error);

/* ---- deploying -------------------------------------------------------------------------- */

struct rpol_binding {
	const char *name, *device;
};

enum rpol_tc_attach { RPOL_TC_AUTO, RPOL_TC_TCX, RPOL_TC_CLSACT };

struct rpol_apply_options {
	const char *name;  /* of the deployment; NULL: the object's */
	const char *bpffs; /* NULL: RPOL_BPFFS */
	const struct rpol_binding *bindings;
	size_t nbindings;
	enum rpol_tc_attach tc; /* AUTO: tcx where the kernel has it, else clsact filters */
};

struct rpol_apply_result {
	bool changed;	     /* false: this very object with these bindings was already in force */
	uint64_t generation; /* 1 for the first */
	char **notes; /* malloc'd array of malloc'd lines a person should know; may be empty */
	size_t nnotes;
};
void rpol_apply_result_free(struct rpol_apply_result *result);

/* Deploys: load the idle slot, create missing links, flip with one store, drop links no longer
 * named, keep the old generation. On failure the old policy is in force, whole. */
int rpol_loader_apply(const struct rpol_object *object, const struct rpol_apply_options *options,
		      struct rpol_apply_result *result, struct rpol_load_error *error);

/* Removes links, programs, maps and pins of a deployment: the kernel has its traffic back.
 * -ENOENT when there is none of that name. */
int rpol_loader_detach(const char *bpffs, const char *name, struct rpol_load_error *error);

/* ---- looking ---------------------------------------------------------------------------- */

struct rpol_status_link {
	const char *program;   /* policy name */
	const char *hook;      /* "xdp", "tc ingress", "tc egress" */
	const char *interface; /* the policy's name for it */
	char device[16];
	uint32_t ifindex;
	const char *mode; /* "native", "generic", "tcx", "clsact", "detached" */
};

struct rpol_status_rule {
	const char *label, *verdict;
	uint64_t packets, bytes; /* since the deployment was first applied */
};

struct rpol_status_counter {
	const char *name; /* as `count` names it */
	uint64_t packets, bytes;
};

struct rpol_status_program {
	const char *name, *hook;
	const struct rpol_status_rule *rules;
	size_t nrules;
};

struct rpol_status {
	const char *name;
	uint64_t generation;
	uint64_t applied_at; /* seconds since the epoch */
	uint8_t digest[32];  /* of the object in force */
	const struct rpol_status_link *links;
	size_t nlinks;
	const struct rpol_status_program *programs;
	size_t nprograms;
	const struct rpol_status_counter *counters;
	size_t ncounters;
};

/* Names of all deployments, sorted: malloc'd array of malloc'd strings. */
int rpol_loader_list(const char *bpffs, char ***names, size_t *count,
		     struct rpol_load_error *error);

/* Reads one deployment, counters included. -ENOENT; -EINVAL when the pinned state is damaged. */
int rpol_loader_status(const char *bpffs, const char *name, struct rpol_status **out,
		       struct rpol_load_error *error);
void rpol_status_free(struct rpol_status *status);

#endif
