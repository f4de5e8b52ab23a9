/* condgen.c: random conditions: tests of every field by every operator it has, guards where a
 * negation needs one, nested and/or/not, named conditions, sets and constants. */
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

static struct rpol_addr pick_addr(struct gen *gen, unsigned family)
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

static const struct symbol *pick_symbol(struct gen *gen, enum rpol_type type)
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
static int pick_const(struct gen *gen, char type, uint32_t max)
{
	for (unsigned tries = 0; tries < 4 && gen->nconsts; tries++) {
		unsigned n = dice_below(gen->dice, gen->nconsts);

		if (gen->consts[n].type == type && (type != 'n' || gen->consts[n].number <= max))
			return (int)n;
	}
	return -1;
}

static int make_const(struct gen *gen, char type, const char *text, uint32_t number)
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

static void write_number(struct gen *gen, FILE *out, enum rpol_field field)
{
	const struct rpol_field_info *info = rpol_field_info(field);
	const struct symbol *symbol = pick_symbol(gen, info->type);
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
		named = make_const(gen, 'n', text, number);
	else if (dice_chance(gen->dice, 6))
		named = pick_const(gen, 'n', info->max);
	if (named >= 0)
		fprintf(out, "c%d", named);
	else
		fprintf(out, "%s", text);
}

/* `low..high`, never one number twice: that would be the same entry as the number alone. */
static void write_range(struct gen *gen, FILE *out, enum rpol_field field)
{
	uint32_t a = pick_number(gen, field), b = pick_number(gen, field);

	if (a == b)
		a = b ? b - 1 : (b = 1, 0);
	fprintf(out, "%u..%u", a < b ? a : b, a < b ? b : a);
	gen_wrote(gen, DECL_RANGE);
}

