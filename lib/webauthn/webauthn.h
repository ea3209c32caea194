#ifndef PTN_WEBAUTHN_H
#define PTN_WEBAUTHN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/base/strs.h"
#include "lib/webauthn/authdata.h"

/*
 * What a relying party must verify of a response: W3C Web Authentication
 * Level 3, sections 7.1 (registration) and 7.2 (authentication).  Pure
 * functions: what is stored, and who is asking, is the caller's to know.
 */

/* Who we are; borrowed from the configuration. */
struct ptn_webauthn_rp {
	const char *id;
	/*
	 * Origins as clients write them, "https://example.org:8443"; compared
	 * whole, without regard to case.  "android:apk-key-hash:..." has a
	 * digest behind it and is compared as it is.
	 */
	struct ptn_strs origins;
	/* Pages that may frame ours; none: no cross-origin ceremonies. */
	struct ptn_strs top_origins;
};

/* What is done with attestation statements. */
enum ptn_webauthn_attestation_policy {
	/* Any format; none is verified, all are stored as "none". */
	PTN_ATTESTATION_NONE,
	/* "none", or a format that we know, verified. */
	PTN_ATTESTATION_VERIFY
};

/* What was asked for, from the row of the challenge. */
struct ptn_webauthn_want {
	struct ptn_bytes challenge; /* the bytes that the options encoded */
	bool require_uv;
	/* The rest for registration only. */
	enum ptn_webauthn_attestation_policy attestation;
	const int32_t *algs; /* offered, COSE identifiers */
	size_t n_algs;
	int64_t now_s; /* for the validity of certificates */
};

/* A response to navigator.credentials.create(), decoded from base64url. */
struct ptn_webauthn_creation {
	struct ptn_bytes client_data_json;
	struct ptn_bytes attestation_object;
};

/* What a registration leaves to be stored; in the arena. */
struct ptn_webauthn_attested {
	struct ptn_bytes cred_id;  /* 1..1023 bytes */
	struct ptn_bytes cose_key; /* re-encoded in CTAP2 canonical form */
	int32_t alg;
	uint8_t aaguid[PTN_AAGUID_LEN];
	uint32_t sign_count;
	bool uv;
	bool be;
	bool bs;
	/* What to store: "none", or the format when it was verified. */
	const char *attestation;
	bool verified; /* never true of "none" */
};

/*
 * Steps 5 to 25 of section 7.1.  The caller has done 1 to 4, and does 26 (the
 * id is not yet registered), 27 and 29.  Step 28: extensions are ignored.
 *
 * Conditional creation is not offered: user presence is always demanded.
 * finding	set to a refusal on entry; PTN_ALLOW after the last step only.
 * out		set when the verdict is PTN_ALLOW, zero otherwise.
 *
 * Returns PTN_OK if the question was answered, either way (also for what is
 * malformed); PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_webauthn_register(struct ptn_arena *a,
    const struct ptn_webauthn_rp *rp, const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_creation *in, struct ptn_webauthn_attested *out,
    struct ptn_finding *finding) PTN_MUST_USE;

/* A response to navigator.credentials.get(), decoded from base64url. */
struct ptn_webauthn_assertion {
	struct ptn_bytes client_data_json;
	struct ptn_bytes authenticator_data;
	struct ptn_bytes signature;
};

/* The credential record that the response names. */
struct ptn_webauthn_stored {
	struct ptn_bytes cose_key;
	uint32_t sign_count;
	bool be;
	bool be_unknown; /* nobody has kept it: what is said now is it */
};

/* What an authentication changes in the record. */
struct ptn_webauthn_asserted {
	uint32_t sign_count;
	bool uv;
	bool be;
	bool bs;
};

/*
 * Steps 7 to 22 of section 7.2.  The caller has done 1 to 6 (the id is one of
 * those allowed and belongs to the user, userHandle is the user's) and does
 * 24 and 25.  Step 23: extensions are ignored.
 *
 * A stored key that is none is PTN_REASON_KEY.  finding, out and codes as
 * above.
 */
enum ptn_err ptn_webauthn_assert(struct ptn_arena *a,
    const struct ptn_webauthn_rp *rp, const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_stored *stored,
    const struct ptn_webauthn_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_finding *finding) PTN_MUST_USE;

#endif
