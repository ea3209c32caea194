#include "lib/crypto/spki.h"

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"

#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_SEQUENCE 0x30

/* Complete AlgorithmIdentifiers (RFC 5280 section 4.1.1.2). */
static const uint8_t alg_p256[] = { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07 };
static const uint8_t alg_p384[] = { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t alg_ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
	0x70 };
static const uint8_t alg_rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

static void
add_bytes(struct ptn_buf *b, struct ptn_bytes in)
{
	ptn_buf_add(b, in.p, in.len);
}

/* Write tag and length (X.690 section 8.1.3) of less than 64 KiB. */
static void
add_header(struct ptn_buf *b, uint8_t tag, size_t len)
{
	ptn_buf_char(b, (char)tag);
	if (len > 0xff) {
		ptn_buf_char(b, (char)0x82);
		ptn_buf_char(b, (char)(len >> 8));
	} else if (len > 0x7f) {
		ptn_buf_char(b, (char)0x81);
	}
	ptn_buf_char(b, (char)(len & 0xff));
}

/* Write a positive INTEGER, with a zero byte before a set top bit. */
static void
add_integer(struct ptn_buf *b, struct ptn_bytes n)
{
	const bool pad = n.len > 0 && (n.p[0] & 0x80) != 0;

	add_header(b, TAG_INTEGER, n.len + pad);
	if (pad)
		ptn_buf_char(b, 0);
	add_bytes(b, n);
}

static void
add_rsa(struct ptn_buf *b, struct ptn_arena *a, const struct ptn_pubkey *k)
{
	struct ptn_buf body;

	ptn_buf_init(&body, a);
	add_integer(&body, k->n);
	add_integer(&body, k->e);
	add_header(b, TAG_SEQUENCE, body.len);
	ptn_buf_add(b, body.p, body.len);
	b->bad = b->bad || body.bad;
}

static struct ptn_bytes
algorithm_of(const struct ptn_pubkey *k)
{
	if (k->kty == PTN_KTY_RSA)
		return PTN_BYTES(alg_rsa, sizeof(alg_rsa));
	if (k->kty == PTN_KTY_EC2 && k->crv == PTN_CRV_P256)
		return PTN_BYTES(alg_p256, sizeof(alg_p256));
	if (k->kty == PTN_KTY_EC2 && k->crv == PTN_CRV_P384)
		return PTN_BYTES(alg_p384, sizeof(alg_p384));
	if (k->kty == PTN_KTY_OKP && k->crv == PTN_CRV_ED25519)
		return PTN_BYTES(alg_ed25519, sizeof(alg_ed25519));
	return PTN_BYTES(NULL, 0);
}

enum ptn_err
ptn_spki(struct ptn_arena *a, const struct ptn_pubkey *k, struct ptn_bytes *der)
{
	const struct ptn_bytes alg = algorithm_of(k);
	struct ptn_buf key, out;

	if (alg.p == NULL)
		return PTN_E_INPUT;
	ptn_buf_init(&key, a);
	ptn_buf_init(&out, a);
	if (k->kty == PTN_KTY_RSA) {
		add_rsa(&key, a, k);
	} else {
		if (k->kty == PTN_KTY_EC2)
			ptn_buf_char(&key, 4); /* uncompressed */
		add_bytes(&key, k->x);
		if (k->kty == PTN_KTY_EC2)
			add_bytes(&key, k->y);
	}
	/* The length of the whole: contents, and the headers before them. */
	add_bytes(&out, alg);
	add_header(&out, TAG_BIT_STRING, key.len + 1);
	ptn_buf_char(&out, 0); /* no unused bits */
	ptn_buf_add(&out, key.p, key.len);
	ptn_buf_init(&key, a);
	add_header(&key, TAG_SEQUENCE, out.len);
	ptn_buf_add(&key, out.p, out.len);
	*der = PTN_BYTES(key.p, key.len);
	return key.bad || out.bad ? PTN_E_NOMEM : PTN_OK;
}

enum ptn_err
ptn_spki_fingerprint(struct ptn_arena *a, const struct ptn_pubkey *k,
    const char **out)
{
	uint8_t digest[PTN_SHA256_LEN];
	struct ptn_bytes der;
	const char *text;
	enum ptn_err r;

	if ((r = ptn_spki(a, k, &der)) != PTN_OK)
		return r;
	ptn_crypto_sha256(der, digest);
	text = ptn_b64std_encode(a, PTN_BYTES(digest, sizeof(digest)));
	if (text == NULL ||
	    (*out = ptn_arena_printf(a, "SHA256:%s", text)) == NULL)
		return PTN_E_NOMEM;
	return PTN_OK;
}
