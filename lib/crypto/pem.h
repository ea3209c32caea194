#ifndef PTN_CRYPTO_PEM_H
#define PTN_CRYPTO_PEM_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/pubkey.h"

#define PTN_PEM_MAX 4096       /* bytes; a longer text is not a key */
#define PTN_FINGERPRINT_STR 51 /* "SHA256:", 43 characters, and the NUL */

/* A public key that was read from PEM; in the arena. */
struct ptn_pem {
	struct ptn_pubkey key;
	struct ptn_bytes spki; /* DER SubjectPublicKeyInfo (RFC 5280 4.1) */
	/* Standard base64, unpadded, of the SHA-256 of spki. */
	char fingerprint[PTN_FINGERPRINT_STR];
};

/*
 * Read a public key in PEM (RFC 7468 section 13, RFC 8017 appendix A.1.1).
 *
 * text	"PUBLIC KEY" or "RSA PUBLIC KEY".  The body is one line or many.  Lines
 *	end with LF, with CRLF, or with a backslash and an "n", which is what
 *	environment variables make of a line feed; the last line may have no
 *	end.
 *
 * Accepted are P-256, P-384, P-521 and secp256k1 (named curves, an uncompressed
 * point that is on the curve), Ed25519, and RSA keys that ptn_pubkey_check()
 * accepts; as DER, with nothing after it.
 *
 * Returns PTN_OK; PTN_E_INPUT for everything else; PTN_E_NOMEM,
 * PTN_E_INTERNAL.
 */
enum ptn_err ptn_pem_read(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_pem *out) PTN_MUST_USE;

#endif
