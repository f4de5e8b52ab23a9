/* check_set.c: sets, named or written in place, and their normal form. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { LARGE_SET = 100000 };

struct prefix_entry {
	struct rpol_prefix prefix;
	struct rpol_span span;
	size_t order; /* as written */
	bool own;
};

struct range_entry {
	uint32_t low, high;
	struct rpol_span span;
	size_t order;
	bool own;
};

struct set_entry {
	const struct symbol *symbol;
	struct rpol_span span;
};

static const struct {
	const char *word, *plural;
	enum rpol_type type;
	uint32_t max;
} set_types[] = {
	[SET_OF_PREFIXES] = {"prefix", "prefixes", RPOL_TYPE_ADDR, 0},
	[SET_OF_ADDRESSES] = {"addr", "addresses", RPOL_TYPE_ADDR, 0},
	[SET_OF_PORTS] = {"port", "ports", RPOL_TYPE_PORT, UINT16_MAX},
	/* no single value is of its type */
	[SET_OF_TUPLES] = {NULL, "tuples", RPOL_TYPE_BOOL, 0},
};

#define NSET_WORDS SET_OF_TUPLES

/* ---- gathering -------------------------------------------------------------------------- */

void entries_add_prefix(struct check *check, struct entries *entries,
			const struct rpol_prefix *prefix, struct rpol_span span, bool own)
{
	entries->prefixes =
		rpol_arena_grow(check->arena, entries->prefixes, entries->nprefixes,
				&entries->prefixes_capacity, sizeof(*entries->prefixes));
	entries->prefixes[entries->nprefixes] =
		(struct prefix_entry){*prefix, span, entries->nprefixes, own};
	entries->nprefixes++;
}

void entries_add_range(struct check *check, struct entries *entries, uint32_t low, uint32_t high,
		       struct rpol_span span, bool own)
{
	entries->ranges = rpol_arena_grow(check->arena, entries->ranges, entries->nranges,
					  &entries->ranges_capacity, sizeof(*entries->ranges));
	entries->ranges[entries->nranges] =
		(struct range_entry){low, high, span, entries->nranges, own};
	entries->nranges++;
}

bool report_twice(struct check *check, struct rpol_span span, struct rpol_span first)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_ENTRY, span, "`%s` is there twice",
			     span_text(check, span));
	rpol_diag_second(check->diags, diag, first, "first here");
	rpol_diag_help(check->diags, diag, "take one of the two out");
	return false;
}

static void add_iface(struct check *check, struct entries *entries,
		      const struct rpol_interface *iface, struct rpol_span span)
{
	entries->ifaces = rpol_arena_grow(check->arena, entries->ifaces, entries->nifaces,
					  &entries->ifaces_capacity, sizeof(*entries->ifaces));
	entries->iface_spans =
		rpol_arena_grow(check->arena, entries->iface_spans, entries->nifaces,
				&entries->iface_spans_capacity, sizeof(*entries->iface_spans));
	entries->iface_spans[entries->nifaces] = span;
	entries->ifaces[entries->nifaces++] = iface;
}

static bool add_interface(struct check *check, struct entries *entries,
			  const struct ast_value *value, const struct place *place)
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
	for (size_t i = 0; i < entries->nifaces; i++) {
		if (entries->ifaces[i] == symbol->interface)
			return report_twice(check, value->span, entries->iface_spans[i]);
	}
	for (size_t i = 0; i < symbol->decl->interface.ndevices; i++)
		add_iface(check, entries, &symbol->interface[i], value->span);
	return true;
}

