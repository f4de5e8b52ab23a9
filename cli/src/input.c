/* input.c: a policy given as text or as a built object, and what becomes of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpol/compile.h"

#include "cli.h"

bool cli_input_is_object(const char *path)
{
	size_t length = strlen(path);
	uint8_t magic[4];
	struct stat st;
	bool elf = false;
	int fd;

	if (length > 2 && !strcmp(path + length - 2, ".o"))
		return true;
	/* A pipe can be read only once: it is left to the policy reader. */
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, magic, sizeof(magic)) == sizeof(magic))
		elf = rpol_object_is(magic, sizeof(magic));
	close(fd);
	return elf;
}

static int read_bundled(void *arg, const char *path, char **text, size_t *length)
{
	const struct rpol_object *object = arg;

	for (size_t i = 0; i < object->nsources; i++) {
		const struct rpol_object_source *source = &object->sources[i];
		char *copy;

		if (strcmp(source->path, path))
			continue;
		copy = malloc(source->length + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, source->text, source->length);
		copy[source->length] = '\0';
		*text = copy;
		*length = source->length;
		return 0;
	}
	return -ENOENT;
}

/* The programs of the bundled text must be those of the object: both engines then judge by one
 * policy. */
static bool same_programs(const struct rpol_policy *policy, const struct rpol_object *object)
{
	if (policy->nprograms != object->nprograms || policy->ncounters != object->ncounters ||
	    policy->nnamed != object->nnamed || policy->ninterfaces != object->ninterfaces ||
	    policy->nnexthops != object->nnexthops)
		return false;
	for (size_t i = 0; i < policy->nprograms; i++)
		if (strcmp(policy->programs[i].name, object->programs[i].name) ||
		    policy->programs[i].ncounted != object->programs[i].nrules ||
		    (int)policy->programs[i].hook != (int)object->programs[i].hook)
			return false;
	return true;
}

static int open_bundled(struct cli_input *input)
{
	struct rpol_reader reader = {.read = read_bundled, .arg = input->object};
	int error;

	if (!input->object->nsources)
		return cli_error("%s carries no source; build it again with `rpol build`",
				 input->path);
	error = rpol_unit_open(input->object->sources[0].path, &reader, &input->unit);
	if (error)
		return cli_file_error("read the source in", input->path, -error);
	input->policy = rpol_unit_policy(input->unit);
	if (!input->policy || !same_programs(input->policy, input->object))
		return cli_error("%s: the source in it does not make the programs in it: another "
				 "version of rpol built it; build it again with this one",
				 input->path);
	return 0;
}

static int open_object(struct cli_input *input, bool with_policy)
{
	char *bytes, *message = NULL;
	size_t size;
	int error = cli_read_file(input->path, &bytes, &size);

	if (error)
		return cli_file_error("read", input->path, -error);
	error = rpol_object_read((const uint8_t *)bytes, size, &input->object, &message);
	free(bytes);
	if (error) {
		cli_error("%s: %s", input->path, message ? message : strerror(-error));
		free(message);
		return CLI_ENVIRONMENT;
	}
	return with_policy ? open_bundled(input) : 0;
}

int cli_input_read(struct cli_input *input, const char *path, bool with_policy)
{
	int error;

	*input = (struct cli_input){.path = path};
	if (cli_input_is_object(path))
		return open_object(input, with_policy);
	error = rpol_unit_open(path, NULL, &input->unit);
	if (error)
		return cli_file_error("read", path, -error);
	input->policy = rpol_unit_policy(input->unit);
	return input->policy ? 0 : CLI_FINDINGS;
}

int cli_input_open(struct cli_input *input, const char *path, bool with_policy)
{
	int status = cli_input_read(input, path, with_policy);

	/* An object's text was shown when it was built. */
	if (input->unit && !input->object)
		rpol_diags_write(rpol_unit_diags(input->unit), rpol_unit_sources(input->unit),
				 cli_colour(stderr), stderr);
	return status;
}

int cli_input_build(struct cli_input *input, uint8_t **bytes, size_t *size, char **why)
{
	struct rpol_diags found = {0};
	int error;

	if (!input->policy->nprograms) {
		cli_error("%s has no policy, so there is nothing to load; add one, such as: policy "
			  "NAME on INTERFACE at xdp { default pass; }",
			  input->path);
		return CLI_FINDINGS;
	}
	/* A list of its own: the unit's diagnostics were shown when it was opened. */
	found.arena = rpol_unit_diags(input->unit)->arena;
	error = rpol_compile(input->policy, &input->compile, &found, bytes, size, why);
	if (error == 1) {
		rpol_diags_sort(&found);
		rpol_diags_write(&found, rpol_unit_sources(input->unit), cli_colour(stderr),
				 stderr);
		return CLI_FINDINGS;
	}
	if (!error)
		return 0;
	if (!*why)
		*why = strdup(strerror(-error));
	return CLI_ENVIRONMENT;
}

int cli_input_compile(struct cli_input *input, char **why)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int status, error;

	if (input->object)
		return 0;
	status = cli_input_build(input, &bytes, &size, why);
	if (status)
		return status;
	error = rpol_object_read(bytes, size, &input->object, why);
	free(bytes);
	if (!error)
		return 0;
	if (!*why)
		*why = strdup(strerror(-error));
	return CLI_ENVIRONMENT;
}

/* The text of a line without the white space around it. */
static bool line_span(const struct rpol_sources *sources, const char *path, uint32_t line,
		      struct rpol_span *span)
{
	for (size_t i = 0; i < sources->nfiles; i++) {
		const struct rpol_file *file = &sources->files[i];
		size_t start, end;

		if (strcmp(file->path, path) || !line || line > file->nlines)
			continue;
		start = file->lines[line - 1];
		end = line < file->nlines ? file->lines[line] : file->length;
		while (start < end && strchr(" \t", file->text[start]))
			start++;
		while (end > start && strchr(" \t\r\n", file->text[end - 1]))
			end--;
		*span = (struct rpol_span){(uint32_t)i, (uint32_t)start, (uint32_t)(end - start)};
		return true;
	}
	return false;
}

int cli_input_refused(struct cli_input *input, const struct rpol_load_error *error)
{
	const char *message = error->message ? error->message : "no reason was given";
	struct rpol_diags found = {0};
	struct rpol_span span;
	size_t first = strcspn(message, "\n");

	if (!error->file || (!input->unit && open_bundled(input)) ||
	    !line_span(rpol_unit_sources(input->unit), error->file, error->line, &span))
		return cli_error("%s: %s", input->path, message);
	found.arena = rpol_unit_diags(input->unit)->arena;
	rpol_diag_add(&found, RPOL_DIAG_VERIFIER, span, "%.*s", (int)first, message);
	rpol_diags_write(&found, rpol_unit_sources(input->unit), cli_colour(stderr), stderr);
	if (message[first])
		fprintf(stderr, "%s\n", message + first + 1);
	return CLI_FINDINGS;
}

void cli_input_close(struct cli_input *input)
{
	rpol_unit_close(input->unit);
	rpol_object_free(input->object);
	*input = (struct cli_input){0};
}
