/* check_table.c: tables: a verdict for each prefix, the most specific one wins; or for each exact
 * key. */
#define _GNU_SOURCE /* qsort_r */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* What follows the key in lines of a file, checked once: of a million lines few differ in it. */
struct known {
	const char *text; /* NULL: a free slot */
	uint32_t length;
	struct rpol_span span; /* where it was checked */
	const struct rpol_verdict *verdict;
	size_t use, nuses; /* of names in it */
};

struct knowns {
	struct known *slots;
	size_t count, capacity; /* a power of two, more than twice the count */
};

struct gathered {
	struct rpol_entry *items;
	size_t count, items_capacity;
};

static bool check_method(struct check *check, const struct ast_name *method,
			 enum rpol_table_kind *kind)
{
	static const char *const kinds[] = {
		[RPOL_TABLE_LPM] = "lpm",
		[RPOL_TABLE_EXACT] = "exact",
	};
	struct words words = {.items = (const char **)kinds, .count = 2};
	struct rpol_diag *diag;

	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(method->text, kinds[i]))
			continue;
		*kind = (enum rpol_table_kind)i;
		return true;
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, method->span,
			     "unknown kind of table `%s`", method->text);
	if (!help_nearest(check, diag, method->text, &words))
		rpol_diag_help(check->diags, diag,
			       "write `lpm src`, `lpm dst` or `exact (FIELD, …)`");
	return false;
}

static bool check_lpm_key(struct check *check, const struct ast_decl *decl, enum rpol_field *field)
{
	const struct ast_name *key = &decl->table.keys[0];
	struct rpol_diag *diag;

	if (decl->table.nkeys > 1) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, decl->table.keys_span,
				     "`lpm` goes by one address");
		rpol_diag_help(check->diags, diag, "write `lpm src` or `lpm dst`, or `exact %s`",
			       span_text(check, decl->table.keys_span));
		return false;
	}
	if (field_find(key->text, field)) {
		if (*field == RPOL_FIELD_SRC || *field == RPOL_FIELD_DST)
			return true;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, key->span,
				     "`lpm` goes by an address, and `%s` is %s", key->text,
				     type_text(rpol_field_info(*field)->type));
	} else {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_FIELD, key->span,
				     "unknown key `%s`", key->text);
	}
	rpol_diag_help(check->diags, diag, "write `lpm src` or `lpm dst`");
	return false;
}

static bool check_keys(struct check *check, const struct ast_decl *decl, struct rpol_table *table)
{
	if (!check_method(check, &decl->table.method, &table->kind))
		return false;
	return table->kind == RPOL_TABLE_LPM ? check_lpm_key(check, decl, &table->key)
					     : check_key_fields(check, decl->table.keys,
								decl->table.nkeys, &table->exact);
}

/* What an entry is found by. table: NULL when its key was wrong; only the verdict counts then. */
static bool check_entry_key(struct check *check, const struct ast_value *value,
			    const struct place *place, const struct rpol_table *table,
			    struct rpol_entry *entry)
{
	struct scalar scalar;
	uint8_t *bytes;

	if (table && table->kind == RPOL_TABLE_EXACT) {
		entry->bytes = bytes = rpol_arena_alloc(check->arena, table->exact.size);
		return check_key_value(check, value, &table->exact, bytes);
	}
	if (!table)
		return false;
	if (!check_scalar(check, value, place, &scalar))
		return false;
	entry->key = scalar.prefix;
	return true;
}

static void gather(struct check *check, struct gathered *gathered, const struct rpol_entry *entry)
{
	gathered->items = rpol_arena_grow(check->arena, gathered->items, gathered->count,
					  &gathered->items_capacity, sizeof(*gathered->items));
	gathered->items[gathered->count++] = *entry;
}

static bool check_entry(struct check *check, const struct ast_entry *ast, const struct place *place,
			const struct rpol_table *table, struct gathered *gathered)
{
	struct rpol_entry entry = {.span = ast->span};
	const struct rpol_verdict *verdict, *lookup;
	struct rpol_diag *diag;
	bool ok;

	ok = check_entry_key(check, ast->key, place, table, &entry);
	entry.verdict = verdict = check_outcome(check, ast->outcome, ast->span);
	if (!ok || !verdict)
		return false;
	if (table->dynamic && !check_dynamic_verdict(check, verdict))
		return false;
	lookup = verdict_find(verdict, RPOL_VERDICT_LOOKUP);
	if (lookup) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, lookup->span,
				     "a `lookup` in a table is not in this version of rpol");
		rpol_diag_help(check->diags, diag, "look `%s` up in a rule of its own",
			       lookup->table->name);
		return false;
	}
	if (!check_no_jump(check, verdict, "a table"))
		return false;
	gather(check, gathered, &entry);
	return true;
}