static bool add_range(struct check *check, struct entries *entries, const struct ast_value *value,
		      const struct place *place)
{
	struct scalar low, high;
	struct rpol_diag *diag;
	bool ok;

	if (place->type == RPOL_TYPE_ADDR) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "%s, and a range is of numbers", place->what);
		rpol_diag_help(check->diags, diag,
			       "write the prefixes it consists of, such as `192.0.2.0/28`");
		return false;
	}
	ok = check_scalar(check, value->low, place, &low);
	ok = check_scalar(check, value->high, place, &high) && ok;
	if (!ok)
		return false;
	/* Over midnight, or over Sunday: the end of one and the start of the next. */
	if (low.number > high.number &&
	    (place->type == RPOL_TYPE_TIME || place->type == RPOL_TYPE_WEEKDAY)) {
		entries_add_range(check, entries, (uint32_t)low.number, place->max, value->span,
				  true);
		entries_add_range(check, entries, place->type == RPOL_TYPE_WEEKDAY,
				  (uint32_t)high.number, value->span, true);
		return true;
	}
	if (low.number > high.number) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_RANGE, value->span,
				     "`%s` ends before it starts", span_text(check, value->span));
		rpol_diag_help(check->diags, diag, "write `%s..%s`",
			       span_text(check, value->high->span),
			       span_text(check, value->low->span));
		rpol_diag_fix(check->diags, diag, value->span, "%s..%s",
			      span_text(check, value->high->span),
			      span_text(check, value->low->span));
		return false;
	}
	entries_add_range(check, entries, (uint32_t)low.number, (uint32_t)high.number, value->span,
			  true);
	return true;
}

/* A set's type against what is needed of it. */
static bool set_fits(struct check *check, const struct symbol *symbol, struct rpol_span span,
		     const struct place *place, bool addresses_only)
{
	struct rpol_diag *diag;

	if (set_types[symbol->set_type].type == place->type &&
	    !(addresses_only && symbol->set_type == SET_OF_PREFIXES))
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, span, "%s, and `%s` is a set of %s",
			     place->what, symbol->decl->name.text,
			     set_types[symbol->set_type].plural);
	rpol_diag_second(check->diags, diag, symbol->decl->name.span, "declared here");
	return false;
}

/* The named set a value names, when it names one; its symbol is then in *set, or NULL there when
 * the set is of no use. */
static bool names_set(struct check *check, const struct ast_value *value, const struct place *place,
		      bool addresses_only, struct symbol **set)
{
	uint32_t number;

	if (value->kind != AST_NAME || type_symbol(place->type, value->text, &number))
		return false;
	*set = symbol_find(check, value->text);
	if (!*set || (*set)->decl->kind != AST_SET)
		return false;
	*set = symbol_take(check, *set, value->span, KIND(AST_SET));
	if (*set && !set_fits(check, *set, value->span, place, addresses_only))
		*set = NULL;
	return true;
}

static bool add_set(struct check *check, struct entries *entries, const struct symbol *symbol,
		    struct rpol_span span)
{
	const struct rpol_set *set = symbol->set;
	struct rpol_diag *diag;

	if (set->dynamic) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, span,
				     "`%s` is dynamic, and what is in it is not known here",
				     set->name);
		rpol_diag_second(check->diags, diag, symbol->decl->name.span, "declared here");
		rpol_diag_help(check->diags, diag, "test it beside: `src in … or src in %s`",
			       set->name);
		return false;
	}
	for (size_t i = 0; i < entries->nsets; i++) {
		if (entries->sets[i].symbol == symbol)
			return report_twice(check, span, entries->sets[i].span);
	}
	entries->sets = rpol_arena_grow(check->arena, entries->sets, entries->nsets,
					&entries->sets_capacity, sizeof(*entries->sets));
	entries->sets[entries->nsets++] = (struct set_entry){symbol, span};
	for (size_t i = 0; i < set->nprefixes; i++)
		entries_add_prefix(check, entries, &set->prefixes[i], span, false);
	for (size_t i = 0; i < set->nranges; i++)
		entries_add_range(check, entries, set->ranges[i].low, set->ranges[i].high, span,
				  false);
	return true;
}

