#include "lib/dfns/decoy.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/secrets.h"
#include "lib/dfns/password.h"

/*
 * THE table of what is invented, with how many names in 100 get it.  It has
 * the forms in which real ones come, first passkeys, as ptn_dfns_creds_of()
 * lists them: ids of 16 and 20 bytes are made by phones and password managers,
 * of 32 by computers and by key signers, of 48 and 64 by security keys; 31 are
 * the text of an id that a server has given to a key.
 */
#define DECOY_CREDS 3
#define DECOY_ID_MAX 64 /* bytes */
static const struct decoy {
	uint8_t share;
	struct {
		enum ptn_dfns_cred_kind kind;
		uint8_t len; /* of the id; 0: it has none */
	} cred[DECOY_CREDS];
} decoys[] = {
	/* clang-format off */
	{ 16, { { PTN_CRED_FIDO2, 20 } } },
	{ 14, { { PTN_CRED_FIDO2, 16 } } },
	{ 11, { { PTN_CRED_FIDO2, 32 } } },
	{  3, { { PTN_CRED_FIDO2, 48 } } },
	{  3, { { PTN_CRED_FIDO2, 64 } } },
	{  7, { { PTN_CRED_FIDO2, 20 }, { PTN_CRED_FIDO2, 32 } } },
	{  6, { { PTN_CRED_FIDO2, 16 }, { PTN_CRED_FIDO2, 20 } } },
	{  4, { { PTN_CRED_FIDO2, 32 }, { PTN_CRED_FIDO2, 64 } } },
	{  3, { { PTN_CRED_FIDO2, 16 }, { PTN_CRED_FIDO2, 20 }, { PTN_CRED_FIDO2, 48 } } },
	{ 11, { { PTN_CRED_KEY, 32 } } },
	{  3, { { PTN_CRED_KEY, 31 } } },
	{  2, { { PTN_CRED_KEY, 32 }, { PTN_CRED_KEY, 32 } } },
	{  4, { { PTN_CRED_FIDO2, 20 }, { PTN_CRED_KEY, 32 } } },
	{ 10, { { PTN_CRED_PASSWORD_PROTECTED_KEY, 32 } } },
	{  3, { { PTN_CRED_FIDO2, 16 }, { PTN_CRED_PASSWORD_PROTECTED_KEY, 32 } } },
	/* Only where passwords are offered: it is the last. */
	{ 20, { { PTN_CRED_PASSWORD, 0 }, { PTN_CRED_TOTP, 0 } } },
	/* clang-format on */
};

static const struct decoy *
draw(const uint8_t mac[PTN_SHA256_LEN], bool passwords)
{
	const size_t n = PTN_ARRAY_LEN(decoys) - !passwords;
	unsigned total = 0, at = (unsigned)mac[0] << 8 | mac[1];
	size_t i;

	for (i = 0; i < n; i++)
		total += decoys[i].share;
	at %= total;
	for (i = 0; at >= decoys[i].share; i++)
		at -= decoys[i].share;
	return &decoys[i];
}

/* More bytes than one MAC has: digests of it, of a place and of a number. */
static void
stretch(const uint8_t mac[PTN_SHA256_LEN], uint8_t place,
    uint8_t out[DECOY_ID_MAX])
{
	uint8_t msg[PTN_SHA256_LEN + 2];
	size_t i;

	memcpy(msg, mac, PTN_SHA256_LEN);
	msg[PTN_SHA256_LEN] = place;
	for (i = 0; i < DECOY_ID_MAX / PTN_SHA256_LEN; i++) {
		msg[PTN_SHA256_LEN + 1] = (uint8_t)i;
		ptn_crypto_sha256(PTN_BYTES(msg, sizeof(msg)),
		    out + i * PTN_SHA256_LEN);
	}
	ptn_wipe(msg, sizeof(msg));
}

static enum ptn_err
invent(const struct ptn_scope *sc, const uint8_t mac[PTN_SHA256_LEN],
    const struct decoy *d, struct ptn_dfns_signers *out)
{
	uint8_t bytes[DECOY_ID_MAX];
	struct ptn_dfns_cred *c;
	uint8_t i;

	out->n = 0;
	for (i = 0; i < DECOY_CREDS && d->cred[i].kind != PTN_CRED_UNSET; i++) {
		c = &out->cred[out->n++];
		c->kind = d->cred[i].kind;
		stretch(mac, (uint8_t)(2 * i), bytes);
		c->cred_id = ptn_b64url_encode(sc->arena,
		    PTN_BYTES(bytes, d->cred[i].len));
		if (c->cred_id == NULL)
			return PTN_E_NOMEM;
		stretch(mac, (uint8_t)(2 * i + 1), bytes);
		memcpy(c->id.b, bytes, sizeof(c->id.b));
	}
	return PTN_OK;
}

/*
 * The last bytes of the MAC are the id of nobody.  The key is the oldest: when
 * a new one is put before it, what is invented must not change, as what is real
 * does not.
 */
enum ptn_err
ptn_dfns_decoy_of(const struct ptn_scope *sc, const char *key,
    struct ptn_dfns_decoy *out)
{
	enum ptn_err r;

	r = ptn_secrets_mac(sc->secrets, ptn_secrets_count(sc->secrets) - 1,
	    PTN_KEY_USE_DECOY, ptn_bytes_of(key), out->mac);
	memcpy(out->nobody.b,
	    out->mac + sizeof(out->mac) - sizeof(out->nobody.b),
	    sizeof(out->nobody.b));
	return r;
}

/* The first bytes of the MAC choose the form. */
enum ptn_err
ptn_dfns_decoy_signers(const struct ptn_scope *sc,
    const struct ptn_dfns_decoy *decoy, struct ptn_dfns_signers *out)
{
	out->cred =
	    ptn_arena_calloc(sc->arena, DECOY_CREDS, sizeof(*out->cred));
	if (out->cred == NULL)
		return PTN_E_NOMEM;
	return invent(sc, decoy->mac,
	    draw(decoy->mac, ptn_dfns_password_on(sc)), out);
}
