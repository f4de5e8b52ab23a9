/* compiled.h: a policy's way to an object, for the tests of the compiler. */
#ifndef TEST_COMPILED_H
#define TEST_COMPILED_H

#include <stdint.h>
#include <stdio.h>

#include "rpol/compile.h"
#include "rpol/unit.h"

struct compiled {
	struct rpol_unit *unit;
	int result; /* of rpol_compile */
	uint8_t *object;
	size_t size;
	char *error;
};

/* Opens and checks a policy from the disk, or from a text as "t.rpol"; ends the process, saying
 * why, when it has errors. */
struct rpol_unit *open_policy(const char *path);
struct rpol_unit *open_text(const char *text, size_t length);

/* Takes the unit. */
struct compiled compile_unit(struct rpol_unit *unit);
void compiled_free(struct compiled *compiled);

/* True when a diagnostic with this code is among the unit's. */
const struct rpol_diag *find_diag(struct rpol_unit *unit, enum rpol_diag_code code);

#endif
