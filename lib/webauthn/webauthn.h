#ifndef PTN_WEBAUTHN_H
#define PTN_WEBAUTHN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
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

/* Which step refused: named after what was wrong. */
enum ptn_webauthn_problem {
	PTN_WA_NONE,		   /* nothing did */
	PTN_WA_CLIENT_DATA,	   /* client data is malformed */
	PTN_WA_ATTESTATION_OBJECT, /* the attestation object is malformed */
	PTN_WA_AUTH_DATA,	   /* authenticator data is malformed */
	PTN_WA_TYPE,
	PTN_WA_CHALLENGE,
	PTN_WA_ORIGIN,
	PTN_WA_CROSS_ORIGIN,
	PTN_WA_TOP_ORIGIN,
	PTN_WA_RP_ID,
	PTN_WA_RESERVED, /* a flag without meaning is set */
	PTN_WA_UP,
	PTN_WA_UV,
	PTN_WA_BACKUP,	      /* backed up, but not eligible for it */
	PTN_WA_BE_CHANGED,    /* eligibility is for ever */
	PTN_WA_ALGORITHM,     /* not one that was offered */
	PTN_WA_KEY,	      /* not a key, or a weak one */
	PTN_WA_FORMAT,	      /* statement of an unknown format */
	PTN_WA_ATTESTATION,   /* statement that does not hold */
	PTN_WA_CREDENTIAL_ID, /* empty, or longer than 1023 bytes */
	PTN_WA_SIGNATURE,
	PTN_WA_COUNTER, /* not greater than the last one */
	PTN_WA__MAX
};

/*
 * The answer.  why is a constant English reason for the audit, NULL if the
 * verdict is PTN_ALLOW; it holds nothing from the input.
 */
struct ptn_webauthn_finding {
	enum ptn_verdict verdict;
	enum ptn_webauthn_problem problem;
	const char *why;
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
    struct ptn_webauthn_finding *finding) PTN_MUST_USE;

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
 * A stored key that is none is PTN_WA_KEY.  finding, out and codes as above.
 */
enum ptn_err ptn_webauthn_assert(struct ptn_arena *a,
    const struct ptn_webauthn_rp *rp, const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_stored *stored,
    const struct ptn_webauthn_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_webauthn_finding *finding) PTN_MUST_USE;

#endif
