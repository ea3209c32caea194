#ifndef PTN_DFNS_EVIDENCE_H
#define PTN_DFNS_EVIDENCE_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/useraction.h"

/*
 * Evidence that a user approved one particular request: a signature, the public
 * key, and everything that the signed challenge was computed from
 * (useraction.h).  With it anybody can check the approval later.
 *
 * It is kept if audit_log.storage.enabled is on, for as long as
 * audit_log.retention says; otherwise these functions do nothing.
 */
struct ptn_evidence {
	struct ptn_uuid action_id; /* of the approval (action.h) */
	struct ptn_uuid user_id;
	const char *username;
	const struct ptn_useraction *action; /* the request */
	const char *nonce;		     /* of the challenge, hexadecimal */
	const char *request_id;
};

/*
 * Store the signature of a factor that was verified with this credential.
 * Passwords and codes of authenticator apps sign nothing, so there is nothing
 * to store for them.  Inside the transaction that accepts the factor.
 */
enum ptn_err ptn_evidence_put(const struct ptn_scope *sc,
    const struct ptn_evidence *e, const struct ptn_dfns_factor *factor,
    const struct ptn_dfns_cred *c) PTN_MUST_USE;

/* Note that the approval was used, inside the transaction that uses it. */
enum ptn_err ptn_evidence_used(const struct ptn_scope *sc,
    const struct ptn_uuid *action) PTN_MUST_USE;

#endif
