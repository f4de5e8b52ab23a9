/* listgen.c: policies of hundreds and thousands of rules, as lists of them are written: prefixes,
 * ports, protocols, flags, now and then another field or a set; each decides. */
#include "policygen.h"

static void write_and(FILE *out, bool *first)
{
	fprintf(out, "%s", *first ? "" : " and ");
	*first = false;
}

static void write_prefix_test(struct gen *gen, FILE *out, const char *field)
{
	char text[RPOL_ADDR_TEXT];

	gen_prefix_text(gen, text, true);
	fprintf(out, "%s in %s", field, text);
}

static void write_number_test(struct gen *gen, FILE *out, enum rpol_field field)
{
	static const char *const ops[] = {"==", "==", "<=", ">"};

	fprintf(out, "%s%s ", dice_chance(gen->dice, 10) ? "not " : "",
		rpol_field_info(field)->name);
	if (dice_chance(gen->dice, 40)) {
		fprintf(out, "in ");
		gen_write_range(gen, out, field);
		return;
	}
	fprintf(out, "%s ", ops[dice_below(gen->dice, sizeof(ops) / sizeof(ops[0]))]);
	gen_write_number(gen, out, field);
}

static void write_list_condition(struct gen *gen, FILE *out)
{
	static const enum rpol_field ports[] = {
		RPOL_FIELD_TCP_DPORT, RPOL_FIELD_UDP_DPORT, RPOL_FIELD_DPORT,
		RPOL_FIELD_TCP_SPORT, RPOL_FIELD_UDP_SPORT, RPOL_FIELD_SPORT,
	};
	static const enum rpol_field others[] = {
		RPOL_FIELD_TTL,	    RPOL_FIELD_LEN,	  RPOL_FIELD_DSCP,	 RPOL_FIELD_ECN,
		RPOL_FIELD_VLAN_ID, RPOL_FIELD_ICMP_TYPE, RPOL_FIELD_ICMP6_TYPE,
	};
	bool first = true;

	if (dice_chance(gen->dice, 60)) {
		write_and(out, &first);
		write_prefix_test(gen, out, "src");
	}
	if (dice_chance(gen->dice, 60)) {
		write_and(out, &first);
		write_prefix_test(gen, out, "dst");
	}
	if (dice_chance(gen->dice, 15)) {
		write_and(out, &first);
		fprintf(out, "tcp.flags has %s", dice_chance(gen->dice, 50) ? "syn" : "ack");
	}
	if (dice_chance(gen->dice, 10)) {
		write_and(out, &first);
		write_number_test(gen, out, others[dice_below(gen->dice, 7)]);
	}
	if (dice_chance(gen->dice, 3)) {
		write_and(out, &first);
		fprintf(out, "iface == if%u", dice_below(gen->dice, gen->nifaces));
	}
	if (dice_chance(gen->dice, 3)) {
		write_and(out, &first);
		fprintf(out, "fragment");
	}
	if (first || dice_chance(gen->dice, 60)) {
		write_and(out, &first);
		write_number_test(gen, out, ports[dice_below(gen->dice, 6)]);
	}
}

void gen_list(struct gen *gen, FILE *out, unsigned hooks, unsigned count)
{
	gen->no_names = true;
	for (unsigned i = 0; i < count; i++) {
		fprintf(out, "    l%u: ", i);
		write_list_condition(gen, out);
		fprintf(out, " => ");
		gen_verdict(gen, out, hooks, GEN_DEFAULT | GEN_NO_CONTINUE | GEN_NO_LOOKUP, 0);
		fprintf(out, ";\n");
	}
	gen->no_names = false;
}
