#ifndef PTN_ACCOUNT_PASSKEY_H
#define PTN_ACCOUNT_PASSKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/credential.h"
#include "lib/account/passkey_ceremony.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf_words.h"
#include "lib/db/scope.h"
#include "lib/webauthn/webauthn.h"

/*
 * The passkeys of an account, and its security keys, which are second factors
 * alone: how one is added, named and given up, each with its events.  The rows
 * are credential.h's.  The two halves of adding one return PTN_OK if the
 * question was answered, either way; what was denied is noted.
 */

/* What an authenticator is told, so that it makes one. */
struct ptn_passkey_options {
	struct ptn_webauthn_challenge challenge;
	enum ptn_user_verification uv;
	int64_t timeout_ms;
	const char *name;	/* of the user: their primary address */
	const char *shown_name; /* the same for people */
	bool security_key;	/* no passkey */
	struct ptn_credential *excluded; /* that they have: none of these */
	size_t n;
};

/*
 * Of a user who has a primary address, since a passkey needs a name, and room
 * for one more; PTN_PASSKEY_FULL.
 */
enum ptn_err ptn_passkey_add_begin(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_passkey_options *out,
    enum ptn_passkey_ceremony_result *what) PTN_MUST_USE;

/* What it answers. */
struct ptn_passkey_new {
	struct ptn_uuid user_id;
	struct ptn_bytes id; /* as the client has it */
	struct ptn_webauthn_creation response;
	const char *transports; /* joined by ","; "" for none */
};

/*
 * Keep it: the challenge was given to this user, the response holds (WebAuthn
 * L3 7.1), the id is nobody's yet, and the user has room for one more.  They
 * get a notice.
 */
enum ptn_err ptn_passkey_add_finish(const struct ptn_scope *sc,
    const struct ptn_passkey_new *new,
    enum ptn_passkey_ceremony_result *what) PTN_MUST_USE;

/*
 * The same for a caller who has the challenge: judge the response, which asks
 * the database nothing; and keep it later, inside a transaction of the
 * caller's, who holds the lock of the user.
 *
 * c	made by the former, in the arena
 * out	PTN_PASSKEY_DONE, or why not, which is the caller's to note
 * tell	the user gets a notice: not one whose account begins with it
 *
 * Of the latter PTN_E_CONFLICT: the id is registered; PTN_E_FORBIDDEN: they
 * have as many as they may (ptn_policy_passkey_room()).  It is a security key
 * if the challenge was for a second factor.
 */
enum ptn_err ptn_passkey_judge(const struct ptn_scope *sc,
    const struct ptn_passkey_new *new, const struct ptn_webauthn_challenge *ch,
    struct ptn_credential *c,
    struct ptn_passkey_ceremony_outcome *out) PTN_MUST_USE;
enum ptn_err ptn_passkey_keep(const struct ptn_scope *sc,
    const struct ptn_credential *c, bool tell) PTN_MUST_USE;

/*
 * Name or give up a passkey of the user, who gets a notice; PTN_E_NOT_FOUND.  A
 * name of NULL leaves the one it has.  The last passkey may go, too.
 * PTN_E_FORBIDDEN: it is not to be changed in this way
 * (ptn_policy_change_passkey()); PTN_E_UNPROCESSABLE: it is a second factor
 * that must stay (ptn_policy_drop_factor()).
 */
enum ptn_err ptn_passkey_rename(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    const char *name) PTN_MUST_USE;
enum ptn_err ptn_passkey_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id) PTN_MUST_USE;

/* The same as parts of a transaction of the caller's. */
enum ptn_err ptn_passkey_rename_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    const char *name) PTN_MUST_USE;
enum ptn_err ptn_passkey_remove_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id) PTN_MUST_USE;

/* An operator takes any of them from the user, who gets a notice. */
enum ptn_err ptn_passkey_take_away(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id) PTN_MUST_USE;

#endif
