#include "fcgi/admin/admin.h"

#include "fcgi/bearer.h"
#include "fcgi/family.h"
#include "lib/account/adminkey.h"
#include "lib/account/limit.h"
#include "lib/event/event.h"

const struct ptn_auth ptn_admin_auth_reader = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_changer = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_host = { &ptn_admin_family };
const struct ptn_auth ptn_admin_auth_host_changer = { &ptn_admin_family };

/*
 * Not let in: counted by network, and on record until that limit is reached.
 * What limits is known of then, and told by dispatch.c.
 */
static enum ptn_err
deny(struct ptn_request *req, struct ptn_reply *rep, const char *why)
{
	const struct ptn_limit_on nobody = { .account = NULL };
	enum ptn_err r = ptn_limit_take(&req->sc, PTN_LIMIT_ADMIN, &nobody);

	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED, why);
	ptn_reply_header(rep, "WWW-Authenticate", "Bearer");
	return PTN_E_DENIED;
}

static enum ptn_err
find_key(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_adminkey *key)
{
	const char *token = ptn_bearer_token(req);
	enum ptn_err r;

	if (token == NULL)
		return deny(req, rep, "no key");
	r = ptn_adminkey_find(&req->sc, token, key);
	if (r == PTN_E_NOT_FOUND)
		return deny(req, rep, "unknown key");
	if (r == PTN_OK && key->expired)
		return deny(req, rep, "expired key");
	return r;
}

/* From here on it is on record whose key it was. */
static enum ptn_err
introduce(struct ptn_request *req, const struct ptn_adminkey *key)
{
	req->actor.operator_name =
	    ptn_arena_printf(req->sc.arena, "key:%s", key->name);
	return req->actor.operator_name != NULL ? PTN_OK : PTN_E_NOMEM;
}

/*
 * The tenant of this request.  To the key of one, another is as unknown as one
 * that does not exist.
 */
static enum ptn_err
enter_tenant(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_adminkey *key)
{
	const bool bound = !ptn_uuid_is_nil(&key->tenant_id);
	const struct ptn_uuid *id = bound ? &key->tenant_id : &req->org;
	enum ptn_err r;

	req->bound = bound;
	if (ptn_uuid_is_nil(id))
		return PTN_OK; /* the default one, as it is already */
	if (bound && !ptn_uuid_is_nil(&req->org) &&
	    !ptn_uuid_equal(&req->org, id)) {
		ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED,
		    "key of another tenant");
		return ptn_reply_say(rep, PTN_E_NOT_FOUND, "tenant not found");
	}
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
	    auth == &ptn_admin_auth_host_changer;
}

/* Whether a good key is good for this. */
static enum ptn_err
may(struct ptn_request *req, struct ptn_reply *rep, const struct ptn_auth *auth,
    const struct ptn_adminkey *key)
{
	if (changes(auth) && key->read_only) {
		ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED,
		    "read-only key");
		return ptn_reply_say(rep, PTN_E_FORBIDDEN,
		    "this key is read-only");
	}
	if (is_for_host(auth) && !ptn_uuid_is_nil(&key->tenant_id)) {
		ptn_event_note(&req->sc, PTN_EVENT_ADMIN_DENIED,
		    "key of one organisation");
		return ptn_reply_say(rep, PTN_E_FORBIDDEN,
		    "this key is of one organisation");
	}
	return PTN_OK;
}

static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	struct ptn_adminkey key;
	enum ptn_err r;

	if (auth == &ptn_auth_anybody)
		return PTN_OK;
	rep->no_store = true;
	if ((r = find_key(req, rep, &key)) != PTN_OK ||
	    (r = introduce(req, &key)) != PTN_OK ||
	    (r = enter_tenant(req, rep, &key)) != PTN_OK)
		return r;
	return may(req, rep, auth, &key);
}

const struct ptn_family ptn_admin_family = {
	.side = PTN_ADMIN,
	.prefix = "",
	.api = PTN_API_HANKO,
	.on = ptn_feature_always,
	.rate = { [PTN_RATE_NONE] = true },
	.body_max = (size_t)64 * 1024,
	.depth = 16,
	.type = "application/json",
	.problem = "",
	.last_resort = "{\"code\":500,\"message\":\"Internal Server Error\"}\n",
	.write_error = ptn_family_write_error,
	.authenticate = authenticate,
	.door = &ptn_admin_auth_reader,
};
