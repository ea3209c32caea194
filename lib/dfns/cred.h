#ifndef PTN_DFNS_CRED_H
#define PTN_DFNS_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/keyassert.h"

/*
 * A credential of the Dfns API, of any kind.  Passkeys are the rows that the
 * other API has too (credential.h), the bare keys are rows of their own.
 */
struct ptn_dfns_cred {
	struct ptn_uuid id; /* its credentialUuid */
	enum ptn_dfns_cred_kind kind;
	const char *cred_id; /* verbatim */
	const char *name;
	const char *fingerprint; /* "SHA256:..." */
	bool active;
	int64_t created_at_us;
	/* The keys. */
	const char *pem;
	enum ptn_keyassert_digest digest;
	const char *encrypted_private_key; /* or NULL */
	/* Fido2. */
	struct ptn_bytes raw_id;
	struct ptn_bytes cose_key;
	int64_t sign_count;
	bool be;
	bool bs;
	struct ptn_uuid aaguid;
	const char *attestation;
	const char *rp_id;  /* NULL: the organisation's */
	const char *origin; /* or NULL */
	/* Password, to be stored: a hash under PTN_PASSWORD_NORM. */
	const char *hash;
	/* Totp, to be stored: the secret, and the step that proved it. */
	struct ptn_bytes sealed;
	int64_t last_step;
};

#define PTN_DFNS_CRED_NAME "Default Credential" /* of one without */

/* All that are not archived, in the arena: passkeys, then keys, by age. */
enum ptn_err ptn_dfns_creds_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_cred **out,
    size_t *n) PTN_MUST_USE;

/* Can it log in or sign an action by itself, when it is active? */
bool ptn_dfns_cred_signs(const struct ptn_dfns_cred *c);

/* Is there an active one of this kind among them? */
bool ptn_dfns_creds_have(const struct ptn_dfns_cred *c, size_t n,
    enum ptn_dfns_cred_kind kind);

/*
 * Can somebody who has these log in?  passwords: a Password and a Totp count,
 * together.
 */
bool ptn_dfns_creds_suffice(const struct ptn_dfns_cred *c, size_t n,
    bool passwords);

/*
 * Store a new one; c->id is made here.  PTN_E_CONFLICT if the user has it
 * already, or of a passkey anybody; but a Password or a Totp takes the place
 * of the one before.  Inside the caller's transaction, which holds the lock of
 * the user.
 */
enum ptn_err ptn_dfns_cred_put(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_cred *c) PTN_MUST_USE;

/* Switch it on or off.  As above. */
enum ptn_err ptn_dfns_cred_activate(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c, bool active) PTN_MUST_USE;

/* Put all of a user's away for good.  As above. */
enum ptn_err ptn_dfns_creds_archive(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* Note that it was used, with its new counter.  As above. */
enum ptn_err ptn_dfns_cred_used(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c) PTN_MUST_USE;

#endif
