/* ast_dump.c: the syntax tree as text, one node a line, children indented. Spans are left out:
 * two texts that mean the same have the same dump. */
#include "passes.h"

#include <inttypes.h>

static void put_value(const struct ast_value *value, FILE *out)
{
	char text[RPOL_ADDR_TEXT];

	switch (value->kind) {
	case AST_NUMBER:
		fprintf(out, "%" PRIu64, value->number);
		return;
	case AST_QUANTITY:
		fprintf(out, "quantity:%s", value->text);
		return;
	case AST_PREFIX:
		fputs(value->bare ? rpol_addr_text(&value->prefix.addr, text)
				  : rpol_prefix_text(&value->prefix, text),
		      out);
		fputs(value->host_bits ? "!host-bits" : "", out);
		return;
	case AST_MAC:
		fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", value->mac[0], value->mac[1],
			value->mac[2], value->mac[3], value->mac[4], value->mac[5]);
		return;
	case AST_TIME:
		fprintf(out, "time:%" PRIu64, value->number);
		return;
	case AST_RATIO:
		fprintf(out, "1/%" PRIu64, value->number);
		return;
	case AST_NAME:
		fputs(value->text, out);
		return;
	case AST_RANGE:
		put_value(value->low, out);
		fputs("..", out);
		put_value(value->high, out);
		return;
	case AST_LIST:
		fputc('{', out);
		for (const struct ast_value *item = value->items; item; item = item->next) {
			fputc(' ', out);
			put_value(item, out);
		}
		fputs(" }", out);
		return;
	case AST_TUPLE:
		for (const struct ast_value *item = value->items; item; item = item->next) {
			fputs(item == value->items ? "(" : ", ", out);
			put_value(item, out);
		}
		fputc(')', out);
		return;
	case AST_STRING:
		fprintf(out, "\"%s\"", value->text);
		return;
	case AST_BAD:
		fputs("bad", out);
		return;
	}
}

static void put_names(const struct ast_name *names, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? ", " : "(", names[i].text);
	fputc(')', out);
}

static void put_params(const struct ast_expr *expr, FILE *out)
{
	for (const struct ast_value *param = expr->params; param; param = param->next) {
		fputs(param == expr->params ? "(" : ", ", out);
		put_value(param, out);
		fputs(param->next ? "" : ")", out);
	}
}

static void put_expr(const struct ast_expr *expr, int indent, FILE *out)
{
	static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">=", "in", "has"};

	fprintf(out, "%*s", indent, "");
	switch (expr->kind) {
	case AST_ANY:
		fputs("any\n", out);
		return;
	case AST_WORD:
		fprintf(out, "word %s", expr->field.text);
		put_params(expr, out);
		fputc('\n', out);
		return;
	case AST_TEST:
		fputs("test ", out);
		if (expr->fields)
			put_names(expr->fields, expr->nfields, out);
		else
			fputs(expr->field.text, out);
		put_params(expr, out);
		fprintf(out, " %s ", ops[expr->op]);
		put_value(expr->value, out);
		fputc('\n', out);
		return;
	case AST_AND:
	case AST_OR:
	case AST_NOT:
		fputs(expr->kind == AST_AND  ? "and\n"
		      : expr->kind == AST_OR ? "or\n"
					     : "not\n",
		      out);
		for (const struct ast_expr *arg = expr->args; arg; arg = arg->next)
			put_expr(arg, indent + 2, out);
		return;
	case AST_BAD_EXPR:
		fputs("bad\n", out);
		return;
	}
}

static void put_outcome(const struct ast_outcome *outcome, FILE *out)
{
	for (; outcome; outcome = outcome->otherwise) {
		fputs(outcome->word.text, out);
		for (const struct ast_value *arg = outcome->args; arg; arg = arg->next) {
			fputc(' ', out);
			put_value(arg, out);
		}
		fputs(outcome->otherwise ? " else " : "", out);
	}
}

static void put_group(const struct ast_decl *decl, FILE *out)
{
	if (decl->group.hash.text)
		fprintf(out, "  hash %s\n", decl->group.hash.text);
	fputs(decl->group.prefer ? "  prefer\n" : "", out);
	for (const struct ast_member *m = decl->group.members; m; m = m->next) {
		fprintf(out, "  member %s", m->name.text);
		if (m->has_weight)
			fprintf(out, " weight %" PRIu64, m->weight);
		fputc('\n', out);
	}
	if (decl->group.otherwise) {
		fputs("  else ", out);
		put_outcome(decl->group.otherwise, out);
		fputc('\n', out);
	}
}

