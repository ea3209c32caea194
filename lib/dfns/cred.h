#ifndef PTN_DFNS_CRED_H
#define PTN_DFNS_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/keyassert.h"

/*
 * A credential of the Dfns API, of any kind.  Passkeys are the same rows as in
 * the other API (lib/account/credential.h); the other kinds have a table of
 * their own.
 */
struct ptn_dfns_cred {
	struct ptn_uuid id; /* its credentialUuid */
	enum ptn_dfns_cred_kind kind;
	const char *cred_id; /* as the client wrote it */
	const char *name;
	/* "SHA256:..."; of a stored passkey, NULL: ptn_dfns_creds_show(). */
	const char *fingerprint;
	bool active; /* not switched off by its owner */
	/*
	 * Admitted to this API, which a passkey of the other one is by a signed
	 * activation, by the operator, or by dfns.trust_passkeys.
	 */
	bool admitted;
	enum ptn_api api; /* that it was made by */
	int64_t created_at_us;
	/* Of the kinds that are a key pair. */
	const char *pem;
	enum ptn_keyassert_digest digest;
	const char *encrypted_private_key; /* or NULL */
	bool of_token; /* to be stored for a token, and for nothing else */
	/* Of a passkey (Fido2). */
	struct ptn_bytes raw_id;
	struct ptn_bytes cose_key;
	struct ptn_bytes user_handle; /* empty: the id of the user */
	int64_t sign_count;
	bool be;
	bool be_unknown; /* whether it is: until it is used */
	bool bs;
	struct ptn_uuid aaguid;
	const char *attestation;
	const char *rp_id;  /* NULL: that of the organisation */
	const char *origin; /* or NULL */
	/* Of a Password that is to be stored: see lib/account/password.h. */
	const char *hash;
	/* Of a Totp that is to be stored: see totp.h. */
	struct ptn_bytes sealed;
	int64_t last_step;
};

#define PTN_DFNS_CRED_NAME "Default Credential" /* where none was given */

/*
 * All credentials of a user that are not archived, in the arena: first the
 * passkeys, then the others, oldest first.  A service account has none.
 */
enum ptn_err ptn_dfns_creds_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_cred **out,
    size_t *n) PTN_MUST_USE;

/*
 * The key of a token (accesstoken.h), which is none of those.
 * PTN_E_NOT_FOUND: it is archived, as are all of a user who recovers.
 */
enum ptn_err ptn_dfns_cred_of_token(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    struct ptn_dfns_cred *out) PTN_MUST_USE;

/*
 * Compute the fingerprints of those that are passkeys, for their owner to see.
 * Nobody else needs them, and a log-in shall not take as long as there are
 * passkeys.
 */
enum ptn_err ptn_dfns_creds_show(struct ptn_arena *a, struct ptn_dfns_cred *c,
    size_t n) PTN_MUST_USE;

/*
 * The credentialUuid of a passkey, which has no id of its own: of the digest of
 * its WebAuthn id.
 */
struct ptn_uuid ptn_dfns_cred_passkey_id(struct ptn_bytes id_hash);

/* Is it of use here: active, and admitted? */
bool ptn_dfns_cred_works(const struct ptn_dfns_cred *c);

/* Is it of a kind that logs in or signs an action without a second one? */
bool ptn_dfns_cred_signs(const struct ptn_dfns_cred *c);

/* Does one of this kind work? */
bool ptn_dfns_creds_have(const struct ptn_dfns_cred *c, size_t n,
    enum ptn_dfns_cred_kind kind);

/*
 * Can a user who has these credentials log in?
 *
 * passwords	whether a Password together with a Totp counts
 */
bool ptn_dfns_creds_suffice(const struct ptn_dfns_cred *c, size_t n,
    bool passwords);

/*
 * Store a new credential; sets c->id.  A Password or a Totp replaces the one
 * that the user has.  Inside the caller's transaction, which holds the lock of
 * the user.  PTN_E_CONFLICT: the user has it already, or somebody has this
 * passkey.
 */
enum ptn_err ptn_dfns_cred_put(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_cred *c) PTN_MUST_USE;

/*
 * Archive one, inside the caller's transaction: it is not listed any more, and
 * its cred_id is never free again.  The user can have another Password or Totp.
 */
enum ptn_err ptn_dfns_cred_archive(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_dfns_cred *c) PTN_MUST_USE;

/*
 * Switch one on, which admits it, or off, inside the caller's transaction.
 */
enum ptn_err ptn_dfns_cred_activate(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c, bool active) PTN_MUST_USE;

/*
 * Admit a passkey, inside the caller's transaction; it stays on or off.
 *
 * changed	whether it was not admitted before
 */
enum ptn_err ptn_dfns_cred_admit(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c, bool *changed) PTN_MUST_USE;

/*
 * Archive all credentials of a user for good, and the keys of their tokens,
 * inside the caller's transaction.
 */
enum ptn_err ptn_dfns_creds_archive(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/*
 * Note that one was used, with the new counter of a passkey.  Inside the
 * caller's transaction.
 */
enum ptn_err ptn_dfns_cred_used(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c) PTN_MUST_USE;

#endif
