/* policygen.c: random policies as text: declarations and the policies themselves.
 *
 * Declarations are made when something first wants one, and reused later. Everything written is
 * within the language: a policy that the checker refuses is a finding. */
#include <stdlib.h>
#include <string.h>

#include "policygen.h"

enum { X = 1, I = 2, E = 4 };
static const uint8_t verdict_hooks[] = {
#define VERDICT(id, word, hooks, operand, doc) hooks,
#include "rpol/verdicts.def"
#undef VERDICT
};

void gen_wrote(struct gen *gen, enum decl decl)
{
	gen->coverage->decls[decl]++;
}

/* The stream a declaration goes to: the root, or the included file. */
FILE *gen_decls(struct gen *gen, bool *included)
{
	*included = gen->include && dice_chance(gen->dice, 40);
	return *included ? gen->include : gen->decls;
}

/* Starts a file of entries for a declaration, and writes ` from file "…"` of it. */
void gen_data_file(struct gen *gen, FILE *decl, bool included, struct gen_file *file)
{
	snprintf(file->path, sizeof(file->path), "%sdata%u.txt", included ? "parts/" : "",
		 ++gen->nfiles);
	fprintf(decl, " from file \"data%u.txt\";\n", gen->nfiles);
	file->stream = open_memstream(&file->text, &file->length);
	if (!file->stream)
		abort();
	fprintf(file->stream, "# made\n");
}

void gen_data_file_end(struct gen *gen, struct gen_file *file)
{
	fclose(file->stream);
	text_add(gen->out, file->path, file->text);
	free(file->text);
}

/* ---- next hops, groups ---------------------------------------------------------------------- */

static void make_interfaces(struct gen *gen)
{
	gen->nifaces = dice_between(gen->dice, 2, 5);
	for (unsigned i = 0; i < gen->nifaces; i++) {
		fprintf(gen->decls, "interface if%u = dev%u;\n", i, i);
		gen_wrote(gen, DECL_INTERFACE);
	}
	gen->many = dice_chance(gen->dice, 40);
	if (!gen->many)
		return;
	fprintf(gen->decls, "interface many = devm0, devm1%s;\n",
		dice_chance(gen->dice, 40) ? ", \"devm-2\"" : "");
	gen_wrote(gen, DECL_INTERFACE_GROUP);
}

static void make_nexthop(struct gen *gen)
{
	bool dead = dice_chance(gen->dice, 25), six = dice_chance(gen->dice, 40);
	unsigned n = gen->nnexthops++;
	bool included;
	FILE *out = gen_decls(gen, &included);

	snprintf(gen->nexthops[n], sizeof(gen->nexthops[n]), "%s%u", dead ? "dead" : "hop", n);
	if (six)
		fprintf(out, "nexthop %s { via 2001:db8:ffff::%x dev if%u; }\n", gen->nexthops[n],
			n + 1, dice_below(gen->dice, gen->nifaces));
	else
		fprintf(out, "nexthop %s { via 203.0.113.%u dev if%u; }\n", gen->nexthops[n], n + 1,
			dice_below(gen->dice, gen->nifaces));
	gen_wrote(gen, six ? DECL_NEXTHOP_V6 : DECL_NEXTHOP_V4);
	if (dead)
		gen_wrote(gen, DECL_NEXTHOP_DEAD);
}

static const char *pick_nexthop(struct gen *gen, bool dead)
{
	for (unsigned i = 0; dead && i < gen->nnexthops; i++)
		if (gen->nexthops[i][0] == 'd' && dice_chance(gen->dice, 60))
			return gen->nexthops[i];
	if (!gen->nnexthops || (gen->nnexthops < GEN_MAX && dice_chance(gen->dice, 40)))
		make_nexthop(gen);
	return gen->nexthops[dice_below(gen->dice, gen->nnexthops)];
}

