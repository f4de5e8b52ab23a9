/* names.h: where names are declared and where they are used, for editors. Known for policies with
 * errors too, as far as they could be read. Owned by the unit. */
#ifndef RPOL_NAMES_H
#define RPOL_NAMES_H

#include <stddef.h>

#include "rpol/unit.h"

struct rpol_name {
	const char *text;
	const char *kind;	/* "set", "next hop", …; "label" of a rule */
	struct rpol_span span;	/* the name itself */
	struct rpol_span whole; /* its declaration; of a label: its rule */
	size_t within;		/* of a label: index of what has the rule; else the name's own */
};

/* A place that stands for items[name], its own declaration not among them. */
struct rpol_name_use {
	struct rpol_span span;
	size_t name;
};

struct rpol_names {
	struct rpol_name *items; /* declarations in source order, then labels in source order */
	size_t count;
	struct rpol_name_use *uses; /* by file, then offset; each span once */
	size_t nuses;
};

/* Of all files of the unit; labels have no uses. Borrowed. */
const struct rpol_names *rpol_unit_names(const struct rpol_unit *unit);

/* One kind of declaration. Static. */
struct rpol_decl_kind {
	const char *kind;    /* as in rpol_name.kind */
	const char *example; /* how one is written: its keyword first, %s for the name */
};

/* The kinds by number from 0; false past the last. */
bool rpol_decl_kind(size_t number, struct rpol_decl_kind *kind);

#endif
