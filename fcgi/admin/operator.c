#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/ceremony.h"
#include "fcgi/cookie.h"
#include "fcgi/jsonval.h"
#include "lib/conf/conf.h"
#include "lib/webauthn/authdata.h"
#include "lib/webauthn/response.h"

static void
write_caller(struct ptn_jsonw *w, const struct ptn_admin_caller *who)
{
	const bool is_key = ptn_uuid_is_nil(&who->session.id);

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", is_key ? "key" : "operator");
	if (who->name != NULL)
		ptn_jsonw_str(w, "name", who->name);
	if (!is_key)
		ptn_jsonval_uuid(w, "user_id", &who->session.user_id);
	if (!ptn_uuid_is_nil(&who->tenant_id))
		ptn_jsonval_uuid(w, "tenant_id", &who->tenant_id);
	ptn_jsonw_bool(w, "read_only", who->read_only);
	if (who->expires_at_us != 0)
		ptn_jsonval_time(w, "expires_at", who->expires_at_us);
	ptn_jsonw_end_object(w);
}

/* GET /operator: who asks, and what they may. */
enum ptn_err
ptn_admin_operator_show(struct ptn_request *req, struct ptn_reply *rep)
{
	write_caller(&rep->json, req->caller);
	return PTN_OK;
}

/* POST /operator/login/initialize: what a passkey is to sign; any of them. */
enum ptn_err
ptn_admin_operator_login_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_signin_passkey_options options;
	enum ptn_err r = ptn_operator_session_login_begin(&req->sc, &options);

	if (r == PTN_OK)
		ptn_ceremony_request(&rep->json, NULL, req->sc.cf, &options);
	return r;
}

enum { ID, TYPE, CLIENT_DATA, AUTH_DATA, SIGNATURE, USER_HANDLE, LOGIN__MAX };

static const struct ptn_field login_fields[LOGIN__MAX] = {
	[ID] = { "id", PTN_F_B64URL, true, PTN_CRED_ID_MAX, NULL, PTN_OK },
	[TYPE] = { "type", PTN_F_TEXT, true, 32, NULL, PTN_OK },
	[CLIENT_DATA] = { "response.clientDataJSON", PTN_F_B64URL, true,
	    PTN_CLIENTDATA_MAX, NULL, PTN_OK },
	[AUTH_DATA] = { "response.authenticatorData", PTN_F_B64URL, true,
	    PTN_WEBAUTHN_AUTH_DATA_MAX, NULL, PTN_OK },
	[SIGNATURE] = { "response.signature", PTN_F_B64URL, true,
	    PTN_WEBAUTHN_SIGNATURE_MAX, NULL, PTN_OK },
	[USER_HANDLE] = { "response.userHandle", PTN_F_B64URL, false,
	    PTN_WEBAUTHN_HANDLE_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_operator_login = { login_fields, LOGIN__MAX };

static void
write_entered(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_operator_session *s, const char *text)
{
	struct ptn_admin_caller who = { .name = NULL };

	ptn_admin_caller_is(&who, s);
	ptn_cookie_set_operator(req, rep, text, req->sc.cf->admin_session_s);
	write_caller(&rep->json, &who);
}

/*
 * POST /operator/login/finalize: trade an assertion for a session.  Whatever
 * is wrong, it is the same answer, and counts as a key does that is none.
 */
enum ptn_err
ptn_admin_operator_login(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_signin_passkey p = {
		.api = PTN_API_HANKO,
		.id = req->in[ID].b,
		.response = { .client_data_json = req->in[CLIENT_DATA].b,
		    .authenticator_data = req->in[AUTH_DATA].b,
		    .signature = req->in[SIGNATURE].b },
		.user_handle = req->in[USER_HANDLE].b,
	};
	enum ptn_passkey_ceremony_result what;
	struct ptn_operator_session s;
	char *text;
	enum ptn_err r;

	if (strcmp(req->in[TYPE].s, "public-key") != 0)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "type must be public-key");
	r = ptn_operator_session_login(&req->sc, &p, &s, &text, &what);
	if (r != PTN_OK)
		return r;
	if (what != PTN_PASSKEY_DONE)
		return ptn_admin_deny(req, rep, NULL);
	write_entered(req, rep, &s, text);
	return PTN_OK;
}

/* POST /operator/logout: this session ends. */
enum ptn_err
ptn_admin_operator_logout(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_operator_session *s = &req->caller->session;
	const struct ptn_scope theirs =
	    ptn_scope_at(&req->sc, &s->tenant_id);
	enum ptn_err r;

	if (ptn_uuid_is_nil(&s->id))
		return ptn_reply_say(rep, PTN_E_CONFLICT,
		    "a key does not log out: it is revoked");
	if ((r = ptn_operator_session_end(&theirs, s)) != PTN_OK)
		return r;
	ptn_cookie_set_operator(req, rep, "", 0);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}
