#ifndef PTN_ACCOUNT_HOOKMESSAGE_H
#define PTN_ACCOUNT_HOOKMESSAGE_H

#include <stddef.h>

#include "lib/account/hooks.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/event/webhook.h"

/*
 * What a webhook gets (postern-hooks(7)): a body with a token that is signed
 * as those of sessions are, and never taken for one; and the header fields of
 * Standard Webhooks beside it.
 */
struct ptn_hookmessage {
	const char *id; /* the same at each try */
	const char *timestamp;
	const char *signature;
	const char *body;
};

/*
 * Write it, for now.  Needs the keys of the Hanko API.  Signed by a secret of
 * each of secrets.keys, so that these can be changed.
 *
 * id	of the row of the outbox
 */
enum ptn_err ptn_hookmessage_write(const struct ptn_scope *sc,
    const struct ptn_uuid *id, const struct ptn_hooks_one *hook,
    const struct ptn_webhook_told *told,
    struct ptn_hookmessage *out) PTN_MUST_USE;

/* What its receiver verifies with, "whsec_..."; NULL: no memory. */
const char *ptn_hookmessage_secret(const struct ptn_scope *sc,
    const struct ptn_uuid *hook);

#endif
