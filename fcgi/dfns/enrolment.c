#include "fcgi/dfns/dfns.h"

#include "lib/dfns/enrolment.h"
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

enum ptn_err
ptn_dfns_refuse_enrolment(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err r, const struct ptn_dfns_denial *d, enum ptn_event event)
{
	if (r == PTN_E_DENIED && d->reason == PTN_DFNS_PASSWORD_ALONE)
		return ptn_dfns_malformed(req, rep, "",
		    members[PTN_ENROLMENT_SECOND].name);
	if (r == PTN_E_DENIED && d->reason == PTN_DFNS_PASSWORD_UNFIT)
		return ptn_dfns_refuse_unfit(req, rep,
		    members[PTN_ENROLMENT_FIRST].name, d->why);
	if (r == PTN_E_DENIED && d->reason == PTN_DFNS_BAD_ALGORITHM)
		return ptn_dfns_malformed(req, rep, members[d->at].name,
		    PTN_DFNS_ALGORITHM_UNFIT);
	return ptn_dfns_refuse_denied(req, rep, r, d, event);
}

enum ptn_err
ptn_dfns_read_enrolment(struct ptn_request *req, struct ptn_reply *rep,
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
	return r;
}

void
ptn_dfns_write_enrolment_start(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_enrolment_start *s)
{
	const struct ptn_member *m = &s->who->member;
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_dfns_write_user(w, &m->id, m->username);
	ptn_jsonw_str(w, "temporaryAuthenticationToken", s->token);
	ptn_dfns_write_rp(w, &s->who->org);
	ptn_dfns_write_creation(w, req, s->c.challenge, NULL, 0, s->otp_url);
}

void
ptn_dfns_write_enrolment(struct ptn_reply *rep, const struct ptn_member *m,
    const struct ptn_dfns_enrolment *n)
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
	ptn_dfnsid_format(PTN_DFNSID_ORG, &n->org.id, id);
	ptn_jsonw_str(w, "orgId", id);
	ptn_jsonw_end_object(w);
}
