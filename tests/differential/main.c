/* main.c: differential [--seed N] [--policies N] [--packets N] [--seconds N] [--only N] [--out DIR]
 *                      [--coverage] [--malformed] [--emit N] [--no-perfmon]
 *                      [--structure NAME]
 *
 * --structure says what all lists of rules have to be; left out, each policy's by chance.
 *
 * With --coverage, rows that the policies left out by chance are looked for in more policies, up to
 * five times as many.
 *
 * Exit: 0 all agree, with one policy in twenty too large for the verifier at most (and with
 * --coverage every row was reached), 1 a divergence, 77 without privilege outside CI, 3 within CI.
 * Prints its seed first, so that any run can be repeated. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "differential.h"
#include "rpol/compile.h"
#include "rpol/explain.h"

struct options {
	uint64_t seed;
	uint32_t policies, packets, seconds;
	int64_t only, emit;
	const char *out, *structure;
	bool coverage, malformed;
};

/* The first is for lists that stay code. */
static const char *const structures[] = {"code", "classes", "tuples", "tree"};
enum { NSTRUCTURES = sizeof(structures) / sizeof(structures[0]) };

struct run {
	struct options options;
	struct coverage coverage;
	uint64_t policies, pairs, not_taken, failures, too_large;
	uint64_t lists[NSTRUCTURES]; /* parts of lists that were loaded, by structure */
	struct failure *failure;     /* not yet reported */
};

static int environment(char *why)
{
	bool ci = getenv("CI") != NULL;

	fprintf(stderr, "differential: cannot compare engines here%s: %s\n", ci ? "" : " (skipped)",
		why);
	free(why);
	return ci ? 3 : 77;
}

/* Remembers a failure; it is shrunk and reported when its subject is closed, for the kernel's
 * stand-ins serve one object at a time. */
static void fail(struct run *run, const struct text *text, enum outcome outcome, char *why,
		 const struct rpol_program *program, const struct rpol_interface *iface,
		 const uint8_t *data, size_t length)
{
	struct failure *failure = calloc(1, sizeof(*failure));

	if (!failure || run->failure)
		abort();
	failure->outcome = outcome;
	failure->why = why;
	text_copy(&failure->text, text);
	if (program) {
		failure->has_frame = true;
		snprintf(failure->program, sizeof(failure->program), "%s", program->name);
		snprintf(failure->iface, sizeof(failure->iface), "%s", iface->name);
		memcpy(failure->data, data, length);
		failure->length = length;
	}
	run->failure = failure;
}

static void report(struct run *run, uint32_t number)
{
	struct failure *failure = run->failure;
	char *folder;

	run->failures++;
	run->failure = NULL;
	printf("FAILURE %s (seed %llu, policy %u)\n%s\n", outcome_text(failure->outcome),
	       (unsigned long long)run->options.seed, number, failure->why ? failure->why : "");
	fflush(stdout);
	failure_shrink(failure, 60);
	folder = failure_write(failure, run->options.out, run->options.seed, number);
	printf("reproducer: %s\n", folder ? folder : "cannot be written");
	if (failure->text.structure)
		printf("--- --force-structure %s\n", failure->text.structure);
	for (size_t i = 0; i < failure->text.nfiles; i++)
		if (failure->text.files[i].text[0])
			printf("--- %s\n%s", failure->text.files[i].path,
			       failure->text.files[i].text);
	if (failure->has_frame) {
		printf("--- packet of %zu bytes, policy %s on %s:", failure->length,
		       failure->program, failure->iface);
		for (size_t i = 0; i < failure->length && i < 200; i++)
			printf("%s%02x", i % 2 ? "" : " ", failure->data[i]);
	}
	printf("\n%s\n", failure->why ? failure->why : "");
	fflush(stdout);
	free(folder);
	failure_free(failure);
	free(failure);
}

/* One frame in one program. True when the engines agree. */
static bool pair(struct run *run, struct subject *subject, struct text *text, uint32_t program,
		 const struct rpol_interface *iface, const uint8_t *data, size_t length)
{
	const struct rpol_program *judge = &subject->policy->programs[program];
	struct rpol_judgement judgement;
	char *why = NULL;
	enum outcome outcome = subject_judge(subject, program, iface->index, data, length, false,
					     &judgement, &why);

	run->not_taken += outcome == OUTCOME_NOT_TAKEN;
	run->pairs += outcome == OUTCOME_AGREE || outcome == OUTCOME_DIFFER;
	if (outcome == OUTCOME_AGREE)
		coverage_frame(&run->coverage, subject->policy, judge, iface, data, length,
			       &judgement);
	if (outcome == OUTCOME_AGREE || outcome == OUTCOME_NOT_TAKEN)
		return true;
	fail(run, text, outcome, why, judge, iface, data, length);
	return false;
}

