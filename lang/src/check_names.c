/* check_names.c: the one namespace: what is declared, what a name stands for, and what to say
 * when it stands for nothing. */
#include "check.h"

#include <assert.h>
#include <string.h>

#define LONGEST_EXCERPT 48
#define MOST_LISTED 6
#define MOST_LONGER 3
#define MOST_SUGGESTIONS 200 /* after that many unknown names nobody reads them */

/* What to call each kind of declaration, and how one is written (%s: its name). */
static const struct {
	const char *text, *example;
} kinds[] = {
	[AST_INTERFACE] = {"an interface", "interface %s = eth0;"},
	[AST_CONST] = {"a const", "const %s = 192.0.2.1;"},
	[AST_SET] = {"a set", "set %s : prefix { 192.0.2.0/24 };"},
	[AST_COND] = {"a cond", "cond %s = proto == tcp;"},
	[AST_NEXTHOP] = {"a next hop", "nexthop %s { via 192.0.2.1 dev eth0; }"},
	[AST_GROUP] = {"a group", "group %s { hash flow; … }"},
	[AST_TABLE] = {"a table", "table %s : lpm dst { … }"},
	[AST_CHAIN] = {"a chain", "chain %s { … }"},
	[AST_POLICY] = {"a policy", "policy %s on … at xdp { … }"},
	[AST_REFUSED] = {"refused", NULL},
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *decl_kind_text(enum ast_decl_kind kind)
{
	return kinds[kind].text;
}

const char *decl_kind_example(enum ast_decl_kind kind)
{
	return kinds[kind].example;
}

const char *decl_kinds_text(struct check *check, unsigned mask)
{
	const char *text = NULL;

	for (size_t i = 0; i < NKINDS; i++) {
		if (!(mask & KIND(i)))
			continue;
		text = text ? rpol_arena_printf(check->arena, "%s or %s", text, kinds[i].text)
			    : kinds[i].text;
	}
	return text;
}

const char *span_text(struct check *check, struct rpol_span span)
{
	const struct rpol_file *file = &check->unit->sources.files[span.file];
	char buf[LONGEST_EXCERPT + 4]; /* and the three bytes of `…` */
	size_t n = 0;
	bool blank = false;

	for (uint32_t i = span.offset; i < span.offset + span.length && i < file->length; i++) {
		char c = file->text[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			blank = n > 0;
			continue;
		}
		if (n + blank >= LONGEST_EXCERPT) {
			/* Never cut within a character of more than one byte. */
			while (n > 0 && ((unsigned char)buf[n - 1] & 0xc0) == 0x80)
				n--;
			if (n > 0 && ((unsigned char)buf[n - 1] & 0x80))
				n--;
			memcpy(buf + n, "…", 3);
			n += 3;
			break;
		}
		if (blank)
			buf[n++] = ' ';
		blank = false;
		buf[n++] = c ? c : '?';
	}
	return rpol_arena_strndup(check->arena, buf, n);
}

const char *prefix_text(struct check *check, const struct rpol_prefix *prefix)
{
	char buf[RPOL_ADDR_TEXT];

	return rpol_arena_strndup(check->arena, rpol_prefix_text(prefix, buf),
				  strlen(rpol_prefix_text(prefix, buf)));
}

bool span_refused(const struct check *check, struct rpol_span span)
{
	for (size_t i = 0; i < check->nrefused; i++) {
		const struct rpol_span *at = &check->refused[i];

		if (at->file == span.file && at->offset >= span.offset &&
		    at->offset <= span.offset + span.length)
			return true;
	}
	return false;
}

/* ---- did you mean ----------------------------------------------------------------------- */

void words_add(struct check *check, struct words *words, const char *word)
{
	words->items = rpol_arena_grow(check->arena, words->items, words->count, &words->capacity,
				       sizeof(*words->items));
	words->items[words->count++] = word;
}

void words_add_names(struct check *check, struct words *words, unsigned mask)
{
	if (check->unknowns > MOST_SUGGESTIONS)
		return;
	for (size_t i = 0; i < check->nsymbols; i++) {
		if (mask & KIND(check->symbols[i].decl->kind))
			words_add(check, words, check->symbols[i].decl->name.text);
	}
}

/* The words that go on where this one ends: `echo` of `echo_request`. */
static const char *longer_words(struct check *check, const char *word, const struct words *words)
{
	size_t length = strlen(word), n = 0;
	const char *list = NULL;

	for (size_t i = 0; i < words->count && length >= 2; i++) {
		if (strncmp(words->items[i], word, length))
			continue;
		if (n++ == MOST_LONGER)
			return NULL;
		list = list ? rpol_arena_printf(check->arena, "%s or `%s`", list, words->items[i])
			    : rpol_arena_printf(check->arena, "`%s`", words->items[i]);
	}
	return list;
}

bool help_nearest(struct check *check, struct rpol_diag *diag, const char *word,
		  const struct words *words)
{
	const char *list = longer_words(check, word, words);
	const char *near = rpol_suggest(word, words->items, words->count);

	if (list)
		rpol_diag_help(check->diags, diag, "did you mean %s?", list);
	else if (near)
		rpol_diag_help(check->diags, diag, "did you mean `%s`?", near);
	if (near && !list && diag->span.length == strlen(word))
		rpol_diag_fix(check->diags, diag, diag->span, "%s", near);
	return list || near;
}

bool refuse_later_field(struct check *check, const struct ast_name *word)
{
	enum place { DECLARATION, METHOD, PROPERTY, VERB, HOOK, FIELD };
	static const struct {
		const char *word;
		enum place place;
	} later[] = {
#define LATER(word, place) {word, place},
#include "later.def"
#undef LATER
	};

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		size_t length = strlen(later[i].word);
		bool family = later[i].word[length - 1] == '.';

		if (later[i].place != FIELD || strncmp(word->text, later[i].word, length + !family))
			continue;
		rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, word->span,
			      "`%s` is not in this version of rpol", word->text);
		return true;
	}
	return false;
}

