#include "lib/account/signin_password.h"

#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/signin.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"

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

enum ptn_err
ptn_signin_password_judge(const struct ptn_scope *sc,
    const struct ptn_signin_password *p, struct ptn_password_user *pu,
    enum ptn_signin_password_result *what)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	*what = PTN_SIGNIN_PASSWORD_WRONG;
	ptn_actor_is(sc, &p->user_id, NULL);
	if (ptn_policy_long(sc->cf, p->password)) {
		*what = PTN_SIGNIN_PASSWORD_LONG;
		note(sc, "password too long");
		return PTN_OK;
	}
	if ((r = ptn_password_find(sc, &p->user_id, pu)) != PTN_OK)
		return r;
	ptn_actor_is(sc, NULL, pu->email.address);
	r = ptn_password_check(sc, &p->user_id, pu, p->password, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict == PTN_ALLOW)
		*what = PTN_SIGNIN_PASSWORD_RIGHT;
	else
		note(sc, why_wrong(pu));
	return PTN_OK;
}

enum ptn_err
ptn_signin_password_in(const struct ptn_scope *sc,
    struct ptn_signin_password *p, const struct ptn_password_user *pu,
    enum ptn_signin_password_result *what)
{
	struct ptn_signin in = { .api = p->api,
		.user_id = p->user_id,
		.complete = p->complete,
		.epoch = p->epoch,
		.email = &pu->email,
		.amr = PTN_AMR_PWD,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };
	enum ptn_err r;

	*what = PTN_SIGNIN_PASSWORD_WRONG;
	r = ptn_password_lock(sc, &in.user_id, pu, &in.user);
	if (r == PTN_E_NOT_FOUND) { /* while we hashed */
		note(sc, "user or password went meanwhile");
		return PTN_OK;
	}
	if (r == PTN_OK)
		r = ptn_signin_in(sc, &in);
	if (r == PTN_E_DENIED) {
		note(sc, "user moved on meanwhile");
		return PTN_OK;
	}
	if (r == PTN_E_FORBIDDEN) {
		*what = PTN_SIGNIN_PASSWORD_HALF;
		note(sc, "second factor missing");
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	p->claims = in.claims;
	*what = PTN_SIGNIN_PASSWORD_RIGHT;
	return PTN_OK;
}

struct logging_in {
	struct ptn_signin_password *p;
	struct ptn_password_user pu;
	enum ptn_signin_password_result what;
};

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;

	return ptn_signin_password_in(sc, l->p, &l->pu, &l->what);
}

enum ptn_err
ptn_signin_password(const struct ptn_scope *sc, struct ptn_signin_password *p,
    enum ptn_signin_password_result *what)
{
	struct logging_in l = { .p = p };
	enum ptn_err r;

	r = ptn_signin_password_judge(sc, p, &l.pu, what);
	if (r != PTN_OK || *what != PTN_SIGNIN_PASSWORD_RIGHT)
		return r;
	r = ptn_tx(sc, log_in, &l);
	*what = l.what;
	return r;
}
