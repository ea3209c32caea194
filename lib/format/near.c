#include "lib/format/near.h"

#include <stdio.h>
#include <string.h>

static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == '.' ? '_' : c;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	const size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* A row of the table of distances, out of the two before it. */
static void
next_row(const char *a, const char *b, size_t i,
    size_t row[3][PTN_NEAR_MAX + 1])
{
	const char at = fold(a[i - 1]);
	size_t j, d;

	row[2][0] = i;
	for (j = 1; b[j - 1] != '\0'; j++) {
		d = least(row[1][j] + 1, row[2][j - 1] + 1,
		    row[1][j - 1] + (at == fold(b[j - 1]) ? 0 : 1));
		if (i > 1 && j > 1 && at == fold(b[j - 2]) &&
		    fold(a[i - 2]) == fold(b[j - 1]) && row[0][j - 2] < d)
			d = row[0][j - 2] + 1;
		row[2][j] = d;
	}
	memcpy(row[0], row[1], sizeof(row[0]));
	memcpy(row[1], row[2], sizeof(row[1]));
}

/* At most PTN_NEAR_MAX + 1. */
static size_t
distance_of(const char *a, const char *b)
{
	size_t row[3][PTN_NEAR_MAX + 1] = { { 0 } };
	const size_t la = strlen(a), lb = strlen(b);
	size_t i;

	if (la > PTN_NEAR_MAX || lb > PTN_NEAR_MAX)
		return PTN_NEAR_MAX + 1;
	for (i = 0; i <= lb; i++)
		row[1][i] = i;
	for (i = 1; i <= la; i++)
		next_row(a, b, i, row);
	return row[1][lb];
}

/* How many letters of a word may be wrong. */
static size_t
tolerance(const char *word)
{
	const size_t len = strlen(word);

	return len < 3 ? 0 : len < 6 ? 1 : len < 12 ? 2 : 3;
}

struct ptn_near
ptn_near_begin(const char *word)
{
	return (struct ptn_near){ word, NULL, tolerance(word) + 1 };
}

struct ptn_near
ptn_near_begin_foreign(const char *word)
{
	return (struct ptn_near){ word, NULL, tolerance(word) / 2 + 1 };
}

void
ptn_near_try(struct ptn_near *n, const char *candidate)
{
	const size_t la = strlen(n->word), lb = strlen(candidate);
	size_t d;

	if ((la > lb ? la - lb : lb - la) > n->distance)
		return;
	d = distance_of(n->word, candidate);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	} else if (d == n->distance) {
		n->best = NULL;
	}
}

const char *
ptn_near_hint(const char *word, char out[PTN_NEAR_HINT])
{
	out[0] = '\0';
	if (word != NULL && word[0] != '\0')
		(void)snprintf(out, PTN_NEAR_HINT, "; did you mean %.130s?",
		    word);
	return out;
}
