/* check_expr.c: conditions: operators, the values that fit them, and conds. */
#include "check.h"

#include <string.h>

static struct rpol_expr *new_expr(struct check *check, enum rpol_expr_kind kind,
				  struct rpol_span span)
{
	struct rpol_expr *expr = RPOL_NEW(check->arena, struct rpol_expr);

	expr->kind = kind;
	expr->span = span;
	return expr;
}

/* ---- tests ------------------------------------------------------------------------------ */

static bool report_operator(struct check *check, const struct ast_expr *ast, const char *why,
			    const char *example)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_OPERATOR, ast->op_span, "%s", why);
	if (example)
		rpol_diag_help(check->diags, diag, "write `%s`", example);
	return false;
}

/* The whole test can be written another way. */
static bool report_rewrite(struct check *check, const struct ast_expr *ast, const char *why,
			   const char *fix)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_OPERATOR, ast->op_span, "%s", why);
	rpol_diag_help(check->diags, diag, "write `%s`", fix);
	rpol_diag_fix(check->diags, diag, ast->span, "%s", fix);
	return false;
}

/* `src != { … }` and the like: in, with not before the field where it was negated. */
static bool report_needs_in(struct check *check, const struct ast_expr *ast, const char *what)
{
	const char *value = span_text(check, ast->value->span);
	const char *fix =
		rpol_arena_printf(check->arena, "%s%s in %s", ast->op == AST_NE ? "not " : "",
				  ast->field.text, value);

	return report_rewrite(check, ast,
			      rpol_arena_printf(check->arena,
						"`%s` compares with one value, and "
						"`%s` is %s",
						rpol_op_text((enum rpol_op)ast->op), value, what),
			      fix);
}

static bool is_set(const struct check *check, const struct ast_value *value, enum rpol_type type)
{
	const struct symbol *symbol;
	uint32_t number;

	if (value->kind != AST_NAME || type_symbol(type, value->text, &number))
		return false;
	symbol = symbol_find(check, value->text);
	return symbol && symbol->decl->kind == AST_SET && !symbol->twice;
}

