#include "fcgi/dfns/add_credential.h"

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "lib/account/jwt.h"
#include "lib/account/user.h"
#include "lib/base/clock.h"
#include "lib/dfns/verify.h"
#include "lib/event/tx.h"
#include "lib/format/dfnsid.h"
#include "lib/format/json.h"

enum { INIT_KIND, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_KIND] = { "kind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_kind = { init_fields, INIT__MAX };

/* Of the rest of the body, lib/dfns/factor.h knows. */
enum { NEW_CHALLENGE, NEW_NAME, NEW_INFO, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_CHALLENGE] = { "challengeIdentifier", PTN_F_SECRET, true,
	    PTN_JWT_MAX, NULL, PTN_OK },
	[NEW_NAME] = { "credentialName", PTN_F_TEXT, true,
	    PTN_CREDENTIAL_NAME_MAX, NULL, PTN_OK },
	[NEW_INFO] = { "credentialInfo", PTN_F_JSON, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_credential = { new_fields, NEW__MAX };

enum { UUID, UUID__MAX };

static const struct ptn_field uuid_fields[UUID__MAX] = {
	[UUID] = { "credentialUuid", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_dfns_uuid = { uuid_fields, UUID__MAX };

bool
ptn_dfns_kind_offered(const struct ptn_request *req,
    enum ptn_dfns_cred_kind kind)
{
	if (ptn_dfns_cred_kind_secret(kind))
		return ptn_feature_dfns_passwords(req->sc.cf);
	return kind == PTN_CRED_FIDO2 || kind == PTN_CRED_KEY ||
	    kind == PTN_CRED_PASSWORD_PROTECTED_KEY ||
	    kind == PTN_CRED_RECOVERY_KEY;
}

/* What the challenge is for, as the rows keep it. */
static const char *
write_state(struct ptn_arena *a, const struct ptn_dfns_add_credential *m)
{
	char code[PTN_UUID_STR];
	struct ptn_jsonw w;

	ptn_uuid_format(&m->code, code);
	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "kind", ptn_dfns_cred_kind_name(m->kind));
	ptn_jsonw_str(&w, "code", code);
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? NULL : w.buf.p;
}

static enum ptn_err
write_init(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_add_credential *m, const struct ptn_dfns_ceremony *c,
    const char *otp_url)
{
	struct ptn_jsonw *w = &rep->json;
	struct ptn_dfns_cred *creds;
	char *token;
	enum ptn_err r;
	size_t n;

	if ((r = ptn_dfns_creds_of(&req->sc, &m->user_id, &creds, &n)) !=
		PTN_OK ||
	    (r = ptn_dfns_issue_token(req, PTN_DFNS_TOKEN_CHALLENGE,
		 &m->org->id, NULL, &c->id, ptn_dfns_ceremony_ttl_s(c->purpose),
		 &token)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", ptn_dfns_cred_kind_name(m->kind));
	ptn_jsonw_str(w, "challengeIdentifier", token);
	ptn_jsonw_str(w, "temporaryAuthenticationToken", token);
	ptn_dfns_write_user(w, &m->user_id, m->username);
	ptn_dfns_write_rp(w, m->org);
	ptn_dfns_write_creation(w, req, c->challenge, creds, n, otp_url);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_add_credential_start(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_add_credential *m)
{
	struct ptn_dfns_ceremony c = { .purpose = m->purpose,
		.user_id = m->user_id,
		.state = write_state(req->sc.arena, m),
		.challenge = ptn_dfns_ceremony_challenge_new(req->sc.arena) };
	const char *otp_url = "";
	enum ptn_err r = PTN_OK;

	if (c.challenge == NULL || c.state == NULL)
		return PTN_E_NOMEM;
	if (m->kind == PTN_CRED_TOTP)
		r = ptn_dfns_offer_totp(req, m->org, m->username, &c, &otp_url);
	if (r != PTN_OK || (r = ptn_dfns_ceremony_put(&req->sc, &c)) != PTN_OK)
		return r;
	return write_init(req, rep, m, &c, otp_url);
}

/* POST /auth/credentials/init: what one more credential is to sign. */
enum ptn_err
ptn_dfns_credential_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *me = &req->session.claims;
	struct ptn_org org;
	const struct ptn_dfns_add_credential m = {
		.purpose = PTN_DFNS_CEREMONY_CREDENTIAL,
		.org = &org,
		.user_id = me->sub,
		.username = me->email.address,
		.kind = ptn_dfns_cred_kind_of(req->in[INIT_KIND].b)
	};
	enum ptn_err r;

	if (!ptn_dfns_kind_offered(req, m.kind))
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_KIND].name);
	r = ptn_org_get(&req->sc, &req->sc.tenant_id, &org);
	return r == PTN_OK ? ptn_dfns_add_credential_start(req, rep, &m) : r;
}

static enum ptn_err
read_state(struct ptn_dfns_new_credential *k, enum ptn_dfns_cred_kind *kind)
{
	struct ptn_json *all = NULL;
	const char *why, *code;
	enum ptn_err r;

	r = ptn_json_parse(ptn_bytes_of(k->c.state), PTN_DFNS_CEREMONY_DEPTH,
	    &all, &why);
	if (r != PTN_OK)
		return PTN_E_INTERNAL;
	*kind =
	    ptn_dfns_cred_kind_of(ptn_json_string(ptn_json_get(all, "kind")));
	code = ptn_json_text(k->req->sc.arena, ptn_json_get(all, "code"));
	if (code == NULL || !ptn_uuid_parse(code, &k->code))
		r = PTN_E_INTERNAL;
	ptn_json_free(&all);
	return r;
}

enum ptn_err
ptn_dfns_new_credential_read(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_dfns_ceremony_kind purpose, struct ptn_dfns_new_credential *k)
{
	enum ptn_dfns_cred_kind kind = PTN_CRED_UNSET;
	const char *why = NULL;
	enum ptn_err r;

	k->req = req;
	r = ptn_dfns_factor_read_new(req->sc.arena, req->json, PTN_FACTOR_ANY,
	    &k->in, &why);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "", why);
	if (r != PTN_OK ||
	    (r = ptn_dfns_refuse_password(req, rep, "", &k->in)) != PTN_OK ||
	    (r = ptn_dfns_challenge_take(req, req->in[NEW_CHALLENGE].b, purpose,
		 &k->c)) != PTN_OK ||
	    (r = read_state(k, &kind)) != PTN_OK ||
	    (r = ptn_org_get(&req->sc, &req->sc.tenant_id, &k->org)) != PTN_OK)
		return r;
	return kind == k->in.kind ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_new_credential_verify(struct ptn_dfns_new_credential *k)
{
	const struct ptn_dfns_verify v = { &k->org, k->c.challenge,
		k->c.user_id, k->c.sealed };
	enum ptn_err r;

	r = ptn_dfns_verify_new(&k->req->sc, &v, &k->in, &k->cred, &k->ruling);
	if (r == PTN_OK && k->ruling.verdict != PTN_ALLOW)
		r = PTN_E_DENIED;
	return r == PTN_OK
	    ? ptn_dfns_password_hash(k->req, &k->in, &k->cred.hash)
	    : r;
}

/* A password stands beside an app, or not at all. */
static enum ptn_err
find_totp(const struct ptn_scope *sc, struct ptn_dfns_new_credential *k)
{
	struct ptn_dfns_cred *all;
	enum ptn_err r;
	size_t n;

	if (k->in.kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	r = ptn_dfns_creds_of(sc, &k->c.user_id, &all, &n);
	if (r == PTN_OK)
		k->alone = !ptn_dfns_creds_have(all, n, PTN_CRED_TOTP);
	return r == PTN_OK && k->alone ? PTN_E_CONFLICT : r;
}

static enum ptn_err
tell_member(const struct ptn_scope *sc, struct ptn_dfns_new_credential *k)
{
	struct ptn_member m;
	enum ptn_err r;

	r = ptn_member_by_id(sc, &k->c.user_id, &m);
	if (r != PTN_OK)
		return r;
	return ptn_dfns_notify(sc, PTN_EVENT_DFNS_CREDENTIAL_CREATED, &k->org,
	    &m);
}

enum ptn_err
ptn_dfns_new_credential_put(const struct ptn_scope *sc,
    struct ptn_dfns_new_credential *k)
{
	enum ptn_err r;

	k->alone = k->conflict = false;
	if ((r = find_totp(sc, k)) != PTN_OK)
		return r;
	r = ptn_dfns_cred_put(sc, &k->c.user_id, &k->cred);
	k->conflict = r == PTN_E_CONFLICT;
	return r == PTN_OK ? tell_member(sc, k) : r;
}

void
ptn_dfns_new_credential_write(struct ptn_reply *rep,
    struct ptn_dfns_new_credential *k)
{
	k->cred.created_at_us = ptn_clock_us();
	rep->no_store = true;
	ptn_dfns_write_credential(&rep->json, &k->org, &k->cred);
}

/* The challenge must be this user's. */
static enum ptn_err
read_mine(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_new_credential *k)
{
	const struct ptn_uuid org = req->sc.tenant_id;
	enum ptn_err r;

	r = ptn_dfns_new_credential_read(req, rep, PTN_DFNS_CEREMONY_CREDENTIAL,
	    k);
	if (r == PTN_OK &&
	    (!ptn_uuid_equal(&org, &req->sc.tenant_id) ||
		!ptn_uuid_equal(&k->c.user_id, &req->session.claims.sub)))
		r = PTN_E_NOT_FOUND;
	req->sc.tenant_id = org;
	return r;
}

/* The action is spent even if the credential turns out to be there. */
static enum ptn_err
create(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_new_credential *k = arg;
	struct ptn_request *req = k->req;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &k->c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_action_use(req, sc)) != PTN_OK)
		return r;
	r = ptn_dfns_new_credential_put(sc, k);
	return r == PTN_E_CONFLICT ? PTN_OK : r;
}

/* POST /auth/credentials: store one more, which has signed its challenge. */
enum ptn_err
ptn_dfns_credential_create(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_new_credential k = { .req = req };
	enum ptn_err r;

	r = read_mine(req, rep, &k);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_CHALLENGE);
	if (r == PTN_OK)
		r = ptn_dfns_new_credential_verify(&k);
	if (r == PTN_E_DENIED)
		return ptn_dfns_refuse(rep, PTN_DFNS_NOT_PROVED);
	if (r != PTN_OK)
		return r;
	r = ptn_tx(&req->sc, create, &k);
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r != PTN_OK)
		return r;
	if (k.conflict)
		return ptn_dfns_refuse(rep, PTN_DFNS_CREDENTIAL_EXISTS);
	if (k.alone)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_TOTP);
	ptn_dfns_new_credential_write(rep, &k);
	return PTN_OK;
}

