#include "lib/account/webauthn_challenge.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/db/sql.h"

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

/* What its row says of it, if it is one of that ceremony. */
static enum ptn_err
judge(const struct ptn_challenge_get_out *row,
    enum ptn_webauthn_ceremony ceremony, struct ptn_webauthn_challenge *ch)
{
	if (strcmp(row->operation, ceremonies[ceremony]) != 0)
		return PTN_E_NOT_FOUND;
	ch->ceremony = ceremony;
	ch->user_id = row->user_id;
	ch->require_uv = strcmp(row->user_verification, UV_REQUIRED) == 0;
	return row->expired ? PTN_E_EXPIRED : PTN_OK;
}

static enum ptn_err
get(const struct ptn_scope *sc, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch, struct ptn_challenge_get_out *row)
{
	const struct ptn_challenge_get_in in = { sc->tenant_id, value };

	memset(ch, 0, sizeof(*ch));
	if (value.len != sizeof(ch->value))
		return PTN_E_NOT_FOUND;
	memcpy(ch->value, value.p, sizeof(ch->value));
	return ptn_sql_challenge_get(sc->db, sc->arena, &in, row);
}

enum ptn_err
ptn_webauthn_challenge_find(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch)
{
	struct ptn_challenge_get_out row;
	enum ptn_err r = get(sc, value, ch, &row);

	return r == PTN_OK ? judge(&row, ceremony, ch) : r;
}

enum ptn_err
ptn_webauthn_challenge_spend(const struct ptn_scope *sc,
    const struct ptn_webauthn_challenge *ch)
{
	const struct ptn_challenge_delete_in in = { sc->tenant_id,
		PTN_BYTES(ch->value, sizeof(ch->value)) };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_challenge_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

/* Of two that have read it one deletes it. */
enum ptn_err
ptn_webauthn_challenge_take(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch)
{
	struct ptn_challenge_get_out row;
	enum ptn_err r;

	if ((r = get(sc, value, ch, &row)) != PTN_OK ||
	    (r = ptn_webauthn_challenge_spend(sc, ch)) != PTN_OK)
		return r;
	return judge(&row, ceremony, ch);
}
