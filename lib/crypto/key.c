#include "lib/crypto/key.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/ossl.h"
#include "lib/format/json.h"

#define RSA_BITS 2048 /* of a key that we make */
#define RSA_BITS_MAX 4096
#define SIG_MAX (RSA_BITS_MAX / 8)
#define COORD_LEN 32 /* a scalar or coordinate of P-256 */
#define ECDSA_LEN (2 * COORD_LEN)
#define ECDSA_DER_MAX 72 /* SEQUENCE of two INTEGERs of 33 bytes */
#define ED25519_LEN 64
#define ED25519_PUB_LEN 32

struct ptn_key {
	enum ptn_sign_alg alg;
	EVP_PKEY *pkey;
	/*
	 * Ready contexts: EVP_PKEY_sign() and EVP_PKEY_verify() may be called
	 * any number of times on one.  NULL for EdDSA, which takes no digest.
	 */
	EVP_PKEY_CTX *sign;
	EVP_PKEY_CTX *verify;
};

static const struct {
	const char *name; /* JWA, RFC 7518 and RFC 8037 */
	const char *type; /* OpenSSL */
	const char *kty;
	const char *crv;
} algs[PTN_ALG__MAX] = {
	[PTN_ALG_RS256] = { "RS256", "RSA", "RSA", NULL },
	[PTN_ALG_ES256] = { "ES256", "EC", "EC", "P-256" },
	[PTN_ALG_EDDSA] = { "EdDSA", "ED25519", "OKP", "Ed25519" },
};

/* The order n of the base point of P-256 (FIPS 186-4 D.1.2.3). */
static const uint8_t p256_order[COORD_LEN] = { 0xff, 0xff, 0xff, 0xff, 0x00,
	0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
	0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc,
	0x63, 0x25, 0x51 };

const char *
ptn_key_alg_name(enum ptn_sign_alg a)
{
	return (unsigned)a < PTN_ALG__MAX ? algs[a].name : "";
}

enum ptn_sign_alg
ptn_key_alg(const struct ptn_key *k)
{
	return k->alg;
}

void
ptn_key_free(struct ptn_key **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_CTX_free((*k)->sign);
	EVP_PKEY_CTX_free((*k)->verify);
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

static bool
set_sha256(const struct ptn_key *k, EVP_PKEY_CTX *ctx)
{
	if (EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) <= 0)
		return false;
	return k->alg != PTN_ALG_RS256 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
}

/* Owns pkey from here on, also when it fails. */
static enum ptn_err
key_wrap(struct ptn_key **out, enum ptn_sign_alg a, EVP_PKEY *pkey)
{
	struct ptn_key *k;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		EVP_PKEY_free(pkey);
		return PTN_E_NOMEM;
	}
	k->alg = a;
	k->pkey = pkey;
	if (a != PTN_ALG_EDDSA &&
	    ((k->sign = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) == NULL ||
		(k->verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) ==
		    NULL ||
		EVP_PKEY_sign_init(k->sign) <= 0 || !set_sha256(k, k->sign) ||
		EVP_PKEY_verify_init(k->verify) <= 0 ||
		!set_sha256(k, k->verify))) {
		ptn_key_free(&k);
		return ptn_ossl_fail("key context");
	}
	*out = k;
	return ptn_ossl_done(true, "key context");
}

enum ptn_err
ptn_key_generate(struct ptn_key **out, enum ptn_sign_alg a)
{
	EVP_PKEY *pkey = NULL;

	*out = NULL;
	if (a == PTN_ALG_RS256)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
	else if (a == PTN_ALG_ES256)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	else if (a == PTN_ALG_EDDSA)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL)
		return ptn_ossl_fail("key generation");
	return key_wrap(out, a, pkey);
}

enum ptn_err
ptn_key_export(const struct ptn_key *k, struct ptn_arena *a,
    struct ptn_bytes *der)
{
	PKCS8_PRIV_KEY_INFO *p8;
	unsigned char *tmp = NULL;
	uint8_t *copy = NULL;
	int len = 0;
	enum ptn_err r = PTN_OK;

	*der = PTN_BYTES(NULL, 0);
	if ((p8 = EVP_PKEY2PKCS8(k->pkey)) == NULL ||
	    (len = i2d_PKCS8_PRIV_KEY_INFO(p8, &tmp)) <= 0) {
		r = ptn_ossl_fail("key export");
	} else if ((copy = ptn_arena_alloc(a, (size_t)len)) == NULL) {
		r = PTN_E_NOMEM;
	} else {
		memcpy(copy, tmp, (size_t)len);
		*der = PTN_BYTES(copy, (size_t)len);
	}
	if (len > 0)
		OPENSSL_clear_free(tmp, (size_t)len);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return r != PTN_OK ? r : ptn_ossl_done(true, "key export");
}

