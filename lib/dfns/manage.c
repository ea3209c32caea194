#include "lib/dfns/manage.h"

#include <string.h>

#include "lib/account/limit.h"
#include "lib/account/user.h"
#include "lib/db/sql.h"
#include "lib/dfns/action.h"
#include "lib/dfns/administer.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

static enum ptn_err
deny(struct ptn_dfns_manage *m, enum ptn_dfns_denial_reason reason)
{
	return ptn_dfns_denial_set(&m->denial, reason, NULL);
}

/* Who else could undo what is done here: log in, and manage. */
static bool
is_other_owner(const struct ptn_dfns_manage *m,
    const struct ptn_member_owners_out *o)
{
	return o->active != 0 && o->registered != 0 &&
	    o->service_account == 0 && !ptn_uuid_equal(&o->user_id, &m->who);
}

/*
 * Use up the action, and lock who manages the organisation.
 *
 * others	whether one of them would be left without m->who
 */
static enum ptn_err
enter(const struct ptn_scope *sc, struct ptn_dfns_manage *m, bool *others)
{
	const struct ptn_member_owners_in in = { sc->tenant_id };
	struct ptn_member_owners_out *o;
	bool allowed = false;
	enum ptn_err r;
	size_t i, n;

	*others = false;
	if ((r = ptn_dfns_action_use(sc, &m->action)) != PTN_OK ||
	    (r = ptn_sql_member_owners(sc->db, sc->arena, &in, &o, &n)) !=
		PTN_OK)
		return r;
	for (i = 0; i < n; i++) {
		allowed = allowed ||
		    (o[i].active != 0 && ptn_uuid_equal(&o[i].user_id, &m->by));
		*others = *others || is_other_owner(m, &o[i]);
	}
	return allowed ? PTN_OK : deny(m, PTN_DFNS_NOT_OWNER);
}

enum ptn_err
ptn_dfns_manage_enter(const struct ptn_scope *sc, struct ptn_dfns_manage *m)
{
	bool others;

	memset(&m->denial, 0, sizeof(m->denial));
	return enter(sc, m, &others);
}

enum ptn_err
ptn_dfns_manage_enter_on(const struct ptn_scope *sc, struct ptn_dfns_manage *m,
    bool out)
{
	bool others;
	enum ptn_err r;

	memset(&m->denial, 0, sizeof(m->denial));
	r = ptn_user_lock(sc, &m->who);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if ((r = enter(sc, m, &others)) != PTN_OK)
		return r;
	r = ptn_dfns_people_one(sc, &m->who, m->service_account, &m->person);
	if (r == PTN_E_NOT_FOUND)
		return deny(m,
		    m->service_account ? PTN_DFNS_NO_SUCH_ACCOUNT
				       : PTN_DFNS_NO_SUCH_USER);
	if (r != PTN_OK || !out)
		return r;
	if (ptn_uuid_equal(&m->who, &m->by))
		return deny(m, PTN_DFNS_ONESELF);
	return m->person.owner && !m->service_account && !others
	    ? deny(m, PTN_DFNS_LAST_OWNER)
	    : PTN_OK;
}

/* A denial is committed: the action is used up all the same. */
static enum ptn_err
keep_denial(enum ptn_err r)
{
	return r == PTN_E_DENIED ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_manage_run(const struct ptn_scope *sc, struct ptn_dfns_manage *m,
    ptn_tx_fn fn, void *arg)
{
	const enum ptn_err r = ptn_tx(sc, fn, arg);

	if (r == PTN_E_GONE)
		return deny(m, PTN_DFNS_ACTION_USED);
	return ptn_dfns_denial_after(&m->denial, r);
}

/* --------------------------------------------------------------- to invite */

/* By organisation, which may have many accounts that invite. */
static enum ptn_err
count_invitation(const struct ptn_scope *sc)
{
	char org[PTN_UUID_STR];
	const struct ptn_limit_on on = { .account = org };

	ptn_uuid_format(&sc->tenant_id, org);
	return ptn_limit_take(sc, PTN_LIMIT_INVITE, &on);
}

static enum ptn_err
invite(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_manage *m = arg;
	struct ptn_administer_invitation i = { .address = m->address,
		.external_id = m->external_id };
	enum ptn_err r;

	if ((r = ptn_dfns_manage_enter(sc, m)) != PTN_OK)
		return keep_denial(r);
	if ((r = count_invitation(sc)) != PTN_OK ||
	    (r = ptn_administer_invite_in(sc, &i)) != PTN_OK)
		return r;
	m->who = i.user;
	return ptn_dfns_people_one(sc, &m->who, false, &m->person);
}

enum ptn_err
ptn_dfns_manage_invite(const struct ptn_scope *sc, struct ptn_dfns_manage *m)
{
	const enum ptn_err r = ptn_dfns_manage_run(sc, m, invite, m);

	/* Undone whole, so that the action can be tried again. */
	return r == PTN_E_CONFLICT ? deny(m, PTN_DFNS_USER_EXISTS) : r;
}

/* ---------------------------------------------------------- on, off, away */

static enum ptn_err
set_active(const struct ptn_scope *sc, struct ptn_dfns_manage *m, bool active)
{
	enum ptn_err r;

	if ((r = ptn_dfns_manage_enter_on(sc, m, !active)) != PTN_OK)
		return keep_denial(r);
	if ((r = ptn_administer_switch_in(sc, &m->who, active)) != PTN_OK)
		return r;
	m->person.active = active && !m->person.locked;
	return PTN_OK;
}

static enum ptn_err
activate(const struct ptn_scope *sc, void *arg)
{
	return set_active(sc, arg, true);
}

static enum ptn_err
deactivate(const struct ptn_scope *sc, void *arg)
{
	return set_active(sc, arg, false);
}

enum ptn_err
ptn_dfns_manage_activate(const struct ptn_scope *sc, struct ptn_dfns_manage *m)
{
	return ptn_dfns_manage_run(sc, m, activate, m);
}

enum ptn_err
ptn_dfns_manage_deactivate(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m)
{
	return ptn_dfns_manage_run(sc, m, deactivate, m);
}

static enum ptn_err
archive(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_manage *m = arg;
	enum ptn_err r;

	if ((r = ptn_dfns_manage_enter_on(sc, m, true)) != PTN_OK)
		return keep_denial(r);
	r = m->service_account ? ptn_administer_end_in(sc, &m->who)
			       : ptn_administer_archive_in(sc, &m->who);
	if (r != PTN_OK)
		return r;
	m->person.active = false;
	return PTN_OK;
}

enum ptn_err
ptn_dfns_manage_archive(const struct ptn_scope *sc, struct ptn_dfns_manage *m)
{
	return ptn_dfns_manage_run(sc, m, archive, m);
}