static bool check_has(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr,
		      const struct rpol_field_info *info)
{
	const struct ast_value *value = ast->value;
	struct words words = {0};
	struct rpol_diag *diag;

	if (info->type != RPOL_TYPE_FLAGS)
		return report_operator(
			check, ast,
			rpol_arena_printf(check->arena, "`has` is for `tcp.flags`, not for `%s`",
					  info->name),
			info->type == RPOL_TYPE_BOOL || value->kind == AST_BAD
				? NULL
				: rpol_arena_printf(check->arena, "%s == %s", info->name,
						    span_text(check, value->span)));
	if (value->kind == AST_NAME && type_symbol(RPOL_TYPE_FLAGS, value->text, &expr->number))
		return true;
	if (value->kind == AST_BAD)
		return false;
#define SYMBOL(type, name, value)                                                                  \
	if (RPOL_TYPE_##type == RPOL_TYPE_FLAGS)                                                   \
		words_add(check, &words, name);
#include "rpol/symbols.def"
#undef SYMBOL
	diag = rpol_diag_add(check->diags,
			     value->kind == AST_NAME ? RPOL_DIAG_UNKNOWN_NAME : RPOL_DIAG_TYPE,
			     value->span, "`%s` is not a TCP flag", span_text(check, value->span));
	if (value->kind == AST_LIST)
		rpol_diag_help(
			check->diags, diag,
			"test one flag at a time: `tcp.flags has syn and tcp.flags has ack`");
	else if (value->kind != AST_NAME || !help_nearest(check, diag, value->text, &words))
		rpol_diag_help(check->diags, diag,
			       "the flags are fin, syn, rst, psh, ack, urg, ece and cwr");
	return false;
}

static bool check_iface(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr,
			const struct place *place)
{
	struct ast_name name = {ast->value->text, ast->value->span};
	struct symbol *symbol;

	if (ast->value->kind == AST_LIST)
		return report_needs_in(check, ast, "a list");
	if (ast->value->kind != AST_NAME) {
		if (ast->value->kind != AST_BAD)
			report_type(check, ast->value, place);
		return false;
	}
	symbol = symbol_use(check, &name, KIND(AST_INTERFACE));
	if (symbol && symbol->decl->interface.ndevices > 1) {
		/* any of them: `in`; the caller turns `!=` around */
		expr->set = check_members(check, ast->value, place);
		return expr->set;
	}
	expr->iface = symbol ? symbol->interface : NULL;
	return symbol;
}

static bool check_comparison(struct check *check, const struct ast_expr *ast,
			     struct rpol_expr *expr, const struct rpol_field_info *info)
{
	struct place place = field_place(check, expr->field, KIND(AST_CONST));
	bool equality = ast->op == AST_EQ || ast->op == AST_NE;
	struct scalar scalar;

	if (equality && info->type == RPOL_TYPE_TIME)
		return report_operator(check, ast,
				       "a time of day is one second, which few packets meet",
				       rpol_arena_printf(check->arena, "%stime in 22:00..06:00",
							 ast->op == AST_NE ? "not " : ""));
	if (!equality && (info->type == RPOL_TYPE_ADDR || info->type == RPOL_TYPE_IFACE ||
			  info->type == RPOL_TYPE_FLAGS || info->type == RPOL_TYPE_MAC ||
			  info->type == RPOL_TYPE_WEEKDAY))
		return report_operator(
			check, ast,
			rpol_arena_printf(check->arena, "`%s` has no order, so no `%s`", info->name,
					  rpol_op_text(expr->op)),
			info->type == RPOL_TYPE_FLAGS ? "tcp.flags has syn"
			: info->type == RPOL_TYPE_ADDR
				? rpol_arena_printf(check->arena, "%s in 192.0.2.0/24", info->name)
			: info->type == RPOL_TYPE_WEEKDAY ? "weekday in mon..fri"
			: info->type == RPOL_TYPE_MAC
				? rpol_arena_printf(check->arena, "%s == %s", info->name,
						    span_text(check, ast->value->span))
				: "iface == NAME");
	if (info->type == RPOL_TYPE_IFACE)
		return check_iface(check, ast, expr, &place);
	if (equality && ast->value->kind == AST_LIST)
		return report_needs_in(check, ast, "a list");
	if (equality && ast->value->kind == AST_RANGE && info->type != RPOL_TYPE_ADDR)
		return report_needs_in(check, ast, "a range");
	if (equality && is_set(check, ast->value, info->type))
		return report_needs_in(check, ast, "a set");
	if (!check_scalar(check, ast->value, &place, &scalar))
		return false;
	if (scalar.is_address && !scalar.bare)
		return report_needs_in(check, ast, "a prefix");
	expr->number = (uint32_t)scalar.number;
	if (scalar.is_address)
		expr->addr = scalar.prefix.addr;
	memcpy(expr->mac, scalar.mac, sizeof(expr->mac));
	return true;
}

/* `iface == servers` and `iface != servers` of a group of interfaces. */
static const struct rpol_expr *several_interfaces(struct check *check, struct rpol_expr *test)
{
	bool negated = test->op == RPOL_NE;
	struct rpol_expr * not;

	test->op = RPOL_IN;
	if (!negated)
		return test;
	not = new_expr(check, RPOL_EXPR_NOT, test->span);
	not->args = RPOL_NEW_ARRAY(check->arena, const struct rpol_expr *, 1);
	not->args[0] = test;
	not->nargs = 1;
	return not;
}

/* ---- what stands in parentheses: hash( ) and random( ) ------------------------------------ */

static bool report_params(struct check *check, const struct ast_expr *ast, const char *why,
			  const char *fix)
{
	struct rpol_diag *diag =
		rpol_diag_add(check->diags, RPOL_DIAG_OPERATOR, ast->field.span, "%s", why);

	if (fix)
		rpol_diag_help(check->diags, diag, "write `%s`", fix);
	return false;
}

static bool check_keys(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr)
{
	enum rpol_field *keys = NULL, key;
	size_t capacity = 0, size = 0;
	struct rpol_diag *diag;

	if (ast->params->kind == AST_NAME && !ast->params->next &&
	    strcmp(ast->params->text, "flow") == 0)
		return true;
	for (const struct ast_value *param = ast->params; param; param = param->next) {
		struct ast_name name = {param->text, param->span};

		if (param->kind == AST_BAD)
			return false;
		if (param->kind != AST_NAME || !field_find(name.text, &key) ||
		    key == RPOL_FIELD_HASH || key == RPOL_FIELD_RANDOM) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_FIELD, param->span,
					     "`%s` is no field that can be hashed",
					     span_text(check, param->span));
			rpol_diag_help(check->diags, diag,
				       "write `hash(flow)`, or fields as in `hash(src, dport)`");
			return false;
		}
		keys = rpol_arena_grow(check->arena, keys, expr->nkeys, &capacity, sizeof(*keys));
		keys[expr->nkeys++] = key;
		size += rpol_key_field_size(key);
	}
	expr->keys = keys;
	if (size <= RPOL_MAX_KEY)
		return true;
	rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, ast->span,
		      "the fields have %zu bytes together, and %d are the most", size,
		      RPOL_MAX_KEY);
	return false;
}

