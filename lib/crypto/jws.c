#include "lib/crypto/jws.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"
#include "lib/base/uuid.h"
#include "lib/format/json.h"

#define HEADER_DEPTH 2

/* The three parts of a compact serialisation, still base64url. */
struct parts {
	struct ptn_bytes header, payload, sig;
	struct ptn_bytes signed_; /* header "." payload */
};

enum ptn_sign_alg
ptn_jws_alg(const char *name)
{
	int i;

	for (i = 0; i < PTN_ALG__MAX; i++)
		if (strcmp(name, ptn_key_alg_name((enum ptn_sign_alg)i)) ==
		    0)
			break;
	return (enum ptn_sign_alg)i;
}

static char *
header_b64(struct ptn_arena *a, const struct ptn_key *key, const char *kid,
    const char *typ)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "alg", ptn_key_alg_name(ptn_key_alg(key)));
	ptn_jsonw_str(&w, "kid", kid);
	ptn_jsonw_str(&w, "typ", typ);
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return NULL;
	return ptn_b64url_encode(a, PTN_BYTES(w.buf.p, w.buf.len));
}

enum ptn_err
ptn_jws_sign_as(const struct ptn_key *key, const char *kid, struct ptn_arena *a,
    const char *typ, const char *payload, char **token)
{
	const char *h, *p, *s;
	struct ptn_bytes sig;
	char *text;
	enum ptn_err r;

	*token = NULL;
	h = header_b64(a, key, kid, typ);
	p = ptn_b64url_encode(a, ptn_bytes_of(payload));
	if (h == NULL || p == NULL ||
	    (text = ptn_arena_printf(a, "%s.%s", h, p)) == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_key_sign(key, a, ptn_bytes_of(text), &sig)) != PTN_OK)
		return r;
	if ((s = ptn_b64url_encode(a, sig)) == NULL ||
	    (text = ptn_arena_printf(a, "%s.%s", text, s)) == NULL)
		return PTN_E_NOMEM;
	*token = text;
	return PTN_OK;
}

enum ptn_err
ptn_jws_sign(const struct ptn_key *key, const char *kid, struct ptn_arena *a,
    const char *payload, char **token)
{
	enum ptn_err r;

	r = ptn_jws_sign_as(key, kid, a, "JWT", payload, token);
	if (r != PTN_OK || strlen(*token) <= PTN_JWS_MAX)
		return r;
	ptn_error("token: longer than %d bytes", PTN_JWS_MAX);
	*token = NULL;
	return PTN_E_INTERNAL;
}

/* RFC 7515 section 7.1: exactly two dots, and nothing empty. */
static bool
split(struct ptn_bytes token, struct parts *t)
{
	const uint8_t *end = token.p + token.len;
	const uint8_t *one, *two;

	if (token.len == 0 || token.len > PTN_JWS_MAX)
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
 * What the header must say; members that would bring a key along (jwk, jku,
 * x5c, x5u) are not looked at.
 */
static bool
header_fits(const struct ptn_json *h, struct ptn_arena *a, struct ptn_jws *out)
{
	const char *typ, *alg;
	struct ptn_uuid id;

	if (h == NULL || ptn_json_type(h) != PTN_JSON_OBJECT ||
	    ptn_json_has(h, "crit"))
		return false;
	if (ptn_json_has(h, "typ")) {
		typ = ptn_json_text(a, ptn_json_get(h, "typ"));
		if (typ == NULL || strcmp(typ, "JWT") != 0)
			return false;
	}
	alg = ptn_json_text(a, ptn_json_get(h, "alg"));
	out->kid = ptn_json_text(a, ptn_json_get(h, "kid"));
	if (alg == NULL || out->kid == NULL || !ptn_uuid_parse(out->kid, &id))
		return false;
	out->alg = ptn_jws_alg(alg);
	return out->alg != PTN_ALG__MAX;
}

static enum ptn_err
header_read(struct ptn_arena *a, struct ptn_bytes header, struct ptn_jws *out)
{
	struct ptn_json *h = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(header, HEADER_DEPTH, &h, &why);
	if (r == PTN_OK && !header_fits(h, a, out))
		r = PTN_E_INPUT;
	ptn_json_free(&h);
	return r;
}

enum ptn_err
ptn_jws_read(struct ptn_arena *a, struct ptn_bytes token, struct ptn_jws *out)
{
	struct parts t;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (!split(token, &t))
		return PTN_E_INPUT;
	if ((r = decode(a, &t)) != PTN_OK ||
	    (r = header_read(a, t.header, out)) != PTN_OK)
		return r;
	out->payload = t.payload;
	out->sig = t.sig;
	out->signed_ = t.signed_;
	return PTN_OK;
}

/* Strict JSON, and an object. */
static enum ptn_err
payload_check(struct ptn_bytes payload)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(payload, PTN_JWS_DEPTH, &v, &why);
	if (r == PTN_OK && (v == NULL || ptn_json_type(v) != PTN_JSON_OBJECT))
		r = PTN_E_INPUT;
	ptn_json_free(&v);
	return r;
}

enum ptn_err
ptn_jws_verify(const struct ptn_jws *t, const struct ptn_key *key,
    enum ptn_verdict *verdict)
{
	enum ptn_verdict signature = PTN_DENY;
	enum ptn_err r;

	*verdict = PTN_DENY;
	/* One key, one algorithm; "none" is no key's. */
	if (t->alg != ptn_key_alg(key))
		return PTN_OK;
	r = ptn_key_verify(key, t->signed_, t->sig, &signature);
	if (r != PTN_OK || signature != PTN_ALLOW)
		return r;
	r = payload_check(t->payload);
	if (r == PTN_OK)
		*verdict = PTN_ALLOW;
	return r == PTN_E_INPUT ? PTN_OK : r;
}

enum ptn_err
ptn_jws_peek(struct ptn_arena *a, struct ptn_bytes token,
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
