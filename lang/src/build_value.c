/* build_value.c: names and values of the syntax tree, from the text of tokens: numbers, addresses,
 * MAC addresses, times. Here is said which numbers are too large and which addresses are none. */
#include "parse.h"

#include <string.h>

#include "grammar.h"

static struct rpol_span token_span(const struct parser *p, int index)
{
	return rpol_parser_span(p, (struct place){index, index});
}

/* No control characters in a string: a NUL would end it early, and no file is called so. */
static void check_string(struct parser *p, const struct token *token)
{
	const unsigned char *text = (const unsigned char *)p->sources->files[p->file].text;

	for (uint32_t at = token->offset; at < token->offset + token->length; at++) {
		if (text[at] >= ' ' && text[at] != 0x7f)
			continue;
		rpol_diag_add(p->diags, RPOL_DIAG_BAD_CHARACTER, (struct rpol_span){p->file, at, 1},
			      "a byte 0x%02x means nothing in a string", text[at]);
		return;
	}
}

/* Of an identifier, or of a string without its quotes. */
struct ast_name rpol_build_name(struct parser *p, struct place at)
{
	const struct token *token = rpol_parser_token(p, (size_t)at.first);
	const char *text = rpol_parser_text(p, (size_t)at.first);
	uint32_t length = token->length;

	if (*text == '"') {
		text++;
		length -= token->kind == TOKEN_OPEN_STRING ? 1 : 2;
		if (token->kind == TOKEN_STRING)
			check_string(p, token);
	}
	return (struct ast_name){
		.text = rpol_arena_strndup(p->arena, text, length),
		.span = rpol_parser_span(p, at),
	};
}

static bool read_number(const char *text, size_t length, uint64_t *out)
{
	unsigned base = length > 2 && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	uint64_t value = 0;

	for (size_t i = base == 16 ? 2 : 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned digit = c <= '9' ? (unsigned)(c - '0') : (c | 0x20u) - 'a' + 10;

		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

bool rpol_build_number(struct parser *p, int index, uint64_t *out)
{
	const struct token *token = rpol_parser_token(p, (size_t)index);

	if (read_number(rpol_parser_text(p, (size_t)index), token->length, out))
		return true;
	rpol_diag_add(p->diags, RPOL_DIAG_OUT_OF_RANGE, token_span(p, index),
		      "a number this large fits nowhere");
	return false;
}

static bool all_digits(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] >= '0' && text[n] <= '9')
		n++;
	return n == length && n;
}

/* The length of the prefix that a mask such as 255.255.240.0 stands for, or -1. */
static int mask_length(const char *text, size_t length)
{
	struct rpol_prefix mask;
	int bits = 0;

	if (rpol_prefix_parse(text, length, &mask) != RPOL_PREFIX_OK || mask.addr.family != 4)
		return -1;
	while (bits < 32 && mask.addr.bytes[bits / 8] & (0x80 >> bits % 8))
		bits++;
	for (int i = bits; i < 32; i++)
		if (mask.addr.bytes[i / 8] & (0x80 >> i % 8))
			return -1;
	return bits;
}

/* Five to seven groups of two digits at most are more like a MAC address than like an IPv6 one. */
static bool meant_mac(const char *text, int length)
{
	int groups = 1, digits = 0;

	for (int i = 0; i < length; i++) {
		if (text[i] != ':') {
			if (++digits > 2)
				return false;
			continue;
		}
		if (!digits)
			return false;
		groups++;
		digits = 0;
	}
	return digits && groups >= 5 && groups <= 7;
}