/* A big number in exactly len bytes, or in the fewest (0). */
static void
add_bn(struct ptn_jsonw *w, const struct ptn_key *k, const char *name,
    const char *param, int len)
{
	uint8_t buf[SIG_MAX];
	BIGNUM *bn = NULL;
	const char *text = NULL;

	if (EVP_PKEY_get_bn_param(k->pkey, param, &bn) == 1 && len == 0)
		len = BN_num_bytes(bn);
	if (bn != NULL && len <= SIG_MAX && BN_bn2binpad(bn, buf, len) == len)
		text = ptn_b64url_encode(w->buf.a, PTN_BYTES(buf, (size_t)len));
	BN_free(bn);
	if (text == NULL)
		w->buf.bad = true;
	else
		ptn_jsonw_str(w, name, text);
}

static void
add_ed25519(struct ptn_jsonw *w, const struct ptn_key *k)
{
	uint8_t pub[ED25519_PUB_LEN];
	size_t len = sizeof(pub);
	const char *text = NULL;

	if (EVP_PKEY_get_raw_public_key(k->pkey, pub, &len) == 1)
		text = ptn_b64url_encode(w->buf.a, PTN_BYTES(pub, len));
	if (text == NULL)
		w->buf.bad = true;
	else
		ptn_jsonw_str(w, "x", text);
}

/* RFC 7518 section 6, RFC 8037 section 2; members in alphabetical order. */
enum ptn_err
ptn_key_jwk(const struct ptn_key *k, struct ptn_arena *a, const char *kid,
    char **json)
{
	struct ptn_jsonw w;

	*json = NULL;
	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "alg", algs[k->alg].name);
	if (algs[k->alg].crv != NULL)
		ptn_jsonw_str(&w, "crv", algs[k->alg].crv);
	if (k->alg == PTN_ALG_RS256)
		add_bn(&w, k, "e", OSSL_PKEY_PARAM_RSA_E, 0);
	ptn_jsonw_str(&w, "kid", kid);
	ptn_jsonw_str(&w, "kty", algs[k->alg].kty);
	if (k->alg == PTN_ALG_RS256)
		add_bn(&w, k, "n", OSSL_PKEY_PARAM_RSA_N, 0);
	ptn_jsonw_str(&w, "use", "sig");
	if (k->alg == PTN_ALG_ES256) {
		add_bn(&w, k, "x", OSSL_PKEY_PARAM_EC_PUB_X, COORD_LEN);
		add_bn(&w, k, "y", OSSL_PKEY_PARAM_EC_PUB_Y, COORD_LEN);
	} else if (k->alg == PTN_ALG_EDDSA) {
		add_ed25519(&w, k);
	}
	ptn_jsonw_end_object(&w);
	(void)ptn_ossl_settle();
	if (w.buf.bad)
		return PTN_E_NOMEM;
	*json = w.buf.p;
	return PTN_OK;
}

/* RFC 7518 section 3.4: R and S of 32 bytes each, both in [1, n - 1]. */
static bool
scalar_ok(const uint8_t b[COORD_LEN])
{
	static const uint8_t zero[COORD_LEN];

	return memcmp(b, zero, COORD_LEN) != 0 &&
	    memcmp(b, p256_order, COORD_LEN) < 0;
}

/* R || S to DER; the length, or 0. */
static size_t
ecdsa_to_der(const uint8_t raw[ECDSA_LEN], uint8_t der[ECDSA_DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, COORD_LEN, NULL);
	BIGNUM *s = BN_bin2bn(raw + COORD_LEN, COORD_LEN, NULL);
	int len = 0;

	if (sig != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* owned by sig now */
		len = i2d_ECDSA_SIG(sig, NULL);
		if (len > 0 && len <= ECDSA_DER_MAX)
			len = i2d_ECDSA_SIG(sig, &der);
		else
			len = 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool
ecdsa_from_der(const uint8_t *der, size_t len, uint8_t raw[ECDSA_LEN])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool ok;

	ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, COORD_LEN) == COORD_LEN &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + COORD_LEN, COORD_LEN) ==
		COORD_LEN;
	ECDSA_SIG_free(sig);
	return ok;
}

static bool
sign_digest(const struct ptn_key *k, struct ptn_bytes msg, uint8_t sig[SIG_MAX],
    size_t *len)
{
	uint8_t digest[PTN_SHA256_LEN], der[ECDSA_DER_MAX];
	size_t der_len = sizeof(der);

	ptn_crypto_sha256(msg, digest);
	*len = SIG_MAX;
	if (k->alg == PTN_ALG_RS256)
		return EVP_PKEY_sign(k->sign, sig, len, digest,
			   sizeof(digest)) == 1;
	*len = ECDSA_LEN;
	return EVP_PKEY_sign(k->sign, der, &der_len, digest, sizeof(digest)) ==
	    1 &&
	    ecdsa_from_der(der, der_len, sig);
}

