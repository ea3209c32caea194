#ifndef PTN_ACCOUNT_SIGNIN_PASSKEY_H
#define PTN_ACCOUNT_SIGNIN_PASSKEY_H

#include <stddef.h>

#include "lib/account/credential.h"
#include "lib/account/passkey_ceremony.h"
#include "lib/account/session.h"
#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/webauthn/webauthn.h"

/*
 * Log-in by a passkey.  Both halves return PTN_OK if the question was
 * answered, either way; what was denied is noted.
 */

/* What an authenticator is told, so that it signs. */
struct ptn_signin_passkey_options {
	struct ptn_webauthn_challenge challenge;
	struct ptn_credential *allowed; /* none: any that it has for us */
	size_t n;
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
	struct ptn_uuid user_id;      /* found */
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

#endif
