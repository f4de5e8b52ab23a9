/* check_verdict.c: how a rule ends: verdicts, their elses, and what they name: next hops and
 * groups. */
#include "check.h"

#include <string.h>

enum operand { NONE, ROUTE, TABLE, IFACE, CHAIN, CPU };

enum { X = 1 << RPOL_HOOK_XDP, I = 1 << RPOL_HOOK_TC_INGRESS, E = 1 << RPOL_HOOK_TC_EGRESS };

static const struct {
	const char *word;
	unsigned hooks;
	enum operand operand;
} verdicts[] = {
#define VERDICT(id, word, hooks, operand, doc) {word, hooks, operand},
#include "rpol/verdicts.def"
#undef VERDICT
};

static const unsigned operand_kinds[] = {
	[NONE] = 0,
	[ROUTE] = KIND(AST_NEXTHOP) | KIND(AST_GROUP),
	[TABLE] = KIND(AST_TABLE),
	[IFACE] = KIND(AST_INTERFACE),
	[CHAIN] = KIND(AST_CHAIN),
};

/* What other tools call a verdict. */
static const struct {
	const char *theirs, *ours;
} aliases[] = {
	{"accept", "pass"},	{"allow", "pass"},     {"permit", "pass"},  {"deny", "drop"},
	{"reject", "drop"},	{"block", "drop"},     {"discard", "drop"}, {"forward", "fib"},
	{"redirect", "send"},	{"reflect", "bounce"}, {"tx", "bounce"},    {"next", "continue"},
	{"return", "continue"}, {"via", "route"},
};

/* ---- resolving -------------------------------------------------------------------------- */

static bool find_word(struct check *check, const struct ast_name *word,
		      enum rpol_verdict_kind *kind)
{
	struct words words = {0};
	struct rpol_diag *diag;

	for (size_t i = 0; i < RPOL_VERDICT_COUNT; i++) {
		if (strcmp(verdicts[i].word, word->text) == 0) {
			*kind = (enum rpol_verdict_kind)i;
			return true;
		}
		words_add(check, &words, verdicts[i].word);
	}
	words_add_actions(check, &words);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_VERDICT, word->span,
			     "unknown verdict `%s`", word->text);
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(aliases[i].theirs, word->text))
			continue;
		rpol_diag_help(check->diags, diag, "the verdict is called `%s`", aliases[i].ours);
		rpol_diag_fix(check->diags, diag, word->span, "%s", aliases[i].ours);
		return false;
	}
	if (!help_nearest(check, diag, word->text, &words))
		rpol_diag_help(check->diags, diag,
			       "the verdicts are drop, pass, fib, route, lookup, send, bounce, "
			       "continue, jump and cpu");
	return false;
}

static bool check_operand(struct check *check, const struct ast_outcome *ast,
			  struct rpol_verdict *verdict)
{
	enum operand operand = verdicts[verdict->kind].operand;
	const char *word = ast->word.text;
	struct rpol_diag *diag;
	struct symbol *symbol;

	if (operand == NONE) {
		if (!ast->args)
			return true;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, ast->args->span,
				     ast->operand.text ? "`%s` takes no name after it"
						       : "`%s` takes nothing after it",
				     word);
		rpol_diag_help(check->diags, diag, "write `%s` alone", word);
		rpol_diag_fix(check->diags, diag, ast->operand.span, "%s", "");
		return false;
	}
	if (ast->args && ast->args->next) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, ast->args->next->span,
				     "nothing more belongs to `%s`", word);
		rpol_diag_help(check->diags, diag, "take it out");
		return false;
	}
	if (operand == CPU)
		return check_cpu(check, ast, verdict);
	if (!ast->operand.text) {
		if (ast->args && ast->args->kind == AST_BAD)
			return false;
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT,
				     ast->args ? ast->args->span : ast->word.span,
				     "`%s` needs %s after it", word,
				     decl_kinds_text(check, operand_kinds[operand]));
		rpol_diag_help(check->diags, diag, "write `%s NAME`", word);
		return false;
	}
	symbol = symbol_use(check, &ast->operand, operand_kinds[operand]);
	if (!symbol)
		return false;
	if (operand == TABLE)
		verdict->table = symbol->table;
	else if (operand == CHAIN)
		verdict->chain = symbol->chain;
	else if (operand == IFACE && !check_single(check, symbol, ast->operand.span))
		return false;
	else if (operand == IFACE)
		verdict->iface = symbol->interface;
	else if (symbol->decl->kind == AST_NEXTHOP)
		verdict->nexthop = symbol->nexthop;
	else
		verdict->group = symbol->group;
	return true;
}

