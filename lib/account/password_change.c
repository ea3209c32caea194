#include "lib/account/password_change.h"

#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/event/event.h"

static enum ptn_err
deny(const struct ptn_scope *sc, enum ptn_password_change_result why,
    const char *note, enum ptn_password_change_result *what)
{
	ptn_event_note(sc, PTN_EVENT_PASSWORD_SET_FAILED, note);
	*what = why;
	return PTN_OK;
}

/* Whether there is such a user comes before whose it is. */
static enum ptn_err
deny_foreign(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_password_change_result *what)
{
	struct ptn_user found;
	enum ptn_err r = ptn_user_get(sc, user, &found);

	if (r == PTN_E_NOT_FOUND)
		return deny(sc, PTN_PASSWORD_CHANGE_NO_USER, "unknown user",
		    what);
	if (r != PTN_OK)
		return r;
	return deny(sc, PTN_PASSWORD_CHANGE_FOREIGN, "wrong user", what);
}

/* What has become of it, hashed and stored. */
static enum ptn_err
settle(const struct ptn_scope *sc, enum ptn_err r, bool created,
    enum ptn_password_change_result *what)
{
	if (r == PTN_E_INPUT)
		return deny(sc, PTN_PASSWORD_CHANGE_UNFIT,
		    "password not allowed", what);
	if (r == PTN_E_NOT_FOUND)
		return deny(sc, PTN_PASSWORD_CHANGE_NO_USER,
		    "user or session went meanwhile", what);
	if (r == PTN_E_FORBIDDEN)
		return deny(sc, PTN_PASSWORD_CHANGE_SERVICE, "service account",
		    what);
	if (r == PTN_OK)
		*what = created ? PTN_PASSWORD_CHANGE_FIRST
				: PTN_PASSWORD_CHANGE_DONE;
	return r;
}

/* May it be one?  DONE, or why not. */
static enum ptn_err
judge(const struct ptn_scope *sc, struct ptn_bytes password,
    enum ptn_password_change_result *what)
{
	if (ptn_policy_short(sc->cf, password))
		return deny(sc, PTN_PASSWORD_CHANGE_SHORT, "password too short",
		    what);
	if (ptn_policy_long(sc->cf, password))
		return deny(sc, PTN_PASSWORD_CHANGE_LONG, "password too long",
		    what);
	*what = PTN_PASSWORD_CHANGE_DONE;
	return PTN_OK;
}

enum ptn_err
ptn_password_change_make(const struct ptn_scope *sc, struct ptn_bytes password,
    char phc[PTN_PHC_MAX], enum ptn_password_change_result *what)
{
	enum ptn_err r;

	if ((r = judge(sc, password, what)) != PTN_OK ||
	    *what != PTN_PASSWORD_CHANGE_DONE)
		return r;
	return settle(sc, ptn_password_hash(sc, password, phc), false, what);
}

enum ptn_err
ptn_password_change_in(const struct ptn_scope *sc, const struct ptn_claims *by,
    const char *phc, enum ptn_password_change_result *what)
{
	bool created = false;
	enum ptn_err r;

	r = ptn_password_store_in(sc, &by->sub, &by->session_id, phc, &created);
	return settle(sc, r, created, what);
}

enum ptn_err
ptn_password_change(const struct ptn_scope *sc, const struct ptn_claims *by,
    const struct ptn_uuid *user, struct ptn_bytes password,
    enum ptn_password_change_result *what)
{
	bool created = false;
	enum ptn_err r;

	if ((r = judge(sc, password, what)) != PTN_OK ||
	    *what != PTN_PASSWORD_CHANGE_DONE)
		return r;
	if (!ptn_uuid_equal(user, &by->sub))
		return deny_foreign(sc, user, what);
	r = ptn_password_set(sc, user, &by->session_id, password, &created);
	return settle(sc, r, created, what);
}

enum ptn_err
ptn_password_change_give(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes password, bool first,
    enum ptn_password_change_result *what)
{
	enum ptn_err r;

	if ((r = judge(sc, password, what)) != PTN_OK ||
	    *what != PTN_PASSWORD_CHANGE_DONE)
		return r;
	return settle(sc, ptn_password_give(sc, user, password, first), first,
	    what);
}

enum ptn_err
ptn_password_change_impose(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes password,
    enum ptn_password_change_result *what)
{
	bool created = false;
	enum ptn_err r;

	if ((r = judge(sc, password, what)) != PTN_OK ||
	    *what != PTN_PASSWORD_CHANGE_DONE)
		return r;
	r = ptn_password_set(sc, user, NULL, password, &created);
	return settle(sc, r, created, what);
}
