/* emit_action.c: what a rule does to a packet before its verdict, as calls of the runtime's
 * rewriting functions (runtime-bpf/src/rewrite.h). */
#include "emit.h"

#include <assert.h>

/* `rpol_set4_xdp(ctx, p, `… with the arguments that follow. */
static const char *call(struct emitter *emitter, const char *function, const char *arguments)
{
	bool xdp = emitter->program->program->hook == RPOL_HOOK_XDP;

	return rpol_arena_printf(emitter->arena, "rpol_%s_%s(ctx, p%s%s)", function,
				 xdp ? "xdp" : "tc", *arguments ? ", " : "", arguments);
}

static const char *set_call(struct emitter *emitter, const struct rpol_action *action)
{
	struct rpol_arena *arena = emitter->arena;
	const char *which = "RPOL_TO", *to;

	switch (action->field) {
	case RPOL_FIELD_ETH_SRC:
		which = "RPOL_FROM";
		/* fall through */
	case RPOL_FIELD_ETH_DST:
		return call(emitter, "set_mac",
			    rpol_arena_printf(arena, "%s, 0x%02x%02x%02x%02x%02x%02xULL", which,
					      action->mac[5], action->mac[4], action->mac[3],
					      action->mac[2], action->mac[1], action->mac[0]));
	case RPOL_FIELD_SRC:
		which = "RPOL_FROM";
		/* fall through */
	case RPOL_FIELD_DST:
		to = emit_addr(emitter, &action->addr);
		if (action->addr.family == 4)
			return call(emitter, "set4",
				    rpol_arena_printf(arena, "%s, be32(%s)", which, to));
		return call(emitter, "set6",
			    rpol_arena_printf(arena, "%s, RPOL_HALVES(%s)", which, to));
	case RPOL_FIELD_SPORT:
	case RPOL_FIELD_TCP_SPORT:
	case RPOL_FIELD_UDP_SPORT:
		which = "RPOL_FROM";
		/* fall through */
	case RPOL_FIELD_DPORT:
	case RPOL_FIELD_TCP_DPORT:
	case RPOL_FIELD_UDP_DPORT:
		return call(emitter, "set_port",
			    rpol_arena_printf(arena, "%s, %u", which, action->number));
	case RPOL_FIELD_TTL:
		return call(emitter, "set_ttl", rpol_arena_printf(arena, "%u", action->number));
	case RPOL_FIELD_DSCP:
		return call(emitter, "set_tos",
			    rpol_arena_printf(arena, "0xfc, %u << 2", action->number));
	case RPOL_FIELD_ECN:
		return call(emitter, "set_tos",
			    rpol_arena_printf(arena, "0x03, %u", action->number));
	case RPOL_FIELD_MARK:
		return call(emitter, "set_mark", rpol_arena_printf(arena, "%u", action->number));
	case RPOL_FIELD_PRIORITY:
		return call(emitter, "set_priority",
			    rpol_arena_printf(arena, "%u", action->number));
	case RPOL_FIELD_VLAN_PCP:
		return call(emitter, "set_tag",
			    rpol_arena_printf(arena, "0xe000, %u << 13", action->number));
	case RPOL_FIELD_VLAN_ID:
		return call(emitter, "set_tag",
			    rpol_arena_printf(arena, "0x0fff, %u", action->number));
	default:
		break;
	}
	assert(!"a field that can be set");
	return "0";
}

static unsigned guard_of(const struct rpol_action *action)
{
	if (action->kind == RPOL_ACTION_VLAN_POP)
		return HAS_VLAN;
	if (action->kind != RPOL_ACTION_SET)
		return 0;
	if (rpol_field_info(action->field)->type == RPOL_TYPE_ADDR)
		return action->addr.family == 4 ? HAS_IP4 : HAS_IP6;
	return lowered_field(action->field)->guard;
}

static void emit_action(struct emitter *emitter, const char *indent, const struct rpol_rule *rule,
			const struct rpol_action *action)
{
	const char *guard = lowered_guard_text(emitter->arena, guard_of(action), 0);
	const char *text = NULL;

	switch (action->kind) {
	case RPOL_ACTION_COUNT:
		emit_text(emitter, "%srpol_count(%u /* %s */, p->bytes);\n", indent,
			  action->counter->counter, action->counter->name);
		return;
	case RPOL_ACTION_SET:
		text = set_call(emitter, action);
		break;
	case RPOL_ACTION_VLAN_PUSH:
		text = call(emitter, "push",
			    rpol_arena_printf(emitter->arena, "%u", action->number));
		break;
	case RPOL_ACTION_VLAN_POP:
		text = call(emitter, "pop", "");
		break;
	case RPOL_ACTION_MARK:
	case RPOL_ACTION_PRIORITY:
	case RPOL_ACTION_COUNT_OF:
		break;
	}
	assert(text);
	if (*guard)
		emit_text(emitter, "%sif (RPOL_HAS(p, %s))\n\t", indent, guard);
	emit_text(emitter, "%sRPOL_DO(%u, %s);\n", indent, rule->counter, text);
}

void emit_actions(struct emitter *emitter, const char *indent, const struct rpol_rule *rule)
{
	for (size_t i = 0; i < rule->nactions; i++)
		emit_action(emitter, indent, rule, &rule->actions[i]);
}
