/* object.c: adding our sections to clang's ELF file, with libelf. */
#define _GNU_SOURCE
#include "object.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpol/abi.h"

/* ---- images ------------------------------------------------------------------------------------
 */

static struct object_image set_image(const struct lowered_set *set)
{
	return (struct object_image){
		.map = set->map,
		.set = set->set,
		.key_size = lowered_dynamic_key_size(set->set, NULL),
		.value_size = sizeof(struct rpol_element),
		.count = set->set->kind == RPOL_SET_KEYS ? set->set->nkeys : set->set->nprefixes,
	};
}

static struct object_image table_image(const struct lowered_table *table)
{
	return (struct object_image){
		.map = table->map,
		.table = table->table,
		.key_size = lowered_dynamic_key_size(NULL, table->table),
		.value_size = LOWERED_VALUE,
		.count = table->table->nentries,
	};
}

int rpol_images_each(const struct lowering *lowering,
		     int (*visit)(void *arg, size_t index, const struct object_image *image),
		     void *arg)
{
	const struct rpol_policy *policy = lowering->policy;
	size_t index = 0;

	for (size_t i = 0; i < policy->nsets + policy->ntables; i++) {
		const struct lowered_set *set = i < policy->nsets ? &lowering->sets[i] : NULL;
		const struct lowered_table *table =
			set ? NULL : &lowering->tables[i - policy->nsets];
		struct object_image image;
		int result;

		if (!(set ? set->used && set->map : table->used && table->map))
			continue;
		image = set ? set_image(set) : table_image(table);
		result = visit(arg, index++, &image);
		if (result)
			return result;
	}
	return 0;
}

/* The key and value of one entry. */
static void entry_write(const struct object_image *image, size_t i, uint8_t *to)
{
	const struct rpol_set *set = image->set;
	const struct rpol_table *table = image->table;
	uint8_t *value = to + image->key_size;

	memset(value, 0, image->value_size);
	if (set && set->kind == RPOL_SET_KEYS) {
		memcpy(to, set->keys + i * image->key_size, image->key_size);
	} else if (set) {
		lowered_prefix_write(to, &set->prefixes[i]);
		memcpy(value + 8, to, 4); /* the key's length */
	} else {
		if (table->kind == RPOL_TABLE_EXACT)
			memcpy(to, table->entries[i].bytes, image->key_size);
		else
			lowered_prefix_write(to, &table->entries[i].key);
		lowered_value_write(value, lowered_word(table->entries[i].verdict));
	}
}

/* Keys and values of one image, malloc'd; NULL: out of memory. */
static uint8_t *image_bytes(const struct object_image *image, size_t *size)
{
	size_t entry = image->key_size + image->value_size;
	uint8_t *bytes = malloc(image->count * entry + 1);

	*size = image->count * entry;
	for (size_t i = 0; bytes && i < image->count; i++)
		entry_write(image, i, bytes + i * entry);
	return bytes;
}

/* ---- the file being made -----------------------------------------------------------------------
 */

struct section {
	char *name;
	uint8_t *bytes;
	size_t size;
};

struct object {
	struct section *sections;
	size_t count;
};

static void object_free(struct object *object)
{
	for (size_t i = 0; i < object->count; i++) {
		free(object->sections[i].name);
		free(object->sections[i].bytes);
	}
	free(object->sections);
}

/* Takes bytes, also on failure. */
static int add_section(struct object *object, const char *name, void *bytes, size_t size)
{
	struct section *more = realloc(object->sections, (object->count + 1) * sizeof(*more));
	char *copy = strdup(name);

	if (more)
		object->sections = more;
	if (!more || !copy || !bytes) {
		free(copy);
		free(bytes);
		return -ENOMEM;
	}
	more[object->count++] = (struct section){copy, bytes, size};
	return 0;
}

static int add_image(void *arg, size_t index, const struct object_image *image)
{
	char name[32];
	size_t size = 0;
	uint8_t *bytes = image_bytes(image, &size);

	snprintf(name, sizeof(name), RPOL_SECTION_IMAGE "%zu", index);
	return add_section(arg, name, bytes, size);
}

static int add_text(struct object *object, const char *name, char *text)
{
	return add_section(object, name, text, text ? strlen(text) : 0);
}

/* Path, length and text of each, a NUL after each; written once, as large as they are. */
static int add_sources(struct object *object, const struct rpol_sources *sources)
{
	enum { DIGITS = 20 };
	size_t most = 0, size = 0;
	char *bytes;

	for (size_t i = 0; i < sources->nfiles; i++)
		most += strlen(sources->files[i].path) + DIGITS + sources->files[i].length + 3;
	bytes = malloc(most ? most : 1);
	rpol_large_pages(bytes, bytes ? most : 0);
	for (size_t i = 0; bytes && i < sources->nfiles; i++) {
		const struct rpol_file *file = &sources->files[i];

		size += (size_t)sprintf(bytes + size, "%s%c%zu", file->path, 0,
					(size_t)file->length) +
			1;
		memcpy(bytes + size, file->text, file->length);
		size += file->length;
		bytes[size++] = 0;
	}
	return add_section(object, RPOL_SECTION_SOURCE, bytes, size);
}

static int make_sections(const struct lowering *lowering, struct object *object)
{
	int result = add_text(object, RPOL_SECTION_MANIFEST, rpol_manifest_text(lowering));

	if (!result)
		result = add_sources(object, lowering->policy->sources);
	if (!result)
		result = rpol_images_each(lowering, add_image, object);
	if (!result)
		result = add_section(object, RPOL_SECTION_DIGEST, calloc(1, SHA256_DIGEST_LENGTH),
				     SHA256_DIGEST_LENGTH);
	return result;
}

