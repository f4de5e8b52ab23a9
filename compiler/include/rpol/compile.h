/* compile.h: from a checked policy to C text, and from C text to an object. */
#ifndef RPOL_COMPILE_H
#define RPOL_COMPILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rpol/diag.h"
#include "rpol/policy.h"

/* What the compiler may be told. NULL stands for all defaults. */
struct rpol_compile_options {
	size_t memory; /* bytes that the structures of rule lists may take; 0: 64 MiB */
	/* What every list of rules has to be: "code", "classes", "tuples" or "tree"; NULL: the one
	 * that is predicted to be fastest. Lists that cannot be it are code. */
	const char *structure;
};

/* Writes the lowering (which structure serves each set, table and rule list) as text. */
int rpol_emit_lowering(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		       FILE *out);

/* Writes the generated C. 0 or -ENOMEM. The text is a function of the policy and the options alone:
 * the same ones give the same bytes on every machine. */
int rpol_emit_c(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		FILE *out);

/* Compiles a policy to an object (ELF, see docs/object.md). 0 and a malloc'd *object; 1 when clang
 * refused the program (a diagnostic at the rule is queued in diags); -ENOENT when the program
 * with LLVM cannot be run (*error, malloc'd, says why and what to install); -ENOMEM. */
int rpol_compile(const struct rpol_policy *policy, const struct rpol_compile_options *options,
		 struct rpol_diags *diags, uint8_t **object, size_t *size, char **error);

/* ---- clang: the program rpol-clang, the only part that links LLVM ---------------------- */

/* One message of clang. file is the name in effect by #line. */
typedef void rpol_clang_message(void *arg, int is_error, const char *file, unsigned line,
				unsigned column, const char *text);

/* A text that #line directives name: not compiled, only quoted in the object's line information, so
 * that the kernel verifier's log shows the policy's own lines. */
struct rpol_clang_source {
	const char *name; /* as #line spells it */
	const char *text;
	size_t length;
};

/* Compiles C text for the BPF target at -O2 with BTF, from memory, with the headers built into
 * the program. name is the text's own name where no #line is in effect. Texts end with a NUL that
 * lengths do not count. Returns 0 and a malloc'd relocatable ELF without DWARF, 1 after errors were
 * given to message, -ENOMEM. Once in a process. */
int rpol_clang_compile(const char *text, size_t length, const char *name,
		       const struct rpol_clang_source *sources, size_t nsources,
		       rpol_clang_message *message, void *arg, uint8_t **object, size_t *size);

#define RPOL_CLANG_PROGRAM "rpol-clang"

#endif
