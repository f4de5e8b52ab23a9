/* shrink.c: makes a failure small: the packet first, then the policy line by line and word by
 * word, each step kept only when it still fails in the same way. The texts know nothing of
 * shrinking: what no longer means anything is refused by the checker, and so not kept. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "differential.h"

void failure_free(struct failure *failure)
{
	text_free(&failure->text);
	free(failure->why);
	*failure = (struct failure){0};
}

static bool find(const struct rpol_policy *policy, const struct failure *failure, uint32_t *program,
		 uint32_t *iface)
{
	for (size_t p = 0; p < policy->nprograms; p++) {
		if (strcmp(policy->programs[p].name, failure->program))
			continue;
		for (size_t i = 0; i < policy->programs[p].nifaces; i++) {
			if (strcmp(policy->programs[p].ifaces[i]->name, failure->iface))
				continue;
			*program = (uint32_t)p;
			*iface = policy->programs[p].ifaces[i]->index;
			return true;
		}
	}
	return false;
}

/* What differs, or the first error's code and first words: one failure is not shrunk into
 * another. */
static bool same_kind(const char *a, const char *b)
{
	const char *error_a = a ? strstr(a, "error[") : NULL,
		   *error_b = b ? strstr(b, "error[") : NULL;

	if (error_a && error_b)
		return !strncmp(error_a, error_b, 30);
	return !a || !b || !strncmp(a, b, sizeof("different xx") - 1);
}

static bool fails_packet(struct subject *subject, const struct failure *failure,
			 const uint8_t *data, size_t length, char **why)
{
	struct rpol_judgement judgement;
	uint32_t program, iface;
	enum outcome outcome;
	bool same;

	*why = NULL;
	if (!find(subject->policy, failure, &program, &iface))
		return false;
	/* start level: only this packet's counts may differ */
	if (subject_counters(subject, why) != OUTCOME_AGREE) {
		free(*why);
		*why = NULL;
		return false;
	}
	outcome = subject_judge(subject, program, iface, data, length, true, &judgement, why);
	same = outcome == failure->outcome && same_kind(*why, failure->why);
	if (!same) {
		free(*why);
		*why = NULL;
	}
	return same;
}

/* True when the failure is still there with this text; then takes text and explanation over. */
static bool fails(struct failure *failure, struct text *text)
{
	struct subject subject;
	char *why = NULL;
	enum outcome outcome = subject_open(&subject, text, &why);
	bool same;

	if (outcome != OUTCOME_AGREE) {
		same = outcome == failure->outcome && !failure->has_frame &&
		       same_kind(why, failure->why);
	} else {
		same = failure->has_frame &&
		       fails_packet(&subject, failure, failure->data, failure->length, &why);
		subject_close(&subject);
	}
	if (!same) {
		free(why);
		return false;
	}
	free(failure->why);
	failure->why = why;
	text_free(&failure->text);
	text_copy(&failure->text, text);
	return true;
}

/* Opens the policy anew for every try whose counters a failed one has upset. */
static bool try_packet(struct failure *failure, const uint8_t *data, size_t length)
{
	struct subject subject;
	char *why = NULL;
	bool same;

	if (subject_open(&subject, &failure->text, &why) != OUTCOME_AGREE) {
		free(why);
		return false;
	}
	same = fails_packet(&subject, failure, data, length, &why);
	subject_close(&subject);
	if (!same)
		return false;
	free(failure->why);
	failure->why = why;
	memmove(failure->data, data, length);
	failure->length = length;
	return true;
}

static void shrink_packet(struct failure *failure, time_t until)
{
	uint8_t data[sizeof(failure->data)];

	for (size_t cut = failure->length / 2; cut && time(NULL) < until; cut /= 2)
		while (cut <= failure->length && failure->length > cut &&
		       try_packet(failure, failure->data, failure->length - cut) &&
		       time(NULL) < until)
			;
	for (size_t run = 64; run && time(NULL) < until; run /= 4) {
		for (size_t at = 0; at < failure->length && time(NULL) < until; at += run) {
			size_t end = at + run < failure->length ? at + run : failure->length;
			bool zero = true;

			memcpy(data, failure->data, failure->length);
			for (size_t i = at; i < end; i++)
				zero &= !data[i];
			if (zero)
				continue;
			memset(data + at, 0, end - at);
			try_packet(failure, data, failure->length);
		}
	}
}

