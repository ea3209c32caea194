#include "lib/account/signout.h"

#include "lib/account/session.h"
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

	r = e->session == NULL ? ptn_session_end_all(sc, e->user)
			       : ptn_session_end(sc, e->user, e->session);
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

enum ptn_err
ptn_signout_all(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ending e = { user, NULL };

	return ptn_tx_single(sc, log_out, &e);
}

static enum ptn_err
end_one(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	enum ptn_err r;

	if ((r = ptn_session_end(sc, e->user, e->session)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_SESSION_DELETED, NULL);
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

	r = ptn_session_end_others(sc, e->user, e->session);
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

	return ptn_tx_single(sc, end_others, &e);
}
