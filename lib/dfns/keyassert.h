#ifndef PTN_DFNS_KEYASSERT_H
#define PTN_DFNS_KEYASSERT_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/crypto/pem.h"
#include "lib/format/json.h"

/*
 * Credentials that are a key pair without an authenticator: Key,
 * PasswordProtectedKey and RecoveryKey.  They sign client data, a small JSON
 * text with the type of the ceremony and its challenge.  These functions only
 * compute; the caller makes sure that the credential is the user's, is active,
 * and may answer.
 */
#define PTN_KEYASSERT_DATA_MAX ((size_t)64 * 1024) /* decoded */

/* The member "algorithm" of an assertion or attestation, which is a digest. */
enum ptn_keyassert_digest {
	PTN_KEYASSERT_UNSET, /* none: SHA-256 */
	PTN_KEYASSERT_SHA256,
	PTN_KEYASSERT_SHA512,
	PTN_KEYASSERT_NONE,  /* of Ed25519 alone */
	PTN_KEYASSERT_OTHER, /* a name that is not known */
	PTN_KEYASSERT__MAX
};

/*
 * "SHA256", "SHA512" (with "RSA" or "ECDSA" in front, too), "EdDSA" or
 * "Ed25519", in small or capital letters, with "-" and "_" at any place.  An
 * empty text, and p NULL: there is none.
 */
enum ptn_keyassert_digest ptn_keyassert_digest_of(struct ptn_bytes name);

/* The name to be stored, "" for one that is unset or not known. */
const char *ptn_keyassert_digest_name(enum ptn_keyassert_digest d);

/*
 * The name of the digest that an assertion was signed with, "" for Ed25519.
 *
 * own, stored	of the assertion, and of the stored credential
 */
const char *ptn_keyassert_digest_used(const struct ptn_pubkey *k,
    enum ptn_keyassert_digest own, enum ptn_keyassert_digest stored);

/* The credential, as it is stored. */
struct ptn_keyassert_stored {
	const char *pem;
	enum ptn_keyassert_digest digest; /* of its attestation */
};

struct ptn_keyassert_assertion {
	struct ptn_bytes client_data; /* as received, decoded from base64 */
	struct ptn_bytes signature;
	enum ptn_keyassert_digest digest;
};

/*
 * Verify an assertion for a login or an action.
 *
 * challenge	as the client got it.  The client data have it as it is, or
 *		encoded in base64url once more.
 * finding	PTN_ALLOW only if the client data are one JSON object without
 *		duplicate members, with the type "key.get" and this challenge,
 *		and the signature of exactly these bytes is by the stored key.
 *
 * The digest is SHA-256 on every curve, unless the assertion or else the stored
 * credential names SHA-512.  An ECDSA signature is in strict DER; its s may be
 * high.  An Ed25519 signature is the 64 bytes of RFC 8032, without a digest.
 *
 * An algorithm that does not fit the key is refused like a wrong signature, so
 * that an answer does not tell which key an account has: one that fits none is
 * to be refused before the account is known.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_keyassert_verify(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in, const char *challenge,
    struct ptn_finding *finding) PTN_MUST_USE;

/*
 * The same for a recovery.  In place of a challenge the client data have the
 * JSON text of the new credentials in base64url, and the new credentials sign
 * the challenge.  The text is in UTF-8, or in Latin-1 from clients that encode
 * it with btoa(); its value must be deeply equal to new_credentials.
 */
enum ptn_err ptn_keyassert_recover(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in,
    const struct ptn_json *new_credentials,
    struct ptn_finding *finding) PTN_MUST_USE;

/* A new key, with the proof that the client has the private key. */
struct ptn_keyassert_creation {
	struct ptn_bytes client_data;
	struct ptn_bytes attestation; /* {"publicKey","signature","algorithm"?} */
};

/* What is to be stored of it; in the arena. */
struct ptn_keyassert_created {
	const char *pem; /* as the client wrote it */
	struct ptn_pem key;
	enum ptn_keyassert_digest digest;
};

/*
 * Verify a new key: client data as above, but with the type "key.create", and a
 * signature of the text {"clientDataHash":hex,"publicKey":literal}.  The
 * literal is the PEM text as JSON.stringify() writes it or, as in one sample of
 * the Dfns documentation, the text between quotes with its line feeds as they
 * are.
 *
 * out	zero unless the verdict is PTN_ALLOW.
 *
 * Returns as ptn_keyassert_verify().
 */
enum ptn_err ptn_keyassert_create(struct ptn_arena *a,
    const struct ptn_keyassert_creation *in, const char *challenge,
    struct ptn_keyassert_created *out,
    struct ptn_finding *finding) PTN_MUST_USE;

#endif
