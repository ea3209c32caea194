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

static enum ptn_err
set(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *by, struct ptn_bytes password,
    enum ptn_password_change_result *what)
{
	bool created;
	enum ptn_err r = ptn_password_set(sc, user, by, password, &created);

	if (r == PTN_E_INPUT)
		return deny(sc, PTN_PASSWORD_CHANGE_UNFIT,
		    "password not allowed", what);
	if (r == PTN_E_NOT_FOUND)
		return deny(sc, PTN_PASSWORD_CHANGE_NO_USER,
		    "user or session went meanwhile", what);
	if (r == PTN_OK)
		*what = created ? PTN_PASSWORD_CHANGE_FIRST
				: PTN_PASSWORD_CHANGE_DONE;
	return r;
}

enum ptn_err
ptn_password_change(const struct ptn_scope *sc, const struct ptn_claims *by,
    const struct ptn_uuid *user, struct ptn_bytes password,
    enum ptn_password_change_result *what)
{
	if (ptn_policy_short(sc->cf, password))
		return deny(sc, PTN_PASSWORD_CHANGE_SHORT, "password too short",
		    what);
	if (ptn_policy_long(sc->cf, password))
		return deny(sc, PTN_PASSWORD_CHANGE_LONG, "password too long",
		    what);
	if (!ptn_uuid_equal(user, &by->sub))
		return deny_foreign(sc, user, what);
	return set(sc, user, &by->session_id, password, what);
}
