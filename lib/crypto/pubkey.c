#include "lib/crypto/pubkey.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "lib/base/array.h"
#include "lib/crypto/ossl.h"
#include "lib/format/der.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define RSA_E_MAX_LEN 4
#define COORD_MAX 66 /* P-521 */
#define ED25519_LEN 32
#define GROUP_LONGEST "secp256k1"

static const struct alg {
	int32_t id;
	enum ptn_kty kty;
	enum ptn_crv crv;
	const char *digest; /* NULL: the algorithm brings its own */
} algs[] = {
	{ PTN_COSE_ES256, PTN_KTY_EC2, PTN_CRV_P256, "SHA256" },
	{ PTN_COSE_EDDSA, PTN_KTY_OKP, PTN_CRV_ED25519, NULL },
	{ PTN_COSE_ES384, PTN_KTY_EC2, PTN_CRV_P384, "SHA384" },
	{ PTN_COSE_ES512, PTN_KTY_EC2, PTN_CRV_P521, "SHA512" },
	{ PTN_COSE_ED448, PTN_KTY_OKP, PTN_CRV_ED448, NULL },
	{ PTN_COSE_RS256, PTN_KTY_RSA, PTN_CRV_NONE, "SHA256" },
	{ PTN_COSE_RS1, PTN_KTY_RSA, PTN_CRV_NONE, "SHA1" },
};

static const struct curve {
	enum ptn_crv crv;
	enum ptn_kty kty;
	const char *name; /* OpenSSL's: of the group, or of the key type */
	size_t len;	  /* of a coordinate */
	size_t sig_len;	  /* OKP */
} curves[] = {
	{ PTN_CRV_P256, PTN_KTY_EC2, "P-256", 32, 0 },
	{ PTN_CRV_P384, PTN_KTY_EC2, "P-384", 48, 0 },
	{ PTN_CRV_P521, PTN_KTY_EC2, "P-521", COORD_MAX, 0 },
	{ PTN_CRV_ED25519, PTN_KTY_OKP, "ED25519", 32, 64 },
	{ PTN_CRV_ED448, PTN_KTY_OKP, "ED448", 57, 114 },
	{ PTN_CRV_SECP256K1, PTN_KTY_EC2, GROUP_LONGEST, 32, 0 },
};

static const struct alg *
find_alg(int32_t id)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(algs); i++)
		if (algs[i].id == id)
			return &algs[i];
	return NULL;
}

static const struct curve *
find_curve(enum ptn_crv crv)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(curves); i++)
		if (curves[i].crv == crv)
			return &curves[i];
	return NULL;
}

size_t
ptn_pubkey_coord_len(enum ptn_crv crv)
{
	const struct curve *c = find_curve(crv);

	return c == NULL ? 0 : c->len;
}

bool
ptn_pubkey_fits(const struct ptn_pubkey *k, int32_t alg)
{
	const struct alg *a = find_alg(alg);

	return a != NULL && a->kty == k->kty && a->crv == k->crv;
}

bool
ptn_pubkey_equal(const struct ptn_pubkey *a, const struct ptn_pubkey *b)
{
	return a->kty == b->kty && a->crv == b->crv &&
	    ptn_bytes_equal(a->x, b->x) && ptn_bytes_equal(a->y, b->y) &&
	    ptn_bytes_equal(a->n, b->n) && ptn_bytes_equal(a->e, b->e);
}

size_t
ptn_pubkey_digest(int32_t alg, struct ptn_bytes msg,
    uint8_t out[PTN_DIGEST_MAX])
{
	const struct alg *a = find_alg(alg);
	size_t len = 0;

	if (a == NULL || a->digest == NULL)
		return 0;
	if (EVP_Q_digest(NULL, a->digest, NULL, msg.p, msg.len, out, &len) != 1)
		len = 0;
	(void)ptn_ossl_settle();
	return len;
}

