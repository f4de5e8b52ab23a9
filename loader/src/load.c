/* load.c: an object's programs and maps into the kernel by libbpf, and what the verifier says
 * when it refuses, put in words at the policy's own line. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "contents.h"
#include "cpus.h"
#include "load.h"

enum { LOG_SIZE = 16 << 20, NAME_SIZE = 128 };

static struct bpf_program *find_program(const struct bpf_object *bpf, const char *prefix,
					const char *name)
{
	char full[NAME_SIZE];

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	return bpf_object__find_program_by_name(bpf, full);
}

int load_policy(const struct bpf_object *bpf, const char *name)
{
	const struct bpf_program *program = find_program(bpf, "policy_", name);

	return program ? bpf_program__fd(program) : -1;
}

int load_map(const struct bpf_object *bpf, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(bpf, name);

	return map ? bpf_map__fd(map) : -1;
}

void load_close(struct bpf_object **bpf)
{
	bpf_object__close(*bpf);
	*bpf = NULL;
}

/* ---- before loading ----------------------------------------------------------------------- */

/* Sets the read-only variable, found by name through BTF. -ENOENT without message when there is
 * none of that name. */
static int try_variable(struct bpf_object *bpf, const char *name, const void *value, size_t size,
			struct rpol_load_error *error)
{
	const struct btf *btf = bpf_object__btf(bpf);
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, ".rodata");
	int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	size_t room = 0;
	const void *initial = map ? bpf_map__initial_value(map, &room) : NULL;

	if (!initial || id < 0)
		return fail(error, -EINVAL, "not a sound object: it has no read-only variables");
	SCOPE_FREE uint8_t *bytes = malloc(room);
	if (!bytes)
		return fail(error, -ENOMEM, "out of memory");
	memcpy(bytes, initial, room);
	const struct btf_type *section = btf__type_by_id(btf, (uint32_t)id);
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name))
			continue;
		if (var->size < size || var->offset > room || size > room - var->offset)
			return fail(error, -EINVAL,
				    "not a sound object: its variable %s is too small", name);
		memcpy(bytes + var->offset, value, size);
		return bpf_map__set_initial_value(map, bytes, room);
	}
	return -ENOENT;
}

static int set_variable(struct bpf_object *bpf, const char *name, const void *value, size_t size,
			struct rpol_load_error *error)
{
	int rc = try_variable(bpf, name, value, size, error);

	return rc == -ENOENT ? fail(error, -EINVAL,
				    "not a sound object: its variable %s is not there", name)
			     : rc;
}

/* How packets are read; an object without the variable knows one way. */
static int set_direct(struct bpf_object *bpf, bool indirect, struct rpol_load_error *error)
{
	uint32_t direct = !indirect && caps_perfmon();
	int rc = try_variable(bpf, RPOL_VAR_DIRECT, &direct, sizeof(direct), error);

	return rc == -ENOENT ? 0 : rc;
}

/* Every program loaded is one the manifest names, with the type its hook wants. */
static int choose_programs(struct bpf_object *bpf, const struct rpol_object *object, bool entries,
			   char *log, struct rpol_load_error *error)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, bpf) bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < object->nprograms; i++) {
		const struct rpol_object_program *wanted = &object->programs[i];
		struct bpf_program *both[] = {find_program(bpf, "policy_", wanted->name),
					      find_program(bpf, "entry_", wanted->name)};
		bool xdp = wanted->hook == RPOL_OBJECT_XDP;

		if (!both[0] || !both[1])
			return fail(error, -EINVAL,
				    "not a sound object: it has no programs for policy %s",
				    wanted->name);
		for (int j = 0; j < 1 + entries; j++) {
			bpf_program__set_type(both[j],
					      xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS);
			bpf_program__set_expected_attach_type(both[j], xdp ? BPF_XDP : 0);
			bpf_program__set_autoload(both[j], true);
			bpf_program__set_log_buf(both[j], log, LOG_SIZE);
		}
	}
	return 0;
}

static int need_map(struct bpf_object *bpf, const char *name, enum bpf_map_type type,
		    uint32_t value_size, uint32_t entries, struct rpol_load_error *error)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(bpf, name);

	if (map && bpf_map__type(map) == type && bpf_map__key_size(map) == 4 &&
	    (!value_size || bpf_map__value_size(map) == value_size) &&
	    bpf_map__max_entries(map) >= entries)
		return 0;
	return fail(error, -EINVAL,
		    "not a sound object: its map %s is not there or not as it must be", name);
}

