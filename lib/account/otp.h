#ifndef PTN_ACCOUNT_OTP_H
#define PTN_ACCOUNT_OTP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Authenticator apps (lib/crypto/totp.h).  What both APIs have in common: a
 * secret, sealed for its user where it is stored, and the step whose code was
 * used last.  The second factor of the public API is a row of otp_secrets; the
 * credentials of the other one are in lib/dfns/totp.h.
 */

/* A new secret in the arena; NULL: it is full. */
const uint8_t *ptn_otp_draw(const struct ptn_scope *sc);

/* Seal one for a user, in the arena. */
enum ptn_err ptn_otp_seal(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes secret,
    struct ptn_bytes *sealed) PTN_MUST_USE;

/* Open it again, in the arena; PTN_E_DENIED: no key of secrets.keys does. */
enum ptn_err ptn_otp_open(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes sealed,
    struct ptn_bytes *secret) PTN_MUST_USE;

/* Where a secret stands, and what was found. */
struct ptn_otp {
	struct ptn_bytes sealed;
	int64_t last_step;	 /* -1: no code was used */
	struct ptn_bytes secret; /* opened, in the arena */
	int64_t step;		 /* of the code, if it is right */
};

/*
 * Is this a code of it, now?  One that cannot be opened denies, which the log
 * says.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_otp_judge(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_otp *otp, struct ptn_bytes code,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* The same of a secret that is stored nowhere yet. */
enum ptn_err ptn_otp_prove(const struct ptn_scope *sc,
    struct ptn_bytes secret, struct ptn_bytes code, int64_t *step,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* An app that a user sets up. */
struct ptn_otp_new {
	struct ptn_uuid user_id;
	struct ptn_bytes secret;
	int64_t step; /* of the code that proved it: it is used */
	bool tell;    /* them, by mail: they had an account before */
};

/*
 * Store it, with the event, inside the caller's transaction, which holds the
 * lock of the user.  PTN_E_CONFLICT: they have one.
 */
enum ptn_err ptn_otp_put_in(const struct ptn_scope *sc,
    const struct ptn_otp_new *new) PTN_MUST_USE;

/*
 * Is this a code of the user's app?  It is used up then: no code of its step,
 * or of an earlier one, is right from then on (RFC 6238 section 5.2).  One that
 * is wrong counts as a wrong passcode does (PTN_LIMIT_CODE), and is noted.
 * Inside the caller's transaction; somebody who has no app is denied.
 *
 * PTN_E_RATE: too many were wrong.
 */
enum ptn_err ptn_otp_check_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes code,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * The user gives it up, with the event and the notice; inside a transaction
 * that holds their lock.  PTN_E_NOT_FOUND: they have none.  Whether they may is
 * ptn_policy_drop_factor()'s to say.
 */
enum ptn_err ptn_otp_remove_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* An operator takes it from them, in a transaction of its own. */
enum ptn_err ptn_otp_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
