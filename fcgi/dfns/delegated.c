#include <string.h>

#include "fcgi/dfns/dfns.h"
#include "fcgi/dfns/enrolment.h"
#include "fcgi/dfns/recovery.h"
#include "lib/account/user.h"
#include "lib/base/base64.h"
#include "lib/event/tx.h"
#include "lib/format/address.h"

/*
 * What a service account does for the end users of its organisation, and for
 * them alone: it vouches for who they are.  Whatever they change needs a
 * signature of their own all the same.
 */

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

/* By convention the name is the first field of each. */
#define NAME 0

struct delegating {
	struct ptn_request *req;
	struct ptn_dfns_recovery k;  /* k.who: for whom; the rest: recovery */
	struct ptn_dfns_ceremony_start b; /* registration */
	struct ptn_claims claims;    /* login */
	bool restart;	       /* registration: only of one that has begun */
	bool again;	       /* the first try met somebody else's */
	const char *canonical; /* registration: the address */
	/* It came to nothing, but the user action is spent. */
	const char *problem;
	enum ptn_dfns_refusal refusal;
};

static enum ptn_err
refuse(struct delegating *d, const char *problem, enum ptn_dfns_refusal refusal)
{
	d->problem = problem;
	d->refusal = refusal;
	return PTN_OK;
}

/* Spend the action; then the user of that name, locked.  PTN_E_NOT_FOUND. */
static enum ptn_err
find(const struct ptn_scope *sc, struct delegating *d)
{
	struct ptn_request *req = d->req;
	struct ptn_member *m = &d->k.who.member;
	struct ptn_uuid id;
	enum ptn_err r;

	d->problem = NULL;
	if ((r = ptn_dfns_action_use(req, sc)) != PTN_OK ||
	    (r = ptn_member_by_name(sc, req->in[NAME].s, m)) != PTN_OK)
		return r;
	id = m->id;
	if ((r = ptn_user_lock(sc, &id)) != PTN_OK)
		return r;
	return ptn_member_by_id(sc, &id, m);
}

/*
 * The same of an end user who may log in, here or through the other API;
 * d->problem of others.
 */
static enum ptn_err
find_end_user(const struct ptn_scope *sc, struct delegating *d)
{
	const struct ptn_member *m = &d->k.who.member;
	enum ptn_err r = find(sc, d);

	if (r == PTN_E_NOT_FOUND)
		return refuse(d, "unknown user", PTN_DFNS_NO_USER);
	if (r != PTN_OK)
		return r;
	if (!ptn_member_is_end_user(m) || m->archived ||
	    (!m->registered && !m->verified))
		return refuse(d, "no end user", PTN_DFNS_NO_USER);
	if (!m->active)
		return refuse(d, "deactivated", PTN_DFNS_DEACTIVATED);
	return PTN_OK;
}

/* What was done or refused is on record with who asked, and for whom. */
static enum ptn_err
delegate(struct ptn_request *req, struct ptn_reply *rep, struct delegating *d,
    ptn_tx_fn work, const enum ptn_event event[2])
{
	enum ptn_err r;

	d->req = req;
	r = ptn_org_get(&req->sc, &req->sc.tenant_id, &d->k.who.org);
	if (r == PTN_OK)
		r = ptn_tx(&req->sc, work, d);
	if (r == PTN_E_CONFLICT) {
		d->again = true;
		r = ptn_tx(&req->sc, work, d);
	}
	if (r == PTN_E_CONFLICT)
		return ptn_dfns_refuse(rep, PTN_DFNS_USER_EXISTS);
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r != PTN_OK)
		return r;
	req->actor.email = d->k.who.member.address;
	ptn_event_note(&req->sc, event[d->problem != NULL], d->problem);
	return d->problem != NULL ? ptn_dfns_refuse(rep, d->refusal) : PTN_OK;
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct delegating *d = arg;
	enum ptn_err r = find_end_user(sc, d);

	if (r != PTN_OK || d->problem != NULL)
		return r;
	return ptn_dfns_session_open(sc, &d->k.who.member, &d->claims);
}

/* POST /auth/login/delegated: a user token for an end user. */
enum ptn_err
ptn_dfns_delegated_login(struct ptn_request *req, struct ptn_reply *rep)
{
	static const enum ptn_event events[] = {
		PTN_EVENT_DFNS_DELEGATED_LOGIN_OK,
		PTN_EVENT_DFNS_DELEGATED_LOGIN_FAILED
	};
	struct delegating d = { .problem = NULL };
	enum ptn_err r;

	if ((r = delegate(req, rep, &d, log_in, events)) != PTN_OK)
		return r;
	return ptn_dfns_session_write(req, rep, NULL, &d.k.who.org.id,
	    &d.k.who.member, &d.claims);
}

