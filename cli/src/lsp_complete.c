/* lsp_complete.c: what can be written at a place, and what the language's own words mean. Words
 * come from the tables of lang/, names from the policy. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lsp.h"

#define X (1u << RPOL_HOOK_XDP)
#define I (1u << RPOL_HOOK_TC_INGRESS)
#define E (1u << RPOL_HOOK_TC_EGRESS)

struct verdict_row {
	const char *word;
	unsigned hooks;
	const char *operand, *doc;
};

/* What can follow an arrow: verdicts, and actions before them. */
static const struct verdict_row verdicts[] = {
#define VERDICT(id, word, hooks, operand, doc) {word, hooks, #operand, doc},
#include "rpol/verdicts.def"
#undef VERDICT
#define ACTION(id, word, hooks, operand, doc) {word, hooks, #operand, doc},
#include "rpol/actions.def"
#undef ACTION
};

struct field_row {
	const char *name, *type_text, *layer;
	enum rpol_type type;
	unsigned long max;
	unsigned hooks;
	bool settable;
	const char *doc;
};

static const struct field_row fields[] = {
#define FIELD(id, name, type, layer, max, hooks, settable, doc)                                    \
	{name, #type, #layer, RPOL_TYPE_##type, max, hooks, settable, doc},
#include "rpol/fields.def"
#undef FIELD
};

struct symbol_row {
	enum rpol_type type;
	const char *name;
	unsigned long value;
};

static const struct symbol_row symbols[] = {
#define SYMBOL(type, name, value) {RPOL_TYPE_##type, name, value},
#include "rpol/symbols.def"
#undef SYMBOL
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* LSP's CompletionItemKind. */
enum { KIND_FIELD = 5, KIND_VARIABLE = 6, KIND_VALUE = 12, KIND_KEYWORD = 14, KIND_VERB = 3 };

static const struct field_row *find_field(const char *text, struct lsp_word word)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (lsp_word_is(text, word, fields[i].name))
			return &fields[i];
	return NULL;
}

static const struct verdict_row *find_verdict(const char *text, struct lsp_word word)
{
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (lsp_word_is(text, word, verdicts[i].word))
			return &verdicts[i];
	return NULL;
}

/* ---- descriptions --------------------------------------------------------------------------- */

/* A column of a table as a person reads it: ICMP_TYPE → icmp type. */
static void put_column(FILE *out, const char *column)
{
	for (; *column; column++)
		fputc(*column == '_' ? ' ' : tolower((unsigned char)*column), out);
}

static void put_hooks(FILE *out, unsigned hooks)
{
	bool first = true;

	if (hooks == (X | I | E)) {
		fputs("at every hook", out);
		return;
	}
	for (int hook = 0; hook < RPOL_HOOK_COUNT; hook++) {
		if (!(hooks & 1u << hook))
			continue;
		fprintf(out, "%s%s", first ? "at " : " and ", rpol_hook_text((enum rpol_hook)hook));
		first = false;
	}
}

static void put_field(FILE *out, const struct field_row *field)
{
	fputs("type: ", out);
	put_column(out, field->type_text);
	if (field->max && field->type != RPOL_TYPE_BOOL)
		fprintf(out, ", 0..%lu", field->max);
	if (!strcmp(field->layer, "ALWAYS")) {
		fputs("; of all packets; ", out);
	} else {
		fputs("; of packets with: ", out);
		put_column(out, field->layer);
		fputs("; ", out);
	}
	put_hooks(out, field->hooks);
	if (field->settable)
		fputs("; settable", out);
}

static void put_verdict(FILE *out, const struct verdict_row *verdict)
{
	put_hooks(out, verdict->hooks);
	if (strcmp(verdict->operand, "NONE")) {
		fputs("; needs: ", out);
		put_column(out, verdict->operand);
	}
}

char *lsp_describe(const char *text, const struct lsp_context *context)
{
	const struct field_row *field = find_field(text, context->word);
	const struct verdict_row *verdict = find_verdict(text, context->word);
	const struct field_row *of = find_field(text, context->field);
	char *described = NULL;
	size_t size;
	FILE *out;

	if (!context->word.length || !(out = open_memstream(&described, &size)))
		return NULL;
	if (context->kind == LSP_VERB && verdict) {
		fprintf(out, "verdict `%s`: %s\n\n", verdict->word, verdict->doc);
		put_verdict(out, verdict);
	} else if (context->kind == LSP_VALUE && of) {
		for (size_t i = 0; i < COUNT(symbols); i++)
			if (symbols[i].type == of->type &&
			    lsp_word_is(text, context->word, symbols[i].name))
				fprintf(out, "`%s`: %lu (0x%lx) of `%s`", symbols[i].name,
					symbols[i].value, symbols[i].value, of->name);
	} else if (field) {
		fprintf(out, "field `%s`: %s\n\n", field->name, field->doc);
		put_field(out, field);
	}
	fclose(out);
	if (described && !*described) {
		free(described);
		return NULL;
	}
	return described;
}

/* ---- candidates ------------------------------------------------------------------------------ */

struct candidates {
	json_t *items;
	const json_t *range; /* what a chosen one replaces */
	const struct rpol_names *names;
};

static void add(struct candidates *c, const char *word, int kind, const char *detail,
		const char *doc)
{
	json_t *item = json_pack("{s:s, s:i, s:{s:O, s:s}}", "label", word, "kind", kind,
				 "textEdit", "range", c->range, "newText", word);

	if (detail)
		json_object_set_new(item, "detail", json_string(detail));
	if (doc)
		json_object_set_new(item, "documentation", json_string(doc));
	json_array_append_new(c->items, item);
}

static void add_words(struct candidates *c, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(c, words[i], KIND_KEYWORD, NULL, NULL);
}

#define ADD_WORDS(c, ...)                                                                          \
	add_words(c, (const char *const[]){__VA_ARGS__},                                           \
		  COUNT(((const char *const[]){__VA_ARGS__})))

static void add_names(struct candidates *c, const char *kind)
{
	for (size_t i = 0; i < c->names->count; i++)
		if (!strcmp(c->names->items[i].kind, kind))
			add(c, c->names->items[i].text, KIND_VARIABLE, kind, NULL);
}

static void add_declarations(struct candidates *c)
{
	struct rpol_decl_kind kind;

	add(c, "include", KIND_KEYWORD, "include \"site.rpol\";", NULL);
	for (size_t i = 0; rpol_decl_kind(i, &kind); i++) {
		char keyword[32];

		snprintf(keyword, sizeof(keyword), "%.*s", (int)strcspn(kind.example, " "),
			 kind.example);
		add(c, keyword, KIND_KEYWORD, kind.kind, NULL);
	}
}

static void add_described(struct candidates *c, const char *word, int kind, const char *doc,
			  const struct field_row *field, const struct verdict_row *verdict)
{
	char *detail = NULL;
	size_t size;
	FILE *out = open_memstream(&detail, &size);

	if (!out)
		return;
	if (field)
		put_field(out, field);
	else
		put_verdict(out, verdict);
	fclose(out);
	add(c, word, kind, detail, doc);
	free(detail);
}

static void add_fields(struct candidates *c)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		add_described(c, fields[i].name, KIND_FIELD, fields[i].doc, &fields[i], NULL);
}