/* The packets that one policy judged. */
struct judged {
	struct frame *frames;
	uint32_t *programs, *ifaces;
	size_t count;
};

/* A counter that ends up different: finds the packet by going through them again, each alone. */
static void find_miscounted(struct run *run, struct text *text, const struct judged *judged,
			    char *overall)
{
	for (size_t i = 0; i < judged->count && !run->failure; i++) {
		const struct frame *frame = &judged->frames[i];
		struct rpol_judgement judgement;
		struct subject subject;
		char *why = NULL;

		if (subject_open(&subject, text, &why) != OUTCOME_AGREE) {
			free(why);
			break;
		}
		if (subject_judge(&subject, judged->programs[i], judged->ifaces[i], frame->data,
				  frame->length, true, &judgement, &why) == OUTCOME_DIFFER)
			fail(run, text, OUTCOME_DIFFER, why,
			     &subject.policy->programs[judged->programs[i]],
			     &subject.policy->interfaces[judged->ifaces[i]], frame->data,
			     frame->length);
		subject_close(&subject);
	}
	if (run->failure)
		free(overall);
	else
		fail(run, text, OUTCOME_DIFFER, overall, NULL, NULL, NULL, 0);
}

/* True when all packets' judgements agree. */
static bool run_packets(struct run *run, struct subject *subject, struct text *text,
			struct dice *dice, struct judged *judged)
{
	struct pool *pool = values_make(subject->policy);
	uint32_t n = run->options.packets;
	size_t cutting = 0, source = 0; /* a frame that is cut at every byte */
	bool fine = true;

	while (judged->count < n && fine) {
		uint32_t p = dice_below(dice, (uint32_t)subject->policy->nprograms);
		const struct rpol_program *program = &subject->policy->programs[p];
		const struct rpol_interface *iface =
			program->ifaces[dice_below(dice, (uint32_t)program->nifaces)];
		size_t at = judged->count++;
		struct frame *frame = &judged->frames[at];

		if (cutting) {
			*frame = judged->frames[source];
			frame->length = --cutting;
			frame->kinds = 1u << FRAME_CUT;
		} else {
			frame_generate(dice, pool, false, frame);
			if (at == n / 2 && frame->length < n / 3) {
				source = at;
				cutting = frame->length;
			} else if (dice_chance(dice, 35)) {
				frame_mutate(dice, frame);
			}
		}
		for (int kind = 0; kind < FRAME_KINDS; kind++)
			run->coverage.frames[kind] += frame->kinds >> kind & 1;
		judged->programs[at] = p;
		judged->ifaces[at] = iface->index;
		fine = pair(run, subject, text, p, iface, frame->data, frame->length);
	}
	values_free(pool);
	return fine;
}

static void run_subject(struct run *run, struct subject *subject, struct text *text,
			struct dice *dice)
{
	uint32_t n = run->options.packets;
	struct judged judged = {calloc(n, sizeof(*judged.frames)),
				calloc(n, sizeof(*judged.programs)),
				calloc(n, sizeof(*judged.ifaces)), 0};
	enum outcome outcome = OUTCOME_AGREE;
	char *why = NULL;

	if (!judged.frames || !judged.programs || !judged.ifaces)
		abort();
	if (run_packets(run, subject, text, dice, &judged))
		outcome = subject_counters(subject, &why);
	subject_close(subject);
	if (outcome != OUTCOME_AGREE)
		find_miscounted(run, text, &judged, why);
	free(judged.frames);
	free(judged.programs);
	free(judged.ifaces);
}

/* What lists have to be in this policy; NULL, in a third of them: what is fastest. Those that scan
 * buckets do not load without CAP_PERFMON; not every structure takes many rules. */
static const char *pick_structure(const struct run *run, uint32_t number, bool large)
{
	struct dice dice = dice_make(run->options.seed ^ 0x6c697374, number);
	uint32_t pick = dice_below(&dice, 6);

	if (run->options.structure)
		return run->options.structure;
	if (large)
		return pick % 2 ? "tree" : NULL;
	if (pick >= NSTRUCTURES)
		return NULL;
	return pick > 1 && subject_no_perfmon ? structures[1] : structures[pick];
}

