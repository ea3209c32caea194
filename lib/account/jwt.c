#include "lib/account/jwt.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"
#include "lib/base/uuid.h"

#define HEADER_DEPTH 2
#define PAYLOAD_DEPTH 16

/* The three parts of a compact serialisation, still base64url. */
struct parts {
	struct ptn_bytes header, payload, sig;
	struct ptn_bytes signed_; /* header "." payload */
};

static char *
header_b64(struct ptn_arena *a, const struct ptn_key *key, const char *kid)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "alg", ptn_crypto_alg_name(ptn_key_alg(key)));
	ptn_jsonw_str(&w, "kid", kid);
	ptn_jsonw_str(&w, "typ", "JWT");
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return NULL;
	return ptn_b64url_encode(a, PTN_BYTES(w.buf.p, w.buf.len));
}

enum ptn_err
ptn_jwt_sign(const struct ptn_jwks *keys, struct ptn_arena *a,
    const char *payload, char **token)
{
	const struct ptn_key *key;
	const char *kid, *h, *p, *s;
	struct ptn_bytes sig;
	char *text;
	enum ptn_err r;

	*token = NULL;
	if ((key = ptn_jwks_signer(keys, &kid)) == NULL)
		return PTN_E_CONFIG;
	h = header_b64(a, key, kid);
	p = ptn_b64url_encode(a, ptn_bytes_of(payload));
	if (h == NULL || p == NULL ||
	    (text = ptn_arena_printf(a, "%s.%s", h, p)) == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_key_sign(key, a, ptn_bytes_of(text), &sig)) != PTN_OK)
		return r;
	if ((s = ptn_b64url_encode(a, sig)) == NULL ||
	    (text = ptn_arena_printf(a, "%s.%s", text, s)) == NULL)
		return PTN_E_NOMEM;
	if (strlen(text) > PTN_JWT_MAX) {
		ptn_error("token: longer than %d bytes", PTN_JWT_MAX);
		return PTN_E_INTERNAL;
	}
	*token = text;
	return PTN_OK;
}

/* RFC 7515 section 7.1: exactly two dots, and nothing empty. */
static bool
split(struct ptn_bytes token, struct parts *t)
{
	const uint8_t *end = token.p + token.len;
	const uint8_t *one, *two;

	if (token.len == 0 || token.len > PTN_JWT_MAX)
		return false;
	if ((one = memchr(token.p, '.', token.len)) == NULL)
		return false;
	if ((two = memchr(one + 1, '.', (size_t)(end - one) - 1)) == NULL)
		return false;
	if (memchr(two + 1, '.', (size_t)(end - two) - 1) != NULL)
		return false;
	t->header = PTN_BYTES(token.p, (size_t)(one - token.p));
	t->payload = PTN_BYTES(one + 1, (size_t)(two - one) - 1);
	t->sig = PTN_BYTES(two + 1, (size_t)(end - two) - 1);
	t->signed_ = PTN_BYTES(token.p, (size_t)(two - token.p));
	return t->header.len > 0 && t->payload.len > 0 && t->sig.len > 0;
}

/* Decode the parts in place of their text. */
static enum ptn_err
decode(struct ptn_arena *a, struct parts *t)
{
	enum ptn_err r;

	if ((r = ptn_b64url_decode(a, t->header, &t->header)) != PTN_OK ||
	    (r = ptn_b64url_decode(a, t->payload, &t->payload)) != PTN_OK)
		return r;
	return ptn_b64url_decode(a, t->sig, &t->sig);
}

/*
 * What the header must say.  kid and alg are its own words; members that
 * would bring a key along (jwk, jku, x5c, x5u) are not looked at.
 */
static bool
header_read(const struct ptn_json *h, struct ptn_arena *a, const char **kid,
    const char **alg)
{
	const char *typ;
	struct ptn_uuid id;

	if (h == NULL || ptn_json_type(h) != PTN_JSON_OBJECT)
		return false;
	/* RFC 7515 section 4.1.11: we understand no extension. */
	if (ptn_json_has(h, "crit"))
		return false;
	if (ptn_json_has(h, "typ")) {
		typ = ptn_json_text(a, ptn_json_get(h, "typ"));
		if (typ == NULL || strcmp(typ, "JWT") != 0)
			return false;
	}
	*alg = ptn_json_text(a, ptn_json_get(h, "alg"));
	*kid = ptn_json_text(a, ptn_json_get(h, "kid"));
	return *alg != NULL && *kid != NULL && ptn_uuid_parse(*kid, &id);
}