/* Fills expr from what is in the parentheses after its field, or reports. */
static bool check_params(struct check *check, const struct ast_expr *ast, struct rpol_expr *expr)
{
	switch (expr->field) {
	case RPOL_FIELD_HASH:
		if (!ast->params)
			return report_params(check, ast, "`hash` needs to be told of what",
					     "hash(flow)` or `hash(src, dport)");
		return check_keys(check, ast, expr);
	case RPOL_FIELD_RANDOM:
		if (ast->params && ast->params->kind == AST_BAD)
			return false;
		if (!ast->params || ast->params->kind != AST_RATIO || ast->params->next)
			return report_params(check, ast, "`random` needs to be told how often",
					     "random(1/100)");
		expr->number = (uint32_t)ast->params->number;
		return true;
	default:
		if (!ast->params)
			return true;
		return report_params(check, ast,
				     rpol_arena_printf(check->arena,
						       "`%s` has nothing in parentheses",
						       ast->field.text),
				     NULL);
	}
}

/* `eth.src in { a, b }` is one test for each. */
static const struct rpol_expr *check_macs(struct check *check, const struct ast_expr *ast,
					  enum rpol_field field)
{
	struct place place = field_place(check, field, KIND(AST_CONST));
	bool list = ast->value->kind == AST_LIST;
	const struct ast_value *item = list ? ast->value->items : ast->value;
	struct rpol_expr *either = new_expr(check, RPOL_EXPR_OR, ast->span);
	struct scalar scalar;
	size_t capacity = 0;
	bool ok = true;

	if (!item) {
		report_operator(check, ast, "a list without values holds nothing", NULL);
		return NULL;
	}
	for (; item; item = list ? item->next : NULL) {
		struct rpol_expr *test = new_expr(check, RPOL_EXPR_TEST, ast->span);

		if (!check_scalar(check, item, &place, &scalar)) {
			ok = false;
			continue;
		}
		test->field = field;
		test->op = RPOL_EQ;
		memcpy(test->mac, scalar.mac, sizeof(test->mac));
		either->args = rpol_arena_grow(check->arena, either->args, either->nargs, &capacity,
					       sizeof(*either->args));
		either->args[either->nargs++] = test;
	}
	return !ok ? NULL : either->nargs == 1 ? either->args[0] : either;
}

static const struct rpol_expr *check_test(struct check *check, const struct ast_expr *ast,
					  unsigned *tests)
{
	const struct rpol_field_info *info;
	struct rpol_expr *expr = new_expr(check, RPOL_EXPR_TEST, ast->span);
	bool ok;

	if (ast->fields)
		return check_tuple_test(check, ast, expr) ? expr : NULL;
	if (!field_find(ast->field.text, &expr->field)) {
		report_field(check, &ast->field, false);
		return NULL;
	}
	info = rpol_field_info(expr->field);
	expr->op = (enum rpol_op)ast->op;
	if (!check_params(check, ast, expr))
		return NULL;
	if (info->type == RPOL_TYPE_MAC && ast->op == AST_IN) {
		const struct rpol_expr *macs = check_macs(check, ast, expr->field);

		*tests = macs && macs->nargs ? (unsigned)macs->nargs : 1;
		return macs;
	}
	if (ast->op == AST_HAS) {
		ok = check_has(check, ast, expr, info);
	} else if (info->type == RPOL_TYPE_BOOL) {
		ok = report_operator(
			check, ast,
			rpol_arena_printf(check->arena, "`%s` is true or false by itself",
					  info->name),
			rpol_arena_printf(check->arena, "%s` or `not %s", info->name, info->name));
	} else if (ast->op == AST_IN) {
		struct place place =
			field_place(check, expr->field, KIND(AST_CONST) | KIND(AST_SET));

		expr->set = check_members(check, ast->value, &place);
		ok = expr->set;
		if (ok && expr->set->kind == RPOL_SET_KEYS) {
			expr->fields = &expr->field;
			expr->nfields = 1;
		}
	} else {
		ok = check_comparison(check, ast, expr, info);
	}
	if (ok && expr->set && expr->op != RPOL_IN)
		return several_interfaces(check, expr);
	return ok ? expr : NULL;
}

/* ---- words and combinations ------------------------------------------------------------- */

static const struct rpol_expr *check_word(struct check *check, const struct ast_expr *ast,
					  struct measure *measure)
{
	struct symbol *symbol;
	enum rpol_field field;
	struct rpol_expr *expr;
	struct rpol_diag *diag;