static void put_line(const char *head, const struct ast_outcome *outcome, FILE *out)
{
	if (!outcome)
		return;
	fputs(head, out);
	put_outcome(outcome, out);
	fputc('\n', out);
}

static void put_rules(const struct ast_rule *rule, FILE *out)
{
	for (; rule; rule = rule->next) {
		fprintf(out, "  rule %s\n", rule->label.text);
		put_expr(rule->match, 4, out);
		for (const struct ast_outcome *o = rule->outcomes; o; o = o->next)
			put_line("    => ", o, out);
	}
}

static void put_policy(const struct ast_decl *decl, FILE *out)
{
	for (size_t i = 0; i < decl->policy.nifaces; i++)
		fprintf(out, "  on %s\n", decl->policy.ifaces[i].text);
	fprintf(out, "  at %s\n", decl->policy.hook.text);
	put_line("  default ", decl->policy.default_outcome, out);
	put_line("  default again ", decl->policy.default_again, out);
	if (decl->policy.fragments.text)
		fprintf(out, "  fragments %s\n", decl->policy.fragments.text);
	if (decl->policy.fragments_again.text)
		fprintf(out, "  fragments again %s\n", decl->policy.fragments_again.text);
	put_rules(decl->policy.rules, out);
}

static void put_from(const char *head, const struct ast_value *from, FILE *out)
{
	if (!from)
		return;
	fputs(head, out);
	put_value(from, out);
	fputc('\n', out);
}

static void put_decl(const struct ast_decl *decl, FILE *out)
{
	static const char *const words[] = {
		[AST_INTERFACE] = "interface", [AST_CONST] = "const",	  [AST_SET] = "set",
		[AST_COND] = "cond",	       [AST_NEXTHOP] = "nexthop", [AST_GROUP] = "group",
		[AST_TABLE] = "table",	       [AST_POLICY] = "policy",	  [AST_REFUSED] = "refused",
		[AST_CHAIN] = "chain",
	};

	fprintf(out, "%s%s %s\n", decl->dynamic ? "dynamic " : "", words[decl->kind],
		decl->name.text);
	for (const struct ast_property *p = decl->properties; p; p = p->next) {
		fprintf(out, "  %s ", p->name.text);
		put_from("", p->value, out);
	}
	switch (decl->kind) {
	case AST_INTERFACE:
		for (size_t i = 0; i < decl->interface.ndevices; i++)
			fprintf(out, "  device %s\n", decl->interface.devices[i].text);
		break;
	case AST_CONST:
		put_from("  value ", decl->constant.value, out);
		break;
	case AST_SET:
		fputs("  type ", out);
		if (decl->set.type.text)
			fputs(decl->set.type.text, out);
		else
			put_names(decl->set.fields, decl->set.nfields, out);
		fputc('\n', out);
		for (const struct ast_value *v = decl->set.items; v; v = v->next)
			put_from("  item ", v, out);
		put_from("  from file ", decl->set.file, out);
		break;
	case AST_COND:
		put_expr(decl->cond.expr, 2, out);
		break;
	case AST_NEXTHOP:
		put_from("  via ", decl->nexthop.via, out);
		if (decl->nexthop.dev.text)
			fprintf(out, "  dev %s\n", decl->nexthop.dev.text);
		if (decl->nexthop.dev_again.text)
			fprintf(out, "  dev again %s\n", decl->nexthop.dev_again.text);
		break;
	case AST_GROUP:
		put_group(decl, out);
		break;
	case AST_TABLE:
		fprintf(out, "  %s ", decl->table.method.text);
		if (decl->table.nkeys == 1)
			fputs(decl->table.keys[0].text, out);
		else
			put_names(decl->table.keys, decl->table.nkeys, out);
		fputc('\n', out);
		for (const struct ast_entry *e = decl->table.entries; e; e = e->next) {
			fputs("  entry ", out);
			put_value(e->key, out);
			put_line(" => ", e->outcome, out);
		}
		put_from("  from file ", decl->table.file, out);
		break;
	case AST_CHAIN:
		put_rules(decl->policy.rules, out);
		break;
	case AST_POLICY:
		put_policy(decl, out);
		break;
	case AST_REFUSED:
		break;
	}
}

void rpol_unit_dump_ast(const struct rpol_unit *unit, FILE *out)
{
	for (const struct ast_decl *decl = unit->ast.decls; decl; decl = decl->next)
		put_decl(decl, out);
}
