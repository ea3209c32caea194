#include "lib/crypto/pem.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/format/der.h"

#define DER_BIT_STRING 0x03
#define DER_NULL 0x05
#define POINT_UNCOMPRESSED 0x04 /* SEC 1 section 2.3.3 */

struct label {
	const char *begin;
	const char *end;
	bool pkcs1;
};

static const struct label labels[] = {
	{ "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", false },
	{ "-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----",
	    true },
};

/* RFC 5480 section 2.1.1, RFC 8410 section 3, RFC 8017 appendix C. */
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x01 };

/* RFC 5480 section 2.1.1.1, SEC 2 section A.2. */
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
	0x07 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_p521[] = { 0x2b, 0x81, 0x04, 0x00, 0x23 };
static const uint8_t oid_k256[] = { 0x2b, 0x81, 0x04, 0x00, 0x0a };

static const struct {
	struct ptn_bytes oid;
	enum ptn_crv crv;
} curves[] = {
	{ { oid_p256, sizeof(oid_p256) }, PTN_CRV_P256 },
	{ { oid_p384, sizeof(oid_p384) }, PTN_CRV_P384 },
	{ { oid_p521, sizeof(oid_p521) }, PTN_CRV_P521 },
	{ { oid_k256, sizeof(oid_k256) }, PTN_CRV_SECP256K1 },
};

static bool
skip(struct ptn_bytes *in, const char *word)
{
	size_t n = strlen(word);

	if (in->len < n || memcmp(in->p, word, n) != 0)
		return false;
	in->p += n;
	in->len -= n;
	return true;
}

/* Skip one end of a line, as described in pem.h. */
static bool
skip_eol(struct ptn_bytes *in)
{
	static const char *const eols[] = { "\r\n", "\n", "\r", "\\r\\n",
		"\\n" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(eols); i++)
		if (skip(in, eols[i]))
			return true;
	return false;
}

/* The base64 of the body, up to the next hyphen, without ends of lines. */
static enum ptn_err
read_body(struct ptn_arena *a, struct ptn_bytes *in, struct ptn_bytes *der)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	while (in->len > 0 && in->p[0] != '-') {
		if (skip_eol(in))
			continue;
		if (in->p[0] == '_') /* base64url is not accepted */
			return PTN_E_INPUT;
		ptn_buf_char(&b, (char)in->p[0]);
		in->p++;
		in->len--;
	}
	if (b.bad)
		return PTN_E_NOMEM;
	return ptn_b64any_decode(a, PTN_BYTES(b.p, b.len), der);
}

static enum ptn_err
unwrap(struct ptn_arena *a, struct ptn_bytes text, const struct label **label,
    struct ptn_bytes *der)
{
	size_t i;
	enum ptn_err r;

	for (i = 0; i < PTN_ARRAY_LEN(labels); i++)
		if (skip(&text, labels[i].begin))
			break;
	if (i == PTN_ARRAY_LEN(labels))
		return PTN_E_INPUT;
	*label = &labels[i];
	if ((r = read_body(a, &text, der)) != PTN_OK)
		return r;
	if (!skip(&text, labels[i].end))
		return PTN_E_INPUT;
	if (!skip_eol(&text))
		(void)(skip(&text, " ") || skip(&text, "\t"));
	return text.len == 0 ? PTN_OK : PTN_E_INPUT;
}

static bool
is_oid(struct ptn_bytes oid, const uint8_t *p, size_t len)
{
	return oid.len == len && memcmp(oid.p, p, len) == 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent INTEGER } */
static bool
read_rsa(struct ptn_bytes der, struct ptn_pubkey *k)
{
	struct ptn_bytes seq;

	k->kty = PTN_KTY_RSA;
	return ptn_der_sequence(&der, &seq) && der.len == 0 &&
	    ptn_der_positive(&seq, &k->n) && ptn_der_positive(&seq, &k->e) &&
	    seq.len == 0;
}

static bool
read_point(struct ptn_bytes params, struct ptn_bytes point,
    struct ptn_pubkey *k)
{
	struct ptn_bytes oid;
	size_t i, len;

	if (!ptn_der_only(params, PTN_DER_UNIVERSAL, PTN_DER_OID, &oid))
		return false;
	for (i = 0; i < PTN_ARRAY_LEN(curves); i++)
		if (is_oid(oid, curves[i].oid.p, curves[i].oid.len))
			break;
	if (i == PTN_ARRAY_LEN(curves))
		return false;
	len = ptn_pubkey_coord_len(curves[i].crv);
	if (point.len != 1 + 2 * len || point.p[0] != POINT_UNCOMPRESSED)
		return false;
	k->kty = PTN_KTY_EC2;
	k->crv = curves[i].crv;
	k->x = PTN_BYTES(point.p + 1, len);
	k->y = PTN_BYTES(point.p + 1 + len, len);
	return true;
}

