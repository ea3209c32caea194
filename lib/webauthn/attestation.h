#ifndef PTN_WEBAUTHN_ATTESTATION_H
#define PTN_WEBAUTHN_ATTESTATION_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/format/cbor.h"
#include "lib/webauthn/attest.h"

#define PTN_ATTESTATION_FMT_MAX 32 /* WebAuthn L3 section 8.1 */

/* An attestation object (WebAuthn L3 section 6.5.4), in the arena. */
struct ptn_attestation {
	const char *fmt;      /* 1..32 printable characters of ASCII */
	struct ptn_cbor stmt; /* a map; for "compound" an array */
	struct ptn_bytes auth_data;
};

/*
 * Take an attestation object apart.  Members we do not know are ignored.
 * The statement of "none" must be empty.
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_attestation_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_attestation *out) PTN_MUST_USE;

/* True for a format that ptn_attestation_verify() knows. */
bool ptn_attestation_known(const char *fmt);

/*
 * The verification procedure of the format: is the statement correct, and
 * does it belong to this credential and this ceremony?  There are no trust
 * anchors: who made the certificates is not asked, only whether they are what
 * the format demands.  android-safetynet (deprecated) and compound are not
 * known.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_attestation_verify(const char *fmt,
    const struct ptn_attest *in, struct ptn_finding *out) PTN_MUST_USE;

#endif
