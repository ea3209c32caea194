#include "lib/account/token.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/claims.h"
#include "lib/account/keysets.h"
#include "lib/account/token_cache.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/jws.h"
#include "lib/crypto/key.h"
#include "lib/db/db.h"
#include "lib/format/json.h"

#define LEEWAY_S 60 /* of iat, between hosts */

/* ---------------------------------------------------- by the keys of an API */

enum ptn_err
ptn_token_sign(const struct ptn_scope *sc, enum ptn_api api,
    const char *payload, char **token)
{
	const struct ptn_key *key;
	const char *kid;
	enum ptn_err r;

	*token = NULL;
	if ((r = ptn_keysets_signer(sc, api, &key, &kid)) != PTN_OK)
		return r;
	return ptn_jws_sign(key, kid, sc->arena, payload, token);
}

enum ptn_err
ptn_token_sign_as(const struct ptn_scope *sc, enum ptn_api api, const char *typ,
    const char *payload, char **token)
{
	const struct ptn_key *key;
	const char *kid;
	enum ptn_err r;

	*token = NULL;
	if ((r = ptn_keysets_signer(sc, api, &key, &kid)) != PTN_OK)
		return r;
	return ptn_jws_sign_as(key, kid, sc->arena, typ, payload, token);
}

/* The key that a token names; NULL: there is none, even now. */
static enum ptn_err
find_key(const struct ptn_scope *sc, enum ptn_api api, const char *kid,
    const struct ptn_key **key)
{
	enum ptn_err r;

	r = ptn_keysets_find(sc, api, kid, key);
	if (r != PTN_OK || *key != NULL)
		return r;
	r = ptn_keysets_refresh_of(sc, api, true);
	return r == PTN_OK ? ptn_keysets_find(sc, api, kid, key) : r;
}

enum ptn_err
ptn_token_open(const struct ptn_scope *sc, enum ptn_api api,
    struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict)
{
	const struct ptn_key *key;
	struct ptn_jws jws;
	enum ptn_err r;

	*verdict = PTN_DENY;
	*payload = PTN_BYTES(NULL, 0);
	r = ptn_jws_read(sc->arena, token, &jws);
	if (r == PTN_E_INPUT)
		return PTN_OK;
	if (r != PTN_OK || (r = find_key(sc, api, jws.kid, &key)) != PTN_OK ||
	    key == NULL)
		return r;
	r = ptn_jws_verify(&jws, key, verdict);
	if (r == PTN_OK && *verdict == PTN_ALLOW)
		*payload = jws.payload;
	return r;
}

/* ----------------------------------------------------------- what is issued */

void
ptn_token_audience(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf)
{
	size_t i;

	ptn_jsonw_array(w, name);
	for (i = 0; i < cf->audience.n; i++)
		ptn_jsonw_str(w, NULL, cf->audience.v[i]);
	if (cf->audience.n == 0)
		ptn_jsonw_str(w, NULL, cf->rp_id);
	ptn_jsonw_end_array(w);
}

static const struct {
	unsigned bit;
	const char *word;
} shown[] = {
	{ PTN_AMR_OTP, "otp" },
	{ PTN_AMR_PWD, "pwd" },
	{ PTN_AMR_PASSKEY, "passkey" },
	{ PTN_AMR_TOTP, "totp" },
	{ PTN_AMR_SECURITY_KEY, "security_key" },
};

void
ptn_token_amr(struct ptn_jsonw *w, const char *name, unsigned amr)
{
	size_t i;

	if (amr == 0)
		return;
	ptn_jsonw_array(w, name);
	for (i = 0; i < PTN_ARRAY_LEN(shown); i++)
		if ((amr & shown[i].bit) != 0)
			ptn_jsonw_str(w, NULL, shown[i].word);
	ptn_jsonw_end_array(w);
}

/* What a newer version says beside these is not ours to repeat. */
static unsigned
read_amr(const struct ptn_json *list)
{
	struct ptn_bytes s;
	unsigned amr = 0;
	size_t i, k;

	for (i = 0; i < ptn_json_len(list); i++) {
		s = ptn_json_string(ptn_json_at(list, i));
		for (k = 0; s.p != NULL && k < PTN_ARRAY_LEN(shown); k++)
			if (ptn_bytes_equal(s, ptn_bytes_of(shown[k].word)))
				amr |= shown[k].bit;
	}
	return amr;
}

