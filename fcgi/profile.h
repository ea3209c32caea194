#ifndef PTN_PROFILE_H
#define PTN_PROFILE_H

#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/token.h"
#include "lib/account/user.h"
#include "lib/db/scope.h"
#include "lib/format/json.h"

/* What a user is shown of themselves, by whichever API. */
struct ptn_profile {
	struct ptn_user user;
	struct ptn_email *email; /* in the arena, oldest first */
	size_t emails;
	struct ptn_credential *passkey; /* none where passkeys are off */
	size_t passkeys;
};

/* PTN_E_NOT_FOUND if there is no such user. */
enum ptn_err ptn_profile_load(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_profile *out) PTN_MUST_USE;

/* The members of the object; the braces are the caller's. */
void ptn_profile_members(struct ptn_jsonw *w, const struct ptn_profile *p);

/* The same of an address, and of a passkey, with their braces. */
void ptn_profile_email(struct ptn_jsonw *w, const struct ptn_email *e);
void ptn_profile_passkey(struct ptn_jsonw *w, const struct ptn_credential *c);

/* "claims": what the token of a session says, in long names. */
void ptn_profile_claims(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_claims *c);

#endif
