/* names.c: the index of names. It is filled where the checker resolves a name, whatever the name
 * stands in, so that no part of the language can be left out of it. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "rpol/names.h"

/* "a next hop" → "next hop". A refused declaration is of no kind that has a name. */
static const char *bare_kind(const char *text)
{
	const char *blank = strchr(text, ' ');

	return blank ? blank + 1 : "declaration";
}

void names_use(struct check *check, const struct symbol *symbol, struct rpol_span span)
{
	struct rpol_names *names = &check->unit->names;

	names->uses = rpol_arena_grow(check->arena, names->uses, names->nuses,
				      &check->uses_capacity, sizeof(*names->uses));
	names->uses[names->nuses++] =
		(struct rpol_name_use){span, (size_t)(symbol - check->symbols)};
}

static int compare_uses(const void *a, const void *b)
{
	const struct rpol_name_use *x = a, *y = b;

	if (x->span.file != y->span.file)
		return x->span.file < y->span.file ? -1 : 1;
	return (x->span.offset > y->span.offset) - (x->span.offset < y->span.offset);
}

/* What is resolved twice is one use. */
static void order_uses(struct rpol_names *names)
{
	size_t kept = 0;

	if (!names->nuses)
		return;
	qsort(names->uses, names->nuses, sizeof(*names->uses), compare_uses);
	for (size_t i = 1; i < names->nuses; i++)
		if (compare_uses(&names->uses[kept], &names->uses[i]))
			names->uses[++kept] = names->uses[i];
	names->nuses = kept + 1;
}

static const struct ast_rule *rules_of(const struct ast_decl *decl)
{
	return decl->kind == AST_POLICY || decl->kind == AST_CHAIN ? decl->policy.rules : NULL;
}

void names_finish(struct check *check)
{
	struct rpol_names *names = &check->unit->names;
	size_t nlabels = 0;

	for (size_t i = 0; i < check->nsymbols; i++)
		for (const struct ast_rule *r = rules_of(check->symbols[i].decl); r; r = r->next)
			nlabels += r->label.text != NULL;
	names->items =
		RPOL_NEW_ARRAY(check->arena, struct rpol_name, check->nsymbols + nlabels + 1);
	for (size_t i = 0; i < check->nsymbols; i++) {
		const struct ast_decl *decl = check->symbols[i].decl;

		names->items[names->count++] = (struct rpol_name){
			.text = decl->name.text,
			.kind = bare_kind(decl_kind_text(decl->kind)),
			.span = decl->name.span,
			.whole = decl->span,
			.within = i,
		};
	}
	for (size_t i = 0; i < check->nsymbols; i++) {
		for (const struct ast_rule *r = rules_of(check->symbols[i].decl); r; r = r->next) {
			if (!r->label.text)
				continue;
			names->items[names->count++] = (struct rpol_name){
				.text = r->label.text,
				.kind = "label",
				.span = r->label.span,
				.whole = r->span,
				.within = i,
			};
		}
	}
	order_uses(names);
}

const struct rpol_names *rpol_unit_names(const struct rpol_unit *unit)
{
	return &unit->names;
}

bool rpol_decl_kind(size_t number, struct rpol_decl_kind *kind)
{
	if (number >= AST_REFUSED)
		return false;
	kind->kind = bare_kind(decl_kind_text((enum ast_decl_kind)number));
	kind->example = decl_kind_example((enum ast_decl_kind)number);
	return true;
}
