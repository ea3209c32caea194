#include "lib/account/opaque.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/base/rng.h"
#include "lib/crypto/crypto.h"

#define SECRET_LEN 32

/* What stands behind the prefix. */
struct body {
	uint8_t id[sizeof(struct ptn_uuid)];
	uint8_t secret[SECRET_LEN];
};
_Static_assert(sizeof(struct body) == 48, "64 characters of base64url");

enum ptn_err
ptn_opaque_make(struct ptn_arena *a, const char *prefix, struct ptn_opaque *out,
    char **text)
{
	struct body body;
	char *encoded;

	out->id = ptn_uuid_new();
	memcpy(body.id, &out->id, sizeof(body.id));
	ptn_rng(body.secret, sizeof(body.secret));
	ptn_crypto_sha256(PTN_BYTES(body.secret, SECRET_LEN), out->digest);
	encoded = ptn_b64url_encode(a, PTN_BYTES(&body, sizeof(body)));
	ptn_wipe(&body, sizeof(body));
	*text = encoded == NULL ? NULL
				: ptn_arena_printf(a, "%s%s", prefix, encoded);
	return *text != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
read_body(struct ptn_arena *a, const char *prefix, const char *text,
    struct body *body)
{
	const size_t len = strlen(prefix);
	struct ptn_bytes b;
	enum ptn_err r;

	if (strncmp(text, prefix, len) != 0 ||
	    strlen(text + len) != sizeof(*body) / 3 * 4)
		return PTN_E_NOT_FOUND;
	r = ptn_b64url_decode(a, ptn_bytes_of(text + len), &b);
	if (r == PTN_OK && b.len == sizeof(*body))
		memcpy(body, b.p, sizeof(*body));
	return r == PTN_E_INPUT ? PTN_E_NOT_FOUND : r;
}

enum ptn_err
ptn_opaque_read(struct ptn_arena *a, const char *prefix, const char *text,
    struct ptn_opaque *out)
{
	struct body body;
	enum ptn_err r;

	if ((r = read_body(a, prefix, text, &body)) != PTN_OK)
		return r;
	memcpy(&out->id, body.id, sizeof(out->id));
	ptn_crypto_sha256(PTN_BYTES(body.secret, SECRET_LEN), out->digest);
	ptn_wipe(&body, sizeof(body));
	return PTN_OK;
}
