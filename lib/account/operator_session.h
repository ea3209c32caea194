#ifndef PTN_ACCOUNT_OPERATOR_SESSION_H
#define PTN_ACCOUNT_OPERATOR_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/signin_passkey.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Operators who are logged in where they are (operator.h).  It has nothing to
 * do with sessions of the public APIs, whose tokens are worth nothing here, as
 * these are there; but they end with those (ptn_session_end_all()).  What its
 * cookie has is an opaque.h of this prefix.
 */
#define PTN_OPERATOR_PREFIX "ptno_"

struct ptn_operator_session {
	struct ptn_uuid id;
	struct ptn_uuid user_id;
	struct ptn_uuid tenant_id; /* whose user they are */
	bool everywhere;	   /* they are for all of them */
	bool read_only;
	const char *name; /* username, primary address, or NULL */
	int64_t expires_at_us;
};

/*
 * Log-in by a passkey, in two halves, as in signin_passkey.h: the challenge is
 * one of a kind of its own, and the user must be verified.
 *
 * p		what is found, is so
 * out, text	the session, and what the cookie is to have; if *what is
 *		PTN_PASSKEY_DONE
 *
 * Who is unknown, or kept out, or no operator, or shows a passkey that does
 * not open the way, is denied alike; it is noted why.
 */
enum ptn_err ptn_operator_session_login_begin(const struct ptn_scope *sc,
    struct ptn_signin_passkey_options *out) PTN_MUST_USE;
enum ptn_err ptn_operator_session_login(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, struct ptn_operator_session *out, char **text,
    enum ptn_passkey_ceremony_result *what) PTN_MUST_USE;

/*
 * Whose session it is that a cookie shows: one SELECT by its id; and it is
 * noted, now and then, that it was used.  PTN_E_NOT_FOUND: it is none, or has
 * ended.
 */
enum ptn_err ptn_operator_session_find(const struct ptn_scope *sc,
    const char *text, struct ptn_operator_session *out) PTN_MUST_USE;

/* They leave, with the event. */
enum ptn_err ptn_operator_session_end(const struct ptn_scope *sc,
    const struct ptn_operator_session *s) PTN_MUST_USE;

#endif