enum ptn_err
ptn_token_issue(const struct ptn_scope *sc, const struct ptn_claims *c,
    char **token)
{
	char sub[PTN_UUID_STR], session_id[PTN_UUID_STR], tenant[PTN_UUID_STR];
	struct ptn_jsonw w;

	ptn_uuid_format(&c->sub, sub);
	ptn_uuid_format(&c->session_id, session_id);
	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_token_amr(&w, "amr", c->amr);
	ptn_token_audience(&w, "aud", sc->cf);
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
	if (c->username != NULL)
		ptn_jsonw_str(&w, "username", c->username);
	if (c->custom != NULL)
		ptn_jsonw_members(&w, c->custom);
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	return ptn_token_sign(sc, PTN_API_HANKO, w.buf.p, token);
}

/* ------------------------------------------------------------- what it says */

/* Whom a token must be for, among others. */
static const char *
audience(const struct ptn_conf *cf)
{
	return cf->audience.n > 0 ? cf->audience.v[0] : cf->rp_id;
}

static bool
audience_is(const struct ptn_conf *cf, const struct ptn_json *aud)
{
	const char *ours = audience(cf);
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

/* A token without one is of the default tenant. */
static bool
read_tenant(struct ptn_arena *a, const struct ptn_json *v, struct ptn_uuid *id)
{
	memset(id, 0, sizeof(*id));
	return v == NULL || (read_id(a, v, id) && !ptn_uuid_is_nil(id));
}

/* What the token says, and that it is meant for us. */
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
	c->username = ptn_json_text(sc->arena, ptn_json_get(p, "username"));
	c->amr = read_amr(ptn_json_get(p, "amr"));
	if (ptn_claims_read(sc->arena, p, &c->custom) != PTN_OK)
		return false;
	return audience_is(sc->cf, ptn_json_get(p, "aud")) &&
	    issuer_is(sc->cf, ptn_json_get(p, "iss"));
}

/* A key may sign for many tenants: that is why a token names its own. */
static bool
tenant_is(const struct ptn_scope *sc, const struct ptn_claims *c)
{
	const struct ptn_uuid nobody = { { 0 } };

	return ptn_uuid_equal(&c->tenant_id,
	    sc->tenant_named ? &sc->tenant_id : &nobody);
}

static bool
in_time(const struct ptn_scope *sc, const struct ptn_claims *c)
{
	const int64_t now = ptn_db_clock_us(sc->db) / PTN_US_PER_S;

	return now < c->exp && now + LEEWAY_S >= c->iat;
}

/* ------------------------------------------------ of those that are shown */

enum state {
	STATE_NEW,     /* nothing is known of it */
	STATE_UNKNOWN, /* it could be ours; there is no such key */
	STATE_PASSED_OVER,
	STATE_UNJUDGED, /* more candidates than may be */
	STATE_GOOD
};

/* A token on its way. */
struct seen {
	enum state state;
	uint8_t digest[PTN_SHA256_LEN];
	struct ptn_claims claims;
};

/* What it is remembered by: itself, and whom it was found to be for. */
static enum ptn_err
digest_of(const struct ptn_scope *sc, struct ptn_bytes token,
    uint8_t digest[PTN_SHA256_LEN])
{
	struct ptn_buf b;

	ptn_buf_init(&b, sc->arena);
	ptn_buf_str(&b, audience(sc->cf));
	ptn_buf_char(&b, '\n');
	ptn_buf_str(&b, sc->cf->issuer);
	ptn_buf_char(&b, '\n');
	ptn_buf_add(&b, token.p, token.len);
	if (b.bad)
		return PTN_E_NOMEM;
	ptn_crypto_sha256(PTN_BYTES(b.p, b.len), digest);
	return PTN_OK;
}

/* Is it meant for us, now? */
static bool
for_us(const struct ptn_scope *sc, const struct ptn_claims *c)
{
	return tenant_is(sc, c) && in_time(sc, c);
}

static enum ptn_err
look_up(const struct ptn_scope *sc, struct ptn_bytes token, struct seen *t)
{
	enum ptn_err r;

	t->state = STATE_PASSED_OVER;
	if (token.len == 0 || token.len > PTN_JWS_MAX)
		return PTN_OK;
	if ((r = digest_of(sc, token, t->digest)) != PTN_OK)
		return r;
	if (!ptn_token_cache_get(sc, t->digest, &t->claims))
		t->state = STATE_NEW;
	else if (for_us(sc, &t->claims))
		t->state = STATE_GOOD;
	return PTN_OK;
}

/*
 * Read before it is verified, which costs little: its signature is looked at
 * only if it could be of use.
 */
