#include "lib/account/session.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/jwt.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/format/address.h"
#include "lib/format/json.h"

#define LEEWAY_S 60    /* of iat, between hosts */
#define TOUCH_MAX_S 60 /* last_used is at most this old */
#define CLAIMS_DEPTH 8 /* levels of a payload */
#define AGENT_MAX 255  /* columns of sessions.user_agent */

/* One verified token; its place follows from its digest. */
struct cached {
	uint8_t digest[PTN_SHA256_LEN];
	uint64_t generation;	  /* of the key set; 0: empty */
	struct ptn_claims claims; /* email.address points to address */
	char address[PTN_ADDRESS_MAX + 1];
};

struct ptn_token_cache {
	size_t n;
	struct cached *entry;
};

struct ptn_token_cache *
ptn_token_cache_new(size_t entries)
{
	struct ptn_token_cache *c = calloc(1, sizeof(*c));

	if (c == NULL ||
	    (c->entry = calloc(entries, sizeof(*c->entry))) == NULL) {
		free(c);
		return NULL;
	}
	c->n = entries;
	return c;
}

void
ptn_token_cache_free(struct ptn_token_cache **c)
{
	if (*c == NULL)
		return;
	ptn_wipe((*c)->entry, (*c)->n * sizeof(*(*c)->entry));
	free((*c)->entry);
	free(*c);
	*c = NULL;
}

/* Two bytes of the digest choose the place: up to 65536 entries. */
static struct cached *
cache_place(struct ptn_token_cache *c, const uint8_t digest[PTN_SHA256_LEN])
{
	return &c->entry[((size_t)digest[0] << 8 | digest[1]) % c->n];
}

static bool
cache_get(const struct ptn_scope *sc, const uint8_t digest[PTN_SHA256_LEN],
    struct ptn_claims *claims)
{
	const struct cached *e = cache_place(sc->tokens, digest);

	/* generation starts at 1, so an empty place never matches */
	if (e->generation == 0 ||
	    e->generation != ptn_jwks_generation(sc->keys[PTN_API_HANKO]) ||
	    memcmp(e->digest, digest, PTN_SHA256_LEN) != 0)
		return false;
	*claims = e->claims;
	return true;
}

static void
cache_put(const struct ptn_scope *sc, const uint8_t digest[PTN_SHA256_LEN],
    const struct ptn_claims *claims)
{
	struct cached *e = cache_place(sc->tokens, digest);
	const char *address = claims->email.address;

	if (address != NULL && strlen(address) >= sizeof(e->address))
		return;
	memcpy(e->digest, digest, PTN_SHA256_LEN);
	e->claims = *claims;
	e->claims.email.address = NULL;
	if (address != NULL)
		e->claims.email.address = strcpy(e->address, address);
	e->generation = ptn_jwks_generation(sc->keys[PTN_API_HANKO]);
}

static bool
audience_is(const struct ptn_conf *cf, const struct ptn_json *aud)
{
	const char *ours = cf->audience.n > 0 ? cf->audience.v[0] : cf->rp_id;
	struct ptn_bytes s;
	size_t i;

	for (i = 0; i < ptn_json_len(aud); i++) {
		s = ptn_json_string(ptn_json_at(aud, i));
		if (s.p != NULL && ptn_bytes_equal(s, ptn_bytes_of(ours)))
			return true;
	}
	return false;
}

static bool
issuer_is(const struct ptn_conf *cf, const struct ptn_json *iss)
{
	const struct ptn_bytes s = ptn_json_string(iss);

	if (cf->issuer[0] == '\0')
		return true;
	return s.p != NULL && ptn_bytes_equal(s, ptn_bytes_of(cf->issuer));
}

static bool
read_id(struct ptn_arena *a, const struct ptn_json *v, struct ptn_uuid *id)
{
	const char *s = ptn_json_text(a, v);

	return s != NULL && ptn_uuid_parse(s, id);
}

/* Ours beside the contract: none is the default tenant. */
static bool
read_tenant(struct ptn_arena *a, const struct ptn_json *v, struct ptn_uuid *id)
{
	memset(id, 0, sizeof(*id));
	return v == NULL || (read_id(a, v, id) && !ptn_uuid_is_nil(id));
}

/* The claims of 2.2 of the contract, and that the token is meant for us. */
static bool
read_claims(const struct ptn_scope *sc, const struct ptn_json *p,
    struct ptn_claims *c)
{
	const struct ptn_json *email = ptn_json_get(p, "email");

