/* policy.c: the words of the checked policy, and its text form. The dump shows what the policy
 * means, not how it was written: sets in normal form, conds in place, rules with counters. */
#include "rpol/policy.h"

#include <assert.h>
#include <string.h>

const struct rpol_field_info *rpol_field_info(enum rpol_field field)
{
	enum {
		X = 1 << RPOL_HOOK_XDP,
		I = 1 << RPOL_HOOK_TC_INGRESS,
		E = 1 << RPOL_HOOK_TC_EGRESS
	};
	static const struct rpol_field_info infos[] = {
#define FIELD(id, name, type, layer, max, hooks, settable, doc)                                    \
	{name, RPOL_TYPE_##type, RPOL_LAYER_##layer, max, hooks, settable, doc},
#include "rpol/fields.def"
#undef FIELD
	};

	return &infos[field];
}

const struct rpol_chain_use *rpol_program_chain(const struct rpol_program *program,
						const struct rpol_chain *chain)
{
	size_t low = 0, high = program->nchains;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (program->chains[middle].chain->index <= chain->index)
			low = middle;
		else
			high = middle;
	}
	assert(program->nchains && program->chains[low].chain == chain);
	return &program->chains[low];
}

size_t rpol_key_field_size(enum rpol_field field)
{
	switch (rpol_field_info(field)->type) {
	case RPOL_TYPE_ADDR:
		return 16;
	case RPOL_TYPE_MAC:
		return 6;
	default:
		return 4;
	}
}

const char *rpol_verdict_word(enum rpol_verdict_kind kind)
{
	static const char *const words[] = {
#define VERDICT(id, word, hooks, operand, doc) word,
#include "rpol/verdicts.def"
#undef VERDICT
	};

	return words[kind];
}

const char *rpol_hook_text(enum rpol_hook hook)
{
	static const char *const texts[] = {
		[RPOL_HOOK_XDP] = "xdp",
		[RPOL_HOOK_TC_INGRESS] = "tc ingress",
		[RPOL_HOOK_TC_EGRESS] = "tc egress",
	};

	return texts[hook];
}

const char *rpol_op_text(enum rpol_op op)
{
	static const char *const texts[] = {
		[RPOL_EQ] = "==", [RPOL_NE] = "!=",   [RPOL_LT] = "<",
		[RPOL_LE] = "<=", [RPOL_GT] = ">",    [RPOL_GE] = ">=",
		[RPOL_IN] = "in", [RPOL_HAS] = "has", [RPOL_IS] = "",
	};

	return texts[op];
}

/* What follows a verdict's word; NULL: nothing does. buf holds a number. */
static const char *operand_text(const struct rpol_verdict *verdict, char buf[16])
{
	if (verdict->kind == RPOL_VERDICT_CPU && verdict->cpu != RPOL_CPU_SPREAD) {
		snprintf(buf, 16, "%u", verdict->cpu);
		return buf;
	}
	return verdict->nexthop			   ? verdict->nexthop->name
	       : verdict->group			   ? verdict->group->name
	       : verdict->table			   ? verdict->table->name
	       : verdict->iface			   ? verdict->iface->name
	       : verdict->chain			   ? verdict->chain->name
	       : verdict->kind == RPOL_VERDICT_CPU ? "spread"
						   : NULL;
}

const char *rpol_verdict_text(const struct rpol_verdict *verdict, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		buf[0] = '\0';
	for (const char *join = ""; verdict && used < size; verdict = verdict->otherwise) {
		char number[16];
		const char *name = operand_text(verdict, number);
		int n = snprintf(buf + used, size - used, "%s%s%s%s", join,
				 rpol_verdict_word(verdict->kind), name ? " " : "",
				 name ? name : "");

		used += (size_t)n;
		join = " else ";
	}
	return buf;
}

