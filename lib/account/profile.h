#ifndef PTN_ACCOUNT_PROFILE_H
#define PTN_ACCOUNT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/factors.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/account/ways.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/format/metadata.h"

/* What a user is shown of themselves, by whichever API. */
struct ptn_profile {
	struct ptn_user user;
	struct ptn_username username;
	struct ptn_metadata metadata; /* without the private one */
	bool has_password;
	bool has_otp;
	bool otp_on;		 /* authenticator apps are second factors */
	bool security_keys_on;
	struct ptn_email *email; /* in the arena, oldest first */
	size_t emails;
	/* In the arena, as ptn_credentials_of() has them; of what is on. */
	struct ptn_credential *passkey;
	size_t passkeys;
	struct ptn_credential *security_key;
	size_t security_keys;
	struct ptn_credential *credential; /* on or off, if any are on */
	size_t credentials;
};

/*
 * A SELECT, and another one of who has credentials.  PTN_E_NOT_FOUND if there
 * is no such user.
 */
enum ptn_err ptn_profile_load(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_profile *out) PTN_MUST_USE;

/* The ways in of somebody with that profile, and what they have beside them. */
struct ptn_ways ptn_profile_ways(const struct ptn_profile *p);
struct ptn_factors ptn_profile_factors(const struct ptn_profile *p);

#endif
