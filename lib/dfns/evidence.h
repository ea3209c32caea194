#ifndef PTN_DFNS_EVIDENCE_H
#define PTN_DFNS_EVIDENCE_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/useraction.h"

/*
 * What shows to anybody, later, that a user approved exactly one request: a
 * signature, the key it is by, and all that its challenge was made of
 * (useraction.h).  Rows of a table of their own, written with what they speak
 * of, while the rows of audit.h are written when all is over.
 *
 * Kept where audit_log.storage.enabled says so, and for as long as
 * audit_log.retention; these functions do nothing otherwise.
 */
struct ptn_evidence {
	struct ptn_uuid action_id; /* of the user action that came of it */
	struct ptn_uuid user_id;
	const char *username;
	const struct ptn_useraction *action; /* as announced */
	const char *nonce;		     /* of its challenge, hexadecimal */
	const char *request_id;
};

/*
 * Keep the signature of a factor that was verified with this credential; a
 * password and its code sign nothing, and leave nothing.  Inside the
 * transaction that accepts it.
 */
enum ptn_err ptn_evidence_put(const struct ptn_scope *sc,
    const struct ptn_evidence *e, const struct ptn_dfns_factor *factor,
    const struct ptn_dfns_cred *c) PTN_MUST_USE;

/* Note that what was approved took place, inside its transaction. */
enum ptn_err ptn_evidence_used(const struct ptn_scope *sc,
    const struct ptn_uuid *action) PTN_MUST_USE;

#endif
