#ifndef TEST_SIGN_H
#define TEST_SIGN_H

/* Keys of clients: made, read and signed with by OpenSSL itself. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"

static inline EVP_PKEY *
sign_key(const char *private_pem)
{
	BIO *bio = BIO_new_mem_buf(private_pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	assert_non_null(key);
	BIO_free(bio);
	return key;
}

static inline const char *
sign_public_pem(struct ptn_arena *a, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *pem;
	char *p;
	long n;

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	n = BIO_get_mem_data(bio, &p);
	pem = ptn_arena_strndup(a, p, (size_t)n);
	assert_non_null(pem);
	BIO_free(bio);
	return pem;
}

/* digest NULL: the algorithm's own. */
static inline struct ptn_bytes
sign_bytes(struct ptn_arena *a, EVP_PKEY *key, const char *digest,
    struct ptn_bytes msg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *sig = ptn_arena_alloc(a, 1024);
	size_t len = 1024;

	assert_non_null(sig);
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL,
			     key, NULL),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, msg.p, msg.len), 1);
	EVP_MD_CTX_free(ctx);
	return PTN_BYTES(sig, len);
}

#endif
