#ifndef PTN_FORMAT_JSONMERGE_H
#define PTN_FORMAT_JSONMERGE_H

#include <stdbool.h>

#include "lib/format/json.h"

/*
 * Write a value as it was read.  False: a number in it is none that could be
 * read back, as an integer that int64_t cannot hold; then what was written is
 * of no use.  NULL is null.
 */
bool ptn_json_copy(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *v) PTN_MUST_USE;

/*
 * Write what a patch makes of a target (RFC 7396 section 2): a member of the
 * patch that is null takes the one of that name away, one that is an object is
 * merged, any other takes its place.  False as above.
 *
 * target	NULL: there is none
 * patch	NULL: null
 */
bool ptn_json_merge(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *target, const struct ptn_json *patch) PTN_MUST_USE;

#endif
