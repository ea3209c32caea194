#ifndef PTN_DFNS_TOTP_H
#define PTN_DFNS_TOTP_H

#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Authenticator apps (lib/crypto/totp.h) as credentials of users.  Each has a
 * secret, which is encrypted for its user both in the ceremony that offers it
 * and in the row of the credential, and the step whose code was used last.
 */

/*
 * Draw a secret for a ceremony that begins, if dfns.password is on.
 *
 * issuer, account	names that the app shows
 * sealed		to be stored with the ceremony; p NULL if it is off
 * url			for the app, in the arena; "" if it is off
 */
enum ptn_err ptn_dfns_totp_offer(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *issuer, const char *account,
    struct ptn_bytes *sealed, const char **url) PTN_MUST_USE;

/*
 * Does a code prove that the user's app has the secret that was offered?
 *
 * sealed	as above; p NULL, or one made for another user, is denied.
 * step		set with PTN_ALLOW: the step of the code.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_totp_prove(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes sealed, struct ptn_bytes code,
    int64_t *step, enum ptn_verdict *verdict) PTN_MUST_USE;

/* A code that was right. */
struct ptn_dfns_totp {
	struct ptn_bytes secret; /* in the arena */
	int64_t step;
};

/*
 * Check a code of a credential of the user.  Inside the caller's transaction,
 * which holds the lock of the user.
 *
 * credential	NULL: the user has none, which costs the same statement
 * out		set with PTN_ALLOW: to be used up
 *
 * Returns as above, and errors of the database.
 */
enum ptn_err ptn_dfns_totp_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *credential,
    struct ptn_bytes code, struct ptn_dfns_totp *out,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Use it up, in the same transaction: no code of its step, or of an earlier
 * one, is right from then on; PTN_DENY if that is so already.  The secret is
 * encrypted again, so that it follows a change of secrets.keys.
 */
enum ptn_err ptn_dfns_totp_use(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_dfns_totp *right,
    enum ptn_verdict *verdict) PTN_MUST_USE;

#endif
