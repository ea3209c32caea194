#ifndef PTN_ADMIN_JSON_H
#define PTN_ADMIN_JSON_H

#include "lib/account/person.h"
#include "lib/format/json.h"

/* How an operator sees things: with their braces. */

/* A user; of a list, without what only whoever looks at one wants to know. */
void ptn_admin_json_person(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_person *p, bool of_list);

/* That they have a password, or an app; and never which. */
void ptn_admin_json_password(struct ptn_jsonw *w, const char *name,
    const struct ptn_scope *sc, const struct ptn_person *p);
void ptn_admin_json_otp(struct ptn_jsonw *w, const char *name,
    const struct ptn_person *p);

void ptn_admin_json_email(struct ptn_jsonw *w, const struct ptn_email *e);

#endif
