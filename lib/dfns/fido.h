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
 * Passkeys as clients of the Dfns API present them.  webauthn.h judges; what
 * differs is settled here: an organisation may have several relying parties,
 * and the client chooses one; an origin may be given by a rule; a challenge
 * comes in two encodings; a user handle is the text of an id, or the 16 bytes
 * that the other API uses.
 */
struct ptn_dfns_fido_rp {
	const char *id;
	/*
	 * Origins, compared whole; or "*": https on any port of the host that
	 * id names and of the hosts below it, and http on localhost for
	 * "localhost".  Native applications must be named.
	 */
	struct ptn_strs origins;
};

/* What an organisation allows, and what this ceremony was given. */
struct ptn_dfns_fido {
	const struct ptn_dfns_fido_rp *rps;
	size_t n_rps;
	const char *challenge; /* as it was given out: base64url */
	enum ptn_webauthn_attestation_policy attestation; /* creation only */
	int64_t now_s;				 /* creation only */
};

/*
 * The user of a handle: "us-..." or 16 bytes.  PTN_E_NOT_FOUND for all else,
 * an empty or missing one too.
 */
enum ptn_err ptn_dfns_fido_user(struct ptn_bytes handle,
    struct ptn_uuid *user) PTN_MUST_USE;

struct ptn_dfns_fido_creation {
	struct ptn_bytes cred_id; /* the client's text */
	struct ptn_bytes client_data;
	struct ptn_bytes attestation;
};

struct ptn_dfns_fido_created {
	struct ptn_webauthn_attested attested;
	const char *rp_id; /* which of them the client chose */
	const char *origin;
};

/*
 * Judge a new passkey.  User verification is demanded; credId must be the id
 * inside.  out is in the arena, set when the verdict is PTN_ALLOW, zero
 * otherwise; it borrows rp_id from rps.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_fido_create(struct ptn_arena *a,
    const struct ptn_dfns_fido *f, const struct ptn_dfns_fido_creation *in,
    struct ptn_dfns_fido_created *out,
    struct ptn_finding *finding) PTN_MUST_USE;

/* The credential's row. */
struct ptn_dfns_fido_stored {
	const char *rp_id;
	struct ptn_uuid user;
	struct ptn_webauthn_stored record;
};

struct ptn_dfns_fido_assertion {
	struct ptn_bytes client_data;
	struct ptn_bytes authenticator_data;
	struct ptn_bytes signature;
	struct ptn_bytes user_handle; /* p NULL: none came */
	bool by_handle; /* no user was named: the handle must be there */
};

/*
 * Judge an assertion.  The relying party is the row's, and must still be one
 * of the organisation's; user verification is demanded.  out, finding and
 * codes as above.
 */
enum ptn_err ptn_dfns_fido_assert(struct ptn_arena *a,
    const struct ptn_dfns_fido *f, const struct ptn_dfns_fido_stored *stored,
    const struct ptn_dfns_fido_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_finding *finding) PTN_MUST_USE;

#endif
