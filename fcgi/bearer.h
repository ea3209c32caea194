#ifndef PTN_BEARER_H
#define PTN_BEARER_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/* What a session is presented for. */
enum ptn_bearer_use {
	PTN_BEARER_LOOK, /* nothing is written */
	/*
	 * It is noted that the session was used, and if there is none, those
	 * that died of idleness are deleted, cookie and rows.
	 */
	PTN_BEARER_USE,
	PTN_BEARER_SITE /* the same, asked for a request of the site's */
};

/* The first bearer token of the request, or NULL. */
const char *ptn_bearer_token(const struct ptn_request *req);

/*
 * The session that a request presents: the first good one of its bearer
 * tokens, then the one of its cookies that counts (ptn_session_find()).  A bad
 * token does not end the search.  req->session.known tells, and req->sessions
 * has all of them; a request without any costs no statement.
 *
 * But for PTN_BEARER_SITE a cookie is looked at only when it comes from a page
 * of our own (cors.h).
 */
enum ptn_err ptn_bearer_session(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_bearer_use use) PTN_MUST_USE;

/*
 * Note which sessions a request brings, for a log-in, which ends those of who
 * logs in: ptn_bearer_session() does so of those that are alive.  They are
 * tokens of ours that nobody has asked the database about; no statement.
 */
enum ptn_err ptn_bearer_brought(struct ptn_request *req) PTN_MUST_USE;

/* It is known: whoever asks is the owner of that session. */
void ptn_bearer_is(struct ptn_request *req);

#endif
