#include "lib/dfns/token.h"

#include <string.h>

#include "lib/account/token.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/jws.h"
#include "lib/db/db.h"
#include "lib/format/dfnsid.h"
#include "lib/format/json.h"

#define LEEWAY_S 60 /* of iat: the clocks of hosts differ */
#define DEPTH 8
#define METADATA "https://custom/app_metadata"

static const struct {
	const char *aud;
	const char *word; /* the member tokenKind; NULL: it has none */
	enum ptn_dfnsid_kind id;
} kinds[PTN_DFNS_TOKEN__MAX] = {
	[PTN_DFNS_TOKEN_USER] = { "dfns:auth:user", "Token", PTN_DFNSID_TOKEN },
	[PTN_DFNS_TOKEN_REGISTRATION] = { "dfns:auth:registration", "Temp",
	    PTN_DFNSID_CHALLENGE },
	[PTN_DFNS_TOKEN_RECOVERY] = { "dfns:auth:recovery", "Recovery",
	    PTN_DFNSID_CHALLENGE },
	[PTN_DFNS_TOKEN_CHALLENGE] = { "dfns:auth:challenge", NULL,
	    PTN_DFNSID_CHALLENGE },
	[PTN_DFNS_TOKEN_ACTION] = { "dfns:auth:action", NULL,
	    PTN_DFNSID_CHALLENGE },
	[PTN_DFNS_TOKEN_SERVICE] = { "dfns:auth:service", "ServiceAccount",
	    PTN_DFNSID_TOKEN },
	[PTN_DFNS_TOKEN_PAT] = { "dfns:auth:pat", "Pat", PTN_DFNSID_TOKEN },
};

const char *
ptn_dfns_token_word(enum ptn_dfns_token_kind kind)
{
	return kinds[kind].word;
}

/* The claim "iss": as configured, or the address of the relying party. */
static const char *
issuer(const struct ptn_scope *sc)
{
	if (sc->cf->issuer[0] != '\0')
		return sc->cf->issuer;
	return ptn_arena_printf(sc->arena, "https://%s", sc->cf->rp_id);
}

static void
write_metadata(struct ptn_jsonw *w, const struct ptn_dfns_token *t,
    const char *org, const char *id)
{
	char user[PTN_DFNSID_STR];

	ptn_jsonw_object(w, METADATA);
	if (!ptn_uuid_is_nil(&t->user)) {
		ptn_dfnsid_format(PTN_DFNSID_USER, &t->user, user);
		ptn_jsonw_str(w, "userId", user);
	}
	ptn_jsonw_str(w, "orgId", org);
	if (kinds[t->kind].word != NULL)
		ptn_jsonw_str(w, "tokenKind", kinds[t->kind].word);
	ptn_jsonw_str(w, "tokenId", id);
	ptn_jsonw_end_object(w);
}

enum ptn_err
ptn_dfns_token_sign(const struct ptn_scope *sc, const struct ptn_dfns_token *t,
    char **token)
{
	const struct ptn_scope at = ptn_scope_at(sc, &t->org);
	char org[PTN_DFNSID_STR], id[PTN_DFNSID_STR];
	const char *iss = issuer(sc);
	struct ptn_jsonw w;

	ptn_dfnsid_format(PTN_DFNSID_ORG, &t->org, org);
	ptn_dfnsid_format(kinds[t->kind].id, &t->id, id);
	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "iss", iss);
	ptn_jsonw_str(&w, "sub", org);
	ptn_jsonw_array(&w, "aud");
	ptn_jsonw_str(&w, NULL, kinds[t->kind].aud);
	ptn_jsonw_end_array(&w);
	ptn_jsonw_int(&w, "iat", t->iat);
	ptn_jsonw_int(&w, "exp", t->exp);
	ptn_jsonw_str(&w, "jti", id);
	if (t->username != NULL)
		ptn_jsonw_str(&w, "https://custom/username", t->username);
	write_metadata(&w, t, org, id);
	if (t->kind == PTN_DFNS_TOKEN_USER) {
		ptn_jsonw_str(&w, "scope", "");
		ptn_jsonw_array(&w, "permissions");
		ptn_jsonw_end_array(&w);
	}
	ptn_jsonw_end_object(&w);
	if (w.buf.bad || iss == NULL)
		return PTN_E_NOMEM;
	return ptn_token_sign(&at, PTN_API_DFNS, w.buf.p, token);
}

