#include "fcgi/public/public.h"

#include "fcgi/ceremony.h"
#include "fcgi/public/passkey.h"
#include "lib/account/passkey.h"
#include "lib/webauthn/authdata.h"
#include "lib/webauthn/response.h"

enum {
	REG_ID,
	REG_TYPE,
	REG_CLIENT_DATA,
	REG_ATTESTATION,
	REG_TRANSPORTS,
	REG_TRANSPORTS_TOP,
	REG__MAX
};

#define REG_FAULT "Parse error for Registration"

static const struct ptn_field registration_fields[REG__MAX] = {
	[REG_ID] = { "id", PTN_F_B64URL, true, PTN_CRED_ID_MAX, REG_FAULT,
	    PTN_OK },
	[REG_TYPE] = { "type", PTN_F_TEXT, true, 32, REG_FAULT, PTN_OK },
	[REG_CLIENT_DATA] = { "response.clientDataJSON", PTN_F_B64URL, true,
	    PTN_CLIENTDATA_MAX, REG_FAULT, PTN_OK },
	[REG_ATTESTATION] = { "response.attestationObject", PTN_F_B64URL, true,
	    PTN_WEBAUTHN_ATTESTATION_MAX, REG_FAULT, PTN_OK },
	[REG_TRANSPORTS] = { "response.transports", PTN_F_NAMES, false, 0, NULL,
	    PTN_OK },
	[REG_TRANSPORTS_TOP] = { "transports", PTN_F_NAMES, false, 0, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_registration = { registration_fields, REG__MAX };

/* POST /webauthn/registration/initialize: what a new passkey is to sign. */
enum ptn_err
ptn_public_registration_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_passkey_options options;
	enum ptn_passkey_ceremony_result what;
	enum ptn_err r;

	r = ptn_passkey_add_begin(&req->sc, &req->session.claims.sub, &options,
	    &what);
	if (r != PTN_OK)
		return r;
	if (what == PTN_PASSKEY_FULL)
		return PTN_E_FORBIDDEN;
	if (what != PTN_PASSKEY_DONE)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "user has no primary email address");
	rep->no_store = true;
	ptn_ceremony_creation(&rep->json, NULL, req->sc.cf, &options);
	return PTN_OK;
}

#define NOT_VALID "failed to validate attestation"

/* Clients tell a missing user verification by its status. */
static const struct ptn_public_answer answers[PTN_PASSKEY__MAX] = {
	[PTN_PASSKEY_DENIED] = { PTN_E_INPUT, NOT_VALID },
	[PTN_PASSKEY_NO_USER] = { PTN_E_DENIED, NULL },
	[PTN_PASSKEY_NO_ADDRESS] = { PTN_E_INPUT, NULL },
	[PTN_PASSKEY_NO_CHALLENGE] = { PTN_E_INPUT,
	    "Stored challenge and received challenge do not match" },
	[PTN_PASSKEY_EXPIRED] = { PTN_E_INPUT, NOT_VALID },
	[PTN_PASSKEY_NO_HANDLE] = { PTN_E_INPUT, NULL },
	[PTN_PASSKEY_MALFORMED] = { PTN_E_INPUT,
	    "Error parsing attestation response" },
	[PTN_PASSKEY_AUTH_DATA] = { PTN_E_INPUT,
	    "Error parsing attestation response" },
	[PTN_PASSKEY_UNVERIFIED] = { PTN_E_UNPROCESSABLE,
	    NOT_VALID ": Error validating the authenticator response: User "
		      "verification required but flag not set by "
		      "authenticator\n" },
	[PTN_PASSKEY_FULL] = { PTN_E_FORBIDDEN, NULL },
	[PTN_PASSKEY_COUNTER] = { PTN_E_INPUT, NOT_VALID },
	[PTN_PASSKEY_MFA_ONLY] = { PTN_E_INPUT, NULL },
	[PTN_PASSKEY_DONE] = { PTN_OK, NULL },
};

/* POST /webauthn/registration/finalize: keep the new passkey. */
enum ptn_err
ptn_public_registration_final(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *transports = req->in[REG_TRANSPORTS].set
	    ? &req->in[REG_TRANSPORTS]
	    : &req->in[REG_TRANSPORTS_TOP];
	const struct ptn_passkey_new new = {
		.user_id = req->session.claims.sub,
		.id = req->in[REG_ID].b,
		.response = { .client_data_json = req->in[REG_CLIENT_DATA].b,
		    .attestation_object = req->in[REG_ATTESTATION].b },
		.transports = transports->set ? transports->s : "",
	};
	enum ptn_passkey_ceremony_result what;
	enum ptn_err r;

	if (!ptn_public_passkey_type_ok(&req->in[REG_TYPE]))
		return ptn_reply_say(rep, PTN_E_INPUT, REG_FAULT);
	if ((r = ptn_passkey_add_finish(&req->sc, &new, &what)) != PTN_OK)
		return r;
	if (what == PTN_PASSKEY_DONE)
		ptn_public_passkey_write(rep, new.id, &new.user_id);
	return ptn_reply_say(rep, answers[what].r, answers[what].message);
}
