/* objects.c: objects for the loader's tests, from policies in place. */
#include <elf.h>
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "objects.h"
#include "rpol/compile.h"
#include "rpol/unit.h"

static int read_text(void *arg, const char *path, char **text, size_t *length)
{
	(void)path;
	*text = strdup(arg);
	*length = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

void object_build(const char *name, const char *text, uint8_t **bytes, size_t *size)
{
	struct rpol_reader reader = {read_text, (void *)text};
	struct rpol_unit *unit = NULL;
	char path[64], *error = NULL;

	snprintf(path, sizeof(path), "%s.rpol", name);
	assert_int_equal(rpol_unit_open(path, &reader, &unit), 0);
	int rc = 1;
	if (rpol_unit_policy(unit))
		rc = rpol_compile(rpol_unit_policy(unit), NULL, rpol_unit_diags(unit), bytes, size,
				  &error);
	rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, stderr);
	if (error)
		fprintf(stderr, "%s\n", error);
	free(error);
	rpol_unit_close(unit);
	assert_int_equal(rc, 0);
}

struct rpol_object *object_make(const char *name, const char *text)
{
	struct rpol_object *object = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	char *error = NULL;

	object_build(name, text, &bytes, &size);
	int rc = rpol_object_read(bytes, size, &object, &error);
	if (rc)
		fprintf(stderr, "%s\n", error);
	free(error);
	free(bytes);
	assert_int_equal(rc, 0);
	return object;
}

/* Where a section's header is; 0: there is none. */
static size_t find_header(const uint8_t *bytes, const char *name, Elf64_Shdr *out)
{
	Elf64_Ehdr header;
	Elf64_Shdr names, section;

	memcpy(&header, bytes, sizeof(header));
	memcpy(&names, bytes + header.e_shoff + header.e_shstrndx * sizeof(names), sizeof(names));
	for (size_t i = 1; i < header.e_shnum; i++) {
		size_t at = header.e_shoff + i * sizeof(section);

		memcpy(&section, bytes + at, sizeof(section));
		if (strcmp((const char *)bytes + names.sh_offset + section.sh_name, name))
			continue;
		*out = section;
		return at;
	}
	return 0;
}

uint8_t *object_section(uint8_t *bytes, size_t size, const char *name, size_t *length)
{
	Elf64_Shdr section;

	if (!find_header(bytes, name, &section))
		return NULL;
	assert_true(section.sh_offset + section.sh_size <= size);
	*length = section.sh_size;
	return bytes + section.sh_offset;
}

void object_shrink(uint8_t *bytes, size_t size, const char *name, size_t length)
{
	Elf64_Shdr section;
	size_t at = find_header(bytes, name, &section);

	assert_true(at && at + sizeof(section) <= size && section.sh_size > length);
	section.sh_size = length;
	memcpy(bytes + at, &section, sizeof(section));
}

void object_seal(uint8_t *bytes, size_t size)
{
	size_t length = 0;
	uint8_t *digest = object_section(bytes, size, RPOL_SECTION_DIGEST, &length);
	SHA2_CTX context;

	assert_int_equal(length, SHA256_DIGEST_LENGTH);
	memset(digest, 0, length);
	SHA256Init(&context);
	SHA256Update(&context, bytes, size);
	SHA256Final(digest, &context);
}

int test_unprivileged(const char *why)
{
	fprintf(stderr, "%s: %s\n", getenv("CI") ? "FAILED" : "SKIPPED", why);
	return getenv("CI") ? 1 : 77;
}
