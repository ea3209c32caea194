#include "lib/account/signout.h"

#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

struct ending {
	const struct ptn_uuid *user;
	const struct ptn_uuid *session; /* NULL: all of them */
};

static enum ptn_err
log_out(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	enum ptn_err r;

	r = e->session == NULL
	    ? ptn_session_end_all(sc, e->user, PTN_EVENT_SESSION_LEFT)
	    : ptn_session_end(sc, e->user, e->session, PTN_EVENT_SESSION_LEFT);
	if (r == PTN_E_NOT_FOUND) /* it has ended: nothing happens */
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USER_LOGGED_OUT, NULL);
}

enum ptn_err
ptn_signout(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *session)
{
	struct ending e = { user, session };

	return ptn_tx_single(sc, log_out, &e);
}

/* One that is presented ends; who asks may be nobody that is known. */
static enum ptn_err
end_presented(const struct ptn_scope *sc, const struct ptn_claims *c)
{
	enum ptn_err r;

	r = ptn_session_end(sc, &c->sub, &c->session_id,
	    PTN_EVENT_SESSION_LEFT);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	return sc->actor != NULL && ptn_uuid_equal(&sc->actor->user_id, &c->sub)
	    ? ptn_event(sc, PTN_EVENT_USER_LOGGED_OUT, NULL)
	    : ptn_event_about(sc, PTN_EVENT_USER_LOGGED_OUT, &c->sub);
}

static enum ptn_err
log_out_presented(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_session_set *set = arg;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < set->alive_n && r == PTN_OK; i++)
		r = end_presented(sc, &set->alive[i].claims);
	for (i = 0; i < set->idle_n && r == PTN_OK; i++)
		r = end_presented(sc, &set->idle[i].claims);
	return r;
}

enum ptn_err
ptn_signout_presented(const struct ptn_scope *sc, struct ptn_session_set *set)
{
	return set->alive_n + set->idle_n > 1
	    ? ptn_tx(sc, log_out_presented, set)
	    : ptn_tx_single(sc, log_out_presented, set);
}

enum ptn_err
ptn_signout_all(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ending e = { user, NULL };

	return ptn_tx(sc, log_out, &e);
}

static enum ptn_err
end_one(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	enum ptn_err r;

	r = ptn_session_end(sc, e->user, e->session, PTN_EVENT_SESSION_REVOKED);
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_SESSION_DELETED, NULL);
}

enum ptn_err
ptn_signout_one_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *session)
{
	struct ending e = { user, session };

	return end_one(sc, &e);
}

enum ptn_err
ptn_signout_one(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *session)
{
	struct ending e = { user, session };

	return ptn_tx_single(sc, end_one, &e);
}

static enum ptn_err
end_others(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	enum ptn_err r;

	r = ptn_session_end_others(sc, e->user, e->session,
	    PTN_EVENT_SESSION_REVOKED);
	if (r == PTN_E_NOT_FOUND) /* there are none: nothing happens */
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_SESSION_DELETED, NULL);
}

enum ptn_err
ptn_signout_others(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *session)
{
	struct ending e = { user, session };

	return ptn_tx(sc, end_others, &e);
}
