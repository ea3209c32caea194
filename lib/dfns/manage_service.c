#include "lib/dfns/manage_service.h"

#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"

static enum ptn_err
deny(struct ptn_dfns_manage_service *s, enum ptn_dfns_denial_reason reason)
{
	return ptn_dfns_denial_set(&s->manage.denial, reason, NULL);
}

/* Nobody else makes one meanwhile: whoever does has locked the owners. */
static enum ptn_err
check_number(const struct ptn_scope *sc, struct ptn_dfns_manage_service *s)
{
	const struct ptn_access_tokens_count_in in = { sc->tenant_id };
	struct ptn_access_tokens_count_out row;
	enum ptn_err r;

	r = ptn_sql_access_tokens_count(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	return row.n < sc->cf->dfns_service_accounts
	    ? PTN_OK
	    : deny(s, PTN_DFNS_TOO_MANY_ACCOUNTS);
}

static enum ptn_err
set_external(const struct ptn_scope *sc,
    const struct ptn_dfns_manage_service *s)
{
	return s->external_id == NULL
	    ? PTN_OK
	    : ptn_member_set_external(sc, &s->manage.who, s->external_id);
}

static enum ptn_err
show(const struct ptn_scope *sc, struct ptn_dfns_manage_service *s)
{
	return ptn_dfns_people_one(sc, &s->manage.who, true, &s->manage.person);
}

static enum ptn_err
create(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_manage_service *s = arg;
	enum ptn_err r;

	if ((r = ptn_dfns_manage_enter(sc, &s->manage)) != PTN_OK ||
	    (r = check_number(sc, s)) != PTN_OK)
		return r == PTN_E_DENIED ? PTN_OK : r; /* the action is spent */
	if ((r = ptn_service_put(sc, &s->account)) != PTN_OK)
		return r;
	s->manage.who = s->account.id;
	if ((s->owner &&
		(r = ptn_member_set_owner(sc, &s->manage.who, true)) !=
		    PTN_OK) ||
	    (r = set_external(sc, s)) != PTN_OK ||
	    (r = ptn_event_about(sc, PTN_EVENT_SERVICE_ACCOUNT_CREATED,
		 &s->manage.who)) != PTN_OK)
		return r;
	return show(sc, s);
}

static enum ptn_err
change(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_manage_service *s = arg;
	enum ptn_err r;

	if ((r = ptn_dfns_manage_enter_on(sc, &s->manage, false)) != PTN_OK)
		return r == PTN_E_DENIED ? PTN_OK : r;
	if ((s->name != NULL &&
		(r = ptn_service_rename(sc, &s->manage.who, s->name)) !=
		    PTN_OK) ||
	    (r = set_external(sc, s)) != PTN_OK ||
	    (r = ptn_event_about(sc, PTN_EVENT_SERVICE_ACCOUNT_CHANGED,
		 &s->manage.who)) != PTN_OK)
		return r;
	return show(sc, s);
}

static enum ptn_err
run(const struct ptn_scope *sc, struct ptn_dfns_manage_service *s, ptn_tx_fn fn)
{
	const enum ptn_err r = ptn_dfns_manage_run(sc, &s->manage, fn, s);

	/* Undone whole, so that the action can be tried again. */
	return r == PTN_E_CONFLICT ? deny(s, PTN_DFNS_USER_EXISTS) : r;
}

enum ptn_err
ptn_dfns_manage_service_create(const struct ptn_scope *sc,
    struct ptn_dfns_manage_service *s)
{
	return run(sc, s, create);
}

enum ptn_err
ptn_dfns_manage_service_change(const struct ptn_scope *sc,
    struct ptn_dfns_manage_service *s)
{
	return run(sc, s, change);
}
