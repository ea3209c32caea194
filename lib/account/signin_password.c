#include "lib/account/signin_password.h"

#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/signin.h"
#include "lib/event/actor.h"

static void
note(const struct ptn_scope *sc, const char *why)
{
	ptn_event_note(sc, PTN_EVENT_PASSWORD_LOGIN_FAILED, why);
}

static const char *
why_wrong(const struct ptn_password_user *pu)
{
	if (!pu->known)
		return "unknown user";
	return pu->hash == NULL ? "user has no password credential"
				: "password hash not equal";
}

struct entering {
	const struct ptn_password_user *pu; /* whose password was right */
	struct ptn_signin in;
};

static enum ptn_err
enter(const struct ptn_scope *sc, void *arg)
{
	struct entering *e = arg;
	enum ptn_err r;

	r = ptn_password_lock(sc, &e->in.user_id, e->pu, &e->in.epoch);
	if (r != PTN_OK)
		return r;
	return ptn_signin_in(sc, &e->in);
}

static enum ptn_err
log_in(const struct ptn_scope *sc, struct ptn_signin_password *p,
    const struct ptn_password_user *pu, enum ptn_signin_password_result *what)
{
	struct entering e = { pu,
		{ .api = p->api,
		    .user_id = p->user_id,
		    .email = &pu->email,
		    .event = PTN_EVENT_PASSWORD_LOGIN_OK } };
	enum ptn_err r;

	r = ptn_tx(sc, enter, &e);
	if (r == PTN_E_NOT_FOUND) { /* while we hashed */
		note(sc, "user or password went meanwhile");
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	p->claims = e.in.claims;
	*what = PTN_SIGNIN_PASSWORD_RIGHT;
	return PTN_OK;
}

enum ptn_err
ptn_signin_password(const struct ptn_scope *sc, struct ptn_signin_password *p,
    enum ptn_signin_password_result *what)
{
	struct ptn_password_user pu;
	enum ptn_verdict verdict;
	enum ptn_err r;

	*what = PTN_SIGNIN_PASSWORD_WRONG;
	ptn_actor_is(sc, &p->user_id, NULL);
	if (ptn_policy_long(sc->cf, p->password)) {
		*what = PTN_SIGNIN_PASSWORD_LONG;
		note(sc, "password too long");
		return PTN_OK;
	}
	if ((r = ptn_password_find(sc, &p->user_id, &pu)) != PTN_OK)
		return r;
	ptn_actor_is(sc, NULL, pu.email.address);
	r = ptn_password_check(sc, &p->user_id, &pu, p->password, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict == PTN_ALLOW)
		return log_in(sc, p, &pu, what);
	note(sc, why_wrong(&pu));
	return PTN_OK;
}
