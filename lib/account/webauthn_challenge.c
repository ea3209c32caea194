#include "lib/account/webauthn_challenge.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/db/sql.h"
#include "lib/event/tx.h"

#define UV_REQUIRED "required"

static const char *const ceremonies[] = {
	[PTN_WEBAUTHN_UNSET] = "none",
	[PTN_WEBAUTHN_REGISTRATION] = "registration",
	[PTN_WEBAUTHN_AUTHENTICATION] = "authentication",
	[PTN_WEBAUTHN_OPERATOR] = "operator",
};

enum ptn_err
ptn_webauthn_challenge_put(const struct ptn_scope *sc, int64_t ttl_ms,
    struct ptn_webauthn_challenge *ch)
{
	struct ptn_challenge_put_in in;

	ptn_rng(ch->value, sizeof(ch->value));
	in = (struct ptn_challenge_put_in){
		.challenge = PTN_BYTES(ch->value, sizeof(ch->value)),
		.tenant_id = sc->tenant_id,
		.user_id = ch->user_id,
		.operation = ceremonies[ch->ceremony],
		.user_verification = ch->require_uv ? UV_REQUIRED : "preferred",
		.ttl_us = ttl_ms * PTN_US_PER_MS,
	};
	return ptn_sql_challenge_put(sc->db, &in);
}

struct taking {
	struct ptn_bytes value;
	struct ptn_challenge_lock_out row;
	bool found;
};

static enum ptn_err
take(const struct ptn_scope *sc, void *arg)
{
	struct taking *t = arg;
	const struct ptn_challenge_lock_in lock = { sc->tenant_id, t->value };
	const struct ptn_challenge_delete_in delete = { sc->tenant_id,
		t->value };
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_challenge_lock(sc->db, sc->arena, &lock, &t->row);
	t->found = r == PTN_OK;
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	return ptn_sql_challenge_delete(sc->db, &delete, &n);
}

enum ptn_err
ptn_webauthn_challenge_take(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch)
{
	struct taking t = { .value = value };
	enum ptn_err r;

	memset(ch, 0, sizeof(*ch));
	if (value.len != PTN_WEBAUTHN_CHALLENGE_LEN)
		return PTN_E_NOT_FOUND;
	if ((r = ptn_tx(sc, take, &t)) != PTN_OK)
		return r;
	if (!t.found || strcmp(t.row.operation, ceremonies[ceremony]) != 0)
		return PTN_E_NOT_FOUND;
	memcpy(ch->value, value.p, PTN_WEBAUTHN_CHALLENGE_LEN);
	ch->ceremony = ceremony;
	ch->user_id = t.row.user_id;
	ch->require_uv = strcmp(t.row.user_verification, UV_REQUIRED) == 0;
	return t.row.expired ? PTN_E_EXPIRED : PTN_OK;
}
