#include "fcgi/dfns/enrolment.h"

#include "fcgi/dfns/dfns.h"
#include "lib/account/user.h"
#include "lib/event/tx.h"
#include "lib/format/dfnsid.h"

static const struct {
	const char *name;
	enum ptn_dfns_factor_place place;
} members[PTN_ENROLMENT__MAX] = {
	[PTN_ENROLMENT_FIRST] = { "firstFactorCredential", PTN_FACTOR_FIRST },
	[PTN_ENROLMENT_SECOND] = { "secondFactorCredential",
	    PTN_FACTOR_SECOND },
	[PTN_ENROLMENT_RECOVERY] = { "recoveryCredential",
	    PTN_FACTOR_RECOVERY },
};

/* Specification 13.23: no password without an app beside it. */
static enum ptn_err
refuse_password(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_enrolment *n)
{
	const struct ptn_dfns_factor_new *first = &n->in[PTN_ENROLMENT_FIRST];

	if (ptn_feature_dfns_passwords(req->sc.cf) &&
	    first->kind == PTN_CRED_PASSWORD &&
	    n->in[PTN_ENROLMENT_SECOND].kind != PTN_CRED_TOTP)
		return ptn_dfns_malformed(req, rep, "",
		    members[PTN_ENROLMENT_SECOND].name);
	return ptn_dfns_refuse_password(req, rep,
	    members[PTN_ENROLMENT_FIRST].name, first);
}

enum ptn_err
ptn_dfns_enrolment_read(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_json *v, struct ptn_dfns_enrolment *n)
{
	const struct ptn_json *one;
	const char *why = NULL;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < PTN_ENROLMENT__MAX && r == PTN_OK; i++) {
		one = ptn_json_get(v, members[i].name);
		if (one == NULL && i != PTN_ENROLMENT_FIRST)
			continue;
		r = ptn_dfns_factor_read_new(req->sc.arena, one,
		    members[i].place, &n->in[i], &why);
		if (r == PTN_E_INPUT)
			return ptn_dfns_malformed(req, rep, members[i].name,
			    why);
	}
	return r == PTN_OK ? refuse_password(req, rep, n) : r;
}

enum ptn_err
ptn_dfns_enrolment_verify(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, struct ptn_dfns_enrolment *n)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < PTN_ENROLMENT__MAX && r == PTN_OK; i++) {
		if (n->in[i].kind == PTN_CRED_UNSET)
			continue;
		r = ptn_dfns_verify_new(sc, v, &n->in[i], &n->cred[i],
		    &n->ruling);
		if (r == PTN_OK && n->ruling.verdict != PTN_ALLOW)
			r = PTN_E_DENIED;
	}
	return r;
}

enum ptn_err
ptn_dfns_enrolment_hash(struct ptn_request *req, struct ptn_dfns_enrolment *n)
{
	return ptn_dfns_password_hash(req, &n->in[PTN_ENROLMENT_FIRST],
	    &n->hash);
}

bool
ptn_dfns_enrolment_fresh(const struct ptn_dfns_enrolment *n)
{
	size_t i;

	for (i = 0; i < PTN_ENROLMENT__MAX; i++)
		if (n->in[i].kind != PTN_CRED_UNSET &&
		    !ptn_dfns_cred_kind_secret(n->in[i].kind))
			return true;
	return false;
}

enum ptn_err
ptn_dfns_enrolment_put(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_enrolment *n)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	n->cred[PTN_ENROLMENT_FIRST].hash = n->hash;
	for (i = 0; i < PTN_ENROLMENT__MAX && r == PTN_OK; i++)
		if (n->in[i].kind != PTN_CRED_UNSET)
			r = ptn_dfns_cred_put(sc, user, &n->cred[i]);
	n->conflict = r == PTN_E_CONFLICT;
	return r;
}

void
ptn_dfns_enrolment_write(struct ptn_reply *rep, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_dfns_enrolment *n)
{
	const struct ptn_dfns_cred *c = &n->cred[PTN_ENROLMENT_FIRST];
	const char *kind = ptn_dfns_cred_kind_name(c->kind);
	struct ptn_jsonw *w = &rep->json;
	char id[PTN_DFNSID_STR];

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_object(w, "credential");
	ptn_dfnsid_format(PTN_DFNSID_CREDENTIAL, &c->id, id);
	ptn_jsonw_str(w, "uuid", id);
	ptn_jsonw_str(w, "kind", kind);
	ptn_jsonw_str(w, "credentialKind", kind);
	ptn_jsonw_str(w, "name", c->name);
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "user");
	ptn_dfnsid_format(PTN_DFNSID_USER, &m->id, id);
	ptn_jsonw_str(w, "id", id);
	ptn_jsonw_str(w, "username", m->username);
	ptn_dfnsid_format(PTN_DFNSID_ORG, org, id);
	ptn_jsonw_str(w, "orgId", id);
	ptn_jsonw_end_object(w);
}

enum ptn_err
ptn_dfns_ceremony_start_in(struct ptn_request *req, const struct ptn_scope *sc,
    struct ptn_dfns_ceremony_start *b)
{
	struct ptn_arena *a = req->sc.arena;
	const struct ptn_uuid *user = &b->who->member.id;
	enum ptn_err r;

	b->c.user_id = *user;
	b->c.challenge = ptn_dfns_ceremony_challenge_new(a);
	if (b->c.challenge == NULL)
		return PTN_E_NOMEM;
	r = ptn_dfns_offer_totp(req, &b->who->org, b->who->member.username,
	    &b->c, &b->otp_url);
	if (r != PTN_OK || (r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_end_all(sc, user, b->c.purpose)) != PTN_OK)
		return r;
	return ptn_dfns_ceremony_put(sc, &b->c);
}

struct begun {
	struct ptn_request *req;
	struct ptn_dfns_ceremony_start *b;
};

static enum ptn_err
begin(const struct ptn_scope *sc, void *arg)
{
	const struct begun *o = arg;

	return ptn_dfns_ceremony_start_in(o->req, sc, o->b);
}

enum ptn_err
ptn_dfns_ceremony_start(struct ptn_request *req,
    struct ptn_dfns_ceremony_start *b)
{
	struct begun o = { req, b };

	return ptn_tx(&req->sc, begin, &o);
}

enum ptn_err
ptn_dfns_ceremony_start_write(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_ceremony_start *b)
{
	const struct ptn_member *m = &b->who->member;
	struct ptn_jsonw *w = &rep->json;
	char *token;
	enum ptn_err r;

	r = ptn_dfns_issue_token(req, b->token, &b->who->org.id, m, &b->c.id,
	    ptn_dfns_ceremony_ttl_s(b->c.purpose), &token);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_dfns_write_user(w, &m->id, m->username);
	ptn_jsonw_str(w, "temporaryAuthenticationToken", token);
	ptn_dfns_write_rp(w, &b->who->org);
	ptn_dfns_write_creation(w, req, b->c.challenge, NULL, 0, b->otp_url);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_ceremony_finish(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_dfns_ceremony_kind purpose, struct ptn_dfns_ceremony *c,
    struct ptn_org *org)
{
	const struct ptn_uuid *id = &req->session.claims.session_id;
	enum ptn_err r;

	r = ptn_dfns_ceremony_try(&req->sc, purpose, id, c);
	if (r == PTN_OK)
		r = ptn_org_get(&req->sc, &req->sc.tenant_id, org);
	if (r == PTN_E_NOT_FOUND || (r == PTN_OK && !org->active))
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	return r;
}
