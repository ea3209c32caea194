#include <string.h>

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/code.h"
#include "lib/event/tx.h"
#include "lib/format/dfnsid.h"

enum { INIT_USERNAME, INIT_ORG, INIT_CODE, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USERNAME] = { "username", PTN_F_TEXT, false, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[INIT_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
	[INIT_CODE] = { "loginCode", PTN_F_SECRET, false,
	    PTN_DFNS_CODE_TYPED_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_login_init = { init_fields, INIT__MAX };

static enum ptn_err
failed(struct ptn_request *req, struct ptn_reply *rep, const char *why,
    enum ptn_dfns_refusal refusal)
{
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_LOGIN_FAILED, why);
	return ptn_dfns_refuse(rep, refusal);
}

/* Who cannot log in; told only where telling is configured. */
static enum ptn_err
tell(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who, bool able)
{
	if (able || !ptn_dfns_discloses_accounts(req))
		return PTN_OK;
	return ptn_dfns_refuse_member(req, rep, PTN_EVENT_DFNS_LOGIN_FAILED,
	    &who->member);
}

/* A right code is used up. */
static enum ptn_err
check_code(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who, bool able)
{
	enum ptn_passcode_result what;
	enum ptn_err r;

	if (!req->in[INIT_CODE].set)
		return PTN_OK;
	r = ptn_dfns_check_code(req, who, able, PTN_CODE_LOGIN,
	    req->in[INIT_CODE].b, false, &what);
	if (r == PTN_OK && what != PTN_PASSCODE_RIGHT)
		return failed(req, rep, "wrong code", PTN_DFNS_BAD_CODE);
	return r;
}

/* Any passkey of the organisation's answers, and tells whose it is. */
static enum ptn_err
begin_nameless(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid org = ptn_dfns_org_id(req->in[INIT_ORG].s);
	struct ptn_dfns_lookup who = { .known = false };
	struct ptn_dfns_challenge ch = { .purpose = PTN_DFNS_CEREMONY_LOGIN,
		.org = &who.org,
		.nameless = true };
	enum ptn_err r;

	if ((r = ptn_dfns_org(req, &org, &who.org)) != PTN_OK ||
	    (r = tell(req, rep, &who, who.org.active)) != PTN_OK ||
	    (r = check_code(req, rep, &who, false)) != PTN_OK)
		return r;
	return ptn_dfns_challenge_give(req, rep, &ch);
}

/*
 * POST /auth/login/init: what is to be signed, and by which credentials.
 * Without a right code the encrypted private keys stay here.  Somebody who
 * does not exist, or cannot log in, gets an answer of the same form.
 */
enum ptn_err
ptn_dfns_login_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *username = &req->in[INIT_USERNAME];
	struct ptn_dfns_lookup who;
	struct ptn_dfns_challenge ch = { .purpose = PTN_DFNS_CEREMONY_LOGIN,
		.with_encrypted = req->in[INIT_CODE].set };
	bool able;
	enum ptn_err r;

	if (!username->set && req->sc.cf->dfns_usernameless)
		return begin_nameless(req, rep);
	if (!username->set || username->b.len == 0)
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_USERNAME].name);
	r = ptn_dfns_lookup(req, req->in[INIT_ORG].s, req->in[INIT_USERNAME].s,
	    &who);
	if (r != PTN_OK)
		return r;
	r = ptn_dfns_challenge_signers(req, &who.member.id, &ch);
	if (r != PTN_OK)
		return r;
	able = who.known && ptn_member_usable(&who.member) && ch.n > 0;
	if ((r = tell(req, rep, &who, able)) != PTN_OK ||
	    (r = check_code(req, rep, &who, able)) != PTN_OK)
		return r;
	ch.org = &who.org;
	if (able)
		ch.user_id = who.member.id;
	else
		r = ptn_dfns_challenge_decoy(req, req->in[INIT_ORG].s,
		    req->in[INIT_USERNAME].s, &ch);
	return r == PTN_OK ? ptn_dfns_challenge_give(req, rep, &ch) : r;
}

struct logging_in {
	struct ptn_request *req;
	struct ptn_dfns_answer an;
	struct ptn_member member;
	struct ptn_claims claims;
};

/*
 * Nobody is locked and looked for just as somebody is.  In an organisation
 * that is switched off there is nobody.
 */
static enum ptn_err
find_member(const struct ptn_scope *sc, struct logging_in *l)
{
	struct ptn_request *req = l->req;
	const struct ptn_uuid *user = &l->an.c.user_id;
	enum ptn_err r;

	r = ptn_user_lock(sc, user);
	if (r == PTN_OK || r == PTN_E_NOT_FOUND)
		r = ptn_member_by_id(sc, user, &l->member);
	if (r == PTN_OK)
		req->actor.user_id = *user;
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_E_NOT_FOUND || !l->an.org.active)
		memset(&l->member, 0, sizeof(l->member));
	return PTN_OK;
}

/* Who cannot log in learns so once he has proved to be them. */
static enum ptn_err
prove(const struct ptn_scope *sc, struct logging_in *l)
{
	const bool able = ptn_member_usable(&l->member);
	enum ptn_err r;

	if (!able && ptn_dfns_discloses_accounts(l->req))
		return PTN_E_FORBIDDEN;
	if ((r = ptn_dfns_answer_verify(l->req, sc, &l->an)) != PTN_OK)
		return r;
	return able ? PTN_OK : PTN_E_FORBIDDEN;
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	enum ptn_err r;

	if ((r = find_member(sc, l)) != PTN_OK || (r = prove(sc, l)) != PTN_OK)
		return r;
	return ptn_dfns_session_open(sc, &l->member, &l->claims);
}

static enum ptn_err
not_proved(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_answer *an)
{
	return failed(req, rep, ptn_refusal_name(an->ruling.refusal),
	    PTN_DFNS_NOT_PROVED);
}

/* POST /auth/login: trade a signed challenge for a user token. */
enum ptn_err
ptn_dfns_login(struct ptn_request *req, struct ptn_reply *rep)
{
	struct logging_in l = { .req = req };
	enum ptn_err r;

	r = ptn_dfns_answer_read(req, rep, PTN_DFNS_CEREMONY_LOGIN, &l.an);
	if (r == PTN_E_NOT_FOUND)
		return failed(req, rep, "unknown challenge",
		    PTN_DFNS_BAD_CHALLENGE);
	if (r == PTN_E_DENIED) {
		req->actor.user_id = l.an.c.user_id;
		return not_proved(req, rep, &l.an);
	}
	if (r != PTN_OK)
		return r;
	r = ptn_tx(&req->sc, log_in, &l);
	if (r == PTN_E_DENIED)
		return not_proved(req, rep, &l.an);
	if (r == PTN_E_FORBIDDEN)
		return ptn_dfns_refuse_member(req, rep,
		    PTN_EVENT_DFNS_LOGIN_FAILED, &l.member);
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_LOGIN_OK, NULL);
	return ptn_dfns_session_write(req, rep, NULL, &l.an.org.id, &l.member,
	    &l.claims);
}
