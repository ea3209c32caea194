#ifndef PTN_ACCOUNT_SIGNIN_PASSCODE_H
#define PTN_ACCOUNT_SIGNIN_PASSCODE_H

#include <stdbool.h>

#include "lib/account/limit.h"
#include "lib/account/passcode.h"
#include "lib/account/session.h"
#include "lib/base/api.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Log-in by a code of six digits that was mailed, which proves its address by
 * the way.  Both calls return PTN_OK if the question was answered, either way.
 * What was denied is noted, but for NO_ADDRESS.
 */

/* Somebody asks for a code. */
struct ptn_signin_passcode_ask {
	struct ptn_uuid user_id;
	struct ptn_uuid email_id;     /* nil: their primary address */
	const struct ptn_uuid *by;    /* whose session; NULL: none */
	struct ptn_passcode passcode; /* made */
};

enum ptn_signin_passcode_sent {
	PTN_SIGNIN_PASSCODE_NO_USER = 0,
	PTN_SIGNIN_PASSCODE_NO_ADDRESS, /* there is none of that id */
	PTN_SIGNIN_PASSCODE_FOREIGN,	/* it, or the session, is another's */
	PTN_SIGNIN_PASSCODE_SENT,
	PTN_SIGNIN_PASSCODE__MAX
};

/*
 * Send a code to an address of the user, or to one that nobody has proved yet
 * (a sign-up, or a further address).  Which older code it kills is said at
 * ptn_passcode_put().  The code, its mail and the event exist together or not
 * at all.  A mailbox that got too many (PTN_LIMIT_MAIL) gets none: somebody
 * known gets PTN_E_RATE.  A stranger gets SENT, and a passcode that behaves as
 * others do and that no code is right for.
 */
enum ptn_err ptn_signin_passcode_send(const struct ptn_scope *sc,
    struct ptn_signin_passcode_ask *ask,
    enum ptn_signin_passcode_sent *what) PTN_MUST_USE;

/* Somebody enters one. */
struct ptn_signin_passcode {
	enum ptn_api api;
	struct ptn_uuid id;
	const char *code;
	const struct ptn_uuid *by; /* whose session; NULL: none */
	const int64_t *epoch;	   /* must be the user's still; NULL: any */
	bool complete;		   /* a second factor was proved (signin.h) */
	struct ptn_passcode passcode; /* found */
	struct ptn_claims claims;     /* made */
};

/*
 * Trade a code for a session; the address is the user's and verified from
 * then on.  Who may do so with a right code is ptn_addresses_prove()'s to
 * say.  The code is checked, and consumed, in a transaction of its own before
 * anything else happens: a refusal later does not give it back.
 *
 * what	PTN_PASSCODE_RIGHT, or why not.
 */
enum ptn_err ptn_signin_passcode(const struct ptn_scope *sc,
    struct ptn_signin_passcode *p, enum ptn_passcode_result *what) PTN_MUST_USE;

/*
 * The same inside a transaction of the caller's, who has judged the code:
 * of p, passcode.user_id and email_id say whose it was and what it proves.
 * What is refused has changed nothing.
 */
enum ptn_err ptn_signin_passcode_in(const struct ptn_scope *sc,
    struct ptn_signin_passcode *p, enum ptn_passcode_result *what) PTN_MUST_USE;

/*
 * May a mail with a code go to on->mailbox?  Inside the caller's transaction.
 *
 * told	may whoever asks know that it may not?  A network is known to users
 *	alone: where it is not told who has an account, it is not, either
 * held	set to true where they may not: all is to be done as ever, but with a
 *	code that nobody can enter, and a mail that is not sent
 *
 * PTN_E_RATE: they are told.
 */
enum ptn_err ptn_signin_passcode_mail(const struct ptn_scope *sc,
    const struct ptn_limit_on *on, bool told, bool *held) PTN_MUST_USE;

#endif