/* A file's pieces: lines, or words with the blanks after them. */
static size_t split(const char *text, bool lines, size_t *ends)
{
	size_t n = 0, length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (lines ? text[i] == '\n'
			  : isspace((unsigned char)text[i]) || strchr("(),;{}", text[i]))
			ends[n++] = i + 1;
	if (!n || ends[n - 1] != length)
		ends[n++] = length;
	return n;
}

static bool shrink_file(struct failure *failure, size_t file, bool lines, time_t until)
{
	bool smaller = false;
	size_t *ends = NULL, n, run;

	ends = malloc((strlen(failure->text.files[file].text) + 1) * sizeof(*ends));
	if (!ends)
		abort();
	n = split(failure->text.files[file].text, lines, ends);
	for (run = n > 1 ? n / 2 : 1; run; run /= 2) {
		for (size_t at = 0; at < n && time(NULL) < until;) {
			struct text candidate;
			size_t from = at ? ends[at - 1] : 0,
			       to = ends[at + run <= n ? at + run - 1 : n - 1];
			char *text;

			text_copy(&candidate, &failure->text);
			text = candidate.files[file].text;
			memmove(text + from, text + to, strlen(text + to) + 1);
			if (from != to && fails(failure, &candidate)) {
				smaller = true;
				n = split(failure->text.files[file].text, lines, ends);
			} else {
				at += run;
			}
			text_free(&candidate);
		}
	}
	free(ends);
	return smaller;
}

void failure_shrink(struct failure *failure, unsigned seconds)
{
	time_t until = time(NULL) + seconds;
	bool smaller = true;

	if (failure->has_frame)
		shrink_packet(failure, until);
	while (smaller && time(NULL) < until) {
		smaller = false;
		for (size_t i = failure->text.nfiles; i-- > 0;)
			smaller |= shrink_file(failure, i, true, until);
		for (size_t i = failure->text.nfiles; i-- > 0;)
			smaller |= shrink_file(failure, i, false, until);
	}
	if (failure->has_frame)
		shrink_packet(failure, time(NULL) + seconds / 4 + 1);
}

/* ---- reproducers ----------------------------------------------------------------------------- */

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0777);
		*slash = '/';
	}
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	make_parents(path);
	return fopen(path, "w");
}

static bool write_pcap(const char *folder, const uint8_t *data, size_t length)
{
	const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
	const uint32_t packet[] = {0, 0, (uint32_t)length, (uint32_t)length};
	FILE *out = create(folder, "packet.pcap");

	if (!out)
		return false;
	fwrite(header, sizeof(header), 1, out);
	fwrite(packet, sizeof(packet), 1, out);
	fwrite(data, length, 1, out);
	return fclose(out) == 0;
}

char *failure_write(const struct failure *failure, const char *out, uint64_t seed, uint32_t number)
{
	char *folder;
	FILE *file;

	if (asprintf(&folder, "%s/seed%llu-policy%u", out, (unsigned long long)seed, number) < 0)
		abort();
	for (size_t i = 0; i < failure->text.nfiles; i++) {
		file = create(folder, failure->text.files[i].path);
		if (!file)
			goto failed;
		fputs(failure->text.files[i].text, file);
		fclose(file);
	}
	if (failure->has_frame && !write_pcap(folder, failure->data, failure->length))
		goto failed;
	file = create(folder, "README");
	if (!file)
		goto failed;
	fprintf(file, "%s\n\n%s\n\n", outcome_text(failure->outcome),
		failure->why ? failure->why : "");
	fprintf(file, "differential --seed %llu --only %u\n", (unsigned long long)seed, number);
	if (failure->has_frame)
		fprintf(file,
			"policy %s, interface %s (next hops named dead… are dead in the test "
			"only):\n"
			"rpol dryrun %s --pcap packet.pcap --engine both --per-packet --on %s\n",
			failure->program, failure->iface, failure->text.files[0].path,
			failure->iface);
	fclose(file);
	return folder;
failed:
	free(folder);
	return NULL;
}
