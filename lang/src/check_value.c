/* check_value.c: single values: numbers, addresses, the words of a field's type, and consts. */
#include "check.h"

#include <string.h>

static const struct {
	const char *name;
	enum rpol_type type;
	uint32_t value;
} type_symbols[] = {
#define SYMBOL(type, name, value) {name, RPOL_TYPE_##type, value},
#include "rpol/symbols.def"
#undef SYMBOL
};

#define NTYPE_SYMBOLS (sizeof(type_symbols) / sizeof(type_symbols[0]))

const char *type_text(enum rpol_type type)
{
	static const char *const texts[] = {
		[RPOL_TYPE_BOOL] = "true or false",
		[RPOL_TYPE_NUMBER] = "a number",
		[RPOL_TYPE_PORT] = "a port",
		[RPOL_TYPE_PROTO] = "a protocol",
		[RPOL_TYPE_DSCP] = "a DSCP",
		[RPOL_TYPE_FLAGS] = "a TCP flag",
		[RPOL_TYPE_ETHERTYPE] = "an EtherType",
		[RPOL_TYPE_VLAN] = "a VLAN identifier",
		[RPOL_TYPE_ICMP_TYPE] = "an ICMP type",
		[RPOL_TYPE_ECN] = "an ECN",
		[RPOL_TYPE_ICMP6_TYPE] = "an ICMPv6 type",
		[RPOL_TYPE_ARP_OP] = "an ARP operation",
		[RPOL_TYPE_TIME] = "a time of day",
		[RPOL_TYPE_WEEKDAY] = "a day of the week",
		[RPOL_TYPE_MAC] = "a MAC address",
		[RPOL_TYPE_ADDR] = "an address",
		[RPOL_TYPE_IFACE] = "an interface",
	};

	return texts[type];
}

bool type_symbol(enum rpol_type type, const char *word, uint32_t *value)
{
	for (size_t i = 0; i < NTYPE_SYMBOLS; i++) {
		if (type_symbols[i].type == type && strcmp(type_symbols[i].name, word) == 0) {
			*value = type_symbols[i].value;
			return true;
		}
	}
	return false;
}

struct place field_place(struct check *check, enum rpol_field field, unsigned kinds)
{
	const struct rpol_field_info *info = rpol_field_info(field);
	bool flags = info->type == RPOL_TYPE_FLAGS;

	if (!check->field_texts[field])
		check->field_texts[field] = rpol_arena_printf(
			check->arena, "`%s` %s%s", info->name, flags ? "takes " : "is ",
			flags ? "TCP flags" : type_text(info->type));
	return (struct place){
		.type = info->type,
		.max = info->max,
		.what = check->field_texts[field],
		.kinds = kinds,
	};
}

static const char *value_kind_text(const struct ast_value *value)
{
	switch (value->kind) {
	case AST_NUMBER:
		return "is a number";
	case AST_QUANTITY:
		return "is a number with a unit";
	case AST_PREFIX:
		return value->bare ? "is an address" : "is a prefix";
	case AST_MAC:
		return "is a MAC address";
	case AST_TIME:
		return "is a time of day";
	case AST_RATIO:
		return "is a ratio";
	case AST_RANGE:
		return "is a range";
	case AST_LIST:
		return "is a list";
	case AST_TUPLE:
		return "is several values";
	case AST_STRING:
		return "is text";
	case AST_NAME:
	case AST_BAD:
		break;
	}
	return "is something else";
}

void report_type(struct check *check, const struct ast_value *value, const struct place *place)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span, "%s, and `%s` %s",
			     place->what, span_text(check, value->span), value_kind_text(value));
	if (place->type == RPOL_TYPE_TIME)
		rpol_diag_help(check->diags, diag, "write hours and minutes, as in `22:00`");
	else if (place->type == RPOL_TYPE_WEEKDAY)
		rpol_diag_help(check->diags, diag,
			       "the days are mon, tue, wed, thu, fri, sat and sun");
	else if (place->type == RPOL_TYPE_MAC)
		rpol_diag_help(check->diags, diag,
			       "write six pairs of hex digits, as in `02:00:5e:00:53:01`");
}

