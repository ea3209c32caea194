#ifndef PTN_DFNS_FIDO_H
#define PTN_DFNS_FIDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/base/strs.h"
#include "lib/base/uuid.h"
#include "lib/webauthn/webauthn.h"

/*
 * Passkeys of the Dfns API.  webauthn.h verifies them; this module does what
 * is different in this API.  An organisation may have several relying parties,
 * of which the client chooses one.  The allowed origins may be given by a rule.
 * Clients encode the challenge in two ways.  A user handle is the text of an id
 * ("us-..."), or the 16 bytes that the other API uses.
 */
struct ptn_dfns_fido_rp {
	const char *id;
	/*
	 * The allowed origins; or "*" alone, a rule: https on any port of the
	 * domain id and its subdomains, and for "localhost" also http.  Native
	 * applications are allowed only if they are listed.
	 */
	struct ptn_strs origins;
};

/* What the organisation allows, and the challenge of the ceremony. */
struct ptn_dfns_fido {
	const struct ptn_dfns_fido_rp *rps;
	size_t n_rps;
	const char *challenge; /* base64url, as the client got it */
	enum ptn_webauthn_attestation_policy attestation; /* creation only */
	int64_t now_s;				 /* creation only */
};

/*
 * The user that a handle names.  PTN_E_NOT_FOUND: it names none, or there is no
 * handle.
 */
enum ptn_err ptn_dfns_fido_user(struct ptn_bytes handle,
    struct ptn_uuid *user) PTN_MUST_USE;

struct ptn_dfns_fido_creation {
	struct ptn_bytes cred_id; /* text, as the client wrote it */
	struct ptn_bytes client_data;
	struct ptn_bytes attestation;
};

struct ptn_dfns_fido_created {
	struct ptn_webauthn_attested attested;
	const char *rp_id; /* which relying party the client chose */
	const char *origin;
};

/*
 * Verify a new passkey.  The user must have been verified by the authenticator,
 * and cred_id must be the id in the attestation.
 *
 * out	in the arena; zero unless the verdict is PTN_ALLOW.  rp_id is borrowed
 *	from f->rps.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_fido_create(struct ptn_arena *a,
    const struct ptn_dfns_fido *f, const struct ptn_dfns_fido_creation *in,
    struct ptn_dfns_fido_created *out,
    struct ptn_finding *finding) PTN_MUST_USE;

/* The passkey, as it is stored. */
struct ptn_dfns_fido_stored {
	const char *rp_id;
	struct ptn_uuid user;
	struct ptn_bytes handle; /* also that of the user; or empty */
	struct ptn_webauthn_stored record;
};

struct ptn_dfns_fido_assertion {
	struct ptn_bytes client_data;
	struct ptn_bytes authenticator_data;
	struct ptn_bytes signature;
	struct ptn_bytes user_handle; /* p NULL: none came */
	bool by_handle; /* no user was named, so there must be a handle */
};

/*
 * Verify an assertion.  The passkey's relying party must still be one of the
 * organisation's, and the user must have been verified by the authenticator.
 * out and the codes are as above.
 */
enum ptn_err ptn_dfns_fido_assert(struct ptn_arena *a,
    const struct ptn_dfns_fido *f, const struct ptn_dfns_fido_stored *stored,
    const struct ptn_dfns_fido_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_finding *finding) PTN_MUST_USE;

#endif
