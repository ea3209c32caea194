#ifndef PTN_ACCOUNT_ASKER_H
#define PTN_ACCOUNT_ASKER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* The key of all browsers that send a session of the user. */
#define PTN_ASKER_SESSION "session"

/* For so long a network is known by a log-in of the user from it. */
#define PTN_ASKER_NETWORK_S (30 * 86400)

#define PTN_ASKER_KEY 46 /* an address, or a UUID, and the NUL */

/*
 * Who asks for something of a user, as far as limits care.  Strangers share
 * their buckets, and may use them up; whoever is known has others.  The column
 * passcodes.known has these numbers.
 *
 * A user has an epoch: a browser is known by a cookie of that epoch alone, and
 * when it moves on, the networks are forgotten, too.  It does when a password
 * or a second factor is set or given up, and when sessions are ended all at
 * once: what was proved of the user before, and browsers that they trusted
 * (trust.h), are worth nothing then.
 */
enum ptn_asker_kind {
	PTN_ASKER_STRANGER = 0,
	PTN_ASKER_NETWORK,  /* the user logged in from it within 30 days */
	PTN_ASKER_BROWSER,  /* and from this within 90, or has a session */
	PTN_ASKER_OPERATOR, /* a command */
	PTN_ASKER__MAX
};

struct ptn_asker {
	enum ptn_asker_kind kind;
	char key[PTN_ASKER_KEY]; /* which network or browser; "": a stranger */
	char user[PTN_UUID_STR]; /* whose browser */
	bool believed; /* by a cookie alone: it may be of an earlier epoch */
};

/* "", "network", "browser", "operator". */
const char *ptn_asker_word(enum ptn_asker_kind kind);

/*
 * Who sc->actor is to a user, who need not exist.
 *
 * epoch	theirs, as a row said that was read for another reason; then it
 *		takes one SELECT unless the browser is known.  NULL: it takes
 *		one in any case, but for a session.
 */
enum ptn_err ptn_asker_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const int64_t *epoch,
    struct ptn_asker *out) PTN_MUST_USE;

/*
 * The same without a look at the database: networks are strangers.
 *
 * A cookie of any epoch is believed.  That is for the limits of networks: there
 * it is worth no more than one that anybody gets with an account of their own.
 *
 * user		NULL: nobody is named; a browser that is known to anybody is
 *		known, by the first of its cookies that knows somebody
 */
void ptn_asker_browser(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_asker *out);

/*
 * sc->actor as a text, for an outbox item that is served later, when it is
 * found out who the user is.  NULL: the arena is full.
 */
const char *ptn_asker_note(const struct ptn_scope *sc);
enum ptn_err ptn_asker_of_note(const struct ptn_scope *sc, const char *note,
    const struct ptn_uuid *user, int64_t epoch,
    struct ptn_asker *out) PTN_MUST_USE;

/*
 * The user has logged in, and is sc->actor: their network is known from now
 * on, and so is their browser, as soon as it has the cookie that
 * sc->actor->remembered is for.  Nothing where somebody else did it for them,
 * or without limits.  Inside the caller's transaction.
 */
enum ptn_err ptn_asker_remember(const struct ptn_scope *sc,
    const struct ptn_uuid *user, int64_t epoch) PTN_MUST_USE;

/*
 * Whoever was known of the user is a stranger from now on, but for sc->actor if
 * that is the user.  Inside the caller's transaction; it takes the lock of the
 * user, and so comes first in it if nothing else did.
 */
enum ptn_err ptn_asker_forget(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
