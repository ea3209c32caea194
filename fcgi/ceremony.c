#include "fcgi/ceremony.h"

#include "fcgi/jsonval.h"
#include "lib/conf/conf.h"

static void
write_uv(struct ptn_jsonw *w, enum ptn_user_verification uv)
{
	static const char *const words[] = {
		[PTN_UV_REQUIRED] = "required",
		[PTN_UV_PREFERRED] = "preferred",
		[PTN_UV_DISCOURAGED] = "discouraged",
	};

	ptn_jsonw_str(w, "userVerification", words[uv]);
}

static void
write_challenge(struct ptn_jsonw *w, const struct ptn_webauthn_challenge *ch)
{
	ptn_jsonval_b64url(w, "challenge",
	    PTN_BYTES(ch->value, sizeof(ch->value)));
}

/* The credentials of a list; none: no list. */
static void
write_list(struct ptn_jsonw *w, const char *name,
    const struct ptn_credential *list, size_t n, bool transports)
{
	size_t i;

	if (n == 0)
		return;
	ptn_jsonw_array(w, name);
	for (i = 0; i < n; i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonval_b64url(w, "id", list[i].id);
		if (transports && list[i].transports[0] != '\0')
			ptn_jsonval_names(w, "transports", list[i].transports);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
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

static void
write_attestation(struct ptn_jsonw *w, int64_t conveyance)
{
	static const char *const words[] = {
		[PTN_CONVEY_NONE] = "none",
		[PTN_CONVEY_INDIRECT] = "indirect",
		[PTN_CONVEY_DIRECT] = "direct",
	};

	ptn_jsonw_str(w, "attestation", words[conveyance]);
}

/* A passkey is found without a name; a security key is not to be. */
static void
write_selection(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_passkey_options *o)
{
	static const char *const words[] = {
		[PTN_ATTACH_PLATFORM] = "platform",
		[PTN_ATTACH_CROSS] = "cross-platform",
		[PTN_ATTACH_ANY] = NULL,
	};
	const char *attachment =
	    o->security_key ? words[cf->mfa_key_attachment] : NULL;

	ptn_jsonw_object(w, "authenticatorSelection");
	if (attachment != NULL)
		ptn_jsonw_str(w, "authenticatorAttachment", attachment);
	ptn_jsonw_bool(w, "requireResidentKey", !o->security_key);
	ptn_jsonw_str(w, "residentKey",
	    o->security_key ? "discouraged" : "required");
	write_uv(w, o->uv);
	ptn_jsonw_end_object(w);
}

/* Whose site it is, and whose credential. */
static void
write_names(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_passkey_options *o)
{
	const struct ptn_uuid *user = &o->challenge.user_id;

	ptn_jsonw_object(w, "rp");
	ptn_jsonw_str(w, "name", cf->rp_name);
	ptn_jsonw_str(w, "id", cf->rp_id);
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "user");
	ptn_jsonw_str(w, "name", o->name);
	ptn_jsonw_str(w, "displayName", o->shown_name);
	ptn_jsonval_b64url(w, "id", PTN_BYTES(user->b, sizeof(user->b)));
	ptn_jsonw_end_object(w);
}

void
ptn_ceremony_creation(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf, const struct ptn_passkey_options *o)
{
	ptn_jsonw_object(w, name);
	ptn_jsonw_object(w, "publicKey");
	write_names(w, cf, o);
	write_challenge(w, &o->challenge);
	write_parameters(w);
	ptn_jsonw_int(w, "timeout", o->timeout_ms);
	write_list(w, "excludeCredentials", o->excluded, o->n, true);
	write_selection(w, cf, o);
	write_attestation(w,
	    o->security_key ? cf->mfa_key_attestation
			    : cf->passkey_attestation);
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}

void
ptn_ceremony_request(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf, const struct ptn_signin_passkey_options *o)
{
	ptn_jsonw_object(w, name);
	ptn_jsonw_object(w, "publicKey");
	write_challenge(w, &o->challenge);
	ptn_jsonw_int(w, "timeout", o->timeout_ms);
	ptn_jsonw_str(w, "rpId", cf->rp_id);
	write_list(w, "allowCredentials", o->allowed, o->n, o->transports);
	write_uv(w, o->uv);
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}
