#include "lib/dfns/useraction.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/crypto/crypto.h"
#include "lib/format/jsoneq.h"

bool
ptn_useraction_method_ok(const char *method)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "GET" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(methods); i++)
		if (strcmp(method, methods[i]) == 0)
			return true;
	return false;
}

char *
ptn_useraction_challenge(struct ptn_arena *a,
    const uint8_t nonce[PTN_USERACTION_NONCE_LEN],
    const struct ptn_useraction *action)
{
	uint8_t hash[PTN_SHA256_LEN];
	char hex[2 * PTN_SHA256_LEN + 1];
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	ptn_buf_add(&b, nonce, PTN_USERACTION_NONCE_LEN);
	/* With their NULs: no other method and path give the same bytes. */
	ptn_buf_add(&b, action->method, strlen(action->method) + 1);
	ptn_buf_add(&b, action->path, strlen(action->path) + 1);
	ptn_crypto_sha256(action->payload, hash);
	ptn_buf_add(&b, hash, sizeof(hash));
	if (b.bad)
		return NULL;
	ptn_crypto_sha256(PTN_BYTES(b.p, b.len), hash);
	ptn_hex_encode(PTN_BYTES(hash, sizeof(hash)), hex);
	return ptn_b64url_encode(a, PTN_BYTES(hex, sizeof(hex) - 1));
}

static bool
path_matches(const char *announced, const char *target)
{
	size_t len = strlen(announced);

	if (strchr(announced, '?') != NULL)
		return strcmp(announced, target) == 0;
	return strcspn(target, "?") == len &&
	    memcmp(announced, target, len) == 0;
}

static struct ptn_bytes
or_object(struct ptn_bytes payload)
{
	return payload.len == 0 ? ptn_bytes_of("{}") : payload;
}

static enum ptn_err
json_matches(struct ptn_bytes a, struct ptn_bytes b, bool *same)
{
	struct ptn_json *va = NULL, *vb = NULL;
	const char *why;
	enum ptn_err r;

	*same = false;
	r = ptn_json_parse(a, PTN_USERACTION_PAYLOAD_DEPTH, &va, &why);
	if (r == PTN_OK)
		r = ptn_json_parse(b, PTN_USERACTION_PAYLOAD_DEPTH, &vb, &why);
	if (r == PTN_OK)
		*same = ptn_json_equal(va, vb);
	ptn_json_free(&va);
	ptn_json_free(&vb);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

enum ptn_err
ptn_useraction_match(const struct ptn_useraction *announced,
    const struct ptn_useraction *request, enum ptn_verdict *verdict)
{
	struct ptn_bytes a = or_object(announced->payload);
	struct ptn_bytes b = or_object(request->payload);
	bool same;
	enum ptn_err r = PTN_OK;

	*verdict = PTN_DENY;
	if (strcmp(announced->method, request->method) != 0 ||
	    !path_matches(announced->path, request->path))
		return PTN_OK;
	if (!(same = ptn_bytes_equal(a, b)))
		r = json_matches(a, b, &same);
	if (r == PTN_OK && same)
		*verdict = PTN_ALLOW;
	return r;
}
