#ifndef PTN_CEREMONY_H
#define PTN_CEREMONY_H

#include "lib/account/passkey.h"
#include "lib/account/signin_passkey.h"
#include "lib/format/json.h"

struct ptn_conf;

/*
 * What navigator.credentials is given, whichever API gives it: an object with
 * the member "publicKey".
 *
 * name	of the member that the object is; NULL: it is all of the answer
 */
void ptn_ceremony_creation(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf, const struct ptn_passkey_options *o);
void ptn_ceremony_request(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf, const struct ptn_signin_passkey_options *o);

#endif
