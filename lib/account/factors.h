#ifndef PTN_ACCOUNT_FACTORS_H
#define PTN_ACCOUNT_FACTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * What a user has to log in with, be it switched on or off: the first factors,
 * and those that are asked for beside a password or a passcode.
 */
struct ptn_factors {
	bool password;
	bool passkey;
	bool otp; /* an authenticator app (otp.h) */
	size_t security_keys;
};

/* One SELECT; an unknown user has nothing. */
enum ptn_err ptn_factors_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_factors *out) PTN_MUST_USE;

#endif