	memset(c, 0, sizeof(*c));
	if (!read_id(sc->arena, ptn_json_get(p, "sub"), &c->sub) ||
	    !read_id(sc->arena, ptn_json_get(p, "session_id"),
		&c->session_id) ||
	    !read_tenant(sc->arena, ptn_json_get(p, "tenant_id"),
		&c->tenant_id) ||
	    !ptn_json_int(ptn_json_get(p, "iat"), &c->iat) ||
	    !ptn_json_int(ptn_json_get(p, "exp"), &c->exp))
		return false;
	c->email.address =
	    ptn_json_text(sc->arena, ptn_json_get(email, "address"));
	c->email.is_primary = ptn_json_bool(ptn_json_get(email, "is_primary"));
	c->email.is_verified =
	    ptn_json_bool(ptn_json_get(email, "is_verified"));
	return audience_is(sc->cf, ptn_json_get(p, "aud")) &&
	    issuer_is(sc->cf, ptn_json_get(p, "iss"));
}

/* One set of keys signs for all tenants: what a token says sets it apart. */
static bool
tenant_is(const struct ptn_scope *sc, const struct ptn_claims *c)
{
	const struct ptn_uuid nobody = { { 0 } };

	return ptn_uuid_equal(&c->tenant_id,
	    sc->tenant_named ? &sc->tenant_id : &nobody);
}

static bool
in_time(const struct ptn_claims *c)
{
	const int64_t now = ptn_clock_us() / PTN_US_PER_S;

	return now < c->exp && now + LEEWAY_S >= c->iat;
}

static enum ptn_err
verify_new(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_claims *claims, enum ptn_verdict *verdict)
{
	struct ptn_json *json = NULL;
	struct ptn_bytes payload;
	const char *why;
	enum ptn_err r;

	r = ptn_jwt_verify_now(sc->keys[PTN_API_HANKO], sc->db, sc->arena,
	    token, &payload, verdict);
	if (r != PTN_OK || *verdict != PTN_ALLOW)
		return r;
	*verdict = PTN_DENY;
	r = ptn_json_parse(payload, CLAIMS_DEPTH, &json, &why);
	if (r == PTN_OK && read_claims(sc, json, claims))
		*verdict = PTN_ALLOW;
	ptn_json_free(&json);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

/*
 * Verify a token by itself: form, signature, iss, aud, tenant, exp, iat (60 s
 * of leeway).  No statement.  verdict PTN_DENY for every fault of the token.
 */
static enum ptn_err
verify_token(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_claims *claims, enum ptn_verdict *verdict)
{
	uint8_t digest[PTN_SHA256_LEN];
	enum ptn_err r;

	*verdict = PTN_DENY;
	if (token.len == 0 || token.len > PTN_JWT_MAX)
		return PTN_OK;
	ptn_crypto_sha256(token, digest);
	if (!cache_get(sc, digest, claims)) {
		r = verify_new(sc, token, claims, verdict);
		if (r != PTN_OK || *verdict != PTN_ALLOW)
			return r;
		cache_put(sc, digest, claims);
	}
	*verdict =
	    tenant_is(sc, claims) && in_time(claims) ? PTN_ALLOW : PTN_DENY;
	return PTN_OK;
}

enum ptn_err
ptn_session_check(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s, bool *idle)
{
	struct ptn_session_get_in in;
	struct ptn_session_get_out row;
	enum ptn_verdict verdict;
	enum ptn_err r;

	memset(s, 0, sizeof(*s));
	*idle = false;
	r = verify_token(sc, token, &s->claims, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW)
		return r;
	in = (struct ptn_session_get_in){ sc->tenant_id, s->claims.session_id };
	r = ptn_sql_session_get(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&row.user_id, &s->claims.sub))
		return PTN_OK;
	s->last_used_us = row.last_used;
	s->now_us = row.now;
	*idle = sc->cf->session_idle_s > 0 &&
	    row.now - row.last_used > sc->cf->session_idle_s * PTN_US_PER_S;
	s->known = !*idle;
	return PTN_OK;
}

enum ptn_err
ptn_session_touch(const struct ptn_scope *sc, const struct ptn_session *s)
{
	const struct ptn_session_touch_in in = { sc->tenant_id,
		s->claims.session_id };
	const int64_t quarter_s = sc->cf->session_idle_s / 4;
	int64_t every_s = TOUCH_MAX_S;
	uint64_t n;

	if (sc->cf->session_idle_s > 0 && quarter_s < every_s)
		every_s = quarter_s;
	if (s->now_us - s->last_used_us < every_s * PTN_US_PER_S)
		return PTN_OK;
	return ptn_sql_session_touch(sc->db, &in, &n);
}

/* What may be kept of the client, or NULL. */
static const char *
ip_of(const struct ptn_scope *sc)
{
	return sc->cf->acquire_ip && sc->actor != NULL ? sc->actor->ip : NULL;
}

static const char *
agent_of(const struct ptn_scope *sc)
{
	return sc->cf->acquire_agent && sc->actor != NULL
	    ? ptn_utf8_fit(sc->arena, sc->actor->user_agent, AGENT_MAX)
	    : NULL;
}

