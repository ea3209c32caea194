#include "fcgi/dfns/challenge.h"

#include <string.h>

#include "fcgi/dfns/dfns.h"
#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/dfns/token.h"
#include "lib/format/json.h"

enum ptn_err
ptn_dfns_challenge_signers(struct ptn_request *req, const struct ptn_uuid *user,
    struct ptn_dfns_challenge *ch)
{
	struct ptn_dfns_cred *all;
	bool passwords, with_totp;
	enum ptn_err r;
	size_t i, n;

	r = ptn_dfns_creds_of(&req->sc, user, &all, &n);
	if (r != PTN_OK)
		return r;
	passwords = ptn_feature_dfns_passwords(req->sc.cf);
	ch->cred = all;
	ch->n = 0;
	if (!ptn_dfns_creds_suffice(all, n, passwords))
		return PTN_OK;
	with_totp = passwords && ptn_dfns_creds_have(all, n, PTN_CRED_TOTP);
	for (i = 0; i < n; i++)
		if (all[i].active &&
		    (ptn_dfns_cred_signs(&all[i]) ||
			(with_totp && ptn_dfns_cred_kind_secret(all[i].kind))))
			ch->cred[ch->n++] = all[i];
	return PTN_OK;
}

/*
 * A key whose encrypted half was not handed out cannot answer.  The state has
 * the ids of those that can.
 */
static bool
may_answer(const struct ptn_dfns_challenge *ch, const struct ptn_dfns_cred *c)
{
	return c->kind != PTN_CRED_PASSWORD_PROTECTED_KEY || ch->with_encrypted;
}

const char *
ptn_dfns_challenge_state(struct ptn_arena *a,
    const struct ptn_dfns_challenge *ch)
{
	const bool somebody = !ptn_uuid_is_nil(&ch->user_id);
	char id[PTN_UUID_STR];
	struct ptn_jsonw w;
	size_t i;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_uuid_format(somebody ? &ch->user_id : &ch->decoy, id);
	ptn_jsonw_str(&w, "account", id);
	if (ch->extra != NULL)
		ptn_jsonw_raw(&w, "action", ch->extra);
	if (ch->nameless)
		ptn_jsonw_bool(&w, "nameless", true);
	ptn_jsonw_array(&w, "allow");
	for (i = 0; i < ch->n && somebody; i++) {
		if (!may_answer(ch, &ch->cred[i]))
			continue;
		ptn_uuid_format(&ch->cred[i].id, id);
		ptn_jsonw_str(&w, NULL, id);
	}
	ptn_jsonw_end_array(&w);
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? NULL : w.buf.p;
}

static bool
listed(struct ptn_arena *a, const struct ptn_json *list,
    const struct ptn_uuid *id)
{
	struct ptn_uuid u;
	const char *text;
	size_t i;

	for (i = 0; i < ptn_json_len(list); i++) {
		text = ptn_json_text(a, ptn_json_at(list, i));
		if (text != NULL && ptn_uuid_parse(text, &u) &&
		    ptn_uuid_equal(&u, id))
			return true;
	}
	return false;
}

enum ptn_err
ptn_dfns_challenge_allowed(struct ptn_request *req, const char *state,
    struct ptn_dfns_challenge *ch)
{
	struct ptn_json *all = NULL;
	const struct ptn_json *list;
	const char *why;
	bool nameless, fido;
	size_t i, n = 0;

