#include "lib/account/jwk.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/jwk_make.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/jws.h"
#include "lib/db/sql.h"

#define FORCED_MS 1000 /* between two looks at the database, if forced */
#define LOOK_MS 200    /* if a set is not published yet */

/* How long after its end a token may still be seen (clocks, requests). */
#define GRACE_S 120

/* A row, and its key if a secret opens it. */
struct entry {
	struct ptn_uuid id;
	char kid[PTN_UUID_STR];
	enum ptn_sign_alg alg; /* PTN_ALG__MAX: unknown to this version */
	struct ptn_key *key;   /* or NULL */
	bool fresh;	       /* key was parsed in this load */
	int64_t created_at;
	int64_t signs_from;
};

struct ptn_jwks {
	struct ptn_jwks_of of;
	int alg; /* that a key is made of */
	const struct ptn_conf *cf;
	const struct ptn_secrets *secrets;
	struct entry *e; /* newest first */
	size_t n;
	const struct entry *signer; /* in e, or NULL */
	bool in_use;		    /* its API is: it is published */
	bool owned;		    /* tenants have keys of their own */
	char *json;
	uint64_t generation;
	uint64_t loads;
	int64_t now_us;	  /* the database's clock at the last load */
	int64_t asked_ms; /* when that was, by the monotonic clock */
	bool loaded;
	bool stale; /* we changed the rows ourselves */
};

enum ptn_err
ptn_jwks_new(struct ptn_jwks **out, const struct ptn_jwks_of *of,
    const struct ptn_conf *cf, const struct ptn_secrets *s)
{
	struct ptn_jwks *k;

	*out = NULL;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return PTN_E_NOMEM;
	k->of = *of;
	k->alg = of->api == PTN_API_DFNS ? PTN_ALG_EDDSA : cf->sign_alg;
	k->cf = cf;
	k->secrets = s;
	*out = k;
	return PTN_OK;
}

static void
entries_free(struct entry *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ptn_key_free(&e[i].key);
	free(e);
}

void
ptn_jwks_free(struct ptn_jwks **k)
{
	if (*k == NULL)
		return;
	entries_free((*k)->e, (*k)->n);
	free((*k)->json);
	free(*k);
	*k = NULL;
}

static struct entry *
entry_by_id(struct entry *e, size_t n, const struct ptn_uuid *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&e[i].id, id))
			return &e[i];
	return NULL;
}

static bool
is_shared(const struct ptn_jwks *k)
{
	return ptn_uuid_is_nil(&k->of.tenant_id);
}

/* Does a sign later than b?  Equal times are told apart by the id. */
static bool
later(const struct entry *a, const struct entry *b)
{
	if (a->signs_from != b->signs_from)
		return a->signs_from > b->signs_from;
	return memcmp(a->id.b, b->id.b, sizeof(a->id.b)) > 0;
}

/* Open and parse a row's key.  PTN_OK with e->key NULL: nothing opens it. */
static enum ptn_err
entry_open(const struct ptn_jwks *k, struct ptn_arena *a, struct entry *e,
    struct ptn_bytes sealed)
{
	struct ptn_bytes der;
	enum ptn_err r;

