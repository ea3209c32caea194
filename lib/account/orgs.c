#include "lib/account/orgs.h"

#include <string.h>

#include "lib/account/tenant.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

#define CONFIG_MAX 4096 /* bytes, written anew: pages of them must fit */
#define BATCH 500	/* rows that are deleted at once */
#define ROUNDS 10 /* transactions of a call: within a request's deadline */

static enum ptn_err
no(struct ptn_orgs_why *why, const char *text)
{
	why->text = text;
	return PTN_E_INPUT;
}

/* ---------------------------------------------------- what is their own */

enum ptn_err
ptn_orgs_own(const struct ptn_scope *sc, const struct ptn_org_row *org,
    struct ptn_own **out)
{
	const struct ptn_own_rp rp = { org->rp_id, org->rp_name, org->origins };
	const char *why;
	enum ptn_err r;

	r = ptn_own_parse(sc->arena, sc->cf, org->config, out, &why);
	if (*out == NULL || r == PTN_E_NOMEM)
		return PTN_E_NOMEM;
	return ptn_own_put_rp(sc->arena, *out, &rp);
}

/* The text of a wish; its relying party has columns of its own. */
static enum ptn_err
read_config(const struct ptn_scope *sc, const struct ptn_json *config,
    struct ptn_org_row *org, struct ptn_orgs_why *why)
{
	struct ptn_own_rp rp;
	struct ptn_own *own;
	struct ptn_jsonw w;
	const char *what;
	enum ptn_err r;

	r = ptn_own_read(sc->arena, sc->cf, config, &own, &what);
	if (r == PTN_E_INPUT)
		return no(why,
		    ptn_arena_printf(sc->arena, "invalid config: %s", what));
	if (r != PTN_OK || (r = ptn_own_take_rp(sc->arena, own, &rp)) != PTN_OK)
		return r;
	org->rp_id = rp.id;
	org->rp_name = rp.name;
	org->origins = rp.origins;
	ptn_jsonw_init(&w, sc->arena);
	ptn_own_write(&w, NULL, own);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	org->config = w.buf.p;
	if (w.buf.len > CONFIG_MAX)
		return no(why, "config is larger than 4096 bytes");
	what = ptn_org_problem(org);
	return what != NULL ? no(why, what) : PTN_OK;
}

/* ------------------------------------------------------------------- new */

static enum ptn_err
put(const struct ptn_scope *sc, void *arg)
{
	struct ptn_org_row *org = arg;
	struct ptn_scope at;
	enum ptn_err r;

	if ((r = ptn_org_put(sc, org)) != PTN_OK)
		return r;
	at = ptn_scope_at(sc, &org->id);
	if ((r = ptn_event(&at, PTN_EVENT_ORG_CREATED, NULL)) != PTN_OK)
		return r;
	return ptn_org_by_id(sc, &org->id, org);
}

enum ptn_err
ptn_orgs_create(const struct ptn_scope *sc, struct ptn_org_row *org,
    const struct ptn_json *config, struct ptn_orgs_why *why)
{
	char *id = ptn_arena_alloc(sc->arena, PTN_UUID_STR);
	enum ptn_err r;

	if (id == NULL)
		return PTN_E_NOMEM;
	if (ptn_uuid_is_nil(&org->id))
		org->id = ptn_uuid_new();
	ptn_uuid_format(&org->id, id);
	if (org->name == NULL)
		org->name = id;
	r = read_config(sc, config, org, why);
	return r == PTN_OK ? ptn_tx(sc, put, org) : r;
}

/* ---------------------------------------------------------------- another */

struct change {
	struct ptn_org_row *org; /* as it shall be */
	const struct ptn_seen *seen;
};

static bool
is_default(const struct ptn_org_row *org)
{
	return strcmp(org->name, PTN_TENANT_DEFAULT) == 0;
}

static enum ptn_err
configure(const struct ptn_scope *sc, void *arg)
{
	const struct change *c = arg;
	const struct ptn_scope at = ptn_scope_at(sc, &c->org->id);
	struct ptn_org_row now;
	enum ptn_err r;

	if ((r = ptn_org_lock(sc, &c->org->id, &now)) != PTN_OK)
		return r;
	if (is_default(&now))
		return PTN_E_CONFLICT;
	if ((r = ptn_seen_still(c->seen, sc, &now)) != PTN_OK ||
	    (r = ptn_org_configure(sc, c->org)) != PTN_OK ||
	    (r = ptn_event(&at, PTN_EVENT_ORG_CHANGED, NULL)) != PTN_OK)
		return r;
	return ptn_org_by_id(sc, &c->org->id, c->org);
}

