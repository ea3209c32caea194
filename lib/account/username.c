#include "lib/account/username.h"

#include <string.h>

#include "lib/account/policy.h"
#include "lib/db/sql.h"

bool
ptn_username_valid(const char *text)
{
	static const char fit[] = "0123456789abcdefghijklmnopqrstuvwxyz_";

	return *text != '\0' && text[strspn(text, fit)] == '\0' &&
	    strlen(text) <= PTN_USERNAME_MAX;
}

enum ptn_err
ptn_username_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_username *out)
{
	const struct ptn_username_of_in in = { sc->tenant_id, *user };
	struct ptn_username_of_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (!ptn_policy_usernames(sc->cf))
		return PTN_OK;
	r = ptn_sql_username_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_username){ row.id, row.username,
			row.created_at, row.updated_at };
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

enum ptn_err
ptn_username_owner(const struct ptn_scope *sc, const char *text,
    struct ptn_username_owner *out)
{
	const struct ptn_username_owner_in in = { sc->tenant_id, text };
	struct ptn_username_owner_out row;
	enum ptn_err r;

	r = ptn_sql_username_owner(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_username_owner){ row.user_id, row.email_id,
			row.address };
	return r;
}

enum ptn_err
ptn_username_put(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *text)
{
	const struct ptn_username_put_in in = { ptn_uuid_new(), sc->tenant_id,
		*user, text };

	return ptn_sql_username_put(sc->db, &in);
}