/* What the grammar would say of a line in its own words, said in those of a file. */
static bool line_is_whole(struct check *check, const struct line *line)
{
	const char *close = *line->text == '(' ? memchr(line->text, ')', line->length) : NULL;
	const char *from = close ? close : line->text;
	size_t rest = line->length - (size_t)(from - line->text);
	struct rpol_diag *diag;

	if (strchr(",;", line->text[line->length - 1]))
		return report_line(check, line, "a key and its verdict");
	if (memchr(from, ' ', rest) || memchr(from, '\t', rest))
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TABLE_LINE, line_span(line),
			     "`%s` has no verdict", span_text(check, line_span(line)));
	rpol_diag_help(check->diags, diag, "a line is a key and its verdict: `192.0.2.0/24 drop`");
	return false;
}

static struct known *known_slot(const struct knowns *knowns, const char *text, uint32_t length)
{
	uint64_t hash = length;

	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	for (size_t at = (size_t)(hash ^ hash >> 32);; at++) {
		struct known *known = &knowns->slots[at & (knowns->capacity - 1)];

		if (!known->text || (known->length == length && !memcmp(known->text, text, length)))
			return known;
	}
}

static void known_add(struct check *check, struct knowns *knowns, const struct known *known)
{
	struct knowns larger = {.capacity = knowns->capacity ? 4 * knowns->capacity : 64};

	if (2 * (knowns->count + 1) > knowns->capacity) {
		larger.slots = RPOL_NEW_ARRAY(check->arena, struct known, larger.capacity);
		for (size_t i = 0; i < knowns->capacity; i++)
			if (knowns->slots[i].text)
				*known_slot(&larger, knowns->slots[i].text,
					    knowns->slots[i].length) = knowns->slots[i];
		knowns->slots = larger.slots;
		knowns->capacity = larger.capacity;
	}
	*known_slot(knowns, known->text, known->length) = *known;
	knowns->count++;
}

/* A line's prefix and what follows it; false: it does not begin with one. */
static bool split_line(const struct line *line, struct rpol_prefix *prefix, struct known *rest)
{
	uint32_t key = 0, from;

	while (key < line->length && !strchr(" \t", line->text[key]))
		key++;
	for (from = key; from < line->length && strchr(" \t", line->text[from]);)
		from++;
	*rest = (struct known){
		.text = line->text + from,
		.length = line->length - from,
		.span = {line->file, line->offset + from, line->length - from},
	};
	return from < line->length && rpol_prefix_parse(line->text, key, prefix) == RPOL_PREFIX_OK;
}

/* True when the line is an entry like one before it but for its prefix. */
static bool gather_known(struct check *check, const struct knowns *knowns, const struct line *line,
			 const struct rpol_prefix *prefix, const struct known *rest,
			 struct gathered *gathered)
{
	const struct known *known =
		knowns->count ? known_slot(knowns, rest->text, rest->length) : NULL;

	if (!known || !known->text)
		return false;
	for (size_t i = known->use; i < known->use + known->nuses; i++) {
		struct rpol_name_use use = check->unit->names.uses[i];

		use.span.offset += rest->span.offset - known->span.offset;
		names_use(check, &check->symbols[use.name], use.span);
	}
	gather(check, gathered,
	       &(struct rpol_entry){
		       .key = *prefix, .verdict = known->verdict, .span = line_span(line)});
	return true;
}

static bool check_line(struct check *check, const struct line *line, const struct place *place,
		       const struct rpol_table *table, struct knowns *knowns,
		       struct gathered *gathered)
{
	size_t uses = check->unit->names.nuses, diags = check->diags->count;
	struct rpol_prefix prefix;
	struct known rest;
	bool plain = table && table->kind == RPOL_TABLE_LPM && split_line(line, &prefix, &rest);
	const struct ast_entry *entry;

