#include "lib/dfns/credcode.h"

#include <string.h>

#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"
#include "lib/dfns/code.h"

/* Under the i-th secret, of the normal form. */
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

enum ptn_err
ptn_credcode_put(const struct ptn_scope *sc, const char *code,
    struct ptn_credcode *c)
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

/* Any of the secrets may have made it. */
enum ptn_err
ptn_credcode_find(const struct ptn_scope *sc, struct ptn_bytes typed,
    struct ptn_credcode *out)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_credcode_find_in in = { PTN_BYTES(mac, sizeof(mac)) };
	struct ptn_credcode_find_out row;
	enum ptn_err r = PTN_E_NOT_FOUND;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < ptn_secrets_count(sc->secrets) && r == PTN_E_NOT_FOUND;
	     i++) {
		r = code_mac(sc->secrets, i, typed, mac);
		if (r == PTN_OK)
			r = ptn_sql_credcode_find(sc->db, sc->arena, &in, &row);
	}
	if (r != PTN_OK)
		return r;
	out->id = row.id;
	out->tenant_id = row.tenant_id;
	out->user_id = row.user_id;
	return PTN_OK;
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
