/* build.c: the nodes of the syntax tree, one function for each action of the grammar. Judges
 * nothing but the text of single tokens: numbers too large, addresses that are none. */
#include "parse.h"

#include <string.h>

#include "grammar.h"

static struct rpol_span token_span(const struct parser *p, int index)
{
	return rpol_parser_span(p, (struct place){index, index});
}

static struct rpol_span cover(struct rpol_span a, struct rpol_span b)
{
	a.length = b.offset + b.length - a.offset;
	return a;
}

/* ---- names and values --------------------------------------------------------------------- */

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

static bool build_number(struct parser *p, int index, uint64_t *out)
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
		value->kind = build_number(p, at.first, &value->number) ? AST_NUMBER : AST_BAD;
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

/* ---- conditions --------------------------------------------------------------------------- */

static struct ast_expr *new_expr(struct parser *p, enum ast_expr_kind kind, struct place at)
{
	struct ast_expr *expr = RPOL_NEW(p->arena, struct ast_expr);

	expr->kind = kind;
	expr->span = rpol_parser_span(p, at);
	return expr;
}

struct ast_expr *rpol_build_any(struct parser *p, struct place at)
{
	return new_expr(p, AST_ANY, at);
}

struct ast_expr *rpol_build_not(struct parser *p, struct place at, struct ast_expr *arg)
{
	struct ast_expr *expr = new_expr(p, AST_NOT, at);

	expr->args = arg;
	return expr;
}

struct ast_expr *rpol_build_word(struct parser *p, struct place at, struct ast_name field)
{
	struct ast_expr *expr = new_expr(p, AST_WORD, at);

	expr->field = field;
	return expr;
}

struct ast_expr *rpol_build_test(struct parser *p, struct place at, struct ast_name field,
				 enum ast_op op, struct place op_at, struct ast_value *value)
{
	struct ast_expr *expr = new_expr(p, AST_TEST, at);

	expr->field = field;
	expr->op = op;
	expr->op_span = rpol_parser_span(p, op_at);
	expr->value = value;
	return expr;
}

struct ast_expr *rpol_build_tuple_test(struct parser *p, struct place at, struct ast_name first,
				       struct name_list others, enum ast_op op, struct place op_at,
				       struct ast_value *value)
{
	struct ast_expr *expr = rpol_build_test(p, at, first, op, op_at, value);

	expr->nfields = others.count + 1;
	expr->fields = RPOL_NEW_ARRAY(p->arena, struct ast_name, expr->nfields);
	expr->fields[0] = first;
	memcpy(expr->fields + 1, others.items, others.count * sizeof(first));
	return expr;
}

/* before and expr; an expr of the same kind (it stood in parentheses) gives its own list. */
struct expr_list rpol_build_exprs(enum ast_expr_kind kind, const struct expr_list *before,
				  struct ast_expr *expr)
{
	struct ast_expr *first = expr->kind == kind ? expr->args : expr, *last = first;
	struct expr_list list = {first, NULL};

	while (last->next)
		last = last->next;
	list.last = last;
	if (before) {
		before->last->next = first;
		list.first = before->first;
	}
	return list;
}

struct ast_expr *rpol_build_list(struct parser *p, struct place at, enum ast_expr_kind kind,
				 struct expr_list list)
{
	if (list.first == list.last)
		return list.first;

	struct ast_expr *expr = new_expr(p, kind, at);

	expr->args = list.first;
	return expr;
}

/* ---- outcomes ----------------------------------------------------------------------------- */

struct ast_outcome *rpol_build_action(struct parser *p, struct place at, struct ast_name word,
				      struct ast_value *args)
{
	struct ast_outcome *outcome = RPOL_NEW(p->arena, struct ast_outcome);

	outcome->word = word;
	outcome->args = args;
	if (args && args->kind == AST_NAME)
		outcome->operand = (struct ast_name){args->text, args->span};
	outcome->span = rpol_parser_span(p, at);
	return outcome;
}

struct ast_outcome *rpol_build_else(struct parser *p, struct place at, struct ast_outcome *action,
				    struct ast_outcome *otherwise)
{
	action->otherwise = otherwise;
	action->span = rpol_parser_span(p, at);
	return action;
}

/* ---- bodies of blocks --------------------------------------------------------------------- */

struct name_list rpol_build_names(struct parser *p, const struct name_list *before,
				  struct ast_name name)
{
	struct name_list list = before ? *before : (struct name_list){0};

	list.items = rpol_arena_grow(p->arena, list.items, list.count, &list.capacity,
				     sizeof(*list.items));
	list.items[list.count++] = name;
	return list;
}

struct ast_name rpol_build_hook(struct parser *p, struct ast_name first, struct ast_name second)
{
	return (struct ast_name){
		.text = rpol_arena_printf(p->arena, "%s %s", first.text, second.text),
		.span = cover(first.span, second.span),
	};
}

