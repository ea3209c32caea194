#include <string.h>
#include <strings.h>

#include "fcgi/cookie.h"
#include "fcgi/cors.h"
#include "fcgi/flow/wire.h"
#include "fcgi/issue.h"
#include "fcgi/query.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/format/json.h"

/*
 * What "action=" says in the query: NULL if it is not there, or empty.  Which
 * one is meant of two is anybody's guess: the first.
 */
static enum ptn_err
find_action(const struct ptn_request *req, char **action)
{
	const char *text;
	enum ptn_err r = ptn_query_get(req, "action", &text);

	*action = NULL;
	if (r != PTN_OK || text == NULL || text[0] == '\0')
		return r;
	*action = ptn_arena_strdup(req->sc.arena, text);
	return *action != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* NAME@ID, cut in two. */
static enum ptn_err
split_action(char *action, struct ptn_flow_ask *ask)
{
	char *at = strchr(action, '@');

	if (at == NULL || at == action || !ptn_uuid_parse_any(at + 1, &ask->id))
		return PTN_E_INPUT;
	*at = '\0';
	ask->action = action;
	return PTN_OK;
}

/* What pages can send without being asked first is no JSON, and no step. */
static bool
is_form(const struct ptn_request *req)
{
	static const char *const forms[] = {
		"application/x-www-form-urlencoded",
		"multipart/form-data",
		"application/xml",
	};
	const char *type = ptn_request_param(req, "CONTENT_TYPE");
	size_t i;

	for (i = 0; type != NULL && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strncasecmp(type, forms[i], strlen(forms[i])) == 0)
			return true;
	return false;
}

static bool
is_json(const struct ptn_request *req)
{
	static const char json[] = "application/json";
	const char *type = ptn_request_param(req, "CONTENT_TYPE");

	return type != NULL && strncasecmp(type, json, sizeof(json) - 1) == 0;
}

static enum ptn_err
read_members(struct ptn_request *req, struct ptn_flow_ask *ask)
{
	const struct ptn_json *token = ptn_json_get(req->json, "csrf_token");

	ask->input = ptn_json_get(req->json, "input_data");
	if (ask->input != NULL && ptn_json_type(ask->input) != PTN_JSON_OBJECT)
		return PTN_E_INPUT;
	if (token == NULL)
		return PTN_OK;
	ask->token = ptn_json_text(req->sc.arena, token);
	return ask->token != NULL ? PTN_OK : PTN_E_INPUT;
}

/* An empty body has no token, which is for the flow to find out. */
static enum ptn_err
read_body(struct ptn_request *req, struct ptn_flow_ask *ask)
{
	const char *why;
	enum ptn_err r;

	if (req->body.len == 0 || is_form(req))
		return PTN_OK;
	if (!is_json(req))
		return PTN_E_INPUT;
	r = ptn_json_parse(req->body, req->family->depth, &req->json, &why);
	if (r != PTN_OK || req->json == NULL)
		return r;
	if (ptn_json_type(req->json) != PTN_JSON_OBJECT)
		return PTN_E_INPUT;
	return read_members(req, ask);
}

/*
 * Whoever has come to the end has a session; and a step may have made the
 * browser the only one that is known.
 */
static enum ptn_err
hand_out(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_flow_answer *a)
{
	if (a->at == PTN_FLOW_AT_ACCOUNT_DELETED)
		ptn_cookie_clear_session(req, rep);
	if (a->at != PTN_FLOW_AT_SUCCESS || a->error != PTN_FLOW_E_NONE) {
		ptn_issue_device(req, rep);
		return PTN_OK;
	}
	if (a->device != NULL)
		ptn_cookie_set_trust(req, rep, a->device);
	return ptn_issue_retained(req, rep, &a->claims, a->remembered);
}

/* The body of an error is ready, too. */
static enum ptn_err
finish(struct ptn_reply *rep, enum ptn_err why)
{
	ptn_buf_char(&rep->json.buf, '\n');
	if (rep->json.buf.bad)
		return PTN_E_NOMEM;
	ptn_reply_raw(rep, NULL, PTN_BYTES(rep->json.buf.p, rep->json.buf.len));
	return why;
}

/* By its own code: its status alone may be that of others, too. */
static enum ptn_err
refuse(struct ptn_reply *rep, enum ptn_flow_error why)
{
	const enum ptn_err r = ptn_flow_error_err(why);

	ptn_flow_envelope_refused(rep, ptn_reply_status(r),
	    ptn_flow_error_code(why), ptn_flow_error_text(why));
	return finish(rep, r);
}

static enum ptn_err
reply(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_flow_answer *a)
{
	enum ptn_err r;

	if (a->refused != PTN_FLOW_E_NONE)
		return refuse(rep, a->refused);
	if ((r = hand_out(req, rep, a)) != PTN_OK ||
	    (r = ptn_flow_envelope(req, rep, a)) != PTN_OK ||
	    (r = ptn_flow_error_err(a->error)) == PTN_OK)
		return r;
	return finish(rep, r);
}

static enum ptn_err
serve(struct ptn_request *req, struct ptn_reply *rep, enum ptn_flow_name name)
{
	struct ptn_flow_ask ask = { .name = name,
		.by = req->session.known ? &req->session.claims : NULL };
	struct ptn_flow_answer *a;
	char *action;
	enum ptn_err r;

	if ((a = ptn_arena_alloc(req->sc.arena, sizeof(*a))) == NULL)
		return PTN_E_NOMEM;
	if ((r = find_action(req, &action)) != PTN_OK)
		return r;
	if (ptn_cookie_values(req, req->sc.cf->trust_cookie, &ask.device, 1) ==
	    0)
		ask.device = NULL;
	/* Who cannot read the answer begins it at the visitor's expense. */
	if (action == NULL && !ptn_cors_own_page(req))
		return refuse(rep, PTN_FLOW_E_FORBIDDEN);
	if (action == NULL)
		r = ptn_flow_begin(&req->sc, name, ask.by, a);
	else if ((r = read_body(req, &ask)) == PTN_OK &&
	    (r = split_action(action, &ask)) == PTN_OK)
		r = ptn_flow_advance(&req->sc, &ask, a);
	return r == PTN_OK ? reply(req, rep, a) : r;
}

enum ptn_err
ptn_flow_serve_login(struct ptn_request *req, struct ptn_reply *rep)
{
	return serve(req, rep, PTN_FLOW_LOGIN);
}

enum ptn_err
ptn_flow_serve_registration(struct ptn_request *req, struct ptn_reply *rep)
{
	return serve(req, rep, PTN_FLOW_REGISTRATION);
}

enum ptn_err
ptn_flow_serve_token_exchange(struct ptn_request *req, struct ptn_reply *rep)
{
	(void)req;
	return refuse(rep, PTN_FLOW_E_OFF);
}

enum ptn_err
ptn_flow_serve_profile(struct ptn_request *req, struct ptn_reply *rep)
{
	return serve(req, rep, PTN_FLOW_PROFILE);
}
