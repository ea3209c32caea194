#include "lib/account/factors.h"

#include "lib/db/sql.h"

enum ptn_err
ptn_factors_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_factors *out)
{
	const struct ptn_user_factors_in in = { sc->tenant_id, *user };
	struct ptn_user_factors_out row;
	enum ptn_err r;

	*out = (struct ptn_factors){ .password = false };
	r = ptn_sql_user_factors(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	out->password = r == PTN_OK && row.passwords > 0;
	out->passkey = r == PTN_OK && row.passkeys > 0;
	out->otp = r == PTN_OK && row.otp > 0;
	out->security_keys = r == PTN_OK ? (size_t)row.security_keys : 0;
	return r;
}
