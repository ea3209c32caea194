#include "lib/account/keysets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"

#define OWN_MAX 64 /* sets of tenants that a process keeps, of each API */

/* The keys of a tenant of its own; the place is free without a set. */
struct slot {
	struct ptn_jwks *set;
	struct ptn_uuid tenant_id;
	uint64_t used; /* when last: the greatest is the latest */
};

struct of_api {
	struct ptn_jwks *shared;
	uint64_t loads;		/* of shared, when owner was read */
	struct ptn_uuid *owner; /* who has keys of their own, in order */
	size_t owners;
	struct slot own[OWN_MAX]; /* those of some of them */
};

struct ptn_keysets {
	const struct ptn_conf *cf;
	const struct ptn_secrets *secrets;
	uint64_t uses;
	uint64_t statements;
	struct of_api of[PTN_API__MAX];
};

static bool
is_on(const struct ptn_conf *cf, int api)
{
	return api != PTN_API_DFNS || cf->dfns_enabled;
}

enum ptn_err
ptn_keysets_new(struct ptn_keysets **out, const struct ptn_conf *cf,
    const struct ptn_secrets *s)
{
	struct ptn_keysets *ks = calloc(1, sizeof(*ks));
	struct ptn_jwks_of of = { 0 };
	enum ptn_err r = PTN_OK;
	int api;

	if ((*out = ks) == NULL)
		return PTN_E_NOMEM;
	ks->cf = cf;
	ks->secrets = s;
	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++) {
		of.api = (enum ptn_api)api;
		r = ptn_jwks_new(&ks->of[api].shared, &of, cf, s);
	}
	if (r != PTN_OK)
		ptn_keysets_free(out);
	return r;
}

void
ptn_keysets_free(struct ptn_keysets **keys)
{
	struct of_api *a;
	size_t i;

	if (*keys == NULL)
		return;
	for (a = (*keys)->of; a < (*keys)->of + PTN_API__MAX; a++) {
		ptn_jwks_free(&a->shared);
		for (i = 0; i < OWN_MAX; i++)
			ptn_jwks_free(&a->own[i].set);
		free(a->owner);
	}
	free(*keys);
	*keys = NULL;
}

/* ------------------------------------------------------ who has their own */

static enum ptn_err
read_owners(const struct ptn_scope *sc, enum ptn_api api)
{
	const struct ptn_jwk_owners_in in = { ptn_api_name(api) };
	struct of_api *a = &sc->keys->of[api];
	struct ptn_jwk_owners_out *row = NULL;
	struct ptn_uuid *copy = NULL;
	size_t n = 0;
	enum ptn_err r;
	_Static_assert(sizeof(*row) == sizeof(*copy), "a row is an id");

	if (ptn_jwks_owned(a->shared)) {
		r = ptn_sql_jwk_owners(sc->db, sc->arena, &in, &row, &n);
		if (r != PTN_OK)
			return r;
	}
	if (n > 0) {
		if ((copy = calloc(n, sizeof(*copy))) == NULL)
			return PTN_E_NOMEM;
		memcpy(copy, row, n * sizeof(*copy));
	}
	free(a->owner);
	a->owner = copy;
	a->owners = n;
	a->loads = ptn_jwks_loads(a->shared);
	return PTN_OK;
}

/* Nobody is taken for one without keys of their own until that was read. */
static enum ptn_err
refresh_shared(const struct ptn_scope *sc, enum ptn_api api, bool force)
{
	struct of_api *a = &sc->keys->of[api];
	enum ptn_err r, listed;

	r = ptn_jwks_refresh(a->shared, sc, force);
	if ((r != PTN_OK && r != PTN_E_CONFIG) ||
	    ptn_jwks_loads(a->shared) == a->loads)
		return r;
	listed = read_owners(sc, api);
	return listed != PTN_OK && a->loads == 0 ? listed : r;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ptn_uuid));
}

static bool
is_owner(const struct of_api *a, const struct ptn_uuid *tenant_id)
{
	return a->owners > 0 &&
	    bsearch(tenant_id, a->owner, a->owners, sizeof(a->owner[0]),
		by_id) != NULL;
}

/* That of the tenant, or the one that was of no use for the longest time. */
static struct slot *
slot_for(struct of_api *a, const struct ptn_uuid *tenant_id)
{
	struct slot *s, *oldest = &a->own[0];

	for (s = a->own; s < a->own + OWN_MAX; s++) {
		if (s->set != NULL && ptn_uuid_equal(&s->tenant_id, tenant_id))
			return s;
		if (s->used < oldest->used)
			oldest = s;
	}
	ptn_jwks_free(&oldest->set);
	oldest->tenant_id = *tenant_id;
	return oldest;
}

