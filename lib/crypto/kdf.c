#include "lib/crypto/kdf.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/crypto/ossl.h"

static const EVP_MD *
md_of(enum ptn_kdf_md md)
{
	return md == PTN_KDF_SHA1  ? EVP_sha1()
	    : md == PTN_KDF_SHA256 ? EVP_sha256()
				   : EVP_sha512();
}

size_t
ptn_kdf_md_len(enum ptn_kdf_md md)
{
	return (size_t)EVP_MD_get_size(md_of(md));
}

/* md NULL: the one that ctx has computed before. */
static bool
digest(EVP_MD_CTX *ctx, const EVP_MD *md, struct ptn_bytes a,
    struct ptn_bytes b, uint8_t *out)
{
	return ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.len) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

enum ptn_err
ptn_kdf_salted(enum ptn_kdf_md md, struct ptn_bytes pw, struct ptn_bytes salt,
    uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const bool ok = digest(ctx, md_of(md), pw, salt, out);

	EVP_MD_CTX_free(ctx);
	return ptn_ossl_done(ok, "digest");
}

enum ptn_err
ptn_kdf_pbkdf2(enum ptn_kdf_md md, struct ptn_bytes pw, struct ptn_bytes salt,
    uint32_t iterations, uint8_t *out, size_t len)
{
	const bool ok =
	    PKCS5_PBKDF2_HMAC((const char *)pw.p, (int)pw.len, salt.p,
		(int)salt.len, (int)iterations, md_of(md), (int)len, out) == 1;

	return ptn_ossl_done(ok, "pbkdf2");
}

enum ptn_err
ptn_kdf_scrypt(const struct ptn_kdf_scrypt *c, struct ptn_bytes pw,
    struct ptn_bytes salt, uint8_t *out, size_t len)
{
	const uint64_t n = UINT64_C(1) << c->ln;
	/* V, B and what it works in (RFC 7914 section 6). */
	const uint64_t max = 128 * c->r * (n + c->p + 2);
	const bool ok = EVP_PBE_scrypt((const char *)pw.p, pw.len, salt.p,
			    salt.len, n, c->r, c->p, max, out, len) == 1;

	return ptn_ossl_done(ok, "scrypt");
}

enum ptn_err
ptn_kdf_keystream(const uint8_t key[32], uint8_t *out, size_t len)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok;

	memset(out, 0, len);
	ok = ctx != NULL &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, out, (int)len) == 1 &&
	    n == (int)len;
	EVP_CIPHER_CTX_free(ctx);
	return ptn_ossl_done(ok, "aes-256-ctr");
}

enum ptn_err
ptn_kdf_md5_chain(struct ptn_bytes pw, struct ptn_bytes salt, uint32_t count,
    uint8_t out[16])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = digest(ctx, EVP_md5(), salt, pw, out);

	for (; ok && count > 0; count--)
		ok = digest(ctx, NULL, PTN_BYTES(out, 16), pw, out);
	EVP_MD_CTX_free(ctx);
	return ptn_ossl_done(ok, "md5");
}

enum ptn_err
ptn_kdf_hmac_sha384(struct ptn_bytes key, struct ptn_bytes msg, uint8_t out[48])
{
	const bool ok = HMAC(EVP_sha384(), key.p, (int)key.len, msg.p, msg.len,
			    out, NULL) != NULL;

	return ptn_ossl_done(ok, "hmac");
}
