#include "fcgi/dfns/dfns.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/dfns/delegate.h"

enum { REG_EMAIL, REG_KIND, REG_EXTERNAL, REG__MAX };

static const struct ptn_field reg_fields[REG__MAX] = {
	[REG_EMAIL] = { "email", PTN_F_TEXT, true, PTN_USERNAME_MAX, NULL,
	    PTN_OK },
	[REG_KIND] = { "kind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
	[REG_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_delegated = { reg_fields, REG__MAX };

enum { LOGIN_USERNAME, LOGIN__MAX };

static const struct ptn_field login_fields[LOGIN__MAX] = {
	[LOGIN_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_delegated_login = { login_fields,
	LOGIN__MAX };

enum { REC_USERNAME, REC_CREDENTIAL, REC__MAX };

static const struct ptn_field rec_fields[REC__MAX] = {
	[REC_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX, NULL,
	    PTN_OK },
	[REC_CREDENTIAL] = { "credentialId", PTN_F_TEXT, true,
	    PTN_CRED_ID_TEXT_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_delegated_recovery = { rec_fields,
	REC__MAX };

/* POST /auth/login/delegated: a user token for an end user. */
enum ptn_err
ptn_dfns_delegated_login(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_delegate d = { .action = req->action,
		.username = req->in[LOGIN_USERNAME].s };
	enum ptn_err r;

	r = ptn_dfns_delegate_log_in(&req->sc, &d);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &d.denial,
		    PTN_EVENT_DFNS_DELEGATED_LOGIN_FAILED);
	ptn_dfns_write_session(rep, NULL, d.token);
	return PTN_OK;
}

/* POST /auth/recover/user/delegated: start a recovery without a code. */
enum ptn_err
ptn_dfns_delegated_recovery(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_delegate d = { .action = req->action,
		.username = req->in[REC_USERNAME].s,
		.credential_id = req->in[REC_CREDENTIAL].b };
	enum ptn_err r;

	r = ptn_dfns_delegate_recover(&req->sc, &d);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &d.denial,
		    PTN_EVENT_DFNS_DELEGATED_RECOVERY_FAILED);
	ptn_dfns_write_recovery_start(req, rep, &d.recovery);
	return PTN_OK;
}

static enum ptn_err
start_registration(struct ptn_request *req, struct ptn_reply *rep, bool restart)
{
	const struct ptn_value *external = &req->in[REG_EXTERNAL];
	struct ptn_dfns_delegate d = { .action = req->action,
		.username = req->in[REG_EMAIL].s,
		.external_id = external->set ? external->s : NULL,
		.restart = restart };
	enum ptn_err r;

	if (strcmp(req->in[REG_KIND].s, PTN_END_USER) != 0)
		return ptn_dfns_malformed(req, rep, "",
		    reg_fields[REG_KIND].name);
	r = ptn_dfns_delegate_register(&req->sc, &d);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    reg_fields[REG_EMAIL].name);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &d.denial,
		    PTN_EVENT_DFNS_DELEGATED_REGISTRATION_FAILED);
	ptn_dfns_write_enrolment_start(req, rep, &d.recovery.start);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * POST /auth/registration/delegated: make an end user, or find one who has not
 * finished their registration; the answer is what their credentials are to
 * sign.
 */
enum ptn_err
ptn_dfns_delegated_registration(struct ptn_request *req, struct ptn_reply *rep)
{
	return start_registration(req, rep, false);
}

/*
 * POST /auth/registration/delegated/restart: the same, but only for an end user
 * who was made before.
 */
enum ptn_err
ptn_dfns_delegated_restart(struct ptn_request *req, struct ptn_reply *rep)
{
	return start_registration(req, rep, true);
}
