/* golden.c: every golden/x.rpol against x.lowering and x.c. UPDATE=1 rewrites them. */
#define _GNU_SOURCE
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiled.h"

typedef int emit_fn(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		    FILE *out);

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, 0, file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

/* Says the first line that differs. */
static void show(const char *path, const char *want, const char *got)
{
	unsigned line = 1;

	while (*want && *want == *got) {
		line += *want == '\n';
		want++, got++;
	}
	fprintf(stderr, "%s:%u differs\n  want: %.*s\n  got:  %.*s\n", path, line,
		(int)strcspn(want, "\n"), want, (int)strcspn(got, "\n"), got);
}

/* A policy whose first line is `# --force-structure NAME` is compiled so. */
static struct rpol_compile_options options_of(const struct rpol_policy *policy, char name[16])
{
	name[0] = 0;
	sscanf(policy->sources->files[0].text, "# --force-structure %15[a-z]", name);
	return (struct rpol_compile_options){.structure = name[0] ? name : NULL};
}

static int compare(const struct rpol_policy *policy, const char *name, const char *suffix,
		   emit_fn *emit)
{
	char *path, *text = NULL, *want, structure[16];
	struct rpol_compile_options options = options_of(policy, structure);
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int failed;

	if (!out ||
	    asprintf(&path, "%.*s%s", (int)(strlen(name) - strlen(".rpol")), name, suffix) < 0)
		abort();
	failed = emit(policy, &options, out) != 0;
	fclose(out);
	if (getenv("UPDATE")) {
		FILE *file = fopen(path, "w");

		failed |= !file || fwrite(text, 1, size, file) != size;
		if (file)
			fclose(file);
	}
	want = slurp(path);
	if (!want) {
		fprintf(stderr, "%s is missing: UPDATE=1 writes it\n", path);
		failed = 1;
	} else if (strcmp(want, text)) {
		show(path, want, text);
		failed = 1;
	}
	free(want);
	free(text);
	free(path);
	return failed;
}

int main(void)
{
	glob_t names;
	int failed = 0;

	/* The policies' own paths are in the texts. */
	if (chdir(GOLDEN) || glob("*.rpol", 0, NULL, &names)) {
		perror(GOLDEN);
		return 1;
	}
	for (size_t i = 0; i < names.gl_pathc; i++) {
		struct rpol_unit *unit = open_policy(names.gl_pathv[i]);
		const struct rpol_policy *policy = rpol_unit_policy(unit);

		failed |= compare(policy, names.gl_pathv[i], ".lowering", rpol_emit_lowering);
		failed |= compare(policy, names.gl_pathv[i], ".c", rpol_emit_c);
		rpol_unit_close(unit);
	}
	globfree(&names);
	return failed;
}
