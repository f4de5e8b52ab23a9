/* interp.c: what a policy means: its rules run over one packet, first match first. */
#include "rpol/interp.h"

#include <assert.h>
#include <string.h>

#include "fields.h"
#include "forward.h"
#include "group.h"
#include "key.h"
#include "rewrite.h"
#include "search.h"

/* ---- expressions ------------------------------------------------------------------------ */

static bool test_iface(const struct rpol_expr *test, const struct rpol_interface *iface)
{
	switch (test->op) {
	case RPOL_EQ:
		return iface == test->iface;
	case RPOL_NE:
		return iface != test->iface;
	case RPOL_IN:
		for (size_t i = 0; i < test->set->nifaces; i++)
			if (test->set->ifaces[i] == iface)
				return true;
		return false;
	default:
		assert(!"operator of an interface");
		return false;
	}
}

static bool test_addr(const struct rpol_expr *test, const struct rpol_addr *addr)
{
	if (!addr)
		return false;
	if (test->op == RPOL_IN)
		return rpol_set_has_addr(test->set, addr);
	assert(test->op == RPOL_EQ || test->op == RPOL_NE);
	if (addr->family != test->addr.family)
		return false;
	return !memcmp(addr->bytes, test->addr.bytes, 16) == (test->op == RPOL_EQ);
}

static bool test_mac(const struct rpol_expr *test, const uint8_t *mac)
{
	assert(test->op == RPOL_EQ || test->op == RPOL_NE);
	return mac && !memcmp(mac, test->mac, 6) == (test->op == RPOL_EQ);
}

static bool test_number(const struct rpol_expr *test, uint32_t value)
{
	switch (test->op) {
	case RPOL_EQ:
		return value == test->number;
	case RPOL_NE:
		return value != test->number;
	case RPOL_LT:
		return value < test->number;
	case RPOL_LE:
		return value <= test->number;
	case RPOL_GT:
		return value > test->number;
	case RPOL_GE:
		return value >= test->number;
	case RPOL_IN:
		return rpol_set_has_number(test->set, value);
	case RPOL_HAS:
		return value & test->number;
	case RPOL_IS:
		return value;
	}
	assert(!"operator");
	return false;
}

static bool test_holds(const struct rpol_expr *test, const struct rpol_packet *packet,
		       const struct rpol_interface *iface)
{
	uint8_t key[RPOL_MAX_KEY];
	uint32_t value;

	if (test->nfields)
		return rpol_packet_key(packet, iface, test->fields, test->nfields, key) &&
		       rpol_set_has_key(test->set, key);
	if (test->field == RPOL_FIELD_RANDOM)
		return packet->random % test->number == 0;
	if (test->field == RPOL_FIELD_HASH)
		return test_number(test,
				   rpol_packet_bucket(packet, iface, test->keys, test->nkeys));
	switch (rpol_field_info(test->field)->type) {
	case RPOL_TYPE_MAC:
		return test_mac(test, rpol_packet_mac(packet, test->field));
	case RPOL_TYPE_IFACE:
		return test_iface(test, iface);
	case RPOL_TYPE_ADDR:
		return test_addr(test, rpol_packet_addr(packet, test->field));
	default:
		return rpol_packet_number(packet, test->field, &value) && test_number(test, value);
	}
}

bool rpol_interp_match(const struct rpol_expr *expr, const struct rpol_packet *packet,
		       const struct rpol_interface *iface)
{
	switch (expr->kind) {
	case RPOL_EXPR_ANY:
		return true;
	case RPOL_EXPR_AND:
		for (size_t i = 0; i < expr->nargs; i++)
			if (!rpol_interp_match(expr->args[i], packet, iface))
				return false;
		return true;
	case RPOL_EXPR_OR:
		for (size_t i = 0; i < expr->nargs; i++)
			if (rpol_interp_match(expr->args[i], packet, iface))
				return true;
		return false;
	case RPOL_EXPR_NOT:
		return !rpol_interp_match(expr->args[0], packet, iface);
	case RPOL_EXPR_TEST:
		return test_holds(expr, packet, iface);
	}
	assert(!"kind of expression");
	return false;
}

