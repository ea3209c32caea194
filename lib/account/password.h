#ifndef PTN_ACCOUNT_PASSWORD_H
#define PTN_ACCOUNT_PASSWORD_H

#include <stdbool.h>

#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/scope.h"

struct ptn_conf;

/* Who a password login is for, as far as the database knows. */
struct ptn_password_user {
	bool known;	   /* there is such a user */
	const char *hash;  /* NULL: no password, or no such user */
	int64_t norm;	   /* version of the normalisation that was hashed */
	int64_t set_at_us; /* when the password was set or changed */
	struct ptn_factors has; /* then; what counts is read under the lock */
	struct ptn_email_claim email;
};

/* PTN_OK also for a user that does not exist: known is false then. */
enum ptn_err ptn_password_find(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_password_user *out) PTN_MUST_USE;

/*
 * Check a password as it was received (UTF-8 without NUL; one beyond
 * PTN_PWHASH_PW_MAX bytes is wrong).  An unknown user, one without a password
 * and a wrong password cost the same single hash.  A match under old costs or
 * an old normalisation is hashed and stored anew.
 *
 * verdict	PTN_ALLOW only for the right password of a known user.
 * Returns PTN_OK, PTN_E_BUSY, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_password_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_password_user *pu,
    struct ptn_bytes pw, enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Check a password against a stored hash, or for NULL against a decoy: what
 * both APIs have in common.  As above, but nothing is stored: stale is true if
 * the password was right and should be hashed anew.  A hash takes long: inside
 * a transaction, where others would wait for what it has locked, none is made,
 * which is PTN_E_INTERNAL and an error in the log.
 */
enum ptn_err ptn_password_verify(const struct ptn_scope *sc, const char *hash,
    int64_t norm, struct ptn_bytes pw, bool *stale,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Hash a password that is to be stored, with PTN_PASSWORD_NORM beside it.
 * Never inside a transaction, as above.
 * PTN_E_INPUT if the text has no normal form; PTN_E_BUSY, PTN_E_INTERNAL.
 */
enum ptn_err ptn_password_hash(const struct ptn_scope *sc, struct ptn_bytes pw,
    char phc[PTN_PHC_MAX]) PTN_MUST_USE;

/*
 * Take the lock of ptn_user_lock_state() for a log-in by the password that was
 * found and checked: to hash it took time, and it may have been changed
 * meanwhile.  Inside a transaction.  PTN_E_NOT_FOUND if it was, or if the user
 * has gone.
 */
enum ptn_err ptn_password_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_password_user *pu,
    struct ptn_user_state *out) PTN_MUST_USE;

/*
 * Store the hash of a first password, with the event, inside a transaction of
 * the caller's, who holds the lock of the user.
 *
 * tell	the user gets a notice: not one whose account begins with it
 *
 * PTN_E_CONFLICT: they have one.
 */
enum ptn_err ptn_password_first(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *phc, bool tell) PTN_MUST_USE;

/*
 * Set the user's password, with the event and the notice to them:
 * password_change.h says who may, and which.  In the place of another it makes
 * whoever was known of the user a stranger (ptn_asker_forget()), and ends their
 * sessions of both APIs, if password.end_sessions.
 *
 * by		the session that asks for it, and goes on; NULL: none does
 * created	there was no password before
 *
 * PTN_E_INPUT if the text has no normal form (RFC 8265); PTN_E_NOT_FOUND if the
 * user has gone, or the session has ended, while it was hashed;
 * PTN_E_FORBIDDEN: a service account, as which nobody logs in.
 */
enum ptn_err ptn_password_set(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *by, struct ptn_bytes pw,
    bool *created) PTN_MUST_USE;

/*
 * The same inside a transaction of the caller's, of what ptn_password_hash()
 * made before it.
 */
enum ptn_err ptn_password_store_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *by, const char *hash,
    bool *created) PTN_MUST_USE;

/*
 * Delete it: whoever knew it is shut out as by another one, and the user gets a
 * notice.  Inside a transaction of the caller's.
 *
 * by	the session that asks for it, and goes on; NULL: none does
 *
 * PTN_E_NOT_FOUND: there is none, or the session has ended.
 */
enum ptn_err ptn_password_drop_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *by) PTN_MUST_USE;

/* An operator does so, in a transaction of its own. */
enum ptn_err ptn_password_drop(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/*
 * An operator sets it, as ptn_password_set() without a session.
 *
 * first	PTN_E_CONFLICT: there is one; otherwise PTN_E_NOT_FOUND: there
 *		is none
 */
enum ptn_err ptn_password_give(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes pw, bool first) PTN_MUST_USE;

#endif
