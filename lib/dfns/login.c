#include "lib/dfns/login.h"

#include <string.h>

#include "lib/conf/conf.h"
#include "lib/dfns/code.h"
#include "lib/dfns/session.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"

/* Some configurations say at once that somebody cannot log in. */
static enum ptn_err
disclose(const struct ptn_scope *sc, struct ptn_dfns_login_start *l, bool able)
{
	if (able || !ptn_dfns_denial_discloses(sc))
		return PTN_OK;
	return ptn_dfns_denial_of_member(&l->denial, &l->who.member);
}

static enum ptn_err
check_code(const struct ptn_scope *sc, struct ptn_dfns_login_start *l,
    bool able)
{
	if (l->code.p == NULL)
		return PTN_OK;
	return ptn_dfns_code_use(sc,
	    able ? &l->who.member.id : &l->who.decoy.nobody, PTN_CODE_LOGIN,
	    l->code, PTN_CODE_USE_UP, &l->denial);
}

/* Any passkey of the organisation may answer; it says who the user is. */
static enum ptn_err
start_nameless(struct ptn_scope *sc, struct ptn_dfns_login_start *l)
{
	const struct ptn_uuid org = ptn_dfns_lookup_org_id(l->org);
	enum ptn_err r;

	l->ch.state.any_passkey = true;
	l->who.decoy.nobody = ptn_uuid_new();
	if ((r = ptn_dfns_lookup_org(sc, &org, &l->who.org)) != PTN_OK)
		return r;
	if (l->who.org.active)
		sc->tenant_id = org;
	if ((r = disclose(sc, l, l->who.org.active)) != PTN_OK ||
	    (r = check_code(sc, l, false)) != PTN_OK)
		return r;
	return ptn_dfns_challenge_start(sc, &l->ch);
}

/*
 * Something is invented in any case, and used if it must be.  What is read for
 * one who is not known is somebody else's, and dropped.
 */
static enum ptn_err
read_signers(const struct ptn_scope *sc, struct ptn_dfns_login_start *l,
    struct ptn_dfns_signers *decoy)
{
	const struct ptn_scope at = ptn_scope_at(sc, &l->who.org.id);
	const enum ptn_err r =
	    ptn_dfns_signers_of(&at, &l->who.read_as, &l->ch.signers);

	return r == PTN_OK ? ptn_dfns_decoy_signers(sc, &l->who.decoy, decoy)
			   : r;
}

static enum ptn_err
start_named(struct ptn_scope *sc, struct ptn_dfns_login_start *l)
{
	struct ptn_dfns_signers decoy;
	bool able;
	enum ptn_err r;

	l->ch.with_encrypted = l->code.p != NULL;
	if ((r = ptn_dfns_lookup(sc, l->org, l->username, &l->who)) != PTN_OK ||
	    (r = read_signers(sc, l, &decoy)) != PTN_OK)
		return r;
	able = l->who.known && ptn_member_usable(&l->who.member) &&
	    l->ch.signers.n > 0;
	if ((r = disclose(sc, l, able)) != PTN_OK ||
	    (r = check_code(sc, l, able)) != PTN_OK)
		return r;
	l->ch.state.known = able;
	l->ch.state.account = able ? l->who.member.id : l->who.decoy.nobody;
	if (!able)
		l->ch.signers = decoy;
	return ptn_dfns_challenge_start(sc, &l->ch);
}

static bool
may_start(const struct ptn_scope *sc, const char *username)
{
	return username == NULL ? sc->cf->dfns_usernameless
				: username[0] != '\0';
}

enum ptn_err
ptn_dfns_login_start(struct ptn_scope *sc, struct ptn_dfns_login_start *l)
{
	memset(&l->who, 0, sizeof(l->who));
	memset(&l->denial, 0, sizeof(l->denial));
	l->ch = (struct ptn_dfns_challenge){
		.kind = PTN_DFNS_CEREMONY_LOGIN,
		.org = &l->who.org,
	};
	if (!may_start(sc, l->username))
		return PTN_E_INPUT;
	return l->username == NULL ? start_nameless(sc, l) : start_named(sc, l);
}

/*
 * Lock and read the user.  One who does not exist is locked and read just the
 * same; an organisation that is switched off has no users.
 */
static enum ptn_err
find_member(const struct ptn_scope *sc, struct ptn_dfns_login *l)
{
	const struct ptn_uuid *user = &l->an.c.user_id;
	enum ptn_err r;

	r = ptn_member_lock(sc, user, &l->member);
	if (r == PTN_OK)
		ptn_actor_is(sc, user, NULL);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_E_NOT_FOUND || !l->an.org.active)
		memset(&l->member, 0, sizeof(l->member));
	return PTN_OK;
}

/*
 * A member who cannot log in is told so only after the proof of who they are,
 * unless denials disclose accounts anyway.
 */
static enum ptn_err
prove(const struct ptn_scope *sc, struct ptn_dfns_login *l)
{
	const bool able = ptn_member_usable(&l->member);
	enum ptn_err r;

	if (!able && ptn_dfns_denial_discloses(sc))
		return ptn_dfns_denial_of_member(&l->an.denial, &l->member);
	if ((r = ptn_dfns_answer_verify(sc, &l->an)) != PTN_OK)
		return r;
	return able ? PTN_OK
		    : ptn_dfns_denial_of_member(&l->an.denial, &l->member);
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_login *l = arg;
	enum ptn_err r;

	if ((r = find_member(sc, l)) != PTN_OK || (r = prove(sc, l)) != PTN_OK)
		return r;
	return ptn_dfns_session_open(sc, &l->member, PTN_EVENT_DFNS_LOGIN_OK,
	    &l->claims);
}

enum ptn_err
ptn_dfns_login_finish(const struct ptn_scope *sc, struct ptn_dfns_login *l)
{
	enum ptn_err r;

	if ((r = ptn_tx(sc, log_in, l)) != PTN_OK)
		return ptn_dfns_answer_drop(sc, &l->an, r);
	ptn_dfns_answer_renew(sc, &l->an);
	return ptn_dfns_session_token(sc, &l->an.org.id, &l->member, &l->claims,
	    &l->token);
}
