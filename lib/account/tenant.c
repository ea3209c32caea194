#include "lib/account/tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account/org.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/conf/own.h"

#define ROW_MAX 16384 /* bytes of a row, taken apart */
#define PER_BYTE 8    /* the same of what is its own, of each byte of that */
#define IDS 32	      /* tenants that are remembered by the id of a path */

/* A mount, and its tenant as last read. */
struct slot {
	struct ptn_mount mount;
	enum { UNREAD, MISSING, UNUSABLE, FOUND } state;
	bool active;
	int64_t read_ms;
	struct ptn_tenant tenant;
	struct ptn_conf cf;
	struct ptn_arena *arena; /* of what cf has from the row; or NULL */
	size_t room;		 /* of that */
};

/* That of a path which begins with an id. */
struct of_id {
	char at[1 + PTN_UUID_STR]; /* "/", and the id */
	uint64_t used;		   /* when last: the greatest is the latest */
};

/*
 * The default tenant, then the hosts, then the paths; the one that an operator
 * names; and those that paths name by their ids, as they came.
 */
struct ptn_tenants {
	const struct ptn_conf *cf;
	size_t n; /* of the first three */
	size_t all;
	uint64_t uses;
	struct of_id of_id[IDS]; /* of the last ones */
	struct slot slot[];
};

static bool
has_path(const struct slot *s)
{
	return s->mount.at[0] == '/';
}

struct ptn_tenants *
ptn_tenants_new(const struct ptn_conf *cf)
{
	const size_t n = 1 + cf->tenant_hosts.n + cf->tenant_paths.n;
	const size_t all = n + 1 + (cf->tenant_ids ? IDS : 0);
	struct ptn_tenants *ts =
	    calloc(1, sizeof(*ts) + all * sizeof(ts->slot[0]));
	size_t i;

	if (ts == NULL)
		return NULL;
	ts->cf = cf;
	ts->all = all;
	ts->slot[ts->n++].mount =
	    (struct ptn_mount){ "", 0, PTN_TENANT_DEFAULT };
	for (i = 0; i < cf->tenant_hosts.n; i++)
		ts->slot[ts->n++].mount = ptn_mount_of(cf->tenant_hosts.v[i]);
	for (i = 0; i < cf->tenant_paths.n; i++)
		ts->slot[ts->n++].mount = ptn_mount_of(cf->tenant_paths.v[i]);
	for (i = n; i < all; i++)
		ts->slot[i].mount = (struct ptn_mount){ "", 0, NULL };
	return ts;
}

void
ptn_tenants_free(struct ptn_tenants **ts)
{
	size_t i;

	if (*ts == NULL)
		return;
	for (i = 0; i < (*ts)->all; i++)
		ptn_arena_free(&(*ts)->slot[i].arena);
	free(*ts);
	*ts = NULL;
}

const struct ptn_mount *
ptn_tenants_by_host(const struct ptn_tenants *ts, const char *host)
{
	size_t i;

	for (i = 1; host != NULL && i < ts->n; i++)
		if (!has_path(&ts->slot[i]) &&
		    ptn_mount_is_host(&ts->slot[i].mount, host))
			return &ts->slot[i].mount;
	return NULL;
}

/* If several paths fit, the longest. */
const struct ptn_mount *
ptn_tenants_by_path(const struct ptn_tenants *ts, const char **path)
{
	const struct ptn_mount *p, *found = NULL;
	size_t i;

	for (i = 1; i < ts->n; i++) {
		p = &ts->slot[i].mount;
		if (has_path(&ts->slot[i]) && ptn_mount_has_path(p, *path) &&
		    (found == NULL || p->at_len > found->at_len))
			found = p;
	}
	if (found != NULL)
		*path += found->at_len;
	return found;
}

/* ------------------------------------------------------------ by their ids */

static struct of_id *
of_id(struct ptn_tenants *ts, const struct slot *s)
{
	const size_t first = ts->n + 1, i = (size_t)(s - ts->slot);

	return i >= first ? &ts->of_id[i - first] : NULL;
}

/*
 * The slot of an id, or the one to be given up for it: one that was of nobody,
 * so that ids which somebody makes up drive out no tenant, else the one that
 * was of no use for the longest time.
 */