/* Distinct numbers and ranges, separated by commas (at least one). */
static void write_numbers(struct gen *gen, FILE *out, enum rpol_field field, unsigned count,
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
			write_range(gen, item, field);
		} else if (count > 4) {
			fprintf(item, "%u",
				dice_below(gen->dice, max == UINT32_MAX ? max : max + 1));
		} else {
			write_number(gen, item, field);
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

/* ---- sets ------------------------------------------------------------------------------------ */

static void write_prefixes(struct gen *gen, FILE *out, unsigned count, bool addresses,
			   const char *separator)
{
	char(*seen)[RPOL_ADDR_TEXT] = calloc(count, sizeof(*seen));
	unsigned made = 0;

	for (unsigned i = 0; i < count; i++) {
		bool again = false;

		if (addresses) {
			struct rpol_addr addr = pick_addr(gen, 0);

			rpol_addr_text(&addr, seen[made]);
		} else {
			gen_prefix_text(gen, seen[made], true);
		}
		for (unsigned j = 0; j < made; j++)
			again |= !strcmp(seen[j], seen[made]);
		if (again)
			continue;
		fprintf(out, "%s%s", made ? separator : "", seen[made]);
		made++;
	}
	free(seen);
}

void gen_prefixes(struct gen *gen, FILE *out, unsigned count)
{
	write_prefixes(gen, out, count, false, "\n");
}

static void write_set_items(struct gen *gen, FILE *out, char type, unsigned count,
			    const char *separator)
{
	if (type == 'n')
		write_numbers(gen, out, RPOL_FIELD_DPORT, count, separator);
	else
		write_prefixes(gen, out, count, type == 'a', separator);
}

static unsigned make_set(struct gen *gen, char type)
{
	unsigned n = gen->nsets;
	unsigned count = dice_chance(gen->dice, 60)   ? dice_between(gen->dice, 1, 16)
			 : dice_chance(gen->dice, 70) ? dice_between(gen->dice, 17, 60)
						      : dice_between(gen->dice, 101, 300);
	bool included;
	FILE *decls = gen_decls(gen, &included), *out;
	struct gen_file data;
	char *line;
	size_t length;

	/* written apart: a constant declared on the way goes before it */
	out = open_memstream(&line, &length);
	fprintf(out, "set s%u : %s", n, type == 'n' ? "port" : type == 'a' ? "addr" : "prefix");
	if (dice_chance(gen->dice, 25)) {
		gen_data_file(gen, out, included, &data);
		gen->no_names = true;
		write_set_items(gen, data.stream, type, count, "\n");
		gen->no_names = false;
		fprintf(data.stream, "\n# end\n");
		gen_data_file_end(gen, &data);
		gen_wrote(gen, DECL_SET_FILE);
	} else {
		fprintf(out, " { ");
		write_set_items(gen, out, type, count, ", ");
		fprintf(out, " }\n");
	}
	fclose(out);
	fputs(line, decls);
	free(line);
	gen_wrote(gen, count <= 16    ? DECL_SET_SMALL
		       : count <= 100 ? DECL_SET_LARGE
				      : DECL_SET_HUGE);
	gen_wrote(gen, type == 'n' ? DECL_SET_PORT : type == 'a' ? DECL_SET_ADDR : DECL_SET_PREFIX);
	gen->sets[n].type = type;
	return gen->nsets++;
}

/* A named set for the field's type, or -1. */
static int pick_set(struct gen *gen, bool ports)
{
	for (unsigned tries = 0; tries < 3 && gen->nsets; tries++) {
		unsigned n = dice_below(gen->dice, gen->nsets);

		if ((gen->sets[n].type == 'n') == ports)
			return (int)n;
	}
	if (gen->nsets == GEN_MAX)
		return -1;
	return (int)make_set(gen, ports ? 'n' : dice_chance(gen->dice, 50) ? 'a' : 'p');
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void write_in_addr(struct gen *gen, FILE *out)
{
	char text[RPOL_ADDR_TEXT];
	int set, named;

	switch (dice_below(gen->dice, 4)) {
	case 0:
		gen_prefix_text(gen, text, true);
		named = dice_chance(gen->dice, 20) ? make_const(gen, 'p', text, 0)
						   : pick_const(gen, 'p', 0);
		if (named >= 0)
			fprintf(out, "c%d", named);
		else
			fprintf(out, "%s", text);
		return;
	case 1:
		fprintf(out, "{ ");
		write_prefixes(gen, out,
			       dice_between(gen->dice, 1, dice_chance(gen->dice, 10) ? 24 : 5),
			       false, ", ");
		fprintf(out, " }");
		gen_wrote(gen, DECL_LIST);
		return;
	default:
		set = pick_set(gen, false);
		if (set >= 0) {
			fprintf(out, "s%d", set);
		} else {
			gen_prefix_text(gen, text, true);
			fprintf(out, "%s", text);
		}
	}
}

static void write_in_number(struct gen *gen, FILE *out, enum rpol_field field)
{
	bool ports = rpol_field_info(field)->type == RPOL_TYPE_PORT;
	bool flags = rpol_field_info(field)->type == RPOL_TYPE_FLAGS;
	int set = ports && dice_chance(gen->dice, 60) ? pick_set(gen, true) : -1;

	if (set >= 0) {
		fprintf(out, "s%d", set);
	} else if (!flags && dice_chance(gen->dice, 40)) {
		write_range(gen, out, field);
	} else {
		fprintf(out, "{ ");
		write_numbers(gen, out, field,
			      dice_between(gen->dice, 1, dice_chance(gen->dice, 10) ? 24 : 4),
			      ", ");
		fprintf(out, " }");
		gen_wrote(gen, DECL_LIST);
	}
}

#define MAC "02:00:5e:00:53:%02x"

static void write_hash(struct gen *gen, FILE *out)
{
	unsigned count = dice_between(gen->dice, 1, 4);
	size_t size = 0;

	if (dice_chance(gen->dice, 40)) {
		fprintf(out, "(flow)");
		gen_wrote(gen, DECL_HASH_FLOW);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		enum rpol_field field;

		do
			field = (enum rpol_field)dice_below(gen->dice, RPOL_FIELD_COUNT);
		while (field == RPOL_FIELD_HASH || field == RPOL_FIELD_RANDOM ||
		       (rpol_field_info(field)->hooks & gen->hooks) != gen->hooks);
		size += rpol_key_field_size(field);
		if (size > RPOL_MAX_KEY)
			break;
		fprintf(out, "%s%s", i ? ", " : "(", rpol_field_info(field)->name);
	}
	fprintf(out, ")");
	gen_wrote(gen, DECL_HASH_FIELDS);
}

/* A time of day, or a day of the week. */
static uint32_t write_moment(struct gen *gen, FILE *out, enum rpol_field field)
{
	uint32_t value = dice_below(gen->dice, 86400);

	if (rpol_field_info(field)->type == RPOL_TYPE_WEEKDAY) {
		const struct symbol *symbol = pick_symbol(gen, RPOL_TYPE_WEEKDAY);

		fprintf(out, "%s", symbol->name);
		gen->coverage->symbols[symbol - symbols]++;
		return symbol->value;
	}
	if (dice_chance(gen->dice, 50))
		value -= value % 60;
	fprintf(out, "%02u:%02u", value / 3600, value / 60 % 60);
	if (value % 60)
		fprintf(out, ":%02u", value % 60);
	return value;
}

static void write_addr(struct gen *gen, FILE *out, unsigned family)
{
	struct rpol_addr addr = pick_addr(gen, family);
	char text[RPOL_ADDR_TEXT];
	int named;

	rpol_addr_text(&addr, text);
	named = family			     ? -1
		: dice_chance(gen->dice, 40) ? make_const(gen, 'a', text, 0)
		: dice_chance(gen->dice, 40) ? pick_const(gen, 'a', 0)
					     : -1;
	if (named >= 0)
		fprintf(out, "c%d", named);
	else
		fprintf(out, "%s", text);
}

void gen_value(struct gen *gen, FILE *out, enum rpol_field field)
{
	if (rpol_field_info(field)->type == RPOL_TYPE_MAC)
		fprintf(out, MAC, dice_below(gen->dice, 5));
	else if (rpol_field_info(field)->type == RPOL_TYPE_ADDR)
		write_addr(gen, out, 0);
	else
		write_number(gen, out, field);
}

static void write_test(struct gen *gen, FILE *out, enum rpol_field field, enum rpol_op op,
		       unsigned family)
{
	const struct rpol_field_info *info = rpol_field_info(field);

	gen->coverage->tests[field][op].written++;
	fprintf(out, "%s", info->name);
	if (field == RPOL_FIELD_HASH)
		write_hash(gen, out);
	if (field == RPOL_FIELD_RANDOM)
		fprintf(out, "(1/%u)",
			dice_between(gen->dice, 1, dice_chance(gen->dice, 70) ? 4 : 100));
	if (op == RPOL_IS)
		return;
	if (info->type == RPOL_TYPE_MAC) {
		unsigned mac = dice_below(gen->dice, 5);

		if (op == RPOL_EQ && dice_chance(gen->dice, 30)) {
			fprintf(out, " in { " MAC ", " MAC " }", mac, (mac + 1) % 5);
			gen_wrote(gen, DECL_MAC_LIST);
		} else {
			fprintf(out, " %s " MAC, rpol_op_text(op), mac);
		}
		return;
	}
	fprintf(out, " %s ", rpol_op_text(op));
	if (info->type == RPOL_TYPE_TIME || info->type == RPOL_TYPE_WEEKDAY) {
		uint32_t low = write_moment(gen, out, field);

		if (op == RPOL_IN) {
			fprintf(out, "..");
			if (write_moment(gen, out, field) < low)
				gen_wrote(gen, DECL_RANGE_WRAPS);
		}
		return;
	}
	if (info->type == RPOL_TYPE_IFACE) {
		unsigned first = dice_below(gen->dice, gen->nifaces);

		if (gen->many && dice_chance(gen->dice, 40)) {
			gen_wrote(gen, DECL_IFACE_IS_GROUP);
			fprintf(out, op != RPOL_IN ? "many" : "{ if%u, many }", first);
		} else if (op != RPOL_IN)
			fprintf(out, "if%u", first);
		else if (dice_chance(gen->dice, 50))
			fprintf(out, "{ if%u, if%u }", first, (first + 1) % gen->nifaces);
		else
			fprintf(out, "{ if%u }", first);
	} else if (info->type == RPOL_TYPE_ADDR && op == RPOL_IN) {
		write_in_addr(gen, out);
	} else if (info->type == RPOL_TYPE_ADDR) {
		write_addr(gen, out, family);
	} else if (op == RPOL_IN) {
		write_in_number(gen, out, field);
	} else if (op == RPOL_HAS) {
		const struct symbol *symbol = pick_symbol(gen, info->type);

		fprintf(out, "%s", symbol->name);
		gen->coverage->symbols[symbol - symbols]++;
	} else {
		write_number(gen, out, field);
	}
}

/* A `!=` beside the positive test that its field needs, in either order. */
static void write_guarded(struct gen *gen, FILE *out, enum rpol_field field)
{
	unsigned family = dice_chance(gen->dice, 50) ? 4 : 6;
	const char *guard;

	switch (rpol_field_info(field)->layer) {
	case RPOL_LAYER_IP:
	case RPOL_LAYER_PROTO:
		guard = rpol_field_info(field)->type != RPOL_TYPE_ADDR
				? "eth.type in { ipv4, ipv6 }"
			: family == 4 ? "eth.type == ipv4"
				      : "eth.type == ipv6";
		break;
	case RPOL_LAYER_PORTS:
		guard = "proto in { tcp, udp }";
		break;
	case RPOL_LAYER_TCP:
		guard = dice_chance(gen->dice, 50) ? "proto == tcp" : "tcp.sport > 0";
		break;
	case RPOL_LAYER_UDP:
		guard = dice_chance(gen->dice, 50) ? "proto == udp" : "udp.len > 8";
		break;
	case RPOL_LAYER_ICMP:
		guard = "proto == icmp";
		break;
	case RPOL_LAYER_ICMP6:
		guard = "proto == icmp6";
		break;
	case RPOL_LAYER_GRE:
		guard = dice_chance(gen->dice, 50) ? "proto == gre" : "gre.key > 0";
		break;
	case RPOL_LAYER_GRE_KEY:
		guard = "gre.key > 0";
		break;
	case RPOL_LAYER_VXLAN:
		guard = "vxlan.vni >= 0";
		break;
	case RPOL_LAYER_IP4:
		guard = dice_chance(gen->dice, 50) ? "eth.type == ipv4" : "ip4.df";
		break;
	case RPOL_LAYER_IP6:
		guard = dice_chance(gen->dice, 50) ? "eth.type == ipv6" : "ip6.ext";
		break;
	case RPOL_LAYER_ARP:
		guard = "eth.type == arp";
		break;
	case RPOL_LAYER_MPLS:
		guard = "eth.type in { mpls, 0x8848 }";
		break;
	case RPOL_LAYER_VLAN:
		guard = "vlan.id > 0";
		break;
	case RPOL_LAYER_VLAN2:
		guard = "vlan.inner >= 0";
		break;
	default:
		write_test(gen, out, field, RPOL_NE, 0);
		return;
	}
	gen_wrote(gen, DECL_GUARDED_NEGATION);
	if (dice_chance(gen->dice, 70)) {
		fprintf(out, "(%s and ", guard);
		write_test(gen, out, field, RPOL_NE, family);
		fprintf(out, ")");
	} else {
		fprintf(out, "(");
		write_test(gen, out, field, RPOL_NE, family);
		fprintf(out, " and %s)", guard);
	}
}

/* One of two random rows of field × operator: the one written less. */
static void write_some_test(struct gen *gen, FILE *out, bool negated)
{
	enum rpol_field field = 0;
	enum rpol_op op = 0;
	uint64_t least = UINT64_MAX;

	if (dice_chance(gen->dice, 8)) {
		gen_dynamic_test(gen, out);
		return;
	}
	if (dice_chance(gen->dice, 8)) {
		gen_tuple_test(gen, out);
		return;
	}
	if (dice_chance(gen->dice, 25)) { /* what policies are mostly made of */
		write_test(gen, out, dice_chance(gen->dice, 50) ? RPOL_FIELD_SRC : RPOL_FIELD_DST,
			   RPOL_IN, 0);
		return;
	}
	for (int i = 0; i < 2; i++) {
		enum rpol_field f;
		enum rpol_op o;

		do {
			f = (enum rpol_field)dice_below(gen->dice, RPOL_FIELD_COUNT);
			o = (enum rpol_op)dice_below(gen->dice, RPOL_IS + 1);
		} while (!operator_fits(f, o) || (negated && o == RPOL_NE) ||
			 (rpol_field_info(f)->hooks & gen->hooks) != gen->hooks);
		if (gen->coverage->tests[f][o].written < least) {
			least = gen->coverage->tests[f][o].written;
			field = f;
			op = o;
		}
	}
	if (op == RPOL_NE)
		write_guarded(gen, out, field);
	else
		write_test(gen, out, field, op, 0);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void write_expr(struct gen *gen, FILE *out, unsigned depth, bool negated)
{
	unsigned how = dice_below(gen->dice, 100);

	if (how < 3) {
		fprintf(out, "any");
		gen_wrote(gen, DECL_ANY);
	} else if (how < 15 && gen->nconds < GEN_MAX && depth) {
		char *line;
		size_t length;
		FILE *cond = open_memstream(&line, &length);
		unsigned hooks = gen->hooks;

		/* as if negated and for all hooks, so that the name may stand anywhere later */
		gen->hooks = (1u << RPOL_HOOK_COUNT) - 1;
		write_expr(gen, cond, depth - 1, true);
		gen->hooks = hooks;
		fclose(cond);
		fprintf(gen->decls, "cond k%u = %s;\n", gen->nconds, line);
		free(line);
		fprintf(out, "k%u", gen->nconds++);
		gen_wrote(gen, DECL_COND);
	} else if (how < 20 && gen->nconds) {
		fprintf(out, "k%u", dice_below(gen->dice, gen->nconds));
	} else if (how < 35 && depth) {
		fprintf(out, "not (");
		write_expr(gen, out, depth - 1, true);
		fprintf(out, ")");
		gen_wrote(gen, DECL_NOT);
	} else if (how < 65 && depth) {
		bool both = dice_chance(gen->dice, 60);
		unsigned count = dice_between(gen->dice, 2, 4);

		fprintf(out, "(");
		for (unsigned i = 0; i < count; i++) {
			if (i)
				fprintf(out, both ? " and " : " or ");
			write_expr(gen, out, depth - 1, negated);
		}
		fprintf(out, ")");
		gen_wrote(gen, both ? DECL_AND : DECL_OR);
	} else {
		write_some_test(gen, out, negated);
	}
}

void gen_condition(struct gen *gen, FILE *out, unsigned hooks)
{
	gen->hooks = hooks;
	write_expr(gen, out, dice_below(gen->dice, 4), false);
}
