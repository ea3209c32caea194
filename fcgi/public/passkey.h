#ifndef PTN_PUBLIC_PASSKEY_H
#define PTN_PUBLIC_PASSKEY_H

#include "fcgi/public/public.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"

/* What registration and login by passkey share. */

/* Is it "public-key"? */
bool ptn_public_passkey_type_ok(const struct ptn_value *type);

/* The answer to a ceremony that went well. */
void ptn_public_passkey_write(struct ptn_reply *rep, struct ptn_bytes id,
    const struct ptn_uuid *user);

#endif
