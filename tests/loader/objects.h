/* objects.h: objects for the loader's tests, from policies in place. */
#ifndef RPOL_TEST_OBJECTS_H
#define RPOL_TEST_OBJECTS_H

#include "rpol/object.h"

/* cmocka wants these before its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* Compiles a policy's text; the deployment is named after it. Fails the test otherwise. */
void object_build(const char *name, const char *text, uint8_t **bytes, size_t *size);
struct rpol_object *object_make(const char *name, const char *text);

/* The bytes of a section within the object; saying that it is shorter; and the digest made right
 * again. */
uint8_t *object_section(uint8_t *bytes, size_t size, const char *name, size_t *length);
void object_shrink(uint8_t *bytes, size_t size, const char *name, size_t length);
void object_seal(uint8_t *bytes, size_t size);

/* Exit code for a test that lacks privilege: 77, but 1 in CI, where skipping is failing. */
int test_unprivileged(const char *why);

#endif
