#include "fcgi/public/passkey.h"

#include <string.h>

#include "fcgi/jsonval.h"
#include "lib/conf/conf.h"

const char *
ptn_public_passkey_uv(const struct ptn_conf *cf)
{
	static const char *const words[] = {
		[PTN_UV_REQUIRED] = "required",
		[PTN_UV_PREFERRED] = "preferred",
		[PTN_UV_DISCOURAGED] = "discouraged",
	};

	return words[cf->passkey_uv];
}

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
