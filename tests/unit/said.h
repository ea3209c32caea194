#ifndef TEST_SAID_H
#define TEST_SAID_H

/*
 * What OpenSSL is made to say of a signature (the program is linked with
 * --wrap of its two functions); 1: what it thinks itself.
 */

#include <openssl/err.h>
#include <openssl/evp.h>

static int said = 1;

/* Refused with an error of its own, as by a library that has no memory. */
static inline int
say(void)
{
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	return said;
}

int __real_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *msg, size_t len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *msg, size_t len);

int
__wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *msg, size_t len)
{
	return said == 1 ? __real_EVP_DigestVerify(ctx, sig, sig_len, msg, len)
			 : say();
}

int __real_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *digest, size_t len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *digest, size_t len);

int
__wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
    size_t sig_len, const unsigned char *digest, size_t len)
{
	return said == 1
	    ? __real_EVP_PKEY_verify(ctx, sig, sig_len, digest, len)
	    : say();
}

#endif