struct switching {
	struct ptn_request *req;
	struct ptn_uuid id;
	bool on;
	bool found;
	bool last; /* the last that logs in must stay */
};

static enum ptn_err
choose(const struct ptn_scope *sc, struct switching *s)
{
	const bool passwords = ptn_feature_dfns_passwords(s->req->sc.cf);
	struct ptn_dfns_cred *c, *it = NULL;
	size_t i, n;
	bool was;
	enum ptn_err r;

	r = ptn_dfns_creds_of(sc, &s->req->session.claims.sub, &c, &n);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&c[i].id, &s->id))
			it = &c[i];
	s->last = false;
	s->found = it != NULL;
	if (!s->found)
		return PTN_OK;
	was = ptn_dfns_creds_suffice(c, n, passwords);
	it->active = s->on;
	s->last = was && !ptn_dfns_creds_suffice(c, n, passwords);
	if (s->last)
		return PTN_OK;
	return ptn_dfns_cred_activate(sc, it, s->on);
}

static enum ptn_err
switch_it(const struct ptn_scope *sc, void *arg)
{
	struct switching *s = arg;
	struct ptn_request *req = s->req;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &req->session.claims.sub)) != PTN_OK ||
	    (r = ptn_dfns_action_use(req, sc)) != PTN_OK)
		return r;
	return choose(sc, s);
}

static enum ptn_err
change(struct ptn_request *req, struct ptn_reply *rep, bool on)
{
	struct switching s = { .req = req, .on = on };
	enum ptn_err r;

	/* What is no id is the id of nothing. */
	if (ptn_dfnsid_parse(PTN_DFNSID_CREDENTIAL, req->in[UUID].b, &s.id) !=
	    PTN_OK)
		s.id = ptn_uuid_new();
	r = ptn_tx(&req->sc, switch_it, &s);
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r != PTN_OK)
		return r;
	if (!s.found)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_CREDENTIAL);
	if (s.last)
		return ptn_dfns_refuse(rep, PTN_DFNS_LAST_CREDENTIAL);
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_CREDENTIAL_CHANGED, NULL);
	return ptn_dfns_success(rep);
}

/* PUT /auth/credentials/activate */
enum ptn_err
ptn_dfns_credential_activate(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, true);
}

/* PUT /auth/credentials/deactivate: it shows, but neither signs nor answers. */
enum ptn_err
ptn_dfns_credential_deactivate(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, false);
}