/* The set of a tenant's own keys, loaded or not. */
static enum ptn_err
own_set(const struct ptn_scope *sc, enum ptn_api api, struct ptn_jwks **own)
{
	const struct ptn_jwks_of of = { api, sc->tenant_id };
	struct ptn_keysets *ks = sc->keys;
	struct slot *s = slot_for(&ks->of[api], &sc->tenant_id);
	enum ptn_err r = PTN_OK;

	s->used = ++ks->uses;
	if (s->set == NULL)
		r = ptn_jwks_new(&s->set, &of, ks->cf, ks->secrets);
	*own = s->set;
	return r;
}

/*
 * The keys of the tenant's own, as they are by now; NULL: it has none.  One
 * whose keys cannot be had is not served with those of all.
 */
static enum ptn_err
find_own(const struct ptn_scope *sc, enum ptn_api api, bool force,
    struct ptn_jwks **own)
{
	enum ptn_err r;

	*own = NULL;
	if (!is_owner(&sc->keys->of[api], &sc->tenant_id))
		return PTN_OK;
	if ((r = own_set(sc, api, own)) != PTN_OK)
		return r;
	r = ptn_jwks_refresh(*own, sc, force);
	if (r != PTN_OK && r != PTN_E_CONFIG)
		return r;
	if (ptn_jwks_count(*own) == 0)
		*own = NULL;
	return PTN_OK;
}

/* What it asks is no cost of the request that it falls on. */
static enum ptn_err
own_of(const struct ptn_scope *sc, enum ptn_api api, struct ptn_jwks **own)
{
	const uint64_t before = sc->db != NULL ? ptn_db_count(sc->db) : 0;
	enum ptn_err r = find_own(sc, api, false, own);

	if (sc->db != NULL)
		sc->keys->statements += ptn_db_count(sc->db) - before;
	return r;
}

uint64_t
ptn_keysets_statements(const struct ptn_keysets *keys)
{
	return keys != NULL ? keys->statements : 0;
}

/* ------------------------------------------------------------------ loading */

enum ptn_err
ptn_keysets_refresh_of(const struct ptn_scope *sc, enum ptn_api api, bool force)
{
	const char *kid;
	struct ptn_jwks *own;
	enum ptn_err shared, r;

	shared = refresh_shared(sc, api, force);
	if (shared != PTN_OK && shared != PTN_E_CONFIG)
		return shared;
	if ((r = find_own(sc, api, force, &own)) != PTN_OK)
		return r;
	if (own == NULL || !ptn_jwks_begun(own))
		return shared;
	return ptn_jwks_signer(own, &kid) != NULL ? PTN_OK : PTN_E_CONFIG;
}

enum ptn_err
ptn_keysets_refresh(const struct ptn_scope *sc, bool force)
{
	enum ptn_err r = PTN_OK;
	int api;

	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++)
		if (is_on(sc->cf, api))
			r = ptn_keysets_refresh_of(sc, (enum ptn_api)api,
			    force);
	return r;
}

void
ptn_keysets_look(const struct ptn_scope *sc)
{
	int api;

	for (api = 0; api < PTN_API__MAX; api++)
		if (is_on(sc->cf, api) &&
		    ptn_jwks_look(sc->keys->of[api].shared, sc) != PTN_OK)
			return;
}

/* -------------------------------------------------------- what serves whom */

int64_t
ptn_keysets_lifespan(const struct ptn_scope *sc, enum ptn_api api)
{
	return api == PTN_API_DFNS ? sc->cf->dfns_session_s
				   : sc->cf->session_lifespan_s;
}

enum ptn_err
ptn_keysets_pair(const struct ptn_scope *sc, enum ptn_api api,
    struct ptn_keysets_pair *out)
{
	struct ptn_jwks *own;
	enum ptn_err r;

	*out = (struct ptn_keysets_pair){ 0 };
	if ((r = own_of(sc, api, &own)) != PTN_OK)
		return r;
	out->own = own;
	if (own == NULL ||
	    !ptn_jwks_alone(own, ptn_keysets_lifespan(sc, api)))
		out->shared = sc->keys->of[api].shared;
	return PTN_OK;
}

enum ptn_err
ptn_keysets_signer(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_key **key, const char **kid)
{
	struct ptn_jwks *own;
	enum ptn_err r;

	*key = NULL;
	if ((r = own_of(sc, api, &own)) != PTN_OK)
		return r;
	*key = ptn_jwks_signer(own != NULL && ptn_jwks_begun(own)
		? own
		: sc->keys->of[api].shared,
	    kid);
	return *key != NULL ? PTN_OK : PTN_E_CONFIG;
}

