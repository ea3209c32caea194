#include "lib/webauthn/authdata.h"

#include <string.h>

#include "lib/crypto/secrets.h"

#define COUNT_LEN 4
#define ID_LEN_LEN 2

/* The next len bytes off *in. */
static bool
take(struct ptn_bytes *in, size_t len, struct ptn_bytes *out)
{
	if (len > in->len)
		return false;
	*out = PTN_BYTES(in->p, len);
	in->p += len;
	in->len -= len;
	return true;
}

static enum ptn_err
take_map(struct ptn_arena *a, struct ptn_bytes *in, struct ptn_cbor *out)
{
	size_t used;
	enum ptn_err r;

	r = ptn_cbor_parse(a, *in, PTN_CBOR_DEPTH, out, &used);
	if (r != PTN_OK)
		return r;
	in->p += used;
	in->len -= used;
	return out->type == PTN_CBOR_MAP ? PTN_OK : PTN_E_INPUT;
}

/* WebAuthn L3 section 6.5.1: attested credential data. */
static enum ptn_err
take_attested(struct ptn_arena *a, struct ptn_bytes *in,
    struct ptn_authdata *out)
{
	struct ptn_bytes len;

	if (!take(in, PTN_AAGUID_LEN, &out->aaguid) ||
	    !take(in, ID_LEN_LEN, &len) ||
	    !take(in, (size_t)len.p[0] << 8 | len.p[1], &out->cred_id))
		return PTN_E_INPUT;
	return take_map(a, in, &out->key);
}

enum ptn_err
ptn_authdata_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_authdata *out)
{
	struct ptn_bytes flags, count;
	struct ptn_cbor extensions;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	out->raw = in;
	if (in.len > PTN_AUTHDATA_MAX ||
	    !take(&in, PTN_SHA256_LEN, &out->rp_id_hash) ||
	    !take(&in, 1, &flags) || !take(&in, COUNT_LEN, &count))
		return PTN_E_INPUT;
	out->flags = flags.p[0];
	out->sign_count = (uint32_t)count.p[0] << 24 |
	    (uint32_t)count.p[1] << 16 | (uint32_t)count.p[2] << 8 | count.p[3];
	if ((out->flags & PTN_AUTHDATA_AT) != 0 &&
	    (r = take_attested(a, &in, out)) != PTN_OK)
		return r;
	if ((out->flags & PTN_AUTHDATA_ED) != 0 &&
	    (r = take_map(a, &in, &extensions)) != PTN_OK)
		return r;
	return in.len == 0 ? PTN_OK : PTN_E_INPUT;
}
