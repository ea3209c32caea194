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

struct ptn_seen
ptn_admin_tag_seen(const struct ptn_request *req,
    const char *(*tag_of)(const struct ptn_scope *sc, const void *now))
{
	const char *text = ptn_request_param(req, "HTTP_IF_MATCH");
	const bool any = text == NULL || strcmp(text, "*") == 0;

	return (struct ptn_seen){ any ? NULL : text, tag_of };
}

enum ptn_err
ptn_admin_tag_tell(struct ptn_reply *rep, const char *tag)
{
	if (tag == NULL)
		return PTN_E_NOMEM;
	ptn_reply_header(rep, "ETag", tag);
	return PTN_OK;
}
