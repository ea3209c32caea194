#include <string.h>

#include "fcgi/jsonval.h"
#include "fcgi/public/passkey.h"
#include "fcgi/public/public.h"
#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/event/tx.h"

#define AUTH_DATA_MAX 4096 /* bytes */
#define SIGNATURE_MAX 1024 /* bytes; RSA of 4096 bits has 512 */

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
	[LOGIN_ID] = { "id", PTN_F_B64URL, true, PTN_CREDENTIAL_ID_MAX,
	    LOGIN_FAULT, PTN_OK },
	[LOGIN_TYPE] = { "type", PTN_F_TEXT, true, 32, LOGIN_FAULT, PTN_OK },
	[LOGIN_CLIENT_DATA] = { "response.clientDataJSON", PTN_F_B64URL, true,
	    PTN_CLIENT_DATA_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_AUTH_DATA] = { "response.authenticatorData", PTN_F_B64URL, true,
	    AUTH_DATA_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_SIGNATURE] = { "response.signature", PTN_F_B64URL, true,
	    SIGNATURE_MAX, LOGIN_FAULT, PTN_OK },
	[LOGIN_USER_HANDLE] = { "response.userHandle", PTN_F_B64URL, false, 64,
	    LOGIN_FAULT, PTN_OK },
};

const struct ptn_input ptn_in_login_final = { login_fields, LOGIN__MAX };

static void
write_allowed(struct ptn_jsonw *w, const struct ptn_credential *c, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	ptn_jsonw_array(w, "allowCredentials");
	for (i = 0; i < n; i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "type", "public-key");
		ptn_jsonval_b64url(w, "id", c[i].id);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

/* The options of navigator.credentials.get() (hanko-public 5.5). */
static void
write_request(struct ptn_reply *rep, const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch, const struct ptn_credential *c,
    size_t n)
{
	struct ptn_jsonw *w = &rep->json;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_object(w, "publicKey");
	ptn_jsonval_b64url(w, "challenge",
	    PTN_BYTES(ch->value, sizeof(ch->value)));
	ptn_jsonw_int(w, "timeout", cf->webauthn_login_ms);
	ptn_jsonw_str(w, "rpId", cf->rp_id);
	write_allowed(w, c, n);
	ptn_jsonw_str(w, "userVerification", ptn_passkey_uv(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_object(w);
}

/* The passkeys of the user that is named; the contract tells of unknown ones.
 */
static enum ptn_err
find_allowed(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_credential **c, size_t *n)
{
	const struct ptn_uuid *user = &req->in[INIT_USER].id;
	struct ptn_user found;
	enum ptn_err r;

	req->actor.user_id = *user;
	r = ptn_user_get(&req->sc, user, &found);
	if (r == PTN_E_NOT_FOUND)
		return ptn_passkey_init_failed(req, rep,
		    PTN_EVENT_AUTHENTICATION_INIT_FAILED, "user not found");
	if (r != PTN_OK)
		return r;
	return ptn_credentials_of(&req->sc, user, c, n);
}

/*
 * POST /webauthn/login/initialize: what a passkey is to sign; one of the
 * user's that is named, or any that the browser has for this site.
 */
enum ptn_err
ptn_public_login_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_webauthn_challenge ch = { .ceremony =
						 PTN_WEBAUTHN_AUTHENTICATION,
		.require_uv = req->sc.cf->passkey_uv == PTN_UV_REQUIRED };
	struct ptn_credential *c = NULL;
	size_t n = 0;
	enum ptn_err r;

	if (req->in[INIT_USER].set &&
	    (r = find_allowed(req, rep, &c, &n)) != PTN_OK)
		return r;
	if (n > 0)
		ch.user_id = req->in[INIT_USER].id;
	r = ptn_webauthn_challenge_put(&req->sc, req->sc.cf->webauthn_login_ms,
	    &ch);
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_AUTHENTICATION_INIT_OK, NULL);
	rep->no_store = true;
	write_request(rep, req->sc.cf, &ch, c, n);
	return PTN_OK;
}

static enum ptn_err
login_failed(struct ptn_request *req, struct ptn_reply *rep, const char *why,
    enum ptn_err r, const char *message)
{
	ptn_event_note(&req->sc, PTN_EVENT_AUTHENTICATION_FINAL_FAILED, why);
	return ptn_reply_say(rep, r, message);
}

struct logging_in {
	struct ptn_request *req;
	struct ptn_uuid user_id;
	struct ptn_webauthn_challenge ch;
	struct ptn_webauthn_finding finding;
	struct ptn_email_claim primary;
	struct ptn_claims claims;
};

/*
 * WebAuthn L3 7.2, steps 5 and 6: whose passkey this is.  A challenge for a
 * user allows all of theirs and no other's; one for nobody wants a user
 * handle, which is the 16 bytes of the user's id.
 */
static enum ptn_err
find_user(struct ptn_request *req, struct ptn_reply *rep, struct logging_in *l)
{
	const struct ptn_value *handle = &req->in[LOGIN_USER_HANDLE];
	const bool given = handle->set && handle->b.len > 0;
	const bool discoverable = ptn_uuid_is_nil(&l->ch.user_id);
	struct ptn_uuid id = l->ch.user_id;

	if (given && handle->b.len == sizeof(id.b))
		memcpy(id.b, handle->b.p, sizeof(id.b));
	else if (discoverable || given)
		return login_failed(req, rep, "no usable user handle",
		    discoverable ? PTN_E_INPUT : PTN_E_DENIED,
		    discoverable ? "failed to parse userHandle as uuid"
				 : "failed to validate assertion");
	if (!discoverable && !ptn_uuid_equal(&id, &l->ch.user_id))
		return login_failed(req, rep, "user handle of another user",
		    PTN_E_DENIED, "failed to validate assertion");
	l->user_id = id;
	req->actor.user_id = id;
	return PTN_OK;
}

/* The rest of 7.2, under the lock of the user and of the credential. */
static enum ptn_err
assert_credential(const struct ptn_scope *sc, struct logging_in *l,
    struct ptn_credential *c)
{
	struct ptn_request *req = l->req;
	const struct ptn_webauthn_rp rp = ptn_passkey_rp(req->sc.cf);
	const struct ptn_webauthn_want want =
	    ptn_passkey_want(req->sc.cf, &l->ch);
	const struct ptn_webauthn_stored stored = {
		.cose_key = c->public_key,
		.sign_count = (uint32_t)c->sign_count,
		.be = c->backup_eligible,
	};
	const struct ptn_webauthn_assertion in = {
		.client_data_json = req->in[LOGIN_CLIENT_DATA].b,
		.authenticator_data = req->in[LOGIN_AUTH_DATA].b,
		.signature = req->in[LOGIN_SIGNATURE].b,
	};
	struct ptn_webauthn_asserted out;
	enum ptn_err r;

	r = ptn_webauthn_assert(req->sc.arena, &rp, &want, &stored, &in, &out,
	    &l->finding);
	if (r != PTN_OK)
		return r;
	if (l->finding.verdict != PTN_ALLOW)
		return PTN_E_DENIED;
	c->sign_count = out.sign_count;
	c->backup_state = out.bs;
	return ptn_credential_used(sc, c);
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	struct ptn_request *req = l->req;
	struct ptn_credential c;
	enum ptn_err r;

	memset(&l->finding, 0, sizeof(l->finding));
	if ((r = ptn_user_lock(sc, &l->user_id)) != PTN_OK ||
	    (r = ptn_credential_lock(sc, req->in[LOGIN_ID].b, &c)) != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&c.user_id, &l->user_id))
		return PTN_E_NOT_FOUND;
	if ((r = assert_credential(sc, l, &c)) != PTN_OK ||
	    (r = ptn_email_primary(sc, &l->user_id, &l->primary)) != PTN_OK)
		return r;
	return ptn_public_issue_row(req, &l->user_id, &l->primary, &l->claims);
}

