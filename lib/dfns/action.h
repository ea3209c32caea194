#ifndef PTN_DFNS_ACTION_H
#define PTN_DFNS_ACTION_H

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/answer.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/challenge.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/useraction.h"

/*
 * A user action: the user approves one request before it is made.  They sign a
 * challenge that is computed from the request (useraction.h) and get a token
 * for it; the request that carries the token must be the one that was signed,
 * and the token can be used once.
 */

/* Who asks: a user with a session, or one with an access token. */
struct ptn_dfns_action_by {
	struct ptn_uuid user_id;
	struct ptn_uuid session_id; /* of the session or of the access token */
	struct ptn_uuid signer;	    /* the token's one key; nil: a session */
};

struct ptn_dfns_action_start {
	/* Given. */
	struct ptn_dfns_action_by by;
	struct ptn_useraction action;
	/* Made. */
	struct ptn_org org;
	struct ptn_dfns_challenge ch;
	struct ptn_dfns_denial denial;
};

/* Start: make the challenge.  PTN_E_DENIED: nothing can sign it. */
enum ptn_err ptn_dfns_action_start(const struct ptn_scope *sc,
    struct ptn_dfns_action_start *s) PTN_MUST_USE;

struct ptn_dfns_action {
	/* Given. */
	struct ptn_dfns_answer an; /* taken, its password checked */
	struct ptn_dfns_action_by by;
	struct ptn_uuid tenant_id; /* of the one who asks */
	const char *username;
	const char *request_id;
	/* Made. */
	struct ptn_dfns_ceremony approval;
	char *token;
};

/*
 * Verify the answer, keep the evidence (evidence.h), and make the token.
 * PTN_E_DENIED, with an.denial: the answer does not hold, or the challenge was
 * given to another user or another session.
 */
enum ptn_err ptn_dfns_action_approve(const struct ptn_scope *sc,
    struct ptn_dfns_action *k) PTN_MUST_USE;

/*
 * Check that a token approves this request, by this user and session; id is
 * set for ptn_dfns_action_use().  PTN_E_DENIED: it does not, or it was used.
 *
 * token	NULL: none was sent
 */
enum ptn_err ptn_dfns_action_check(const struct ptn_scope *sc,
    const char *token, const struct ptn_dfns_action_by *by,
    const struct ptn_useraction *request, struct ptn_uuid *id,
    struct ptn_dfns_denial *d) PTN_MUST_USE;

/*
 * Use up the approval, inside the transaction of what it approves.
 * PTN_E_GONE: another request has used it.
 */
enum ptn_err ptn_dfns_action_use(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

#endif
