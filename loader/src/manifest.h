/* manifest.h: the JSON of an object's manifest, read field by field. Private to loader/. */
#ifndef RPOL_MANIFEST_H
#define RPOL_MANIFEST_H

#include "internal.h"

#define MANIFEST_IMAGES 4096 /* most images of an object */

/* Reads and checks a manifest into object (all but digest, bytes, sources and the images'
 * bytes; images' sections go to sections, one a image). Everything lives in pool. 0, -EINVAL,
 * -ENOTSUP (another ABI) or -ENOMEM, with a message. */
int manifest_read(const char *json, size_t length, struct pool *pool, struct rpol_object *object,
		  const char *const **sections, struct rpol_load_error *error);

/* An object and what the public structure does not show. */
struct object {
	struct rpol_object object; /* first: a struct rpol_object of ours is a struct object */
	struct pool pool;
	const char *manifest;
	size_t manifest_length;
};

#endif