	if (ptn_json_parse(ptn_bytes_of(state), PTN_DFNS_CEREMONY_DEPTH, &all,
		&why) != PTN_OK)
		return PTN_E_INTERNAL;
	list = ptn_json_get(all, "allow");
	nameless = ptn_json_bool(ptn_json_get(all, "nameless"));
	for (i = 0; i < ch->n; i++) {
		fido = ch->cred[i].kind == PTN_CRED_FIDO2;
		if (nameless ? fido
			     : listed(req->sc.arena, list, &ch->cred[i].id))
			ch->cred[n++] = ch->cred[i];
	}
	ch->n = n;
	ptn_json_free(&all);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_challenge_decoy(struct ptn_request *req, const char *org,
    const char *username, struct ptn_dfns_challenge *ch)
{
	/* The last one only where there are passwords: a Totp comes with it. */
	static const enum ptn_dfns_cred_kind kinds[] = { PTN_CRED_FIDO2,
		PTN_CRED_FIDO2, PTN_CRED_KEY, PTN_CRED_PASSWORD_PROTECTED_KEY,
		PTN_CRED_PASSWORD };
	const size_t nkinds =
	    PTN_ARRAY_LEN(kinds) - !ptn_feature_dfns_passwords(req->sc.cf);
	uint8_t mac[PTN_SHA256_LEN], id[PTN_SHA256_LEN];
	char *key = NULL, *text;
	enum ptn_err r;

	r = ptn_unicode_fold(req->sc.arena, username, &key);
	if (r != PTN_OK && r != PTN_E_INPUT)
		return r;
	text = ptn_arena_printf(req->sc.arena, "%s %s", org,
	    key != NULL ? key : username);
	if (text == NULL ||
	    (ch->cred = ptn_arena_calloc(req->sc.arena, 2,
		 sizeof(*ch->cred))) == NULL)
		return PTN_E_NOMEM;
	r = ptn_secrets_mac(req->sc.secrets, 0, PTN_KEY_USE_DECOY,
	    ptn_bytes_of(text), mac);
	if (r != PTN_OK)
		return r;
	ptn_crypto_sha256(PTN_BYTES(mac, sizeof(mac)), id);
	memcpy(ch->decoy.b, mac + 1, sizeof(ch->decoy.b));
	ch->cred[0].kind = kinds[mac[0] % nkinds];
	ch->cred[1].kind = PTN_CRED_TOTP;
	ch->n = ch->cred[0].kind == PTN_CRED_PASSWORD ? 2 : 1;
	ch->cred[0].cred_id =
	    ptn_b64url_encode(req->sc.arena, PTN_BYTES(id, sizeof(id)));
	return ch->cred[0].cred_id != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* Where a kind may stand (specification 3): "either" but for the secrets. */
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
	bool told[PTN_CRED__MAX] = { false };
	enum ptn_dfns_cred_kind kind;
	size_t i;

	ptn_jsonw_array(w, "supportedCredentialKinds");
	if (ch->nameless)
		write_kind(w, PTN_CRED_FIDO2);
	for (i = 0; i < ch->n; i++) {
		kind = ch->cred[i].kind;
		if (told[kind])
			continue;
		told[kind] = true;
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
	for (i = 0; i < ch->n; i++) {
		c = &ch->cred[i];
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

/* Specification 3. */
static void
write_challenge(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_challenge *ch, const char *challenge,
    const char *identifier)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	write_kinds(w, ch);
	ptn_jsonw_str(w, "challenge", challenge);
	ptn_jsonw_str(w, "challengeIdentifier", identifier);
	ptn_jsonw_str(w, "externalAuthenticationUrl", "");
	ptn_jsonw_str(w, "userVerification", "required");
	ptn_jsonw_str(w, "attestation",
	    req->sc.cf->passkey_attestation == PTN_CONVEY_NONE ? "none"
							       : "direct");
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

enum ptn_err
ptn_dfns_challenge_give(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_challenge *ch)
{
	struct ptn_dfns_ceremony c = { .user_id = ch->user_id,
		.purpose = ch->purpose,
		.challenge = ch->challenge != NULL
		    ? ch->challenge
		    : ptn_dfns_ceremony_challenge_new(req->sc.arena),
		.state = ptn_dfns_challenge_state(req->sc.arena, ch) };
	/* An organisation that does not exist has ceremonies all the same. */
	const struct ptn_scope at = ptn_scope_at(&req->sc, &ch->org->id);
	char *identifier;
	enum ptn_err r;

	if (c.challenge == NULL || c.state == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_dfns_ceremony_put(&at, &c)) != PTN_OK ||
	    (r = ptn_dfns_issue_token(req, PTN_DFNS_TOKEN_CHALLENGE,
		 &ch->org->id, NULL, &c.id,
		 ptn_dfns_ceremony_ttl_s(ch->purpose), &identifier)) != PTN_OK)
		return r;
	write_challenge(req, rep, ch, c.challenge, identifier);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_challenge_take(struct ptn_request *req, struct ptn_bytes identifier,
    enum ptn_dfns_ceremony_kind purpose, struct ptn_dfns_ceremony *c)
{
	enum ptn_verdict verdict;
	struct ptn_dfns_token t;
	struct ptn_scope at;
	enum ptn_err r;

	r = ptn_dfns_token_verify(&req->sc, identifier,
	    PTN_DFNS_TOKEN_CHALLENGE, &t, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return PTN_E_NOT_FOUND;
	at = ptn_scope_at(&req->sc, &t.org);
	r = ptn_dfns_ceremony_take(&at, purpose, &t.id, c);
	if (r == PTN_OK)
		req->sc.tenant_id = t.org;
	return r;
}
