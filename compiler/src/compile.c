/* compile.c: the compiler's pipeline: lower, write C, have clang compile it, finish the object. */
#define _GNU_SOURCE
#include "rpol/compile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "object.h"
#include "outside.h"

typedef void print_fn(struct rpol_arena *arena, const struct lowering *lowering, FILE *out);

static int print(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		 FILE *out, print_fn *to)
{
	struct rpol_arena arena = {0};
	jmp_buf oom;
	volatile int result = -ENOMEM;

	arena.oom = &oom;
	if (!setjmp(oom)) {
		to(&arena, rpol_lower(&arena, policy, options), out);
		result = 0;
	}
	rpol_arena_free(&arena);
	return result;
}

int rpol_emit_lowering(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		       FILE *out)
{
	return print(policy, options, out, rpol_print_lowering);
}

int rpol_emit_c(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		FILE *out)
{
	return print(policy, options, out, rpol_emit_program);
}

/* ---- clang's messages ---------------------------------------------------------------------------
 */

struct complaints {
	const struct rpol_policy *policy;
	struct rpol_diags *diags;
};

/* The rule whose text has this line, or the start of the root file. */
static struct rpol_span place_of(const struct rpol_policy *policy, const char *file, uint32_t line)
{
	for (size_t i = 0; i < policy->nprograms; i++) {
		for (size_t r = 0; r < policy->programs[i].ncounted; r++) {
			struct rpol_span span = policy->programs[i].rules[r].span, end = span;
			uint32_t first, last, column;

			end.offset += span.length;
			end.length = 0;
			rpol_span_locate(policy->sources, span, &first, &column);
			rpol_span_locate(policy->sources, end, &last, &column);
			if (strcmp(policy->sources->files[span.file].path, file) == 0 &&
			    line >= first && line <= last)
				return span;
		}
	}
	return (struct rpol_span){0};
}

static void complain(void *arg, int is_error, const char *file, unsigned line, unsigned column,
		     const char *text)
{
	struct complaints *complaints = arg;
	struct rpol_diag *diag;

	if (!is_error)
		return;
	diag = rpol_diag_add(complaints->diags, RPOL_DIAG_CLANG,
			     place_of(complaints->policy, file, line), "clang: %s", text);
	rpol_diag_help(complaints->diags, diag,
		       "this is a fault of rpol, at %s:%u:%u: `rpol build --emit c` shows the text",
		       *file ? file : "the generated program", line, column);
}

/* ---- compiling
 * ----------------------------------------------------------------------------------- */

static int run_clang(struct rpol_arena *arena, const struct rpol_policy *policy, const char *text,
		     size_t length, struct rpol_diags *diags, uint8_t **elf, size_t *size,
		     char **error)
{
	struct complaints complaints = {policy, diags};
	size_t nfiles = policy->sources->nfiles, n = 0;
	struct rpol_clang_source *sources = RPOL_NEW_ARRAY(arena, struct rpol_clang_source, nfiles);
	bool *ruling = RPOL_NEW_ARRAY(arena, bool, nfiles);

	/* Those that lines are named of: rules are, entries of tables are not. */
	for (size_t i = 0; i < policy->nprograms; i++)
		for (size_t r = 0; r < policy->programs[i].ncounted; r++)
			ruling[policy->programs[i].rules[r].span.file] = true;
	for (size_t i = 0; i < nfiles; i++) {
		const struct rpol_file *file = &policy->sources->files[i];

		if (ruling[i])
			sources[n++] =
				(struct rpol_clang_source){file->path, file->text, file->length};
	}
	return rpol_clang_outside(text, length, emit_name(arena, policy), sources, n, complain,
				  &complaints, elf, size, error);
}

/* Everything malloc'd on the way, so that an arena without memory leaves none behind. */
struct work {
	char *text;
	size_t length;
	FILE *stream;
	uint8_t *elf;
	size_t size;
};

static int compile(struct rpol_arena *arena, const struct rpol_policy *policy,
		   const struct rpol_compile_options *options, struct rpol_diags *diags,
		   struct work *work, uint8_t **object, size_t *size, char **error)
{
	const struct lowering *lowering = rpol_lower(arena, policy, options);
	int result;

	if (!rpol_lowering_check(lowering, diags))
		return 1;
	work->stream = open_memstream(&work->text, &work->length);
	if (!work->stream)
		return -ENOMEM;
	rpol_emit_program(arena, lowering, work->stream);
	result = fclose(work->stream) ? -ENOMEM : 0;
	work->stream = NULL;
	if (result)
		return result;
	result = run_clang(arena, policy, work->text, work->length, diags, &work->elf, &work->size,
			   error);
	if (result)
		return result;
	return rpol_object_finish(lowering, work->elf, work->size, object, size, error);
}

int rpol_compile(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		 struct rpol_diags *diags, uint8_t **object, size_t *size, char **error)
{
	struct rpol_arena arena = {0};
	/* Two arenas can run out: ours and that of the diagnostics. */
	jmp_buf oom, *outer = diags->arena->oom;
	struct work work = {0};
	volatile int result = -ENOMEM;

	*error = NULL;
	arena.oom = &oom;
	diags->arena->oom = &oom;
	if (!setjmp(oom))
		result = compile(&arena, policy, options, diags, &work, object, size, error);
	diags->arena->oom = outer;
	if (work.stream)
		fclose(work.stream);
	free(work.text);
	free(work.elf);
	rpol_arena_free(&arena);
	return result;
}