static bool
sign_eddsa(const struct ptn_key *k, struct ptn_bytes msg, uint8_t *sig,
    size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	*len = SIG_MAX;
	ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(ctx, sig, len, msg.p, msg.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
sign(const struct ptn_key *k, struct ptn_bytes msg, uint8_t *sig, size_t *len)
{
	return k->alg == PTN_ALG_EDDSA ? sign_eddsa(k, msg, sig, len)
				       : sign_digest(k, msg, sig, len);
}

enum ptn_err
ptn_key_sign(const struct ptn_key *k, struct ptn_arena *a, struct ptn_bytes msg,
    struct ptn_bytes *sig)
{
	uint8_t buf[SIG_MAX], *copy;
	size_t len = 0;
	enum ptn_err r;

	*sig = PTN_BYTES(NULL, 0);
	r = ptn_ossl_done(sign(k, msg, buf, &len), "sign");
	if (r != PTN_OK)
		return r;
	if ((copy = ptn_arena_alloc(a, len)) == NULL)
		return PTN_E_NOMEM;
	memcpy(copy, buf, len);
	*sig = PTN_BYTES(copy, len);
	return PTN_OK;
}

static bool
verify_digest(const struct ptn_key *k, struct ptn_bytes msg,
    struct ptn_bytes sig)
{
	uint8_t digest[PTN_SHA256_LEN], der[ECDSA_DER_MAX];

	if (k->alg == PTN_ALG_ES256) {
		if (sig.len != ECDSA_LEN || !scalar_ok(sig.p) ||
		    !scalar_ok(sig.p + COORD_LEN))
			return false;
		sig = PTN_BYTES(der, ecdsa_to_der(sig.p, der));
		if (sig.len == 0)
			return false;
	} else if (sig.len != (size_t)EVP_PKEY_get_size(k->pkey)) {
		return false;
	}
	ptn_crypto_sha256(msg, digest);
	return EVP_PKEY_verify(k->verify, sig.p, sig.len, digest,
		   sizeof(digest)) == 1;
}

static bool
verify_eddsa(const struct ptn_key *k, struct ptn_bytes msg,
    struct ptn_bytes sig)
{
	EVP_MD_CTX *ctx;
	bool ok;

	if (sig.len != ED25519_LEN)
		return false;
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig.p, sig.len, msg.p, msg.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
verify(const struct ptn_key *k, struct ptn_bytes msg, struct ptn_bytes sig)
{
	return k->alg == PTN_ALG_EDDSA ? verify_eddsa(k, msg, sig)
				       : verify_digest(k, msg, sig);
}

enum ptn_err
ptn_key_verify(const struct ptn_key *k, struct ptn_bytes msg,
    struct ptn_bytes sig, enum ptn_verdict *verdict)
{
	bool ok = verify(k, msg, sig);
	enum ptn_err r = ptn_ossl_settle();

	*verdict = ok ? PTN_ALLOW : PTN_DENY;
	return ok ? PTN_OK : r;
}

/* RFC 8725 section 3.5: what a key must be to serve an algorithm. */
static bool
key_strong(EVP_PKEY *pkey, enum ptn_sign_alg a)
{
	EVP_PKEY_CTX *ctx;
	char group[32] = "";
	int bits = EVP_PKEY_get_bits(pkey);
	bool ok;

	if (!EVP_PKEY_is_a(pkey, algs[a].type))
		return false;
	if (a == PTN_ALG_RS256)
		return bits >= RSA_BITS && bits <= RSA_BITS_MAX;
	if (a == PTN_ALG_ES256 &&
	    (!EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
		 group, sizeof(group), NULL) ||
		strcmp(group, "prime256v1") != 0))
		return false;
	if ((ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) == NULL)
		return false;
	ok = EVP_PKEY_public_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/*
 * Do the halves belong together?  One signature tells; OpenSSL's own check
 * of an RSA pair takes fifty times as long, in every process that starts.
 */
static bool
key_works(const struct ptn_key *k)
{
	struct ptn_bytes msg = ptn_bytes_of("postern");
	uint8_t sig[SIG_MAX];
	size_t len = 0;

	return sign(k, msg, sig, &len) && verify(k, msg, PTN_BYTES(sig, len));
}

enum ptn_err
ptn_key_import(struct ptn_key **out, enum ptn_sign_alg a, struct ptn_bytes der)
{
	OSSL_DECODER_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	const unsigned char *p = der.p;
	size_t left = der.len;
	enum ptn_err r = PTN_E_INPUT;

	*out = NULL;
	if ((unsigned)a >= PTN_ALG__MAX)
		return PTN_E_INPUT;
	/* Naming format, structure and type spares trying every decoder. */
	ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", "PrivateKeyInfo",
	    algs[a].type, EVP_PKEY_KEYPAIR, NULL, NULL);
	if (ctx == NULL) {
		r = ptn_ossl_fail("key import");
	} else if (OSSL_DECODER_from_data(ctx, &p, &left) == 1 && left == 0 &&
	    pkey != NULL && key_strong(pkey, a)) {
		r = key_wrap(out, a, pkey);
		pkey = NULL; /* owned by *out now */
		if (r == PTN_OK && !key_works(*out)) {
			ptn_key_free(out);
			r = PTN_E_INPUT;
		}
	}
	if (ptn_ossl_settle() != PTN_OK && r == PTN_E_INPUT)
		r = PTN_E_NOMEM;
	EVP_PKEY_free(pkey);
	OSSL_DECODER_CTX_free(ctx);
	return r;
}
