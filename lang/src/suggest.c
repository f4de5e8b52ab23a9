/* suggest.c: did-you-mean. The nearest word by edit distance, or nothing: a wrong guess is worse
 * than none, so a candidate must share most of its letters with what was written. */
#include "passes.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 64 /* words beyond this are not misspelt names */

static char fold(char c)
{
	return (char)tolower((unsigned char)c);
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b; upper and lower
 * case are alike. Both are at most LONGEST long. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);

			row[j] = last[j - 1] + !same;
			row[j] = smaller(row[j], smaller(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				row[j] = smaller(row[j], before[j - 2] + 1);
		}

		unsigned *spare = before;

		before = last;
		last = row;
		row = spare;
	}
	return last[nb];
}

/* Letters that both begin with: of two that are as near, people mistype the later letters. */
static size_t shared(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && fold(a[n]) == fold(b[n]))
		n++;
	return n;
}

const char *rpol_suggest(const char *word, const char *const *candidates, size_t n)
{
	size_t length = strlen(word);
	const char *best = NULL;
	unsigned least = 0;

	if (length == 0 || length > LONGEST)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(candidates[i]);

		if (other > LONGEST || strcmp(word, candidates[i]) == 0)
			continue;

		size_t longer = length > other ? length : other;
		unsigned d = distance(word, length, candidates[i], other);

		if (d > (longer < 6 ? 1 : longer / 3) || d >= longer)
			continue;
		if (!best || d < least ||
		    (d == least && shared(word, candidates[i]) > shared(word, best))) {
			best = candidates[i];
			least = d;
		}
	}
	return best;
}