void report_range(struct check *check, struct rpol_span span, uint64_t number,
		  const struct place *place)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, span, "`%llu` is too large",
			     (unsigned long long)number);
	rpol_diag_help(check->diags, diag, "%s, from 0 to %u", place->what, place->max);
}

/* A name that is none of the place's words or declarations. */
static void report_unknown(struct check *check, const struct ast_name *name,
			   const struct place *place)
{
	struct words words = {0};
	struct rpol_diag *diag;
	enum rpol_field field;

	check->unknowns++;
	if (field_find(name->text, &field)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, name->span,
				     "`%s` is a field, and a field is tested against a value",
				     name->text);
		return;
	}
	for (size_t i = 0; i < NTYPE_SYMBOLS; i++) {
		if (type_symbols[i].type == place->type)
			words_add(check, &words, type_symbols[i].name);
	}
	words_add_names(check, &words, place->kinds);

	const char *near = rpol_suggest(name->text, words.items, words.count);

	for (size_t i = 0; i < NTYPE_SYMBOLS && !near; i++) {
		if (strcmp(type_symbols[i].name, name->text))
			continue;
		rpol_diag_add(check->diags, RPOL_DIAG_TYPE, name->span, "%s, and `%s` is %s",
			      place->what, name->text, type_text(type_symbols[i].type));
		return;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span, "unknown name `%s`",
			     name->text);
	if (!help_nearest(check, diag, name->text, &words))
		rpol_diag_help(check->diags, diag, "%s; declare `%s` or write the value",
			       place->what, name->text);
}

/* Types whose values are not written as numbers. */
static bool takes_numbers(enum rpol_type type)
{
	return type != RPOL_TYPE_MAC && type != RPOL_TYPE_TIME && type != RPOL_TYPE_WEEKDAY;
}

static bool scalar_from_const(struct check *check, const struct ast_value *value,
			      const struct place *place, struct scalar *out)
{
	struct ast_name name = {value->text, value->span};
	struct symbol *symbol = symbol_find(check, name.text);
	bool wants_address = place->type == RPOL_TYPE_ADDR;
	struct rpol_diag *diag;

	if (!symbol) {
		report_unknown(check, &name, place);
		return false;
	}
	symbol = symbol_take(check, symbol, name.span, place->kinds);
	if (!symbol)
		return false;
	if (symbol->constant.is_address == wants_address &&
	    symbol->constant.is_mac == (place->type == RPOL_TYPE_MAC) &&
	    symbol->constant.is_time == (place->type == RPOL_TYPE_TIME) &&
	    place->type != RPOL_TYPE_WEEKDAY &&
	    (wants_address || symbol->constant.number <= place->max)) {
		*out = symbol->constant;
		return true;
	}
	if (symbol->constant.number <= place->max || symbol->constant.is_address != wants_address)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, name.span, "%s, and `%s` is %s",
				     place->what, name.text,
				     symbol->constant.is_mac	    ? "a MAC address"
				     : symbol->constant.is_time	    ? "a time of day"
				     : !symbol->constant.is_address ? "a number"
				     : symbol->constant.bare	    ? "an address"
								    : "a prefix");
	else
		diag = rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, name.span,
				     "%s, and `%s` is %llu, which is too large", place->what,
				     name.text, (unsigned long long)symbol->constant.number);
	rpol_diag_second(check->diags, diag, symbol->decl->constant.value->span,
			 "`%s` is defined here", name.text);
	return false;
}

bool check_scalar(struct check *check, const struct ast_value *value, const struct place *place,
		  struct scalar *out)
{
	bool wants_address = place->type == RPOL_TYPE_ADDR;
	struct rpol_diag *diag;
	uint32_t number;

