/* emit.c: the generated C from top to bottom. */
#define _GNU_SOURCE
#include "emit.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- text and lines ----------------------------------------------------------------------------
 */

void emit_text(struct emitter *emitter, const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		longjmp(*emitter->arena->oom, 1);
	for (const char *c = text; *c; c++)
		emitter->line += *c == '\n';
	fwrite(text, 1, (size_t)length, emitter->out);
	free(text);
}

static const char *escaped(struct rpol_arena *arena, const char *path)
{
	char *copy = rpol_arena_alloc(arena, 2 * strlen(path) + 1), *to = copy;

	for (; *path; path++) {
		if (*path == '\\' || *path == '"')
			*to++ = '\\';
		*to++ = *path;
	}
	return copy;
}

void emit_line_of(struct emitter *emitter, struct rpol_span span)
{
	const struct rpol_sources *sources = emitter->lowering->policy->sources;
	uint32_t line, column;

	rpol_span_locate(sources, span, &line, &column);
	emit_text(emitter, "#line %" PRIu32 " \"%s\"\n", line,
		  escaped(emitter->arena, sources->files[span.file].path));
}

void emit_line_again(struct emitter *emitter, struct rpol_span span)
{
	uint32_t line, column;

	rpol_span_locate(emitter->lowering->policy->sources, span, &line, &column);
	emit_text(emitter, "#line %" PRIu32 "\n", line);
}

void emit_line_back(struct emitter *emitter)
{
	emit_text(emitter, "#line %u \"%s\"\n", emitter->line + 1,
		  emit_name(emitter->arena, emitter->lowering->policy));
}

const char *emit_name(struct rpol_arena *arena, const struct rpol_policy *policy)
{
	/* Never a policy's own path, so that a message's place is one or the other. */
	return rpol_arena_printf(arena, "/rpol/%s.c", escaped(arena, policy->name));
}

const char *emit_comment(struct emitter *emitter, struct rpol_span span)
{
	enum { MOST = 160 };
	const char *from = emitter->lowering->policy->sources->files[span.file].text + span.offset;
	char *text = rpol_arena_alloc(emitter->arena, MOST + 8);
	size_t length = 0;
	bool comment = false, space = false;

	for (uint32_t i = 0; i < span.length; i++) {
		unsigned char c = (unsigned char)from[i];

		comment = c == '#' || (comment && c != '\n');
		if (comment || c <= ' ' || c == 0x7f) {
			space = true;
			continue;
		}
		if (length >= MOST) {
			memcpy(text + length, " ...", 4);
			break;
		}
		if (space && length)
			text[length++] = ' ';
		space = false;
		/* Nothing in it may end the comment or start another. */
		if (length && ((text[length - 1] == '*' && c == '/') ||
			       (text[length - 1] == '/' && c == '*')))
			text[length++] = ' ';
		text[length++] = (char)c;
	}
	return text;
}

/* ---- parts -------------------------------------------------------------------------------------
 */

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

static int note_memory(void *arg, const struct lowered_memory *memory)
{
	bool *kinds = arg;

	kinds[memory->live] = true;
	return 0;
}

/* Of live memory, the header has the other's in it. */
static const char *memory_header(struct emitter *emitter)
{
	bool kinds[2] = {false, false};

	lowered_memories_each(emitter->lowering, note_memory, kinds);
	return kinds[true]    ? "#include \"rpol/live.h\"\n"
	       : kinds[false] ? "#include \"rpol/lookup.h\"\n"
			      : "";
}

static void emit_head(struct emitter *emitter)
{
	const struct rpol_policy *policy = emitter->lowering->policy;
	bool hooks[2] = {false, false}, rewrites[2] = {false, false}, cpus = false, flows = false;
	unsigned needs[2] = {0, 0};
	size_t nlists = 0;

	for (size_t i = 0; i < policy->nprograms; i++) {
		const struct lowered_program *program = &emitter->lowering->programs[i];
		bool tc = policy->programs[i].hook != RPOL_HOOK_XDP;

		hooks[tc] = true;
		needs[tc] |= program->need;
		rewrites[tc] |= program->rewrites;
		cpus |= program->uses & USES_CPU;
		flows |= program->flows;
		nlists += program->nlists;
	}
	emit_text(emitter,
		  "/* The policy `%s` as a program for the kernel, made by rpol " RPOL_VERSION ".\n"
		  " *\n"
		  " * Per policy: rules_… decides, policy_… reads the packet, has it decided and "
		  "carries\n"
		  " * the decision out, entry_… is what is attached and goes to the policy in "
		  "force. */\n",
		  policy->name);
	emit_text(emitter,
		  "#define RPOL_COUNTERS %zu\n#define RPOL_INTERFACES %zu\n"
		  "#define RPOL_NEXTHOPS %zu\n#define RPOL_GROUPS %zu\n",
		  at_least_one(policy->ncounters), at_least_one(policy->ninterfaces),
		  at_least_one(policy->nnexthops), at_least_one(policy->ngroups));
	for (int tc = 0; tc < 2; tc++)
		if (hooks[tc])
			emit_text(emitter, "#define RPOL_NEEDS_%s (%s)\n", tc ? "TC" : "XDP",
				  lowered_need_text(emitter->arena, needs[tc]));
	emit_text(emitter,
		  "\n#include \"rpol/program.h\"\n#include \"rpol/forward.h\"\n%s%s%s%s%s%s%s%s%s",
		  flows ? "#include \"rpol/flow.h\"\n" : "",
		  cpus ? "#include \"rpol/cpu.h\"\n" : "", memory_header(emitter),
		  nlists ? "#include \"rpol/list.h\"\n" : "",
		  hooks[0] ? "#include \"rpol/xdp.h\"\n" : "",
		  hooks[1] ? "#include \"rpol/tc.h\"\n" : "",
		  rewrites[0] || rewrites[1] ? "#include \"rpol/rewrite.h\"\n" : "",
		  rewrites[0] ? "#include \"rpol/rewrite_xdp.h\"\n" : "",
		  rewrites[1] ? "#include \"rpol/rewrite_tc.h\"\n" : "");
}