static struct slot *
slot_for(struct ptn_tenants *ts, const char *at)
{
	struct slot *s, *worst = NULL;
	struct of_id *o, *w = NULL;
	size_t i;

	for (i = ts->n + 1; i < ts->all; i++) {
		s = &ts->slot[i];
		o = of_id(ts, s);
		if (strcmp(o->at, at) == 0)
			return s;
		if (worst == NULL ||
		    (s->state != FOUND) > (worst->state != FOUND) ||
		    ((s->state != FOUND) == (worst->state != FOUND) &&
			o->used < w->used)) {
			worst = s;
			w = o;
		}
	}
	worst->state = UNREAD;
	(void)snprintf(w->at, sizeof(w->at), "%s", at);
	worst->mount = (struct ptn_mount){ w->at, strlen(w->at), w->at + 1 };
	return worst;
}

const struct ptn_mount *
ptn_tenants_by_id_of(struct ptn_tenants *ts, const char **path)
{
	const size_t len = (*path)[0] == '/' ? 1 + strcspn(*path + 1, "/") : 0;
	char at[1 + PTN_UUID_STR];
	struct ptn_uuid id;
	struct slot *s;

	if (!ts->cf->tenant_ids || len == 0 || len >= sizeof(at))
		return NULL;
	memcpy(at, *path, len);
	at[len] = '\0';
	if (!ptn_uuid_parse(at + 1, &id))
		return NULL;
	s = slot_for(ts, at);
	of_id(ts, s)->used = ++ts->uses;
	*path = (*path)[len] != '\0' ? *path + len : "/";
	return &s->mount;
}

/* ----------------------------------------------------------------- the row */