enum ptn_err
ptn_orgs_configure(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const struct ptn_json *config, const struct ptn_seen *seen,
    struct ptn_org_row *out, struct ptn_orgs_why *why)
{
	struct ptn_org_row want;
	struct change c = { out, seen };
	enum ptn_err r;

	if ((r = ptn_org_by_id(sc, id, out)) != PTN_OK)
		return r;
	want = *out;
	if ((r = read_config(sc, config, &want, why)) != PTN_OK)
		return r;
	*out = want;
	return ptn_tx(sc, configure, &c);
}

/* ------------------------------------------------------------------ gone */

#define DROP(table)                                                            \
	static enum ptn_err drop_##table(const struct ptn_scope *sc,           \
	    uint64_t *n)                                                       \
	{                                                                      \
		const struct ptn_tenant_drop_##table##_in in = {               \
			sc->tenant_id, BATCH                                   \
		};                                                             \
                                                                               \
		return ptn_sql_tenant_drop_##table(sc->db, &in, n);            \
	}

DROP(primary_emails)
DROP(users)
DROP(emails)
DROP(flows)
DROP(webhooks)
DROP(webauthn_challenges)
DROP(ceremonies)
DROP(action_signatures)
DROP(rate_limits)
DROP(outbox)
DROP(audit_logs)

/* In this order: a primary address is deleted before its user. */
static enum ptn_err (*const drops[])(const struct ptn_scope *sc,
    uint64_t *n) = { drop_primary_emails, drop_users, drop_emails, drop_flows,
	drop_webhooks, drop_webauthn_challenges, drop_ceremonies,
	drop_action_signatures, drop_rate_limits, drop_outbox,
	drop_audit_logs };

/* A batch of what it has; full: there may be more of that. */
static enum ptn_err
drop(const struct ptn_scope *at, bool *full)
{
	enum ptn_err r = PTN_OK;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(drops) && r == PTN_OK && n < BATCH; i++)
		r = drops[i](at, &n);
	*full = n >= BATCH;
	return r;
}

struct deletion {
	struct ptn_uuid id;
	struct ptn_uuid recorded_at; /* the default tenant */
	bool more;
};

/* Nobody comes in any more while the rest goes; it is on record at home. */
static enum ptn_err
shut(const struct ptn_scope *home, const struct ptn_org_row *org,
    const char *id)
{
	enum ptn_err r;

	if (!org->active)
		return PTN_OK;
	r = ptn_org_set_active(home, &org->id, false);
	return r == PTN_OK ? ptn_event(home, PTN_EVENT_ORG_DEACTIVATED, id) : r;
}

static enum ptn_err
take_away(const struct ptn_scope *sc, void *arg)
{
	struct deletion *d = arg;
	const struct ptn_scope at = ptn_scope_at(sc, &d->id);
	const struct ptn_scope home = ptn_scope_at(sc, &d->recorded_at);
	const struct ptn_tenant_delete_in in = { d->id };
	char *id = ptn_arena_alloc(sc->arena, PTN_UUID_STR);
	struct ptn_org_row now;
	enum ptn_err r;

	if (id == NULL)
		return PTN_E_NOMEM;
	ptn_uuid_format(&d->id, id);
	if ((r = ptn_org_lock(sc, &d->id, &now)) != PTN_OK ||
	    (r = drop(&at, &d->more)) != PTN_OK)
		return r;
	if (d->more)
		return shut(&home, &now, id);
	if ((r = ptn_sql_tenant_delete(sc->db, &in)) != PTN_OK)
		return r;
	return ptn_event(&home, PTN_EVENT_ORG_DELETED, id);
}

enum ptn_err
ptn_orgs_delete(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct deletion d = { .id = *id, .more = true };
	struct ptn_org_row home;
	enum ptn_err r;
	int i;

	if ((r = ptn_org_find(sc, PTN_TENANT_DEFAULT, &home)) != PTN_OK)
		return r;
	if (ptn_uuid_equal(&home.id, id))
		return PTN_E_CONFLICT;
	d.recorded_at = home.id;
	for (i = 0; i < ROUNDS && d.more && r == PTN_OK; i++)
		r = ptn_tx(sc, take_away, &d);
	if (r == PTN_OK)
		return d.more ? PTN_E_BUSY : PTN_OK;
	/* A user who was changed meanwhile: they go the next time. */
	return r == PTN_E_CONFLICT ? PTN_E_BUSY : r;
}
