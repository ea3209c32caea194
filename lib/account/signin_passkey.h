#ifndef PTN_ACCOUNT_SIGNIN_PASSKEY_H
#define PTN_ACCOUNT_SIGNIN_PASSKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/credential.h"
#include "lib/account/passkey_ceremony.h"
#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf_words.h"
#include "lib/db/scope.h"
#include "lib/webauthn/webauthn.h"

/*
 * Log-in by a passkey.  Both halves return PTN_OK if the question was
 * answered, either way; what was denied is noted.
 */

/* What an authenticator is told, so that it signs. */
struct ptn_signin_passkey_options {
	struct ptn_webauthn_challenge challenge;
	enum ptn_user_verification uv;
	int64_t timeout_ms;
	struct ptn_credential *allowed; /* none: any that it has for us */
	size_t n;
	bool transports; /* say also how each may be reached */
};

/*
 * user	who wants to log in; NULL: whoever the passkey is of.  A user without
 *	passkeys is asked for any.
 */
enum ptn_err ptn_signin_passkey_begin(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_signin_passkey_options *out,
    enum ptn_passkey_ceremony_result *what) PTN_MUST_USE;

/* What it answers. */
struct ptn_signin_passkey {
	enum ptn_api api;
	struct ptn_bytes id;
	struct ptn_webauthn_assertion response;
	struct ptn_bytes user_handle; /* empty: none */
	const int64_t *epoch; /* must be the user's still; NULL: any */
	struct ptn_uuid user_id;      /* found */
	struct ptn_email_claim email; /* found: their primary address */
	struct ptn_user_state user;   /* found */
	struct ptn_claims claims;     /* made */
};

/*
 * Trade an assertion for a session: the challenge is spent, whatever comes of
 * it; the rest is judged under the locks of the user and of the credential
 * (WebAuthn L3 7.2).
 */
enum ptn_err ptn_signin_passkey(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p,
    enum ptn_passkey_ceremony_result *what) PTN_MUST_USE;

/*
 * The same inside a transaction of the caller's, who has the challenge: the
 * assertion is judged, under the locks of the user and of the credential, which
 * notes that it was used; and whoever was judged so is logged in.
 *
 * out	PTN_PASSKEY_DONE, or why not: then nothing has changed, and it is the
 *	caller's to note
 */
enum ptn_err ptn_signin_passkey_judge_in(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, const struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out) PTN_MUST_USE;
enum ptn_err ptn_signin_passkey_in(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p) PTN_MUST_USE;

/*
 * Take the lock of a user who was judged in an earlier transaction, whose
 * passkey may have been given up since: p->user_id, and the digest of the id
 * (ptn_credential_digest()).  What was found is found anew.  PTN_E_NOT_FOUND if
 * user or passkey has gone.
 */
enum ptn_err ptn_signin_passkey_lock(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, struct ptn_bytes digest) PTN_MUST_USE;

#endif
