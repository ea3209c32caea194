#include "lib/dfns/signers.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/secrets.h"
#include "lib/dfns/password.h"

/*
 * Can it answer a challenge?
 *
 * with_totp	whether a password together with the code of an app can
 */
static bool
is_signer(const struct ptn_dfns_cred *c, bool with_totp)
{
	return ptn_dfns_cred_works(c) &&
	    (ptn_dfns_cred_signs(c) ||
		(with_totp && ptn_dfns_cred_kind_secret(c->kind)));
}

enum ptn_err
ptn_dfns_signers_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_signers *out)
{
	const bool passwords = ptn_dfns_password_on(sc);
	struct ptn_dfns_cred *all;
	bool with_totp;
	enum ptn_err r;
	size_t i, n;

	out->n = 0;
	if ((r = ptn_dfns_creds_of(sc, user, &all, &n)) != PTN_OK)
		return r;
	out->cred = all;
	if (!ptn_dfns_creds_suffice(all, n, passwords))
		return PTN_OK;
	with_totp = passwords && ptn_dfns_creds_have(all, n, PTN_CRED_TOTP);
	for (i = 0; i < n; i++)
		if (is_signer(&all[i], with_totp))
			out->cred[out->n++] = all[i];
	return PTN_OK;
}

enum ptn_err
ptn_dfns_signers_recovery(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_signers *out)
{
	enum ptn_err r;
	size_t i, n;

	out->n = 0;
	if ((r = ptn_dfns_creds_of(sc, user, &out->cred, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (out->cred[i].kind == PTN_CRED_RECOVERY_KEY &&
		    ptn_dfns_cred_works(&out->cred[i]))
			out->cred[out->n++] = out->cred[i];
	return PTN_OK;
}

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
 * The last bytes of the MAC are the account, the first choose the form.  The
 * key is the oldest: when a new one is put before it, what is invented must
 * not change, as what is real does not.
 */
enum ptn_err
ptn_dfns_signers_decoy(const struct ptn_scope *sc, const char *key,
    struct ptn_dfns_signers *out, struct ptn_uuid *account)
{
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_err r;

	out->cred =
	    ptn_arena_calloc(sc->arena, DECOY_CREDS, sizeof(*out->cred));
	if (out->cred == NULL)
		return PTN_E_NOMEM;
	r = ptn_secrets_mac(sc->secrets, ptn_secrets_count(sc->secrets) - 1,
	    PTN_KEY_USE_DECOY, ptn_bytes_of(key), mac);
	if (r != PTN_OK)
		return r;
	memcpy(account->b, mac + sizeof(mac) - sizeof(account->b),
	    sizeof(account->b));
	r = invent(sc, mac, draw(mac, ptn_dfns_password_on(sc)), out);
	ptn_wipe(mac, sizeof(mac));
	return r;
}

enum ptn_err
ptn_dfns_signers_allow(const struct ptn_scope *sc,
    const struct ptn_dfns_signers *list, bool with_encrypted,
    struct ptn_dfns_state *state)
{
	struct ptn_uuid *ids;
	size_t i, n = 0;

	ids = ptn_arena_calloc(sc->arena, list->n + 1, sizeof(*ids));
	if (ids == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < list->n; i++)
		if (with_encrypted ||
		    list->cred[i].kind != PTN_CRED_PASSWORD_PROTECTED_KEY)
			ids[n++] = list->cred[i].id;
	state->allow = ids;
	state->n_allow = n;
	return PTN_OK;
}

static bool
is_allowed(const struct ptn_dfns_state *state, const struct ptn_dfns_cred *c)
{
	size_t i;

	if (state->any_passkey)
		return c->kind == PTN_CRED_FIDO2;
	for (i = 0; i < state->n_allow; i++)
		if (ptn_uuid_equal(&state->allow[i], &c->id))
			return true;
	return false;
}

void
ptn_dfns_signers_allowed(const struct ptn_dfns_state *state,
    struct ptn_dfns_signers *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		if (is_allowed(state, &list->cred[i]))
			list->cred[n++] = list->cred[i];
	list->n = n;
}

struct ptn_dfns_cred *
ptn_dfns_signers_by_kind(const struct ptn_dfns_signers *list,
    enum ptn_dfns_cred_kind kind)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->cred[i].kind == kind)
			return &list->cred[i];
	return NULL;
}
