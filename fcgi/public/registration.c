#include "fcgi/public/public.h"

#include "fcgi/jsonval.h"
#include "fcgi/public/passkey.h"
#include "lib/account/credential.h"
#include "lib/account/passkey.h"
#include "lib/conf/conf.h"

#define ATTESTATION_MAX 32768 /* bytes */

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
	[REG_ID] = { "id", PTN_F_B64URL, true, PTN_CREDENTIAL_ID_MAX, REG_FAULT,
	    PTN_OK },
	[REG_TYPE] = { "type", PTN_F_TEXT, true, 32, REG_FAULT, PTN_OK },
	[REG_CLIENT_DATA] = { "response.clientDataJSON", PTN_F_B64URL, true,
	    PTN_CLIENT_DATA_MAX, REG_FAULT, PTN_OK },
	[REG_ATTESTATION] = { "response.attestationObject", PTN_F_B64URL, true,
	    ATTESTATION_MAX, REG_FAULT, PTN_OK },
	[REG_TRANSPORTS] = { "response.transports", PTN_F_NAMES, false, 0, NULL,
	    PTN_OK },
	[REG_TRANSPORTS_TOP] = { "transports", PTN_F_NAMES, false, 0, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_registration = { registration_fields, REG__MAX };

static const char *
attestation_word(const struct ptn_conf *cf)
{
	static const char *const words[] = {
		[PTN_CONVEY_NONE] = "none",
		[PTN_CONVEY_INDIRECT] = "indirect",
		[PTN_CONVEY_DIRECT] = "direct",
	};

	return words[cf->passkey_attestation];
}

static void
write_parameters(struct ptn_jsonw *w)
{
	size_t i;

	ptn_jsonw_array(w, "pubKeyCredParams");
	for (i = 0; i < PTN_PASSKEY_ALGS; i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonw_int(w, "alg", ptn_passkey_algs[i]);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

/* The options of navigator.credentials.create(). */
static void
write_creation(struct ptn_reply *rep, const struct ptn_conf *cf,
    const struct ptn_passkey_options *o)
{
	const struct ptn_webauthn_challenge *ch = &o->challenge;
	struct ptn_jsonw *w = &rep->json;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_object(w, "publicKey");
	ptn_jsonw_object(w, "rp");
	ptn_jsonw_str(w, "name", cf->rp_name);
	ptn_jsonw_str(w, "id", cf->rp_id);
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "user");
	ptn_jsonw_str(w, "name", o->name);
	ptn_jsonw_str(w, "displayName", o->name);
	ptn_jsonval_b64url(w, "id",
	    PTN_BYTES(ch->user_id.b, sizeof(ch->user_id.b)));
	ptn_jsonw_end_object(w);
	ptn_jsonval_b64url(w, "challenge",
	    PTN_BYTES(ch->value, sizeof(ch->value)));
	write_parameters(w);
	ptn_jsonw_int(w, "timeout", cf->webauthn_registration_ms);
	ptn_jsonw_object(w, "authenticatorSelection");
	ptn_jsonw_bool(w, "requireResidentKey", true);
	ptn_jsonw_str(w, "residentKey", "required");
	ptn_jsonw_str(w, "userVerification", ptn_public_passkey_uv(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_str(w, "attestation", attestation_word(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}

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
	if (what != PTN_PASSKEY_DONE)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "user has no primary email address");
	rep->no_store = true;
	write_creation(rep, req->sc.cf, &options);
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
	[PTN_PASSKEY_COUNTER] = { PTN_E_INPUT, NOT_VALID },
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
