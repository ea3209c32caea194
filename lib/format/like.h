#ifndef PTN_FORMAT_LIKE_H
#define PTN_FORMAT_LIKE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * What LIKE of SQL, with ESCAPE '!', takes for texts that have this part
 * anywhere; in small letters of ASCII, as what is looked through has to be.
 *
 * out	in the arena; NULL of NULL
 */
enum ptn_err ptn_like_part(struct ptn_arena *a, const char *part,
    const char **out) PTN_MUST_USE;

#endif
