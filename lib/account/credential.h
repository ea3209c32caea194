#ifndef PTN_ACCOUNT_CREDENTIAL_H
#define PTN_ACCOUNT_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/token.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"

#define PTN_CREDENTIAL_NAME_MAX 255 /* characters */

/* A passkey of a user, or a security key, as it is stored. */
struct ptn_credential {
	struct ptn_bytes id;
	struct ptn_uuid user_id;
	const char *name;	     /* or NULL */
	struct ptn_bytes public_key; /* COSE_Key */
	const char *attestation;     /* format that was verified, or "none" */
	struct ptn_uuid aaguid;
	int64_t sign_count;
	bool backup_eligible;
	bool backup_unknown; /* whether it is: until it is used */
	bool backup_state;
	const char *transports; /* joined by ","; "" for none */
	enum ptn_api api;	/* that it was made by: set to store it */
	bool admitted;		/* by the Dfns API: set to store it */
	bool mfa_only;		/* a security key: a second factor, no more */
	struct ptn_bytes user_handle; /* empty: the id of the user */
	int64_t last_used_at_us;
	int64_t created_at_us;
	int64_t updated_at_us;
};

/* PTN_E_CONFLICT if the id is registered, for this user or another. */
enum ptn_err ptn_credential_put(const struct ptn_scope *sc,
    const struct ptn_credential *c) PTN_MUST_USE;

/*
 * The user's credentials in the arena: the passkeys, oldest first, and behind
 * them the security keys.
 */
enum ptn_err ptn_credentials_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_credential **out,
    size_t *n) PTN_MUST_USE;

/* How many of such a list are passkeys: the first ones. */
size_t ptn_credentials_passkeys(const struct ptn_credential *c, size_t n);

/* How many passkeys has the user, or how many security keys? */
enum ptn_err ptn_credential_count(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool mfa_only, int64_t *n) PTN_MUST_USE;

/* Who is about to show one: as ptn_user_lock_state() has them. */
struct ptn_credential_owner {
	struct ptn_user_state user;
	struct ptn_email_claim email; /* their primary address */
};

/*
 * Take the lock of ptn_user_lock_state(), and one of a credential by its id, be
 * it theirs or not, inside a transaction, for an assertion: fills id, user_id,
 * public_key, sign_count, backup_eligible, backup_unknown and mfa_only.  No id:
 * there is no such credential.
 * PTN_E_NOT_FOUND: there is no such user.
 */
enum ptn_err ptn_credential_lock_owner(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    struct ptn_credential_owner *owner,
    struct ptn_credential *out) PTN_MUST_USE;

/*
 * Whose it is, that was registered with a user handle which is not the id of
 * its user.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_credential_by_handle(const struct ptn_scope *sc,
    struct ptn_bytes id, struct ptn_bytes handle,
    struct ptn_uuid *user) PTN_MUST_USE;

/*
 * Note the counter and backup flags of an assertion that was good; one that is
 * marked as admitted stays so, whoever says it.
 */
enum ptn_err ptn_credential_used(const struct ptn_scope *sc,
    const struct ptn_credential *c) PTN_MUST_USE;

/*
 * What is to be known of a credential of the user that is changed: fills name,
 * admitted and mfa_only.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_credential_find(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    struct ptn_credential *out) PTN_MUST_USE;

/*
 * What a credential is found by: SHA-256 of its id.  Is the one of a digest
 * the user's, still?  PTN_E_NOT_FOUND.
 */
void ptn_credential_digest(struct ptn_bytes id, uint8_t digest[PTN_SHA256_LEN]);
enum ptn_err ptn_credential_alive(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes digest) PTN_MUST_USE;

/* Name or delete a credential of the user; PTN_E_NOT_FOUND. */
enum ptn_err ptn_credential_rename(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    const char *name) PTN_MUST_USE;
enum ptn_err ptn_credential_delete(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id) PTN_MUST_USE;

/*
 * The name of an authenticator model by its AAGUID, from the file at path,
 * or from the installed one if path is empty: lines "AAGUID NAME", "#" for
 * comments.  NULL if it has none, or if there is no such file.
 */
const char *ptn_credential_aaguid_name(struct ptn_arena *a, const char *path,
    const struct ptn_uuid *aaguid);

#endif