/* ---- declaring -------------------------------------------------------------------------- */

/* FNV-1a. */
static size_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static struct symbol **slot(const struct check *check, const char *name)
{
	size_t i = hash(name) & check->mask;

	while (check->names[i] && strcmp(check->names[i]->decl->name.text, name))
		i = (i + 1) & check->mask;
	return &check->names[i];
}

struct symbol *symbol_find(const struct check *check, const char *name)
{
	return *slot(check, name);
}

static void declare(struct check *check, struct symbol *symbol)
{
	const struct ast_name *name = &symbol->decl->name;
	struct symbol **at = slot(check, name->text);
	enum rpol_field field;
	struct rpol_diag *diag;

	/* Of what was given up an error is said already, and a `test` may be named as its policy.
	 */
	if (*at && (symbol->decl->kind == AST_REFUSED || (*at)->decl->kind == AST_REFUSED)) {
		if ((*at)->decl->kind == AST_REFUSED)
			*at = symbol;
		return;
	}
	if (*at) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_NAME, name->span,
				     "`%s` is declared twice", name->text);
		rpol_diag_second(check->diags, diag, (*at)->decl->name.span, "first declared here");
		rpol_diag_help(check->diags, diag,
			       "all declarations share one namespace: rename one of the two");
		(*at)->twice = true;
		return;
	}
	*at = symbol;
	/* `hash` is a field only with what it is of in parentheses. */
	if (field_find(name->text, &field) && field != RPOL_FIELD_HASH) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_SHADOWS_FIELD, name->span,
				     "`%s` is a field and cannot be declared", name->text);
		rpol_diag_help(check->diags, diag, "choose another name, such as `my_%s`",
			       strrchr(name->text, '.') ? strrchr(name->text, '.') + 1
							: name->text);
	}
	if (name->span.length > RPOL_MAX_NAME) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, name->span,
				     "a name has at most %d characters, this one has %u",
				     RPOL_MAX_NAME, name->span.length);
		rpol_diag_help(check->diags, diag, "choose a shorter name");
	}
}

void check_names(struct check *check)
{
	size_t n = 0;

	for (struct ast_decl *decl = check->unit->ast.decls; decl; decl = decl->next)
		n += decl->name.text != NULL;
	check->symbols = RPOL_NEW_ARRAY(check->arena, struct symbol, n + 1);
	for (check->mask = 15; check->mask < 2 * n; check->mask = 2 * check->mask + 1)
		;
	check->names = RPOL_NEW_ARRAY(check->arena, struct symbol *, check->mask + 1);
	for (struct ast_decl *decl = check->unit->ast.decls; decl; decl = decl->next) {
		if (!decl->name.text)
			continue;

		struct symbol *symbol = &check->symbols[check->nsymbols++];

		symbol->decl = decl;
		if (decl->kind == AST_REFUSED)
			symbol->state = SYMBOL_BAD;
		declare(check, symbol);
	}
}

/* ---- using ------------------------------------------------------------------------------ */