	switch (value->kind) {
	case AST_NUMBER:
		if (wants_address || !takes_numbers(place->type))
			break;
		if (value->number > place->max) {
			report_range(check, value->span, value->number, place);
			return false;
		}
		*out = (struct scalar){.number = value->number};
		return true;
	case AST_PREFIX:
		if (!wants_address)
			break;
		*out = (struct scalar){
			.is_address = true,
			.prefix = value->prefix,
			.bare = value->bare,
		};
		return true;
	case AST_MAC:
		if (place->type != RPOL_TYPE_MAC)
			break;
		*out = (struct scalar){.is_mac = true};
		memcpy(out->mac, value->mac, sizeof(out->mac));
		return true;
	case AST_TIME:
		if (place->type != RPOL_TYPE_TIME)
			break;
		*out = (struct scalar){.is_time = true, .number = value->number};
		return true;
	case AST_NAME:
		if (type_symbol(place->type, value->text, &number)) {
			*out = (struct scalar){.number = number};
			return true;
		}
		return scalar_from_const(check, value, place, out);
	case AST_QUANTITY:
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNIT, value->span,
				     "%s, which takes no unit", place->what);
		if (!wants_address)
			rpol_diag_help(check->diags, diag, "write `%.*s`",
				       (int)strspn(value->text, "0123456789"), value->text);
		return false;
	case AST_STRING:
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "%s, and text in quotes is not", place->what);
		rpol_diag_help(check->diags, diag, "write it without the quotes");
		return false;
	case AST_RATIO:
	case AST_RANGE:
	case AST_LIST:
	case AST_TUPLE:
		break;
	case AST_BAD:
		return false;
	}
	report_type(check, value, place);
	return false;
}

static bool holds_numbers(const struct ast_value *value)
{
	return value->kind == AST_RANGE || (value->items && (value->items->kind == AST_NUMBER ||
							     value->items->kind == AST_RANGE));
}

bool check_const(struct check *check, struct symbol *symbol)
{
	const struct ast_value *value = symbol->decl->constant.value;
	struct rpol_diag *diag;
	struct words words = {0};

	switch (value->kind) {
	case AST_NUMBER:
		symbol->constant = (struct scalar){.number = value->number};
		return true;
	case AST_PREFIX:
		symbol->constant = (struct scalar){
			.is_address = true,
			.prefix = value->prefix,
			.bare = value->bare,
		};
		return true;
	case AST_MAC:
		symbol->constant = (struct scalar){.is_mac = true};
		memcpy(symbol->constant.mac, value->mac, sizeof(value->mac));
		return true;
	case AST_TIME:
		symbol->constant = (struct scalar){.is_time = true, .number = value->number};
		return true;
	case AST_NAME: {
		struct ast_name name = {value->text, value->span};
		struct symbol *other = symbol_find(check, value->text);

		if (other) {
			other = symbol_take(check, other, value->span, KIND(AST_CONST));
			if (other)
				symbol->constant = other->constant;
			return other;
		}
		for (size_t i = 0; i < NTYPE_SYMBOLS; i++) {
			if (strcmp(type_symbols[i].name, value->text))
				continue;
			diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
					     "`%s` is %s, and a const is a number, an address or a "
					     "prefix",
					     value->text, type_text(type_symbols[i].type));
			rpol_diag_help(check->diags, diag, "write its number, %u",
				       type_symbols[i].value);
			return false;
		}
		words_add_names(check, &words, KIND(AST_CONST));
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name.span,
				     "unknown name `%s`", name.text);
		if (!help_nearest(check, diag, name.text, &words))
			rpol_diag_help(
				check->diags, diag,
				"a const is a number, an address, a prefix or another const");
		return false;
	}
	case AST_BAD:
		return false;
	case AST_QUANTITY:
	case AST_RATIO:
	case AST_RANGE:
	case AST_LIST:
	case AST_TUPLE:
	case AST_STRING:
		break;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
			     "a const is one number, address or prefix, and `%s` %s",
			     span_text(check, value->span), value_kind_text(value));
	if (value->kind == AST_QUANTITY)
		rpol_diag_help(check->diags, diag, "write the number without its unit");
	else if (value->kind == AST_STRING)
		rpol_diag_help(check->diags, diag, "write it without the quotes");
	else
		rpol_diag_help(check->diags, diag, "declare a set: `set %s : %s { … }`",
			       symbol->decl->name.text, holds_numbers(value) ? "port" : "prefix");
	return false;
}