static void make_group(struct gen *gen)
{
	bool prefer = dice_chance(gen->dice, 35), otherwise = dice_chance(gen->dice, 40);
	bool dead = dice_chance(gen->dice, 40); /* mostly of dead members */
	unsigned n = gen->ngroups, members = dice_between(gen->dice, 1, 4), made = 0;
	const char *chosen[4] = {0};
	char *line;
	size_t length;
	FILE *out = open_memstream(&line, &length);

	fprintf(out, "group g%u { %s", n, prefer ? "prefer" : "hash flow;");
	for (unsigned i = 0; i < members; i++) {
		const char *hop = pick_nexthop(gen, dead);
		bool again = false;

		for (unsigned j = 0; j < made; j++)
			again |= chosen[j] == hop;
		if (again)
			continue;
		chosen[made++] = hop;
		if (prefer)
			fprintf(out, "%s %s", made == 1 ? "" : ",", hop);
		else if (dice_chance(gen->dice, 30))
			fprintf(out, " %s;", hop);
		else
			fprintf(out, " %s weight %u;", hop,
				dice_between(gen->dice, 1, dice_chance(gen->dice, 20) ? 61 : 5));
	}
	fprintf(out, "%s", prefer ? ";" : "");
	if (otherwise) {
		fprintf(out, " else ");
		gen_verdict(gen, out, X | I, GEN_NO_CONTINUE | GEN_NO_LOOKUP, 0);
		fprintf(out, ";");
		gen_wrote(gen, DECL_GROUP_ELSE);
	}
	fprintf(out, " }\n");
	fclose(out);
	fputs(line, gen->decls);
	free(line);
	gen->ngroups++;
	gen_wrote(gen, prefer ? DECL_GROUP_PREFER : DECL_GROUP_HASH);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void write_entries(struct gen *gen, FILE *out, unsigned count, unsigned hooks, bool arrows,
			  unsigned flags)
{
	char(*seen)[RPOL_ADDR_TEXT] = calloc(count, sizeof(*seen));

	for (unsigned i = 0; i < count; i++) {
		char text[RPOL_ADDR_TEXT];
		bool again = false;

		gen_prefix_text(gen, text, true);
		for (unsigned j = 0; j < i; j++)
			again |= !strcmp(seen[j], text);
		if (again)
			continue;
		memcpy(seen[i], text, sizeof(text));
		fprintf(out, arrows ? "    %s => " : "%s ", text);
		gen_verdict(gen, out, hooks, (flags | GEN_NO_LOOKUP) & ~(unsigned)GEN_RULE,
			    count > 20 ? 0 : 1);
		fprintf(out, arrows ? ";\n" : "\n");
	}
	free(seen);
}

struct entry_writer {
	FILE *out;
	unsigned hooks, flags, count;
	bool arrows;
};

static void write_exact_entry(struct gen *gen, const char *text, void *arg)
{
	struct entry_writer *to = arg;

	fprintf(to->out, to->arrows ? "    %s => " : "%s ", text);
	gen_verdict(gen, to->out, to->hooks, (to->flags | GEN_NO_LOOKUP) & ~(unsigned)GEN_RULE, 1);
	fprintf(to->out, to->arrows ? ";\n" : "\n");
	to->count++;
}

/* A verdict that an entry of a dynamic table can have. */
static void write_dynamic_verdict(struct gen *gen, FILE *out, unsigned hooks)
{
	if (!(hooks & E) && gen->ngroups && dice_chance(gen->dice, 25))
		fprintf(out, "route g%u", dice_below(gen->dice, gen->ngroups));
	else if (!(hooks & E) && dice_chance(gen->dice, 30))
		fprintf(out, "%s", dice_chance(gen->dice, 50) ? "fib" : "bounce");
	else if (!(hooks & E) && dice_chance(gen->dice, 30))
		fprintf(out, "route %s", pick_nexthop(gen, false));
	else if (dice_chance(gen->dice, 30))
		fprintf(out, "send if%u", dice_below(gen->dice, gen->nifaces));
	else
		fprintf(out, "%s",
			dice_chance(gen->dice, 40)   ? "drop"
			: dice_chance(gen->dice, 50) ? "pass"
						     : "continue");
}

static void write_dynamic_entry(struct gen *gen, const char *text, void *arg)
{
	struct entry_writer *to = arg;

	fprintf(to->out, "    %s => ", text);
	write_dynamic_verdict(gen, to->out, to->hooks);
	fprintf(to->out, ";\n");
}

static unsigned make_dynamic_table(struct gen *gen, unsigned hooks)
{
	unsigned n = gen->ntables,
		 count = dice_between(gen->dice, 1, dice_chance(gen->dice, 50) ? 8 : 60);
	struct entry_writer writer = {.hooks = hooks};
	bool lpm = dice_chance(gen->dice, 50), live = lpm && dice_chance(gen->dice, 60), included;
	FILE *decls = gen_decls(gen, &included);
	struct gen_key key;
	char *block;
	size_t length;
	FILE *out = open_memstream(&block, &length);

	gen->tables[n].hooks = hooks;
	gen_key(gen, 1, &key);
	fprintf(out, "dynamic table t%u : %s ", n, lpm ? "lpm" : "exact");
	if (lpm)
		fprintf(out, "%s", dice_chance(gen->dice, 50) ? "src" : "dst");
	else
		gen_key_fields(gen, out, &key, true);
	fprintf(out, " {\n    size %u;\n",
		count + dice_below(gen->dice, lpm && !live ? 5 : 100) + (live ? 65 : 0));
	writer.out = out;
	if (lpm) {
		char(*seen)[RPOL_ADDR_TEXT] = calloc(count, sizeof(*seen));

		for (unsigned i = 0; i < count; i++) {
			bool again = false;

			gen_prefix_text(gen, seen[i], true);
			for (unsigned j = 0; j < i; j++)
				again |= !strcmp(seen[i], seen[j]);
			if (!again)
				write_dynamic_entry(gen, seen[i], &writer);
		}
		free(seen);
	} else {
		gen_key_values(gen, &key, count, write_dynamic_entry, &writer);
	}
	fprintf(out, "}\n");
	fclose(out);
	fputs(block, decls);
	free(block);
	gen_wrote(gen, live ? DECL_DYNAMIC_LIVE : lpm ? DECL_DYNAMIC_LPM : DECL_DYNAMIC_EXACT);
	return gen->ntables++;
}

static unsigned make_exact_table(struct gen *gen, unsigned hooks, unsigned flags)
{
	unsigned n = gen->ntables, count = dice_chance(gen->dice, 50)
						   ? dice_between(gen->dice, 1, 8)
						   : dice_between(gen->dice, 12, 60);
	struct entry_writer writer = {.hooks = hooks, .flags = flags};
	struct gen_file data;
	struct gen_key key;
	bool included;
	FILE *decls = gen_decls(gen, &included);
	char *block;
	size_t length;

	gen->tables[n].hooks = hooks;
	gen->tables[n].no_continue = flags & GEN_NO_CONTINUE;
	gen_key(gen, 1, &key);
	FILE *out = open_memstream(&block, &length);
	fprintf(out, "table t%u : exact ", n);
	gen_key_fields(gen, out, &key, true);
	if (dice_chance(gen->dice, 25)) {
		gen_data_file(gen, out, included, &data);
		writer.out = data.stream;
		gen_key_values(gen, &key, count, write_exact_entry, &writer);
		gen_data_file_end(gen, &data);
		gen_wrote(gen, DECL_EXACT_FILE);
	} else {
		fprintf(out, " {\n");
		writer.out = out;
		writer.arrows = true;
		gen_key_values(gen, &key, count, write_exact_entry, &writer);
		fprintf(out, "}\n");
	}
	fclose(out);
	fputs(block, decls);
	free(block);
	gen_wrote(gen, writer.count <= 8 ? DECL_EXACT_SMALL : DECL_EXACT_LARGE);
	return gen->ntables++;
}

static unsigned make_table(struct gen *gen, unsigned hooks, unsigned flags)
{
	unsigned n = gen->ntables;
	bool source = dice_chance(gen->dice, 40), file = dice_chance(gen->dice, 25), included;
	unsigned count = dice_chance(gen->dice, 60)   ? dice_between(gen->dice, 1, 12)
			 : dice_chance(gen->dice, 60) ? dice_between(gen->dice, 13, 60)
						      : dice_between(gen->dice, 100, 300);
	char *block;
	size_t length;
	if (!(flags & GEN_NO_CONTINUE) && dice_chance(gen->dice, 35))
		return make_dynamic_table(gen, hooks);
	if (dice_chance(gen->dice, 35))
		return make_exact_table(gen, hooks, flags);
	FILE *out = open_memstream(&block, &length);
	struct gen_file data;

	gen->tables[n].hooks = hooks;
	gen->tables[n].no_continue = flags & GEN_NO_CONTINUE;
	FILE *decls = gen_decls(gen, &included);
	fprintf(out, "table t%u : lpm %s", n, source ? "src" : "dst");
	if (file) {
		gen_data_file(gen, out, included, &data);
		write_entries(gen, data.stream, count, hooks, false, flags);
		gen_data_file_end(gen, &data);
		gen_wrote(gen, DECL_TABLE_FILE);
	} else {
		fprintf(out, " {\n");
		write_entries(gen, out, count, hooks, true, flags);
		fprintf(out, "}\n");
	}
	fclose(out);
	fputs(block, decls);
	free(block);
	gen_wrote(gen, source ? DECL_TABLE_SRC : DECL_TABLE_DST);
	gen_wrote(gen, count <= 12 ? DECL_TABLE_SMALL : DECL_TABLE_LARGE);
	return gen->ntables++;
}

/* What a new table or chain is for: what other hooks lack is rare, but must be there. */
static unsigned hooks_wanted(struct gen *gen, unsigned hooks)
{
	if (hooks == X && dice_chance(gen->dice, 40))
		return X;
	return hooks & E ? E | I | X : I | X;
}

/* A table whose entries every hook of `hooks` has; at least those. */
static unsigned pick_table(struct gen *gen, unsigned hooks, unsigned flags)
{
	for (int tries = 0; tries < 4 && gen->ntables; tries++) {
		unsigned n = dice_below(gen->dice, gen->ntables);

		if ((gen->tables[n].hooks & hooks) == hooks &&
		    (gen->tables[n].no_continue || !(flags & GEN_NO_CONTINUE)))
			return n;
	}
	if (gen->ntables == GEN_MAX)
		return GEN_MAX;
	return make_table(gen, hooks_wanted(gen, hooks), flags);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static bool may(unsigned verdict, unsigned hooks, unsigned flags, unsigned depth)
{
	if ((verdict_hooks[verdict] & hooks) != hooks)
		return false;
	if (verdict == RPOL_VERDICT_CONTINUE)
		return !(flags & GEN_NO_CONTINUE);
	if (verdict == RPOL_VERDICT_JUMP)
		return flags & GEN_RULE;
	if (verdict == RPOL_VERDICT_LOOKUP)
		return !(flags & GEN_NO_LOOKUP) && depth;
	return true;
}

static void write_else(struct gen *gen, FILE *out, unsigned hooks, unsigned flags, unsigned depth,
		       enum decl wrote)
{
	fprintf(out, " else ");
	gen_wrote(gen, wrote);
	if (flags & GEN_IN_ELSE)
		gen_wrote(gen, DECL_ELSE_CHAIN);
	gen_verdict(gen, out, hooks, (flags | GEN_IN_ELSE) & ~(unsigned)GEN_RULE, depth - 1);
}

/* Chains are written before those that jump to them, so that there is no cycle. */
static unsigned make_chain(struct gen *gen, unsigned hooks)
{
	bool large = dice_chance(gen->dice, 8), nested = false;
	unsigned nrules = large ? dice_between(gen->dice, 30, 70) : dice_between(gen->dice, 1, 5);
	unsigned number;
	char *block;
	size_t length;
	FILE *out;

	if (gen->nchains + 2 < GEN_MAX && dice_chance(gen->dice, 45))
		make_chain(gen, hooks); /* to jump to */
	out = open_memstream(&block, &length);
	for (unsigned i = 0; i < nrules; i++) {
		fprintf(out, "    r%u: ", i);
		gen_condition(gen, out, hooks);
		fprintf(out, " => ");
		if (dice_chance(gen->dice, 25)) {
			fprintf(out, "continue");
		} else if (gen->nchains && dice_chance(gen->dice, large ? 5 : 35)) {
			unsigned inner = dice_below(gen->dice, gen->nchains);

			if ((gen->chains[inner].hooks & hooks) != hooks) {
				fprintf(out, "drop");
			} else {
				fprintf(out, "jump ch%u", inner);
				gen->chains[inner].used = nested = true;
			}
		} else {
			gen_actions(gen, out, hooks);
			gen_verdict(gen, out, hooks, 0, 3);
		}
		fprintf(out, ";\n");
	}
	fclose(out);
	number = gen->nchains++;
	gen->chains[number].hooks = hooks;
	fprintf(gen->decls, "chain ch%u {\n%s}\n", number, block);
	free(block);
	gen_wrote(gen, DECL_CHAIN);
	if (nested)
		gen_wrote(gen, DECL_CHAIN_NESTED);
	if (large)
		gen_wrote(gen, DECL_CHAIN_LARGE);
	return number;
}

/* A chain that every hook of `hooks` has. */
static unsigned pick_chain(struct gen *gen, unsigned hooks)
{
	unsigned made;

	for (int tries = 0; tries < 3 && gen->nchains && !dice_chance(gen->dice, 20); tries++) {
		unsigned n = dice_below(gen->dice, gen->nchains);

		if ((gen->chains[n].hooks & hooks) != hooks)
			continue;
		if (gen->chains[n].used)
			gen_wrote(gen, DECL_CHAIN_AGAIN);
		gen->chains[n].used = true;
		return n;
	}
	if (gen->nchains == GEN_MAX)
		return GEN_MAX;
	made = make_chain(gen, hooks_wanted(gen, hooks));
	gen->chains[made].used = true;
	return made;
}

void gen_verdict(struct gen *gen, FILE *out, unsigned hooks, unsigned flags, unsigned depth)
{
	/* The host that runs this has the first, and not the last that can be written. */
	static const char *const cpus[] = {"0", "spread", "1023"};
	unsigned verdict, table, chain;

	do
		verdict = dice_below(gen->dice, RPOL_VERDICT_COUNT);
	while (!may(verdict, hooks, flags, depth));
	switch ((enum rpol_verdict_kind)verdict) {
	case RPOL_VERDICT_ROUTE:
		if (dice_chance(gen->dice, 40) || !depth) {
			fprintf(out, "route %s", pick_nexthop(gen, false));
			gen_wrote(gen, DECL_ROUTE_NEXTHOP);
		} else {
			if (!gen->ngroups || (gen->ngroups < GEN_MAX && dice_chance(gen->dice, 30)))
				make_group(gen);
			fprintf(out, "route g%u", dice_below(gen->dice, gen->ngroups));
			gen_wrote(gen, DECL_ROUTE_GROUP);
		}
		if (depth && dice_chance(gen->dice, 40))
			write_else(gen, out, hooks, flags, depth, DECL_ROUTE_ELSE);
		break;
	case RPOL_VERDICT_LOOKUP:
		table = pick_table(gen, hooks, flags);
		if (table == GEN_MAX) {
			fprintf(out, "drop");
			break;
		}
		fprintf(out, "lookup t%u", table);
		if ((flags & GEN_DEFAULT) || dice_chance(gen->dice, 40))
			write_else(gen, out, hooks, flags, depth, DECL_LOOKUP_ELSE);
		else
			gen_wrote(gen, DECL_LOOKUP_PLAIN);
		break;
	case RPOL_VERDICT_JUMP:
		chain = pick_chain(gen, hooks);
		if (chain == GEN_MAX)
			fprintf(out, "continue");
		else
			fprintf(out, "jump ch%u", chain);
		break;
	case RPOL_VERDICT_SEND:
		fprintf(out, "send if%u", dice_below(gen->dice, gen->nifaces));
		break;
	case RPOL_VERDICT_CPU:
		fprintf(out, "cpu %s", cpus[dice_below(gen->dice, 3)]);
		break;
	default:
		fprintf(out, "%s", rpol_verdict_word((enum rpol_verdict_kind)verdict));
	}
}

/* ---- policies -------------------------------------------------------------------------------- */

static void write_policy(struct gen *gen, FILE *out, unsigned number, enum rpol_hook hook,
			 const char *ifaces)
{
	bool chosen = hook == RPOL_HOOK_XDP && dice_chance(gen->dice, 25);
	static const char *const fragments[] = {"match", "drop", "pass"};
	/* Now and then so many that they are looked up; most of these decide, and do no more. */
	bool many = dice_chance(gen->dice, 4);
	unsigned nrules = dice_between(gen->dice, many ? 40 : 1, many ? 200 : 10);
	unsigned hooks = 1u << hook;

	fprintf(out, "policy p%u on %s at %s {\n", number, ifaces,
		chosen ? "auto" : rpol_hook_text(hook));
	if (chosen)
		gen_wrote(gen, DECL_AUTO);
	if (dice_chance(gen->dice, 35)) {
		unsigned which = dice_below(gen->dice, 3);

		fprintf(out, "    fragments %s;\n", fragments[which]);
		gen_wrote(gen, DECL_FRAGMENTS_MATCH + which);
	}
	fprintf(out, "    default ");
	gen_verdict(gen, out, hooks, GEN_DEFAULT | GEN_NO_CONTINUE, 3);
	fprintf(out, ";\n");
	if (!gen->out->large && dice_chance(gen->dice, 1)) {
		gen->out->large = true;
		gen_list(gen, out, hooks, dice_between(gen->dice, 500, 3000));
	}
	for (unsigned i = 0; i < nrules; i++) {
		bool plain = many && dice_chance(gen->dice, 97);

		fprintf(out, "    r%u: ", i);
		gen_condition(gen, out, hooks);
		fprintf(out, " => ");
		if (!plain)
			gen_actions(gen, out, hooks);
		gen_verdict(gen, out, hooks, plain ? GEN_DEFAULT | GEN_NO_CONTINUE : GEN_RULE, 3);
		fprintf(out, ";\n");
	}
	fprintf(out, "}\n");
}

static void write_policies(struct gen *gen, FILE *out)
{
	unsigned npolicies = dice_between(gen->dice, 1, 3);
	enum { MANY = 1 << 7 };
	uint8_t taken[RPOL_HOOK_COUNT] = {0}; /* interfaces with a policy, by hook, as bits */

	for (unsigned i = 0; i < npolicies; i++) {
		unsigned where = dice_below(gen->dice, 100);
		enum rpol_hook hook = where < 45   ? RPOL_HOOK_XDP
				      : where < 80 ? RPOL_HOOK_TC_INGRESS
						   : RPOL_HOOK_TC_EGRESS;
		unsigned first = dice_below(gen->dice, gen->nifaces);
		unsigned second = dice_below(gen->dice, gen->nifaces);
		char ifaces[64];

		if (taken[hook] & (1u << first | 1u << second))
			continue;
		taken[hook] |= 1u << first | 1u << second;
		snprintf(ifaces, sizeof(ifaces), "if%u", first);
		if (first != second) {
			snprintf(ifaces, sizeof(ifaces), "if%u, if%u", first, second);
			gen_wrote(gen, DECL_TWO_INTERFACES);
		}
		if (gen->many && !(taken[hook] & MANY) && dice_chance(gen->dice, 50)) {
			taken[hook] |= MANY;
			strcat(ifaces, ", many");
			gen_wrote(gen, DECL_ON_GROUP);
		}
		write_policy(gen, out, i, hook, ifaces);
	}
}

void policy_generate(struct dice *dice, struct coverage *coverage, struct text *out)
{
	struct gen gen = {.dice = dice, .coverage = coverage, .out = out};
	char *decls, *include = NULL, *policies, *root;
	size_t length;
	FILE *stream;

	*out = (struct text){0};
	text_add(out, "fuzz.rpol", ""); /* the root comes first; written below */
	gen.decls = open_memstream(&decls, &length);
	if (dice_chance(dice, 40)) {
		gen.include = open_memstream(&include, &length);
		fprintf(gen.include, "# included\n");
		gen_wrote(&gen, DECL_INCLUDE);
	}
	gen_pool(&gen);
	make_interfaces(&gen);
	stream = open_memstream(&policies, &length);
	write_policies(&gen, stream);
	fclose(stream);
	fclose(gen.decls);
	stream = open_memstream(&root, &length);
	if (gen.include)
		fprintf(stream, "include \"parts/more.rpol\";\n");
	fprintf(stream, "%s%s", decls, policies);
	fclose(stream);
	free(out->files[0].text);
	out->files[0].text = root;
	if (gen.include) {
		fclose(gen.include);
		text_add(out, "parts/more.rpol", include);
	}
	free(decls);
	free(include);
	free(policies);
}
