/* check_key.c: keys: the values of fields, one after the other (docs/packets.md, "Keys"), of sets
 * of several fields and of exact tables. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* ---- what keys are made of ---------------------------------------------------------------- */

static bool key_add(struct check *check, const struct ast_name *name, struct rpol_key *key)
{
	enum rpol_field field;
	struct rpol_diag *diag;

	if (!field_find(name->text, &field)) {
		report_field(check, name, false);
		return false;
	}
	for (size_t i = 0; i < key->nfields; i++) {
		if (key->fields[i] != field)
			continue;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_ENTRY, name->span,
				     "`%s` is in the key twice", name->text);
		rpol_diag_help(check->diags, diag, "take one of the two out");
		return false;
	}
	if (rpol_field_info(field)->type == RPOL_TYPE_BOOL) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, name->span,
				     "`%s` is true or false, and a key is made of values",
				     name->text);
		rpol_diag_help(check->diags, diag, "test it beside: `%s and …`", name->text);
		return false;
	}
	if (rpol_field_info(field)->type == RPOL_TYPE_TIME ||
	    rpol_field_info(field)->type == RPOL_TYPE_WEEKDAY || field == RPOL_FIELD_HASH) {
		rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, name->span,
			      "`%s` in a key is not in this version of rpol", name->text);
		return false;
	}
	if (rpol_field_info(field)->hooks != (1u << RPOL_HOOK_COUNT) - 1) {
		rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, name->span,
			      "`%s`, which not every hook has, in a key is not in this version of "
			      "rpol",
			      name->text);
		return false;
	}
	if (key->nfields == RPOL_MAX_KEY_FIELDS ||
	    key->size + rpol_key_field_size(field) > RPOL_MAX_KEY) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, name->span,
			      "a key has at most %d bytes: an address takes 16, a MAC address 6, "
			      "all else 4",
			      RPOL_MAX_KEY);
		return false;
	}
	key->fields[key->nfields++] = field;
	key->size += rpol_key_field_size(field);
	return true;
}

bool check_key_fields(struct check *check, const struct ast_name *names, size_t count,
		      struct rpol_key *key)
{
	bool ok = true;

	*key = (struct rpol_key){0};
	for (size_t i = 0; i < count; i++)
		ok = key_add(check, &names[i], key) && ok;
	return ok;
}

void key_of_type(enum set_type type, struct rpol_key *key)
{
	*key = (struct rpol_key){.nfields = 1};
	key->fields[0] = type == SET_OF_PORTS ? RPOL_FIELD_DPORT : RPOL_FIELD_SRC;
	key->size = rpol_key_field_size(key->fields[0]);
}

/* "(src, dport)" */
const char *key_text(struct check *check, const enum rpol_field *fields, size_t count)
{
	const char *text = "(";

	for (size_t i = 0; i < count; i++)
		text = rpol_arena_printf(check->arena, "%s%s%s", text, i ? ", " : "",
					 rpol_field_info(fields[i])->name);
	return rpol_arena_printf(check->arena, "%s)", text);
}

bool key_types_match(const struct rpol_key *key, const enum rpol_field *fields, size_t count)
{
	if (key->nfields != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (rpol_field_info(key->fields[i])->type != rpol_field_info(fields[i])->type)
			return false;
	return true;
}

/* ---- their values --------------------------------------------------------------------------- */

static void put_number(uint8_t *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (24 - 8 * i));
}

static void put_addr(uint8_t *to, const struct rpol_addr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (addr->family == 6) {
		memcpy(to, addr->bytes, 16);
		return;
	}
	memcpy(to, mapped, 12);
	memcpy(to + 12, addr->bytes, 4);
}

static bool put_interface(struct check *check, const struct ast_value *value,
			  const struct place *place, uint8_t *to)
{
	struct ast_name name = {value->text, value->span};
	struct symbol *symbol;

	if (value->kind != AST_NAME) {
		if (value->kind != AST_BAD)
			report_type(check, value, place);
		return false;
	}
	symbol = symbol_use(check, &name, KIND(AST_INTERFACE));
	if (!symbol)
		return false;
	put_number(to, symbol->interface->index + 1);
	return true;
}

