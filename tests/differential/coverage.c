/* coverage.c: which rows of the language's tables a run has reached, so that none is forgotten. */
#include <stdlib.h>

#include "differential.h"

const struct symbol symbols[] = {
#define SYMBOL(type, name, value) {RPOL_TYPE_##type, name, value},
#include "rpol/symbols.def"
#undef SYMBOL
};
const size_t nsymbols = sizeof(symbols) / sizeof(symbols[0]);

static const char *const handed_words[] = {
#define HANDED(id, word, doc) word,
#include "rpol/handed.def"
#undef HANDED
};

enum { X = 1, I = 2, E = 4 };
static const uint8_t verdict_hooks[] = {
#define VERDICT(id, word, hooks, operand, doc) hooks,
#include "rpol/verdicts.def"
#undef VERDICT
};

static const char *const decl_names[] = {
#define DECL(id) #id,
	DECLS
#undef DECL
};

static const char *const frame_names[FRAME_KINDS] = {
	"v4",
	"v6",
	"other",
	"tags0",
	"tags1",
	"tags2",
	"tags3",
	"options",
	"fragment-first",
	"fragment-later",
	"fragment-atomic",
	"extensions",
	"extensions-9+",
	"tcp",
	"udp",
	"sctp",
	"dccp",
	"udplite",
	"icmp",
	"icmp6",
	"other-l4",
	"padded",
	"cut",
	"flipped",
	"wrong-length",
	"malformed",
	"gre",
	"vxlan",
	"arp",
	"mpls",
};

bool operator_fits(enum rpol_field field, enum rpol_op op)
{
	switch (rpol_field_info(field)->type) {
	case RPOL_TYPE_BOOL:
		return op == RPOL_IS;
	case RPOL_TYPE_MAC: /* `in` is as many `==` */
		return op == RPOL_EQ || op == RPOL_NE;
	case RPOL_TYPE_WEEKDAY:
		return op == RPOL_EQ || op == RPOL_NE || op == RPOL_IN;
	case RPOL_TYPE_TIME:
		return op != RPOL_EQ && op != RPOL_NE && op != RPOL_HAS && op != RPOL_IS;
	case RPOL_TYPE_ADDR:
	case RPOL_TYPE_IFACE:
		return op == RPOL_EQ || op == RPOL_NE || op == RPOL_IN;
	case RPOL_TYPE_FLAGS:
		return op == RPOL_EQ || op == RPOL_NE || op == RPOL_IN || op == RPOL_HAS;
	case RPOL_TYPE_PROTO:
	case RPOL_TYPE_ETHERTYPE:
	case RPOL_TYPE_ICMP_TYPE:
	case RPOL_TYPE_ICMP6_TYPE:
	case RPOL_TYPE_ARP_OP:
	case RPOL_TYPE_ECN:
	case RPOL_TYPE_NUMBER:
	case RPOL_TYPE_PORT:
	case RPOL_TYPE_DSCP:
	case RPOL_TYPE_VLAN:
		return op != RPOL_HAS && op != RPOL_IS;
	}
	return false;
}

void coverage_init(struct coverage *coverage)
{
	*coverage = (struct coverage){.symbols = calloc(nsymbols, sizeof(uint64_t))};
	if (!coverage->symbols)
		abort();
}

void coverage_free(struct coverage *coverage)
{
	free(coverage->symbols);
}

/* Entries of a static set or table from which on it is memory, as compiler/ has it. */
enum { SET_MEMORY = 17, TABLE_MEMORY = 9 };

/* How many prefixes are of the packet's family, and whether all of them are whole addresses. */
static size_t prefixes_like(const struct rpol_packet *packet, const struct rpol_set *set,
			    const struct rpol_table *table, bool *whole)
{
	size_t count = 0, n = set ? set->nprefixes : table->nentries;

	*whole = true;
	for (size_t i = 0; i < n; i++) {
		const struct rpol_prefix *prefix = set ? &set->prefixes[i] : &table->entries[i].key;

		if ((prefix->addr.family == 6) != (packet->family == 6))
			continue;
		*whole &= prefix->length == rpol_family_bits(prefix->addr.family);
		count++;
	}
	return count;
}

/* What was found in memory, by structure. */
static void count_memory(struct coverage *coverage, const struct rpol_packet *packet,
			 const struct rpol_set *set, const struct rpol_table *table)
{
	bool whole, keys = set ? set->kind == RPOL_SET_KEYS : table->kind == RPOL_TABLE_EXACT;
	size_t least = set ? SET_MEMORY : TABLE_MEMORY;

	if (set ? set->dynamic : table->dynamic)
		return;
	if (keys) {
		size_t size = set ? set->key.size : table->exact.size;

		if ((set ? set->nkeys : table->nentries) >= least)
			coverage->decls[size % 4    ? DECL_MEMORY_KEYS_PADDED
					: size > 16 ? DECL_MEMORY_KEYS_LONG
						    : DECL_MEMORY_KEYS]++;
	} else if (prefixes_like(packet, set, table, &whole) >= least) {
		enum decl decl = set && whole ? DECL_MEMORY_EXACT4 : DECL_MEMORY_ROUTES4;

		coverage->decls[decl + (packet->family == 6)]++;
	}
}