static bool add_item(struct check *check, struct entries *entries, const struct ast_value *value,
		     const struct place *place, bool addresses_only)
{
	struct symbol *set;
	struct scalar scalar;
	struct rpol_diag *diag;

	if (place->type == RPOL_TYPE_IFACE)
		return add_interface(check, entries, value, place);
	if (value->kind == AST_RANGE)
		return add_range(check, entries, value, place);
	if (names_set(check, value, place, addresses_only, &set))
		return set && add_set(check, entries, set, value->span);
	if (!check_scalar(check, value, place, &scalar))
		return false;
	if (!scalar.is_address) {
		entries_add_range(check, entries, (uint32_t)scalar.number, (uint32_t)scalar.number,
				  value->span, true);
		return true;
	}
	if (addresses_only && scalar.prefix.length != rpol_family_bits(scalar.prefix.addr.family)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span,
				     "%s, and `%s` is a prefix", place->what,
				     span_text(check, value->span));
		rpol_diag_help(check->diags, diag, "make it a set of type `prefix`");
		return false;
	}
	entries_add_prefix(check, entries, &scalar.prefix, value->span, true);
	return true;
}

static bool add_items(struct check *check, struct entries *entries, const struct ast_value *items,
		      const struct place *place, bool addresses_only)
{
	bool ok = true;

	for (const struct ast_value *item = items; item; item = item->next)
		ok = add_item(check, entries, item, place, addresses_only) && ok;
	return ok;
}

/* ---- the normal form -------------------------------------------------------------------- */

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix_entry *x = a, *y = b;
	int order = rpol_prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range_entry *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high)
		return x->high > y->high ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void report_covered(struct check *check, struct rpol_span span, struct rpol_span cover)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_OVERLAP, span, "`%s` is already in `%s`",
			     span_text(check, span), span_text(check, cover));
	rpol_diag_second(check->diags, diag, cover, "covers it");
	rpol_diag_help(check->diags, diag, "take `%s` out", span_text(check, span));
}

static bool prefix_covers(const struct rpol_prefix *a, const struct rpol_prefix *b)
{
	return a->length <= b->length && rpol_prefix_has(a, &b->addr);
}

/* Sorted, whatever a prefix covers follows it at once: one look back is enough. */
static bool normalise_prefixes(struct check *check, struct entries *entries, struct rpol_set *set)
{
	struct rpol_prefix *out =
		RPOL_NEW_ARRAY(check->arena, struct rpol_prefix, entries->nprefixes + 1);
	const struct prefix_entry *kept = NULL, *kept_own = NULL, *last_own = NULL;
	bool ok = true;

	if (entries->nprefixes)
		qsort(entries->prefixes, entries->nprefixes, sizeof(*entries->prefixes),
		      compare_prefixes);
	for (size_t i = 0; i < entries->nprefixes; i++) {
		const struct prefix_entry *entry = &entries->prefixes[i];

		if (entry->own) {
			if (last_own && !rpol_prefix_compare(&last_own->prefix, &entry->prefix)) {
				ok = report_twice(check, entry->span, last_own->span);
				continue;
			}
			if (kept_own && prefix_covers(&kept_own->prefix, &entry->prefix))
				report_covered(check, entry->span, kept_own->span);
			else
				kept_own = entry;
			last_own = entry;
		}
		if (kept && prefix_covers(&kept->prefix, &entry->prefix))
			continue;
		kept = entry;
		out[set->nprefixes++] = entry->prefix;
	}
	set->prefixes = out;
	return ok;
}

static void report_overlap(struct check *check, const struct range_entry *a,
			   const struct range_entry *b)
{
	const struct range_entry *first = a->order < b->order ? a : b;
	const struct range_entry *second = first == a ? b : a;
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_OVERLAP, second->span, "`%s` overlaps `%s`",
			     span_text(check, second->span), span_text(check, first->span));
	rpol_diag_second(check->diags, diag, first->span, "overlaps with this");
	rpol_diag_help(check->diags, diag, "write one range, `%u..%u`",
		       a->low < b->low ? a->low : b->low, a->high > b->high ? a->high : b->high);
}

