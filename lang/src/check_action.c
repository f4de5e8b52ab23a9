/* check_action.c: what a rule does before its verdict: actions, the counters they name, and whether
 * what they rewrite finds its way back. */
#include "check.h"

#include <string.h>

enum operand { COUNTER, FIELD, NUMBER, VLAN, NONE };

enum { X = 1 << RPOL_HOOK_XDP, I = 1 << RPOL_HOOK_TC_INGRESS, E = 1 << RPOL_HOOK_TC_EGRESS };

static const struct {
	const char *word;
	unsigned hooks;
	enum operand operand;
} actions[] = {
#define ACTION(id, word, hooks, operand, doc) {word, hooks, operand},
#include "rpol/actions.def"
#undef ACTION
};

/* ---- finding it ------------------------------------------------------------------------- */

/* True when the row's first word is this one; *second is its other word, or NULL. */
static bool first_word_is(enum rpol_action_kind kind, const char *word, const char **second)
{
	const char *row = actions[kind].word, *space = strchr(row, ' ');
	size_t length = space ? (size_t)(space - row) : strlen(row);

	*second = space ? space + 1 : NULL;
	return strlen(word) == length && !memcmp(row, word, length);
}

bool action_is(const struct ast_outcome *ast)
{
	const char *second;

	for (unsigned i = 0; i < RPOL_ACTION_COUNT_OF; i++)
		if (first_word_is((enum rpol_action_kind)i, ast->word.text, &second))
			return true;
	return false;
}

void words_add_actions(struct check *check, struct words *words)
{
	for (unsigned i = 0; i < RPOL_ACTION_COUNT_OF; i++)
		words_add(check, words,
			  rpol_arena_strndup(check->arena, actions[i].word,
					     strcspn(actions[i].word, " ")));
}

/* The action's row, and in *arg what follows its words. */
static bool find_action(struct check *check, const struct ast_outcome *ast,
			enum rpol_action_kind *kind, const struct ast_value **arg)
{
	struct words words = {0};
	const char *second;
	struct rpol_diag *diag;

	for (unsigned i = 0; i < RPOL_ACTION_COUNT_OF; i++) {
		if (!first_word_is((enum rpol_action_kind)i, ast->word.text, &second))
			continue;
		*kind = (enum rpol_action_kind)i;
		*arg = ast->args;
		if (!second)
			return true;
		words_add(check, &words, second);
		if (!ast->operand.text || strcmp(ast->operand.text, second))
			continue;
		*arg = ast->args->next;
		return true;
	}
	if (ast->operand.text)
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_VERDICT, ast->operand.span,
				     "unknown action `%s %s`", ast->word.text, ast->operand.text);
	else
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_VERDICT, ast->span,
				     "`%s` is not a whole action", ast->word.text);
	if (!ast->operand.text || !help_nearest(check, diag, ast->operand.text, &words))
		rpol_diag_help(check->diags, diag, "write `%s %s` or `%s %s`", ast->word.text,
			       words.items[0], ast->word.text, words.items[words.count - 1]);
	return false;
}

/* ---- what follows it -------------------------------------------------------------------- */

static bool report_needs(struct check *check, struct rpol_span span, const char *word,
			 const char *what, const char *fix)
{
	struct rpol_diag *diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, span,
					       "`%s` needs %s after it", word, what);

	rpol_diag_help(check->diags, diag, "write `%s %s`", word, fix);
	return false;
}

static bool report_more(struct check *check, const struct ast_value *arg, const char *word)
{
	struct rpol_diag *diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, arg->span,
					       "nothing more belongs to `%s`", word);

	rpol_diag_help(check->diags, diag, "take it out, or write a comma before it");
	return false;
}

static const struct rpol_named_counter *take_counter(struct check *check,
						     const struct ast_value *arg)
{
	struct rpol_diag *diag;

	for (size_t i = 0; i < check->nnamed; i++)
		if (strcmp(check->named[i].name, arg->text) == 0)
			return &check->named[i];
	if (arg->span.length > RPOL_MAX_NAME) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, arg->span,
				     "a counter's name has at most %d characters, this one has %u",
				     RPOL_MAX_NAME, arg->span.length);
		rpol_diag_help(check->diags, diag, "choose a shorter name");
		return NULL;
	}
	if (check->nnamed == RPOL_MAX_COUNTERS) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, arg->span,
			      "a policy has at most %d counters of its own, and this is one more",
			      RPOL_MAX_COUNTERS);
		return NULL;
	}
	if (!check->named)
		check->named =
			RPOL_NEW_ARRAY(check->arena, struct rpol_named_counter, RPOL_MAX_COUNTERS);
	check->named[check->nnamed] =
		(struct rpol_named_counter){.name = arg->text, .span = arg->span};
	return &check->named[check->nnamed++];
}

