#ifndef PTN_CRYPTO_TOTP_H
#define PTN_CRYPTO_TOTP_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * Codes of authenticator apps (TOTP, RFC 6238): HMAC-SHA-1, 6 digits, a new
 * code every 30 seconds.  Such a period is a step, counted from 1970.
 */
#define PTN_TOTP_SECRET_LEN 20 /* RFC 4226 section 4, R6 */
#define PTN_TOTP_STEP_S 30
#define PTN_TOTP_WINDOW 1 /* steps before and after that are accepted */
#define PTN_TOTP_STR 7

/* The code of one step.  Returns PTN_OK, PTN_E_INTERNAL. */
enum ptn_err ptn_totp_code(struct ptn_bytes secret, int64_t step,
    char out[PTN_TOTP_STR]) PTN_MUST_USE;

/*
 * Check a code.
 *
 * now_s	Unix time, not negative
 * last_step	the step of the code that was accepted last, -1: none was. Codes
 *		of this step and of earlier ones are wrong.
 * step		set with PTN_ALLOW: the new last_step.  It is to be stored by an
 *		UPDATE that changes nothing if another request was faster.
 *
 * Returns PTN_OK if the question was answered, PTN_E_INTERNAL.
 */
enum ptn_err ptn_totp_verify(struct ptn_bytes secret, int64_t now_s,
    int64_t last_step, struct ptn_bytes code, int64_t *step,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* A secret as people type it: base32 without padding; NULL: no memory. */
char *ptn_totp_text(struct ptn_arena *a, struct ptn_bytes secret);

/*
 * Read one in letters of either case, with spaces and padding as people and
 * programs have them, of 10 to 64 bytes; PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_totp_read(struct ptn_arena *a, const char *text,
    struct ptn_bytes *secret) PTN_MUST_USE;

/*
 * The URL by which an app gets a secret:
 * "otpauth://totp/Issuer:account?secret=...".  The names are percent-encoded,
 * the secret is in base32 without padding (RFC 4648 section 6).  NULL: the
 * arena is full.
 */
char *ptn_totp_url(struct ptn_arena *a, const char *issuer,
    const char *account, struct ptn_bytes secret);

#endif
