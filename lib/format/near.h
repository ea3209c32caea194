#ifndef PTN_FORMAT_NEAR_H
#define PTN_FORMAT_NEAR_H

#include <stddef.h>

#define PTN_NEAR_MAX 96 /* bytes of a word; longer ones are near nothing */

/*
 * How many letters of a are wrong, missing, too many, or changed places with
 * their neighbour, if b was meant.  Case does not count, nor does "-" or "."
 * for "_".
 */
size_t ptn_near_distance(const char *a, const char *b);

/* What comes nearest to a word, among candidates. */
struct ptn_near {
	const char *word;
	const char *best; /* NULL: none is near enough, or two are as near */
	size_t distance;
};

struct ptn_near ptn_near_begin(const char *word);

/*
 * The same of a word that may well be somebody else's: half as many letters
 * may be wrong.
 */
struct ptn_near ptn_near_begin_foreign(const char *word);
void ptn_near_try(struct ptn_near *n, const char *candidate);

#endif
