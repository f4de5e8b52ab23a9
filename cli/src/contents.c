/* contents.c: `rpol set` and `rpol table`: what dynamic sets and tables hold, changed, listed and
 * loaded while a deployment is in force. */
#include "contents.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/addr.h"
#include "rpol/policy.h"

/* ---- keys ----------------------------------------------------------------------------------- */

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *wrong(const char *format, ...)
{
	static char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

/* RPOL_FIELD_COUNT: there is none of that name. */
static enum rpol_field field_of(const char *name)
{
	int field = 0;

	while (field < RPOL_FIELD_COUNT &&
	       strcmp(rpol_field_info((enum rpol_field)field)->name, name))
		field++;
	return (enum rpol_field)field;
}

/* True when the key is made of the fields that this rpol knows: the object may come from anywhere.
 */
static bool is_sound(const struct rpol_object_content *info)
{
	size_t size = 0;

	for (size_t i = 0; i < info->nfields; i++) {
		enum rpol_field field = field_of(info->fields[i]);

		if (field == RPOL_FIELD_COUNT)
			return false;
		size += rpol_key_field_size(field);
	}
	return info->prefix ? info->nfields == 1 : size == info->key_size;
}

static void put_number(uint8_t *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (24 - 8 * i));
}

static const char *address_text(const char *text, int length, struct rpol_prefix *prefix)
{
	switch (rpol_prefix_parse(text, (size_t)length, prefix)) {
	case RPOL_PREFIX_OK:
		return NULL;
	case RPOL_PREFIX_HOST_BITS:
		return wrong("`%.*s` has bits set after its length", length, text);
	case RPOL_PREFIX_BAD_LENGTH:
		return wrong("`%.*s` has no length that fits its address", length, text);
	case RPOL_PREFIX_BAD_ADDR:
		break;
	}
	return wrong("`%.*s` is not an address", length, text);
}

static bool read_mac(const char *text, int length, uint8_t *to)
{
	static const char digits[] = "0123456789abcdef";

	if (length != 17)
		return false;
	for (int i = 0; i < length; i++) {
		const char *digit = strchr(digits, text[i] | 0x20);

		if (i % 3 == 2 ? text[i] != ':' : !digit)
			return false;
		if (i % 3 != 2)
			to[i / 3] = (uint8_t)(to[i / 3] << 4 | (digit - digits));
	}
	return true;
}

static bool word_value(enum rpol_type type, const char *text, int length, uint32_t *value)
{
	static const struct {
		enum rpol_type type;
		const char *name;
		uint32_t value;
	} symbols[] = {
#define SYMBOL(type, name, value) {RPOL_TYPE_##type, name, value},
#include "rpol/symbols.def"
#undef SYMBOL
	};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
		if (symbols[i].type == type && (int)strlen(symbols[i].name) == length &&
		    !memcmp(symbols[i].name, text, (size_t)length)) {
			*value = symbols[i].value;
			return true;
		}
	return false;
}

/* One field's value: length characters of text. */
static const char *value_key(const struct rpol_contents *contents, const char *field,
			     const char *text, int length, uint8_t *to)
{
	const struct rpol_field_info *info = rpol_field_info(field_of(field));
	struct rpol_prefix prefix;
	char copy[RPOL_MAX_NAME + 1], *end;
	unsigned long long number;
	uint32_t value;

	if (!length || length > RPOL_MAX_NAME)
		return wrong("a value for `%s` is missing", field);
	if (info->type == RPOL_TYPE_ADDR) {
		const char *error = address_text(text, length, &prefix);

		if (error)
			return error;
		if (prefix.length != rpol_family_bits(prefix.addr.family))
			return wrong("`%.*s` is a prefix, and an address is needed", length, text);
		memset(to, 0, 16);
		if (prefix.addr.family == 4)
			to[10] = to[11] = 0xff;
		memcpy(to + (prefix.addr.family == 4 ? 12 : 0), prefix.addr.bytes,
		       prefix.addr.family == 4 ? 4 : 16);
		return NULL;
	}
	snprintf(copy, sizeof(copy), "%.*s", length, text);
	if (info->type == RPOL_TYPE_MAC)
		return read_mac(text, length, to)
			       ? NULL
			       : wrong("`%s` is not a MAC address such as 02:00:5e:00:53:01", copy);
	if (info->type == RPOL_TYPE_IFACE) {
		value = rpol_contents_interface(contents, copy);
		if (!value)
			return wrong("the policy has no interface `%s`", copy);
	} else if (!word_value(info->type, text, length, &value)) {
		number = strtoull(copy, &end, 0);
		if (*end || *copy < '0' || *copy > '9')
			return wrong("`%s` is not a value of `%s`", copy, field);
		if (number > info->max)
			return wrong("`%s` is too large for `%s`: %u at most", copy, field,
				     info->max);
		value = (uint32_t)number;
	}
	put_number(to, value);
	return NULL;
}

