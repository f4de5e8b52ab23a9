/* object.c: reading a built object from memory. Trusts nothing: every offset is checked against
 * the file, the digest before anything is believed, the manifest field by field.
 *
 * Our sections are found by a walk of our own over the section headers, so that a damaged file
 * is judged before a library sees it. */
#include <elf.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "manifest.h"

struct section {
	const uint8_t *bytes;
	size_t size;
};

bool rpol_object_is(const uint8_t *bytes, size_t size)
{
	return size >= SELFMAG && !memcmp(bytes, ELFMAG, SELFMAG);
}

static const char damaged[] = "damaged or cut short; copy or build it again";

/* Finds a section by its name. 1: found; 0: there is none; -EINVAL: the headers lead out of the
 * file, or two sections have the name. */
static int find_section(const uint8_t *bytes, size_t size, const char *name, struct section *out)
{
	Elf64_Ehdr header;
	Elf64_Shdr names, section;
	int found = 0;

	memcpy(&header, bytes, sizeof(header));
	memcpy(&names, bytes + header.e_shoff + (size_t)header.e_shstrndx * sizeof(names),
	       sizeof(names));
	if (names.sh_offset > size || names.sh_size > size - names.sh_offset)
		return -EINVAL;
	for (size_t i = 1; i < header.e_shnum; i++) {
		memcpy(&section, bytes + header.e_shoff + i * sizeof(section), sizeof(section));
		if (section.sh_name >= names.sh_size)
			return -EINVAL;
		const char *text = (const char *)bytes + names.sh_offset + section.sh_name;
		size_t room = names.sh_size - section.sh_name;
		if (strnlen(text, room) == room)
			return -EINVAL;
		if (strcmp(text, name))
			continue;
		if (found || section.sh_type == SHT_NOBITS || section.sh_offset > size ||
		    section.sh_size > size - section.sh_offset)
			return -EINVAL;
		*out = (struct section){bytes + section.sh_offset, section.sh_size};
		found = 1;
	}
	return found;
}

static int need_section(const struct rpol_object *object, const char *name, struct section *out,
			struct rpol_load_error *error)
{
	int found = find_section(object->bytes, object->size, name, out);

	if (found == 1)
		return 0;
	return fail(error, -EINVAL, "not a sound object: %s %s; build it again",
		    found ? "its section headers are wrong at" : "it has no section", name);
}

static int check_header(const struct rpol_object *object, struct rpol_load_error *error)
{
	Elf64_Ehdr header;

	if (!rpol_object_is(object->bytes, object->size))
		return fail(error, -EINVAL, "not an object: it does not begin like an ELF file");
	if (object->size < sizeof(header))
		return fail(error, -EINVAL, "%s (%zu bytes are no ELF header)", damaged,
			    object->size);
	memcpy(&header, object->bytes, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_REL ||
	    header.e_machine != EM_BPF)
		return fail(error, -EINVAL,
			    "an ELF file, but no BPF object; make one with `rpol build`");
	if (header.e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(error, -ENOTSUP,
			    "a BPF object for big-endian machines; build it on this one");
	if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shoff > object->size ||
	    header.e_shnum > (object->size - header.e_shoff) / sizeof(Elf64_Shdr) ||
	    header.e_shstrndx >= header.e_shnum)
		return fail(error, -EINVAL, "%s (its section headers are not all there)", damaged);
	return 0;
}

static int check_digest(struct rpol_object *object, struct rpol_load_error *error)
{
	static const uint8_t zero[SHA256_DIGEST_LENGTH];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct section stored;
	SHA2_CTX context;
	int found = find_section(object->bytes, object->size, RPOL_SECTION_DIGEST, &stored);

	if (found < 0)
		return fail(error, -EINVAL, "%s (its section headers are wrong)", damaged);
	if (!found || stored.size != sizeof(digest))
		return fail(error, -EINVAL,
			    "a BPF object, but not rpol's: it has no section %s; make one with "
			    "`rpol build`",
			    RPOL_SECTION_DIGEST);
	size_t before = (size_t)(stored.bytes - object->bytes);
	SHA256Init(&context);
	SHA256Update(&context, object->bytes, before);
	SHA256Update(&context, zero, sizeof(zero));
	SHA256Update(&context, stored.bytes + sizeof(zero), object->size - before - sizeof(zero));
	SHA256Final(digest, &context);
	if (memcmp(digest, stored.bytes, sizeof(digest)))
		return fail(error, -EINVAL, "%s (its contents do not match its digest)", damaged);
	memcpy(object->digest, digest, sizeof(digest));
	return 0;
}

