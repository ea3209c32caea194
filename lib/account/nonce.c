#include "lib/account/nonce.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/rng.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"
#include "lib/db/sql.h"

#define HALF 16 /* bytes: the random ones, and those of the MAC */

enum ptn_err
ptn_nonce_put(const struct ptn_scope *sc, char out[PTN_NONCE_STR])
{
	uint8_t nonce[2 * HALF], mac[PTN_SHA256_LEN];
	struct ptn_nonce_put_in in = { .bucket = PTN_BYTES(mac, sizeof(mac)),
		.life_s = PTN_NONCE_LIFE_S };
	const char *text;
	enum ptn_err r;

	ptn_rng(nonce, HALF);
	r = ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_NONCE,
	    PTN_BYTES(nonce, HALF), mac);
	if (r != PTN_OK)
		return r;
	memcpy(nonce + HALF, mac, HALF);
	text = ptn_b64url_encode(sc->arena, PTN_BYTES(nonce, sizeof(nonce)));
	if (text == NULL || strlen(text) >= PTN_NONCE_STR)
		return PTN_E_NOMEM;
	memcpy(out, text, strlen(text) + 1);
	return ptn_sql_nonce_put(sc->db, &in);
}

/* Is it one that any secret vouches for?  mac is then all of its MAC. */
static bool
is_ours(const struct ptn_secrets *s, struct ptn_bytes nonce,
    uint8_t mac[PTN_SHA256_LEN])
{
	size_t i;

	if (nonce.len != 2 * HALF)
		return false;
	for (i = 0; i < ptn_secrets_count(s); i++)
		if (ptn_secrets_mac(s, i, PTN_KEY_USE_NONCE,
			PTN_BYTES(nonce.p, HALF), mac) == PTN_OK &&
		    ptn_bytes_equal(PTN_BYTES(nonce.p + HALF, HALF),
			PTN_BYTES(mac, HALF)))
			return true;
	return false;
}

enum ptn_err
ptn_nonce_use(const struct ptn_scope *sc, const char *text)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_nonce_use_in in = { PTN_BYTES(mac, sizeof(mac)) };
	struct ptn_bytes nonce;
	uint64_t n;
	enum ptn_err r;

	if (strlen(text) != PTN_NONCE_STR - 1 ||
	    ptn_b64url_decode(sc->arena, ptn_bytes_of(text), &nonce) !=
		PTN_OK ||
	    !is_ours(sc->secrets, nonce, mac))
		return PTN_E_NOT_FOUND;
	r = ptn_sql_nonce_use(sc->db, &in, &n);
	if (r != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}