/* RFC 8410 section 3: the parameters are absent. */
static bool
read_ed25519(struct ptn_bytes params, struct ptn_bytes raw,
    struct ptn_pubkey *k)
{
	k->kty = PTN_KTY_OKP;
	k->crv = PTN_CRV_ED25519;
	k->x = raw;
	return params.len == 0 && raw.len == ptn_pubkey_coord_len(k->crv);
}

/*
 * SubjectPublicKeyInfo ::= SEQUENCE {
 *	algorithm SEQUENCE { algorithm OID, parameters ANY OPTIONAL },
 *	subjectPublicKey BIT STRING }
 */
static bool
read_spki(struct ptn_bytes der, struct ptn_pubkey *k)
{
	struct ptn_bytes seq, alg, oid, bits, null;

	if (!ptn_der_sequence(&der, &seq) || der.len != 0 ||
	    !ptn_der_sequence(&seq, &alg) ||
	    !ptn_der_expect(&alg, PTN_DER_UNIVERSAL, PTN_DER_OID, &oid) ||
	    !ptn_der_only(seq, PTN_DER_UNIVERSAL, DER_BIT_STRING, &bits) ||
	    bits.len == 0 || bits.p[0] != 0)
		return false;
	bits.p++; /* no unused bits */
	bits.len--;
	if (is_oid(oid, oid_ec, sizeof(oid_ec)))
		return read_point(alg, bits, k);
	if (is_oid(oid, oid_ed25519, sizeof(oid_ed25519)))
		return read_ed25519(alg, bits, k);
	return is_oid(oid, oid_rsa, sizeof(oid_rsa)) &&
	    ptn_der_only(alg, PTN_DER_UNIVERSAL, DER_NULL, &null) &&
	    null.len == 0 && read_rsa(bits, k);
}

/* A header with a length of two bytes, which all RSA keys here need. */
static void
add_header(struct ptn_buf *b, uint8_t tag, size_t len)
{
	ptn_buf_char(b, (char)tag);
	ptn_buf_char(b, (char)0x82);
	ptn_buf_char(b, (char)(len >> 8));
	ptn_buf_char(b, (char)(len & 0xff));
}

/* Wrap a PKCS#1 key, which ptn_pubkey_check() has accepted, as SPKI. */
static enum ptn_err
wrap_rsa(struct ptn_arena *a, struct ptn_bytes pkcs1, struct ptn_bytes *spki)
{
	static const uint8_t alg[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	add_header(&b, 0x30, sizeof(alg) + 4 + 1 + pkcs1.len);
	ptn_buf_add(&b, alg, sizeof(alg));
	add_header(&b, DER_BIT_STRING, 1 + pkcs1.len);
	ptn_buf_char(&b, '\0');
	ptn_buf_add(&b, pkcs1.p, pkcs1.len);
	*spki = PTN_BYTES(b.p, b.len);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

static enum ptn_err
fingerprint(struct ptn_arena *a, struct ptn_pem *out)
{
	uint8_t hash[PTN_SHA256_LEN];
	const char *text;

	ptn_crypto_sha256(out->spki, hash);
	if ((text = ptn_b64std_encode(a, PTN_BYTES(hash, sizeof(hash)))) ==
	    NULL)
		return PTN_E_NOMEM;
	snprintf(out->fingerprint, sizeof(out->fingerprint), "SHA256:%s", text);
	return PTN_OK;
}

enum ptn_err
ptn_pem_read(struct ptn_arena *a, struct ptn_bytes text, struct ptn_pem *out)
{
	const struct label *label;
	enum ptn_verdict verdict = PTN_DENY;
	struct ptn_bytes der;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (text.len > PTN_PEM_MAX)
		return PTN_E_INPUT;
	if ((r = unwrap(a, text, &label, &der)) != PTN_OK)
		return r;
	if (!(label->pkcs1 ? read_rsa(der, &out->key)
			   : read_spki(der, &out->key)))
		return PTN_E_INPUT;
	if ((r = ptn_pubkey_check(&out->key, &verdict)) != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return PTN_E_INPUT;
	out->spki = der;
	if (label->pkcs1 && (r = wrap_rsa(a, der, &out->spki)) != PTN_OK)
		return r;
	return fingerprint(a, out);
}