	if (plain && gather_known(check, knowns, line, &prefix, &rest, gathered))
		return true;
	if (!line_is_whole(check, line))
		return false;
	entry = rpol_parse_table_line(check->unit, line->file, line->offset, line->length);
	if (!entry || !check_entry(check, entry, place, table, gathered))
		return false;
	if (plain && check->diags->count == diags) {
		rest.verdict = gathered->items[gathered->count - 1].verdict;
		rest.use = uses;
		rest.nuses = check->unit->names.nuses - uses;
		known_add(check, knowns, &rest);
	}
	return true;
}

static bool check_file(struct check *check, const struct ast_value *string,
		       const struct place *place, const struct rpol_table *table,
		       struct gathered *gathered)
{
	struct knowns knowns = {0};
	uint32_t file, offset = 0;
	struct line line;
	bool ok = true;

	if (!file_open(check, string, &file))
		return false;
	while (file_line(check, file, &offset, &line))
		ok = check_line(check, &line, place, table, &knowns, gathered) && ok;
	return ok;
}

static int by_key(const struct rpol_entry *a, const struct rpol_entry *b, size_t exact)
{
	return exact ? memcmp(a->bytes, b->bytes, exact) : rpol_prefix_compare(&a->key, &b->key);
}

/* exact: bytes of a key, 0: keys are prefixes. */
static int compare(const void *a, const void *b, void *exact)
{
	const struct rpol_entry *x = a, *y = b;
	int order = by_key(x, y, *(size_t *)exact);

	if (order)
		return order;
	if (x->span.file != y->span.file)
		return x->span.file < y->span.file ? -1 : 1;
	return (x->span.offset > y->span.offset) - (x->span.offset < y->span.offset);
}

static bool check_unique(struct check *check, const struct gathered *gathered, size_t exact)
{
	struct rpol_diag *diag;
	bool ok = true;

	for (size_t i = 1; i < gathered->count; i++) {
		const struct rpol_entry *entry = &gathered->items[i], *before = entry - 1;

		if (by_key(entry, before, exact))
			continue;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_ENTRY, entry->span,
				     "`%s` has two entries",
				     exact ? span_text(check, entry->span)
					   : prefix_text(check, &entry->key));
		rpol_diag_second(check->diags, diag, before->span, "the other");
		rpol_diag_help(check->diags, diag, "take one of the two out");
		ok = false;
	}
	return ok;
}

static void find_facts(struct table_facts *facts, const struct rpol_table *table)
{
	for (size_t i = 0; i < table->nentries; i++) {
		const struct rpol_entry *entry = &table->entries[i];

		for (unsigned hook = 0; hook < RPOL_HOOK_COUNT; hook++) {
			if (!facts->lacking[hook] &&
			    verdict_lacking(entry->verdict, (enum rpol_hook)hook))
				facts->lacking[hook] = entry;
		}
		if (!facts->goes_on && verdict_find(entry->verdict, RPOL_VERDICT_CONTINUE))
			facts->goes_on = entry;
	}
}

bool check_table(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_table *table = symbol->table;
	struct place place = {
		.type = RPOL_TYPE_ADDR,
		.what = rpol_arena_printf(check->arena, "the keys of `%s` are prefixes",
					  decl->name.text),
		.kinds = KIND(AST_CONST),
	};
	struct gathered gathered = {0};
	struct rpol_diag *diag;
	const struct rpol_table *keyed;
	size_t exact;
	bool ok;

	table->name = decl->name.text;
	table->span = decl->name.span;
	table->dynamic = decl->dynamic;
	ok = check_keys(check, decl, table);
	keyed = ok ? table : NULL;
	if (table->dynamic)
		ok = check_properties(check, decl, &table->size, NULL) && ok;
	exact = table->exact.size;
	for (const struct ast_entry *entry = decl->table.entries; entry; entry = entry->next)
		ok = check_entry(check, entry, &place, keyed, &gathered) && ok;
	if (decl->table.file)
		ok = check_file(check, decl->table.file, &place, keyed, &gathered) && ok;
	if (gathered.count)
		qsort_r(gathered.items, gathered.count, sizeof(*gathered.items), compare, &exact);
	table->entries = gathered.items;
	table->nentries = gathered.count;
	ok = check_unique(check, &gathered, exact) && ok;
	find_facts(&check->table_facts[table->index], table);
	if (ok && table->dynamic)
		return check_room(check, decl, table->nentries, table->size);
	if (ok && !table->nentries && !span_refused(check, decl->span)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_SET, decl->name.span,
				     "table `%s` is empty: nothing is ever found in it",
				     decl->name.text);
		rpol_diag_help(check->diags, diag, "add an entry, or take the table out");
	}
	return ok;
}
