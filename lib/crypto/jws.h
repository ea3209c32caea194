#ifndef PTN_CRYPTO_JWS_H
#define PTN_CRYPTO_JWS_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/conf/conf_words.h"
#include "lib/crypto/key.h"

/*
 * Signed tokens: the form and the signature of a JWT in compact serialisation
 * (RFC 7515 section 7.1).  Which keys there are, and what a token says, is the
 * business of others.
 */
#define PTN_JWS_MAX 8192 /* bytes of a token we look at */
#define PTN_JWS_DEPTH 24 /* levels of its payload */

/* The algorithm of that name, or PTN_ALG__MAX: none of ours. */
enum ptn_sign_alg ptn_jws_alg(const char *name);

/*
 * Sign a payload with a key and its id, under the header
 * {"alg","kid","typ":"JWT"}.  The token is text in the arena.
 * PTN_E_INTERNAL, logged: it would be longer than PTN_JWS_MAX.
 */
enum ptn_err ptn_jws_sign(const struct ptn_key *key, const char *kid,
    struct ptn_arena *a, const char *payload, char **token) PTN_MUST_USE;

/*
 * The same under another typ, of what must not be taken for such a token
 * (RFC 8725 section 3.11), and of any length.
 */
enum ptn_err ptn_jws_sign_as(const struct ptn_key *key, const char *kid,
    struct ptn_arena *a, const char *typ, const char *payload,
    char **token) PTN_MUST_USE;

/* A token taken apart, of which nothing is verified yet. */
struct ptn_jws {
	const char *kid; /* a UUID */
	enum ptn_sign_alg alg;
	struct ptn_bytes payload;
	struct ptn_bytes sig;
	struct ptn_bytes signed_; /* borrowed: what the signature is of */
};

/*
 * Take a token apart: three strict base64url parts; a header in strict JSON
 * without duplicates, with a kid, an alg that we sign with, typ "JWT" if
 * present, and no crit (RFC 7515 section 4.1.11: we understand no extension).
 * PTN_E_INPUT for any other; PTN_E_NOMEM.
 */
enum ptn_err ptn_jws_read(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_jws *out) PTN_MUST_USE;

/*
 * Is it signed by this key, with the key's own algorithm (RFC 8725 section
 * 3.1), and is its payload an object in strict JSON?  Times and claims are the
 * caller's business.  PTN_OK, whichever way; PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_jws_verify(const struct ptn_jws *t, const struct ptn_key *key,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * What a token says, of which nothing is verified but its form: for tokens
 * that are known by their digest.  PTN_E_INPUT for what is no token.
 */
enum ptn_err ptn_jws_peek(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_bytes *payload) PTN_MUST_USE;

#endif