static const char *prefix_key(const char *text, int length, uint8_t *to)
{
	struct rpol_prefix_key key = {0};
	struct rpol_prefix prefix;
	const char *error = address_text(text, length, &prefix);

	if (error)
		return error;
	key.length = 32u + prefix.length;
	((uint8_t *)&key.family)[3] = prefix.addr.family;
	memcpy(key.addr, prefix.addr.bytes, 16);
	memcpy(to, &key, sizeof(key));
	return NULL;
}

const char *contents_key(const struct rpol_contents *contents, const char *text, uint8_t *key,
			 const char **end)
{
	const struct rpol_object_content *info = rpol_contents_info(contents);
	bool tuple = *text == '(';
	const char *close = tuple ? strchr(text, ')') : text + strcspn(text, " \t");

	if (!close)
		return wrong("the `(` has no `)`");
	*end = close + tuple;
	if (tuple)
		text++;
	if (info->prefix)
		return prefix_key(text, (int)(close - text), key);
	for (size_t i = 0; i < info->nfields; i++) {
		bool last = i + 1 == info->nfields;
		const char *comma = memchr(text, ',', (size_t)(close - text));
		const char *stop = comma ? comma : close;
		const char *error;

		if (last ? comma != NULL : !comma)
			return wrong("a key is %zu value%s: write (%s%s…)", info->nfields,
				     info->nfields == 1 ? "" : "s", info->fields[0],
				     info->nfields > 1 ? ", " : " ");
		text += strspn(text, " \t");
		while (stop > text && strchr(" \t", stop[-1]))
			stop--;
		error = value_key(contents, info->fields[i], text, (int)(stop - text), key);
		if (error)
			return error;
		key += rpol_key_field_size(field_of(info->fields[i]));
		text = comma ? comma + 1 : close;
	}
	return NULL;
}

static size_t value_text(const char *field, const uint8_t *key, char *buf, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct rpol_addr addr = {.family = memcmp(key, mapped, 12) ? 6 : 4};
	enum rpol_type type = rpol_field_info(field_of(field))->type;
	char text[RPOL_ADDR_TEXT];

	if (type == RPOL_TYPE_MAC) {
		snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", key[0], key[1], key[2], key[3],
			 key[4], key[5]);
		return 6;
	}
	if (type != RPOL_TYPE_ADDR) {
		snprintf(buf, size, "%u",
			 (unsigned)key[0] << 24 | (unsigned)key[1] << 16 | (unsigned)key[2] << 8 |
				 key[3]);
		return 4;
	}
	memcpy(addr.bytes, addr.family == 4 ? key + 12 : key, addr.family == 4 ? 4 : 16);
	snprintf(buf, size, "%s", rpol_addr_text(&addr, text));
	return 16;
}

const char *contents_key_text(const struct rpol_object_content *info, const uint8_t *key, char *buf,
			      size_t size)
{
	size_t used = 0;

	if (info->prefix) {
		struct rpol_prefix prefix = {.addr.family = key[7]};
		struct rpol_prefix_key raw;
		char text[RPOL_ADDR_TEXT];

		memcpy(&raw, key, sizeof(raw));
		prefix.length = (uint8_t)(raw.length - 32);
		memcpy(prefix.addr.bytes, raw.addr, 16);
		snprintf(buf, size, "%s", rpol_prefix_text(&prefix, text));
		return buf;
	}
	buf[0] = 0;
	for (size_t i = 0; i < info->nfields; i++) {
		snprintf(buf + used, size - used, "%s", i ? ", " : info->nfields > 1 ? "(" : "");
		used += strlen(buf + used);
		key += value_text(info->fields[i], key, buf + used, size - used);
		used += strlen(buf + used);
	}
	if (info->nfields > 1)
		snprintf(buf + used, size - used, ")");
	return buf;
}

/* ---- entries -------------------------------------------------------------------------------- */