static bool
alg_known(const char *alg)
{
	int i;

	for (i = 0; i < PTN_ALG__MAX; i++)
		if (strcmp(alg, ptn_crypto_alg_name((enum ptn_sign_alg)i)) == 0)
			return true;
	return false;
}

/* The key the header names, or NULL; PTN_E_INPUT for a header we refuse. */
static enum ptn_err
find_key(const struct ptn_jwks *keys, struct ptn_arena *a,
    struct ptn_bytes header, const struct ptn_key **key)
{
	struct ptn_json *h = NULL;
	const char *kid = NULL, *alg = NULL, *why;
	enum ptn_err r;

	*key = NULL;
	r = ptn_json_parse(header, HEADER_DEPTH, &h, &why);
	if (r == PTN_OK && (!header_read(h, a, &kid, &alg) || !alg_known(alg)))
		r = PTN_E_INPUT;
	ptn_json_free(&h);
	if (r != PTN_OK)
		return r;
	*key = ptn_jwks_find(keys, kid);
	/* RFC 8725 section 3.1: one key, one algorithm; "none" is no key's. */
	if (*key != NULL &&
	    strcmp(alg, ptn_crypto_alg_name(ptn_key_alg(*key))) != 0)
		return PTN_E_INPUT;
	return PTN_OK;
}

/* Strict JSON, and an object. */
static enum ptn_err
payload_check(struct ptn_bytes payload)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(payload, PAYLOAD_DEPTH, &v, &why);
	if (r == PTN_OK && (v == NULL || ptn_json_type(v) != PTN_JSON_OBJECT))
		r = PTN_E_INPUT;
	ptn_json_free(&v);
	return r;
}

static enum ptn_err
verify(const struct ptn_jwks *keys, struct ptn_arena *a, struct parts *t,
    enum ptn_verdict *verdict, bool *unknown_kid)
{
	enum ptn_verdict signature = PTN_DENY;
	const struct ptn_key *key;
	enum ptn_err r;

	if ((r = decode(a, t)) != PTN_OK ||
	    (r = find_key(keys, a, t->header, &key)) != PTN_OK)
		return r;
	if (key == NULL) {
		*unknown_kid = true;
		return PTN_OK;
	}
	if ((r = ptn_key_verify(key, t->signed_, t->sig, &signature)) !=
		PTN_OK ||
	    signature != PTN_ALLOW)
		return r;
	if ((r = payload_check(t->payload)) == PTN_OK)
		*verdict = PTN_ALLOW;
	return r;
}

enum ptn_err
ptn_jwt_verify(const struct ptn_jwks *keys, struct ptn_arena *a,
    struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict, bool *unknown_kid)
{
	struct parts t;
	enum ptn_err r;

	*verdict = PTN_DENY;
	*unknown_kid = false;
	*payload = PTN_BYTES(NULL, 0);
	if (!split(token, &t))
		return PTN_OK;
	r = verify(keys, a, &t, verdict, unknown_kid);
	if (r == PTN_E_INPUT)
		r = PTN_OK; /* a fault of the token: denied, and said so */
	if (r == PTN_OK && *verdict == PTN_ALLOW)
		*payload = t.payload;
	return r;
}

enum ptn_err
ptn_jwt_verify_now(struct ptn_jwks *keys, struct ptn_db *db,
    struct ptn_arena *a, struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict)
{
	bool unknown_kid;
	enum ptn_err r;

	r = ptn_jwt_verify(keys, a, token, payload, verdict, &unknown_kid);
	if (r != PTN_OK || !unknown_kid)
		return r;
	if ((r = ptn_jwks_refresh(keys, db, a, true)) != PTN_OK)
		return r;
	return ptn_jwt_verify(keys, a, token, payload, verdict, &unknown_kid);
}

enum ptn_err
ptn_jwt_peek(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_bytes *payload)
{
	struct parts t;
	enum ptn_err r;

	*payload = PTN_BYTES(NULL, 0);
	if (!split(token, &t))
		return PTN_E_INPUT;
	if ((r = decode(a, &t)) != PTN_OK ||
	    (r = payload_check(t.payload)) != PTN_OK)
		return r;
	*payload = t.payload;
	return PTN_OK;
}
