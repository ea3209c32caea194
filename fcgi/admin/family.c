#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/bearer.h"
#include "fcgi/cookie.h"
#include "fcgi/family.h"
#include "lib/account/adminkey.h"
#include "lib/account/limit.h"
#include "lib/account/operator.h"
#include "lib/base/bytes.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/format/address.h"
#include "lib/format/url.h"

/* Of sessions that one request may show. */
#define COOKIES_MAX 4

const struct ptn_auth ptn_admin_auth_reader = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_changer = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_host = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_host_changer = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_entrant = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_scraper = { &ptn_admin_family };

enum ptn_err
ptn_admin_deny(struct ptn_request *req, struct ptn_reply *rep, const char *why)
{
	const struct ptn_limit_on nobody = { .account = NULL };
	enum ptn_err r = ptn_limit_take(&req->sc, PTN_LIMIT_ADMIN, &nobody);

	if (r != PTN_OK)
		return r;
	if (why != NULL)
		ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED, why);
	ptn_reply_header(rep, "WWW-Authenticate", "Bearer");
	return PTN_E_DENIED;
}

static enum ptn_err
find_key(struct ptn_request *req, struct ptn_reply *rep, const char *token,
    struct ptn_admin_caller *who)
{
	struct ptn_adminkey key;
	enum ptn_err r = ptn_adminkey_find(&req->sc, token, &key);

	if (r == PTN_E_NOT_FOUND)
		return ptn_admin_deny(req, rep, "unknown key");
	if (r == PTN_OK && key.expired)
		return ptn_admin_deny(req, rep, "expired key");
	if (r == PTN_OK)
		*who = (struct ptn_admin_caller){ .name = key.name,
			.tenant_id = key.tenant_id,
			.read_only = key.read_only,
			.expires_at_us = key.expires_at_us };
	return r;
}

static bool
is_safe(enum ptn_method m)
{
	return m == PTN_GET || m == PTN_HEAD;
}

/*
 * A browser sends a cookie with whatever any page of this host, on any port of
 * it, has it ask.  So it counts for our own page alone: what changes something
 * says of which origin it is, and what says where it comes from, does from
 * here.
 */
static bool
of_own_page(const struct ptn_request *req)
{
	const char *site = ptn_request_param(req, "HTTP_SEC_FETCH_SITE");

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	if (req->origin == NULL)
		return is_safe(req->method);
	return ptn_request_param_count(req, "HTTP_ORIGIN") == 1 &&
	    ptn_url_origin_is_of(req->sc.cf->rp_id, &req->sc.cf->admin_origins,
		req->origin);
}

void
ptn_admin_caller_is(struct ptn_admin_caller *who,
    const struct ptn_operator_session *s)
{
	who->session = *s;
	who->name = s->name;
	who->read_only = s->read_only;
	who->expires_at_us = s->expires_at_us;
	if (!s->everywhere)
		who->tenant_id = s->tenant_id;
}

static enum ptn_err
find_session(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_admin_caller *who)
{
	const char *cookie[COOKIES_MAX];
	struct ptn_operator_session s;
	size_t i, n = 0;
	enum ptn_err r = PTN_E_NOT_FOUND;

	if (ptn_feature_operators(req->sc.cf))
		n = ptn_cookie_operator(req, cookie, COOKIES_MAX);
	if (n == 0)
		return ptn_admin_deny(req, rep, "no key");
	if (!of_own_page(req))
		return ptn_admin_deny(req, rep, "a page of another origin");
	for (i = 0; i < n && r == PTN_E_NOT_FOUND; i++)
		r = ptn_operator_session_find(&req->sc, cookie[i], &s);
	if (r == PTN_OK)
		ptn_admin_caller_is(who, &s);
	return r == PTN_E_NOT_FOUND ? ptn_admin_deny(req, rep, "no session")
				    : r;
}

/* A key is meant, where one is shown: it is nothing that a browser adds. */
static enum ptn_err
find_caller(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_admin_caller *who)
{
	const char *token = ptn_bearer_token(req);

	return token != NULL ? find_key(req, rep, token, who)
			     : find_session(req, rep, who);
}

/* The name of an operator, as far as the record may have it. */
static const char *
name_of(struct ptn_request *req, const struct ptn_admin_caller *who)
{
	char id[PTN_UUID_STR];

	if (who->name == NULL) {
		ptn_uuid_format(&who->session.user_id, id);
		return ptn_arena_strdup(req->sc.arena, id);
	}
	return req->sc.cf->audit_mask && strchr(who->name, '@') != NULL
	    ? ptn_address_mask(req->sc.arena, who->name)
	    : who->name;
}