static void count_lists(struct run *run, const struct rpol_policy *policy, const char *structure)
{
	const struct rpol_compile_options options = {.structure = structure};
	const struct rpol_explanation *all;

	if (rpol_explain(policy, &options, &all))
		abort();
	for (size_t p = 0; p < policy->nprograms; p++)
		for (size_t i = 0; i < all->programs[p].nlists; i++)
			for (size_t f = 0; f < all->programs[p].lists[i].nparts; f++) {
				const char *chosen = all->programs[p].lists[i].parts[f].chosen;

				for (size_t s = 0; chosen && s < NSTRUCTURES; s++)
					run->lists[s] += !strcmp(chosen, structures[s]);
			}
	rpol_explanation_free(all);
}

/* One random policy with its packets. 0, or an exit code when the environment is at fault. */
static int run_policy(struct run *run, uint32_t number)
{
	struct dice dice = dice_make(run->options.seed, number);
	struct subject subject;
	struct text text;
	char *why = NULL;
	enum outcome outcome;

	policy_generate(&dice, &run->coverage, &text);
	text.structure = pick_structure(run, number, text.large);
	outcome = subject_open(&subject, &text, &why);
	if (outcome == OUTCOME_ENVIRONMENT) {
		text_free(&text);
		return environment(why);
	}
	run->policies++;
	if (outcome == OUTCOME_AGREE) {
		count_lists(run, subject.policy, text.structure);
		run_subject(run, &subject, &text, &dice);
	} else if (outcome == OUTCOME_NO_LOAD &&
		   (strstr(why, "too large") || strstr(why, "Too large"))) {
		/* The user is told so; how many there may be is said at the end. */
		run->too_large++;
		printf("too large (policy %u, lists %s): %s\n", number,
		       text.structure ? text.structure : "by cost", why);
		free(why);
	} else {
		fail(run, &text, outcome, why, NULL, NULL, NULL, 0);
	}
	if (run->failure)
		report(run, number);
	text_free(&text);
	return 0;
}

/* Nothing but `malformed`, at every hook, and whole frames cut at every byte. */
static int run_malformed(struct run *run)
{
	static const char source[] =
		"interface a = dev0;\n"
		"policy x on a at xdp { default pass; bad: malformed => drop; }\n"
		"policy i on a at tc ingress { default pass; bad: malformed => drop; }\n"
		"policy e on a at tc egress { default pass; bad: malformed => drop; }\n";
	struct dice dice = dice_make(run->options.seed, 0);
	struct subject subject;
	struct text text = {0};
	char *why = NULL;
	enum outcome outcome;

	text_add(&text, "malformed.rpol", source);
	outcome = subject_open(&subject, &text, &why);
	if (outcome != OUTCOME_AGREE) {
		text_free(&text);
		if (outcome == OUTCOME_ENVIRONMENT)
			return environment(why);
		printf("FAILURE %s\n%s\n", outcome_text(outcome), why);
		free(why);
		return 1;
	}
	for (uint32_t base = 0; base < 30 && !run->failure; base++) {
		struct frame frame;

		do
			frame_generate(&dice, NULL, false, &frame);
		while (frame.length > 260);
		for (size_t length = 0; length <= frame.length && !run->failure; length++)
			for (uint32_t p = 0; p < 3 && !run->failure; p++)
				pair(run, &subject, &text, p, &subject.policy->interfaces[0],
				     frame.data, length);
	}
	if (!run->failure && subject_counters(&subject, &why) != OUTCOME_AGREE)
		fail(run, &text, OUTCOME_DIFFER, why, NULL, NULL, NULL, 0);
	subject_close(&subject);
	if (run->failure)
		report(run, 0);
	text_free(&text);
	return 0;
}

