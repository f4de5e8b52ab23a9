/* keygen.c: random keys of several fields: sets of tuples and exact tables. Their values are few,
 * so that packets, whose values are near those a policy mentions, hit them. */
#include <stdlib.h>
#include <string.h>

#include "policygen.h"

enum { ALL_HOOKS = 7 };

static bool fits_key(enum rpol_field field)
{
	enum rpol_type kind = rpol_field_info(field)->type;

	if (kind == RPOL_TYPE_TIME || kind == RPOL_TYPE_WEEKDAY || field == RPOL_FIELD_HASH)
		return false;
	const struct rpol_field_info *info = rpol_field_info(field);

	return info->type != RPOL_TYPE_BOOL && info->hooks == ALL_HOOKS;
}

void gen_key(struct gen *gen, unsigned least, struct gen_key *key)
{
	static const enum rpol_field usual[] = {RPOL_FIELD_SRC,	  RPOL_FIELD_DST,
						RPOL_FIELD_DPORT, RPOL_FIELD_PROTO,
						RPOL_FIELD_IFACE, RPOL_FIELD_ETH_SRC};
	unsigned count = dice_between(gen->dice, least, 3);

	key->nfields = 0;
	while (key->nfields < count) {
		enum rpol_field field = usual[dice_below(gen->dice, 6)];
		bool again = false;

		if (dice_chance(gen->dice, 25))
			field = (enum rpol_field)dice_below(gen->dice, RPOL_FIELD_COUNT);
		for (unsigned i = 0; i < key->nfields; i++)
			again |= key->fields[i] == field;
		if (!again && fits_key(field))
			key->fields[key->nfields++] = field;
	}
}

/* `(src, dport)`, or a field alone where that may be; as_is: the key's own fields, or others of the
 * same types. */
void gen_key_fields(struct gen *gen, FILE *out, const struct gen_key *key, bool as_is)
{
	bool bare = key->nfields == 1 && dice_chance(gen->dice, 70);
	struct gen_key chosen = *key;

	for (unsigned i = 0; i < key->nfields; i++) {
		enum rpol_field field = key->fields[i];

		if (!as_is && dice_chance(gen->dice, 30)) {
			enum rpol_type type = rpol_field_info(field)->type;
			bool again = false;

			do
				field = (enum rpol_field)dice_below(gen->dice, RPOL_FIELD_COUNT);
			while (rpol_field_info(field)->type != type || !fits_key(field));
			for (unsigned j = 0; j < key->nfields; j++)
				again |= chosen.fields[j] == field;
			if (again)
				field = key->fields[i];
			chosen.fields[i] = field;
		}
		fprintf(out, "%s%s", i ? ", " : bare ? "" : "(", rpol_field_info(field)->name);
	}
	fprintf(out, "%s", bare ? "" : ")");
}

static void write_value(struct gen *gen, FILE *out, enum rpol_field field)
{
	static const uint32_t ports[] = {53, 80, 443, 5060};
	static const uint32_t protos[] = {1, 6, 17, 58};
	char text[RPOL_ADDR_TEXT];

	switch (rpol_field_info(field)->type) {
	case RPOL_TYPE_ADDR:
		rpol_addr_text(&gen->pool[dice_below(gen->dice, 6)].addr, text);
		fprintf(out, "%s", text);
		break;
	case RPOL_TYPE_MAC:
		fprintf(out, GEN_MAC, dice_below(gen->dice, 5));
		break;
	case RPOL_TYPE_IFACE:
		fprintf(out, "if%u", dice_below(gen->dice, gen->nifaces));
		break;
	case RPOL_TYPE_PORT:
		fprintf(out, "%u", ports[dice_below(gen->dice, 4)]);
		break;
	case RPOL_TYPE_PROTO:
		fprintf(out, "%u", protos[dice_below(gen->dice, 4)]);
		break;
	default:
		fprintf(out, "%u", dice_below(gen->dice, rpol_field_info(field)->max + 1));
	}
}

void gen_key_values(struct gen *gen, const struct gen_key *key, unsigned count,
		    void (*write)(struct gen *, const char *, void *), void *arg)
{
	char **seen = calloc(count, sizeof(*seen));

	for (unsigned i = 0; i < count; i++) {
		bool again = false;
		size_t length;
		FILE *out = open_memstream(&seen[i], &length);

		for (unsigned j = 0; j < key->nfields; j++) {
			fprintf(out, "%s", j ? ", " : key->nfields > 1 ? "(" : "");
			write_value(gen, out, key->fields[j]);
		}
		fprintf(out, "%s", key->nfields > 1 ? ")" : "");
		fclose(out);
		for (unsigned j = 0; j < i; j++)
			again |= !strcmp(seen[i], seen[j]);
		if (!again)
			write(gen, seen[i], arg);
	}
	for (unsigned i = 0; i < count; i++)
		free(seen[i]);
	free(seen);
}

struct item_writer {
	FILE *out;
	const char *separator;
	unsigned count;
};

