#include <string.h>

#include "fcgi/jsonval.h"
#include "fcgi/public/passkey.h"
#include "fcgi/public/public.h"
#include "lib/account/credential.h"
#include "lib/account/email.h"
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

/* The options of navigator.credentials.create() (hanko-public 5.2). */
static void
write_creation(struct ptn_reply *rep, const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch, const char *name)
{
	struct ptn_jsonw *w = &rep->json;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_object(w, "publicKey");
	ptn_jsonw_object(w, "rp");
	ptn_jsonw_str(w, "name", cf->rp_name);
	ptn_jsonw_str(w, "id", cf->rp_id);
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "user");
	ptn_jsonw_str(w, "name", name);
	ptn_jsonw_str(w, "displayName", name);
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
	ptn_jsonw_str(w, "userVerification", ptn_passkey_uv(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_str(w, "attestation", attestation_word(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}

/* POST /webauthn/registration/initialize: what a new passkey is to sign. */
enum ptn_err
ptn_public_registration_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid *user = &req->session.claims.sub;
	struct ptn_webauthn_challenge ch = { .ceremony =
						 PTN_WEBAUTHN_REGISTRATION,
		.user_id = *user,
		.require_uv = req->sc.cf->passkey_uv == PTN_UV_REQUIRED };
	struct ptn_email_claim primary;
	enum ptn_err r;

	r = ptn_email_primary(&req->sc, user, &primary);
	if (r != PTN_OK)
		return r;
	if (primary.address == NULL)
		return ptn_passkey_init_failed(req, rep,
		    PTN_EVENT_REGISTRATION_INIT_FAILED,
		    "user has no primary email address");
	r = ptn_webauthn_challenge_put(&req->sc,
	    req->sc.cf->webauthn_registration_ms, &ch);
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_REGISTRATION_INIT_OK, NULL);
	rep->no_store = true;
	write_creation(rep, req->sc.cf, &ch, primary.address);
	return PTN_OK;
}

static enum ptn_err
registration_failed(struct ptn_request *req, struct ptn_reply *rep,
    const char *why, enum ptn_err r, const char *message)
{
	ptn_event_note(&req->sc, PTN_EVENT_REGISTRATION_FINAL_FAILED, why);
	return ptn_reply_say(rep, r, message);
}

/* Clients tell a missing user verification by its status (hanko 5.4). */
static enum ptn_err
not_attested(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_webauthn_finding *f)
{
	if (f->problem == PTN_WA_UV)
		return registration_failed(req, rep, f->why,
		    PTN_E_UNPROCESSABLE,
		    "failed to validate attestation: Error validating the "
		    "authenticator response: User verification required but "
		    "flag not set by authenticator\n");
	if (f->problem == PTN_WA_CLIENT_DATA ||
	    f->problem == PTN_WA_ATTESTATION_OBJECT ||
	    f->problem == PTN_WA_AUTH_DATA)
		return registration_failed(req, rep, f->why, PTN_E_INPUT,
		    "Error parsing attestation response");
	return registration_failed(req, rep, f->why, PTN_E_INPUT,
	    "failed to validate attestation");
}

static enum ptn_err
attest(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_webauthn_attested *out)
{
	const struct ptn_webauthn_rp rp = ptn_passkey_rp(req->sc.cf);
	const struct ptn_webauthn_creation in = {
		.client_data_json = req->in[REG_CLIENT_DATA].b,
		.attestation_object = req->in[REG_ATTESTATION].b,
	};
	struct ptn_webauthn_finding finding;
	struct ptn_webauthn_want want;
	struct ptn_webauthn_challenge ch;
	enum ptn_err r;

	r = ptn_passkey_challenge(req, PTN_WEBAUTHN_REGISTRATION,
	    in.client_data_json, &ch);
	if (r == PTN_E_INPUT)
		return registration_failed(req, rep, "malformed client data", r,
		    "Error parsing attestation response");
	if (r == PTN_E_NOT_FOUND ||
	    (r == PTN_OK &&
		!ptn_uuid_equal(&ch.user_id, &req->session.claims.sub)))
		return registration_failed(req, rep, "unknown challenge",
		    PTN_E_INPUT,
		    "Stored challenge and received challenge do not match");
	if (r == PTN_E_EXPIRED)
		return registration_failed(req, rep, "expired challenge",
		    PTN_E_INPUT, "failed to validate attestation");
	if (r != PTN_OK)
		return r;
	want = ptn_passkey_want(req->sc.cf, &ch);
	r = ptn_webauthn_register(req->sc.arena, &rp, &want, &in, out,
	    &finding);
	if (r == PTN_OK && finding.verdict != PTN_ALLOW)
		return not_attested(req, rep, &finding);
	return r;
}

static enum ptn_err
store(struct ptn_request *req, const struct ptn_webauthn_attested *at)
{
	const struct ptn_value *transports = req->in[REG_TRANSPORTS].set
	    ? &req->in[REG_TRANSPORTS]
	    : &req->in[REG_TRANSPORTS_TOP];
	struct ptn_credential c = {
		.id = at->cred_id,
		.user_id = req->session.claims.sub,
		.public_key = at->cose_key,
		.attestation = at->attestation,
		.sign_count = at->sign_count,
		.backup_eligible = at->be,
		.backup_state = at->bs,
		.transports = transports->set ? transports->s : "",
	};

	memcpy(c.aaguid.b, at->aaguid, sizeof(c.aaguid.b));
	c.name = ptn_credential_aaguid_name(req->sc.arena,
	    req->sc.cf->aaguid_file, &c.aaguid);
	return ptn_credential_put(&req->sc, &c);
}

/* POST /webauthn/registration/finalize: keep the new passkey. */
enum ptn_err
ptn_public_registration_final(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_webauthn_attested at;
	enum ptn_err r;

	if (!ptn_passkey_type_ok(&req->in[REG_TYPE]))
		return ptn_reply_say(rep, PTN_E_INPUT, REG_FAULT);
	if ((r = attest(req, rep, &at)) != PTN_OK)
		return r;
	if (!ptn_bytes_equal(at.cred_id, req->in[REG_ID].b))
		return registration_failed(req, rep, "id differs", PTN_E_INPUT,
		    "failed to validate attestation");
	r = store(req, &at);
	if (r == PTN_E_CONFLICT)
		return registration_failed(req, rep, "id is registered",
		    PTN_E_INPUT, "failed to validate attestation");
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_REGISTRATION_FINAL_OK, NULL);
	ptn_passkey_write(rep, at.cred_id, &req->session.claims.sub);
	return PTN_OK;
}
