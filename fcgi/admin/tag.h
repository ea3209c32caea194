#ifndef PTN_ADMIN_TAG_H
#define PTN_ADMIN_TAG_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/seen.h"
#include "lib/format/json.h"

/*
 * ETag and If-Match (RFC 9110 sections 8.8.3 and 13.1.1): of two operators
 * none overwrites unseen what the other one did.  A tag is a digest of what a
 * change would take the place of.
 */

/* Of what was written, in its arena; NULL: that is full. */
const char *ptn_admin_tag(const struct ptn_jsonw *w);

/*
 * The state that a change is based on, by the tag that was sent: any, if there
 * is none or it is "*".  tag_of as in seen.h.
 */
struct ptn_seen ptn_admin_tag_seen(const struct ptn_request *req,
    const char *(*tag_of)(const struct ptn_scope *sc, const void *now));

/* The header of an answer.  PTN_E_NOMEM: tag is NULL. */
enum ptn_err ptn_admin_tag_tell(struct ptn_reply *rep,
    const char *tag) PTN_MUST_USE;

#endif