/* Prints policy number `emit` instead of running it. */
static int emit(struct run *run)
{
	struct text text;

	for (uint32_t i = 0; i <= run->options.emit; i++) {
		struct dice dice = dice_make(run->options.seed, i);

		policy_generate(&dice, &run->coverage, &text);
		if (i == run->options.emit)
			for (size_t f = 0; f < text.nfiles; f++)
				printf("# --- %s\n%s", text.files[f].path, text.files[f].text);
		text_free(&text);
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: differential [--seed N] [--policies N] [--packets N] [--seconds N]\n"
		"                    [--only N] [--emit N] [--out DIR] [--coverage] "
		"[--malformed] [--no-perfmon] [--structure NAME]\n");
	return 64;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"seed", required_argument, NULL, 's'},
		{"policies", required_argument, NULL, 'p'},
		{"packets", required_argument, NULL, 'n'},
		{"seconds", required_argument, NULL, 't'},
		{"only", required_argument, NULL, 'o'},
		{"emit", required_argument, NULL, 'e'},
		{"out", required_argument, NULL, 'd'},
		{"coverage", no_argument, NULL, 'c'},
		{"malformed", no_argument, NULL, 'm'},
		{"no-perfmon", no_argument, NULL, 'P'},
		{"structure", required_argument, NULL, 'S'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (c) {
		case 's':
			options->seed = number;
			break;
		case 'p':
			options->policies = (uint32_t)number;
			break;
		case 'n':
			options->packets = (uint32_t)number;
			break;
		case 't':
			options->seconds = (uint32_t)number;
			break;
		case 'o':
			options->only = (int64_t)number;
			break;
		case 'e':
			options->emit = (int64_t)number;
			break;
		case 'd':
			options->out = optarg;
			break;
		case 'c':
			options->coverage = true;
			break;
		case 'm':
			options->malformed = true;
			break;
		case 'S':
			options->structure = optarg;
			break;
		case 'P':
			subject_no_perfmon = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc && options->packets;
}

/* Whether policy i may still reach rows that none before it did. */
static bool wanting(const struct run *run, uint32_t i)
{
	FILE *nowhere;
	size_t missing;

	if (!run->options.coverage || i >= 5 * run->options.policies)
		return false;
	if (i % 10)
		return true; /* not asked after each one */
	nowhere = fopen("/dev/null", "w");
	missing = coverage_write(&run->coverage, nowhere);
	fclose(nowhere);
	return missing;
}

int main(int argc, char **argv)
{
	struct run run = {.options = {.policies = 100,
				      .packets = 250,
				      .only = -1,
				      .emit = -1,
				      .out = "differential-failures"}};
	size_t missing = 0;
	time_t start;
	int code = 0;

	/* so that the same binary runs from a build folder with its compiler */
	setenv("RPOL_CLANG", RPOL_CLANG_PATH, 0);
	run.options.seed = (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid();
	if (!parse(argc, argv, &run.options))
		return usage();
	start = time(NULL);
	coverage_init(&run.coverage);
	if (run.options.emit >= 0) {
		code = emit(&run);
		coverage_free(&run.coverage);
		return code;
	}
	printf("differential: seed %llu\n", (unsigned long long)run.options.seed);
	fflush(stdout);
	if (run.options.malformed) {
		code = run_malformed(&run);
	} else {
		for (uint32_t i = 0; !code && run.failures < 5; i++) {
			if (run.options.seconds ? time(NULL) - start >= run.options.seconds
						: i >= run.options.policies && !wanting(&run, i))
				break;
			if (run.options.only < 0 || run.options.only == i) {
				code = run_policy(&run, i);
			} else {
				/* what is written depends on what was written before */
				struct dice dice = dice_make(run.options.seed, i);
				struct text text;

				policy_generate(&dice, &run.coverage, &text);
				text_free(&text);
			}
			if (run.options.only == i)
				break;
		}
	}
	if (!code && run.options.coverage)
		missing = coverage_write(&run.coverage, stdout);
	printf("differential: seed %llu: %llu policies, %llu pairs, %llu frames the kernel does "
	       "not take, "
	       "%llu divergences, %llu policies too large for the verifier, %zu rows never "
	       "reached, "
	       "%llu s\n",
	       (unsigned long long)run.options.seed, (unsigned long long)run.policies,
	       (unsigned long long)run.pairs, (unsigned long long)run.not_taken,
	       (unsigned long long)run.failures, (unsigned long long)run.too_large, missing,
	       (unsigned long long)(time(NULL) - start));
	printf("differential: parts of lists:");
	for (size_t s = 1; s < NSTRUCTURES; s++)
		printf(" %llu %s%s", (unsigned long long)run.lists[s], structures[s],
		       s + 1 < NSTRUCTURES ? "," : "\n");
	coverage_free(&run.coverage);
	return code ? code : run.failures || missing || run.too_large > 1 + run.policies / 20;
}