bool symbol_build(struct check *check, struct symbol *symbol)
{
	struct symbol *before = check->current;
	bool ok = false;

	if (symbol->state != SYMBOL_NEW)
		return symbol->state == SYMBOL_DONE;
	symbol->state = SYMBOL_BUSY;
	check->current = symbol;
	switch (symbol->decl->kind) {
	case AST_INTERFACE:
		ok = check_interface(check, symbol);
		break;
	case AST_CONST:
		ok = check_const(check, symbol);
		break;
	case AST_SET:
		ok = check_set(check, symbol);
		break;
	case AST_COND:
		ok = check_cond(check, symbol);
		break;
	case AST_NEXTHOP:
		ok = check_nexthop(check, symbol);
		break;
	case AST_GROUP:
		ok = check_group(check, symbol);
		break;
	case AST_TABLE:
		ok = check_table(check, symbol);
		break;
	case AST_CHAIN:
		ok = check_chain(check, symbol);
		break;
	case AST_POLICY:
		ok = check_program(check, symbol);
		break;
	case AST_REFUSED:
		assert(!"refused declarations are never new");
	}
	check->current = before;
	symbol->state = ok ? SYMBOL_DONE : SYMBOL_BAD;
	return ok;
}

static void note_use(struct check *check, struct symbol *used)
{
	struct symbol *user = check->current;

	if (user->decl->kind == AST_COND)
		used->within = true;
	user->uses = rpol_arena_grow(check->arena, user->uses, user->nuses, &user->uses_capacity,
				     sizeof(*user->uses));
	user->uses[user->nuses++] = used;
}

struct symbol *symbol_take(struct check *check, struct symbol *symbol, struct rpol_span span,
			   unsigned mask)
{
	const struct ast_name *name = &symbol->decl->name;
	struct rpol_diag *diag;
	bool ok;

	note_use(check, symbol);
	names_use(check, symbol, span);
	if (symbol->twice || symbol->decl->kind == AST_REFUSED)
		return NULL;
	if (!(mask & KIND(symbol->decl->kind))) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_WRONG_KIND, span,
				     "`%s` is %s, and here %s is needed", name->text,
				     decl_kind_text(symbol->decl->kind),
				     decl_kinds_text(check, mask));
		rpol_diag_second(check->diags, diag, name->span, "declared here");
		return NULL;
	}
	if (symbol->state == SYMBOL_BUSY) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_CYCLE, span,
				     "`%s` is defined by itself", name->text);
		if (symbol != check->current)
			rpol_diag_second(check->diags, diag, name->span,
					 "whose definition leads to `%s`",
					 check->current->decl->name.text);
		rpol_diag_help(check->diags, diag, "take `%s` out of the definition of `%s`",
			       name->text, check->current->decl->name.text);
		return NULL;
	}
	if (symbol->state == SYMBOL_NEW && check->depth >= RPOL_MAX_NESTING) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, span,
			      "definitions are nested more than %d deep here", RPOL_MAX_NESTING);
		return NULL;
	}
	check->depth++;
	ok = symbol_build(check, symbol);
	check->depth--;
	return ok ? symbol : NULL;
}

/* Nothing is near: says what there is, or how to declare the first. */
static void help_known(struct check *check, struct rpol_diag *diag, const char *name, unsigned mask,
		       const struct words *words)
{
	const char *list = NULL;
	size_t kind = 0;

	if (words->count > MOST_LISTED)
		return;
	for (size_t i = 0; i < words->count; i++)
		list = list ? rpol_arena_printf(check->arena, "%s, `%s`", list, words->items[i])
			    : rpol_arena_printf(check->arena, "`%s`", words->items[i]);
	if (list) {
		rpol_diag_help(check->diags, diag, "%s is needed here; declared: %s",
			       decl_kinds_text(check, mask), list);
		return;
	}
	while (!(mask & KIND(kind)))
		kind++;

	const char *hole = strstr(kinds[kind].example, "%s");

	rpol_diag_help(check->diags, diag, "%s is needed here; declare it: `%.*s%s%s`",
		       decl_kinds_text(check, mask), (int)(hole - kinds[kind].example),
		       kinds[kind].example, name, hole + 2);
}

struct symbol *symbol_use(struct check *check, const struct ast_name *name, unsigned mask)
{
	struct symbol *symbol = symbol_find(check, name->text);
	struct words words = {0};
	struct rpol_diag *diag;
	enum rpol_field field;

	if (symbol)
		return symbol_take(check, symbol, name->span, mask);
	check->unknowns++;
	if (field_find(name->text, &field)) {
		rpol_diag_add(check->diags, RPOL_DIAG_WRONG_KIND, name->span,
			      "`%s` is a field, and here %s is needed", name->text,
			      decl_kinds_text(check, mask));
		return NULL;
	}
	words_add_names(check, &words, mask);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span, "unknown name `%s`",
			     name->text);
	if (!help_nearest(check, diag, name->text, &words))
		help_known(check, diag, name->text, mask, &words);
	return NULL;
}
