/* build.c: the nodes of the syntax tree, one function for each action of the grammar. What names
 * and values are is in build_value.c. */
#include "parse.h"

#include <string.h>

static struct rpol_span cover(struct rpol_span a, struct rpol_span b)
{
	a.length = b.offset + b.length - a.offset;
	return a;
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
		if (!rpol_build_number(p, weight->first, &member->weight))
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