	if (e->alg == PTN_ALG__MAX) {
		ptn_error("keys: %s: unknown algorithm", e->kid);
		return PTN_OK;
	}
	r = ptn_secrets_open(k->secrets, a, PTN_KEY_USE_JWK,
	    PTN_BYTES(e->id.b, sizeof(e->id.b)), sealed, &der);
	if (r == PTN_E_DENIED) {
		ptn_error("keys: %s: no secret of secrets.keys opens it",
		    e->kid);
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	r = ptn_key_import(&e->key, e->alg, der);
	ptn_wipe((uint8_t *)(uintptr_t)der.p, der.len);
	if (r == PTN_E_INPUT) {
		ptn_error("keys: %s: not a key for %s", e->kid,
		    ptn_key_alg_name(e->alg));
		return PTN_OK;
	}
	e->fresh = r == PTN_OK;
	return r;
}

/* A row as an entry; a key that was parsed before is borrowed from k. */
static enum ptn_err
entry_fill(struct ptn_jwks *k, struct ptn_arena *a, struct entry *e,
    const struct ptn_jwk_list_out *row)
{
	const struct entry *old = entry_by_id(k->e, k->n, &row->id);

	e->id = row->id;
	ptn_uuid_format(&row->id, e->kid);
	e->alg = ptn_jws_alg(row->alg);
	e->created_at = row->created_at;
	e->signs_from = row->signs_from;
	if (old == NULL)
		return entry_open(k, a, e, row->sealed);
	e->key = old->key;
	return PTN_OK;
}

/*
 * Does it sign already?  One that was made to sign at once does: a statement
 * that was sent before may find it, and has the time at which it was sent.
 */
static bool
begun(const struct ptn_jwks *k, const struct entry *e)
{
	return e->signs_from <= k->now_us || e->signs_from == e->created_at;
}

/*
 * The key that signs: of the configured algorithm the one that began last,
 * or of any when none of that algorithm has begun.
 */
static const struct entry *
pick_signer(const struct ptn_jwks *k, const struct entry *e, size_t n)
{
	const struct entry *best[2] = { NULL, NULL };
	size_t i;
	int other;

	for (i = 0; i < n; i++) {
		if (e[i].key == NULL || !begun(k, &e[i]))
			continue;
		other = (int)e[i].alg != k->alg;
		if (best[other] == NULL || later(&e[i], best[other]))
			best[other] = &e[i];
	}
	return best[0] != NULL ? best[0] : best[1];
}

static enum ptn_err
make_json(const struct entry *e, size_t n, struct ptn_arena *a, char **out)
{
	struct ptn_buf b;
	enum ptn_err r;
	char *jwk;
	size_t i;
	bool comma = false;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, "{\"keys\":[");
	for (i = 0; i < n; i++) {
		if (e[i].key == NULL)
			continue;
		if ((r = ptn_key_jwk(e[i].key, a, e[i].kid, &jwk)) != PTN_OK)
			return r;
		ptn_buf_str(&b, comma ? "," : "");
		ptn_buf_str(&b, jwk);
		comma = true;
	}
	ptn_buf_str(&b, "]}");
	if (b.bad || (*out = strdup(b.p)) == NULL)
		return PTN_E_NOMEM;
	return PTN_OK;
}

static bool
same_set(const struct ptn_jwks *k, const struct entry *e, size_t n,
    const struct entry *signer, bool in_use)
{
	size_t i;

	if (in_use != k->in_use || !k->loaded || n != k->n ||
	    (signer == NULL) != (k->signer == NULL))
		return false;
	if (signer != NULL && !ptn_uuid_equal(&signer->id, &k->signer->id))
		return false;
	for (i = 0; i < n; i++)
		if (!ptn_uuid_equal(&e[i].id, &k->e[i].id))
			return false;
	return true;
}

/* Of all sets, so that what is remembered of one is not taken for another's. */
static uint64_t generations;

/* Put the new entries in the place of the old; keys in both stay alive. */
static enum ptn_err
swap(struct ptn_jwks *k, struct ptn_arena *a, struct entry *e, size_t n,
    bool in_use)
{
	const struct entry *signer = pick_signer(k, e, n);
	char *json = NULL;
	enum ptn_err r;
	size_t i;

	if (!same_set(k, e, n, signer, in_use)) {
		if ((r = make_json(e, in_use ? n : 0, a, &json)) != PTN_OK)
			return r;
		free(k->json);
		k->json = json;
		k->generation = ++generations;
	}
	for (i = 0; i < k->n; i++)
		if (entry_by_id(e, n, &k->e[i].id) != NULL)
			k->e[i].key = NULL;
	entries_free(k->e, k->n);
	k->e = e;
	k->n = n;
	k->signer = signer;
	k->in_use = in_use;
	k->loaded = true;
	k->loads++;
	k->stale = false;
	return PTN_OK;
}

