/* cmd_explain.c: `rpol explain`: where a policy runs and why, what each rule is compiled to, and
 * what lives in maps. The facts are the compiler's. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/explain.h"

#include "cli.h"

struct view {
	const struct rpol_explanation *explanation;
	const char *only; /* "label" or "policy.label"; NULL: all */
	size_t found;
};

/* The source text of a span with white space and comments made one space each. malloc'd. */
static char *source(const struct rpol_policy *policy, struct rpol_span span)
{
	const char *from = policy->sources->files[span.file].text + span.offset;
	char *text = malloc(span.length + 1), *to = text;
	bool comment = false, space = false;

	for (uint32_t i = 0; text && i < span.length; i++) {
		unsigned char c = (unsigned char)from[i];

		comment = c == '#' || (comment && c != '\n');
		if (comment || c <= ' ') {
			space = to != text;
			continue;
		}
		if (space)
			*to++ = ' ';
		space = false;
		*to++ = (char)c;
	}
	if (text)
		*to = '\0';
	return text;
}

/* "label" of any policy, a chain's rule as "chain.label", and each with its policy before it. */
static bool wanted(const struct view *view, const struct rpol_program *program, const char *label)
{
	size_t length = strlen(program->name);

	if (!view->only || !strcmp(view->only, label))
		return true;
	return !strncmp(view->only, program->name, length) && view->only[length] == '.' &&
	       !strcmp(view->only + length + 1, label);
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_place(const struct rpol_explained *thing,
			const struct rpol_explained_place *place)
{
	if (!strcmp(thing->kind, "chain")) {
		printf("%zu rule%s, ", place->entries, plural(place->entries));
		if (place->functions)
			printf("%zu function%s", place->functions, plural(place->functions));
		else
			printf("written at its jumps");
		return;
	}
	if (place->family)
		printf("IPv%u: ", place->family);
	if (place->memory)
		printf("memory %s: %zu entries as %s in %zu bytes", place->memory, place->entries,
		       place->kind, place->bytes);
	else if (place->map)
		printf("%s map %s: %zu entries, key %zu and value %zu bytes, %zu bytes",
		       place->kind, place->map, place->entries, place->key, place->value,
		       place->bytes);
	else if (place->bytes)
		printf("%s of %zu bytes for %zu ranges", place->kind, place->bytes, place->entries);
	else
		printf("%zu compared %s", place->entries,
		       strcmp(place->kind, "rule") ? "in code of its own" : "in the rule");
	if (place->why)
		printf(" (%s)", place->why);
}

static void print_thing(const char *indent, const struct rpol_explained *thing)
{
	printf("%s%s %s: ", indent, thing->kind, thing->name ? thing->name : "in place");
	for (size_t i = 0; i < thing->nplaces; i++) {
		fputs(i ? "; " : "", stdout);
		print_place(thing, &thing->places[i]);
	}
	puts(thing->nplaces ? "" : "not used");
}

static void print_rule(const struct rpol_policy *policy, const struct rpol_explained_rule *rule)
{
	char verdict[256], *text = source(policy, rule->rule->span);

	printf("  %s\n      source: %s\n      code:   %s\n      then:   %s\n", rule->rule->label,
	       text ? text : "?", rule->code ? rule->code : "always",
	       rpol_verdict_text(rule->rule->verdict, verdict, sizeof(verdict)));
	if (rule->list)
		puts("      looked up in the list");
	for (size_t i = 0; i < rule->nthings; i++)
		print_thing("      ", rule->things[i]);
	free(text);
}

static void print_why(const struct rpol_policy *policy, const struct rpol_program *program)
{
	uint32_t line, column;

	if (!program->why_text) {
		printf("  at %s, as the policy says\n", rpol_hook_text(program->hook));
		return;
	}
	rpol_span_locate(policy->sources, program->why, &line, &column);
	printf("  at %s: %s (%s:%u:%u)\n", rpol_hook_text(program->hook), program->why_text,
	       policy->sources->files[program->why.file].path, line, column);
}

static void print_structure(const struct rpol_explained_part *part,
			    const struct rpol_explained_structure *structure)
{
	if (structure->refused) {
		printf("      not %s: %s\n", structure->name, structure->refused);
		return;
	}
	printf("      %s %s: %.0f ns when a rule matches, %.0f ns when none does, %zu bytes\n",
	       strcmp(structure->name, part->chosen) ? "not" : "is ", structure->name,
	       structure->hit_ns, structure->none_ns, structure->bytes);
}

/* What serves the program's rules in a row, and why not something else. Times are predicted. */
static void print_list(const struct rpol_program *program, const struct rpol_explained_list *list)
{
	printf("  rules %s to %s are a list: %.0f ns, where one by one they were %.0f\n",
	       program->rules[list->first].label,
	       program->rules[list->first + list->count - 1].label, list->list_ns, list->code_ns);
	for (size_t i = 0; i < list->nparts; i++) {
		const struct rpol_explained_part *part = &list->parts[i];

		if (!part->chosen)
			continue;
		if (part->family)
			printf("    IPv%u: ", part->family);
		else
			printf("    without IP: ");
		printf("memory %s: %zu alternatives by %zu number%s in %zu bytes\n", part->memory,
		       part->alternatives, part->words, plural(part->words), part->bytes);
		for (size_t s = 0; s < part->nstructures; s++)
			print_structure(part, &part->structures[s]);
	}
}

static void print_lists(const struct rpol_explained_program *program)
{
	for (size_t i = 0; i < program->nlists; i++)
		print_list(program->program, &program->lists[i]);
	if (program->unlisted)
		printf("  rules in a row that are no list: %s\n", program->unlisted);
}

static void print_program(struct view *view, const struct rpol_explained_program *program)
{
	const struct rpol_program *from = program->program;
	bool head = false;

	for (size_t i = 0; i < from->ncounted; i++) {
		if (!wanted(view, from, from->rules[i].label))
			continue;
		view->found++;
		if (!head) {
			printf("policy %s\n", from->name);
			print_why(view->explanation->policy, from);
			printf("  reads %s; about %zu comparisons", program->reads,
			       program->comparisons);
			if (program->functions)
				printf(" in %zu function%s", program->functions,
				       plural(program->functions));
			putchar('\n');
			print_lists(program);
		}
		head = true;
		print_rule(view->explanation->policy, &program->rules[i]);
	}
}

static void print_all(struct view *view)
{
	const struct rpol_explanation *all = view->explanation;

	for (size_t i = 0; i < all->policy->nprograms; i++)
		print_program(view, &all->programs[i]);
	if (view->only)
		return;
	for (size_t i = 0; i < all->policy->nsets; i++)
		if (all->sets[i].name)
			print_thing("", &all->sets[i]);
	for (size_t i = 0; i < all->policy->ntables; i++)
		print_thing("", &all->tables[i]);
	for (size_t i = 0; i < all->policy->ngroups; i++)
		print_thing("", &all->groups[i]);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* jansson's _new functions take the NULL of a failed one; a NULL comes out at the end. */
static json_t *thing_json(const struct rpol_explained *thing)
{
	json_t *places = json_array();

	for (size_t i = 0; i < thing->nplaces; i++) {
		const struct rpol_explained_place *place = &thing->places[i];
		json_t *object =
			json_pack("{s:s, s:I, s:I}", "kind", place->kind, "entries",
				  (json_int_t)place->entries, "bytes", (json_int_t)place->bytes);

		if (place->family)
			json_object_set_new(object, "family", json_integer(place->family));
		if (place->memory)
			json_object_set_new(object, "memory", json_string(place->memory));
		if (place->why)
			json_object_set_new(object, "why", json_string(place->why));
		if (place->map) {
			json_object_set_new(object, "map", json_string(place->map));
			json_object_set_new(object, "key", json_integer((json_int_t)place->key));
			json_object_set_new(object, "value",
					    json_integer((json_int_t)place->value));
		}
		if (!strcmp(thing->kind, "chain"))
			json_object_set_new(object, "functions",
					    json_integer((json_int_t)place->functions));
		json_array_append_new(places, object);
	}
	return json_pack("{s:s, s:s?, s:o}", "kind", thing->kind, "name", thing->name, "places",
			 places);
}

static json_t *rule_json(const struct rpol_policy *policy, const struct rpol_explained_rule *rule)
{
	char verdict[256], *text = source(policy, rule->rule->span);
	json_t *things = json_array(), *object;
	uint32_t line, column;

	for (size_t i = 0; i < rule->nthings; i++)
		json_array_append_new(things, thing_json(rule->things[i]));
	rpol_span_locate(policy->sources, rule->rule->span, &line, &column);
	object = json_pack(
		"{s:s, s:s, s:i, s:s?, s:s?, s:b, s:s, s:o}", "label", rule->rule->label, "file",
		policy->sources->files[rule->rule->span.file].path, "line", (int)line, "source",
		text, "code", rule->code, "listed", rule->list != NULL, "verdict",
		rpol_verdict_text(rule->rule->verdict, verdict, sizeof(verdict)), "uses", things);
	free(text);
	return object;
}

static json_t *part_json(const struct rpol_explained_part *part)
{
	json_t *structures = json_array();

	for (size_t i = 0; i < part->nstructures; i++) {
		const struct rpol_explained_structure *from = &part->structures[i];

		json_array_append_new(structures,
				      json_pack("{s:s, s:s?, s:I, s:f, s:f}", "name", from->name,
						"refused", from->refused, "bytes",
						(json_int_t)from->bytes, "hit_ns", from->hit_ns,
						"none_ns", from->none_ns));
	}
	return json_pack("{s:i, s:I, s:s?, s:s?, s:I, s:I, s:o}", "family", (int)part->family,
			 "alternatives", (json_int_t)part->alternatives, "chosen", part->chosen,
			 "memory", part->memory, "words", (json_int_t)part->words, "bytes",
			 (json_int_t)part->bytes, "structures", structures);
}

static json_t *lists_json(const struct rpol_explained_program *program)
{
	const struct rpol_rule *rules = program->program->rules;
	json_t *lists = json_array();

	for (size_t i = 0; i < program->nlists; i++) {
		const struct rpol_explained_list *list = &program->lists[i];
		json_t *parts = json_array();

		for (size_t p = 0; p < list->nparts; p++)
			json_array_append_new(parts, part_json(&list->parts[p]));
		json_array_append_new(lists,
				      json_pack("{s:s, s:s, s:I, s:f, s:f, s:o}", "first",
						rules[list->first].label, "last",
						rules[list->first + list->count - 1].label, "rules",
						(json_int_t)list->count, "list_ns", list->list_ns,
						"code_ns", list->code_ns, "parts", parts));
	}
	return lists;
}

static json_t *program_json(struct view *view, const struct rpol_explained_program *program)
{
	const struct rpol_program *from = program->program;
	json_t *rules = json_array();

	for (size_t i = 0; i < from->ncounted; i++) {
		if (!wanted(view, from, from->rules[i].label))
			continue;
		view->found++;
		json_array_append_new(rules,
				      rule_json(view->explanation->policy, &program->rules[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "name", from->name, "hook",
			 rpol_hook_text(from->hook), "why",
			 from->why_text ? from->why_text : "the policy says so", "reads",
			 program->reads, "comparisons", (json_int_t)program->comparisons,
			 "functions", (json_int_t)program->functions, "lists", lists_json(program),
			 "rules", rules);
}

static void append(json_t *things, const struct rpol_explained *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].name)
			json_array_append_new(things, thing_json(&list[i]));
}

static int print_json(struct view *view)
{
	const struct rpol_explanation *all = view->explanation;
	json_t *programs = json_array(), *things = json_array(), *root;
	int failed;

	for (size_t i = 0; i < all->policy->nprograms; i++)
		json_array_append_new(programs, program_json(view, &all->programs[i]));
	append(things, all->sets, all->policy->nsets);
	append(things, all->tables, all->policy->ntables);
	append(things, all->groups, all->policy->ngroups);
	root = json_pack("{s:s, s:o, s:o}", "name", all->policy->name, "policies", programs,
			 "things", things);
	failed = !root || json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	return failed ? cli_error("no memory for the explanation") : CLI_OK;
}

/* ---- the command ------------------------------------------------------------------------------
 */

static int run(const struct cli_command *command, int argc, char **argv)
{
	static const char *const formats[] = {"text", "json"};
	const char *format_text = NULL, *memory = NULL, *structure = NULL;
	const struct cli_option options[] = {
		{.name = "format",
		 .operand = "text|json",
		 .value = &format_text,
		 .help = "how to print it (text)"},
		CLI_COMPILE_OPTIONS(memory, structure),
	};
	struct rpol_compile_options compile = {0};
	struct view view = {0};
	struct cli_input input;
	int n, format = 0, status = cli_parse(command, options, 3, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (format_text)
		format = cli_choose(command, "format", format_text, formats, 2);
	if (format < 0)
		return CLI_USAGE;
	if (n < 1 || n > 2)
		return cli_usage(command, n ? "one FILE and one RULE at most" : "which FILE?");
	if (!cli_compile_options(command, memory, structure, &compile))
		return CLI_USAGE;
	view.only = n == 2 ? argv[1] : NULL;
	status = cli_input_open(&input, argv[0], true);
	if (!status && rpol_explain(input.policy, &compile, &view.explanation))
		status = cli_error("no memory for the explanation");
	if (!status && format)
		status = print_json(&view);
	else if (!status)
		print_all(&view);
	if (!status && view.only && !view.found)
		status = cli_usage(command, "%s has no rule `%s`", argv[0], view.only);
	rpol_explanation_free(view.explanation);
	cli_input_close(&input);
	return status;
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.summary = "say where a policy runs, and what its rules become",
	.synopsis = "[--format text|json] [--memory SIZE] FILE|OBJ [RULE]",
	.details =
		"Says for each policy its hook and why, how deep packets are read, and for each\n"
		"rule its source, the code of its condition and where the sets, tables, chains\n"
		"and groups it uses live: in code, in a bitmap or in a map, and how large; and "
		"for\n"
		"rules in a row that are looked up as a list, in which structure and why. RULE\n"
		"is a label, or policy.label. Needs no privilege and no compiler.",
	.run = run,
};
