#ifndef PTN_PATH_H
#define PTN_PATH_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"

/*
 * Take a request target in absolute-form apart (RFC 9112 section 3.2.2), as
 * some web servers hand it on.
 *
 * authority	what it names ("example.org:8080"), in the arena; NULL if the
 *		target has no such form.
 * uri		the same target in origin-form; or as it was.
 *
 * PTN_E_NOMEM.
 */
enum ptn_err ptn_path_target(struct ptn_arena *a, const char *target,
    const char **authority, const char **uri) PTN_MUST_USE;

/*
 * The path a request is routed by: the path of REQUEST_URI, from one source
 * only, without query.  Percent escapes of unreserved characters (RFC 3986
 * section 2.3) are decoded; any other escape, an empty or dot segment, a
 * backslash or a control is PTN_E_INPUT, because the web server in front may
 * read it otherwise.
 */
enum ptn_err ptn_path(struct ptn_arena *a, const char *uri, const char **path)
    PTN_MUST_USE;

/*
 * The path of a page of the site, which may be written in any script: escapes
 * of all but "/", a backslash and a control are decoded, too.
 */
enum ptn_err ptn_path_of_site(struct ptn_arena *a, const char *uri,
    const char **path) PTN_MUST_USE;

/* What is left of it below base; PTN_E_NOT_FOUND if it is outside. */
enum ptn_err ptn_path_below(const char *base, const char **path) PTN_MUST_USE;

/*
 * Take the id of an organisation, as a UUID or as "or-...", away from the
 * beginning of a path: the nil one if there is none.  "/" is left of an id
 * alone.
 */
struct ptn_uuid ptn_path_org(const char **path);

#endif
