#ifndef PTN_USERJSON_H
#define PTN_USERJSON_H

#include "lib/account/person.h"
#include "lib/account/session.h"
#include "lib/format/json.h"

/* How an operator sees things: with their braces. */

/* A user; of a list, without what only whoever looks at one wants to know. */
void ptn_userjson_person(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_person *p, bool of_list);

/* That they have a password, or an app; and never which. */
void ptn_userjson_password(struct ptn_jsonw *w, const char *name,
    const struct ptn_scope *sc, const struct ptn_person *p);
void ptn_userjson_otp(struct ptn_jsonw *w, const char *name,
    const struct ptn_person *p);

void ptn_userjson_email(struct ptn_jsonw *w, const struct ptn_email *e);

/* A session, which the operator is not in. */
void ptn_userjson_session(struct ptn_jsonw *w, const struct ptn_uuid *user,
    const struct ptn_session_row *s);

#endif