static enum ptn_err
adopt(struct ptn_jwks *k, struct ptn_arena *a,
    const struct ptn_jwk_list_out *rows, size_t n)
{
	struct entry *e;
	enum ptn_err r = PTN_OK;
	size_t i;

	if ((e = calloc(n + 1, sizeof(*e))) == NULL)
		return PTN_E_NOMEM;
	if (n > 0) {
		k->now_us = rows[0].now;
		k->owned = rows[0].owned != 0;
	}
	for (i = 0; i < n && r == PTN_OK; i++)
		r = entry_fill(k, a, &e[i], &rows[i]);
	if (r == PTN_OK)
		r = swap(k, a, e, n, n > 0 && rows[0].in_use != 0);
	if (r == PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (e[i].fresh)
			ptn_key_free(&e[i].key);
	free(e);
	return r;
}

/* A key of this set, as the configuration wants it. */
static struct ptn_jwk_make_wish
wish_of(const struct ptn_jwks *k)
{
	return (struct ptn_jwk_make_wish){ .of = k->of,
		.alg = k->alg,
		.secrets = k->secrets,
		.delay_s = k->cf->key_publish_s,
		.started = k->loaded };
}

/* A tenant's first is made by an operator; the rest as those of all are. */
static bool
may_make(const struct ptn_jwks *k, const struct ptn_db *db, size_t n)
{
	return is_shared(k) || (n > 0 && !ptn_db_in_tx(db));
}

static enum ptn_err
load(struct ptn_jwks *k, struct ptn_db *db, struct ptn_arena *a)
{
	const struct ptn_jwk_list_in list = { ptn_api_name(k->of.api),
		k->of.tenant_id };
	const struct ptn_scope sc = { .cf = k->cf, .db = db, .arena = a };
	const struct ptn_jwk_make_wish wish = wish_of(k);
	struct ptn_jwk_list_out *rows = NULL;
	size_t n = 0;
	enum ptn_err r;

	r = ptn_sql_jwk_list(db, a, &list, &rows, &n);
	if (r == PTN_OK && may_make(k, db, n) &&
	    ptn_jwk_make_wanted(&wish, rows, n)) {
		r = ptn_jwk_make(&sc, &wish, NULL);
		if (r == PTN_OK)
			r = ptn_sql_jwk_list(db, a, &list, &rows, &n);
	}
	if (r == PTN_OK)
		r = adopt(k, a, rows, n);
	if (r == PTN_OK && k->signer == NULL &&
	    (is_shared(k) || ptn_jwks_begun(k)))
		ptn_error("keys: none can sign; give the secret back, or "
			  "run \"postern jwk rotate --now\"");
	return r;
}

enum ptn_err
ptn_jwks_refresh(struct ptn_jwks *k, const struct ptn_scope *sc, bool force)
{
	const int64_t refresh_ms = k->cf->key_refresh_s * 1000;
	const int64_t now_ms = ptn_clock_mono_ms();
	enum ptn_err r;

	if (!k->loaded || k->stale ||
	    now_ms - k->asked_ms >= (force ? FORCED_MS : refresh_ms)) {
		r = load(k, sc->db, sc->arena);
		if (r != PTN_OK && !k->loaded)
			return r;
		k->asked_ms = now_ms;
		/* The old set still serves: try again soon. */
		if (r != PTN_OK)
			k->asked_ms -= refresh_ms - FORCED_MS;
	}
	return k->signer == NULL ? PTN_E_CONFIG : PTN_OK;
}

enum ptn_err
ptn_jwks_look(struct ptn_jwks *k, const struct ptn_scope *sc)
{
	const int64_t now_ms = ptn_clock_mono_ms();
	enum ptn_err r;

	if (!k->loaded || k->in_use || now_ms - k->asked_ms < LOOK_MS)
		return PTN_OK;
	k->asked_ms = now_ms;
	if ((r = load(k, sc->db, sc->arena)) != PTN_OK)
		k->asked_ms += FORCED_MS - LOOK_MS;
	return r;
}

uint64_t
ptn_jwks_generation(const struct ptn_jwks *k)
{
	return k->generation;
}

uint64_t
ptn_jwks_loads(const struct ptn_jwks *k)
{
	return k->loads;
}

bool
ptn_jwks_owned(const struct ptn_jwks *k)
{
	return k->owned;
}

/* The first of its keys that began to sign, or NULL. */
static const struct entry *
first_of(const struct ptn_jwks *k)
{
	const struct entry *first = NULL;
	size_t i;

	for (i = 0; i < k->n; i++)
		if (begun(k, &k->e[i]) &&
		    (first == NULL || later(first, &k->e[i])))
			first = &k->e[i];
	return first;
}

bool
ptn_jwks_begun(const struct ptn_jwks *k)
{
	return first_of(k) != NULL;
}

bool
ptn_jwks_alone(const struct ptn_jwks *k, int64_t lifespan_s)
{
	const struct entry *first = first_of(k);

	return first != NULL &&
	    first->signs_from + (lifespan_s + GRACE_S) * PTN_US_PER_S <=
	    k->now_us;
}

const char *
ptn_jwks_json(const struct ptn_jwks *k)
{
	return k->json == NULL ? "{\"keys\":[]}" : k->json;
}

const struct ptn_key *
ptn_jwks_signer(const struct ptn_jwks *k, const char **kid)
{
	*kid = k->signer == NULL ? NULL : k->signer->kid;
	return k->signer == NULL ? NULL : k->signer->key;
}

const struct ptn_key *
ptn_jwks_find(const struct ptn_jwks *k, const char *kid)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->e[i].kid, kid) == 0)
			return k->e[i].key;
	return NULL;
}