/* Appends name to the section of section names; where it is there, or 0 when libelf fails. */
static size_t add_name(Elf *elf, const char *name)
{
	size_t index;
	Elf_Scn *names;
	Elf_Data *data;
	GElf_Shdr header;
	size_t offset;

	if (elf_getshdrstrndx(elf, &index) || !(names = elf_getscn(elf, index)) ||
	    !gelf_getshdr(names, &header) || !(data = elf_newdata(names)))
		return 0;
	offset = header.sh_size;
	data->d_buf = (void *)name;
	data->d_size = strlen(name) + 1;
	data->d_off = (int64_t)offset;
	data->d_align = 1;
	data->d_version = EV_CURRENT;
	header.sh_size += data->d_size;
	return gelf_update_shdr(names, &header) ? offset : 0;
}

static bool write_section(Elf *elf, const struct section *section)
{
	size_t name = add_name(elf, section->name);
	Elf_Scn *scn = name ? elf_newscn(elf) : NULL;
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	GElf_Shdr header;

	if (!data || !gelf_getshdr(scn, &header))
		return false;
	data->d_buf = section->bytes;
	data->d_size = section->size;
	data->d_align = 8;
	data->d_version = EV_CURRENT;
	header.sh_name = (GElf_Word)name;
	header.sh_type = SHT_PROGBITS;
	header.sh_addralign = 8;
	return gelf_update_shdr(scn, &header);
}

static Elf_Scn *find_section(Elf *elf, const char *name, GElf_Shdr *header)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *text;

		if (gelf_getshdr(scn, header) && (text = elf_strptr(elf, names, header->sh_name)) &&
		    strcmp(text, name) == 0)
			return scn;
	}
	return NULL;
}

/* The image in the place of clang's zeros. */
static int write_memory(void *arg, const struct lowered_memory *memory)
{
	Elf *elf = arg;
	char name[sizeof(RPOL_SECTION_MEMORY) + 2 * RPOL_MAX_NAME];
	GElf_Shdr header;
	Elf_Scn *scn;
	Elf_Data *data;

	if (memory->live)
		return 0;
	snprintf(name, sizeof(name), RPOL_SECTION_MEMORY "%s", memory->name);
	scn = find_section(elf, name, &header);
	data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data || data->d_size != memory->size)
		return -EIO;
	data->d_buf = memory->image;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int read_all(int fd, uint8_t **out, size_t *size)
{
	struct stat stat;
	uint8_t *bytes;
	size_t done = 0;

	if (fstat(fd, &stat))
		return -errno;
	bytes = malloc((size_t)stat.st_size);
	if (!bytes)
		return -ENOMEM;
	rpol_large_pages(bytes, (size_t)stat.st_size);
	while (done < (size_t)stat.st_size) {
		ssize_t n = pread(fd, bytes + done, (size_t)stat.st_size - done, (off_t)done);

		if (n <= 0) {
			int result = n ? -errno : -EIO;

			free(bytes);
			return result;
		}
		done += (size_t)n;
	}
	*out = bytes;
	*size = done;
	return 0;
}

/* libelf wants a file: one in memory, in fd. */
static bool rebuild(int fd, const struct lowering *lowering, const struct object *object)
{
	Elf *elf = elf_begin(fd, ELF_C_RDWR, NULL);
	bool good = elf && !lowered_memories_each(lowering, write_memory, elf);

	for (size_t i = 0; good && i < object->count; i++)
		good = write_section(elf, &object->sections[i]);
	good = good && elf_update(elf, ELF_C_WRITE) >= 0;
	elf_end(elf);
	return good;
}

static bool sign(uint8_t *bytes, size_t size)
{
	Elf *elf = elf_memory((char *)bytes, size);
	GElf_Shdr header;
	bool found = elf && find_section(elf, RPOL_SECTION_DIGEST, &header);
	size_t offset = found ? header.sh_offset : 0;
	SHA2_CTX context;

	elf_end(elf);
	if (!offset || offset + SHA256_DIGEST_LENGTH > size)
		return false;
	SHA256Init(&context);
	SHA256Update(&context, bytes, size);
	SHA256Final(bytes + offset, &context);
	return true;
}

int rpol_object_finish(const struct lowering *lowering, const uint8_t *elf, size_t size,
		       uint8_t **out, size_t *out_size, char **error)
{
	struct object object = {0};
	uint8_t *bytes = NULL;
	int fd = -1, result = make_sections(lowering, &object);

	if (result)
		goto done;
	fd = memfd_create("rpol-object", MFD_CLOEXEC);
	if (fd < 0) {
		result = -errno;
		goto done;
	}
	result = write_all(fd, elf, size);
	if (result)
		goto done;
	elf_version(EV_CURRENT);
	if (!rebuild(fd, lowering, &object)) {
		result = -EIO;
		goto done;
	}
	result = read_all(fd, &bytes, &size);
	if (!result && !sign(bytes, size))
		result = -EIO;
done:
	if (result && asprintf(error, "cannot put the object together in memory: %s",
			       result == -EIO ? elf_errmsg(-1) : strerror(-result)) < 0)
		*error = NULL;
	if (fd >= 0)
		close(fd);
	object_free(&object);
	if (result) {
		free(bytes);
		return result;
	}
	*out = bytes;
	*out_size = size;
	return 0;
}