static int check_maps(struct bpf_object *bpf, const struct rpol_object *object,
		      struct rpol_load_error *error)
{
	int rc = need_map(bpf, RPOL_MAP_ACTIVE, BPF_MAP_TYPE_ARRAY, 4, 1, error);

	if (!rc)
		rc = need_map(bpf, RPOL_MAP_COUNTERS, BPF_MAP_TYPE_PERCPU_ARRAY,
			      sizeof(struct rpol_counter), object->ncounters, error);
	if (!rc)
		rc = need_map(bpf, RPOL_MAP_TRACE, BPF_MAP_TYPE_ARRAY, sizeof(struct rpol_trace), 1,
			      error);
	if (!rc)
		rc = need_map(bpf, RPOL_MAP_DRY, BPF_MAP_TYPE_ARRAY, sizeof(struct rpol_dry), 1,
			      error);
	if (!rc && object->ngroups)
		rc = need_map(bpf, RPOL_MAP_BUCKETS, BPF_MAP_TYPE_ARRAY, 2,
			      (uint32_t)object->ngroups * RPOL_GROUP_SIZE, error);
	for (size_t i = 0; !rc && i < object->nprograms; i++) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "slots_%s", object->programs[i].name);
		rc = need_map(bpf, name, BPF_MAP_TYPE_PROG_ARRAY, 4, 2, error);
		if (!rc && object->programs[i].hook == RPOL_OBJECT_XDP)
			rc = need_map(bpf, RPOL_MAP_PORTS, BPF_MAP_TYPE_DEVMAP_HASH, 0, 1, error);
	}
	return rc;
}

/* ---- what the verifier says --------------------------------------------------------------- */

