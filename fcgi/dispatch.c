#include "fcgi/dispatch.h"

#include <string.h>

#include "fcgi/access.h"
#include "fcgi/authorizer.h"
#include "fcgi/client.h"
#include "fcgi/cors.h"
#include "fcgi/family.h"
#include "fcgi/hint.h"
#include "fcgi/input.h"
#include "fcgi/path.h"
#include "fcgi/routes.h"
#include "fcgi/tally.h"
#include "fcgi/throttle.h"
#include "lib/account/keysets.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/pwhash.h"
#include "lib/format/json.h"
#include "lib/format/trace.h"

/*
 * The host and the path that were asked for.  A target that names a host is
 * right about it, whatever the header says (RFC 9112 section 3.2.2).  Two
 * headers are none: who is to say which one the web server meant?
 */
static enum ptn_err
read_target(struct ptn_request *req)
{
	enum ptn_err r;

	r = ptn_path_target(req->sc.arena, req->uri, &req->host, &req->uri);
	if (req->host == NULL && ptn_request_param_count(req, "HTTP_HOST") == 1)
		req->host = ptn_request_param(req, "HTTP_HOST");
	return r;
}

/*
 * The socket of operators is mounted at the root of a place of its own, and
 * neither hosts nor the paths of the public side name a tenant there.
 */
static enum ptn_err
locate_for_operator(struct ptn_request *req)
{
	enum ptn_err r = ptn_path(req->sc.arena, req->uri, &req->path);

	if (r == PTN_OK)
		req->org = ptn_path_org(&req->path);
	return r;
}

/*
 * Which mount the request came to, and what is left of its path.  The path of
 * a page of the site says something only where paths name tenants.
 */
static enum ptn_err
locate(struct ptn_request *req)
{
	struct ptn_tenants *ts = req->env->tenants;
	const struct ptn_mount *by_path;
	const char *path = "/";
	enum ptn_err r;

	if ((r = read_target(req)) != PTN_OK)
		return r;
	if (req->side == PTN_ADMIN)
		return locate_for_operator(req);
	req->mount = ptn_tenants_by_host(ts, req->host);
	if (!req->authorizer)
		r = ptn_path(req->sc.arena, req->uri, &path);
	else if (req->sc.cf->tenant_paths.n > 0)
		r = ptn_path_of_site(req->sc.arena, req->uri, &path);
	if (r != PTN_OK)
		return r;
	if ((by_path = ptn_tenants_by_path(ts, &path)) != NULL)
		req->mount = by_path;
	req->path = path;
	if (req->authorizer)
		return PTN_OK;
	r = ptn_path_below(req->sc.cf->base_path, &req->path);
	if (r == PTN_OK && by_path == NULL &&
	    (by_path = ptn_tenants_by_id_of(ts, &req->path)) != NULL)
		req->mount = by_path;
	req->below = by_path;
	return r;
}

/* What can be read of a malformed path, behind what it is mounted under. */
static const char *
start_of_path(const struct ptn_request *req)
{
	const size_t len = strlen(req->sc.cf->base_path);
	const char *p = req->uri;

	(void)ptn_tenants_by_path(req->env->tenants, &p);
	return strncmp(p, req->sc.cf->base_path, len) == 0 ? p + len : p;
}

static const struct ptn_family *
family_of(const struct ptn_request *req)
{
	if (req->authorizer)
		return ptn_routes_site();
	return ptn_routes_family(req->sc.cf, req->side,
	    req->path_err == PTN_OK ? req->path : start_of_path(req));
}

/*
 * Which language mails are in.  A page may be in another one than the browser,
 * and says so where its API has a word for it; what says nothing that we know
 * is English then, as it is of Accept-Language.
 */
static const char *
language_of(const struct ptn_request *req)
{
	const char *own = req->family->language != NULL
	    ? ptn_request_param(req, req->family->language)
	    : NULL;

	return own != NULL ? own
			   : ptn_request_param(req, "HTTP_ACCEPT_LANGUAGE");
}

/* Whom a request is a part of, by a proxy or a client that says so. */
static void
join_trace(const struct ptn_request *req)
{
	static const char name[] = "HTTP_TRACEPARENT";
	const char *text = ptn_request_param(req, name);
	struct ptn_trace trace;

	if (text != NULL && ptn_request_param_count(req, name) == 1 &&
	    ptn_trace_parse(text, &trace))
		ptn_log_trace(trace.id, trace.parent);
}