/* One entry as it was given: a key, and a table's verdict. */
struct entry {
	uint8_t key[RPOL_CONTENT_KEY];
	uint32_t word;
};

struct work {
	struct rpol_contents *contents;
	bool table, json;
	uint64_t seconds;
	json_t *list;
	size_t count;
};

/* Reads an entry. verdict: a table's, when it is wanted. What is wrong, or NULL. */
static const char *read_entry(const struct work *work, const char *text, bool verdict,
			      struct entry *entry)
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
		return *end ? wrong("nothing comes after the entry, and here is `%s`", end) : NULL;
	if (!*end)
		return wrong("a verdict is missing after the key");
	if (rpol_contents_word(work->contents, end, &entry->word, &error))
		why = wrong("%s", error.message);
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
	struct entry entry;
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
	struct entry entry;
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
	contents_key_text(rpol_contents_info(work->contents), key, text, sizeof(text));
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

static int flush(struct work *work)
{
	struct rpol_load_error error = {0};
	size_t removed;

	if (rpol_contents_flush(work->contents, &removed, &error))
		return failed(&error);
	printf("%s: %zu entries removed\n", rpol_contents_info(work->contents)->name, removed);
	return CLI_OK;
}

/* All lines are read before the first entry is added: a wrong one leaves everything as it was. */
static int load(struct work *work, const char *path)
{
	struct rpol_load_error error = {0};
	struct entry *entries = NULL;
	size_t size, count = 0, capacity = 0, line = 0;
	char *text, *next;
	int status = CLI_OK, rc = cli_read_file(path, &text, &size);

	if (rc)
		return cli_file_error("read", path, rc);
	for (char *at = text; at && *at; at = next) {
		const char *why;

		line++;
		next = strchr(at, '\n');
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
			struct entry *more = realloc(entries, capacity * sizeof(*entries));
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
	if (status)
		fprintf(stderr, "rpol: %s is as it was\n",
			rpol_contents_info(work->contents)->name);
	for (size_t i = 0; !status && i < count; i++)
		if (rpol_contents_add(work->contents, entries[i].key, work->seconds,
				      entries[i].word, &error))
			status = failed(&error);
	if (!status)
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

enum verb { ADD, DELETE, LIST, FLUSH, LOAD };

static int carry_out(struct work *work, enum verb verb, char **argv, int n)
{
	int status = CLI_OK;
	char *text;

	switch (verb) {
	case LIST:
		return list(work);
	case FLUSH:
		return flush(work);
	case LOAD:
		return load(work, argv[0]);
	case ADD:
	case DELETE:
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

int contents_command(const struct cli_command *command, int argc, char **argv, bool table)
{
	static const char *const verbs[] = {"add", "del", "list", "flush", "load"};
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
	int n, verb = 0, chosen = 0, status;

	status = cli_parse(command, options, table ? 3 : 4, argc, argv, &n);
	if (status != CLI_GO_ON)
		return status;
	if (format && (chosen = cli_choose(command, "format", format, formats, 2)) < 0)
		return CLI_USAGE;
	if (!n)
		return cli_usage(command, "what to do? add, del, list, flush or load");
	while (verb < 5 && strcmp(verbs[verb], argv[0]))
		verb++;
	if (verb == 5) {
		const char *near = rpol_suggest(argv[0], (const char **)verbs, 5);

		return cli_usage(command, "`%s` is none of add, del, list, flush and load%s%s%s",
				 argv[0], near ? "; did you mean `" : "", near ? near : "",
				 near ? "`?" : "");
	}
	if (n < 2)
		return cli_usage(command, "which %s?", table ? "TABLE" : "SET");
	if ((verb == ADD || verb == DELETE) && n < 3)
		return cli_usage(command, "which %s?", table ? "KEY" : "ENTRY");
	if (verb == LOAD && n != 3)
		return cli_usage(command, "one FILE at a time");
	if ((verb == LIST || verb == FLUSH) && n != 2)
		return cli_usage(command, "one %s at a time", table ? "TABLE" : "SET");
	if (duration && !read_duration(duration, &work.seconds))
		return cli_usage(command, "--for takes a time such as 30s, 10m, 8h or 7d, not `%s`",
				 duration);
	if (rpol_contents_open(bpffs, deployment, argv[1], table, &work.contents, &error))
		return failed(&error);
	if (!is_sound(rpol_contents_info(work.contents))) {
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
