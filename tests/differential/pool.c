/* pool.c: the values a policy mentions, and values near them. */
#include <stdlib.h>
#include <string.h>

#include "packetgen.h"

static void add_number(struct pool *pool, enum rpol_type type, uint32_t value)
{
	struct numbers *numbers = &pool->numbers[type];

	if (numbers->count < NUMBERS_MAX)
		numbers->items[numbers->count++] = value;
}

static void add_prefix(struct pool *pool, const struct rpol_prefix *prefix)
{
	struct prefixes *to = prefix->addr.family == 4 ? &pool->v4 : &pool->v6;

	if (to->count < PREFIXES_MAX)
		to->items[to->count++] = *prefix;
}

static void add_key(struct pool *pool, const struct rpol_key *key, const uint8_t *at)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	for (size_t i = 0; i < key->nfields; i++) {
		enum rpol_type type = rpol_field_info(key->fields[i])->type;

		if (type == RPOL_TYPE_ADDR) {
			struct rpol_prefix prefix = {.addr.family = memcmp(at, mapped, 12) ? 6 : 4};

			prefix.length = rpol_family_bits(prefix.addr.family);
			memcpy(prefix.addr.bytes, prefix.addr.family == 4 ? at + 12 : at,
			       prefix.length / 8);
			add_prefix(pool, &prefix);
		} else if (type != RPOL_TYPE_IFACE && type != RPOL_TYPE_MAC) {
			add_number(pool, type,
				   (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
					   (uint32_t)at[2] << 8 | at[3]);
		}
		at += rpol_key_field_size(key->fields[i]);
	}
}

static void add_expr(struct pool *pool, const struct rpol_expr *expr)
{
	enum rpol_type type;

	for (size_t i = 0; i < expr->nargs; i++)
		add_expr(pool, expr->args[i]);
	if (expr->kind != RPOL_EXPR_TEST || expr->op == RPOL_IS)
		return;
	type = rpol_field_info(expr->field)->type;
	if (expr->field == RPOL_FIELD_LEN || expr->field == RPOL_FIELD_UDP_LEN)
		type = RPOL_TYPE_BOOL; /* lengths apart from the other numbers; no BOOL has numbers
					*/
	if (expr->op == RPOL_IN) {
		for (size_t i = 0; i < expr->set->nranges; i++) {
			add_number(pool, type, expr->set->ranges[i].low);
			add_number(pool, type, expr->set->ranges[i].high);
		}
		for (size_t i = 0; i < expr->set->nprefixes; i++)
			add_prefix(pool, &expr->set->prefixes[i]);
		for (size_t i = 0; i < expr->set->nkeys; i++)
			add_key(pool, &expr->set->key, expr->set->keys + i * expr->set->key.size);
	} else if (type == RPOL_TYPE_ADDR) {
		struct rpol_prefix prefix = {expr->addr, rpol_family_bits(expr->addr.family)};

		add_prefix(pool, &prefix);
	} else if (type != RPOL_TYPE_IFACE && type != RPOL_TYPE_MAC) {
		add_number(pool, type, expr->number);
	}
}

struct pool *values_make(const struct rpol_policy *policy)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		abort();
	for (size_t p = 0; p < policy->nprograms; p++)
		for (size_t r = 0; r < policy->programs[p].ncounted; r++)
			add_expr(pool, policy->programs[p].rules[r].match);
	for (size_t t = 0; t < policy->ntables; t++)
		for (size_t e = 0; e < policy->tables[t].nentries; e++) {
			const struct rpol_table *table = &policy->tables[t];

			if (table->kind == RPOL_TABLE_EXACT)
				add_key(pool, &table->exact, table->entries[e].bytes);
			else
				add_prefix(pool, &table->entries[e].key);
		}
	return pool;
}

void values_free(struct pool *pool)
{
	free(pool);
}

uint32_t values_number(struct dice *dice, const struct pool *pool, enum rpol_type type,
		       uint32_t max)
{
	const struct numbers *numbers = pool ? &pool->numbers[type] : NULL;

	if (numbers && numbers->count && dice_chance(dice, 70)) {
		uint32_t value = numbers->items[dice_below(dice, numbers->count)];

		value += dice_chance(dice, 50) ? 0 : dice_chance(dice, 50) ? 1 : -1u;
		if (value <= max)
			return value;
	}
	return max == UINT32_MAX ? dice_roll(dice) : dice_below(dice, max + 1);
}

/* One more or one less than the address, as a number. */
static void step(uint8_t *bytes, unsigned size, bool up)
{
	for (unsigned i = size; i-- > 0;) {
		bytes[i] = (uint8_t)(bytes[i] + (up ? 1 : 0xff));
		if (bytes[i] != (up ? 0 : 0xff))
			break;
	}
}

static void inside(struct dice *dice, const struct rpol_prefix *prefix, uint8_t *bytes)
{
	unsigned bits = rpol_family_bits(prefix->addr.family), how = dice_below(dice, 8);

	memcpy(bytes, prefix->addr.bytes, bits / 8);
	for (unsigned bit = prefix->length; bit < bits; bit++) {
		bool one = how == 0 || how == 2	  ? false
			   : how == 1 || how == 3 ? true
						  : dice_chance(dice, 50);

		if (one)
			bytes[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
	}
	if (how == 2)
		step(bytes, bits / 8, false); /* just before it */
	else if (how == 3)
		step(bytes, bits / 8, true); /* just behind it */
}

void values_addr(struct dice *dice, const struct pool *pool, unsigned family, uint8_t *bytes)
{
	static const char *const usual[2][10] = {
		{"10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/8",
		 "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "192.168.0.0/16", "8.8.8.8/32"},
		{"2001:db8::/32", "2600::/12", "fd00::/8", "64:ff9b::/96", "::/127", "fe80::/10",
		 "ff00::/8", "::1.0.0.0/104", "2001:db8:50::/48", "3fff::/20"},
	};
	const struct prefixes *known = !pool ? NULL : family == 4 ? &pool->v4 : &pool->v6;
	struct rpol_prefix prefix;
	const char *text;

	if (known && known->count && dice_chance(dice, 75)) {
		inside(dice, &known->items[dice_below(dice, known->count)], bytes);
		return;
	}
	/* mostly unicast, so that forwarding is reached */
	text = usual[family == 6]
		    [dice_chance(dice, 70) ? dice_below(dice, 4) : dice_below(dice, 10)];
	if (rpol_prefix_parse(text, strlen(text), &prefix) != RPOL_PREFIX_OK)
		abort();
	inside(dice, &prefix, bytes);
}