static bool is_statistics(const char *line)
{
	static const char *const starts[] = {"processed ", "verification time", "stack depth",
					     "mark_precise", "-- END"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (!strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return !*line;
}

/* A verifier's comment "; text @ file:line": the file and its line. */
static bool read_place(char *line, char **file, uint32_t *number)
{
	char *place = *line == ';' ? strstr(line, " @ ") : NULL;

	for (char *next = place; next; next = strstr(next + 1, " @ "))
		place = next;
	char *colon = place ? strrchr(place, ':') : NULL;
	if (!colon || colon <= place + 3)
		return false;
	*number = (uint32_t)strtoul(colon + 1, NULL, 10);
	*file = strndup(place + 3, (size_t)(colon - place - 3));
	return *file;
}

static bool is_source(const struct rpol_object *object, const char *file)
{
	for (size_t i = 0; i < object->nsources; i++)
		if (!strcmp(object->sources[i].path, file))
			return true;
	return false;
}

/* The log's last line that is an explanation, ended there; NULL: there is none. */
static const char *last_said(char *log)
{
	for (char *end = log + strlen(log); end > log;) {
		char *line = end;

		while (line > log && line[-1] != '\n')
			line--;
		if (*line && *line != ';' && !is_statistics(line)) {
			*end = 0;
			return line;
		}
		end = line > log ? line - 1 : log;
	}
	return NULL;
}

/* Takes the last line that is an explanation, and the last place that is in the policy, or else
 * in one of the headers. */
static void explain_refusal(const struct rpol_object *object, char *log, const char *program,
			    int code, struct rpol_load_error *error)
{
	const char *why = NULL;
	bool found = false;

	for (char *end = log + strlen(log); end > log && !found;) {
		SCOPE_FREE char *file = NULL;
		uint32_t number;

		while (end > log && end[-1] == '\n')
			*--end = 0;
		char *line = end;
		while (line > log && line[-1] != '\n')
			line--;
		if (!why && !is_statistics(line) && *line != ';')
			why = line;
		end = line;
		if (!read_place(line, &file, &number))
			continue;
		found = is_source(object, file);
		if (!found && error->file)
			continue;
		free(error->file);
		error->file = file;
		error->line = number;
		file = NULL;
	}
	fail(error, code, "the kernel's verifier refuses policy %s: %s", program,
	     why ? why : strerror(-code));
}

static int explain_load(const struct bpf_object *bpf, const struct rpol_object *object, char *log,
			int code, struct rpol_load_error *error)
{
	const char *name = "?";

	/* Programs load in order: the first without an fd is the one refused. */
	for (size_t i = 0; *log && i < object->nprograms; i++)
		if (load_policy(bpf, object->programs[i].name) < 0) {
			name = object->programs[i].name;
			break;
		}
	if (*log && !caps_perfmon()) {
		const char *why = last_said(log);

		return caps_fail_perfmon(name, why ? why : "nothing", error);
	}
	if (*log)
		explain_refusal(object, log, name, code, error);
	if (code == -EPERM)
		return fail(error, code,
			    "the kernel refuses the object's maps or programs (%s); %s",
			    libbpf_said(), "run as root, or see kernel.unprivileged_bpf_disabled");
	return fail(error, code, "cannot load the object: %s (%s)", libbpf_said(), strerror(-code));
}

/* ---- after loading ------------------------------------------------------------------------ */

static int fill_image(const struct bpf_object *bpf, const struct rpol_object_image *image,
		      struct rpol_load_error *error)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(bpf, image->map);
	size_t key = image->key_size, value = image->value_size, entry = key + value;
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	uint32_t done = image->count;

	if (!map || bpf_map__key_size(map) != key || bpf_map__value_size(map) != value ||
	    bpf_map__max_entries(map) < image->count)
		return fail(error, -EINVAL,
			    "not a sound object: the image of map %s does not fit it", image->map);
	if (!image->count)
		return 0;
	SCOPE_FREE uint8_t *keys = malloc(key * image->count);
	SCOPE_FREE uint8_t *values = malloc(value * image->count);
	if (!keys || !values)
		return fail(error, -ENOMEM, "out of memory for map %s", image->map);
	for (size_t i = 0; i < image->count; i++) {
		memcpy(keys + i * key, image->bytes + i * entry, key);
		memcpy(values + i * value, image->bytes + i * entry + key, value);
	}
	int rc = bpf_map_update_batch(bpf_map__fd(map), keys, values, &done, &options);
	/* Some map types have no batches in older kernels. */
	for (size_t i = 0; rc && i < image->count; i++)
		if ((rc = bpf_map_update_elem(bpf_map__fd(map), keys + i * key, values + i * value,
					      BPF_ANY)))
			return fail(error, rc, "cannot fill map %s at its entry %zu of %u: %s",
				    image->map, i + 1, image->count, strerror(-rc));
	return 0;
}

static int fill_buckets(const struct bpf_object *bpf, const struct rpol_object *object,
			const uint8_t *alive, struct rpol_load_error *error)
{
	int fd = load_map(bpf, RPOL_MAP_BUCKETS);

	for (size_t i = 0; i < object->ngroups; i++) {
		const struct rpol_object_group *group = &object->groups[i];
		unsigned char living[RPOL_GROUP_SIZE];
		uint16_t buckets[RPOL_GROUP_SIZE];

		for (size_t j = 0; j < group->nmembers; j++)
			living[j] = !alive || alive[group->members[j]];
		rpol_buckets_fill(group->weights, living, (unsigned)group->nmembers, group->prefer,
				  buckets);
		for (uint32_t j = 0; j < RPOL_GROUP_SIZE; j++) {
			uint32_t key = (uint32_t)i * RPOL_GROUP_SIZE + j;
			uint16_t hop = buckets[j] == RPOL_NO_NEXTHOP
					       ? RPOL_NO_NEXTHOP
					       : (uint16_t)group->members[buckets[j]];
			int rc = bpf_map_update_elem(fd, &key, &hop, BPF_ANY);

			if (rc)
				return fail(error, rc, "cannot fill map %s: %s", RPOL_MAP_BUCKETS,
					    strerror(-rc));
		}
	}
	return 0;
}

/* Seconds that TAI is ahead of UTC, as the kernel has been told: 0 when nobody did, and then its
 * TAI is UTC. */
static uint32_t tai_offset(void)
{
	struct timex clock = {.modes = 0};

	return adjtimex(&clock) < 0 ? 0 : (uint32_t)clock.tai;
}

/* What a map has to be, shared with the generation before where fd >= 0. */
static int prepare_map(struct bpf_object *bpf, const char *name, const struct bpf_map_info *wanted,
		       int fd, struct rpol_load_error *error)
{
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, name);
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	int rc;

	if (!map || bpf_map__type(map) != wanted->type ||
	    bpf_map__key_size(map) != wanted->key_size ||
	    bpf_map__value_size(map) != wanted->value_size ||
	    bpf_map__max_entries(map) != wanted->max_entries)
		return fail(error, -EINVAL,
			    "not a sound object: its map %s is not there or not as it must be",
			    name);
	if (fd < 0)
		return 0;
	rc = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (!rc &&
	    (info.type != wanted->type || info.key_size != wanted->key_size ||
	     info.value_size != wanted->value_size || info.max_entries != wanted->max_entries))
		rc = -EINVAL;
	if (!rc)
		rc = bpf_map__reuse_fd(map, fd);
	return rc ? fail(error, rc, "cannot share map %s: %s", name, strerror(-rc)) : 0;
}

