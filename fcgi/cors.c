#include "fcgi/cors.h"

#include <string.h>
#include <strings.h>

#include "fcgi/family.h"
#include "lib/conf/conf.h"
#include "lib/format/url.h"

#define MAX_AGE_S 7200

/*
 * pattern: * is any run of characters, ? any one; anchored at both ends.
 * Iterative: the last * is where a mismatch resumes, so it stays linear.
 */
static bool
matches(const char *pattern, const char *origin)
{
	const char *star = NULL, *resume = NULL;

	while (*origin != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = origin;
		} else if (*pattern == '?' || *pattern == *origin) {
			pattern++;
			origin++;
		} else if (star != NULL) {
			pattern = star + 1;
			origin = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/*
 * It is sent back: a pattern must not let a control through.  Whose pages may
 * call a tenant that cannot be told is not known.
 */
static bool
allowed(const struct ptn_request *req)
{
	const struct ptn_conf *cf = req->sc.cf;
	const char *origin = req->origin;
	size_t i;

	if (!ptn_reply_header_safe(origin) || req->tenant_err != PTN_OK)
		return false;
	if (req->tenant.own_origins)
		return ptn_url_origin_is_of(cf->rp_id, &cf->rp_origins, origin);
	for (i = 0; i < cf->cors_origins.n; i++)
		if (matches(cf->cors_origins.v[i], origin))
			return true;
	return false;
}

bool
ptn_cors_own_page(const struct ptn_request *req)
{
	const char *authority;

	if (req->origin == NULL || allowed(req) ||
	    ptn_url_origin_is_of(req->sc.cf->rp_id, &req->sc.cf->rp_origins,
		req->origin))
		return true;
	authority = strstr(req->origin, "://");
	return req->host != NULL && authority != NULL &&
	    strcasecmp(authority + 3, req->host) == 0;
}

static void
answer_preflight(const struct ptn_request *req, struct ptn_reply *rep)
{
	const char *headers =
	    ptn_request_param(req, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");

	ptn_reply_header(rep, "Vary", "Access-Control-Request-Method");
	ptn_reply_header(rep, "Vary", "Access-Control-Request-Headers");
	ptn_reply_header(rep, "Access-Control-Allow-Methods",
	    "GET,HEAD,PUT,PATCH,POST,DELETE");
	if (headers != NULL && ptn_reply_header_safe(headers))
		ptn_reply_header(rep, "Access-Control-Allow-Headers", headers);
	ptn_reply_header_int(rep, "Access-Control-Max-Age", MAX_AGE_S);
}

/*
 * A family without cookies: whoever has a bearer token may use it, from any
 * page (Fetch standard, section 3.2.5).
 */
static bool
open_to_all(const struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_family *f = req->family;

	ptn_reply_header(rep, "Vary", "Origin");
	ptn_reply_header(rep, "Access-Control-Allow-Origin", "*");
	if (req->method != PTN_OPTIONS) {
		ptn_reply_header(rep, "Access-Control-Expose-Headers",
		    "Retry-After");
		return false;
	}
	ptn_reply_header(rep, "Access-Control-Allow-Methods", f->allow_methods);
	ptn_reply_header(rep, "Access-Control-Allow-Headers", f->allow_headers);
	ptn_reply_header_int(rep, "Access-Control-Max-Age", MAX_AGE_S);
	ptn_reply_raw(rep, f->type, ptn_bytes_of(f->preflight_body));
	return true;
}

bool
ptn_cors(const struct ptn_request *req, struct ptn_reply *rep)
{
	const bool options = req->method == PTN_OPTIONS;
	const bool match = req->origin != NULL && allowed(req);

	if (req->side == PTN_ADMIN)
		return false; /* no page of another origin may call */
	if (req->family != NULL && req->family->allow_headers != NULL)
		return open_to_all(req, rep);
	if (options)
		rep->done = PTN_DONE_EMPTY;
	ptn_reply_header(rep, "Vary", "Origin");
	if (!match)
		return options;
	ptn_reply_header(rep, "Access-Control-Allow-Origin", req->origin);
	ptn_reply_header(rep, "Access-Control-Allow-Credentials", "true");
	if (options)
		answer_preflight(req, rep);
	else
		ptn_reply_header(rep, "Access-Control-Expose-Headers",
		    req->sc.cf->auth_token_header
			? "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,"
			  "X-RateLimit-Reset,X-Session-Lifetime,"
			  "X-Session-Retention,X-Auth-Token"
			: "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,"
			  "X-RateLimit-Reset,X-Session-Lifetime,"
			  "X-Session-Retention");
	return options;
}