/* ---- verdicts --------------------------------------------------------------------------- */

static const struct rpol_entry *look_up(const struct rpol_table *table,
					const struct rpol_packet *packet,
					const struct rpol_interface *iface)
{
	const struct rpol_addr *addr;
	uint8_t key[RPOL_MAX_KEY];

	if (table->kind == RPOL_TABLE_EXACT)
		return rpol_packet_key(packet, iface, table->exact.fields, table->exact.nfields,
				       key)
			       ? rpol_table_find_key(table, key)
			       : NULL;
	addr = rpol_packet_addr(packet, table->key);
	return addr ? rpol_table_find(table, addr) : NULL;
}

static bool lives(const struct rpol_group *group, const struct rpol_world *world)
{
	return rpol_group_choose(group, world->alive, 0);
}

/* What a verdict comes to for one packet, with every lookup and else followed; NULL: to nothing,
 * and the rule does not match. */
static const struct rpol_verdict *resolve(const struct rpol_verdict *verdict,
					  const struct rpol_world *world,
					  const struct rpol_packet *packet,
					  const struct rpol_interface *iface)
{
	bool dynamic = false; /* found in a dynamic table: it has no else, nor has its group */

	while (verdict) {
		if (verdict->kind == RPOL_VERDICT_LOOKUP) {
			const struct rpol_entry *entry = look_up(verdict->table, packet, iface);
			dynamic = entry && verdict->table->dynamic;
			verdict = entry ? entry->verdict : verdict->otherwise;
			continue;
		}
		/* only groups ask who is alive: a lone next hop has nobody to stand in for it */
		const struct rpol_group *group = verdict->group;
		if (verdict->kind != RPOL_VERDICT_ROUTE || !group || lives(group, world))
			return verdict;
		const struct rpol_verdict *otherwise =
			verdict->otherwise ? verdict->otherwise : group->otherwise;
		if (!otherwise || dynamic)
			return verdict;
		verdict = otherwise;
	}
	return NULL;
}

/* Sends the packet on by interface egress to the neighbour with this MAC, or leaves it to the
 * kernel. judgement->verdict is FIB or ROUTE. */
static void forward(const struct rpol_world *world, const struct rpol_packet *packet,
		    uint32_t egress, const uint8_t source[6], const uint8_t neighbour[6],
		    uint8_t *out, struct rpol_judgement *judgement)
{
	judgement->handed =
		rpol_forward_refusal(packet, judgement->verdict == RPOL_VERDICT_FIB, world->mtu);
	if (judgement->handed != HANDED_NONE)
		return;
	judgement->egress = egress;
	judgement->out_length = rpol_forward_rewrite(packet, source, neighbour, out);
}

static const struct rpol_nexthop *nexthop_of(const struct rpol_verdict *route,
					     const struct rpol_world *world,
					     const struct rpol_packet *packet)
{
	return route->group ? rpol_group_choose(route->group, world->alive,
						rpol_packet_flow_hash(packet))
			    : route->nexthop;
}

