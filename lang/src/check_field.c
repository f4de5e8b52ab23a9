/* check_field.c: fields by name, and what to say of a name that is none. */
#include "check.h"

#include <string.h>

/* What other tools call a field. */
static const struct {
	const char *theirs, *ours;
} aliases[] = {
	{"saddr", "src"},
	{"daddr", "dst"},
	{"source", "src"},
	{"destination", "dst"},
	{"ip.src", "src"},
	{"ip.dst", "dst"},
	{"ip.saddr", "src"},
	{"ip.daddr", "dst"},
	{"ip.proto", "proto"},
	{"protocol", "proto"},
	{"l4proto", "proto"},
	{"nexthdr", "proto"},
	{"hoplimit", "ttl"},
	{"hop_limit", "ttl"},
	{"ip.ttl", "ttl"},
	{"length", "len"},
	{"tos", "dscp"},
	{"tclass", "dscp"},
	{"port", "dport` or `sport"},
	{"ports", "dport` or `sport"},
	{"tcp.port", "tcp.dport` or `tcp.sport"},
	{"udp.port", "udp.dport` or `udp.sport"},
	{"iif", "iface"},
	{"iifname", "iface"},
	{"interface", "iface"},
	{"ethertype", "eth.type"},
	{"ether.type", "eth.type"},
	{"vlan", "vlan.id"},
	{"vid", "vlan.id"},
	{"frag", "fragment"},
	{"flags", "tcp.flags"},
};

bool field_find(const char *name, enum rpol_field *field)
{
	for (size_t i = 0; i < RPOL_FIELD_COUNT; i++) {
		if (strcmp(rpol_field_info((enum rpol_field)i)->name, name) == 0) {
			*field = (enum rpol_field)i;
			return true;
		}
	}
	return false;
}

/* The first field whose values have the type. */
static const char *field_of_type(enum rpol_type type)
{
	for (size_t i = 0; i < RPOL_FIELD_COUNT; i++) {
		if (rpol_field_info((enum rpol_field)i)->type == type)
			return rpol_field_info((enum rpol_field)i)->name;
	}
	return NULL;
}

/* `tcp` alone means `proto == tcp` to its writer; bogons alone, `src in bogons`. */
static bool help_word(struct check *check, struct rpol_diag *diag, const char *word)
{
	static const enum rpol_type types[] = {RPOL_TYPE_PROTO, RPOL_TYPE_ETHERTYPE, RPOL_TYPE_DSCP,
					       RPOL_TYPE_ICMP_TYPE, RPOL_TYPE_FLAGS};
	uint32_t value;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!type_symbol(types[i], word, &value))
			continue;
		rpol_diag_help(check->diags, diag, "write `%s %s %s`", field_of_type(types[i]),
			       types[i] == RPOL_TYPE_FLAGS ? "has" : "==", word);
		rpol_diag_fix(check->diags, diag, diag->span, "%s %s %s", field_of_type(types[i]),
			      types[i] == RPOL_TYPE_FLAGS ? "has" : "==", word);
		return true;
	}
	return false;
}

static void report_not_field(struct check *check, const struct symbol *symbol,
			     struct rpol_span span)
{
	const char *name = symbol->decl->name.text;
	struct rpol_diag *diag;

	if (symbol->twice || symbol->decl->kind == AST_REFUSED)
		return;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_WRONG_KIND, span,
			     "`%s` is %s, and here a field is needed", name,
			     decl_kind_text(symbol->decl->kind));
	rpol_diag_second(check->diags, diag, symbol->decl->name.span, "declared here");
	if (symbol->decl->kind == AST_SET && symbol->decl->set.fields)
		rpol_diag_help(check->diags, diag, "write `%s in %s`",
			       span_text(check, symbol->decl->set.type_span), name);
	else if (symbol->decl->kind == AST_SET && symbol->decl->set.type.text)
		rpol_diag_help(check->diags, diag, "write `%s in %s`",
			       strcmp(symbol->decl->set.type.text, "port") ? "src" : "dport", name);
	else if (symbol->decl->kind == AST_COND)
		rpol_diag_help(check->diags, diag, "a cond stands alone: write `%s`", name);
	else if (symbol->decl->kind == AST_INTERFACE)
		rpol_diag_help(check->diags, diag, "write `iface == %s`", name);
}

void report_field(struct check *check, const struct ast_name *name, bool word)
{
	const char *dot = strchr(name->text, '.');
	const char *siblings = NULL;
	struct symbol *symbol = symbol_find(check, name->text);
	struct words words = {0};
	struct rpol_diag *diag;

	if (symbol) {
		report_not_field(check, symbol, name->span);
		return;
	}
	if (refuse_later_field(check, name))
		return;
	check->unknowns++;
	diag = rpol_diag_add(check->diags, word ? RPOL_DIAG_UNKNOWN_NAME : RPOL_DIAG_UNKNOWN_FIELD,
			     name->span, word ? "unknown name `%s`" : "unknown field `%s`",
			     name->text);
	if (help_word(check, diag, name->text))
		return;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(aliases[i].theirs, name->text))
			continue;
		rpol_diag_help(check->diags, diag, "the field is called `%s`", aliases[i].ours);
		if (!strchr(aliases[i].ours, '`'))
			rpol_diag_fix(check->diags, diag, name->span, "%s", aliases[i].ours);
		return;
	}
	for (size_t i = 0; i < RPOL_FIELD_COUNT; i++) {
		const char *field = rpol_field_info((enum rpol_field)i)->name;

		words_add(check, &words, field);
		if (dot && strncmp(field, name->text, (size_t)(dot - name->text) + 1) == 0)
			siblings = siblings ? rpol_arena_printf(check->arena, "%s, `%s`", siblings,
								field)
					    : rpol_arena_printf(check->arena, "`%s`", field);
	}
	if (word)
		words_add_names(check, &words, KIND(AST_COND));
	if (!help_nearest(check, diag, name->text, &words) && siblings)
		rpol_diag_help(check->diags, diag, "there are %s", siblings);
}
