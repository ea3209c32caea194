#include "lib/dfns/totp.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/crypto/secrets.h"
#include "lib/crypto/totp.h"
#include "lib/db/sql.h"
#include "lib/dfns/password.h"

static struct ptn_bytes
aad_of(const struct ptn_uuid *user)
{
	return PTN_BYTES(user->b, sizeof(user->b));
}

/* A new secret in the arena, and the same encrypted for the user. */
static enum ptn_err
draw(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes *secret, struct ptn_bytes *sealed)
{
	uint8_t *p = ptn_arena_alloc(sc->arena, PTN_TOTP_SECRET_LEN);

	if (p == NULL)
		return PTN_E_NOMEM;
	ptn_rng(p, PTN_TOTP_SECRET_LEN);
	*secret = PTN_BYTES(p, PTN_TOTP_SECRET_LEN);
	return ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_TOTP,
	    aad_of(user), *secret, sealed);
}

enum ptn_err
ptn_dfns_totp_offer(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *issuer, const char *account, struct ptn_bytes *sealed,
    const char **url)
{
	struct ptn_bytes secret;
	enum ptn_err r;

	*url = "";
	*sealed = PTN_BYTES(NULL, 0);
	if (!ptn_dfns_password_on(sc))
		return PTN_OK;
	if ((r = draw(sc, user, &secret, sealed)) != PTN_OK)
		return r;
	*url = ptn_totp_url(sc->arena, issuer, account, secret);
	return *url != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* A secret that cannot be decrypted denies; it is wiped with the arena. */
static enum ptn_err
check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes sealed, int64_t last_step, struct ptn_bytes code,
    struct ptn_bytes *secret, int64_t *step, enum ptn_verdict *verdict)
{
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = ptn_secrets_open(sc->secrets, sc->arena, PTN_KEY_USE_TOTP,
	    aad_of(user), sealed, secret);
	if (r == PTN_E_DENIED) {
		ptn_error("totp: no key of secrets.keys opens a secret");
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	return ptn_totp_verify(*secret, ptn_clock_us() / PTN_US_PER_S,
	    last_step, code, step, verdict);
}

enum ptn_err
ptn_dfns_totp_prove(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes sealed, struct ptn_bytes code, int64_t *step,
    enum ptn_verdict *verdict)
{
	struct ptn_bytes secret;

	*verdict = PTN_DENY;
	*step = -1;
	if (sealed.p == NULL)
		return PTN_OK;
	return check(sc, user, sealed, -1, code, &secret, step, verdict);
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
	enum ptn_err r;

	*verdict = PTN_DENY;
	if ((r = ptn_sql_totp_factor_of(sc->db, sc->arena, &of, &row)) !=
	    PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	return check(sc, user, row.sealed, row.last_step, code, &out->secret,
	    &out->step, verdict);
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
	r = ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_TOTP,
	    aad_of(user), right->secret, &in.sealed);
	return r == PTN_OK ? use_step(sc, &in, verdict) : r;
}
