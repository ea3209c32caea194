#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "lib/clock.h"
#include "lib/dfnsid.h"
#include "lib/dfnsverify.h"
#include "lib/jwt.h"
#include "lib/user.h"

enum { INIT_KIND, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_KIND] = { "kind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_kind = { init_fields, INIT__MAX };

/* Of the rest of the body, dfnsfactor.h knows. */
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

static bool
kind_offered(const struct ptn_request *req, enum ptn_cred_kind kind)
{
	if (ptn_cred_kind_secret(kind))
		return req->cf->dfns_password;
	return kind == PTN_CRED_FIDO2 || kind == PTN_CRED_KEY ||
	    kind == PTN_CRED_PASSWORD_PROTECTED_KEY ||
	    kind == PTN_CRED_RECOVERY_KEY;
}

static enum ptn_err
write_init(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_org *org, const struct ptn_ceremony_row *c,
    const char *otp_url)
{
	const struct ptn_claims *me = &req->session.claims;
	struct ptn_jsonw *w = &rep->json;
	struct ptn_dfnscred *creds;
	char *token;
	enum ptn_err r;
	size_t n;

	if ((r = ptn_dfnscreds_of(req->db, req->arena, &org->id, &me->sub,
		 &creds, &n)) != PTN_OK ||
	    (r = ptn_dfns_token(req, PTN_DFNSTOKEN_CHALLENGE, &org->id, NULL,
		 &c->id, ptn_ceremony_ttl_s(c->purpose), &token)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", c->state);
	ptn_jsonw_str(w, "challengeIdentifier", token);
	ptn_jsonw_str(w, "temporaryAuthenticationToken", token);
	ptn_dfns_write_user(w, &me->sub, me->email.address);
	ptn_dfns_write_rp(w, org);
	ptn_dfns_write_creation(w, req, c->challenge, creds, n, otp_url);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

/* POST /auth/credentials/init: what one more credential is to sign. */
enum ptn_err
ptn_dfns_credential_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const enum ptn_cred_kind kind = ptn_cred_kind_of(req->in[INIT_KIND].b);
	struct ptn_ceremony_row c = { .purpose = PTN_PURPOSE_CREDENTIAL,
		.user_id = req->session.claims.sub,
		.state = ptn_cred_kind_name(kind),
		.challenge = ptn_ceremony_challenge_new(req->arena) };
	const char *otp_url = "";
	struct ptn_org org;
	enum ptn_err r;

	if (!kind_offered(req, kind))
		return ptn_dfns_malformed(req, rep, "", "kind");
	if (c.challenge == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_org_get(req->db, req->arena, req->cf, &req->tenant.id,
		 &org)) != PTN_OK ||
	    (kind == PTN_CRED_TOTP &&
		(r = ptn_dfns_offer(req, &org,
		     req->session.claims.email.address, &c, &otp_url)) !=
		    PTN_OK) ||
	    (r = ptn_ceremony_put(req->db, &org.id, &c)) != PTN_OK)
		return r;
	return write_init(req, rep, &org, &c, otp_url);
}

struct creating {
	struct ptn_request *req;
	struct ptn_org org;
	struct ptn_ceremony_row c;
	struct ptn_dfnsfactor_new in;
	struct ptn_dfnscred cred;
	bool conflict;
	bool alone; /* a password without an app */
};

/* The challenge, which must be this user's and of this kind. */
static enum ptn_err
find_challenge(struct ptn_request *req, struct ptn_reply *rep,
    struct creating *k)
{
	const struct ptn_uuid org = req->tenant.id;
	enum ptn_err r;

	r = ptn_dfns_challenge_take(req, req->in[NEW_CHALLENGE].b,
	    PTN_PURPOSE_CREDENTIAL, &k->c);
	if (r == PTN_OK)
		r = ptn_org_get(req->db, req->arena, req->cf, &org, &k->org);
	if (r == PTN_OK &&
	    (!ptn_uuid_equal(&org, &req->tenant.id) ||
		!ptn_uuid_equal(&k->c.user_id, &req->session.claims.sub) ||
		ptn_cred_kind_of(ptn_bytes_of(k->c.state)) != k->in.kind))
		r = PTN_E_NOT_FOUND;
	req->tenant.id = org;
	return r == PTN_E_NOT_FOUND
	    ? ptn_dfns_refuse(rep, PTN_DFNS_BAD_CHALLENGE)
	    : r;
}

static enum ptn_err
verify(struct ptn_request *req, struct ptn_reply *rep, struct creating *k)
{
	const struct ptn_dfnsverify v = { req->cf, &k->org, k->c.challenge,
		k->c.user_id, req->env->secrets, k->c.sealed };
	struct ptn_ruling ruling;
	enum ptn_err r;

	r = ptn_dfnsverify_new(req->arena, &v, &k->in, &k->cred, &ruling);
	if (r != PTN_OK)
		return r;
	if (ruling.verdict != PTN_ALLOW)
		return ptn_dfns_refuse(rep, PTN_DFNS_NOT_PROVED);
	return ptn_dfns_password_hash(req, &k->in, &k->cred.hash);
}

/* A password stands beside an app, or not at all. */
static enum ptn_err
find_totp(struct ptn_db *db, struct creating *k)
{
	struct ptn_dfnscred *all;
	enum ptn_err r;
	size_t n;

	k->alone = false;
	if (k->in.kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	r = ptn_dfnscreds_of(db, k->req->arena, &k->org.id, &k->c.user_id, &all,
	    &n);
	if (r == PTN_OK)
		k->alone = !ptn_dfnscreds_have(all, n, PTN_CRED_TOTP);
	return r;
}

/* The action is spent even if the credential turns out to be there. */
static enum ptn_err
create(struct ptn_db *db, void *arg)
{
	struct creating *k = arg;
	struct ptn_request *req = k->req;
	enum ptn_err r;

	k->conflict = false;
	if ((r = ptn_user_lock(db, req->arena, &k->org.id, &k->c.user_id)) !=
		PTN_OK ||
	    (r = ptn_dfns_action_use(req, db)) != PTN_OK ||
	    (r = find_totp(db, k)) != PTN_OK || k->alone)
		return r;
	r = ptn_dfnscred_put(db, req->arena, &k->org.id, &k->c.user_id,
	    &k->cred);
	k->conflict = r == PTN_E_CONFLICT;
	return k->conflict ? PTN_OK : r;
}

/* POST /auth/credentials: store one more, which has signed its challenge. */
enum ptn_err
ptn_dfns_credential_create(struct ptn_request *req, struct ptn_reply *rep)
{
	struct creating k = { .req = req };
	const char *why = NULL;
	enum ptn_err r;

	r = ptn_dfnsfactor_read_new(req->arena, req->json, PTN_FACTOR_ANY,
	    &k.in, &why);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "", why);
	if (r != PTN_OK ||
	    (r = ptn_dfns_password_judge(req, rep, "", &k.in)) != PTN_OK ||
	    (r = find_challenge(req, rep, &k)) != PTN_OK ||
	    (r = verify(req, rep, &k)) != PTN_OK)
		return r;
	r = ptn_db_tx(req->db, create, &k);
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r != PTN_OK)
		return r;
	if (k.conflict)
		return ptn_dfns_refuse(rep, PTN_DFNS_CREDENTIAL_EXISTS);
	if (k.alone)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_TOTP);
	ptn_audit_note(&req->audit, PTN_AUDIT_DFNS_CREDENTIAL_CREATED, NULL);
	k.cred.created_at_us = ptn_clock_us();
	rep->no_store = true;
	ptn_dfns_write_credential(&rep->json, &k.org, &k.cred);
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
choose(struct ptn_db *db, struct switching *s)
{
	const struct ptn_uuid *org = &s->req->tenant.id;
	const bool passwords = s->req->cf->dfns_password;
	struct ptn_dfnscred *c, *it = NULL;
	size_t i, n;
	bool was;
	enum ptn_err r;

	r = ptn_dfnscreds_of(db, s->req->arena, org,
	    &s->req->session.claims.sub, &c, &n);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&c[i].id, &s->id))
			it = &c[i];
	s->last = false;
	s->found = it != NULL;
	if (!s->found)
		return PTN_OK;
	was = ptn_dfnscreds_suffice(c, n, passwords);
	it->active = s->on;
	s->last = was && !ptn_dfnscreds_suffice(c, n, passwords);
	if (s->last)
		return PTN_OK;
	return ptn_dfnscred_activate(db, org, it, s->on);
}

static enum ptn_err
switch_it(struct ptn_db *db, void *arg)
{
	struct switching *s = arg;
	struct ptn_request *req = s->req;
	enum ptn_err r;

	if ((r = ptn_user_lock(db, req->arena, &req->tenant.id,
		 &req->session.claims.sub)) != PTN_OK ||
	    (r = ptn_dfns_action_use(req, db)) != PTN_OK)
		return r;
	return choose(db, s);
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
	r = ptn_db_tx(req->db, switch_it, &s);
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r != PTN_OK)
		return r;
	if (!s.found)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_CREDENTIAL);
	if (s.last)
		return ptn_dfns_refuse(rep, PTN_DFNS_LAST_CREDENTIAL);
	ptn_audit_note(&req->audit, PTN_AUDIT_DFNS_CREDENTIAL_CHANGED, NULL);
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