static bool normalise_ranges(struct check *check, struct entries *entries, struct rpol_set *set)
{
	struct rpol_range *out =
		RPOL_NEW_ARRAY(check->arena, struct rpol_range, entries->nranges + 1);
	const struct range_entry *widest = NULL, *last = NULL; /* of the own ones */
	bool ok = true;

	if (entries->nranges)
		qsort(entries->ranges, entries->nranges, sizeof(*entries->ranges), compare_ranges);
	for (size_t i = 0; i < entries->nranges; i++) {
		const struct range_entry *entry = &entries->ranges[i];
		struct rpol_range *top = set->nranges ? &out[set->nranges - 1] : NULL;

		if (entry->own) {
			if (last && last->low == entry->low && last->high == entry->high) {
				ok = report_twice(check, entry->span, last->span);
				continue;
			}
			if (widest && entry->high <= widest->high)
				report_covered(check, entry->span, widest->span);
			else if (widest && entry->low <= widest->high)
				report_overlap(check, widest, entry);
			if (!widest || entry->high > widest->high)
				widest = entry;
			last = entry;
		}
		if (top && entry->low <= (uint64_t)top->high + 1) {
			if (entry->high > top->high)
				top->high = entry->high;
			continue;
		}
		out[set->nranges++] = (struct rpol_range){entry->low, entry->high};
	}
	set->ranges = out;
	return ok;
}

bool entries_normalise(struct check *check, struct entries *entries, struct rpol_set *set)
{
	bool ok = set->kind != RPOL_SET_PREFIX || normalise_prefixes(check, entries, set);

	if (set->kind == RPOL_SET_RANGE)
		ok = normalise_ranges(check, entries, set);
	set->ifaces = entries->ifaces;
	set->nifaces = entries->nifaces;
	return ok;
}

/* ---- sets ------------------------------------------------------------------------------- */

static bool find_type(struct check *check, const struct ast_name *name, enum set_type *type)
{
	struct words words = {0};
	struct rpol_diag *diag;

	for (size_t i = 0; i < NSET_WORDS; i++) {
		if (strcmp(name->text, set_types[i].word) == 0) {
			*type = (enum set_type)i;
			return true;
		}
		words_add(check, &words, set_types[i].word);
	}
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span,
			     "unknown type of set `%s`", name->text);
	if (!help_nearest(check, diag, name->text, &words))
		rpol_diag_help(check->diags, diag, "sets are of type `prefix`, `addr` or `port`");
	return false;
}

/* What is compiled in makes programs slow to build and to load. */
static void warn_large(struct check *check, const struct rpol_set *set)
{
	size_t n = set->nprefixes + set->nranges + set->nkeys;
	struct rpol_diag *diag;

	if (n <= LARGE_SET)
		return;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_LARGE_SET, set->span,
			     "set `%s` has %zu entries, all of them compiled in", set->name, n);
	rpol_diag_help(check->diags, diag,
		       "a dynamic set this large lives in a map and changes without compiling");
}

static void warn_empty(struct check *check, const struct ast_decl *decl, const struct rpol_set *set)
{
	struct rpol_diag *diag;

	if (set->dynamic || set->nprefixes || set->nranges || set->nkeys ||
	    span_refused(check, decl->span))
		return;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_SET, decl->name.span,
			     "set `%s` is empty: nothing is ever in it", decl->name.text);
	rpol_diag_help(check->diags, diag, "add an entry, or take the set out");
}

