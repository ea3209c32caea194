#ifndef PTN_ACCOUNT_WEBAUTHN_CHALLENGE_H
#define PTN_ACCOUNT_WEBAUTHN_CHALLENGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

#define PTN_WEBAUTHN_CHALLENGE_LEN 32

/* What a challenge is for: one serves one of them, and no other. */
enum ptn_webauthn_ceremony {
	PTN_WEBAUTHN_UNSET = 0,
	PTN_WEBAUTHN_REGISTRATION,
	PTN_WEBAUTHN_AUTHENTICATION,
	PTN_WEBAUTHN_OPERATOR /* a log-in where operators are */
};

/* What an authenticator is asked to sign, and for whom. */
struct ptn_webauthn_challenge {
	uint8_t value[PTN_WEBAUTHN_CHALLENGE_LEN];
	enum ptn_webauthn_ceremony ceremony;
	struct ptn_uuid user_id; /* nil: whoever the credential names */
	bool require_uv;
	/*
	 * It is about a second factor: a security key is to be made, or one
	 * shown, for which a passkey of the user will do.  Such a challenge is
	 * no row of its own; lib/flow/ceremony.h has them.
	 */
	bool second_factor;
};

/* Draw a challenge and store it; it lives for ttl_ms. */
enum ptn_err ptn_webauthn_challenge_put(const struct ptn_scope *sc,
    int64_t ttl_ms, struct ptn_webauthn_challenge *ch) PTN_MUST_USE;

/*
 * Take a challenge: whatever comes of it, it is gone and cannot be taken again
 * (WebAuthn L3 13.4.3).
 *
 * value	what the client claims to have signed; any length.
 * Returns PTN_OK; PTN_E_NOT_FOUND if there is none of that ceremony;
 * PTN_E_EXPIRED if it was one, too late.
 */
enum ptn_err ptn_webauthn_challenge_take(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch) PTN_MUST_USE;

/*
 * The same in two: read it, and spend it in the transaction of what it is good
 * for, or alone if that did not take place.  ch->value is set in any case.
 *
 * PTN_E_NOT_FOUND of the second: another has spent it.
 */
enum ptn_err ptn_webauthn_challenge_find(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch) PTN_MUST_USE;
enum ptn_err ptn_webauthn_challenge_spend(const struct ptn_scope *sc,
    const struct ptn_webauthn_challenge *ch) PTN_MUST_USE;

#endif
