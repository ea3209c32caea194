#include "fcgi/dfns/dfns.h"

#include "lib/crypto/jws.h"
#include "lib/dfns/add_credential.h"

enum { INIT_KIND, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_KIND] = { "kind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_kind = { init_fields, INIT__MAX };

/* lib/dfns/factor.h reads the rest of the body. */
enum { NEW_CHALLENGE, NEW_NAME, NEW_INFO, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_CHALLENGE] = { "challengeIdentifier", PTN_F_SECRET, true,
	    PTN_JWS_MAX, NULL, PTN_OK },
	[NEW_NAME] = { "credentialName", PTN_F_TEXT, true,
	    PTN_CREDENTIAL_NAME_MAX, NULL, PTN_OK },
	[NEW_INFO] = { "credentialInfo", PTN_F_JSON, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_credential = { new_fields, NEW__MAX };

void
ptn_dfns_write_add_credential(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_add_credential_start *s)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", ptn_dfns_cred_kind_name(s->kind));
	ptn_jsonw_str(w, "challengeIdentifier", s->token);
	ptn_jsonw_str(w, "temporaryAuthenticationToken", s->token);
	ptn_dfns_write_user(w, &s->user_id, s->username);
	ptn_dfns_write_rp(w, &s->org);
	ptn_dfns_write_creation(w, req, s->c.challenge, s->creds, s->ncreds,
	    s->otp_url);
	ptn_jsonw_end_object(w);
}

/* POST /auth/credentials/init: what one more credential is to sign. */
enum ptn_err
ptn_dfns_credential_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	struct ptn_dfns_add_credential_start s = {
		.kind = ptn_dfns_cred_kind_of(req->in[INIT_KIND].b),
		.user_id = c->sub,
		.username = c->email.address
	};
	enum ptn_err r;

	r = ptn_dfns_add_credential_start(&req->sc, &s);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_KIND].name);
	if (r == PTN_OK)
		ptn_dfns_write_add_credential(req, rep, &s);
	return r;
}

enum ptn_err
ptn_dfns_read_add_credential(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_add_credential *k)
{
	const char *why = NULL;
	enum ptn_err r;

	k->identifier = req->in[NEW_CHALLENGE].b;
	r = ptn_dfns_factor_read_new(req->sc.arena, req->json, PTN_FACTOR_ANY,
	    &k->in, &why);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "", why);
	return r == PTN_OK ? ptn_dfns_refuse_password(req, rep, &k->in) : r;
}

/* POST /auth/credentials: store one that has signed its challenge. */
enum ptn_err
ptn_dfns_credential_create(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_add_credential k = { .action = req->action,
		.user_id = req->session.claims.sub };
	enum ptn_err r;

	if ((r = ptn_dfns_read_add_credential(req, rep, &k)) != PTN_OK)
		return r;
	r = ptn_dfns_add_credential_finish(&req->sc, &k);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &k.denial,
		    PTN_EVENT_DFNS_CREDENTIAL_FAILED);
	rep->no_store = true;
	ptn_dfns_write_credential(&rep->json, &k.org, &k.cred);
	return PTN_OK;
}
