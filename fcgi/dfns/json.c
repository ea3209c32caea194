#include "fcgi/dfns/dfns.h"

#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/dfns/password.h"
#include "lib/format/dfnsid.h"

enum ptn_err
ptn_dfns_success(struct ptn_reply *rep)
{
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "message", "success");
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

void
ptn_dfns_write_session(struct ptn_reply *rep, const char *name,
    const char *token)
{
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, name);
	ptn_jsonw_str(&rep->json, "token", token);
	ptn_jsonw_end_object(&rep->json);
}

void
ptn_dfns_write_user(struct ptn_jsonw *w, const struct ptn_uuid *id,
    const char *username)
{
	char text[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_USER, id, text);
	ptn_jsonw_object(w, "user");
	ptn_jsonw_str(w, "id", text);
	ptn_jsonw_str(w, "name", username);
	ptn_jsonw_str(w, "displayName", username);
	ptn_jsonw_end_object(w);
}

void
ptn_dfns_write_rp(struct ptn_jsonw *w, const struct ptn_org *org)
{
	ptn_jsonw_object(w, "rp");
	ptn_jsonw_str(w, "id", org->rp_id);
	ptn_jsonw_str(w, "name", org->rp_name);
	ptn_jsonw_end_object(w);
}

void
ptn_dfns_write_attestation(struct ptn_jsonw *w, const struct ptn_request *req)
{
	ptn_jsonw_str(w, "attestation",
	    req->sc.cf->passkey_attestation == PTN_CONVEY_NONE ? "none"
							       : "direct");
}

/* secret: the kind that is offered only as this factor, or NULL. */
static void
write_kinds(struct ptn_jsonw *w, const char *name, const char *secret)
{
	ptn_jsonw_array(w, name);
	ptn_jsonw_str(w, NULL, "Fido2");
	ptn_jsonw_str(w, NULL, "Key");
	ptn_jsonw_str(w, NULL, "PasswordProtectedKey");
	if (secret != NULL)
		ptn_jsonw_str(w, NULL, secret);
	ptn_jsonw_end_array(w);
}

static void
write_params(struct ptn_jsonw *w)
{
	static const int64_t algs[] = { -7, -257, -8 };
	size_t i;

	ptn_jsonw_array(w, "pubKeyCredParams");
	for (i = 0; i < PTN_ARRAY_LEN(algs); i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonw_int(w, "alg", algs[i]);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

static void
write_excluded(struct ptn_jsonw *w, const struct ptn_dfns_cred *c, size_t n)
{
	size_t i;

	ptn_jsonw_array(w, "excludeCredentials");
	for (i = 0; i < n; i++) {
		/* One that is not admitted is on an authenticator, too. */
		if (c[i].kind != PTN_CRED_FIDO2 || !c[i].active)
			continue;
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonw_str(w, "id", c[i].cred_id);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

void
ptn_dfns_write_creation(struct ptn_jsonw *w, const struct ptn_request *req,
    const char *challenge, const struct ptn_dfns_cred *creds, size_t n,
    const char *otp_url)
{
	const bool passwords = ptn_dfns_password_on(&req->sc);

	ptn_jsonw_str(w, "challenge", challenge);
	ptn_jsonw_object(w, "supportedCredentialKinds");
	write_kinds(w, "firstFactor", passwords ? "Password" : NULL);
	write_kinds(w, "secondFactor", passwords ? "Totp" : NULL);
	ptn_jsonw_end_object(w);
	write_params(w);
	ptn_dfns_write_attestation(w, req);
	write_excluded(w, creds, n);
	ptn_jsonw_object(w, "authenticatorSelection");
	ptn_jsonw_str(w, "residentKey", "required");
	ptn_jsonw_bool(w, "requireResidentKey", true);
	ptn_jsonw_str(w, "userVerification", "required");
	ptn_jsonw_end_object(w);
	ptn_jsonw_str(w, "otpUrl", otp_url);
}