static const struct rpol_verdict *check_verdict(struct check *check, const struct ast_outcome *ast)
{
	struct rpol_verdict *verdict = RPOL_NEW(check->arena, struct rpol_verdict);
	struct rpol_diag *diag;
	bool may_fail, ok;

	verdict->span = ast->span;
	if (action_is(ast)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, ast->span,
				     "`%s` is an action, and only a rule has actions, before its "
				     "verdict",
				     span_text(check, ast->span));
		rpol_diag_help(check->diags, diag, "write a rule that does it");
		return NULL;
	}
	if (!find_word(check, &ast->word, &verdict->kind))
		return NULL;
	ok = check_operand(check, ast, verdict);
	if (!ast->otherwise)
		return ok ? verdict : NULL;
	may_fail = verdict->kind == RPOL_VERDICT_ROUTE || verdict->kind == RPOL_VERDICT_LOOKUP;
	if (!may_fail) {
		diag = rpol_diag_add(
			check->diags, RPOL_DIAG_NO_VERDICT, ast->otherwise->span,
			verdict->kind == RPOL_VERDICT_JUMP
				? "`%s` goes on with the next rule, and has no `else`"
				: "`%s` always has an outcome, so nothing reaches this "
				  "`else`",
			ast->word.text);
		rpol_diag_help(check->diags, diag, "take the `else` out");
		return NULL;
	}
	if (check->depth >= RPOL_MAX_NESTING) {
		rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, ast->otherwise->span,
			      "more than %d verdicts follow each other by `else` here",
			      RPOL_MAX_NESTING);
		return NULL;
	}
	check->depth++;
	verdict->otherwise = check_outcome(check, ast->otherwise, ast->otherwise->span);
	check->depth--;
	if (!verdict->otherwise || !check_no_jump(check, verdict->otherwise, "an `else`"))
		return NULL;
	return ok ? verdict : NULL;
}

const struct rpol_verdict *check_outcome(struct check *check, const struct ast_outcome *outcomes,
					 struct rpol_span span)
{
	const struct rpol_verdict *verdict;
	struct rpol_diag *diag;

	if (!outcomes) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, span,
				     "this ends without a verdict");
		rpol_diag_help(check->diags, diag,
			       "say what becomes of the packet: `=> drop`, `=> pass`, …");
		return NULL;
	}
	verdict = check_verdict(check, outcomes);
	if (!outcomes->next)
		return verdict;
	if (!verdict)
		return NULL;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, outcomes->next->span,
			     "nothing can follow the verdict `%s`", outcomes->word.text);
	rpol_diag_second(check->diags, diag, outcomes->span, "the verdict");
	rpol_diag_help(check->diags, diag,
		       action_is(outcomes->next) ? "write the action before the verdict"
						 : "take one of the two out");
	return NULL;
}

/* ---- chains of else --------------------------------------------------------------------- */

const struct rpol_verdict *verdict_otherwise(const struct rpol_verdict *verdict)
{
	if (verdict->kind == RPOL_VERDICT_ROUTE && verdict->group && !verdict->otherwise)
		return verdict->group->otherwise;
	return verdict->otherwise;
}

const struct rpol_verdict *verdict_find(const struct rpol_verdict *verdict,
					enum rpol_verdict_kind kind)
{
	while (verdict && verdict->kind != kind)
		verdict = verdict_otherwise(verdict);
	return verdict;
}

const struct rpol_verdict *verdict_lacking(const struct rpol_verdict *verdict, enum rpol_hook hook)
{
	while (verdict && verdicts[verdict->kind].hooks & 1u << hook)
		verdict = verdict_otherwise(verdict);
	return verdict;
}

const struct rpol_verdict *outcome_lacking(const struct check *check,
					   const struct rpol_verdict *verdict, enum rpol_hook hook)
{
	const struct rpol_verdict *lacking = verdict_lacking(verdict, hook);

	for (; !lacking && verdict; verdict = verdict_otherwise(verdict)) {
		if (verdict->kind == RPOL_VERDICT_LOOKUP &&
		    check->table_facts[verdict->table->index].lacking[hook])
			lacking = verdict;
		else if (verdict->kind == RPOL_VERDICT_JUMP)
			lacking = check->chain_facts[verdict->chain->index].lacking[hook];
	}
	return lacking;
}