/* One field's value, as the key has it. */
static bool put_value(struct check *check, const struct ast_value *value, enum rpol_field field,
		      uint8_t *to)
{
	struct place place = field_place(check, field, KIND(AST_CONST));
	struct scalar scalar;
	struct rpol_diag *diag;

	if (place.type == RPOL_TYPE_IFACE)
		return put_interface(check, value, &place, to);
	if (value->kind == AST_RANGE) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "a key is of single values, and `%s` is a range",
				     span_text(check, value->span));
		rpol_diag_help(check->diags, diag, "test `%s` in a condition of its own",
			       rpol_field_info(field)->name);
		return false;
	}
	if (!check_scalar(check, value, &place, &scalar))
		return false;
	if (scalar.is_mac) {
		memcpy(to, scalar.mac, sizeof(scalar.mac));
		return true;
	}
	if (!scalar.is_address) {
		put_number(to, (uint32_t)scalar.number);
		return true;
	}
	if (scalar.prefix.length != rpol_family_bits(scalar.prefix.addr.family)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "a key is of whole addresses, and `%s` is a prefix",
				     span_text(check, value->span));
		rpol_diag_help(check->diags, diag, "test the prefix in a condition of its own");
		return false;
	}
	put_addr(to, &scalar.prefix.addr);
	return true;
}

bool check_key_value(struct check *check, const struct ast_value *value, const struct rpol_key *key,
		     uint8_t *to)
{
	const struct ast_value *item = value->kind == AST_TUPLE ? value->items : value;
	struct rpol_diag *diag;
	size_t count = 0;
	bool ok = true;

	if (value->kind == AST_BAD)
		return false;
	for (const struct ast_value *i = item; i; i = value->kind == AST_TUPLE ? i->next : NULL)
		count++;
	if (count != key->nfields) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "`%s` is %zu value%s, and a key is %zu",
				     span_text(check, value->span), count, count == 1 ? "" : "s",
				     key->nfields);
		if (key->nfields > 1)
			rpol_diag_help(check->diags, diag, "write one value for each of `%s`",
				       key_text(check, key->fields, key->nfields));
		return false;
	}
	for (size_t i = 0; i < count; i++, item = item->next) {
		ok = put_value(check, item, key->fields[i], to) && ok;
		to += rpol_key_field_size(key->fields[i]);
	}
	return ok;
}

/* ---- sets of them --------------------------------------------------------------------------- */

struct key_entry {
	const uint8_t *bytes;
	size_t size;
	struct rpol_span span;
	size_t order;
};

struct key_entries {
	struct key_entry *items;
	size_t count, capacity;
};

static bool add_key(struct check *check, struct key_entries *entries, const struct rpol_key *key,
		    const struct ast_value *value)
{
	uint8_t *bytes = rpol_arena_alloc(check->arena, key->size);

	if (!check_key_value(check, value, key, bytes))
		return false;
	entries->items = rpol_arena_grow(check->arena, entries->items, entries->count,
					 &entries->capacity, sizeof(*entries->items));
	entries->items[entries->count] =
		(struct key_entry){bytes, key->size, value->span, entries->count};
	entries->count++;
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct key_entry *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, x->size);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool normalise_keys(struct check *check, struct key_entries *entries, struct rpol_set *set)
{
	uint8_t *keys = rpol_arena_alloc(check->arena, entries->count * set->key.size + 1);
	bool ok = true;

	if (entries->count)
		qsort(entries->items, entries->count, sizeof(*entries->items), compare_keys);
	for (size_t i = 0; i < entries->count; i++) {
		const struct key_entry *entry = &entries->items[i];

		if (i && !memcmp(entry->bytes, entry[-1].bytes, entry->size)) {
			ok = report_twice(check, entry->span, entry[-1].span);
			continue;
		}
		memcpy(keys + set->nkeys++ * set->key.size, entry->bytes, set->key.size);
	}
	set->keys = keys;
	return ok;
}

