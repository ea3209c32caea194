#include "fcgi/public/public.h"

#include "fcgi/ceremony.h"
#include "fcgi/issue.h"
#include "fcgi/public/passkey.h"
#include "lib/account/signin_passkey.h"
#include "lib/webauthn/authdata.h"
#include "lib/webauthn/response.h"

enum { INIT_USER, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USER] = { "user_id", PTN_F_UUID_LAX, false, 64,
	    "failed to parse UserID as uuid", PTN_OK },
};

const struct ptn_input ptn_in_login_init = { init_fields, INIT__MAX };

enum {
	LOGIN_ID,
	LOGIN_TYPE,
	LOGIN_CLIENT_DATA,
	LOGIN_AUTH_DATA,
	LOGIN_SIGNATURE,
	LOGIN_USER_HANDLE,
	LOGIN__MAX
};

#define LOGIN_FAULT "Parse error for Assertion"

static const struct ptn_field login_fields[LOGIN__MAX] = {
	[LOGIN_ID] = { "id", PTN_F_B64URL, true, PTN_CRED_ID_MAX, LOGIN_FAULT,
	    PTN_OK },
	[LOGIN_TYPE] = { "type", PTN_F_TEXT, true, 32, LOGIN_FAULT, PTN_OK },
	[LOGIN_CLIENT_DATA] = { "response.clientDataJSON", PTN_F_B64URL, true,
	    PTN_CLIENTDATA_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_AUTH_DATA] = { "response.authenticatorData", PTN_F_B64URL, true,
	    PTN_WEBAUTHN_AUTH_DATA_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_SIGNATURE] = { "response.signature", PTN_F_B64URL, true,
	    PTN_WEBAUTHN_SIGNATURE_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_USER_HANDLE] = { "response.userHandle", PTN_F_B64URL, false,
	    PTN_WEBAUTHN_HANDLE_MAX, LOGIN_FAULT, PTN_OK },
};

const struct ptn_input ptn_in_login_final = { login_fields, LOGIN__MAX };

/*
 * POST /webauthn/login/initialize: what a passkey is to sign; one of the
 * user's that is named, or any that the browser has for this site.
 */
enum ptn_err
ptn_public_login_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *user = &req->in[INIT_USER];
	struct ptn_signin_passkey_options options;
	enum ptn_passkey_ceremony_result what;
	enum ptn_err r;

	r = ptn_signin_passkey_begin(&req->sc, user->set ? &user->id : NULL,
	    &options, &what);
	if (r != PTN_OK)
		return r;
	if (what != PTN_PASSKEY_DONE) /* the contract tells */
		return ptn_reply_say(rep, PTN_E_INPUT, "user not found");
	rep->no_store = true;
	ptn_ceremony_request(&rep->json, NULL, req->sc.cf, &options);
	return PTN_OK;
}

#define NOT_VALID "failed to validate assertion"

/* What is none is a fault of the form; so is a counter that stands still. */
static const struct ptn_public_answer answers[PTN_PASSKEY__MAX] = {
	[PTN_PASSKEY_DENIED] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_NO_USER] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_NO_ADDRESS] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_NO_CHALLENGE] = { PTN_E_DENIED,
	    "Stored challenge and received challenge do not match" },
	[PTN_PASSKEY_EXPIRED] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_NO_HANDLE] = { PTN_E_INPUT,
	    "failed to parse userHandle as uuid" },
	[PTN_PASSKEY_MALFORMED] = { PTN_E_INPUT, NOT_VALID },
	[PTN_PASSKEY_AUTH_DATA] = { PTN_E_INPUT,
	    "Error unmarshalling auth data" },
	[PTN_PASSKEY_UNVERIFIED] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_FULL] = { PTN_E_INPUT, NULL },
	[PTN_PASSKEY_COUNTER] = { PTN_E_INPUT, NOT_VALID },
	[PTN_PASSKEY_MFA_ONLY] = { PTN_E_DENIED, NOT_VALID },
	[PTN_PASSKEY_DONE] = { PTN_OK, NULL },
};

/* POST /webauthn/login/finalize: trade an assertion for a session. */
enum ptn_err
ptn_public_login_final(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_signin_passkey p = {
		.api = PTN_API_HANKO,
		.id = req->in[LOGIN_ID].b,
		.response = { .client_data_json = req->in[LOGIN_CLIENT_DATA].b,
		    .authenticator_data = req->in[LOGIN_AUTH_DATA].b,
		    .signature = req->in[LOGIN_SIGNATURE].b },
		.user_handle = req->in[LOGIN_USER_HANDLE].b,
	};
	enum ptn_passkey_ceremony_result what;
	enum ptn_err r;

	if (!ptn_public_passkey_type_ok(&req->in[LOGIN_TYPE]))
		return ptn_reply_say(rep, PTN_E_INPUT, LOGIN_FAULT);
	if ((r = ptn_signin_passkey(&req->sc, &p, &what)) != PTN_OK)
		return r;
	if (what != PTN_PASSKEY_DONE)
		return ptn_reply_say(rep, answers[what].r,
		    answers[what].message);
	ptn_public_passkey_write(rep, p.id, &p.user_id);
	return ptn_issue_token(req, rep, &p.claims);
}
