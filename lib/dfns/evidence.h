#ifndef PTN_DFNS_EVIDENCE_H
#define PTN_DFNS_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
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

/* What was kept, as the owners of the organisation read it. */
struct ptn_evidence_row {
	struct ptn_uuid id;
	struct ptn_uuid action_id;
	struct ptn_uuid user_id;
	const char *username;
	const char *method;
	const char *path;
	const char *payload_hash; /* SHA-256 in hexadecimal */
	const char *nonce;
	struct ptn_uuid credential_id;
	const char *kind;	     /* of the credential */
	struct ptn_bytes public_key; /* SubjectPublicKeyInfo */
	int64_t signed_at_us;
	int64_t used_at_us; /* 0: never */
	/* By ptn_evidence_get() alone. */
	struct ptn_bytes client_data;
	struct ptn_bytes authenticator_data; /* p NULL: there is none */
	struct ptn_bytes signature;
};

struct ptn_evidence_query {
	int64_t since_us;	 /* 0: from the first on */
	int64_t until_us;	 /* 0: to the last */
	struct ptn_uuid user_id; /* nil: of anybody */
	int64_t before_us;	 /* where the last page ended; 0: it is none */
	struct ptn_uuid before_id;
	int64_t max;
};

/*
 * Those of the tenant that fit, newest first.  One SELECT.
 *
 * more	there are some behind them
 */
enum ptn_err ptn_evidence_page(const struct ptn_scope *sc,
    const struct ptn_evidence_query *q, struct ptn_evidence_row **out,
    size_t *n, bool *more) PTN_MUST_USE;

/* One of them, whole.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_evidence_get(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_evidence_row *out) PTN_MUST_USE;

#endif
