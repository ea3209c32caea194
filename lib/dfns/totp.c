#include "lib/dfns/totp.h"

#include "lib/account/otp.h"
#include "lib/crypto/totp.h"
#include "lib/db/sql.h"
#include "lib/dfns/password.h"

enum ptn_err
ptn_dfns_totp_offer(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *issuer, const char *account, struct ptn_bytes *sealed,
    const char **url)
{
	const uint8_t *secret;
	enum ptn_err r;

	*url = "";
	*sealed = PTN_BYTES(NULL, 0);
	if (!ptn_dfns_password_on(sc))
		return PTN_OK;
	if ((secret = ptn_otp_draw(sc)) == NULL)
		return PTN_E_NOMEM;
	r = ptn_otp_seal(sc, user, PTN_BYTES(secret, PTN_TOTP_SECRET_LEN),
	    sealed);
	if (r != PTN_OK)
		return r;
	*url = ptn_totp_url(sc->arena, issuer, account,
	    PTN_BYTES(secret, PTN_TOTP_SECRET_LEN));
	return *url != NULL ? PTN_OK : PTN_E_NOMEM;
}

enum ptn_err
ptn_dfns_totp_prove(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes sealed, struct ptn_bytes code, int64_t *step,
    enum ptn_verdict *verdict)
{
	struct ptn_otp otp = { .sealed = sealed, .last_step = -1, .step = -1 };
	enum ptn_err r;

	*verdict = PTN_DENY;
	*step = -1;
	if (sealed.p == NULL)
		return PTN_OK;
	r = ptn_otp_judge(sc, user, &otp, code, verdict);
	*step = otp.step;
	return r;
}

/* The UPDATE finds no row if another request has used the step meanwhile. */
static enum ptn_err
use_step(const struct ptn_scope *sc, const struct ptn_totp_factor_used_in *in,
    enum ptn_verdict *verdict)
{
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_totp_factor_used(sc->db, in, &n);
	*verdict = r == PTN_OK && n == 1 ? PTN_ALLOW : PTN_DENY;
	return r;
}

enum ptn_err
ptn_dfns_totp_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *credential, struct ptn_bytes code,
    struct ptn_dfns_totp *out, enum ptn_verdict *verdict)
{
	const struct ptn_totp_factor_of_in of = { sc->tenant_id, *user,
		credential != NULL ? *credential : *user };
	struct ptn_totp_factor_of_out row;
	struct ptn_otp otp;
	enum ptn_err r;

	*verdict = PTN_DENY;
	if ((r = ptn_sql_totp_factor_of(sc->db, sc->arena, &of, &row)) !=
	    PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	otp = (struct ptn_otp){ .sealed = row.sealed,
		.last_step = row.last_step };
	r = ptn_otp_judge(sc, user, &otp, code, verdict);
	*out = (struct ptn_dfns_totp){ otp.secret, otp.step };
	return r;
}

enum ptn_err
ptn_dfns_totp_use(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_dfns_totp *right, enum ptn_verdict *verdict)
{
	struct ptn_totp_factor_used_in in = { .step = right->step,
		.tenant_id = sc->tenant_id,
		.user_id = *user };
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = ptn_otp_seal(sc, user, right->secret, &in.sealed);
	return r == PTN_OK ? use_step(sc, &in, verdict) : r;
}
