/* compiled.c: see compiled.h. */
#include "compiled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct rpol_unit *checked(int result, struct rpol_unit *unit, const char *path)
{
	if (!result && rpol_unit_policy(unit))
		return unit;
	if (result)
		fprintf(stderr, "%s: %s\n", path, strerror(-result));
	else
		rpol_diags_write(rpol_unit_diags(unit), rpol_unit_sources(unit), false, stderr);
	exit(1);
}

struct rpol_unit *open_policy(const char *path)
{
	struct rpol_unit *unit = NULL;
	int result = rpol_unit_open(path, NULL, &unit);

	return checked(result, unit, path);
}

struct text {
	const char *text;
	size_t length;
};

static int read_text(void *arg, const char *path, char **text, size_t *length)
{
	const struct text *from = arg;

	if (strcmp(path, "t.rpol"))
		return -ENOENT;
	*text = malloc(from->length + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, from->text, from->length);
	(*text)[from->length] = 0;
	*length = from->length;
	return 0;
}

struct rpol_unit *open_text(const char *text, size_t length)
{
	struct text from = {text, length};
	struct rpol_reader reader = {read_text, &from};
	struct rpol_unit *unit = NULL;
	int result = rpol_unit_open("t.rpol", &reader, &unit);

	return checked(result, unit, "t.rpol");
}

struct compiled compile_unit(struct rpol_unit *unit)
{
	struct compiled compiled = {.unit = unit};

	compiled.result = rpol_compile(rpol_unit_policy(unit), NULL, rpol_unit_diags(unit),
				       &compiled.object, &compiled.size, &compiled.error);
	if (compiled.error)
		fprintf(stderr, "rpol_compile: %s\n", compiled.error);
	return compiled;
}

void compiled_free(struct compiled *compiled)
{
	free(compiled->object);
	free(compiled->error);
	rpol_unit_close(compiled->unit);
}

const struct rpol_diag *find_diag(struct rpol_unit *unit, enum rpol_diag_code code)
{
	const struct rpol_diags *diags = rpol_unit_diags(unit);

	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].code == code)
			return &diags->items[i];
	return NULL;
}