/* An empty arena that what is made of the row fits into. */
static enum ptn_err
make_room(struct slot *s, const struct ptn_org_row *row)
{
	const size_t need = ROW_MAX +
	    (row->config != NULL ? PER_BYTE * strlen(row->config) : 0);

	if (s->arena != NULL && s->room >= need) {
		ptn_arena_reset(s->arena);
		return PTN_OK;
	}
	ptn_arena_free(&s->arena);
	s->arena = ptn_arena_new(need);
	s->room = need;
	return s->arena != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* Copy the row to memory of the slot's own. */
static enum ptn_err
keep(struct slot *s, struct ptn_org_row *row)
{
	const char **text[] = { &row->rp_id, &row->rp_name, &row->origins,
		&row->config };
	enum ptn_err r = make_room(s, row);
	size_t i;

	if (r != PTN_OK)
		return r;
	for (i = 0; i < PTN_ARRAY_LEN(text); i++)
		if (*text[i] != NULL &&
		    (*text[i] = ptn_arena_strdup(s->arena, *text[i])) == NULL)
			return PTN_E_NOMEM;
	return PTN_OK;
}

/* Those that tokens name: what is configured is for the default tenant. */
static void
set_apart(struct slot *s)
{
	s->tenant.named = true;
	s->cf.audience = (struct ptn_strs){ NULL, 0 };
	if (!has_path(s))
		s->cf.cookie_domain = "";
}

/*
 * What the row has of its own over the configuration.  What cannot be used is
 * not left out, as it may be what keeps people out: the tenant is closed.
 */
static enum ptn_err
lay_over(struct ptn_tenants *ts, struct slot *s, const struct ptn_org_row *row,
    bool *own_cors)
{
	struct ptn_own *own;
	struct ptn_org org;
	const char *why;
	enum ptn_err r;

	r = ptn_own_parse(s->arena, ts->cf, row->config, &own, &why);
	if (r == PTN_E_INPUT) {
		ptn_error("tenants: %s: its own configuration cannot be used: "
			  "%s",
		    row->name, why);
		return PTN_E_CONFIG;
	}
	if (r != PTN_OK ||
	    (r = ptn_org_of(s->arena, ts->cf, row, &org)) != PTN_OK)
		return r;
	s->cf = *ptn_own_conf(own);
	s->cf.rp_id = org.rp_id;
	s->cf.rp_name = org.rp_name;
	s->cf.rp_origins = org.origins;
	if (row->rp_name != NULL &&
	    !ptn_own_has(own, &ptn_own_conf(own)->service_name))
		s->cf.service_name = row->rp_name;
	*own_cors = ptn_own_has(own, &ptn_own_conf(own)->cors_origins);
	return PTN_OK;
}

static enum ptn_err
fill(struct ptn_tenants *ts, struct slot *s, struct ptn_org_row *row)
{
	bool own_cors;
	enum ptn_err r;

	s->state = UNREAD;
	s->tenant.id = row->id;
	if ((r = keep(s, row)) != PTN_OK ||
	    (r = lay_over(ts, s, row, &own_cors)) != PTN_OK)
		return r;
	s->tenant = (struct ptn_tenant){ .id = row->id, .cf = &s->cf };
	s->tenant.path = has_path(s)
	    ? ptn_arena_printf(s->arena, "%s%.*s",
		  of_id(ts, s) != NULL ? ts->cf->base_path : "",
		  (int)s->mount.at_len, s->mount.at)
	    : "";
	if (s->tenant.path == NULL)
		return PTN_E_NOMEM;
	if (strcmp(row->name, PTN_TENANT_DEFAULT) != 0)
		set_apart(s);
	s->tenant.own_origins =
	    s->tenant.named && row->origins != NULL && !own_cors;
	s->active = row->active || !s->tenant.named;
	s->state = FOUND;
	return PTN_OK;
}

static enum ptn_err
read_row(struct ptn_tenants *ts, const struct ptn_scope *sc, struct slot *s)
{
	struct ptn_org_row row;
	enum ptn_err r;

	s->read_ms = ptn_clock_mono_ms();
	r = ptn_org_find(sc, s->mount.org, &row);
	if (r == PTN_OK)
		r = fill(ts, s, &row);
	if (r == PTN_OK)
		return r;
	if (r == PTN_E_CONFIG) {
		s->state = UNUSABLE;
		return PTN_OK;
	}
	if (r != PTN_E_NOT_FOUND)
		return s->state == FOUND ? PTN_OK : r;
	s->state = MISSING;
	if (of_id(ts, s) != NULL)
		return PTN_OK; /* anybody can ask for any id */
	ptn_error("tenants: %s: there is no such organisation", s->mount.org);
	return PTN_OK;
}

/* The default tenant is never deleted; its row is read once. */
static bool
is_fresh(const struct ptn_tenants *ts, const struct slot *s)
{
	const int64_t refresh_ms = ts->cf->tenant_refresh_s * 1000;

	if (s == &ts->slot[0])
		return s->state == FOUND;
	return s->state != UNREAD &&
	    ptn_clock_mono_ms() - s->read_ms < refresh_ms;
}

static struct slot *
slot_of(struct ptn_tenants *ts, const struct ptn_mount *mount)
{
	size_t i = 0;

	while (mount != NULL && &ts->slot[i].mount != mount)
		i++;
	return &ts->slot[i];
}

enum ptn_err
ptn_tenants_get(struct ptn_tenants *ts, const struct ptn_scope *sc,
    const struct ptn_mount *mount, struct ptn_tenant *out)
{
	struct slot *s = slot_of(ts, mount);
	enum ptn_err r;

	if (!is_fresh(ts, s) && (r = read_row(ts, sc, s)) != PTN_OK)
		return r;
	if (s->state == MISSING && of_id(ts, s) != NULL)
		return PTN_E_NOT_FOUND;
	if (s->state != FOUND || !s->active)
		return PTN_E_UNAVAILABLE;
	*out = s->tenant;
	return PTN_OK;
}

bool
ptn_tenants_whose(struct ptn_tenants *ts, const struct ptn_mount *mount,
    struct ptn_uuid *id)
{
	const struct slot *s = slot_of(ts, mount);

	memset(id, 0, sizeof(*id));
	if (s->state == FOUND || s->state == UNUSABLE)
		*id = s->tenant.id;
	return s->state != UNREAD;
}

enum ptn_err
ptn_tenants_by_id(struct ptn_tenants *ts, const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_tenant *out)
{
	struct slot *s = &ts->slot[0];
	struct ptn_org_row row;
	enum ptn_err r;

	if (s->state == FOUND && ptn_uuid_equal(&s->tenant.id, id)) {
		*out = s->tenant;
		return PTN_OK;
	}
	s = &ts->slot[ts->n];
	if ((r = ptn_org_by_id(sc, id, &row)) != PTN_OK ||
	    (r = fill(ts, s, &row)) != PTN_OK)
		return r;
	*out = s->tenant;
	return PTN_OK;
}
