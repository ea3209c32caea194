#include "fcgi/bearer.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "fcgi/cookie.h"
#include "fcgi/cors.h"
#include "lib/conf/conf.h"

#define BEARER_MAX 20 /* Authorization headers that are looked at */

/* The token behind "Bearer", any case, trimmed; or NULL. */
static const char *
bearer(struct ptn_arena *a, const char *value)
{
	size_t len;

	if (strncasecmp(value, "Bearer", 6) != 0)
		return NULL;
	value += 6;
	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return len > 0 ? ptn_arena_strndup(a, value, len) : NULL;
}

const char *
ptn_bearer_token(const struct ptn_request *req)
{
	const char *value = ptn_request_param(req, "HTTP_AUTHORIZATION");

	return value != NULL ? bearer(req->sc.arena, value) : NULL;
}

static enum ptn_err
try_token(struct ptn_request *req, struct ptn_reply *rep, const char *token,
    enum ptn_bearer_use use)
{
	bool idle;
	enum ptn_err r;

	if (use == PTN_BEARER_LOOK)
		return ptn_session_check(&req->sc, ptn_bytes_of(token),
		    &req->session, &idle);
	r = ptn_session_use(&req->sc, ptn_bytes_of(token), &req->session,
	    &idle);
	if (idle)
		ptn_cookie_clear_session(req, rep);
	return r;
}

enum ptn_err
ptn_bearer_session(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_bearer_use use)
{
	const char *token;
	enum ptn_err r;
	size_t i, tried = 0;

	for (i = 0; i < req->nparams && tried < BEARER_MAX; i++) {
		if (strcmp(req->params[i].name, "HTTP_AUTHORIZATION") != 0)
			continue;
		tried++;
		if ((token = bearer(req->sc.arena, req->params[i].value)) ==
		    NULL)
			continue;
		r = try_token(req, rep, token, use);
		if (r != PTN_OK || req->session.known)
			return r;
	}
	token = ptn_cookie_get(req, req->sc.cf->cookie_name);
	if (token == NULL || *token == '\0')
		return PTN_OK;
	if (use != PTN_BEARER_SITE && !ptn_cors_own_page(req))
		return PTN_OK;
	return try_token(req, rep, token, use);
}
