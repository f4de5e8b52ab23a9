/* valuegen.c: random values: prefixes that nest in and border on each other, numbers near the edges
 * of their fields, symbols and constants. */
#include <stdlib.h>
#include <string.h>

#include "policygen.h"

/* ---- addresses ------------------------------------------------------------------------------- */

static void clear_host_bits(struct rpol_prefix *prefix)
{
	for (unsigned bit = prefix->length; bit < 128; bit++)
		prefix->addr.bytes[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
}

/* One more level: the same prefix made longer by random bits. */
static struct rpol_prefix child_of(struct dice *dice, const struct rpol_prefix *parent)
{
	struct rpol_prefix child = *parent;
	uint8_t bits = rpol_family_bits(parent->addr.family);

	if (parent->length < bits)
		child.length = (uint8_t)dice_between(dice, parent->length + 1u, bits);
	if (dice_chance(dice, 25))
		child.length = bits;
	for (unsigned bit = parent->length; bit < child.length; bit++)
		if (dice_chance(dice, 50))
			child.addr.bytes[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
	return child;
}

/* The prefix beside it: its last bit turned. */
static struct rpol_prefix sibling_of(const struct rpol_prefix *prefix)
{
	struct rpol_prefix other = *prefix;

	if (other.length) {
		unsigned bit = other.length - 1u;

		other.addr.bytes[bit / 8] ^= (uint8_t)(0x80u >> (bit % 8));
	}
	return other;
}

void gen_pool(struct gen *gen)
{
	static const char *const roots[] = {
		"10.0.0.0/8",	  "192.0.2.0/24",  "198.51.100.0/24",
		"172.16.0.0/12",  "100.64.0.0/10", "2001:db8::/32",
		"fd00::/8",	  "64:ff9b::/96",  "2001:db8:50::/48",
		"0.0.0.0/0",	  "::/0",	   "224.0.0.0/3",
		"169.254.0.0/16", "fe80::/10",	   "ff00::/8",
		"127.0.0.0/8",
	};

	for (unsigned i = 0; i < GEN_POOL; i++) {
		unsigned parent = dice_below(gen->dice, i ? i : 1);

		if (i < 4 || dice_chance(gen->dice, 25)) {
			/* the first two are of both families, and most are unicast */
			const char *root =
				i < 2 ? roots[i * 5]
				      : roots[dice_below(gen->dice,
							 dice_chance(gen->dice, 80) ? 9 : 16)];

			if (rpol_prefix_parse(root, strlen(root), &gen->pool[i]) != RPOL_PREFIX_OK)
				abort();
		} else if (dice_chance(gen->dice, 75)) {
			gen->pool[i] = child_of(gen->dice, &gen->pool[parent]);
		} else {
			gen->pool[i] = sibling_of(&gen->pool[parent]);
		}
	}
}

static struct rpol_prefix pick_prefix(struct gen *gen)
{
	struct rpol_prefix prefix = gen->pool[dice_below(gen->dice, GEN_POOL)];
	unsigned how = dice_below(gen->dice, 10);

	if (how < 4)
		prefix = child_of(gen->dice, &prefix);
	else if (how < 5)
		prefix = sibling_of(&prefix);
	else if (how < 6 && prefix.length > 1)
		prefix.length -= (uint8_t)dice_below(gen->dice, prefix.length);
	clear_host_bits(&prefix);
	return prefix;
}

struct rpol_addr gen_pick_addr(struct gen *gen, unsigned family)
{
	for (;;) {
		struct rpol_prefix prefix = pick_prefix(gen);

		if (family && prefix.addr.family != family)
			continue;
		prefix = child_of(gen->dice, &prefix);
		return prefix.addr;
	}
}

void gen_prefix_text(struct gen *gen, char text[RPOL_ADDR_TEXT], bool with_length)
{
	struct rpol_prefix prefix = pick_prefix(gen);

	if (!with_length && prefix.length == rpol_family_bits(prefix.addr.family))
		rpol_addr_text(&prefix.addr, text);
	else
		rpol_prefix_text(&prefix, text);
}

/* ---- numbers --------------------------------------------------------------------------------- */

const struct symbol *gen_pick_symbol(struct gen *gen, enum rpol_type type)
{
	const struct symbol *best = NULL;
	size_t start = dice_below(gen->dice, (uint32_t)nsymbols);

	/* the one written least */
	for (size_t i = 0; i < nsymbols; i++) {
		const struct symbol *symbol = &symbols[(start + i) % nsymbols];

		if (symbol->type == type &&
		    (!best || gen->coverage->symbols[symbol - symbols] <
				      gen->coverage->symbols[best - symbols]))
			best = symbol;
	}
	return best;
}

static uint32_t pick_number(struct gen *gen, enum rpol_field field)
{
	static const uint32_t ports[] = {22,  23,  25,	 53,	80,    443,
					 465, 587, 5060, 16384, 32767, 65535};
	static const uint32_t lens[] = {20, 28, 40, 46, 60, 576, 1280, 1499, 1500, 1501, 65535};
	static const uint32_t vlans[] = {0, 1, 10, 100, 200, 4094, 4095};
	static const uint32_t protos[] = {0, 1, 6, 17, 33, 44, 47, 50, 58, 59, 132, 136, 255};
	static const uint32_t types[] = {0x0800, 0x0806, 0x8100, 0x86dd,
					 0x88a8, 0x05dc, 0x0600, 60};
	const struct rpol_field_info *info = rpol_field_info(field);
	struct dice *dice = gen->dice;
	uint32_t value;

	if (dice_chance(dice, 15))
		return info->max == UINT32_MAX ? dice_roll(dice) : dice_below(dice, info->max + 1);
#define ONE_OF(array) (array)[dice_below(dice, sizeof(array) / sizeof((array)[0]))]
	switch (info->type) {
	case RPOL_TYPE_PORT:
		value = ONE_OF(ports);
		break;
	case RPOL_TYPE_VLAN:
		value = ONE_OF(vlans);
		break;
	case RPOL_TYPE_PROTO:
		value = ONE_OF(protos);
		break;
	case RPOL_TYPE_ETHERTYPE:
		value = ONE_OF(types);
		break;
	case RPOL_TYPE_ICMP_TYPE:
		value = dice_below(dice, 15);
		break;
	case RPOL_TYPE_ICMP6_TYPE:
		value = dice_below(dice, 2) * 128 + dice_below(dice, 12);
		break;
	case RPOL_TYPE_ARP_OP:
		value = dice_below(dice, 4);
		break;
	case RPOL_TYPE_NUMBER:
		value = field == RPOL_FIELD_LEN	      ? ONE_OF(lens)
			: field == RPOL_FIELD_UDP_LEN ? dice_below(dice, 64)
			: field == RPOL_FIELD_MARK || field == RPOL_FIELD_PRIORITY
				? dice_below(dice, 3)
			: field == RPOL_FIELD_TTL ? dice_below(dice, 4) * dice_below(dice, 80)
						  : dice_below(dice, 5);
		break;
	default:
		value = dice_below(dice, info->max + 1);
	}
#undef ONE_OF
	return value > info->max ? info->max : value;
}

/* A constant that fits, or -1. */
int gen_pick_const(struct gen *gen, char type, uint32_t max)
{
	for (unsigned tries = 0; tries < 4 && gen->nconsts; tries++) {
		unsigned n = dice_below(gen->dice, gen->nconsts);

		if (gen->consts[n].type == type && (type != 'n' || gen->consts[n].number <= max))
			return (int)n;
	}
	return -1;
}

int gen_make_const(struct gen *gen, char type, const char *text, uint32_t number)
{
	unsigned n = gen->nconsts;
	bool included;

	if (n == GEN_MAX)
		return -1;
	FILE *out = gen_decls(gen, &included);
	fprintf(out, "const c%u = %s;\n", n, text);
	gen->consts[n].type = type;
	gen->consts[n].number = number;
	gen->nconsts++;
	gen_wrote(gen, type == 'n'   ? DECL_CONST_NUMBER
		       : type == 'a' ? DECL_CONST_ADDR
				     : DECL_CONST_PREFIX);
	return (int)n;
}

void gen_write_number(struct gen *gen, FILE *out, enum rpol_field field)
{
	const struct rpol_field_info *info = rpol_field_info(field);
	const struct symbol *symbol = gen_pick_symbol(gen, info->type);
	uint32_t number = pick_number(gen, field);
	char text[16];
	int named = -1;

	if (symbol && dice_chance(gen->dice, 60)) {
		fprintf(out, "%s", symbol->name);
		gen->coverage->symbols[symbol - symbols]++;
		return;
	}
	snprintf(text, sizeof(text), dice_chance(gen->dice, 20) ? "0x%x" : "%u", number);
	if (gen->no_names)
		;
	else if (dice_chance(gen->dice, 3))
		named = gen_make_const(gen, 'n', text, number);
	else if (dice_chance(gen->dice, 6))
		named = gen_pick_const(gen, 'n', info->max);
	if (named >= 0)
		fprintf(out, "c%d", named);
	else
		fprintf(out, "%s", text);
}

/* `low..high`, never one number twice: that would be the same entry as the number alone. */
void gen_write_range(struct gen *gen, FILE *out, enum rpol_field field)
{
	uint32_t a = pick_number(gen, field), b = pick_number(gen, field);

	if (a == b)
		a = b ? b - 1 : (b = 1, 0);
	fprintf(out, "%u..%u", a < b ? a : b, a < b ? b : a);
	gen_wrote(gen, DECL_RANGE);
}

/* Distinct numbers and ranges, separated by commas (at least one). */
void gen_write_numbers(struct gen *gen, FILE *out, enum rpol_field field, unsigned count,
		       const char *separator)
{
	char **seen = calloc(count, sizeof(*seen));
	uint32_t max = rpol_field_info(field)->max;
	bool first = true;

	for (unsigned i = 0; i < count; i++) {
		size_t length;
		bool again = false;
		FILE *item = open_memstream(&seen[i], &length);

		if (dice_chance(gen->dice, 20) && rpol_field_info(field)->type != RPOL_TYPE_FLAGS) {
			gen_write_range(gen, item, field);
		} else if (count > 4) {
			fprintf(item, "%u",
				dice_below(gen->dice, max == UINT32_MAX ? max : max + 1));
		} else {
			gen_write_number(gen, item, field);
		}
		fclose(item);
		for (unsigned j = 0; j < i; j++)
			again |= !strcmp(seen[i], seen[j]);
		/* A symbol, a constant and a number may be one value: only numerals beside each
		 * other. */
		if (again ||
		    (!first && (seen[i][0] < '0' || seen[i][0] > '9' || seen[i][1] == 'x')))
			continue;
		if (!first && (seen[0][0] < '0' || seen[0][0] > '9' || seen[0][1] == 'x'))
			break;
		fprintf(out, "%s%s", first ? "" : separator, seen[i]);
		first = false;
	}
	for (unsigned i = 0; i < count; i++)
		free(seen[i]);
	free(seen);
}

/* ---- of a field ------------------------------------------------------------------------------ */

void gen_write_addr(struct gen *gen, FILE *out, unsigned family)
{
	struct rpol_addr addr = gen_pick_addr(gen, family);
	char text[RPOL_ADDR_TEXT];
	int named;

	rpol_addr_text(&addr, text);
	named = family			     ? -1
		: dice_chance(gen->dice, 40) ? gen_make_const(gen, 'a', text, 0)
		: dice_chance(gen->dice, 40) ? gen_pick_const(gen, 'a', 0)
					     : -1;
	if (named >= 0)
		fprintf(out, "c%d", named);
	else
		fprintf(out, "%s", text);
}

void gen_value(struct gen *gen, FILE *out, enum rpol_field field)
{
	if (rpol_field_info(field)->type == RPOL_TYPE_MAC)
		fprintf(out, GEN_MAC, dice_below(gen->dice, 5));
	else if (rpol_field_info(field)->type == RPOL_TYPE_ADDR)
		gen_write_addr(gen, out, 0);
	else
		gen_write_number(gen, out, field);
}
