#ifndef PTN_ACCOUNT_SESSION_H
#define PTN_ACCOUNT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/token.h"
#include "lib/base/api.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* A session that was presented and found good, or not (known false). */
struct ptn_session {
	bool known;
	struct ptn_claims claims;
	int64_t last_used_us; /* of the row */
	int64_t now_us;	      /* the database's clock */
};

/*
 * Verify a token and its session row: one SELECT and nothing else.
 *
 * s->known	true if the token is good and the session alive.
 * idle		true if the session has died of session.idle_timeout; its row
 *		is still there, and s->claims says whose.
 */
enum ptn_err ptn_session_check(const struct ptn_scope *sc,
    struct ptn_bytes token, struct ptn_session *s, bool *idle) PTN_MUST_USE;

/*
 * Note that the session was used: an UPDATE, but at most every min(60 s,
 * idle_timeout / 4).
 */
enum ptn_err ptn_session_touch(const struct ptn_scope *sc,
    const struct ptn_session *s) PTN_MUST_USE;

/*
 * Verify it as above for somebody who uses it: that it was used is noted, and
 * the row of one that has died of idleness is deleted.
 */
enum ptn_err ptn_session_use(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s, bool *idle) PTN_MUST_USE;

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

/* End one session of the user; PTN_E_NOT_FOUND if it is none of theirs. */
enum ptn_err ptn_session_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id) PTN_MUST_USE;

/* End all sessions of the user, of both APIs. */
enum ptn_err ptn_session_end_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* End all sessions of the user but one. */
enum ptn_err ptn_session_end_others(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *but) PTN_MUST_USE;

#endif
