#ifndef PTN_ADMIN_TAG_H
#define PTN_ADMIN_TAG_H

#include "fcgi/request.h"
#include "lib/base/err.h"
#include "lib/format/json.h"

/*
 * ETag and If-Match (RFC 9110 sections 8.8.3 and 13.1.1): of two operators
 * none overwrites unseen what the other one did.  A tag is a digest of all
 * that is shown, so a strong one.
 */

/* Of what was written, in its arena; NULL: that is full. */
const char *ptn_admin_tag(const struct ptn_jsonw *w);

/* The one that a change is based on, as it was sent; NULL: it is on any. */
const char *ptn_admin_tag_seen(const struct ptn_request *req);

/* PTN_E_OUTDATED: another one; PTN_E_NOMEM: now is NULL. */
enum ptn_err ptn_admin_tag_is(const char *now, const char *seen) PTN_MUST_USE;

#endif
