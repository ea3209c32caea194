#ifndef PTN_ACCOUNT_PASSWORD_CHANGE_H
#define PTN_ACCOUNT_PASSWORD_CHANGE_H

#include "lib/account/session.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/scope.h"

enum ptn_password_change_result {
	PTN_PASSWORD_CHANGE_NO_USER = 0, /* nor one whose session goes on */
	PTN_PASSWORD_CHANGE_FOREIGN,	 /* of somebody else */
	PTN_PASSWORD_CHANGE_SHORT,
	PTN_PASSWORD_CHANGE_LONG,
	PTN_PASSWORD_CHANGE_UNFIT,   /* it has no normal form (RFC 8265) */
	PTN_PASSWORD_CHANGE_SERVICE, /* a service account has none */
	PTN_PASSWORD_CHANGE_FIRST,   /* set: there was none */
	PTN_PASSWORD_CHANGE_DONE,    /* another one: other sessions ended */
	PTN_PASSWORD_CHANGE__MAX
};

/*
 * Set a password: what may be one is judged first, then whose it would be.
 * The change, the end of sessions (ptn_password_set) and the event are one
 * transaction.  What was denied is noted.
 *
 * by	the session that asks: nobody sets the password of another
 *
 * Returns PTN_OK if the question was answered, either way; PTN_E_BUSY.
 */
enum ptn_err ptn_password_change(const struct ptn_scope *sc,
    const struct ptn_claims *by, const struct ptn_uuid *user,
    struct ptn_bytes password,
    enum ptn_password_change_result *what) PTN_MUST_USE;

/*
 * The same in two, for a transaction of the caller's: judge it, and hash it,
 * which takes long, outside; then set it.
 *
 * phc	made, if what is DONE; and given back
 */
enum ptn_err ptn_password_change_make(const struct ptn_scope *sc,
    struct ptn_bytes password, char phc[PTN_PHC_MAX],
    enum ptn_password_change_result *what) PTN_MUST_USE;
enum ptn_err ptn_password_change_in(const struct ptn_scope *sc,
    const struct ptn_claims *by, const char *phc,
    enum ptn_password_change_result *what) PTN_MUST_USE;

/*
 * An operator sets it for somebody: a first one, or another.  PTN_E_CONFLICT:
 * there is one already; NO_USER: there is none, or no such user.
 */
enum ptn_err ptn_password_change_give(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes password, bool first,
    enum ptn_password_change_result *what) PTN_MUST_USE;

/* The same, whether there is one or not. */
enum ptn_err ptn_password_change_impose(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes password,
    enum ptn_password_change_result *what) PTN_MUST_USE;

#endif