static enum ptn_err
read_payload(const struct ptn_scope *sc, struct ptn_bytes payload,
    struct ptn_claims *c, bool *ours)
{
	struct ptn_json *json = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(payload, PTN_JWS_DEPTH, &json, &why);
	*ours = r == PTN_OK && read_claims(sc, json, c) && for_us(sc, c);
	ptn_json_free(&json);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
verify_new(const struct ptn_scope *sc, struct ptn_bytes token, struct seen *t,
    size_t *checks)
{
	const struct ptn_key *key;
	enum ptn_verdict verdict;
	struct ptn_jws jws;
	bool ours;
	enum ptn_err r;

	t->state = STATE_PASSED_OVER;
	if ((r = ptn_jws_read(sc->arena, token, &jws)) != PTN_OK)
		return r == PTN_E_INPUT ? PTN_OK : r;
	r = read_payload(sc, jws.payload, &t->claims, &ours);
	if (r != PTN_OK || !ours)
		return r;
	r = ptn_keysets_find(sc, PTN_API_HANKO, jws.kid, &key);
	if (r != PTN_OK)
		return r;
	if (key == NULL || *checks == 0) {
		t->state = key == NULL ? STATE_UNKNOWN : STATE_UNJUDGED;
		return PTN_OK;
	}
	(*checks)--;
	r = ptn_jws_verify(&jws, key, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW)
		return r;
	t->state = STATE_GOOD;
	ptn_token_cache_put(sc, t->digest, &t->claims);
	return PTN_OK;
}

/*
 * Verify all that are in a state.  What was verified before is one of the few
 * all the same: another process has not seen it.
 */
static enum ptn_err
verify_all(const struct ptn_scope *sc, const struct ptn_bytes *token,
    struct seen *t, size_t n, enum state state, size_t *checks)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < n && r == PTN_OK; i++)
		if (t[i].state == state)
			r = verify_new(sc, token[i], &t[i], checks);
		else if (t[i].state == STATE_GOOD && *checks > 0)
			(*checks)--;
		else if (t[i].state == STATE_GOOD)
			t[i].state = STATE_UNJUDGED;
	return r;
}

static size_t
count(const struct seen *t, size_t n, enum state state)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += t[i].state == state;
	return found;
}

/* A key that we do not know may be one that another host just made. */
static enum ptn_err
verify_unknown(const struct ptn_scope *sc, const struct ptn_bytes *token,
    struct seen *t, size_t n, size_t *checks)
{
	enum ptn_err r;

	if (count(t, n, STATE_GOOD) > 0 || count(t, n, STATE_UNKNOWN) == 0)
		return PTN_OK;
	r = ptn_keysets_refresh_of(sc, PTN_API_HANKO, true);
	return r == PTN_OK ? verify_all(sc, token, t, n, STATE_UNKNOWN, checks)
			   : r;
}

/* One cookie of two paths is one candidate. */
static bool
stands_before(const struct ptn_bytes *token, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (ptn_bytes_equal(token[j], token[i]))
			return true;
	return false;
}

static enum ptn_err
look_up_all(const struct ptn_scope *sc, const struct ptn_bytes *token,
    struct seen *t, size_t n)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < n && r == PTN_OK; i++) {
		t[i].state = STATE_PASSED_OVER;
		if (!stands_before(token, i))
			r = look_up(sc, token[i], &t[i]);
	}
	return r;
}

enum ptn_err
ptn_tokens_verify(const struct ptn_scope *sc, const struct ptn_bytes *token,
    size_t n, struct ptn_token_good out[PTN_TOKENS_GOOD], size_t *good,
    size_t *unjudged)
{
	struct seen *t = ptn_arena_calloc(sc->arena, n + 1, sizeof(*t));
	size_t i, checks = PTN_TOKENS_GOOD;
	enum ptn_err r;

	*good = 0;
	*unjudged = n;
	if (t == NULL)
		return PTN_E_NOMEM;
	if ((r = look_up_all(sc, token, t, n)) != PTN_OK ||
	    (r = verify_all(sc, token, t, n, STATE_NEW, &checks)) != PTN_OK ||
	    (r = verify_unknown(sc, token, t, n, &checks)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (t[i].state == STATE_GOOD)
			out[(*good)++] =
			    (struct ptn_token_good){ t[i].claims, i };
		else if (t[i].state == STATE_UNJUDGED && *unjudged == n)
			*unjudged = i;
	return PTN_OK;
}