static void bad_address(struct parser *p, int index, const char *text, int length)
{
	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_BAD_ADDRESS, token_span(p, index),
			      "`%.*s` is not an address", length, text);
	const char *slash = memchr(text, '/', (size_t)length);
	int head = slash ? (int)(slash - text) : length, dots = 0;

	if (memchr(text, ':', (size_t)head)) {
		if (meant_mac(text, length))
			rpol_diag_help(p->diags, diag,
				       "a MAC address is six pairs of hex digits, as in "
				       "`02:00:5e:00:53:01`");
		else
			rpol_diag_help(
				p->diags, diag,
				"an IPv6 address is up to eight groups of hex digits with one `::` "
				"at most, as in `2001:db8::1`");
		return;
	}
	for (int i = 0; i < head; i++)
		dots += text[i] == '.';
	if (slash && dots < 3 && all_digits(slash + 1, (size_t)(length - head - 1))) {
		struct rpol_prefix whole;
		const char *filled = rpol_arena_printf(p->arena, "%.*s%s%s", head, text,
						       &".0.0.0"[2 * dots], slash);
		/* the terminator of slash is the text's, not ours */
		const char *end = strchr(filled, '/');

		filled = rpol_arena_strndup(p->arena, filled,
					    (size_t)(end - filled) + (size_t)(length - head));
		if (rpol_prefix_parse(filled, strlen(filled), &whole) == RPOL_PREFIX_OK) {
			rpol_diag_help(p->diags, diag, "write all four numbers: `%s`", filled);
			rpol_diag_fix(p->diags, diag, token_span(p, index), "%s", filled);
			return;
		}
	}
	rpol_diag_help(p->diags, diag,
		       "an IPv4 address is four numbers from 0 to 255, as in `192.0.2.1`");
}

static void bad_length(struct parser *p, int index, const char *text, int length)
{
	const char *slash = memchr(text, '/', (size_t)length);
	int head = (int)(slash - text), bits;
	bool six = memchr(text, ':', (size_t)head);
	struct rpol_diag *diag = rpol_diag_add(
		p->diags, RPOL_DIAG_BAD_PREFIX_LENGTH, token_span(p, index),
		"`%.*s` is not the length of an IPv%d prefix", length - head, slash, six ? 6 : 4);

	bits = mask_length(slash + 1, (size_t)(length - head - 1));
	if (bits < 0 || six) {
		rpol_diag_help(p->diags, diag, "it is a number from 0 to %d", six ? 128 : 32);
		return;
	}
	rpol_diag_help(p->diags, diag, "write the mask as a length: `%.*s/%d`", head, text, bits);
	rpol_diag_fix(p->diags, diag, token_span(p, index), "%.*s/%d", head, text, bits);
}

