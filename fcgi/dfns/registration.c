#include "fcgi/dfns/dfns.h"
#include "fcgi/dfns/enrolment.h"
#include "lib/account/email.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/code.h"
#include "lib/event/tx.h"
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

/* Only end users may wish for wallets, and they must. */
const struct ptn_input ptn_in_dfns_registration = { reg_fields, REG_WALLETS };
const struct ptn_input ptn_in_dfns_end_user = { reg_fields, REG__MAX };

static enum ptn_err
failed(struct ptn_request *req, struct ptn_reply *rep, const char *why,
    enum ptn_dfns_refusal refusal)
{
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_REGISTRATION_FAILED, why);
	return ptn_dfns_refuse(rep, refusal);
}

/* A right code stays until the registration succeeds (5.1). */
static enum ptn_err
check_code(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who)
{
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_dfns_check_code(req, who, true, PTN_CODE_REGISTRATION,
	    req->in[INIT_CODE].b, true, &what);
	if (r != PTN_OK)
		return r;
	if (what == PTN_PASSCODE_EXPIRED)
		return failed(req, rep, "expired code", PTN_DFNS_CODE_EXPIRED);
	if (what != PTN_PASSCODE_RIGHT || !who->known)
		return failed(req, rep, "wrong code", PTN_DFNS_BAD_CODE);
	return PTN_OK;
}

static enum ptn_err
write_challenge(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_ceremony_start *b)
{
	enum ptn_err r;

	if ((r = ptn_dfns_ceremony_start_write(req, rep, b)) == PTN_OK)
		ptn_jsonw_end_object(&rep->json);
	return r;
}

/* Who has no business here; told only where telling is configured. */
static enum ptn_err
tell(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who)
{
	if (!ptn_dfns_discloses_accounts(req))
		return PTN_OK;
	if (!who->known)
		return ptn_dfns_refuse_member(req, rep,
		    PTN_EVENT_DFNS_REGISTRATION_FAILED, &who->member);
	if (who->member.registered)
		return failed(req, rep, "registered already",
		    PTN_DFNS_USER_EXISTS);
	return PTN_OK;
}

/*
 * POST /auth/registration/init: what the credentials of somebody who was
 * invited, or signed up through the other API, are to sign.
 */
enum ptn_err
ptn_dfns_registration_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_lookup who;
	struct ptn_dfns_ceremony_start b = { .who = &who,
		.token = PTN_DFNS_TOKEN_REGISTRATION,
		.c = { .purpose = PTN_DFNS_CEREMONY_REGISTRATION,
		    .state = "{}" } };
	enum ptn_err r;

	r = ptn_dfns_lookup(req, req->in[INIT_ORG].s, req->in[INIT_USERNAME].s,
	    &who);
	if (r != PTN_OK || (r = tell(req, rep, &who)) != PTN_OK)
		return r;
	who.known = who.known && who.member.active && !who.member.registered;
	if ((r = check_code(req, rep, &who)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_start(req, &b)) != PTN_OK)
		return r;
	return write_challenge(req, rep, &b);
}

struct completing {
	struct ptn_request *req;
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_member member;
	struct ptn_dfns_enrolment creds;
	bool log_in; /* an end user, who is logged in by the way */
	struct ptn_claims claims;
};

static enum ptn_err
verify_all(struct ptn_request *req, struct ptn_reply *rep, struct completing *k)
{
	const struct ptn_dfns_verify v = { &k->org, k->c.challenge,
		k->c.user_id, k->c.sealed };
	enum ptn_err r;

	r = ptn_dfns_enrolment_verify(&req->sc, &v, &k->creds);
	return r == PTN_E_DENIED
	    ? failed(req, rep, ptn_refusal_name(k->creds.ruling.refusal),
		  PTN_DFNS_NOT_PROVED)
	    : r;
}

/*
 * The code came by mail: the address it went to is theirs.  An end user had
 * none.
 */
