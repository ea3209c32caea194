#include "fcgi/dfns/dfns.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/conf/conf.h"
#include "lib/dfns/action.h"
#include "lib/dfns/useraction.h"

#define PATH_MAX_LEN 2048
#define PAYLOAD_MAX ((size_t)128 * 1024)

enum { INIT_PAYLOAD, INIT_METHOD, INIT_PATH, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_PAYLOAD] = { "userActionPayload", PTN_F_TEXT, false, PAYLOAD_MAX,
	    NULL, PTN_OK },
	[INIT_METHOD] = { "userActionHttpMethod", PTN_F_TEXT, true, 8, NULL,
	    PTN_OK },
	[INIT_PATH] = { "userActionHttpPath", PTN_F_TEXT, true, PATH_MAX_LEN,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_action_init = { init_fields, INIT__MAX };

/* The user and the session, or the token and its key, of the request. */
static struct ptn_dfns_action_by
caller(const struct ptn_request *req)
{
	const struct ptn_claims *c = &req->session.claims;

	return (struct ptn_dfns_action_by){ c->sub, c->session_id,
		req->signer };
}

/* POST /auth/action/init: what is to be signed to approve a request. */
enum ptn_err
ptn_dfns_action_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_action_start s = { .by = caller(req),
		.action = { .method = req->in[INIT_METHOD].s,
		    .path = req->in[INIT_PATH].s,
		    .payload = req->in[INIT_PAYLOAD].b } };
	enum ptn_err r;

	if (!ptn_useraction_method_ok(s.action.method))
		return ptn_dfns_malformed(req, rep, "", "userActionHttpMethod");
	r = ptn_dfns_action_start(&req->sc, &s);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &s.denial,
		    PTN_EVENT_NONE);
	ptn_dfns_write_challenge(req, rep, &s.ch);
	return PTN_OK;
}

/* POST /auth/action: give a user action for a signed challenge. */
enum ptn_err
ptn_dfns_action(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_action k = { .by = caller(req),
		.tenant_id = req->sc.tenant_id,
		.username = req->session.claims.email.address,
		.request_id = req->request_id };
	enum ptn_err r;

	r = ptn_dfns_read_answer(req, rep, PTN_DFNS_CEREMONY_ACTION, &k.an);
	if (r == PTN_OK)
		r = ptn_dfns_action_approve(&req->sc, &k);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &k.an.denial,
		    PTN_EVENT_DFNS_ACTION_FAILED);
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "userAction", k.token);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * What stands behind path in a target that may have escapes, which were found
 * to be good ones; NULL: it does not begin with it.
 */
static const char *
behind(const char *uri, const char *path, size_t len)
{
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)*uri;
		if (c == '%') {
			c = ptn_hex_digit(uri[1]) << 4 | ptn_hex_digit(uri[2]);
			uri += 2;
		}
		if (c != (unsigned char)path[i])
			return NULL;
		uri++;
	}
	return uri;
}

static const char *
without_base(const struct ptn_request *req, const char *uri)
{
	const char *base = req->sc.cf->base_path;
	const char *rest = behind(uri, base, strlen(base));

	return rest != NULL ? rest : uri;
}

/* Without the path or the id of a tenant. */
static const char *
without_tenant(const struct ptn_mount *m, const char *uri)
{
	const char *rest = m != NULL ? behind(uri, m->at, m->at_len) : NULL;

	return rest != NULL && (*rest == '/' || *rest == '\0') ? rest : NULL;
}

/*
 * The request target as it was sent, without the path at which a client finds
 * the API: that of a tenant stands before base_path, its id behind it.
 */
static const char *
target(const struct ptn_request *req)
{
	const char *uri = without_tenant(req->below, req->uri);

	if (uri != NULL)
		return without_base(req, uri);
	uri = without_base(req, req->uri);
	if (without_tenant(req->below, uri) != NULL)
		uri = without_tenant(req->below, uri);
	return uri;
}

enum ptn_err
ptn_dfns_require_action(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_dfns_action_by by = caller(req);
	const struct ptn_useraction request = {
		.method = ptn_method_name(req->method),
		.path = target(req),
		.payload = req->body,
	};
	struct ptn_dfns_denial denial = { .reason = PTN_DFNS_NOT_DENIED };
	enum ptn_err r;

	r = ptn_dfns_action_check(&req->sc,
	    ptn_request_param(req, "HTTP_X_DFNS_USERACTION"), &by, &request,
	    &req->action, &denial);
	return ptn_dfns_refuse_denied(req, rep, r, &denial,
	    PTN_EVENT_DFNS_ACTION_FAILED);
}
