/* dir24.h: the image of an IPv4 table (rpol/routes4.h) in its large form, one load a lookup
 * (rpol/dir24_layout.h; the reader is runtime-bpf/src/dir24.h), for where 34 MB of cache are to
 * spare. It is written once and does not change. */
#ifndef RPOL_DIR24_H
#define RPOL_DIR24_H

#include "rpol/routes4.h"

/* Bytes of the image. -ERANGE: a value is above RPOL_DIR24_VALUE_MAX, or more than
 * RPOL_DIR24_PAGE_MAX /24s have longer prefixes; then it cannot be had. */
int rpol_dir24_size(const struct rpol_routes4 *table, size_t *size);

/* Writes the image; all of the memory up to that size. -ERANGE as above, -ENOSPC: smaller than
 * that; the memory's content is undefined then. */
int rpol_dir24_write(const struct rpol_routes4 *table, struct rpol_memory memory);

#endif