/* Fewest bits that hold a number without leading zero octets. */
static size_t
bits_of(struct ptn_bytes n)
{
	size_t bits = n.len * 8;
	unsigned top;

	if (n.len == 0 || n.p[0] == 0)
		return 0;
	for (top = n.p[0]; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

static bool
rsa_ok(const struct ptn_pubkey *k)
{
	size_t bits = bits_of(k->n);

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX ||
	    (k->n.p[k->n.len - 1] & 1) == 0)
		return false;
	/* An odd exponent of at least two bits is at least 3. */
	return k->e.len <= RSA_E_MAX_LEN && bits_of(k->e) >= 2 &&
	    (k->e.p[k->e.len - 1] & 1) == 1;
}

static EVP_PKEY *
from_params(const char *type, int selection, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/*
 * A key of the curve without a point, made when first asked for and kept: to
 * copy it takes a quarter of the time that it takes to name the curve.
 */
static const EVP_PKEY *
group_of(const struct curve *c)
{
	static EVP_PKEY *groups[PTN_ARRAY_LEN(curves)];
	EVP_PKEY **g = &groups[c - curves];
	char name[sizeof("secp256k1")]; /* the longest */
	OSSL_PARAM params[2];

	if (*g != NULL)
		return *g;
	(void)snprintf(name, sizeof(name), "%s", c->name);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    name, 0);
	params[1] = OSSL_PARAM_construct_end();
	*g = from_params("EC", EVP_PKEY_KEY_PARAMETERS, params);
	return *g;
}

/* OpenSSL refuses a point that is not on the curve, and infinity. */
static EVP_PKEY *
build_ec(const struct ptn_pubkey *k, const struct curve *c)
{
	uint8_t point[1 + 2 * COORD_MAX] = { 0x04 }; /* SEC 1 section 2.3.3 */
	const EVP_PKEY *group;
	EVP_PKEY *pkey;

	if (k->x.len != c->len || k->y.len != c->len)
		return NULL;
	memcpy(point + 1, k->x.p, c->len);
	memcpy(point + 1 + c->len, k->y.p, c->len);
	if ((group = group_of(c)) == NULL || (pkey = EVP_PKEY_new()) == NULL)
		return NULL;
	if (EVP_PKEY_copy_parameters(pkey, group) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(pkey, point, 1 + 2 * c->len) !=
		1) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

static EVP_PKEY *
build_rsa(const struct ptn_pubkey *k)
{
	OSSL_PARAM_BLD *bld;
	OSSL_PARAM *params = NULL;
	BIGNUM *n, *e;
	EVP_PKEY *pkey = NULL;

	if (!rsa_ok(k))
		return NULL;
	bld = OSSL_PARAM_BLD_new();
	n = BN_bin2bn(k->n.p, (int)k->n.len, NULL);
	e = BN_bin2bn(k->e.p, (int)k->e.len, NULL);
	if (bld != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		pkey = from_params("RSA", EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

/*
 * Points whose order divides 8, and encodings that are not canonical (RFC 8032
 * section 5.1.3): for these a signature can be right that nobody made.
 */
static bool
ed25519_weak(const uint8_t y[ED25519_LEN])
{
	static const uint8_t small[][ED25519_LEN] = {
		{ 0x00 },
		{ 0x01 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		    0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		    0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		    0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
		    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
		    0x03, 0x7a },
	};
	uint8_t last = y[ED25519_LEN - 1] & 0x7f; /* without the sign of x */
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(small); i++)
		if (memcmp(y, small[i], ED25519_LEN - 1) == 0 &&
		    last == small[i][ED25519_LEN - 1])
			return true;
	/* y is p - 1, which has order 2, or p = 2^255 - 19 and more. */
	for (i = 1; i < ED25519_LEN - 1; i++)
		if (y[i] != 0xff)
			return false;
	return last == 0x7f && y[0] >= 0xec;
}

/* NULL for a key that is not one. */
static EVP_PKEY *
build(const struct ptn_pubkey *k)
{
	const struct curve *c = find_curve(k->crv);

	if (k->kty == PTN_KTY_RSA)
		return build_rsa(k);
	if (c == NULL || c->kty != k->kty)
		return NULL;
	if (k->kty == PTN_KTY_EC2)
		return build_ec(k, c);
	if (k->x.len != c->len ||
	    (k->crv == PTN_CRV_ED25519 && ed25519_weak(k->x.p)))
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, c->name, NULL, k->x.p,
	    k->x.len);
}

enum ptn_err
ptn_pubkey_check(const struct ptn_pubkey *k, enum ptn_verdict *verdict)
{
	EVP_PKEY *pkey = build(k);
	enum ptn_err r = ptn_ossl_settle();

	*verdict = pkey != NULL ? PTN_ALLOW : PTN_DENY;
	EVP_PKEY_free(pkey);
	return *verdict == PTN_ALLOW ? PTN_OK : r;
}

/* ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } */
static bool
ecdsa_strict(struct ptn_bytes sig, size_t coord_len)
{
	struct ptn_bytes seq, r, s;

	return ptn_der_sequence(&sig, &seq) && sig.len == 0 &&
	    ptn_der_positive(&seq, &r) && ptn_der_positive(&seq, &s) &&
	    seq.len == 0 && r.len <= coord_len && s.len <= coord_len;
}

static bool
form_ok(const struct ptn_pubkey *k, struct ptn_bytes sig)
{
	const struct curve *c = find_curve(k->crv);

	if (k->kty == PTN_KTY_RSA)
		return sig.len == k->n.len;
	if (k->kty == PTN_KTY_EC2)
		return c != NULL && ecdsa_strict(sig, c->len);
	return c != NULL && sig.len == c->sig_len;
}

/* digest is NULL for EdDSA. */
static enum ptn_err
verify(const struct ptn_pubkey *k, const char *digest, struct ptn_bytes msg,
    struct ptn_bytes sig, enum ptn_verdict *verdict)
{
	EVP_PKEY *pkey = NULL;
	EVP_MD_CTX *ctx = NULL;
	enum ptn_err r = PTN_OK;

	if (!form_ok(k, sig) || (pkey = build(k)) == NULL)
		goto out;
	if ((ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, pkey,
		NULL) != 1)
		/* Some systems' policy forbids SHA-1 altogether. */
		r = digest != NULL && strcmp(digest, "SHA1") == 0
		    ? PTN_OK
		    : ptn_ossl_fail("verify");
	else if (EVP_DigestVerify(ctx, sig.p, sig.len, msg.p, msg.len) == 1)
		*verdict = PTN_ALLOW;
out:
	if (ptn_ossl_settle() != PTN_OK && *verdict != PTN_ALLOW)
		r = PTN_E_NOMEM;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return r;
}

enum ptn_err
ptn_pubkey_verify(const struct ptn_pubkey *k, int32_t alg, struct ptn_bytes msg,
    struct ptn_bytes sig, enum ptn_verdict *verdict)
{
	*verdict = PTN_DENY;
	if (!ptn_pubkey_fits(k, alg))
		return PTN_OK;
	return verify(k, find_alg(alg)->digest, msg, sig, verdict);
}

enum ptn_err
ptn_pubkey_verify_md(const struct ptn_pubkey *k, enum ptn_md md,
    struct ptn_bytes msg, struct ptn_bytes sig, enum ptn_verdict *verdict)
{
	const char *digest = md == PTN_MD_SHA512 ? "SHA512" : "SHA256";

	*verdict = PTN_DENY;
	return verify(k, k->kty == PTN_KTY_OKP ? NULL : digest, msg, sig,
	    verdict);
}
