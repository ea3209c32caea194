#ifndef PTN_ACCOUNT_SIGNIN_PASSWORD_H
#define PTN_ACCOUNT_SIGNIN_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/password.h"
#include "lib/account/session.h"
#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* Log-in by a password. */
struct ptn_signin_password {
	enum ptn_api api;
	struct ptn_uuid user_id;
	struct ptn_bytes password; /* UTF-8, as it was received */
	bool complete;		   /* a second factor was proved (signin.h) */
	const int64_t *epoch;	   /* must be the user's still; NULL: any */
	struct ptn_claims claims;  /* made */
};

enum ptn_signin_password_result {
	PTN_SIGNIN_PASSWORD_WRONG = 0,
	PTN_SIGNIN_PASSWORD_LONG, /* too long to be hashed */
	PTN_SIGNIN_PASSWORD_HALF, /* it was right, but a second factor lacks */
	PTN_SIGNIN_PASSWORD_RIGHT,
	PTN_SIGNIN_PASSWORD__MAX
};

/*
 * Trade a password for a session.  An unknown user, one without a password
 * and a wrong password cost the same work, and are WRONG alike (CWE-204,
 * CWE-208), as is one that was changed while it was hashed; which it was is
 * noted.
 *
 * Returns PTN_OK if the question was answered, either way; PTN_E_BUSY.
 */
enum ptn_err ptn_signin_password(const struct ptn_scope *sc,
    struct ptn_signin_password *p,
    enum ptn_signin_password_result *what) PTN_MUST_USE;

/*
 * The same in two: the password is judged, which takes a hash and so no
 * transaction; and whoever had it right is logged in, inside a transaction of
 * the caller's.
 *
 * pu	made by the one, for the other, which may have it from elsewhere: then
 *	set_at_us is of the password that was right
 * what	of the latter: WRONG if it was changed meanwhile, which is noted, and
 *	has changed nothing
 */
enum ptn_err ptn_signin_password_judge(const struct ptn_scope *sc,
    const struct ptn_signin_password *p, struct ptn_password_user *pu,
    enum ptn_signin_password_result *what) PTN_MUST_USE;
enum ptn_err ptn_signin_password_in(const struct ptn_scope *sc,
    struct ptn_signin_password *p, const struct ptn_password_user *pu,
    enum ptn_signin_password_result *what) PTN_MUST_USE;

#endif
