#include "fcgi/dfns/dfns.h"

/* As which factor a kind may be used. */
static const char *
factor_of(enum ptn_dfns_cred_kind kind)
{
	return kind == PTN_CRED_PASSWORD ? "first"
	    : kind == PTN_CRED_TOTP	 ? "second"
					 : "either";
}

static void
write_kind(struct ptn_jsonw *w, enum ptn_dfns_cred_kind kind)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", ptn_dfns_cred_kind_name(kind));
	ptn_jsonw_str(w, "factor", factor_of(kind));
	ptn_jsonw_bool(w, "requiresSecondFactor", kind == PTN_CRED_PASSWORD);
	ptn_jsonw_end_object(w);
}

static void
write_kinds(struct ptn_jsonw *w, const struct ptn_dfns_challenge *ch)
{
	bool written[PTN_CRED__MAX] = { false };
	enum ptn_dfns_cred_kind kind;
	size_t i;

	ptn_jsonw_array(w, "supportedCredentialKinds");
	if (ch->state.any_passkey)
		write_kind(w, PTN_CRED_FIDO2);
	for (i = 0; i < ch->signers.n; i++) {
		kind = ch->signers.cred[i].kind;
		if (written[kind])
			continue;
		written[kind] = true;
		write_kind(w, kind);
	}
	ptn_jsonw_end_array(w);
}

static void
write_allowed(struct ptn_jsonw *w, const char *name,
    const struct ptn_dfns_challenge *ch, enum ptn_dfns_cred_kind kind)
{
	const struct ptn_dfns_cred *c;
	size_t i;

	ptn_jsonw_array(w, name);
	for (i = 0; i < ch->signers.n; i++) {
		c = &ch->signers.cred[i];
		if (c->kind != kind)
			continue;
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonw_str(w, "id", c->cred_id);
		if (kind == PTN_CRED_PASSWORD_PROTECTED_KEY)
			ptn_jsonw_str(w, "encryptedPrivateKey",
			    c->encrypted_private_key);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

void
ptn_dfns_write_challenge(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_challenge *ch)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	write_kinds(w, ch);
	ptn_jsonw_str(w, "challenge", ch->challenge);
	ptn_jsonw_str(w, "challengeIdentifier", ch->identifier);
	ptn_jsonw_str(w, "externalAuthenticationUrl", "");
	ptn_jsonw_str(w, "userVerification", "required");
	ptn_dfns_write_attestation(w, req);
	ptn_dfns_write_rp(w, ch->org);
	ptn_jsonw_object(w, "allowCredentials");
	write_allowed(w, "key", ch, PTN_CRED_KEY);
	write_allowed(w, "webauthn", ch, PTN_CRED_FIDO2);
	if (ch->with_encrypted)
		write_allowed(w, "passwordProtectedKey", ch,
		    PTN_CRED_PASSWORD_PROTECTED_KEY);
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}
