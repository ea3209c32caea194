#include "lib/dfns/pat.h"

#include <string.h>

#include "lib/account/org.h"
#include "lib/account/pats.h"
#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/dfns/action.h"
#include "lib/dfns/member.h"
#include "lib/event/tx.h"

static enum ptn_err
deny(struct ptn_pat_change *k, enum ptn_dfns_denial_reason reason)
{
	return ptn_dfns_denial_set(&k->denial, reason, NULL);
}

/* ----------------------------------------------------------------- to read */

/* id nil: all of them. */
static enum ptn_err
select_pats(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, struct ptn_pat **out, size_t *n)
{
	const struct ptn_pats_of_in in = { .tenant_id = sc->tenant_id,
		.user_id = *user,
		.only_id = *id };
	struct ptn_pats_of_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	if ((r = ptn_sql_pats_of(sc->db, sc->arena, &in, &row, n)) != PTN_OK ||
	    *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_pat){ row[i].id, row[i].name,
			row[i].cred_id, row[i].fingerprint,
			ptn_member_role_owns(row[i].role), row[i].active != 0,
			row[i].expired != 0, row[i].created_at,
			row[i].expires_at, row[i].last_used_at };
	return PTN_OK;
}

enum ptn_err
ptn_pats_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_pat **out, size_t *n)
{
	const struct ptn_uuid any = { { 0 } };

	return select_pats(sc, user, &any, out, n);
}