/* A set of the values of several fields. */
static bool check_tuples(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_set *set = symbol->set;
	struct rpol_diag *diag;

	symbol->set_type = SET_OF_TUPLES;
	set->kind = RPOL_SET_KEYS;
	if (!check_key_fields(check, decl->set.fields, decl->set.nfields, &set->key))
		return false;
	if (set->key.nfields < 2 && !set->dynamic) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, decl->set.type_span,
				     "one field alone makes no tuple");
		rpol_diag_help(check->diags, diag,
			       "sets of single values are of type `prefix`, `addr` or `port`");
		return false;
	}
	if (!check_set_keys(check, set, decl->set.items, decl->set.file))
		return false;
	warn_empty(check, decl, set);
	if (set->dynamic)
		return check_room(check, decl, set->nkeys, set->size);
	warn_large(check, set);
	return true;
}

/* A dynamic set of addresses or ports, found as those of several fields are. */
static bool check_singles(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_set *set = symbol->set;

	set->kind = RPOL_SET_KEYS;
	key_of_type(symbol->set_type, &set->key);
	return check_set_keys(check, set, NULL, decl->set.file) &&
	       check_room(check, decl, set->nkeys, set->size);
}

bool check_set(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct entries entries = {0};
	struct rpol_set *set = symbol->set;
	uint32_t file;
	bool ok, sized;

	set->name = decl->name.text;
	set->span = decl->name.span;
	set->dynamic = decl->dynamic;
	sized = !set->dynamic || check_properties(check, decl, &set->size, &set->timeout);
	if (decl->set.fields)
		return check_tuples(check, symbol) && sized;
	if (!find_type(check, &decl->set.type, &symbol->set_type))
		return false;
	if (set->dynamic && symbol->set_type != SET_OF_PREFIXES)
		return check_singles(check, symbol) && sized;

	struct place place = {
		.type = set_types[symbol->set_type].type,
		.max = set_types[symbol->set_type].max,
		.what = rpol_arena_printf(check->arena, "`%s` is a set of %s", decl->name.text,
					  set_types[symbol->set_type].plural),
		.kinds = KIND(AST_CONST) | KIND(AST_SET),
	};

	set->kind = place.type == RPOL_TYPE_ADDR ? RPOL_SET_PREFIX : RPOL_SET_RANGE;
	ok = add_items(check, &entries, decl->set.items, &place,
		       symbol->set_type == SET_OF_ADDRESSES);
	if (decl->set.file)
		ok = file_open(check, decl->set.file, &file) &&
		     file_entries(check, file, symbol->set_type, &entries) && ok;
	ok = entries_normalise(check, &entries, set) && ok;
	if (ok) {
		warn_empty(check, decl, set);
		if (!set->dynamic)
			warn_large(check, set);
	}
	if (ok && sized && set->dynamic)
		ok = check_room(check, decl, set->nprefixes, set->size);
	return ok && sized;
}

const struct rpol_set *check_members(struct check *check, const struct ast_value *value,
				     const struct place *place)
{
	struct entries entries = {0};
	struct rpol_diag *diag;
	struct symbol *named;
	struct rpol_set *set;
	bool list = value->kind == AST_LIST;
	bool ok;

	if (place->type != RPOL_TYPE_IFACE && names_set(check, value, place, false, &named))
		return named ? named->set : NULL;
	ok = list ? add_items(check, &entries, value->items, place, false)
		  : add_item(check, &entries, value, place, false);
	set = &check->sets[check->nsets];
	*set = (struct rpol_set){
		.kind = place->type == RPOL_TYPE_ADDR	 ? RPOL_SET_PREFIX
			: place->type == RPOL_TYPE_IFACE ? RPOL_SET_IFACE
							 : RPOL_SET_RANGE,
		.index = (uint32_t)check->nsets,
		.span = value->span,
	};
	if (!entries_normalise(check, &entries, set) || !ok)
		return NULL;
	if (!set->nprefixes && !set->nranges && !set->nifaces) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_EMPTY_SET, value->span,
				     "this list is empty: the test is never true");
		rpol_diag_help(check->diags, diag, "add a value, or take the test out");
	}
	check->nsets++;
	return set;
}
