#ifndef PTN_DFNS_CEREMONY_H
#define PTN_DFNS_CEREMONY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/org.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/state.h"

/*
 * A ceremony of the Dfns API: a client was given a challenge to sign, and this
 * row remembers the challenge, its kind, its user and its state until the
 * answer comes.  Most ceremonies are deleted before their answer is verified,
 * or with what it achieves, so that a challenge can be answered once;
 * registrations and recoveries allow a few tries.
 */
enum ptn_dfns_ceremony_kind {
	PTN_DFNS_CEREMONY_LOGIN,
	PTN_DFNS_CEREMONY_REGISTRATION,
	PTN_DFNS_CEREMONY_CREDENTIAL, /* one more credential, by a session */
	PTN_DFNS_CEREMONY_ACTION,     /* approve a request before it is made */
	PTN_DFNS_CEREMONY_SIGNED,     /* the approval, until it is used */
	PTN_DFNS_CEREMONY_RECOVERY,
	PTN_DFNS_CEREMONY_CREDENTIAL_CODE, /* one more credential, by a code */
	PTN_DFNS_CEREMONY__MAX
};

#define PTN_DFNS_CEREMONY_TRIES 5 /* of ptn_dfns_ceremony_try() */

struct ptn_dfns_ceremony {
	struct ptn_uuid id;
	struct ptn_uuid user_id; /* nil: the state may say who it is */
	enum ptn_dfns_ceremony_kind kind;
	const char *challenge; /* base64url, as the client got it */
	struct ptn_dfns_state state;
	/*
	 * The encrypted secret that was offered to an authenticator app
	 * (lib/dfns/totp.h); p NULL: none was.
	 */
	struct ptn_bytes sealed;
};

/* For how many seconds a ceremony can be answered. */
int64_t ptn_dfns_ceremony_ttl_s(enum ptn_dfns_ceremony_kind kind);

/*
 * A new challenge in the arena: 32 random bytes, in hexadecimal, in base64url
 * (86 characters).  NULL: the arena is full.
 */
char *ptn_dfns_ceremony_challenge_new(struct ptn_arena *a);

/* Store a ceremony.  Sets c->id; the caller sets everything else. */
enum ptn_err ptn_dfns_ceremony_put(const struct ptn_scope *sc,
    struct ptn_dfns_ceremony *c) PTN_MUST_USE;

/*
 * Read a ceremony and delete it, in a transaction of its own.
 * PTN_E_NOT_FOUND: the tenant has no ceremony with this id and kind, or it
 * has expired.
 */
enum ptn_err ptn_dfns_ceremony_take(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out) PTN_MUST_USE;

/*
 * The same, and the row of its organisation, zero if there is none, without
 * deleting it, for the caller to do: of those who find it one can
 * (ptn_dfns_ceremony_end()).
 */
enum ptn_err ptn_dfns_ceremony_find(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out, struct ptn_org_row *org) PTN_MUST_USE;

/*
 * Read a ceremony and count a try, in a transaction of its own.
 * PTN_E_NOT_FOUND as above, and after PTN_DFNS_CEREMONY_TRIES calls.
 */
enum ptn_err ptn_dfns_ceremony_try(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out) PTN_MUST_USE;

/*
 * Read a ceremony that has not expired, without its challenge.  used: whether
 * ptn_dfns_ceremony_use() was called for it.
 */
enum ptn_err ptn_dfns_ceremony_look(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out, bool *used) PTN_MUST_USE;

/*
 * Mark a ceremony as used; the row stays until it expires.  Inside the
 * caller's transaction.  PTN_E_NOT_FOUND: it is used already, or gone.
 */
enum ptn_err ptn_dfns_ceremony_use(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * Delete a ceremony that succeeded, inside the caller's transaction.
 * PTN_E_NOT_FOUND: another request has deleted it.
 */
enum ptn_err ptn_dfns_ceremony_end(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * Delete all ceremonies of a user that are of this kind, inside the caller's
 * transaction.
 */
enum ptn_err ptn_dfns_ceremony_end_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_dfns_ceremony_kind kind) PTN_MUST_USE;

#endif