static void add_verdicts(struct candidates *c)
{
	for (size_t i = 0; i < COUNT(verdicts); i++)
		add_described(c, verdicts[i].word, KIND_VERB, verdicts[i].doc, NULL, &verdicts[i]);
}

/* The column says what a verdict needs: most of its words are kinds of names. */
static void add_operands(struct candidates *c, const struct verdict_row *verdict)
{
	char kind[32];
	size_t n = 0;

	if (!strcmp(verdict->operand, "ROUTE")) {
		add_names(c, "next hop");
		add_names(c, "group");
	} else if (!strcmp(verdict->operand, "IFACE")) {
		add_names(c, "interface");
	} else if (!strcmp(verdict->operand, "CPU")) {
		ADD_WORDS(c, "spread");
		add_names(c, "const");
	} else if (!strcmp(verdict->operand, "FIELD")) {
		for (size_t i = 0; i < COUNT(fields); i++)
			if (fields[i].settable)
				add_described(c, fields[i].name, KIND_FIELD, fields[i].doc,
					      &fields[i], NULL);
	} else {
		for (; verdict->operand[n] && n + 1 < sizeof(kind); n++)
			kind[n] = (char)tolower((unsigned char)verdict->operand[n]);
		kind[n] = '\0';
		add_names(c, kind);
	}
}

