#ifndef PTN_CRYPTO_PEM_H
#define PTN_CRYPTO_PEM_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/pubkey.h"

#define PTN_PEM_MAX 4096     /* bytes of text that are looked at */
#define PTN_FINGERPRINT_STR 51 /* "SHA256:", 43 characters, and the NUL */

/* A public key from its text; what it borrows is in the arena. */
struct ptn_pem {
	struct ptn_pubkey key;
	struct ptn_bytes spki; /* DER SubjectPublicKeyInfo (RFC 5280 4.1) */
	/* Standard base64, unpadded, of the SHA-256 of spki. */
	char fingerprint[PTN_FINGERPRINT_STR];
};

/*
 * Read a public key in PEM (RFC 7468 section 13, RFC 8017 appendix A.1.1).
 *
 * text	"PUBLIC KEY" or "RSA PUBLIC KEY".  The body may be of one line or of
 *	many; a line may end in LF, CRLF, or the two characters \n that clients
 *	leave of it when they pass through environment variables; the end of
 *	the last line may be missing.
 *
 * Taken are P-256, P-384, P-521 and secp256k1 as named curves with the
 * uncompressed point on the curve, Ed25519, and RSA as ptn_pubkey_check()
 * takes it; in DER, nothing behind.  Returns PTN_OK, PTN_E_INPUT for all
 * else, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_pem_read(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_pem *out) PTN_MUST_USE;

#endif
