#include "fcgi/admin/tag.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"

#define TAG_LEN 16 /* bytes of a digest that tell states apart */

const char *
ptn_admin_tag(const struct ptn_jsonw *w)
{
	uint8_t digest[PTN_SHA256_LEN];
	const char *text;

	if (w->buf.bad)
		return NULL;
	ptn_crypto_sha256(PTN_BYTES(w->buf.p, w->buf.len), digest);
	text = ptn_b64url_encode(w->buf.a, PTN_BYTES(digest, TAG_LEN));
	return text != NULL ? ptn_arena_printf(w->buf.a, "\"%s\"", text) : NULL;
}

const char *
ptn_admin_tag_seen(const struct ptn_request *req)
{
	const char *text = ptn_request_param(req, "HTTP_IF_MATCH");

	return text != NULL && strcmp(text, "*") != 0 ? text : NULL;
}

enum ptn_err
ptn_admin_tag_is(const char *now, const char *seen)
{
	if (now == NULL)
		return PTN_E_NOMEM;
	return strcmp(now, seen) == 0 ? PTN_OK : PTN_E_OUTDATED;
}
