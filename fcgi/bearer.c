#include "fcgi/bearer.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "fcgi/cookie.h"
#include "fcgi/cors.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

/* Of bearer tokens, and of cookies, that are looked at. */
#define TRIED_MAX 20

/* The token behind "Bearer", any case, and blanks; or NULL (RFC 6750, 2.1). */
static const char *
bearer(struct ptn_arena *a, const char *value)
{
	size_t len;

	if (strncasecmp(value, "Bearer", 6) != 0)
		return NULL;
	value += 6;
	if (*value != ' ' && *value != '\t')
		return NULL;
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

/* What a request presents. */
struct presented {
	struct ptn_bytes token[2 * TRIED_MAX];
	size_t n;
	size_t bearers; /* they stand first */
};
_Static_assert(2 * TRIED_MAX <= PTN_TOKENS_MAX, "all of them can be judged");

static void
add(struct presented *p, const char *token)
{
	if (token != NULL && *token != '\0')
		p->token[p->n++] = ptn_bytes_of(token);
}

static void
add_bearers(const struct ptn_request *req, struct presented *p)
{
	size_t i, tried = 0;

	for (i = 0; i < req->nparams && tried < TRIED_MAX; i++) {
		if (strcmp(req->params[i].name, "HTTP_AUTHORIZATION") != 0)
			continue;
		tried++;
		add(p, bearer(req->sc.arena, req->params[i].value));
	}
	p->bearers = p->n;
}

static void
add_cookies(const struct ptn_request *req, struct presented *p)
{
	const char *value[TRIED_MAX + 1];
	size_t i, n;

	n = ptn_cookie_values(req, req->sc.cf->cookie_name, value,
	    TRIED_MAX + 1);
	if (n > TRIED_MAX) {
		ptn_warn_seldom(
		    "more than %d cookies of the session's name in one "
		    "request: none counts",
		    TRIED_MAX);
		return;
	}
	for (i = 0; i < n; i++)
		add(p, value[i]);
}

_Static_assert(PTN_TOKENS_GOOD <= PTN_ACTOR_BROUGHT_MAX,
    "there is room for each that may be good");

static void
note_brought(struct ptn_request *req, const struct ptn_claims *c)
{
	req->actor.brought[req->actor.brought_n++] =
	    (struct ptn_actor_session){ c->sub, c->session_id };
}

/* All that a request presents, with the cookies of a page that may. */
static void
add_all(const struct ptn_request *req, bool site, struct presented *p)
{
	add_bearers(req, p);
	if (site || ptn_cors_own_page(req))
		add_cookies(req, p);
}

enum ptn_err
ptn_bearer_brought(struct ptn_request *req)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	struct presented p = { .n = 0 };
	size_t i, n = 0, unjudged;
	enum ptn_err r;

	add_all(req, false, &p);
	if (p.n == 0)
		return PTN_OK;
	r = ptn_tokens_verify(&req->sc, p.token, p.n, good, &n, &unjudged);
	for (i = 0; r == PTN_OK && i < n; i++)
		note_brought(req, &good[i].claims);
	return r;
}

enum ptn_err
ptn_bearer_session(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_bearer_use use)
{
	struct ptn_session_set *set = &req->sessions;
	struct presented p = { .n = 0 };
	enum ptn_err r;
	size_t i;

	add_all(req, use == PTN_BEARER_SITE, &p);
	if (p.n == 0)
		return PTN_OK;
	r = use == PTN_BEARER_LOOK
	    ? ptn_session_find(&req->sc, p.token, p.n, p.bearers, set)
	    : ptn_session_find_used(&req->sc, p.token, p.n, p.bearers, set);
	req->session = set->session;
	for (i = 0; i < set->alive_n; i++)
		note_brought(req, &set->alive[i].claims);
	if (use != PTN_BEARER_LOOK && set->alive_n == 0 && set->idle_n > 0)
		ptn_cookie_clear_session(req, rep);
	return r;
}

void
ptn_bearer_is(struct ptn_request *req)
{
	const struct ptn_claims *c = &req->session.claims;

	req->actor.session_of = &c->sub;
	ptn_actor_is(&req->sc, &c->sub, c->email.address);
}