const char *rpol_action_word(enum rpol_action_kind kind)
{
	static const char *const words[] = {
#define ACTION(id, word, hooks, operand, doc) word,
#include "rpol/actions.def"
#undef ACTION
	};

	return words[kind];
}

const char *rpol_action_text(const struct rpol_action *action, char *buf, size_t size)
{
	const char *word = rpol_action_word(action->kind);
	const struct rpol_field_info *info;
	char addr[RPOL_ADDR_TEXT];

	switch (action->kind) {
	case RPOL_ACTION_COUNT:
		snprintf(buf, size, "%s %s", word, action->counter->name);
		break;
	case RPOL_ACTION_SET:
		info = rpol_field_info(action->field);
		if (info->type == RPOL_TYPE_ADDR)
			snprintf(buf, size, "%s %s %s", word, info->name,
				 rpol_addr_text(&action->addr, addr));
		else if (info->type == RPOL_TYPE_MAC)
			snprintf(buf, size, "%s %s %02x:%02x:%02x:%02x:%02x:%02x", word, info->name,
				 action->mac[0], action->mac[1], action->mac[2], action->mac[3],
				 action->mac[4], action->mac[5]);
		else
			snprintf(buf, size, "%s %s %u", word, info->name, action->number);
		break;
	case RPOL_ACTION_VLAN_PUSH:
		snprintf(buf, size, "%s %u", word, action->number);
		break;
	case RPOL_ACTION_MARK:
	case RPOL_ACTION_PRIORITY:
	case RPOL_ACTION_VLAN_POP:
	case RPOL_ACTION_COUNT_OF:
		snprintf(buf, size, "%s", word);
		break;
	}
	return buf;
}

const char *rpol_outcome_text(const struct rpol_rule *rule, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < rule->nactions && used < size; i++) {
		rpol_action_text(&rule->actions[i], buf + used, size - used);
		used += strlen(buf + used);
		if (used + 2 < size)
			used += (size_t)snprintf(buf + used, size - used, ", ");
	}
	rpol_verdict_text(rule->verdict, buf + used, size - used);
	return buf;
}

/* ---- the dump --------------------------------------------------------------------------- */

static void dump_verdict(const struct rpol_verdict *verdict, FILE *out)
{
	for (const char *join = ""; verdict; verdict = verdict->otherwise, join = " else ") {
		char number[16];
		const char *name = operand_text(verdict, number);

		fprintf(out, "%s%s%s%s", join, rpol_verdict_word(verdict->kind), name ? " " : "",
			name ? name : "");
	}
}

static uint32_t key_number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void dump_key_addr(const uint8_t *at, FILE *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct rpol_addr addr = {.family = memcmp(at, mapped, 12) ? 6 : 4};
	char buf[RPOL_ADDR_TEXT];

	memcpy(addr.bytes, addr.family == 4 ? at + 12 : at, addr.family == 4 ? 4 : 16);
	fputs(rpol_addr_text(&addr, buf), out);
}

static void dump_mac(const uint8_t *mac, FILE *out)
{
	fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]);
}

/* The bytes of a key as values; an interface as its number. */
static void dump_key(const struct rpol_key *key, const uint8_t *at, FILE *out)
{
	for (size_t i = 0; i < key->nfields; i++) {
		fputs(i ? ", " : key->nfields > 1 ? "(" : "", out);
		if (rpol_field_info(key->fields[i])->type == RPOL_TYPE_ADDR)
			dump_key_addr(at, out);
		else if (rpol_field_info(key->fields[i])->type == RPOL_TYPE_MAC)
			dump_mac(at, out);
		else
			fprintf(out, "%u", key_number(at));
		at += rpol_key_field_size(key->fields[i]);
	}
	fputs(key->nfields > 1 ? ")" : "", out);
}

static void dump_fields(const enum rpol_field *fields, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s",
			i	    ? ", "
			: count > 1 ? "("
				    : "",
			rpol_field_info(fields[i])->name);
	fputs(count > 1 ? ")" : "", out);
}