static void emit_nexthops(struct emitter *emitter)
{
	const struct rpol_policy *policy = emitter->lowering->policy;

	emit_text(emitter, "\nstatic const struct rpol_nexthop rpol_nexthops[RPOL_NEXTHOPS] = {\n");
	for (size_t i = 0; i < policy->nnexthops; i++) {
		const struct rpol_nexthop *nexthop = &policy->nexthops[i];

		emit_text(emitter, "\t{RPOL_VIA%d(%s), %u}, /* %s: %s */\n", nexthop->via.family,
			  emit_addr(emitter, &nexthop->via), nexthop->dev->index, nexthop->name,
			  nexthop->dev->name);
	}
	emit_text(emitter, "};\n");
}

static const char *uses_text(struct emitter *emitter, unsigned uses)
{
	static const char *const names[USES_BITS] = {
		"RPOL_USES_FIB",  "RPOL_USES_ROUTE",  "RPOL_USES_GROUP",
		"RPOL_USES_SEND", "RPOL_USES_BOUNCE", "RPOL_USES_CPU",
	};
	const char *text = NULL;

	for (int i = 0; i < USES_BITS; i++)
		if (uses >> i & 1)
			text = text ? rpol_arena_printf(emitter->arena, "%s | %s", text, names[i])
				    : names[i];
	return text ? text : "0";
}

static void emit_program(struct emitter *emitter, const struct lowered_program *program)
{
	const char *name = program->program->name, *p = program->apart ? "p" : "&p";
	bool xdp = program->program->hook == RPOL_HOOK_XDP;
	const char *section = xdp ? "xdp" : "tc", *hook = xdp ? "xdp" : "tc";
	const char *context = xdp ? "struct xdp_md *ctx" : "struct __sk_buff *ctx";
	const char *drop = xdp ? "XDP_ABORTED" : "TC_ACT_SHOT";
	const char *need = lowered_need_text(emitter->arena, program->need);
	const char *rewrites = program->rewrites ? "ctx, " : "";

	emit_text(emitter, "\n/* ---- policy %s at %s ---- */\n\n", name,
		  rpol_hook_text(program->program->hook));
	emitter->program = program;
	emit_rules(emitter, program);
	emitter->program = NULL;

	emit_text(emitter, "\nSEC(\"%s\")\nint policy_%s(%s)\n{\n\tstruct rpol_pkt %s;\n", section,
		  name, context, program->apart ? "*p = rpol_packet_apart()" : "p = {}");
	if (program->chunks)
		emit_text(emitter, "\t__u64 decision;\n");
	if (program->apart)
		emit_text(emitter, "\n\tif (!p)\n\t\treturn %s;", drop);
	emit_text(emitter, "\n\tif (rpol_read_%s(ctx, %s, %s))\n\t\treturn %s;\n", hook, p, need,
		  drop);
	for (size_t i = 0; i < program->nchunks; i++)
		emit_text(emitter, "%s\tdecision = rules%zu_%s(%s%s);\n",
			  i ? "\tif (decision == RPOL_NEXT)\n\t" : "", i, name, rewrites, p);
	emit_text(emitter, "\treturn rpol_act_%s(ctx, %s, ", hook, p);
	if (program->chunks)
		emit_text(emitter, "decision, ");
	else
		emit_text(emitter, "rules_%s(%s%s), ", name, rewrites, p);
	emit_text(emitter, "%s);\n}\n", uses_text(emitter, program->uses));

	emit_text(emitter,
		  "\nRPOL_SLOTS(slots_%s);\n\nSEC(\"%s\")\nint entry_%s(%s)\n{\n"
		  "\tRPOL_ENTER(ctx, &slots_%s);\n\treturn %s;\n}\n",
		  name, section, name, context, name, xdp ? "XDP_PASS" : "TC_ACT_UNSPEC");
}

static void emit_all(struct emitter *emitter)
{
	emit_head(emitter);
	emit_nexthops(emitter);
	emit_sets(emitter);
	emit_tables(emitter);
	for (size_t i = 0; i < emitter->lowering->policy->nprograms; i++)
		emit_program(emitter, &emitter->lowering->programs[i]);
}

void rpol_emit_program(struct rpol_arena *arena, const struct lowering *lowering, FILE *out)
{
	struct emitter emitter = {arena, lowering, out, NULL, 1};

	emit_all(&emitter);
}