enum ptn_err
ptn_session_open(const struct ptn_scope *sc, const struct ptn_session_new *new,
    struct ptn_claims *claims)
{
	const char *api = ptn_api_name(new->api);
	const struct ptn_session_evict_in evict = { sc->tenant_id, new->user_id,
		api, sc->cf->session_limit - 1 };
	const int64_t lifespan_s = new->api == PTN_API_DFNS
	    ? sc->cf->dfns_session_s
	    : sc->cf->session_lifespan_s;
	struct ptn_session_put_in put;
	uint64_t n;
	enum ptn_err r;

	memset(claims, 0, sizeof(*claims));
	claims->sub = new->user_id;
	claims->session_id = ptn_uuid_new();
	if (sc->tenant_named)
		claims->tenant_id = sc->tenant_id;
	claims->iat = ptn_clock_us() / PTN_US_PER_S;
	claims->exp = claims->iat + lifespan_s;
	claims->email = new->email;
	if ((r = ptn_sql_session_evict(sc->db, &evict, &n)) != PTN_OK)
		return r;
	put = (struct ptn_session_put_in){ claims->session_id, sc->tenant_id,
		new->user_id, api, agent_of(sc), ip_of(sc), lifespan_s };
	return ptn_sql_session_put(sc->db, &put);
}

static void
write_audience(struct ptn_jsonw *w, const struct ptn_conf *cf)
{
	size_t i;

	ptn_jsonw_array(w, "aud");
	for (i = 0; i < cf->audience.n; i++)
		ptn_jsonw_str(w, NULL, cf->audience.v[i]);
	if (cf->audience.n == 0)
		ptn_jsonw_str(w, NULL, cf->rp_id);
	ptn_jsonw_end_array(w);
}

enum ptn_err
ptn_session_token(const struct ptn_scope *sc, const struct ptn_claims *c,
    char **token)
{
	char sub[PTN_UUID_STR], session_id[PTN_UUID_STR], tenant[PTN_UUID_STR];
	struct ptn_jsonw w;

	ptn_uuid_format(&c->sub, sub);
	ptn_uuid_format(&c->session_id, session_id);
	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	write_audience(&w, sc->cf);
	if (c->email.address != NULL) {
		ptn_jsonw_object(&w, "email");
		ptn_jsonw_str(&w, "address", c->email.address);
		ptn_jsonw_bool(&w, "is_primary", c->email.is_primary);
		ptn_jsonw_bool(&w, "is_verified", c->email.is_verified);
		ptn_jsonw_end_object(&w);
	}
	ptn_jsonw_int(&w, "exp", c->exp);
	ptn_jsonw_int(&w, "iat", c->iat);
	if (sc->cf->issuer[0] != '\0')
		ptn_jsonw_str(&w, "iss", sc->cf->issuer);
	ptn_jsonw_str(&w, "session_id", session_id);
	ptn_jsonw_str(&w, "sub", sub);
	if (!ptn_uuid_is_nil(&c->tenant_id)) {
		ptn_uuid_format(&c->tenant_id, tenant);
		ptn_jsonw_str(&w, "tenant_id", tenant);
	}
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	return ptn_jwt_sign(sc->keys[PTN_API_HANKO], sc->arena, w.buf.p, token);
}

enum ptn_err
ptn_sessions_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_session_row **out, size_t *n)
{
	const struct ptn_sessions_of_in in = { sc->tenant_id, *user };
	struct ptn_sessions_of_out *rows;
	struct ptn_session_row *s;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_sessions_of(sc->db, sc->arena, &in, &rows, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((s = ptn_arena_calloc(sc->arena, *n, sizeof(*s))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++) {
		s[i].id = rows[i].id;
		s[i].user_agent = rows[i].user_agent;
		s[i].ip_address = rows[i].ip_address;
		s[i].created_at_us = rows[i].created_at;
		s[i].last_used_us = rows[i].last_used;
		s[i].expires_at_us = rows[i].expires_at;
	}
	*out = s;
	return PTN_OK;
}

enum ptn_err
ptn_session_end(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id)
{
	const struct ptn_session_delete_in in = { sc->tenant_id, *user, *id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_session_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_session_end_all(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_session_delete_all_in in = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_session_delete_all(sc->db, &in, &n);
}

enum ptn_err
ptn_session_end_others(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *but)
{
	const struct ptn_session_delete_others_in in = { sc->tenant_id, *user,
		*but };
	uint64_t n;

	return ptn_sql_session_delete_others(sc->db, &in, &n);
}

enum ptn_err
ptn_session_use(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s, bool *idle)
{
	enum ptn_err r;

	if ((r = ptn_session_check(sc, token, s, idle)) != PTN_OK)
		return r;
	if (s->known)
		return ptn_session_touch(sc, s);
	if (!*idle)
		return PTN_OK;
	r = ptn_session_end(sc, &s->claims.sub, &s->claims.session_id);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}
