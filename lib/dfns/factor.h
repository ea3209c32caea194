#ifndef PTN_DFNS_FACTOR_H
#define PTN_DFNS_FACTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/dfns/keyassert.h"
#include "lib/format/json.h"

/*
 * Factors and new credentials as clients send them: read from JSON and decoded,
 * but not verified.
 */

enum ptn_dfns_cred_kind {
	PTN_CRED_UNSET,
	PTN_CRED_FIDO2,
	PTN_CRED_KEY,
	PTN_CRED_PASSWORD_PROTECTED_KEY,
	PTN_CRED_RECOVERY_KEY,
	PTN_CRED_PASSWORD,
	PTN_CRED_TOTP,
	PTN_CRED__MAX
};

/* "Fido2" and so on; "" for PTN_CRED_UNSET, which is also any other name. */
const char *ptn_dfns_cred_kind_name(enum ptn_dfns_cred_kind kind);
enum ptn_dfns_cred_kind ptn_dfns_cred_kind_of(struct ptn_bytes name);

/* Password and Totp: a secret that both sides know, which signs nothing. */
bool ptn_dfns_cred_kind_secret(enum ptn_dfns_cred_kind kind);

/* Where in the request it stands; that limits the kinds it may have. */
enum ptn_dfns_factor_place {
	PTN_FACTOR_FIRST,    /* Fido2, Key, PasswordProtectedKey, Password */
	PTN_FACTOR_SECOND,   /* Fido2, Key, PasswordProtectedKey, Totp */
	PTN_FACTOR_RECOVERY, /* RecoveryKey */
	PTN_FACTOR_ANY,	     /* all kinds: one more credential */
	PTN_FACTOR__MAX
};

#define PTN_FACTOR_SIGNATURE_MAX 1024 /* decoded */
#define PTN_FACTOR_HANDLE_MAX 64      /* WebAuthn L3 section 5.4.3 */
#define PTN_FACTOR_PASSWORD_MAX 1024  /* characters */
#define PTN_FACTOR_OTP_MAX 16	      /* characters */
#define PTN_CREDENTIAL_NAME_MAX 255   /* characters */
#define PTN_ENCRYPTED_KEY_MAX 16383   /* characters: a TEXT of 4 bytes each */

/* What proves who somebody is: {"kind", "credentialAssertion"}, or a secret. */
struct ptn_dfns_factor {
	enum ptn_dfns_cred_kind kind;
	const char *cred_id;		     /* not Password and Totp */
	struct ptn_bytes client_data;	     /* not Password and Totp */
	struct ptn_bytes signature;	     /* not Password and Totp */
	struct ptn_bytes authenticator_data; /* Fido2 */
	struct ptn_bytes user_handle;	     /* Fido2; p NULL: none came */
	enum ptn_keyassert_digest digest;    /* of the kinds with a key pair */
	struct ptn_bytes secret; /* the password, or the code of the app */
};

/*
 * Read a factor into the arena.
 *
 * why	on PTN_E_INPUT a static text, "credentialAssertion/clientData": the
 *	member that is missing, has a wrong type, is too long or cannot be
 *	decoded; or a whole clause that says more.
 *
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_dfns_factor_read(struct ptn_arena *a, const struct ptn_json *v,
    enum ptn_dfns_factor_place place, struct ptn_dfns_factor *out,
    const char **why) PTN_MUST_USE;

/* A new credential: {"credentialKind", "credentialInfo", ...}. */
struct ptn_dfns_factor_new {
	enum ptn_dfns_cred_kind kind;
	const char *name;    /* NULL: none was given */
	const char *cred_id; /* not Password and Totp */
	struct ptn_bytes client_data;
	struct ptn_bytes attestation;
	/* As the client wrote it; NULL: a RecoveryKey without one. */
	const char *encrypted_private_key;
	struct ptn_bytes secret; /* the password, or the code of the app */
};

/*
 * The same for a new credential.  Where "credentialKind" is missing, "kind" is
 * read instead.
 */
enum ptn_err ptn_dfns_factor_read_new(struct ptn_arena *a,
    const struct ptn_json *v, enum ptn_dfns_factor_place place,
    struct ptn_dfns_factor_new *out, const char **why) PTN_MUST_USE;

/* A credential that may answer the challenge. */
struct ptn_dfns_factor_allowed {
	const char *cred_id; /* as the client wrote it when it was created */
	enum ptn_dfns_cred_kind kind;
};

/*
 * Which of those allowed a factor names: first by the exact text, then by
 * ptn_cred_id_same().  at is set with PTN_ALLOW; refused are
 * PTN_REASON_OTHER_CREDENTIAL and PTN_REASON_KIND.
 */
void ptn_dfns_factor_pick(const struct ptn_dfns_factor *f,
    const struct ptn_dfns_factor_allowed *list, size_t n, size_t *at,
    struct ptn_finding *finding);

#endif