static bool file_keys(struct check *check, const struct ast_value *string,
		      const struct rpol_key *key, struct key_entries *entries)
{
	uint32_t file, offset = 0;
	struct line line;
	bool ok = true;

	if (!file_open(check, string, &file))
		return false;
	while (file_line(check, file, &offset, &line)) {
		struct ast_value *value;

		if (strchr(",;", line.text[line.length - 1])) {
			ok = report_line(check, &line, "an entry");
			continue;
		}
		value = rpol_parse_set_line(check->unit, file, line.offset, line.length);
		ok = value && add_key(check, entries, key, value) && ok;
	}
	return ok;
}

bool check_set_keys(struct check *check, struct rpol_set *set, const struct ast_value *items,
		    const struct ast_value *file)
{
	struct key_entries entries = {0};
	bool ok = true;

	for (const struct ast_value *item = items; item; item = item->next)
		ok = add_key(check, &entries, &set->key, item) && ok;
	if (file)
		ok = file_keys(check, file, &set->key, &entries) && ok;
	return normalise_keys(check, &entries, set) && ok;
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* The named set a value names; NULL when it names none that fits. */
static const struct rpol_set *named_set(struct check *check, const struct ast_expr *ast,
					const struct rpol_key *key)
{
	struct ast_name name = {ast->value->text, ast->value->span};
	struct symbol *symbol = symbol_use(check, &name, KIND(AST_SET));
	struct rpol_diag *diag;

	if (!symbol)
		return NULL;
	if (symbol->set->kind == RPOL_SET_KEYS &&
	    key_types_match(&symbol->set->key, key->fields, key->nfields))
		return symbol->set;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, name.span,
			     "`%s` is not a set of such values as `%s` has", name.text,
			     key_text(check, key->fields, key->nfields));
	rpol_diag_second(check->diags, diag, symbol->decl->name.span, "declared here");
	if (symbol->set->kind == RPOL_SET_KEYS)
		rpol_diag_help(check->diags, diag, "its values are of `%s`",
			       key_text(check, symbol->set->key.fields, symbol->set->key.nfields));
	return NULL;
}

static const struct rpol_set *list_set(struct check *check, const struct ast_expr *ast,
				       const struct rpol_key *key)
{
	struct rpol_set *set = &check->sets[check->nsets];
	bool list = ast->value->kind == AST_LIST;
	struct rpol_diag *diag;

	*set = (struct rpol_set){
		.kind = RPOL_SET_KEYS,
		.index = (uint32_t)check->nsets,
		.span = ast->value->span,
		.key = *key,
	};
	if (!check_set_keys(check, set, list ? ast->value->items : ast->value, NULL))
		return NULL;
	if (!set->nkeys) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_SET, ast->value->span,
				     "this list is empty: the test is never true");
		rpol_diag_help(check->diags, diag, "add a value, or take the test out");
	}
	check->nsets++;
	return set;
}

bool check_tuple_test(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr)
{
	enum rpol_field *fields;
	struct rpol_key key;
	struct rpol_diag *diag;

	if (!check_key_fields(check, ast->fields, ast->nfields, &key))
		return false;
	fields = RPOL_NEW_ARRAY(check->arena, enum rpol_field, key.nfields);
	memcpy(fields, key.fields, key.nfields * sizeof(*fields));
	expr->field = fields[0];
	expr->fields = fields;
	expr->nfields = key.nfields;
	expr->op = RPOL_IN;
	if (ast->op != AST_IN) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_OPERATOR, ast->op_span,
				     "several fields are tested by `in` only");
		rpol_diag_help(check->diags, diag, "write `%s in { … }` or name a set",
			       key_text(check, fields, key.nfields));
		return false;
	}
	if (ast->value->kind == AST_BAD)
		return false;
	expr->set = ast->value->kind == AST_NAME ? named_set(check, ast, &key)
						 : list_set(check, ast, &key);
	return expr->set;
}