enum ptn_err
ptn_pat_get(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, struct ptn_pat *out)
{
	struct ptn_pat *p;
	enum ptn_err r;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (ptn_uuid_is_nil(id)) /* the database would take it for any */
		return PTN_E_NOT_FOUND;
	if ((r = select_pats(sc, user, id, &p, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	*out = *p;
	return PTN_OK;
}

/* --------------------------------------------------------------- to change */

/* As they are then, and a mail that tells their owner. */
static enum ptn_err
tell(const struct ptn_scope *sc, enum ptn_event e, const struct ptn_uuid *user)
{
	struct ptn_member m;
	struct ptn_org org;
	enum ptn_err r;

	if ((r = ptn_org_get(sc, &sc->tenant_id, &org)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, user, &m)) != PTN_OK)
		return r;
	return ptn_member_notify(sc, e, org.rp_name, &m);
}

/*
 * What ended their session while this waited has ended their tokens, too.  And
 * nobody gives what they do not have.
 */
static enum ptn_err
check_session(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	struct ptn_member_seen seen;
	enum ptn_err r;

	r = ptn_member_of_session(sc, &k->session, &seen);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r != PTN_OK || !seen.usable)
		return deny(k, PTN_DFNS_BAD_TOKEN);
	return k->token.owner && !seen.owner ? deny(k, PTN_DFNS_NOT_OWNER)
					     : PTN_OK;
}

/* The user's lock, and the action that is used up, denied or not. */
static enum ptn_err
enter(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	if ((r = ptn_user_lock(sc, &k->user)) != PTN_OK ||
	    (r = check_session(sc, k)) != PTN_OK)
		return r;
	return ptn_dfns_action_use(sc, &k->action);
}

/* The same for one that is there. */
static enum ptn_err
enter_on(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	enum ptn_err r;

	if ((r = enter(sc, k)) != PTN_OK)
		return r;
	r = ptn_pat_get(sc, &k->user, &k->id, &k->pat);
	return r == PTN_E_NOT_FOUND ? deny(k, PTN_DFNS_NO_SUCH_TOKEN) : r;
}

static enum ptn_err
check_room(const struct ptn_scope *sc, struct ptn_pat_change *k,
    const char *name, bool one_more)
{
	const struct ptn_pats_count_in in = { name, sc->tenant_id, k->user };
	struct ptn_pats_count_out row;
	enum ptn_err r;

	r = ptn_sql_pats_count(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	if (one_more && row.n >= sc->cf->dfns_access_tokens)
		return deny(k, PTN_DFNS_TOO_MANY_TOKENS);
	return row.same != 0 ? deny(k, PTN_DFNS_TOKEN_EXISTS) : PTN_OK;
}

/* Without the spaces around it; PTN_E_INPUT: it is empty. */
static enum ptn_err
trim_name(const struct ptn_scope *sc, const char **name)
{
	*name = ptn_arena_trim(sc->arena, *name, " \t");
	if (*name == NULL)
		return PTN_E_NOMEM;
	return (*name)[0] != '\0' ? PTN_OK : PTN_E_INPUT;
}

static enum ptn_err
create(const struct ptn_scope *sc, void *arg)
{
	struct ptn_pat_change *k = arg;
	enum ptn_err r;

	if ((r = enter(sc, k)) != PTN_OK ||
	    (r = check_room(sc, k, k->token.name, true)) != PTN_OK ||
	    (r = ptn_pats_end_expired(sc, &k->user)) != PTN_OK ||
	    (r = ptn_accesstoken_put(sc, &k->token)) != PTN_OK ||
	    (r = tell(sc, PTN_EVENT_PAT_CREATED, &k->user)) != PTN_OK)
		return r;
	k->id = k->token.id;
	return ptn_pat_get(sc, &k->user, &k->id, &k->pat);
}

static enum ptn_err
rename_it(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	const struct ptn_pat_change_in in = { k->name, k->external_id,
		sc->tenant_id, k->user, k->id };
	uint64_t n;
	enum ptn_err r;

	if (k->name != NULL && strcmp(k->name, k->pat.name) != 0 &&
	    (r = check_room(sc, k, k->name, false)) != PTN_OK)
		return r;
	if ((r = ptn_sql_pat_change(sc->db, &in, &n)) != PTN_OK ||
	    (r = tell(sc, PTN_EVENT_PAT_CHANGED, &k->user)) != PTN_OK)
		return r;
	if (k->name != NULL)
		k->pat.name = k->name;
	return PTN_OK;
}

static enum ptn_err
update(const struct ptn_scope *sc, void *arg)
{
	struct ptn_pat_change *k = arg;
	const enum ptn_err r = enter_on(sc, k);

	return r == PTN_OK ? rename_it(sc, k) : r;
}

/* Nobody is told that it is what it was. */
static enum ptn_err
set_active(const struct ptn_scope *sc, struct ptn_pat_change *k, bool active)
{
	const struct ptn_pat_set_active_in in = { active, sc->tenant_id,
		k->user, k->id };
	uint64_t n;
	enum ptn_err r;

	if ((r = enter_on(sc, k)) != PTN_OK || k->pat.active == active)
		return r;
	k->pat.active = active;
	if ((r = ptn_sql_pat_set_active(sc->db, &in, &n)) != PTN_OK)
		return r;
	return tell(sc,
	    active ? PTN_EVENT_PAT_ACTIVATED : PTN_EVENT_PAT_DEACTIVATED,
	    &k->user);
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
ptn_pat_end(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id)
{
	const struct ptn_pat_end_in in = { sc->tenant_id, *user, *id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_pat_end(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n > 0 ? PTN_OK : PTN_E_NOT_FOUND;
}

static enum ptn_err
archive(const struct ptn_scope *sc, void *arg)
{
	struct ptn_pat_change *k = arg;
	enum ptn_err r;

	if ((r = enter_on(sc, k)) != PTN_OK ||
	    (r = ptn_pat_end(sc, &k->user, &k->id)) != PTN_OK)
		return r;
	k->pat.active = false;
	return tell(sc, PTN_EVENT_PAT_ARCHIVED, &k->user);
}

/* A denial is committed: the action is used up all the same. */
struct running {
	struct ptn_pat_change *k;
	ptn_tx_fn fn;
};

static enum ptn_err
keep_denial(const struct ptn_scope *sc, void *arg)
{
	const struct running *a = arg;
	const enum ptn_err r = a->fn(sc, a->k);

	return r == PTN_E_DENIED ? PTN_OK : r;
}

static enum ptn_err
run(const struct ptn_scope *sc, struct ptn_pat_change *k, ptn_tx_fn fn)
{
	struct running a = { k, fn };
	const enum ptn_err r = ptn_tx(sc, keep_denial, &a);

	if (r == PTN_E_GONE)
		return deny(k, PTN_DFNS_ACTION_USED);
	return ptn_dfns_denial_after(&k->denial, r);
}

enum ptn_err
ptn_pat_create(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	const enum ptn_err r = trim_name(sc, &k->token.name);

	k->token.kind = PTN_DFNS_TOKEN_PAT;
	k->token.user = k->user;
	return r == PTN_OK ? run(sc, k, create) : r;
}

enum ptn_err
ptn_pat_update(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	enum ptn_err r = PTN_OK;

	if (k->name != NULL)
		r = trim_name(sc, &k->name);
	return r == PTN_OK ? run(sc, k, update) : r;
}

enum ptn_err
ptn_pat_activate(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	return run(sc, k, activate);
}

enum ptn_err
ptn_pat_deactivate(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	return run(sc, k, deactivate);
}

enum ptn_err
ptn_pat_archive(const struct ptn_scope *sc, struct ptn_pat_change *k)
{
	return run(sc, k, archive);
}
