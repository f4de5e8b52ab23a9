/* contents.c: `rpol set` and `rpol table`: what dynamic sets and tables hold, changed, listed and
 * loaded while a deployment is in force. */
#include "contents.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- entries -------------------------------------------------------------------------------- */

struct work {
	struct rpol_contents *contents;
	bool table, json;
	uint64_t seconds;
	json_t *list;
	size_t count;
};

/* Reads an entry. verdict: a table's, when it is wanted. What is wrong, or NULL. */
static const char *read_entry(const struct work *work, const char *text, bool verdict,
			      struct rpol_contents_entry *entry)
{
	struct rpol_load_error error = {0};
	const char *end, *why;

	memset(entry, 0, sizeof(*entry));
	text += strspn(text, " \t");
	why = contents_key(work->contents, text, entry->key, &end);
	if (why)
		return why;
	end += strspn(end, " \t");
	if (!verdict)
		return *end ? contents_wrong("nothing comes after the entry, and here is `%s`", end)
			    : NULL;
	if (!*end)
		return contents_wrong("a verdict is missing after the key");
	if (rpol_contents_word(work->contents, end, &entry->word, &error))
		why = contents_wrong("%s", error.message);
	rpol_load_error_clear(&error);
	return why;
}

static int failed(struct rpol_load_error *error)
{
	int status = cli_error("%s", error->message);

	rpol_load_error_clear(error);
	return status;
}

static int add(struct work *work, const char *text)
{
	struct rpol_load_error error = {0};
	struct rpol_contents_entry entry;
	const char *why = read_entry(work, text, work->table, &entry);

	if (why) {
		cli_error("%s", why);
		return CLI_FINDINGS;
	}
	if (rpol_contents_add(work->contents, entry.key, work->seconds, entry.word, &error))
		return failed(&error);
	return CLI_OK;
}

static int delete(struct work *work, const char *text)
{
	struct rpol_load_error error = {0};
	struct rpol_contents_entry entry;
	const char *why = read_entry(work, text, false, &entry);
	int rc;

	if (why) {
		cli_error("%s", why);
		return CLI_FINDINGS;
	}
	rc = rpol_contents_delete(work->contents, entry.key, &error);
	if (rc == -ENOENT) {
		cli_error("%s has no entry `%s`", rpol_contents_info(work->contents)->name, text);
		return CLI_FINDINGS;
	}
	return rc ? failed(&error) : CLI_OK;
}

static int show(void *arg, const uint8_t *key, uint64_t seconds, uint32_t word)
{
	struct work *work = arg;
	char text[512], verdict[128] = "";

	work->count++;
	contents_key_text(work->contents, key, text, sizeof(text));
	if (work->table)
		rpol_contents_word_text(work->contents, word, verdict, sizeof(verdict));
	if (work->json) {
		json_t *entry = json_pack("{s:s}", "key", text);

		if (work->table)
			json_object_set_new(entry, "verdict", json_string(verdict));
		if (seconds)
			json_object_set_new(entry, "seconds", json_integer((json_int_t)seconds));
		json_array_append_new(work->list, entry);
	} else if (work->table) {
		printf("%s %s\n", text, verdict);
	} else if (seconds) {
		printf("%s # %llus left\n", text, (unsigned long long)seconds);
	} else {
		printf("%s\n", text);
	}
	return 0;
}

static int list(struct work *work)
{
	struct rpol_load_error error = {0};

	work->list = json_array();
	if (rpol_contents_each(work->contents, show, work, &error)) {
		json_decref(work->list);
		return failed(&error);
	}
	if (work->json) {
		const struct rpol_object_content *info = rpol_contents_info(work->contents);
		json_t *all = json_pack("{s:s, s:s, s:i, s:O}", "deployment",
					rpol_contents_deployment(work->contents), "name",
					info->name, "size", (int)info->size, "entries", work->list);

		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(all);
	}
	json_decref(work->list);
	return CLI_OK;
}

static json_t *room_json(const struct rpol_contents_fill *fill, int f)
{
	const struct rpol_room *room = &fill->room[f];

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "prefixes",
			 (json_int_t)fill->prefixes[f], "bytes", (json_int_t)room->pool, "used",
			 (json_int_t)room->used, "waiting", (json_int_t)room->deferred, "free",
			 (json_int_t)room->open, "largest", (json_int_t)room->largest);
}

