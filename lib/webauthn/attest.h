#ifndef PTN_WEBAUTHN_ATTEST_H
#define PTN_WEBAUTHN_ATTEST_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/x509.h"
#include "lib/format/cbor.h"
#include "lib/webauthn/authdata.h"

/*
 * What the verification procedure of a format is given (WebAuthn L3 section
 * 6.5.4).  Known to attestation.c and attest_*.c; others want attestation.h.
 */
struct ptn_attest {
	struct ptn_arena *a;
	const struct ptn_cbor *stmt; /* a map */
	const struct ptn_authdata *authdata;
	const struct ptn_cose_key *key;	  /* authdata's, checked */
	struct ptn_bytes client_data_hash;
	struct ptn_bytes to_be_signed; /* authdata || client_data_hash */
	int64_t now_s;
};

/*
 * One function a format.  The verdict is PTN_DENY on entry.  Returns PTN_OK
 * if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
typedef enum ptn_err ptn_attest_fn(const struct ptn_attest *in,
    struct ptn_finding *out);

ptn_attest_fn ptn_attest_packed;      /* section 8.2 */
ptn_attest_fn ptn_attest_tpm;	      /* section 8.3 */
ptn_attest_fn ptn_attest_android_key; /* section 8.4 */
ptn_attest_fn ptn_attest_fido_u2f;    /* section 8.6 */
ptn_attest_fn ptn_attest_apple;	      /* section 8.8 */

/*
 * "return ptn_attest_deny(out, why)": a step that failed.  why is a short
 * English sentence.
 */
enum ptn_err ptn_attest_deny(struct ptn_finding *out, const char *why);

/* The members "alg" and "sig"; false if absent, of another type, or empty. */
bool ptn_attest_alg(const struct ptn_attest *in, int32_t *alg);
bool ptn_attest_sig(const struct ptn_attest *in, struct ptn_bytes *sig);

/*
 * The member "x5c": a list of byte strings that is not empty.  NULL if it is
 * anything else.
 */
const struct ptn_cbor *ptn_attest_x5c(const struct ptn_attest *in);

/* id-fido-gen-ce-aaguid, if there, is not critical and names authdata's. */
bool ptn_attest_aaguid_ok(const struct ptn_attest *in,
    const struct ptn_x509 *cert);

#endif