/* Client data and authenticator data that are none are a fault of the form. */
static enum ptn_err
not_asserted(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_webauthn_finding *f)
{
	if (f->problem == PTN_WA_AUTH_DATA)
		return login_failed(req, rep, f->why, PTN_E_INPUT,
		    "Error unmarshalling auth data");
	if (f->problem == PTN_WA_CLIENT_DATA || f->problem == PTN_WA_COUNTER)
		return login_failed(req, rep, f->why, PTN_E_INPUT,
		    "failed to validate assertion");
	return login_failed(req, rep,
	    f->why != NULL ? f->why : "unknown credential", PTN_E_DENIED,
	    "failed to validate assertion");
}

/* POST /webauthn/login/finalize: trade an assertion for a session. */
enum ptn_err
ptn_public_login_final(struct ptn_request *req, struct ptn_reply *rep)
{
	struct logging_in l = { .req = req };
	enum ptn_err r;

	if (!ptn_passkey_type_ok(&req->in[LOGIN_TYPE]))
		return ptn_reply_say(rep, PTN_E_INPUT, LOGIN_FAULT);
	r = ptn_passkey_challenge(req, PTN_WEBAUTHN_AUTHENTICATION,
	    req->in[LOGIN_CLIENT_DATA].b, &l.ch);
	if (r == PTN_E_INPUT)
		return login_failed(req, rep, "malformed client data", r,
		    "failed to validate assertion");
	if (r == PTN_E_NOT_FOUND)
		return login_failed(req, rep, "unknown challenge", PTN_E_DENIED,
		    "Stored challenge and received challenge do not match");
	if (r == PTN_E_EXPIRED)
		return login_failed(req, rep, "expired challenge", PTN_E_DENIED,
		    "failed to validate assertion");
	if (r != PTN_OK || (r = find_user(req, rep, &l)) != PTN_OK)
		return r;
	r = ptn_tx(&req->sc, log_in, &l);
	if (r == PTN_E_DENIED || r == PTN_E_NOT_FOUND)
		return not_asserted(req, rep, &l.finding);
	if (r != PTN_OK)
		return r;
	req->actor.email = l.primary.address;
	ptn_event_note(&req->sc, PTN_EVENT_AUTHENTICATION_FINAL_OK, NULL);
	ptn_passkey_write(rep, req->in[LOGIN_ID].b, &l.user_id);
	return ptn_public_issue_token(req, rep, &l.claims);
}
