#include "lib/dfns/delegate.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/dfns/action.h"
#include "lib/dfns/session.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/address.h"

/* One call: what is done under the action, and whether it is done again. */
struct call {
	struct ptn_dfns_delegate *d;
	bool again;	       /* the first run met another request's user */
	const char *canonical; /* the address to register */
};

static enum ptn_err
deny(struct ptn_dfns_delegate *d, enum ptn_dfns_denial_reason reason,
    const char *detail)
{
	return ptn_dfns_denial_set(&d->denial, reason, detail);
}

/* The record names the service account, and the address of the end user. */
static void
name_subject(const struct ptn_scope *sc, const struct ptn_dfns_delegate *d)
{
	ptn_actor_is(sc, NULL, d->recovery.who.member.address);
}

static enum ptn_err
record(const struct ptn_scope *sc, const struct ptn_dfns_delegate *d,
    enum ptn_event event)
{
	name_subject(sc, d);
	return ptn_event(sc, event, NULL);
}

/* Use up the action; then read the user, locked.  PTN_E_NOT_FOUND. */
static enum ptn_err
find(const struct ptn_scope *sc, struct ptn_dfns_delegate *d)
{
	enum ptn_err r;

	memset(&d->denial, 0, sizeof(d->denial));
	if ((r = ptn_dfns_action_use(sc, &d->action)) != PTN_OK)
		return r;
	return ptn_dfns_lookup_locked(sc, d->username, &d->recovery.who);
}

/* The same for an end user who may log in, by this API or the other. */
static enum ptn_err
find_end_user(const struct ptn_scope *sc, struct ptn_dfns_delegate *d)
{
	const struct ptn_member *m = &d->recovery.who.member;
	enum ptn_err r = find(sc, d);

	if (r == PTN_E_NOT_FOUND)
		return deny(d, PTN_DFNS_NO_USER, "unknown user");
	if (r != PTN_OK)
		return r;
	if (!ptn_member_is_end_user(m) || m->archived ||
	    (!m->registered && !m->verified))
		return deny(d, PTN_DFNS_NO_USER, "no end user");
	if (!m->active)
		return deny(d, PTN_DFNS_DEACTIVATED, "deactivated");
	return PTN_OK;
}

/* A denial is committed: the action is used up all the same. */
static enum ptn_err
keep_denial(enum ptn_err r)
{
	return r == PTN_E_DENIED ? PTN_OK : r;
}

/*
 * PTN_E_CONFLICT is run once more: another request may have made the same user
 * at the same time, and this one goes on with that user.
 */
static enum ptn_err
run(const struct ptn_scope *sc, struct call *call, ptn_tx_fn fn)
{
	struct ptn_dfns_delegate *d = call->d;
	enum ptn_err r;

	r = ptn_tx(sc, fn, call);
	if (r == PTN_E_CONFLICT) {
		call->again = true;
		r = ptn_tx(sc, fn, call);
	}
	if (r == PTN_E_CONFLICT)
		return deny(d, PTN_DFNS_USER_EXISTS, NULL);
	if (r == PTN_E_GONE)
		return deny(d, PTN_DFNS_ACTION_USED, NULL);
	if (r == PTN_OK)
		name_subject(sc, d);
	return ptn_dfns_denial_after(&d->denial, r);
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_delegate *d = ((struct call *)arg)->d;
	enum ptn_err r = find_end_user(sc, d);

	if (r != PTN_OK)
		return keep_denial(r);
	name_subject(sc, d);
	return ptn_dfns_session_open(sc, &d->recovery.who.member,
	    PTN_EVENT_DFNS_DELEGATED_LOGIN_OK, &d->claims);
}

enum ptn_err
ptn_dfns_delegate_log_in(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d)
{
	const struct ptn_dfns_lookup *who = &d->recovery.who;
	struct call call = { .d = d };
	enum ptn_err r;

	if ((r = run(sc, &call, log_in)) != PTN_OK)
		return r;
	return ptn_dfns_session_token(sc, &who->org.id, &who->member,
	    &d->claims, &d->token);
}

