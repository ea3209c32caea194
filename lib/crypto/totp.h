#ifndef PTN_CRYPTO_TOTP_H
#define PTN_CRYPTO_TOTP_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* Time-based codes (RFC 6238): HMAC-SHA-1, 6 digits, steps of 30 seconds. */
#define PTN_TOTP_SECRET_LEN 20 /* RFC 4226 section 4, R6 */
#define PTN_TOTP_STEP_S 30
#define PTN_TOTP_WINDOW 1 /* steps to either side that are taken as well */
#define PTN_TOTP_STR 7

/* The code of one step.  Returns PTN_OK, PTN_E_INTERNAL. */
enum ptn_err ptn_totp_code(struct ptn_bytes secret, int64_t step,
    char out[PTN_TOTP_STR]) PTN_MUST_USE;

/*
 * Check a code.
 *
 * now_s	Unix time, not negative
 * last_step	of the code that was taken last, -1 if none was: a step
 *		serves once, and so do those before it
 * step		set with PTN_ALLOW: to be stored as the new last_step, by an
 *		update that finds last_step unchanged
 *
 * Returns PTN_OK if the question was answered, PTN_E_INTERNAL.
 */
enum ptn_err ptn_totp_verify(struct ptn_bytes secret, int64_t now_s,
    int64_t last_step, struct ptn_bytes code, int64_t *step,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * The provisioning address for authenticator apps,
 * "otpauth://totp/Issuer:account?secret=...": both names percent-encoded, the
 * secret in base32 without padding (RFC 4648 section 6).  NULL: arena full.
 */
char *ptn_totp_url(struct ptn_arena *a, const char *issuer,
    const char *account, struct ptn_bytes secret);

#endif
