#ifndef PTN_COOKIE_H
#define PTN_COOKIE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The values of the cookies of that name, in the arena.  There may be several:
 * of other paths, the longest first, and of parent domains (RFC 6265 section
 * 5.4); which one is meant is for the caller to find out.
 *
 * Web servers pass several Cookie headers as one, joined by "; ", or as
 * parameters of their own.  Apache joins them by ", ": behind a server that
 * says it is Apache, that separates cookies where a name and "=" follow.
 *
 * Returns how many there are, at most max.
 */
size_t ptn_cookie_values(const struct ptn_request *req, const char *name,
    const char *out[], size_t max);

/*
 * Set the session cookie, with the attributes of session.cookie.*.
 *
 * persistent	it lives as long as its token; else until the browser is closed
 */
void ptn_cookie_set_session(const struct ptn_request *req,
    struct ptn_reply *rep, const char *token, bool persistent);

/* Delete it: same name, path, domain and flags, empty, Max-Age=0. */
void ptn_cookie_clear_session(const struct ptn_request *req,
    struct ptn_reply *rep);

/*
 * Set the cookie of a browser that is known: as the session's, but always
 * HttpOnly, and for longer.
 */
void ptn_cookie_set_device(const struct ptn_request *req, struct ptn_reply *rep,
    const char *name, const char *value);

/*
 * Set the cookie by which a browser is trusted (mfa.device_trust_cookie_name):
 * for pages of any site, by HTTPS alone, and no script reads it.
 */
void ptn_cookie_set_trust(const struct ptn_request *req, struct ptn_reply *rep,
    const char *value);

/*
 * The cookie of an operator who is logged in, of a name of its own, whatever
 * session.cookie.* says: for this host alone where the page that asks is on
 * https.  An empty value with 0 deletes it.  The name that any host of a domain
 * could set is looked at only where a page on http may log in
 * (server.admin.origins).  There may be several, as of others.
 */
#define PTN_COOKIE_OPERATOR "postern_operator"
#define PTN_COOKIE_OPERATOR_HOST "__Host-postern_operator"
void ptn_cookie_set_operator(const struct ptn_request *req,
    struct ptn_reply *rep, const char *value, int64_t max_age_s);
size_t ptn_cookie_operator(const struct ptn_request *req, const char *out[],
    size_t max);

/*
 * The cookie that tells old clients' passcode requests which address was
 * meant at sign-up.
 */
#define PTN_COOKIE_EMAIL_ID "hanko_email_id"
void ptn_cookie_set_email_id(const struct ptn_request *req,
    struct ptn_reply *rep, const char *email_id);

#endif
