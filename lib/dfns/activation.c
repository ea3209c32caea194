#include "lib/dfns/activation.h"

#include <string.h>

#include "lib/account/org.h"
#include "lib/account/user.h"
#include "lib/dfns/action.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/dfns/password.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

static struct ptn_dfns_cred *
find(struct ptn_dfns_cred *c, size_t n, const struct ptn_uuid *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&c[i].id, id))
			return &c[i];
	return NULL;
}

static enum ptn_err
notify(const struct ptn_scope *sc, const struct ptn_dfns_activation *k,
    enum ptn_event e)
{
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_member_by_id(sc, &k->user_id, &m)) != PTN_OK)
		return r;
	return ptn_member_notify(sc, e, k->org.rp_name, &m);
}

static enum ptn_err
change(const struct ptn_scope *sc, struct ptn_dfns_activation *k)
{
	enum ptn_err r;

	if ((r = ptn_org_get(sc, &sc->tenant_id, &k->org)) != PTN_OK)
		return r;
	if (k->kind != PTN_ACTIVATION_DELETE) {
		r = ptn_dfns_cred_activate(sc, &k->cred, k->cred.active);
		return r == PTN_OK
		    ? notify(sc, k, PTN_EVENT_DFNS_CREDENTIAL_CHANGED)
		    : r;
	}
	if ((r = ptn_dfns_creds_show(sc->arena, &k->cred, 1)) != PTN_OK ||
	    (r = ptn_dfns_cred_archive(sc, &k->user_id, &k->cred)) != PTN_OK)
		return r;
	return notify(sc, k, PTN_EVENT_DFNS_CREDENTIAL_DELETED);
}

/* Nobody is told that a credential is what it was. */
static bool
will_change(const struct ptn_dfns_activation *k, const struct ptn_dfns_cred *c)
{
	switch (k->kind) {
	case PTN_ACTIVATION_OFF:
		return c->active;
	case PTN_ACTIVATION_ON:
		return !c->active || !c->admitted;
	case PTN_ACTIVATION_DELETE:
		break;
	}
	return true;
}

static enum ptn_err
set_active(const struct ptn_scope *sc, struct ptn_dfns_activation *k)
{
	const bool passwords = ptn_dfns_password_on(sc);
	struct ptn_dfns_cred *all, *c;
	bool could_log_in, changes;
	enum ptn_err r;
	size_t n;

	if ((r = ptn_dfns_creds_of(sc, &k->user_id, &all, &n)) != PTN_OK)
		return r;
	if ((c = find(all, n, &k->credential)) == NULL)
		return ptn_dfns_denial_set(&k->denial,
		    PTN_DFNS_NO_SUCH_CREDENTIAL, NULL);
	could_log_in = ptn_dfns_creds_suffice(all, n, passwords);
	changes = will_change(k, c);
	c->active = k->kind == PTN_ACTIVATION_ON;
	c->admitted = c->admitted || c->active;
	if (could_log_in && !ptn_dfns_creds_suffice(all, n, passwords))
		return ptn_dfns_denial_set(&k->denial,
		    k->kind == PTN_ACTIVATION_DELETE ? PTN_DFNS_LAST_TO_DELETE
						     : PTN_DFNS_LAST_CREDENTIAL,
		    NULL);
	k->cred = *c;
	return changes ? change(sc, k) : PTN_OK;
}

/* A denial is committed: the action is used up all the same. */
static enum ptn_err
run(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_activation *k = arg;
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	if ((r = ptn_user_lock(sc, &k->user_id)) != PTN_OK ||
	    (r = ptn_dfns_action_use(sc, &k->action)) != PTN_OK)
		return r;
	r = set_active(sc, k);
	return r == PTN_E_DENIED ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_activation(const struct ptn_scope *sc, struct ptn_dfns_activation *k)
{
	enum ptn_err r = ptn_tx(sc, run, k);

	if (r == PTN_E_GONE)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_ACTION_USED,
		    NULL);
	return ptn_dfns_denial_after(&k->denial, r);
}
