#ifndef PTN_WEBAUTHN_RESPONSE_H
#define PTN_WEBAUTHN_RESPONSE_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/webauthn/clientdata.h"
#include "lib/webauthn/webauthn.h"

struct ptn_json;

/* What a browser hands over may be so long, in bytes. */
#define PTN_WEBAUTHN_ATTESTATION_MAX 32768
#define PTN_WEBAUTHN_AUTH_DATA_MAX 4096
#define PTN_WEBAUTHN_SIGNATURE_MAX 1024 /* RSA of 4096 bits has 512 */
#define PTN_WEBAUTHN_HANDLE_MAX 64	/* WebAuthn L3 section 5.4.3 */

/*
 * A PublicKeyCredential as JSON (WebAuthn L3 section 5.1, toJSON()): binary
 * members are base64url, at whose end "=" is tolerated.  Members that we do
 * not know, rawId among them, are ignored.
 *
 * json	anything, or NULL
 *
 * PTN_OK; PTN_E_INPUT for what is none, or has a member that is too long;
 * PTN_E_NOMEM.
 */
struct ptn_response_created {
	struct ptn_bytes id;
	struct ptn_webauthn_creation response;
	const char *transports; /* joined by ","; "" for none */
};
enum ptn_err ptn_response_read_created(struct ptn_arena *a,
    const struct ptn_json *json, struct ptn_response_created *out) PTN_MUST_USE;

struct ptn_response_got {
	struct ptn_bytes id;
	struct ptn_webauthn_assertion response;
	struct ptn_bytes user_handle; /* empty: none */
};
enum ptn_err ptn_response_read_got(struct ptn_arena *a,
    const struct ptn_json *json, struct ptn_response_got *out) PTN_MUST_USE;

#endif