/* From here on it is on record who it was. */
static enum ptn_err
introduce(struct ptn_request *req, const struct ptn_admin_caller *who)
{
	const bool is_key = ptn_uuid_is_nil(&who->session.id);
	const char *name = is_key ? who->name : name_of(req, who);

	if (name == NULL)
		return PTN_E_NOMEM;
	req->actor.user_id = who->session.user_id;
	req->actor.operator_name = ptn_arena_printf(req->sc.arena, "%s:%s",
	    is_key ? "key" : "operator", name);
	return req->actor.operator_name != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
enter(struct ptn_request *req, struct ptn_reply *rep, const struct ptn_uuid *id)
{
	enum ptn_err r;

	if (ptn_uuid_is_nil(id))
		return PTN_OK; /* the default one, as it is already */
	r = ptn_tenants_by_id(req->env->tenants, &req->sc, id, &req->tenant);
	if (r == PTN_E_NOT_FOUND)
		return ptn_reply_say(rep, r, "tenant not found");
	if (r != PTN_OK)
		return r;
	req->sc.tenant_id = req->tenant.id;
	req->sc.tenant_named = req->tenant.named;
	req->sc.cf = req->tenant.cf;
	return PTN_OK;
}

/*
 * The tenant of this request.  To who is for one, another is as unknown as one
 * that does not exist.
 */
static enum ptn_err
enter_tenant(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_admin_caller *who)
{
	const struct ptn_uuid *id = &who->tenant_id;

	req->bound = !ptn_uuid_is_nil(id);
	if (req->bound && !ptn_uuid_is_nil(&req->org) &&
	    !ptn_uuid_equal(&req->org, id)) {
		ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED,
		    "key of another tenant");
		return ptn_reply_say(rep, PTN_E_NOT_FOUND, "tenant not found");
	}
	return enter(req, rep, req->bound ? id : &req->org);
}

/* Who logs in is one of the tenant that the path names. */
static enum ptn_err
admit_entrant(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if (!of_own_page(req))
		return ptn_admin_deny(req, rep, "a page of another origin");
	r = enter(req, rep, &req->org);
	return r == PTN_E_NOT_FOUND ? ptn_admin_deny(req, rep, "no such tenant")
				    : r;
}

static bool
changes(const struct ptn_auth *auth)
{
	return auth == &ptn_admin_auth_changer ||
	    auth == &ptn_admin_auth_host_changer;
}

static bool
is_for_host(const struct ptn_auth *auth)
{
	return auth == &ptn_admin_auth_host ||
	    auth == &ptn_admin_auth_host_changer ||
	    auth == &ptn_admin_auth_scraper;
}

enum ptn_err
ptn_admin_user_reached(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *id)
{
	bool is = false;
	enum ptn_err r = PTN_OK;

	if (req->bound)
		r = ptn_operator_is(&req->sc, id, &is);
	if (r != PTN_OK || !is)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED, "an operator");
	return ptn_admin_user_unknown(rep, PTN_E_NOT_FOUND);
}

/*
 * The user of the path is asked for here, so that no row forgets it: whoever
 * is for one tenant could become an operator of all by way of one.
 */
static enum ptn_err
reach(struct ptn_request *req, struct ptn_reply *rep)
{
	static const char users[] = "/users/{id}";
	struct ptn_uuid id;

	return req->route != NULL &&
		strncmp(req->route->path, users, sizeof(users) - 1) == 0 &&
		ptn_uuid_parse_any(req->arg, &id)
	    ? ptn_admin_user_reached(req, rep, &id)
	    : PTN_OK;
}

/* On record, and in words, why a good one is not good for this. */
static enum ptn_err
refuse(struct ptn_request *req, struct ptn_reply *rep, const char *note,
    const char *of_key, const char *of_operator)
{
	const bool is_key = ptn_uuid_is_nil(&req->caller->session.id);

	ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED, note);
	return ptn_reply_say(rep, PTN_E_FORBIDDEN,
	    is_key ? of_key : of_operator);
}

static enum ptn_err
may(struct ptn_request *req, struct ptn_reply *rep, const struct ptn_auth *auth)
{
	if (changes(auth) && req->caller->read_only)
		return refuse(req, rep, "read-only key",
		    "this key is read-only", "this operator is read-only");
	if (is_for_host(auth) && req->bound)
		return refuse(req, rep, "key of one organisation",
		    "this key is of one organisation",
		    "this operator is of one organisation");
	return reach(req, rep);
}

static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	struct ptn_admin_caller *who;
	enum ptn_err r;

	if (auth == &ptn_auth_anybody)
		return PTN_OK;
	rep->no_store = true;
	if (auth == &ptn_admin_auth_entrant)
		return admit_entrant(req, rep);
	if ((who = ptn_arena_calloc(req->sc.arena, 1, sizeof(*who))) == NULL)
		return PTN_E_NOMEM;
	req->caller = who;
	if ((r = find_caller(req, rep, who)) != PTN_OK ||
	    (r = introduce(req, who)) != PTN_OK ||
	    (r = enter_tenant(req, rep, who)) != PTN_OK)
		return r;
	return may(req, rep, auth);
}

/*
 * metrics.key, which is good for /metrics alone: whoever watches has to be
 * told that the database is away, too.
 */
static bool
trusted(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	const char *key = req->sc.cf->metrics_key, *token;

	if (auth != &ptn_admin_auth_scraper || key[0] == '\0')
		return false;
	token = ptn_bearer_token(req);
	if (token == NULL ||
	    !ptn_bytes_equal(ptn_bytes_of(token), ptn_bytes_of(key)))
		return false;
	rep->no_store = true;
	return true;
}

const struct ptn_family ptn_admin_family = {
	.side = PTN_ADMIN,
	.prefix = "",
	.api = PTN_API_HANKO,
	.on = ptn_feature_always,
	.rate = { [PTN_RATE_NONE] = true, [PTN_RATE_CHALLENGE] = true },
	.body_max = (size_t)64 * 1024,
	.depth = 16,
	.type = "application/json",
	.problem = "",
	.last_resort = "{\"code\":500,\"message\":\"Internal Server Error\"}\n",
	.write_error = ptn_family_write_error,
	.authenticate = authenticate,
	.trusted = trusted,
	.door = &ptn_admin_auth_reader,
};
