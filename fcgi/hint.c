#define _GNU_SOURCE /* strcasestr(3) */

#include "fcgi/hint.h"

#include <string.h>

#include "fcgi/family.h"
#include "fcgi/routes.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define EVERY_MS ((int64_t)10 * 60 * 1000)
#define MISSED_MAX 3 /* requests without what they need, before it is said */
#define UNAUTHENTICATED 401

enum hint { HINT_OUTSIDE, HINT_BEARER, HINT__MAX };

/* What this process has seen and said. */
static struct {
	bool said[HINT__MAX];
	int64_t said_ms[HINT__MAX];
	bool has_come;	/* Authorization, ever */
	bool announced; /* by a preflight: a page wants to send it */
	unsigned missed;
} seen;

static bool
may_say(enum hint h)
{
	const int64_t now = ptn_clock_mono_ms();

	if (seen.said[h] && now - seen.said_ms[h] < EVERY_MS)
		return false;
	seen.said[h] = true;
	seen.said_ms[h] = now;
	return true;
}

void
ptn_hint_outside(const struct ptn_request *req)
{
	if (may_say(HINT_OUTSIDE))
		ptn_warn("\"%.100s\" is not below server.public.base_path "
			 "(%s): the web server must pass paths on whole, and "
			 "only those below it",
		    req->uri, req->sc.cf->base_path);
}

/* CORS protocol, Fetch standard section 3.2.2. */
static bool
announces(const struct ptn_request *req)
{
	const char *names =
	    ptn_request_param(req, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");

	return req->method == PTN_OPTIONS && names != NULL &&
	    strcasestr(names, "authorization") != NULL;
}

/*
 * Was it meant to come with this?  The Dfns API has nothing else to log in
 * with; a page of another site that asked whether it may send it, will.
 */
static bool
is_missed(const struct ptn_request *req, const struct ptn_reply *rep)
{
	if (rep->status != UNAUTHENTICATED || req->route == NULL ||
	    req->route->auth == &ptn_auth_anybody)
		return false;
	return req->family->api == PTN_API_DFNS ||
	    (seen.announced && req->origin != NULL);
}

void
ptn_hint_bearer(const struct ptn_request *req, const struct ptn_reply *rep)
{
	if (seen.has_come)
		return;
	seen.has_come = ptn_request_param(req, "HTTP_AUTHORIZATION") != NULL;
	seen.announced = seen.announced || announces(req);
	if (seen.has_come || !is_missed(req, rep) ||
	    ++seen.missed < MISSED_MAX || !may_say(HINT_BEARER))
		return;
	ptn_warn("requests that need Authorization come without it, and none "
		 "ever had it: does the web server pass it on?  In Apache "
		 "write CGIPassAuth On; \"postern doctor\" tells");
}
