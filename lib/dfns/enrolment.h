#ifndef PTN_DFNS_ENROLMENT_H
#define PTN_DFNS_ENROLMENT_H

#include <stdbool.h>

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/token.h"

/*
 * An enrolment gives a user a whole set of credentials: by a registration, or
 * by a recovery, which replaces the old set.  The client first gets a
 * challenge and a token that names the ceremony, then it sends the new
 * credentials, each of which has signed the challenge.
 */

/* ------------------------------------------------------------- first step */

struct ptn_dfns_enrolment_start {
	/* Given: who it is for, the kind of the token, c.kind, c.state. */
	const struct ptn_dfns_lookup *who;
	enum ptn_dfns_token_kind kind;
	struct ptn_dfns_ceremony c;
	/* Made. */
	const char *otp_url; /* of ptn_dfns_totp_offer() */
	char *token;
};

/*
 * Store the ceremony; an older one of the same user and kind is deleted.
 * The token is made, too.
 */
enum ptn_err ptn_dfns_enrolment_start(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s) PTN_MUST_USE;

/*
 * The same in two parts: inside the caller's transaction, and the token after
 * it.
 */
enum ptn_err ptn_dfns_enrolment_start_in(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s) PTN_MUST_USE;
enum ptn_err ptn_dfns_enrolment_token(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s) PTN_MUST_USE;

/* ------------------------------------------------------------ second step */

/* Which credential of the set; the first is always there. */
enum {
	PTN_ENROLMENT_FIRST,
	PTN_ENROLMENT_SECOND,
	PTN_ENROLMENT_RECOVERY,
	PTN_ENROLMENT__MAX
};

struct ptn_dfns_enrolment {
	/* Given; those that did not come are PTN_CRED_UNSET. */
	struct ptn_dfns_factor_new in[PTN_ENROLMENT__MAX];
	/* Made. */
	struct ptn_dfns_cred cred[PTN_ENROLMENT__MAX];
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	const char *hash; /* of the first, if it is a password; or NULL */
};

/*
 * May these be enrolled together?  A password comes with an authenticator app
 * beside it, and is fit to be one (password.h).  PTN_E_DENIED, with d, which
 * is recorded nowhere.
 */
enum ptn_err ptn_dfns_enrolment_check(const struct ptn_scope *sc,
    const struct ptn_dfns_enrolment *n, struct ptn_dfns_denial *d) PTN_MUST_USE;

/*
 * Does one of the given credentials sign?  Passwords and codes do not, so they
 * do not show that they were made for this challenge.
 */
bool ptn_dfns_enrolment_signs(const struct ptn_dfns_enrolment *n);

/*
 * Read the ceremony, of which one try is used up, and the organisation.
 * PTN_E_NOT_FOUND: there is no such ceremony, or the organisation is switched
 * off.
 */
enum ptn_err ptn_dfns_enrolment_find(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/* Verify every credential.  PTN_E_DENIED, with d: one does not hold. */
enum ptn_err ptn_dfns_enrolment_verify(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment *n, struct ptn_dfns_denial *d) PTN_MUST_USE;

/* Hash a password among them, outside of transactions.  PTN_E_BUSY. */
enum ptn_err ptn_dfns_enrolment_hash(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/*
 * Delete the ceremony and store the credentials.  Inside the caller's
 * transaction, which holds the lock of the user.
 *
 * replace	archive all credentials that the user has had
 *
 * PTN_E_DENIED, with d: one of them exists already; PTN_E_NOT_FOUND: another
 * request has completed the ceremony.
 */
enum ptn_err ptn_dfns_enrolment_put(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment *n, bool replace,
    struct ptn_dfns_denial *d) PTN_MUST_USE;

#endif