static void count_tests(struct coverage *coverage, const struct rpol_expr *expr,
			const struct rpol_packet *packet, const struct rpol_interface *iface)
{
	if (expr->kind == RPOL_EXPR_TEST) {
		if (expr->op == RPOL_IN &&
		    (expr->set->nprefixes || expr->set->kind == RPOL_SET_KEYS) &&
		    rpol_interp_match(expr, packet, iface))
			count_memory(coverage, packet, expr->set, NULL);
		if (expr->nfields)
			coverage->decls[DECL_TUPLE_HELD] += rpol_interp_match(expr, packet, iface);
		else if (rpol_interp_match(expr, packet, iface))
			coverage->tests[expr->field][expr->op].held++;
		else
			coverage->tests[expr->field][expr->op].failed++;
	}
	for (size_t i = 0; i < expr->nargs; i++)
		count_tests(coverage, expr->args[i], packet, iface);
}

static bool has_field(const struct rpol_packet *packet, enum rpol_field field)
{
	/* true of whatever a field that is there says */
	struct rpol_expr test = {.kind = RPOL_EXPR_TEST, .field = field, .op = RPOL_GE};

	switch (rpol_field_info(field)->type) {
	case RPOL_TYPE_MAC:
		return packet->has_l2;
	case RPOL_TYPE_ADDR:
		return packet->has_ip;
	default:
		return rpol_interp_match(&test, packet, NULL);
	}
}

static void count_actions(struct coverage *coverage, const struct rpol_rule *rule,
			  enum rpol_hook hook, const struct rpol_packet *packet)
{
	for (size_t i = 0; i < rule->nactions; i++) {
		const struct rpol_action *action = &rule->actions[i];

		coverage->actions[hook][action->kind]++;
		if (action->kind == RPOL_ACTION_SET && has_field(packet, action->field))
			coverage->sets[action->field].done++;
	}
}

/* Only rules that were reached, as if no rule before had rewritten anything: what comes after the
 * deciding one compared nothing. True when that is among these. */
static bool count_rules(struct coverage *coverage, const struct rpol_program *program,
			const struct rpol_rule *rules, size_t nrules,
			const struct rpol_packet *packet, const struct rpol_interface *iface,
			const struct rpol_rule *deciding)
{
	for (size_t i = 0; i < nrules; i++) {
		const struct rpol_rule *rule = &rules[i];
		enum rpol_verdict_kind kind = rule->verdict->kind;

		count_tests(coverage, rule->match, packet, iface);
		if (rpol_interp_match(rule->match, packet, iface))
			count_actions(coverage, rule, program->hook, packet);
		if (rule == deciding)
			return true;
		if ((kind != RPOL_VERDICT_CONTINUE && kind != RPOL_VERDICT_JUMP) ||
		    !rpol_interp_match(rule->match, packet, iface))
			continue;
		coverage->rules[program->hook][kind]++;
		if (kind != RPOL_VERDICT_JUMP)
			continue;

		const struct rpol_chain_use *use =
			rpol_program_chain(program, rule->verdict->chain);

		if (count_rules(coverage, program, use->rules, use->chain->nrules, packet, iface,
				deciding))
			return true;
	}
	return false;
}

void coverage_frame(struct coverage *coverage, const struct rpol_policy *policy,
		    const struct rpol_program *program, const struct rpol_interface *iface,
		    const uint8_t *data, size_t length, const struct rpol_judgement *judgement)
{
	const struct rpol_verdict *verdict = judgement->rule->verdict;
	struct rpol_packet packet;

	(void)policy;
	rpol_packet_read(data, length, &packet);
	frame_inputs(data, length, &packet.time_ns, &packet.random);
	count_rules(coverage, program, program->rules, program->nrules, &packet, iface,
		    judgement->rule);
	coverage->rules[program->hook][verdict->kind]++;
	coverage->verdicts[program->hook][judgement->verdict]++;
	if (verdict->kind == RPOL_VERDICT_LOOKUP) {
		coverage->decls[DECL_DYNAMIC_FOUND] +=
			verdict->table->dynamic && !verdict->otherwise;
		coverage->entries[judgement->verdict]++;
		if (!verdict->otherwise)
			count_memory(coverage, &packet, NULL, verdict->table);
		coverage->decls[DECL_EXACT_FOUND] +=
			verdict->table->kind == RPOL_TABLE_EXACT && !verdict->otherwise;
	}
	coverage->handed[program->hook][judgement->handed]++;
	if (packet.malformed)
		coverage->frames[FRAME_MALFORMED]++;
}