enum ptn_err
ptn_keysets_find(const struct ptn_scope *sc, enum ptn_api api, const char *kid,
    const struct ptn_key **key)
{
	struct ptn_keysets_pair p;
	enum ptn_err r;

	*key = NULL;
	if ((r = ptn_keysets_pair(sc, api, &p)) != PTN_OK)
		return r;
	if (p.own != NULL)
		*key = ptn_jwks_find(p.own, kid);
	if (*key == NULL && p.shared != NULL)
		*key = ptn_jwks_find(p.shared, kid);
	return PTN_OK;
}

/* Both are counted in one row, so that a sum of two is not another's. */
uint64_t
ptn_keysets_generation(const struct ptn_scope *sc, enum ptn_api api)
{
	struct ptn_keysets_pair p;
	uint64_t g;

	if (ptn_keysets_pair(sc, api, &p) != PTN_OK)
		return 0;
	g = p.own != NULL ? ptn_jwks_generation(p.own) << 32 : 0;
	return g | (p.shared != NULL ? ptn_jwks_generation(p.shared) : 0);
}

/* What stands between the brackets of {"keys":[...]} goes behind the rest. */
static void
add_keys(struct ptn_buf *b, const struct ptn_jwks *set)
{
	static const char head[] = "{\"keys\":[", tail[] = "]}";
	const size_t around = sizeof(head) - 1 + sizeof(tail) - 1;
	const char *one = set != NULL ? ptn_jwks_json(set) : "";

	if (strlen(one) <= around)
		return;
	if (b->len > sizeof(head) - 1)
		ptn_buf_char(b, ',');
	ptn_buf_add(b, one + sizeof(head) - 1, strlen(one) - around);
}

enum ptn_err
ptn_keysets_json(const struct ptn_scope *sc, const char **json)
{
	struct ptn_keysets_pair p;
	struct ptn_buf b;
	enum ptn_err r;
	int api;

	ptn_buf_init(&b, sc->arena);
	ptn_buf_str(&b, "{\"keys\":[");
	for (api = 0; api < PTN_API__MAX; api++) {
		if (!is_on(sc->cf, api))
			continue;
		r = ptn_keysets_pair(sc, (enum ptn_api)api, &p);
		if (r != PTN_OK)
			return r;
		add_keys(&b, p.own);
		add_keys(&b, p.shared);
	}
	ptn_buf_str(&b, "]}");
	*json = b.p;
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

/* ----------------------------------------------------------- new and gone */

enum ptn_err
ptn_keysets_rotate(const struct ptn_scope *sc, enum ptn_api api,
    int64_t delay_s, struct ptn_uuid *kid)
{
	struct ptn_jwks *set = sc->keys->of[api].shared;
	enum ptn_err r;

	if (sc->tenant_named && (r = own_set(sc, api, &set)) != PTN_OK)
		return r;
	return ptn_jwks_rotate(set, sc, delay_s, kid);
}

/*
 * Of the tenants of whom one may be dead; what they need is asked for anew.
 * The lifespan is that of the file: no tenant has a longer one (own.c).
 */
static enum ptn_err
expire_own(const struct ptn_scope *sc, enum ptn_api api, uint64_t *expired)
{
	const int64_t lifespan_s = ptn_keysets_lifespan(sc, api);
	const struct ptn_jwk_outlived_in in = { ptn_api_name(api), lifespan_s };
	struct ptn_jwk_outlived_out *row = NULL;
	struct ptn_scope at = *sc;
	struct ptn_jwks *own;
	size_t i, n = 0;
	uint64_t gone;
	enum ptn_err r;

	r = ptn_sql_jwk_outlived(sc->db, sc->arena, &in, &row, &n);
	for (i = 0; i < n && r == PTN_OK; i++) {
		at.tenant_id = row[i].tenant_id;
		if ((r = own_set(&at, api, &own)) != PTN_OK)
			break;
		r = ptn_jwks_expire(own, &at, lifespan_s, &gone);
		*expired += gone;
		/* None can be opened: another tenant's may be. */
		r = r == PTN_E_CONFIG ? PTN_OK : r;
	}
	return r;
}

static enum ptn_err
expire(const struct ptn_scope *sc, enum ptn_api api, uint64_t *expired)
{
	uint64_t gone;
	enum ptn_err r;

	r = refresh_shared(sc, api, false);
	if (r == PTN_OK)
		r = ptn_jwks_expire(sc->keys->of[api].shared, sc,
		    ptn_keysets_lifespan(sc, api), &gone);
	if (r != PTN_OK)
		return r;
	*expired += gone;
	return ptn_jwks_owned(sc->keys->of[api].shared)
	    ? expire_own(sc, api, expired)
	    : PTN_OK;
}

enum ptn_err
ptn_keysets_expire(const struct ptn_scope *sc, uint64_t *expired)
{
	enum ptn_err r = PTN_OK;
	int api;

	*expired = 0;
	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++)
		if (is_on(sc->cf, api))
			r = expire(sc, (enum ptn_api)api, expired);
	return r;
}
