/* condgen.c: random conditions: tests of every field by every operator it has, guards where a
 * negation needs one, nested and/or/not, named conditions and sets. */
#include <stdlib.h>
#include <string.h>

#include "policygen.h"

/* ---- sets ------------------------------------------------------------------------------------ */

static void write_prefixes(struct gen *gen, FILE *out, unsigned count, bool addresses,
			   const char *separator)
{
	char(*seen)[RPOL_ADDR_TEXT] = calloc(count, sizeof(*seen));
	unsigned made = 0;

	for (unsigned i = 0; i < count; i++) {
		bool again = false;

		if (addresses) {
			struct rpol_addr addr = gen_pick_addr(gen, 0);

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
		gen_write_numbers(gen, out, RPOL_FIELD_DPORT, count, separator);
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
		named = dice_chance(gen->dice, 20) ? gen_make_const(gen, 'p', text, 0)
						   : gen_pick_const(gen, 'p', 0);
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
		gen_write_range(gen, out, field);
	} else {
		fprintf(out, "{ ");
		gen_write_numbers(gen, out, field,
				  dice_between(gen->dice, 1, dice_chance(gen->dice, 10) ? 24 : 4),
				  ", ");
		fprintf(out, " }");
		gen_wrote(gen, DECL_LIST);
	}
}

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
		const struct symbol *symbol = gen_pick_symbol(gen, RPOL_TYPE_WEEKDAY);

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
			fprintf(out, " in { " GEN_MAC ", " GEN_MAC " }", mac, (mac + 1) % 5);
			gen_wrote(gen, DECL_MAC_LIST);
		} else {
			fprintf(out, " %s " GEN_MAC, rpol_op_text(op), mac);
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
		gen_write_addr(gen, out, family);
	} else if (op == RPOL_IN) {
		write_in_number(gen, out, field);
	} else if (op == RPOL_HAS) {
		const struct symbol *symbol = gen_pick_symbol(gen, info->type);

		fprintf(out, "%s", symbol->name);
		gen->coverage->symbols[symbol - symbols]++;
	} else {
		gen_write_number(gen, out, field);
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
