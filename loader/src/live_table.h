/* live_table.h: what live.c and live_load.c share. Private to them. */
#ifndef RPOL_LIVE_TABLE_H
#define RPOL_LIVE_TABLE_H

#include "held.h"
#include "live.h"
#include "rpol/routes4.h"
#include "rpol/routes6.h"

struct live {
	const struct rpol_object_content *info;
	int entries;
	struct held *held; /* what is in entries */
	struct rpol_memory memory[2];
	size_t mapped[2];
	struct rpol_grace grace;
	struct rpol_routes4 *four;
	struct rpol_routes6 *six;
	bool opening, waited; /* both images are opened after one grace period */
	bool broken;	      /* an image could not be put back as it was */
};

/* An entry as the images have it. */
struct route {
	bool six;
	struct rpol_route4 four;
	struct rpol_route6 as6;
};

/* False: the key is not a prefix, or the word not a verdict. */
bool live_route(struct route *out, const uint8_t *key, uint32_t word);

struct lists {
	struct rpol_route4 *four;
	struct rpol_route6 *six;
	size_t nfour, nsix, room4, room6;
};

int live_lists_add(struct lists *lists, const struct route *route); /* -ENOMEM */
void live_lists_free(struct lists *lists);

/* Tables of the lists. -ENOMEM. */
int live_make(const struct lists *lists, struct rpol_routes4 **four, struct rpol_routes6 **six);

/* Has the images show the tables, whatever they show now. */
int live_show(struct live *live, struct rpol_routes4 *four, struct rpol_routes6 *six);
/* Likewise or, with a message, leaves the images as they were. */
int live_bring(struct live *live, struct rpol_routes4 *four, struct rpol_routes6 *six,
	       struct rpol_load_error *error);

/* An error when the table is not to be changed any more. */
int live_check(const struct live *live, struct rpol_load_error *error);

#endif