static void dump_members(const struct rpol_set *set, FILE *out)
{
	char buf[RPOL_ADDR_TEXT];
	const char *join = "";

	fputs("{", out);
	for (size_t i = 0; i < set->nprefixes; i++, join = ",")
		fprintf(out, "%s %s", join, rpol_prefix_text(&set->prefixes[i], buf));
	for (size_t i = 0; i < set->nranges; i++, join = ",") {
		fprintf(out, "%s %u", join, set->ranges[i].low);
		if (set->ranges[i].high != set->ranges[i].low)
			fprintf(out, "..%u", set->ranges[i].high);
	}
	for (size_t i = 0; i < set->nkeys; i++, join = ",") {
		fprintf(out, "%s ", join);
		dump_key(&set->key, set->keys + i * set->key.size, out);
	}
	for (size_t i = 0; i < set->nifaces; i++, join = ",")
		fprintf(out, "%s %s", join, set->ifaces[i]->name);
	fputs(" }", out);
}

static void dump_test(const struct rpol_expr *expr, FILE *out)
{
	const struct rpol_field_info *info = rpol_field_info(expr->field);
	char buf[RPOL_ADDR_TEXT];

	if (expr->nfields)
		dump_fields(expr->fields, expr->nfields, out);
	else
		fputs(info->name, out);
	if (expr->field == RPOL_FIELD_RANDOM)
		fprintf(out, "(1/%u)", expr->number);
	if (expr->field == RPOL_FIELD_HASH && !expr->keys)
		fputs("(flow)", out);
	for (size_t i = 0; i < expr->nkeys; i++)
		fprintf(out, "%s%s%s", i ? ", " : "(", rpol_field_info(expr->keys[i])->name,
			i + 1 == expr->nkeys ? ")" : "");
	if (expr->op == RPOL_IS)
		return;
	fprintf(out, " %s ", rpol_op_text(expr->op));
	if (expr->op == RPOL_IN && expr->set->name)
		fputs(expr->set->name, out);
	else if (expr->op == RPOL_IN)
		dump_members(expr->set, out);
	else if (info->type == RPOL_TYPE_ADDR)
		fputs(rpol_addr_text(&expr->addr, buf), out);
	else if (info->type == RPOL_TYPE_IFACE)
		fputs(expr->iface->name, out);
	else if (info->type == RPOL_TYPE_MAC)
		dump_mac(expr->mac, out);
	else
		fprintf(out, "%u", expr->number);
}

/* inner: within another expression, so that AND and OR need their parentheses. */
static void dump_expr(const struct rpol_expr *expr, bool inner, FILE *out)
{
	const char *join = expr->kind == RPOL_EXPR_AND ? " and " : " or ";

	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		fputs("any", out);
		return;
	case RPOL_EXPR_TEST:
		dump_test(expr, out);
		return;
	case RPOL_EXPR_NOT:
		fputs("not ", out);
		dump_expr(expr->args[0], true, out);
		return;
	case RPOL_EXPR_AND:
	case RPOL_EXPR_OR:
		break;
	}
	fputs(inner ? "(" : "", out);
	for (size_t i = 0; i < expr->nargs; i++) {
		fputs(i ? join : "", out);
		dump_expr(expr->args[i], true, out);
	}
	fputs(inner ? ")" : "", out);
}

static void dump_group(const struct rpol_group *group, FILE *out)
{
	fprintf(out, "group %u %s : %s {", group->index, group->name,
		group->kind == RPOL_GROUP_PREFER ? "prefer" : "hash flow");
	for (size_t i = 0; i < group->nmembers; i++) {
		fprintf(out, "%s %s", i ? "," : "", group->members[i].nexthop->name);
		if (group->kind == RPOL_GROUP_HASH)
			fprintf(out, " weight %u", group->members[i].weight);
	}
	fputs(" }", out);
	if (group->otherwise) {
		fputs(" else ", out);
		dump_verdict(group->otherwise, out);
	}
	fputc('\n', out);
}

