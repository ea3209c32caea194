#ifndef PTN_PATH_H
#define PTN_PATH_H

#include "lib/arena.h"
#include "lib/err.h"

/*
 * The path a request is routed by: the path of REQUEST_URI, from one source
 * only, without base and without query.  Percent escapes of unreserved
 * characters (RFC 3986 section 2.3) are decoded; any other escape, an empty
 * or dot segment, a backslash or a control is PTN_E_INPUT, because the web
 * server in front may read it otherwise.  A path outside base is
 * PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_path(struct ptn_arena *a, const char *uri, const char *base,
    const char **path) PTN_MUST_USE;

#endif
