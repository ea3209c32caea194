#include "lib/dfns/credcode.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/base/clock.h"
#include "lib/crypto/secrets.h"
#include "lib/db/sql.h"
#include "lib/dfns/action.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/* The MAC of the normal form of a code, with the i-th of secrets.keys. */
static enum ptn_err
code_mac(const struct ptn_secrets *s, size_t i, struct ptn_bytes typed,
    uint8_t mac[PTN_SHA256_LEN])
{
	char code[PTN_DFNS_CODE_STR];
	enum ptn_err r;

	if (!ptn_dfns_code_normal(PTN_DFNS_CODE_CREDENTIAL, typed, code))
		return PTN_E_NOT_FOUND;
	r = ptn_secrets_mac(s, i, PTN_KEY_USE_CREDCODE, ptn_bytes_of(code),
	    mac);
	ptn_wipe(code, sizeof(code));
	return r;
}

/* secrets.keys may have changed since: each of them is tried, in any case. */
enum ptn_err
ptn_credcode_find(const struct ptn_scope *sc, struct ptn_bytes typed,
    struct ptn_credcode *out)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_credcode_find_in in = { PTN_BYTES(mac, sizeof(mac)) };
	struct ptn_credcode_find_out row;
	enum ptn_err r, found = PTN_E_NOT_FOUND;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < ptn_secrets_count(sc->secrets); i++) {
		if ((r = code_mac(sc->secrets, i, typed, mac)) != PTN_OK)
			return r;
		r = ptn_sql_credcode_find(sc->db, sc->arena, &in, &row);
		if (r != PTN_OK && r != PTN_E_NOT_FOUND)
			return r;
		if (r == PTN_E_NOT_FOUND)
			continue;
		found = PTN_OK;
		out->id = row.id;
		out->tenant_id = row.tenant_id;
		out->user_id = row.user_id;
	}
	return found;
}

enum ptn_err
ptn_credcode_use(const struct ptn_scope *sc, const struct ptn_credcode *c)
{
	const struct ptn_credcode_use_in in = { c->tenant_id, c->user_id,
		c->id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_credcode_use(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

/* PTN_E_CONFLICT: the session has ended. */
static enum ptn_err
put(const struct ptn_scope *sc, const char *code, struct ptn_credcode *c)
{
	const struct ptn_credcode_delete_of_in older = { c->tenant_id,
		c->user_id };
	uint8_t mac[PTN_SHA256_LEN];
	struct ptn_credcode_put_in in;
	uint64_t n;
	enum ptn_err r;

	c->id = ptn_uuid_new();
	if ((r = code_mac(sc->secrets, 0, ptn_bytes_of(code), mac)) != PTN_OK ||
	    (r = ptn_sql_credcode_delete_of(sc->db, &older, &n)) != PTN_OK)
		return r;
	in = (struct ptn_credcode_put_in){ c->user_id, c->tenant_id, c->id,
		c->session_id, PTN_BYTES(mac, sizeof(mac)), c->expires_at_us };
	return ptn_sql_credcode_put(sc->db, &in);
}

static enum ptn_err
issue(const struct ptn_scope *sc, void *arg)
{
	struct ptn_credcode_issue *k = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &k->c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_action_use(sc, &k->action)) != PTN_OK ||
	    (r = put(sc, k->code, &k->c)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_DFNS_CREDENTIAL_CODE, NULL);
}

enum ptn_err
ptn_credcode_issue(const struct ptn_scope *sc, struct ptn_credcode_issue *k)
{
	const int64_t latest =
	    k->now_us + PTN_CREDCODE_TTL_S * (int64_t)PTN_US_PER_S;
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	if (k->c.expires_at_us <= k->now_us)
		return PTN_E_INPUT;
	if (k->c.expires_at_us > latest)
		k->c.expires_at_us = latest;
	ptn_dfns_code_draw(PTN_DFNS_CODE_CREDENTIAL, k->code);
	r = ptn_tx(sc, issue, k);
	if (r == PTN_E_GONE)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_ACTION_USED,
		    NULL);
	if (r == PTN_E_CONFLICT || r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_BAD_TOKEN,
		    NULL);
	return r;
}