static bool check_counter(struct check *check, const struct ast_outcome *ast,
			  const struct ast_value *arg, struct rpol_action *action)
{
	if (!arg || arg->kind != AST_NAME || strchr(arg->text, '.'))
		return arg && arg->kind == AST_BAD
			       ? false
			       : report_needs(check, arg ? arg->span : ast->span, "count",
					      "a counter's name", "NAME");
	action->counter = take_counter(check, arg);
	return action->counter && (!arg->next || report_more(check, arg->next, "count"));
}

static bool find_settable(struct check *check, const struct ast_value *arg, enum rpol_field *field)
{
	const struct ast_name name = {arg->text, arg->span};
	struct words words = {0};
	struct rpol_diag *diag;

	if (field_find(arg->text, field)) {
		if (rpol_field_info(*field)->settable)
			return true;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NOT_SETTABLE, arg->span,
				     "`%s` cannot be set", arg->text);
	} else {
		if (refuse_later_field(check, &name))
			return false;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_FIELD, arg->span,
				     "unknown field `%s`", arg->text);
	}
	const char *all = NULL;

	for (unsigned i = 0; i < RPOL_FIELD_COUNT; i++) {
		const struct rpol_field_info *info = rpol_field_info((enum rpol_field)i);

		if (!info->settable)
			continue;
		words_add(check, &words, info->name);
		all = all ? rpol_arena_printf(check->arena, "%s, %s", all, info->name) : info->name;
	}
	if (field_find(arg->text, field) || !help_nearest(check, diag, arg->text, &words))
		rpol_diag_help(check->diags, diag, "the fields that can be set are %s", all);
	return false;
}

/* Of what rewriting needs a way back. */
static void note_rewrite(struct check *check, const struct rpol_action *action)
{
	enum rewrite rewrite;

	switch (action->field) {
	case RPOL_FIELD_SRC:
		rewrite = REWRITE_SRC;
		break;
	case RPOL_FIELD_DST:
		rewrite = REWRITE_DST;
		break;
	case RPOL_FIELD_SPORT:
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_UDP_SPORT:
		rewrite = REWRITE_SPORT;
		break;
	case RPOL_FIELD_DPORT:
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_UDP_DPORT:
		rewrite = REWRITE_DPORT;
		break;
	default:
		return;
	}
	if (!check->rewrites[rewrite].length)
		check->rewrites[rewrite] = action->span;
}

static bool check_value(struct check *check, const struct ast_value *value, enum rpol_field field,
			struct rpol_action *action)
{
	struct place place = field_place(check, field, KIND(AST_CONST));
	struct rpol_diag *diag;
	struct scalar scalar;

	if (!check_scalar(check, value, &place, &scalar))
		return false;
	action->field = field;
	action->number = (uint32_t)scalar.number;
	memcpy(action->mac, scalar.mac, sizeof(action->mac));
	if (place.type != RPOL_TYPE_ADDR)
		return true;
	action->addr = scalar.prefix.addr;
	if (scalar.bare)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, value->span, "%s, and `%s` is a prefix",
			     place.what, span_text(check, value->span));
	rpol_diag_help(check->diags, diag, "write one address, without a length");
	return false;
}

static bool check_set_field(struct check *check, const struct ast_outcome *ast,
			    const struct ast_value *arg, struct rpol_action *action)
{
	enum rpol_field field;

	if (!arg || arg->kind != AST_NAME)
		return arg && arg->kind == AST_BAD
			       ? false
			       : report_needs(check, arg ? arg->span : ast->span, "set", "a field",
					      "FIELD VALUE");
	if (!find_settable(check, arg, &field))
		return false;
	if (!arg->next)
		return report_needs(check, ast->span,
				    rpol_arena_printf(check->arena, "set %s", arg->text),
				    type_text(rpol_field_info(field)->type), "VALUE");
	if (!check_value(check, arg->next, field, action))
		return false;
	note_rewrite(check, action);
	return true;
}

static bool check_vlan_id(struct check *check, const struct ast_outcome *ast,
			  const struct ast_value *arg, struct rpol_action *action)
{
	if (!arg)
		return report_needs(check, ast->span, "vlan push", "a VLAN identifier", "ID");
	return check_value(check, arg, RPOL_FIELD_VLAN_ID, action);
}

/* `mark 5` is `set mark 5`. */
static bool check_short_set(struct check *check, const struct ast_outcome *ast,
			    const struct ast_value *arg, struct rpol_action *action)
{
	enum rpol_field field =
		action->kind == RPOL_ACTION_MARK ? RPOL_FIELD_MARK : RPOL_FIELD_PRIORITY;

	if (!arg)
		return report_needs(check, ast->span, ast->word.text, "a number", "NUMBER");
	if (!check_value(check, arg, field, action))
		return false;
	action->kind = RPOL_ACTION_SET;
	return !arg->next || report_more(check, arg->next, ast->word.text);
}

