#ifndef PTN_QUERY_H
#define PTN_QUERY_H

#include <stddef.h>

#include "fcgi/request.h"

/*
 * The value of a parameter of the request's query, decoded as forms are
 * ("+" is a space), in the arena; of several the first one.
 *
 * out	NULL: it is not there
 *
 * PTN_E_INPUT: it cannot be decoded, or is not text (UTF-8 without NUL).
 */
enum ptn_err ptn_query_get(const struct ptn_request *req, const char *name,
    const char **out) PTN_MUST_USE;

/*
 * All of a parameter that may stand several times, but for empty ones, joined
 * by ","; NULL: there is none.  Errors as above.
 */
enum ptn_err ptn_query_joined(const struct ptn_request *req, const char *name,
    const char **out) PTN_MUST_USE;

/*
 * The query, taken apart: each parameter as it stands in the request, without
 * an empty one.
 *
 * Returns how many there are, of which the first max are in out.
 */
size_t ptn_query_split(const struct ptn_request *req, struct ptn_bytes *out,
    size_t max);

#endif
