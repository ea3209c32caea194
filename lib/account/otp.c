#include "lib/account/otp.h"

#include "lib/account/asker.h"
#include "lib/account/limit.h"
#include "lib/account/membership.h"
#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/crypto/totp.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

static struct ptn_bytes
aad_of(const struct ptn_uuid *user)
{
	return PTN_BYTES(user->b, sizeof(user->b));
}

const uint8_t *
ptn_otp_draw(const struct ptn_scope *sc)
{
	uint8_t *p = ptn_arena_alloc(sc->arena, PTN_TOTP_SECRET_LEN);

	if (p != NULL)
		ptn_rng(p, PTN_TOTP_SECRET_LEN);
	return p;
}

enum ptn_err
ptn_otp_seal(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes secret, struct ptn_bytes *sealed)
{
	return ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_TOTP,
	    aad_of(user), secret, sealed);
}

enum ptn_err
ptn_otp_open(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes sealed, struct ptn_bytes *secret)
{
	return ptn_secrets_open(sc->secrets, sc->arena, PTN_KEY_USE_TOTP,
	    aad_of(user), sealed, secret);
}

static int64_t
now_s(const struct ptn_scope *sc)
{
	return ptn_db_clock_us(sc->db) / PTN_US_PER_S;
}

enum ptn_err
ptn_otp_judge(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_otp *otp, struct ptn_bytes code, enum ptn_verdict *verdict)
{
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = ptn_otp_open(sc, user, otp->sealed, &otp->secret);
	if (r == PTN_E_DENIED) {
		ptn_error("totp: no key of secrets.keys opens a secret");
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	return ptn_totp_verify(otp->secret, now_s(sc), otp->last_step, code,
	    &otp->step, verdict);
}

enum ptn_err
ptn_otp_prove(const struct ptn_scope *sc, struct ptn_bytes secret,
    struct ptn_bytes code, int64_t *step, enum ptn_verdict *verdict)
{
	return ptn_totp_verify(secret, now_s(sc), -1, code, step, verdict);
}

/* ------------------------------------------------------- the second factor */

/* Whom to tell: with tell unset nobody, but it is an event all the same. */
static enum ptn_err
record(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user, bool tell)
{
	struct ptn_membership m = { .registered = false };
	enum ptn_err r;

	if (tell && (r = ptn_membership_get(sc, user, &m)) != PTN_OK)
		return r;
	return ptn_event_tell(sc, e, &m.tell);
}

enum ptn_err
ptn_otp_put_in(const struct ptn_scope *sc, const struct ptn_otp_new *new)
{
	struct ptn_otp_put_in in = { .user_id = new->user_id,
		.tenant_id = sc->tenant_id,
		.last_step = new->step };
	enum ptn_err r;

	r = ptn_otp_seal(sc, &new->user_id, new->secret, &in.sealed);
	if (r != PTN_OK || (r = ptn_sql_otp_put(sc->db, &in)) != PTN_OK ||
	    (r = ptn_asker_forget(sc, &new->user_id)) != PTN_OK)
		return r;
	return record(sc, PTN_EVENT_OTP_CREATED, &new->user_id, new->tell);
}

/* The UPDATE finds no row if another request has used the step meanwhile. */
static enum ptn_err
use(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_otp *otp, enum ptn_verdict *verdict)
{
	struct ptn_otp_used_in in = { .step = otp->step,
		.tenant_id = sc->tenant_id,
		.user_id = *user };
	uint64_t n;
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = ptn_otp_seal(sc, user, otp->secret, &in.sealed);
	if (r == PTN_OK && (r = ptn_sql_otp_used(sc->db, &in, &n)) == PTN_OK)
		*verdict = n == 1 ? PTN_ALLOW : PTN_DENY;
	return r;
}

static enum ptn_err
check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes code, enum ptn_verdict *verdict)
{
	const struct ptn_otp_of_in in = { sc->tenant_id, *user };
	struct ptn_otp_of_out row;
	struct ptn_otp otp;
	enum ptn_err r;

	*verdict = PTN_DENY;
	r = ptn_sql_otp_of(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	otp = (struct ptn_otp){ .sealed = row.sealed,
		.last_step = row.last_step };
	r = ptn_otp_judge(sc, user, &otp, code, verdict);
	if (r != PTN_OK || *verdict != PTN_ALLOW)
		return r;
	return use(sc, user, &otp, verdict);
}

static enum ptn_err
count(const struct ptn_scope *sc, void *arg)
{
	return ptn_limit_take(sc, PTN_LIMIT_CODE, arg);
}

enum ptn_err
ptn_otp_check_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes code, enum ptn_verdict *verdict)
{
	char account[PTN_UUID_STR];
	struct ptn_limit_on on = { .account = account };
	enum ptn_err r;

	*verdict = PTN_DENY;
	ptn_uuid_format(user, account);
	if (sc->cf->rate_enabled &&
	    ((r = ptn_asker_of(sc, user, NULL, &on.asker)) != PTN_OK ||
		(r = ptn_tx_part(sc, count, &on)) != PTN_OK))
		return r;
	if ((r = check(sc, user, code, verdict)) != PTN_OK)
		return r;
	if (*verdict != PTN_ALLOW)
		ptn_event_note(sc, PTN_EVENT_OTP_FAILED, NULL);
	else if (sc->cf->rate_enabled)
		r = ptn_limit_give_back(sc, PTN_LIMIT_CODE, &on);
	return r;
}

enum ptn_err
ptn_otp_remove_in(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_otp_delete_in in = { sc->tenant_id, *user };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_otp_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	if ((r = ptn_asker_forget(sc, user)) != PTN_OK)
		return r;
	return record(sc, PTN_EVENT_OTP_DELETED, user, true);
}

static enum ptn_err
take_away(const struct ptn_scope *sc, void *arg)
{
	enum ptn_err r = ptn_user_lock(sc, arg);

	return r == PTN_OK ? ptn_otp_remove_in(sc, arg) : r;
}

enum ptn_err
ptn_otp_remove(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_uuid theirs = *user;

	return ptn_tx(sc, take_away, &theirs);
}