static void write_item(struct gen *gen, const char *text, void *arg)
{
	struct item_writer *writer = arg;

	(void)gen;
	fprintf(writer->out, "%s%s", writer->count++ ? writer->separator : "", text);
}

static void make_tuples(struct gen *gen)
{
	unsigned n = gen->ntuples, count = dice_chance(gen->dice, 50)
						   ? dice_between(gen->dice, 1, 16)
						   : dice_between(gen->dice, 20, 80);
	struct gen_key *key = &gen->tuples[n];
	struct item_writer writer = {.separator = ", "};
	struct gen_file data;
	bool included;
	FILE *decls = gen_decls(gen, &included);
	char *line;
	size_t length;

	gen_key(gen, 2, key);
	FILE *out = open_memstream(&line, &length);
	fprintf(out, "set u%u : ", n);
	gen_key_fields(gen, out, key, true);
	writer.out = out;
	if (dice_chance(gen->dice, 30)) {
		gen_data_file(gen, out, included, &data);
		writer.out = data.stream;
		writer.separator = " # one\n";
		gen_key_values(gen, key, count, write_item, &writer);
		fprintf(data.stream, "\n");
		gen_data_file_end(gen, &data);
		gen_wrote(gen, DECL_TUPLE_FILE);
	} else {
		fprintf(out, " { ");
		gen_key_values(gen, key, count, write_item, &writer);
		fprintf(out, " }\n");
	}
	fclose(out);
	fputs(line, decls);
	free(line);
	gen_wrote(gen, writer.count <= 16 ? DECL_TUPLE_SMALL : DECL_TUPLE_LARGE);
	gen->ntuples++;
}

static void make_dynamic(struct gen *gen, unsigned n)
{
	static const char *const types[] = {"addr", "port", "prefix"};
	unsigned type = dice_below(gen->dice, 4),
		 count = dice_between(gen->dice, 1, dice_chance(gen->dice, 50) ? 12 : 60);
	struct gen_key *key = &gen->dynamic[n];
	struct item_writer writer = {.separator = "\n"};
	struct gen_file data;
	bool included;
	FILE *decls = gen_decls(gen, &included);

	*key = (struct gen_key){.nfields = 1};
	key->fields[0] = type == 1 ? RPOL_FIELD_DPORT : RPOL_FIELD_SRC;
	if (type == 3)
		gen_key(gen, 2, key);
	fprintf(decls, "dynamic set d%u : ", n);
	if (type == 3)
		gen_key_fields(gen, decls, key, true);
	else
		fprintf(decls, "%s", types[type]);
	fprintf(decls, " { size %u;%s", count + dice_below(gen->dice, 40),
		dice_chance(gen->dice, 50) ? " timeout 10m;" : "");
	gen_wrote(gen, DECL_DYNAMIC_ADDR + type);
	if (dice_chance(gen->dice, 10)) {
		fprintf(decls, " }\n");
		return;
	}
	gen_data_file(gen, decls, included, &data);
	fprintf(decls, "}\n");
	writer.out = data.stream;
	if (type == 2)
		gen_prefixes(gen, data.stream, count);
	else
		gen_key_values(gen, key, count, write_item, &writer);
	fprintf(data.stream, "\n");
	gen_data_file_end(gen, &data);
}

void gen_dynamic_test(struct gen *gen, FILE *out)
{
	unsigned n = dice_below(gen->dice, gen->ndynamic + 1);

	if (n == gen->ndynamic && n == GEN_MAX)
		n = 0;
	if (n == gen->ndynamic) {
		make_dynamic(gen, n);
		gen->ndynamic++;
	}
	if (gen->dynamic[n].nfields > 1)
		gen_key_fields(gen, out, &gen->dynamic[n], false);
	else if (gen->dynamic[n].fields[0] == RPOL_FIELD_DPORT)
		fprintf(out, "%s", dice_chance(gen->dice, 50) ? "dport" : "sport");
	else
		fprintf(out, "%s", dice_chance(gen->dice, 50) ? "src" : "dst");
	fprintf(out, " in d%u", n);
}

void gen_tuple_test(struct gen *gen, FILE *out)
{
	struct gen_key key;

	if (dice_chance(gen->dice, 75)) {
		unsigned n = dice_below(gen->dice, gen->ntuples + 1);

		if (n == gen->ntuples && n == GEN_MAX)
			n = 0;
		if (n == gen->ntuples)
			make_tuples(gen);
		gen_key_fields(gen, out, &gen->tuples[n], false);
		fprintf(out, " in u%u", n);
		return;
	}
	struct item_writer writer = {.out = out, .separator = ", "};

	gen_key(gen, 2, &key);
	gen_key_fields(gen, out, &key, true);
	fprintf(out, " in { ");
	gen_key_values(gen, &key, dice_between(gen->dice, 1, dice_chance(gen->dice, 20) ? 24 : 5),
		       write_item, &writer);
	fprintf(out, " }");
	gen_wrote(gen, DECL_TUPLE_LIST);
}