static void carry_out(const struct rpol_verdict *verdict, const struct rpol_world *world,
		      const struct rpol_packet *packet, const struct rpol_interface *iface,
		      uint8_t *out, struct rpol_judgement *judgement)
{
	judgement->verdict = verdict->kind;
	judgement->out_length = packet->length;
	judgement->mark = packet->mark;
	judgement->priority = packet->priority;
	switch (verdict->kind) {
	case RPOL_VERDICT_DROP:
	case RPOL_VERDICT_PASS:
		return;
	case RPOL_VERDICT_FIB:
		forward(world, packet, RPOL_WORLD_FIB, world->fib_mac, world->fib_peer_mac, out,
			judgement);
		return;
	case RPOL_VERDICT_ROUTE:
		judgement->nexthop = nexthop_of(verdict, world, packet);
		if (!judgement->nexthop) {
			judgement->handed = HANDED_NO_NEIGHBOUR;
			return;
		}
		uint32_t dev = judgement->nexthop->dev->index;
		forward(world, packet, dev, world->iface_macs[dev],
			world->nexthop_macs[judgement->nexthop->index], out, judgement);
		return;
	case RPOL_VERDICT_SEND:
		judgement->egress = verdict->iface->index;
		return;
	case RPOL_VERDICT_CPU:
		judgement->cpu = verdict->cpu;
		return;
	case RPOL_VERDICT_BOUNCE:
		if (packet->length < 14) {
			judgement->handed = HANDED_NOT_IP;
			return;
		}
		judgement->egress = iface->index;
		rpol_forward_bounce(out);
		return;
	case RPOL_VERDICT_LOOKUP:
	case RPOL_VERDICT_JUMP:
	case RPOL_VERDICT_CONTINUE:
	case RPOL_VERDICT_COUNT:
		break;
	}
	assert(!"a verdict that ends a policy");
}

/* One packet on its way through a program. */
struct run {
	const struct rpol_program *program;
	const struct rpol_world *world;
	struct rpol_packet packet;
	uint8_t *frame; /* the packet's data */
	size_t length;	/* that it came with */
	const struct rpol_interface *iface;
	struct rpol_interp_counter *counters; /* NULL: not counted */
};

static void count(const struct run *run, uint32_t counter)
{
	if (!run->counters)
		return;
	run->counters[counter].packets++;
	run->counters[counter].bytes += run->length;
}

static void act(struct run *run, const struct rpol_rule *rule)
{
	for (size_t i = 0; i < rule->nactions; i++) {
		const struct rpol_action *action = &rule->actions[i];

		if (action->kind == RPOL_ACTION_COUNT)
			count(run, action->counter->counter);
		else
			rpol_rewrite(action, &run->packet, run->frame);
	}
}

/* The rule that decides, and what it comes to in *verdict; NULL: none of these does. */
static const struct rpol_rule *decide(struct run *run, const struct rpol_rule *rules, size_t nrules,
				      const struct rpol_verdict **verdict)
{
	for (size_t i = 0; i < nrules; i++) {
		const struct rpol_rule *rule = &rules[i], *decided;
		if (!rpol_interp_match(rule->match, &run->packet, run->iface))
			continue;
		*verdict = resolve(rule->verdict, run->world, &run->packet, run->iface);
		if (!*verdict)
			continue;
		count(run, rule->counter);
		act(run, rule);
		if ((*verdict)->kind == RPOL_VERDICT_CONTINUE)
			continue;
		if ((*verdict)->kind != RPOL_VERDICT_JUMP)
			return rule;
		const struct rpol_chain_use *use =
			rpol_program_chain(run->program, (*verdict)->chain);
		decided = decide(run, use->rules, use->chain->nrules, verdict);
		if (decided)
			return decided;
	}
	return NULL;
}

void rpol_interp_run(const struct rpol_program *program, const struct rpol_world *world,
		     const struct rpol_interface *iface, const uint8_t *data, size_t length,
		     struct rpol_interp_counter *counters, uint8_t *out,
		     struct rpol_judgement *judgement)
{
	const struct rpol_verdict *verdict;

	if (!iface)
		iface = program->ifaces[0];
	struct run run = {
		.program = program,
		.world = world,
		.frame = out,
		.length = length,
		.iface = iface,
		.counters = counters,
	};
	if (length)
		memcpy(out, data, length);
	rpol_packet_read(out, length, &run.packet);
	run.packet.time_ns = world->time_ns;
	run.packet.random = world->random;
	*judgement = (struct rpol_judgement){.egress = RPOL_EGRESS_NONE};

	judgement->rule = decide(&run, program->rules, program->nrules, &verdict);
	assert(judgement->rule && "a default that decides");
	carry_out(verdict, world, &run.packet, iface, out, judgement);
}
