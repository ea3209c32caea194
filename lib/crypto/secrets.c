#include "lib/crypto/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/crypto/crypto.h"

/* Layout of a sealed value: version, nonce, text, tag. */
#define SEAL_VERSION 1
#define SEAL_HEAD (1 + PTN_GCM_NONCE_LEN)
#define SEAL_OVERHEAD (SEAL_HEAD + PTN_GCM_TAG_LEN)

#define SECRET_MIN 16 /* bytes of one of secrets.keys */

struct ptn_secrets {
	size_t n;
	uint8_t key[][PTN_KEY_USE__MAX][PTN_KEY_LEN];
};

static const char *const purposes[PTN_KEY_USE__MAX] = {
	[PTN_KEY_USE_JWK] = "postern/1/jwk",
	[PTN_KEY_USE_OUTBOX] = "postern/1/outbox",
	[PTN_KEY_USE_PASSCODE] = "postern/1/passcode",
	[PTN_KEY_USE_RATE] = "postern/1/rate",
	[PTN_KEY_USE_DECOY] = "postern/1/decoy",
	[PTN_KEY_USE_TOTP] = "postern/1/totp",
	[PTN_KEY_USE_CREDCODE] = "postern/1/credential-code",
	[PTN_KEY_USE_DEVICE] = "postern/1/device",
	[PTN_KEY_USE_NONCE] = "postern/1/nonce",
	[PTN_KEY_USE_FLOW] = "postern/1/flow",
	[PTN_KEY_USE_FLOW_TOKEN] = "postern/1/flow-token",
	[PTN_KEY_USE_WEBHOOK] = "postern/1/webhook",
};

static enum ptn_err
derive_all(struct ptn_secrets *s, size_t i, const char *secret)
{
	enum ptn_err r = PTN_OK;
	int p;

	if (strlen(secret) < SECRET_MIN) {
		ptn_error("secrets.keys: one is shorter than %d bytes",
		    SECRET_MIN);
		return PTN_E_CONFIG;
	}
	for (p = 0; p < PTN_KEY_USE__MAX && r == PTN_OK; p++)
		r = ptn_crypto_hkdf_sha256(ptn_bytes_of(secret), purposes[p],
		    s->key[i][p]);
	return r;
}

enum ptn_err
ptn_secrets_new(struct ptn_secrets **out, const struct ptn_strs *secrets)
{
	struct ptn_secrets *s;
	enum ptn_err r = PTN_OK;
	size_t i;

	*out = NULL;
	if (secrets->n == 0) {
		ptn_error("secrets.keys is empty");
		return PTN_E_CONFIG;
	}
	s = calloc(1, sizeof(*s) + secrets->n * sizeof(s->key[0]));
	if (s == NULL)
		return PTN_E_NOMEM;
	s->n = secrets->n;
	for (i = 0; i < s->n && r == PTN_OK; i++)
		r = derive_all(s, i, secrets->v[i]);
	if (r != PTN_OK)
		ptn_secrets_free(&s);
	*out = s;
	return r;
}

void
ptn_secrets_free(struct ptn_secrets **s)
{
	if (*s == NULL)
		return;
	ptn_wipe(*s, sizeof(**s) + (*s)->n * sizeof((*s)->key[0]));
	free(*s);
	*s = NULL;
}

size_t
ptn_secrets_count(const struct ptn_secrets *s)
{
	return s->n;
}

enum ptn_err
ptn_secrets_mac(const struct ptn_secrets *s, size_t i, enum ptn_key_use purpose,
    struct ptn_bytes msg, uint8_t out[PTN_SHA256_LEN])
{
	if (i >= s->n)
		return PTN_E_INTERNAL;
	return ptn_crypto_hmac_sha256(
	    PTN_BYTES(s->key[i][purpose], PTN_KEY_LEN), msg, out);
}

enum ptn_err
ptn_secrets_seal(const struct ptn_secrets *s, struct ptn_arena *a,
    enum ptn_key_use purpose, struct ptn_bytes aad, struct ptn_bytes plain,
    struct ptn_bytes *sealed)
{
	struct ptn_crypto_gcm g = { s->key[0][purpose], NULL, aad };
	uint8_t *p;
	enum ptn_err r;

	*sealed = PTN_BYTES(NULL, 0);
	if (plain.len > SIZE_MAX - SEAL_OVERHEAD)
		return PTN_E_TOO_LARGE;
	if ((p = ptn_arena_alloc(a, plain.len + SEAL_OVERHEAD)) == NULL)
		return PTN_E_NOMEM;
	p[0] = SEAL_VERSION;
	ptn_rng(p + 1, PTN_GCM_NONCE_LEN);
	g.nonce = p + 1;
	r = ptn_crypto_gcm_encrypt(&g, plain, p + SEAL_HEAD,
	    p + SEAL_HEAD + plain.len);
	if (r == PTN_OK)
		*sealed = PTN_BYTES(p, plain.len + SEAL_OVERHEAD);
	return r;
}

enum ptn_err
ptn_secrets_open(const struct ptn_secrets *s, struct ptn_arena *a,
    enum ptn_key_use purpose, struct ptn_bytes aad, struct ptn_bytes sealed,
    struct ptn_bytes *plain)
{
	struct ptn_crypto_gcm g = { NULL, NULL, aad };
	enum ptn_verdict verdict = PTN_DENY;
	enum ptn_err r = PTN_OK;
	struct ptn_bytes text;
	uint8_t *p;
	size_t i;

	*plain = PTN_BYTES(NULL, 0);
	if (sealed.len < SEAL_OVERHEAD || sealed.p[0] != SEAL_VERSION)
		return PTN_E_DENIED;
	g.nonce = sealed.p + 1;
	text = PTN_BYTES(sealed.p + SEAL_HEAD, sealed.len - SEAL_OVERHEAD);
	/* One more: room for an empty text, and a NUL behind any. */
	if ((p = ptn_arena_alloc(a, text.len + 1)) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < s->n && r == PTN_OK && verdict != PTN_ALLOW; i++) {
		g.key = s->key[i][purpose];
		r = ptn_crypto_gcm_decrypt(&g, text, text.p + text.len, p,
		    &verdict);
	}
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return PTN_E_DENIED;
	*plain = PTN_BYTES(p, text.len);
	return PTN_OK;
}