struct ast_decl *rpol_build_body(struct parser *p, enum ast_decl_kind kind)
{
	struct ast_decl *decl = RPOL_NEW(p->arena, struct ast_decl);

	decl->kind = kind;
	p->group_tail = &decl->group.members;
	p->entries_tail = &decl->table.entries;
	p->rules_tail = &decl->policy.rules;
	return decl;
}

static void given_twice(struct parser *p, struct rpol_span again, struct rpol_span before,
			const char *part)
{
	struct rpol_diag *diag = rpol_diag_add(p->diags, RPOL_DIAG_DUPLICATE_PROPERTY, again,
					       "`%s` is given twice", part);

	rpol_diag_second(p->diags, diag, before, "first here");
}

void rpol_build_via(struct parser *p, struct ast_decl *nexthop, struct ast_value *via)
{
	if (nexthop->nexthop.via)
		given_twice(p, via->span, nexthop->nexthop.via->span, "via");
	else
		nexthop->nexthop.via = via;
}

void rpol_build_dev(struct ast_decl *nexthop, struct ast_name dev)
{
	*(nexthop->nexthop.dev.text ? &nexthop->nexthop.dev_again : &nexthop->nexthop.dev) = dev;
}

void rpol_build_hash(struct parser *p, struct ast_decl *group, struct ast_name hash)
{
	if (group->group.hash.text)
		given_twice(p, hash.span, group->group.hash.span, "hash");
	else
		group->group.hash = hash;
}

void rpol_build_member(struct parser *p, struct ast_name name, const struct place *weight)
{
	struct ast_member *member = RPOL_NEW(p->arena, struct ast_member);

	member->name = name;
	member->span = name.span;
	if (weight) {
		member->has_weight = true;
		member->weight_span = rpol_parser_span(p, *weight);
		member->span = cover(name.span, member->weight_span);
		/* too large is said; 1 is a weight that nobody says more about */
		if (!build_number(p, weight->first, &member->weight))
			member->weight = 1;
	}
	if (!p->members)
		p->members_tail = &p->members;
	*p->members_tail = member;
	p->members_tail = &member->next;
}

void rpol_build_members(struct parser *p, struct ast_decl *group)
{
	(void)group;
	*p->group_tail = p->members;
	p->group_tail = p->members_tail;
	p->members = NULL;
}

void rpol_build_prefer(struct parser *p, struct ast_decl *group, struct place at)
{
	if (group->group.prefer)
		given_twice(p, rpol_parser_span(p, at), group->group.prefer_span, "prefer");
	group->group.prefer = true;
	group->group.prefer_span = rpol_parser_span(p, at);
	rpol_build_members(p, group);
}

void rpol_build_group_else(struct parser *p, struct ast_decl *group, struct ast_outcome *outcome)
{
	if (group->group.otherwise)
		given_twice(p, outcome->span, group->group.otherwise->span, "else");
	else
		group->group.otherwise = outcome;
}

void rpol_build_entry(struct parser *p, struct ast_decl *table, struct place first,
		      struct place last, struct ast_value *key, struct ast_outcome *outcome)
{
	struct ast_entry *entry = RPOL_NEW(p->arena, struct ast_entry);

	(void)table;
	entry->key = key;
	entry->outcome = outcome;
	entry->span = rpol_parser_span(p, (struct place){first.first, last.last});
	*p->entries_tail = entry;
	p->entries_tail = &entry->next;
}

void rpol_build_default(struct ast_decl *policy, struct ast_outcome *outcome)
{
	*(policy->policy.default_outcome ? &policy->policy.default_again
					 : &policy->policy.default_outcome) = outcome;
}

void rpol_build_fragments(struct ast_decl *policy, struct ast_name word)
{
	*(policy->policy.fragments.text ? &policy->policy.fragments_again
					: &policy->policy.fragments) = word;
}

void rpol_build_rule(struct parser *p, struct ast_decl *policy, struct place first,
		     struct place last, struct ast_name label, struct ast_expr *match,
		     struct outcome_list outcomes)
{
	struct ast_rule *rule = RPOL_NEW(p->arena, struct ast_rule);

	(void)policy;
	rule->label = label;
	rule->match = match;
	rule->outcomes = outcomes.first;
	rule->span = rpol_parser_span(p, (struct place){first.first, last.last});
	*p->rules_tail = rule;
	p->rules_tail = &rule->next;
}

/* ---- declarations ------------------------------------------------------------------------- */

static struct ast_decl *declare(struct parser *p, struct ast_decl *decl, struct place at,
				struct ast_name name)
{
	decl->name = name;
	decl->span = rpol_parser_span(p, at);
	*p->ast->tail = decl;
	p->ast->tail = &decl->next;
	return decl;
}

void rpol_build_interface(struct parser *p, struct place at, struct ast_name name,
			  struct name_list devices)
{
	struct ast_decl *decl = declare(p, rpol_build_body(p, AST_INTERFACE), at, name);

	decl->interface.devices = devices.items;
	decl->interface.ndevices = devices.count;
}

