#include "fcgi/dfns/dfns.h"

#include "fcgi/device.h"
#include "lib/base/base64.h"
#include "lib/dfns/code.h"
#include "lib/dfns/recovery.h"
#include "lib/format/dfnsid.h"

enum { INIT_USERNAME, INIT_ORG, INIT_CODE, INIT_CREDENTIAL, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[INIT_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
	[INIT_CODE] = { "verificationCode", PTN_F_SECRET, true,
	    PTN_DFNS_CODE_TYPED_MAX, NULL, PTN_OK },
	[INIT_CREDENTIAL] = { "credentialId", PTN_F_TEXT, true,
	    PTN_CRED_ID_TEXT_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_recovery_init = { init_fields, INIT__MAX };

enum { REC_RECOVERY, REC_NEW, REC__MAX };

static const struct ptn_field rec_fields[REC__MAX] = {
	[REC_RECOVERY] = { "recovery", PTN_F_JSON, true, 0, NULL, PTN_OK },
	[REC_NEW] = { "newCredentials", PTN_F_JSON, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_recovery = { rec_fields, REC__MAX };

void
ptn_dfns_write_recovery_start(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_recovery_start *s)
{
	const char *encrypted = s->key->encrypted_private_key;
	struct ptn_jsonw *w = &rep->json;

	ptn_dfns_write_enrolment_start(req, rep, &s->start);
	ptn_jsonw_array(w, "allowedRecoveryCredentials");
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "id", s->key->cred_id);
	ptn_jsonw_str(w, "encryptedRecoveryKey",
	    encrypted != NULL ? encrypted : "");
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_array(w);
	ptn_jsonw_end_object(w);
}

/*
 * POST /auth/recover/user/init: what the new credentials are to sign, and the
 * encrypted recovery key, for a recovery code.
 */
enum ptn_err
ptn_dfns_recovery_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_recovery_start s = { .org = req->in[INIT_ORG].s,
		.username = req->in[INIT_USERNAME].s,
		.code = req->in[INIT_CODE].b,
		.credential_id = req->in[INIT_CREDENTIAL].b };
	enum ptn_err r;

	r = ptn_dfns_recovery_start(&req->sc, &s);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &s.denial,
		    PTN_EVENT_DFNS_RECOVERY_FAILED);
	ptn_dfns_write_recovery_start(req, rep, &s);
	return PTN_OK;
}

static enum ptn_err
read_input(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_recovery *k)
{
	const char *why = NULL;
	enum ptn_err r;

	k->ceremony = req->session.claims.session_id;
	k->json = req->in[REC_NEW].json;
	r = ptn_dfns_factor_read(req->sc.arena, req->in[REC_RECOVERY].json,
	    PTN_FACTOR_RECOVERY, &k->factor, &why);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "recovery", why);
	if (r == PTN_OK)
		r = ptn_dfns_read_enrolment(req, rep, k->json, &k->creds);
	return r;
}

static enum ptn_err
refuse(struct ptn_request *req, struct ptn_reply *rep, enum ptn_err r,
    const struct ptn_dfns_denial *d)
{
	if (r == PTN_E_DENIED && d->reason == PTN_DFNS_NOTHING_SIGNS)
		return ptn_dfns_malformed(req, rep, rec_fields[REC_NEW].name,
		    "a credential that signs is missing or malformed");
	return ptn_dfns_refuse_enrolment(req, rep, r, d,
	    PTN_EVENT_DFNS_RECOVERY_FAILED);
}

/*
 * POST /auth/recover/user: new credentials, approved by a recovery key, replace
 * all old ones; every session ends, and no other browser is known any more.
 */
enum ptn_err
ptn_dfns_recovery(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_recovery k = { .json = NULL };
	enum ptn_err r;

	if ((r = read_input(req, rep, &k)) != PTN_OK)
		return r;
	r = ptn_dfns_recovery_finish(&req->sc, &k);
	if (r != PTN_OK)
		return refuse(req, rep, r, &k.denial);
	ptn_dfns_write_enrolment(rep, &k.member, &k.creds);
	ptn_jsonw_end_object(&rep->json);
	ptn_device_set(req, rep);
	return PTN_OK;
}