/* Dynamic maps as the manifest describes them. shared: NULL where none is. */
static int prepare_content(struct bpf_object *bpf, const struct rpol_object_content *content,
			   bool table, const struct carried_map *shared,
			   struct rpol_load_error *error)
{
	bool trie = content->prefix && !content->memory[0];
	struct bpf_map_info held = {.type = BPF_MAP_TYPE_ARRAY,
				    .key_size = sizeof(uint32_t),
				    .value_size = sizeof(struct rpol_held),
				    .max_entries = content->size + 1};
	struct bpf_map_info wanted = {
		.type = trie ? BPF_MAP_TYPE_LPM_TRIE : BPF_MAP_TYPE_HASH,
		.key_size = content->key_size,
		.value_size = table ? sizeof(uint32_t) : sizeof(struct rpol_element),
		.max_entries = content->size,
	};
	int rc = prepare_map(bpf, content->map, content->memory[0] ? &held : &wanted,
			     shared ? shared->fd : -1, error);

	for (int f = 0; !rc && content->memory[f] && f < 2; f++) {
		char name[RPOL_CONTENT_NAME + sizeof(RPOL_SECTION_LIVE)] = RPOL_SECTION_LIVE;

		contents_memory_name(name + strlen(name), content, f);
		wanted = (struct bpf_map_info){.type = BPF_MAP_TYPE_ARRAY,
					       .key_size = 4,
					       .value_size = content->memory[f],
					       .max_entries = 1};
		rc = prepare_map(bpf, name, &wanted, shared ? shared->memory[f] : -1, error);
	}
	return rc;
}

static int prepare_contents(struct bpf_object *bpf, const struct rpol_object *object,
			    const struct carried_map *maps, struct rpol_load_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < object->nsets + object->ntables; i++) {
		bool table = i >= object->nsets;

		rc = prepare_content(bpf,
				     table ? &object->tables[i - object->nsets] : &object->sets[i],
				     table, maps && maps[i].shared ? &maps[i] : NULL, error);
	}
	return rc;
}

static const struct rpol_object_content *find_content(const struct rpol_object *object,
						      const char *map)
{
	for (size_t i = 0; i < object->nsets; i++)
		if (!strcmp(object->sets[i].map, map))
			return &object->sets[i];
	for (size_t i = 0; i < object->ntables; i++)
		if (!strcmp(object->tables[i].map, map))
			return &object->tables[i];
	return NULL;
}

/* Images go to their maps; those of what changes at run time where they are wanted, a table's in
 * memory to that, too. */
static int fill_images(const struct bpf_object *bpf, const struct rpol_object *object, bool seeds,
		       struct rpol_load_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < object->nimages; i++) {
		const struct rpol_object_content *content =
			find_content(object, object->images[i].map);

		if (!content || (seeds && !content->memory[0]))
			rc = fill_image(bpf, &object->images[i], error);
	}
	return rc || !seeds ? rc : contents_seed_memory(object, bpf, error);
}

/* Where `cpu` hands packets to; an object without the map has no such rule. */
static int prepare_cpus(struct bpf_object *bpf, const struct rpol_object *object,
			const struct load_plan *plan, struct cpus *cpus,
			struct rpol_load_error *error)
{
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, RPOL_MAP_CPUS);
	int rc;

	if (!map)
		return 0;
	rc = need_map(bpf, RPOL_MAP_CPUS, BPF_MAP_TYPE_CPUMAP, 4, 1, error);
	if (!rc)
		rc = cpus_read(cpus, error);
	/* A dry run says what other hosts would do. */
	if (!rc && !plan->tracing)
		rc = cpus_check(cpus, object, error);
	if (!rc)
		rc = bpf_map__set_max_entries(map, cpus->online[cpus->count - 1] + 1u);
	if (!rc)
		rc = set_variable(bpf, RPOL_VAR_CPU_ONLINE, cpus->online, sizeof(cpus->online),
				  error);
	if (!rc)
		rc = set_variable(bpf, RPOL_VAR_CPU_COUNT, &cpus->count, sizeof(cpus->count),
				  error);
	return rc;
}

