#ifndef PTN_COOKIE_H
#define PTN_COOKIE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The value of a cookie of the request (RFC 6265), in the arena; NULL if it
 * is absent, or there twice: then nobody can say which one is meant.  Web
 * servers pass several Cookie headers as one, joined by "; " or by ", ", or
 * as parameters of their own: all are looked at.
 */
const char *ptn_cookie_get(const struct ptn_request *req, const char *name);

/* Set the session cookie, with the attributes of session.cookie.*. */
void ptn_cookie_set_session(const struct ptn_request *req,
    struct ptn_reply *rep, const char *token);

/* Delete it: same name, path, domain and flags, empty, Max-Age=0. */
void ptn_cookie_clear_session(const struct ptn_request *req,
    struct ptn_reply *rep);

/*
 * The cookie that tells old clients' passcode requests which address was
 * meant at sign-up.
 */
#define PTN_COOKIE_EMAIL_ID "hanko_email_id"
void ptn_cookie_set_email_id(const struct ptn_request *req,
    struct ptn_reply *rep, const char *email_id);

#endif