enum ptn_err
ptn_dfns_token_issue(const struct ptn_scope *sc, struct ptn_dfns_token *t,
    int64_t ttl_s, char **token)
{
	t->iat = ptn_db_clock_us(sc->db) / PTN_US_PER_S;
	t->exp = t->iat + ttl_s;
	return ptn_dfns_token_sign(sc, t, token);
}

static bool
is_text(const struct ptn_json *v, const char *wanted)
{
	const struct ptn_bytes s = ptn_json_string(v);

	return s.p != NULL && ptn_bytes_equal(s, ptn_bytes_of(wanted));
}

static bool
read_id(enum ptn_dfnsid_kind kind, const struct ptn_json *v,
    struct ptn_uuid *out)
{
	const struct ptn_bytes s = ptn_json_string(v);

	return s.p != NULL && ptn_dfnsid_parse(kind, s, out) == PTN_OK;
}

static bool
is_kind(const struct ptn_json *p, enum ptn_dfns_token_kind kind)
{
	const struct ptn_json *aud = ptn_json_get(p, "aud");

	return ptn_json_len(aud) == 1 &&
	    is_text(ptn_json_at(aud, 0), kinds[kind].aud);
}

/* Read the claims; false if one is missing or is not as it must be. */
static bool
read_claims(const struct ptn_scope *sc, const struct ptn_json *p,
    const char *iss, enum ptn_dfns_token_kind kind, struct ptn_dfns_token *t)
{
	const struct ptn_json *meta = ptn_json_get(p, METADATA);
	const struct ptn_json *user = ptn_json_get(meta, "userId");
	const int64_t now = ptn_db_clock_us(sc->db) / PTN_US_PER_S;

	memset(t, 0, sizeof(*t));
	t->kind = kind;
	return is_kind(p, kind) && is_text(ptn_json_get(p, "iss"), iss) &&
	    read_id(PTN_DFNSID_ORG, ptn_json_get(p, "sub"), &t->org) &&
	    read_id(kinds[kind].id, ptn_json_get(p, "jti"), &t->id) &&
	    (user == NULL || read_id(PTN_DFNSID_USER, user, &t->user)) &&
	    ptn_json_int(ptn_json_get(p, "iat"), &t->iat) &&
	    ptn_json_int(ptn_json_get(p, "exp"), &t->exp) && now < t->exp &&
	    now + LEEWAY_S >= t->iat;
}

/* What it says, before it is verified: that tells by whose keys it is to be. */
static enum ptn_err
read_token(const struct ptn_scope *sc, struct ptn_bytes token,
    enum ptn_dfns_token_kind kind, struct ptn_dfns_token *out, bool *claims)
{
	const char *iss = issuer(sc), *why;
	struct ptn_json *json = NULL;
	struct ptn_bytes payload;
	enum ptn_err r;

	if (iss == NULL)
		return PTN_E_NOMEM;
	r = ptn_jws_peek(sc->arena, token, &payload);
	if (r == PTN_OK)
		r = ptn_json_parse(payload, DEPTH, &json, &why);
	*claims = r == PTN_OK && read_claims(sc, json, iss, kind, out);
	ptn_json_free(&json);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_token_verify(const struct ptn_scope *sc, struct ptn_bytes token,
    enum ptn_dfns_token_kind kind, struct ptn_dfns_token *out,
    enum ptn_verdict *verdict)
{
	struct ptn_bytes payload;
	struct ptn_scope at;
	bool claims = false;
	enum ptn_err r;

	*verdict = PTN_DENY;
	if ((r = read_token(sc, token, kind, out, &claims)) != PTN_OK ||
	    !claims)
		return r;
	at = ptn_scope_at(sc, &out->org);
	return ptn_token_open(&at, PTN_API_DFNS, token, &payload, verdict);
}

enum ptn_err
ptn_dfns_token_claims(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_uuid *org, bool *claims)
{
	struct ptn_json *json = NULL;
	struct ptn_bytes payload;
	const char *why;
	enum ptn_err r;

	*claims = false;
	r = ptn_jws_peek(a, token, &payload);
	if (r == PTN_OK)
		r = ptn_json_parse(payload, DEPTH, &json, &why);
	if (r == PTN_OK)
		*claims = (is_kind(json, PTN_DFNS_TOKEN_SERVICE) ||
			      is_kind(json, PTN_DFNS_TOKEN_PAT)) &&
		    read_id(PTN_DFNSID_ORG, ptn_json_get(json, "sub"), org);
	ptn_json_free(&json);
	return r == PTN_E_INPUT ? PTN_OK : r;
}