/* What the client told about itself; needs no decision. */
static enum ptn_err
introduce(struct ptn_request *req)
{
	req->path_err = locate(req);
	if (req->path_err == PTN_E_NOT_FOUND)
		ptn_hint_outside(req);
	req->family = family_of(req);
	if (!req->family->placed)
		req->mount = NULL;
	req->origin = ptn_request_param(req, "HTTP_ORIGIN");
	req->ip = ptn_client_ip(req);
	req->request_id = ptn_client_request_id(req);
	req->sc.actor = &req->actor;
	req->actor.api = req->family->api;
	req->actor.ip = req->ip;
	req->actor.network = ptn_client_network(req);
	req->actor.network_wide = ptn_client_network_wide(req);
	req->actor.request_id = req->request_id;
	req->actor.user_agent = ptn_request_param(req, "HTTP_USER_AGENT");
	req->actor.accept_language = language_of(req);
	if (req->request_id == NULL) {
		req->request_id = "none";
		return PTN_E_NOMEM;
	}
	ptn_log_request(req->request_id);
	join_trace(req);
	return PTN_OK;
}

static enum ptn_err
match(struct ptn_request *req)
{
	struct ptn_route_match m;
	enum ptn_err r;

	if (req->path_err != PTN_OK)
		return req->path_err;
	r = ptn_routes_match(req->sc.cf, req->sc.arena, req->side, req->method,
	    req->path, &m);
	req->allow = m.allow;
	req->route = m.route;
	req->arg = m.arg;
	req->arg2 = m.arg2;
	return r;
}

/*
 * From here on the request is one of this tenant.  What a token or the input
 * of a family says of its tenant does not change the configuration.
 */
static void
enter_tenant(struct ptn_request *req)
{
	req->sc.tenant_id = req->tenant.id;
	req->sc.tenant_named = req->tenant.named;
	if (req->family->placed)
		req->sc.cf = req->tenant.cf;
}

/*
 * Tenant and key set are loaded when they are first needed, and kept.  A look
 * whether there are new keys is no cost of the request that it falls on.
 */
static enum ptn_err
provide(struct ptn_request *req, enum ptn_need need)
{
	const uint64_t before = ptn_db_count(req->sc.db);
	struct ptn_env *env = req->env;
	enum ptn_err r;

	if (need == PTN_NEED_NOTHING)
		return PTN_OK;
	/* The keys of a tenant that is not served are shown all the same. */
	if (need == PTN_NEED_KEYS && req->tenant_err != PTN_OK &&
	    !ptn_tenants_whose(env->tenants, req->mount, &req->sc.tenant_id))
		return req->tenant_err;
	r = ptn_keysets_refresh(&req->sc, false);
	if (r == PTN_OK && need == PTN_NEED_KEYS)
		ptn_keysets_look(&req->sc);
	req->upkeep += ptn_db_count(req->sc.db) - before;
	if (r != PTN_OK || need == PTN_NEED_KEYS)
		return r;
	if (req->mount != NULL)
		return req->tenant_err;
	r = ptn_tenants_get(env->tenants, &req->sc, NULL, &req->tenant);
	if (r == PTN_OK)
		enter_tenant(req);
	return r;
}

/*
 * The tenant of a mount is settled before all else: which pages may call is a
 * matter of theirs.  What needs none is answered without one.
 */
static void
settle_tenant(struct ptn_request *req)
{
	const uint64_t before = ptn_db_count(req->sc.db);

	if (req->mount == NULL)
		return;
	req->tenant_err = ptn_tenants_get(req->env->tenants, &req->sc,
	    req->mount, &req->tenant);
	req->upkeep += ptn_db_count(req->sc.db) - before;
	if (req->tenant_err == PTN_OK)
		enter_tenant(req);
}

/* What is asked for, if it is anything that is there. */
static enum ptn_err
seek(struct ptn_request *req, struct ptn_reply *rep)
{
	if (req->mount != NULL && req->tenant_err == PTN_E_NOT_FOUND)
		return ptn_reply_say(rep, PTN_E_NOT_FOUND, "tenant not found");
	if (req->body_too_large || req->params_too_large ||
	    req->body.len > req->family->body_max)
		return PTN_E_TOO_LARGE;
	return match(req);
}

static enum ptn_err
admit(struct ptn_request *req, struct ptn_reply *rep, enum ptn_need need,
    const struct ptn_auth *auth)
{
	enum ptn_err r;

	if (req->family->trusted != NULL &&
	    req->family->trusted(req, rep, auth))
		return PTN_OK;
	r = provide(req, need);
	return r == PTN_OK ? req->family->authenticate(req, rep, auth) : r;
}

/* Behind a door it is not told what is not there. */
static enum ptn_err
turn_away(struct ptn_request *req, struct ptn_reply *rep, enum ptn_err why)
{
	enum ptn_err r = PTN_OK;

	if (req->family->door != NULL)
		r = admit(req, rep, PTN_NEED_DB, req->family->door);
	if (r != PTN_OK)
		return r;
	if (why == PTN_E_METHOD)
		ptn_reply_header(rep, "Allow", req->allow);
	return why;
}

