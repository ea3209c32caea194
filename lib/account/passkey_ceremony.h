#ifndef PTN_ACCOUNT_PASSKEY_CEREMONY_H
#define PTN_ACCOUNT_PASSKEY_CEREMONY_H

#include <stdint.h>

#include "lib/account/webauthn_challenge.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"
#include "lib/webauthn/webauthn.h"

struct ptn_conf;

/*
 * What the two ceremonies of passkeys share: passkey.h adds one,
 * signin_passkey.h logs in by one.
 */

/* What we offer, best first (IANA COSE: ES256, EdDSA, ES384, RS256). */
#define PTN_PASSKEY_ALGS 4
extern const int32_t ptn_passkey_algs[PTN_PASSKEY_ALGS];

/* What came of a step, as far as clients are told. */
enum ptn_passkey_ceremony_result {
	PTN_PASSKEY_DENIED = 0,	  /* by whatever is not named below */
	PTN_PASSKEY_NO_USER,	  /* of that id */
	PTN_PASSKEY_NO_ADDRESS,	  /* the user has no primary one */
	PTN_PASSKEY_NO_CHALLENGE, /* that we gave out for this, and once */
	PTN_PASSKEY_EXPIRED,	  /* it was one, too late */
	PTN_PASSKEY_NO_HANDLE,	  /* nothing says whose passkey it is */
	PTN_PASSKEY_MALFORMED,	  /* what was signed is of no known form */
	PTN_PASSKEY_AUTH_DATA,	  /* so are authenticator data */
	PTN_PASSKEY_UNVERIFIED,	  /* the user, which was required */
	PTN_PASSKEY_FULL,	  /* the user may have no more */
	PTN_PASSKEY_COUNTER,	  /* not greater than the last one: a copy? */
	PTN_PASSKEY_MFA_ONLY,	  /* a security key, which lets nobody in */
	PTN_PASSKEY_DONE,
	PTN_PASSKEY__MAX
};

/* The same with the reason that is noted: constant, nothing of the input. */
struct ptn_passkey_ceremony_outcome {
	enum ptn_passkey_ceremony_result what;
	const char *why;
};

/*
 * Draw a challenge and store it, with the event.  Whom it is for and for which
 * ceremony, ch says; how long it lives, the configuration; and whether the user
 * is to be verified, either of them.
 */
enum ptn_err ptn_passkey_ceremony_begin(const struct ptn_scope *sc,
    struct ptn_webauthn_challenge *ch, enum ptn_event e) PTN_MUST_USE;

/*
 * Take the challenge that client data name, whoever they are from: it is
 * spent, whatever comes of it.
 *
 * out	PTN_PASSKEY_DONE; MALFORMED, NO_CHALLENGE or EXPIRED
 */
enum ptn_err ptn_passkey_ceremony_take(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out) PTN_MUST_USE;

/* The same, but for the caller to spend it: ptn_webauthn_challenge_spend(). */
enum ptn_err ptn_passkey_ceremony_find(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out) PTN_MUST_USE;

/*
 * Who we are, on whose pages, and what is asked of a response to this
 * challenge.
 */
struct ptn_webauthn_rp ptn_passkey_ceremony_rp(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch);
struct ptn_webauthn_want ptn_passkey_ceremony_want(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch);

/* What the judgement of a response comes to. */
struct ptn_passkey_ceremony_outcome ptn_passkey_ceremony_outcome(
    const struct ptn_finding *f);

#endif