void rpol_build_const(struct parser *p, struct place at, struct ast_name name,
		      struct ast_value *value)
{
	declare(p, rpol_build_body(p, AST_CONST), at, name)->constant.value = value;
}

void rpol_build_set(struct parser *p, struct place at, struct ast_name name, struct ast_name type,
		    struct ast_value *items, struct ast_value *file)
{
	struct ast_decl *decl = declare(p, rpol_build_body(p, AST_SET), at, name);

	decl->set.type = type;
	decl->set.items = items;
	decl->set.file = file;
}

void rpol_build_tuples(struct parser *p, struct place at, struct ast_name name,
		       struct name_list fields, struct place fields_at, struct ast_value *items,
		       struct ast_value *file)
{
	struct ast_decl *decl = declare(p, rpol_build_body(p, AST_SET), at, name);

	decl->set.fields = fields.items;
	decl->set.nfields = fields.count;
	decl->set.type_span = rpol_parser_span(p, fields_at);
	decl->set.items = items;
	decl->set.file = file;
}

void rpol_build_property(struct parser *p, struct ast_decl *decl, struct place name,
			 struct ast_value *value)
{
	struct ast_property **tail = &decl->properties;

	while (*tail)
		tail = &(*tail)->next;
	*tail = RPOL_NEW(p->arena, struct ast_property);
	(*tail)->name = rpol_build_name(p, name);
	(*tail)->value = value;
}

void rpol_build_dynamic_file(struct parser *p, struct ast_decl *decl, struct ast_value *file)
{
	if (decl->table.file)
		given_twice(p, file->span, decl->table.file->span, "from file");
	else
		decl->table.file = file;
}

/* The body was read as a table's: only the checker knows that a set has no verdicts. */
void rpol_build_dynamic_set(struct parser *p, struct place at, struct ast_name name,
			    struct name_list type, struct place type_at, struct ast_decl *body)
{
	struct ast_decl *decl = declare(p, rpol_build_body(p, AST_SET), at, name);
	bool single = *rpol_parser_text(p, (size_t)type_at.first) != '(';

	/* As a static set may have. The grammar would have to look at what follows the `}`, and
	 * what is wrong there would be taken for a part of the block. */
	if (rpol_parser_token(p, p->next)->kind == ';')
		p->next++;
	decl->dynamic = true;
	decl->properties = body->properties;
	decl->set.type_span = rpol_parser_span(p, type_at);
	if (single) {
		decl->set.type = type.items[0];
	} else {
		decl->set.fields = type.items;
		decl->set.nfields = type.count;
	}
	decl->set.file = body->table.file;
	if (!body->table.entries)
		return;

	struct rpol_diag *diag =
		rpol_diag_add(p->diags, RPOL_DIAG_UNEXPECTED, body->table.entries->span,
			      "a dynamic set has properties, and no entries with verdicts");

	rpol_diag_help(p->diags, diag, "what it begins with comes from a file: `from file \"…\";`");
}

void rpol_build_dynamic_table(struct parser *p, struct place at, struct ast_name name,
			      struct ast_name method, struct name_list keys, struct place keys_at,
			      struct ast_decl *body)
{
	rpol_build_table(p, at, name, method, keys, keys_at, body, body->table.file);
	body->dynamic = true;
}

void rpol_build_cond(struct parser *p, struct place at, struct ast_name name, struct ast_expr *expr)
{
	declare(p, rpol_build_body(p, AST_COND), at, name)->cond.expr = expr;
}

void rpol_build_block(struct parser *p, struct place at, struct ast_name name,
		      struct ast_decl *body)
{
	declare(p, body, at, name);
}

void rpol_build_table(struct parser *p, struct place at, struct ast_name name,
		      struct ast_name method, struct name_list keys, struct place keys_at,
		      struct ast_decl *body, struct ast_value *file)
{
	struct ast_decl *decl = declare(p, body ? body : rpol_build_body(p, AST_TABLE), at, name);

	decl->table.method = method;
	decl->table.keys = keys.items;
	decl->table.nkeys = keys.count;
	decl->table.keys_span = rpol_parser_span(p, keys_at);
	decl->table.file = file;
}

void rpol_build_policy(struct parser *p, struct place at, struct ast_name name,
		       struct name_list ifaces, struct ast_name hook, struct ast_decl *body,
		       struct place close)
{
	struct ast_decl *decl = declare(p, body, at, name);

	decl->policy.ifaces = ifaces.items;
	decl->policy.nifaces = ifaces.count;
	decl->policy.hook = hook;
	decl->policy.close = rpol_parser_span(p, close);
}

void rpol_build_line(struct parser *p, struct ast_value *key, struct ast_outcome *outcome)
{
	p->line = RPOL_NEW(p->arena, struct ast_entry);
	p->line->key = key;
	p->line->outcome = outcome;
	p->line->span = outcome ? cover(key->span, outcome->span) : key->span;
}
