#ifndef PTN_ACCOUNT_SESSION_H
#define PTN_ACCOUNT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/token.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"

/* A session that was presented and found good, or not (known false). */
struct ptn_session {
	bool known;
	struct ptn_claims claims;
	int64_t last_used_us; /* of the row */
	int64_t now_us;	      /* the database's clock */
};

/*
 * Verify a token and its session row: one SELECT and nothing else.
 * s->known: the token is good and the session alive.
 */
enum ptn_err ptn_session_check(const struct ptn_scope *sc,
    struct ptn_bytes token, struct ptn_session *s) PTN_MUST_USE;

/*
 * The sessions that a request presents, by bearer tokens and by cookies, of
 * which a browser may have several of one name (RFC 6265 section 5.4).
 */
struct ptn_session_set {
	/*
	 * The one that counts, if known: of bearer tokens the first that is
	 * alive; else of cookies the newest.  Of the cookies of two users none
	 * does: who of them asks?  Nor does one where some were not judged.
	 */
	struct ptn_session session;
	size_t alive_n; /* all that are alive, whether they count or not */
	struct ptn_session alive[PTN_TOKENS_GOOD];
	size_t idle_n; /* those that have died of idleness; their rows exist */
	struct ptn_session idle[PTN_TOKENS_GOOD];
};

/*
 * Find them: at most one SELECT, whatever is presented (ptn_tokens_verify()).
 *
 * token	first the bearer tokens, then the cookies; n of them,
 *		at most PTN_TOKENS_MAX.
 * bearers	how many of them are bearer tokens.
 */
enum ptn_err ptn_session_find(const struct ptn_scope *sc,
    const struct ptn_bytes *token, size_t n, size_t bearers,
    struct ptn_session_set *out) PTN_MUST_USE;

/*
 * The same for somebody who uses the one that counts: that is noted.  If there
 * is none alive, the rows of those that have died of idleness are deleted.
 */
enum ptn_err ptn_session_find_used(const struct ptn_scope *sc,
    const struct ptn_bytes *token, size_t n, size_t bearers,
    struct ptn_session_set *out) PTN_MUST_USE;

/*
 * Note that the session was used: an UPDATE, but at most every min(60 s,
 * idle_timeout / 4).
 */
enum ptn_err ptn_session_touch(const struct ptn_scope *sc,
    const struct ptn_session *s) PTN_MUST_USE;

/*
 * When idleness will end a session that is not used again: microseconds since
 * the epoch, never later than its token ends; 0: it will not.
 */
int64_t ptn_session_idle_at(const struct ptn_conf *cf,
    const struct ptn_session *s);

/*
 * Take the lock of ptn_user_lock() for a user who asked by a session: inside a
 * transaction, whose rule shall not hold for whoever was logged out meanwhile.
 * PTN_E_NOT_FOUND if the session has ended, or is none of theirs.
 */
enum ptn_err ptn_session_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

/* A session that begins. */
struct ptn_session_new {
	enum ptn_api api;
	struct ptn_uuid user_id;
	struct ptn_email_claim email;
	const struct ptn_user_state *user; /* as locked; NULL: not known */
};

/*
 * Open a session: delete what is beyond the limit of its API (session.limit,
 * dfns.session_limit), store the row, with what is known of the client
 * (sc->actor) as far as session.acquire_ip_address and
 * session.acquire_user_agent let it.  Inside the caller's transaction.  claims
 * says what the token will.
 */
enum ptn_err ptn_session_open(const struct ptn_scope *sc,
    const struct ptn_session_new *new, struct ptn_claims *claims) PTN_MUST_USE;

/* A session of a user, as its owner sees it. */
struct ptn_session_row {
	struct ptn_uuid id;
	const char *user_agent; /* or NULL */
	const char *ip_address; /* or NULL */
	int64_t created_at_us;
	int64_t last_used_us;
	int64_t expires_at_us;
};

/* Those that are alive, newest first, in the arena. */
enum ptn_err ptn_sessions_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_session_row **out,
    size_t *n) PTN_MUST_USE;

/*
 * End one session of the user; PTN_E_NOT_FOUND if it is none of theirs.  In a
 * transaction, where webhooks are on.
 *
 * how		what webhooks are told, of the kind SIGNAL (event.h)
 */
enum ptn_err ptn_session_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_event how) PTN_MUST_USE;

/*
 * End all sessions of the user, of both APIs and where operators are; whoever
 * was known of them is a stranger from now on (ptn_asker_forget()).  Inside a
 * transaction.
 * PTN_E_NOT_FOUND: there were none.
 */
enum ptn_err ptn_session_end_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_event how) PTN_MUST_USE;

/* The same but for one session; PTN_E_NOT_FOUND: there were no others. */
enum ptn_err ptn_session_end_others(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *but,
    enum ptn_event how) PTN_MUST_USE;

#endif