static enum ptn_err
recover(const struct ptn_scope *sc, void *arg)
{
	struct delegating *d = arg;
	enum ptn_err r = find_end_user(sc, d);

	if (r == PTN_OK && d->problem == NULL)
		r = ptn_dfns_recovery_key(d->req, sc,
		    d->req->in[REC_CREDENTIAL].b, &d->k);
	if (r != PTN_OK || d->problem != NULL)
		return r;
	if (d->k.key == NULL)
		return refuse(d, "no recovery key", PTN_DFNS_NO_RECOVERY);
	return ptn_dfns_ceremony_start_in(d->req, sc, &d->k.b);
}

/* POST /auth/recover/user/delegated: begin a recovery without a code. */
enum ptn_err
ptn_dfns_delegated_recovery(struct ptn_request *req, struct ptn_reply *rep)
{
	static const enum ptn_event events[] = {
		PTN_EVENT_DFNS_DELEGATED_RECOVERY_OK,
		PTN_EVENT_DFNS_DELEGATED_RECOVERY_FAILED
	};
	struct delegating d = { .problem = NULL };
	enum ptn_err r;

	if ((r = delegate(req, rep, &d, recover, events)) != PTN_OK)
		return r;
	return ptn_dfns_recovery_write(req, rep, &d.k);
}

/* Nobody of that name: is the address free, too? */
static enum ptn_err
make(const struct ptn_scope *sc, struct delegating *d)
{
	struct ptn_request *req = d->req;
	const struct ptn_value *external = &req->in[REG_EXTERNAL];
	struct ptn_user_ref owner;
	enum ptn_err r;

	if (d->restart)
		return refuse(d, "unknown user", PTN_DFNS_NO_USER);
	r = ptn_user_by_address(sc, d->canonical, &owner);
	/* Perhaps by somebody who was faster with the same, a moment ago. */
	if (r == PTN_OK && !d->again)
		return PTN_E_CONFLICT;
	if (r == PTN_OK)
		return refuse(d, "the address is taken", PTN_DFNS_USER_EXISTS);
	if (r != PTN_E_NOT_FOUND)
		return r;
	return ptn_member_delegate(sc, req->in[NAME].s,
	    external->set ? external->s : NULL, &d->k.who.member);
}

/*
 * An end user who has begun may begin again; nobody else may.  Who has proved
 * the address through the other API registers by themselves.
 */
static enum ptn_err
check_unfinished(struct delegating *d)
{
	const struct ptn_member *m = &d->k.who.member;

	if (!ptn_member_is_end_user(m) || m->registered || m->verified ||
	    m->archived)
		return refuse(d, "the user exists", PTN_DFNS_USER_EXISTS);
	if (!m->active)
		return refuse(d, "deactivated", PTN_DFNS_DEACTIVATED);
	return PTN_OK;
}

static enum ptn_err
begin(const struct ptn_scope *sc, void *arg)
{
	struct delegating *d = arg;
	enum ptn_err r = find(sc, d);

	if (r == PTN_E_NOT_FOUND)
		r = make(sc, d);
	else if (r == PTN_OK)
		r = check_unfinished(d);
	if (r != PTN_OK || d->problem != NULL)
		return r;
	return ptn_dfns_ceremony_start_in(d->req, sc, &d->b);
}

static enum ptn_err
registration(struct ptn_request *req, struct ptn_reply *rep, bool restart)
{
	static const enum ptn_event events[] = {
		PTN_EVENT_DFNS_DELEGATED_REGISTRATION_OK,
		PTN_EVENT_DFNS_DELEGATED_REGISTRATION_FAILED
	};
	struct delegating d = { .restart = restart,
		.b = { .token = PTN_DFNS_TOKEN_REGISTRATION,
		    .c = { .purpose = PTN_DFNS_CEREMONY_REGISTRATION,
			.state = "{}" } } };
	char *canonical = NULL;
	enum ptn_err r;

	if (strcmp(req->in[REG_KIND].s, PTN_END_USER) != 0)
		return ptn_dfns_malformed(req, rep, "", "kind");
	r = ptn_address_canonical(req->sc.arena, req->in[NAME].s, &canonical);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "", "email");
	d.canonical = canonical;
	d.b.who = &d.k.who;
	if (r != PTN_OK ||
	    (r = delegate(req, rep, &d, begin, events)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_start_write(req, rep, &d.b)) != PTN_OK)
		return r;
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * POST /auth/registration/delegated: what the credentials of an end user are
 * to sign, who is made now or has not finished yet.
 */
enum ptn_err
ptn_dfns_delegated_registration(struct ptn_request *req, struct ptn_reply *rep)
{
	return registration(req, rep, false);
}

/* POST /auth/registration/delegated/restart: of those who have not finished. */
enum ptn_err
ptn_dfns_delegated_restart(struct ptn_request *req, struct ptn_reply *rep)
{
	return registration(req, rep, true);
}
