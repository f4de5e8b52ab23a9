/* actiongen.c: random actions before a rule's verdict: every action, every field that can be set,
 * several in a row; the rows of the tables written least are written most. */
#include "policygen.h"

enum { X = 1, I = 2, E = 4 };
static const uint8_t action_hooks[] = {
#define ACTION(id, word, hooks, operand, doc) hooks,
#include "rpol/actions.def"
#undef ACTION
};

bool action_possible(enum rpol_action_kind kind, enum rpol_hook hook)
{
	/* short for sets, which are counted as such */
	if (kind == RPOL_ACTION_MARK || kind == RPOL_ACTION_PRIORITY)
		return false;
	return action_hooks[kind] >> hook & 1;
}

bool set_possible(enum rpol_field field, enum rpol_hook hook)
{
	const struct rpol_field_info *info = rpol_field_info(field);

	return info->settable && info->hooks >> hook & 1;
}

static enum rpol_field pick_field(struct gen *gen, unsigned hooks)
{
	unsigned start = dice_below(gen->dice, RPOL_FIELD_COUNT);
	enum rpol_field best = RPOL_FIELD_COUNT;

	for (unsigned i = 0; i < RPOL_FIELD_COUNT; i++) {
		enum rpol_field field = (enum rpol_field)((start + i) % RPOL_FIELD_COUNT);

		if (!rpol_field_info(field)->settable ||
		    (rpol_field_info(field)->hooks & hooks) != hooks)
			continue;
		if (best == RPOL_FIELD_COUNT ||
		    gen->coverage->sets[field].written < gen->coverage->sets[best].written)
			best = field;
		if (dice_chance(gen->dice, 20))
			break;
	}
	gen->coverage->sets[best].written++;
	return best;
}

static void write_action(struct gen *gen, FILE *out, unsigned hooks)
{
	enum rpol_action_kind kind;
	enum rpol_field field;

	do
		kind = dice_chance(gen->dice, 60)
			       ? RPOL_ACTION_SET
			       : (enum rpol_action_kind)dice_below(gen->dice, RPOL_ACTION_COUNT_OF);
	while ((action_hooks[kind] & hooks) != hooks);
	fprintf(out, "%s", rpol_action_word(kind));
	switch (kind) {
	case RPOL_ACTION_COUNT:
		fprintf(out, " n%u", dice_below(gen->dice, 4));
		break;
	case RPOL_ACTION_SET:
		field = pick_field(gen, hooks);
		fprintf(out, " %s ", rpol_field_info(field)->name);
		gen_value(gen, out, field);
		break;
	case RPOL_ACTION_MARK:
	case RPOL_ACTION_PRIORITY:
		fputc(' ', out);
		gen_value(gen, out, RPOL_FIELD_MARK);
		break;
	case RPOL_ACTION_VLAN_PUSH:
		fputc(' ', out);
		gen_value(gen, out, RPOL_FIELD_VLAN_ID);
		break;
	case RPOL_ACTION_VLAN_POP:
	case RPOL_ACTION_COUNT_OF:
		break;
	}
	fprintf(out, ", ");
}

void gen_actions(struct gen *gen, FILE *out, unsigned hooks)
{
	unsigned n = dice_chance(gen->dice, 45) ? dice_between(gen->dice, 1, 5) : 0;

	for (unsigned i = 0; i < n; i++)
		write_action(gen, out, hooks);
}