static void add_operators(struct candidates *c, const struct field_row *field)
{
	switch (field->type) {
	case RPOL_TYPE_BOOL:
		ADD_WORDS(c, "and", "or");
		break;
	case RPOL_TYPE_FLAGS:
		ADD_WORDS(c, "has", "==", "in");
		break;
	case RPOL_TYPE_ADDR:
	case RPOL_TYPE_IFACE:
		ADD_WORDS(c, "in", "==", "!=");
		break;
	default:
		ADD_WORDS(c, "==", "!=", "<", "<=", ">", ">=", "in");
		break;
	}
}

static void add_values(struct candidates *c, const char *text, const struct lsp_context *context,
		       const struct field_row *field)
{
	for (size_t i = 0; i < COUNT(symbols); i++)
		if (symbols[i].type == field->type) {
			char value[32];

			snprintf(value, sizeof(value), "%lu", symbols[i].value);
			add(c, symbols[i].name, KIND_VALUE, value, NULL);
		}
	if (lsp_word_is(text, context->op, "has"))
		return;
	add_names(c, field->type == RPOL_TYPE_IFACE ? "interface" : "const");
	if (lsp_word_is(text, context->op, "in"))
		add_names(c, "set");
}

static void add_statement(struct candidates *c, const char *text, struct lsp_word declares)
{
	if (lsp_word_is(text, declares, "policy")) {
		ADD_WORDS(c, "default", "fragments");
	} else if (lsp_word_is(text, declares, "group")) {
		ADD_WORDS(c, "hash", "prefer", "else");
		add_names(c, "next hop");
	} else if (lsp_word_is(text, declares, "nexthop")) {
		ADD_WORDS(c, "via", "dev");
	}
}

static void add_all(struct candidates *c, const char *text, const struct lsp_context *context)
{
	const struct field_row *field = find_field(text, context->field);
	const struct verdict_row *verdict = find_verdict(text, context->verb);

	switch (context->kind) {
	case LSP_NOTHING:
		break;
	case LSP_DECLARATION:
		add_declarations(c);
		break;
	case LSP_STATEMENT:
		add_statement(c, text, context->declares);
		break;
	case LSP_CONDITION:
		add_fields(c);
		add_names(c, "cond");
		ADD_WORDS(c, "any", "not");
		break;
	case LSP_OPERATOR:
		if (field)
			add_operators(c, field);
		break;
	case LSP_VALUE:
		if (field)
			add_values(c, text, context, field);
		break;
	case LSP_VERB:
		add_verdicts(c);
		break;
	case LSP_OPERAND:
		if (verdict)
			add_operands(c, verdict);
		break;
	case LSP_INTERFACE_NAME:
		add_names(c, "interface");
		break;
	case LSP_HOOK:
		for (int hook = 0; hook < RPOL_HOOK_COUNT; hook++)
			add(c, rpol_hook_text((enum rpol_hook)hook), KIND_KEYWORD, NULL, NULL);
		ADD_WORDS(c, "auto");
		break;
	case LSP_TYPE:
		if (lsp_word_is(text, context->declares, "table"))
			ADD_WORDS(c, "lpm", "exact");
		else
			ADD_WORDS(c, "prefix", "addr", "port");
		break;
	case LSP_KEY:
		add_fields(c);
		break;
	case LSP_ENTRY:
		add_names(c, "const");
		add_names(c, "set");
		break;
	case LSP_MEMBER:
		add_names(c, "next hop");
		break;
	}
}

json_t *lsp_complete(const struct lsp *lsp, const json_t *params)
{
	struct candidates c = {0};
	const struct rpol_file *file;
	struct lsp_context context;
	struct lsp_place place;
	json_t *range;

	if (!lsp_place(lsp, params, &place))
		return NULL;
	file = &rpol_unit_sources(place.unit)->files[place.file];
	context = lsp_context(file->text, file->length, place.offset);
	/* What is behind the cursor stays. */
	range = lsp_range(lsp, file, (uint32_t)context.word.offset,
			  place.offset - (uint32_t)context.word.offset);
	c.range = range;
	c.items = json_array();
	c.names = rpol_unit_names(place.unit);
	add_all(&c, file->text, &context);
	json_decref(range);
	return json_pack("{s:b, s:o}", "isIncomplete", 0, "items", c.items);
}