const char *hooks_text(struct check *check, unsigned hooks)
{
	const char *text = NULL;

	for (unsigned i = 0; i < RPOL_HOOK_COUNT; i++) {
		if (!(hooks & 1u << i))
			continue;
		text = text ? rpol_arena_printf(check->arena, "%s or `%s`", text,
						rpol_hook_text((enum rpol_hook)i))
			    : rpol_arena_printf(check->arena, "`%s`",
						rpol_hook_text((enum rpol_hook)i));
	}
	return text;
}

/* Queues E0503: a verdict in the chain that is jumped to. */
static bool report_chain(struct check *check, const struct rpol_verdict *jump,
			 const struct rpol_verdict *lacking, enum rpol_hook hook)
{
	const struct rpol_verdict *at = lacking;
	struct rpol_diag *diag;

	if (lacking->kind == RPOL_VERDICT_LOOKUP)
		at = verdict_lacking(
			check->table_facts[lacking->table->index].lacking[hook]->verdict, hook);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, jump->span,
			     "chain `%s` has rules that are not possible at `%s`",
			     jump->chain->name, rpol_hook_text(hook));
	rpol_diag_second(check->diags, diag, lacking->span, "leads to `%s`",
			 rpol_verdict_word(at->kind));
	rpol_diag_help(check->diags, diag, "put the policy at %s",
		       hooks_text(check, verdicts[at->kind].hooks));
	return false;
}

bool check_hook(struct check *check, const struct rpol_verdict *verdict, enum rpol_hook hook,
		struct rpol_span hook_span)
{
	const struct rpol_verdict *lacking = verdict_lacking(verdict, hook);
	const struct rpol_verdict *lookup;
	const struct rpol_entry *entry;
	struct rpol_diag *diag;

	if (lacking) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, lacking->span,
				     "`%s` is not possible at `%s`",
				     rpol_verdict_word(lacking->kind), rpol_hook_text(hook));
		rpol_diag_second(check->diags, diag, hook_span, "the policy's hook");
		rpol_diag_help(check->diags, diag, "put the policy at %s",
			       hooks_text(check, verdicts[lacking->kind].hooks));
		return false;
	}
	if (verdict->kind == RPOL_VERDICT_JUMP) {
		lacking = outcome_lacking(check, verdict, hook);
		return !lacking || report_chain(check, verdict, lacking, hook);
	}
	for (lookup = verdict; lookup; lookup = verdict_otherwise(lookup)) {
		if (lookup->kind != RPOL_VERDICT_LOOKUP)
			continue;
		entry = check->table_facts[lookup->table->index].lacking[hook];
		if (!entry)
			continue;
		lacking = verdict_lacking(entry->verdict, hook);
		diag = rpol_diag_add(check->diags, RPOL_DIAG_HOOK, lookup->span,
				     "table `%s` has entries that are not possible at `%s`",
				     lookup->table->name, rpol_hook_text(hook));
		rpol_diag_second(check->diags, diag, entry->span, "`%s`",
				 rpol_verdict_word(lacking->kind));
		rpol_diag_help(check->diags, diag, "put the policy at %s",
			       hooks_text(check, verdicts[lacking->kind].hooks));
		return false;
	}
	return true;
}

bool check_final(struct check *check, const struct rpol_verdict *verdict)
{
	struct rpol_diag *diag;

	for (; verdict; verdict = verdict_otherwise(verdict)) {
		const struct rpol_entry *entry = NULL;

		if (verdict->kind == RPOL_VERDICT_LOOKUP)
			entry = check->table_facts[verdict->table->index].goes_on;
		if (verdict->kind == RPOL_VERDICT_CONTINUE || verdict->kind == RPOL_VERDICT_JUMP) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_ELSE, verdict->span,
					     "`%s` in a default: no rule follows it",
					     rpol_verdict_word(verdict->kind));
			rpol_diag_help(check->diags, diag, "write `pass` or `drop`");
		} else if (verdict->kind == RPOL_VERDICT_LOOKUP && verdict->table->dynamic) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_ELSE, verdict->span,
					     "table `%s` is dynamic and may continue, and no rule "
					     "follows the default",
					     verdict->table->name);
			rpol_diag_help(check->diags, diag,
				       "look it up in a rule: `any => lookup %s`",
				       verdict->table->name);
		} else if (entry) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_ELSE, verdict->span,
					     "table `%s` may continue, and no rule follows the "
					     "default",
					     verdict->table->name);
			rpol_diag_second(check->diags, diag, entry->span, "continues");
			rpol_diag_help(check->diags, diag, "give the entry another verdict");
		} else if (verdict->kind == RPOL_VERDICT_LOOKUP && !verdict->otherwise) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_ELSE, verdict->span,
					     "what `lookup %s` does not find has no verdict",
					     verdict->table->name);
			rpol_diag_help(check->diags, diag, "write `lookup %s else drop`",
				       verdict->table->name);
		} else {
			continue;
		}
		return false;
	}
	return true;
}

