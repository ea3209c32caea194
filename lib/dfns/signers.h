#ifndef PTN_DFNS_SIGNERS_H
#define PTN_DFNS_SIGNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/state.h"

/* Credentials that may answer a challenge, in the arena. */
struct ptn_dfns_signers {
	struct ptn_dfns_cred *cred;
	size_t n;
};

/*
 * The user's credentials that work, for a log-in or a user action.  None at all
 * if they are not enough to log in (ptn_dfns_creds_suffice()).  A user who does
 * not exist costs the same statements.
 */
enum ptn_err ptn_dfns_signers_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_signers *out) PTN_MUST_USE;

/*
 * Those that sign for who has this token: its one key and no other, if it
 * works.  Nil: it is a session, and they are as above.
 */
enum ptn_err ptn_dfns_signers_for(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *key,
    struct ptn_dfns_signers *out) PTN_MUST_USE;

/* The user's recovery keys that work, likewise. */
enum ptn_err ptn_dfns_signers_recovery(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_signers *out) PTN_MUST_USE;

/*
 * Allow these in the state of a ceremony that begins.
 *
 * with_encrypted	whether the client gets the encrypted private keys; it
 *			cannot sign with a PasswordProtectedKey otherwise.
 */
enum ptn_err ptn_dfns_signers_allow(const struct ptn_scope *sc,
    const struct ptn_dfns_signers *list, bool with_encrypted,
    struct ptn_dfns_state *state) PTN_MUST_USE;

/* Drop those that a ceremony does not allow. */
void ptn_dfns_signers_allowed(const struct ptn_dfns_state *state,
    struct ptn_dfns_signers *list);

/*
 * The one of this kind, NULL if there is none.  For passwords and authenticator
 * apps, of which a user has one each and which are not named by an id.
 */
struct ptn_dfns_cred *ptn_dfns_signers_by_kind(
    const struct ptn_dfns_signers *list, enum ptn_dfns_cred_kind kind);

#endif
