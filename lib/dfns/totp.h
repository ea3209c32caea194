#ifndef PTN_DFNS_TOTP_H
#define PTN_DFNS_TOTP_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/*
 * The secrets of authenticator apps, as rows: what totp.h computes with, and
 * which step was used last.  A secret is sealed for its user, before it is a
 * credential and after.
 */

/* Draw a secret, to be shown once and kept with the ceremony. */
enum ptn_err ptn_dfns_totp_offer(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes *secret,
    struct ptn_bytes *sealed) PTN_MUST_USE;

/*
 * Does a code prove that the user has the secret that was offered?
 *
 * sealed	as above; one with p NULL, or another user's, is a no.
 * step		set with PTN_ALLOW: the step of the code, which is used by it.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_totp_prove(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes sealed, struct ptn_bytes code,
    int64_t *step, enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Use a code of the user's credential: its step, and those before it, are
 * used from then on.  Inside the caller's transaction, which holds the lock of
 * the user.  The secret is sealed anew, so that it follows the first of
 * secrets.keys.  As above, and errors of the database.
 */
enum ptn_err ptn_dfns_totp_use(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *credential,
    struct ptn_bytes code, enum ptn_verdict *verdict) PTN_MUST_USE;

#endif
