#ifndef PTN_PROFILE_H
#define PTN_PROFILE_H

#include "lib/account/profile.h"
#include "lib/account/session.h"
#include "lib/account/token.h"
#include "lib/format/json.h"

/* How a profile is written: the members; the braces are the caller's. */
void ptn_profile_members(struct ptn_jsonw *w, const struct ptn_profile *p);

/*
 * The same as GET /users/{id} has them: the username is a string, the primary
 * address is "email", and the passkeys stand once more under their old name.
 */
void ptn_profile_members_by_id(struct ptn_jsonw *w,
    const struct ptn_profile *p);

/* That they have a username; nothing, if they have none. */
void ptn_profile_username(struct ptn_jsonw *w, const struct ptn_username *n);

/* The same of an address, and of a passkey, with their braces. */
void ptn_profile_email(struct ptn_jsonw *w, const struct ptn_email *e);
void ptn_profile_passkey(struct ptn_jsonw *w, const struct ptn_credential *c);

/* What all APIs say of a session, and whether it is that one. */
void ptn_profile_session(struct ptn_jsonw *w, const struct ptn_session_row *s,
    const struct ptn_uuid *current);

/* "claims": what the token of a session says, in long names. */
void ptn_profile_claims(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_claims *c);

#endif
