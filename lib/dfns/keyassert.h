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
 * Credentials that are a bare key pair: Key, PasswordProtectedKey and
 * RecoveryKey.  They sign client data, a small JSON text that names the
 * ceremony and its challenge.  Pure functions: whose credential it is, and
 * whether it is active and allowed, is the caller's to know.
 */
#define PTN_KEYASSERT_DATA_MAX ((size_t)64 * 1024) /* decoded */

/* The "algorithm" of an assertion or an attestation: a digest, in truth. */
enum ptn_keyassert_digest {
	PTN_KEYASSERT_UNSET, /* absent: SHA-256 in the end */
	PTN_KEYASSERT_SHA256,
	PTN_KEYASSERT_SHA512,
	PTN_KEYASSERT_OTHER, /* a name that we do not know */
	PTN_KEYASSERT__MAX
};

/* "RSA-SHA256", "SHA256", "SHA512"; p NULL is absent. */
enum ptn_keyassert_digest ptn_keyassert_digest_of(struct ptn_bytes name);

/* The name to store, "" for one that is unset or unknown; and back. */
const char *ptn_keyassert_digest_name(enum ptn_keyassert_digest d);

/* The name of the one that an assertion was signed with; "" for Ed25519. */
const char *ptn_keyassert_digest_used(const struct ptn_pubkey *k,
    enum ptn_keyassert_digest own, enum ptn_keyassert_digest stored);

/* The credential's row. */
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
 * Judge an assertion for a login or an action.
 *
 * challenge	as it was given out; the client data hold it as it is, or
 *		base64url-encoded once more.
 * finding	PTN_ALLOW only if the client data are one JSON object without
 *		duplicates, type "key.get", with this challenge, and the
 *		signature is by the stored key over exactly these bytes.
 *
 * ECDSA signs with SHA-256 on every curve unless the assertion or else the
 * row names SHA-512, in strict DER; high s is allowed, R || S is not.  Ed25519
 * is the 64 bytes of RFC 8032 and knows no digest.
 *
 * Returns PTN_OK if the question was answered, PTN_E_INPUT for an unknown
 * algorithm, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_keyassert_verify(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in, const char *challenge,
    struct ptn_finding *finding) PTN_MUST_USE;

/*
 * The same for a recovery: instead of a challenge the client data hold the
 * base64url of the JSON text of the new credentials, which themselves sign
 * the challenge.  The text is UTF-8, or Latin-1 from clients that encode with
 * btoa(); the value must be deeply equal to new_credentials.
 */
enum ptn_err ptn_keyassert_recover(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in,
    const struct ptn_json *new_credentials,
    struct ptn_finding *finding) PTN_MUST_USE;

/* A new key with the proof that its holder has the private half. */
struct ptn_keyassert_creation {
	struct ptn_bytes client_data;
	struct ptn_bytes attestation; /* {"publicKey","signature","algorithm"?} */
};

/* What a creation leaves to be stored; in the arena. */
struct ptn_keyassert_created {
	const char *pem; /* verbatim: the fingerprint signed is of this text */
	struct ptn_pem key;
	enum ptn_keyassert_digest digest;
};

/*
 * Judge a creation: client data as above but of type "key.create", and a
 * signature over {"clientDataHash":hex,"publicKey":literal}, in which the
 * literal is the PEM text as JavaScript quotes it, or, as one documented
 * sample has it, the text between quotes with its line feeds raw.
 *
 * out	set when the verdict is PTN_ALLOW, zero otherwise.
 *
 * Returns as ptn_keyassert_verify().
 */
enum ptn_err ptn_keyassert_create(struct ptn_arena *a,
    const struct ptn_keyassert_creation *in, const char *challenge,
    struct ptn_keyassert_created *out,
    struct ptn_finding *finding) PTN_MUST_USE;

#endif
