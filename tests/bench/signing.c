#include "tests/bench/signing.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define RSA_BITS 2048 /* of a key that Postern draws */
#define ASSERTED 69   /* bytes: authenticator data, digest of client data */
#define TOKEN 400     /* bytes of a token that are signed */
#define SIGNATURE_MAX 512
#define ED25519_LEN 64

/* A context stays with the key of its first use. */
struct signing {
	EVP_PKEY *passkey; /* ES256 */
	EVP_MD_CTX *verifying;
	EVP_PKEY *own; /* RS256 */
	EVP_MD_CTX *signing;
	EVP_PKEY *brief; /* Ed25519 */
	uint8_t brief_signature[ED25519_LEN]; /* of token */
	EVP_MD *sha256;
	uint8_t asserted[ASSERTED];
	uint8_t signature[SIGNATURE_MAX]; /* of asserted */
	size_t signature_len;
	uint8_t token[TOKEN];
};

/* What the authenticator does. */
static int
assert_once(struct signing *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = -1;

	s->signature_len = sizeof(s->signature);
	if (ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, s->sha256, NULL, s->passkey) == 1 &&
	    EVP_DigestSign(ctx, s->signature, &s->signature_len, s->asserted,
		sizeof(s->asserted)) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	return r;
}

struct signing *
signing_new(void)
{
	struct signing *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->passkey = EVP_EC_gen("P-256")) == NULL ||
	    (s->own = EVP_RSA_gen(RSA_BITS)) == NULL ||
	    (s->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL ||
	    (s->verifying = EVP_MD_CTX_new()) == NULL ||
	    (s->signing = EVP_MD_CTX_new()) == NULL ||
	    (s->brief = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")) == NULL ||
	    assert_once(s) != 0 || signing_begin(s) != 0) {
		signing_free(&s);
		return NULL;
	}
	return s;
}

void
signing_free(struct signing **s)
{
	if (*s == NULL)
		return;
	EVP_MD_CTX_free((*s)->signing);
	EVP_MD_CTX_free((*s)->verifying);
	EVP_MD_free((*s)->sha256);
	EVP_PKEY_free((*s)->brief);
	EVP_PKEY_free((*s)->own);
	EVP_PKEY_free((*s)->passkey);
	free(*s);
	*s = NULL;
}

/* What the user signed. */
static int
verify_es256(struct signing *s)
{
	if (EVP_DigestVerifyInit(s->verifying, NULL, s->sha256, NULL,
		s->passkey) != 1 ||
	    EVP_DigestVerify(s->verifying, s->signature, s->signature_len,
		s->asserted, sizeof(s->asserted)) != 1)
		return -1;
	return 0;
}

int
signing_passkey(struct signing *s)
{
	uint8_t out[SIGNATURE_MAX];
	size_t len = sizeof(out);

	if (verify_es256(s) != 0 ||
	    EVP_DigestSignInit(s->signing, NULL, s->sha256, NULL, s->own) !=
		1 ||
	    EVP_DigestSign(s->signing, out, &len, s->token, sizeof(s->token)) !=
		1)
		return -1;
	return len == RSA_BITS / 8 ? 0 : -1;
}

/* Ed25519 contexts do not last. */
int
signing_begin(struct signing *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(s->brief_signature);
	int r = -1;

	if (ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, s->brief) == 1 &&
	    EVP_DigestSign(ctx, s->brief_signature, &len, s->token,
		sizeof(s->token)) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	return r;
}

int
signing_answer(struct signing *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = -1;

	if (ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, s->brief) == 1 &&
	    EVP_DigestVerify(ctx, s->brief_signature,
		sizeof(s->brief_signature), s->token, sizeof(s->token)) == 1 &&
	    verify_es256(s) == 0)
		r = signing_begin(s);
	EVP_MD_CTX_free(ctx);
	return r;
}