static size_t row(FILE *out, const char *table, const char *name, uint64_t count, bool wanted)
{
	if (!count && !wanted)
		return 0;
	fprintf(out, "  %-9s %-28s %10llu%s\n", table, name, (unsigned long long)count,
		count ? "" : "  NEVER");
	return !count;
}

/* A dry run's packets come with mark and priority 0: how a test of them ends hangs on its number.
 */
static bool result_matters(enum rpol_field field)
{
	return field != RPOL_FIELD_MARK && field != RPOL_FIELD_PRIORITY;
}

static size_t write_tests(const struct coverage *coverage, FILE *out)
{
	size_t missing = 0;

	fprintf(out, "  tests: written, held, failed\n");
	for (int f = 0; f < RPOL_FIELD_COUNT; f++) {
		for (int op = 0; op <= RPOL_IS; op++) {
			uint64_t written = coverage->tests[f][op].written;
			uint64_t held = coverage->tests[f][op].held;
			uint64_t failed = coverage->tests[f][op].failed;
			bool never = !written;

			if (!operator_fits((enum rpol_field)f, (enum rpol_op)op))
				continue;
			never |= (!held || !failed) && result_matters((enum rpol_field)f);
			fprintf(out, "  %-14s %-4s %8llu %10llu %10llu%s\n",
				rpol_field_info((enum rpol_field)f)->name,
				op == RPOL_IS ? "" : rpol_op_text((enum rpol_op)op),
				(unsigned long long)written, (unsigned long long)held,
				(unsigned long long)failed, never ? "  NEVER" : "");
			missing += never;
		}
	}
	return missing;
}

/* What a dry run's host never answers with (docs/packets.md). */
static bool handed_possible(int hook, int handed)
{
	return hook != RPOL_HOOK_TC_EGRESS && handed != RPOL_HANDED_NO_ROUTE &&
	       handed != RPOL_HANDED_NO_PORT;
}

size_t coverage_write(const struct coverage *coverage, FILE *out)
{
	size_t missing = write_tests(coverage, out);

	for (size_t i = 0; i < nsymbols; i++)
		missing += row(out, "symbol", symbols[i].name, coverage->symbols[i], true);
	for (int i = 0; i < DECL_COUNT; i++)
		missing += row(out, "written", decl_names[i], coverage->decls[i], true);
	for (int hook = 0; hook < RPOL_HOOK_COUNT; hook++) {
		const char *name = rpol_hook_text((enum rpol_hook)hook);
		char text[64];

		for (int v = 0; v < RPOL_VERDICT_COUNT; v++) {
			bool has = verdict_hooks[v] & (1u << hook);
			bool final = v != RPOL_VERDICT_LOOKUP && v != RPOL_VERDICT_CONTINUE &&
				     v != RPOL_VERDICT_JUMP;

			snprintf(text, sizeof(text), "%s, %s",
				 rpol_verdict_word((enum rpol_verdict_kind)v), name);
			missing += row(out, "rule", text, coverage->rules[hook][v], has);
			missing += row(out, "verdict", text, coverage->verdicts[hook][v],
				       has && final);
		}
		for (int a = 0; a < RPOL_ACTION_COUNT_OF; a++) {
			snprintf(text, sizeof(text), "%s, %s",
				 rpol_action_word((enum rpol_action_kind)a), name);
			missing += row(
				out, "action", text, coverage->actions[hook][a],
				action_possible((enum rpol_action_kind)a, (enum rpol_hook)hook));
		}
		for (int h = 0; h < RPOL_HANDED_COUNT; h++) {
			snprintf(text, sizeof(text), "%s, %s", h ? handed_words[h] : "not handed",
				 name);
			missing += row(out, "handed", text, coverage->handed[hook][h],
				       handed_possible(hook, h));
		}
	}
	for (int f = 0; f < RPOL_FIELD_COUNT; f++)
		missing +=
			row(out, "set", rpol_field_info((enum rpol_field)f)->name,
			    coverage->sets[f].done, rpol_field_info((enum rpol_field)f)->settable);
	for (int v = 0; v < RPOL_VERDICT_COUNT; v++)
		missing += row(out, "lookup", rpol_verdict_word((enum rpol_verdict_kind)v),
			       coverage->entries[v],
			       v != RPOL_VERDICT_LOOKUP && v != RPOL_VERDICT_CONTINUE &&
				       v != RPOL_VERDICT_JUMP);
	for (int i = 0; i < FRAME_KINDS; i++)
		missing += row(out, "frame", frame_names[i], coverage->frames[i], true);
	return missing;
}
