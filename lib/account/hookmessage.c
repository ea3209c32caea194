#include "lib/account/hookmessage.h"

#include <string.h>

#include "lib/account/token.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/format/json.h"

/* The keys and MACs are of 32 bytes, whose base64 ends in one "=". */
#define TOKEN_TYP "webhook+jwt"
#define TOKEN_S 300

static void
put_audience(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_hooks_one *hook)
{
	size_t i;

	ptn_jsonw_array(w, "aud");
	for (i = 0; i < cf->hook_audience.n; i++)
		ptn_jsonw_str(w, NULL, cf->hook_audience.v[i]);
	if (cf->hook_audience.n == 0)
		ptn_jsonw_str(w, NULL, hook->callback);
	ptn_jsonw_end_array(w);
}

static enum ptn_err
write_token(const struct ptn_scope *sc, int64_t now,
    const struct ptn_hooks_one *hook, const struct ptn_webhook_told *told,
    char **token)
{
	char tenant[PTN_UUID_STR];
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	put_audience(&w, sc->cf, hook);
	ptn_jsonw_raw(&w, "data", told->json);
	ptn_jsonw_str(&w, "evt", told->event);
	ptn_jsonw_int(&w, "exp", now + TOKEN_S);
	ptn_jsonw_int(&w, "iat", now);
	ptn_jsonw_str(&w, "sub", "hanko webhooks");
	if (sc->tenant_named) {
		ptn_uuid_format(&sc->tenant_id, tenant);
		ptn_jsonw_str(&w, "tenant_id", tenant);
	}
	ptn_jsonw_end_object(&w);
	return w.buf.bad
	    ? PTN_E_NOMEM
	    : ptn_token_sign_as(sc, PTN_API_HANKO, TOKEN_TYP, w.buf.p, token);
}

static enum ptn_err
derive(const struct ptn_scope *sc, size_t i, const struct ptn_uuid *hook,
    uint8_t key[PTN_SHA256_LEN])
{
	return ptn_secrets_mac(sc->secrets, i, PTN_KEY_USE_WEBHOOK,
	    PTN_BYTES(hook, sizeof(*hook)), key);
}

const char *
ptn_hookmessage_secret(const struct ptn_scope *sc, const struct ptn_uuid *hook)
{
	uint8_t key[PTN_SHA256_LEN];
	const char *text = NULL;

	if (derive(sc, 0, hook, key) == PTN_OK)
		text =
		    ptn_b64std_encode(sc->arena, PTN_BYTES(key, sizeof(key)));
	ptn_wipe(key, sizeof(key));
	return text == NULL ? NULL
			    : ptn_arena_printf(sc->arena, "whsec_%s=", text);
}

/* "v1,..." of each secret; it is enough if a receiver knows one of them. */
static enum ptn_err
sign(const struct ptn_scope *sc, const struct ptn_uuid *hook,
    struct ptn_hookmessage *m)
{
	const char *text = ptn_arena_printf(sc->arena, "%s.%s.%s", m->id,
	    m->timestamp, m->body);
	uint8_t key[PTN_SHA256_LEN], mac[PTN_SHA256_LEN];
	const char *one, *all = "";
	enum ptn_err r = PTN_OK;
	size_t i;

	if (text == NULL)
		return PTN_E_NOMEM;
	for (i = 0; r == PTN_OK && i < ptn_secrets_count(sc->secrets); i++) {
		if ((r = derive(sc, i, hook, key)) != PTN_OK ||
		    (r = ptn_crypto_hmac_sha256(PTN_BYTES(key, sizeof(key)),
			 ptn_bytes_of(text), mac)) != PTN_OK)
			break;
		one = ptn_b64std_encode(sc->arena, PTN_BYTES(mac, sizeof(mac)));
		if (one == NULL ||
		    (all = ptn_arena_printf(sc->arena, "%s%sv1,%s=", all,
			 i > 0 ? " " : "", one)) == NULL)
			r = PTN_E_NOMEM;
	}
	ptn_wipe(key, sizeof(key));
	m->signature = all;
	return r;
}

enum ptn_err
ptn_hookmessage_write(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const struct ptn_hooks_one *hook, const struct ptn_webhook_told *told,
    struct ptn_hookmessage *out)
{
	const int64_t now = ptn_db_clock_us(sc->db) / PTN_US_PER_S;
	char name[PTN_UUID_STR];
	struct ptn_jsonw w;
	char *token;
	enum ptn_err r;

	if ((r = write_token(sc, now, hook, told, &token)) != PTN_OK)
		return r;
	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "token", token);
	ptn_jsonw_str(&w, "event", told->event);
	ptn_jsonw_end_object(&w);
	ptn_uuid_format(id, name);
	out->body = w.buf.p;
	out->id = ptn_arena_printf(sc->arena, "msg_%s", name);
	out->timestamp = ptn_arena_printf(sc->arena, "%lld", (long long)now);
	if (w.buf.bad || out->id == NULL || out->timestamp == NULL)
		return PTN_E_NOMEM;
	return sign(sc, &hook->id, out);
}
