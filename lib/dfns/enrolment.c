#include "lib/dfns/enrolment.h"

#include "lib/account/user.h"
#include "lib/base/finding.h"
#include "lib/dfns/password.h"
#include "lib/dfns/totp.h"
#include "lib/dfns/verify.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_dfns_enrolment_start_in(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s)
{
	const struct ptn_member *m = &s->who->member;
	enum ptn_err r;

	s->c.user_id = m->id;
	s->c.challenge = ptn_dfns_ceremony_challenge_new(sc->arena);
	if (s->c.challenge == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_dfns_totp_offer(sc, &m->id, s->who->org.rp_name,
		 m->username, &s->c.sealed, &s->otp_url)) != PTN_OK ||
	    (r = ptn_user_lock(sc, &m->id)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_end_all(sc, &m->id, s->c.kind)) != PTN_OK)
		return r;
	return ptn_dfns_ceremony_put(sc, &s->c);
}

enum ptn_err
ptn_dfns_enrolment_token(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s)
{
	struct ptn_dfns_token t = { .kind = s->kind,
		.id = s->c.id,
		.org = s->who->org.id,
		.user = s->who->member.id,
		.username = s->who->member.username };

	return ptn_dfns_token_issue(sc, &t, ptn_dfns_ceremony_ttl_s(s->c.kind),
	    &s->token);
}

static enum ptn_err
start(const struct ptn_scope *sc, void *arg)
{
	return ptn_dfns_enrolment_start_in(sc, arg);
}

enum ptn_err
ptn_dfns_enrolment_start(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment_start *s)
{
	enum ptn_err r;

	if ((r = ptn_tx(sc, start, s)) != PTN_OK)
		return r;
	return ptn_dfns_enrolment_token(sc, s);
}

enum ptn_err
ptn_dfns_enrolment_check(const struct ptn_scope *sc,
    const struct ptn_dfns_enrolment *n, struct ptn_dfns_denial *d)
{
	const struct ptn_dfns_factor_new *first = &n->in[PTN_ENROLMENT_FIRST];
	enum ptn_err r;

	if (!ptn_dfns_password_on(sc) || first->kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	if (n->in[PTN_ENROLMENT_SECOND].kind != PTN_CRED_TOTP)
		return ptn_dfns_denial_set(d, PTN_DFNS_PASSWORD_ALONE, NULL);
	r = ptn_dfns_password_fit(sc->cf, sc->arena, first->secret, &d->why);
	return r == PTN_E_INPUT
	    ? ptn_dfns_denial_set(d, PTN_DFNS_PASSWORD_UNFIT, NULL)
	    : r;
}

bool
ptn_dfns_enrolment_signs(const struct ptn_dfns_enrolment *n)
{
	size_t i;

	for (i = 0; i < PTN_ENROLMENT__MAX; i++)
		if (n->in[i].kind != PTN_CRED_UNSET &&
		    !ptn_dfns_cred_kind_secret(n->in[i].kind))
			return true;
	return false;
}

enum ptn_err
ptn_dfns_enrolment_find(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_enrolment *n)
{
	enum ptn_err r;

	if ((r = ptn_dfns_ceremony_try(sc, kind, id, &n->c)) != PTN_OK ||
	    (r = ptn_org_get(sc, &sc->tenant_id, &n->org)) != PTN_OK)
		return r;
	return n->org.active ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_enrolment_verify(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment *n, struct ptn_dfns_denial *d)
{
	const struct ptn_dfns_verify v = { &n->org, n->c.challenge,
		n->c.user_id, n->c.sealed };
	struct ptn_finding finding;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < PTN_ENROLMENT__MAX; i++) {
		if (n->in[i].kind == PTN_CRED_UNSET)
			continue;
		r = ptn_dfns_verify_new(sc, &v, &n->in[i], &n->cred[i],
		    &finding);
		if (r != PTN_OK)
			return r;
		d->at = (unsigned)i;
		if (finding.verdict != PTN_ALLOW)
			return ptn_dfns_denial_of_new(d, &finding,
			    n->in[i].kind);
	}
	return PTN_OK;
}

enum ptn_err
ptn_dfns_enrolment_hash(const struct ptn_scope *sc,
    struct ptn_dfns_enrolment *n)
{
	return ptn_dfns_password_hash(sc, &n->in[PTN_ENROLMENT_FIRST],
	    &n->hash);
}

static enum ptn_err
put_all(const struct ptn_scope *sc, struct ptn_dfns_enrolment *n)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	n->cred[PTN_ENROLMENT_FIRST].hash = n->hash;
	for (i = 0; i < PTN_ENROLMENT__MAX && r == PTN_OK; i++)
		if (n->in[i].kind != PTN_CRED_UNSET)
			r = ptn_dfns_cred_put(sc, &n->c.user_id, &n->cred[i]);
	return r;
}

enum ptn_err
ptn_dfns_enrolment_put(const struct ptn_scope *sc, struct ptn_dfns_enrolment *n,
    bool replace, struct ptn_dfns_denial *d)
{
	enum ptn_err r;

	if ((r = ptn_dfns_ceremony_end(sc, &n->c.id)) != PTN_OK)
		return r;
	if (replace &&
	    (r = ptn_dfns_creds_archive(sc, &n->c.user_id)) != PTN_OK)
		return r;
	r = put_all(sc, n);
	if (r == PTN_E_CONFLICT)
		return ptn_dfns_denial_set(d, PTN_DFNS_CREDENTIAL_EXISTS,
		    "credential exists");
	return r;
}