static void build_prefix(struct parser *p, int index, struct ast_value *value)
{
	const char *text = rpol_parser_text(p, (size_t)index);
	int length = (int)rpol_parser_token(p, (size_t)index)->length;
	const char *slash = memchr(text, '/', (size_t)length);
	char prefix[RPOL_ADDR_TEXT];

	value->bare = !slash;
	switch (rpol_prefix_parse(text, (size_t)length, &value->prefix)) {
	case RPOL_PREFIX_OK:
		return;
	case RPOL_PREFIX_BAD_ADDR:
		value->kind = AST_BAD;
		bad_address(p, index, text, length);
		return;
	case RPOL_PREFIX_BAD_LENGTH:
		value->kind = AST_BAD;
		bad_length(p, index, text, length);
		return;
	case RPOL_PREFIX_HOST_BITS:
		value->host_bits = true;
		rpol_prefix_text(&value->prefix, prefix);

		struct rpol_diag *diag =
			rpol_diag_add(p->diags, RPOL_DIAG_HOST_BITS, token_span(p, index),
				      "`%.*s` has bits set after its length", length, text);

		rpol_diag_help(p->diags, diag, "write `%s` for the network, or `%.*s` for the host",
			       prefix, (int)(slash - text), text);
		rpol_diag_fix(p->diags, diag, token_span(p, index), "%s", prefix);
		return;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* True when the text is six pairs of hex digits. */
static bool read_mac(const char *text, size_t length, uint8_t mac[6])
{
	if (length != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* True when the text looks like 6:00, 22:00 or 22:00:30; its seconds of the day, or
 * UINT64_MAX when no day has them. */
static bool read_time(const char *text, size_t length, uint64_t *seconds)
{
	unsigned part[3] = {0};
	size_t n = 0, digits = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == ':' && n < 2 && (n ? digits == 2 : digits)) {
			n++;
			digits = 0;
		} else if (text[i] >= '0' && text[i] <= '9' && digits < 2) {
			part[n] = part[n] * 10 + (unsigned)(text[i] - '0');
			digits++;
		} else {
			return false;
		}
	}
	if (!n || digits != 2)
		return false;
	*seconds = part[0] > 23 || part[1] > 59 || part[2] > 59
			   ? UINT64_MAX
			   : (part[0] * 60 + part[1]) * 60 + part[2];
	return true;
}

/* `1/100` is a ratio right after `random(`, and a wrong prefix everywhere else. */
static bool is_ratio(const struct parser *p, int index)
{
	return index >= 2 && rpol_parser_token(p, (size_t)index - 1)->kind == '(' &&
	       rpol_parser_token(p, (size_t)index - 2)->length == 6 &&
	       !memcmp(rpol_parser_text(p, (size_t)index - 2), "random", 6);
}

static void build_ratio(struct parser *p, int index, struct ast_value *value)
{
	const char *text = rpol_parser_text(p, (size_t)index);
	size_t length = rpol_parser_token(p, (size_t)index)->length;

	value->kind = AST_RATIO;
	if (length > 2 && !memcmp(text, "1/", 2) && all_digits(text + 2, length - 2) &&
	    read_number(text + 2, length - 2, &value->number) && value->number &&
	    value->number <= UINT32_C(1) << 31)
		return;
	value->kind = AST_BAD;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_OUT_OF_RANGE, token_span(p, index),
			      "`%.*s` is not one in a number", (int)length, text);

	rpol_diag_help(p->diags, diag,
		       "write `random(1/100)` for one of a hundred, up to 1/2147483648");
}

/* What has colons, dots or a slash in it. */
static void build_colons(struct parser *p, int index, struct ast_value *value)
{
	const char *text = rpol_parser_text(p, (size_t)index);
	size_t length = rpol_parser_token(p, (size_t)index)->length;
	struct rpol_diag *diag;

	if (is_ratio(p, index)) {
		build_ratio(p, index, value);
	} else if (read_mac(text, length, value->mac)) {
		value->kind = AST_MAC;
	} else if (read_time(text, length, &value->number)) {
		value->kind = AST_TIME;
		if (value->number != UINT64_MAX)
			return;
		value->kind = AST_BAD;
		diag = rpol_diag_add(p->diags, RPOL_DIAG_OUT_OF_RANGE, token_span(p, index),
				     "there is no `%.*s` in a day", (int)length, text);
		rpol_diag_help(p->diags, diag, "times are from `00:00` to `23:59:59`");
	} else {
		value->kind = AST_PREFIX;
		build_prefix(p, index, value);
	}
}

struct ast_value *rpol_build_scalar(struct parser *p, struct place at)
{
	struct ast_value *value = RPOL_NEW(p->arena, struct ast_value);

	value->span = rpol_parser_span(p, at);
	switch (rpol_parser_token(p, (size_t)at.first)->kind) {
	case TOKEN_NUMBER:
		value->kind = rpol_build_number(p, at.first, &value->number) ? AST_NUMBER : AST_BAD;
		break;
	case TOKEN_PREFIX:
		build_colons(p, at.first, value);
		break;
	case TOKEN_QUANTITY:
		value->kind = AST_QUANTITY;
		value->text = rpol_build_name(p, at).text;
		break;
	case TOKEN_STRING:
	case TOKEN_OPEN_STRING:
		value->kind = AST_STRING;
		value->text = rpol_build_name(p, at).text;
		break;
	default:
		value->kind = AST_NAME;
		value->text = rpol_build_name(p, at).text;
		break;
	}
	return value;
}

struct ast_value *rpol_build_range(struct parser *p, struct place at, struct ast_value *low,
				   struct ast_value *high)
{
	struct ast_value *value = RPOL_NEW(p->arena, struct ast_value);

	value->kind = low->kind == AST_BAD || high->kind == AST_BAD ? AST_BAD : AST_RANGE;
	value->span = rpol_parser_span(p, at);
	value->low = low;
	value->high = high;
	return value;
}

struct ast_value *rpol_build_value_list(struct parser *p, struct place at, struct ast_value *items)
{
	struct ast_value *value = RPOL_NEW(p->arena, struct ast_value);

	value->kind = AST_LIST;
	value->span = rpol_parser_span(p, at);
	value->items = items;
	return value;
}