static enum ptn_err
prove_address(const struct ptn_scope *sc, struct completing *k)
{
	struct ptn_email email;
	enum ptn_err r;

	if (k->member.verified || ptn_uuid_is_nil(&k->member.email_id) ||
	    ptn_member_is_end_user(&k->member))
		return PTN_OK;
	r = ptn_email_lock(sc, &k->member.email_id, &email);
	if (r != PTN_OK)
		return r;
	return ptn_email_own(sc, &email, &k->member.id, true);
}

static enum ptn_err
complete(const struct ptn_scope *sc, void *arg)
{
	struct completing *k = arg;
	const struct ptn_uuid *user = &k->c.user_id;
	enum ptn_err r;

	k->creds.conflict = false;
	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, user, &k->member)) != PTN_OK)
		return r;
	if (k->log_in && !ptn_member_is_end_user(&k->member))
		return PTN_E_NOT_FOUND;
	if (!k->member.active || k->member.archived)
		return PTN_E_FORBIDDEN;
	if (k->member.registered)
		return PTN_E_DENIED;
	if ((r = ptn_dfns_ceremony_end(sc, &k->c.id)) != PTN_OK ||
	    (r = ptn_code_delete(sc, user, PTN_CODE_REGISTRATION)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_put(sc, user, &k->creds)) != PTN_OK ||
	    (r = prove_address(sc, k)) != PTN_OK ||
	    (r = ptn_member_set_registered(sc, &k->member)) != PTN_OK ||
	    !k->log_in)
		return r;
	return ptn_dfns_session_open(sc, &k->member, &k->claims);
}

/* Store the credentials; what is left is to answer. */
static enum ptn_err
finish(struct ptn_request *req, struct ptn_reply *rep, struct completing *k)
{
	enum ptn_err r;

	if ((r = ptn_dfns_enrolment_read(req, rep, req->json, &k->creds)) !=
		PTN_OK ||
	    (r = ptn_dfns_ceremony_finish(req, rep,
		 PTN_DFNS_CEREMONY_REGISTRATION, &k->c, &k->org)) != PTN_OK ||
	    (r = verify_all(req, rep, k)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_hash(req, &k->creds)) != PTN_OK)
		return r;
	r = ptn_tx(&req->sc, complete, k);
	if (r == PTN_E_CONFLICT && k->creds.conflict)
		return failed(req, rep, "credential exists",
		    PTN_DFNS_CREDENTIAL_EXISTS);
	if (r == PTN_E_DENIED)
		return failed(req, rep, "registered already",
		    PTN_DFNS_USER_EXISTS);
	if (r == PTN_E_FORBIDDEN)
		return ptn_dfns_refuse_member(req, rep,
		    PTN_EVENT_DFNS_REGISTRATION_FAILED, &k->member);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	if (r == PTN_OK)
		ptn_event_note(&req->sc, PTN_EVENT_DFNS_REGISTRATION_OK, NULL);
	return r;
}

/*
 * POST /auth/registration: store the first credentials of somebody who was
 * invited, all of which have signed the challenge.
 */
enum ptn_err
ptn_dfns_registration(struct ptn_request *req, struct ptn_reply *rep)
{
	struct completing k = { .req = req };
	enum ptn_err r;

	if ((r = finish(req, rep, &k)) != PTN_OK)
		return r;
	ptn_dfns_enrolment_write(rep, &k.org.id, &k.member, &k.creds);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * POST /auth/registration/enduser: the same for somebody whom a service
 * account brought, with a session and without wallets.
 */
enum ptn_err
ptn_dfns_end_user(struct ptn_request *req, struct ptn_reply *rep)
{
	struct completing k = { .req = req, .log_in = true };
	enum ptn_err r;

	if ((r = finish(req, rep, &k)) != PTN_OK)
		return r;
	ptn_dfns_enrolment_write(rep, &k.org.id, &k.member, &k.creds);
	r = ptn_dfns_session_write(req, rep, "authentication", &k.org.id,
	    &k.member, &k.claims);
	ptn_jsonw_array(&rep->json, "wallets");
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	return r;
}
