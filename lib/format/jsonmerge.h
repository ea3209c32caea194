#ifndef PTN_FORMAT_JSONMERGE_H
#define PTN_FORMAT_JSONMERGE_H

#include <stdbool.h>

#include "lib/format/json.h"

/*
 * Write what a patch makes of a target (RFC 7396 section 2): a member of the
 * patch that is null takes the one of that name away, one that is an object is
 * merged, any other takes its place.
 *
 * target	NULL: there is none
 * patch	NULL: null
 *
 * False: a number is none that could be read back, as an integer that int64_t
 * cannot hold; then what was written is of no use.
 */
bool ptn_jsonmerge(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *target, const struct ptn_json *patch) PTN_MUST_USE;

/* Write a value as it is, with what is null in it.  False: as above. */
bool ptn_jsonmerge_copy(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *v) PTN_MUST_USE;

#endif
