#include "fcgi/dfns/dfns.h"

#include "fcgi/device.h"
#include "lib/dfns/code.h"
#include "lib/dfns/registration.h"
#include "lib/format/dfnsid.h"

enum { INIT_USERNAME, INIT_ORG, INIT_CODE, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[INIT_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
	[INIT_CODE] = { "registrationCode", PTN_F_SECRET, true,
	    PTN_DFNS_CODE_TYPED_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_reg_init = { init_fields, INIT__MAX };

enum { REG_FIRST, REG_SECOND, REG_RECOVERY, REG_WALLETS, REG__MAX };

static const struct ptn_field reg_fields[REG__MAX] = {
	[REG_FIRST] = { "firstFactorCredential", PTN_F_JSON, true, 0, NULL,
	    PTN_OK },
	[REG_SECOND] = { "secondFactorCredential", PTN_F_JSON, false, 0, NULL,
	    PTN_OK },
	[REG_RECOVERY] = { "recoveryCredential", PTN_F_JSON, false, 0, NULL,
	    PTN_OK },
	[REG_WALLETS] = { "wallets", PTN_F_ARRAY, true, 0, NULL, PTN_OK },
};

/* End users must say which wallets they want; others must not. */
const struct ptn_input ptn_in_dfns_registration = { reg_fields, REG_WALLETS };
const struct ptn_input ptn_in_dfns_end_user = { reg_fields, REG__MAX };

/*
 * POST /auth/registration/init: what the first credentials of a member are to
 * sign, for a registration code.
 */
enum ptn_err
ptn_dfns_registration_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_registration_start s = { .org = req->in[INIT_ORG].s,
		.username = req->in[INIT_USERNAME].s,
		.code = req->in[INIT_CODE].b };
	enum ptn_err r;

	r = ptn_dfns_registration_start(&req->sc, &s);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &s.denial,
		    PTN_EVENT_DFNS_REGISTRATION_FAILED);
	ptn_dfns_write_enrolment_start(req, rep, &s.start);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* The answer stays open for more members. */
static enum ptn_err
finish(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_registration *k)
{
	enum ptn_err r;

	k->ceremony = req->session.claims.session_id;
	r = ptn_dfns_read_enrolment(req, rep, req->json, &k->creds);
	if (r != PTN_OK)
		return r;
	r = ptn_dfns_registration_finish(&req->sc, k);
	if (r != PTN_OK)
		return ptn_dfns_refuse_enrolment(req, rep, r, &k->denial,
		    PTN_EVENT_DFNS_REGISTRATION_FAILED);
	ptn_dfns_write_enrolment(rep, &k->member, &k->creds);
	return PTN_OK;
}

/*
 * POST /auth/registration: store the first credentials of a member, all of
 * which have signed the challenge.
 */
enum ptn_err
ptn_dfns_registration(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_registration k = { .end_user = false };
	enum ptn_err r;

	if ((r = finish(req, rep, &k)) == PTN_OK)
		ptn_jsonw_end_object(&rep->json);
	return r;
}

/*
 * POST /auth/registration/enduser: the same for an end user of a service
 * account, who gets a session as well.  There are no wallets here.
 */
enum ptn_err
ptn_dfns_end_user(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_registration k = { .end_user = true };
	enum ptn_err r;

	if ((r = finish(req, rep, &k)) != PTN_OK)
		return r;
	ptn_dfns_write_session(rep, "authentication", k.token);
	ptn_device_set(req, rep);
	ptn_jsonw_array(&rep->json, "wallets");
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
