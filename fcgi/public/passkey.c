#include "fcgi/public/passkey.h"

#include <string.h>

#include "fcgi/jsonval.h"

bool
ptn_public_passkey_type_ok(const struct ptn_value *type)
{
	return strcmp(type->s, "public-key") == 0;
}

void
ptn_public_passkey_write(struct ptn_reply *rep, struct ptn_bytes id,
    const struct ptn_uuid *user)
{
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonval_b64url(&rep->json, "credential_id", id);
	ptn_jsonval_uuid(&rep->json, "user_id", user);
	ptn_jsonw_end_object(&rep->json);
}
