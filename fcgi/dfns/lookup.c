#include <string.h>

#include "fcgi/dfns/dfns.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/format/dfnsid.h"

bool
ptn_dfns_discloses_accounts(const struct ptn_request *req)
{
	return req->sc.cf->dfns_enumeration == PTN_ENUMERATION_DOCUMENTED;
}

struct ptn_uuid
ptn_dfns_org_id(const char *text)
{
	struct ptn_uuid id;

	/* The nil UUID is NULL in the database. */
	if (ptn_dfnsid_parse(PTN_DFNSID_ORG, ptn_bytes_of(text), &id) !=
		PTN_OK ||
	    ptn_uuid_is_nil(&id))
		id = ptn_uuid_new();
	return id;
}

enum ptn_err
ptn_dfns_org(struct ptn_request *req, const struct ptn_uuid *id,
    struct ptn_org *out)
{
	enum ptn_err r;

	r = ptn_org_get(&req->sc, id, out);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	out->id = *id;
	if (r == PTN_OK && out->active)
		return PTN_OK;
	out->active = false;
	out->rp_id = req->sc.cf->rp_id;
	out->rp_name = req->sc.cf->rp_name;
	return PTN_OK;
}

enum ptn_err
ptn_dfns_lookup(struct ptn_request *req, const char *org, const char *username,
    struct ptn_dfns_lookup *who)
{
	const struct ptn_uuid id = ptn_dfns_org_id(org);
	const struct ptn_scope at = ptn_scope_at(&req->sc, &id);
	enum ptn_err r;

	memset(who, 0, sizeof(*who));
	if ((r = ptn_dfns_org(req, &id, &who->org)) != PTN_OK)
		return r;
	r = ptn_member_by_name(&at, username, &who->member);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	who->known = who->org.active && r == PTN_OK && !who->member.archived &&
	    !who->member.service_account;
	if (who->known) {
		req->sc.tenant_id = id;
		req->actor.user_id = who->member.id;
		req->actor.email = who->member.address;
	} else {
		memset(&who->member, 0, sizeof(who->member));
		who->member.id = ptn_uuid_new();
	}
	return PTN_OK;
}

enum ptn_err
ptn_dfns_refuse_member(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_event failed, const struct ptn_member *m)
{
	enum ptn_dfns_refusal why = PTN_DFNS_NO_CREDENTIAL;
	const char *word = "no credential";

	if (m->username == NULL || m->archived || m->service_account) {
		why = PTN_DFNS_NO_USER;
		word = "unknown user";
	} else if (!m->active) {
		why = PTN_DFNS_DEACTIVATED;
		word = "deactivated";
	}
	if (failed != PTN_EVENT_NONE)
		ptn_event_note(&req->sc, failed, word);
	return ptn_dfns_refuse(rep, why);
}

enum ptn_err
ptn_dfns_notify(const struct ptn_scope *sc, enum ptn_event what,
    const struct ptn_org *org, const struct ptn_member *m)
{
	const struct ptn_notice_to to = {
		.address = m->verified ? m->address : NULL,
		.username = m->username,
		.service = org->rp_name,
	};

	return ptn_event_tell(sc, what, &to);
}

enum ptn_err
ptn_dfns_issue_token(struct ptn_request *req, enum ptn_dfns_token_kind kind,
    const struct ptn_uuid *org, const struct ptn_member *m,
    const struct ptn_uuid *id, int64_t ttl_s, char **token)
{
	const int64_t now = ptn_clock_us() / PTN_US_PER_S;
	struct ptn_dfns_token t = { .kind = kind,
		.id = *id,
		.org = *org,
		.iat = now,
		.exp = now + ttl_s };

	if (m != NULL) {
		t.user = m->id;
		t.username = m->username;
	}
	return ptn_dfns_token_sign(&req->sc, &t, token);
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

/* more: the kind that stands in this place alone, or NULL. */
static void
write_kinds(struct ptn_jsonw *w, const char *name, const char *more)
{
	ptn_jsonw_array(w, name);
	ptn_jsonw_str(w, NULL, "Fido2");
	ptn_jsonw_str(w, NULL, "Key");
	ptn_jsonw_str(w, NULL, "PasswordProtectedKey");
	if (more != NULL)
		ptn_jsonw_str(w, NULL, more);
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
	const bool passwords = ptn_feature_dfns_passwords(req->sc.cf);

	ptn_jsonw_str(w, "challenge", challenge);
	ptn_jsonw_object(w, "supportedCredentialKinds");
	write_kinds(w, "firstFactor", passwords ? "Password" : NULL);
	write_kinds(w, "secondFactor", passwords ? "Totp" : NULL);
	ptn_jsonw_end_object(w);
	write_params(w);
	ptn_jsonw_str(w, "attestation",
	    req->sc.cf->passkey_attestation == PTN_CONVEY_NONE ? "none"
							       : "direct");
	write_excluded(w, creds, n);
	ptn_jsonw_object(w, "authenticatorSelection");
	ptn_jsonw_str(w, "residentKey", "required");
	ptn_jsonw_bool(w, "requireResidentKey", true);
	ptn_jsonw_str(w, "userVerification", "required");
	ptn_jsonw_end_object(w);
	ptn_jsonw_str(w, "otpUrl", otp_url);
}