enum ptn_err
ptn_jwks_rotate(struct ptn_jwks *k, const struct ptn_scope *sc, int64_t delay_s,
    struct ptn_uuid *kid)
{
	struct ptn_jwk_make_wish wish = wish_of(k);
	enum ptn_err r;

	wish.ordered = true;
	if (delay_s >= 0)
		wish.delay_s = delay_s;
	if ((r = ptn_jwk_make(sc, &wish, kid)) != PTN_OK)
		return r;
	k->stale = true;
	return PTN_OK;
}

/*
 * When another key began to sign in the place of e: the next one of its
 * algorithm; or, if it is the last of an algorithm that is no longer
 * configured, the next one of ours.  0 if none did.  A key that cannot be
 * opened takes nobody's place.
 */
static int64_t
superseded_at(const struct ptn_jwks *k, const struct entry *e)
{
	int64_t next = 0, ours = 0;
	const struct entry *o;
	size_t i;

	for (i = 0; i < k->n; i++) {
		o = &k->e[i];
		if (o->key == NULL || !later(o, e))
			continue;
		if (o->alg == e->alg && (next == 0 || o->signs_from < next))
			next = o->signs_from;
		if ((int)o->alg == k->alg &&
		    (ours == 0 || o->signs_from < ours))
			ours = o->signs_from;
	}
	if (next != 0)
		return next;
	return (int)e->alg == k->alg ? 0 : ours;
}

/* When its last token is dead; 0 while it may still sign. */
static int64_t
ends_at(const struct ptn_jwks *k, const struct entry *e, int64_t lifespan_s)
{
	int64_t at = superseded_at(k, e);

	if (at == 0 || e == k->signer)
		return 0;
	return at + (lifespan_s + GRACE_S) * PTN_US_PER_S;
}

enum ptn_err
ptn_jwks_expire(struct ptn_jwks *k, const struct ptn_scope *sc,
    int64_t lifespan_s, uint64_t *expired)
{
	struct ptn_jwk_delete_in in = { .tenant_id = k->of.tenant_id };
	enum ptn_err r;
	int64_t end;
	size_t i;

	*expired = 0;
	if ((r = ptn_jwks_refresh(k, sc, false)) != PTN_OK)
		return r;
	for (i = 0; i < k->n; i++) {
		end = ends_at(k, &k->e[i], lifespan_s);
		if (end == 0 || end > k->now_us || !begun(k, &k->e[i]))
			continue;
		in.id = k->e[i].id;
		if ((r = ptn_sql_jwk_delete(sc->db, &in)) != PTN_OK)
			return r;
		ptn_info("keys: %s is gone: its last token is dead",
		    k->e[i].kid);
		k->stale = true;
		(*expired)++;
	}
	return PTN_OK;
}

size_t
ptn_jwks_count(const struct ptn_jwks *k)
{
	return k->n;
}

void
ptn_jwks_info(const struct ptn_jwks *k, size_t i, int64_t lifespan_s,
    struct ptn_jwk_info *out)
{
	const struct entry *e = &k->e[i];

	out->kid = e->kid;
	out->alg = ptn_key_alg_name(e->alg);
	out->created_at = e->created_at;
	out->signs_from = e->signs_from;
	out->ends_at = ends_at(k, e, lifespan_s);
	if (e->key == NULL)
		out->state = PTN_JWK_LOCKED;
	else if (e == k->signer)
		out->state = PTN_JWK_SIGNING;
	else if (!begun(k, e))
		out->state = PTN_JWK_WAITING;
	else
		out->state = PTN_JWK_RETIRED;
}
