#include "lib/crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lib/crypto/ossl.h"

/* Fetched once: a fetch for every call costs more than a small hash. */
static struct {
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_KDF *hkdf;
	EVP_CIPHER *gcm;
} alg;

static char sha256_name[] = "SHA256"; /* OSSL_PARAM takes no const */
static const OSSL_PARAM sha256_params[] = {
	OSSL_PARAM_utf8_string(OSSL_ALG_PARAM_DIGEST, sha256_name, 6),
	OSSL_PARAM_END
};

enum ptn_err
ptn_crypto_init(void)
{
	if (alg.gcm != NULL)
		return PTN_OK;
	ptn_ossl_watch();
	if ((alg.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL ||
	    (alg.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL)) == NULL ||
	    (alg.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (alg.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL)) == NULL)
		return ptn_ossl_fail("fetch");
	return PTN_OK;
}

void
ptn_crypto_sha256(struct ptn_bytes in, uint8_t out[PTN_SHA256_LEN])
{
	if (EVP_Digest(in.p, in.len, out, NULL, alg.sha256, NULL) != 1)
		abort(); /* no init, or no memory for a context */
}

enum ptn_err
ptn_crypto_hmac_sha256(struct ptn_bytes key, struct ptn_bytes msg,
    uint8_t out[PTN_SHA256_LEN])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(alg.hmac);
	size_t len = 0;
	bool ok;

	ok = ctx != NULL &&
	    EVP_MAC_init(ctx, key.len == 0 ? (const uint8_t *)"" : key.p,
		key.len, sha256_params) == 1 &&
	    EVP_MAC_update(ctx, msg.p, msg.len) == 1 &&
	    EVP_MAC_final(ctx, out, &len, PTN_SHA256_LEN) == 1 &&
	    len == PTN_SHA256_LEN;
	EVP_MAC_CTX_free(ctx);
	return ptn_ossl_done(ok, "hmac");
}

enum ptn_err
ptn_crypto_hkdf_sha256(struct ptn_bytes secret, const char *info,
    uint8_t out[PTN_KEY_LEN])
{
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(alg.hkdf);
	OSSL_PARAM p[4];
	bool ok;

	p[0] = sha256_params[0];
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)secret.p, secret.len);
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	p[3] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_KDF_derive(ctx, out, PTN_KEY_LEN, p) == 1;
	EVP_KDF_CTX_free(ctx);
	return ptn_ossl_done(ok, "hkdf");
}

enum ptn_err
ptn_crypto_gcm_encrypt(const struct ptn_crypto_gcm *g, struct ptn_bytes plain,
    uint8_t *text, uint8_t tag[PTN_GCM_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx;
	int n = 0;
	bool ok;

	if (plain.len > INT_MAX || g->aad.len > INT_MAX)
		return PTN_E_TOO_LARGE;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, alg.gcm, g->key, g->nonce, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, g->aad.p, (int)g->aad.len) == 1 &&
	    EVP_EncryptUpdate(ctx, text, &n, plain.p, (int)plain.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, PTN_GCM_TAG_LEN,
		tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ptn_ossl_done(ok, "encrypt");
}

enum ptn_err
ptn_crypto_gcm_decrypt(const struct ptn_crypto_gcm *g, struct ptn_bytes text,
    const uint8_t tag[PTN_GCM_TAG_LEN], uint8_t *plain,
    enum ptn_verdict *verdict)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t want[PTN_GCM_TAG_LEN];
	int n = 0;
	enum ptn_err r = PTN_OK;

	*verdict = PTN_DENY;
	if (text.len > INT_MAX || g->aad.len > INT_MAX)
		return PTN_E_TOO_LARGE;
	memcpy(want, tag, sizeof(want)); /* the call takes no const */
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_DecryptInit_ex2(ctx, alg.gcm, g->key, g->nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, g->aad.p, (int)g->aad.len) != 1 ||
	    EVP_DecryptUpdate(ctx, plain, &n, text.p, (int)text.len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, PTN_GCM_TAG_LEN,
		want) != 1)
		r = ptn_ossl_fail("decrypt");
	else if (EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1)
		*verdict = PTN_ALLOW;
	if (*verdict != PTN_ALLOW)
		ptn_wipe(plain, text.len);
	if (ptn_ossl_settle() != PTN_OK && r == PTN_OK && *verdict != PTN_ALLOW)
		r = PTN_E_NOMEM;
	EVP_CIPHER_CTX_free(ctx);
	return r;
}
