/* contents_key.c: keys of dynamic sets and tables as text, read and written. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "contents.h"
#include "rpol/addr.h"
#include "rpol/policy.h"

const char *contents_wrong(const char *format, ...)
{
	static char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* What a file holds is no command to a terminal. */
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
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

bool contents_is_sound(const struct rpol_object_content *info)
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
		return contents_wrong("`%.*s` has bits set after its length", length, text);
	case RPOL_PREFIX_BAD_LENGTH:
		return contents_wrong("`%.*s` has no length that fits its address", length, text);
	case RPOL_PREFIX_BAD_ADDR:
		break;
	}
	return contents_wrong("`%.*s` is not an address", length, text);
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
		return contents_wrong("a value for `%s` is missing", field);
	if (info->type == RPOL_TYPE_ADDR) {
		const char *error = address_text(text, length, &prefix);

		if (error)
			return error;
		if (prefix.length != rpol_family_bits(prefix.addr.family))
			return contents_wrong("`%.*s` is a prefix, and an address is needed",
					      length, text);
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
			       : contents_wrong(
					 "`%s` is not a MAC address such as 02:00:5e:00:53:01",
					 copy);
	if (info->type == RPOL_TYPE_IFACE) {
		value = rpol_contents_interface(contents, copy);
		if (!value)
			return contents_wrong("the policy has no interface `%s`", copy);
	} else if (!word_value(info->type, text, length, &value)) {
		number = strtoull(copy, &end, 0);
		if (*end || *copy < '0' || *copy > '9')
			return contents_wrong("`%s` is not a value of `%s`", copy, field);
		if (number > info->max)
			return contents_wrong("`%s` is too large for `%s`: %u at most", copy, field,
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
		return contents_wrong("the `(` has no `)`");
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
			return contents_wrong("a key is %zu value%s: write (%s%s…)", info->nfields,
					      info->nfields == 1 ? "" : "s", info->fields[0],
					      info->nfields > 1 ? ", " : " ");
		while (text < stop && strchr(" \t", *text))
			text++;
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

static size_t value_text(const struct rpol_contents *contents, const char *field,
			 const uint8_t *key, char *buf, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct rpol_addr addr = {0};
	enum rpol_type type = rpol_field_info(field_of(field))->type;
	char text[RPOL_ADDR_TEXT];

	if (type == RPOL_TYPE_MAC) {
		snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", key[0], key[1], key[2], key[3],
			 key[4], key[5]);
		return 6;
	}
	if (type != RPOL_TYPE_ADDR) {
		uint32_t number = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 |
				  (uint32_t)key[2] << 8 | key[3];
		const char *name = type == RPOL_TYPE_IFACE
					   ? rpol_contents_interface_name(contents, number)
					   : NULL;

		if (name)
			snprintf(buf, size, "%s", name);
		else
			snprintf(buf, size, "%u", number);
		return 4;
	}
	addr.family = memcmp(key, mapped, sizeof(mapped)) ? 6 : 4;
	memcpy(addr.bytes, addr.family == 4 ? key + 12 : key, addr.family == 4 ? 4 : 16);
	snprintf(buf, size, "%s", rpol_addr_text(&addr, text));
	return 16;
}

const char *contents_key_text(const struct rpol_contents *contents, const uint8_t *key, char *buf,
			      size_t size)
{
	const struct rpol_object_content *info = rpol_contents_info(contents);
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
		key += value_text(contents, info->fields[i], key, buf + used, size - used);
		used += strlen(buf + used);
	}
	if (info->nfields > 1)
		snprintf(buf + used, size - used, ")");
	return buf;
}
