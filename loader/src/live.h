/* live.h: an lpm table that programs look up in memory, while it changes. Private to loader/.
 *
 * What the table holds is in a map of its own (held.h); per family, an image of it is what programs
 * read (rpol/routes4.h, routes6.h). A change goes to the map first, then to the image; many at once
 * go to the image first. Whoever is killed in between leaves an image that is not as the map:
 * opening brings it to what the map says, while programs read it. */
#ifndef RPOL_LIVE_H
#define RPOL_LIVE_H

#include "internal.h"
#include "rpol/contents.h"

struct live;

/* Borrowed: the map of entries, and those that are the memory of IPv4 and IPv6. */
struct live_maps {
	int entries, memory[2];
};

/* Reads all entries and takes over the images; of memory that nothing was ever in, makes them. info
 * must outlive it. -ENOSPC: the entries need more memory than there is; -EBADMSG: an image is
 * damaged. */
int live_open(const struct rpol_object_content *info, const struct live_maps *maps,
	      struct live **out, struct rpol_load_error *error);
void live_close(struct live *live); /* NULL: nothing */

/* Adds or replaces an entry; takes one out (-ENOENT without message). -ENOSPC, as all errors,
 * leaves everything as it was. */
int live_set(struct live *live, const uint8_t *key, uint32_t word, struct rpol_load_error *error);
int live_delete(struct live *live, const uint8_t *key, struct rpol_load_error *error);

/* Adds all of the entries or, on an error, none. replace: those whose keys are there take their
 * place; else they are left out. */
int live_load(struct live *live, const struct rpol_contents_entry *entries, size_t count,
	      bool replace, struct rpol_load_error *error);

/* Takes all of them out. */
int live_flush(struct live *live, size_t *removed, struct rpol_load_error *error);

/* Of IPv4 (0) or IPv6 (1): prefixes, and how full the image is. */
size_t live_count(const struct live *live, int family);
void live_room(const struct live *live, int family, struct rpol_room *room);

#endif