static void dump_program(const struct rpol_program *program, FILE *out)
{
	fprintf(out, "policy %u %s on ", program->index, program->name);
	for (size_t i = 0; i < program->nifaces; i++)
		fprintf(out, "%s%s", i ? ", " : "", program->ifaces[i]->name);
	fprintf(out, " at %s\n", rpol_hook_text(program->hook));
	for (size_t i = 0; i < program->ncounted; i++) {
		const struct rpol_rule *rule = &program->rules[i];

		fprintf(out, "    %u #%u %s: ", rule->index, rule->counter, rule->label);
		dump_expr(rule->match, false, out);
		fputs(" => ", out);
		for (size_t j = 0; j < rule->nactions; j++) {
			char text[256];

			fprintf(out, "%s, ",
				rpol_action_text(&rule->actions[j], text, sizeof(text)));
		}
		dump_verdict(rule->verdict, out);
		fputc('\n', out);
	}
}

void rpol_policy_dump(const struct rpol_policy *policy, FILE *out)
{
	static const char *const kinds[] = {
		[RPOL_SET_PREFIX] = "addresses",
		[RPOL_SET_RANGE] = "numbers",
		[RPOL_SET_IFACE] = "interfaces",
	};
	char buf[RPOL_ADDR_TEXT];

	fprintf(out, "name %s\n", policy->name);
	for (size_t i = 0; i < policy->ninterfaces; i++)
		fprintf(out, "interface %u %s = %s\n", policy->interfaces[i].index,
			policy->interfaces[i].name, policy->interfaces[i].device);
	for (size_t i = 0; i < policy->nsets; i++) {
		const struct rpol_set *set = &policy->sets[i];

		fprintf(out, "%sset %u %s : ", set->dynamic ? "dynamic " : "", set->index,
			set->name ? set->name : "in place");
		if (set->kind == RPOL_SET_KEYS)
			dump_fields(set->key.fields, set->key.nfields, out);
		else
			fputs(kinds[set->kind], out);
		fputc(' ', out);
		if (set->dynamic)
			fprintf(out, "size %u timeout %us ", set->size, set->timeout);
		dump_members(set, out);
		fputc('\n', out);
	}
	for (size_t i = 0; i < policy->nnexthops; i++)
		fprintf(out, "nexthop %u %s via %s dev %s\n", policy->nexthops[i].index,
			policy->nexthops[i].name, rpol_addr_text(&policy->nexthops[i].via, buf),
			policy->nexthops[i].dev->name);
	for (size_t i = 0; i < policy->ngroups; i++)
		dump_group(&policy->groups[i], out);
	for (size_t i = 0; i < policy->ntables; i++) {
		const struct rpol_table *table = &policy->tables[i];

		fprintf(out, "%stable %u %s : ", table->dynamic ? "dynamic " : "", table->index,
			table->name);
		if (table->dynamic)
			fprintf(out, "size %u ", table->size);
		if (table->kind == RPOL_TABLE_EXACT) {
			fputs("exact ", out);
			dump_fields(table->exact.fields, table->exact.nfields, out);
			fputc('\n', out);
		} else {
			fprintf(out, "lpm %s\n", rpol_field_info(table->key)->name);
		}
		for (size_t j = 0; j < table->nentries; j++) {
			fputs("    ", out);
			if (table->kind == RPOL_TABLE_EXACT)
				dump_key(&table->exact, table->entries[j].bytes, out);
			else
				fputs(rpol_prefix_text(&table->entries[j].key, buf), out);
			fputs(" => ", out);
			dump_verdict(table->entries[j].verdict, out);
			fputc('\n', out);
		}
	}
	for (size_t i = 0; i < policy->nprograms; i++)
		dump_program(&policy->programs[i], out);
}