static int prepare(struct bpf_object *bpf, const struct rpol_object *object,
		   const struct load_plan *plan, char *log, struct cpus *cpus,
		   struct rpol_load_error *error)
{
	uint32_t tracing = plan->tracing, tai = tai_offset();
	int rc = choose_programs(bpf, object, plan->entries, log, error);

	if (!rc)
		rc = check_maps(bpf, object, error);
	if (!rc)
		rc = set_variable(bpf, RPOL_VAR_TRACING, &tracing, sizeof(tracing), error);
	if (!rc)
		rc = set_direct(bpf, plan->indirect, error);
	if (!rc)
		rc = set_variable(bpf, RPOL_VAR_IFINDEX, plan->ifindex,
				  object->ninterfaces * sizeof(*plan->ifindex), error);
	if (!rc)
		rc = set_variable(bpf, RPOL_VAR_TAI_OFFSET, &tai, sizeof(tai), error);
	if (!rc)
		rc = prepare_contents(bpf, object, plan->contents, error);
	if (!rc)
		rc = prepare_cpus(bpf, object, plan, cpus, error);
	if (!rc && plan->active >= 0) {
		rc = bpf_map__reuse_fd(bpf_object__find_map_by_name(bpf, RPOL_MAP_ACTIVE),
				       plan->active);
		if (rc)
			fail(error, rc, "cannot share map %s: %s", RPOL_MAP_ACTIVE, strerror(-rc));
	}
	return rc;
}

int load_object(const struct rpol_object *object, const struct load_plan *plan,
		struct bpf_object **out, struct rpol_load_error *error)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "rpol");
	SCOPE_FREE char *log = malloc(LOG_SIZE);
	struct cpus cpus = {0};

	if (!log)
		return fail(error, -ENOMEM, "out of memory");
	*log = 0;
	libbpf_listen();
	struct bpf_object *bpf = bpf_object__open_mem(object->bytes, object->size, &options);
	if (!bpf)
		return fail(error, -EINVAL, "not a sound object: %s", libbpf_said());
	int rc = prepare(bpf, object, plan, log, &cpus, error);
	if (!rc && (rc = bpf_object__load(bpf)))
		rc = explain_load(bpf, object, log, rc, error);
	if (!rc)
		rc = fill_images(bpf, object, plan->seeds, error);
	if (!rc)
		rc = fill_buckets(bpf, object, plan->alive, error);
	if (!rc && cpus.count)
		rc = cpus_fill(&cpus, object, load_map(bpf, RPOL_MAP_CPUS), error);
	if (rc)
		bpf_object__close(bpf);
	else
		*out = bpf;
	return rc;
}

int load_entry(const struct bpf_object *bpf, const char *name, int slots,
	       struct rpol_load_error *error)
{
	const struct bpf_program *program = find_program(bpf, "entry_", name);
	char map[NAME_SIZE], log[4096] = "";

	snprintf(map, sizeof(map), "slots_%s", name);
	int own = load_map(bpf, map);
	size_t count = bpf_program__insn_cnt(program);
	SCOPE_FREE struct bpf_insn *code = malloc(count * sizeof(*code));
	if (!code)
		return fail(error, -ENOMEM, "out of memory");
	memcpy(code, bpf_program__insns(program), count * sizeof(*code));
	for (size_t i = 0; i < count; i++)
		if (code[i].code == (BPF_LD | BPF_DW | BPF_IMM) &&
		    code[i].src_reg == BPF_PSEUDO_MAP_FD && code[i].imm == own)
			code[i].imm = slots;
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = bpf_program__expected_attach_type(program),
		    .prog_flags = bpf_program__flags(program), .log_buf = log,
		    .log_size = sizeof(log));
	int fd = bpf_prog_load(bpf_program__type(program), "rpol_entry", "GPL", code, count,
			       &options);
	return fd >= 0 ? fd
		       : fail(error, fd, "cannot load the entry program of policy %s: %s", name,
			      strerror(-fd));
}
