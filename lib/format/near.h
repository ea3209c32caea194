#ifndef PTN_FORMAT_NEAR_H
#define PTN_FORMAT_NEAR_H

#include <stddef.h>

#define PTN_NEAR_MAX 96 /* bytes of a word; longer ones are near nothing */

/*
 * What comes nearest to a word, among candidates: of which the fewest letters
 * are wrong, missing, too many, or changed places with their neighbour.  Case
 * does not count, nor does "-" or "." for "_".
 */
struct ptn_near {
	const char *word;
	const char *best; /* NULL: none is near enough, or two are as near */
	size_t distance;  /* of best; nothing farther counts */
};

struct ptn_near ptn_near_begin(const char *word);

/*
 * The same of a word that may well be somebody else's: half as many letters
 * may be wrong.
 */
struct ptn_near ptn_near_begin_foreign(const char *word);
void ptn_near_try(struct ptn_near *n, const char *candidate);

/*
 * How all say it behind what is wrong: "; did you mean WORD?"; "" if word is
 * NULL or "".  Returns out.
 */
#define PTN_NEAR_HINT 160 /* bytes */
const char *ptn_near_hint(const char *word, char out[PTN_NEAR_HINT]);

#endif