static void stats_json(const struct work *work, const struct rpol_contents_fill *fill)
{
	const struct rpol_object_content *info = rpol_contents_info(work->contents);
	json_t *all = json_pack("{s:s, s:s, s:i, s:I}", "deployment",
				rpol_contents_deployment(work->contents), "name", info->name,
				"size", (int)info->size, "entries", (json_int_t)fill->entries);

	if (info->memory[0]) {
		json_object_set_new(all, "ipv4", room_json(fill, 0));
		json_object_set_new(all, "ipv6", room_json(fill, 1));
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static int stats(struct work *work)
{
	const struct rpol_object_content *info = rpol_contents_info(work->contents);
	struct rpol_load_error error = {0};
	struct rpol_contents_fill fill;

	if (rpol_contents_fill(work->contents, &fill, &error))
		return failed(&error);
	if (work->json) {
		stats_json(work, &fill);
		return CLI_OK;
	}
	printf("%s: %zu of %u entries\n", info->name, fill.entries, info->size);
	for (int f = 0; info->memory[0] && f < 2; f++)
		printf("  IPv%d: %zu prefixes in %zu of %zu bytes; the largest piece of %zu free "
		       "bytes is %zu\n",
		       f ? 6 : 4, fill.prefixes[f], fill.room[f].used, fill.room[f].pool,
		       fill.room[f].open, fill.room[f].largest);
	return CLI_OK;
}

static int flush(struct work *work)
{
	struct rpol_load_error error = {0};
	size_t removed;

	if (rpol_contents_flush(work->contents, &removed, &error))
		return failed(&error);
	printf("%s: %zu entries removed\n", rpol_contents_info(work->contents)->name, removed);
	return CLI_OK;
}

/* All lines are read, and room is found, before the first entry is added: a wrong one leaves
 * everything as it was. */
static int load(struct work *work, const char *path)
{
	struct rpol_load_error error = {0};
	struct rpol_contents_entry *entries = NULL;
	size_t size, count = 0, capacity = 0, line = 0;
	char *text, *next;
	int status = CLI_OK, rc = cli_read_file(path, &text, &size);

	if (rc)
		return cli_file_error("read", path, -rc);
	for (char *at = text; at && at < text + size; at = next) {
		const char *why;

		line++;
		next = memchr(at, '\n', (size_t)(text + size - at));
		if (strnlen(at, (size_t)((next ? next : text + size) - at)) <
		    (size_t)((next ? next : text + size) - at)) {
			fprintf(stderr, "%s:%zu: error: a byte 0x00 means nothing here\n", path,
				line);
			status = CLI_FINDINGS;
			break;
		}
		if (next)
			*next++ = 0;
		at[strcspn(at, "#\r")] = 0;
		for (size_t n = strlen(at); n && strchr(" \t", at[n - 1]); n--)
			at[n - 1] = 0;
		at += strspn(at, " \t");
		if (!*at)
			continue;
		if (count == capacity) {
			capacity = capacity ? 2 * capacity : 256;
			struct rpol_contents_entry *more =
				realloc(entries, capacity * sizeof(*entries));
			if (!more) {
				status = cli_error("no memory for %s", path);
				break;
			}
			entries = more;
		}
		why = read_entry(work, at, work->table, &entries[count]);
		if (why) {
			fprintf(stderr, "%s:%zu: error: %s\n", path, line, why);
			status = CLI_FINDINGS;
			continue;
		}
		count++;
	}
	if (!status && rpol_contents_load(work->contents, entries, count, work->seconds, &error))
		status = failed(&error);
	if (status)
		fprintf(stderr, "rpol: %s is as it was\n",
			rpol_contents_info(work->contents)->name);
	else
		printf("%s: %zu entries loaded\n", rpol_contents_info(work->contents)->name, count);
	free(entries);
	free(text);
	return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool read_duration(const char *text, uint64_t *seconds)
{
	static const char units[] = "smhd";
	static const uint32_t factors[] = {1, 60, 3600, 86400};
	char *end;
	unsigned long long number = strtoull(text, &end, 10);
	const char *unit = *end && !end[1] ? strchr(units, *end) : NULL;

	if (*text < '0' || *text > '9' || !unit || !number || number > 365ull * 86400)
		return false;
	*seconds = number * factors[unit - units];
	return *seconds <= 365ull * 86400;
}

static char *join(char *const *words, int n)
{
	size_t size = 1;
	char *text;

	for (int i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	text = calloc(1, size);
	for (int i = 0; text && i < n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, words[i]);
	}
	return text;
}

enum verb { ADD, DELETE, LIST, STATS, FLUSH, LOAD, VERBS };

static int carry_out(struct work *work, enum verb verb, char **argv, int n)
{
	int status = CLI_OK;
	char *text;

	switch (verb) {
	case LIST:
		return list(work);
	case STATS:
		return stats(work);
	case FLUSH:
		return flush(work);
	case LOAD:
		return load(work, argv[0]);
	default:
		break;
	}
	if (!work->table) {
		for (int i = 0; i < n; i++)
			status = cli_worse(status, verb == ADD ? add(work, argv[i])
							       : delete (work, argv[i]));
		return status;
	}
	text = join(argv, n);
	if (!text)
		return cli_error("no memory");
	status = verb == ADD ? add(work, text) : delete (work, text);
	free(text);
	return status;
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static bool is_a(const char *bpffs, const char *deployment, const char *name, bool table)
{
	char **names = NULL;
	size_t count = 0;
	bool found = false;

	if (rpol_contents_names(bpffs, deployment, table, &names, &count, NULL))
		return false;
	for (size_t i = 0; i < count; i++)
		found |= !strcmp(names[i], name);
	free_names(names, count);
	return found;
}

/* Says that there is no such set or table, and which there are. */
static int unknown(const char *bpffs, const char *deployment, const char *name, bool table,
		   struct rpol_load_error *error)
{
	const char *near, *what = table ? "table" : "set";
	size_t count = 0, size = 0;
	char **names = NULL, *list = NULL;
	FILE *out;

	if (rpol_contents_names(bpffs, deployment, table, &names, &count, NULL))
		return failed(error);
	near = rpol_suggest(name, (const char *const *)names, count);
	out = open_memstream(&list, &size);
	for (size_t i = 0; out && i < count; i++)
		fprintf(out, "%s`%s`", i ? ", " : "", names[i]);
	if (out)
		fclose(out);
	if (is_a(bpffs, deployment, name, !table))
		cli_error("%s is a dynamic %s: write `rpol %s`", name, table ? "set" : "table",
			  table ? "set" : "table");
	else if (near)
		cli_error("%s; did you mean `%s`?", error->message, near);
	else if (count && list)
		cli_error("%s; there are %s", error->message, list);
	else
		cli_error(
			"%s: no policy in force uses a dynamic %s; declare one, test it and apply",
			error->message, what);
	rpol_load_error_clear(error);
	free_names(names, count);
	free(list);
	return CLI_ENVIRONMENT;
}

int contents_command(const struct cli_command *command, int argc, char **argv, bool table)
{
	static const char *const verbs[VERBS] = {"add", "del", "list", "stats", "flush", "load"};
	static const char *const formats[] = {"text", "json"};
	const char *bpffs = NULL, *deployment = NULL, *format = NULL, *duration = NULL;
	const struct cli_option options[] = {
		{.name = "deployment",
		 .operand = "NAME",
		 .value = &deployment,
		 .help = "whose (that of the only one that has it)"},
		{.name = "format", .operand = "text|json", .value = &format, .help = "how to list"},
		{.name = "bpffs",
		 .operand = "PATH",
		 .value = &bpffs,
		 .help = "the BPF file system (" RPOL_BPFFS ")"},
		{.name = "for",
		 .operand = "DURATION",
		 .value = &duration,
		 .help = "how long entries stay: 30s, 10m, 8h, 7d (the set's timeout)"},
	};
	struct rpol_load_error error = {0};
	struct work work = {.table = table};
	int n, verb = 0, chosen = 0, status, rc;

	status = cli_parse(command, options, table ? 3 : 4, argc, argv, &n);
	if (status != CLI_GO_ON)
		return status;
	if (format && (chosen = cli_choose(command, "format", format, formats, 2)) < 0)
		return CLI_USAGE;
	if (!n)
		return cli_usage(command, "what to do? add, del, list, stats, flush or load");
	while (verb < VERBS && strcmp(verbs[verb], argv[0]))
		verb++;
	if (verb == VERBS) {
		const char *near = rpol_suggest(argv[0], (const char **)verbs, VERBS);

		return cli_usage(command,
				 "`%s` is none of add, del, list, stats, flush and load%s%s%s",
				 argv[0], near ? "; did you mean `" : "", near ? near : "",
				 near ? "`?" : "");
	}
	if (n < 2)
		return cli_usage(command, "which %s?", table ? "TABLE" : "SET");
	if ((verb == ADD || verb == DELETE) && n < 3)
		return cli_usage(command, "which %s?", table ? "KEY" : "ENTRY");
	if (verb == LOAD && n != 3)
		return cli_usage(command, "one FILE at a time");
	if ((verb == LIST || verb == STATS || verb == FLUSH) && n != 2)
		return cli_usage(command, "one %s at a time", table ? "TABLE" : "SET");
	if (duration && !read_duration(duration, &work.seconds))
		return cli_usage(command, "--for takes a time such as 30s, 10m, 8h or 7d, not `%s`",
				 duration);
	rc = rpol_contents_open(bpffs, deployment, argv[1], table, &work.contents, &error);
	if (rc)
		return rc == -ENOENT ? unknown(bpffs, deployment, argv[1], table, &error)
				     : failed(&error);
	if (!contents_is_sound(rpol_contents_info(work.contents))) {
		rpol_contents_close(work.contents);
		return cli_error("the key of %s is not one that this rpol knows: use the rpol that "
				 "applied it, or apply again",
				 argv[1]);
	}
	if (!duration)
		work.seconds = rpol_contents_info(work.contents)->timeout;
	work.json = chosen == 1;
	status = carry_out(&work, (enum verb)verb, argv + 2, n - 2);
	rpol_contents_close(work.contents);
	return status;
}