/* ---- next hops -------------------------------------------------------------------------- */

static void report_missing(struct check *check, const struct ast_decl *decl, const char *what,
			   const char *part, const char *fix)
{
	struct rpol_diag *diag;

	if (span_refused(check, decl->span))
		return;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_MISSING_PROPERTY, decl->name.span,
			     "%s `%s` has no %s", what, decl->name.text, part);
	rpol_diag_help(check->diags, diag, "add %s", fix);
}

static void report_again(struct check *check, struct rpol_span again, struct rpol_span first,
			 const char *part)
{
	struct rpol_diag *diag;

	diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY, again, "%s is given twice",
			     part);
	rpol_diag_second(check->diags, diag, first, "first here");
	rpol_diag_help(check->diags, diag, "take one of the two out");
}

/* bpf_fib_lookup never finds the neighbour of a link-local address: such a next hop would leave
 * every packet to the kernel. */
static bool check_link(struct check *check, const struct ast_value *via,
		       const struct rpol_addr *addr)
{
	struct rpol_diag *diag;

	if (addr->family != 6 || addr->bytes[0] != 0xfe || (addr->bytes[1] & 0xc0) != 0x80)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, via->span,
			     "a link-local next hop is not in this version of rpol");
	rpol_diag_help(check->diags, diag,
		       "name a global or unique local address of the same router");
	return false;
}

static bool check_via(struct check *check, const struct ast_decl *decl,
		      struct rpol_nexthop *nexthop)
{
	static const struct place place = {
		.type = RPOL_TYPE_ADDR,
		.what = "`via` takes an address",
		.kinds = KIND(AST_CONST),
	};
	const struct ast_value *via = decl->nexthop.via;
	struct rpol_diag *diag;
	struct scalar scalar;

	if (!via) {
		report_missing(check, decl, "next hop", "address", "`via 192.0.2.1`, its address");
		return false;
	}
	if (via->next) {
		report_again(check, via->next->span, via->span, "`via`");
		return false;
	}
	if (!check_scalar(check, via, &place, &scalar))
		return false;
	nexthop->via = scalar.prefix.addr;
	if (scalar.bare)
		return check_link(check, via, &nexthop->via);
	diag = rpol_diag_add(check->diags, RPOL_DIAG_TYPE, via->span,
			     "`via` takes an address, and `%s` is a prefix",
			     span_text(check, via->span));
	rpol_diag_help(check->diags, diag, "write the gateway's own address, without a length");
	return false;
}

bool check_nexthop(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_nexthop *nexthop = symbol->nexthop;
	struct symbol *dev = NULL;
	bool ok;

	nexthop->name = decl->name.text;
	nexthop->span = decl->name.span;
	ok = check_via(check, decl, nexthop);
	if (!decl->nexthop.dev.text) {
		report_missing(check, decl, "next hop", "device", "`dev NAME`, an interface");
		return false;
	}
	if (decl->nexthop.dev_again.text) {
		report_again(check, decl->nexthop.dev_again.span, decl->nexthop.dev.span, "`dev`");
		return false;
	}
	dev = symbol_use(check, &decl->nexthop.dev, KIND(AST_INTERFACE));
	if (dev && !check_single(check, dev, decl->nexthop.dev.span))
		return false;
	nexthop->dev = dev ? dev->interface : NULL;
	return ok && dev;
}

/* ---- groups ----------------------------------------------------------------------------- */

static bool check_weight(struct check *check, const struct ast_decl *decl,
			 const struct ast_member *member, uint32_t *sum)
{
	struct rpol_diag *diag;

	if (!member->has_weight)
		return true;
	if (decl->group.prefer) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNEXPECTED, member->weight_span,
				     "`prefer` takes the first that is alive, so a weight means "
				     "nothing");
		rpol_diag_help(check->diags, diag, "take the weight out");
		return false;
	}
	if (member->weight == 0 || member->weight > RPOL_GROUP_BUCKETS) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, member->weight_span,
				     "a weight is a number from 1 to %d", RPOL_GROUP_BUCKETS);
		if (member->weight == 0)
			rpol_diag_help(check->diags, diag, "take `%s` out to give it nothing",
				       member->name.text);
		return false;
	}
	*sum += (uint32_t)member->weight - 1;
	return true;
}