static int read_images(struct rpol_object *object, const char *const *sections,
		       struct rpol_load_error *error)
{
	struct rpol_object_image *images = (void *)object->images;

	for (size_t i = 0; i < object->nimages; i++) {
		struct section section;
		int rc = need_section(object, sections[i], &section, error);

		if (rc)
			return rc;
		uint64_t wants =
			((uint64_t)images[i].key_size + images[i].value_size) * images[i].count;
		if (section.size != wants)
			return fail(
				error, -EINVAL,
				"not a sound object: section %s has %zu bytes where map %s needs "
				"%llu; build it again",
				sections[i], section.size, images[i].map,
				(unsigned long long)wants);
		images[i].bytes = section.bytes;
	}
	return 0;
}

/* The string at the cursor, up to its NUL; NULL: it has no end. */
static const char *take_string(struct section *at)
{
	const char *text = (const char *)at->bytes;
	const uint8_t *end = memchr(at->bytes, 0, at->size);

	if (!end)
		return NULL;
	at->size -= (size_t)(end + 1 - at->bytes);
	at->bytes = end + 1;
	return text;
}

/* The source at the cursor: its path, its length in decimal, its text; a NUL after each. False: it
 * is none. What it points to is in the object. */
static bool take_source(struct section *at, struct rpol_object_source *source)
{
	const char *digits;
	char *end;
	unsigned long long length;

	source->path = take_string(at);
	digits = source->path && *source->path ? take_string(at) : NULL;
	if (!digits || *digits < '0' || *digits > '9')
		return false;
	length = strtoull(digits, &end, 10);
	if (*end || length >= at->size || at->bytes[length])
		return false;
	source->text = (const char *)at->bytes;
	source->length = length;
	at->bytes += length + 1;
	at->size -= length + 1;
	return true;
}

static int read_sources(struct object *object, struct rpol_load_error *error)
{
	struct section section, at;
	struct rpol_object_source source, *sources;
	size_t count = 0;
	int rc = need_section(&object->object, RPOL_SECTION_SOURCE, &section, error);

	if (rc)
		return rc;
	for (at = section; at.size && take_source(&at, &source);)
		count++;
	if (at.size || !count)
		return fail(error, -EINVAL,
			    "not a sound object: section %s is not a list of sources; build it "
			    "again",
			    RPOL_SECTION_SOURCE);
	sources = rpol_pool_alloc(&object->pool, count * sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	at = section;
	for (size_t i = 0; i < count; i++)
		take_source(&at, &sources[i]);
	object->object.sources = sources;
	object->object.nsources = count;
	return 0;
}

static int read_all(struct object *object, struct rpol_load_error *error)
{
	struct section manifest;
	const char *const *sections = NULL;
	int rc = check_header(&object->object, error);

	if (!rc)
		rc = check_digest(&object->object, error);
	if (!rc)
		rc = need_section(&object->object, RPOL_SECTION_MANIFEST, &manifest, error);
	if (rc)
		return rc;
	object->manifest = (const char *)manifest.bytes;
	object->manifest_length = manifest.size;
	rc = manifest_read(object->manifest, object->manifest_length, &object->pool,
			   &object->object, &sections, error);
	if (!rc)
		rc = read_images(&object->object, sections, error);
	return rc ? rc : read_sources(object, error);
}

int rpol_object_read(const uint8_t *bytes, size_t size, struct rpol_object **out, char **error)
{
	struct rpol_load_error cause = {0};
	struct object *object = calloc(1, sizeof(*object));
	uint8_t *copy = object ? rpol_pool_alloc(&object->pool, size) : NULL;
	int rc = copy ? 0 : -ENOMEM;

	if (copy) {
		memcpy(copy, bytes, size);
		object->object.bytes = copy;
		object->object.size = size;
		rc = read_all(object, &cause);
	}
	if (!rc) {
		*out = &object->object;
		return 0;
	}
	fail(&cause, rc, "out of memory");
	*error = cause.message;
	rpol_object_free(object ? &object->object : NULL);
	return rc;
}

void rpol_object_free(struct rpol_object *object)
{
	struct object *self = (struct object *)object;

	if (!self)
		return;
	rpol_pool_free(&self->pool);
	free(self);
}