static bool check_action(struct check *check, const struct ast_outcome *ast,
			 struct rpol_action *action)
{
	const struct ast_value *arg;
	struct rpol_diag *diag;

	action->span = ast->span;
	if (!find_action(check, ast, &action->kind, &arg))
		return false;
	if (ast->otherwise) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, ast->otherwise->span,
				     "an action always happens, so nothing reaches this `else`");
		rpol_diag_help(check->diags, diag, "take the `else` out");
		return false;
	}
	switch (actions[action->kind].operand) {
	case COUNTER:
		return check_counter(check, ast, arg, action);
	case FIELD:
		return check_set_field(check, ast, arg, action);
	case NUMBER:
		return check_short_set(check, ast, arg, action);
	case VLAN:
		return check_vlan_id(check, ast, arg, action);
	case NONE:
		break;
	}
	return !arg || report_more(check, arg, rpol_action_word(action->kind));
}

/* ---- all of a rule's -------------------------------------------------------------------- */

bool check_actions(struct check *check, const struct ast_outcome **outcomes, struct rpol_rule *rule)
{
	const struct ast_outcome *ast = *outcomes, *last = NULL;
	struct rpol_action *list;
	struct rpol_diag *diag;
	size_t n = 0;
	bool ok = true;

	for (; ast && action_is(ast); ast = ast->next)
		n++;
	if (!n)
		return true;
	if (n > RPOL_MAX_ACTIONS) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, (*outcomes)->span,
			      "a rule has at most %d actions, and this one has %zu",
			      RPOL_MAX_ACTIONS, n);
		return false;
	}
	list = RPOL_NEW_ARRAY(check->arena, struct rpol_action, n);
	for (ast = *outcomes; ast && action_is(ast); last = ast, ast = ast->next)
		ok = check_action(check, ast, &list[rule->nactions++]) && ok;
	for (size_t i = 0; i < n; i++)
		check->changes_packets |= list[i].kind != RPOL_ACTION_COUNT;
	rule->actions = list;
	*outcomes = ast;
	if (ast)
		return ok;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, last->span,
			     "`%s` is an action, and no verdict follows it",
			     span_text(check, last->span));
	rpol_diag_help(check->diags, diag, "say what becomes of the packet: `%s, continue`",
		       span_text(check, last->span));
	return false;
}

static unsigned hooks_of(const struct rpol_action *action)
{
	unsigned hooks = actions[action->kind].hooks;

	return action->kind == RPOL_ACTION_SET ? hooks & rpol_field_info(action->field)->hooks
					       : hooks;
}

const struct rpol_action *action_lacking(const struct rpol_rule *rule, enum rpol_hook hook)
{
	for (size_t i = 0; i < rule->nactions; i++)
		if (!(hooks_of(&rule->actions[i]) & 1u << hook))
			return &rule->actions[i];
	return NULL;
}

bool check_actions_hook(struct check *check, const struct rpol_rule *rule, enum rpol_hook hook,
			struct rpol_span hook_span)
{
	const struct rpol_action *lacking = action_lacking(rule, hook);
	struct rpol_diag *diag;

	if (!lacking)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, lacking->span,
			     "`%s` is not possible at `%s`", span_text(check, lacking->span),
			     rpol_hook_text(hook));
	rpol_diag_second(check->diags, diag, hook_span, "the policy's hook");
	rpol_diag_help(check->diags, diag, "put the policy at %s",
		       hooks_text(check, hooks_of(lacking)));
	return false;
}

/* ---- the way back ----------------------------------------------------------------------- */

void warn_no_way_back(struct check *check)
{
	static const struct {
		enum rewrite rewrite, back;
		const char *field, *other;
	} pairs[] = {
		{REWRITE_DST, REWRITE_SRC, "dst", "src"},
		{REWRITE_SRC, REWRITE_DST, "src", "dst"},
		{REWRITE_DPORT, REWRITE_SPORT, "dport", "sport"},
		{REWRITE_SPORT, REWRITE_DPORT, "sport", "dport"},
	};
	struct rpol_diag *diag;

	if (check->diags->errors)
		return;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct rpol_span span = check->rewrites[pairs[i].rewrite];

		if (!span.length || check->rewrites[pairs[i].back].length)
			continue;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_WAY_BACK, span,
				     "`%s` is rewritten, and nothing rewrites `%s` of the answers",
				     pairs[i].field, pairs[i].other);
		rpol_diag_help(check->diags, diag,
			       "add the rule for the way back, with `set %s` to what `%s` was",
			       pairs[i].other, pairs[i].field);
	}
}