static bool check_kind(struct check *check, const struct ast_decl *decl)
{
	const struct ast_name *hash = &decl->group.hash;
	struct rpol_diag *diag;

	if (!hash->text)
		return true;
	if (decl->group.prefer) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY,
				     decl->group.prefer_span,
				     "a group either hashes or prefers, not both");
		rpol_diag_second(check->diags, diag, hash->span, "hashes here");
		rpol_diag_help(check->diags, diag, "take one of the two out");
		return false;
	}
	if (strcmp(hash->text, "flow") == 0)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, hash->span,
			     "`hash %s` is not in this version of rpol", hash->text);
	rpol_diag_help(check->diags, diag, "write `hash flow`");
	return false;
}

static bool check_members_of(struct check *check, const struct ast_decl *decl,
			     struct rpol_group *group)
{
	const struct ast_member **seen = check->seen;
	struct rpol_member *members;
	uint32_t sum = 0;
	size_t n = 0;
	bool ok = true;

	for (const struct ast_member *member = decl->group.members; member; member = member->next)
		n++;
	members = RPOL_NEW_ARRAY(check->arena, struct rpol_member, n + 1);
	for (const struct ast_member *member = decl->group.members; member; member = member->next) {
		struct symbol *symbol = symbol_use(check, &member->name, KIND(AST_NEXTHOP));
		struct rpol_diag *diag;

		ok = check_weight(check, decl, member, &sum) && ok;
		sum++;
		if (!symbol) {
			ok = false;
			continue;
		}
		if (seen[symbol->nexthop->index]) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_ENTRY,
					     member->name.span, "`%s` is in the group twice",
					     member->name.text);
			rpol_diag_second(check->diags, diag,
					 seen[symbol->nexthop->index]->name.span, "first here");
			rpol_diag_help(check->diags, diag,
				       decl->group.prefer ? "take one of the two out"
							  : "give it a larger `weight` instead");
			ok = false;
			continue;
		}
		seen[symbol->nexthop->index] = member;
		members[group->nmembers++] = (struct rpol_member){
			.nexthop = symbol->nexthop,
			.weight = member->has_weight ? (uint32_t)member->weight : 1,
		};
	}
	group->members = members;
	for (size_t i = 0; i < group->nmembers; i++)
		seen[members[i].nexthop->index] = NULL;
	if (n == 0) {
		report_missing(check, decl, "group", "members", "the names of next hops");
		return false;
	}
	if (ok && sum > RPOL_GROUP_BUCKETS) {
		struct rpol_diag *diag =
			rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, decl->name.span,
				      "the weights of group `%s` add up to %u, more than %d",
				      decl->name.text, sum, RPOL_GROUP_BUCKETS);
		rpol_diag_help(check->diags, diag,
			       "divide them all: only their proportion matters");
		return false;
	}
	return ok;
}

bool check_group(struct check *check, struct symbol *symbol)
{
	const struct ast_decl *decl = symbol->decl;
	struct rpol_group *group = symbol->group;
	const struct rpol_verdict *lookup;
	bool ok;

	group->name = decl->name.text;
	group->span = decl->name.span;
	group->kind = decl->group.prefer ? RPOL_GROUP_PREFER : RPOL_GROUP_HASH;
	ok = check_kind(check, decl);
	ok = check_members_of(check, decl, group) && ok;
	if (!decl->group.otherwise)
		return ok;
	group->otherwise = check_outcome(check, decl->group.otherwise, decl->group.otherwise->span);
	if (group->otherwise && !check_no_jump(check, group->otherwise, "a group's `else`"))
		return false;
	lookup = verdict_find(group->otherwise, RPOL_VERDICT_LOOKUP);
	if (lookup) {
		struct rpol_diag *diag = rpol_diag_add(
			check->diags, RPOL_DIAG_NOT_YET, lookup->span,
			"a `lookup` in a group's `else` is not in this version of rpol");
		rpol_diag_help(check->diags, diag,
			       "write the `else` at the rule: `route %s else "
			       "lookup %s`",
			       group->name, lookup->table->name);
	}
	return ok && group->otherwise && !lookup;
}