static enum ptn_err
serve(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = ptn_input(req, rep, req->route->input)) != PTN_OK ||
	    (r = ptn_throttle(req)) != PTN_OK)
		return r;
	return req->route->handler(req, rep);
}

/*
 * The order in which a request is judged.  The guess limit stands behind the
 * input, because the account that it counts is a field of the input; nothing
 * before it tells whether that account exists.
 */
static enum ptn_err
judge(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = seek(req, rep)) != PTN_OK)
		r = turn_away(req, rep, r);
	else if ((r = admit(req, rep, req->route->need, req->route->auth)) ==
	    PTN_OK)
		r = serve(req, rep);
	ptn_throttle_tell(req, rep, r);
	return r;
}

/*
 * The authorizer role: no route, no input, and no answer but yes and no.  A
 * question that could not be answered is a no.  It comes without a body, which
 * Apache would show instead of the site's own page for 401.
 */
static enum ptn_err
judge_for_site(struct ptn_request *req, struct ptn_reply *rep)
{
	if (req->params_too_large || req->path_err != PTN_OK ||
	    provide(req, PTN_NEED_DB) != PTN_OK ||
	    req->family->authenticate(req, rep, req->family->site) != PTN_OK) {
		ptn_reply_raw(rep, NULL, PTN_BYTES("", 0));
		return PTN_E_DENIED;
	}
	ptn_authorizer_variables(req, rep);
	return PTN_OK;
}

/* The answer itself: by the route, unless cors.c has given it already. */
static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep)
{
	settle_tenant(req);
	if (req->authorizer)
		return judge_for_site(req, rep);
	return ptn_cors(req, rep) ? PTN_OK : judge(req, rep);
}

/*
 * What happened is on record before it is answered.  A record that cannot be
 * written fails the request.
 */
static enum ptn_err
record(struct ptn_request *req, enum ptn_err r)
{
	const enum ptn_err w = ptn_events_settle(&req->sc);

	if (req->actor.mail_queued)
		ptn_request_wake_courier(req);
	return w != PTN_OK ? w : r;
}

/* Start again from an empty reply, but for the headers of cors.c. */
static void
forget(struct ptn_request *req, struct ptn_reply *rep)
{
	ptn_reply_init(rep, req->sc.arena);
	(void)ptn_cors(req, rep);
}

/* What had been spent when a request came. */
struct cost {
	uint64_t statements;
	uint64_t for_keys; /* among them, for those of tenants */
	uint64_t writes;
	uint64_t hashes;
	int64_t began_us;
};

static void
log_cost(const struct ptn_request *req, const struct ptn_reply *rep,
    const struct cost *before)
{
	const uint64_t statements =
	    ptn_db_count(req->sc.db) - before->statements - req->upkeep -
	    (ptn_keysets_statements(req->sc.keys) - before->for_keys);

	if (rep->routine && !req->sc.cf->log_health)
		return;
	ptn_debug("%s %s: %d, %llu statements, %llu writes, "
		  "%llu hashes, %lld ms",
	    ptn_method_name(req->method),
	    req->route != NULL ? req->route->path : "-", rep->status,
	    (unsigned long long)statements,
	    (unsigned long long)(ptn_db_writes(req->sc.db) - before->writes),
	    (unsigned long long)(ptn_pwhash_count() - before->hashes),
	    (long long)((ptn_clock_mono_us() - before->began_us) /
		PTN_US_PER_MS));
}

/* What is told of a request that has its answer. */
static void
tell(const struct ptn_request *req, const struct ptn_reply *rep,
    const struct cost *before)
{
	const int64_t us = ptn_clock_mono_us() - before->began_us;

	log_cost(req, rep, before);
	ptn_access(req, rep, us);
	ptn_tally_request(req, rep, us);
}

void
ptn_dispatch(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct cost before = { ptn_db_count(req->sc.db),
		ptn_keysets_statements(req->sc.keys),
		ptn_db_writes(req->sc.db), ptn_pwhash_count(),
		ptn_clock_mono_us() };
	enum ptn_err r, recorded;

	ptn_reply_init(rep, req->sc.arena);
	if ((r = introduce(req)) == PTN_OK)
		r = answer(req, rep);
	if ((recorded = record(req, r)) != r) {
		forget(req, rep);
		r = recorded;
	}
	ptn_reply_finish(rep, req, r);
	ptn_hint_bearer(req, rep);
	ptn_json_free(&req->json);
	tell(req, rep, &before);
	ptn_log_request(NULL);
}