	if (field_find(ast->field.text, &field) &&
	    (field != RPOL_FIELD_HASH || ast->params || !symbol_find(check, ast->field.text))) {
		if (rpol_field_info(field)->type != RPOL_TYPE_BOOL) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_OPERATOR, ast->span,
					     "`%s` alone is neither true nor false",
					     ast->field.text);
			rpol_diag_help(check->diags, diag, "test it against a value: `%s %s …`",
				       ast->field.text,
				       rpol_field_info(field)->type == RPOL_TYPE_ADDR ? "in"
										      : "==");
			return NULL;
		}
		expr = new_expr(check, RPOL_EXPR_TEST, ast->span);
		expr->field = field;
		expr->op = RPOL_IS;
		measure->tests = 1;
		return check_params(check, ast, expr) ? expr : NULL;
	}
	symbol = symbol_find(check, ast->field.text);
	if (!symbol || symbol->decl->kind != AST_COND) {
		report_field(check, &ast->field, true);
		return NULL;
	}
	symbol = symbol_take(check, symbol, ast->field.span, KIND(AST_COND));
	if (!symbol)
		return NULL;
	*measure = symbol->measure;
	measure->depth++;
	return symbol->cond;
}

static unsigned add_tests(unsigned a, unsigned b)
{
	return a + b > RPOL_MAX_TESTS ? RPOL_MAX_TESTS + 1 : a + b;
}

static const struct rpol_expr *check_args(struct check *check, const struct ast_expr *ast,
					  struct measure *measure)
{
	struct rpol_expr *expr = new_expr(check,
					  ast->kind == AST_AND	? RPOL_EXPR_AND
					  : ast->kind == AST_OR ? RPOL_EXPR_OR
								: RPOL_EXPR_NOT,
					  ast->span);
	size_t capacity = 0;
	bool ok = true;

	for (const struct ast_expr *arg = ast->args; arg; arg = arg->next) {
		struct measure part;
		const struct rpol_expr *built = check_expr(check, arg, &part);
		/* `a and (b and c)` is one AND; a cond stays a node of its own, shared. */
		bool splice = built && built->kind == expr->kind && arg->kind == ast->kind &&
			      ast->kind != AST_NOT;

		if (!built) {
			ok = false;
			continue;
		}
		measure->tests = add_tests(measure->tests, part.tests);
		if (part.depth + !splice > measure->depth)
			measure->depth = part.depth + !splice;
		for (size_t i = 0; i < (splice ? built->nargs : 1); i++) {
			expr->args = rpol_arena_grow(check->arena, expr->args, expr->nargs,
						     &capacity, sizeof(*expr->args));
			expr->args[expr->nargs++] = splice ? built->args[i] : built;
		}
	}
	return ok ? expr : NULL;
}

const struct rpol_expr *check_expr(struct check *check, const struct ast_expr *ast,
				   struct measure *measure)
{
	const struct rpol_expr *expr = NULL;

	*measure = (struct measure){0};
	switch (ast->kind) {
	case AST_ANY:
		return new_expr(check, RPOL_EXPR_ANY, ast->span);
	case AST_TEST:
		measure->tests = 1;
		return check_test(check, ast, &measure->tests);
	case AST_WORD:
		return check_word(check, ast, measure);
	case AST_AND:
	case AST_OR:
	case AST_NOT:
		if (check->depth >= RPOL_MAX_NESTING) {
			rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, ast->span,
				      "conditions are nested more than %d deep here",
				      RPOL_MAX_NESTING);
			return NULL;
		}
		check->depth++;
		expr = check_args(check, ast, measure);
		check->depth--;
		return expr;
	case AST_BAD_EXPR:
		break;
	}
	return NULL;
}

bool check_measure(struct check *check, const struct measure *measure, struct rpol_span span)
{
	struct rpol_diag *diag;

	if (measure->tests > RPOL_MAX_TESTS) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, span,
				     "this condition has more than %d tests, its conds counted in",
				     RPOL_MAX_TESTS);
		rpol_diag_help(check->diags, diag,
			       "put the values in a set, or split the condition into rules");
		return false;
	}
	if (measure->depth > RPOL_MAX_NESTING) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, span,
			      "this condition is nested more than %d deep, its conds counted in",
			      RPOL_MAX_NESTING);
		return false;
	}
	return true;
}

bool check_cond(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;

	if (!decl->cond.expr)
		return false;
	symbol->cond = check_expr(check, decl->cond.expr, &symbol->measure);
	return symbol->cond && check_measure(check, &symbol->measure, decl->name.span);
}