static enum ptn_err
recover(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_delegate *d = ((struct call *)arg)->d;
	enum ptn_err r = find_end_user(sc, d);

	if (r == PTN_OK)
		r = ptn_dfns_recovery_prepare(sc, &d->recovery);
	if (r == PTN_OK && d->recovery.key == NULL)
		r = deny(d, PTN_DFNS_NO_RECOVERY, "no recovery key");
	if (r != PTN_OK)
		return keep_denial(r);
	r = ptn_dfns_enrolment_start_in(sc, &d->recovery.start);
	return r == PTN_OK ? record(sc, d, PTN_EVENT_DFNS_DELEGATED_RECOVERY_OK)
			   : r;
}

enum ptn_err
ptn_dfns_delegate_recover(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d)
{
	struct call call = { .d = d };
	enum ptn_err r;

	d->recovery.credential_id = d->credential_id;
	if ((r = run(sc, &call, recover)) != PTN_OK)
		return r;
	return ptn_dfns_enrolment_token(sc, &d->recovery.start);
}

/*
 * Nobody has this name.  Somebody may have the address; if that was made a
 * moment ago by another request, the second run finds them by name.
 */
static enum ptn_err
make(const struct ptn_scope *sc, const struct call *call)
{
	struct ptn_dfns_delegate *d = call->d;
	struct ptn_user_ref owner;
	enum ptn_err r;

	if (d->restart)
		return deny(d, PTN_DFNS_NO_USER, "unknown user");
	r = ptn_user_by_address(sc, call->canonical, &owner);
	if (r == PTN_OK && !call->again)
		return PTN_E_CONFLICT;
	if (r == PTN_OK)
		return deny(d, PTN_DFNS_USER_EXISTS, "the address is taken");
	if (r != PTN_E_NOT_FOUND)
		return r;
	return ptn_member_invite(sc, d->username, PTN_END_USER, d->external_id,
	    &d->recovery.who.member);
}

/*
 * A registration may be started again until it is finished, for an end user
 * alone.  Who has proved their address through the other API registers without
 * the service account.
 */
static enum ptn_err
check_unfinished(struct ptn_dfns_delegate *d)
{
	const struct ptn_member *m = &d->recovery.who.member;

	if (!ptn_member_is_end_user(m) || m->registered || m->verified ||
	    m->archived)
		return deny(d, PTN_DFNS_USER_EXISTS, "the user exists");
	if (!m->active)
		return deny(d, PTN_DFNS_DEACTIVATED, "deactivated");
	return PTN_OK;
}

static enum ptn_err
enrol(const struct ptn_scope *sc, void *arg)
{
	const struct call *call = arg;
	struct ptn_dfns_delegate *d = call->d;
	enum ptn_err r = find(sc, d);

	if (r == PTN_E_NOT_FOUND)
		r = make(sc, call);
	else if (r == PTN_OK)
		r = check_unfinished(d);
	if (r != PTN_OK)
		return keep_denial(r);
	r = ptn_dfns_enrolment_start_in(sc, &d->recovery.start);
	return r == PTN_OK
	    ? record(sc, d, PTN_EVENT_DFNS_DELEGATED_REGISTRATION_OK)
	    : r;
}

enum ptn_err
ptn_dfns_delegate_register(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d)
{
	struct call call = { .d = d };
	char *canonical = NULL;
	enum ptn_err r;

	r = ptn_address_canonical(sc->arena, d->username, &canonical);
	if (r != PTN_OK)
		return r;
	call.canonical = canonical;
	d->recovery.start = (struct ptn_dfns_enrolment_start){
		.who = &d->recovery.who,
		.kind = PTN_DFNS_TOKEN_REGISTRATION,
		.c = { .kind = PTN_DFNS_CEREMONY_REGISTRATION },
	};
	if ((r = run(sc, &call, enrol)) != PTN_OK)
		return r;
	return ptn_dfns_enrolment_token(sc, &d->recovery.start);
}
